"""What a record says of one session: the facts that `inspect`, cards and exports render."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.query import count
from origin.query.licensing import Conflict, session_conflicts

if TYPE_CHECKING:
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
class SessionReport:
    """`size` is in bytes that were fingerprinted; `samples` are distinct; `root` is what the head states."""

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

    @property
    def gap_count(self) -> int:
        return sum(gap.gaps for gap in self.gaps)


def report(reader: Reader, session: StoredSession) -> SessionReport:
    totals = reader.totals(session.row)
    tally = count.tally(reader, session.row)
    sources = reader.sources(session.row)
    return SessionReport(
        session,
        totals.batches,
        totals.observations,
        tally[0][1],
        count.unfingerprintable(reader, session.row),
        totals.size,
        _gaps(reader, session.row),
        session.root().hex(),
        tuple(SourceUse(number, source, *tally.get(number, (0, 0))) for number, source in sources),
        tuple(session_conflicts(reader, session)),
    )


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
