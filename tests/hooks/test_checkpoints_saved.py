"""What torch, safetensors, transformers and Lightning save while a session records: digest, place, and no harm."""

from __future__ import annotations

import functools
import hashlib
import io
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightning
import pytest
import safetensors.torch
import torch
from outcome import Numbers
from run.running import origin_run, script, told
from torch.utils.data import DataLoader
from transformers import BertConfig, BertModel, Trainer, TrainingArguments

from origin.errors import OriginWarning, UsageError
from origin.hooks import checkpoints, saved
from origin.hooks.base import BaseHook
from origin.hooks.pytorch import DataLoaderHook
from origin.query.models import Model, models
from origin.query.verify import verify
from origin.run import watch
from origin.storage.database import ProvenanceDatabase
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from origin.storage.database import Session

SAVERS = (
    lambda: torch.save,
    lambda: torch.serialization.save,
    lambda: safetensors.torch.save_file,
    lambda: safetensors.torch.save_model,
    lambda: Trainer.save_model,
    lambda: Trainer._save_checkpoint,
    lambda: BertModel.save_pretrained,
    lambda: lightning.Trainer.save_checkpoint,
    lambda: lightning.Fabric.save,
)


@pytest.fixture
def session(db: ProvenanceDatabase) -> Session:
    return db.begin_session("saves")


@pytest.fixture
def hook(db: ProvenanceDatabase, session: Session) -> DataLoaderHook:
    return DataLoaderHook(db, session.session_id, "numbers")


