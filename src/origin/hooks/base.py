"""The hook for any loader: wrap what the loop iterates over, and what the loop receives is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from origin.hooks.checkpoints import follow, record
from origin.hooks.observe import Sample, observe
from origin.hooks.recorder import Loader, Recorder
from origin.hooks.usage import evidence_now

if TYPE_CHECKING:
    import os

    from origin.hooks.expect import Divergence, Expect
    from origin.hooks.usage import Purpose
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
        self._session = db, session_id
        follow(db, db.recording(session_id))

    def checkpoint(self, path: str | os.PathLike[str], name: str | None = None) -> None:
        """Record a model that is on the disk, a file or a folder: it stands after all batches delivered until now.

        For what is not seen by itself (docs/models.md): torch.save, safetensors, transformers and Lightning are. Large
        files are read by another thread, and must stay as they are until then. name: else that of the file. What fails
        is a gap and one warning; raised only when strict.
        """
        record(*self._session, path, name, strict=self.recorder.strict)

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

    def wrap(
        self,
        loader: Iterable[Any],
        name: str | None = None,
        epoch: int | None = None,
        purpose: Purpose | None = None,
        expect: Expect | None = None,
    ) -> Iterable[Any]:
        """An iterable that gives the loader's own batches and records each one as it is handed to the loop.

        Each iteration is an epoch, counted from `epoch` (0). `name` tells loaders of one session apart.
        purpose: what the batches are for, where you know. Without it, those that come while torch's gradients are off
            count as evaluated; of the others, those that an optimizer step closes over count as trained.
        expect: an earlier session whose data should come again: its id or the start of it, or (path of its database,
            id). What comes is compared batch by batch; see `divergence`, and docs/reproduction.md.

        Raises UsageError, NotFoundError or AmbiguousError for a session that cannot be expected.
        """
        return WrappedLoader(self, loader, self.recorder.loader(name, epoch, purpose=purpose, expect=expect))

    @property
    def divergence(self) -> Divergence | None:
        """Where what this hook saw first left the expected session; None while it has not.

        It is a gap of reason `divergence` in the record and one warning; when strict, DivergenceError is raised
        instead, before the loop receives the batch.
        """
        return self.recorder.divergence

    @property
    def unchecked(self) -> int:
        """How many batches were not compared in whole with what was expected: its record has a gap there or does not
        know enough of its samples, or the epoch had diverged before. Nothing is told of these.
        """
        return sum(expected.unchecked for expected in self.recorder.expected)


class WrappedLoader(Iterable[Any]):
    """A loader whose batches are recorded as the loop receives them. Everything else is the loader's own."""

    def __init__(self, hook: BaseHook, loader: Iterable[Any], state: Loader) -> None:
        self._hook = hook
        self._loader = loader
        self._state = state

    def __iter__(self) -> Iterator[Any]:
        epoch = self._state.start_epoch()
        recorder = self._hook.recorder
        iteration = recorder.iteration(self._state)
        for batch in self._loader:
            recorder.record(self._state, epoch, partial(self._observe, batch), iteration, evidence_now())
            yield batch
        iteration.end()
        recorder.end_epoch(self._state, epoch)

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
