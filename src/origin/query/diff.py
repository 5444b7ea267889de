"""Whether two sessions consumed the same data, and if not, from where on and why (docs/reproduction.md)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from origin.core import difference
from origin.core.difference import BY_INDEX, COUNT, ORDER, REASONS, SAMPLE, compare
from origin.errors import UsageError
from origin.query.declared import changes, environment, ids_of
from origin.query.divergence import (
    DIFFERENT,
    DOUBTS,
    GAP,
    LICENSE,
    NOTHING,
    SAME,
    UNCERTAIN,
    UNFINISHED,
    Difference,
    Doubt,
    EpochDifference,
    FirstDivergence,
    Steps,
)
from origin.query.flow import Flow, reasons
from origin.query.side_by_side import Side, pairs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.core.difference import Comparison, Observation
    from origin.query.side_by_side import Pair
    from origin.storage.reads import Reader, StoredSession
    from origin.storage.steps import Step


def diff(reader_a: Reader, a: StoredSession, reader_b: Reader, b: StoredSession) -> Difference:
    """Compare what two sessions consumed; raises UsageError when they were recorded under different keys."""
    if a.begin.key_id != b.begin.key_id:
        raise UsageError("the sessions were recorded under different keys: their fingerprints cannot be compared")
    walk = _Walk(Side(reader_a, a), Side(reader_b, b))
    walk.go()
    return walk.answer()


@dataclass(slots=True)
class _Epoch:
    """What is known of the epoch that is being walked. `ahead`: by how many samples A is ahead of B."""

    loader: str
    epoch: int
    a: Flow = field(default_factory=Flow)
    b: Flow = field(default_factory=Flow)
    of_steps: frozenset[str] = frozenset()
    divergent: int = 0
    ahead: int = 0
    has_unknown: bool = False

    def same_samples(self) -> bool | None:
        if self.has_unknown:
            return None
        return (self.a.count, self.a.whole.total) == (self.b.count, self.b.whole.total)

    def reasons(self) -> frozenset[str]:
        return self.of_steps if self.has_unknown else reasons(self.a, self.b, self.of_steps)


class _Walk:
    """Walks both sessions once, step by step; holds sums, and never more than a batch of each."""

    def __init__(self, a: Side, b: Side) -> None:
        self.a = a
        self.b = b
        self.counts = dict.fromkeys(Steps.__slots__, 0)
        self.doubts: set[str] = set()
        self.epochs: list[EpochDifference] = []
        self.first: tuple[int, FirstDivergence] | None = None
        self._first_epoch: frozenset[str] = frozenset()
        self._first_same: bool | None = False
        self._totals: dict[str, int] = {}
        self._has_unknown = False
        self._numbers: dict[Any, int] = {}
        self._epoch: _Epoch | None = None
        # Two equal roots hold the same numbers of sources, so numbers that one session alone uses do not matter.
        self._same_numbers = all(a.names[number] == b.names[number] for number in a.names.keys() & b.names.keys())
        self._same_contents = a.total_of_contents() == b.total_of_contents()
        if not self._same_contents:
            a.read_contents()
            b.read_contents()

    def go(self) -> None:
        for pair in pairs(self.a, self.b):
            epoch = self._epoch
            if epoch is None or (epoch.loader, epoch.epoch) != (pair.loader, pair.epoch):
                self._close()
                epoch = self._epoch = _Epoch(pair.loader, pair.epoch)
            if pair.a is not None and pair.b is not None:
                self._take_both(epoch, pair, pair.a, pair.b)
            else:
                self._take_one(epoch, pair)
        self._close()

    def _take_both(self, epoch: _Epoch, pair: Pair, a: Step, b: Step) -> None:
        if a.root is None or b.root is None:
            self._skip(epoch)
            return
        self.counts["compared"] += 1
        if self._is_equal(a, b):
            self.counts["uncertain" if a.unknown else "equal"] += 1
            self.doubts |= {difference.UNFINGERPRINTABLE} if a.unknown else set()
            if epoch.ahead:
                self._feed(epoch, self.a.observations(a), self.b.observations(b))
            return
        ones, others = self.a.observations(a), self.b.observations(b)
        found = compare(ones, others)
        self.doubts |= found.doubts
        if found.position is not None:
            self._diverge(epoch, pair, found, ones, others)
        else:
            self.counts["uncertain" if found.doubts else "equal"] += 1
        if found.position is not None or epoch.ahead:
            self._feed(epoch, found.one, found.other)

    def _take_one(self, epoch: _Epoch, pair: Pair) -> None:
        step, other = (pair.a, self.b) if pair.a is not None else (pair.b, self.a)
        if step is None or step.root is None or other.may_have_lost(pair.loader, pair.epoch):
            self._skip(epoch)
            return
        self.counts["only_a" if pair.a is not None else "only_b"] += 1
        ones = [] if pair.a is None else self.a.observations(pair.a)
        others = [] if pair.b is None else self.b.observations(pair.b)
        self._diverge(epoch, pair, None, ones, others)
        self._feed(epoch, ones, others)

    def _skip(self, epoch: _Epoch) -> None:
        self.counts["unknown"] += 1
        epoch.has_unknown = self._has_unknown = True

    def _is_equal(self, a: Step, b: Step) -> bool:
        """Whether the roots show it, or the columns as they are stored.

        Roots commit to the numbers of the sources' entries and to no keys: equal roots may be different data, and equal
        data, declared in another order, may have different roots.
        """
        if (a.count, a.keyed, a.unknown, a.by_index) != (b.count, b.keyed, b.unknown, b.by_index):
            return False
        if a.by_index and not self._same_contents:
            return False
        if a.root == b.root and self._same_numbers and not a.keyed:
            return True
        return self.a.columns(a) == self.b.columns(b)

    def _feed(self, epoch: _Epoch, ones: list[Observation], others: list[Observation]) -> None:
        epoch.a.add(ones, self._numbers)
        epoch.b.add(others, self._numbers)
        epoch.ahead += len(ones) - len(others)

    def _diverge(
        self,
        epoch: _Epoch,
        pair: Pair,
        found: Comparison | None,
        ones: list[Observation],
        others: list[Observation],
    ) -> None:
        why, position = (found.reasons, found.position) if found else (frozenset({COUNT}), None)
        self.counts["divergent"] += found is not None
        epoch.divergent += 1
        epoch.of_steps |= why
        sequence = min(step.sequence for step in (pair.a, pair.b) if step is not None)
        if self.first is None or sequence < self.first[0]:
            first = FirstDivergence(
                pair.loader,
                pair.epoch,
                pair.number,
                None if pair.a is None else pair.a.step,
                None if pair.b is None else pair.b.step,
                position,
                _sorted(why),
                _at(ones, position),
                _at(others, position),
            )
            self.first = sequence, first

    def _close(self) -> None:
        epoch, self._epoch = self._epoch, None
        if epoch is None or not epoch.divergent:
            return
        change = epoch.a.whole.total - epoch.b.whole.total
        self._totals[epoch.loader] = self._totals.get(epoch.loader, 0) + change
        why, same = epoch.reasons(), epoch.same_samples()
        self.epochs.append(EpochDifference(epoch.loader, epoch.epoch, epoch.divergent, _sorted(why), same))
        if self.first is not None and (epoch.loader, epoch.epoch) == (self.first[1].loader, self.first[1].epoch):
            self._first_epoch, self._first_same = why, same

    def answer(self) -> Difference:
        same = None if self._has_unknown else not any(total % (1 << 256) for total in self._totals.values())
        of_epochs = frozenset[str]().union(*(one.reasons for one in self.epochs))
        moved = same and any(not one.same_samples for one in self.epochs)
        if moved:
            of_epochs = (of_epochs & {COUNT}) | {ORDER}
        doubts = self._all_doubts()
        verdict = DIFFERENT if self.epochs else UNCERTAIN if doubts else SAME
        a, b = self.a, self.b
        ids_a, ids_b = ids_of(a.sources.values()), ids_of(b.sources.values())
        return Difference(
            a.session,
            b.session,
            verdict,
            _sorted(of_epochs),
            doubts,
            Steps(**self.counts),
            same,
            self._explained(moved=bool(moved)),
            tuple(self.epochs),
            tuple(environment(a.session, b.session)),
            tuple(sorted(ids_a - ids_b)),
            tuple(sorted(ids_b - ids_a)),
            tuple(changes(a.sources.values(), b.sources.values(), sorted(ids_a & ids_b))),
        )

    def _explained(self, *, moved: bool) -> FirstDivergence | None:
        """The first divergence, with the reasons that its epoch or session gives where the step alone cannot tell."""
        if self.first is None:
            return None
        first = self.first[1]
        own, epoch = frozenset(first.reasons), self._first_epoch
        if self._first_same:
            own = (own & {COUNT}) | (epoch - {COUNT}) or epoch
        elif moved and own != {COUNT}:
            own = (own & {COUNT}) | {ORDER}
        elif SAMPLE in own and SAMPLE not in epoch:
            own = epoch
        return replace(first, reasons=_sorted(own))

    def _all_doubts(self) -> tuple[Doubt, ...]:
        found = []
        for name, side in (("a", self.a), ("b", self.b)):
            said = {
                GAP: side.gaps > 0,
                UNFINISHED: not side.is_finished,
                LICENSE: side.licenses_lost > 0,
                NOTHING: not side.starts,
            }
            found += [Doubt(kind, name) for kind, holds in said.items() if holds]
        between = self.doubts | ({BY_INDEX} if self.a.has_lost_contents or self.b.has_lost_contents else set())
        return (*found, *(Doubt(kind, None) for kind in DOUBTS if kind in between))


def _sorted(found: Iterable[str]) -> tuple[str, ...]:
    given = set(found)
    return tuple(reason for reason in REASONS if reason in given)


def _at(found: list[Observation], position: int | None) -> Observation | None:
    if position is None:
        position = 0
    return found[position] if position < len(found) else None
