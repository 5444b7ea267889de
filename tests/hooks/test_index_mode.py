"""Each row is fingerprinted once and then named by its index; what it was before random transforms; padding."""

from __future__ import annotations

import collections
import contextlib
import json
import random
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from conftest import gaps, seen
from hypothesis import given
from hypothesis import strategies as st

import origin
from origin import OriginWarning, ProvenanceDatabase, fingerprint
from origin.core.fingerprint import Kind, with_key
from origin.errors import OriginError, UsageError
from origin.hooks.base import Sample
from origin.query.verify import verify
from origin.storage import rows
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
known_module = pytest.importorskip("origin.hooks.known")
hook_module = pytest.importorskip("origin.hooks.pytorch")
from torch.utils.data import (  # noqa: E402 - once it is known to be there
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Subset,
    TensorDataset,
    random_split,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")

WORKERS: dict[str, dict[str, Any]] = {
    "0": {},
    "fork": {"num_workers": 2, "multiprocessing_context": "fork"},
    "spawn": {"num_workers": 1, "multiprocessing_context": "spawn"},
    "persistent": {"num_workers": 2, "persistent_workers": True},
    "persistent spawn": {"num_workers": 2, "persistent_workers": True, "multiprocessing_context": "spawn"},
}
KEY = b"k" * 32


class Numbers(Dataset[Any]):
    """Rows that are made of their number; `shift` is added to them."""

    def __init__(self, size: int = 10, shift: int = 0) -> None:
        self.size = size
        self.shift = shift

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        return torch.tensor([index + self.shift, 7])


class Noisy(Numbers):
    """The same under random noise."""

    def __getitem__(self, index: int) -> Any:
        return torch.rand(2) + super().__getitem__(index)


class Stream(IterableDataset[Any]):
    def __iter__(self) -> Iterator[int]:
        return iter(range(4))


def clean(dataset: Any, index: int) -> Any:
    """The row before the noise."""
    return Numbers.__getitem__(dataset, index)


def state() -> tuple[Any, ...]:
    return torch.get_rng_state().tolist(), random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]


def epochs(make: Callable[[], Any], count: int) -> tuple[list[Any], Any]:
    torch.manual_seed(1)
    random.seed(2)
    np.random.seed(3)
    loader = make()
    found = [[batch.tolist() for batch in loader] for _ in range(count)]
    return found, state()


def hook_for(db: ProvenanceDatabase, **options: Any) -> Any:
    session = db.begin_session("test")
    return hook_module.DataLoaderHook(db, session.session_id, "rows", "MIT", **{"mode": "index", **options})


def notes(path: Path) -> list[dict[str, Any]]:
    with Reader(path) as reader:
        return [json.loads(note.content) for _, note in reader.notes(reader.sessions()[-1].row, "index-mode")]


def items(path: Path) -> list[tuple[str, str, int, str, int]]:
    """Role, source, index, fingerprint and kind of each item of the latest session."""
    found = []
    with Reader(path) as reader:
        session = reader.sessions()[-1].row
        sources = dict(reader.sources(session))
        for stored in reader.items(session):
            digests = rows.unpack_digests(stored.fingerprints)
            start = 0
            for kind, source, end in rows.unpack_runs(stored.runs):
                for at in range(start, end):
                    place = sources[source].source_id, stored.indices[at]
                    found.append((stored.role, *place, digests[at].hex(), kind))
                start = end
    return found


def whole(path: Path) -> None:
    """The record verifies."""
    with RawReader(path) as reader:
        assert verify(reader).findings == ()


def kinds(path: Path) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for batch in seen(path):
        found.setdefault(batch.epoch, set()).update(batch.kinds)
    return found


