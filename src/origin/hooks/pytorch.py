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
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch.utils.data import DataLoader, Subset
from torch.utils.data import _utils as torch_internals
from torch.utils.data import dataloader as torch_dataloader

from origin.core.alike import Waiting
from origin.core.record import NO_INDEX
from origin.errors import UsageError, shown, warn
from origin.hooks.base import BaseHook
from origin.hooks.known import known_sources
from origin.hooks.loops import PASS_ON, Pass, is_prepared
from origin.hooks.observe import Observed, Sample, observe, with_licenses
from origin.hooks.padding import padding_of
from origin.hooks.placing import PlacingRecorder, place
from origin.hooks.recorder import Loader, shielded, unshielded
from origin.hooks.stated import Unread, stated
from origin.hooks.tracked import FULL, Mode, Tracked, tracked
from origin.hooks.usage import evidence_now
from origin.hooks.watch import Watch, portable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from origin.hooks.expect import Expect
    from origin.hooks.lineage import Lineage
    from origin.hooks.padding import Padding
    from origin.hooks.stated import Stated
    from origin.hooks.usage import Purpose
    from origin.storage.database import ProvenanceDatabase

LicenseOf: TypeAlias = "Callable[[Any], str | Sequence[str] | None]"
RawOf: TypeAlias = "Callable[[Any, int], Any]"


class DataLoaderHook(BaseHook):
    """Records the batches that a loop receives from a torch DataLoader; see BaseHook for the parameters.

    Fingerprints are those of the raw samples, as the dataset gave them, before they were collated: they depend neither
    on the batch that a sample is in nor on the number of workers.

    license_of: gives the licence claimed for a raw sample, which overrides its source's: a text, several texts, or None
    where nothing is stated. It is called where samples are collated, in the worker process when there are workers, and
    must neither change the sample nor draw random numbers. What it raises makes the sample's licence unknown.

    The `info` of a Hugging Face data set behind the loader is read as DatasetHook does. A sample is recorded under the
    tag of the data set that it is from (see origin.tag), else under the hook's source; its index is the row there (see
    origin.hooks.lineage).

    mode: "full" fingerprints every sample. "index" fingerprints a row of a map-style data set once in the session; from
    the next iteration on it is known by source and index. recheck: the fraction of rows, chosen by a hash of `seed`
    (None: made of the session id) and row, that is fingerprinted every time all the same; one that has changed is a gap
    of reason "content", and everything is fingerprinted from there on.
    raw_of: gives what a row was before random transforms, from the loader's data set and the index that the sampler
    asked for. It is called in the worker, once for each row; it must always give the same and draw no random numbers.
    Without it, the Arrow row under a Hugging Face `with_transform` is taken.

    Raises UsageError for values that it cannot use, and where hooks of one session have different fractions or seeds.
    """

    def __init__(
        self,
        db: ProvenanceDatabase,
        session_id: str,
        source_id: str,
        license_id: str | None = None,
        strict: bool = False,  # noqa: FBT001, FBT002 - declared interface
        license_of: LicenseOf | None = None,
        *,
        mode: str = "full",
        recheck: float = 0.01,
        seed: int | None = None,
        raw_of: RawOf | None = None,
    ) -> None:
        super().__init__(db, session_id, source_id, license_id, strict)
        self.recorder: PlacingRecorder = PlacingRecorder(db, session_id, source_id, license_id, strict=strict)
        if license_of is not None and not callable(license_of):
            raise UsageError(f"license_of is {shown(license_of)}: it must be a function of one sample")
        self.license_of = license_of
        self.mode = Mode.checked(mode, recheck, seed, raw_of)
        if self.mode.by_index:
            known_sources(self.recorder.recording).agree(session_id, self.mode.recheck, seed)

    def wrap(
        self,
        loader: Iterable[Any],
        name: str | None = None,
        epoch: int | None = None,
        purpose: Purpose | None = None,
        expect: Expect | None = None,
    ) -> Any:
        """A DataLoader of the same class that gives the loader's own batches and records those that the loop receives.

        Same dataset and sampler objects, same order, same random state; nothing is asked of the dataset here, but the
        `info` of a Hugging Face one. Each iteration is an epoch, counted from `epoch` (0). `name` tells loaders of one
        session apart; for `purpose` and `expect` see BaseHook.wrap. A loader that this hook has wrapped already is
        returned as it is; what is no DataLoader is recorded as BaseHook does.

        What Accelerate, Lightning and transformers fetch ahead is recorded once their loops deliver it. A loader that
        Accelerate has prepared is changed and returned itself, since Accelerate saves and loads its state.

        Raises UsageError for a StatefulDataLoader that has been asked for its state and has not been iterated since.
        """
        if not isinstance(loader, DataLoader):
            return super().wrap(loader, name, epoch, purpose, expect)
        if is_prepared(loader):
            prepared: Any = loader
            prepared.base_dataloader = self.wrap(prepared.base_dataloader, name, epoch, purpose, expect)
            return prepared
        inner = loader.collate_fn
        if isinstance(inner, Tap):
            if inner.recorder is self.recorder:
                if expect is not None:
                    raise UsageError("this loader is wrapped already: say what to expect where it is wrapped first")
                return loader
            inner = inner.inner
        if not install():
            warn("this version of torch hides where samples are collated: batches are fingerprinted as delivered")
            return super().wrap(loader, name, epoch, purpose, expect)
        if getattr(loader, "_initial_iter_for_state_dict", False):
            # Its workers run, and its seed is drawn: a second iterator would change the random state.
            raise UsageError("this loader made its iterator for state_dict(): wrap it before its state is asked for")
        wrapped = copy.copy(loader)
        # Persistent workers belong to the loader they were started for.
        wrapped._iterator = None  # noqa: SLF001
        state = self.state(loader.dataset, name, epoch, purpose, expect)
        wrapped.collate_fn = Tap(inner, self.recorder, state, self.license_of, self.mode)
        return wrapped

    def state(
        self,
        dataset: Any,
        name: str | None = None,
        epoch: int | None = None,
        purpose: Purpose | None = None,
        expect: Expect | None = None,
    ) -> Loader:
        """What is known of a loader of that data set, for the Tap in its `collate_fn`; parameters as for `wrap`."""
        source = self.recorder.source_of_dataset(lambda: _info(dataset))
        return self.recorder.loader(name, epoch, source, purpose, expect)

    def samples(self, batch: Any) -> Sequence[Any]:
        """The rows of a collated batch, for loaders that have no raw samples to look at."""
        rows = _rows(batch)
        if self.license_of is None:
            return rows
        return [Sample(row, license=_license(self.license_of, row)) for row in rows]  # type: ignore[arg-type]


