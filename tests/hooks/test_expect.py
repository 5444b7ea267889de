"""A run that is checked against an earlier one while it is recorded."""

from __future__ import annotations

import random
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import torch
from conftest import gaps, seen
from hypothesis import given, settings
from hypothesis import strategies as st
from query.plain_diff import CHANGES, delivered, first_position, make, reasons_of_step
from query.recordings import FailingHook, record
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from origin import OriginWarning, ProvenanceDatabase
from origin.core.fingerprint import Kind
from origin.core.record import Delivered, Seen
from origin.errors import AmbiguousError, NotFoundError, UsageError
from origin.hooks.base import BaseHook, Sample
from origin.hooks.expect import Divergence, DivergenceError, Expected
from origin.hooks.pytorch import DataLoaderHook
from origin.storage.reads import Reader

BATCHES = [[b"a", b"b"], [b"c", b"d"], [b"e"]]


def loader(
    seed: int = 1, *, changed: bool = False, size: int = 4, rows: int = 20, workers: int = 0, by: Any = DataLoader
) -> DataLoader[Any]:
    values = torch.arange(float(rows))
    values[7] += changed
    generator = torch.Generator().manual_seed(seed)
    return by(TensorDataset(values), size, shuffle=True, generator=generator, num_workers=workers)


def run(
    path: Path, bare: Any, expect: Any = None, *, epochs: int = 2, source: str = "numbers", license_id: str = "MIT"
) -> tuple[str, DataLoaderHook, list[Any]]:
    """The session, the hook, and the batches that came."""
    with ProvenanceDatabase(path) as db, db.begin_session("run") as session:
        hook = DataLoaderHook(db, session.session_id, source, license_id)
        wrapped = hook.wrap(bare, expect=expect)
        batches = [batch for _ in range(epochs) for batch in wrapped]
    return session.session_id, hook, batches


def where(divergence: Divergence | None) -> tuple[int, int, int | None, tuple[str, ...]] | None:
    return divergence and (divergence.epoch, divergence.step, divergence.position, divergence.reasons)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_same_data_again_is_silent(path: Path, workers: int) -> None:
    first = run(path, loader())[0]
    _, hook, batches = run(path, loader(workers=workers), first[:8])
    assert (hook.divergence, hook.unchecked) == (None, 0)
    assert gaps(path) == []
    assert len(batches) == 10


@pytest.mark.parametrize("workers", [0, 2])
def test_a_changed_sample_is_told_once_and_the_loop_goes_on(path: Path, workers: int) -> None:
    first, _, bare = run(path, loader(changed=True))
    place = [index for batch in seen(path)[:5] for index in batch.indices or []].index(7)
    expected = run(path, loader())[0]
    with pytest.warns(OriginWarning, match=r"\(content\).*training goes on") as warned:
        _, hook, batches = run(path, loader(changed=True, workers=workers), expected)
    assert len(warned) == 1
    assert all(torch.equal(one[0], other[0]) for one, other in zip(bare, batches, strict=True))
    assert where(hook.divergence) == (0, place // 4, place % 4, ("content",))
    assert gaps(path) == [("divergence", 0, 0), ("divergence", 0, 0)]
    with Reader(path) as reader:
        found = [gap for _, gap in reader.gaps(3)]
    assert [(gap.epoch, gap.loader) for gap in found] == [(0, "loader-1"), (1, "loader-1")]
    assert hook.divergence is not None
    assert found[0].detail == hook.divergence.text
    assert first


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"bare": {"seed": 2}}, "order"),
        ({"bare": {"size": 5}}, "count"),
        ({"license_id": "GPL-2.0-only"}, "source"),
        ({"source": "others"}, "source"),
    ],
)
def test_the_reason_is_told(path: Path, other: dict[str, Any], reason: str) -> None:
    first = run(path, loader())[0]
    bare = loader(**other.pop("bare", {}))
    with pytest.warns(OriginWarning, match=rf"\({reason}\)"):
        _, hook, _ = run(path, bare, first, **other)
    assert hook.divergence is not None
    assert (hook.divergence.step, hook.divergence.reasons) == (0, (reason,))