@pytest.mark.parametrize(
    ("workers", "mixed"),
    [*((workers, False) for workers in WORKERS), *((workers, True) for workers in ("0", "fork", "persistent"))],
)
def test_rows_are_fingerprinted_once_and_batches_are_those_of_the_bare_loader(
    db: ProvenanceDatabase, path: Path, workers: str, mixed: bool
) -> None:
    if mixed:
        data: Any = ConcatDataset([origin.tag(Numbers(6), "tagged"), Subset(Numbers(9), [8, 0, 4, 3])])
    else:
        data = Numbers(10)

    def bare() -> Any:
        return DataLoader(data, batch_size=4, shuffle=True, **WORKERS[workers])

    expected = epochs(bare, 3)
    assert epochs(lambda: hook_for(db, recheck=0.3).wrap(bare(), name="train"), 3) == expected
    db.flush()
    found = [batch for batch in seen(path) if batch.epoch == 0]
    delivered = [batch for epoch in expected[0] for batch in epoch]
    assert [batch.fingerprints for batch in found] == [
        [fingerprint(torch.tensor(row)) for row in batch] for batch in delivered[: len(found)]
    ]
    assert kinds(path) == {0: {Kind.VALUE}, 1: {Kind.INDEX}, 2: {Kind.INDEX}}
    places = {
        (source, index): digest
        for batch in found
        for (source, _), index, digest in zip(batch.sources, batch.indices or [], batch.fingerprints, strict=True)
    }
    assert len(places) == 10
    named = [
        [places[source, index] for (source, _), index in zip(batch.sources, batch.indices or [], strict=True)]
        for batch in seen(path)
    ]
    assert named == [[fingerprint(torch.tensor(row)) for row in batch] for batch in delivered]
    assert gaps(path) == []
    whole(path)


def test_the_note_tells_mode_seed_and_fraction(db: ProvenanceDatabase, path: Path) -> None:
    loader = hook_for(db, recheck=0.25, seed=9).wrap(DataLoader(Numbers()), name="train")
    for _ in range(2):
        list(loader)
    db.flush()
    assert notes(path) == [{"loader": "train", "mode": "index", "raw": None, "recheck": 0.25, "seed": 9}]


def test_the_default_is_full_and_notes_nothing(db: ProvenanceDatabase, path: Path) -> None:
    session = db.begin_session("test")
    loader = hook_module.DataLoaderHook(db, session.session_id, "rows").wrap(DataLoader(Numbers()))
    list(loader)
    list(loader)
    db.flush()
    assert (kinds(path), notes(path)) == ({0: {Kind.VALUE}, 1: {Kind.VALUE}}, [])


@given(st.integers(0, 1 << 64), st.floats(0, 1), st.integers(0, 1 << 40))
def test_the_fraction_is_the_same_every_time(seed: int, recheck: float, start: int) -> None:
    def chosen() -> list[bool]:
        known = known_module.KnownSources()
        known.agree("0" * 32, recheck, seed)
        return [known.is_checked(start + row) for row in range(2000)]

    found = chosen()
    assert found == chosen()
    assert abs(sum(found) / 2000 - recheck) < 0.08
    assert all(found) if recheck == 1 else not all(found) or recheck > 0.99
    assert not any(found) if recheck == 0 else True


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("workers", ["0", "persistent"])
def test_a_row_that_changes_is_a_gap_and_all_is_fingerprinted_from_there_on(
    path: Path, key: bytes | None, workers: str
) -> None:
    data = torch.arange(12).reshape(6, 2).share_memory_()
    loader = DataLoader(TensorDataset(data), batch_size=2, **WORKERS[workers])
    with ProvenanceDatabase(path, key=key) as db:
        wrapped = hook_for(db, recheck=1.0).wrap(loader, name="train")
        list(wrapped)
        list(wrapped)
        data[3] = 99
        with pytest.warns(OriginWarning, match="row 3 of 'rows' was") as caught:
            list(wrapped)
        list(wrapped)
        list(wrapped)
        db.flush()
        assert len([one for one in caught if "row 3" in str(one.message)]) == 1
    with Reader(path) as reader:
        (gap,) = [gap for _, gap in reader.gaps(1) if gap.reason == "content"]
    digests = [fingerprint((torch.tensor([6, 7]),)), fingerprint((torch.tensor([99, 99]),))]
    if key is not None:
        digests = [with_key(key, Kind.VALUE, bytes.fromhex(digest)).hex() for digest in digests]
    assert gap.detail == f"row 3 of 'rows' was {digests[0]} and is {digests[1]}"
    assert (gap.batches, gap.observations, gap.loader, gap.epoch, gap.step) == (0, 0, "train", 2, 7)
    found = kinds(path)
    assert (found[0], found[1]) == ({Kind.VALUE}, {Kind.INDEX})
    assert found[3] == found[4] == {Kind.VALUE}
    changed = [batch for batch in seen(path) if batch.epoch == 2][1]
    assert changed.fingerprints[1] == digests[1]
    whole(path)


