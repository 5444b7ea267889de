"""The hook for Arrow: tables, and streams of record batches, of pyarrow, Polars, pandas, DuckDB and whatever speaks it.

Rows are fingerprinted from the Arrow buffers (origin.core.arrow_rows) and have the fingerprint of the Python dict that
Arrow's to_pylist() gives. The batches themselves travel on as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from origin.core.arrow_rows import identify_rows
from origin.core.record import text
from origin.errors import UsageError, shown
from origin.hooks.base import BaseHook
from origin.hooks.observe import Observed, put_together, with_licenses
from origin.hooks.stated import Unread, stated
from origin.hooks.usage import evidence_now

if TYPE_CHECKING:
    from origin.hooks.expect import Expect
    from origin.hooks.recorder import Loader
    from origin.hooks.usage import Purpose
    from origin.storage.database import ProvenanceDatabase

__all__ = ["TableHook", "WrappedBatches", "WrappedStream"]


class TableHook(BaseHook):
    """Records the rows of the record batches that a loop receives; see BaseHook for the first parameters.

    A row is one sample. A batch of the record is a record batch, or a table, as the loop receives it.

    license_column: the column in which each row states its own licence, which overrides the source's: texts or lists of
    texts; an empty one states nothing. key_column: the column of text that names the rows.
    """

    def __init__(
        self,
        db: ProvenanceDatabase,
        session_id: str,
        source_id: str,
        license_id: str | None = None,
        strict: bool = False,  # noqa: FBT001, FBT002 - declared interface
        license_column: str | None = None,
        key_column: str | None = None,
    ) -> None:
        super().__init__(db, session_id, source_id, license_id, strict)
        self.license_column = None if license_column is None else text("license_column", license_column)
        self.key_column = None if key_column is None else text("key_column", key_column)

    def wrap(
        self,
        loader: Any,
        name: str | None = None,
        epoch: int | None = None,
        purpose: Purpose | None = None,
        expect: Expect | None = None,
        *,
        first: int | None = None,
        batch_size: int | None = None,
    ) -> WrappedBatches:
        """An iterable of the record batches in `loader`, each of which is recorded as it is handed to the loop.

        loader: a pyarrow Table or RecordBatch, a DataFrame of Polars or pandas; a RecordBatchReader, a pyarrow Dataset
            or Scanner, a DuckDB relation, or another object with __arrow_c_stream__; or an iterable of tables,
            DataFrames or record batches, whose items the loop receives as they are.
        purpose, expect: as in BaseHook.wrap.
        first: the row in the source at which `loader` starts. A table or DataFrame starts at 0 unless told; the rows of
            all others have no number unless told: a stream may have been filtered, reordered or begun before.
        batch_size: at most so many rows a batch, for tables and DataFrames; the rest come in batches of their own.

        All but iterables of batches are given back as an Arrow stream, too: who reads that (DuckDB, Polars, pa.table)
        is the loop. Raises UsageError for a column that is not there, and for what holds no batches.
        """
        if isinstance(loader, WrappedBatches):
            raise UsageError("these batches are recorded already: wrap what was wrapped there")
        self._check_columns(getattr(loader, "schema", None))
        is_table = _is_table(loader)
        opened = _opener(loader, batch_size)
        if opened is None and not isinstance(loader, Iterable):
            raise UsageError(f"a {type(loader).__name__} holds no Arrow batches: give a table, a stream or an iterable")
        state = self.recorder.loader(name, epoch, purpose=purpose, expect=expect)
        if opened is None:
            return WrappedBatches(self, loader.__iter__, state, first)
        return WrappedStream(self, opened, state, 0 if is_table and first is None else first)

    def _check_columns(self, schema: Any) -> None:
        for column in (self.license_column, self.key_column):
            if column is not None and isinstance(schema, pa.Schema) and column not in schema.names:
                raise UsageError(f"there is no column {shown(column)}: the columns are {schema.names}"[:1000])

    def deliver(
        self,
        table: Any,
        name: str | None = None,
        epoch: int | None = None,
        purpose: Purpose | None = None,
        *,
        first: int | None = 0,
    ) -> Any:
        """Record all rows of a table or DataFrame as one batch that the caller has from here on, and return it."""
        (same,) = self.wrap([table], name, epoch, purpose, first=first)
        return same

    def observe(self, batch: Any, first: int | None) -> Observed:
        """The fingerprints of a batch's rows. first: the number of its first row, if it is known."""
        table = _as_table(batch)
        count = table.num_rows
        indices = None if first is None else list(range(first, first + count))
        observed = put_together(identify_rows(table), indices, self._keys(table))
        if self.license_column is None:
            return observed
        if self.license_column not in table.schema.names:
            missing = Unread(f"a batch without the column {shown(self.license_column)}")
            return with_licenses(observed, [missing] * count)
        return with_licenses(observed, [stated(value) for value in table.column(self.license_column).to_pylist()])

    def _keys(self, table: Any) -> list[str | None] | None:
        if self.key_column is None or self.key_column not in table.schema.names:
            return None
        keys = [key if isinstance(key, str) else None for key in table.column(self.key_column).to_pylist()]
        return keys if any(keys) else None


