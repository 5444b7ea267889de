"""Accelerate looks one batch ahead, skips when it resumes and dispatches: the record says what the loop received."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from accelerate import Accelerator, DataLoaderConfiguration, skip_first_batches
from accelerate.state import AcceleratorState, GradientState
from outcome import Numbers, Stream, became, delivered, epochs, rows, undelivered, values
from torch.utils.data import DataLoader

from origin.core.record import EVALUATED, TRAINED
from origin.errors import UsageError
from origin.hooks.pytorch import DataLoaderHook
from origin.query.report import report
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from origin import ProvenanceDatabase
    from origin.storage.database import Session

Wrap = Any

# torchdata 0.11 calls it.
stateful = pytest.mark.filterwarnings("ignore:'set_vital' is deprecated:UserWarning")


@pytest.fixture(autouse=True)
def _own_state() -> Iterator[None]:
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()


@pytest.fixture
def session(db: ProvenanceDatabase) -> Session:
    return db.begin_session("accelerate")


def accelerator(**options: Any) -> Accelerator:
    return Accelerator(cpu=True, dataloader_config=DataLoaderConfiguration(**options))


def loader(data: Any = None, **options: Any) -> Any:
    return DataLoader(data or Numbers(), **{"batch_size": 2, **options})


def wrapped_first(hook: DataLoaderHook, accelerate: Accelerator, bare: Any) -> Any:
    return accelerate.prepare(hook.wrap(bare, name="train"))


def prepared_first(hook: DataLoaderHook, accelerate: Accelerator, bare: Any) -> Any:
    return hook.wrap(accelerate.prepare(bare), name="train")


EITHER = pytest.mark.parametrize("prepare", [wrapped_first, prepared_first])


def hooked(db: ProvenanceDatabase, session: Session) -> DataLoaderHook:
    return DataLoaderHook(db, session.session_id, "numbers")


@EITHER
@pytest.mark.parametrize("workers", [0, 2])
def test_each_batch_is_recorded_once_in_the_order_of_the_loop(
    db: ProvenanceDatabase, session: Session, path: Path, prepare: Wrap, workers: int
) -> None:
    train = prepare(hooked(db, session), accelerator(), loader(shuffle=True, num_workers=workers))
    received = [rows(batch) for _ in range(2) for batch in train]
    session.end()
    assert delivered(path, "train") == received
    assert epochs(path, "train") == [(step // 6, step) for step in range(12)]
    assert undelivered(path) == []


@EITHER
def test_a_break_after_two_of_six_leaves_the_third_fetched(
    db: ProvenanceDatabase, session: Session, path: Path, prepare: Wrap
) -> None:
    train = prepare(hooked(db, session), accelerator(), loader())
    for number, _ in enumerate(train):
        if number == 1:
            break
    session.end()
    assert delivered(path, "train") == [[0, 1], [2, 3]]
    assert undelivered(path) == [("train", 0, 1)]
    with Reader(path) as reader:
        assert report(reader, reader.sessions()[0]).fetched == 1


def test_an_iteration_that_may_go_on_is_not_said_to_have_left_anything(
    db: ProvenanceDatabase, session: Session, path: Path
) -> None:
    iterator = iter(wrapped_first(hooked(db, session), accelerator(), loader()))
    next(iterator)
    db.flush()
    assert undelivered(path) == []
    del iterator
    db.flush()
    assert undelivered(path) == [("train", 0, 1)]
    session.end()
    assert undelivered(path) == [("train", 0, 1)]


@EITHER
def test_skipping_the_first_batches_of_a_sized_loader_delivers_the_others(
    db: ProvenanceDatabase, session: Session, path: Path, prepare: Wrap
) -> None:
    train = prepare(hooked(db, session), accelerator(), loader())
    assert [rows(batch) for batch in skip_first_batches(train, 4)] == [[8, 9], [10, 11]]
    assert len([*train]) == 6
    session.end()
    assert delivered(path, "train")[:3] == [[8, 9], [10, 11], [0, 1]]
    assert [epoch for epoch, _ in epochs(path, "train")] == [0, 0] + [1] * 6
    assert undelivered(path) == []


@EITHER
@pytest.mark.parametrize("data", [Numbers, Stream])
def test_an_epoch_that_was_left_goes_on_where_the_first_batches_are_skipped(
    db: ProvenanceDatabase, session: Session, path: Path, prepare: Wrap, data: Any
) -> None:
    train = prepare(hooked(db, session), accelerator(dispatch_batches=False), loader(data()))
    received = [rows(batch) for batch in train]
    for batch in train:
        received.append(rows(batch))
        if len(received) == 9:
            break
    received += [rows(batch) for batch in skip_first_batches(train, 3)]
    # Nothing was left: whoever skips now begins an epoch.
    received += [rows(batch) for batch in skip_first_batches(train, 3)]
    session.end()
    assert values(path, "train") == received
    assert [epoch for epoch, _ in epochs(path, "train")] == [0] * 6 + [1] * 6 + [2] * 3


@EITHER
@pytest.mark.parametrize("workers", [0, 2])
def test_what_is_skipped_of_a_stream_is_fetched_and_no_more(
    db: ProvenanceDatabase, session: Session, path: Path, prepare: Wrap, workers: int
) -> None:
    train = prepare(hooked(db, session), accelerator(dispatch_batches=False), loader(Stream(), num_workers=workers))
    received = [rows(batch) for batch in skip_first_batches(train, 4)]
    assert len(received) == 2
    session.end()
    assert values(path, "train") == received
    assert undelivered(path) == [("train", 0, 4)]


def test_a_bare_torch_loader_that_accelerate_skips_in_is_recorded_too(
    db: ProvenanceDatabase, session: Session, path: Path
) -> None:
    accelerator()
    train = skip_first_batches(hooked(db, session).wrap(loader(Stream()), name="train"), 5)
    assert [rows(batch) for batch in train] == [[10, 11]]
    session.end()
    assert values(path, "train") == [[10, 11]]
    assert undelivered(path) == [("train", 0, 5)]


@EITHER
@pytest.mark.parametrize("split", [False, True])
def test_a_dispatcher_with_one_process_delivers_what_it_dispatches(
    db: ProvenanceDatabase, session: Session, path: Path, prepare: Wrap, split: bool
) -> None:
    train = prepare(hooked(db, session), accelerator(dispatch_batches=True, split_batches=split), loader())
    assert type(train).__name__ == "DataLoaderDispatcher"
    received = []
    for batch in train:
        received.append(rows(batch))
        if len(received) == 3:
            break
    session.end()
    assert delivered(path, "train") == received == [[0, 1], [2, 3], [4, 5]]
    assert undelivered(path) == [("train", 0, 1)]


def test_a_loader_inside_a_data_set_is_not_taken_for_the_one_that_looks_ahead(
    db: ProvenanceDatabase, session: Session, path: Path
) -> None:
    hook = hooked(db, session)
    inner = hook.wrap(loader(batch_size=None), name="inner")

    class Reads(Stream):
        def __iter__(self) -> Iterator[Any]:
            yield from inner

    train = accelerator(dispatch_batches=False).prepare(hook.wrap(loader(Reads()), name="train"))
    for _ in train:
        break
    session.end()
    assert len(delivered(path, "train")) == 1
    assert len(delivered(path, "inner")) == 4
    assert undelivered(path) == [("train", 0, 1)]


def train_with(prepare: Callable[[Accelerator, Any], Any], accumulation: int = 1) -> tuple[torch.Tensor, list[float]]:
    torch.manual_seed(3)
    accelerate = Accelerator(cpu=True, gradient_accumulation_steps=accumulation)
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    train = prepare(accelerate, loader(shuffle=True))
    model, optimizer = accelerate.prepare(model, optimizer)
    losses = []
    for _ in range(2):
        for batch in train:
            with accelerate.accumulate(model):
                loss = model(batch).square().mean()
                accelerate.backward(loss)
                optimizer.step()
                optimizer.zero_grad()
                losses.append(loss.item())
        with torch.no_grad():
            model(torch.ones(1))
    return torch.cat([weights.reshape(-1) for weights in model.parameters()]), losses


@EITHER
@pytest.mark.parametrize("accumulation", [1, 3, 4])
def test_weights_and_losses_are_those_without_the_hook_and_steps_close_their_groups(
    db: ProvenanceDatabase, session: Session, path: Path, prepare: Wrap, accumulation: int
) -> None:
    hook = hooked(db, session)
    weights, losses = train_with(lambda accelerate, bare: prepare(hook, accelerate, bare), accumulation)
    state = torch.get_rng_state()
    bare_weights, bare_losses = train_with(lambda accelerate, bare: accelerate.prepare(bare), accumulation)
    session.end()
    assert torch.equal(weights, bare_weights)
    assert losses == bare_losses
    assert torch.equal(state, torch.get_rng_state())
    # Accelerate takes a step at the end of the loader too: 6 batches are 2 groups of 3, or one of 4 and one of 2.
    groups = {1: 12, 3: 4, 4: 4}[accumulation]
    assert sum(steps for *_, steps in became(path)) == groups
    assert {step for _, first, last, use, _ in became(path) for step in range(first, last + 1)} == set(range(12))


def test_validation_is_kept_apart(db: ProvenanceDatabase, session: Session, path: Path) -> None:
    hook, accelerate = hooked(db, session), accelerator()
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    train = hook.wrap(loader(), name="train")
    valid = hook.wrap(loader(batch_size=4), name="valid")
    model, optimizer, train, valid = accelerate.prepare(model, optimizer, train, valid)
    for batch in train:
        accelerate.backward(model(batch).mean())
        optimizer.step()
    with torch.no_grad():
        assert len([model(batch) for batch in valid]) == 3
    session.end()
    assert became(path) == [("train", 0, 5, TRAINED, 6), ("valid", 0, 2, EVALUATED, 0)]


@stateful
def test_a_prepared_loader_stays_the_one_whose_state_accelerate_saves(
    db: ProvenanceDatabase, session: Session, tmp_path: Path, path: Path
) -> None:
    accelerate = accelerator(use_stateful_dataloader=True)
    train = accelerate.prepare(hooked(db, session).wrap(loader(), name="train"))
    iterator = iter(train)
    received = [rows(next(iterator)) for _ in range(2)]
    accelerate.save_state(str(tmp_path / "state"))
    del iterator
    accelerate.load_state(str(tmp_path / "state"))
    received += [rows(batch) for batch in train]
    session.end()
    assert delivered(path, "train") == received == [[number, number + 1] for number in range(0, 12, 2)]
    assert epochs(path, "train") == [(0, step) for step in range(6)]


@stateful
def test_a_loader_that_was_asked_for_its_state_already_is_refused(db: ProvenanceDatabase, session: Session) -> None:
    with pytest.raises(UsageError, match="before its state is asked for"):
        prepared_first(hooked(db, session), accelerator(use_stateful_dataloader=True), loader())