def test_rows_under_random_noise_are_told_of_and_recorded_in_full(db: ProvenanceDatabase, path: Path) -> None:
    wrapped = hook_for(db, recheck=0.5).wrap(DataLoader(Noisy(20), batch_size=5))
    list(wrapped)
    with pytest.warns(OriginWarning, match="give raw_of where transforms are random"):
        list(wrapped)
    list(wrapped)
    db.flush()
    assert kinds(path)[2] == {Kind.VALUE}


def test_strict_raises_for_a_row_that_changes(db: ProvenanceDatabase) -> None:
    wrapped = hook_for(db, recheck=1.0, strict=True).wrap(DataLoader(Noisy(2), batch_size=1))
    list(wrapped)
    with pytest.raises(OriginError, match="row 0 of 'rows' was"):
        list(wrapped)


@pytest.mark.parametrize(
    ("data", "options"),
    [(Stream(), {}), (Stream(), {"num_workers": 2}), (Numbers(4), {"sampler": ["a", "b"]})],
    ids=["stream", "stream of workers", "keys"],
)
def test_what_has_no_index_is_fingerprinted_every_time(
    db: ProvenanceDatabase, path: Path, data: Any, options: dict[str, Any]
) -> None:
    class Keys(Numbers):
        def __getitem__(self, index: Any) -> Any:
            return super().__getitem__(0) if isinstance(index, str) else super().__getitem__(index)

    stream = isinstance(data, Stream)
    wrapped = hook_for(db).wrap(DataLoader(data if stream else Keys(), batch_size=2, **options), name="train")
    if stream:
        with pytest.warns(OriginWarning, match="train cannot be recorded by index") as caught:
            list(wrapped)
        assert len(caught) == 1
        list(wrapped)
    else:
        list(wrapped)
        list(wrapped)
    db.flush()
    assert set(kinds(path)) == {0, 1}
    assert all(found == {Kind.VALUE} for found in kinds(path).values())
    assert [note["mode"] for note in notes(path)] == ["full" if stream else "index"]


def test_what_was_not_written_is_fingerprinted_again(db: ProvenanceDatabase, path: Path) -> None:
    wrapped = hook_for(db).wrap(DataLoader(Numbers(), batch_size=2))
    db._writer().call(lambda connection: connection.execute("PRAGMA busy_timeout = 10"))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        list(wrapped)
        with pytest.warns(OriginWarning, match="locked"):
            list(wrapped)
        db.flush()
        other.execute("ROLLBACK")
    list(wrapped)
    list(wrapped)
    db.flush()
    assert [(batch.epoch, set(batch.kinds)) for batch in seen(path)] == [
        (epoch, {Kind.VALUE}) for epoch in (2, 3) for _ in range(5)
    ]
    assert gaps(path)[0] == ("storage", 10, 20)
    whole(path)


def test_a_row_is_known_only_once_its_batch_is_written(db: ProvenanceDatabase, path: Path) -> None:
    """Within one iteration nothing is named by index, unless it is longer than the data set."""
    sampler = RandomSampler(Numbers(5), replacement=True, num_samples=30)
    list(hook_for(db).wrap(DataLoader(Numbers(5), batch_size=5, sampler=sampler)))
    db.flush()
    named: set[int] = set()
    for number, batch in enumerate(seen(path)):
        if number < 1:
            assert set(batch.kinds) == {Kind.VALUE}
        for kind, index in zip(batch.kinds, batch.indices or [], strict=True):
            assert kind == Kind.VALUE or index in named
        named |= set(batch.indices or [])
    assert kinds(path)[0] == {Kind.VALUE, Kind.INDEX}
    whole(path)


