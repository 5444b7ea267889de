"""Training loops of well-known libraries that stand between a torch DataLoader and the user's code.

They fetch ahead, skip batches when they resume, or evaluate with gradients on. Which of them asks for a batch is seen
on the stack: that works whichever is imported or wrapped first, and changes nothing of theirs. Read from the sources of
accelerate 1.15, lightning 2.6 and transformers 5.23.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

_DEEPEST = 40
"""Frames that are looked at, once for each pass over a loader."""


@dataclass(frozen=True, slots=True)
class Loop:
    """How batches get from the loader to the loop.

    ahead: how many are fetched before the first of them is delivered; from then on each fetch delivers one. skip: how
    many of the first are fetched and never delivered. evaluated: on what evidence they are for evaluation.
    """

    ahead: int = 0
    skip: int = 0
    evaluated: str | None = None


def surrounding(frame: FrameType | None) -> Loop:
    """The loop that asks for batches from this frame upwards."""
    ahead = skip = 0
    evaluated = None
    for _ in range(_DEEPEST):
        if frame is None:
            break
        module = str(frame.f_globals.get("__name__", ""))
        function = frame.f_code.co_name
        if module == "accelerate.data_loader" and function == "__iter__":
            loader = frame.f_locals.get("self")
            ahead = _ahead_of_accelerate(loader)
            skip = int(getattr(loader, "skip_batches", 0))
        elif module.endswith("pytorch.loops.fetchers") or module == "pytorch_lightning.loops.fetchers":
            ahead = max(ahead, _ahead_of_lightning(frame.f_locals.get("self")))
        elif module.startswith("transformers.") and function in {"evaluation_loop", "prediction_loop"}:
            evaluated = f"delivered to {module}.{function}"
        frame = frame.f_back
    return Loop(ahead, skip, evaluated)


def _ahead_of_accelerate(loader: Any) -> int:
    """DataLoaderShard looks one batch ahead to know the last one; DataLoaderDispatcher one for each process."""
    kind = type(loader).__name__
    if kind == "DataLoaderDispatcher":
        return 1 if getattr(loader, "split_batches", False) else int(loader.state.num_processes)
    return 0 if kind == "SkipDataLoader" else 1


def _ahead_of_lightning(fetcher: Any) -> int:
    """Only where the number of batches is not known: the fetcher then has to look for the end."""
    if getattr(fetcher, "length", None) is not None:
        return 0
    return int(getattr(fetcher, "prefetch_batches", 0))
