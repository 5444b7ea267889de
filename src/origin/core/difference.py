"""How two batches that should hold the same data differ: for which reasons, and from which observation on.

Two observations are the same when kind and fingerprint, source id, revision and licence of the source, index and key
are the same. What else a source's declaration says (address, owner, metadata) is no part of the data.
"""

from __future__ import annotations

import functools
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from origin.core.fingerprint import NO_DIGEST, Kind
from origin.core.record import NO_INDEX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from origin.core.record import Delivered, Source

ORDER, CONTENT, SOURCE, COUNT, SAMPLE = "order", "content", "source", "count", "sample"
REASONS = {
    ORDER: "the same observations in another order",
    CONTENT: "another fingerprint under the same source id and index (or key)",
    SOURCE: "the same fingerprint under another source id, revision, licence, index or key",
    COUNT: "more batches or more samples on one side, or batches of another size",
    SAMPLE: "another sample: neither its fingerprint nor its place in the source is on the other side",
}

UNFINGERPRINTABLE, PLACE, BY_INDEX, ERASED = "unfingerprintable", "place", "by-index", "erased"
"""What keeps two observations from being compared: no fingerprint; a place that one side alone tells; a fingerprint
that one side alone has, because the other names the sample by its index and did not fingerprint it, or because it was
erased there."""


class Name(NamedTuple):
    """What of a source's declaration is compared. `claims` are the texts of its licence claims, sorted."""

    source_id: str
    revision: str | None
    license_id: str | None
    claims: tuple[str, ...]


class Observation(NamedTuple):
    """One observation of a batch. `row` is its index in the source, NO_INDEX where that is not known."""

    name: Name
    row: int
    key: str | None
    kind: int
    digest: bytes

    @property
    def sample(self) -> tuple[int, bytes] | None:
        """What was seen; None where there is no fingerprint."""
        return (self.kind, self.digest) if self.kind in _FINGERPRINTED else None

    @property
    def place(self) -> tuple[str, int, str | None] | None:
        """Where it comes from; None where neither index nor key is known."""
        return None if self.row == NO_INDEX and self.key is None else (self.name.source_id, self.row, self.key)


_FINGERPRINTED = (int(Kind.BYTES), int(Kind.TEXT), int(Kind.VALUE))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two batches side by side.

    reasons, position: none where no difference is certain; else why, and the first position that differs.
    doubts: what could not be compared. one, other: the observations, without what one side alone knows of them.
    """

    reasons: frozenset[str]
    position: int | None
    doubts: frozenset[str]
    one: list[Observation]
    other: list[Observation]


@functools.lru_cache(maxsize=4096)
def name_of(source: Source) -> Name:
    texts = sorted({claim.text for claim in source.claims})
    return Name(source.source_id, source.revision, source.license_id, tuple(texts))


def observations(batch: Delivered) -> list[Observation]:
    """A batch's observations, in order."""
    count = len(batch.digests)
    indices = [NO_INDEX] * count if batch.indices is None else batch.indices
    keys = [None] * count if batch.keys is None else batch.keys
    found: list[Observation] = []
    for kind, source, end in batch.runs:
        name = name_of(source)
        start = len(found)
        columns = zip(indices[start:end], keys[start:end], batch.digests[start:end], strict=True)
        found += [Observation(name, index, key, kind, digest) for index, key, digest in columns]
    return found


def compare(ones: Sequence[Observation], others: Sequence[Observation]) -> Comparison:
    """Compare two batches, observation by observation."""
    one, other = list(ones), list(others)
    doubts: set[str] = set()
    position = None
    for number, (left, right) in enumerate(zip(one, other, strict=False)):
        if left.kind == right.kind == Kind.UNFINGERPRINTABLE:
            doubts.add(UNFINGERPRINTABLE)
        if left != right:
            one[number], other[number] = _comparable(left, right, doubts)
            if position is None and one[number] != other[number]:
                position = number
    if position is None and len(one) != len(other):
        position = min(len(one), len(other))
    reasons = frozenset() if position is None else _reasons(one, other)
    return Comparison(reasons, position, frozenset(doubts), one, other)


