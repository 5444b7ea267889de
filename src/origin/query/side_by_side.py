"""Two sessions laid side by side: which step of one stands for which of the other, and what either may have lost.

Steps are aligned by loader, epoch and number within the epoch, so that an epoch that was left early does not put all
later ones out of step. An epoch whose first steps were lost is aligned by the loader's own count of steps instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from origin.core.difference import name_of, observations
from origin.errors import UnreadableDatabaseError
from origin.storage import contents, rows
from origin.storage.steps import delivered, spans, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.core.difference import Observation
    from origin.core.record import Gap
    from origin.storage.reads import Reader, StoredBatch, StoredSession
    from origin.storage.steps import Step

DIVERGENCE, LICENSE = "divergence", "license"
"""Reasons of gaps that miss no sample: a check against another session that failed; a licence that was not kept."""

Starts = dict[tuple[str, int], tuple[int, bool]]


class Pair(NamedTuple):
    """A step of either session, or of both, and its number in the epoch."""

    loader: str
    epoch: int
    number: int
    a: Step | None
    b: Step | None


class Side:
    """One of the two sessions, with what can be told of it as a whole."""

    def __init__(self, reader: Reader, session: StoredSession) -> None:
        self.reader = reader
        self.session = session
        self.sources = dict(reader.sources(session.row))
        self.names = {number: name_of(source) for number, source in self.sources.items()}
        self.gaps = 0
        self.licenses_lost = 0
        self.has_lost_contents = False
        self._lossy: set[str | None] = set()
        for _, gap in reader.gaps(session.row):
            self._take_gap(gap)
        self.starts: Starts = {}
        self._last_epochs: dict[str, int] = {}
        self._find_starts()
        self._contents: dict[tuple[str, int], contents.Identity] = {}

    def _take_gap(self, gap: Gap) -> None:
        if gap.reason == DIVERGENCE:
            return
        if gap.reason == LICENSE:
            self.licenses_lost += 1
            return
        self.gaps += 1
        if None in (gap.loader, gap.epoch, gap.step) and (gap.batches or gap.observations is None):
            self._lossy.add(gap.loader)

    def _find_starts(self) -> None:
        next_steps: dict[str, int] = {}
        for span in spans(self.reader, self.session.row):
            expected = next_steps.get(span.loader, 0)
            self.starts[span.loader, span.epoch] = span.first_step, span.first_step > expected
            next_steps[span.loader] = max(expected, span.last_step + 1)
            self._last_epochs[span.loader] = span.epoch

    @property
    def is_finished(self) -> bool:
        """Whether the session was ended: else what it consumed last may be missing."""
        return self.session.end is not None

    def may_have_lost(self, loader: str, epoch: int) -> bool:
        """Whether a batch that is not in the record may have been delivered all the same."""
        if None in self._lossy or loader in self._lossy:
            return True
        return not self.is_finished and epoch >= self._last_epochs.get(loader, -1)

    def total_of_contents(self) -> int:
        return contents.total(self.reader, self.session.row, self.sources)

    def read_contents(self) -> None:
        self._contents = contents.identities(self.reader, self.session.row, self.sources)

    def stored(self, step: Step) -> StoredBatch:
        stored = self.reader.batch(self.session.row, step.sequence)
        if stored is None:
            raise UnreadableDatabaseError(f"{self.reader.path} has lost a batch: run `origin verify`")
        return stored

    def columns(self, step: Step) -> tuple[Any, ...]:
        """All that the observations of a step are made of; equal columns, equal observations."""
        stored = self.stored(step)
        runs = [(kind, self.names[number], end) for kind, number, end in rows.unpack_runs(stored.runs)]
        return runs, stored.indices, stored.keys, stored.fingerprints

    def observations(self, step: Step) -> list[Observation]:
        """The observations of a step, with the fingerprints of those known by index, if these were read."""
        found = observations(delivered(self.stored(step), self.sources))
        if self._contents:
            found, complete = contents.filled_in(found, self._contents)
            self.has_lost_contents |= not complete
        return found


def pairs(a: Side, b: Side) -> Iterator[Pair]:
    """The steps of both, in the order of loader, epoch and number."""
    starts_a, starts_b = _common_starts(a.starts, b.starts), _common_starts(b.starts, a.starts)
    ones, others = _numbered(a, starts_a), _numbered(b, starts_b)
    one, other = next(ones, None), next(others, None)
    while one or other:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None  # noqa: S101 - the loop's condition
            yield Pair(*one[0], one[1], None)
            one = next(ones, None)
        elif one is None or other[0] < one[0]:
            yield Pair(*other[0], None, other[1])
            other = next(others, None)
        else:
            yield Pair(*one[0], one[1], other[1])
            one, other = next(ones, None), next(others, None)


def _numbered(side: Side, starts: dict[tuple[str, int], int]) -> Iterator[tuple[tuple[str, int, int], Step]]:
    for step in steps(side.reader, side.session.row):
        yield (step.loader, step.epoch, step.step - starts[step.loader, step.epoch]), step


def _common_starts(own: Starts, other: Starts) -> dict[tuple[str, int], int]:
    found = {}
    for key, (start, after_hole) in own.items():
        other_start, other_after_hole = other.get(key, (start, False))
        found[key] = min(start, other_start) if after_hole or other_after_hole else start
    return found
