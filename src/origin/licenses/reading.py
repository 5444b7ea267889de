"""A claim as the alternatives that it leaves: each the licences that must all be complied with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from origin.licenses.claims import Status, parse_claim
from origin.licenses.expression import parse_expression
from origin.licenses.grammar import Element

Alternative = tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """text: the claim as stated. expression: what it resolves to, deprecated ids replaced; None where it does not.

    alternatives: in the order written; empty where the claim does not resolve.
    candidates: of an ambiguous claim, the readings it may have.
    """

    text: str
    status: Status
    expression: str | None
    alternatives: tuple[Alternative, ...] = ()
    candidates: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def read(text: str | None) -> Reading:
    """What a claim says, whether it names a licence, several or none."""
    claim = parse_claim(text)
    shown = text if isinstance(text, str) else ""
    if claim.expression is None:
        return Reading(shown, claim.status, None, candidates=claim.candidates)
    expression = parse_expression(parse_expression(claim.expression).current)
    elements = {str(element): element for element in expression.elements}
    alternatives = tuple(
        tuple(element for name, element in elements.items() if name in choice) for choice in expression.choices
    )
    return Reading(shown, claim.status, str(expression), alternatives)
