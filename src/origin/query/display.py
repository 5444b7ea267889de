"""Recorded values in a form that is safe to show. What a record holds was written by others."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters by category, nothing to the eye."""


def visible(text: str) -> str:
    """`text` on one line, with everything that a terminal or an eye would not show as itself written as an escape.

    That is control characters (ESC, CR, newline, NUL), bidirectional overrides, zero-width characters, lone surrogates.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) if _is_hidden(character) else character for character in text)


def shortened(text: str, room: int) -> str:
    """`text` as `visible` shows it, in at most `room` characters; ` ...` stands for what is left out."""
    shown = visible(text[: room + 1])
    return shown if len(shown) <= room else f"{shown[: room - 4]} ..."


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN_CATEGORIES or character in _BLANK_LETTERS


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def iso(microseconds: int) -> str:
    """A time of the record as ISO 8601 in UTC, `2026-01-31T12:00:00.000000Z`; as it is if no calendar has it."""
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return str(microseconds)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
