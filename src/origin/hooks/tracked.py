"""The main process's side of `mode="index"` and of raw samples: what is new, what is known, and whether it is equal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from multiprocessing import RawArray
from typing import TYPE_CHECKING, Any

from torch.utils.data import IterableDataset

from origin.core.fingerprint import CONTENT_KINDS, NO_DIGEST, Kind, with_key
from origin.core.record import NO_INDEX
from origin.errors import UsageError, shown, warn
from origin.hooks.known import CHECKED, known_sources
from origin.hooks.observe import Observed, runs_of
from origin.hooks.placing import place
from origin.hooks.watch import RawSample, Watch, arrow_row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from origin.hooks.known import KnownRows, KnownSources
    from origin.hooks.lineage import Lineage, Origin, Place
    from origin.hooks.placing import PlacingRecorder
    from origin.hooks.recorder import Loader

NOTE = "index-mode"
"""The kind of the note that says how a loader's samples are named, for those who trace them."""

CONTENT = "content"
"""The reason of the gap that tells of a row whose content has changed; it misses nothing."""

_CONTENT_KINDS = frozenset(map(int, CONTENT_KINDS))


@dataclass(frozen=True, slots=True)
class Mode:
    """How a hook names samples. Raises UsageError for values that it cannot use."""

    by_index: bool
    recheck: float
    seed: int | None
    raw_of: Callable[[Any, int], Any] | None

    @classmethod
    def checked(cls, mode: str, recheck: float, seed: int | None, raw_of: Callable[[Any, int], Any] | None) -> Mode:
        if mode not in ("full", "index"):
            raise UsageError(f"mode is {shown(mode)}: use 'full' or 'index'")
        if isinstance(recheck, bool) or not isinstance(recheck, (int, float)) or not 0 <= recheck <= 1:
            raise UsageError(f"recheck is {shown(recheck)}: it is a fraction, from 0 to 1")
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
            raise UsageError(f"seed is {shown(seed)}: it must be an integer")
        if raw_of is not None and not callable(raw_of):
            raise UsageError(f"raw_of is {shown(raw_of)}: it must be a function of the data set and an index")
        return cls(mode == "index", float(recheck), seed, raw_of)


FULL = Mode(by_index=False, recheck=0.0, seed=None, raw_of=None)


def tracked(
    recorder: PlacingRecorder, loader: Loader, lineage: Lineage | None, dataset: Any, mode: Mode, *, workers: bool
) -> Tracked | None:
    """What is to be known of a loader's rows; None where every sample is fingerprinted and nothing else.

    Never raises; what keeps a loader from index mode is told once.
    """
    try:
        raw = RawSample(mode.raw_of) if mode.raw_of is not None else arrow_row_of(dataset)
        if lineage is None or not (mode.by_index or raw):
            return None
        count = _count(dataset)
        if not (mode.by_index or mode.raw_of or _is_first(recorder, loader, lineage)):
            # Nobody asked for raw samples: a second data set under the hook's source goes without.
            _say(recorder, loader, mode, "another data set has its source id")
            return None
        known = RawArray("B", count + 1) if workers else bytearray(count + 1)
        found = Tracked(recorder, loader, lineage, mode, Watch(known, mode.by_index, raw))
        found.refresh()
    except Exception as error:  # noqa: BLE001 - the iterator is being made: it must be made
        why = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"[:500]
        _say(recorder, loader, mode, why)
        return None
    _say(recorder, loader, mode, None, raw)
    return found


