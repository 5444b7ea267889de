"""Two sessions side by side, against plain lists and on real loaders."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from query.plain_diff import CHANGES, Session, compared, delivered, make, plain_diff
from query.recordings import FailingHook, record

from origin import OriginWarning, ProvenanceDatabase
from origin.core.fingerprint import Kind
from origin.core.record import Delivered, Seen
from origin.errors import UsageError
from origin.hooks.base import BaseHook, Sample
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from origin.query.divergence import Difference


def record_plain(path: Path, session: Session) -> str:
    with ProvenanceDatabase(path) as db:
        begun = db.begin_session("plain")
        for epoch, batches in enumerate(session):
            rows = [[Sample(content, source, index) for source, index, content in batch] for batch in batches]
            list(BaseHook(db, begun.session_id, "unused").wrap(rows, name="train", epoch=epoch))
        begun.end()
    return begun.session_id


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 1 << 32), st.sampled_from([4, 4, 12, 12, 40, 1000]), st.lists(st.sampled_from(CHANGES), max_size=2)
)
def test_it_says_what_plain_lists_say(seed: int, steps: int, changes: list[Any]) -> None:
    rng = random.Random(seed)
    a = make(rng, steps)
    b = a
    for change in changes:
        b = change(rng, b)
    wanted = plain_diff(a, b)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "plain.db"
        found = compared(path, record_plain(path, a), record_plain(path, b))
    assert found.verdict == ("different" if wanted["epochs"] else "same")
    assert {name: getattr(found.steps, name) for name in wanted["counts"]} == wanted["counts"]
    assert (found.steps.uncertain, found.steps.unknown) == (0, 0)
    first = found.first
    assert (first and (first.epoch, first.step, first.position)) == wanted["first"]
    assert [(one.epoch, set(one.reasons), one.same_samples) for one in found.epochs] == wanted["epochs"]
    assert found.same_samples is wanted["same_samples"]
    assert set(found.reasons) == wanted["reasons"]


def doubts(found: Difference) -> list[tuple[str, str | None]]:
    return [(doubt.kind, doubt.side) for doubt in found.doubts]


BATCHES = [[b"a", b"b"], [b"c", b"d"], [b"e"]]


def test_equal_roots_over_other_sources_are_not_the_same_data(path: Path) -> None:
    a, b = record(path, BATCHES, license_id="MIT"), record(path, BATCHES, license_id="GPL-2.0-only")
    with Reader(path) as reader:
        roots = [[one.batch.root for one in reader.batches(session.row)] for session in reader.sessions()]
    assert roots[0] == roots[1]
    found = compared(path, a, b)
    assert (found.verdict, found.reasons, found.steps.divergent) == ("different", ("source",), 3)
    assert found.first is not None
    assert [one and one.name.license_id for one in (found.first.a, found.first.b)] == ["MIT", "GPL-2.0-only"]
    assert [(one.source_id, one.fields) for one in found.sources_changed] == [("train", ("license_id", "claims"))]


def test_another_licence_is_another_source_and_no_other_content(path: Path) -> None:
    indexed = [[Sample(b"a", index=0), Sample(b"b", index=1)]]
    a, b = record(path, indexed, license_id="MIT"), record(path, indexed, license_id="GPL-2.0-only")
    assert compared(path, a, b).reasons == ("source",)
    turned = record(path, [indexed[0][::-1]], license_id="GPL-2.0-only")
    assert compared(path, a, turned).reasons == ("order", "source")
    exchanged = record(path, [[Sample(b"b", index=0), Sample(b"a", index=1)]], license_id="MIT")
    assert compared(path, a, exchanged).reasons == ("content",)


def test_an_equal_step_between_others_that_are_cut_otherwise_has_its_place_in_the_order(path: Path) -> None:
    a = record(path, [[b"x", b"y"], [b"z"], [b"w"]])
    found = compared(path, a, record(path, [[b"x"], [b"z"], [b"y", b"w"]]))
    assert (found.reasons, found.same_samples) == (("order", "count"), True)
    assert compared(path, a, record(path, [[b"x"], [b"y", b"z"], [b"w"]])).reasons == ("count",)


def test_sources_declared_in_another_order_are_the_same_data(path: Path) -> None:
    mixed = [[Sample(b"a", "p", 0)], [Sample(b"b", "q", 0)]]
    with ProvenanceDatabase(path) as db:
        ids = []
        for first in (mixed[:1], mixed[1:]):
            session = db.begin_session("order of sources")
            hook = BaseHook(db, session.session_id, "unused")
            list(hook.wrap(first, name="before"))
            list(hook.wrap(mixed, name="train"))
            session.end()
            ids.append(session.session_id)
    found = compared(path, *ids)
    assert [(one.loader, one.divergent, one.reasons) for one in found.epochs] == [("before", 1, ("sample",))]
    assert (found.steps.compared, found.steps.equal) == (3, 2)


def test_other_details_of_a_source_stand_beside_the_data(path: Path) -> None:
    a = record(path, BATCHES)
    with ProvenanceDatabase(path) as db:
        db.register_source("train", license_id="MIT", uri="https://example.org/moved", owner="Somebody")
    found = compared(path, a, record(path, BATCHES))
    assert (found.verdict, found.reasons) == ("same", ())
    assert [(one.source_id, one.fields) for one in found.sources_changed] == [("train", ("uri", "owner"))]


def test_another_revision_of_a_source_is_other_data(path: Path) -> None:
    a = record(path, BATCHES)
    with ProvenanceDatabase(path) as db:
        db.register_source("train", license_id="MIT", revision="2")
    assert compared(path, a, record(path, BATCHES)).reasons == ("source",)


def test_nothing_is_the_same_across_a_gap(path: Path) -> None:
    batches = [["a"], "broken", ["b"]]
    ids = []
    with ProvenanceDatabase(path) as db:
        for _ in range(2):
            with db.begin_session("gaps") as session:
                hook = FailingHook(db, session.session_id, "train")
                with pytest.warns(OriginWarning, match="cannot look at this"):
                    list(hook.wrap(batches, name="train"))
            ids.append(session.session_id)
    found = compared(path, *ids)
    assert (found.verdict, found.reasons, doubts(found)) == ("uncertain", (), [("gap", "a"), ("gap", "b")])
    assert (found.steps.compared, found.steps.equal, found.steps.unknown) == (2, 2, 1)
    assert found.same_samples is None
    assert compared(path, ids[0], ids[0]).verdict == "uncertain"


def test_a_batch_beside_a_gap_is_unknown_and_what_follows_stays_aligned(path: Path) -> None:
    ids = []
    with ProvenanceDatabase(path) as db:
        for hook, middle in ((FailingHook, "broken"), (BaseHook, ["x"])):
            with db.begin_session("gap") as session:
                recorded = hook(db, session.session_id, "train").wrap([["a"], middle, ["b"]], name="train")
                if hook is FailingHook:
                    with pytest.warns(OriginWarning, match="cannot look at this"):
                        list(recorded)
                else:
                    list(recorded)
            ids.append(session.session_id)
    found = compared(path, *ids)
    assert (found.verdict, doubts(found), found.first) == ("uncertain", [("gap", "a")], None)
    assert (found.steps.compared, found.steps.equal, found.steps.unknown, found.steps.only_b) == (2, 2, 1, 0)


def test_batches_that_could_not_be_written_are_unknown_and_not_missing(path: Path) -> None:
    ids = []
    with ProvenanceDatabase(path) as db:
        for lost in ([2, 3], []):
            with db.begin_session("lost") as session:
                recording, source = db.recording(session.session_id), db.source("train")
                for step in range(6):
                    if step in lost:
                        db.flush()
                        recording.lose(delivered(step // 4, step, source))
                    else:
                        db.put(recording, delivered(step // 4, step, source))
            ids.append(session.session_id)
    found = compared(path, *ids)
    assert (found.verdict, doubts(found)) == ("uncertain", [("gap", "a")])
    assert (found.steps.compared, found.steps.equal, found.steps.unknown, found.steps.only_b) == (4, 4, 2, 0)


def test_an_epoch_whose_first_batches_were_lost_is_aligned_by_the_count_of_steps(path: Path) -> None:
    ids = []
    with ProvenanceDatabase(path) as db:
        for lost in ([3, 4], []):
            with db.begin_session("lost") as session:
                recording, source = db.recording(session.session_id), db.source("train")
                for step in range(6):
                    if step in lost:
                        db.flush()
                        recording.lose(delivered(step // 3, step, source))
                    else:
                        db.put(recording, delivered(step // 3, step, source))
            ids.append(session.session_id)
    found = compared(path, *ids)
    assert (found.verdict, doubts(found)) == ("uncertain", [("gap", "a")])
    assert (found.steps.compared, found.steps.equal, found.steps.unknown) == (4, 4, 2)


def test_what_a_dead_session_consumed_last_is_not_known(path: Path) -> None:
    whole = record(path, BATCHES)
    dead = record(path, BATCHES[:2], status=None)
    found = compared(path, whole, dead)
    assert (found.verdict, doubts(found)) == ("uncertain", [("unfinished", "b")])
    assert (found.steps.equal, found.steps.unknown, found.steps.only_a) == (2, 1, 0)
    ended = record(path, BATCHES[:2], status="interrupted")
    found = compared(path, whole, ended)
    assert (found.verdict, found.reasons, doubts(found), found.steps.only_a) == ("different", ("count",), [], 1)
    assert found.first is not None
    assert (found.first.step, found.first.position, found.first.step_b, found.first.b) == (2, None, None, None)


def test_epochs_that_were_left_early_do_not_move_later_ones(path: Path) -> None:
    ids = []
    with ProvenanceDatabase(path) as db:
        for taken in (3, 2):
            with db.begin_session("early") as session:
                hook = BaseHook(db, session.session_id, "train")
                list(hook.wrap(BATCHES[:taken], name="train"))
                list(hook.wrap(BATCHES, name="train"))
            ids.append(session.session_id)
    found = compared(path, *ids)
    assert (found.reasons, found.steps.equal, found.steps.only_a, found.steps.only_b) == (("count",), 5, 1, 0)


def test_samples_without_a_fingerprint_keep_the_answer_uncertain(path: Path) -> None:
    batches = [[b"a", object()]]
    a, b = record(path, batches), record(path, batches)
    found = compared(path, a, b)
    assert (found.verdict, doubts(found), found.steps.uncertain) == ("uncertain", [("unfingerprintable", None)], 1)
    found = compared(path, a, record(path, [[b"a", b"b"]]))
    assert (found.verdict, doubts(found)) == ("uncertain", [("unfingerprintable", None)])
    assert compared(path, a, record(path, [[b"x", object()]])).reasons == ("sample",)


def test_what_one_side_alone_knows_of_a_place_is_compared_with_nothing(path: Path) -> None:
    a = record(path, [[Sample(b"a", index=7, key="seven")]])
    b = record(path, [[b"a"]])
    found = compared(path, a, b)
    assert (found.verdict, doubts(found)) == ("uncertain", [("place", None)])
    assert compared(path, a, record(path, [[Sample(b"a", index=7, key="eight")]])).reasons == ("source",)
    assert compared(path, a, record(path, [[Sample(b"b", index=7, key="seven")]])).reasons == ("content",)
    named = record(path, [[Sample(b"a", key="seven")]])
    assert compared(path, named, record(path, [[Sample(b"b", key="seven")]])).reasons == ("content",)
    assert compared(path, named, record(path, [[Sample(b"b", key="eight")]])).reasons == ("sample",)
    longer = record(path, [[Sample(b"b", key="seven")], [b"c"]])
    assert compared(path, named, longer).reasons == ("content", "count")


def test_without_an_index_another_sample_is_all_that_can_be_told(path: Path) -> None:
    found = compared(path, record(path, [[b"a", b"b"]]), record(path, [[b"a", b"c"]]))
    assert (found.verdict, found.reasons) == ("different", ("sample",))
    assert found.first is not None
    assert found.first.position == 1


def test_sessions_without_a_batch_have_nothing_in_common(path: Path) -> None:
    a = record(path, [])
    found = compared(path, a, record(path, []))
    assert (found.verdict, doubts(found)) == ("uncertain", [("nothing", "a"), ("nothing", "b")])


def test_sessions_of_two_files_and_two_keys(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    plain, same = record(path, BATCHES), record(other, BATCHES)
    assert compared(path, plain, same, other).verdict == "same"
    keyed = {tmp_path / "keyed.db": b"k" * 16, tmp_path / "again.db": b"k" * 16, tmp_path / "else.db": b"e" * 16}
    ids = [record(file, BATCHES, key=key) for file, key in keyed.items()]
    one, again, another = keyed
    assert compared(one, ids[0], ids[1], again).verdict == "same"
    for file, session in ((another, ids[2]), (path, plain)):
        with pytest.raises(UsageError, match="different keys"):
            compared(one, ids[0], session, file)


def test_configuration_and_metadata_stand_beside(path: Path) -> None:
    a = record(path, BATCHES, metadata={"seed": 1, "same": True})
    b = record(path, BATCHES, config_hash="other", metadata={"seed": 2, "same": True, "more": None}, status="failed")
    found = compared(path, a, b)
    assert found.verdict == "same"
    assert found.environment == (
        ("config_hash", "experiment", "other"),
        ("status", "completed", "failed"),
        ("metadata.seed", 1, 2),
    )


def record_by_index(path: Path, contents: list[bytes], order: list[int]) -> str:
    """As the hook's index mode does: what was fingerprinted once, then indices alone."""
    with ProvenanceDatabase(path) as db, db.begin_session("by index") as session:
        recording, source = db.recording(session.session_id), db.source("train")
        kind = int(Kind.BYTES)
        seen = Seen("sample", [content * 32 for content in contents], ((kind, source, 3),), 3, range(3))
        for epoch in range(2):
            runs = ((int(Kind.INDEX), source, 3),)
            items = seen if epoch == 0 else None
            db.put(recording, Delivered("train", epoch, epoch, [bytes(32)] * 3, runs, 0, order, items=items))
    return session.session_id


