"""A process that died within a transaction, or while it made the file: what was committed is there, nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from cli.command import assert_one_line, origin
from faults.full_record import ENTRIES, dump, findings, leave_half_written, logs, put_each, record_full
from query.recordings import listing

from origin import ProvenanceDatabase

if TYPE_CHECKING:
    from pathlib import Path


def test_a_reader_takes_back_what_was_not_committed(path: Path) -> None:
    record_full(path)
    before = dump(path)
    leave_half_written(path)
    assert findings(path) == []
    assert dump(path) == before
    assert list(listing(path.parent)) == [path.name]


def test_a_recording_takes_it_back_and_goes_on(path: Path) -> None:
    ended, interrupted = record_full(path)
    before = logs(path)
    leave_half_written(path)
    with ProvenanceDatabase(path) as db:
        session = db.resume_session(interrupted)
        put_each(db, interrupted, ENTRIES[3:4])
        session.end()
    assert findings(path) == []
    after = logs(path)
    assert after[ended] == before[ended]
    assert after[interrupted][:-3] == before[interrupted]


def test_what_others_left_half_written_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
        connection.executemany("INSERT INTO theirs VALUES (?)", [("x" * 3000,)] * 30)
    leave_half_written(path)
    before = listing(path.parent)
    for command in ("status", "verify", "init"):
        ran = origin(path, command)
        assert_one_line(ran)
        assert "no Origin database" in ran.err
    assert listing(path.parent) == before


def test_what_a_killed_process_left_of_a_new_file_is_replaced(path: Path) -> None:
    path.with_name(f"{path.name}-new").write_bytes(b"the beginning of a file")
    record_full(path)
    assert findings(path) == []
    assert list(listing(path.parent)) == [path.name]


def test_a_journal_that_would_have_another_file_removed_is_refused(path: Path) -> None:
    record_full(path)
    leave_half_written(path)
    victim = path.with_name("victim")
    victim.write_text("dear to somebody")
    name = str(victim).encode()
    with path.with_name(f"{path.name}-journal").open("ab") as journal:
        # A super-journal's name: page of the lock byte, name, length, sum, magic (SQLite's file format, section 3.1).
        page = 0x40000000 // 4096 + 1
        journal.write(page.to_bytes(4) + name + len(name).to_bytes(4) + sum(name).to_bytes(4))
        journal.write(bytes.fromhex("d9d505f920a163d7"))
    before = listing(path.parent)
    for command in ("status", "verify", "init"):
        ran = origin(path, command)
        assert_one_line(ran)
        assert "none of Origin's" in ran.err
    assert listing(path.parent) == before
