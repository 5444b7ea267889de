"""The hook for torch.utils.data.DataLoader.

The wrapped loader is a shallow copy of the loader (same class, same dataset, same sampler object) whose `collate_fn` is
a transparent tap. When torch makes an iterator, the tap is exchanged for one that fingerprints the raw samples before
they are collated, in the worker process when there are workers, and sends the fingerprints along with the batch. When
the iterator's `__next__` hands the batch to the loop, they part again: only what was delivered is recorded.

torch has no public seam there, so four methods are wrapped once a hook is in use (seen with torch 2.13): __init__,
__next__ and _reset of _BaseDataLoaderIter, and _MapDatasetFetcher.fetch, which alone knows the indices. Where they are
missing, batches are observed as the loop receives them, and a warning says so.
"""

from __future__ import annotations

import copy
import functools
import os
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import DataLoader
from torch.utils.data import _utils as torch_internals
from torch.utils.data import dataloader as torch_dataloader

from origin.errors import warn
from origin.hooks.base import BaseHook
from origin.hooks.observe import Observed, observe
from origin.hooks.recorder import Loader, Recorder, shielded, unshielded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class DataLoaderHook(BaseHook):
    """Records the batches that a loop receives from a torch DataLoader; see BaseHook for the parameters.

    Fingerprints are those of the raw samples, as the dataset gave them, before they were collated: they depend neither
    on the batch that a sample is in nor on the number of workers.
    """

    def wrap(self, loader: Iterable[Any], name: str | None = None, epoch: int | None = None) -> Any:
        """A DataLoader of the same class that gives the loader's own batches and records those that the loop receives.

        Same dataset and sampler objects, same order, same random state; nothing is asked of the dataset here. Each
        iteration is an epoch, counted from `epoch` (0). `name` tells loaders of one session apart. A loader that this
        hook has wrapped already is returned as it is; what is no DataLoader is recorded as BaseHook does.
        """
        if not isinstance(loader, DataLoader):
            return super().wrap(loader, name, epoch)
        inner = loader.collate_fn
        if isinstance(inner, Tap):
            if inner.recorder is self.recorder:
                return loader
            inner = inner.inner
        if not install():
            warn("this version of torch hides where samples are collated: batches are fingerprinted as delivered")
            return super().wrap(loader, name, epoch)
        wrapped = copy.copy(loader)
        # Persistent workers belong to the loader they were started for.
        wrapped._iterator = None  # noqa: SLF001
        wrapped.collate_fn = Tap(inner, self.recorder, self.recorder.loader(name, epoch))
        return wrapped

    def samples(self, batch: Any) -> Sequence[Any]:
        """The rows of a collated batch, for loaders that have no raw samples to look at."""
        return _rows(batch)


class Tap:
    """Stands in a loader's `collate_fn`: gives the plain batch to whoever calls it, and is found by the iterator."""

    def __init__(self, inner: Callable[[Any], Any], recorder: Recorder | None, loader: Loader | None) -> None:
        self.inner = inner
        self.recorder = recorder
        self.loader = loader
        self.process = os.getpid()

    def __call__(self, samples: Any) -> Any:
        return self.inner(samples)

    def __getattr__(self, name: str) -> Any:
        if name == "inner":
            raise AttributeError(name)
        return getattr(self.inner, name)

    def __reduce__(self) -> tuple[Any, ...]:
        # The record is written by one process: a copy of the loader in another one gives plain batches.
        return _unpickled_tap, (self.inner,)


def _unpickled_tap(inner: Callable[[Any], Any]) -> Tap:
    return Tap(inner, None, None)


class CarryingTap:
    """The collate function of one iterator: fingerprints raw samples and sends them along with the batch."""

    def __init__(self, inner: Callable[[Any], Any], *, batched: bool) -> None:
        self.inner = inner
        self.batched = batched
        self.indices: Any = None

    def __call__(self, samples: Any) -> Carrier:
        indices, self.indices = self.indices, None
        # Before the inner function runs: it may change the samples.
        observed = shielded(functools.partial(self._observe, samples, indices))
        return Carrier(self.inner(samples), observed)

    def _observe(self, samples: Any, indices: Any) -> Observed:
        if not self.batched:
            return observe([samples], None if indices is None else [indices])
        return observe(samples, indices)

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled_carrying_tap, (self.inner, self.batched)


def _unpickled_carrying_tap(inner: Callable[[Any], Any], batched: bool) -> CarryingTap:  # noqa: FBT001 - a pickled value
    """In a spawned worker, which has imported torch afresh."""
    install()
    return CarryingTap(inner, batched=batched)


class Carrier:
    """A batch and the fingerprints of its samples, on their way from the worker to the loop."""

    __slots__ = ("batch", "observed")

    def __init__(self, batch: Any, observed: Observed | Exception) -> None:
        self.batch = batch
        self.observed = observed

    def pin_memory(self) -> Carrier:
        """Called by torch, which pins whatever has such a method."""
        pin: Any = torch_internals.pin_memory.pin_memory
        return Carrier(pin(self.batch), self.observed)


