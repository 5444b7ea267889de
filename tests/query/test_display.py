from __future__ import annotations

import sys
import unicodedata

import pytest

from origin.query.display import iso, shortened, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ~!@#", "plain text, ~!@#"),
        ("Füße 日本 e\u0301 😀", "Füße 日本 e\u0301 😀"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\rb\nc\td\0e\x7f\x9b", r"a\x0db\x0ac\x09d\x00e\x7f\x9b"),
        ("\u202eevil\u2066\u200b\ufeff\u2028", r"\u202eevil\u2066\u200b\ufeff\u2028"),
        ("\udcff\ud800", r"\udcff\ud800"),
        ("\U000e0041\U000f0000\uffff", r"\U000e0041\U000f0000\uffff"),
        ("\u3164\u2800", r"\u3164\u2800"),
    ],
)
def test_what_would_not_show_as_itself_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible(shown) == shown


def test_no_control_format_or_surrogate_character_is_ever_shown() -> None:
    for code in (*range(0x20000), *range(0xE0000, 0xE0400), sys.maxunicode):
        for character in visible(chr(code)):
            assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}, hex(code)


@pytest.mark.parametrize(
    ("microseconds", "written"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (1785283200123456, "2026-07-29T00:00:00.123456Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1 << 62, str(1 << 62)),
        (-(1 << 62), str(-(1 << 62))),
    ],
)
def test_times_are_iso_8601_in_utc(microseconds: int, written: str) -> None:
    assert iso(microseconds) == written


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("a" * 12, "a" * 12),
        ("a" * 13, "aaaaaaaa ..."),
        ("\x1b\x1b\x1b", r"\x1b\x1b\x1b"),
        ("\x1b\x1b\x1b\x1b", r"\x1b\x1b ..."),
    ],
)
def test_a_long_text_is_shortened_with_a_mark(text: str, shown: str) -> None:
    assert shortened(text, 12) == shown