def sha256(path: Path | str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def recorded(path: Path) -> list[Model]:
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        return models(reader, session)


def batches_before(path: Path) -> list[int]:
    """Of each model, how many batches of the log come before it."""
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        entries = [batch.sequence for batch in reader.batches(session.row)]
        return [sum(entry < (model.sequence or 0) for entry in entries) for model in models(reader, session)]


def why(path: Path) -> list[tuple[str, str]]:
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        return [(gap.reason, gap.detail) for _, gap in reader.gaps(session.row)]


def loader() -> DataLoader[Any]:
    return DataLoader(Numbers(12), batch_size=4)


def test_torch_saves_stand_between_the_batches_with_the_steps_until_then(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    layer = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
    digests = []
    for number, batch in enumerate(hook.wrap(loader())):
        layer(batch).sum().backward()
        optimizer.step()
        file = tmp_path / f"{number}.pt"
        torch.save(layer.state_dict(), file if number else str(file))
        digests.append(sha256(file))
    session.end()
    found = recorded(path)
    assert [(one.name, one.steps, one.sha256, one.how) for one in found] == [
        (f"{number}.pt", number + 1, digests[number], "torch.save") for number in range(3)
    ]
    assert batches_before(path) == [1, 2, 3]
    assert why(path) == []
    with RawReader(path) as raw:
        assert verify(raw).findings == ()


def test_one_path_saved_again_and_again_is_each_time_what_it_was(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    digests = []
    for number in range(20):
        torch.save(torch.full((3,), number), tmp_path / "last.pt")
        digests.append(sha256(tmp_path / "last.pt"))
    session.end()
    assert [one.sha256 for one in recorded(path)] == digests
    assert len(set(digests)) == 20


def test_a_buffer_is_nothing_and_an_open_file_is_a_gap(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    torch.save(torch.zeros(1), io.BytesIO())
    with (tmp_path / "o.pt").open("wb") as stream, pytest.warns(OriginWarning, match="who opened it closes it"):
        torch.save(torch.zeros(1), stream)
    with open(os.fsencode(tmp_path / "b.pt"), "wb") as stream:  # noqa: PTH123 - a path of bytes
        torch.save(torch.zeros(1), stream)
    with os.fdopen(os.open(tmp_path / "n.pt", os.O_CREAT | os.O_WRONLY), "wb") as stream:
        torch.save(torch.zeros(1), stream)
    session.end()
    assert recorded(path) == []
    assert [reason for reason, _ in why(path)] == ["model"] * 3


def test_safetensors_files_and_models_are_seen(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    safetensors.torch.save_file({"w": torch.zeros(2)}, tmp_path / "file.safetensors")
    safetensors.torch.save_model(torch.nn.Linear(1, 1), filename=str(tmp_path / "model.safetensors"))
    session.end()
    assert [(one.name, one.how, one.sha256) for one in recorded(path)] == [
        (name, "safetensors", sha256(tmp_path / name)) for name in ("file.safetensors", "model.safetensors")
    ]


def test_a_large_model_is_read_by_another_thread_and_keeps_its_place(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved, "AT_ONCE", 0)
    go_on = threading.Event()
    threads: list[str] = []
    digested = saved.digested

    def slowly(*given: Any) -> Any:
        threads.append(threading.current_thread().name)
        assert go_on.wait(30)
        return digested(*given)

    monkeypatch.setattr(saved, "digested", slowly)
    for number, _ in enumerate(hook.wrap(loader())):
        torch.save(torch.zeros(number), tmp_path / f"{number}.pt")
    go_on.set()
    session.end()
    assert threads == ["origin-models"] * 3
    assert [(one.name, one.sha256) for one in recorded(path)] == [
        (f"{number}.pt", sha256(tmp_path / f"{number}.pt")) for number in range(3)
    ]
    assert batches_before(path) == [1, 2, 3]
    with Reader(path) as reader:
        last = list(reader.batches(reader.sessions()[0].row))[-1].sequence
    assert all(one.entry > last for one in recorded(path))


def test_where_no_thread_can_be_started_a_large_model_is_read_within_the_call(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(saved, "AT_ONCE", 0)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        torch.save(torch.zeros(3), tmp_path / "m.pt")
    torch.save(torch.zeros(4), tmp_path / "n.pt")
    session.end()
    assert [(one.name, one.sha256) for one in recorded(path)] == [
        (name, sha256(tmp_path / name)) for name in ("m.pt", "n.pt")
    ]


@pytest.mark.parametrize("harm", ["removed", "written again", "replaced"])
def test_what_changes_before_it_is_read_is_a_gap_and_no_wrong_digest(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    monkeypatch.setattr(saved, "AT_ONCE", 0)
    file, other = tmp_path / "m.pt", tmp_path / "other.pt"
    other.write_bytes(b"another model")
    done = threading.Event()
    digested = saved.digested

    def late(*given: Any) -> Any:
        assert done.wait(30)
        return digested(*given)

    monkeypatch.setattr(saved, "digested", late)
    torch.save(torch.zeros(3), file)
    if harm == "removed":
        file.unlink()
    elif harm == "written again":
        file.write_bytes(b"something else")
    else:
        other.replace(file)
    with pytest.warns(OriginWarning, match="a model is not recorded"):
        done.set()
        session.end()
    assert recorded(path) == []
    assert [reason for reason, _ in why(path)] == ["model"]


def test_what_cannot_be_watched_is_a_gap_of_each_session_once(
    db: ProvenanceDatabase, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_seam: checkpoints.Seam) -> None:
        raise LookupError("another library")

    monkeypatch.setattr(checkpoints, "_patch", broken)
    monkeypatch.setattr(checkpoints, "_refused", {})
    with db.begin_session("saves") as session:
        with pytest.warns(OriginWarning, match=r"cannot be watched \(LookupError: another library\)"):
            hook = BaseHook(db, session.session_id, "numbers")
        list(hook.wrap([[b"a"]]))
        list(hook.wrap([[b"a"]]))
    told_of = [detail for _, detail in why(path)]
    assert len(told_of) == len(set(told_of)) > 0
    assert any("torch.save cannot be watched" in detail for detail in told_of)


def test_in_haste_what_is_not_read_yet_is_told(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved, "AT_ONCE", 0)
    monkeypatch.setattr(saved.reader, "_limit_s", None)
    go_on = threading.Event()
    digested = saved.digested
    monkeypatch.setattr(saved, "digested", lambda *given: (go_on.wait(30), digested(*given))[1])
    torch.save(torch.zeros(1), tmp_path / "m.pt")
    saved.hurry()
    with pytest.warns(OriginWarning, match="still being read"):
        session.end()
    go_on.set()
    assert recorded(path) == []
    assert [reason for reason, _ in why(path)] == ["model"]


def test_a_save_that_fails_fails_as_without_us_and_records_nothing(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        torch.save(threading.Lock(), tmp_path / "m.pt")
    with pytest.raises(TypeError, match="f"):
        torch.save(torch.zeros(1))  # type: ignore[call-arg]
    with pytest.raises(RuntimeError, match="does not exist"):
        torch.save(torch.zeros(1), tmp_path / "none" / "m.pt")
    assert checkpoints._inside.one is False
    session.end()
    assert (recorded(path), why(path)) == ([], [])


@pytest.mark.filterwarnings("ignore:a model is not recorded")
def test_what_fails_on_our_side_is_a_gap_and_the_model_is_saved(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise OSError("no such disk")

    for name in ("listed", "position"):
        owner: Any = checkpoints if name == "listed" else ProvenanceDatabase
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, broken)
            torch.save(torch.zeros(1), tmp_path / f"{name}.pt")
        assert torch.equal(torch.load(tmp_path / f"{name}.pt"), torch.zeros(1))
    session.end()
    assert recorded(path) == []
    assert [("no such disk" in detail, reason) for reason, detail in why(path)] == [(True, "model")] * 2


def test_functions_are_themselves_again_once_no_session_records(db: ProvenanceDatabase) -> None:
    before = [saver() for saver in SAVERS]
    one, other = db.begin_session("one"), db.begin_session("other")
    DataLoaderHook(db, one.session_id, "s")
    BaseHook(db, other.session_id, "s")
    assert [saver().__wrapped__ for saver in SAVERS] == before  # type: ignore[attr-defined]
    one.end()
    assert torch.save is not before[0]
    other.end()
    assert [saver() for saver in SAVERS] == before


def test_a_wrapper_around_ours_stays_and_a_new_session_sees_through_it(
    db: ProvenanceDatabase, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = db.begin_session("first")
    DataLoaderHook(db, first.session_id, "s")
    ours = torch.save
    monkeypatch.setattr(torch, "save", functools.wraps(ours)(lambda *given: ours(*given, pickle_protocol=3)))
    first.end()
    torch.save(torch.zeros(1), tmp_path / "between.pt")
    with db.begin_session("second") as second:
        DataLoaderHook(db, second.session_id, "s")
        torch.save(torch.zeros(1), tmp_path / "m.pt")
    assert [one.name for one in recorded(path)] == ["m.pt"]


def test_two_sessions_each_have_the_model_at_their_own_place(db: ProvenanceDatabase, tmp_path: Path) -> None:
    one, other = db.begin_session("one"), db.begin_session("other")
    list(DataLoaderHook(db, one.session_id, "s").wrap(loader()))
    DataLoaderHook(db, other.session_id, "s")
    torch.save(torch.zeros(1), tmp_path / "m.pt")
    one.end()
    other.end()
    with db.reader() as reader:
        found = [models(reader, session) for session in reader.sessions()]
    assert [[(model.name, model.sequence) for model in some] for some in found] == [[("m.pt", 6)], [("m.pt", 1)]]


def test_a_forked_child_records_nothing_of_its_own_saves(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    child = os.fork()
    if child == 0:
        try:
            torch.save(torch.zeros(1), tmp_path / "child.pt")
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert (tmp_path / "child.pt").exists()
    session.end()
    assert (recorded(path), why(path)) == ([], [])


def test_a_hook_records_what_it_is_told_of(hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "w.bin").write_bytes(b"w")
    for _ in hook.wrap(loader()):
        hook.checkpoint(tmp_path / "folder", name="mine")
    with pytest.warns(OriginWarning, match="none"):
        hook.checkpoint(tmp_path / "none")
    session.end()
    assert [(one.name, one.how, one.bytes) for one in recorded(path)] == [("mine", "recorded", 1)] * 3
    assert batches_before(path) == [1, 2, 3]
    assert len(why(path)) == 1


def test_a_strict_hook_raises_what_cannot_be_recorded(db: ProvenanceDatabase, path: Path, tmp_path: Path) -> None:
    session = db.begin_session("strict")
    hook = DataLoaderHook(db, session.session_id, "s", strict=True)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no files"):
        hook.checkpoint(tmp_path / "empty")
    (tmp_path / "m").write_bytes(b"m")
    hook.checkpoint(tmp_path / "m")
    session.end()
    assert [one.name for one in recorded(path)] == ["m"]


def collate(samples: list[Any]) -> dict[str, torch.Tensor]:
    numbers = torch.stack(samples)
    return {"x": numbers, "labels": numbers * 2}


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        found = self.layer(x)
        return {"loss": (found - labels).square().mean(), "logits": found}


def test_a_checkpoint_of_transformers_is_one_folder_at_its_step(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    class Recorded(Trainer):
        def get_train_dataloader(self) -> Any:
            return hook.wrap(super().get_train_dataloader(), name="train")

    out = tmp_path / "out"
    arguments = TrainingArguments(
        output_dir=str(out), max_steps=4, save_steps=2, per_device_train_batch_size=2, report_to=[], use_cpu=True,
        disable_tqdm=True, logging_steps=100, seed=3,
    )  # fmt: skip
    trainer = Recorded(Net(), arguments, train_dataset=Numbers(8), data_collator=collate)
    trainer.train()
    (out / "notes.txt").write_text("of somebody")
    trainer.save_model()
    session.end()
    found = recorded(path)
    assert [(one.name, one.how, one.steps) for one in found] == [
        ("checkpoint-2", "transformers", 2),
        ("checkpoint-4", "transformers", 4),
        ("out", "transformers", 4),
    ]
    assert batches_before(path) == [2, 4, 4]
    for one in found[:2]:
        here = {file.name: sha256(file) for file in (out / one.name).iterdir()}
        assert {file.path: file.sha256 for file in one.files} == here
        assert "model.safetensors" in here
        assert "optimizer.pt" in here
    assert {file.path for file in found[2].files} == {"model.safetensors", "training_args.bin"}
    assert why(path) == []


def test_a_pretrained_model_is_what_it_wrote_and_nothing_else_in_the_folder(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    model = BertModel(BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, vocab_size=9))
    (tmp_path / "data.csv").write_text("1,2")
    for _ in range(2):
        model.save_pretrained(path.parent, is_main_process=True)
    model.save_pretrained(tmp_path / "other", is_main_process=False)
    session.end()
    found = recorded(path)
    assert [(one.how, [file.path for file in one.files]) for one in found] == [
        ("transformers", ["config.json", "model.safetensors"])
    ] * 2
    assert found[0].files[1].sha256 == sha256(tmp_path / "model.safetensors")


class Module(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch: Any, _number: int) -> Any:
        return self.layer(batch).square().mean()

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.001)


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_checkpoints_of_lightning_are_seen_by_callback_and_by_hand(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    callback = lightning.pytorch.callbacks.ModelCheckpoint(dirpath=out, every_n_train_steps=2, save_top_k=-1)
    trainer = lightning.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, callbacks=[callback], enable_progress_bar=False,
        enable_model_summary=False, default_root_dir=tmp_path,
    )  # fmt: skip
    trainer.fit(Module(), hook.wrap(DataLoader(Numbers(8), batch_size=2)))
    trainer.save_checkpoint(out / "by-hand.ckpt")
    session.end()
    assert [(one.name, one.how, one.steps, one.sha256) for one in recorded(path)] == [
        (name, "lightning", steps, sha256(out / name))
        for name, steps in (("epoch=0-step=2.ckpt", 2), ("epoch=0-step=4.ckpt", 4), ("by-hand.ckpt", 4))
    ]
    assert batches_before(path) == [2, 4, 4]


def test_what_fabric_saves_is_seen_and_what_goes_elsewhere_is_a_gap(
    hook: DataLoaderHook, session: Session, path: Path, tmp_path: Path
) -> None:
    fabric = lightning.Fabric(accelerator="cpu", devices=1)
    fabric.save(tmp_path / "f.ckpt", {"a": 1})
    with pytest.warns(OriginWarning, match="no path of this machine"):
        fabric.save("memory://f.ckpt", {"a": 1})
    session.end()
    assert [(one.name, one.how, one.sha256) for one in recorded(path)] == [
        ("f.ckpt", "lightning", sha256(tmp_path / "f.ckpt"))
    ]
    assert [reason for reason, _ in why(path)] == ["model"]


def test_steps_of_a_session_that_was_resumed_are_not_known(path: Path, tmp_path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        name = db.begin_session("resumed").session_id
        list(DataLoaderHook(db, name, "s").wrap(loader(), name="l"))
    with ProvenanceDatabase(path) as db:
        session = db.resume_session(name)
        list(DataLoaderHook(db, name, "s").wrap(loader(), name="l"))
        torch.save(torch.zeros(1), tmp_path / "m.pt")
        session.end()
    assert [one.steps for one in recorded(path)] == [None]
    assert batches_before(path) == [6]


def test_a_record_that_is_closed_without_an_end_has_what_was_saved(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved, "AT_ONCE", 0)
    before = torch.save
    with ProvenanceDatabase(path) as db:
        DataLoaderHook(db, db.begin_session("open").session_id, "s")
        torch.save(torch.zeros(1), tmp_path / "m.pt")
    assert [one.name for one in recorded(path)] == ["m.pt"]
    assert torch.save is before


def test_the_modules_that_save_are_those_that_origin_run_waits_for() -> None:
    assert {seam.module for seam in checkpoints.SEAMS} - {"torch.serialization"} == set(watch._SAVERS)


@pytest.mark.parametrize("seam", checkpoints.SEAMS, ids=lambda seam: f"{seam.module}.{seam.name}")
def test_every_seam_is_there_in_the_installed_version(seam: checkpoints.Seam) -> None:
    owner: Any = pytest.importorskip(seam.module)
    assert owner is sys.modules[seam.module]
    for part in seam.name.split("."):
        owner = getattr(owner, part)
    assert callable(owner)


def test_under_origin_run_saves_are_seen_though_libraries_come_late_and_are_no_data_that_was_read(
    tmp_path: Path,
) -> None:
    text = (
        "import torch\n"
        "from torch.utils.data import DataLoader\n"
        "for number, batch in enumerate(DataLoader(list(range(6)), batch_size=2)):\n"
        "    if number == 0:\n"
        "        from safetensors.torch import save_file\n"
        "        save_file({'w': torch.zeros(2)}, 'a.safetensors')\n"
        "torch.save({'w': 1}, 'b.pt')\n"
        "torch.save(torch.zeros(5_000_000), 'large.pt')\n"
    )
    ran = origin_run(tmp_path, script(tmp_path, text))
    assert (ran.code, ran.out, ran.err) == (0, b"", b"")
    path = tmp_path / "provenance.db"
    assert [(one.name, one.sha256) for one in recorded(path)] == [
        (name, sha256(tmp_path / name)) for name in ("a.safetensors", "b.pt", "large.pt")
    ]
    assert batches_before(path) == [1, 3, 3]
    assert [name for name in told(path).files if name.endswith((".pt", ".safetensors"))] == []
