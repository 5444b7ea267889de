from __future__ import annotations

import collections
import multiprocessing
import pickle
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from conftest import gaps, seen
from torch.utils.data import BatchSampler, DataLoader, Dataset, IterableDataset, RandomSampler, TensorDataset
from torch.utils.data import get_worker_info as worker

from origin import OriginWarning, ProvenanceDatabase, fingerprint
from origin.core import alike
from origin.core.fingerprint import Kind
from origin.hooks import pytorch
from origin.hooks.pytorch import DataLoaderHook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WORKERS = (0, 2)
Point = collections.namedtuple("Point", ["x", "y"])  # noqa: PYI024


class Custom:
    def __init__(self, samples: list[Any]) -> None:
        self.samples = samples

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Custom) and self.samples == other.samples

    __hash__ = None  # type: ignore[assignment]


class Rows(Dataset[Any]):
    """Any function of the index as a map-style data set."""

    def __init__(self, make: Callable[[int], Any], size: int = 10) -> None:
        self.make = make
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        return self.make(index)


class Stream(IterableDataset[Any]):
    def __init__(self, size: int) -> None:
        self.size = size

    def __iter__(self) -> Iterator[Any]:
        info = worker()
        first, step = (info.id, info.num_workers) if info else (0, 1)
        return iter(range(first, self.size, step))


def tensor_row(index: int) -> torch.Tensor:
    return torch.full((3,), float(index))


def pair_row(index: int) -> tuple[torch.Tensor, int]:
    return tensor_row(index), index % 3


def dict_row(index: int) -> dict[str, Any]:
    return {"image": tensor_row(index), "label": index}


def text_row(index: int) -> str:
    return f"line {index}"


def bytes_row(index: int) -> bytes:
    return bytes([index])


def named_row(index: int) -> Any:
    return Point(tensor_row(index), index)


def nested_row(index: int) -> dict[str, Any]:
    return {"a": [tensor_row(index), {"b": (index, text_row(index))}], "c": None or index}


def bfloat_row(index: int) -> torch.Tensor:
    return tensor_row(index).to(torch.bfloat16)


def numpy_row(index: int) -> Any:
    return np.full(3, index, dtype=np.int16)


def random_row(index: int) -> torch.Tensor:
    return torch.rand(2) + index + random.random() + float(np.random.rand())  # noqa: NPY002


def as_columns(samples: list[Any]) -> dict[str, Any]:
    return {"all": samples, "count": len(samples)}


def as_custom(samples: list[Any]) -> Custom:
    return Custom(samples)


