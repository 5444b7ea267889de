"""Real records for tests of what reads them, made through the hooks. Import as `from query.recordings import ...`."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from origin import OriginWarning, ProvenanceDatabase
from origin.hooks.base import BaseHook, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def sha(data: bytes | str) -> str:
    return hashlib.sha256(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data).hexdigest()


def record(
    path: Path,
    batches: Iterable[Any],
    *,
    source: str = "train",
    license_id: str | None = "MIT",
    status: str | None = "completed",
    key: bytes | None = None,
    epochs: int = 1,
    **begin: Any,
) -> str:
    """One session of one loader; status None leaves it as a process that died does. Returns its id."""
    with ProvenanceDatabase(path, key=key) as db:
        session = db.begin_session(**{"config_hash": "experiment", **begin})
        wrapped = BaseHook(db, session.session_id, source, license_id).wrap(batches)
        for _ in range(epochs):
            list(wrapped)
        if status is not None:
            db.end_session(session.session_id, status)
    return session.session_id


class FailingHook(BaseHook):
    """Cannot look at batches that are the word `broken`."""

    def samples(self, batch: Any) -> Any:
        if batch == "broken":
            raise ValueError("cannot look at this")
        return super().samples(batch)


def record_rich(path: Path) -> tuple[str, str]:
    """A completed session with two loaders, mixed sources, indices, keys, an unknown, a gap and two lookup pages, and
    an interrupted one after it. Returns their ids.

    Entries of the first: 0 begin, 1 source train, 2 batch of 500, 3 source other, 4 mixed batch, 5 gap, 6 batch,
    7 source valid, 8 batch of the second loader, 9 end.
    """
    with ProvenanceDatabase(path) as db:
        db.register_source("other", license_id="CC-BY-4.0", uri="https://example.org/other", metadata={"rows": 7})
        first = db.begin_session("experiment", metadata={"seed": 1}, run_id="run", rank=0, world_size=2)
        hook = FailingHook(db, first.session_id, "train", "Apache-2.0")
        large = [b"%d" % number for number in range(500)]
        mixed = [b"0", "0", object(), Sample(b"far", "other", 7, "row-7"), Sample("kept", "other", 8, "row-8")]
        with pytest.warns(OriginWarning, match="cannot look at this"):
            list(hook.wrap([large, mixed, "broken", [b"last", b"0"]]))
        list(BaseHook(db, first.session_id, "valid", "GPL-2.0-only").wrap([[b"0", b"held out"]]))
        first.end()
        second = db.begin_session("experiment")
        list(BaseHook(db, second.session_id, "train", "Apache-2.0").wrap([[b"0"], [b"new"]]))
    return first.session_id, second.session_id


@contextlib.contextmanager
def tampering(path: Path) -> Iterator[sqlite3.Connection]:
    """A plain connection that checks nothing."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = 1")
        connection.execute("PRAGMA journal_mode = DELETE")
        yield connection


def tamper(path: Path, *statements: str) -> None:
    with tampering(path) as connection:
        for statement in statements:
            connection.execute(statement)


def listing(directory: Path) -> dict[str, bytes | None]:
    """Names and contents of all that is in a directory."""
    return {
        str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None
        for path in sorted(directory.rglob("*"))
    }
