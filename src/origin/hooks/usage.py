"""What became of delivered batches: which of them an optimizer step closed over, and which were for evaluation.

A step of any torch optimizer in this process closes over the batches that were delivered since the step before. That is
evidence for an iteration that goes on, or that had steps of its own; of one that ended without any step nobody can tell
from here whether it was a validation loop or an epoch whose gradients the later step took, so nothing is said of it.
"""

from __future__ import annotations

import functools
import os
import sys
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from origin.core.record import EVALUATED, SKIPPED, TRAINED, Note, Used, canonical_json
from origin.errors import UsageError, shown
from origin.hooks.checkpoints import look

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.storage.writer import Queued, Recording

Purpose = Literal["training", "evaluation"]
TRAINING: Purpose = "training"
EVALUATION: Purpose = "evaluation"
DECLARED = "declared"
GRADIENTS_OFF = "gradients were off when it was delivered"
STEP = "optimizer step"
LEFT_OUT = "gradient scaler left the step out"
SCALED_STEP = "optimizer step under a gradient scaler, which may have left it out"
"""Fused optimizers skip a step on the device itself: to look would make the training wait for the device."""

NOTE = "observer"
"""The kind of the note that says from where on optimizer steps are seen."""


def checked_purpose(purpose: Purpose | None) -> Purpose | None:
    if purpose not in (None, TRAINING, EVALUATION):
        raise UsageError(f"purpose is {shown(purpose)}: use {TRAINING!r}, {EVALUATION!r}, or leave it out")
    return purpose


@dataclass(slots=True)
class _Open:
    """Batches of one iteration that were delivered since the last optimizer step: steps `first` to `last`."""

    loader: str
    iteration: weakref.ref[Iteration]
    first: int = 0
    last: int = -1
    is_training: bool = False
    """Somebody said so, or it had steps already: then a step after its end closes over its rest."""
    left_out: bool = False
    """A gradient scaler left the step out, and no other optimizer took one yet."""

    @property
    def waits(self) -> bool:
        return self.last >= self.first


class Iteration:
    """One pass of a loop over a loader. Whoever delivers holds it: once it is gone, or ended, the pass is over."""

    __slots__ = ("__weakref__", "_open", "_usage", "loader", "purpose")

    def __init__(self, usage: Usage, loader: str, purpose: Purpose | None) -> None:
        self.loader = loader
        self.purpose = purpose
        self._usage = usage
        self._open: _Open | None = _Open(loader, weakref.ref(self), is_training=purpose == TRAINING)

    def delivered(self, step: int, evaluated: str | None = None) -> None:
        """The batch with that number was handed to the loop; `evaluated`: on what evidence for evaluation."""
        if self.purpose == EVALUATION:
            evaluated = DECLARED
        if evaluated is not None and self.purpose != TRAINING:
            self._usage.tell(Used(self.loader, step, step, EVALUATED, 0, evaluated))
        elif self._open is not None:
            self._usage.wait(self._open, step)

    def end(self) -> None:
        """The loader has no more batches for this pass."""
        if self._open is not None:
            self._open.iteration = _gone
            self._open = None


class _Nothing:
    """Something to refer to that is gone."""


_gone: Any = weakref.ref(_Nothing())


class Usage:
    """What became of the batches of one session."""

    def __init__(self, recording: Recording, put: Callable[[Queued], None], lose: Callable[[Exception], None]) -> None:
        self._recording = recording
        self._put = put
        self.lose = lose
        self._process = os.getpid()
        self._is_resumed = recording.log.head.batches > 0
        self._open: list[_Open] = []
        self._noted = False
        self.steps: int | None = None
        """Optimizer steps of the session; None while they are not seen, or where earlier ones were not."""

    def iteration(self, loader: str, purpose: Purpose | None) -> Iteration:
        self._watch()
        look()
        return Iteration(self, loader, purpose)

    def wait(self, some: _Open, step: int) -> None:
        """A batch was delivered that the next step may close over."""
        if not self._noted:
            self._watch()
        if some.left_out:
            self._close(some, SKIPPED, LEFT_OUT)
        if not some.waits:
            some.first = step
            if some not in self._open:
                self._open.append(some)
        some.last = step

    def stepped(self, how: str) -> None:
        """An optimizer took a step."""
        if self._recording.held:
            # Rows that hooks hold back were delivered before it.
            self._recording.hand_over()
        if self.steps is not None:
            self.steps += 1
        some, self._open = self._open, []
        for one in some:
            lives = one.iteration() is not None
            if one.waits and (lives or one.is_training):
                one.is_training = True
                self._close(one, TRAINED, how)
            one.first = one.last + 1
            if lives:
                self._open.append(one)

    def left_out(self) -> None:
        """A gradient scaler took no step. Another optimizer may still take one for the same batches."""
        self._recording.hand_over()
        for one in self._open:
            one.left_out = one.waits and one.iteration() is not None

    @property
    def is_over(self) -> bool:
        return self._recording.ended or os.getpid() != self._process

    def tell(self, used: Used) -> None:
        try:
            self._put(used)
        except Exception as error:  # noqa: BLE001 - called from the optimizer; the batches then read as delivered only
            self.lose(error)

    def _close(self, some: _Open, use: str, how: str) -> None:
        self.tell(Used(some.loader, some.first, some.last, use, 1, how))
        some.first = some.last + 1
        some.left_out = False

    def _watch(self) -> None:
        """Note, once, from where on optimizer steps are seen: without torch in the process there are none to see."""
        if self._noted or "torch.optim.optimizer" not in sys.modules:
            return
        self._noted = True
        try:
            observe_steps()
            _usages.append(weakref.ref(self))
            # A session that was resumed had steps in another process.
            self.steps = None if self._is_resumed else 0
            content = {"observes": "optimizer steps", "torch": str(sys.modules["torch"].__version__)}
            self._put(Note(NOTE, canonical_json("content", content)))
        except Exception as error:  # noqa: BLE001 - without the note nothing is claimed of what was not trained on
            self.lose(error)


