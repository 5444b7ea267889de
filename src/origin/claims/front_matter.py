"""The front matter of a README: the few shapes of YAML that a licence is stated in, and no others.

A value is a plain or quoted scalar on one line, a list of such in brackets on one line, or a list with a dash a line.
Everything else that stands in the mapping is skipped, but followed closely enough to know where it ends: a line of a
quoted text that looks like a key must not be taken for one. What cannot be followed is refused, never guessed at. For
every document that PyYAML reads, what is read here is what PyYAML reads (tests/claims/test_front_matter.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count

FENCE = "---"

MAX_DEPTH = 32
"""Dashes before an item on one line."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")
"""Control characters, and what ends a line in YAML 1.1 but not in YAML 1.2."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_BLOCK_SCALAR = re.compile(r"[|>][-+0-9]{0,2}\s*(?:\s#.*)?")
_PROPERTIES = re.compile(r"\A(?:[&!]\S*(?:\s+|\Z))+")
_COMMENT = re.compile(r"\s#.*")
_SIGNS = re.compile(r"[\"'\\\[\]{}#]")
_QUOTED_KEY = re.compile(r"\"([^\"\\]*)\"|'([^']*)'")
_NOT_PLAIN = tuple("!&*|>@`%\"'#,[]{}\t")
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_SINGLE = re.compile(r"'((?:[^']|'')*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\["\\])*)"')


class NotUnderstoodError(ValueError):
    """What stands there is not in the subset; the message says where, the lines counted from the opening fence."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of the mapping: the number of its line, what stands behind the colon, and the lines that belong to it."""

    line: int
    value: str
    nested: tuple[str, ...]


def front_matter(text: str) -> list[str] | None:
    """The lines between the fences at the start of a text; None without any. Raises NotUnderstoodError."""
    lines = _LINE_END.split(text)
    start = next((number for number, line in enumerate(lines) if line.strip()), None)
    if start is None or lines[start].rstrip() != FENCE:
        return None
    for end in range(start + 1, len(lines)):
        if lines[end].rstrip() == FENCE:
            return lines[start + 1 : end]
    raise NotUnderstoodError(f"it has no closing {FENCE}")


def entries(lines: list[str], wanted: frozenset[str]) -> dict[str, Entry]:
    """The wanted keys of the mapping. Raises NotUnderstoodError unless all of it can be followed."""
    found: dict[str, Entry] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        _check_characters(line, at)
        if _is_empty(line):
            at += 1
            continue
        key, value = _key(line, at)
        end = _end(lines, at, value)
        if key in wanted:
            if key in found:
                raise NotUnderstoodError(f"line {at + 2}: {key} stands there twice")
            found[key] = Entry(at + 2, value, tuple(lines[at + 1 : end]))
        at = end
    return found


def texts(entry: Entry) -> list[str]:
    """The scalars of an entry, in order; none for a null. Raises NotUnderstoodError."""
    nested = [line for line in entry.nested if not _is_empty(line)]
    value = entry.value
    if not value and nested:
        return [text for text in map(_scalar, _items(nested)) if text is not None]
    if nested:
        raise NotUnderstoodError("its value runs over several lines")
    if value.startswith("["):
        return [text for text in map(_scalar, _flow_items(value)) if text is not None]
    text = _scalar(value)
    return [] if text is None else [text]


def _check_characters(line: str, at: int) -> None:
    if _FORBIDDEN.search(line):
        raise NotUnderstoodError(f"line {at + 2} has a control character or an unusual end of line")


def _is_empty(line: str) -> bool:
    return not line.strip(" ") or line.lstrip(" ").startswith("#")


def _key(line: str, at: int) -> tuple[str, str]:
    """A line of the top level, as its key and what stands behind the colon."""
    split = _split(line)
    if split is None or line[0] in " \t" or line.startswith(("<<", "- ", "? ")):
        raise NotUnderstoodError(f"line {at + 2} is no `key: value`")
    return split[0], split[1]


