"""What a session's record says of its licences: what stands against making something of it, and how much is touched.

Computed from the record whenever it is asked for, by the rule set of the Origin that reads. A flag for human review,
never legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from origin.errors import shown
from origin.licenses.combination import Combination, CombinationFinding, combine
from origin.licenses.reading import read
from origin.query.claims import Conclusion, claimed_license, claims_of, conclude, other_claims, rival_claims
from origin.query.exposure import Exposure, exposures

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from origin.core.record import Claim, Source
    from origin.licenses.combination import Mode
    from origin.licenses.reconciliation import ClaimFinding
    from origin.storage.reads import Reader, StoredSession

__all__ = [
    "DEFAULT_MODE",
    "Conclusion",
    "Conflict",
    "affected_text",
    "claim_findings",
    "claimed_license",
    "claims_of",
    "combination",
    "conclude",
    "conflicts",
    "counted_conflicts",
    "counted_obstacles",
    "obstacles",
    "other_claims",
    "session_conflicts",
]

DEFAULT_MODE: Mode = "remix"
"""Conflicts are asked for as if everything were made into one published work: what a model may have to be taken for."""

_NO_OUTBOUND = "no-outbound"
_SAID = 3
"""Claims that a reason repeats."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Licences that cannot go together, or one that stands in the way alone.

    severity: blocker; review where no authority speaks of them, or where it rests on a claim that others contradict.
    licenses: the claims as stated; empty where nothing is stated. reason: what the authority says. remedy: what would
    resolve it. affected: how much of the session it touches, where that was counted. supposes: what else was claimed
    for some of the sources, which is taken to be right here; empty where every source has the licence it goes by.
    """

    licenses: tuple[str, ...]
    severity: str
    rule: str
    authority: str
    reason: str
    remedy: str
    sources: tuple[str, ...]
    affected: Exposure | None = None
    supposes: tuple[Claim, ...] = ()


def combination(sources: Iterable[Source], mode: Mode = DEFAULT_MODE) -> Combination:
    return combine([claimed_license(source) for source in sources], mode)


def conflicts(sources: Iterable[Source], mode: Mode = DEFAULT_MODE) -> list[Conflict]:
    """The sets of known licences among the sources that exclude each other."""
    return list(_against(tuple(sources), mode)[0])


def obstacles(sources: Iterable[Source], mode: Mode = DEFAULT_MODE) -> list[Conflict]:
    """What stands in the way without any other licence: one that is not known, not granted, or that bars the mode.

    Where `combine` says that the sources conflict, there is a conflict or an obstacle.
    """
    return list(_against(tuple(sources), mode)[1])


@lru_cache(maxsize=8)
def _against(sources: tuple[Source, ...], mode: Mode) -> tuple[tuple[Conflict, ...], tuple[Conflict, ...]]:
    """Conflicts and obstacles: first by the licences that the sources go by, then by what else is claimed for them."""
    stated = _Holders(sources, [])
    mix = combination(sources, mode)
    between, alone = _sorted_out(mix, stated)
    known = {stated.key(finding) for finding in mix.findings}
    for texts, holders in _supposed(sources):
        mix = combine(texts, mode)
        new = replace(mix, findings=tuple(one for one in mix.findings if holders.matters(one, known)))
        known.update(map(holders.key, new.findings))
        more = _sorted_out(new, holders)
        between, alone = between + more[0], alone + more[1]
    return tuple(between), tuple(alone)


def _supposed(sources: Sequence[Source]) -> Iterator[tuple[list[str | None], _Holders]]:
    """All that is claimed side by side, which shows every pair that may exclude each other; and each source under what
    is claimed against it alone, which shows the larger sets.
    """
    rivals = [(source, claim) for source in sources for claim in rival_claims(source)]
    if not rivals:
        return
    side_by_side: list[str | None] = [claimed_license(source) for source in sources]
    yield [*side_by_side, *(claim.text for _, claim in rivals)], _Holders(sources, rivals)
    instead = [(source, rival_claims(source)[0]) for source in sources if rival_claims(source)]
    kept = [source for source in sources if not rival_claims(source)]
    texts = [*map(claimed_license, kept), *(claim.text for _, claim in instead)]
    yield texts, _Holders(kept, instead)


class _Holders:
    """Which sources have which licence, by what they go by and by what else is claimed for them."""

    def __init__(self, sources: Iterable[Source], rivals: Iterable[tuple[Source, Claim]]) -> None:
        self.sources: dict[str, set[Source]] = {}
        self.claims: dict[str, dict[Claim, set[str]]] = {}
        for source in sources:
            self.sources.setdefault(claimed_license(source) or "", set()).add(source)
        for source, claim in rivals:
            self.sources.setdefault(claim.text, set()).add(source)
            self.claims.setdefault(claim.text, {}).setdefault(claim, set()).add(source.source_id)

    def of(self, licenses: Iterable[str]) -> set[Source]:
        return set().union(*(self.sources.get(text, set()) for text in licenses))

    def key(self, finding: CombinationFinding) -> _Key:
        return frozenset(finding.licenses), frozenset(self.of(finding.licenses))

    def matters(self, finding: CombinationFinding, known: Container[_Key]) -> bool:
        """Whether a finding rests on what else is claimed, is not known yet, and is not one source against itself."""
        if not any(text in self.claims for text in finding.licenses) or self.key(finding) in known:
            return False
        alone = [tuple(self.sources[text]) for text in finding.licenses if len(self.sources[text]) == 1]
        return len(set(alone)) == len(alone)

    def others(self, licenses: tuple[str, ...]) -> Iterator[str]:
        """The known licences of the other sources."""
        these = self.of(licenses)
        return (text for text, sources in self.sources.items() if sources - these and read(text).alternatives)

    def condition(self, licenses: Iterable[str]) -> str:
        """`if the claim X read at Y is right: `, nothing where nothing is supposed."""
        said = [_said(claim, names) for text in licenses for claim, names in self.claims.get(text, {}).items()]
        if not said:
            return ""
        more = f" and {len(said) - _SAID} more" if len(said) > _SAID else ""
        many = ("claims", "are") if len(said) > 1 else ("claim", "is")
        return f"if the {many[0]} {' and '.join(said[:_SAID])}{more} {many[1]} right: "


_Key = tuple[frozenset[str], frozenset["Source"]]


def _said(claim: Claim, source_ids: set[str]) -> str:
    first, *rest = sorted(source_ids)
    more = f" and {len(rest)} more" if rest else ""
    return f"{shown(claim.text)} read at {claim.where} for {first}{more}"


def _sorted_out(mix: Combination, holders: _Holders) -> tuple[list[Conflict], list[Conflict]]:
    """What of a mix's findings stands between licences, and what stands in the way alone."""
    between, alone = [], []
    for one in mix.findings:
        outbound = one.rule.startswith(_NO_OUTBOUND)
        parties = _parties(one, holders) if outbound else one.licenses
        if outbound and len(parties) > 1:
            between.append(_conflict(one, parties, holders))
        elif one.severity == "blocker" or (outbound and mix.conflict):
            alone.append(_conflict(one, parties, holders))
    return between, alone


