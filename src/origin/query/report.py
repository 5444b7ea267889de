"""What a record says of one session: the facts that `inspect`, cards and exports render."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.query import count
from origin.query.licensing import Conflict, conclude, counted_conflicts
from origin.query.notice import Credit, credits_due
from origin.query.uses import NOTHING_KNOWN, Uses, optimizer_steps, steps_seen, uses_by_epoch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.core.record import Source
    from origin.storage.reads import Reader, StoredSession


@dataclass(frozen=True, slots=True)
class SourceUse:
    """A declaration of a source, the number of its entry in the session's log, and what the loop got from it."""

    sequence: int
    source: Source
    observations: int
    samples: int


@dataclass(frozen=True, slots=True)
class GapCount:
    """Gaps of one reason, and the batches and observations that they miss; None: not all of them know."""

    reason: str
    gaps: int
    batches: int
    observations: int | None


@dataclass(frozen=True, slots=True)
class EpochUse:
    """What one loader delivered in one epoch, and what became of it. `size` is in bytes that were fingerprinted."""

    loader: str
    epoch: int
    batches: int
    observations: int
    size: int
    uses: Uses = NOTHING_KNOWN


@dataclass(frozen=True, slots=True)
class LicenseShare:
    """What came under one concluded licence: `expression` None where nothing was concluded, and `status` says why."""

    expression: str | None
    status: str
    observations: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionReport:
    """The one snapshot that cards and exports render.

    `size` is in bytes that were fingerprinted; `samples` are distinct; `root` is what the head states. `epochs` are in
    the order of loader and epoch, `licenses` the largest share first, `credits` what the sources ask for. `uses` is
    what became of the observations; unless `steps_seen`, nothing is known of training, not even that there was none.
    """

    session: StoredSession
    batches: int
    observations: int
    samples: int
    unfingerprintable: int
    size: int
    gaps: tuple[GapCount, ...]
    root: str
    sources: tuple[SourceUse, ...]
    conflicts: tuple[Conflict, ...]
    epochs: tuple[EpochUse, ...]
    licenses: tuple[LicenseShare, ...]
    credits: tuple[Credit, ...]
    uses: Uses = NOTHING_KNOWN
    steps_seen: bool = False
    optimizer_steps: int = 0

    @property
    def gap_count(self) -> int:
        return sum(gap.gaps for gap in self.gaps)


def report(reader: Reader, session: StoredSession) -> SessionReport:
    totals = reader.totals(session.row)
    tally = count.tally(reader, session.row)
    uses = tuple(
        SourceUse(number, source, *tally.get(number, (0, 0))) for number, source in reader.sources(session.row)
    )
    became = uses_by_epoch(reader, session.row)
    return SessionReport(
        session,
        totals.batches,
        totals.observations,
        tally[0][1],
        count.unfingerprintable(reader, session.row),
        totals.size,
        _gaps(reader, session.row),
        session.root().hex(),
        uses,
        tuple(counted_conflicts(reader, session)),
        tuple(EpochUse(*found, became.get(found[:2], NOTHING_KNOWN)) for found in reader.epochs(session.row)),
        _licenses(uses),
        tuple(credits_due(reader, session)),
        sum(became.values(), NOTHING_KNOWN),
        steps_seen(reader, session.row),
        optimizer_steps(reader, session.row),
    )


def _licenses(uses: Iterable[SourceUse]) -> tuple[LicenseShare, ...]:
    observations: Counter[tuple[str | None, str]] = Counter()
    sources: dict[tuple[str | None, str], set[str]] = {}
    for use in uses:
        concluded = conclude(use.source)
        key = concluded.expression, concluded.status
        observations[key] += use.observations
        sources.setdefault(key, set()).add(use.source.source_id)
    shares = [LicenseShare(*key, observations[key], tuple(sorted(names))) for key, names in sources.items()]
    return tuple(sorted(shares, key=lambda one: (-one.observations, one.expression or "", one.status)))


def _gaps(reader: Reader, session: int) -> tuple[GapCount, ...]:
    gaps: Counter[str] = Counter()
    batches: Counter[str] = Counter()
    observations: Counter[str] = Counter()
    vague = set()
    for _, gap in reader.gaps(session):
        gaps[gap.reason] += 1
        batches[gap.reason] += gap.batches
        observations[gap.reason] += gap.observations or 0
        if gap.observations is None:
            vague.add(gap.reason)
    return tuple(
        GapCount(reason, gaps[reason], batches[reason], None if reason in vague else observations[reason])
        for reason in sorted(gaps)
    )
