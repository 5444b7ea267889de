"""How much of a session is of some samples, or of some source: how often, where first, and what became of it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from origin.core.fingerprint import Kind
from origin.core.record import EVALUATED, SKIPPED, TRAINED
from origin.query import count
from origin.query.hits import bounds, hits
from origin.query.uses import STEPS_SEEN, Uses
from origin.storage.searching import deliveries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from origin.core.record import Source, Used
    from origin.query.hits import Found
    from origin.storage.reads import Reader, StoredBatch


class Place(NamedTuple):
    """A batch: its entry in the session's log, and its step among those that its loader delivered."""

    entry: int
    loader: str
    epoch: int
    step: int


@dataclass(frozen=True, slots=True)
class First:
    """The first observation. batch: its number among those of the session. fingerprint: None where a source is asked
    for, else the one that was asked for, in hexadecimal digits.
    """

    place: Place
    batch: int
    source_id: str
    fingerprint: str | None


@dataclass(slots=True)
class Share:
    """What of a session is of what was asked for.

    samples: how many distinct ones, None where that was not counted. found: those of the fingerprints that were asked
    for. shaping: the entry of the first batch with an observation that is not known to have been for evaluation alone.
    views, first_view: how many observations are of the same rows and may be of another content, and their first entry.
    """

    observations: int = 0
    samples: int | None = 0
    uses: Uses = field(default_factory=Uses)
    first: First | None = None
    shaping: int | None = None
    found: set[bytes] = field(default_factory=set)
    views: int = 0
    first_view: int | None = None


class _Became:
    """What became of each batch of a session."""

    def __init__(self, reader: Reader, session: int) -> None:
        self._noted = next((number for number, _ in reader.notes(session, STEPS_SEEN)), None)
        self._by_loader: dict[str, list[Used]] = {}
        for _, used in reader.uses(session):
            self._by_loader.setdefault(used.loader, []).append(used)
        for stated in self._by_loader.values():
            stated.sort(key=_first_step)

    def add(self, share: Share, place: Place, observations: int) -> None:
        """Count observations of a batch."""
        use = self._use(place)
        if use != EVALUATED and share.shaping is None:
            share.shaping = place.entry
        share.observations += observations
        if use is not None:
            share.uses += _COUNTED[use](observations)
        elif self._noted is None or place.entry < self._noted:
            share.uses += Uses(unseen=observations)

    def _use(self, place: Place) -> str | None:
        stated = self._by_loader.get(place.loader, [])
        at = bisect_right(stated, place.step, key=_first_step) - 1
        return stated[at].use if at >= 0 and place.step <= stated[at].last else None


def _first_step(used: Used) -> int:
    return used.first


_COUNTED = {
    TRAINED: lambda observations: Uses(trained=observations),
    EVALUATED: lambda observations: Uses(evaluated=observations),
    SKIPPED: lambda observations: Uses(skipped=observations),
}


def of_source(reader: Reader, session: int, source_id: str) -> Share:
    """What came from a source, under any of its declarations. No fingerprint is read, but to count distinct samples of
    a sealed session that has several declarations of the source.
    """
    share = Share()
    numbers = {number for number, source in reader.sources(session) if source.source_id == source_id}
    if not numbers:
        return share
    became = _Became(reader, session)
    are_erased = False
    for delivery in deliveries(reader, session):
        runs = [run for run in bounds(delivery.runs) if run[1] in numbers]
        inside = sum(end - start for _, _, start, end in runs)
        if inside:
            are_erased = are_erased or any(kind == Kind.ERASED for kind, *_ in runs)
            place = Place(delivery.sequence, delivery.loader, delivery.epoch, delivery.step)
            became.add(share, place, inside)
            if share.first is None:
                share.first = First(place, reader.batch_number(session, place.entry), source_id, None)
    # How many an erased fingerprint stood for, beside those that are there, cannot be counted any more.
    share.samples = None if are_erased else _samples(reader, session, numbers)
    return share


def _samples(reader: Reader, session: int, numbers: set[int]) -> int | None:
    stored = reader.tally(session)
    if stored is None:
        return None
    if len(numbers) == 1:
        return stored.get(min(numbers), (0, 0))[1]
    return count.samples_of_sources(reader, session, numbers)


def of_samples(reader: Reader, session: int, wanted: Mapping[bytes, bytes]) -> Share:
    """What is of any of the samples. wanted: recorded fingerprints, and for each the one that was asked for."""
    share, became = Share(), _Became(reader, session)
    sources = dict(reader.sources(session))
    for stored, found in hits(reader, session, sources, wanted):
        _add(reader, session, sources, share, became, stored, found)
    share.samples = len(share.found)
    return share


def _add(
    reader: Reader,
    session: int,
    sources: Mapping[int, Source],
    share: Share,
    became: _Became,
    stored: StoredBatch,
    found: Found,
) -> None:
    known = [(position, digest) for position, digest in found if digest is not None]
    views = len(found) - len(known)
    if views:
        share.views += views
        share.first_view = stored.sequence if share.first_view is None else share.first_view
    if not known:
        return
    batch = stored.batch
    place = Place(stored.sequence, batch.loader, batch.epoch, batch.step)
    became.add(share, place, len(known))
    share.found.update(digest for _, digest in known)
    if share.first is None:
        position, digest = known[0]
        number = next(number for _, number, _, end in bounds(stored.runs) if position < end)
        at = reader.batch_number(session, place.entry)
        share.first = First(place, at, sources[number].source_id, digest.hex())
