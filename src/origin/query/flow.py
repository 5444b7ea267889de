"""Whether two streams of observations agree as multisets, or in order too, told without holding either.

A multiset is summed up as the sum modulo 2^256 of the SHA-256 of its elements: equal multisets have equal sums in any
order, and others do not but by chance. (Who wants to deceive could look for a collision: this compares honest records.)
"""

from __future__ import annotations

import hashlib
from collections import Counter
from struct import Struct
from typing import TYPE_CHECKING

from origin.core.difference import CONTENT, COUNT, ORDER, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.core.difference import Name, Observation

_MASK = (1 << 256) - 1
_PLACE = Struct(">Iq").pack


class Sum:
    """A stream of byte strings: `total` tells its multiset, `order` the stream itself."""

    __slots__ = ("_hasher", "total")

    def __init__(self) -> None:
        self.total = 0
        self._hasher = hashlib.sha256()

    def add(self, elements: Iterable[bytes]) -> None:
        digests = [hashlib.sha256(element).digest() for element in elements]
        self.total = (self.total + sum(map(int.from_bytes, digests))) & _MASK
        self._hasher.update(b"".join(digests))

    def order(self) -> bytes:
        return self._hasher.digest()


class Flow:
    """What one side delivered: the observations, their samples without places, and their places without samples."""

    __slots__ = ("all_placed", "count", "names", "places", "samples", "whole")

    def __init__(self) -> None:
        self.count = 0
        self.whole = Sum()
        self.samples = Sum()
        self.places = Sum()
        self.names: Counter[Name] = Counter()
        self.all_placed = True

    def add(self, found: list[Observation], numbers: dict[str | Name, int]) -> None:
        """numbers: gives sources and their names numbers, the same on both sides."""
        samples = [bytes((one.kind,)) + one.digest for one in found]
        sources = [numbers.setdefault(one.name.source_id, len(numbers)) for one in found]
        places = [
            _PLACE(source, one.row) + (b"" if one.key is None else b"k" + one.key.encode("utf-8", "surrogatepass"))
            for one, source in zip(found, sources, strict=True)
        ]
        names = [numbers.setdefault(one.name, len(numbers)).to_bytes(4) for one in found]
        self.count += len(found)
        self.samples.add(samples)
        self.places.add(places)
        self.whole.add(b"".join(parts) for parts in zip(samples, names, places, strict=True))
        self.names.update(one.name for one in found)
        self.all_placed = self.all_placed and all(one.place is not None for one in found)


def reasons(one: Flow, other: Flow, of_steps: frozenset[str]) -> frozenset[str]:
    """Why two streams that differ do so, as far as the streams as wholes tell; else the reasons that their steps gave.

    A stream that is only cut into other batches differs by COUNT alone.
    """
    if one.count != other.count:
        return of_steps
    found = of_steps & {COUNT}
    if one.whole.total == other.whole.total:
        return found | _moved(one.whole, other.whole)
    same_places = one.places.total == other.places.total and one.all_placed and other.all_placed
    same_names = one.names == other.names
    if one.samples.total == other.samples.total and not (same_places and same_names):
        return found | {SOURCE} | _moved(one.samples, other.samples)
    if same_places:
        return found | ({CONTENT} if same_names else {CONTENT, SOURCE}) | _moved(one.places, other.places)
    return of_steps


def _moved(one: Sum, other: Sum) -> frozenset[str]:
    return frozenset() if one.order() == other.order() else frozenset({ORDER})
