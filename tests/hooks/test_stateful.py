"""torchdata's StatefulDataLoader: its state goes through the wrapped loader, no gap or repeat in a resumed epoch."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import pytest
import torch
from outcome import Numbers, Stream, delivered, epochs, rows, undelivered, values
from torchdata.stateful_dataloader import StatefulDataLoader

from origin import ProvenanceDatabase
from origin.errors import UsageError
from origin.hooks.pytorch import DataLoaderHook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:'set_vital' is deprecated:UserWarning")

WORKERS = pytest.mark.parametrize("workers", [0, 2])


class Positioned(Stream):
    """A stream that knows where it is."""

    def __init__(self, size: int = 12) -> None:
        super().__init__(size)
        self.at = 0

    def __iter__(self) -> Iterator[Any]:
        for at, row in enumerate(super().__iter__()):
            if at >= self.at:
                self.at = at + 1
                yield row
        self.at = 0

    def state_dict(self) -> dict[str, int]:
        return {"at": self.at}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.at = state["at"]


def loader(workers: int, data: Any = None, **options: Any) -> Any:
    return StatefulDataLoader(data or Numbers(), **{"batch_size": 2, "num_workers": workers, **options})


def wrapped(db: ProvenanceDatabase, session_id: str, bare: Any, epoch: int | None = None) -> Any:
    return DataLoaderHook(db, session_id, "numbers").wrap(bare, name="train", epoch=epoch)


def first(train: Any, count: int) -> list[list[int]]:
    """The first batches; the loop then stops, and its loader is asked for its state."""
    iterator = iter(train)
    return [rows(next(iterator)) for _ in range(count)]


@WORKERS
def test_its_batches_are_recorded_epoch_by_epoch(db: ProvenanceDatabase, path: Path, workers: int) -> None:
    session = db.begin_session("stateful")
    train = wrapped(db, session.session_id, loader(workers, shuffle=True))
    assert type(train) is StatefulDataLoader
    received = [rows(batch) for _ in range(2) for batch in train]
    session.end()
    assert delivered(path, "train") == received
    assert epochs(path, "train") == [(step // 6, step) for step in range(12)]


@WORKERS
@pytest.mark.parametrize("shuffle", [False, True])
def test_its_state_is_that_of_the_bare_loader(db: ProvenanceDatabase, workers: int, shuffle: bool) -> None:
    session_id = db.begin_session("stateful").session_id
    states = []
    for hooked in (False, True):
        torch.manual_seed(5)
        train = loader(workers, shuffle=shuffle)
        if hooked:
            train = wrapped(db, session_id, train)
        found = [first(train, 2), plain(train.state_dict()), [rows(batch) for batch in train]]
        states.append((found, torch.get_rng_state().tolist()))
    assert states[0] == states[1]


def plain(state: Any) -> Any:
    """A state that can be compared: tensors as lists."""
    if isinstance(state, dict):
        return {key: plain(value) for key, value in state.items()}
    return state.tolist() if isinstance(state, torch.Tensor) else state


@WORKERS
@pytest.mark.parametrize("shuffle", [False, True])
def test_a_resumed_session_goes_on_in_its_epoch(
    db: ProvenanceDatabase, path: Path, workers: int, shuffle: bool
) -> None:
    session_id = db.begin_session("stateful").session_id
    train = wrapped(db, session_id, loader(workers, shuffle=shuffle))
    received = [rows(batch) for batch in train] + first(train, 2)
    state = train.state_dict()
    db.close()
    with ProvenanceDatabase(path) as again:
        resumed = again.resume_session(session_id)
        train = wrapped(again, session_id, loader(workers, shuffle=shuffle))
        train.load_state_dict(state)
        received += [rows(batch) for batch in train]
        received += [rows(batch) for batch in train]
        resumed.end()
    assert delivered(path, "train") == received
    assert sorted(functools.reduce(operator.iadd, received[6:12], [])) == list(range(12))
    assert epochs(path, "train") == [(step // 6, step) for step in range(18)]


@WORKERS
def test_a_new_session_is_told_which_epoch_goes_on(db: ProvenanceDatabase, path: Path, workers: int) -> None:
    session = db.begin_session("stateful")
    train = wrapped(db, session.session_id, loader(workers))
    first(train, 2)
    state = train.state_dict()
    session.end()
    new = db.begin_session("stateful")
    bare = loader(workers)
    bare.load_state_dict(state)
    train = wrapped(db, new.session_id, bare, epoch=3)
    received = [rows(batch) for batch in train]
    assert len([*train]) == 6
    new.end()
    assert delivered(path, "train")[:4] == received == [[4, 5], [6, 7], [8, 9], [10, 11]]
    assert epochs(path, "train") == [(3, 0), (3, 1), (3, 2), (3, 3), *((4, step) for step in range(4, 10))]


@WORKERS
def test_a_state_that_is_loaded_again_goes_on_in_the_same_epoch(
    db: ProvenanceDatabase, path: Path, workers: int
) -> None:
    session = db.begin_session("stateful")
    train = wrapped(db, session.session_id, loader(workers))
    first(train, 3)
    train.load_state_dict(train.state_dict())
    assert len([*train]) == 3
    session.end()
    assert delivered(path, "train") == [[number, number + 1] for number in range(0, 12, 2)]
    assert epochs(path, "train") == [(0, step) for step in range(6)]


@WORKERS
def test_a_state_of_the_end_begins_the_next_epoch(db: ProvenanceDatabase, path: Path, workers: int) -> None:
    session = db.begin_session("stateful")
    train = wrapped(db, session.session_id, loader(workers))
    assert len([*train]) == 6
    train.load_state_dict(train.state_dict())
    assert len([*train]) == 6
    session.end()
    assert epochs(path, "train") == [(step // 6, step) for step in range(12)]


@WORKERS
@pytest.mark.parametrize("data", [Positioned, Stream])
def test_a_stream_resumes_without_gap_or_repeat(
    db: ProvenanceDatabase, path: Path, workers: int, data: type[Stream]
) -> None:
    session = db.begin_session("stateful")
    train = wrapped(db, session.session_id, loader(workers, data()))
    received = first(train, 2)
    state = train.state_dict()
    del train
    train = wrapped(db, session.session_id, loader(workers, data()), epoch=0)
    train.load_state_dict(state)
    received += [rows(batch) for batch in train]
    session.end()
    assert values(path, "train") == received
    assert sorted(functools.reduce(operator.iadd, received, [])) == list(range(12))
    assert [epoch for epoch, _ in epochs(path, "train")] == [0] * 6
    # A stream without a state is read again from the start, by the loader itself.
    assert undelivered(path) == ([("train", 0, 2)] if data is Stream else [])


@WORKERS
def test_a_snapshot_every_few_steps_leaves_no_gap(db: ProvenanceDatabase, path: Path, workers: int) -> None:
    session = db.begin_session("stateful")
    train = wrapped(db, session.session_id, loader(workers, snapshot_every_n_steps=3))
    received = first(train, 5)
    train.load_state_dict(train.state_dict())
    received += [rows(batch) for batch in train]
    session.end()
    assert delivered(path, "train") == received == [[number, number + 1] for number in range(0, 12, 2)]
    assert undelivered(path) == ([("train", 0, 2)] if workers else [])


def test_persistent_workers_are_kept_and_their_epochs_counted(db: ProvenanceDatabase, path: Path) -> None:
    session = db.begin_session("stateful")
    train = wrapped(db, session.session_id, loader(2, persistent_workers=True))
    received = [rows(batch) for _ in range(3) for batch in train]
    session.end()
    assert delivered(path, "train") == received
    assert epochs(path, "train") == [(step // 6, step) for step in range(18)]


@WORKERS
def test_a_state_that_was_asked_for_before_the_loop_costs_no_epoch(
    db: ProvenanceDatabase, path: Path, workers: int
) -> None:
    session = db.begin_session("stateful")
    train = wrapped(db, session.session_id, loader(workers))
    train.load_state_dict(train.state_dict())
    assert len([*train]) == 6
    session.end()
    assert epochs(path, "train") == [(0, step) for step in range(6)]


def test_a_loader_that_was_asked_for_its_state_is_wrapped_too_late(db: ProvenanceDatabase) -> None:
    bare = loader(0)
    bare.state_dict()
    with pytest.raises(UsageError, match="before its state is asked for"):
        wrapped(db, db.begin_session("stateful").session_id, bare)