def test_a_sample_that_comes_too_early_names_the_step_where_it_was_expected(path: Path) -> None:
    first = record(path, BATCHES)
    with (
        ProvenanceDatabase(path) as db,
        db.begin_session("run") as session,
        pytest.warns(OriginWarning, match="which was expected in step 2"),
    ):
        hook = BaseHook(db, session.session_id, "train", "MIT")
        list(hook.wrap([BATCHES[2], BATCHES[1], BATCHES[0]], expect=first))
    assert where(hook.divergence) == (0, 0, 0, ("order", "count"))


@pytest.mark.parametrize("workers", [0, 2])
def test_strict_raises_before_the_loop_receives_the_batch(path: Path, workers: int) -> None:
    expected = run(path, loader())[0]
    place = [index for batch in seen(path)[:5] for index in batch.indices or []].index(7)
    received = []
    with ProvenanceDatabase(path) as db, db.begin_session("strict") as session:
        hook = DataLoaderHook(db, session.session_id, "numbers", "MIT", strict=True)
        bare = loader(changed=True, workers=workers)
        with pytest.raises(DivergenceError, match=rf"epoch 0, step {place // 4} of the epoch, sample {place % 4}"):
            for batch in hook.wrap(bare, expect=expected):
                received.append(batch)  # noqa: PERF402 - what was received until it raised
    assert len(received) == place // 4
    assert len(seen(path)) == place // 4
    assert gaps(path) == [("divergence", 0, 0)]


def test_fewer_batches_are_told_at_the_end_of_the_epoch(path: Path) -> None:
    first = record(path, BATCHES)
    with ProvenanceDatabase(path) as db, db.begin_session("short") as session:
        hook = BaseHook(db, session.session_id, "train", "MIT")
        with pytest.warns(OriginWarning, match=r"epoch 0, step 2 of the epoch: .*\(count\): the epoch is over"):
            list(hook.wrap(BATCHES[:2], name="loader-1", expect=first))
    assert where(hook.divergence) == (0, 2, None, ("count",))
    with ProvenanceDatabase(path) as db, db.begin_session("short") as session:
        hook = BaseHook(db, session.session_id, "train", "MIT", strict=True)
        with pytest.raises(DivergenceError, match="the epoch is over, and more was expected"):
            list(hook.wrap(BATCHES[:2], name="loader-1", expect=first))


class Stream(IterableDataset[int]):
    def __init__(self, size: int) -> None:
        self.size = size

    def __iter__(self) -> Any:
        return iter(range(self.size))


def test_fewer_batches_of_a_torch_loader_too(path: Path) -> None:
    first = run(path, DataLoader(Stream(12), 4))[0]
    with pytest.warns(OriginWarning, match="step 2 of the epoch: .*the epoch is over"):
        _, hook, _ = run(path, DataLoader(Stream(8), 4), first)
    assert where(hook.divergence) == (0, 2, None, ("count",))
    with pytest.warns(OriginWarning, match="its epoch is over"):
        _, hook, _ = run(path, DataLoader(Stream(16), 4), first)
    assert where(hook.divergence) == (0, 3, None, ("count",))
    with pytest.warns(OriginWarning, match="it has no such epoch"):
        _, hook, _ = run(path, DataLoader(Stream(12), 4), first, epochs=3)
    assert where(hook.divergence) == (2, 0, None, ("count",))


