"""The end of a session: its fingerprints are sorted, and what they are is committed before the log is closed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from origin.storage.by_index import named_fingerprints, one_name_each
from origin.storage.log import session_sources
from origin.storage.seal import observations, store
from origin.storage.sealed_set import Page, SealedSet, SetPages, license_counts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


def store_set(connection: sqlite3.Connection, session: int, directory: Path) -> SealedSet:
    """Within the caller's transaction, build and store all that sealing derives: lookup, tallies, and the set."""

    def write(level: int, number: int, page: Page) -> None:
        connection.execute("INSERT INTO sealed_set VALUES (?, ?, ?, ?, ?, ?)", (session, level, number, *page))

    into = SetPages(write)
    tally = store(connection, session, directory, _named(connection, session, directory), into)
    root = into.close()
    seen = tally.observations[0]
    licenses = license_counts(session_sources(connection, session), tally.observations)
    digest = hashlib.sha256(licenses.encode()).hexdigest()
    return SealedSet(into.samples, root, seen, seen - into.observations, digest)


def _named(connection: sqlite3.Connection, session: int, directory: Path) -> Iterator[list[bytes]]:
    items = connection.execute(
        """
        SELECT sequence, runs, indices, fingerprints FROM items WHERE session = ? AND role = 'sample' ORDER BY sequence
        """,
        (session,),
    )
    batches = connection.execute(
        """
        SELECT sequence, runs, indices, count FROM batch WHERE session = ? AND instr(runs, '[4,') > 0
        ORDER BY sequence
        """,
        (session,),
    )
    names = one_name_each(session_sources(connection, session))
    return named_fingerprints(batches, items, names, observations(connection, session), directory)
