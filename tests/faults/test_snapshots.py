"""A reader beside a writer: every snapshot agrees with itself, stays as it is, and continues the one before."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from faults.full_record import findings

from origin.query.verify import verify
from origin.storage.log_leaves import log_leaves
from origin.storage.raw import RawReader

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import itertools, sys, time
from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook

for round in itertools.count():
    # Each end folds SQLite's log into the file, and each beginning starts another.
    with ProvenanceDatabase(sys.argv[1]) as db:
        for number in range(2):
            with db.begin_session("running") as session:
                print("begun", flush=True)
                hook = BaseHook(db, session.session_id, "train", "MIT")
                for step, _ in enumerate(hook.wrap([b"%d %d" % (n, m) for m in range(16)] for n in range(40))):
                    time.sleep(0.001)
                    if step % 8 == 0:
                        db.flush()
"""


def snapshot(path: Path) -> dict[str, list[bytes]]:
    with RawReader(path) as reader:
        found = {session.begin.session_id: log_leaves(reader, session) for session in reader.sessions()}
        assert verify(reader).findings == ()
        again = {session.begin.session_id: log_leaves(reader, session) for session in reader.sessions()}
        assert again == found
    return found


def watch(path: Path, duration_s: float) -> tuple[int, int]:
    """How many snapshots of a record that grows were different, and how many sessions the last one holds."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"begun\n"
            until = time.monotonic() + duration_s
            before: dict[str, list[bytes]] = {}
            grown = 0
            while time.monotonic() < until:
                found = snapshot(path)
                assert list(found)[: len(before)] == list(before)
                assert all(found[session_id][: len(log)] == log for session_id, log in before.items())
                grown += found != before
                before = found
            assert writer.poll() is None
        finally:
            writer.kill()
    assert findings(path) == []
    return grown, len(before)


def test_snapshots_of_a_record_that_is_being_written_agree_and_only_grow(path: Path) -> None:
    grown, sessions = watch(path, 2)
    assert grown > 3
    assert sessions > 3


@pytest.mark.faults
def test_for_a_minute_snapshots_agree_and_only_grow(path: Path) -> None:
    grown, sessions = watch(path, 60)
    assert grown > 20
    assert sessions > 20
