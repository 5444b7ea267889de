"""What became of delivered observations: trained on, evaluated, skipped, or not known."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from origin.core.record import EVALUATED, SKIPPED, TRAINED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from origin.core.record import Used
    from origin.storage.reads import Reader

STEPS_SEEN = "observer"
"""The kind of the note from which on optimizer steps are seen (origin.hooks.usage)."""


@dataclass(frozen=True, slots=True)
class Uses:
    """How many observations an optimizer step closed over (trained), how many were delivered for evaluation, and for
    how many a gradient scaler left the step out (skipped). Of all others nothing is known but that they were delivered.
    """

    trained: int = 0
    evaluated: int = 0
    skipped: int = 0

    def __add__(self, other: Uses) -> Uses:
        return Uses(self.trained + other.trained, self.evaluated + other.evaluated, self.skipped + other.skipped)


NOTHING_KNOWN = Uses()


def uses_by_epoch(reader: Reader, session: int) -> dict[tuple[str, int], Uses]:
    """What became of what each loader delivered in each epoch."""
    closed: dict[str, list[Used]] = {}
    for _, used in reader.uses(session):
        closed.setdefault(used.loader, []).append(used)
    found: dict[tuple[str, int], Uses] = {}
    for loader, batches in groupby(reader.steps(session), key=itemgetter(0)):
        intervals = sorted(closed.get(loader, ()), key=lambda used: used.first)
        for epoch, use, count in _matched(intervals, ((epoch, step, count) for _, epoch, step, count in batches)):
            key = loader, epoch
            found[key] = found.get(key, Uses()) + _NAMED[use](count)
    return found


def steps_seen(reader: Reader, session: int) -> bool:
    """Whether optimizer steps were seen at all: if not, nothing that was delivered is known to be untrained."""
    return any(True for _ in reader.notes(session, STEPS_SEEN))


def optimizer_steps(reader: Reader, session: int) -> int:
    """The optimizer steps that closed over something that was delivered."""
    return sum(used.steps for _, used in reader.uses(session) if used.use == TRAINED)


def _matched(intervals: list[Used], batches: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, str, int]]:
    """Epoch, use and observations of each batch that lies in an interval. Both are in the order of steps."""
    at = 0
    for epoch, step, count in batches:
        while at < len(intervals) and intervals[at].last < step:
            at += 1
        if at < len(intervals) and intervals[at].first <= step:
            yield epoch, intervals[at].use, count


_NAMED = {
    TRAINED: lambda count: Uses(trained=count),
    EVALUATED: lambda count: Uses(evaluated=count),
    SKIPPED: lambda count: Uses(skipped=count),
}