class WrappedBatches(Iterable[Any]):
    """Batches that are recorded as the loop receives them. Each iteration is an epoch."""

    def __init__(self, hook: TableHook, opened: Callable[[], Any], state: Loader, first: int | None) -> None:
        self._hook = hook
        self._open = opened
        self._state = state
        self._first = first

    def __iter__(self) -> Iterator[Any]:
        return self._recorded(self._open())

    def _recorded(self, batches: Iterable[Any]) -> Iterator[Any]:
        recorder = self._hook.recorder
        recorder.hand_over()
        epoch = self._state.start_epoch()
        iteration = recorder.iteration(self._state)
        start = self._first
        for batch in batches:
            observe = partial(self._hook.observe, batch, start)
            recorder.record(self._state, epoch, observe, iteration, evidence_now())
            start = start + len(batch) if start is not None and _is_table(batch) else None
            yield batch
        iteration.end()
        recorder.end_epoch(self._state, epoch)


class WrappedStream(WrappedBatches):
    """Record batches of one schema; also an Arrow stream, for libraries that read one."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        reader = self._open()
        recorded = pa.RecordBatchReader.from_batches(reader.schema, self._recorded(reader))
        return recorded.__arrow_c_stream__(requested_schema)


def _opener(loader: Any, batch_size: int | None) -> Callable[[], Any] | None:
    """What opens a RecordBatchReader; None for what may be an iterable of batches."""
    if _is_table(loader):
        table = _as_table(loader)
        table = pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table
        return partial(table.to_reader, batch_size)
    if isinstance(loader, pa.RecordBatchReader):
        return lambda: loader
    files: Any = sys.modules.get("pyarrow.dataset")
    if files is not None and isinstance(loader, files.Scanner):
        return partial(loader.to_reader)
    if files is not None and isinstance(loader, files.Dataset):
        return lambda: loader.scanner().to_reader()
    if hasattr(loader, "__arrow_c_stream__"):
        return partial(pa.RecordBatchReader.from_stream, loader)
    return None


def _is_table(value: Any) -> bool:
    """Whether a value holds rows in memory, which can be read more than once."""
    if isinstance(value, (pa.Table, pa.RecordBatch)):
        return True
    frames = [getattr(sys.modules.get(library), "DataFrame", None) for library in ("polars", "pandas")]
    return any(frame is not None and isinstance(value, frame) for frame in frames)


def _as_table(value: Any) -> Any:
    """A Table or RecordBatch, over the same memory where that is possible."""
    if isinstance(value, (pa.Table, pa.RecordBatch)):
        return value
    if not _is_table(value):
        raise UsageError(f"a {type(value).__name__} is no table: give record batches, tables or DataFrames")
    return pa.table(value)
