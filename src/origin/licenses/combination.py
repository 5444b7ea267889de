"""Which licence a mix of sources may go under, and what it owes. This flags for human review; it is no legal advice.

Every source allows a set of outbound licences; a mix has what the sets have in common, which two of its sources may
share and all three not. An alternative (`A OR B`, or-later) is chosen per outbound licence, so nothing is searched
twice. The authority of each step is that of `compatible` and of the terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, get_args

from origin.errors import UsageError, shown
from origin.licenses.identifiers import licenses
from origin.licenses.outbound import fitting, restrictions, taken, universe
from origin.licenses.reading import Alternative, Reading, read
from origin.licenses.terms import DUTIES, PROHIBITIONS, terms
from origin.licenses.verdict import NO_AUTHORITY, RANK, Finding, Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from origin.licenses.grammar import Element

    _Words = Callable[[Element], Iterable[str]]

Mode = Literal["internal", "remix", "adaptation", "collection", "share-weights", "produced-work", "train-on-outputs"]
Severity = Literal["blocker", "review", "duty", "info"]

_MADE_NEW: dict[str, Relation] = {"remix": "adaptation", "adaptation": "adaptation", "share-weights": "adaptation"}
_EVENTS: dict[str, frozenset[str]] = {
    "internal": frozenset({"use"}),
    "remix": frozenset({"distribute", "share-derivative", "network-use"}),
    "adaptation": frozenset({"distribute", "share-derivative", "network-use"}),
    "collection": frozenset({"distribute"}),
    "share-weights": frozenset({"share-model"}),
    "produced-work": frozenset({"share-produced-work"}),
    "train-on-outputs": frozenset({"train-on-outputs"}),
}
# The action of the terms that a mode exercises, for modes that make nothing that is surely an adaptation.
_ACTIONS = {
    "internal": "train",
    "collection": "distribute",
    "share-weights": "share-model",
    "train-on-outputs": "train-on-outputs",
}


_MAX_CHOSEN = 64
"""Licences in all alternatives of one claim together."""

_SHOWN = 120
"""Characters of a claim that an explanation repeats."""

_REASONS = 4
"""How many outbound licences an explanation goes through."""


@dataclass(frozen=True, slots=True)
class CombinationFinding:
    """severity: blocker (denied, or no licence left), review, duty or info. licenses: the claims that it is about."""

    severity: Severity
    rule: str
    authority: str
    text: str
    licenses: tuple[str, ...]
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Combination:
    """What a mix of sources may become.

    conflict: something denies the mode, or no outbound licence is left that is sure to be possible. Where nobody
        forbids it and nobody knows, the finding of the conflict is a review and no blocker.
    outbound: licences that the result may go under, those of the sources first. Empty where none is needed (internal).
    obligations, prohibitions: words of `terms`, in the order of the vocabulary, of the alternatives chosen.
    choice: claim -> the alternative and version taken for the first outbound licence, where the claim leaves a choice.
    """

    mode: Mode
    conflict: bool
    outbound: tuple[str, ...]
    obligations: tuple[str, ...]
    prohibitions: tuple[str, ...]
    findings: tuple[CombinationFinding, ...]
    choice: Mapping[str, str] = field(default_factory=dict)


def combine(sources: Iterable[str | Mapping[str, Any] | None], mode: Mode = "adaptation") -> Combination:
    """What may be done with all the sources together. A source is a licence claim, or a mapping with one as `license`.

    mode: "internal" (trained on, nothing shared), "remix", "adaptation" (made into something new that is published),
    "collection" (published side by side, unchanged), "share-weights" (a model trained on it is published),
    "produced-work" (an image, a text, a result made with it is published), "train-on-outputs" (the licences are those
    of models whose outputs train another). What is not known is never compatible: published, it is a conflict.
    Raises UsageError for another mode or kind of source.
    """
    if mode not in get_args(Mode):
        raise UsageError(f"mode is {shown(mode)}: it must be one of {', '.join(get_args(Mode))}")
    readings = [read(text) for text in dict.fromkeys(map(_claim, _listed(sources)))]
    return _Mix(mode, readings).result()


def _listed(sources: Iterable[Any]) -> list[Any]:
    if isinstance(sources, str | Mapping) or sources is None:
        return [sources]
    return list(sources)


def _claim(source: object) -> str | None:
    if isinstance(source, Mapping):
        source = source.get("license")
    if source is not None and not isinstance(source, str):
        raise UsageError(f"a source is {shown(source)}: give its licence as a string, or a mapping with `license`")
    return source


class _Mix:
    """One call of `combine`: the sources that name a licence, and what has been found so far."""

    def __init__(self, mode: Mode, readings: Sequence[Reading]) -> None:
        self.mode = mode
        self.findings: list[CombinationFinding] = []
        self.readings = readings
        self.known = [reading for reading in readings if reading.alternatives]
        self.possible: dict[Reading, dict[Alternative, Alternative]] = {}
        self.answers: dict[Reading, list[Finding]] = {}
        self.ranks: dict[Reading, bytes] = {}

    def result(self) -> Combination:
        for reading in self.readings:
            if not reading.alternatives:
                self._not_known(reading)
        outbound = self._outbound()
        chosen = self._chosen(outbound)
        for reading in self.known:
            self._denied(reading, chosen[reading])
        self.findings.sort(key=lambda one: get_args(Severity).index(one.severity))
        publishes = self.mode not in {"internal", "share-weights", "train-on-outputs"}
        blocked = any(one.severity == "blocker" for one in self.findings)
        conflict = blocked or (publishes and bool(self.known) and not outbound)
        return Combination(
            self.mode,
            conflict,
            () if conflict else tuple(" AND ".join(map(str, one)) for one in outbound),
            self._words(DUTIES, chosen, _duties(self.mode)),
            self._words(PROHIBITIONS, chosen, _prohibitions),
            tuple(self.findings),
            self._branches(outbound, chosen),
        )

    def _note(self, severity: Severity, rule: str, authority: str, text: str, *of: Reading, remedy: str = "") -> None:
        names = tuple(reading.text for reading in of)
        self.findings.append(CombinationFinding(severity, rule, authority, text, names, remedy))

    def _not_known(self, reading: Reading) -> None:
        if reading.status == "no-license":
            text = f"{shown(reading.text)} grants nothing: all rights are reserved"
            authority = "Berne Convention, articles 8, 9 and 12"
            self._note("blocker", "no-license", authority, text, reading, remedy="ask the holder, or leave it out")
            return
        severity: Severity = "review" if self.mode == "internal" else "blocker"
        text = f"the licence is not known ({reading.status}): {shown(reading.text)}"
        if reading.missing:
            text = "no licence is stated"
        remedy = "find out what the source's own page says"
        if reading.candidates:
            remedy = f"find out which of {', '.join(reading.candidates[:4])} is meant"
        self._note(severity, "unknown-license", NO_AUTHORITY, text, reading, remedy=remedy)

    def _outbound(self) -> tuple[Alternative, ...]:
        """The outbound licences that every known source allows; where there is none, why is noted."""
        if self.mode in {"internal", "train-on-outputs"} or not self.known:
            return ()
        strange = {reading for reading in self.known if _unheard_of(reading) or _too_large(reading)}
        candidates = universe(reading for reading in self.known if reading not in strange)
        for reading in self.known:
            self.possible[reading], self.answers[reading] = {}, []
            if reading not in strange:
                self._ask(reading, candidates)
        common = tuple(one for one in candidates if all(one in self.possible[reading] for reading in self.known))
        if not common:
            self._no_outbound(candidates)
        return common

    def _ask(self, reading: Reading, candidates: Sequence[Alternative]) -> None:
        """What a source says to each outbound licence, by the alternative that suits it best and asks for least."""
        choices = sorted(reading.alternatives, key=restrictions)
        for outbound in candidates:
            answers = [self._fit(outbound, one) for one in choices]
            best = min(range(len(answers)), key=lambda at: RANK[answers[at].verdict])
            self.answers[reading].append(answers[best])
            if answers[best].verdict == "compatible":
                self.possible[reading][outbound] = choices[best]
        self.ranks[reading] = bytes(RANK[one.verdict] for one in self.answers[reading])

    def _fit(self, outbound: Alternative, alternative: Alternative) -> Finding:
        if self.mode == "produced-work":
            rest = tuple(element for element in alternative if not _free_results(element))
            return fitting(outbound, rest, "adaptation") if rest else Finding("compatible", ())
        return fitting(outbound, alternative, _MADE_NEW.get(self.mode, "collection"))

    def _no_outbound(self, candidates: Sequence[Alternative]) -> None:
        alone = [reading for reading in self.known if not self.possible[reading]]
        for reading in alone:
            if _too_large(reading):
                text = f"{_shown(reading.text)} leaves {len(reading.alternatives)} choices: too many to combine"
                remedy = "state the licences of the parts one by one"
                self._note("review", "no-outbound: too-large", NO_AUTHORITY, text, reading, remedy=remedy)
            elif _unheard_of(reading):
                text = f"no authority is known that speaks of {_shown(reading.text)}"
                remedy = "read its text, and ask who wrote it"
                self._note("review", "no-outbound: unknown-license", NO_AUTHORITY, text, reading, remedy=remedy)
            else:
                self._blocked((reading,), candidates)
        rest = [reading for reading in self.known if self.possible[reading]]
        pairs = [pair for pair in combinations(rest, 2) if not self._shared(pair)]
        for pair in pairs:
            self._blocked(pair, candidates)
        if not alone and not pairs:
            self._blocked(self._smallest(rest), candidates)

    def _shared(self, readings: Sequence[Reading]) -> set[Alternative]:
        return set.intersection(*(set(self.possible[reading]) for reading in readings))

    def _smallest(self, readings: list[Reading]) -> tuple[Reading, ...]:
        """A set that has nothing in common, of which no part could be left out."""
        for reading in list(readings):
            rest = [other for other in readings if other is not reading]
            if rest and not self._shared(rest):
                readings = rest
        return tuple(readings)

    def _blocked(self, readings: tuple[Reading, ...], candidates: Sequence[Alternative]) -> None:
        """Say why no licence is left: what stands against each of the licences that the sources have themselves."""
        # The worst answer to each outbound licence: where it is a review for one of them, nobody says a plain no.
        worst = bytes(map(max, *(self.ranks[reading] for reading in readings), bytes(len(candidates))))
        open_question = RANK["review"] in worst
        own = [at for at, one in enumerate(candidates) if worst[at] and _is_part(one, readings)][:_REASONS]
        reasons = {self._against(readings, at).reasons[0]: None for at in own}
        names = " and ".join(_shown(reading.text) for reading in readings)
        lead = f"nothing made from {names} may be published under a licence that is known"
        if len(readings) > 1:
            lead = f"{names} have no outbound licence in common"
        self._note(
            "review" if self.mode == "share-weights" or open_question else "blocker",
            f"no-outbound: {next(iter(reasons)).rule}",
            "; ".join(dict.fromkeys(reason.authority for reason in reasons)),
            f"{lead}: {'; '.join(reason.text for reason in reasons)}",
            *readings,
            remedy="leave one of them out, or publish them as a collection, each under its own licence",
        )

    def _against(self, readings: tuple[Reading, ...], at: int) -> Finding:
        """The worst that any of the sources says to an outbound licence."""
        return max((self.answers[reading][at] for reading in readings), key=lambda one: RANK[one.verdict])

    def _chosen(self, outbound: tuple[Alternative, ...]) -> dict[Reading, Alternative]:
        """Of each source the alternative for the first outbound licence; without one, that which is denied least."""
        if outbound:
            return {reading: self.possible[reading][outbound[0]] for reading in self.known}
        return {reading: min(reading.alternatives, key=self._cost) for reading in self.known}

    def _cost(self, alternative: Alternative) -> tuple[int, tuple[int, int]]:
        answers = [self._action(element)[0] for element in alternative]
        return max(map(("yes", "unknown", "no").index, answers)), restrictions(alternative)

    def _action(self, element: Element) -> tuple[str, str]:
        record = terms(element)
        action = _ACTIONS.get(self.mode)
        if action is None or (self.mode == "collection" and record is None):
            return "yes", ""
        if record is None:
            return "unknown", f"there is no record of the terms of {element}"
        return record.action(action).value, record.action(action).clause

    def _denied(self, reading: Reading, alternative: Alternative) -> None:
        for element in alternative:
            value, clause = self._action(element)
            action = _ACTIONS.get(self.mode)
            if value == "no":
                text = f"{element} does not allow it"
                self._note("blocker", f"{action}-denied", f"{element}, {clause}", text, reading)
            elif value == "unknown":
                text = f"whether {element} allows it is not settled: {clause or 'its text does not say'}"
                self._note("review", f"{action}-unknown", f"{element}, text", text, reading)

    def _words(self, words: Sequence[str], chosen: dict[Reading, Alternative], of: _Words) -> tuple[str, ...]:
        found = {word for alternative in chosen.values() for element in alternative for word in of(element)}
        return tuple(word for word in words if word in found)

    def _branches(self, outbound: tuple[Alternative, ...], chosen: dict[Reading, Alternative]) -> dict[str, str]:
        branches = {}
        for reading, alternative in chosen.items():
            relation = _MADE_NEW.get(self.mode)
            if outbound and relation is not None:
                branch = taken(outbound[0], alternative, relation)
            else:
                branch = " AND ".join(map(str, alternative))
            if branch != str(reading.expression):
                branches[reading.text] = branch
        return branches


def _is_part(outbound: Alternative, readings: Iterable[Reading]) -> bool:
    return any(set(outbound) <= set(choice) for reading in readings for choice in reading.alternatives)


def _too_large(reading: Reading) -> bool:
    """Whether a claim leaves more choices than are worked through: a recorded text must not stop a report."""
    return sum(map(len, reading.alternatives)) > _MAX_CHOSEN


def _unheard_of(reading: Reading) -> bool:
    """Whether every alternative has a licence that no authority, chart or record of ours speaks of."""
    return all(
        any(terms(element) is None and element.license.lower() not in licenses() for element in alternative)
        for alternative in reading.alternatives
    )


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."


def _free_results(element: Element) -> bool:
    """Whether what is made with the data, as distinct from the data, is free of the licence."""
    record = terms(element)
    if record is None:
        return False
    covers, free = record.facts.get("covers"), record.facts.get("results-free")
    return (covers is not None and covers.value == "database") or (free is not None and free.value == "yes")


def _duties(mode: str) -> Callable[[Element], Iterable[str]]:
    def due(element: Element) -> Iterable[str]:
        record = terms(element)
        # A work made with material that reaches its results is an adaptation of it.
        events = _EVENTS["adaptation" if mode == "produced-work" and not _free_results(element) else mode]
        return () if record is None else (word for word, duty in record.duties.items() if duty.on & events)

    return due


def _prohibitions(element: Element) -> Iterable[str]:
    record = terms(element)
    return () if record is None else record.prohibitions
