"""Lightning's loops: what training_step and validation_step received is what the record says, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lightning
import pytest
import torch
from lightning.pytorch.utilities import CombinedLoader
from outcome import Numbers, Stream, became, delivered, epochs, evidence, rows, undelivered, values
from torch.utils.data import DataLoader

from origin.core.record import EVALUATED, TRAINED
from origin.hooks.pytorch import DataLoaderHook
from origin.hooks.usage import GRADIENTS_OFF

if TYPE_CHECKING:
    from pathlib import Path

    from origin import ProvenanceDatabase
    from origin.storage.database import Session

pytestmark = [
    # Lightning 2.6 calls what torch 2.13 has deprecated, and gives advice on the size of the run.
    pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:You defined a `validation_step` but have no"),
]

WORKERS = pytest.mark.parametrize("workers", [0, 2])


class Module(lightning.LightningModule):
    """One layer, and a note of each batch that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.trained: list[list[int]] = []
        self.validated: list[list[int]] = []
        self.losses: list[float] = []

    def training_step(self, batch: Any, _number: int) -> Any:
        self.trained.append(rows(batch))
        loss = self.layer(batch).square().mean()
        self.losses.append(loss.item())
        return loss

    def validation_step(self, batch: Any, _number: int) -> None:
        self.validated.append(rows(batch))
        self.layer(batch)

    test_step = validation_step

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.001)


@pytest.fixture
def session(db: ProvenanceDatabase) -> Session:
    return db.begin_session("lightning")


@pytest.fixture
def hook(db: ProvenanceDatabase, session: Session) -> DataLoaderHook:
    return DataLoaderHook(db, session.session_id, "numbers")


def trainer(tmp_path: Path, **options: Any) -> lightning.Trainer:
    small = {"accelerator": "cpu", "max_epochs": 2, "default_root_dir": tmp_path, "enable_checkpointing": False}
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    return lightning.Trainer(**{**small, **quiet, **options})


def loader(workers: int = 0, data: Any = None, **options: Any) -> Any:
    return DataLoader(data or Numbers(), **{"batch_size": 2, "num_workers": workers, **options})


@WORKERS
def test_fit_trains_on_what_is_recorded_and_validation_is_kept_apart(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path, workers: int
) -> None:
    module = Module()
    train = hook.wrap(loader(workers, shuffle=True), name="train")
    valid = hook.wrap(loader(workers, Numbers(6)), name="valid")
    trainer(tmp_path).fit(module, train, valid)
    session.end()
    assert delivered(path, "train") == module.trained
    assert epochs(path, "train") == [(step // 6, step) for step in range(12)]
    # Two batches of the sanity check, then all of them after each epoch.
    assert delivered(path, "valid") == module.validated
    assert [epoch for epoch, _ in epochs(path, "valid")] == [0] * 2 + [1] * 3 + [2] * 3
    assert became(path) == [("train", 0, 11, TRAINED, 12), ("valid", 0, 7, EVALUATED, 0)]
    assert evidence(path, EVALUATED) == {GRADIENTS_OFF}
    assert undelivered(path) == []


@WORKERS
def test_a_loader_of_unknown_length_is_fetched_ahead_and_recorded_when_it_is_delivered(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path, workers: int
) -> None:
    module = Module()
    trainer(tmp_path).fit(module, hook.wrap(loader(workers, Stream()), name="train"))
    session.end()
    assert values(path, "train") == module.trained
    assert len(module.trained) == 12
    assert became(path) == [("train", 0, 11, TRAINED, 12)]
    assert undelivered(path) == []


@WORKERS
def test_a_limit_leaves_the_batch_that_was_fetched_ahead(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path, workers: int
) -> None:
    module = Module()
    limited = trainer(tmp_path, max_steps=3)
    limited.fit(module, hook.wrap(loader(workers, Stream()), name="train"))
    del limited
    session.end()
    assert values(path, "train") == module.trained
    assert became(path) == [("train", 0, 2, TRAINED, 3)]
    assert undelivered(path) == [("train", 0, 1)]


@pytest.mark.parametrize("data", [Numbers, Stream])
def test_accumulated_batches_are_one_group(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path, data: Any
) -> None:
    module = Module()
    train = hook.wrap(loader(data=data()), name="train")
    trainer(tmp_path, accumulate_grad_batches=4, max_epochs=1).fit(module, train)
    session.end()
    assert values(path, "train") == module.trained
    # Lightning takes a step at the end of an epoch, with what there is.
    assert became(path) == [("train", 0, 3, TRAINED, 1), ("train", 4, 5, TRAINED, 1)]


def test_two_training_loaders_are_closed_over_together(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    class Both(Module):
        def training_step(self, batch: Any, number: int) -> Any:
            return super().training_step(torch.cat([batch["one"], batch["two"]]), number)

    module = Both()
    one, two = hook.wrap(loader(), name="one"), hook.wrap(loader(data=Numbers(6)), name="two")
    both = CombinedLoader({"one": one, "two": two}, mode="max_size_cycle")
    trainer(tmp_path, max_epochs=1).fit(module, both)
    session.end()
    assert len(module.trained) == 6
    assert [
        first + second for first, second in zip(delivered(path, "one"), delivered(path, "two"), strict=True)
    ] == module.trained
    assert became(path) == [("one", 0, 5, TRAINED, 6), ("two", 0, 5, TRAINED, 6)]


def test_testing_and_prediction_are_evaluation(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    module = Module()
    trainer(tmp_path).test(module, hook.wrap(loader(), name="test"), verbose=False)
    session.end()
    assert delivered(path, "test") == module.validated
    assert became(path) == [("test", 0, 5, EVALUATED, 0)]


@WORKERS
@pytest.mark.parametrize("data", [Numbers, Stream])
def test_weights_losses_and_random_state_are_those_without_the_hook(
    hook: DataLoaderHook, tmp_path: Path, workers: int, data: Any
) -> None:
    found = []
    for wrap in (hook.wrap, lambda bare: bare):
        lightning.seed_everything(7, verbose=False)
        module = Module()
        train = wrap(loader(workers, data(), shuffle=True if data is Numbers else None))
        trainer(tmp_path).fit(module, train, wrap(loader(workers)))
        found.append((module.state_dict(), module.losses, module.trained, torch.get_rng_state()))
    (one, *others, state), (other, *bare, bare_state) = found
    assert others == bare
    assert all(torch.equal(one[key], other[key]) for key in other)
    assert torch.equal(state, bare_state)
