"""Loaders and training loops of well-known libraries that stand between torch's iterators and the user's code.

They fetch ahead, skip batches when they resume, or evaluate with gradients on. Which of them asks for a batch is seen
on the stack: that works whichever is imported or wrapped first, and changes nothing of theirs. Read from the sources of
accelerate 1.15, lightning 2.6, transformers 5.23 and torchdata 0.11.
"""

from __future__ import annotations

import sys
import weakref
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from types import FrameType

    from origin.hooks.recorder import Loader, Recorder

T = TypeVar("T")

FETCHED = "fetched"
"""The kind of the note that counts batches which were fetched in an epoch and never delivered."""

PASS_ON = frozenset({"torchdata.stateful_dataloader.stateful_dataloader"})
"""Modules whose iterators have a __next__ of their own that gives what torch's own gives."""

_DEEPEST = 40
"""Frames that are looked at, once for each pass over a loader."""


@dataclass(frozen=True, slots=True)
class Loop:
    """How batches get from the loader to the loop.

    ahead: how many are fetched before the first of them is delivered; from then on each fetch delivers one. skip: how
    many of the first are fetched and never delivered. whole: so many are delivered at once, and fewer at the end are
    dropped. evaluated: on what evidence they are for evaluation. restoring: the loader itself asks, to get back to
    where its state was, and throws away what it gets.
    """

    ahead: int = 0
    skip: int = 0
    whole: int = 1
    evaluated: str | None = None
    restoring: bool = False


def surrounding(frame: FrameType | None) -> Loop:
    """The loop that asks for batches from this frame upwards."""
    ahead = skip = 0
    whole = 1
    evaluated = None
    restoring = False
    for _ in range(_DEEPEST):
        if frame is None:
            break
        module = _module(frame)
        function = frame.f_code.co_name
        if module == "torch.utils.data.dataloader" and function == "__next__":
            break  # a data set that reads a loader: what is further up asks for batches of another loader
        if module in PASS_ON:
            restoring |= function in {"__init__", "load_state_dict"}
        elif module == "accelerate.data_loader" and function == "__iter__":
            ahead, skip, whole = _look_ahead_of_accelerate(frame.f_locals.get("self"))
        elif module.endswith("pytorch.loops.fetchers") or module == "pytorch_lightning.loops.fetchers":
            ahead = max(ahead, _ahead_of_lightning(frame.f_locals.get("self")))
        elif module.startswith("transformers.") and function in {"evaluation_loop", "prediction_loop"}:
            evaluated = f"delivered to {module}.{function}"
        frame = frame.f_back
    return Loop(ahead, skip, whole, evaluated, restoring)


def _look_ahead_of_accelerate(loader: Any) -> tuple[int, int, int]:
    """How many batches are fetched ahead, how many of the first are skipped, and by how many they are delivered whole.

    DataLoaderShard looks one batch ahead to know the last one; DataLoaderDispatcher fetches one for each process.
    """
    kind = type(loader).__name__
    skip = int(getattr(loader, "skip_batches", 0))
    if kind == "DataLoaderDispatcher":
        at_once = 1 if getattr(loader, "split_batches", False) else int(loader.state.num_processes)
        return at_once, skip * at_once, at_once if getattr(loader, "_drop_last", False) else 1
    return (0 if kind == "SkipDataLoader" else 1), skip, 1


def _dispatched(frame: FrameType | None) -> tuple[int, int] | None:
    """The rank, and the number of ranks, where Accelerate's dispatcher makes an iterator; None where it does not.

    It reads on rank 0 alone and deals out what it read. frame: within the making of the iterator.
    """
    for _ in range(_DEEPEST):
        if frame is None or (frame.f_code.co_name == "__next__" and _module(frame) == "torch.utils.data.dataloader"):
            break
        loader = frame.f_locals.get("self") if frame.f_code.co_name == "__iter__" else None
        if _module(frame) == "accelerate.data_loader" and type(loader).__name__ == "DataLoaderDispatcher":
            state: Any = loader.state  # type: ignore[union-attr]
            return None if state.num_processes == 1 else (int(state.process_index), int(state.num_processes))
        frame = frame.f_back
    return None


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _ahead_of_lightning(fetcher: Any) -> int:
    """Only where the number of batches is not known: the fetcher then has to look for the end."""
    if getattr(fetcher, "length", None) is not None:
        return 0
    return int(getattr(fetcher, "prefetch_batches", 0))


def is_prepared(loader: Any) -> bool:
    """Whether Accelerate made it of another loader, its `base_dataloader`, and keeps it to save and load its state."""
    return type(loader).__module__ == "accelerate.data_loader" and hasattr(loader, "base_dataloader")


def _begins_within(iterator: Any) -> bool:
    """Whether the first fetch of a torch iterator is not the first of an epoch."""
    # A StatefulDataLoader that was given a state; torch has counted this fetch already.
    if getattr(iterator, "_num_yielded", 1) > 1:
        return True
    # Accelerate's skip_first_batches, with which the Trainer of transformers resumes.
    return getattr(getattr(iterator, "_index_sampler", None), "skip_batches", 0) > 0