def usage_of(recording: Recording, put: Callable[[Queued], None], lose: Callable[[Exception], None]) -> Usage:
    """What became of a session's batches: one account for all hooks of the session."""
    if not isinstance(recording.usage, Usage):
        recording.usage = Usage(recording, put, lose)
    return recording.usage


def evidence_now() -> str | None:
    """The evidence that what is delivered now is for evaluation: torch builds no graph to train with; else None."""
    torch = sys.modules.get("torch")
    try:
        return None if torch is None or torch.is_grad_enabled() else GRADIENTS_OFF
    except AttributeError:  # still being imported
        return None


_usages: list[weakref.ref[Usage]] = []
_installed: list[Any] = []


def observe_steps() -> None:
    """See the steps of torch's optimizers from here on; what has a torch to see imported does this by itself."""
    if _installed:
        return
    optimizers = sys.modules["torch.optim.optimizer"]
    _installed.append(optimizers.register_optimizer_step_post_hook(_outside_of_graphs(_stepped)))
    scaler: Any = getattr(sys.modules.get("torch.amp"), "GradScaler", None)
    if scaler is not None:
        scaler.step = _watched_scaler(scaler.step)
        _installed.append(scaler)


def _outside_of_graphs(hook: Callable[..., None]) -> Callable[..., None]:
    """torch.compile follows a compiled step into its hooks: ours stays outside, as torch's own bookkeeping does."""
    torch = sys.modules["torch"]
    keep_out = getattr(torch, "_disable_dynamo", None)
    if keep_out is None:
        return hook
    kept_out = keep_out(hook)
    is_compiling = torch.compiler.is_compiling

    def outside(optimizer: Any, args: Any, kwargs: Any) -> None:
        # What keeps it out costs as much as the hook itself: only while torch compiles.
        (kept_out if is_compiling() else hook)(optimizer, args, kwargs)

    return outside


def forget_steps() -> None:
    """Give torch its own methods back; steps are not seen from here on."""
    if _installed:
        handle, *scalers = _installed
        _installed.clear()
        handle.remove()
        for scaler in scalers:
            scaler.step = scaler.step.__wrapped__


def _stepped(optimizer: Any, _args: Any, _kwargs: Any) -> None:
    """Called by torch after each step of an optimizer."""
    how = SCALED_STEP if hasattr(optimizer, "found_inf") else STEP
    for usage in _in_use():
        try:
            usage.stepped(how)
        except Exception as error:  # noqa: BLE001 - nothing of ours may reach the optimizer
            usage.lose(error)


def _watched_scaler(step: Callable[..., Any]) -> Callable[..., Any]:
    """GradScaler.step takes no step when gradients are infinite: what was delivered for it was not trained on."""

    @functools.wraps(step)
    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = step(self, *args, **kwargs)
        # Where it did take one, nothing waits any more.
        for usage in _in_use():
            try:
                usage.left_out()
            except Exception as error:  # noqa: BLE001 - nothing of ours may reach the training
                usage.lose(error)
        return result

    return watched


def _in_use() -> list[Usage]:
    found = [usage for known in _usages if (usage := known()) is not None and not usage.is_over]
    if len(found) < len(_usages):
        _usages[:] = map(weakref.ref, found)
    return found
