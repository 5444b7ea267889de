"""Which licence a mix of sources may go under, and what it owes. This flags for human review; it is no legal advice.

Every source allows a set of outbound licences; a mix has what the sets have in common, which two of its sources may
share and all three not. An alternative (`A OR B`, or-later) is chosen per outbound licence, so nothing is searched
twice. The authority of each step is that of `compatible` and of the terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, get_args

from origin.errors import UsageError, shown
from origin.licenses.answers import Answers, unheard_of_all
from origin.licenses.modes import MADE_NEW, NOTHING_PUBLISHED, action_of, binds_model, duties, permission, prohibitions
from origin.licenses.outbound import restrictions, taken
from origin.licenses.reading import Alternative, Reading, read
from origin.licenses.terms import DUTIES, PROHIBITIONS
from origin.licenses.verdict import NO_AUTHORITY, RANK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from origin.licenses.grammar import Element

    _Words = Callable[[Element], Iterable[str]]

Mode = Literal["internal", "remix", "adaptation", "collection", "share-weights", "produced-work", "train-on-outputs"]
Severity = Literal["blocker", "review", "duty", "info"]

_REMEDIES = {
    "collection": "leave one of them out, or give the collection no licence of its own: each part stays under its own",
    "share-weights": "leave one of them out, or have a person settle what their terms ask of a trained model",
}
_REMEDY = "leave one of them out, or publish them as a collection, each under its own licence"

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

    conflict: something denies the mode, or no outbound licence is left. Where nobody forbids it and nobody knows, the
        finding of the conflict is a review and no blocker.
    outbound: licences that the result may go under, those of the sources first, what nobody knows last. Empty where
        none is needed (internal, train-on-outputs). Where a review finding `no-outbound` stands beside them, none is
        sure: they are those of the sources that depend on an open question, which the finding names (whether weights
        are an adaptation, whether a collection under them is still an aggregate).
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
    Raises UsageError for another mode or kind of source, and for a mapping whose keys do not name a licence.
    """
    if mode not in get_args(Mode):
        raise UsageError(f"mode is {shown(mode)}: it must be one of {', '.join(get_args(Mode))}")
    readings = [read(text) for text in dict.fromkeys(map(_claim, _listed(sources)))]
    return _Mix(mode, readings).result()


def _listed(sources: object) -> list[Any]:
    if isinstance(sources, str | Mapping) or sources is None:
        return [sources]
    try:
        return list(sources)  # type: ignore[call-overload, no-any-return]
    except TypeError:
        raise UsageError(f"sources are {shown(sources)}: give a list of licences") from None


