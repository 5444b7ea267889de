"""What a session's record says of its licences: which of them cannot go together, and how much of it is touched.

Computed from the record whenever it is asked for, by the rule set of the Origin that reads. A flag for human review,
never legal advice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from origin.licenses.combination import Combination, CombinationFinding, combine
from origin.licenses.reading import read
from origin.licenses.reconciliation import ClaimFinding, reconcile
from origin.query import count
from origin.storage import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.core.record import Source
    from origin.licenses.combination import Mode
    from origin.storage.reads import Reader, StoredSession

DEFAULT_MODE: Mode = "remix"
"""Conflicts are asked for as if everything were made into one published work: what a model may have to be taken for."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """How much a conflict touches. batches: with samples of any of its sources. mixed: of more than one licence."""

    observations: int
    samples: int
    batches: int
    mixed: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Licences that cannot go together. severity: blocker, or review where no authority speaks of them.

    licenses: the claims as stated. reason: what the authority says. remedy: what would resolve it. affected: how much
    of the session it touches, where that was counted.
    """

    licenses: tuple[str, ...]
    severity: str
    rule: str
    authority: str
    reason: str
    remedy: str
    sources: tuple[str, ...]
    affected: Exposure | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the claims for a source come to, kept apart from what was declared (as in SPDX 3).

    expression: what all of them agree on. status: resolved, custom, ambiguous, unknown, no-license; disputed where
    claims contradict each other.
    """

    expression: str | None
    status: str
    findings: tuple[ClaimFinding, ...]


def claims_of(source: Source) -> list[dict[str, str | None]]:
    """The licence claims of a source; one that states nothing where there is none."""
    found: list[dict[str, str | None]] = [
        {"text": claim.text, "where": claim.where, "read_at": claim.read_at or ""} for claim in source.claims
    ]
    return found or [{"text": source.license_id, "where": "declared by the caller", "read_at": ""}]


@lru_cache(maxsize=4096)
def conclude(source: Source) -> Conclusion:
    claims = claims_of(source)
    found = reconcile(claims)
    if any(finding.kind == "disagreement" for finding in found.findings):
        return Conclusion(None, "disputed", found.findings)
    if found.expression is not None:
        return Conclusion(found.expression, read(found.expression).status, found.findings)
    statuses = {read(claim["text"]).status for claim in claims}
    return Conclusion(None, next(one for one in _LEAST_VAGUE if one in statuses), found.findings)


_LEAST_VAGUE = ("ambiguous", "no-license", "custom", "resolved", "unknown")


def claimed_license(source: Source) -> str | None:
    """The licence that a source goes by: what was declared, else what the claims agree on, else the first of them."""
    if source.license_id is not None or not source.claims:
        return source.license_id
    return conclude(source).expression or source.claims[0].text


def combination(sources: Iterable[Source], mode: Mode = DEFAULT_MODE) -> Combination:
    return combine([claimed_license(source) for source in sources], mode)


def conflicts(sources: Iterable[Source], mode: Mode = DEFAULT_MODE) -> list[Conflict]:
    """The sets of licences among the sources that exclude each other."""
    listed = list(sources)
    by_claim: dict[str, set[str]] = {}
    for source in listed:
        by_claim.setdefault(claimed_license(source) or "", set()).add(source.source_id)
    return [
        _conflict(one, licenses, by_claim)
        for one in combination(listed, mode).findings
        if one.rule.startswith("no-outbound") and len(licenses := _parties(one, by_claim)) > 1
    ]


def _parties(one: CombinationFinding, claims: Iterable[str]) -> tuple[str, ...]:
    """What may be part of nothing new stands against all the others; what nobody knows stands against none."""
    if len(one.licenses) > 1 or one.severity == "review":
        return one.licenses
    return (*one.licenses, *(text for text in claims if text and text not in one.licenses))


def _conflict(one: CombinationFinding, licenses: tuple[str, ...], by_claim: dict[str, set[str]]) -> Conflict:
    sources = tuple(sorted(set().union(*(by_claim.get(text, set()) for text in licenses))))
    rule = one.rule.removeprefix("no-outbound: ")
    return Conflict(licenses, one.severity, rule, one.authority, one.text, one.remedy, sources)


def session_conflicts(reader: Reader, session: StoredSession, mode: Mode = DEFAULT_MODE) -> list[Conflict]:
    """The conflicts among the licences of the sources that a session used."""
    return conflicts((source for _, source in reader.sources(session.row)), mode)


def counted_conflicts(reader: Reader, session: StoredSession, mode: Mode = DEFAULT_MODE) -> list[Conflict]:
    """The same, each with how much of the session it touches."""
    found = session_conflicts(reader, session, mode)
    return [replace(one, affected=_exposure(reader, session, one.licenses)) for one in found]


def _exposure(reader: Reader, session: StoredSession, licenses: Iterable[str]) -> Exposure:
    """What of a session came from sources under the licences."""
    wanted = set(licenses)
    numbers = {
        number: text
        for number, source in reader.sources(session.row)
        if (text := claimed_license(source) or "") in wanted
    }
    tally = count.tally(reader, session.row)
    observations = sum(tally.get(number, (0, 0))[0] for number in numbers)
    samples = sum(tally.get(number, (0, 0))[1] for number in numbers)
    if sum(each for number, (_, each) in tally.items() if number) != tally[0][1]:
        # Some sample came from several sources: what these have in common has to be counted.
        samples = count.samples_of_sources(reader, session.row, numbers)
    touched: Counter[int] = Counter()
    for _, packed in reader.runs(session.row):
        parties = {numbers[source] for _, source, _ in rows.unpack_runs(packed) if source in numbers}
        touched[min(len(parties), 2)] += 1
    return Exposure(observations, samples, touched[1] + touched[2], touched[2])


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
