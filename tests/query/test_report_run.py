"""The report of a run: the same facts as of a session, over the sessions of all ranks."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from query.recorded_runs import COMMITS, merge_run, record_run, run_report_of
from query.recordings import record

from origin import ProvenanceDatabase
from origin.core.record import EVALUATED, TRAINED, Used
from origin.errors import NotFoundError
from origin.hooks.base import BaseHook, Sample
from origin.query import count
from origin.query.engine import find_session
from origin.query.exposure import Exposure
from origin.query.padding import PADDING
from origin.query.report import EpochUse, GapCount, Report, report
from origin.query.run import run_report
from origin.query.scope import UNKNOWN, find_run_scope
from origin.query.together import Together
from origin.query.uses import IN_PART, NEVER, STEPS_SEEN, Uses
from origin.storage.reads import Reader

SOURCES = [
    (1, "corpus", COMMITS[0], 6, 3),
    (2, "extra", None, 9, 4),
    (3, "files", None, 2, 1),
    (4, "scraped", None, 2, 1),
    (5, "corpus", COMMITS[1], 3, 2),
]
"""Of the whole run: number, id, revision, observations, distinct samples."""


def by_source(found: Report) -> list[tuple[int, str, str | None, int, int]]:
    return [
        (use.sequence, use.source.source_id, use.source.revision, use.observations, use.samples)
        for use in found.sources
    ]


def test_a_declaration_of_several_ranks_is_one_source_and_samples_are_distinct_over_the_run(path: Path) -> None:
    record_run(path)
    found = run_report_of(path)
    assert by_source(found) == SOURCES
    assert (found.batches, found.observations, found.samples, found.unfingerprintable) == (14, 22, 8, 1)
    assert found.size == sum(len(f"{name}-0") + 2 * len("both") for name in ("corpus", "extra") for _ in range(3)) + 12
    assert found.gaps == (GapCount("observer", 1, 1, None),)
    assert [(share.expression, share.observations) for share in found.licenses] == [
        ("CC-BY-SA-4.0", 9),
        ("MIT", 9),
        (None, 2),
        ("GPL-2.0-only", 2),
    ]
    assert [(credit.source.source_id, credit.observations) for credit in found.credits] == [
        ("extra", 9),
        ("corpus", 6),
        ("corpus", 3),
        ("files", 2),
        ("scraped", 2),
    ]


def test_each_session_is_a_part_in_the_order_of_the_leaves(path: Path) -> None:
    record_run(path)
    found = run_report_of(path)
    parts = [
        (one.session.begin.rank, one.batches, one.observations, one.samples, one.epochs, one.gaps)
        for one in found.parts
    ]
    assert parts == [(0, 5, 8, 3, 1, 1), (1, 5, 8, 4, 1, 0), (2, 4, 6, 3, 1, 0)]
    assert [one.session for one in found.parts] == list(found.of.sessions)
    with Reader(path) as reader:
        assert found.root == run_report(reader, "job-7").line.root
        assert found.of.root().hex() == found.root
        assert found.of.size == sum(session.size for session in reader.sessions())


def test_epochs_of_loaders_of_one_name_are_added_up(path: Path) -> None:
    record_run(path)
    unseen = [Uses(unseen=seen) for seen in (9, 9, 4)]
    assert run_report_of(path).epochs == (
        EpochUse("loader-1", 0, 6, 9, 46, unseen[0], 3),
        EpochUse("loader-2", 0, 6, 9, 47, unseen[1], 3),
        EpochUse("loader-3", 0, 2, 4, 12, unseen[2], 2),
    )


def test_a_conflict_between_ranks_is_found_and_counted_over_the_run(path: Path) -> None:
    record(path, [[b"a", b"b"]], source="one", license_id="GPL-2.0-only", run_id="run", rank=0, world_size=2)
    record(path, [[b"b"], [b"c"]], source="two", license_id="CC-BY-SA-4.0", run_id="run", rank=1, world_size=2)
    (conflict,) = run_report_of(path).conflicts
    assert conflict.sources == ("one", "two")
    # Of three samples one is of both, in batches that are of one licence each.
    assert conflict.affected == Exposure(observations=4, samples=3, batches=3, mixed=0)
    with Reader(path) as reader:
        assert report(reader, find_session(reader, "latest")).conflicts == ()


def test_a_merged_run_has_the_report_of_the_one_that_was_recorded_into_one_file(path: Path, tmp_path: Path) -> None:
    record_run(path)
    merge_run(tmp_path / "merged.db")
    one, other = run_report_of(path), run_report_of(tmp_path / "merged.db")
    assert by_source(one) == by_source(other)
    names = ("batches", "observations", "samples", "unfingerprintable", "size", "gaps", "conflicts", "epochs")
    assert [getattr(one, name) for name in names] == [getattr(other, name) for name in names]
    assert other.of.status == "completed"


@pytest.mark.parametrize(
    ("given", "status", "ended"),
    [
        ({}, "completed", True),
        ({"ranks": (0, 2)}, UNKNOWN, False),
        ({"ranks": (0, 1, 1, 2)}, UNKNOWN, False),
        ({"unfinished": (1,)}, "interrupted", False),
        ({"failed": (1,)}, "failed", True),
        ({"failed": (1,), "unfinished": (2,)}, "failed", False),
        ({"ranks": (0, 1), "failed": (1,)}, "failed", False),
        ({"world_size": None}, UNKNOWN, False),
    ],
)
def test_the_status_of_a_run_claims_no_more_than_is_known(
    path: Path, given: dict[str, object], status: str, ended: bool
) -> None:
    record_run(path, **given)  # type: ignore[arg-type]
    found = run_report_of(path)
    assert (found.of.status, found.of.closed, found.of.ended_at is not None) == (status, ended, ended)
    # Rank 0 has a gap of unknown size besides.
    assert found.least


def test_totals_are_the_least_that_they_can_be_where_a_rank_is_missing(path: Path) -> None:
    for rank in (0, 1):
        record(path, [[b"a"]], run_id="whole", rank=rank, world_size=2)
    record(path, [[b"a"]], run_id="part", rank=0, world_size=2)
    assert [run_report_of(path, name).least for name in ("whole", "part")] == [False, True]
    assert run_report_of(path, "part").ranks == run_report_of(path, "part").of.ranks


def test_what_the_sessions_do_not_state_alike_is_not_stated_of_the_run(path: Path) -> None:
    for rank in (0, 1):
        record(path, [[b"a"]], config_hash="same", metadata={"rank": rank}, run_id="run", rank=rank, world_size=2)
    found = run_report_of(path).of
    assert (found.config_hash, found.metadata) == ("same", None)
    assert found.started_at == min(session.begin.started_at for session in found.sessions)
    assert (found.name, found.key) == ("run run", "run_id")


def test_uses_are_added_up_and_steps_are_seen_throughout_only_where_each_session_saw_them(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        for rank in (0, 1):
            session = db.begin_session("x", run_id="run", rank=rank, world_size=3)
            db.note(session.session_id, STEPS_SEEN, {"seen": True})
            list(BaseHook(db, session.session_id, "train", "MIT").wrap([[b"a", b"b"], [b"c"]]))
            written = db.recording(session.session_id)
            db.put(written, Used("loader-1", 0, 0, TRAINED, 1, "test"))
            db.put(written, Used("loader-1", 1, 1, EVALUATED, 0, "test"))
            session.end()
    whole = run_report_of(path)
    assert (whole.uses, whole.optimizer_steps) == (Uses(trained=4, evaluated=2), 2)
    assert [use.uses for use in whole.sources] == [Uses(trained=4, evaluated=2)]
    assert [one.uses for one in whole.parts] == [Uses(trained=2, evaluated=1)] * 2
    assert (whole.seen, run_report_of(path).steps_seen) == ("throughout", True)
    record(path, [[b"a"]], run_id="run", rank=2, world_size=3)
    mixed = run_report_of(path)
    assert (mixed.seen, mixed.uses) == (IN_PART, Uses(trained=4, evaluated=2, unseen=1))
    record(path, [[b"a"]], run_id="unseen", rank=0, world_size=1)
    assert run_report_of(path).seen == NEVER


def test_a_run_of_one_session_has_the_totals_of_that_session(path: Path) -> None:
    record_run(path, ranks=(0,))
    run = run_report_of(path)
    with Reader(path) as reader:
        session = report(reader, find_session(reader, "latest"))
    names = ("batches", "observations", "samples", "size", "gaps", "conflicts", "epochs", "licenses", "uses", "parts")
    assert [getattr(run, name) for name in names] == [getattr(session, name) for name in names]
    assert (run.of.kind, session.of.kind) == ("run", "session")
    assert run.root != session.root


def test_a_report_of_several_sessions_has_no_single_one(path: Path) -> None:
    record_run(path)
    with pytest.raises(ValueError, match="too many values"):
        _ = run_report_of(path).session


def test_a_run_that_no_session_names_is_not_found(path: Path) -> None:
    record_run(path)
    with Reader(path) as reader, pytest.raises(NotFoundError, match="no run id starts with 'job-8'"):
        find_run_scope(reader, "job-8")


@pytest.mark.parametrize("content", [{}, {"count": True}, {"count": -3}, {"count": "2"}, {"count": None}])
def test_a_note_of_padding_that_is_none_of_ours_counts_for_nothing(path: Path, content: dict[str, object]) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("x", run_id="run") as session:
        db.note(session.session_id, PADDING, content)
        db.note(session.session_id, PADDING, {"count": 3})
    assert run_report_of(path).padding == 3


@pytest.mark.skipif(find_spec("torch") is None, reason="the sampler is torch's")
def test_padding_of_a_distributed_sampler_is_counted(path: Path) -> None:
    from torch import arange
    from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

    from origin.hooks.pytorch import DataLoaderHook

    for rank in range(4):
        dataset = TensorDataset(arange(9.0))
        sampler = DistributedSampler(dataset, num_replicas=4, rank=rank, shuffle=False)
        with ProvenanceDatabase(path, shard=False) as db:
            session = db.begin_session("x", run_id="run", rank=rank, world_size=4)
            hook = DataLoaderHook(db=db, session_id=session.session_id, source_id="train", license_id="MIT")
            loader = hook.wrap(DataLoader(dataset, batch_size=2, sampler=sampler))
            for _epoch in range(2):
                list(loader)
            session.end()
    found = run_report_of(path)
    # Nine samples for four ranks: each gets three an epoch, so three are delivered twice.
    assert (found.observations, found.samples, found.padding) == (24, 9, 6)


ranks = st.lists(
    st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), max_size=4), max_size=4), min_size=1, max_size=4
)


@settings(max_examples=20, deadline=None)
@given(ranks, st.sets(st.integers(0, 3)))
def test_the_report_agrees_with_a_reading_of_every_observation(
    given_ranks: list[list[list[tuple[int, int]]]], open_ended: set[int]
) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "p.db"
        for rank, batches in enumerate(given_ranks):
            with ProvenanceDatabase(path, shard=False) as db:
                session = db.begin_session("x", run_id="run", rank=rank, world_size=len(given_ranks))
                made = [[Sample(b"%d" % sample, f"s{source}") for source, sample in batch] for batch in batches]
                list(BaseHook(db, session.session_id, "s0", "MIT").wrap(made))
                if rank not in open_ended:
                    session.end()
        found = run_report_of(path)
        with Reader(path) as reader:
            rows = Together(reader, found.of.sessions).reader
            assert count.samples_of_sources(rows, 0, {use.sequence for use in found.sources}) == found.samples
    every = [pair for batches in given_ranks for batch in batches for pair in batch]
    assert (found.observations, found.samples) == (len(every), len({sample for _, sample in every}))
    assert found.batches == sum(len(batches) for batches in given_ranks)
    delivered = {
        f"s{source}": (
            sum(one == source for one, _ in every),
            len({sample for one, sample in every if one == source}),
        )
        for source, _ in every
    }
    counted = {use.source.source_id: (use.observations, use.samples) for use in found.sources if use.observations}
    assert counted == delivered
    assert sum(part.observations for part in found.parts) == found.observations
