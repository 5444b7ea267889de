"""A small record that holds every table, and all that a file says. Import as `from faults.full_record import ...`."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from origin import ProvenanceDatabase
from origin.core.fingerprint import NO_DIGEST, Kind
from origin.core.record import EVALUATED, RAW, SAMPLE, TRAINED, Claim, Delivered, Gap, Note, Seen, Source, Used
from origin.query.verify import verify
from origin.storage.log_leaves import log_leaves
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from origin.storage.writer import Queued

IMAGES = Source(
    "images",
    "MIT",
    "https://example.org/images",
    "images",
    "r1",
    "somebody",
    "2025-01-02",
    '{"rows":3}',
    (Claim("MIT", "declared by the caller"), Claim("cc-by-4.0", "README.md", "2025-01-02T03:04:05+00:00")),
)
TEXTS = Source("texts")


def digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


ENTRIES: tuple[Queued, ...] = (
    Delivered(
        "train",
        0,
        0,
        [digest("a"), digest("b"), NO_DIGEST],
        ((Kind.BYTES, IMAGES, 1), (Kind.TEXT, TEXTS, 2), (Kind.UNFINGERPRINTABLE, TEXTS, 3)),
        12,
        [7, 300, -1],
        ["row-7", None, "row \u0142"],
        Seen(RAW, [digest("raw")], ((Kind.VALUE, IMAGES, 1),), 4, [7]),
    ),
    Used("train", 0, 0, TRAINED, 1, "optimizer step"),
    Delivered(
        "train",
        0,
        1,
        [NO_DIGEST, NO_DIGEST, digest("a")],
        ((Kind.INDEX, TEXTS, 2), (Kind.BYTES, IMAGES, 3)),
        0,
        [0, 1, 7],
        None,
        Seen(SAMPLE, [digest("0"), digest("1")], ((Kind.VALUE, TEXTS, 2),), 20, [0, 1]),
    ),
    Note("acme:seed", '{"seed":1}'),
    Gap("observer", "cannot look at this", 1, None, "train", 0, 2),
    Delivered("valid", 0, 0, [digest("a")], ((Kind.TEXT, TEXTS, 1),), 1),
    Used("valid", 0, 0, EVALUATED, 0, "declared"),
)
"""Entries of every kind that can be queued, for one session."""


def record_full(path: Path) -> tuple[str, str]:
    """Two sessions of one run: rank 0 ended, rank 1 did not. Returns their ids."""
    with ProvenanceDatabase(path) as db:
        db.register_source("images", "Apache-2.0", metadata={"declared": "and never used"})
        sessions = [db.begin_session("config", {"lr": 0.1}, "run", rank, 2) for rank in range(2)]
        for session, entries in zip(sessions, (ENTRIES, ENTRIES[:3]), strict=True):
            put_each(db, session.session_id, entries)
        sessions[0].end()
    return sessions[0].session_id, sessions[1].session_id


def put_each(db: ProvenanceDatabase, session_id: str, entries: Iterable[Queued]) -> None:
    """Each in a transaction of its own: what is joined within one would depend on the time."""
    for entry in entries:
        db.put(db.recording(session_id), entry)
        db.flush()


Dump = dict[str, list[dict[str, str]]]
"""By table, its rows in order, by column: values written so that types are told apart."""


def dump(path: Path) -> Dump:
    """All that a file says, the pages in which it says it aside."""
    found: Dump = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.text_factory = Text
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1").fetchall()
        connection.row_factory = lambda cursor, row: {
            column[0]: repr(value) for column, value in zip(cursor.description, row, strict=True)
        }
        for (name,) in names:
            table = name.decode()
            found[table] = connection.execute(f"SELECT * FROM {table}").fetchall()
        for pragma in ("application_id", "user_version"):
            found[pragma] = connection.execute(f"PRAGMA {pragma}").fetchall()
        # Without SQLite's own indexes, whose names are made up and say nothing.
        statement = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY 1, 2"
        found["definitions"] = connection.execute(statement).fetchall()
    return found


class Text(bytes):
    """Text as its bytes, which need be no UTF-8; it is written otherwise than a blob."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"text {bytes(self)!r}"


def findings(path: Path) -> list[tuple[str, str]]:
    with RawReader(path) as reader:
        return [(finding.where, finding.what) for finding in verify(reader).findings]


def logs(path: Path) -> dict[str, list[bytes]]:
    """The leaf hashes of each session's log, in order."""
    with Reader(path) as reader:
        return {session.begin.session_id: log_leaves(reader, session) for session in reader.sessions()}


def leave_half_written(path: Path) -> None:
    """Make a file what a process leaves that dies while it writes a transaction: some of its pages are in the file,
    and what they were before in SQLite's journal beside it.
    """
    journal = path.with_name(f"{path.name}-journal")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1").fetchall()
        for (table,) in tables:
            connection.execute(f"DELETE FROM {table}")
        found = path.read_bytes(), journal.read_bytes()
        connection.execute("ROLLBACK")
    assert found[0] != path.read_bytes()
    path.write_bytes(found[0])
    journal.write_bytes(found[1])
