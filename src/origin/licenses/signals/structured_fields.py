"""A dictionary of structured field values (RFC 9651, section 4.2.2), as far as tokens are concerned.

Values of other types are recognised and kept as None. Whatever breaks the grammar makes the whole field unreadable, as
section 4.2 asks.
"""

from __future__ import annotations

import re

from origin.licenses.signals.finding import UnreadableSignalError

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*")
_OTHER = re.compile(
    r"-?\d{1,12}\.\d{1,3}|-?\d{1,15}(?![\d.])"  # decimals, integers
    r'|"(?:[ !#-\[\]-~]|\\["\\])*"'  # strings
    r"|:[A-Za-z0-9+/=]*:"  # byte sequences
    r"|\?[01]"  # booleans
    r"|@-?\d{1,15}"  # dates
    r'|%"(?:[ !#-$&-~]|%[0-9a-f]{2})*"'  # display strings
)
_BLANK = re.compile(r"[ \t]*")
_SPACES = re.compile(r" *")


def tokens(field: str) -> dict[str, str | None]:
    """The members of a dictionary whose value is a token; None for a value of another type. The last of a key counts.

    Raises UnreadableSignalError where the field does not parse.
    """
    return _Parser(field.strip(" ")).dictionary()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def dictionary(self) -> dict[str, str | None]:
        members: dict[str, str | None] = {}
        while self.at < len(self.text):
            key = self.take(_KEY, "a key in lower case")
            members.pop(key, None)
            members[key] = self.value() if self.next("=") else None
            self.parameters()
            self.take(_BLANK)
            if self.at == len(self.text):
                break
            if not self.next(","):
                raise UnreadableSignalError(f"a comma was expected at character {self.at + 1}")
            self.take(_BLANK)
            if self.at == len(self.text):
                raise UnreadableSignalError("it ends with a comma")
        return members

    def value(self) -> str | None:
        if self.next("("):
            self.inner_list()
            return None
        return self.item()

    def item(self) -> str | None:
        token = _TOKEN.match(self.text, self.at)
        if token:
            self.at = token.end()
            return token[0]
        self.take(_OTHER, "a value")
        return None

    def inner_list(self) -> None:
        self.take(_SPACES)
        while not self.next(")"):
            self.item()
            self.parameters()
            if not self.text.startswith((" ", ")"), self.at):
                raise UnreadableSignalError("an inner list is not closed")
            self.take(_SPACES)

    def parameters(self) -> None:
        while self.next(";"):
            self.take(_SPACES)
            self.take(_KEY, "the name of a parameter")
            if self.next("="):
                self.item()

    def next(self, character: str) -> bool:
        found = self.text.startswith(character, self.at)
        self.at += found
        return found

    def take(self, pattern: re.Pattern[str], expected: str = "") -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise UnreadableSignalError(f"{expected} was expected at character {self.at + 1}")
        self.at = match.end()
        return match[0]