def test_two_data_sets_under_one_name_have_no_index(db: ProvenanceDatabase, path: Path) -> None:
    hook = hook_for(db)
    train, valid = hook.wrap(DataLoader(Numbers(2)), name="train"), hook.wrap(DataLoader(Numbers(2, 50)), name="valid")
    list(train)
    with pytest.warns(OriginWarning, match="two data sets have one source id"):
        list(valid)
    list(valid)
    list(train)
    db.flush()
    assert [(batch.loader, batch.kinds, batch.indices) for batch in seen(path)] == [
        *(("train", [Kind.VALUE], [index]) for index in range(2)),
        *(("valid", [Kind.VALUE], None) for _ in range(4)),
        *(("train", [Kind.INDEX], [index]) for index in range(2)),
    ]


def test_splits_of_one_data_set_are_one_data_set(db: ProvenanceDatabase, path: Path) -> None:
    hook = hook_for(db)
    parts = random_split(Numbers(10), [6, 4], torch.Generator().manual_seed(1))
    for _ in range(2):
        for name, part in zip(("train", "valid"), parts, strict=True):
            list(hook.wrap(DataLoader(part), name=name))
    db.flush()
    found = [(batch.loader, batch.kinds[0]) for batch in seen(path)]
    assert found == [
        *[("train", Kind.VALUE)] * 6,
        *[("valid", Kind.VALUE)] * 4,
        *[("train", Kind.INDEX)] * 6,
        *[("valid", Kind.INDEX)] * 4,
    ]


