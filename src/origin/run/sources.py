"""Names for the data sets that loaders read, as far as they have any: never guessed, else the class and a number."""

from __future__ import annotations

import sys
import weakref
from collections import Counter
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class ByIdentity(Generic[T]):
    """What is known of objects, as long as they live. Of one that cannot be referred to weakly, nothing is kept."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], T]] = {}

    def get(self, thing: Any) -> T | None:
        found = self._known.get(id(thing))
        return found[1] if found is not None and found[0]() is thing else None

    def put(self, thing: Any, value: T) -> None:
        name = id(thing)
        try:
            reference = weakref.ref(thing, lambda gone: self._forget(name, gone))
        except TypeError:
            return
        self._known[name] = reference, value

    def _forget(self, name: int, gone: Any) -> None:
        if name in self._known and self._known[name][0] is gone:
            del self._known[name]


class Names:
    """The source ids of a session's data sets."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._given: ByIdentity[str] = ByIdentity()

    def of(self, dataset: Any) -> str:
        """`name/config/split` of a Hugging Face data set that has a name; else `TensorDataset-1`.

        Parts of a Subset, such as random_split makes, are the data set behind it.
        """
        dataset = whole(dataset)
        name = _own_name(dataset) or self._given.get(dataset)
        if name is None:
            kind = type(dataset).__name__
            self._counts[kind] += 1
            name = f"{kind}-{self._counts[kind]}"
            self._given.put(dataset, name)
        return name


def whole(dataset: Any) -> Any:
    """The data set behind torch's Subsets."""
    torch_data = sys.modules.get("torch.utils.data")
    kind: Any = getattr(torch_data, "Subset", ())
    while isinstance(dataset, kind):
        dataset = dataset.dataset
    return dataset


def _own_name(dataset: Any) -> str | None:
    library = sys.modules.get("datasets")
    kinds = tuple(kind for name in ("Dataset", "IterableDataset") if (kind := getattr(library, name, None)))
    if not isinstance(dataset, kinds):
        return None
    info: Any = dataset.info
    name = getattr(info, "dataset_name", None) or info.builder_name
    parts = (name, info.config_name, dataset.split)
    return "/".join(str(part) for part in parts if part is not None) if name else None
