"""What a record says of a session or a run: the facts that `inspect`, cards and exports render."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from origin.query import count
from origin.query.fetched import fetched
from origin.query.licensing import Conflict, conclude, counted_conflicts
from origin.query.models import Model, models
from origin.query.notice import Credit, credits_due
from origin.query.padding import padding
from origin.query.run import Ranks, ranks_of, sessions_of
from origin.query.scope import Scope, scope_of
from origin.query.together import Together
from origin.query.uses import IN_PART, NEVER, NOTHING_DELIVERED, Became, Seen, Uses, became, optimizer_steps
from origin.storage.erased import receipts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.core.record import Source
    from origin.storage.reads import Reader, StoredSession


@dataclass(frozen=True, slots=True)
class SourceUse:
    """A declaration of a source, its number, and what the loop got from it.

    sequence: the number of its entry in the session's log; in a run, its number among the sources of the run, from 1.
    """

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
    """What the loaders of one name delivered in one epoch, in so many sessions, and what became of it.

    `size` is in bytes that were fingerprinted.
    """

    loader: str
    epoch: int
    batches: int
    observations: int
    size: int
    uses: Uses = NOTHING_DELIVERED
    sessions: int = 1

    def __add__(self, other: EpochUse) -> EpochUse:
        return EpochUse(
            self.loader,
            self.epoch,
            self.batches + other.batches,
            self.observations + other.observations,
            self.size + other.size,
            self.uses + other.uses,
            self.sessions + other.sessions,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """What one session delivered. `samples` are distinct in it; `epochs`: how many numbers its loaders state."""

    session: StoredSession
    batches: int
    observations: int
    samples: int
    epochs: int
    gaps: int
    uses: Uses


@dataclass(frozen=True, slots=True)
class LicenseShare:
    """What came under one concluded licence: `expression` None where nothing was concluded, and `status` says why."""

    expression: str | None
    status: str
    observations: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The one snapshot that cards and exports render, of a session or of a run.

    `size` is in bytes that were fingerprinted; `samples` are distinct, over a whole run too; `root` is what the heads
    state. `epochs` are in the order of loader and epoch, `licenses` the largest share first, `credits` what the sources
    ask for. `uses` is what became of the observations, as far as it was `seen`: if never, nothing is known of training,
    not even that there was none. `ranks` are those of the run in this database; None where nothing states a rank or a
    number of ranks. `parts` has each session. `padding`: the observations by which a sampler gave all ranks equally
    many, as far as it is recorded. `fetched`: the batches that were fetched ahead and never delivered; None where no
    note tells. `erased`: the observations whose fingerprints were erased. `models`: what was bound.

    Of a run, sources are the declarations that its sessions made, each once, under numbers of the report's own.
    """

    of: Scope
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
    parts: tuple[Part, ...]
    uses: Uses = NOTHING_DELIVERED
    seen: Seen = NEVER
    optimizer_steps: int = 0
    ranks: Ranks | None = None
    padding: int = 0
    erased: int = 0
    models: tuple[Model, ...] = ()
    fetched: int | None = None

    @property
    def session(self) -> StoredSession:
        """The session of a report of one; raises ValueError where there are several."""
        (session,) = self.of.sessions
        return session

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

    @property
    def least(self) -> bool:
        """Whether totals are the least that they can be: nobody knows how much gaps miss, or what other ranks got."""
        return self.missed is None or (self.of.is_run and not self.of.ranks.complete)


def report(reader: Reader, of: StoredSession | Scope) -> Report:
    about = scope_of(of)
    first = about.sessions[0]
    together = Together(reader, about.sessions) if about.is_run else None
    whole = reader if together is None else together.reader
    became_of = [became(reader, session.row) for session in about.sessions]
    parts = tuple(_part(reader, session, used) for session, used in zip(about.sessions, became_of, strict=True))
    epochs = _epochs(reader, about, became_of)
    tally = count.tally(whole, first.row)
    used = _uses(reader, about, became_of, together)
    sources = tuple(
        SourceUse(number, source, *tally.get(number, (0, 0)), used.get(number, NOTHING_DELIVERED))
        for number, source in whole.sources(first.row)
    )
    totals = whole.totals(first.row)
    return Report(
        about,
        totals.batches,
        totals.observations,
        tally[0][1],
        count.unfingerprintable(whole, first.row),
        totals.size,
        _gaps(whole, first.row),
        about.root().hex(),
        sources,
        tuple(counted_conflicts(whole, first)),
        epochs,
        _licenses(sources),
        tuple(credits_due(whole, first)),
        parts,
        sum((epoch.uses for epoch in epochs), NOTHING_DELIVERED),
        _seen(one.seen for one in became_of),
        sum(optimizer_steps(reader, session.row) for session in about.sessions),
        _ranks(reader, about),
        sum(padding(reader, session.row) for session in about.sessions),
        _erased(reader, about),
        tuple(chain.from_iterable(models(reader, session) for session in about.sessions)),
        fetched(reader, (session.row for session in about.sessions)),
    )


def _erased(reader: Reader, about: Scope) -> int:
    found = receipts(reader)
    return sum(
        len(sample.observations) for session in about.sessions for sample in found.get(session.begin.session_id, ())
    )


def _part(reader: Reader, session: StoredSession, used: Became) -> Part:
    epochs = list(reader.epochs(session.row))
    return Part(
        session,
        sum(one[2] for one in epochs),
        sum(one[3] for one in epochs),
        count.tally(reader, session.row)[0][1],
        len({epoch for _, epoch, *_ in epochs}),
        reader.gap_totals(session.row)[0],
        sum((used.of_epoch(loader, epoch, seen) for loader, epoch, _, seen, _ in epochs), NOTHING_DELIVERED),
    )


def _epochs(reader: Reader, about: Scope, became_of: Iterable[Became]) -> tuple[EpochUse, ...]:
    epochs: dict[tuple[str, int], EpochUse] = {}
    for session, used in zip(about.sessions, became_of, strict=True):
        for found in reader.epochs(session.row):
            key = found[0], found[1]
            one = EpochUse(*found, used.of_epoch(*key, found[3]))
            epochs[key] = epochs[key] + one if key in epochs else one
    return tuple(epochs[key] for key in sorted(epochs))


def _uses(reader: Reader, about: Scope, became_of: Iterable[Became], together: Together | None) -> dict[int, Uses]:
    """What became of the observations of each source, by its number in the report."""
    uses: dict[int, Uses] = {}
    for session, used in zip(about.sessions, became_of, strict=True):
        numbers = None if together is None else together.numbers(session.row)
        for entry, (seen, _) in count.tally(reader, session.row).items():
            if entry:
                number = entry if numbers is None else numbers[entry]
                uses[number] = uses.get(number, NOTHING_DELIVERED) + used.of_source(entry, seen)
    return uses


def _seen(found: Iterable[Seen]) -> Seen:
    """Of several sessions: only where it is so of each, it was throughout or never."""
    each = set(found)
    return each.pop() if len(each) == 1 else IN_PART


def _ranks(reader: Reader, about: Scope) -> Ranks | None:
    """The ranks of the run, or of the session alone where it names no run."""
    run_id = about.sessions[0].begin.run_id
    found = about.ranks if about.is_run or run_id is None else ranks_of(sessions_of(reader, run_id))
    return found if about.is_run or found.present or found.world_sizes else None


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
