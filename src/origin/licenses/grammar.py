"""The grammar of SPDX licence expressions (SPDX 2.3 annex D, 3.0.1 annex "SPDX license expressions"), as a tree.

Operators are all upper or all lower case (3.0.1; 2.3 knows upper case only), never mixed. Ids are matched without
regard to case and written as the list writes them; LicenseRef-, DocumentRef- and AdditionRef- are matched as written.
An id that is on no list is kept and reported, since lists grow. Hostile texts are refused by length, depth and number
of choices before any work is done on them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import NoReturn

from origin.errors import LicenseExpressionError, shown
from origin.licenses.custom import custom_licenses
from origin.licenses.identifiers import exceptions, licenses, replacements

MAX_LENGTH = 20_000
MAX_DEPTH = 50
MAX_ELEMENTS = 1_000
MAX_CHOICES = 1_000

_TOKEN = re.compile(r"[()]|[^\s()]+")
_ID = re.compile(r"[A-Za-z0-9.-]*[A-Za-z0-9][A-Za-z0-9.-]*", re.ASCII)
_LICENSE_REF = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+", re.ASCII)
_ADDITION_REF = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?AdditionRef-[A-Za-z0-9.-]+", re.ASCII)
REFERENCES = ("LicenseRef-", "AdditionRef-", "DocumentRef-")
# Values of the fields of an SPDX document that hold an expression otherwise (3.0.1, Core, NoneElement).
_NO_LICENSE = {"none", "noassertion"}
_OPERATORS = {"AND": "AND", "and": "AND", "OR": "OR", "or": "OR", "WITH": "WITH", "with": "WITH"}
_KINDS = _OPERATORS | {"(": "(", ")": ")"}


@dataclass(frozen=True, slots=True)
class Element:
    """One licence: an id, `+` where any later version may be chosen, and the exception added to it."""

    license: str
    or_later: bool = False
    addition: str | None = None

    def __str__(self) -> str:
        text = f"{self.license}+" if self.or_later else self.license
        return f"{text} WITH {self.addition}" if self.addition else text

    @property
    def current(self) -> Element:
        """The same licence without deprecated ids, where the list names an exact successor."""
        successor = replacements().get(self.license)
        or_later = self.or_later
        if successor is None and not or_later:
            return self
        successor = successor or self.license
        if or_later:
            later = successor.removesuffix("-only") + "-or-later"
            if later.lower() in licenses():
                successor, or_later = later, False
        license_id, _, addition = successor.partition(" WITH ")
        if addition and (self.addition or or_later):
            return self
        return Element(license_id, or_later, addition or self.addition)

    @property
    def meaning(self) -> str:
        """One spelling for all elements that mean the same: LicenseRef-a is LicenseRef-A."""
        text = str(self.current)
        return text.lower() if "Ref-" in text else text


@dataclass(frozen=True, slots=True)
class Compound:
    """Two or more parts under one operator; no part has the same operator."""

    operator: str
    parts: tuple[Node, ...]

    def __str__(self) -> str:
        texts = [str(part) for part in self.parts]
        if self.operator == "AND":
            texts = [
                f"({text})" if isinstance(part, Compound) else text
                for part, text in zip(self.parts, texts, strict=True)
            ]
        return f" {self.operator} ".join(texts)


Node = Element | Compound


@cache
def _listed() -> dict[str, Element]:
    """The element of every listed id, by the id in lower case."""
    return {lowered: Element(row.id) for lowered, row in licenses().items()}


def parse(text: str) -> Node:
    if not isinstance(text, str):
        raise LicenseExpressionError(f"A licence expression is a string; this is {shown(text)}.")
    if len(text) > MAX_LENGTH:
        raise LicenseExpressionError(f"A text of {len(text)} characters; an expression has {MAX_LENGTH} at most.")
    text = text.strip()
    if "\n" in text or "\r" in text:
        raise LicenseExpressionError(f"A licence expression stands on one line; this has several: {shown(text)}")
    tokens = _TOKEN.findall(text)
    if len(tokens) > 4 * MAX_ELEMENTS:
        raise LicenseExpressionError(f"An expression of {len(tokens)} words and parentheses is too large to work on.")
    return _Parser(text, tokens).whole()


class _Parser:
    def __init__(self, text: str, tokens: list[str]) -> None:
        self.text = text
        self.tokens = tokens
        self.kinds = [*(_KINDS.get(token, "id") for token in tokens), "end"]
        self.at = 0

    def whole(self) -> Node:
        node = self.joined("OR", 0)
        if self.at < len(self.tokens):
            self.fail(f"{shown(self.tokens[self.at])} stands where AND, OR or the end was expected")
        return node

    def joined(self, operator: str, depth: int) -> Node:
        parts = [self.operand(operator, depth)]
        while self.kinds[self.at] == operator:
            self.at += 1
            parts.append(self.operand(operator, depth))
        if len(parts) == 1:
            return parts[0]
        flat: list[Node] = []
        for part in parts:
            flat += part.parts if isinstance(part, Compound) and part.operator == operator else [part]
        return Compound(operator, tuple(flat))

    def operand(self, operator: str, depth: int) -> Node:
        return self.joined("AND", depth) if operator == "OR" else self.single(depth)

    def single(self, depth: int) -> Node:
        if self.kinds[self.at] == "(":
            if depth == MAX_DEPTH:
                self.fail(f"parentheses stand deeper than {MAX_DEPTH}")
            self.at += 1
            node = self.joined("OR", depth + 1)
            if self.kinds[self.at] != ")":
                self.fail("a parenthesis is not closed")
            self.at += 1
            return node
        element = self.license()
        if self.kinds[self.at] != "WITH":
            return element
        self.at += 1
        return Element(element.license, element.or_later, self.addition())

    def id(self, wanted: str) -> str:
        if self.kinds[self.at] != "id":
            found = shown(self.tokens[self.at]) if self.at < len(self.tokens) else "the end"
            self.fail(f"{found} stands where {wanted} was expected")
        self.at += 1
        token = self.tokens[self.at - 1]
        if token.upper() in _OPERATORS:
            self.fail(f"{shown(token)}: an operator is all upper or all lower case")
        return token

    def license(self) -> Element:
        token = self.id("a licence id")
        listed = _listed().get(token.lower())
        if listed is not None:
            return listed
        if _LICENSE_REF.fullmatch(token):
            known = custom_licenses().get(token.lower())
            return Element(known.id if known else token)
        name = token.removesuffix("+")
        lowered = name.lower()
        if not _ID.fullmatch(name) or name.startswith(REFERENCES) or lowered in _NO_LICENSE or lowered in exceptions():
            self.fail(f"{shown(token)} is not a licence id")
        listed = _listed().get(lowered)
        return Element(listed.license if listed else name, or_later=name != token)

    def addition(self) -> str:
        token = self.id("an exception id")
        listed = exceptions().get(token.lower())
        if listed is not None:
            return listed.id
        if not _ADDITION_REF.fullmatch(token) and (
            not _ID.fullmatch(token) or token.startswith(REFERENCES) or token.lower() in licenses()
        ):
            self.fail(f"{shown(token)} is not an exception id")
        return token

    def fail(self, what: str) -> NoReturn:
        raise LicenseExpressionError(f"Not an SPDX licence expression: {what}, in {shown(self.text)}.")