def _claim(source: object) -> str | None:
    if isinstance(source, Mapping):
        if source and "license" not in source:
            keys = ", ".join(sorted(map(shown, source)))
            raise UsageError(f"a source has no key 'license', but {keys}: give its licence as `license`")
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
        self.answers = Answers(mode, () if mode in NOTHING_PUBLISHED else self.known)

    def result(self) -> Combination:
        for reading in self.readings:
            if not reading.alternatives:
                self._not_known(reading)
        outbound = self._outbound()
        chosen = self._chosen(outbound)
        for reading in self.known:
            self._denied(reading, chosen[reading])
        branches = self._branches(outbound, chosen)
        self.findings.sort(key=lambda one: get_args(Severity).index(one.severity))
        publishes = self.mode not in NOTHING_PUBLISHED
        blocked = any(one.severity == "blocker" for one in self.findings)
        conflict = blocked or (publishes and bool(self.known) and not outbound)
        return Combination(
            self.mode,
            conflict,
            () if conflict else tuple(" AND ".join(map(str, one)) for one in outbound),
            self._words(DUTIES, chosen, partial(duties, self.mode)),
            self._words(PROHIBITIONS, chosen, prohibitions),
            tuple(self.findings),
            branches,
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
        if self.mode in NOTHING_PUBLISHED or not self.known:
            return ()
        sure = self.answers.sure()
        if not sure:
            self._no_outbound()
        return sure or self.answers.unsettled(self.known)

    def _no_outbound(self) -> None:
        alone = [reading for reading in self.known if not self.answers.possible[reading]]
        for reading in alone:
            if reading in self.answers.too_large:
                choices = f"{len(reading.alternatives)} choices, beside {len(self.known) - 1} other licences"
                text = f"{_shown(reading.text)} leaves {choices}: too many to combine"
                remedy = "state the licences of the parts one by one"
                self._note("review", "no-outbound: too-large", NO_AUTHORITY, text, reading, remedy=remedy)
            elif unheard_of_all(reading):
                text = f"no authority is known that speaks of {_shown(reading.text)}"
                remedy = "read its text, and ask who wrote it"
                self._note("review", "no-outbound: unknown-license", NO_AUTHORITY, text, reading, remedy=remedy)
            else:
                self._blocked((reading,))
        rest = [reading for reading in self.known if self.answers.possible[reading]]
        pairs = [pair for pair in combinations(rest, 2) if not self.answers.shared(pair)]
        for pair in pairs:
            self._blocked(pair)
        if not alone and not pairs:
            self._blocked(self.answers.smallest(rest))

    def _blocked(self, readings: tuple[Reading, ...]) -> None:
        """Say why no licence is left: what stands against each of the licences that the sources have themselves.

        Where the worst answer to an outbound licence is a review for one of them, nobody says a plain no.
        """
        unsettled = self.answers.unsettled(readings)
        own = sorted(self.answers.own(readings), key=lambda at: self.answers.candidates[at] not in unsettled)
        reasons = {self.answers.against(readings, at).reasons[0]: None for at in own[:_REASONS]}
        self._note(
            "review" if unsettled or RANK["review"] in self.answers.worst(readings) else "blocker",
            f"no-outbound: {next(iter(reasons)).rule}",
            _joined(reason.authority for reason in reasons),
            f"{self._lead(readings, sure=not unsettled)}: {'; '.join(reason.text for reason in reasons)}",
            *readings,
            remedy=_REMEDIES.get(self.mode, _REMEDY),
        )

    def _lead(self, readings: tuple[Reading, ...], *, sure: bool) -> str:
        names = " and ".join(_shown(reading.text) for reading in readings)
        lead = f"nothing made from {names} may be published under a licence that is known"
        if len(readings) > 1:
            lead = f"{names} have no outbound licence in common"
            lead += "" if sure else " that is sure"
        asked = (element for reading in readings for choice in reading.alternatives for element in choice)
        if self.mode == "share-weights" and not all(map(binds_model, asked)):
            return f"if weights are an adaptation of the data, which is not settled, {lead}"
        return lead

    def _chosen(self, outbound: tuple[Alternative, ...]) -> dict[Reading, Alternative]:
        """Of each source the alternative for the first outbound licence; without one, that which is denied least."""
        if outbound:
            first = outbound[0]
            possible, unsettled = self.answers.possible, self.answers.open
            return {one: possible[one].get(first) or unsettled[one][first] for one in self.known}
        return {reading: min(reading.alternatives, key=self._cost) for reading in self.known}

    def _cost(self, alternative: Alternative) -> tuple[int, tuple[int, int, int]]:
        answers = [permission(self.mode, element).value for element in alternative]
        return max(map(("yes", "unknown", "no").index, answers)), restrictions(alternative)

    def _denied(self, reading: Reading, alternative: Alternative) -> None:
        for element in alternative:
            found, action = permission(self.mode, element), action_of(self.mode)
            if found.value == "no":
                text = f"{element} does not allow it"
                self._note("blocker", f"{action}-denied", f"{element}, {found.clause}", text, reading)
            elif found.value == "unknown":
                text = f"whether {element} allows it is not settled: {found.clause or 'its text does not say'}"
                self._note("review", f"{action}-unknown", f"{element}, text", text, reading)

    def _words(self, words: Sequence[str], chosen: dict[Reading, Alternative], of: _Words) -> tuple[str, ...]:
        found = {word for alternative in chosen.values() for element in alternative for word in of(element)}
        return tuple(word for word in words if word in found)

    def _branches(self, outbound: tuple[Alternative, ...], chosen: dict[Reading, Alternative]) -> dict[str, str]:
        branches = {}
        for reading, alternative in chosen.items():
            branch = " AND ".join(map(str, alternative))
            if outbound and self.mode in MADE_NEW:
                branch = taken(outbound[0], alternative, "adaptation")
                self._narrowed(reading, alternative, outbound[0])
            if branch != str(reading.expression):
                branches[reading.text] = branch
        return branches

    def _narrowed(self, reading: Reading, alternative: Alternative, outbound: Alternative) -> None:
        """Say why the result cannot keep the or-later of a source."""
        for element in alternative:
            if not str(element).endswith("-or-later") or (element,) == outbound:
                continue
            against = self.answers.opponents((element,))
            if against:
                why = self.answers.against(against, self.answers.candidates.index((element,))).reasons[0]
                text = f"{element} is taken as {taken(outbound, (element,), 'adaptation')}: {why.text}"
                others = (one for one in against if one != reading)
                self._note("info", "or-later", why.authority, text, reading, *others)


def _joined(authorities: Iterable[str]) -> str:
    named = list(dict.fromkeys(authorities))
    return "; ".join(one for one in named if one != NO_AUTHORITY) or NO_AUTHORITY


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