def test_samples_known_by_index_are_compared_by_what_was_fingerprinted_once(path: Path) -> None:
    a = record_by_index(path, [b"a", b"b", b"c"], [0, 1, 2])
    assert compared(path, a, record_by_index(path, [b"a", b"b", b"c"], [0, 1, 2])).verdict == "same"
    found = compared(path, a, record_by_index(path, [b"a", b"X", b"c"], [0, 1, 2]))
    assert (found.verdict, found.reasons, found.steps.divergent) == ("different", ("content",), 2)
    assert found.first is not None
    assert (found.first.epoch, found.first.position) == (0, 1)
    assert compared(path, a, record_by_index(path, [b"a", b"b", b"c"], [2, 0, 1])).reasons == ("order",)
    with ProvenanceDatabase(path) as db, db.begin_session("in full") as session:
        recording, source = db.recording(session.session_id), db.source("train")
        for epoch in range(2):
            digests = [content * 32 for content in (b"a", b"b", b"c")]
            db.put(recording, Delivered("train", epoch, epoch, digests, ((int(Kind.BYTES), source, 3),), 3, [0, 1, 2]))
    assert compared(path, a, session.session_id).verdict == "same"
    with ProvenanceDatabase(path) as db, db.begin_session("without what was fingerprinted") as lost:
        recording, source = db.recording(lost.session_id), db.source("train")
        for epoch in range(2):
            runs = ((int(Kind.INDEX), source, 3),)
            db.put(recording, Delivered("train", epoch, epoch, [bytes(32)] * 3, runs, 0, [0, 1, 2]))
    for other in (a, session.session_id):
        found = compared(path, other, lost.session_id)
        assert (found.verdict, doubts(found)) == ("uncertain", [("by-index", None)])


