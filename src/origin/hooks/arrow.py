"""Which row of the Arrow table behind a Hugging Face data set a position in it stands for.

select, shuffle, sort, filter, shard and interleave leave the table as it is and keep a list of its rows (`_indices`): a
row keeps its number through them. A contiguous select (take, skip, shard) cuts the table instead: where the cut is, is
found in the operations that a memory-mapped table remembers, or by where its buffers lie in the table it was cut from.
map, cast and flatten_indices write another table, with its own numbers.

What cannot be known is not numbered. One case cannot be told: a table in memory that was cut between two of its chunks
before it was wrapped looks like a whole one.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from origin.core.record import NO_INDEX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_KEEPS_ROWS = frozenset(
    (
        *("add_column", "append_column", "cast", "combine_chunks", "drop", "flatten", "remove_column"),
        *("rename_columns", "replace_schema_metadata", "select", "set_column", "slice"),
    )
)
"""Operations on a memory-mapped table after which its rows are still in their old order (slice cuts some off)."""


class ArrowRows:
    """From positions in a map-style data set to row numbers of its Arrow table, or of the table it was cut from.

    whole: the rows of the data set from which this one was made, if that is known.
    """

    def __init__(self, dataset: Any, whole: ArrowRows | None = None) -> None:
        self.dataset = dataset
        self._whole = whole

    def __call__(self, positions: Sequence[int]) -> list[int] | None:
        """The row numbers; None where they cannot be known, or where this version of datasets hides them."""
        first = self.first
        if first is None or len(positions) == 0 or min(positions) < 0:
            return None
        try:
            return [first + row for row in self.table_rows(positions)]
        except (AttributeError, IndexError, TypeError, ValueError):
            return None

    def table_rows(self, positions: Sequence[int]) -> Sequence[int]:
        """The rows of the data set's own table, wherever that was cut from."""
        mapping = self.dataset._indices  # noqa: SLF001 - there is no public way to it
        if mapping is None:
            return positions
        column = mapping.column(0)
        start, count = positions[0], len(positions)
        if positions[-1] == start + count - 1 and list(positions) == list(range(start, start + count)):
            return _plain(column.slice(start, count).to_pylist())
        return _plain([column[position].as_py() for position in positions])

    @cached_property
    def first(self) -> int | None:
        """The number of the table's first row, None if it cannot be known."""
        try:
            table = self.dataset.data
            within = None if self._whole is None else _place_within(table, self._whole.dataset.data)
            if self._whole is None or within is None:
                return _visible_start(table)
        except (AttributeError, IndexError, TypeError, ValueError):
            return None
        return None if self._whole.first is None else self._whole.first + within


def _plain(numbers: list[Any]) -> list[int]:
    return [int(number) for number in numbers]


def _place_within(table: Any, whole: Any) -> int | None:
    """The row of `whole` at which `table` starts, if it shares memory with it; ValueError when in several places."""
    starts = {_buffers(column.chunk(0)): column.chunk(0).offset for column in table.columns if column.num_chunks}
    starts.pop((), None)
    for column in whole.columns:
        found = []
        before = 0
        for chunk in column.chunks:
            start = starts.get(_buffers(chunk))
            if start is not None and 0 <= start - chunk.offset < len(chunk):
                found.append(before + int(start) - int(chunk.offset))
            before += len(chunk)
        if len(found) > 1:
            raise ValueError("the same rows stand in the table several times")
        if found:
            return found[0]
    return None


def _buffers(chunk: Any) -> tuple[int, ...]:
    """Where a chunk's memory lies: slices of one chunk share it."""
    return tuple(buffer.address for buffer in chunk.buffers() if buffer is not None)


def _visible_start(table: Any) -> int:
    """How many rows were cut off before a table, by what the table itself tells."""
    replays = getattr(table, "replays", None)
    if replays:
        if not {name for name, _, _ in replays} <= _KEEPS_ROWS:
            raise ValueError("an unknown operation stands between the file and the table")
        return sum(int(args[0]) for name, args, _ in replays if name == "slice")
    blocks = getattr(table, "blocks", None)
    starts = {_visible_start(block) for block in blocks[0]} if blocks else _offsets(table)
    in_pieces = blocks or any(column.num_chunks > 1 for column in table.columns)
    if starts != {0} and (in_pieces or len(starts) > 1):
        raise ValueError("rows were cut off before the table, and how many is not known")
    return starts.pop()


def _offsets(table: Any) -> set[int]:
    return {int(column.chunk(0).offset) for column in table.columns}


def rows_of(dataset: Any, parts: Iterable[tuple[Any, Any]]) -> PartRows:
    """Which part, and which of its rows, each position in a map-style data set stands for.

    parts: (source, data set) of each; sources are told apart by equality. A part is known by the memory that it shares
    with the data set, so concatenate, interleave, filter, shuffle, select, sort, shard and train_test_split lead back
    to it, while map, cast and flatten_indices do not: they copy. The answer keeps the parts alive.
    """
    return PartRows(dataset, parts)


