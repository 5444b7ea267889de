"""`origin merge` and `origin runs`: what they print, and their exit codes."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from cli.command import Ran, assert_one_line, origin
from query.hostile import STRINGS
from query.recordings import listing, record, tamper

from origin import ProvenanceDatabase
from origin.query.run import list_runs
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    """Ranks 0 and 2 of three."""
    paths = [tmp_path / "p.rank-00000.db", tmp_path / "p.rank-00002.db"]
    for path, rank in zip(paths, (0, 2), strict=True):
        record(path, [[b"a", b"%d" % rank]], run_id="job-7", rank=rank, world_size=3)
    return paths


def merged(out: Path, *shards: Path, options: tuple[str, ...] = ()) -> Ran:
    return origin(None, "merge", str(out), *map(str, shards), *options)


def root_of_run(path: Path) -> str:
    with Reader(path) as reader:
        return list_runs(reader)[0].root


MISSING = "origin: run 'job-7': of 3 ranks there is no session of 1\n"


def test_a_merge_tells_what_it_did_and_who_is_missing(shards: list[Path], path: Path) -> None:
    ran = merged(path, *shards)
    assert (ran.code, ran.err) == (0, MISSING)
    assert ran.out.splitlines() == [
        f"database                  {path}",
        "sessions added            2",
        "sessions that went on     0",
        "sessions that were there  0",
        f"run                       job-7: 2 sessions, root {root_of_run(path)}",
    ]
    again = merged(path, *reversed(shards), shards[0])
    assert (again.code, again.err) == (0, MISSING)
    assert again.out.splitlines()[1:4] == [
        "sessions added            0",
        "sessions that went on     0",
        "sessions that were there  2",
    ]
    assert origin(path, "verify").code == 3


def test_a_merge_as_json(shards: list[Path], path: Path) -> None:
    ran = merged(path, *shards, options=("--json",))
    assert (ran.code, ran.err) == (0, MISSING)
    found = ran.json
    (run,) = found.pop("runs")
    assert len(found.pop("added")) == 2
    assert found == {"path": str(path), "extended": [], "unchanged": [], "ranks_without_run": 0}
    assert run.pop("started_at").endswith("Z")
    assert run == {
        "run_id": "job-7",
        "session_count": 2,
        "unfinished": 0,
        "batches": 2,
        "observations": 4,
        "root": root_of_run(path),
        "present": [0, 2],
        "world_sizes": [3],
        "missing": [[1, 1]],
        "repeated": [],
        "outside": [],
        "unranked": 0,
        "complete": False,
    }
    assert merged(path, *shards, options=("--quiet",)) == Ran(0, "", MISSING)


def test_a_whole_run_is_merged_in_silence(path: Path, tmp_path: Path) -> None:
    shard = tmp_path / "shard.db"
    record(shard, [[b"a"]], run_id="run", rank=0, world_size=1)
    assert merged(path, shard, options=("--quiet",)) == Ran(0, "", "")


def test_ranks_of_no_known_run_are_told(path: Path, tmp_path: Path) -> None:
    shard = tmp_path / "shard.db"
    record(shard, [[b"a"]], rank=0, world_size=2)
    line = "sessions that state a rank but no run: 1; which run they belong to is not known\n"
    assert merged(path, shard, options=("--quiet",)) == Ran(0, "", f"origin: {line}")
    assert origin(path, "runs") == Ran(0, f"no session names a run\n\n{line}", "")
    assert origin(path, "runs", "--fail", "--quiet") == Ran(1, "", "")


def test_refusals_are_one_line_and_leave_out_as_it_was(shards: list[Path], path: Path, tmp_path: Path) -> None:
    merged(path, shards[0])
    bad = shutil.copy(shards[1], tmp_path / "bad.db")
    tamper(bad, "UPDATE batch SET epoch = 1")
    record(tmp_path / "keyed.db", [[b"a"]], key=b"k" * 16)
    before = listing(tmp_path)
    for shard, code, what in (
        (bad, 1, "bad.db was tampered with or damaged (entries 0 to 3: are not all what was committed"),
        (tmp_path / "keyed.db", 2, "recorded with different keys"),
        (tmp_path / "missing.db", 2, "missing.db does not exist: name the files that the ranks recorded"),
        (tmp_path, 2, "is no file: name an Origin database"),
    ):
        ran = merged(path, shards[1], shard)
        assert_one_line(ran, code)
        assert what in ran.err
    assert_one_line(merged(tmp_path / "none" / "out.db", *shards))
    assert_one_line(origin(None, "merge", str(path)))
    with ProvenanceDatabase(shards[1]):
        ran = merged(path, *shards)
        assert_one_line(ran)
        assert "is being recorded into" in ran.err
    assert listing(tmp_path) == before


def test_two_logs_of_one_session_are_a_negative_finding(path: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.db", tmp_path / "two.db"
    session_id = record(one, [[b"a"]], status=None)
    shutil.copy(one, two)
    for shard, status in ((one, "failed"), (two, "completed")):
        with ProvenanceDatabase(shard) as db:
            db.resume_session(session_id).end(status)
    ran = merged(path, one, two)
    assert_one_line(ran, 1)
    assert session_id in ran.err


def test_runs_are_listed(shards: list[Path], path: Path) -> None:
    merged(path, *shards)
    record(path, [[b"a"]], run_id="whole", rank=0, world_size=1)
    ran = origin(path, "runs")
    assert ran.code == 0
    lines = [line.split("  ") for line in ran.out.splitlines()]
    assert [[cell.strip() for cell in line if cell][:1] for line in lines] == [["run"], ["job-7"], ["whole"]]
    assert ran.out.splitlines()[1].endswith("2 of 3             4  of 3 ranks there is no session of 1")
    assert ran.out.splitlines()[2].endswith("1 of 1             1  -")
    assert [run["run_id"] for run in origin(path, "runs", "--json").json["runs"]] == ["job-7", "whole"]
    assert origin(path, "runs", "--fail", "--quiet").code == 1
    assert origin(path, "runs", "whole", "--fail", "--quiet").code == 0
    assert origin(path, "runs", "job", "--fail", "--quiet").code == 1


def test_a_run_is_shown(shards: list[Path], path: Path) -> None:
    merged(path, *shards)
    found = origin(path, "runs", "latest", "--json").json
    assert (found["run_id"], found["samples"], found["observations"], found["bytes"]) == ("job-7", 3, 4, 4)
    assert [(one["rank"], one["status"], one["observations"]) for one in found["sessions"]] == [
        (0, "completed", 2),
        (2, "completed", 2),
    ]
    assert found["epochs"] == [
        {"loader": "loader-1", "epoch": 0, "sessions": 2, "batches": 2, "observations": 4, "bytes": 4}
    ]
    text = origin(path, "runs", "job").out.splitlines()
    assert text[:5] == [
        "run                      job-7",
        text[1],
        "sessions                 2",
        "  not ended              0",
        "ranks                    2 of 3",
    ]
    assert text[5:7] == ["  to look at             of 3 ranks there is no session of 1", "batches                  2"]
    assert f"root                     {root_of_run(path)}" in text
    assert_one_line(origin(path, "runs", "nothing"), 1)


def test_many_missing_ranks_are_shown_in_short(path: Path) -> None:
    for rank in range(0, 60, 2):
        record(path, [[b"a"]], run_id="run", rank=rank, world_size=60)
    (line,) = [line for line in origin(path, "runs", "run").out.splitlines() if "to look at" in line]
    assert line.endswith("of 60 ranks there is no session of 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23 and 18 more")
    assert len(origin(path, "runs", "run", "--json").json["missing"]) == 30


def test_hostile_run_ids_disturb_nothing(path: Path, tmp_path: Path) -> None:
    shard = tmp_path / "shard.db"
    for text in STRINGS.values():
        record(shard, [[b"a"]], run_id=text, rank=1, world_size=2)
    ran = merged(path, shard)
    assert ran.code == 0
    for shown in (
        ran.out,
        ran.err,
        origin(path, "runs").out,
        *(origin(path, "runs", text).out for text in STRINGS.values()),
    ):
        assert all(line.isprintable() for line in shown.splitlines())
    assert len(ran.err.splitlines()) == len(STRINGS)
    listed = json.loads(origin(path, "runs", "--json").out)["runs"]
    assert [run["run_id"] for run in listed] == list(STRINGS.values())


def test_a_record_without_runs_says_so(path: Path) -> None:
    origin(path, "init")
    assert origin(path, "runs") == Ran(0, "no session names a run\n", "")
    assert origin(path, "runs", "--json").json == {"runs": [], "ranks_without_run": 0}
    assert_one_line(origin(path, "runs", "latest"), 1)
    assert_one_line(origin(path.with_name("none.db"), "runs"))
