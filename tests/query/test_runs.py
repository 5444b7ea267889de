"""A run: the sessions of its ranks, who is missing, what they add up to, and the root over all of them."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from core.by_hand import frames
from hypothesis import given
from hypothesis import strategies as st
from query.recordings import record

from origin import ProvenanceDatabase
from origin.core.encoding import encode
from origin.core.merkle import EMPTY_ROOT, inclusion_proof, merkle_root, verify_inclusion
from origin.core.record import Begin
from origin.errors import AmbiguousError, NotFoundError
from origin.query.run import (
    Ranks,
    RunEpoch,
    RunReport,
    find_run,
    list_runs,
    ranks_of,
    ranks_without_run,
    run_report,
    run_root,
)
from origin.query.verify import verify
from origin.storage.merge import merge
from origin.storage.raw import RawReader
from origin.storage.reads import Reader, StoredSession


def complaint(reader: RawReader) -> str | None:
    return None if verify(reader).consistent else "tampered"


def session(rank: int | None, world_size: int | None, entries: int = 1) -> StoredSession:
    begin = Begin("0" * 32, "x", "{}", "run", rank, world_size, 0, "1", None)
    return StoredSession(1, begin, entries, bytes(32) * entries.bit_count(), None, None, "interrupted")


def recorded(path: Path, *places: tuple[str | None, int | None, int | None]) -> Path:
    for run_id, rank, world_size in places:
        record(path, [[b"a"]], run_id=run_id, rank=rank, world_size=world_size)
    return path


def report_of(path: Path, run_id: str) -> RunReport:
    with Reader(path) as reader:
        return run_report(reader, run_id)


def test_a_whole_run_is_reported_with_exact_totals(path: Path) -> None:
    record(path, [[b"a", b"b"], [b"c"]], run_id="run", rank=1, world_size=2, epochs=2)
    record(path, [[b"a", object()]], run_id="other", rank=0, world_size=1)
    record(path, [[b"c", b"d"]], run_id="run", rank=0, world_size=2, status=None)
    found = report_of(path, "run")
    assert [(one.session.begin.rank, one.session.status, one.observations) for one in found.sessions] == [
        (0, "interrupted", 2),
        (1, "completed", 6),
    ]
    assert found.line.ranks == Ranks((0, 1), (2,), (), (), (), 0)
    assert found.line.ranks.complete
    assert (found.line.sessions, found.line.unfinished) == (2, 1)
    assert (found.line.batches, found.line.observations, found.samples, found.size) == (5, 8, 4, 8)
    assert (found.unfingerprintable, found.gaps) == (0, 0)
    assert found.epochs == (RunEpoch("loader-1", 0, 2, 3, 5, 5), RunEpoch("loader-1", 1, 1, 2, 3, 3))
    assert report_of(path, "other").unfingerprintable == 1


def test_the_root_of_a_run_is_the_tree_over_rank_size_and_root_of_its_sessions_by_rank(path: Path) -> None:
    recorded(path, ("run", 2, 3), ("run", 0, 3), ("run", None, 3), ("run", 1, 3))
    found = report_of(path, "run")
    leaves = [
        encode(("origin run", 1, rank, one.session.size, bytes.fromhex(one.root)))
        for rank, one in zip((0, 1, 2, None), found.sessions, strict=True)
    ]
    assert [one.session.begin.rank for one in found.sessions] == [0, 1, 2, None]
    root = bytes.fromhex(found.line.root)
    assert root == merkle_root(leaves)
    assert verify_inclusion(leaves[2], 2, 4, inclusion_proof(leaves, 2), root)


def test_the_root_of_a_run_is_the_one_that_is_computed_by_hand() -> None:
    one, two = bytes(32), hashlib.sha256(b"\x01" + bytes(64)).digest()
    left, right = (
        hashlib.sha256(b"\x00" + frames(("origin run", 1, rank, size, root))).digest()
        for rank, size, root in ((0, 2, one), (1, 3, two))
    )
    root = run_root([session(1, 2, 3), session(0, 2, 2)])
    assert root == hashlib.sha256(b"\x01" + left + right).digest()
    # Golden: whoever kept the root of a run must be able to compare it for ever.
    assert root.hex() == "2af3a33f5a95636ab82ddcc2c2aa27600860fca982a4f9f3b7674dcd56442004"
    assert run_root([]) == EMPTY_ROOT


@given(st.lists(st.tuples(st.none() | st.integers(0, 5), st.integers(1, 9)), max_size=8), st.randoms())
def test_the_root_does_not_depend_on_the_order_of_sessions(
    places: list[tuple[int | None, int]], chance: object
) -> None:
    sessions = [session(rank, 6, entries) for rank, entries in places]
    shuffled = sorted(sessions, key=lambda _: chance.random())  # type: ignore[attr-defined]
    assert run_root(sessions) == run_root(shuffled)
    assert len(sessions) == 0 or run_root(sessions) != run_root(sessions[1:])


@given(st.lists(st.integers(0, 12), max_size=15), st.integers(0, 10))
def test_missing_ranks_are_those_that_no_session_states(ranks: list[int], world_size: int) -> None:
    found = ranks_of([session(rank, world_size) for rank in ranks] + [session(None, world_size)])
    assert found.missing is not None
    spans = [range(first, last + 1) for first, last in found.missing]
    assert [rank for span in spans for rank in span] == sorted(set(range(world_size)) - set(ranks))
    assert all(len(span) > 0 for span in spans)
    assert found.present == tuple(sorted(set(ranks)))
    assert found.repeated == tuple(sorted(rank for rank in set(ranks) if ranks.count(rank) > 1))
    assert found.outside == tuple(sorted(rank for rank in set(ranks) if rank >= world_size))
    assert (found.unranked, found.complete) == (1, False)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([(0, 4), (2, 4)], Ranks((0, 2), (4,), ((1, 1), (3, 3)), (), (), 0)),
        ([(0, 2), (1, 2), (1, 2)], Ranks((0, 1), (2,), (), (1,), (), 0)),
        ([(0, 2), (1, 3)], Ranks((0, 1), (2, 3), None, (), (), 0)),
        ([(0, None), (1, None)], Ranks((0, 1), (), None, (), (), 0)),
        ([(0, None), (1, 2)], Ranks((0, 1), (2,), (), (), (), 0)),
        ([(0, 2), (1, 2), (5, 2)], Ranks((0, 1, 5), (2,), (), (), (5,), 0)),
        ([(None, None)], Ranks((), (), None, (), (), 1)),
        ([(7, 1 << 62)], Ranks((7,), (1 << 62,), ((0, 6), (8, (1 << 62) - 1)), (), (), 0)),
    ],
)
def test_what_contradicts_is_told_and_what_is_not_known_is_not_guessed(
    places: list[tuple[int | None, int | None]], expected: Ranks
) -> None:
    assert ranks_of([session(*place) for place in places]) == expected
    assert expected.complete == (places == [(0, None), (1, 2)])


def test_sessions_without_a_run_id_are_in_no_run(path: Path) -> None:
    recorded(path, (None, 0, 2), (None, 1, 2), (None, None, None), ("run", 0, 1))
    with Reader(path) as reader:
        assert [(line.run_id, line.sessions, line.ranks.complete) for line in list_runs(reader)] == [("run", 1, True)]
        assert ranks_without_run(reader) == 2


def test_a_run_is_found_by_its_id_its_start_or_as_the_latest(path: Path) -> None:
    recorded(path, ("job-1", 0, 1), ("job-12", 0, 1), ("night", 0, 1), (None, None, None))
    with Reader(path) as reader:
        assert [find_run(reader, name) for name in ("job-1", "job-12", "n", "latest")] == [
            "job-1",
            "job-12",
            "night",
            "night",
        ]
        with pytest.raises(AmbiguousError, match="'job-1', 'job-12'"):
            find_run(reader, "job")
        for name in ("", "Night", "job-123"):
            with pytest.raises(NotFoundError, match="no run id starts with"):
                find_run(reader, name)
        with pytest.raises(NotFoundError, match="no session names the run 'job'"):
            run_report(reader, "job")


def test_a_record_without_runs_has_no_latest(path: Path) -> None:
    recorded(path, (None, 0, 2))
    with Reader(path) as reader, pytest.raises(NotFoundError, match="no session names a run"):
        find_run(reader, "latest")


@pytest.mark.skipif(find_spec("torch") is None, reason="the sampler is torch's")
def test_padding_of_a_distributed_sampler_counts_as_observations_and_not_as_samples(tmp_path: Path) -> None:
    from torch import arange
    from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

    from origin.hooks.pytorch import DataLoaderHook

    shards = []
    for rank in range(4):
        dataset = TensorDataset(arange(9.0))
        sampler = DistributedSampler(dataset, num_replicas=4, rank=rank, shuffle=False)
        with ProvenanceDatabase(tmp_path / "p.db", rank=rank, world_size=4) as db:
            shards.append(db.path)
            with db.begin_session(config_hash="x", run_id="run") as begun:
                hook = DataLoaderHook(db=db, session_id=begun.session_id, source_id="train", license_id="MIT")
                loader = hook.wrap(DataLoader(dataset, batch_size=2, sampler=sampler))
                for _epoch in range(2):
                    list(loader)
    merge(tmp_path / "merged.db", shards, complaint)
    found = report_of(tmp_path / "merged.db", "run")
    # Nine samples for four ranks: each gets three, so three are delivered twice.
    assert (found.line.observations, found.samples) == (2 * 12, 9)
    assert [(one.epoch, one.sessions, one.observations) for one in found.epochs] == [(0, 4, 12), (1, 4, 12)]
    assert found.line.ranks.complete


RANK = """
import os, sys, time
from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook
rank = int(os.environ["RANK"])
db = ProvenanceDatabase(sys.argv[1])
session = db.begin_session(config_hash="x")
hook = BaseHook(db, session.session_id, "train", "MIT")
for step, _ in enumerate(hook.wrap([[b"%d" % (10 * rank + n) for n in range(10)] for _ in range(20)])):
    if rank == 2 and step == 10:
        db.flush()
        print("killed", flush=True)
        time.sleep(60)
