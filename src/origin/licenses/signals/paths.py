"""Path patterns as robots.txt has them (RFC 9309, section 2.2.2 and 2.2.3), which TDMRep and RSL use too."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def path_of(address: str) -> str:
    """The path and query of an address, which may be a path already. The root where nothing is left."""
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", address):
        try:
            parts = urlsplit(address)
        except ValueError:
            return "/"
        address = parts.path + (f"?{parts.query}" if parts.query else "")
    return address if address.startswith("/") else f"/{address}"


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern matches the beginning of a path: `*` is anything, `$` at the end is the path's end.

    Case counts. Encoded characters that need no encoding are compared as themselves.
    """
    pattern, path = _normal(pattern), _normal(path)
    anchored = pattern.endswith("$")
    first, *rest = (pattern[:-1] if anchored else pattern).split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not rest:
        return not anchored or at == len(path)
    for piece in rest[:-1]:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if anchored:
        return len(path) - len(rest[-1]) >= at and path.endswith(rest[-1])
    return path.find(rest[-1], at) >= 0


def specificity(pattern: str) -> int:
    """The most specific rule is the one with the most octets (RFC 9309, section 2.2.2)."""
    return len(_normal(pattern).encode())


def _normal(text: str) -> str:
    def decoded(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if _UNRESERVED.match(character) else f"%{match[1].upper()}"

    return _ENCODED.sub(decoded, text)