def test_a_gap_in_what_was_expected_is_compared_with_nothing(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        with db.begin_session("gap") as first, pytest.warns(OriginWarning, match="cannot look"):
            list(FailingHook(db, first.session_id, "train").wrap([["a"], "broken", ["b"]]))
        with db.begin_session("again") as session:
            hook = BaseHook(db, session.session_id, "train")
            list(hook.wrap([["a"], ["c"], ["b"]], name="loader-1", expect=first.session_id))
        assert (hook.divergence, hook.unchecked) == (None, 1)
        with db.begin_session("third") as session:
            broken = FailingHook(db, session.session_id, "train")
            with pytest.warns(OriginWarning, match="cannot look"):
                list(broken.wrap(["broken", ["x"], ["b"]], name="loader-1", expect=first.session_id))
        assert (broken.divergence, broken.unchecked) == (None, 2)
        with db.begin_session("at the end") as last, pytest.warns(OriginWarning, match="cannot look"):
            list(FailingHook(db, last.session_id, "train").wrap([["a"], "broken"]))
        with db.begin_session("fourth") as session:
            hook = BaseHook(db, session.session_id, "train")
            list(hook.wrap([["a"], ["c"]], name="loader-1", expect=last.session_id))
        assert (hook.divergence, hook.unchecked) == (None, 1)
        with db.begin_session("fifth") as session:
            hook = BaseHook(db, session.session_id, "train")
            with pytest.warns(OriginWarning, match=r"step 2 of the epoch: .*\(count\)"):
                list(hook.wrap([["a"], ["c"], ["d"]], name="loader-1", expect=last.session_id))


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (Sample(b"a", index=1, key="k"), "source"),
        (Sample(b"a", index=0, key="other"), "source"),
        (Sample(b"b", index=0, key="k"), "content"),
        (Sample("a", index=0, key="k"), "content"),
    ],
)
def test_whatever_is_recorded_of_a_sample_is_checked(path: Path, other: Sample, reason: str) -> None:
    first = record(path, [[Sample(b"a", index=0, key="k")]] * 3)
    with ProvenanceDatabase(path) as db, db.begin_session("again") as session:
        hook = BaseHook(db, session.session_id, "train", "MIT")
        with pytest.warns(OriginWarning, match=rf"\({reason}\)"):
            list(hook.wrap([[other]] * 3, expect=first))
    assert gaps(path) == [("divergence", 0, 0)]
    assert hook.unchecked == 2


def test_what_a_dead_session_consumed_last_is_not_known(path: Path) -> None:
    dead = record(path, BATCHES[:2], status=None)
    with ProvenanceDatabase(path) as db, db.begin_session("again") as session:
        hook = BaseHook(db, session.session_id, "train", "MIT")
        list(hook.wrap(BATCHES, expect=dead))
    assert (hook.divergence, hook.unchecked) == (None, 1)


