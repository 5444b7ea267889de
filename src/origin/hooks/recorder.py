"""The one seam between a training loop and the record: what fails on our side becomes a gap and never gets out."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from origin.core.fingerprint import Kind, all_with_key
from origin.core.record import Delivered, Gap, Note, Run, Source, canonical_json
from origin.errors import OriginError, StorageError, warn
from origin.hooks.expect import DIVERGENCE, Divergence, DivergenceError, Expected
from origin.hooks.stated import DatasetSources, StatedSources
from origin.hooks.usage import checked_purpose, usage_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.hooks.expect import Expect
    from origin.hooks.observe import Observed
    from origin.hooks.usage import Iteration, Purpose
    from origin.storage.database import ProvenanceDatabase
    from origin.storage.writer import Queued

A = TypeVar("A")
B = TypeVar("B")
Given = ParamSpec("Given")


@dataclass(slots=True)
class Loader:
    """One wrapped loader: its name in the record, the source of its samples, and where it stands."""

    name: str
    source: Source
    next_epoch: int
    next_step: int
    purpose: Purpose | None = None
    """Whether it is for training or evaluation, where somebody said so."""
    expected: Expected | None = None
    """What it should deliver, if it is checked against an earlier session."""
    left: int | None = None
    """The epoch that was begun last and not ended, by this loader or by its namesake in the session that is resumed."""

    def start_epoch(self, *, goes_on: bool = False) -> int:
        """The number of the epoch that begins, or goes on where the one before it was left."""
        if goes_on and self.left is not None:
            return self.left
        self.left = self.next_epoch
        self.next_epoch += 1
        return self.left

    def take_step(self) -> int:
        step = self.next_step
        self.next_step += 1
        return step


class Recorder:
    """Records batches of one session under one source, unless a sample names another."""

    def __init__(
        self, db: ProvenanceDatabase, session_id: str, source_id: str, license_id: str | None, *, strict: bool
    ) -> None:
        """Raises UsageError for an unusable id or a session that is not open: before training, not in it."""
        self.db = db
        self.strict = strict
        self._recording = db.recording(session_id)
        self.source = db.source(source_id, license_id)
        self._other_sources: dict[str, Source] = {}
        self._dataset_sources = DatasetSources()
        self._stated_sources = StatedSources(self._license_lost)
        self._warned_of_licenses = False
        self.divergence: Divergence | None = None
        """The first divergence from an expected session, if there was one."""
        self.expected: list[Expected] = []
        self._warned_of_divergence = False
        self._usage = usage_of(self._recording, self._put, self._use_lost)

    def name_loader(self) -> str:
        """A name for a loader that was given none."""
        return f"loader-{self._recording.count_loader()}"

    def source_of_dataset(self, info: Callable[[], Any]) -> Source:
        """The hook's source, with what a data set says of its licence and origin. Raises only when strict.

        info: gives the DatasetInfo.
        """
        try:
            source, problems = self._dataset_sources.of(self.source, info())
            for problem in problems:
                self._tell_of_license(problem)
        except Exception as error:
            if self.strict:
                raise
            self._tell_of_license(f"what the data set says of itself cannot be read ({type(error).__name__}: {error})")
            return self.source
        return source

    def loader(
        self,
        name: str | None,
        epoch: int | None,
        source: Source | None = None,
        purpose: Purpose | None = None,
        expect: Expect | None = None,
        *,
        by_rows: bool = False,
    ) -> Loader:
        """A loader of this session. In a resumed session its steps go on, and its epochs follow the last one.

        source: where its samples come from, if not from the hook's source as it was declared. purpose: see
        origin.hooks.usage; raises UsageError for another. expect, by_rows: see origin.hooks.expect.Expected.
        """
        name = name or self.name_loader()
        purpose = checked_purpose(purpose)
        last_epoch, last_step = self.db.last_step(self._recording, name)
        next_epoch = last_epoch + 1 if epoch is None else epoch
        expected = None
        if expect is not None:
            expected = Expected(self.db, expect, name, by_rows=by_rows)
            self.expected.append(expected)
        left = None if epoch is not None or last_epoch < 0 else last_epoch
        return Loader(name, source or self.source, next_epoch, last_step + 1, purpose, expected, left)

    def iteration(self, loader: Loader) -> Iteration:
        """A pass over the loader that begins now: to be held by what delivers, and given to `record`."""
        return self._usage.iteration(loader.name, loader.purpose)

    def hold(self, release: Callable[[], None]) -> None:
        """Call `release` before the session is flushed or ended: it records what a hook holds back until then."""
        self._recording.held.add(release)

    def let_go(self, release: Callable[[], None]) -> None:
        self._recording.held.discard(release)

    def note(self, kind: str, content: dict[str, Any]) -> None:
        """Add a fact to the session's log, if that is possible."""
        with contextlib.suppress(OriginError):
            self._put(Note(kind, canonical_json("content", content)))

    def hand_over(self) -> None:
        """Record now what hooks of this session hold back, so that what comes next stands after it."""
        self._recording.hand_over()

    def record(
        self,
        loader: Loader,
        epoch: int,
        observe: Callable[[], Observed],
        iteration: Iteration | None = None,
        evaluated: str | None = None,
    ) -> None:
        """Record the batch that the loop is about to receive. Raises only when strict.

        iteration: the pass that it belongs to. evaluated: on what evidence it is for evaluation, where there is some.
        """
        step = loader.take_step()
        self._record(loader, epoch, step, observe)
        if iteration is not None:
            iteration.delivered(step, evaluated)

    def _record(self, loader: Loader, epoch: int, step: int, observe: Callable[[], Observed]) -> None:
        count: int | None = None
        try:
            observed = observe()
            count = len(observed.digests)
            delivered = self._delivered(loader, epoch, step, observed)
            if loader.expected is not None:
                self._compare(loader, epoch, step, partial(loader.expected.check, delivered))
            self.db.put(self._recording, delivered)
            if self._recording.problem is not None:
                self._tell_of_storage(self._recording.problem)
        except Exception as error:
            if self.strict:
                raise
            self.miss(loader, epoch, step, count, error)

    def miss(self, loader: Loader, epoch: int, step: int, observations: int | None, error: BaseException) -> None:
        """Record that a batch was not recorded, and warn once."""
        if loader.expected is not None:
            loader.expected.skip(epoch, step)
        detail = f"{type(error).__name__}: {error}"[:1000]
        if not isinstance(error, StorageError):
            try:
                gap = Gap("observer", detail, 1, observations, loader.name, epoch, step)
                self.db.put(self._recording, gap)
            except OriginError as refused:
                detail += f"; and the gap itself: {refused}"
        self._recording.warn_once(self.db.path, detail)

    def doubt(self, loader: Loader, why: str) -> None:
        """Record that what the record says of a loader may not be all that is true of it. Raises only when strict."""
        if self.strict:
            raise OriginError(why)
        with contextlib.suppress(OriginError):
            self._put(Gap("observer", why, 0, 0, loader.name))
        self._recording.warn_once(self.db.path, why)

    def unrecorded(self, loader: Loader | None, why: str) -> None:
        """Record that an unknown number of batches will not be recorded, and warn once."""
        if self.strict:
            raise OriginError(why)
        name = loader.name if loader else None
        try:
            self.db.put(self._recording, Gap("observer", why, 0, None, name))
        except OriginError as refused:
            why += f"; and the gap itself: {refused}"
        self._recording.warn_once(self.db.path, why)

    def end_epoch(self, loader: Loader, epoch: int) -> None:
        """The loader has no more batches in this epoch. Raises DivergenceError when strict and more were expected."""
        if loader.expected is not None:
            self._compare(loader, epoch, None, partial(loader.expected.finish, epoch))

    def _compare(self, loader: Loader, epoch: int, step: int | None, check: Callable[[], Divergence | None]) -> None:
        """Tell of a divergence: in the record, once as a warning, and by an error only when strict."""
        try:
            found = check()
        except Exception as error:
            if self.strict:
                raise
            text = f"the check against the expected session has stopped ({type(error).__name__}: {error})"
            if loader.expected is not None:
                loader.expected.has_stopped = True
        else:
            if found is None:
                return
            text = found.text
            self.divergence = self.divergence or found
        with contextlib.suppress(OriginError):
            self._put(Gap(DIVERGENCE, text[:1000], 0, 0, loader.name, epoch, step))
        if self.strict:
            raise DivergenceError(text)
        if not self._warned_of_divergence:
            self._warned_of_divergence = True
            warn(f"{text}; training goes on, every such case is in {self.db.path}")

    def _put(self, item: Queued) -> None:
        self.db.put(self._recording, item)

    def _use_lost(self, error: Exception) -> None:
        """What became of batches cannot be recorded: they read as delivered, and no more is known of them."""
        detail = f"what became of batches: {type(error).__name__}: {error}"[:1000]
        if not isinstance(error, StorageError):
            try:
                self._put(Gap("observer", detail, 0, 0))
            except Exception as refused:  # noqa: BLE001 - called from the optimizer, which nothing of ours may reach
                detail += f"; and the gap itself: {refused}"
        self._recording.warn_once(self.db.path, detail)

    def _tell_of_storage(self, problem: str) -> None:
        """The writer drops what it cannot write and counts it; the loop hears of it here."""
        if self.strict:
            raise StorageError(f"{self.db.path} cannot be written ({problem}): check the disk and its locks")
        self._recording.warn_once(self.db.path, problem)

    def _delivered(self, loader: Loader, epoch: int, step: int, observed: Observed) -> Delivered:
        digests = observed.digests
        if self.db.key is not None:
            digests = _keyed(self.db.key, observed)
        runs = self._runs(loader.source, observed)
        return Delivered(loader.name, epoch, step, digests, runs, observed.size, observed.indices, observed.keys)

    def _runs(self, source: Source, observed: Observed) -> tuple[Run, ...]:
        if observed.sources is None and observed.licenses is None:
            return tuple([(kind, source, end) for kind, end in observed.kinds])
        sources = [(source, len(observed.digests))]
        if observed.sources is not None:
            sources = [(source if name is None else self._source_of(name), end) for name, end in observed.sources]
        if observed.licenses is not None:
            pairs = _merged(sources, observed.licenses)
            sources = [(self._stated_sources.of(one, license_id), end) for one, license_id, end in pairs]
        return tuple(_merged(observed.kinds, sources))

    def _source_of(self, name: str | Source) -> Source:
        if isinstance(name, Source):
            return name
        source = self._other_sources.get(name)
        if source is None:
            source = self._other_sources[name] = self.db.source(name)
        return source

    def _license_lost(self, why: str) -> None:
        if self.strict:
            raise OriginError(why)
        self._tell_of_license(why)

    def _tell_of_license(self, why: str) -> None:
        """Record that a licence which was stated is not in the record, and warn once."""
        self.db.put(self._recording, Gap("license", why[:1000], 0, 0))
        if not self._warned_of_licenses:
            self._warned_of_licenses = True
            warn(f"{why}; every such case is a gap in {self.db.path}")