class Undelivered:
    """Counts what was fetched in one pass over a loader and is not delivered; noted once the pass is over."""

    def __init__(self, recorder: Recorder, loader: str, epoch: int, count: int, by: object) -> None:
        self.count = count
        self._recorder = recorder
        self._loader = loader
        self._epoch = epoch
        self._by = weakref.ref(by)
        recorder.hold(self.hand_over)

    def hand_over(self) -> None:
        """Called when the record is brought up to date; a pass whose iterator is gone delivers no more."""
        if self._by() is None:
            self.end()

    def end(self) -> None:
        self._recorder.let_go(self.hand_over)
        if self.count:
            self._recorder.note(FETCHED, {"batches": self.count, "epoch": self._epoch, "loader": self._loader})
            self.count = 0


class Pass(Generic[T]):
    """One pass of a loop over a loader: what was fetched in it, and when that is delivered."""

    def __init__(self, recorder: Recorder, loader: Loader) -> None:
        self.recorder = recorder
        self.loader = loader
        self.iteration = recorder.iteration(loader)
        self.loop: Loop | None = None
        """None until the loop asks for its first batch."""
        self._epoch: int | None = None
        self._waiting: deque[T] = deque()
        """What was fetched and is not delivered yet: loops that look ahead leave their last fetch here."""
        self._skipped = 0
        self._taken = 0
        """How many were fetched since the loop asked for its first."""
        self._undelivered: Undelivered | None = None
        self._tell_dispatched(sys._getframe(1))  # noqa: SLF001 - the stack has no public name

    @property
    def epoch(self) -> int:
        """Counted from the first fetch on: some libraries make iterators that nobody iterates."""
        if self._epoch is None:
            self._epoch = self.loader.start_epoch()
        return self._epoch

    def deliver(self, fetched: T, evaluated: str | None) -> None:
        """Record what the loop is about to receive."""
        raise NotImplementedError

    def take(self, fetched: T, iterator: Any) -> None:
        """A batch was fetched by a torch iterator, on behalf of the frames above the caller's."""
        self._taken += 1
        loop = self.loop or self._begin(iterator, sys._getframe(2))  # noqa: SLF001 - the stack has no public name
        if loop.restoring:
            self._skipped += 1
        elif self._undelivered is None:
            self.deliver(fetched, loop.evaluated)
        else:
            if self._skipped < loop.skip:
                self._skipped += 1
            else:
                self._waiting.append(fetched)
            if len(self._waiting) > loop.ahead:
                self.deliver(self._waiting.popleft(), loop.evaluated)
            self._undelivered.count = len(self._waiting) + self._skipped

    def end(self) -> None:
        """There are no more: loops that look ahead deliver what they have."""
        dropped = self._taken % self.loop.whole if self.loop else 0
        for _ in range(min(dropped, len(self._waiting))):
            self._waiting.pop()
            self._skipped += 1
        while self._waiting:
            self.deliver(self._waiting.popleft(), self.loop.evaluated if self.loop else None)
        if self._undelivered is not None:
            self._undelivered.count = self._skipped
            self._undelivered.end()
        self.iteration.end()
        self.recorder.end_epoch(self.loader, self.epoch)
        self.loader.left = None

    def _begin(self, iterator: Any, frame: FrameType) -> Loop:
        loop = self._surrounding(frame)
        if loop.restoring:
            return loop
        self.loop = loop
        self._epoch = self.loader.start_epoch(goes_on=loop.skip > 0 or _begins_within(iterator))
        if self._skipped:
            self._count(self._skipped).end()
            self._skipped = 0
            self._taken = 1
        if loop.ahead or loop.skip:
            self._undelivered = self._count(0)
        return loop

    def _tell_dispatched(self, frame: FrameType) -> None:
        """A loop that gets a share of what rank 0 reads gets something else than what is seen here. Raises when strict.

        What comes is sliced and sent as tensors: which samples are in the share of a rank, no rank is told.
        """
        try:
            found = _dispatched(frame)
        except Exception as error:  # noqa: BLE001 - a library that is not as it was
            self.recorder.doubt(self.loader, f"Accelerate's dispatcher cannot be read ({type(error).__name__})")
            return
        if found is None:
            return
        rank, ranks = found
        if rank:
            why = f"rank {rank} of {ranks} receives its share of what rank 0 reads and records: it is not seen here"
            self.recorder.unrecorded(self.loader, why)
        else:
            why = f"what is recorded here was dealt out to {ranks} ranks: this one's loop received a share of it"
            self.recorder.doubt(self.loader, why)

    def _count(self, count: int) -> Undelivered:
        return Undelivered(self.recorder, self.loader.name, self.epoch, count, self)

    def _surrounding(self, frame: FrameType) -> Loop:
        try:
            return surrounding(frame)
        except Exception as error:  # noqa: BLE001 - a library that is not as it was: what it fetches counts as delivered
            self.recorder.doubt(self.loader, f"the loop around this loader cannot be read ({type(error).__name__})")
            return Loop()
