"""May material under one licence go into a work published under another? This flags for human review; it is no
legal advice.

Verdicts are directed: `compatible(outbound, inbound)` says nothing of the way back. What is unknown is never
compatible. The order of authority: the licence's own text, its steward's charts, OSADL (code only), the FSF's list,
and last what our records of the terms say of any two licences (by_terms.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, get_args

from origin.errors import LicenseExpressionError, shown
from origin.licenses.claims import parse_claim
from origin.licenses.expression import Expression, parse_expression
from origin.licenses.pairs import pair
from origin.licenses.verdict import NO_AUTHORITY, RANK, Finding, Reason, Relation, Verdict, finding

if TYPE_CHECKING:
    from origin.licenses.grammar import Element

_MAX_COST = 50_000


@dataclass(frozen=True, slots=True)
class Compatibility:
    """The verdict with the reasons that it rests on, authorities that differ included."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    outbound: str
    inbound: str
    relation: Relation


def compatible(outbound: str, inbound: str, relation: Relation = "copy-into") -> Compatibility:
    """Whether material under `inbound` may go into a work that is published under `outbound`.

    Both are SPDX expressions or claims that `parse_claim` resolves. relation: "copy-into" (a file copied in), "combine"
    (linked), "adaptation" (made into something new that is under `outbound`), "remix" (may the two be combined in an
    adaptation at all), "collection" (unchanged, beside other works).

    Inbound `A OR B`: one that works is enough, the reasons name it. Inbound `A AND B`: both must work. Outbound
    `A OR B` offers each to everyone, so the material must be able to go under each. Outbound `A AND B`: everything is
    passed on under the demands of both, so the material must fit under one and the other must fit under that too.
    An outbound licence with or-later is reached through any of its versions; the work as a whole is then under that.
    """
    if relation not in get_args(Relation):
        raise ValueError(f"A relation is one of {', '.join(get_args(Relation))}; this is {shown(relation)}.")
    result = _resolve(outbound, inbound, relation)
    return Compatibility(result.verdict, tuple(dict.fromkeys(result.reasons)), str(outbound), str(inbound), relation)


def _resolve(outbound: str, inbound: str, relation: Relation) -> Finding:
    target, source = _read(outbound), _read(inbound)
    if source == "no-license":
        text = f"{shown(inbound)} grants nothing: all rights are reserved"
        return finding("incompatible", "no-license", "Berne Convention, articles 8, 9 and 12", text)
    for side, read in (("outbound", target), ("inbound", source)):
        if isinstance(read, str):
            text = f"the {side} licence is not known ({read}): {shown(outbound if side == 'outbound' else inbound)}"
            return finding("review", "unknown-license", NO_AUTHORITY, text)
    if isinstance(target, str) or isinstance(source, str):  # for the type checker; handled above
        raise TypeError
    return _expressions(target, source, relation)


@lru_cache(maxsize=4096)
def _read(text: str) -> Expression | str:
    """The expression, deprecated ids replaced; or the status of a claim that is none."""
    try:
        expression = parse_expression(text)
        if not expression.unknown_ids:
            return parse_expression(expression.current)
    except LicenseExpressionError:
        expression = None
    claim = parse_claim(text)
    if claim.expression is not None:
        return parse_expression(parse_expression(claim.expression).current)
    return expression if expression is not None and claim.status == "unknown" else claim.status


def _expressions(target: Expression, source: Expression, relation: Relation) -> Finding:
    elements = {str(element): element for element in (*target.elements, *source.elements)}

    def choice(names: frozenset[str]) -> tuple[Element, ...]:
        return tuple(elements[name] for name in sorted(names))

    cost = sum(len(names) ** 2 for names in target.choices) * sum(map(len, source.choices))
    if cost > _MAX_COST:
        text = f"{len(target.elements)} and {len(source.elements)} licences are too many to compare; state the parts"
        return finding("review", "too-large", NO_AUTHORITY, text)
    inbound = [choice(names) for names in source.choices]
    found = [_best(choice(names), inbound, relation) for names in target.choices]
    worst = max(found, key=lambda one: RANK[one.verdict])
    if len(found) == 1:
        return worst
    branch = " AND ".join(sorted(target.choices[found.index(worst)]))
    if worst.verdict == "compatible":
        return Finding("compatible", tuple(reason for one in found for reason in one.reasons))
    text = f"published under each of the branches, the material must fit all; it does not surely fit {branch}"
    return worst.noting(Reason("outbound-or", "SPDX annex on expressions, OR operator", text))


def _best(target: tuple[Element, ...], branches: list[tuple[Element, ...]], relation: Relation) -> Finding:
    found = [_all(target, branch, relation) for branch in branches]
    best = min(found, key=lambda one: RANK[one.verdict])
    if len(found) == 1:
        return best
    if best.verdict != "compatible":
        return Finding(best.verdict, tuple(reason for one in found for reason in one.reasons))
    taken = " AND ".join(map(str, branches[found.index(best)]))
    text = f"of the alternatives, {taken} is taken"
    return best.noting(Reason("inbound-or", "SPDX annex on expressions, OR operator", text))


def _all(target: tuple[Element, ...], source: tuple[Element, ...], relation: Relation) -> Finding:
    if len(target) > 1 and set(target) == set(source) and not any(_bars_itself(one, relation) for one in target):
        text = "the licences are the same on both sides"
        return finding("compatible", "same-licence", f"{' AND '.join(map(str, source))}, texts", text)
    found = [_into(target, element, relation) for element in source]
    worst = max(found, key=lambda one: RANK[one.verdict])
    return Finding(
        worst.verdict, tuple(reason for one in found if one.verdict == worst.verdict for reason in one.reasons)
    )


def _into(target: tuple[Element, ...], source: Element, relation: Relation) -> Finding:
    """Into a work under several licences at once."""
    if len(target) == 1:
        return pair(target[0], source, relation)
    found: list[Finding] = []
    for host in target:
        one = pair(host, source, relation)
        if one.verdict == "compatible":
            rest = [pair(host, other, relation) for other in target if other != host]
            if any(other.verdict != "compatible" for other in rest):
                text = f"{source} fits {host}, but not all of {' AND '.join(map(str, target))} surely fit it"
                one = Finding("review", (*one.reasons, Reason("outbound-and", NO_AUTHORITY, text)))
        found.append(one)
    best = min(found, key=lambda one: RANK[one.verdict])
    if best.verdict == "incompatible":
        return Finding("incompatible", tuple(reason for one in found for reason in one.reasons))
    return best


def _bars_itself(element: Element, relation: Relation) -> bool:
    return pair(element, element, relation).verdict != "compatible"