session.end()
db.close()
"""


def test_processes_record_a_shard_each_and_the_run_shows_who_died_and_who_is_missing(tmp_path: Path) -> None:
    """Ranks 0 to 2 of a run of four, at the same time; rank 2 is killed, rank 3 never started."""
    processes = []
    for rank in range(3):
        place = {"RANK": str(rank), "WORLD_SIZE": "4", "TORCHELASTIC_RUN_ID": "job-7"}
        command = [sys.executable, "-c", RANK, tmp_path / "provenance.db"]
        processes.append(subprocess.Popen(command, env={**os.environ, **place}, stdout=subprocess.PIPE, text=True))
    killed = processes[2]
    assert killed.stdout is not None
    assert killed.stdout.readline() == "killed\n"
    killed.send_signal(signal.SIGKILL)
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0, -signal.SIGKILL]
    shards = sorted(tmp_path.glob("provenance.rank-*.db"))
    assert [shard.name for shard in shards] == [f"provenance.rank-0000{rank}.db" for rank in range(3)]
    merge(tmp_path / "provenance.db", shards, complaint)
    with RawReader(tmp_path / "provenance.db") as reader:
        assert verify(reader).consistent
        found = run_report(reader, find_run(reader, "latest"))
    assert found.line.run_id == "job-7"
    assert found.line.ranks == Ranks((0, 1, 2), (4,), ((3, 3),), (), (), 0)
    assert [(one.session.status, one.observations) for one in found.sessions[:2]] == [("completed", 200)] * 2
    assert found.sessions[2].session.status == "interrupted"
    # The batch that the killed process was handed last may be the loop's alone.
    assert found.sessions[2].observations in {100, 110}
    assert found.samples == 30


def test_the_snippet_of_the_page_on_runs_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Path(__file__).parents[2] / "docs" / "distributed.md"
    (snippet,) = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    recorded(tmp_path / "provenance.db", ("run", 0, 3), ("run", 2, 3))
    monkeypatch.chdir(tmp_path)
    root = report_of(tmp_path / "provenance.db", "run").line.root
    ran = subprocess.run([sys.executable, "-W", "error", "-c", snippet], capture_output=True, text=True, check=True)
    assert ran.stdout == f"{root} ((1, 1),) 1\n"
