"""From an index that a sampler asked for to the source of the row, and the row's number in it.

torch's own combinations are looked through: Subset (so random_split), ConcatDataset, StackDataset, ChainDataset, in any
depth; a class that reads its rows in another way is a data set of its own. Behind a Hugging Face data set the row is
that of its Arrow table (see origin.hooks.arrow).

A row belongs to the innermost data set that has a tag, else to the hook's own source. Its number counts the rows of the
data set that the source stands for: the tagged one, or for the hook's source the one that the loader was given. Where
that is a Subset, the data set behind it is counted: so a row keeps its number in every split.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import index as whole
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from origin.core.record import NO_INDEX
from origin.hooks.tags import is_table, tag_of, tagged_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from origin.core.record import Source
    from origin.hooks.arrow import PartRows
    from origin.hooks.tags import Tag

    Known = Callable[["Origin", int], bytes]
    """Gives a byte for each of the first rows of an origin."""

T = TypeVar("T")


@dataclass(frozen=True, eq=False, slots=True)
class Origin:
    """A source, None for the hook's own, and the data set whose rows its indices count."""

    source: Source | None
    dataset: Any


class Place(NamedTuple):
    """Where a row comes from; row NO_INDEX where its number is not known."""

    origin: Origin
    row: int


_POSITION = -2
"""In place of an index: the position in the data set that the hook's source stands for."""

UNTAGGED = 255
"""In `states`: no tag holds for the row."""


class Node(Protocol):
    """What is tagged within one data set."""

    def places(self, indices: Sequence[int]) -> list[Place | None]:
        """The place of each row; None where no tag holds for it."""

    def states(self, known: Known) -> bytes:
        """What is known of each row, in order, by `known`; UNTAGGED where no tag holds for it."""

    def origins(self) -> set[Origin | None]:
        """All origins that rows may have; None: some are under no tag."""


class Lineage:
    """The rows of the data set that a loader was given, or of a tagged one within it.

    doubts: what could not be led back, to be told.
    """

    def __init__(self, dataset: Any, source: Source | None, reading: Reading) -> None:
        self._through: list[_Chosen] = []
        base = dataset
        while _is_plain(base, "Subset") and (base is dataset or tag_of(base) is None):
            self._through.append(_Chosen(base))
            base = base.dataset
        if base is not dataset and tag_of(base) is not None:
            self._parts: Node | None = reading.node(base, Origin(source, base))
        else:
            self._parts = reading.parts(base, Origin(source, base))
        self.origin = Origin(source, base)
        self._rows = None if self._parts is not None and not is_table(base) else reading.rows(base)
        self.doubts = reading.doubts

    @property
    def is_plain(self) -> bool:
        """Whether the indices that the sampler asks for are the rows of the one source, which is the hook's."""
        return self.origin.source is None and not self._through and self._parts is None and self._rows is None

    @property
    def is_untagged(self) -> bool:
        """Whether no tag holds for any row: all are the hook's."""
        return self.origin.source is None and self._parts is None

    @property
    def sole(self) -> Origin | None:
        """The one origin of all rows, None where there are several."""
        found = {origin or self.origin for origin in self.origins()}
        return found.pop() if len({origin.source for origin in found}) == 1 else None

    def places(self, indices: Sequence[int]) -> list[Place]:
        """The place of each row that the sampler asked for by a number of at least 0; NO_INDEX asked for none."""
        within = list(indices)
        for chosen in self._through:
            within = chosen(within)
        own = self._own(within)
        if self._parts is None:
            return own
        if NO_INDEX in within and (sole := self.sole) is not None:
            own = [
                Place(sole, NO_INDEX) if index == NO_INDEX else mine for index, mine in zip(within, own, strict=True)
            ]
        found = self._parts.places(within)
        return [_known(theirs, mine) for mine, theirs in zip(own, found, strict=True)]

    def states(self, known: Known) -> bytes:
        """What is known of the rows of the data set, in its order."""
        own = self._own_states(known)
        if self._parts is not None:
            found = self._parts.states(known)
            if UNTAGGED in found:
                found = bytes(mine if theirs == UNTAGGED else theirs for mine, theirs in zip(own, found, strict=True))
            own = found
        for chosen in reversed(self._through):
            own = chosen.states(own)
        return own

    def origins(self) -> set[Origin | None]:
        found: set[Origin | None] = {None} if self._parts is None else self._parts.origins()
        return {origin or self.origin for origin in found}

    def _own(self, positions: Sequence[int]) -> list[Place]:
        rows = positions if self._rows is None else self._rows(positions)
        return [Place(self.origin, row if row >= 0 else NO_INDEX) for row in rows]

    def _own_states(self, known: Known) -> bytes:
        count = len(self.origin.dataset)
        if self._rows is None:
            return known(self.origin, count)
        rows = self._rows(range(count))
        states = known(self.origin, max(rows, default=-1) + 1)
        return bytes([states[row] if row >= 0 else 0 for row in rows])


