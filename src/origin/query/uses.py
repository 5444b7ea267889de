"""What became of delivered observations: trained on, evaluated, skipped, or not known."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

from origin.core.record import EVALUATED, SKIPPED, TRAINED
from origin.storage import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from origin.core.record import Used
    from origin.storage.reads import Reader

STEPS_SEEN = "observer"
"""The kind of the note from which on optimizer steps are seen (origin.hooks.usage)."""

Seen = Literal["throughout", "in-part", "never"]
"""Whether optimizer steps were seen while a session's batches were delivered."""

THROUGHOUT: Seen = "throughout"
IN_PART: Seen = "in-part"
NEVER: Seen = "never"
_UNSEEN = "unseen"
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Uses:
    """How many observations an optimizer step closed over (trained), how many were delivered for evaluation, and for
    how many a gradient scaler left the step out (skipped). Of all others nothing is known but that they were delivered.

    unseen: of these others, those that were delivered while nobody looked for optimizer steps.
    """

    trained: int = 0
    evaluated: int = 0
    skipped: int = 0
    unseen: int = 0

    def __add__(self, other: Uses) -> Uses:
        return Uses(
            self.trained + other.trained,
            self.evaluated + other.evaluated,
            self.skipped + other.skipped,
            self.unseen + other.unseen,
        )

    def known(self, count: int) -> int | None:
        """One of the counts; None where it is 0 only because nobody looked."""
        return None if count == 0 and self.unseen else count

    @property
    def facts(self) -> dict[str, int | None]:
        """The counts as far as they are known; where some were unseen, a count is the least that it can be."""
        counts = {"trained": self.trained, "skipped": self.skipped, "evaluated": self.evaluated}
        return {name: self.known(count) for name, count in counts.items()}


NOTHING_DELIVERED = Uses()


@dataclass(slots=True)
class Became:
    """What became of a session's observations, by loader and epoch, and by the number of their source.

    What is in neither is not known to have become anything, and was delivered while optimizer steps were seen.
    """

    seen: Seen
    by_epoch: dict[tuple[str, int], Uses] = field(default_factory=dict)
    by_source: dict[int, Uses] = field(default_factory=dict)

    def of_epoch(self, loader: str, epoch: int, observations: int) -> Uses:
        return self._found(self.by_epoch.get((loader, epoch)), observations)

    def of_source(self, number: int, observations: int) -> Uses:
        return self._found(self.by_source.get(number), observations)

    def _found(self, found: Uses | None, observations: int) -> Uses:
        if found is None:
            return Uses(unseen=observations) if self.seen == NEVER else NOTHING_DELIVERED
        return found


def became(reader: Reader, session: int) -> Became:
    """What became of a session's observations; walks over its batches only where the record says something of them."""
    noted = next((number for number, _ in reader.notes(session, STEPS_SEEN)), None)
    intervals = _Intervals(used for _, used in reader.uses(session))
    first = next((stored.sequence for stored in reader.batches(session)), None)
    seen = NEVER if noted is None else IN_PART if first is not None and first < noted else THROUGHOUT
    found = Became(seen)
    if seen == IN_PART or intervals:
        _count(reader, session, noted, intervals, found)
    return found


def optimizer_steps(reader: Reader, session: int) -> int:
    """The optimizer steps that closed over something that was delivered."""
    return sum(used.steps for _, used in reader.uses(session) if used.use == TRAINED)


def uses_text(uses: Uses, observations: int, shown: Callable[[int], str] = str) -> str:
    """What is known to have become of so many observations, as a sentence; none where there are no observations."""
    if not observations:
        return ""
    rest = observations - uses.trained - uses.evaluated - uses.skipped
    if uses.unseen == observations:
        return "Whether an optimizer step used it is not known, as no optimizer was seen."
    parts = [
        (uses.known(uses.trained), "trained on by an optimizer step"),
        (uses.evaluated or None, "for evaluation"),
        (uses.skipped or None, "left out by a gradient scaler"),
        (uses.unseen or None, "delivered while no optimizer was seen, so that it is not known what became of them"),
        (rest - uses.unseen or None, "delivered, and what became of them is not known"),
    ]
    said = "; ".join(f"{shown(count)} {what}" for count, what in parts if count is not None)
    return f"Of {shown(observations)} observations: {said}."


class _Intervals:
    """The stated uses of each loader's batches, found by the number of a step."""

    def __init__(self, stated: Iterator[Used]) -> None:
        self._by_loader: dict[str, list[Used]] = {}
        for used in stated:
            self._by_loader.setdefault(used.loader, []).append(used)
        for listed in self._by_loader.values():
            listed.sort(key=lambda used: used.first)
        self._firsts = {loader: [used.first for used in listed] for loader, listed in self._by_loader.items()}

    def __bool__(self) -> bool:
        return bool(self._by_loader)

    def use(self, loader: str, step: int) -> str | None:
        at = bisect_right(self._firsts.get(loader, ()), step) - 1
        if at < 0:
            return None
        found = self._by_loader[loader][at]
        return found.use if step <= found.last else None


def _count(reader: Reader, session: int, noted: int | None, intervals: _Intervals, found: Became) -> None:
    epochs: Counter[tuple[tuple[str, int], str]] = Counter()
    sources: Counter[tuple[int, str]] = Counter()
    for stored in reader.batches(session):
        batch = stored.batch
        use = intervals.use(batch.loader, batch.step)
        if use is None and (noted is None or stored.sequence < noted):
            use = _UNSEEN
        if use is None:
            continue
        epochs[(batch.loader, batch.epoch), use] += batch.count
        start = 0
        for _, number, end in rows.unpack_runs(stored.runs):
            sources[number, use] += end - start
            start = end
    found.by_epoch = _gathered(epochs)
    found.by_source = _gathered(sources)


def _gathered(counts: Counter[tuple[_Key, str]]) -> dict[_Key, Uses]:
    found: dict[_Key, Uses] = {}
    for (key, use), count in counts.items():
        found[key] = found.get(key, NOTHING_DELIVERED) + _NAMED[use](count)
    return found


_NAMED = {
    TRAINED: lambda count: Uses(trained=count),
    EVALUATED: lambda count: Uses(evaluated=count),
    SKIPPED: lambda count: Uses(skipped=count),
    _UNSEEN: lambda count: Uses(unseen=count),
}