def _split(content: str) -> tuple[str, str] | None:
    """`key: value`, None for what is not; the value less the white space around it."""
    if content[:1] in {'"', "'"}:
        match = _QUOTED_KEY.match(content)
        if match is None:
            return None
        rest = content[match.end() :].lstrip(" ")
        key = match[1] if match[2] is None else match[2]
        return (key, rest[1:].strip()) if rest.startswith(":") and rest[1:2] in {"", " "} else None
    if content.startswith(_NOT_PLAIN):
        return None
    comment = _COMMENT.search(content)
    plain = content if comment is None else content[: comment.start()]
    place = plain.find(": ")
    if place < 0:
        place = len(plain.rstrip()) - 1
        if not plain.rstrip().endswith(":"):
            return None
    return plain[:place].rstrip(), content[place + 1 :].strip()


def _end(lines: list[str], at: int, value: str) -> int:
    """The number of the first line that does not belong to the entry that starts at line `at`."""
    sequence = not _PROPERTIES.sub("", value, count=1) or value.startswith("#")
    end = at + 1
    while end < len(lines) and (_is_inside(lines[end]) or (sequence and _is_item(lines[end]))):
        _check_characters(lines[end], end)
        end += 1
    _follow(lines, at, end, value)
    return end


def _is_inside(line: str) -> bool:
    return line.startswith(" ") or _is_empty(line)


def _is_item(line: str) -> bool:
    return line == "-" or line.startswith("- ")


def _follow(lines: list[str], at: int, end: int, value: str) -> None:
    """Walk through the lines of an entry; raises NotUnderstoodError unless what opens in them closes in them."""
    value = _PROPERTIES.sub("", value, count=1)
    if _BLOCK_SCALAR.fullmatch(value) or (value and value[0] not in "\"'[{#"):
        return  # a text: nothing in it opens anything
    scanner = _Scanner()
    if value:
        scanner.feed(value, at)
    skipped_beyond: int | None = None
    for number in range(at + 1, end):
        line = lines[number]
        indent = len(line) - len(line.lstrip(" "))
        if skipped_beyond is not None and (not line.strip(" ") or indent > skipped_beyond):
            continue
        skipped_beyond = None
        if scanner.stack:
            scanner.feed(line, number)
        elif not _is_empty(line):
            skipped_beyond = _follow_line(scanner, line, indent, number)
    if scanner.stack:
        raise NotUnderstoodError(f"line {at + 2}: what opens here does not close before line {end + 2}")


def _follow_line(scanner: _Scanner, line: str, indent: int, number: int) -> int | None:
    """A nested line. Returns the column beyond which lines are text, if a block scalar starts in it."""
    content = line[indent:]
    for depth in count():
        if not content.startswith(("- ", "? ", ": ")) and content not in {"-", "?", ":"}:
            break
        if depth == MAX_DEPTH:
            raise NotUnderstoodError(f"line {number + 2} is nested too deep")
        rest = content[1:].lstrip(" ")
        if _BLOCK_SCALAR.fullmatch(_PROPERTIES.sub("", rest, count=1)):
            return indent
        indent += len(content) - len(rest)
        content = rest
    if "\t" in content[:1]:
        raise NotUnderstoodError(f"line {number + 2} is indented by a tab")
    split = _split(content)
    value = _PROPERTIES.sub("", content if split is None else split[1], count=1)
    if _BLOCK_SCALAR.fullmatch(value):
        return indent
    if value and value[0] in "\"'[{":
        scanner.feed(value, number)
    return None


class _Scanner:
    """Follows quotes and brackets over lines. `stack` holds what is open."""

    def __init__(self) -> None:
        self.stack: list[str] = []

    def feed(self, text: str, number: int) -> None:
        """Raises NotUnderstoodError where something stands behind the end."""
        _Line(self.stack, text, number).scan()