class Reading:
    """How the tags within one data set are found.

    source_of: the source that a tag stands for, for this data set. described: the hook's source with what an untagged
    Hugging Face data set says of itself; None where it says nothing.
    """

    def __init__(self, source_of: Callable[[Tag, Any], Source], described: Callable[[Any], Source | None]) -> None:
        self._source_of = source_of
        self._described = described
        self.doubts: list[str] = []

    def lineage(self, dataset: Any) -> Lineage:
        """The lineage of what a loader was given."""
        tag = tag_of(dataset)
        return Lineage(dataset, None if tag is None else self._source_of(tag, dataset), self)

    def node(self, dataset: Any, within: Origin) -> Node | None:
        """What is tagged in a part of the data set that `within` stands for; None: nothing."""
        tag = tag_of(dataset)
        if tag is not None:
            return _Tagged(Lineage(dataset, self._source_of(tag, dataset), self))
        return self.parts(dataset, within)

    def parts(self, dataset: Any, within: Origin) -> Node | None:
        """The same, apart from the tag of this data set itself."""
        if _is_plain(dataset, "Subset"):
            inner = self.node(dataset.dataset, within)
            return None if inner is None else _Selected(inner, dataset)
        if _is_plain(dataset, "ConcatDataset"):
            nodes = [self._part(part, within) for part in dataset.datasets]
            return _Joined(nodes, dataset.cumulative_sizes) if any(nodes) else None
        if _is_plain(dataset, "StackDataset"):
            parts = dataset.datasets.values() if isinstance(dataset.datasets, dict) else dataset.datasets
            return self._together([self.node(part, within) for part in parts], len(dataset))
        if _is_plain(dataset, "ChainDataset") and isinstance(dataset.datasets, (list, tuple)):
            return self._together([self.node(part, within) for part in dataset.datasets], 0)
        return self._table(dataset) if is_table(dataset) and tag_of(dataset) is None else None

    def rows(self, dataset: Any) -> Callable[[Sequence[int]], list[int]] | None:
        """The numbers of the rows at positions of a Hugging Face data set; None where positions are the numbers."""
        if not is_table(dataset):
            return None
        from origin.hooks.arrow import ArrowRows  # noqa: PLC0415 - with datasets alone

        rows = ArrowRows(dataset)
        return lambda positions: _of_known(positions, lambda some: rows(some) or [NO_INDEX] * len(some), NO_INDEX)

    def _part(self, dataset: Any, within: Origin) -> Node | None:
        found = self.node(dataset, within)
        if within.source is not None or isinstance(found, _Tagged):
            return found
        source = self._described(dataset)
        return found if source is None else _Described(replace(within, source=source), found, len(dataset))

    def _together(self, nodes: Sequence[Node | None], count: int) -> Node | None:
        """Parts that make up a row together, or of which nothing tells which one a row is from."""
        known = [node for node in nodes if node is not None]
        origins = {origin for node in known for origin in node.origins()}
        sources = {None if origin is None else origin.source for origin in origins}
        if len(known) == len(nodes) and len(sources) == 1 and None not in origins:
            return _Alike(known, count)
        if known:
            self.doubts.append("rows of several sources at once cannot be led back to one: they are under the hook's")
        return None

    def _table(self, dataset: Any) -> Node | None:
        tables = tagged_tables()
        if not tables:
            return None
        from origin.hooks.arrow import rows_of  # noqa: PLC0415 - with datasets alone

        parts = [(Origin(self._source_of(tag, table), table), table) for tag, table in tables]
        # One origin for each source, since a table that was tagged twice under one name has that name.
        alike = {origin.source: origin for origin, _ in parts}
        found = rows_of(dataset, [(alike[origin.source], table) for origin, table in parts])
        return _Rows(found, len(dataset))


class _Tagged:
    """A tagged data set within another."""

    def __init__(self, lineage: Lineage) -> None:
        self._lineage = lineage

    def places(self, indices: Sequence[int]) -> list[Place | None]:
        return list(self._lineage.places(indices))

    def states(self, known: Known) -> bytes:
        return self._lineage.states(known)

    def origins(self) -> set[Origin | None]:
        return self._lineage.origins()


class _Chosen:
    """The rows that a Subset chooses."""

    def __init__(self, subset: Any) -> None:
        self._table = subset.indices
        # Only these are known to count negative numbers from the end.
        sized = (_torch("ConcatDataset"), _torch("Subset"), list, tuple)
        counts = isinstance(subset.dataset, sized) or is_table(subset.dataset)
        self._count = len(subset.dataset) if counts else 0

    def __call__(self, indices: Sequence[int]) -> list[int]:
        table = self._table
        return [NO_INDEX if index == NO_INDEX else self._row(table[index]) for index in indices]

    def states(self, states: bytes) -> bytes:
        rows = map(self._row, self._table)
        return bytes([states[row] if row >= 0 else 0 for row in rows])

    def _row(self, chosen: Any) -> int:
        row = whole(chosen)
        return row if row >= 0 else max(row + self._count, NO_INDEX)


class _Selected:
    """A Subset."""

    def __init__(self, inner: Node, subset: Any) -> None:
        self._inner = inner
        self._chosen = _Chosen(subset)

    def places(self, indices: Sequence[int]) -> list[Place | None]:
        return self._inner.places(self._chosen(indices))

    def states(self, known: Known) -> bytes:
        return self._chosen.states(self._inner.states(known))

    def origins(self) -> set[Origin | None]:
        return self._inner.origins()


