"""Copying sessions and sources from one file to another, column by column: all that is stored but row numbers."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from origin.storage.connection import definitions
from origin.storage.raw import ENTRY_TABLES, SESSION_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.storage.raw import RawReader


def copy_source(reader: RawReader, connection: sqlite3.Connection, digest: bytes, row: int) -> None:
    """Copy the declaration of that digest, as row `row`."""
    _copy(reader, connection, "source", "digest = ?", digest, row)


def copy_session(reader: RawReader, connection: sqlite3.Connection, session: int, row: int) -> None:
    """Copy a session, as row `row`, whose sources are there; what sealing derived comes with it, if it is sealed."""
    _copy(reader, connection, "session", "id = ?", session, row)
    sealed = reader.tally(session) is not None
    # The set is committed in the log: it comes along even where the lookup is to be built again.
    for table in SESSION_TABLES if sealed else (*ENTRY_TABLES, "sealed_set"):
        _copy(reader, connection, table, "session = ?", session, row)


def committed(reader: RawReader, session: int, size: int) -> Iterator[tuple[Any, ...]]:
    """The rows of the first `size` entries of a session, table by table, with the digests of sources."""
    begin = [column for column in _columns()["session"] if column.name not in {"size", "frontier"}]
    yield from _rows(reader, "session", begin, "id = ?", session)
    for table in ENTRY_TABLES:
        for row in _rows(reader, table, _columns()[table], "session = ? AND sequence < ?", session, size):
            yield table, *row


def _copy(
    reader: RawReader, connection: sqlite3.Connection, table: str, condition: str, value: object, row: int
) -> None:
    """Copy rows of a table. `row` is the number of their session in the new file, or their own."""
    columns = _columns()[table]
    key = "id" if table in {"source", "session"} else "session"
    names = ", ".join((key, *(column.name for column in columns)))
    marks = ", ".join((str(row), *(column.write for column in columns)))
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - constants of our schema
    connection.executemany(statement, _rows(reader, table, columns, condition, value))


@dataclass(frozen=True, slots=True)
class _Column:
    """How a column is read so that its value can be written again, and how it is written."""

    name: str
    read: str
    write: str


_NOT_COPIED = frozenset({"id", "session", "writer"})
"""What numbers rows, and the process that recorded; neither is part of the record."""


@cache
def _columns() -> dict[str, list[_Column]]:
    """The columns of each table but those that number rows, as our schema has them, never as a shard says."""
    with contextlib.closing(sqlite3.connect(":memory:")) as schema_alone:
        tables = {name: sql for (kind, name), sql in definitions().items() if kind == "table"}
        for sql in tables.values():
            schema_alone.execute(sql)
        return {table: list(_columns_of(schema_alone, table)) for table in tables}


def _columns_of(connection: sqlite3.Connection, table: str) -> Iterator[_Column]:
    parents = {key[3]: key[2] for key in connection.execute(f"PRAGMA foreign_key_list({table})")}
    for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall():
        if name in _NOT_COPIED:
            continue
        if parents.get(name) == "source":
            digest = f"(SELECT digest FROM source WHERE source.id = {table}.{name})"  # noqa: S608 - constants
            yield _Column(name, digest, "(SELECT id FROM source WHERE digest = ?)")
        elif kind == "TEXT":
            # As bytes: text may hold what neither Python's strings nor SQLite's bindings take.
            yield _Column(name, f"CAST({name} AS BLOB)", "CAST(? AS TEXT)")
        else:
            yield _Column(name, name, "?")


def _rows(
    reader: RawReader, table: str, columns: list[_Column], condition: str, *values: object
) -> Iterator[tuple[Any, ...]]:
    """Rows of a table, those of a session in the order of the column that numbers them, which comes first."""
    read = ", ".join(column.read for column in columns)
    statement = f"SELECT {read} FROM {table} WHERE {condition} ORDER BY 1"  # noqa: S608 - constants of our schema
    return reader.query(statement, *values)
