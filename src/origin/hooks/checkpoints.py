"""Checkpoints that a training writes, recorded as models: what they had been delivered by then can be proven.

While a session records, the functions by which models are saved are wrapped where their library is imported: when a
hook is made, when a loop begins, and under `origin run` as soon as they are imported. The outermost call counts: what
Trainer or Lightning save is one model, whatever functions they use for it. Once no session records they are themselves
again. What fails here is a gap of reason `model`, and never reaches the training.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from origin.errors import UsageError
from origin.hooks.saved import Followed, Saved, reader
from origin.storage.models import RECORDED, Listing, listed, state_of

if TYPE_CHECKING:
    from origin.hooks.saved import Mark
    from origin.storage.database import ProvenanceDatabase
    from origin.storage.models import State
    from origin.storage.writer import Recording

TORCH, SAFETENSORS, TRANSFORMERS, LIGHTNING = "torch.save", "safetensors", "transformers", "lightning"


class Unseen(NamedTuple):
    """It is known that a model is saved, but not what of it is on the disk; why."""

    why: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call saves to. own_files: a folder that holds other files too; only what the call writes is meant."""

    path: str
    own_files: bool = False


Found: TypeAlias = Target | Unseen | None
"""None: nothing that is to be recorded by this process."""

Arguments = Mapping[str, Any]


def _path(value: Any) -> Found:
    if not isinstance(value, str | os.PathLike):
        return None
    path = os.fsdecode(value)
    return Unseen(f"{path} is no path of this machine: bind a copy of it") if "://" in path else Target(path)


def _of_torch(call: Arguments) -> Found:
    to = call["f"]
    name = getattr(to, "name", None)
    if isinstance(name, str | bytes | int) and not isinstance(to, os.PathLike):
        written = f"file descriptor {name}" if isinstance(name, int) else os.fsdecode(name)
        return Unseen(
            f"torch.save wrote into {written}, and who opened it closes it later: hook.checkpoint(path) takes it"
        )
    return _path(to)


def _of_safetensors(call: Arguments) -> Found:
    return _path(call["filename"])


def _of_pretrained(call: Arguments) -> Found:
    return Target(os.fsdecode(call["save_directory"]), own_files=True) if call.get("is_main_process", True) else None


def _of_trainer_model(call: Arguments) -> Found:
    trainer = call["self"]
    folder = call.get("output_dir") or trainer.args.output_dir
    return Target(os.fsdecode(folder), own_files=True) if trainer.args.should_save else None


def _of_trainer_checkpoint(call: Arguments) -> Found:
    trainer = call["self"]
    folder = trainer._get_output_dir(trial=call["trial"])  # noqa: SLF001 - no public seam
    path = os.path.join(folder, f"checkpoint-{trainer.state.global_step}")  # noqa: PTH118
    return Target(path) if trainer.args.should_save else None


def _of_lightning(call: Arguments) -> Found:
    return _path(call["filepath"]) if call["self"].is_global_zero else None


def _of_fabric(call: Arguments) -> Found:
    return _path(call["path"]) if call["self"].is_global_zero else None


class Seam(NamedTuple):
    """A function that saves: its module, its name there, who that is, and how its target follows from its arguments."""

    module: str
    name: str
    how: str
    target: Callable[[Arguments], Found]


SEAMS = (
    Seam("torch", "save", TORCH, _of_torch),
    Seam("torch.serialization", "save", TORCH, _of_torch),
    Seam("safetensors.torch", "save_file", SAFETENSORS, _of_safetensors),
    Seam("safetensors.torch", "save_model", SAFETENSORS, _of_safetensors),
    Seam("accelerate.utils.other", "safe_save_file", SAFETENSORS, _of_safetensors),
    Seam("transformers.modeling_utils", "PreTrainedModel.save_pretrained", TRANSFORMERS, _of_pretrained),
    Seam("transformers.trainer", "Trainer.save_model", TRANSFORMERS, _of_trainer_model),
    Seam("transformers.trainer", "Trainer._save_checkpoint", TRANSFORMERS, _of_trainer_checkpoint),
    Seam("lightning.pytorch.trainer.trainer", "Trainer.save_checkpoint", LIGHTNING, _of_lightning),
    Seam("lightning.fabric.fabric", "Fabric.save", LIGHTNING, _of_fabric),
    Seam("pytorch_lightning.trainer.trainer", "Trainer.save_checkpoint", LIGHTNING, _of_lightning),
    Seam("lightning_fabric.fabric", "Fabric.save", LIGHTNING, _of_fabric),
)


class _Patched(NamedTuple):
    owner: Any
    name: str
    original: Any
    wrapped: Any


_followed: list[Followed] = []
_patched: dict[Seam, _Patched] = {}
_refused: dict[Seam, str] = {}
"""What could not be wrapped, and why: of what it saves nothing is recorded."""
_inside = threading.local()


def follow(db: ProvenanceDatabase, recording: Recording) -> None:
    """Record into that session what is saved from here on, until it ends."""
    if not any(one.recording is recording for one in _followed):
        _followed[:] = [one for one in _followed if not one.is_over]
        _followed.append(Followed(db, recording, _forget))
    look()


