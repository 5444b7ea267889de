"""The one seam between a training loop and the record: what fails on our side becomes a gap and never gets out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.core.fingerprint import Kind, all_with_key
from origin.core.record import Delivered, Gap, Run, Source
from origin.errors import OriginError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.hooks.observe import Observed
    from origin.storage.database import ProvenanceDatabase


@dataclass(slots=True)
class Loader:
    """One wrapped loader: its name in the record, and where it stands."""

    name: str
    next_epoch: int
    next_step: int

    def start_epoch(self) -> int:
        epoch = self.next_epoch
        self.next_epoch += 1
        return epoch

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
        self._source = db.source(source_id, license_id)
        self._other_sources: dict[str, Source] = {}

    def name_loader(self) -> str:
        """A name for a loader that was given none."""
        return f"loader-{self._recording.count_loader()}"

    def loader(self, name: str | None, epoch: int | None) -> Loader:
        """A loader of this session. In a resumed session its steps go on, and its epochs follow the last one."""
        name = name or self.name_loader()
        last_epoch, last_step = self.db.last_step(self._recording, name)
        return Loader(name, last_epoch + 1 if epoch is None else epoch, last_step + 1)

    def hold(self, release: Callable[[], None]) -> None:
        """Call `release` before the session is flushed or ended: it records what a hook holds back until then."""
        self._recording.held.add(release)

    def let_go(self, release: Callable[[], None]) -> None:
        self._recording.held.discard(release)

    def hand_over(self) -> None:
        """Record now what hooks of this session hold back, so that what comes next stands after it."""
        self._recording.hand_over()

    def record(self, loader: Loader, epoch: int, observe: Callable[[], Observed]) -> None:
        """Record the batch that the loop is about to receive. Raises only when strict."""
        step = loader.take_step()
        count: int | None = None
        try:
            observed = observe()
            count = len(observed.digests)
            self.db.put(self._recording, self._delivered(loader, epoch, step, observed))
            self._check_storage()
        except Exception as error:
            if self.strict:
                raise
            self.miss(loader, epoch, step, count, error)

    def miss(self, loader: Loader, epoch: int, step: int, observations: int | None, error: BaseException) -> None:
        """Record that a batch was not recorded, and warn once."""
        detail = f"{type(error).__name__}: {error}"[:1000]
        if not isinstance(error, StorageError):
            try:
                gap = Gap("observer", detail, 1, observations, loader.name, epoch, step)
                self.db.put(self._recording, gap)
            except OriginError as refused:
                detail += f"; and the gap itself: {refused}"
        self._recording.warn_once(self.db.path, detail)

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

    def _check_storage(self) -> None:
        """The writer drops what it cannot write and counts it; the loop hears of it here."""
        problem = self._recording.problem
        if problem is not None:
            if self.strict:
                raise StorageError(f"{self.db.path} cannot be written ({problem}): check the disk and its locks")
            self._recording.warn_once(self.db.path, problem)

    def _delivered(self, loader: Loader, epoch: int, step: int, observed: Observed) -> Delivered:
        digests = observed.digests
        if self.db.key is not None:
            digests = _keyed(self.db.key, observed)
        runs = tuple(self._runs(observed))
        return Delivered(loader.name, epoch, step, digests, runs, observed.size, observed.indices, observed.keys)

    def _runs(self, observed: Observed) -> list[Run]:
        if observed.sources is None:
            return [(kind, self._source, end) for kind, end in observed.kinds]
        return _merged(observed.kinds, [(self._source_of(name), end) for name, end in observed.sources])

    def _source_of(self, name: str | None) -> Source:
        if name is None:
            return self._source
        source = self._other_sources.get(name)
        if source is None:
            source = self._other_sources[name] = self.db.source(name)
        return source


def _keyed(key: bytes, observed: Observed) -> list[bytes]:
    digests: list[bytes] = []
    for kind, end in observed.kinds:
        some = observed.digests[len(digests) : end]
        digests += some if kind == Kind.UNFINGERPRINTABLE else all_with_key(key, kind, some)
    return digests


def _merged(kinds: list[tuple[int, int]], sources: list[tuple[Source, int]]) -> list[Run]:
    """The runs within which both kind and source stay the same."""
    runs: list[Run] = []
    at_kind = at_source = 0
    while at_kind < len(kinds) and at_source < len(sources):
        kind, kind_end = kinds[at_kind]
        source, source_end = sources[at_source]
        end = min(kind_end, source_end)
        runs.append((kind, source, end))
        at_kind += kind_end == end
        at_source += source_end == end
    return runs


def shielded(observe: Callable[[], Observed]) -> Observed | Exception:
    """For worker processes: what fails there travels to the recorder as a value, and the batch travels on."""
    try:
        return observe()
    except Exception as error:  # noqa: BLE001 - recorded as a gap by the process that receives it
        return error


def unshielded(result: Observed | Exception) -> Observed:
    if isinstance(result, Exception):
        raise result
    return result