def _comparable(left: Observation, right: Observation, doubts: set[str]) -> tuple[Observation, Observation]:
    """Both without what one of them alone knows."""
    unknown: dict[str, Any] = {}
    if (left.row == NO_INDEX) != (right.row == NO_INDEX):
        unknown["row"] = NO_INDEX
        doubts.add(PLACE)
    if (left.key is None) != (right.key is None):
        unknown["key"] = None
        doubts.add(PLACE)
    if Kind.UNFINGERPRINTABLE in (left.kind, right.kind):
        unknown |= {"kind": int(Kind.UNFINGERPRINTABLE), "digest": NO_DIGEST}
        doubts.add(UNFINGERPRINTABLE)
    elif Kind.ERASED in (left.kind, right.kind):
        unknown |= {"kind": int(Kind.ERASED), "digest": NO_DIGEST}
        doubts.add(ERASED)
    elif (left.kind == Kind.INDEX) != (right.kind == Kind.INDEX):
        unknown |= {"kind": int(Kind.INDEX), "digest": NO_DIGEST}
        doubts.add(BY_INDEX)
    return (left._replace(**unknown), right._replace(**unknown)) if unknown else (left, right)


def _reasons(one: list[Observation], other: list[Observation]) -> frozenset[str]:
    reasons = {COUNT} if len(one) != len(other) else set()
    if one and other and _have_nothing_in_common(one, other):
        return frozenset(reasons | {SAMPLE})
    pairs = _Pairs(one, other)
    pairs.pair(_whole)
    if pairs.pair_in_place(_sample):
        reasons.add(SOURCE)
    if pairs.pair_in_place(_place):
        reasons.add(CONTENT)
    if pairs.pair(_sample):
        reasons.add(SOURCE)
    if pairs.pair(_place):
        reasons.add(CONTENT)
    if pairs.left and pairs.right:
        reasons.add(SAMPLE)
    if pairs.are_crossed():
        reasons.add(ORDER)
    return frozenset(reasons)


def _have_nothing_in_common(one: list[Observation], other: list[Observation]) -> bool:
    """A quick look that spares most steps of shuffled epochs the pairing; False where it cannot tell."""
    digests = {observation.digest for observation in one}
    if not digests.isdisjoint(observation.digest for observation in other):
        return False
    rows = {observation.row for observation in one} - {NO_INDEX}
    if not rows.isdisjoint(observation.row for observation in other):
        return False
    return all(observation.key is None for observation in one)


class _Pairs:
    """Which observation of one side stands for which of the other."""

    def __init__(self, one: list[Observation], other: list[Observation]) -> None:
        self.one = one
        self.other = other
        self.left = dict.fromkeys(range(len(one)))
        self.right = dict.fromkeys(range(len(other)))
        self._partners: dict[int, int] = {}
        self.pair_in_place(_whole)

    def pair_in_place(self, known_by: Callable[[Observation], Any]) -> bool:
        """Pair what stands at one position and is known by the same; whether there is any."""
        positions = [number for number in self.left if number in self.right]
        found = [number for number in positions if _same(known_by(self.one[number]), known_by(self.other[number]))]
        self._take((number, number) for number in found)
        return bool(found)

    def pair(self, known_by: Callable[[Observation], Any]) -> bool:
        """Pair what is known by the same, wherever it stands; whether there is any."""
        waiting: defaultdict[Any, deque[int]] = defaultdict(deque)
        for number in self.left:
            waiting[known_by(self.one[number])].append(number)
        waiting.pop(None, None)
        found = []
        for number in self.right:
            places = waiting.get(known_by(self.other[number]))
            if places:
                found.append((places.popleft(), number))
        self._take(found)
        return bool(found)

    def are_crossed(self) -> bool:
        positions = [self._partners[number] for number in sorted(self._partners)]
        return positions != sorted(positions)

    def _take(self, found: Iterable[tuple[int, int]]) -> None:
        for left, right in found:
            del self.left[left], self.right[right]
            self._partners[right] = left


def _same(one: Any, other: Any) -> bool:
    return one is not None and one == other


def _whole(observation: Observation) -> Observation:
    return observation


def _sample(observation: Observation) -> tuple[int, bytes] | None:
    return observation.sample


def _place(observation: Observation) -> tuple[str, int, str | None] | None:
    return observation.place