Segment = tuple[int, int, tuple[tuple[int, int], ...]]
"""First row, end, and (number of the part, row of the part's table at the first row) of each part that holds them."""


class PartRows:
    """The answer of `rows_of`: for positions in the data set, the sources and the rows. Never raises for a position."""

    def __init__(self, dataset: Any, parts: Iterable[tuple[Any, Any]]) -> None:
        self._rows = ArrowRows(dataset)
        self._parts = [_Part(source, part) for source, part in parts]
        layouts = [self._segments(column) for column in dataset.data.columns]
        self._layouts = [layout for number, layout in enumerate(layouts) if layout and layout not in layouts[:number]]

    def source_at(self, positions: Sequence[int]) -> list[Any]:
        """The source of each; None where it is in no part, or in parts of different sources."""
        return [source for source, _ in self.at(positions)]

    def index_at(self, positions: Sequence[int]) -> list[int]:
        """The row of each in its part's table, as DatasetHook counts them; NO_INDEX where that cannot be known."""
        return [row for _, row in self.at(positions)]

    def at(self, positions: Sequence[int]) -> list[tuple[Any, int]]:
        """Source and row of each; a negative position stands for none."""
        unknown = (None, NO_INDEX)
        asked = [position for position in positions if position >= 0]
        if not asked:
            return [unknown] * len(positions)
        try:
            found = [self._origin(row) for row in self._rows.table_rows(asked)]
        except (AttributeError, IndexError, TypeError, ValueError):
            return [unknown] * len(positions)
        if len(found) == len(positions):
            return found
        rest = iter(found)
        return [next(rest) if position >= 0 else unknown for position in positions]

    def _origin(self, row: int) -> tuple[Any, int]:
        found = [origin for layout in self._layouts for origin in self._origins(layout, row)]
        if not found or any(source != found[0][0] for source, _ in found):
            return None, NO_INDEX
        rows = {place for _, place in found}
        return found[0][0], rows.pop() if len(rows) == 1 else NO_INDEX

    def _origins(self, layout: list[Segment], row: int) -> list[tuple[Any, int]]:
        """What one column tells of a row: the places in parts whose memory it is."""
        number = bisect_right(layout, row, key=lambda segment: segment[0]) - 1
        if number < 0:
            return []
        start, end, places = layout[number]
        if row >= end:
            return []
        found = [(self._parts[part], place + row - start) for part, place in places]
        return [(part.source, part.index(place)) for part, place in found if part.has(place)]

    def _segments(self, column: Any) -> list[Segment]:
        """The rows of a column's table by the places in parts where their memory lies."""
        segments: list[Segment] = []
        before = 0
        for chunk in column.chunks:
            key, offset, length = _buffers(chunk), int(chunk.offset), len(chunk)
            places = [(number, *place) for number, part in enumerate(self._parts) for place in part.places.get(key, ())]
            # From here on in the buffers: which parts have which rows.
            cuts = {offset, offset + length}
            for _, start, end, _ in places:
                cuts |= {min(max(cut, offset), offset + length) for cut in (start, end)}
            ordered = sorted(cuts)
            for one, other in pairwise(ordered):
                here = tuple((part, row + one - start) for part, start, end, row in places if start <= one < end)
                if here:
                    segments.append((before + one - offset, before + other - offset, here))
            before += length
        return segments


class _Part:
    """A data set whose rows may be found again in others."""

    def __init__(self, source: Any, dataset: Any) -> None:
        self.source = source
        self.dataset = dataset
        self.places: dict[tuple[int, ...], set[tuple[int, int, int]]] = {}
        """By buffers: where in them a chunk starts and ends, and its first row in the table."""
        for column in dataset.data.columns:
            before = 0
            for chunk in column.chunks:
                key, offset = _buffers(chunk), int(chunk.offset)
                if key and len(chunk):
                    self.places.setdefault(key, set()).add((offset, offset + len(chunk), before))
                before += len(chunk)

    @cached_property
    def _first(self) -> int | None:
        return ArrowRows(self.dataset).first

    @cached_property
    def _kept(self) -> Any:
        """Which rows of the table the data set shows; None: all."""
        mapping = self.dataset._indices  # noqa: SLF001 - as above
        if mapping is None:
            return None
        kept = np.zeros(self.dataset.data.num_rows, dtype=bool)
        kept[mapping.column(0).to_numpy()] = True
        return kept

    def has(self, row: int) -> bool:
        return self._kept is None or bool(self._kept[row])

    def index(self, row: int) -> int:
        return NO_INDEX if self._first is None else self._first + row