def look() -> None:
    """Wrap what was imported since. Nothing while no session records."""
    if not _followed or len(_patched) == len(SEAMS):
        return
    for seam in SEAMS:
        if seam.module in sys.modules and seam not in _patched and seam not in _refused:
            try:
                _patch(seam)
            except Exception as error:  # noqa: BLE001 - called where loops begin
                _refused[seam] = f"{seam.module}.{seam.name} cannot be watched ({type(error).__name__}: {error})"
    for one in _recording():
        one.lack(_refused.values())


def _patch(seam: Seam) -> None:
    owner: Any = sys.modules[seam.module]
    *outer, name = seam.name.split(".")
    for part in outer:
        owner = getattr(owner, part, None)
    original = vars(owner).get(name) if owner is not None else None
    if original is None:
        return  # still being imported, or another version
    wrapped = _watched(original, seam)
    _patched[seam] = _Patched(owner, name, original, wrapped)
    setattr(owner, name, wrapped)


def _forget(followed: Followed) -> None:
    """A session has ended; with the last one all functions are themselves again."""
    _followed[:] = [one for one in _followed if one is not followed and not one.is_over]
    if not _followed:
        for seam, (owner, name, original, wrapped) in list(_patched.items()):
            # Where somebody has wrapped ours, it stays, and passes on.
            if vars(owner).get(name) is wrapped:
                setattr(owner, name, original)
                del _patched[seam]


def _watched(original: Callable[..., Any], seam: Seam) -> Callable[..., Any]:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def save(*args: Any, **kwargs: Any) -> Any:
        if getattr(_inside, "one", False) or not _followed:
            return original(*args, **kwargs)
        call = _Call(seam)
        call.begin(lambda: signature.bind(*args, **kwargs).arguments)
        try:
            _inside.one = True
            result = original(*args, **kwargs)
        finally:
            _inside.one = False
        call.end()
        return result

    return save


@dataclass(slots=True)
class _Call:
    """One call that saves a model, from just before until it has returned."""

    seam: Seam
    found: Found = None
    marks: list[Mark] = field(default_factory=list)
    before: dict[str, State] = field(default_factory=dict)

    def begin(self, arguments: Callable[[], Arguments]) -> None:
        """Take the place of the model in the logs. Raises nothing."""
        try:
            given = arguments()
        except TypeError:
            return  # they do not fit: the call will say so
        try:
            self.found = self.seam.target(given)
            if isinstance(self.found, Target):
                self.before = _files_in(self.found.path) if self.found.own_files else {}
        except Exception as error:  # noqa: BLE001 - told, never raised
            self.found = Unseen(f"{self.seam.name}: {type(error).__name__}: {error}")
        if isinstance(self.found, Target):
            for one in _recording():
                self._mark(one)

    def _mark(self, followed: Followed) -> None:
        try:
            self.marks.append(followed.mark())
        except Exception as error:  # noqa: BLE001 - told, never raised
            followed.lose(f"its place in the log is not known ({type(error).__name__}: {error})")

    def end(self) -> None:
        """The model is on the disk. Raises nothing."""
        if isinstance(self.found, Unseen):
            for one in _recording():
                one.lose(self.found.why)
        if not isinstance(self.found, Target) or not self.marks:
            return
        path = self.found.path
        try:
            listing = _written(path, self.before) if self.found.own_files else listed(path)
            reader.take(Saved(listing, self.seam.how, self.marks))
        except Exception as error:  # noqa: BLE001 - told, never raised
            for mark in self.marks:
                mark.followed.lose(f"{path}: {type(error).__name__}: {error}")


def _recording() -> list[Followed]:
    return [one for one in _followed if not one.is_over]


def record(
    db: ProvenanceDatabase, session_id: str, path: str | os.PathLike[str], name: str | None, *, strict: bool
) -> None:
    """See BaseHook.checkpoint."""
    recording = db.recording(session_id)
    follow(db, recording)
    followed = next(one for one in _followed if one.recording is recording)
    if strict:
        db.bind(session_id, path, steps=followed.mark().steps, name=name)
        return
    try:
        mark = followed.mark()
        reader.take(Saved(listed(path), RECORDED, [mark], name))
    except Exception as error:  # noqa: BLE001 - told, never raised
        followed.lose(f"{path}: {type(error).__name__}: {error}")


def _files_in(folder: str) -> dict[str, State]:
    """The files in a folder, not those below it, but for the records themselves."""
    ours = tuple(str(one.path) for one in _followed)
    try:
        with os.scandir(os.path.realpath(folder)) as found:
            files = sorted(one.name for one in found if one.is_file() and not one.path.startswith(ours))
    except FileNotFoundError:
        return {}
    return {name: state_of(Path(folder, name)) for name in files}


def _written(folder: str, before: Mapping[str, State]) -> Listing:
    """The files in a folder that are new or were changed since."""
    files = {name: (Path(folder, name), now) for name, now in _files_in(folder).items() if before.get(name) != now}
    if not files:
        raise UsageError("nothing was written there")
    return Listing(folder, is_folder=True, files=files)
