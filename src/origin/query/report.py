"""What a record says of one session: the facts that `inspect`, cards and exports render."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.query import count
from origin.query.licensing import Conflict, conclude, counted_conflicts
from origin.query.notice import Credit, credits_due
from origin.query.run import Ranks, ranks_of
from origin.query.uses import NEVER, NOTHING_DELIVERED, Seen, Uses, became, optimizer_steps

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
    uses: Uses = NOTHING_DELIVERED

    @property
    def held_out(self) -> bool:
        """Whether all that it delivered was for evaluation: then nothing of it is training data."""
        return 0 < self.observations == self.uses.evaluated


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
    uses: Uses = NOTHING_DELIVERED


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
    what became of the observations, as far as it was `seen`: if never, nothing is known of training, not even that
    there was none. `ranks` are those of the session's run in this database; None where nothing
    states a rank or a number of ranks.
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
    uses: Uses = NOTHING_DELIVERED
    seen: Seen = NEVER
    optimizer_steps: int = 0
    ranks: Ranks | None = None

    @property
    def steps_seen(self) -> bool:
        return self.seen != NEVER

    @property
    def gap_count(self) -> int:
        return sum(gap.gaps for gap in self.gaps)

    @property
    def missed(self) -> int | None:
        """The observations that gaps miss; None where a gap does not know how many."""
        counts = [gap.observations for gap in self.gaps]
        return None if None in counts else sum(count or 0 for count in counts)


def report(reader: Reader, session: StoredSession) -> SessionReport:
    totals = reader.totals(session.row)
    tally = count.tally(reader, session.row)
    used = became(reader, session.row)
    uses = tuple(
        SourceUse(number, source, seen, samples, used.of_source(number, seen))
        for number, source in reader.sources(session.row)
        for seen, samples in [tally.get(number, (0, 0))]
    )
    epochs = tuple(
        EpochUse(*found, used.of_epoch(found[0], found[1], found[3])) for found in reader.epochs(session.row)
    )
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
        epochs,
        _licenses(uses),
        tuple(credits_due(reader, session)),
        sum((epoch.uses for epoch in epochs), NOTHING_DELIVERED),
        used.seen,
        optimizer_steps(reader, session.row),
        _ranks(reader, session),
    )


def _ranks(reader: Reader, session: StoredSession) -> Ranks | None:
    """The ranks of the session's run, or its own alone where it names no run."""
    run_id = session.begin.run_id
    of_run = [session] if run_id is None else [one for one in reader.sessions() if one.begin.run_id == run_id]
    found = ranks_of(of_run)
    return found if found.present or found.world_sizes else None


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