class _Line:
    def __init__(self, stack: list[str], text: str, number: int) -> None:
        self.stack = stack
        self.text = text
        self.number = number
        self.at = 0

    def scan(self) -> None:
        opened = bool(self.stack)
        while match := _SIGNS.search(self.text, self.at):
            sign = match[0]
            self.at = match.end()
            top = self.stack[-1] if self.stack else ""
            if top in {'"', "'"}:
                self._in_quotes(top, sign)
            elif sign == "#":
                if self.text[self.at - 2 : self.at - 1].strip() == "":
                    return
            elif not self._in_flow(sign):
                raise NotUnderstoodError(f"line {self.number + 2}: brackets do not match")
            if not self.stack:
                if not _is_end(self.text[self.at :]):
                    raise NotUnderstoodError(f"line {self.number + 2}: something stands behind the end of a value")
                return
            opened = True
        if not opened:
            raise NotUnderstoodError(f"line {self.number + 2}: not followed")

    def _in_quotes(self, quote: str, sign: str) -> None:
        escapes = sign == "\\" if quote == '"' else self.text[self.at - 1 : self.at + 1] == "''"
        if escapes:
            self.at += 1
        elif sign == quote:
            self.stack.pop()

    def _in_flow(self, sign: str) -> bool:
        if sign in "[{":
            if self.stack and not self._starts_token():
                return False
            self.stack.append(sign)
        elif sign in "]}":
            if not self.stack or self.stack.pop() != {"]": "[", "}": "{"}[sign]:
                return False
        elif sign in "\"'" and (not self.stack or self._starts_token()):
            self.stack.append(sign)
        return True

    def _starts_token(self) -> bool:
        """A quote is one only where a scalar may start; what starts a line may go on with the line before."""
        before = self.at - 2
        while before >= 0 and self.text[before] == " ":
            before -= 1
        if before < 0:
            raise NotUnderstoodError(f"line {self.number + 2}: not followed")
        return self.text[before] in "[{,:"


def _is_end(rest: str) -> bool:
    """Whether nothing but a comment follows."""
    return not rest.strip() or (rest[0] in " \t" and rest.lstrip().startswith("#"))


def _items(nested: list[str]) -> list[str]:
    indent = len(nested[0]) - len(nested[0].lstrip(" "))
    items = []
    for line in nested:
        content = line[indent:]
        if line[:indent].strip(" ") or not _is_item(content):
            raise NotUnderstoodError("its value is neither a text nor a list of texts")
        items.append(content[1:].strip())
    return items


def _flow_items(value: str) -> list[str]:
    match = re.fullmatch(r"\[(.*)\]", _without_comment(value))
    if match is None or re.search(r"[\[\]{}\"'\\]|(?:^|,)\s*[?:-]", match[1]):
        raise NotUnderstoodError("its list holds more than plain words")
    items = match[1].split(",")
    if not items[-1].strip():
        items.pop()
    if any(not item.strip() for item in items):
        raise NotUnderstoodError("its list has an empty place")
    return [item.strip() for item in items]


def _without_comment(value: str) -> str:
    return "" if value.startswith("#") else _COMMENT.sub("", value, count=1).strip()


def _scalar(value: str) -> str | None:
    """A scalar on one line, None for a null. Raises NotUnderstoodError."""
    if value[:1] in {'"', "'"}:
        match = (_DOUBLE if value[0] == '"' else _SINGLE).match(value)
        if match is None or not _is_end(value[match.end() :]):
            raise NotUnderstoodError("its quotes are not understood")
        return re.sub(r"\\(.)", r"\1", match[1]) if value[0] == '"' else match[1].replace("''", "'")
    value = _without_comment(value)
    if value in _NULLS:
        return None
    if value.startswith((*_NOT_PLAIN, "- ", "? ", ": ")) or ": " in value or value.endswith(":") or value in "-?:":
        raise NotUnderstoodError("its value is no text on one line")
    return value