class Tracked:
    """The rows of one iterator's data set, as they become known. watch: what its workers are given."""

    def __init__(self, recorder: PlacingRecorder, loader: Loader, lineage: Lineage, mode: Mode, watch: Watch) -> None:
        self.watch = watch
        self._recorder = recorder
        self._loader = loader
        self._lineage = lineage
        self._mode = mode
        self._known: KnownSources = known_sources(recorder.recording)
        self._since = self._epoch = 0
        self._told: set[str] = set()

    def refresh(self) -> None:
        """Let the workers know what is in the file by now."""
        self._known.acknowledge(self._recorder.db, self._recorder.recording)
        known = self.watch.known
        known[:-1] = self._lineage.states(self._states)
        known[-1] = self._known.is_over
        self._since = 0
        if self._known.is_over:
            self._tell(f"every sample is fingerprinted from here on: {self._known.why}")

    def placed(self, observed: Observed, places: list[Place], epoch: int) -> Observed:
        """What is recorded of a batch; to be called as it is delivered."""
        self._epoch = epoch
        if observed.problem is not None:
            self._tell(f"raw samples could not be had ({observed.problem}): samples are fingerprinted as they are")
        found = place(observed, places)
        known = {origin: self._rows(origin) for origin in {each.origin for each in places}}
        if None in known.values():
            found = self._without_numbers(found, [known[each.origin] for each in places])
        if self.watch.raw is None and observed.asked is None and found.kinds != [(Kind.INDEX, len(places))]:
            found = self._compared(found, places, known)
        found = replace(found, items=self._items(observed))
        self._since += len(places)
        if self._since >= len(self.watch.known):
            self.refresh()
        return found

    def _states(self, origin: Origin, count: int) -> bytes:
        rows = self._rows(origin)
        return bytes(count) if rows is None else rows.upto(count)

    def _rows(self, origin: Origin) -> KnownRows | None:
        source = origin.source or self._loader.source
        return self._known.rows(source.source_id, origin.dataset)

    def _without_numbers(self, found: Observed, rows: Sequence[KnownRows | None]) -> Observed:
        """Rows of a second data set under one source id: their numbers would name rows of the first."""
        self._tell("two data sets have one source id: rows of the second have no index; tag each data set by itself")
        indices = found.indices or [NO_INDEX] * len(rows)
        kept = [NO_INDEX if row is None else at for row, at in zip(rows, indices, strict=True)]
        return replace(found, indices=None if set(kept) == {NO_INDEX} else kept)

    def _compared(self, found: Observed, places: list[Place], known: dict[Origin, KnownRows | None]) -> Observed:
        """New fingerprints are kept in mind; those that were to be compared and are equal are named by index."""
        equal = []
        for kind, end, start in _bounds(found.kinds):
            for position in range(start, end) if kind in _CONTENT_KINDS else ():
                rows = known[places[position].origin]
                content = kind, found.digests[position]
                if rows is not None and places[position].row >= 0 and self._is_equal(rows, places[position], content):
                    equal.append(position)
        if not equal:
            return found
        digests, kinds = list(found.digests), _each(found.kinds)
        for position in equal:
            digests[position], kinds[position] = NO_DIGEST, int(Kind.INDEX)
        return replace(found, digests=digests, kinds=runs_of(kinds))

    def _is_equal(self, known: KnownRows, found: Place, content: tuple[int, bytes]) -> bool:
        """Whether the row is known, and this is what it was."""
        row = found.row
        if self._known.is_over:
            return False
        if not known.has(row):
            known.note(row, content, check=self._mode.by_index and self._known.is_checked(row))
            return False
        first = known.first.get(row)
        if first is not None and first != content:
            self._changed(found, first, content)
            return False
        return first is not None and known.state(row) == CHECKED

    def _items(self, observed: Observed) -> Observed | None:
        """The raw samples of a batch that are not in the file yet."""
        items = observed.items
        if items is None or self._known.is_over:
            return None
        places = self._lineage.places(items.indices or [])
        kept = [
            (kind, digest, found)
            for kind, digest, found in zip(_each(items.kinds), items.digests, places, strict=True)
            if self._is_new(kind, digest, found)
        ]
        if not kept:
            return None
        sources = [found.origin.source for _, _, found in kept]
        return Observed(
            [digest for _, digest, _ in kept],
            runs_of([kind for kind, _, _ in kept]),
            items.size,
            [found.row for _, _, found in kept],
            sources=None if all(source is None for source in sources) else runs_of(sources),
        )

    def _is_new(self, kind: int, digest: bytes, found: Place) -> bool:
        known = self._rows(found.origin)
        if known is None or found.row == NO_INDEX:
            return False
        if known.has(found.row):
            self._is_equal(known, found, (kind, digest))
            return False
        check = self._mode.by_index and kind in _CONTENT_KINDS and self._known.is_checked(found.row)
        known.note(found.row, (kind, digest), check=check)
        return True

    def _changed(self, found: Place, first: tuple[int, bytes], now: tuple[int, bytes]) -> None:
        key = self._recorder.db.key
        one, other = (digest if key is None else with_key(key, kind, digest) for kind, digest in (first, now))
        source = (found.origin.source or self._loader.source).source_id
        what = f"row {found.row} of {source!r:.80} was {one.hex()} and is {other.hex()}"
        self._recorder.changed(self._loader, self._epoch, CONTENT, what)
        self._known.end("a row's content has changed")
        self.watch.known[-1] = 1

    def _tell(self, why: str) -> None:
        if why not in self._told:
            self._told.add(why)
            self._recorder.doubt(self._loader, why)


def _count(dataset: Any) -> int:
    """Raises UsageError where rows have no number."""
    if isinstance(dataset, IterableDataset) or not hasattr(dataset, "__len__"):
        raise UsageError("its samples have no index that is known")
    return len(dataset)


def _is_first(recorder: PlacingRecorder, loader: Loader, lineage: Lineage) -> bool:
    """Whether no other data set of the session has a source id of this one."""
    known = known_sources(recorder.recording)
    origins = [origin for origin in lineage.origins() if origin is not None]
    return all(known.rows((each.source or loader.source).source_id, each.dataset) is not None for each in origins)


def _bounds(runs: list[tuple[Any, int]]) -> list[tuple[Any, int, int]]:
    """Value, end and start of each run."""
    return [(value, end, start) for (value, end), (_, start) in zip(runs, [(None, 0), *runs], strict=False)]


def _each(runs: list[tuple[int, int]]) -> list[int]:
    return [kind for kind, end, start in _bounds(runs) for _ in range(end - start)]


def _say(recorder: PlacingRecorder, loader: Loader, mode: Mode, why: str | None, raw: object = None) -> None:
    """Note, once for a loader, how its samples are named; a warning where that is not what was asked for."""
    by_index = mode.by_index and why is None
    known = known_sources(recorder.recording)
    content: dict[str, Any] = {"loader": loader.name, "mode": "index" if by_index else "full"}
    if why is not None:
        content["why"] = why
    else:
        content["raw"] = None if raw is None else "raw_of" if isinstance(raw, RawSample) else "Arrow row"
    if mode.by_index:
        content |= {"recheck": known.recheck, "seed": known.seed}
    if not recorder.note_once(NOTE, content) or why is None:
        return
    if mode.by_index:
        warn(f"{loader.name} cannot be recorded by index, so every sample is fingerprinted: {why}")
    elif mode.raw_of is not None:
        warn(f"raw samples of {loader.name} cannot be recorded: {why}")