def test_memory_does_not_grow_with_the_number_of_batches(path: Path) -> None:
    import tracemalloc

    def peak(batches: int) -> int:
        rows = [[b"%d" % number] for number in range(batches)]
        a, b = record(path, rows), record(path, rows[::-1])
        tracemalloc.start()
        assert compared(path, a, b).reasons == ("order",)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10)
    assert peak(4000) - peak(400) < 100_000


@pytest.mark.parametrize("workers", [0, 2])
def test_real_loaders(path: Path, workers: int) -> None:
    torch = pytest.importorskip("torch")
    from torch.utils.data import DataLoader, TensorDataset

    from origin.hooks.pytorch import DataLoaderHook

    def run(seed: int, *, changed: bool = False, epochs: int = 2, size: int = 4) -> str:
        values = torch.arange(20.0)
        values[7] += changed
        generator = torch.Generator().manual_seed(seed)
        with ProvenanceDatabase(path) as db, db.begin_session("loader") as session:
            bare = DataLoader(TensorDataset(values), size, shuffle=True, generator=generator, num_workers=workers)
            loader = DataLoaderHook(db, session.session_id, "numbers", "MIT").wrap(bare)
            for _ in range(epochs):
                for _batch in loader:
                    pass
        return session.session_id

    a = run(1)
    assert compared(path, a, run(1)).verdict == "same"
    found = compared(path, a, run(2))
    assert (found.reasons, [one.same_samples for one in found.epochs]) == (("order",), [True, True])
    found = compared(path, a, run(1, changed=True))
    assert (found.reasons, found.steps.divergent) == (("content",), 2)
    assert found.first is not None
    assert found.first.a is not None
    assert found.first.a.row == 7
    assert compared(path, a, run(2, changed=True)).reasons == ("order", "content")
    found = compared(path, a, run(1, epochs=1))
    assert (found.reasons, found.steps.only_a) == (("count",), 5)
    found = compared(path, a, run(1, size=5))
    assert (found.reasons, found.same_samples) == (("count",), True)
