"""Which row of the Arrow table behind a Hugging Face data set a position in it stands for.

select, shuffle, sort, filter, shard and interleave leave the table as it is and keep a list of its rows (`_indices`): a
row keeps its number through them. A contiguous select (take, skip, shard) cuts the table instead: where the cut is, is
found in the operations that a memory-mapped table remembers, or by where its buffers lie in the table it was cut from.
map, cast and flatten_indices write another table, with its own numbers.

What cannot be known is not numbered. One case cannot be told: a table in memory that was cut between two of its chunks
before it was wrapped looks like a whole one.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

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
            return [first + row for row in self._mapped(positions)]
        except (AttributeError, IndexError, TypeError, ValueError):
            return None

    def _mapped(self, positions: Sequence[int]) -> Sequence[int]:
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
