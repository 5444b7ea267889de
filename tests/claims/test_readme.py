from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from stated import READ_AT, claims, problems

from origin.claims import UnreadableClaimsError, of_readme

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def card(tmp_path: Path) -> Path:
    return tmp_path / "README.md"


@pytest.mark.parametrize(
    ("front_matter", "expected"),
    [
        ("license: cc-by-4.0", [("cc-by-4.0", "README.md, front matter, license")]),
        ("license:\n- mit", [("mit", "README.md, front matter, license")]),
        ("license:\n- mit\n- cc0-1.0", [('["mit", "cc0-1.0"]', "README.md, front matter, license")]),
        ("licenses: [mit, cc0-1.0]", [('["mit", "cc0-1.0"]', "README.md, front matter, licenses")]),
        ("license: ''\nlanguage: en", []),
        ("language: en", []),
        (
            "license: other\nlicense_name: llama3\nlicense_link: https://llama.meta.com/llama3/license",
            [
                ("llama3", "README.md, front matter, license_name"),
                ("https://llama.meta.com/llama3/license", "README.md, front matter, license_link"),
                ("other", "README.md, front matter, license"),
            ],
        ),
        (
            "license: mit\nlicense_link: LICENSE",
            [("mit", "README.md, front matter, license"), ("LICENSE", "README.md, front matter, license_link")],
        ),
    ],
)
def test_a_card_states_its_licence(card: Path, front_matter: str, expected: list[tuple[str, str]]) -> None:
    card.write_text(f"---\n{front_matter}\n---\n# Data\nlicense: gpl\n")
    found = of_readme(card, READ_AT)
    assert claims(found) == expected
    assert problems(found) == []


def test_a_readme_without_front_matter_states_nothing(card: Path) -> None:
    card.write_text("# Data\n\nlicense: mit\n")
    assert claims(of_readme(card, READ_AT)) == []


def test_what_is_not_understood_is_told_and_not_guessed(card: Path) -> None:
    card.write_text("---\nlicense: {name: mit}\nlicense_name: fine\n---\n")
    found = of_readme(card, READ_AT)
    assert claims(found) == [("fine", "README.md, front matter, license_name")]
    assert problems(found) == [
        (
            "README.md, front matter, license is not understood (line 2: its value is no text on one line): "
            "write one text or a list"
        )
    ]


def test_front_matter_that_cannot_be_followed_is_told(card: Path) -> None:
    card.write_text('---\ntitle: "open\nlicense: mit\n---\n')
    assert problems(of_readme(card, READ_AT)) == [
        (
            "README.md, front matter is not understood (line 2: what opens here does not close before line 3): "
            "state its licence by hand"
        )
    ]


def test_a_long_text_is_no_claim(card: Path) -> None:
    card.write_text(f"---\nlicense: {'x' * 1001}\n---\n")
    found = of_readme(card, READ_AT)
    assert claims(found) == []
    assert problems(found) == [
        "README.md, front matter, license holds a text of 1001 characters, no name: read it, give its SPDX id"
    ]


def test_bytes_that_are_no_utf8_are_shown_as_such(card: Path) -> None:
    card.write_bytes(b"---\nlicense: M\xffT\n---\n")
    assert claims(of_readme(card, READ_AT)) == [("M\ufffdT", "README.md, front matter, license")]


def test_a_byte_order_mark_is_no_part_of_the_text(card: Path) -> None:
    card.write_bytes(b"\xef\xbb\xbf---\r\nlicense: mit\r\n---\r\n")
    assert claims(of_readme(card, READ_AT)) == [("mit", "README.md, front matter, license")]


def test_the_time_of_reading_is_now_by_default(card: Path) -> None:
    card.write_text("---\nlicense: mit\n---\n")
    (claim,) = of_readme(card).claims
    assert claim.read_at is not None
    assert claim.read_at[4] == claim.read_at[7] == "-"
    assert claim.read_at.endswith("Z")


def test_a_binary_file_is_refused(card: Path) -> None:
    card.write_bytes(b"---\0")
    with pytest.raises(UnreadableClaimsError, match=r"^README.md is no text: give the card itself$"):
        of_readme(card)
