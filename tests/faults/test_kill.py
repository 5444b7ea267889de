"""kill -9 at random moments: what was acknowledged is there, nothing is inconsistent, and recording resumes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from conftest import seen

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook
from origin.query.verify import verify
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from origin.query.findings import Finding

RECORDING = """
import os, sys
from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook

db = ProvenanceDatabase(sys.argv[1])
session = db.resume_session(sys.argv[2]) if sys.argv[2] else db.begin_session(config_hash="x")
print(session.session_id, flush=True)
hook = BaseHook(db, session.session_id, "s", "MIT")
for number, _ in enumerate(hook.wrap(([os.urandom(9)] * (1 + n % 50) for n in range(10**9)), name="loader")):
    if number % 7 == 6:
        db.flush()
        print(number + 1, flush=True)
"""


def record_until_killed(path: Path, session_id: str, delay_s: float) -> tuple[str, int]:
    """The session, and how many batches the process said were committed before it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", RECORDING, str(path), session_id], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    session_id = process.stdout.readline().strip()
    time.sleep(delay_s)
    os.kill(process.pid, signal.SIGKILL)
    lines = process.stdout.read().split()
    process.wait()
    process.stdout.close()
    return session_id, int(lines[-1]) if lines else 0


def findings(path: Path) -> tuple[Finding, ...]:
    with RawReader(path) as reader:
        return verify(reader).findings


def kill_and_check(path: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    session_id = ""
    committed = 0
    for _ in range(rounds):
        session_id, acknowledged = record_until_killed(path, session_id, chance.uniform(0, 0.15))
        recorded = seen(path)
        assert len(recorded) >= committed + acknowledged
        assert [batch.step for batch in recorded] == list(range(len(recorded)))
        committed = len(recorded)
        with Reader(path) as reader:
            (session,) = reader.sessions()
            assert session.status == "interrupted"
        assert findings(path) == ()
    with ProvenanceDatabase(path) as db:
        session = db.resume_session(session_id)
        list(BaseHook(db, session_id, "s", "MIT").wrap([[b"last"]], name="loader"))
        session.end()
    assert len(seen(path)) == committed + 1
    assert findings(path) == ()
    with Reader(path) as reader:
        assert reader.sessions()[0].status == "completed"


def test_after_kill_minus_nine_acknowledged_batches_are_there_and_recording_resumes(path: Path) -> None:
    kill_and_check(path, rounds=8, seed=os.getpid())


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(20))
def test_after_two_hundred_kills_nothing_acknowledged_is_lost(path: Path, seed: int) -> None:
    kill_and_check(path, rounds=10, seed=seed)
