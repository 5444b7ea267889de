"""What an SPDX licence expression offers: its canonical form, its choices, its ids that are unknown or deprecated."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from origin.errors import LicenseExpressionError
from origin.licenses.grammar import MAX_CHOICES, MAX_ELEMENTS, REFERENCES, Compound, Element, Node, parse
from origin.licenses.identifiers import exceptions, licenses

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression; `str()` of it is the canonical form, which keeps every element in the order written.

    elements: every licence named, with its `+` and exception, in order, repeats included.
    choices: the alternatives, each the set of all that must be complied with together. They are in the order written
        and none is dropped because another asks for less: `MIT AND (MIT OR ISC)` has two.
    unknown_ids: ids on no SPDX list and no LicenseRef, AdditionRef.
    deprecated_ids: ids that the list has deprecated. They are kept as written; `equivalent` knows their successors.
    current: the canonical form with deprecated ids replaced by their exact successors, where the list names one.
    meaning: the choices with one spelling for all elements that mean the same.
    """

    elements: tuple[Element, ...] = field(repr=False)
    choices: tuple[frozenset[str], ...]
    unknown_ids: tuple[str, ...]
    deprecated_ids: tuple[str, ...]
    text: str
    current: str
    meaning: frozenset[frozenset[str]] = field(repr=False)

    def __str__(self) -> str:
        return self.text

    def equivalent(self, other: Expression | str) -> bool:
        """Whether both offer the same choices, whatever their order, grouping or repeats.

        A deprecated id equals its exact successor (`GPL-2.0+` is `GPL-2.0-or-later`). A choice that asks for more than
        another is still a choice: `MIT` and `MIT AND (MIT OR ISC)` are not equivalent.
        """
        one = parse_expression(other) if isinstance(other, str) else other
        return self.meaning == one.meaning


def parse_expression(text: str) -> Expression:
    """Parse an SPDX licence expression; LicenseExpressionError says where it is none, or too large to work on."""
    tree, elements = _parsed(text)
    by_meaning = {str(element): element.meaning for element in elements}
    choices = tuple(dict.fromkeys(_choices(tree)))
    return Expression(
        elements=elements,
        choices=choices,
        unknown_ids=_unique(name for element in elements for name in _unknown(element)),
        deprecated_ids=_unique(name for element in elements for name in _deprecated(element)),
        text=str(tree),
        current=str(_current(tree)),
        meaning=frozenset(frozenset(by_meaning[name] for name in choice) for choice in choices),
    )


def canonical(text: str) -> str:
    """`str(parse_expression(text))`, without the work on what else an Expression tells."""
    return str(_parsed(text)[0])


def current_of_listed(text: str) -> str | None:
    """`parse_expression(text).current` where every id is on a list or a reference, else None."""
    tree, elements = _parsed(text)
    for element in elements:
        if _unknown(element):
            return None
    return str(_current(tree))


def _parsed(text: str) -> tuple[Node, tuple[Element, ...]]:
    tree = parse(text)
    elements = tuple(_elements(tree))
    if len(elements) > MAX_ELEMENTS or _count(tree) > MAX_CHOICES:
        raise LicenseExpressionError(
            f"An expression of {len(elements)} elements with more than {MAX_CHOICES} choices between them, or more than"
            f" {MAX_ELEMENTS} elements, is too large to work on. State the licences of the parts one by one."
        )
    return tree, elements


def _elements(node: Node) -> list[Element]:
    if isinstance(node, Element):
        return [node]
    elements: list[Element] = []
    for part in node.parts:
        if isinstance(part, Element):
            elements.append(part)
        else:
            elements += _elements(part)
    return elements


def _count(node: Node) -> int:
    if isinstance(node, Element):
        return 1
    counts = [1 if isinstance(part, Element) else _count(part) for part in node.parts]
    return sum(counts) if node.operator == "OR" else prod(counts)


def _choices(node: Node) -> list[frozenset[str]]:
    if isinstance(node, Element):
        return [frozenset((str(node),))]
    if node.operator == "OR":
        return [choice for part in node.parts for choice in _choices(part)]
    # What leaves no choice is joined first, once.
    choices = [frozenset(str(part) for part in node.parts if isinstance(part, Element))]
    for part in node.parts:
        if isinstance(part, Compound):
            choices = [choice | more for choice in choices for more in _choices(part)]
    return choices


def _current(node: Node) -> Node:
    if isinstance(node, Element):
        return node.current
    parts = tuple([_current(part) for part in node.parts])
    return Compound(node.operator, parts)


def _unknown(element: Element) -> list[str]:
    license_id, addition = element.license, element.addition
    unknown = []
    if license_id.lower() not in licenses() and not license_id.startswith(REFERENCES):
        unknown.append(license_id)
    if addition and addition.lower() not in exceptions() and not addition.startswith(REFERENCES):
        unknown.append(addition)
    return unknown


def _deprecated(element: Element) -> Iterable[str]:
    listed = licenses().get(element.license.lower())
    if listed is not None and listed.deprecated:
        yield listed.id
    added = exceptions().get((element.addition or "").lower())
    if added is not None and added.deprecated:
        yield added.id


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