def same(one: Any, other: Any) -> bool:
    """Whether two batches are equal to the bit, types and order of keys included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def states() -> tuple[Any, ...]:
    numpy_state = np.random.get_state()  # noqa: NPY002
    return torch.get_rng_state().tolist(), random.getstate(), numpy_state[1].tolist(), numpy_state[2]  # type: ignore[union-attr,index]


def seeded(make: Callable[[], Any], epochs: int = 1) -> tuple[list[Any], Any]:
    """What a loader gives, and the random state it leaves."""
    torch.manual_seed(1)
    random.seed(2)
    np.random.seed(3)  # noqa: NPY002
    loader = make()
    return [batch for _ in range(epochs) for batch in loader], states()


def hook_for(db: ProvenanceDatabase, **options: Any) -> DataLoaderHook:
    session = db.begin_session(config_hash="test")
    return DataLoaderHook(db=db, session_id=session.session_id, source_id="rows", license_id="MIT", **options)


def all_fingerprints(path: Path) -> list[str]:
    return [digest for batch in seen(path) for digest in batch.fingerprints]


SHAPES: dict[str, tuple[Callable[[int], Any], dict[str, Any]]] = {
    "tensor": (tensor_row, {}),
    "pair": (pair_row, {}),
    "dict of tensors": (dict_row, {}),
    "dict of lists": (text_row, {"collate_fn": as_columns}),
    "strings": (text_row, {}),
    "bytes": (bytes_row, {}),
    "namedtuple": (named_row, {}),
    "nested": (nested_row, {}),
    "bfloat16": (bfloat_row, {}),
    "numpy": (numpy_row, {}),
    "custom object": (text_row, {"collate_fn": as_custom}),
    "no batch": (pair_row, {"batch_size": None}),
    "drop_last": (pair_row, {"drop_last": True}),
    "random augmentation": (random_row, {}),
    "shuffled": (pair_row, {"shuffle": True}),
}


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_batches_and_random_state_are_those_of_the_bare_loader(
    db: ProvenanceDatabase, path: Path, shape: str, workers: int
) -> None:
    row, options = SHAPES[shape]
    options = {"batch_size": 4, **options}

    def bare() -> Any:
        return DataLoader(Rows(row), num_workers=workers, **options)

    expected, expected_state = seeded(bare, epochs=2)
    received, state = seeded(lambda: hook_for(db).wrap(bare()), epochs=2)
    assert same(received, expected)
    assert state == expected_state
    db.flush()
    assert len(seen(path)) == len(expected)
    assert gaps(path) == []
    if shape not in {"random augmentation", "shuffled"}:
        per_epoch = [fingerprint(row(index)) for index in range(8 if "drop_last" in options else 10)]
        assert all_fingerprints(path) == per_epoch * 2


@pytest.mark.parametrize("workers", WORKERS)
def test_a_shuffled_batch_records_the_index_of_each_sample(db: ProvenanceDatabase, path: Path, workers: int) -> None:
    loader = DataLoader(Rows(pair_row), batch_size=4, shuffle=True, num_workers=workers)
    list(hook_for(db).wrap(loader))
    db.flush()
    for batch in seen(path):
        assert batch.indices is not None
        assert batch.fingerprints == [fingerprint(pair_row(index)) for index in batch.indices]
    assert sorted(index for batch in seen(path) for index in batch.indices or []) == list(range(10))


@pytest.mark.parametrize("workers", WORKERS)
def test_an_iterable_data_set_is_recorded_as_delivered_with_unknown_indices(
    db: ProvenanceDatabase, path: Path, workers: int
) -> None:
    received = list(hook_for(db).wrap(DataLoader(Stream(10), batch_size=3, num_workers=workers)))
    db.flush()
    assert all_fingerprints(path) == [fingerprint(int(value)) for batch in received for value in batch]
    assert [batch.indices for batch in seen(path)] == [None] * len(received)


@pytest.mark.parametrize("workers", WORKERS)
def test_a_break_after_two_of_six_records_two(db: ProvenanceDatabase, path: Path, workers: int) -> None:
    loader = DataLoader(Rows(tensor_row, 12), batch_size=2, num_workers=workers)
    for number, _ in enumerate(hook_for(db).wrap(loader)):
        if number == 1:
            break
    db.flush()
    assert [batch.step for batch in seen(path)] == [0, 1]


def test_the_wrapped_loader_is_a_data_loader_with_the_same_parts(db: ProvenanceDatabase) -> None:
    class OwnLoader(DataLoader[Any]):
        pass

    loader = OwnLoader(Rows(tensor_row), batch_size=4, shuffle=True)
    wrapped = hook_for(db).wrap(loader)
    assert type(wrapped) is OwnLoader
    assert wrapped is not loader
    assert len(wrapped) == 3
    for part in ("dataset", "sampler", "batch_sampler", "generator", "batch_size", "num_workers"):
        assert getattr(wrapped, part) is getattr(loader, part)
    assert loader.collate_fn is torch.utils.data.default_collate
    samples = [tensor_row(0), tensor_row(1)]
    assert torch.equal(wrapped.collate_fn(samples), torch.stack(samples))
    with pytest.raises(TypeError):
        len(hook_for(db).wrap(DataLoader(Stream(3))))


def test_wrapping_asks_nothing_of_the_data_set(db: ProvenanceDatabase) -> None:
    def never(_index: int) -> Any:
        raise AssertionError("asked")

    hook_for(db).wrap(DataLoader(Rows(never), batch_size=2))


def test_a_loader_wrapped_twice_records_once(db: ProvenanceDatabase, path: Path) -> None:
    hook = hook_for(db)
    loader = hook.wrap(DataLoader(Rows(tensor_row), batch_size=5))
    assert hook.wrap(loader) is loader
    list(hook.wrap(hook.wrap(loader)))
    db.flush()
    assert len(seen(path)) == 2


def test_the_bare_loader_stays_unrecorded(db: ProvenanceDatabase, path: Path) -> None:
    loader = DataLoader(Rows(tensor_row), batch_size=5)
    hook_for(db).wrap(loader)
    list(loader)
    db.flush()
    assert seen(path) == []


def test_two_iterators_of_one_loader_are_independent(db: ProvenanceDatabase, path: Path) -> None:
    wrapped = hook_for(db).wrap(DataLoader(Rows(tensor_row, 4), batch_size=2))
    for one, other in zip(wrapped, wrapped, strict=True):
        assert torch.equal(one, other)
    db.flush()
    assert [(batch.epoch, batch.step) for batch in seen(path)] == [(0, 0), (1, 1), (0, 2), (1, 3)]


def test_persistent_workers_are_kept_and_their_epochs_counted(db: ProvenanceDatabase, path: Path) -> None:
    loader = DataLoader(Rows(tensor_row, 4), batch_size=2, num_workers=2, persistent_workers=True)
    wrapped = hook_for(db).wrap(loader)
    list(wrapped)
    iterator = wrapped._iterator
    list(wrapped)
    assert wrapped._iterator is iterator
    db.flush()
    assert [batch.epoch for batch in seen(path)] == [0, 0, 1, 1]
    del iterator, wrapped


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_that_are_not_forked_fingerprint_alike(db: ProvenanceDatabase, path: Path, method: str) -> None:
    context = multiprocessing.get_context(method)
    data = TensorDataset(torch.arange(24.0).reshape(6, 4), torch.arange(6))
    loader = DataLoader(data, batch_size=2, num_workers=1, multiprocessing_context=context)
    list(hook_for(db).wrap(loader))
    db.flush()
    assert all_fingerprints(path) == [fingerprint(data[index]) for index in range(6)]
    assert [batch.indices for batch in seen(path)] == [[0, 1], [2, 3], [4, 5]]


def test_out_of_order_delivery_is_recorded_in_the_order_of_delivery(db: ProvenanceDatabase, path: Path) -> None:
    loader = DataLoader(Rows(pair_row, 12), batch_size=2, num_workers=2, in_order=False)
    received = [batch[0][:, 0].tolist() for batch in hook_for(db).wrap(loader)]
    db.flush()
    assert [batch.indices for batch in seen(path)] == [[int(value) for value in values] for values in received]


def test_getitems_is_called_once_a_batch_with_a_plain_list(db: ProvenanceDatabase, path: Path) -> None:
    asked = []

    class Batched(Rows):
        def __getitems__(self, indices: list[int]) -> list[Any]:
            asked.append(indices)
            return [self.make(index) for index in indices]

    list(hook_for(db).wrap(DataLoader(Batched(tensor_row, 4), batch_size=2)))
    db.flush()
    assert asked == [[0, 1], [2, 3]]
    assert [batch.indices for batch in seen(path)] == [[0, 1], [2, 3]]


def test_a_batch_sampler_used_as_sampler_gives_one_sample_a_batch(db: ProvenanceDatabase, path: Path) -> None:
    data = TensorDataset(torch.arange(6.0))
    sampler = BatchSampler(RandomSampler(data), 3, drop_last=False)
    received = list(hook_for(db).wrap(DataLoader(data, batch_size=None, sampler=sampler)))
    db.flush()
    assert all_fingerprints(path) == [fingerprint(tuple(batch)) for batch in received]


def test_samples_are_fingerprinted_before_a_collate_function_changes_them(db: ProvenanceDatabase, path: Path) -> None:
    def spoil(samples: list[list[int]]) -> list[list[int]]:
        for sample in samples:
            sample.append(-1)
        return samples

    list(hook_for(db).wrap(DataLoader(Rows(lambda index: [index], 2), batch_size=2, collate_fn=spoil)))
    db.flush()
    assert all_fingerprints(path) == [fingerprint([0]), fingerprint([1])]


@pytest.mark.parametrize("workers", WORKERS)
def test_an_error_of_the_data_set_keeps_its_type_and_message(db: ProvenanceDatabase, workers: int) -> None:
    def failing(index: int) -> Any:
        raise KeyError(f"no row {index}")

    with pytest.raises(KeyError, match="no row 0"):
        list(hook_for(db).wrap(DataLoader(Rows(failing), batch_size=2, num_workers=workers)))


class Unhashable:
    """Fails in the observer, and only there."""

    def __init__(self, index: int) -> None:
        self.index = index

    def __origin_fingerprint__(self) -> Any:
        raise RuntimeError("always")


def unhashable_row(index: int) -> Unhashable:
    return Unhashable(index)


def only_indices(samples: list[Unhashable]) -> list[int]:
    return [sample.index for sample in samples]


@pytest.mark.parametrize("workers", WORKERS)
def test_a_hasher_that_always_raises_leaves_the_batches_and_gaps_behind(
    db: ProvenanceDatabase, path: Path, workers: int
) -> None:
    loader = DataLoader(Rows(unhashable_row, 6), batch_size=2, num_workers=workers, collate_fn=only_indices)
    with pytest.warns(OriginWarning, match="RuntimeError: always") as caught:
        assert list(hook_for(db).wrap(loader)) == [[0, 1], [2, 3], [4, 5]]
    db.flush()
    assert len(caught) == 1
    assert gaps(path) == [("observer", 1, None)] * 3
    with pytest.raises(RuntimeError, match="always"):
        list(hook_for(db, strict=True).wrap(loader))


def test_samples_that_cannot_be_fingerprinted_are_seen_and_counted(db: ProvenanceDatabase, path: Path) -> None:
    loader = DataLoader(Rows(lambda _index: object(), 2), batch_size=2, collate_fn=len)
    assert list(hook_for(db).wrap(loader)) == [2]
    db.flush()
    assert seen(path)[0].kinds == [Kind.UNFINGERPRINTABLE] * 2


def test_a_pickled_loader_gives_plain_batches_and_says_that_it_does_not_record(
    db: ProvenanceDatabase, path: Path
) -> None:
    wrapped = hook_for(db).wrap(DataLoader(TensorDataset(torch.arange(4.0)), batch_size=2))
    copied = pickle.loads(pickle.dumps(wrapped))
    with pytest.warns(OriginWarning, match="another process"):
        assert len(list(copied)) == 2
    db.flush()
    assert seen(path) == []


def test_a_lambda_as_collate_function_works_with_forked_workers(db: ProvenanceDatabase, path: Path) -> None:
    loader = DataLoader(Rows(text_row, 4), batch_size=2, num_workers=1, collate_fn=lambda samples: "+".join([*samples]))
    assert list(hook_for(db).wrap(loader)) == ["line 0+line 1", "line 2+line 3"]
    db.flush()
    assert all_fingerprints(path) == [fingerprint(text_row(index)) for index in range(4)]


def test_worker_init_generator_and_timeout_are_kept(db: ProvenanceDatabase) -> None:
    def bare() -> Any:
        generator = torch.Generator().manual_seed(5)
        return DataLoader(
            Rows(random_row),
            batch_size=3,
            shuffle=True,
            num_workers=2,
            generator=generator,
            worker_init_fn=_seed_worker,
            timeout=60,
            prefetch_factor=3,
        )

    expected, state = seeded(bare)
    received, state_after = seeded(lambda: hook_for(db).wrap(bare()))
    assert same(received, expected)
    assert state == state_after


def _seed_worker(number: int) -> None:
    random.seed(number)


def test_a_carrier_pins_its_batch_once() -> None:
    class Pinned:
        count = 0

        def pin_memory(self) -> Pinned:
            self.count += 1
            return self

    batch = Pinned()
    carrier = pytorch.Carrier(batch, RuntimeError())
    assert torch.utils.data._utils.pin_memory.pin_memory(carrier).batch is batch
    assert batch.count == 1


def test_uninstalling_gives_torch_its_own_methods_back(db: ProvenanceDatabase) -> None:
    iterator = torch.utils.data.dataloader._BaseDataLoaderIter
    pytorch.uninstall()
    before = (iterator.__init__, iterator.__next__, iterator._reset)
    assert {method.__module__ for method in before} == {"torch.utils.data.dataloader"}
    hook_for(db).wrap(DataLoader(Rows(tensor_row)))
    assert iterator.__next__ is not before[1]
    pytorch.uninstall()
    assert (iterator.__init__, iterator.__next__, iterator._reset) == before


def test_without_torchs_private_methods_batches_are_observed_as_delivered(
    db: ProvenanceDatabase, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytorch.uninstall()
    monkeypatch.delattr(torch.utils.data._utils.fetch, "_MapDatasetFetcher")
    with pytest.warns(OriginWarning, match="hides where samples are collated"):
        wrapped = hook_for(db).wrap(DataLoader(TensorDataset(torch.arange(4.0), torch.arange(4)), batch_size=2))
    monkeypatch.undo()
    assert len(list(wrapped)) == 2
    db.flush()
    assert [len(batch.fingerprints) for batch in seen(path)] == [2, 2]
    assert all_fingerprints(path)[0] == fingerprint((torch.tensor(0.0), torch.tensor(0)))


def test_what_is_no_data_loader_is_recorded_by_rows(db: ProvenanceDatabase, path: Path) -> None:
    batches = [{"x": torch.arange(4.0).reshape(2, 2), "y": torch.arange(2)}, ["a", "b", "c"], torch.tensor(1)]
    assert list(hook_for(db).wrap(batches)) == batches
    db.flush()
    assert [len(batch.fingerprints) for batch in seen(path)] == [2, 3, 1]
    assert seen(path)[0].fingerprints[1] == fingerprint({"x": torch.tensor([2.0, 3.0]), "y": torch.tensor(1)})


def test_an_iterator_that_hides_its_batches_is_a_gap_and_a_warning(db: ProvenanceDatabase, path: Path) -> None:
    class OwnIterator(torch.utils.data.dataloader._SingleProcessDataLoaderIter):
        def __next__(self) -> Any:
            return self._next_data()

    class OwnLoader(DataLoader[Any]):
        def _get_iterator(self) -> Any:
            return OwnIterator(self)

    with pytest.warns(OriginWarning, match="OwnIterator"):
        assert len(list(hook_for(db).wrap(OwnLoader(Rows(tensor_row, 4), batch_size=2)))) == 2
    db.flush()
    assert gaps(path) == [("observer", 0, None)]


def test_importing_origin_imports_no_third_party_module() -> None:
    code = "import sys, origin; print({'torch', 'numpy', 'datasets', 'pyarrow', 'PIL'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def tensor_rows() -> TensorDataset:
    return TensorDataset(torch.arange(96, dtype=torch.float32).reshape(12, 2, 4), torch.arange(12))


def test_what_is_hashed_later_is_what_the_loop_received(db: ProvenanceDatabase, path: Path) -> None:
    data = tensor_rows()
    expected = [fingerprint(data[index]) for index in range(12)]
    session = db.begin_session("test").session_id
    for images, labels in DataLoaderHook(db, session, "rows").wrap(DataLoader(data, batch_size=6)):
        images.zero_()
        labels.zero_()
        data.tensors[0].zero_()
        data.tensors[0].copy_(torch.arange(96).reshape(12, 2, 4))
    db.flush()  # what it acknowledges is in the file, the session still open
    assert [batch.fingerprints for batch in seen(path)] == [expected[:6], expected[6:]]


def test_samples_that_cannot_be_hashed_later_are_a_gap(
    db: ProvenanceDatabase, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object) -> Any:
        raise MemoryError("no hash today")

    monkeypatch.setattr(alike, "_hashed", broken)
    loader = DataLoader(tensor_rows(), batch_size=6)
    session = db.begin_session("test").session_id
    with pytest.warns(OriginWarning, match="no hash today"):
        received = [labels.tolist() for _, labels in DataLoaderHook(db, session, "rows").wrap(loader)]
        db.end_session(session)
    assert received == [labels.tolist() for _, labels in loader]
    assert gaps(path) == [("storage", 2, 12)]
    strict = DataLoaderHook(db, db.begin_session("test").session_id, "rows", strict=True)
    with pytest.raises(MemoryError, match="no hash today"):
        next(iter(strict.wrap(loader)))


@pytest.mark.parametrize("keyed", [False, True])
def test_the_same_is_recorded_whether_hashed_at_once_or_later(path: Path, keyed: bool) -> None:
    key = bytes(range(32)) if keyed else None
    roots = []
    for workers in WORKERS:
        with ProvenanceDatabase(path.with_name(f"{workers}.db"), key=key) as db, db.begin_session("test") as session:
            loader = DataLoader(tensor_rows(), batch_size=5, num_workers=workers)
            for _ in DataLoaderHook(db, session.session_id, "rows").wrap(loader):
                pass
        roots.append([batch.fingerprints for batch in seen(db.path)])
    assert roots[0] == roots[1]
    assert sum(map(len, roots[0])) == 12