class _Joined:
    """A ConcatDataset, by its parts (None: nothing tagged in it) and where each of them ends."""

    def __init__(self, parts: Sequence[Node | None], ends: Sequence[int]) -> None:
        self._parts = parts
        self._ends = list(ends)

    def places(self, indices: Sequence[int]) -> list[Place | None]:
        found: list[Place | None] = [None] * len(indices)
        wanted: dict[int, list[int]] = {}
        for position, index in enumerate(indices):
            if 0 <= index < self._ends[-1]:
                wanted.setdefault(bisect_right(self._ends, index), []).append(position)
        for number, positions in wanted.items():
            part = self._parts[number]
            if part is not None:
                start = self._ends[number - 1] if number else 0
                places = part.places([indices[position] - start for position in positions])
                for position, place in zip(positions, places, strict=True):
                    found[position] = place
        return found

    def states(self, known: Known) -> bytes:
        sizes = [end - start for start, end in pairwise((0, *self._ends))]
        parts = zip(self._parts, sizes, strict=True)
        return b"".join(bytes([UNTAGGED]) * size if part is None else part.states(known) for part, size in parts)

    def origins(self) -> set[Origin | None]:
        return {origin for part in self._parts for origin in ({None} if part is None else part.origins())}


class _Described:
    """A Hugging Face data set without a tag: its rows are the hook's, with what it says of its licence.

    tagged: what within it is tagged all the same.
    """

    def __init__(self, origin: Origin, tagged: Node | None, count: int) -> None:
        self._place = Place(origin, _POSITION)
        self._tagged = tagged
        self._count = count

    def places(self, indices: Sequence[int]) -> list[Place | None]:
        found = [None] * len(indices) if self._tagged is None else self._tagged.places(indices)
        return [place or self._place for place in found]

    def states(self, known: Known) -> bytes:
        return bytes([UNTAGGED]) * self._count if self._tagged is None else self._tagged.states(known)

    def origins(self) -> set[Origin | None]:
        found: set[Origin | None] = {None} if self._tagged is None else self._tagged.origins()
        return {origin or self._place.origin for origin in found}


class _Rows:
    """A Hugging Face data set that holds rows of tagged ones."""

    def __init__(self, rows: PartRows, count: int) -> None:
        self._rows = rows
        self._count = count

    def places(self, indices: Sequence[int]) -> list[Place | None]:
        return _of_known(indices, self._places, None)

    def states(self, known: Known) -> bytes:
        places = self._places(range(self._count))
        longest: dict[Origin, int] = {}
        for place in places:
            if place is not None:
                longest[place.origin] = max(longest.get(place.origin, 0), place.row + 1)
        states = {origin: known(origin, count) for origin, count in longest.items()}
        return bytes([UNTAGGED if p is None else states[p.origin][p.row] if p.row >= 0 else 0 for p in places])

    def origins(self) -> set[Origin | None]:
        return {None if place is None else place.origin for place in self._places(range(self._count))}

    def _places(self, positions: Sequence[int]) -> list[Place | None]:
        return [None if origin is None else Place(origin, row) for origin, row in self._rows.at(positions)]


class _Alike:
    """Parts of one and the same source: rows that are put together from them, or of one of them."""

    def __init__(self, parts: Sequence[Node], count: int) -> None:
        self._parts = parts
        self._count = count

    def places(self, indices: Sequence[int]) -> list[Place | None]:
        found = zip(*(part.places(indices) for part in self._parts), strict=True)
        return [
            places[0] if len({place and place.row for place in places}) == 1 else _unnumbered(places[0])
            for places in found
        ]

    def states(self, _known: Known) -> bytes:
        return bytes(self._count)

    def origins(self) -> set[Origin | None]:
        return {origin for part in self._parts for origin in part.origins()}


def _known(found: Place | None, own: Place) -> Place:
    if found is None:
        return own
    return Place(found.origin, own.row) if found.row == _POSITION else found


def _unnumbered(place: Place | None) -> Place | None:
    return None if place is None else Place(place.origin, NO_INDEX)


def _of_known(positions: Sequence[int], function: Callable[[Sequence[int]], list[T]], missing: T) -> list[T]:
    """What a function says of the positions that are known, and `missing` of the others."""
    if len(positions) == 0 or min(positions) >= 0:
        return function(positions)
    found = iter(function([position for position in positions if position >= 0]))
    return [missing if position < 0 else next(found) for position in positions]


def _torch(name: str) -> Any:
    """A class of torch.utils.data; without torch in the process, what nothing is an instance of."""
    return getattr(sys.modules.get("torch.utils.data"), name, ())


def _is_plain(dataset: Any, name: str) -> bool:
    """Whether rows are read as torch's own class of that name reads them, also in a subclass."""
    kind = _torch(name)
    if not isinstance(dataset, kind):
        return False
    readers = ("__getitem__", "__getitems__", "__iter__")
    return all(getattr(type(dataset), name, None) is getattr(kind, name, None) for name in readers)
