"""Sources that are told of a data set itself, so that its rows carry them wherever it is put: `origin.tag`.

Nothing is written into the data set. A tag is found again by the object's identity; that of a map-style Hugging Face
data set also by the memory of its table, which its selections, shuffles and concatenations share.
"""

from __future__ import annotations

import sys
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from origin.core import record
from origin.core.record import Source
from origin.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from origin.core.record import Claim

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tag:
    """What was told of one data set. is_declared: more than a name and a licence, so that nothing earlier is asked."""

    source: Source
    is_declared: bool


def tag(
    dataset: T,
    source_id: str,
    license_id: str | None = None,
    uri: str | None = None,
    category: str | None = None,
    revision: str | None = None,
    owner: str | None = None,
    acquired_at: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    claims: Iterable[Claim] = (),
    signals: Iterable[Mapping[str, Any]] = (),
) -> T:
    """Tell where the rows of a data set come from; returns the data set, unchanged.

    The values are those of ProvenanceDatabase.register_source. With a name and perhaps a licence only, what was
    registered under the name holds for the rest. Tagging again replaces the tag.

    The tag is held beside the data set, weakly where that can be: it goes when the data set goes. A Hugging Face table,
    and an object that cannot be referred to weakly (a list, a class with slots), stay in memory until `untag`. A copy,
    what `map` makes, and what is made of a stream are other data sets: tag those.

    Raises UsageError for values that cannot be recorded, and for a dictionary of data sets: tag each of them.
    """
    _refuse(dataset)
    told_of = _bare(dataset)
    evidence: Any = ()
    if signals != ():
        from origin.storage.evidence import readable_signals  # noqa: PLC0415 - loads the readers of all kinds

        evidence = readable_signals(signals)
    told = {**(metadata or {}), record.SIGNALS: evidence} if evidence else metadata
    stated = () if license_id is None else (record.declared(record.text("license_id", license_id)),)
    source = Source(
        record.text("source_id", source_id),
        license_id,
        record.optional_text("uri", uri),
        record.optional_text("category", category),
        record.optional_text("revision", revision),
        record.optional_text("owner", owner),
        record.optional_text("acquired_at", acquired_at),
        record.canonical_json("metadata", told),
        (*stated, *claims),
    )
    plain = Source(source_id, license_id, claims=stated)
    _keep(told_of, Tag(source, is_declared=source != plain))
    return dataset


def untag(dataset: object) -> None:
    """Forget what was told of a data set; nothing where nothing was."""
    _tags.pop(id(_bare(dataset)), None)


def tag_of(dataset: object) -> Tag | None:
    """What was told of this very object."""
    found = _tags.get(id(dataset))
    if found is None or found[0]() is not dataset:
        return None
    return found[1]


def tagged_tables() -> list[tuple[Tag, Any]]:
    """The map-style Hugging Face data sets that have a tag."""
    found = ((known, held()) for held, known in list(_tags.values()))
    return [(known, dataset) for known, dataset in found if is_table(dataset)]


def is_table(dataset: object) -> bool:
    """Whether this is a map-style Hugging Face data set; datasets itself is not imported here."""
    kind: type | tuple[()] = getattr(sys.modules.get("datasets"), "Dataset", ())
    return isinstance(dataset, kind)


def has_info(dataset: object) -> bool:
    """Whether this is a Hugging Face data set, which says of itself what is known of it; a streamed one too."""
    return is_table(dataset) or isinstance(dataset, getattr(sys.modules.get("datasets"), "IterableDataset", ()))


def _bare(dataset: Any) -> Any:
    """The data set behind one that DatasetHook has wrapped: that is the one whose rows are looked up."""
    return dataset.bare if hasattr(type(dataset), "recorded_by") else dataset


def _refuse(dataset: object) -> None:
    if dataset is None or isinstance(dataset, dict):
        found = "None" if dataset is None else f"a {type(dataset).__name__}, which holds several"
        raise UsageError(f"tag needs one data set, this is {found}: tag each data set by itself")


_tags: dict[int, tuple[Any, Tag]] = {}
"""By identity: what gives the data set (None once it is gone), and its tag."""


def _keep(dataset: Any, told: Tag) -> None:
    name = id(dataset)
    # What is made of a table outlives the object that was tagged, and is known by the memory that it shares.
    if is_table(dataset):
        _tags[name] = (lambda: dataset), told
        return
    try:
        reference = weakref.ref(dataset, lambda gone: _forget(name, gone))
    except TypeError:
        # The identity of an object is given to another one once it is gone: this one stays.
        _tags[name] = (lambda: dataset), told
    else:
        _tags[name] = reference, told


def _forget(name: int, gone: Any) -> None:
    if name in _tags and _tags[name][0] is gone:
        del _tags[name]
