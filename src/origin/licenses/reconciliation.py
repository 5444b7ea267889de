"""Several claims about the licence of one source: whether they agree, and which asks for most.

People write the licence into the card, the repository, the package and the paper, and not always the same one. What
they say is kept apart from what is concluded (as SPDX 3 does). This flags for human review; it is no legal advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from origin.errors import UsageError, shown
from origin.licenses.expression import parse_expression
from origin.licenses.reading import Reading, read
from origin.licenses.strictness import strictest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.licenses.outcome import Severity

NO_LICENSE = "NONE"
"""What SPDX writes where no licence is granted: stricter than every licence."""


@dataclass(frozen=True, slots=True)
class ClaimFinding:
    """kind: disagreement, ambiguous, unreadable, missing, no-license or custom. where: of the claims it is about."""

    kind: str
    severity: Severity
    text: str
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """findings: what a person looks at, disagreements first. expression: what the claims agree on, None where they do
    not. strictest: of the licences claimed the one that asks for most, `NONE` where a claim says that none is granted,
    None where no one of them surely asks for most.
    """

    findings: tuple[ClaimFinding, ...]
    expression: str | None
    strictest: str | None


def reconcile(claims: Iterable[Mapping[str, Any]]) -> Reconciliation:
    """Compare what several places claim of one source's licence.

    claims: mappings with `text` (None where the place states nothing), `where` and, if known, `read_at`.
    Claims agree when their expressions are equivalent, or when an ambiguous one may mean what the others say: `gpl` and
    `GPL-3.0-only` agree on the latter. What cannot be read decides nothing. `A OR B` and `A` disagree.
    `strictest` follows the terms (strictness.py), whatever the order of the claims. An alternative more never makes a
    claim stricter: of `MIT OR GPL-3.0-only` and `MIT` it is the latter, which leaves no choice.

    Raises UsageError for claims that are no list of mappings with a text. Standards: SPDX licence expressions; declared
    and concluded licence as in SPDX 3.0.1, Licensing profile.
    """
    read_claims = [_claim(claim) for claim in _listed(claims)]
    named = [claim for claim in read_claims if claim.meanings]
    denied = [claim for claim in read_claims if claim.reading.status == "no-license"]
    common = _common([claim.meanings for claim in named])
    disagreeing = _disagreements(named, denied)
    findings = (*disagreeing, *(finding for claim in read_claims for finding in claim.findings()))
    if not read_claims:
        findings = (ClaimFinding("missing", "review", "no claim was read", ()),)
    # One vague name alone concludes nothing, even if the list knows one licence of that name: `Elastic License`.
    said = any(claim.reading.expression is not None for claim in named) or len({claim.meanings for claim in named}) > 1
    agreed = common[0] if len(common) == 1 and not disagreeing and said else None
    return Reconciliation(findings, agreed, NO_LICENSE if denied else agreed or _strictest(named))


def _listed(claims: object) -> list[Any]:
    if isinstance(claims, str | Mapping):
        raise UsageError(f"Claims are a list of mappings with 'text' and 'where'; this is {shown(claims)}.")
    try:
        return list(claims)  # type: ignore[call-overload, no-any-return]
    except TypeError:
        raise UsageError(f"Claims are a list of mappings with 'text' and 'where'; this is {shown(claims)}.") from None


@dataclass(frozen=True, slots=True)
class _Claim:
    reading: Reading
    where: str
    read_at: str

    @property
    def meanings(self) -> tuple[str, ...]:
        """The expressions it may mean; one where it is exact."""
        return self.reading.candidates if self.reading.expression is None else (str(self.reading.expression),)

    def findings(self) -> Iterable[ClaimFinding]:
        said = shown(self.reading.text)
        if self.reading.missing:
            stated = f"{said} states no licence" if self.reading.text else "no licence is stated"
            yield ClaimFinding("missing", "review", stated, (self.where,))
        elif self.reading.status == "no-license":
            yield ClaimFinding("no-license", "review", f"says that no licence is granted: {said}", (self.where,))
        elif self.reading.status == "ambiguous":
            more = f" and {len(self.meanings) - 3} more" if len(self.meanings) > 3 else ""
            some = (", ".join(self.meanings[:3]) or "many licences") + more
            yield ClaimFinding("ambiguous", "review", f"{said} may mean {some}", (self.where,))
        elif self.reading.status == "unknown":
            yield ClaimFinding("unreadable", "review", f"{said}: {self.reading.rule}", (self.where,))


def _claim(claim: object) -> _Claim:
    if not isinstance(claim, Mapping) or ("text" not in claim and set(claim) - {"where", "read_at"}):
        raise UsageError(f"A claim is a mapping with 'text' and 'where'; this is {shown(claim)}.")
    return _Claim(read(claim.get("text")), str(claim.get("where", "")), str(claim.get("read_at", "")))


def _disagreements(named: list[_Claim], denied: list[_Claim]) -> list[ClaimFinding]:
    found = [
        _disagreement(one, other)
        for one, other in combinations(named, 2)
        if one.meanings != other.meanings and not _common([one.meanings, other.meanings])
    ]
    found += [_disagreement(one, other) for one in named for other in denied]
    return list(dict.fromkeys(found))


def _disagreement(one: _Claim, other: _Claim) -> ClaimFinding:
    text = f"{shown(one.reading.text)} and {shown(other.reading.text)} are not the same licence"
    if one.where == other.where and one.read_at and other.read_at and one.read_at != other.read_at:
        text += f"; it was changed between {min(one.read_at, other.read_at)} and {max(one.read_at, other.read_at)}"
    return ClaimFinding("disagreement", "review", text, tuple(dict.fromkeys((one.where, other.where))))


def _common(meanings: list[tuple[str, ...]]) -> tuple[str, ...]:
    """What all may mean, each in its shortest spelling."""
    if not meanings:
        return ()
    spellings = sorted((text for texts in meanings for text in texts), key=lambda text: (len(text), text), reverse=True)
    spelled = {_meaning(text): text for text in spellings}
    shared = set.intersection(*({_meaning(text) for text in texts} for texts in meanings))
    return tuple(text for meaning, text in spelled.items() if meaning in shared)


def _meaning(text: str) -> frozenset[frozenset[str]]:
    return parse_expression(text).meaning


def _strictest(named: list[_Claim]) -> str | None:
    """Of the exact claims; what an ambiguous one may mean must not be stricter."""
    every = [read(meaning) for claim in named for meaning in claim.meanings]
    found = strictest([claim.reading for claim in named if claim.reading.expression is not None], every)
    return None if found is None else str(found.expression)
