"""What each source of a mix says to each outbound licence. A flag for human review, no legal advice."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from origin.licenses.modes import binds_model, leaves_free
from origin.licenses.outbound import AGGREGATE, fitting, restrictions, unheard_of, universe
from origin.licenses.verdict import RANK, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from origin.licenses.grammar import Element
    from origin.licenses.reading import Alternative, Reading
    from origin.licenses.verdict import Relation

_MAX_CHOSEN = 64
"""Licences in all alternatives of one claim together."""

_MAX_ASKED = 60_000
"""Questions of one licence to one outbound licence: a few seconds. Two hundred known licences together stay below."""

_COMMON = 60
"""About how many outbound licences are asked about beside those of the sources."""


class Answers:
    """candidates: the outbound licences asked about. possible: of each source those that it surely allows, with the
    alternative that suits them best and asks for least. open: those that a question stands against, of the kind that a
    mode is known to raise and nobody has settled. too_large: the sources that were not asked, as there is too much.
    """

    def __init__(self, mode: str, readings: Iterable[Reading]) -> None:
        self.mode = mode
        self.readings = list(readings)
        asked, self.too_large = _bounded(self.readings)
        self.candidates = universe(asked)
        self.possible: dict[Reading, dict[Alternative, Alternative]] = {reading: {} for reading in self.readings}
        self.open: dict[Reading, dict[Alternative, Alternative]] = {reading: {} for reading in self.readings}
        self._answers: dict[Reading, list[Finding]] = {reading: [] for reading in self.readings}
        self._ranks: dict[Reading, bytes] = {}
        self._own = {reading: _parts(reading, self.candidates) for reading in asked}
        for reading in asked:
            self._ask(reading)

    def _ask(self, reading: Reading) -> None:
        choices = sorted(reading.alternatives, key=restrictions)
        bound = [tuple(element for element in one if not leaves_free(self.mode, element)) for one in choices]
        for outbound in self.candidates:
            answers = [self._fit(outbound, one) for one in bound]
            best = min(range(len(answers)), key=lambda at: RANK[answers[at].verdict])
            self._answers[reading].append(answers[best])
            if answers[best].verdict == "compatible":
                self.possible[reading][outbound] = choices[best]
            else:
                hanging = (choice for choice, one in zip(choices, bound, strict=True) if self._hangs(outbound, one))
                self.open[reading].update((outbound, choice) for choice in islice(hanging, 1))
        self._ranks[reading] = bytes(RANK[one.verdict] for one in self._answers[reading])

    def _fit(self, outbound: Alternative, alternative: Alternative) -> Finding:
        relation: Relation = "collection" if self.mode == "collection" else "adaptation"
        return fitting(outbound, alternative, relation) if alternative else Finding("compatible", ())

    def _hangs(self, outbound: Alternative, alternative: Alternative) -> bool:
        """Whether nothing but an open question stands against it: is a collection under this licence still an
        aggregate, are weights an adaptation of the data (no question where the licence binds a model).
        """
        if self.mode not in {"collection", "share-weights"}:
            return False
        answers = [(element, self._fit(outbound, (element,))) for element in alternative]
        if self.mode == "collection":
            return all(one.verdict == "compatible" or one.reasons[0].rule == AGGREGATE for _, one in answers)
        return all(one.verdict != "incompatible" or not binds_model(element) for element, one in answers)

    def sure(self) -> tuple[Alternative, ...]:
        """The outbound licences that every source allows."""
        return tuple(one for one in self.candidates if all(one in self.possible[reading] for reading in self.readings))

    def unsettled(self, readings: Sequence[Reading]) -> tuple[Alternative, ...]:
        """Of the licences that the sources have themselves, those that open questions alone stand against."""
        own = self._parts(readings)
        return tuple(
            one
            for one in self.candidates
            if one in own and all(one in self.possible[reading] or one in self.open[reading] for reading in readings)
        )

    def shared(self, readings: Iterable[Reading]) -> set[Alternative]:
        return set.intersection(*(set(self.possible[reading]) for reading in readings))

    def smallest(self, readings: Sequence[Reading]) -> tuple[Reading, ...]:
        """A set that has nothing in common, of which no part could be left out."""
        found = list(readings)
        for reading in readings:
            rest = [other for other in found if other is not reading]
            if rest and not self.shared(rest):
                found = rest
        return tuple(found)

    def worst(self, readings: Sequence[Reading]) -> bytes:
        """The rank of the worst answer to each candidate."""
        return bytes(map(max, *(self._ranks[reading] for reading in readings), bytes(len(self.candidates))))

    def against(self, readings: Sequence[Reading], at: int) -> Finding:
        """The worst that any of the sources says to a candidate."""
        return max((self._answers[reading][at] for reading in readings), key=lambda one: RANK[one.verdict])

    def own(self, readings: Sequence[Reading]) -> list[int]:
        """The candidates that the sources are under themselves and that one of them speaks against."""
        worst, own = self.worst(readings), self._parts(readings)
        return [at for at, one in enumerate(self.candidates) if worst[at] and one in own]

    def _parts(self, readings: Iterable[Reading]) -> set[Alternative]:
        return {one for reading in readings for one in self._own.get(reading, ())}

    def opponents(self, outbound: Alternative) -> tuple[Reading, ...]:
        """The sources that do not surely allow it."""
        at = self.candidates.index(outbound)
        return tuple(reading for reading, ranks in self._ranks.items() if ranks[at])


def _parts(reading: Reading, candidates: Iterable[Alternative]) -> set[Alternative]:
    """The candidates that a source is under itself, be it with others or by choice."""
    choices = [frozenset(choice) for choice in reading.alternatives]
    return {one for one in candidates if any(choice.issuperset(one) for choice in choices)}


def _bounded(readings: Iterable[Reading]) -> tuple[list[Reading], set[Reading]]:
    """The readings that are worked through, and those that are too large, alone or together: a recorded text must not
    stop a report. The small ones come first, whatever their order.
    """
    sizes = {reading: sum(map(len, reading.alternatives)) for reading in readings}
    asked: set[Reading] = set()
    large: set[Reading] = set()
    elements: set[Element] = set()
    total = 0
    for reading in sorted(sizes, key=lambda one: (sizes[one], one.text)):
        if sizes[reading] > _MAX_CHOSEN:
            large.add(reading)
        elif not unheard_of_all(reading):
            together = elements.union(*reading.alternatives)
            if (total + sizes[reading]) * (len(together) + _COMMON) > _MAX_ASKED:
                large.add(reading)
                continue
            asked.add(reading)
            elements, total = together, total + sizes[reading]
    return [reading for reading in sizes if reading in asked], large


def unheard_of_all(reading: Reading) -> bool:
    """Whether every alternative has a licence that nobody speaks of."""
    return all(any(map(unheard_of, alternative)) for alternative in reading.alternatives)
