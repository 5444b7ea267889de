"""What a licence file or a source file says at its top: an SPDX header, or the title of a known licence text.

The header is that of SPDX 3.0.1, annex "Using SPDX short identifiers in source files". A text is not recognised by
its wording: without a header and a known title it is for a person to read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from origin.claims import titles
from origin.claims.files import HEAD, UnreadableClaimsError, head_of, is_file, named, text_of
from origin.claims.found import Found, now, statement, together
from origin.core.record import Claim

if TYPE_CHECKING:
    from pathlib import Path

MAX_HEADERS = 32
"""Headers of one file; more are a list of examples, no header."""

_HEADER = re.compile(r"[^\w\n]{0,20}(?:rem |dnl )?SPDX-License-Identifier:[ \t]*(\S.*)", re.IGNORECASE)
_COMMENT_ENDS = ("*/", "-->", "*)", "|#", "#}", "-}", "--}}", "}}", '"""', "'''", "--%>", "%>", ":)")


def of_license_file(path: Path, read_at: str | None = None) -> Found:
    """The claims at the top of a LICENSE or COPYING file. Raises UnreadableClaimsError."""
    return license_text(head_of(path, HEAD), named(path), read_at or now())


def license_text(data: bytes, name: str, read_at: str) -> Found:
    text = text_of(data)
    if text is None:
        raise UnreadableClaimsError(f"{name} is no text: give the licence as text")
    lines = text.splitlines()
    found = _headers(lines, name, read_at) or _title(lines, name, read_at)
    if found is not None or not text.strip():
        return found or Found()
    return Found(problems=(f"{name} has neither an SPDX header nor a known title: read it, give its SPDX id",))


def of_source_file(path: Path, read_at: str | None = None) -> Found:
    """The claims in the headers of any file, and in `FILE.license` beside it (REUSE 3.3). A binary file has no header.

    Raises UnreadableClaimsError.
    """
    read_at = read_at or now()
    beside = path.with_name(path.name + ".license")
    found = Found()
    if is_file(beside):
        stated = text_of(head_of(beside, HEAD)) or ""
        found = _headers(stated.splitlines(), named(beside), read_at) or found
    text = text_of(head_of(path, HEAD))
    return found if text is None else found + (_headers(text.splitlines(), named(path), read_at) or Found())


def _headers(lines: list[str], name: str, read_at: str) -> Found | None:
    found = {}
    for number, line in enumerate(lines, 1):
        match = _HEADER.match(line)
        text = _uncommented(match[1]) if match else ""
        if text and text not in found:
            found[text] = statement(text, f"{name}, line {number}, SPDX-License-Identifier", read_at)
    if len(found) > MAX_HEADERS:
        return Found(problems=(f"{name} has {len(found)} SPDX headers: give its licence by hand",))
    return together(found.values()) if found else None


def _uncommented(text: str) -> str:
    text = text.strip()
    for end in _COMMENT_ENDS:
        text = text.removesuffix(end).rstrip()
    return text


def _title(lines: list[str], name: str, read_at: str) -> Found | None:
    numbered = ((number, line) for number, line in enumerate(lines, 1) if titles.plain(line))
    first = next(numbered, None)
    if first is not None and titles.plain(first[1]) in titles.PREAMBLES:
        first = next(numbered, None)
    if first is None:
        return None
    number, title = first
    second = next(numbered, (0, ""))[1]
    place = f"{name}, line {number}"
    if (titles.plain(title), titles.plain(second)) in titles.two_lines():
        return Found((Claim(f"{_shown(title)} {_shown(second)}", place, read_at),))
    return Found((Claim(_shown(title), place, read_at),)) if titles.plain(title) in titles.one_line() else None


def _shown(line: str) -> str:
    return " ".join(line.strip(" \t#*=_").split())