def _parties(one: CombinationFinding, holders: _Holders) -> tuple[str, ...]:
    """What may be part of nothing new stands against all the others; what nobody knows stands against none."""
    if len(one.licenses) > 1 or one.severity == "review":
        return one.licenses
    return (*one.licenses, *holders.others(one.licenses))


def _conflict(one: CombinationFinding, parties: tuple[str, ...], holders: _Holders) -> Conflict:
    found = Conflict(
        tuple(text for text in parties if text),
        one.severity,
        one.rule.removeprefix(f"{_NO_OUTBOUND}: "),
        one.authority,
        one.text,
        one.remedy or "leave it out, or ask the holder",
        tuple(sorted({source.source_id for source in holders.of(parties)})),
        supposes=tuple(claim for text in parties for claim in holders.claims.get(text, ())),
    )
    if not found.supposes:
        return found
    remedy = f"find out which claim is right; if it is this one, {found.remedy}"
    return replace(found, severity="review", reason=f"{holders.condition(parties)}{found.reason}", remedy=remedy)


def session_conflicts(reader: Reader, session: StoredSession, mode: Mode = DEFAULT_MODE) -> list[Conflict]:
    """The conflicts among the licences of the sources that a session used."""
    return conflicts((source for _, source in reader.sources(session.row)), mode)


def counted_conflicts(reader: Reader, session: StoredSession, mode: Mode = DEFAULT_MODE) -> list[Conflict]:
    """The same, each with how much of the session it touches."""
    return _counted(reader, session, session_conflicts(reader, session, mode))


def counted_obstacles(reader: Reader, session: StoredSession, mode: Mode = DEFAULT_MODE) -> list[Conflict]:
    """The obstacles among the sources that a session used, each with how much of the session it touches."""
    return _counted(reader, session, obstacles((source for _, source in reader.sources(session.row)), mode))


def _counted(reader: Reader, session: StoredSession, found: list[Conflict]) -> list[Conflict]:
    numbered = reader.sources(session.row)
    parties = [_numbers(numbered, one) for one in found]
    return [
        replace(one, affected=affected)
        for one, affected in zip(found, exposures(reader, session, parties), strict=True)
    ]


def _numbers(numbered: Iterable[tuple[int, Source]], conflict: Conflict) -> Mapping[int, str]:
    """The sources of a conflict by their numbers in the session, each with its licence there."""
    wanted = set(conflict.licenses or ("",))
    numbers = {}
    for number, source in numbered:
        supposed = [claim.text for claim in rival_claims(source) if claim in conflict.supposes]
        party = next((text for text in (*supposed, claimed_license(source) or "") if text in wanted), None)
        if party is not None:
            numbers[number] = party
    return numbers


def claim_findings(reader: Reader, session: StoredSession) -> list[tuple[Source, ClaimFinding]]:
    """What a person has to look at in the claims: those that disagree first, then what names no licence for sure."""
    found = [(source, one) for _, source in reader.sources(session.row) for one in conclude(source).findings]
    return sorted(found, key=lambda pair: (pair[1].kind != "disagreement", pair[0].source_id))


def affected_text(conflict: Conflict) -> str:
    """How much of a session a conflict touches, in words."""
    touched = conflict.affected
    if touched is None:
        return "not counted"
    counted = f"{touched.observations} observations of {touched.samples} samples in {touched.batches} batches"
    return f"{counted}, {touched.mixed} of them with more than one of the licences"