def test_shuffles_of_one_table_are_one_data_set(db: ProvenanceDatabase, path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    table = datasets.Dataset.from_dict({"x": list(range(6))})
    hook = hook_for(db)
    for epoch in range(3):
        list(hook.wrap(DataLoader(table.shuffle(seed=epoch), batch_size=3), name="train", epoch=epoch))
    db.flush()
    assert kinds(path) == {0: {Kind.VALUE}, 1: {Kind.INDEX}, 2: {Kind.INDEX}}
    for epoch in range(3):
        order = [index for batch in seen(path) if batch.epoch == epoch for index in batch.indices or []]
        assert order == table.shuffle(seed=epoch)["x"][:]


def test_a_sample_that_describes_itself_is_fingerprinted_every_time(db: ProvenanceDatabase, path: Path) -> None:
    data = [Sample("a", "other", 3, "key", "ISC"), Sample("b"), "c", "d"]
    wrapped = hook_for(db).wrap(DataLoader(data, batch_size=2, collate_fn=lambda samples: torch.tensor(len(samples))))  # type: ignore[arg-type]
    list(wrapped)
    list(wrapped)
    db.flush()
    one, two = seen(path)[0], seen(path)[2]
    assert (one.fingerprints, one.sources, one.keys) == (two.fingerprints, two.sources, two.keys)
    assert one.sources == [("other", "ISC"), ("rows", "MIT")]
    assert [batch.kinds for batch in seen(path)][1::2] == [[Kind.TEXT] * 2, [Kind.INDEX] * 2]


def test_a_licence_of_a_single_sample_is_read_every_time(db: ProvenanceDatabase, path: Path) -> None:
    hook = hook_for(db, license_of=lambda sample: "ISC" if sample[0] == 1 else None)
    wrapped = hook.wrap(DataLoader(Numbers(3), batch_size=3))
    list(wrapped)
    list(wrapped)
    db.flush()
    assert [batch.sources for batch in seen(path)] == [[("rows", "MIT"), ("rows", "ISC"), ("rows", "MIT")]] * 2
    assert [batch.kinds for batch in seen(path)] == [[Kind.VALUE] * 3, [Kind.INDEX] * 3]


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "fast"},
        {"recheck": 2},
        {"recheck": True},
        {"recheck": "0.1"},
        {"seed": "x"},
        {"seed": True},
        {"raw_of": 3},
    ],
)
def test_what_cannot_be_used_is_refused(db: ProvenanceDatabase, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        hook_for(db, **options)


def test_hooks_of_one_session_check_the_same_fraction(db: ProvenanceDatabase) -> None:
    session = db.begin_session("test")
    hook_module.DataLoaderHook(db, session.session_id, "a", mode="index", seed=1)
    hook_module.DataLoaderHook(db, session.session_id, "b", mode="index")
    with pytest.raises(UsageError, match="give all its hooks the same"):
        hook_module.DataLoaderHook(db, session.session_id, "c", mode="index", seed=2)


def test_a_resumed_session_fingerprints_again(db: ProvenanceDatabase, path: Path) -> None:
    session = db.begin_session("test")

    def epoch(where: ProvenanceDatabase) -> None:
        hook = hook_module.DataLoaderHook(where, session.session_id, "rows", mode="index")
        wrapped = hook.wrap(DataLoader(Numbers(2), batch_size=2), name="train")
        list(wrapped)
        list(wrapped)

    epoch(db)
    db.close()
    with ProvenanceDatabase(path) as again:
        again.resume_session(session.session_id)
        epoch(again)
    assert [batch.kinds[0] for batch in seen(path)] == [Kind.VALUE, Kind.INDEX] * 2


@pytest.mark.parametrize(
    ("workers", "mode"),
    [
        *((workers, "full") for workers in ("0", "fork", "persistent")),
        *((workers, "index") for workers in ("0", "fork", "persistent", "persistent spawn")),
    ],
)
def test_raw_samples_are_recorded_once_beside_what_became_of_them(
    db: ProvenanceDatabase, path: Path, workers: str, mode: str
) -> None:
    def bare() -> Any:
        return DataLoader(Noisy(6), batch_size=3, shuffle=True, **WORKERS[workers])

    expected = epochs(bare, 3)
    assert epochs(lambda: hook_for(db, mode=mode, raw_of=clean, recheck=0.5).wrap(bare()), 3) == expected
    db.flush()
    role = "sample" if mode == "index" else "raw"
    assert sorted(items(path)) == sorted(
        (role, "rows", index, fingerprint(torch.tensor([index, 7])), Kind.VALUE) for index in range(6)
    )
    views = [batch.fingerprints for batch in seen(path)]
    if mode == "index":
        assert {kind for batch in seen(path) for kind in batch.kinds} == {Kind.INDEX}
    else:
        delivered = [batch for epoch in expected[0] for batch in epoch]
        assert views == [[fingerprint(torch.tensor(row)) for row in batch] for batch in delivered]
    assert collections.Counter(index for batch in seen(path) for index in batch.indices or []) == dict.fromkeys(
        range(6), 3
    )
    assert gaps(path) == []
    whole(path)


def test_raw_samples_that_change_are_told_of(db: ProvenanceDatabase, path: Path) -> None:
    calls = iter(range(100))
    wrapped = hook_for(db, raw_of=lambda _dataset, _index: next(calls), recheck=1.0).wrap(DataLoader(Noisy(2)))
    list(wrapped)
    with pytest.warns(OriginWarning, match=r"row 0 of 'rows' was"):
        list(wrapped)
    list(wrapped)
    db.flush()
    assert next(reason for reason, _, _ in gaps(path)) == "content"
    assert kinds(path)[2] == {Kind.VALUE}


@pytest.mark.parametrize(
    ("workers", "mode"), [("0", "full"), ("0", "index"), ("fork", "full"), ("fork", "index"), ("spawn", "index")]
)
def test_a_raw_function_that_fails_costs_the_raw_samples_only(
    db: ProvenanceDatabase, path: Path, mode: str, workers: str
) -> None:
    def failing(_dataset: Any, _index: int) -> Any:
        raise KeyError("no raw")

    wrapped = hook_for(db, mode=mode, raw_of=failing).wrap(DataLoader(Numbers(4), batch_size=2, **WORKERS[workers]))
    with pytest.warns(OriginWarning, match="it cannot be sent" if workers == "spawn" else "KeyError: 'no raw'"):
        list(wrapped)
    db.flush()
    assert [batch.fingerprints for batch in seen(path)] == [
        [fingerprint(torch.tensor([index, 7])) for index in pair] for pair in ((0, 1), (2, 3))
    ]
    assert items(path) == []


def test_a_raw_sample_without_canonical_bytes_is_an_item_without_a_fingerprint(
    db: ProvenanceDatabase, path: Path
) -> None:
    wrapped = hook_for(db, raw_of=lambda _dataset, index: object() if index else b"raw").wrap(DataLoader(Noisy(2)))
    list(wrapped)
    list(wrapped)
    db.flush()
    assert items(path) == [
        ("sample", "rows", 0, fingerprint(b"raw"), Kind.BYTES),
        ("sample", "rows", 1, "0" * 64, Kind.UNFINGERPRINTABLE),
    ]
    whole(path)


@pytest.mark.parametrize("key", [None, KEY])
def test_items_are_under_the_key_too(path: Path, key: bytes | None) -> None:
    with ProvenanceDatabase(path, key=key) as db:
        list(hook_for(db, raw_of=lambda _dataset, index: bytes([index])).wrap(DataLoader(Noisy(2), batch_size=2)))
    digests = [fingerprint(bytes([index])) for index in range(2)]
    if key is not None:
        digests = [with_key(key, Kind.BYTES, bytes.fromhex(digest)).hex() for digest in digests]
    assert [item[3] for item in items(path)] == digests
    assert seen(path)[0].fingerprints == ["0" * 64] * 2


@pytest.mark.parametrize("workers", ["0", "fork"])
@pytest.mark.parametrize("inside", [False, True])
def test_the_row_behind_a_hugging_face_transform_is_the_raw_sample(
    db: ProvenanceDatabase, path: Path, workers: str, inside: bool
) -> None:
    def noisy(batch: dict[str, list[Any]]) -> dict[str, Any]:
        return {"x": [torch.rand(1) + value for value in batch["x"]]}

    datasets = pytest.importorskip("datasets")
    table = datasets.Dataset.from_dict({"x": list(range(5)), "name": [f"row {n}" for n in range(5)]})
    data: Any = table.shuffle(seed=1).with_transform(noisy)
    loader = DataLoader(Subset(data, [4, 2]) if inside else data, batch_size=2, **WORKERS[workers])
    session = db.begin_session("test")
    wrapped = hook_module.DataLoaderHook(db, session.session_id, "table").wrap(loader)
    list(wrapped)
    list(wrapped)
    db.flush()
    behind = [table.shuffle(seed=1)["x"][index] for index in ([4, 2] if inside else range(5))]
    assert sorted(items(path)) == sorted(("raw", "table", row, fingerprint(table[row]), Kind.VALUE) for row in behind)
    assert [index for batch in seen(path) for index in batch.indices or []] == behind * 2
    assert [note["raw"] for note in notes(path)] == ["Arrow row"]
    assert len({digest for batch in seen(path) for digest in batch.fingerprints}) == 2 * len(behind)


def test_a_second_split_under_a_transform_keeps_its_index_and_goes_without_raw_samples(
    db: ProvenanceDatabase, path: Path
) -> None:
    datasets = pytest.importorskip("datasets")
    session = db.begin_session("test")
    hook = hook_module.DataLoaderHook(db, session.session_id, "table")
    for name, start in (("train", 0), ("valid", 10)):
        table = datasets.Dataset.from_dict({"x": [start, start + 1]}).with_transform(lambda batch: batch)
        list(hook.wrap(DataLoader(table, batch_size=2), name=name))
    db.flush()
    assert [item[2:4] for item in items(path)] == [(row, fingerprint({"x": row})) for row in range(2)]
    assert [(batch.loader, batch.indices) for batch in seen(path)] == [("train", [0, 1]), ("valid", [0, 1])]
    assert [(note["loader"], note.get("why")) for note in notes(path)] == [
        ("train", None),
        ("valid", "another data set has its source id"),
    ]
    assert gaps(path) == []


def test_raw_samples_of_a_stream_are_told_to_be_missing(db: ProvenanceDatabase, path: Path) -> None:
    with pytest.warns(OriginWarning, match="raw samples of train cannot be recorded"):
        list(hook_for(db, mode="full", raw_of=clean).wrap(DataLoader(Stream()), name="train"))
    db.flush()
    assert items(path) == []
    assert len(seen(path)) == 4