def _keyed(key: bytes, observed: Observed) -> list[bytes]:
    digests: list[bytes] = []
    for kind, end in observed.kinds:
        some = observed.digests[len(digests) : end]
        digests += some if kind == Kind.UNFINGERPRINTABLE else all_with_key(key, kind, some)
    return digests


def _merged(ones: list[tuple[A, int]], others: list[tuple[B, int]]) -> list[tuple[A, B, int]]:
    """The runs within which the values of both lists of runs stay the same."""
    runs: list[tuple[A, B, int]] = []
    at_one = at_other = 0
    while at_one < len(ones) and at_other < len(others):
        one, one_end = ones[at_one]
        other, other_end = others[at_other]
        end = min(one_end, other_end)
        runs.append((one, other, end))
        at_one += one_end == end
        at_other += other_end == end
    return runs


def shielded(observe: Callable[Given, Observed], *given: Given.args, **named: Given.kwargs) -> Observed | Exception:
    """For worker processes: what fails there travels to the recorder as a value, and the batch travels on."""
    try:
        return observe(*given, **named)
    except Exception as error:  # noqa: BLE001 - recorded as a gap by the process that receives it
        return error


def unshielded(result: Observed | Exception) -> Observed:
    if isinstance(result, Exception):
        raise result
    return result
