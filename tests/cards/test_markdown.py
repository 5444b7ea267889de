from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from query.hostile import STRINGS
from query.recordings import record, record_rich

from origin import ProvenanceDatabase
from origin.cards.escape import escaped
from origin.cards.markdown import card
from origin.hooks.base import BaseHook
from origin.query.engine import find_session
from origin.query.report import report
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path


def card_of(path: Path, session: str = "latest") -> str:
    with Reader(path) as reader:
        return card(report(reader, find_session(reader, session)))


def test_a_card_states_identity_sources_shares_conflicts_gaps_and_the_command_to_check_it(path: Path) -> None:
    first, _ = record_rich(path)
    with Reader(path) as reader:
        root = find_session(reader, first).root().hex()
    lines = card_of(path, first).splitlines()
    for line in (
        f"# Provenance card: session {first}",
        "| Status | completed |",
        "| Delivered to the loop | 509 observations of 504 distinct samples, in 4 batches (1413 bytes) |",
        "| Without a fingerprint | 1 observations |",
        "| Licence unknown | 0 observations (0.00 %) |",
        "| Licence conflicts | 1 |",
        "| Gaps in the record | 1 |",
        "| Configuration | experiment |",
        "| Rank | 0 of 2 |",
        r'| Metadata | \{"seed"\:1\} |',
        "| train | Apache-2.0 | 505 | 99.21 % | 501 | - | - |",
        r"| other | CC-BY-4.0 | 2 | 0.39 % | 2 | - | https\://example.org/other |",
        "| valid | GPL-2.0-only | 2 | 0.39 % | 2 | - | - |",
        "| observer | 1 | 1 | unknown |",
        f"    {root}",
        f"    origin verify {first} --root {root}",
    ):
        assert line in lines


def test_a_card_never_says_trained_on_or_verified(path: Path) -> None:
    record_rich(path)
    text = card_of(path)
    assert "delivered to the loop" in text
    assert not re.search(r"trained on|verified", text, re.IGNORECASE)


def test_an_unknown_licence_is_called_unknown(path: Path) -> None:
    record(path, [[b"a"]], license_id=None)
    lines = card_of(path).splitlines()
    assert "| train | unknown | 1 | 100.00 % | 1 | - | - |" in lines
    assert "| Licence unknown | 1 observations (100.00 %) |" in lines


def test_a_session_that_was_cut_off_says_so(path: Path) -> None:
    record(path, [[b"a"]], status=None)
    text = card_of(path)
    assert "| Status | interrupted: the process ended without closing the session" in text
    assert "| Ended | not ended |" in text
    assert "None so far. What is not committed when a process dies is lost without a gap." in text


def test_an_empty_session_has_a_card(path: Path) -> None:
    record(path, [])
    assert "| Delivered to the loop | 0 observations of 0 distinct samples, in 0 batches (0 bytes) |" in card_of(path)


def test_a_card_is_as_long_for_a_thousand_batches_as_for_one(path: Path) -> None:
    record(path, [[b"a"]])
    short = card_of(path)
    record(path, [[b"%d" % number] for number in range(1000)])
    assert len(card_of(path).splitlines()) == len(short.splitlines())


@pytest.mark.parametrize("name", STRINGS)
def test_a_recorded_string_can_add_no_line_no_cell_and_no_markup(path: Path, name: str) -> None:
    text = STRINGS[name]
    record(path, [[b"a"]], source="plain", config_hash="plain")
    plain = card_of(path)
    with ProvenanceDatabase(path) as db:
        db.register_source(text, license_id=text, uri=text, revision=text, owner=text)
        with db.begin_session(text, run_id=text, metadata={text: text}) as session:
            list(BaseHook(db, session.session_id, text).wrap([[b"a"]]))
    hostile = card_of(path)
    assert len(hostile.splitlines()) == len(plain.splitlines()) + 2  # run and metadata
    unescaped = re.sub(r"\\.", "", hostile)
    assert unescaped.count("|") == re.sub(r"\\.", "", plain).count("|") + 6
    assert unescaped.count("`") == plain.count("`")
    assert "<" not in hostile
    assert not re.search(r"(?<!\\)\]\(|javascript:|www\.|(?<!rfc)https?://ex|@", unescaped)
    assert hostile.encode().isascii() or name in {"nfc", "nfd"}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("a|b`c", r"a\|b\`c"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("WWW.x", r"WWW\.x"),
        ("http://x", r"http\://x"),
        ("a@b", "a&#64;b"),
        ("a\\|b", r"a\\\|b"),
        ("line\nbreak", r"line\\x0abreak"),
    ],
)
def test_escaping_leaves_plain_text_readable(text: str, written: str) -> None:
    assert escaped(text) == written
