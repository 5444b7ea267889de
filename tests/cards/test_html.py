from __future__ import annotations

import base64
import hashlib
import html
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cards.parsed import Page, assert_self_contained, markdown_tables
from cards.sessions import CONFIG, card_with, record_all
from query.hostile import STRINGS
from query.recordings import record, record_rich

from origin import ProvenanceDatabase
from origin.cards import Card, card_of
from origin.cards.charts import fitted
from origin.cards.escape import in_html
from origin.cards.style import DARK, LIGHT, STYLE
from origin.hooks.base import BaseHook, Sample

if TYPE_CHECKING:
    from pathlib import Path


def test_the_page_is_whole_and_loads_and_runs_nothing(path: Path) -> None:
    record_all(path)
    text = card_of(path, policy="commercial").html
    page = Page(text)
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert_self_contained(page)
    assert not re.search(r"url\(|@import|expression\(", STYLE)


def test_its_policy_lets_in_its_own_style_and_nothing_else(path: Path) -> None:
    record_all(path)
    text = card_of(path).html
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [value for value in Page(text).values("content") if "default-src" in value]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert text.index("Content-Security-Policy") < text.index("<style>")


def test_html_and_markdown_state_the_same_facts(path: Path) -> None:
    record_all(path)
    card = card_of(path, policy="commercial")
    of_markdown = markdown_tables(card.markdown)
    matrix = next(table for table in of_markdown if table[0][0] == "material under")
    assert len(matrix) == 4
    of_markdown.remove(matrix)  # a picture in HTML
    assert Page(card.html).tables == of_markdown


def test_facts_of_a_record_stand_in_the_page(path: Path) -> None:
    session_id = record_all(path)
    card = card_of(path)
    facts = {row[0]: row[1] for table in Page(card.html).tables for row in table if len(row) == 2}
    assert facts["Session"] == session_id
    assert facts["Configuration"] == CONFIG
    assert facts["Root of the log"] == card.report.root
    assert facts["Delivered to the loop"] == (
        "at least 102 observations of 50 distinct samples, in 101 batches (645 bytes)"
    )
    assert f"origin verify {session_id} --root {card.report.root}" in card.html


def test_charts_tell_in_words_what_they_show(path: Path) -> None:
    record_all(path)
    page = card_of(path).html
    described = dict(re.findall(r'<desc id="([\w-]+)-desc">([^<]*)</desc>', page))
    assert set(described) == {"sources-chart", "licences-chart", "exposure-chart", "matrix-chart"}
    assert described["sources-chart"].startswith("wiki: 60 (58.82 %); news: 20 (19.61 %); stack: 8 (7.84 %)")
    assert described["licences-chart"].endswith("none granted: 2 (1.96 %)")
    assert described["exposure-chart"] == "0: 52; 1: 50"
    assert "CC-BY-NC-4.0 into CC-BY-SA-4.0 review, CC-BY-NC-4.0 yes, CC0-1.0 OR MIT no" in described["matrix-chart"]
    assert page.count('role="img" aria-labelledby="') == 4


def test_bars_are_as_long_as_their_shares(path: Path) -> None:
    record_all(path)
    bars = re.findall(r'<rect class="s0" x="0" y="\d+" width="([\d.]+)" height="9">', card_of(path).html)
    assert [round(float(width) / 340, 4) for width in bars[:6]] == [0.5882, 0.1961, 0.0784, 0.0588, 0.0588, 0.0196]


@pytest.mark.parametrize("name", STRINGS)
def test_a_recorded_string_adds_no_element_and_no_attribute(path: Path, tmp_path: Path, name: str) -> None:
    plain = Page(card_with(tmp_path / "plain.db", "plain words").html)
    page = Page(card_with(path, STRINGS[name]).html)
    assert_self_contained(page)
    assert page.skeleton == plain.skeleton
    assert page.values("class") == plain.values("class")


@pytest.mark.parametrize(
    "text", ['"><script>alert(1)</script>', "</title></style></svg><img src=x onerror=alert(1)>", "]]><!--", "&quot;"]
)
def test_markup_in_a_record_is_shown_as_it_is(path: Path, tmp_path: Path, text: str) -> None:
    plain = Page(card_with(tmp_path / "plain.db", "plain words").html)
    page = Page(card_with(path, text).html)
    assert page.skeleton == plain.skeleton
    cells = [cell for table in page.tables for row in table for cell in row]
    assert cells.count(text) >= 10
    assert sum(text in written for written in page.text) >= 10