class Tap:
    """Stands in a loader's `collate_fn`: gives the plain batch to whoever calls it, and is found by the iterator."""

    def __init__(
        self,
        inner: Callable[[Any], Any],
        recorder: PlacingRecorder | None,
        loader: Loader | None,
        license_of: LicenseOf | None = None,
        mode: Mode = FULL,
    ) -> None:
        self.inner = inner
        self.recorder = recorder
        self.loader = loader
        self.license_of = license_of
        self.mode = mode
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

    def __init__(
        self,
        inner: Callable[[Any], Any],
        *,
        batched: bool,
        license_of: LicenseOf | None = None,
        watch: Watch | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        """waiting: given where the fingerprints can be made by the thread that writes, while the loop goes on."""
        self.inner = inner
        self.batched = batched
        self.license_of = license_of
        self.watch = watch
        self.waiting = waiting
        self.indices: Any = None
        self.dataset: Any = None

    def __call__(self, samples: Any) -> Carrier:
        indices, self.indices = self.indices, None
        if self.batched and self.watch is None and _stacks(self.inner):
            batch = self.inner(samples)
            return Carrier(batch, shielded(self._observe, samples, indices, batch))
        # Before the inner function runs: it may change the samples.
        observed = shielded(self._observe, samples, indices)
        return Carrier(self.inner(samples), observed)

    def _observe(self, samples: Any, indices: Any, collated: Any = None) -> Observed:
        if not self.batched:
            samples, indices = [samples], None if indices is None else [indices]
        watch = self.watch
        if watch is None:
            observed = observe(samples, indices, collated, self.waiting)
        else:
            observed = watch.observe(samples, indices, self.dataset)
        if self.license_of is None:
            return observed
        return with_licenses(observed, [_license(self.license_of, sample) for sample in samples])

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled_carrying_tap, (self.inner, self.batched, portable(self.license_of), self.watch)


def _unpickled_carrying_tap(
    inner: Callable[[Any], Any],
    batched: bool,  # noqa: FBT001 - a pickled value
    license_of: LicenseOf | None,
    watch: Watch | None,
) -> CarryingTap:
    """In a spawned worker, which has imported torch afresh."""
    install()
    return CarryingTap(inner, batched=batched, license_of=license_of, watch=watch)


_collate: Any = torch_internals.collate
_STACKING = dict(_collate.default_collate_fn_map)


def _stacks(inner: Callable[[Any], Any]) -> bool:
    """Whether it is torch's own collate function, as torch made it: that changes no sample, and stacks their bytes."""
    return inner is _collate.default_collate and _collate.default_collate_fn_map == _STACKING


def _license(license_of: LicenseOf, sample: Any) -> Stated:
    try:
        return stated(license_of(sample))
    except Exception as error:  # noqa: BLE001 - the user's function; what it cannot tell is unknown, and told
        return Unread(f"license_of raised {type(error).__name__}: {error}"[:500])


def _info(dataset: Any) -> Any:
    """The DatasetInfo of a Hugging Face data set, also behind a Subset; None for any other."""
    while isinstance(dataset, Subset):
        dataset = dataset.dataset
    library = sys.modules.get("datasets")
    kinds = tuple(getattr(library, name, ()) for name in ("Dataset", "IterableDataset"))
    found: Any = dataset if isinstance(dataset, kinds) else None
    return None if found is None else found.info


class Carrier:
    """A batch and the fingerprints of its samples, on their way from the worker to the loop."""

    __slots__ = ("batch", "observed")

    def __init__(self, batch: Any, observed: Observed | Exception) -> None:
        self.batch = batch
        self.observed = observed

    def __reduce__(self) -> tuple[Any, ...]:
        return Carrier, (self.batch, self.observed)

    def pin_memory(self) -> Carrier:
        """Called by torch, which pins whatever has such a method."""
        pin: Any = torch_internals.pin_memory.pin_memory
        return Carrier(pin(self.batch), self.observed)


class Delivery(Pass["Observed | Exception"]):
    """One epoch of a wrapped loader: what becomes of the carriers that its iterator receives."""

    def __init__(
        self,
        tap: Tap,
        recorder: PlacingRecorder,
        loader: Loader,
        lineage: Lineage | None,
        rows: Tracked | None,
        padding: Padding | None,
    ) -> None:
        super().__init__(recorder, loader)
        self.recorder: PlacingRecorder = recorder
        self.tap = tap
        self.lineage = lineage
        """As the data set was when the workers started; None where it could not be read."""
        self.rows = rows
        self.padding = padding
        self._tells_unknown = False
        self._is_plain = lineage is None or (lineage.is_plain and rows is None)

    def deliver(self, fetched: Observed | Exception, evaluated: str | None) -> None:
        placed = functools.partial(self._placed, fetched)
        self.recorder.record(self.loader, self.epoch, placed, self.iteration, evaluated or evidence_now())
        if self.padding is not None:
            self.padding.deliver(None if isinstance(fetched, Exception) else _asked(fetched))
            if self.padding.is_complete:
                self._tell_padding()

    def end(self) -> None:
        super().end()
        self._tell_padding()

    def _tell_padding(self) -> None:
        """Note which of what was delivered are repeats; the epoch has no more."""
        padding, self.padding = self.padding, None
        if padding is not None:
            pad = functools.partial(self.recorder.pad, self.loader, self.epoch, padding, self.lineage)
            self.recorder.safely(self.loader, pad)

    def _placed(self, result: Observed | Exception) -> Observed:
        observed = unshielded(result)
        if self._is_plain or self.lineage is None:
            return observed
        asked = _asked(observed) or [NO_INDEX] * len(observed.digests)
        if NO_INDEX in asked and not self._tells_unknown and self.lineage.sole is None:
            self._tells_unknown = True
            why = "the data set has several sources, and the index of some rows is not known: they are under the hook's"
            self.recorder.doubt(self.loader, why)
        places = self.lineage.places(asked)
        return place(observed, places) if self.rows is None else self.rows.placed(observed, places, self.epoch)

    def again(self, loader: Any) -> Delivery:
        """The next epoch of workers that are kept; they read the data set as it was when they started."""
        if self.rows is not None:
            self.recorder.safely(self.loader, self.rows.refresh)
        padding = self.recorder.safely(self.loader, functools.partial(padding_of, loader))
        return Delivery(self.tap, self.recorder, self.loader, self.lineage, self.rows, padding)


def _asked(observed: Observed) -> list[int] | None:
    """The indices that the sampler asked for."""
    return observed.indices if observed.asked is None else observed.asked


_originals: dict[str, Any] = {}
_unwrapped: list[Callable[[Any], Tap | None]] = []


def on_unwrapped(tap_of: Callable[[Any], Tap | None]) -> None:
    """Have loaders that nobody wrapped recorded as well: `tap_of` gives the tap of one that is being iterated, or None.

    It must not raise. The one that was said last holds.
    """
    _unwrapped[:] = [tap_of]


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
        tap = _unwrapped[0](loader) if _unwrapped else None
        if tap is None:
            return
    # Between here and the start of workers the tap is exchanged; `loader.collate_fn` itself stays as it was.
    if tap.recorder is None or tap.loader is None or not _hands_on(type(self).__next__):
        self._collate_fn = tap.inner
        _tell_unrecorded(tap, type(self))
        return
    lineage = tap.recorder.lineage(loader.dataset, tap.loader)
    workers = loader.num_workers > 0
    rows = tracked(tap.recorder, tap.loader, lineage, loader.dataset, tap.mode, workers=workers)
    watch = None if rows is None else rows.watch
    # In a worker nobody waits for them; what is compared, put under a key, or may raise is needed at once.
    later = not (workers or tap.recorder.db.key or tap.loader.expected or tap.recorder.strict)
    self._collate_fn = CarryingTap(
        tap.inner,
        batched=self._auto_collation,
        license_of=tap.license_of,
        watch=watch,
        waiting=Waiting() if later else None,
    )
    padding = tap.recorder.safely(tap.loader, functools.partial(padding_of, loader))
    self._origin_delivery = Delivery(tap, tap.recorder, tap.loader, lineage, rows, padding)


def _reset(self: Any, loader: Any, first_iter: bool = False) -> None:  # noqa: FBT001, FBT002 - torch's signature
    """Persistent workers keep their iterator: another epoch begins."""
    delivery = getattr(self, "_origin_delivery", None)
    # Before the workers begin: they look at what is known by then.
    again = None if delivery is None or first_iter else delivery.again(loader)
    _originals["reset"](self, loader, first_iter)
    if again is not None:
        self._origin_delivery = again


def _next(self: Any) -> Any:
    try:
        data = _originals["next"](self)
    except StopIteration:
        if hasattr(self, "_origin_delivery"):
            self._origin_delivery.end()
        raise
    if type(data) is not Carrier:
        return data
    self._origin_delivery.take(data.observed, self)
    return data.batch


def _hands_on(method: Any) -> bool:
    """Whether an iterator's __next__ is ours, or is known to give what ours gives."""
    return method is _next or getattr(method, "__module__", None) in PASS_ON


def _fetch(self: Any, possibly_batched_index: Any) -> Any:
    if type(self.collate_fn) is CarryingTap:
        self.collate_fn.indices = possibly_batched_index
        self.collate_fn.dataset = self.dataset
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