class Delivery:
    """One epoch of a wrapped loader: what becomes of the carriers that its iterator receives."""

    def __init__(self, tap: Tap) -> None:
        self.tap = tap
        self.epoch = tap.loader.start_epoch() if tap.loader else 0

    def unpack(self, carrier: Carrier) -> Any:
        if self.tap.recorder is not None and self.tap.loader is not None:
            self.tap.recorder.record(self.tap.loader, self.epoch, functools.partial(unshielded, carrier.observed))
        return carrier.batch


_originals: dict[str, Any] = {}


def install() -> bool:
    """Wrap torch's private methods, once; False where this torch does not have them."""
    if _originals:
        return True
    try:
        iterator: Any = torch_dataloader._BaseDataLoaderIter  # noqa: SLF001
        fetcher: Any = torch_internals.fetch._MapDatasetFetcher  # noqa: SLF001
        found = {
            "init": iterator.__init__,
            "next": iterator.__next__,
            "reset": iterator._reset,  # noqa: SLF001
            "fetch": fetcher.fetch,
        }
    except AttributeError:
        return False
    _originals.update(found)
    iterator.__init__ = _init
    iterator.__next__ = _next
    iterator._reset = _reset  # noqa: SLF001
    fetcher.fetch = _fetch
    return True


def uninstall() -> None:
    """Give torch its own methods back. Loaders that are still wrapped then give plain batches, unrecorded."""
    if not _originals:
        return
    iterator: Any = torch_dataloader._BaseDataLoaderIter  # noqa: SLF001
    iterator.__init__ = _originals["init"]
    iterator.__next__ = _originals["next"]
    iterator._reset = _originals["reset"]  # noqa: SLF001
    fetcher: Any = torch_internals.fetch._MapDatasetFetcher  # noqa: SLF001
    fetcher.fetch = _originals["fetch"]
    _originals.clear()


def _init(self: Any, loader: Any) -> None:
    _originals["init"](self, loader)
    tap = self._collate_fn
    if not isinstance(tap, Tap):
        return
    # Between here and the start of workers the tap is exchanged; `loader.collate_fn` itself stays as it was.
    if tap.recorder is None or type(self).__next__ is not _next:
        self._collate_fn = tap.inner
        _tell_unrecorded(tap, type(self))
        return
    self._collate_fn = CarryingTap(tap.inner, batched=self._auto_collation)
    self._origin_delivery = Delivery(tap)


def _reset(self: Any, loader: Any, first_iter: bool = False) -> None:  # noqa: FBT001, FBT002 - torch's signature
    """Persistent workers keep their iterator: another epoch begins."""
    _originals["reset"](self, loader, first_iter)
    delivery = getattr(self, "_origin_delivery", None)
    if delivery is not None and not first_iter:
        self._origin_delivery = Delivery(delivery.tap)


def _next(self: Any) -> Any:
    data = _originals["next"](self)
    return self._origin_delivery.unpack(data) if type(data) is Carrier else data


def _fetch(self: Any, possibly_batched_index: Any) -> Any:
    if type(self.collate_fn) is CarryingTap:
        self.collate_fn.indices = possibly_batched_index
    return _originals["fetch"](self, possibly_batched_index)


def _tell_unrecorded(tap: Tap, iterator: type) -> None:
    if tap.recorder is None:
        warn(f"this loader was wrapped in another process: process {os.getpid()} does not record what it delivers")
    else:
        tap.recorder.unrecorded(
            tap.loader, f"{iterator.__qualname__} has its own __next__: what it delivers is not seen"
        )


def _rows(batch: Any) -> Sequence[Any]:
    """A collated batch as rows, if all its tensors agree on how many there are; else as one sample."""
    count = _row_count(batch)
    if count is None:
        return [batch]
    return [_row(batch, number) for number in range(count)]


def _row_count(batch: Any) -> int | None:
    if isinstance(batch, torch.Tensor):
        return len(batch) if batch.ndim else None
    if isinstance(batch, dict):
        counts = {_row_count(value) for value in batch.values()}
    elif isinstance(batch, (list, tuple)) and any(isinstance(value, (torch.Tensor, dict)) for value in batch):
        counts = {_row_count(value) for value in batch}
    elif isinstance(batch, (list, tuple)):
        return len(batch)
    else:
        return None
    return counts.pop() if len(counts) == 1 else None


def _row(batch: Any, number: int) -> Any:
    if isinstance(batch, dict):
        return {key: _row(value, number) for key, value in batch.items()}
    if isinstance(batch, (list, tuple)) and any(isinstance(value, (torch.Tensor, dict)) for value in batch):
        return tuple(_row(value, number) for value in batch)
    return batch[number]
