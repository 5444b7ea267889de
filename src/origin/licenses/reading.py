"""A claim as the alternatives that it leaves: each the licences that must all be complied with. Shared by the
combination, the evaluation and the queries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from origin.errors import LicenseExpressionError, UsageError, shown
from origin.licenses.claims import Status, parse_claim
from origin.licenses.expression import Expression, parse_expression
from origin.licenses.grammar import Element
from origin.licenses.identifiers import licenses

Alternative = tuple[Element, ...]
"""Licences that must all be complied with."""


@dataclass(frozen=True, slots=True)
class Reading:
    """text: the claim as stated. expression: what it resolves to, deprecated ids replaced; None where it does not.

    alternatives: in the order written; empty where the claim does not resolve.
    candidates: of an ambiguous claim, the readings it may have.
    rule: what the reading rests on. missing: nothing was stated at all.
    """

    text: str
    status: Status
    expression: Expression | None = None
    alternatives: tuple[Alternative, ...] = field(default=(), repr=False)
    candidates: tuple[str, ...] = ()
    rule: str = ""
    missing: bool = False


def read(text: str | None) -> Reading:
    """What a claim says, whether it names a licence, several or none. Raises UsageError for what is no text.

    An expression with an id on no list is read as one where it plainly is (an operator in upper case, and a known
    licence); the unknown id stays unknown.
    """
    if text is not None and not isinstance(text, str):
        raise UsageError(f"a licence is {shown(text)}: give it as a string, several as a list of strings")
    return _read("" if text is None else text)


@lru_cache(maxsize=4096)
def _read(text: str) -> Reading:
    claim = parse_claim(text)
    if claim.expression is not None:
        return _resolved(text, claim.status, parse_expression(claim.expression), claim.rule)
    if claim.status == "unknown" and (partly := _partly_known(text)) is not None:
        return _resolved(text, "resolved", partly, "SPDX licence expression with an id on no list")
    missing = claim.status == "unknown" and claim.rule == "nothing stated"
    return Reading(text, claim.status, None, (), claim.candidates, claim.rule, missing)


def _resolved(text: str, status: Status, expression: Expression, rule: str) -> Reading:
    current = parse_expression(expression.current)
    elements = {str(element): element for element in current.elements}
    alternatives = tuple(
        tuple(element for name, element in elements.items() if name in choice) for choice in current.choices
    )
    return Reading(text, status, current, alternatives, (), rule)


def _partly_known(text: str) -> Expression | None:
    if " OR " not in text and " AND " not in text:
        return None
    try:
        expression = parse_expression(text)
    except LicenseExpressionError:
        return None
    known = any(element.license.lower() in licenses() for element in expression.elements)
    return expression if known else None
