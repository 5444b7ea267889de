"""The hook for any loader: wrap what the loop iterates over, and what the loop receives is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from origin.hooks.observe import Sample, observe
from origin.hooks.recorder import Loader, Recorder

if TYPE_CHECKING:
    from origin.storage.database import ProvenanceDatabase

__all__ = ["BaseHook", "Sample", "WrappedLoader"]


class BaseHook:
    """Records the batches that a loop receives from any iterable.

    db, session_id: where to record: an open session of this process.
    source_id: where the samples come from, unless a sample says otherwise (see `Sample`).
    license_id: the licence claimed for the source, an SPDX id where there is one. None takes what was registered for
        the source, else unknown.
    strict: raise what goes wrong in recording. By default it is recorded as a gap, warned about once, and the loop goes
        on with the same batches.

    Raises UsageError for an unknown session or an unusable id, before any batch is asked for.
    """

    def __init__(
        self,
        db: ProvenanceDatabase,
        session_id: str,
        source_id: str,
        license_id: str | None = None,
        strict: bool = False,  # noqa: FBT001, FBT002 - declared interface
    ) -> None:
        self.recorder = Recorder(db, session_id, source_id, license_id, strict=strict)

    def samples(self, batch: Any) -> Sequence[Any]:
        """The samples of a batch, in order; override it for other shapes. Items may be `Sample` objects.

        By default a list, tuple or array is a sequence of samples; anything else is one sample. The batch must not be
        changed or used up.
        """
        if isinstance(batch, (list, tuple)):
            return batch
        if isinstance(batch, (str, bytes, bytearray, memoryview, Mapping)) or not _is_sequence(batch):
            return [batch]
        return list(batch)

    def wrap(self, loader: Iterable[Any], name: str | None = None, epoch: int | None = None) -> Iterable[Any]:
        """An iterable that gives the loader's own batches and records each one as it is handed to the loop.

        Each iteration is an epoch, counted from `epoch` (0). `name` tells loaders of one session apart.
        """
        return WrappedLoader(self, loader, self.recorder.loader(name, epoch))


class WrappedLoader(Iterable[Any]):
    """A loader whose batches are recorded as the loop receives them. Everything else is the loader's own."""

    def __init__(self, hook: BaseHook, loader: Iterable[Any], state: Loader) -> None:
        self._hook = hook
        self._loader = loader
        self._state = state

    def __iter__(self) -> Iterator[Any]:
        epoch = self._state.start_epoch()
        for batch in self._loader:
            self._hook.recorder.record(self._state, epoch, partial(self._observe, batch))
            yield batch

    def _observe(self, batch: Any) -> Any:
        return observe(self._hook.samples(batch))

    def __len__(self) -> int:
        return len(self._loader)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def _is_sequence(batch: Any) -> bool:
    """A sequence or an array with at least one dimension; never an iterator, which looking at would use up."""
    if isinstance(batch, Sequence):
        return True
    return hasattr(batch, "__getitem__") and hasattr(batch, "__len__") and len(getattr(batch, "shape", (0,))) > 0
