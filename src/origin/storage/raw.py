"""Reading a record that may have been tampered with: rows of whatever types, and what SQLite says of the file."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from origin.storage.connection import stored_definitions, translated
from origin.storage.reads import SOURCE_COLUMNS, Reader, whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class BrokenText(bytes):
    """Text in the file that is no UTF-8, as its bytes: no str, so that a check of types sees it."""


class RawReader(Reader):
    """The rows as they stand, of whatever types, for who checks them. Text that is no UTF-8 reads as BrokenText."""

    shows_annexes = True

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.connection.text_factory = _as_stored

    def format(self) -> int:
        """`PRAGMA user_version`: major * 1000 + minor of the file's format."""
        return whole(self.one("PRAGMA user_version")[0])

    def definitions(self) -> dict[tuple[str, str], str]:
        """The SQL of every object in the file, by its type and name."""
        with translated(self.path):
            return stored_definitions(self.connection)

    def complaints(self) -> Iterator[str]:
        """What SQLite itself finds wrong: pages, indexes, constraints, references."""
        for (message,) in self.query("PRAGMA integrity_check(1000000)"):
            if message != "ok":
                yield str(message)
        orphans = Counter((table, parent) for table, _, parent, _ in self.query("PRAGMA foreign_key_check"))
        for (table, parent), count in orphans.items():
            yield f"rows of {table} that refer to a row of {parent} that does not exist: {count}"

    def file_rows(self) -> Iterator[tuple[Any, ...]]:
        return self.query("SELECT id, created_at, origin_version, key_id FROM file")

    def source_rows(self) -> Iterator[tuple[Any, ...]]:
        """Row, digest, and the fields of each declaration."""
        return self.query(f"SELECT id, digest, {SOURCE_COLUMNS} FROM source ORDER BY id")  # noqa: S608 - a constant

    def session_rows(self) -> Iterator[tuple[Any, ...]]:
        """Row, the fields of `Begin`, size and frontier of each session."""
        return self.query(
            """
            SELECT id, session_id, config_hash, metadata, run_id, rank, world_size, started_at, origin_version, key_id,
                size, frontier
            FROM session ORDER BY id
            """
        )

    def entry_rows(self, table: str, session: int) -> Iterator[tuple[Any, ...]]:
        """A session's rows of one of ENTRY_TABLES, in the order of their sequence, which comes first."""
        statement = f"SELECT {ENTRY_TABLES[table]} FROM {table} WHERE session = ? ORDER BY sequence"  # noqa: S608 - constants
        return self.query(statement, session)

    def page_rows(self, session: int) -> Iterator[tuple[Any, ...]]:
        return self.query("SELECT page, first, sightings FROM lookup WHERE session = ? ORDER BY page", session)

    def tally_rows(self, session: int) -> Iterator[tuple[Any, ...]]:
        return self.query("SELECT sequence, observations, samples FROM tally WHERE session = ?", session)

    def orphans(self, table: str) -> Iterator[tuple[Any, int]]:
        """Rows of a table whose session does not exist: the session that they name, and how many."""
        statement = f"""
            SELECT session, count(*) FROM {table}
            WHERE session IS NULL OR session NOT IN (SELECT id FROM session) GROUP BY session
        """  # noqa: S608 - a constant
        for session, count in self.query(statement):
            yield session, whole(count)


ENTRY_TABLES = {
    "session_source": "sequence, source",
    "items": "sequence, role, count, size, root, runs, indices, fingerprints",
    "batch": "sequence, loader, epoch, step, count, size, root, runs, indices, keys, fingerprints",
    "used": "sequence, loader, first, last, use, steps, how",
    "note": "sequence, kind, content",
    "gap": "sequence, reason, detail, batches, observations, loader, epoch, step",
    "ending": "sequence, status, ended_at, batches, observations, gaps",
}
"""The tables whose rows are a session's entries after the first, and their columns in the order of `entry_rows`."""

SESSION_TABLES = (*ENTRY_TABLES, "lookup", "tally", "sealed_set")


def _as_stored(stored: bytes) -> str | BrokenText:
    try:
        return stored.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return BrokenText(stored)