def test_invisible_characters_are_written_out() -> None:
    assert in_html("a\u202eb\x00<'\"&") == "a\\u202eb\\x00&lt;&#x27;&quot;&amp;"


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        ("short", 5, "short"),
        ("longer", 5, "lo..."),
        ("日本日本", 8, "日本日本"),
        ("日本日本日", 8, "日..."),
        ("", 3, ""),
    ],
)
def test_a_label_of_a_chart_takes_the_room_that_there_is(text: str, room: int, shown: str) -> None:
    assert fitted(text, room) == shown


def test_the_same_record_gives_the_same_bytes_in_every_process(path: Path) -> None:
    record_all(path)
    card = card_of(path)
    script = "from origin.cards import card_of; import sys; c = card_of(sys.argv[1]); print(c.html, c.markdown)"
    for seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", script, str(path)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        )
        assert ran.stdout.decode() == f"{card.html} {card.markdown}\n"


def test_every_kind_of_session_has_a_page(path: Path) -> None:
    record(path, [])
    record(path, [[b"a"]], status=None)
    record(path, [[object()]], license_id=None)
    record(path, [[b"a"]], key=None, status="failed")
    first, second = record_rich(path)
    for session in (first, second, "latest"):
        assert_self_contained(Page(card_of(path, session).html))
    with ProvenanceDatabase(path) as db:
        running = db.begin_session("x")
        assert "running: this card shows" in card_of(path, running.session_id).html


def test_a_page_of_a_thousand_sources_and_epochs_has_an_end(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        for number in range(1000):
            db.register_source(f"source {number}", license_id="MIT" if number % 2 else "CC-BY-4.0")
        samples = [[Sample(b"%d" % number, f"source {number}", 0, None)] for number in range(1000)]
        list(BaseHook(db, session.session_id, "source 0", "MIT").wrap(samples))
        again = BaseHook(db, session.session_id, "source 0").wrap([[b"a"]], name="again")
        for _ in range(600):
            list(again)
    text = card_of(path).html
    assert_self_contained(Page(text))
    assert len(text) < 700_000
    assert "750 others, summed" in text
    assert "351 others, summed" in text
    assert text.count('<rect class="s0" x="') <= 40 + 9 + 9 + 1
    assert ">525-539<" in text


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    lower, higher = sorted((_luminance(one), _luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast_is_that_of_wcag_aa(colours: dict[str, str]) -> None:
    levels = ("blocker", "review", "clear")
    for ground in ("page", "panel", *(f"{level}-panel" for level in levels)):
        assert _contrast(colours["text"], colours[ground]) >= 4.5, ground
    for name in ("muted", "accent"):
        assert _contrast(colours[name], colours["page"]) >= 4.5, name
    for level in levels:
        for ground in ("page", *(f"{each}-panel" for each in levels)):
            assert _contrast(colours[level], colours[ground]) >= 4.5, (level, ground)
    for place in range(5):
        assert _contrast(colours[f"series-{place}"], colours["page"]) >= 3, place


def test_a_notebook_shows_the_page_in_a_frame_of_its_own(path: Path) -> None:
    record_all(path)
    card = card_of(path)
    (frame,) = re.findall(r'<iframe sandbox="" [^>]*srcdoc="([^"]*)"></iframe>', card._repr_html_())
    shown = html.unescape(frame)
    assert_self_contained(Page(shown))
    assert shown == re.sub(r"<nav .*</nav>\n", "", card.html)
    assert card._repr_markdown_() == card.markdown
    assert repr(card) == f"<Card of session {card.report.session.begin.session_id}>"


def test_a_policy_has_its_say_only_where_one_was_given(path: Path, tmp_path: Path) -> None:
    record_all(path)
    assert "policy" not in card_of(path).markdown
    card = card_of(path, policy="commercial")
    lines = card.markdown.splitlines()
    assert "| Policy | denied by policy commercial |" in lines
    assert "- blocker: denied by policy commercial" in lines
    assert any(
        line.startswith(r"| a\|b | blocker | CC-BY-NC-4.0 | commercial-use is not permitted |") for line in lines
    )
    assert isinstance(card, Card)
    ours = tmp_path / "ours.toml"
    ours.write_text('name = "<b>|ours"\n[use]\naction = "train"\n', encoding="utf-8")
    assert r"by policy &lt;b&gt;\|ours |" in card_of(path, policy=ours).markdown
    assert "by policy <bdi>&lt;b&gt;|ours</bdi>" in card_of(path, policy=ours).html