def test_batches_that_could_not_be_written_are_skipped(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        with db.begin_session("lost") as first:
            recording, source = db.recording(first.session_id), db.source("train")
            for step in range(6):
                if step in {0, 3, 5}:
                    db.flush()
                    recording.lose(delivered(step // 3, step, source))
                else:
                    db.put(recording, delivered(step // 3, step, source))
        expected = Expected(db, first.session_id, "train")
        assert [expected.check(delivered(step // 3, step, source)) for step in range(6)] == [None] * 6
        assert (expected.finish(0), expected.finish(1), expected.unchecked) == (None, None, 3)


def test_samples_without_a_fingerprint_are_not_checked(path: Path) -> None:
    batches = [[object()], [b"a"]]
    first = record(path, batches)
    with ProvenanceDatabase(path) as db, db.begin_session("again") as session:
        hook = BaseHook(db, session.session_id, "train", "MIT")
        list(hook.wrap(batches, expect=first))
    assert (hook.divergence, hook.unchecked) == (None, 1)


def by_index(source: Any, epoch: int, contents: list[bytes] | None) -> Delivered:
    items = None
    if contents is not None:
        items = Seen("sample", [one * 32 for one in contents], ((int(Kind.BYTES), source, 3),), 3, range(3))
    return Delivered("train", epoch, epoch, [bytes(32)] * 3, ((int(Kind.INDEX), source, 3),), 0, [0, 1, 2], items=items)


def test_samples_known_by_index_are_checked_by_what_is_fingerprinted_once(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        source = db.source("train")
        with db.begin_session("by index") as first:
            for epoch in range(2):
                contents = [b"a", b"b", b"c"] if epoch == 0 else None
                db.put(db.recording(first.session_id), by_index(source, epoch, contents))
        again = Expected(db, first.session_id, "train")
        assert again.check(by_index(source, 0, [b"a", b"b", b"c"])) is None
        assert again.check(by_index(source, 1, None)) is None
        assert again.unchecked == 0
        late = Expected(db, first.session_id, "train")
        assert [late.check(by_index(source, epoch, [b"a", b"b", b"c"])) for epoch in range(2)] == [None, None]
        assert late.unchecked == 1
        other = Expected(db, first.session_id, "train")
        assert where(other.check(by_index(source, 0, [b"a", b"X", b"c"]))) == (0, 0, 1, ("content",))


def test_rows_that_are_cut_otherwise_are_the_same_rows(path: Path) -> None:
    first = record(path, [[b"a", b"b", b"c"], [b"d"], [b"e", b"f"]])
    with ProvenanceDatabase(path) as db:
        source = db.source("train", "MIT")

        def check(cuts: list[bytes]) -> tuple[Expected, list[Any]]:
            expected = Expected(db, first, "loader-1", by_rows=True)
            found = []
            for step, cut in enumerate(cuts):
                digests = [__import__("hashlib").sha256(bytes([one])).digest() for one in cut]
                runs = ((int(Kind.BYTES), source, len(cut)),)
                found.append(expected.check(Delivered("loader-1", 0, step, digests, runs, 1)))
            return expected, [*map(where, found), where(expected.finish(0))]

        assert check([b"a", b"bcde", b"f"])[1] == [None] * 4
        assert check([b"ab", b"cXef"])[1] == [None, (0, 1, 1, ("sample",)), None]
        assert check([b"ab", b"cde"])[1] == [None, None, (0, 2, None, ("count",))]
        assert check([b"abcdef", b"g"])[1] == [None, (0, 1, 0, ("count",)), None]


def test_keyed_sessions_are_compared_by_their_keyed_fingerprints(path: Path, tmp_path: Path) -> None:
    key, other = b"k" * 16, tmp_path / "other.db"
    first = record(path, BATCHES, key=key)
    with ProvenanceDatabase(other, key=key) as db, db.begin_session("again") as session:
        hook = BaseHook(db, session.session_id, "train", "MIT")
        list(hook.wrap(BATCHES, expect=(path, first)))
        assert (hook.divergence, hook.unchecked) == (None, 0)
    with (
        ProvenanceDatabase(tmp_path / "plain.db") as db,
        db.begin_session("again") as session,
        pytest.raises(UsageError, match="another key"),
    ):
        BaseHook(db, session.session_id, "train").wrap(BATCHES, expect=(str(path), first))


def test_what_cannot_be_expected_is_refused_before_the_loop(path: Path) -> None:
    first = record(path, BATCHES)
    with ProvenanceDatabase(path) as db, db.begin_session("again") as session:
        hook = BaseHook(db, session.session_id, "train")
        for expect, error, words in (
            ("0000", NotFoundError, "no session id"),
            ("latest", NotFoundError, "no session id"),
            ("%", NotFoundError, "no session id"),
            ("", UsageError, "give a session id"),
            (7, UsageError, "give a session id"),
            (("a.db",), UsageError, "give a session id"),
            ((path.with_name("none.db"), first), OSError, "does not exist"),
            (session.session_id, UsageError, "still being recorded"),
        ):
            with pytest.raises(error, match=words):
                hook.wrap(BATCHES, expect=expect)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="recorded loader-1, not 'train': give wrap the same name"):
            hook.wrap(BATCHES, name="train", expect=first)
        wrapped = DataLoaderHook(db, session.session_id, "train")
        again = wrapped.wrap(loader())
        with pytest.raises(UsageError, match="wrapped already"):
            wrapped.wrap(again, expect=first)


def test_a_prefix_of_several_ids_is_ambiguous(path: Path) -> None:
    ids = [record(path, BATCHES) for _ in range(17)]
    twice = next(digit for digit in "0123456789abcdef" if sum(one.startswith(digit) for one in ids) > 1)
    with ProvenanceDatabase(path) as db, pytest.raises(AmbiguousError, match="give more digits"):
        Expected(db, twice, "loader-1")


def test_an_expected_file_that_vanishes_stops_the_check_and_not_the_loop(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    first = record(other, BATCHES)
    with ProvenanceDatabase(path) as db, db.begin_session("again") as session:
        hook = BaseHook(db, session.session_id, "train", "MIT")
        wrapped = hook.wrap(BATCHES, expect=(other, first))
        other.unlink()
        with pytest.warns(OriginWarning, match="has stopped"):
            assert list(wrapped) == BATCHES
    assert gaps(path) == [("divergence", 0, 0)]
    assert (hook.divergence, hook.unchecked, len(seen(path))) == (None, 2, 3)


def test_two_passes_at_once_are_told_apart(path: Path) -> None:
    def go(expect: str | None) -> BaseHook:
        with ProvenanceDatabase(path) as db, db.begin_session("zip") as session:
            hook = BaseHook(db, session.session_id, "train", "MIT")
            wrapped = hook.wrap(BATCHES, expect=expect)
            assert list(zip(wrapped, wrapped, strict=True)) == list(zip(BATCHES, BATCHES, strict=True))
        assert hook.divergence is None
        return hook

    go(None)
    with Reader(path) as reader:
        first = reader.sessions()[0].begin.session_id
    assert go(first).unchecked == 0


def test_the_expected_session_does_not_keep_the_file_from_being_sealed(path: Path) -> None:
    first = record(path, BATCHES)
    with ProvenanceDatabase(path) as db:
        with db.begin_session("again") as session:
            wrapped = BaseHook(db, session.session_id, "train", "MIT").wrap(BATCHES, expect=first)
            next(iter(wrapped))
        assert not path.with_name(f"{path.name}-wal").exists()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 32), st.sampled_from([4, 12, 200]), st.sampled_from(CHANGES))
def test_the_first_divergence_is_that_of_plain_lists(seed: int, steps: int, change: Any) -> None:
    rng = random.Random(seed)
    a = make(rng, steps)[:1]
    b = change(rng, a)[:1]
    first = None
    with TemporaryDirectory() as folder, ProvenanceDatabase(Path(folder) / "plain.db") as db:
        for session in (a, b):
            begun = db.begin_session("plain")
            hook = BaseHook(db, begun.session_id, "unused")
            rows = [[Sample(content, source, index) for source, index, content in batch] for batch in session[0]]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", OriginWarning)
                list(hook.wrap(rows, name="train", expect=first))
            begun.end()
            first = begun.session_id
    at = next((step for step, (one, other) in enumerate(zip(a[0], b[0], strict=False)) if one != other), None)
    if at is None and len(a[0]) == len(b[0]):
        assert (hook.divergence, hook.unchecked) == (None, 0)
        return
    assert hook.divergence is not None
    if at is None:
        assert where(hook.divergence) == (0, min(len(a[0]), len(b[0])), None, ("count",))
        return
    position, reasons = first_position(a[0][at], b[0][at]), reasons_of_step(a[0][at], b[0][at])
    if "sample" in reasons and position is not None and position < len(b[0][at]):
        wanted = b[0][at][position]
        if any(wanted in batch for batch in a[0]):
            reasons = reasons - {"sample"} | {"order"}
    assert where(hook.divergence)[:3] == (0, at, position)  # type: ignore[index]
    assert set(hook.divergence.reasons) == reasons
