"""The Trainer of transformers: what training_step really received against what the record says was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from outcome import Numbers, Stream, became, delivered, epochs, evidence, rows, undelivered, values
from transformers import Trainer, TrainerCallback, TrainingArguments

from origin.core.record import EVALUATED, TRAINED
from origin.hooks.pytorch import DataLoaderHook
from origin.storage.database import ProvenanceDatabase

if TYPE_CHECKING:
    from pathlib import Path

    from origin.storage.database import Session

WORKERS = pytest.mark.parametrize("workers", [0, 2])


def collate(samples: list[Any]) -> dict[str, torch.Tensor]:
    numbers = torch.stack(samples)
    return {"x": numbers, "labels": numbers * 2}


class Model(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        found = self.layer(x)
        return {"loss": (found - labels).square().mean(), "logits": found}


class Recorded(Trainer):
    """A Trainer whose loaders are wrapped (or not), and which notes what it was given."""

    def __init__(self, hook: DataLoaderHook | None, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.hook = hook
        self.trained: list[list[int]] = []
        self.evaluated: list[list[int]] = []
        self.losses: list[float] = []

    def get_train_dataloader(self) -> Any:
        loader = super().get_train_dataloader()
        return self.hook.wrap(loader, name="train") if self.hook else loader

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        loader = super().get_eval_dataloader(eval_dataset)
        return self.hook.wrap(loader, name="eval") if self.hook else loader

    def training_step(self, model: Any, inputs: Any, *args: Any, **options: Any) -> Any:
        self.trained.append(rows(inputs["x"]))
        loss = super().training_step(model, inputs, *args, **options)
        self.losses.append(loss.item())
        return loss

    def prediction_step(self, model: Any, inputs: Any, *args: Any, **options: Any) -> Any:
        self.evaluated.append(rows(inputs["x"]))
        return super().prediction_step(model, inputs, *args, **options)


def trainer(hook: DataLoaderHook | None, tmp_path: Path, data: Any = None, **options: Any) -> Recorded:
    torch.manual_seed(11)
    small = {"per_device_train_batch_size": 2, "per_device_eval_batch_size": 3, "learning_rate": 0.01}
    quiet = {"use_cpu": True, "report_to": [], "disable_tqdm": True, "logging_strategy": "no", "save_strategy": "no"}
    arguments = TrainingArguments(output_dir=str(tmp_path / "out"), **{**small, **quiet, **options})
    return Recorded(
        hook,
        Model(),
        arguments,
        data_collator=collate,
        train_dataset=data or Numbers(),
        eval_dataset=Numbers(7),
    )


@pytest.fixture
def session(db: ProvenanceDatabase) -> Session:
    return db.begin_session("transformers")


@pytest.fixture
def hook(db: ProvenanceDatabase, session: Session) -> DataLoaderHook:
    return DataLoaderHook(db, session.session_id, "numbers")


@WORKERS
@pytest.mark.parametrize(("accumulation", "trained", "groups"), [(1, 4, 4), (2, 7, 4)])
def test_four_steps_train_on_what_training_step_received(
    hook: DataLoaderHook,
    session: Session,
    path: Path,
    tmp_path: Path,
    workers: int,
    accumulation: int,
    trained: int,
    groups: int,
) -> None:
    options = {"gradient_accumulation_steps": accumulation, "dataloader_num_workers": workers, "max_steps": 4}
    # 5 batches an epoch: with accumulation the first epoch ends with a group of one.
    run = trainer(hook, tmp_path, Numbers(10), **options)
    run.train()
    session.end()
    assert len(run.trained) == trained
    assert delivered(path, "train") == run.trained
    found = became(path)
    assert sum(steps for *_, steps in found) == groups
    assert {use for _, _, _, use, _ in found} == {TRAINED}
    assert [step for _, first, last, _, _ in found for step in range(first, last + 1)] == [*range(trained)]
    # One more was fetched in the epoch that max_steps cut short.
    assert undelivered(path) == [("train", (trained - 1) // 5, 1)]


@WORKERS
def test_evaluation_during_training_is_kept_apart(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path, workers: int
) -> None:
    run = trainer(hook, tmp_path, dataloader_num_workers=workers, max_steps=6, eval_strategy="steps", eval_steps=2)
    run.train()
    session.end()
    assert delivered(path, "train") == run.trained
    assert delivered(path, "eval") == run.evaluated == [[0, 1, 2], [3, 4, 5], [6]] * 3
    assert became(path) == [("eval", 0, 8, EVALUATED, 0), ("train", 0, 5, TRAINED, 6)]
    assert evidence(path, EVALUATED) == {"delivered to transformers.trainer.evaluation_loop"}


def test_an_evaluation_without_training_is_evaluation(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    run = trainer(hook, tmp_path)
    run.evaluate()
    session.end()
    assert became(path) == [("eval", 0, 2, EVALUATED, 0)]


class Die(TrainerCallback):
    """The process dies once a checkpoint is written."""

    def on_save(self, *_arguments: Any, **_options: Any) -> None:
        raise KeyboardInterrupt


@WORKERS
@pytest.mark.parametrize("accumulation", [1, 2])
def test_a_resumed_run_has_no_gap_and_no_repeat(
    db: ProvenanceDatabase, path: Path, tmp_path: Path, workers: int, accumulation: int
) -> None:
    saving = {"save_strategy": "steps", "save_steps": 4, "num_train_epochs": 2, "dataloader_num_workers": workers}
    saving["gradient_accumulation_steps"] = accumulation
    data = Numbers(12 * accumulation)
    session_id = db.begin_session("transformers").session_id
    run = trainer(DataLoaderHook(db, session_id, "numbers"), tmp_path, data, **saving)
    run.add_callback(Die())
    with pytest.raises(KeyboardInterrupt):
        run.train()
    db.close()
    with ProvenanceDatabase(path) as again:
        session = again.resume_session(session_id)
        resumed = trainer(DataLoaderHook(again, session_id, "numbers"), tmp_path, data, **saving)
        resumed.train(resume_from_checkpoint=True)
        session.end()
    assert (len(run.trained), len(resumed.trained)) == (4 * accumulation, 8 * accumulation)
    assert delivered(path, "train") == run.trained + resumed.trained
    whole = trainer(None, tmp_path / "whole", data, **{**saving, "save_strategy": "no"})
    whole.train()
    assert run.trained + resumed.trained == whole.trained
    assert epochs(path, "train") == [(step // (6 * accumulation), step) for step in range(12 * accumulation)]


@WORKERS
def test_a_stream_is_recorded_as_it_is_trained_on(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path, workers: int
) -> None:
    run = trainer(hook, tmp_path, Stream(), dataloader_num_workers=workers, max_steps=4)
    run.train()
    session.end()
    assert values(path, "train") == run.trained
    assert became(path) == [("train", 0, 3, TRAINED, 4)]


@WORKERS
@pytest.mark.parametrize("accumulation", [1, 2])
def test_weights_losses_and_random_state_are_those_without_the_hook(
    hook: DataLoaderHook, tmp_path: Path, workers: int, accumulation: int
) -> None:
    found = []
    for recorded in (hook, None):
        run = trainer(
            recorded,
            tmp_path,
            num_train_epochs=2,
            gradient_accumulation_steps=accumulation,
            dataloader_num_workers=workers,
            eval_strategy="epoch",
        )
        run.train()
        found.append((run.model.state_dict(), run.losses, run.trained, run.evaluated, torch.get_rng_state()))
    (one, *others, state), (other, *bare, bare_state) = found
    assert others == bare
    assert all(torch.equal(one[key], other[key]) for key in other)
    assert torch.equal(state, bare_state)
