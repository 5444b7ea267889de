"""A clock that goes backwards, as clocks do that are set: times in the record are what it said, and nothing breaks."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

from cli.command import READING, Ran, origin
from faults.full_record import ENTRIES, findings, put_each

from origin import ProvenanceDatabase
from origin.storage.merge import merge
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

START_S = 1_700_000_000
DAY_S = 24 * 60 * 60


def record(path: Path, monkeypatch: pytest.MonkeyPatch, step_s: int) -> None:
    """Two sessions by a clock that goes on by `step_s` whenever it is asked."""
    clock = itertools.count(START_S, step_s)
    with monkeypatch.context() as patched:
        patched.setattr(time, "time_ns", lambda: next(clock) * 1_000_000_000)
        with ProvenanceDatabase(path) as db:
            for rank in range(2):
                with db.begin_session("x", run_id="run", rank=rank, world_size=2) as session:
                    put_each(db, session.session_id, ENTRIES)


def answers(path: Path) -> dict[tuple[str, ...], Ran]:
    return {arguments: origin(path, *arguments) for arguments in READING}


def test_a_session_that_ends_before_it_began_is_read_verified_and_reported_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward, backward = tmp_path / "forward.db", tmp_path / "backward.db"
    record(forward, monkeypatch, DAY_S)
    record(backward, monkeypatch, -DAY_S)
    with Reader(backward) as reader:
        times = [(one.begin.started_at, one.end.ended_at) for one in reader.sessions() if one.end is not None]
    started_s = [(START_S - days * DAY_S, START_S - (days + 1) * DAY_S) for days in (1, 3)]
    assert times == [(began * 1_000_000, ended * 1_000_000) for began, ended in started_s]
    assert findings(backward) == []
    expected = answers(forward)
    for arguments, ran in answers(backward).items():
        assert (ran.code, ran.err) == (expected[arguments].code, expected[arguments].err), arguments


def test_sessions_of_a_clock_that_went_backwards_are_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, step_s in (("a", DAY_S), ("b", -DAY_S)):
        record(tmp_path / f"{name}.db", monkeypatch, step_s)
    merge(tmp_path / "out.db", [tmp_path / "a.db", tmp_path / "b.db"], lambda _reader: None)
    assert findings(tmp_path / "out.db") == []
    with Reader(tmp_path / "out.db") as reader:
        started = [session.begin.started_at for session in reader.sessions()]
    assert len(started) == 4
    assert started == sorted(started)
