"""What the licence claims for one source come to: what it goes by, what is concluded, and what is said against it.

What people say of a source is kept apart from what is concluded. A flag for human review, never legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from origin.core.record import DECLARED
from origin.licenses.reading import Reading, read
from origin.licenses.reconciliation import ClaimFinding, reconcile

if TYPE_CHECKING:
    from origin.core.record import Claim, Source

_RIVALS = 8
"""Claims for one source that are tried, each as if it were right, where none of them is the strictest."""


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
    """The licence claims of a source; one that states nothing, and was read nowhere, where there is none."""
    found: list[dict[str, str | None]] = [
        {"text": claim.text, "where": claim.where, "read_at": claim.read_at or ""} for claim in source.claims
    ]
    return found or [{"text": source.license_id, "where": "" if source.license_id is None else DECLARED, "read_at": ""}]


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


@lru_cache(maxsize=4096)
def other_claims(source: Source) -> tuple[Claim, ...]:
    """The claims for a source that say another thing than the licence it goes by. What cannot be read says nothing."""
    goes_by = read(claimed_license(source))
    return tuple(claim for claim in source.claims if _differs(read(claim.text), goes_by))


def _differs(other: Reading, goes_by: Reading) -> bool:
    if other.status == "unknown":
        return False
    if goes_by.status == "unknown" or "no-license" in {other.status, goes_by.status}:
        return other.status != goes_by.status
    if not (_meanings(other) and _meanings(goes_by)):  # one may mean more licences than are listed
        return False
    return _meanings(other).isdisjoint(_meanings(goes_by))


def _meanings(reading: Reading) -> set[frozenset[frozenset[str]]]:
    found = [reading] if reading.expression is not None else map(read, reading.candidates)
    return {one.expression.meaning for one in found if one.expression is not None}


@lru_cache(maxsize=4096)
def rival_claims(source: Source) -> tuple[Claim, ...]:
    """Of the other claims those to be tried as if they were right: that no licence is granted, else the strictest of
    all claims, else, where no one of them is that, each licence.
    """
    others = other_claims(source)
    denied = [claim for claim in others if read(claim.text).status == "no-license"]
    named = [claim for claim in others if read(claim.text).alternatives]
    if denied or not named:
        return tuple(denied[:1])
    strictest = reconcile(claims_of(source)).strictest
    if strictest is not None:
        return tuple(claim for claim in named if str(read(claim.text).expression) == strictest)[:1]
    by_meaning = {str(read(claim.text).expression): claim for claim in reversed(named)}
    return tuple(reversed(by_meaning.values()))[:_RIVALS]
