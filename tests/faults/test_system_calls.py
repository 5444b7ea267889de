"""Each write of a small recording killed or failed in turn: the loop goes on, the file agrees, recording resumes."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest
from conftest import gaps, seen
from faults.full_record import findings

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

BATCHES = 6
CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink", "rename")
"""What changes files or waits for the disk."""

RECORDING = f"""
import sys
from origin import ProvenanceDatabase
from origin.errors import OriginError
from origin.hooks.base import BaseHook

def tell(*words):
    print(*words, flush=True)

batches = [[b"%d %d" % (number, sample) for sample in range(20)] for number in range({BATCHES})]
try:
    db = ProvenanceDatabase(sys.argv[1])
    db.register_source("s", "MIT", uri="https://example.org/s")
    session = db.begin_session(config_hash="x")
except OriginError as error:
    tell("refused", error)
    raise SystemExit(0)
tell("begun")
delivered = []
for batch in BaseHook(db, session.session_id, "s", "MIT").wrap(batches, name="loader"):
    delivered.append(batch)
    if len(delivered) % 2 == 0:
        db.flush()
        tell("flushed", len(delivered))
assert all(one is other for one, other in zip(delivered, batches, strict=True))
session.end()
tell("ended")
db.close()
"""


@cache
def reason_to_skip() -> str | None:
    if shutil.which("strace") is None:
        return "strace is not here"
    tried = subprocess.run(["strace", "-f", "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.strip()}"


@pytest.fixture(autouse=True)
def _needs_strace() -> None:
    reason = reason_to_skip()
    if reason is not None:
        pytest.skip(reason)


def traced(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Record under strace, which sees the calls that name the database, what SQLite keeps beside it, and its directory.

    Numbers of calls are counted for each thread, and each kind of call, by itself.
    """
    beside = [str(path) + ending for ending in ("", "-journal", "-wal", "-shm", "-new", "-writer")]
    only = [word for name in (*beside, str(path.parent)) for word in ("-P", name)]
    log = path.parent / "strace.log"
    command = ["strace", "-f", "-qqq", "-o", str(log), *only, *options, sys.executable, "-c", RECORDING, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """For each kind of call, the most that one thread makes of it."""
    path = tmp_path_factory.mktemp("counted") / "provenance.db"
    assert traced(path, "-e", f"trace={','.join(CALLS)}").stdout.endswith("ended\n")
    calls = re.findall(r"(?m)^(\d+) +(\w+)\(", (path.parent / "strace.log").read_text())
    most: dict[str, int] = {}
    for (_, call), count in Counter(calls).items():
        most[call] = max(count, most.get(call, 0))
    assert set(most) == set(CALLS)
    return most


CREATING = {"fsync", "rename"}
"""Calls that are made only where there is no file yet."""


def injected(path: Path, call: str, fault: str, number: int, *, exists: bool) -> subprocess.CompletedProcess[str]:
    if exists:
        ProvenanceDatabase(path).close()
    return traced(path, "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={number}")


def flushed(ran: subprocess.CompletedProcess[str]) -> int:
    return max((int(line.split()[1]) for line in ran.stdout.splitlines() if line.startswith("flushed")), default=0)


def resume(path: Path) -> None:
    """Whatever happened: the file agrees with itself, has all steps up to its last, and takes what comes."""
    if path.exists():
        assert findings(path) == []
    with ProvenanceDatabase(path) as db:
        with db.reader() as reader:
            sessions = reader.sessions()
        if sessions and sessions[-1].end is None:
            session = db.resume_session(sessions[-1].begin.session_id)
        else:
            session = db.begin_session("after")
        before = len(seen(path, session.session_id))
        list(BaseHook(db, session.session_id, "s", "MIT").wrap([[b"last"]], name="loader"))
        session.end()
    assert findings(path) == []
    recorded = seen(path)
    assert len(recorded) == before + 1
    assert len(os.listdir(path.parent)) == 2, "the database and strace's log"


def check_killed(path: Path, call: str, number: int, *, exists: bool) -> bool:
    """Whether a call was there to be killed."""
    ran = injected(path, call, "signal=KILL", number, exists=exists)
    if ran.returncode == 0:
        return False
    assert ran.returncode == -9
    if path.exists():
        assert findings(path) == []
        with Reader(path) as reader:
            begun = reader.has_sessions()
        recorded = seen(path) if begun else []
        assert len(recorded) >= flushed(ran)
        assert [batch.step for batch in recorded] == list(range(len(recorded)))
    else:
        assert ran.stdout == ""
    resume(path)
    return True


def check_failed(path: Path, call: str, error: str, number: int, *, exists: bool) -> bool:
    """Whether a call was there to be failed."""
    ran = injected(path, call, f"error={error}", number, exists=exists)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    if ran.stdout.startswith("refused"):
        assert ran.stdout.count("\n") == 1
    else:
        assert ran.stdout.endswith("ended\n")
        check_told(path, ran.stderr)
    happened = "INJECTED" in (path.parent / "strace.log").read_text()
    resume(path)
    return happened


def check_told(path: Path, warnings: str) -> None:
    """All batches are in the record, or counted as lost in it, or a warning tells that the session has no end."""
    with Reader(path) as reader:
        session = reader.latest_session()
    assert session is not None
    lost = sum(batches for reason, batches, _ in gaps(path) if reason == "storage")
    recorded = seen(path)
    if not warnings:
        assert (len(recorded), lost, session.status) == (BATCHES, 0, "completed")
    elif session.status == "completed":
        assert len(recorded) + lost == BATCHES
    else:
        assert "could not be ended" in warnings
        assert [batch.step for batch in recorded] == sorted({batch.step for batch in recorded})


SAMPLE = random.Random(4)


@pytest.mark.parametrize("number", [17, *(SAMPLE.randrange(30, 100) for _ in range(2))])
def test_killed_at_a_write_nothing_acknowledged_is_lost_and_recording_resumes(path: Path, number: int) -> None:
    assert check_killed(path, "pwrite64", number, exists=True)


def test_killed_while_it_is_created_a_file_is_not_there_and_the_next_recording_creates_it(path: Path) -> None:
    assert check_killed(path, "pwrite64", 10, exists=False)


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_write_that_fails_is_told_and_the_loop_goes_on(path: Path, error: str) -> None:
    assert check_failed(path, "pwrite64", error, SAMPLE.randrange(38, 90), exists=True)


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_file_that_cannot_be_created_is_refused_and_nothing_is_left(path: Path, error: str) -> None:
    assert check_failed(path, "pwrite64", error, 10, exists=False)


@pytest.mark.faults
@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("call", CALLS)
def test_killed_at_any_call_nothing_acknowledged_is_lost_and_recording_resumes(
    tmp_path: Path, numbers: dict[str, int], call: str, exists: bool
) -> None:
    happened = 0
    for number in range(1, numbers[call] + 1):
        (tmp_path / str(number)).mkdir()
        happened += check_killed(tmp_path / str(number) / "provenance.db", call, number, exists=exists)
    assert (happened > 0) == (not exists or call not in CREATING)


@pytest.mark.faults
@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("call", CALLS)
def test_any_call_that_fails_is_told_and_the_loop_goes_on(
    tmp_path: Path, numbers: dict[str, int], call: str, error: str, exists: bool
) -> None:
    happened = 0
    for number in range(1, numbers[call] + 1):
        (tmp_path / str(number)).mkdir()
        happened += check_failed(tmp_path / str(number) / "provenance.db", call, error, number, exists=exists)
    assert (happened > 0) == (not exists or call not in CREATING)
