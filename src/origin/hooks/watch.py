"""What a worker looks at: the samples that are new, and what they were before random transforms."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from torch.utils.data import Subset

from origin.core.fingerprint import NO_DIGEST, Kind
from origin.core.record import NO_INDEX, RAW, SAMPLE
from origin.errors import UsageError
from origin.hooks.known import KNOWN
from origin.hooks.observe import Observed, identity_of, observe, plain_indices, put_together, runs_of
from origin.hooks.tags import is_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from origin.core.fingerprint import Identity

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Watch:
    """Sent to the workers of one iterator.

    known: shared with the main process: a byte for each row of the loader's data set (see origin.hooks.known), and one
    more that is not zero once everything is to be fingerprinted. by_index: what is known is not fingerprinted again.
    raw: gives the identities of rows before random transforms.
    """

    known: Any
    by_index: bool
    raw: Callable[[Any, list[int]], list[Identity]] | None

    def observe(self, samples: Sequence[Any], indices: Sequence[Any] | None, dataset: Any) -> Observed:
        """What is new of a batch; in by_index mode the rest is named by its index."""
        asked = plain_indices(indices)
        by_index = self.by_index and not self.known[-1]
        if asked is None or not (by_index or self.raw):
            return observe(samples, indices)
        new = self._new(asked)
        if self.raw is not None:
            return self._with_items(samples, asked, new, dataset, by_index=by_index)
        if len(new) == len(samples):
            return observe(samples, asked)
        some = observe([samples[position] for position in new], [asked[position] for position in new])
        return _among_known(some, new, asked)

    def _with_items(
        self, samples: Sequence[Any], asked: list[int], new: list[int], dataset: Any, *, by_index: bool
    ) -> Observed:
        wanted = sorted({asked[position] for position in new} - {NO_INDEX})
        try:
            items = put_together(self._identities(dataset, wanted), wanted) if wanted else None
        except Exception as error:  # noqa: BLE001 - the user's function: the samples themselves are seen all the same
            return replace(observe(samples, asked), problem=f"{type(error).__name__}: {error}"[:500])
        if not by_index or NO_INDEX in asked:
            return replace(observe(samples, asked), items=items, items_role=RAW)
        nothing = Observed([], [], 0, [])
        return replace(_among_known(nothing, [], asked), items=items, items_role=SAMPLE)

    def _identities(self, dataset: Any, wanted: list[int]) -> list[Identity]:
        return [] if self.raw is None else self.raw(dataset, wanted)

    def _new(self, asked: list[int]) -> list[int]:
        """The positions of what is not known."""
        known, count = self.known, 0 if self.known[-1] else len(self.known) - 1
        return [position for position, index in enumerate(asked) if not (0 <= index < count and known[index] == KNOWN)]


@dataclass(frozen=True, slots=True)
class RawSample:
    """Raw samples by a function of the user's."""

    function: Callable[[Any, int], Any]

    def __call__(self, dataset: Any, indices: list[int]) -> list[Identity]:
        return [identity_of(self.function(dataset, index)) for index in indices]

    def __reduce__(self) -> tuple[Any, ...]:
        return RawSample, (portable(self.function),)


class ArrowRow:
    """The rows of the table behind a Hugging Face data set, as they are before `set_transform` sees them."""

    def __call__(self, dataset: Any, indices: list[int]) -> list[Identity]:
        from datasets.formatting import query_table  # noqa: PLC0415 - with datasets alone

        from origin.core.arrow_rows import identify_rows  # noqa: PLC0415

        while isinstance(dataset, Subset):
            indices = [int(dataset.indices[index]) for index in indices]
            dataset = dataset.dataset
        return identify_rows(query_table(dataset.data, indices, indices=dataset._indices))  # noqa: SLF001 - as datasets does


def arrow_row_of(dataset: Any) -> ArrowRow | None:
    """Raw samples of a Hugging Face data set with a transform, also behind Subsets; None for any other."""
    while type(dataset) is Subset:
        dataset = dataset.dataset
    return ArrowRow() if is_table(dataset) and dataset.format.get("type") == "custom" else None


def portable(function: T) -> T:
    """A function that can be sent to a spawned worker: one that cannot must not keep the worker from starting."""
    try:
        pickle.dumps(function)
    except Exception:  # noqa: BLE001 - whatever pickling it raises
        return _unsendable  # type: ignore[return-value]
    return function


def _unsendable(*_given: Any) -> None:
    raise UsageError("it cannot be sent to a worker process: make it a function of a module")


def _among_known(some: Observed, at: Sequence[int], asked: list[int]) -> Observed:
    """`some` of a batch's samples, observed at these positions, and the others, which are known by index."""
    count = len(asked)
    digests = [NO_DIGEST] * count
    kinds = [int(Kind.INDEX)] * count
    for position, digest, kind in zip(at, some.digests, _each(some.kinds), strict=True):
        digests[position], kinds[position] = digest, kind
    return Observed(
        digests,
        runs_of(kinds),
        some.size,
        asked if some.asked is None else _spread(some.indices, at, count, NO_INDEX),
        _spread(some.keys, at, count, None),
        _spread_runs(some.sources, at, count),
        _spread_runs(some.licenses, at, count),
        None if some.asked is None else asked,
    )


def _each(runs: list[tuple[T, int]]) -> list[T]:
    found: list[T] = []
    for value, end in runs:
        found += [value] * (end - len(found))
    return found


def _spread(values: Sequence[T] | None, at: Sequence[int], count: int, missing: T) -> list[T] | None:
    if values is None:
        return None
    found = [missing] * count
    for position, value in zip(at, values, strict=True):
        found[position] = value
    return found


def _spread_runs(runs: list[tuple[Any, int]] | None, at: Sequence[int], count: int) -> list[tuple[Any, int]] | None:
    spread = None if runs is None else _spread(_each(runs), at, count, None)
    return None if spread is None else runs_of(spread)
