from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cards.sessions import CONFIG, REVISION, card_with, record_all
from query.hostile import STRINGS
from query.recordings import record, record_rich

from origin import ProvenanceDatabase
from origin.cards import card_of
from origin.cards.escape import escaped, in_mermaid
from origin.cards.markdown import MOST, card
from origin.core.record import Source
from origin.hooks.base import BaseHook, Sample
from origin.query.engine import find_session
from origin.query.report import SourceUse
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

DENIED, ASK = "All rights reserved", "ask the holder, or leave it out"
WHERE = ["declared by the caller", "README.md, front matter, license"]
SECTIONS = [
    "## 1. Verdict",
    "## 2. Identity",
    "## 3. Sources",
    "## 4. Licences",
    "## 5. Exposure",
    "## 6. Gaps",
    "## 7. Integrity",
    "## 8. Obligations",
    "## 9. Annexes",
]


def text_of(path: Path, session: str = "latest") -> str:
    return card_of(path, session).markdown


def test_a_card_states_what_an_auditor_asks_in_the_order_of_the_questions(path: Path) -> None:
    session_id = record_all(path)
    with Reader(path) as reader:
        session = find_session(reader, session_id)
        root = session.root().hex()
        digest = next(source for _, source in reader.sources(session.row) if source.source_id == "wiki").digest().hex()
    lines = text_of(path).splitlines()
    assert [line for line in lines if line.startswith("## ")] == SECTIONS
    for line in (
        f"# Provenance card: session {session_id}",
        "**Needs a decision before anything made with this data is passed on**",
        "- blocker: a claim says that no licence is granted: 2 observations (1.96 %)",
        "- review: 1 possible licence conflict on which no authority is settled",
        "- review: claims of the licence contradict each other: 8 observations (7.84 %)",
        "- blocker: licence unknown: 20 observations (19.61 %)",
        "- review: opt-out signals recorded for 1 source: 20 observations",
        "- review: gaps in the record: 1 gap, missing 1 batch and an unknown number of observations",
        "- review: without a fingerprint: 1 observation",
        "| Status | completed |",
        "| Delivered to the loop | at least 102 observations of 50 distinct samples, in 101 batches (645 bytes) |",
        "| Licence conflicts | 1 for review |",
        "| Licence unknown | 20 observations (19.61 %) |",
        "| Licence ambiguous, disputed or not granted | 10 observations (9.80 %) |",
        "| Licence concluded | 72 observations (70.59 %) |",
        "| Gaps in the record | 1 gap, missing 1 batch and an unknown number of observations |",
        "| Signature | not signed: the record bears no signature of anybody, see 7 for what its root can show |",
        f"| Configuration | {CONFIG} |",
        "| Run | run 7 |",
        "| Rank | 0, of 2 ranks; this card is of this rank alone |",
        "| Run in this database | of 2 ranks there is no session of 1 |",
        f"| Root of the log | {root} |",
        r'| Metadata | \{"seed"\:1\} |',
        "| 1 | wiki | CC-BY-SA-4.0 | CC-BY-SA-4.0 | 60 | 58.82 % | 30 |",
        "| 2 | news | unknown | unknown | 20 | 19.61 % | 10 |",
        "| 3 | stack | MIT | disputed | 8 | 7.84 % | 4 |",
        r"| 4 | a\|b | CC-BY-NC-4.0 | CC-BY-NC-4.0 | 6 | 5.88 % | 3 |",
        "| 5 | gov | CC0-1.0 OR MIT | CC0-1.0 OR MIT | 6 | 5.88 % | 2 |",
        "| 6 | books | All rights reserved | none granted | 2 | 1.96 % | 1 |",
        rf"| 1 | {REVISION} | publicly-available | Wikimedia | https\://example.org/wiki | 2026-01-15 | {digest} |",
        r"| 3 | Apache-2.0 | README.md, front matter, license | 2026-01-02T03\:04\:05Z |",
        "| Conflict 1 | review for CC-BY-SA-4.0, CC-BY-NC-4.0 |",
        r"| Sources | a\|b, wiki |",
        "| Affected | 66 observations of 33 samples in 66 batches, 0 of them with more than one of the licences |",
        "| Rule | cc-adapter-yellow |",
        "| Remedy | leave one of them out, or publish them as a collection, each under its own licence |",
        "For something published (remix) these stand in the way alone, whatever the other licences are.",
        "| blocker | none stated | news | no licence is stated | find out what the source's own page says |",
        rf"| blocker | {DENIED} | books | '{DENIED}' grants nothing\: all rights are reserved | {ASK} |",
        "| 2 | news | missing | no licence is stated | - |",
        f"| 3 | stack | disagreement | 'MIT' and 'Apache-2.0' are not the same licence | {', '.join(WHERE)} |",
        "| CC-BY-NC-4.0 | review | yes | no |",
        r"| a\|b | Studio &lt;b&gt;Müller&lt;/b&gt; | - | CC-BY-NC-4.0 | - |",
        "| Repeats | 51 observations of a sample that had been delivered before |",
        "| Mean exposure | 2.02 deliveries of each distinct sample |",
        "| wiki | 0 | 30 | 30 | unknown | unknown | 200 |",
        "| wiki | 1 | 30 | 30 | unknown | unknown | 200 |",
        "| observer | 1 | 1 | unknown |",
        "| Fingerprint | 1 observation |",
        "| Revision | 5 of 6 sources, 42 observations |",
        "| Licence claimed to be refused | 1 source: books |",
        "| Opt-out signals recorded | 1 source: news |",
        f"    origin verify {session_id} --root {root}",
        r"| share-alike | CC-BY-SA-4.0 | share-derivative | section 3\(b\)\(1-3\) | wiki |",
        "| news | none | no licence is recorded | 20 |",
        "| books | All rights reserved | the claim says that none is granted | 2 |",
        f"| NOTICE.md | the credits and notices to be passed on | origin notice {session_id} -o NOTICE.md |",
    ):
        assert line in lines, line


def test_a_card_of_nothing_to_object_to_says_by_which_rules(path: Path) -> None:
    record(path, [[b"a"]])
    lines = text_of(path).splitlines()
    assert "**No open point by the known rules**" in lines
    assert "| Licence conflicts | none by the known rules |" in lines
    assert not any(line.startswith("- ") for line in lines)


def test_a_card_never_says_trained_on_or_verified(path: Path) -> None:
    record_all(path)
    text = text_of(path)
    assert "delivered to the loop" in text
    assert "| Trained on | unknown: no optimizer was seen |" in text
    # That line, the head of a column, and what is said of all that is in neither column.
    assert len(re.findall(r"trained on|verified", text, re.IGNORECASE)) == 3


def test_a_card_counts_signals_that_nobody_can_read(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source("train", license_id="MIT", metadata={"opt_out_signals": "garbage"})
    record(path, [[b"a"]])
    lines = text_of(path).splitlines()
    assert "- review: opt-out signals recorded for 1 source: 1 observation" in lines
    assert "| Opt-out signals recorded | 1 source: train |" in lines


def test_an_unknown_licence_is_called_unknown(path: Path) -> None:
    record(path, [[b"a"]], license_id=None)
    lines = text_of(path).splitlines()
    assert "No conflict among the licences that are known. What is not known may conflict with any." in lines
    assert "| 1 | train | unknown | unknown | 1 | 100.00 % | 1 |" in lines
    assert "| Licence unknown | 1 observation (100.00 %) |" in lines
    assert "- blocker: licence unknown: 1 observation (100.00 %)" in lines


def test_a_source_that_nothing_came_from_is_no_input(path: Path) -> None:
    record(path, [[b"a"]])
    report = card_of(path).report
    idle = SourceUse(7, Source("declared | only", "GPL-3.0-only"), 0, 0)
    text = card(replace(report, sources=(*report.sources, idle)))
    assert "Declared in the session, but nothing was delivered from it: declared \\| only." in text
    assert "GPL" not in text


def test_revisions_of_one_source_stand_apart(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        for revision in ("1", "2"):
            db.register_source("s", license_id="MIT", revision=revision)
            list(BaseHook(db, session.session_id, "s").wrap([[b"a"]]))
    lines = text_of(path).splitlines()
    assert "| 1 | s | MIT | MIT | 1 | 50.00 % | 1 |" in lines
    assert "| 2 | s | MIT | MIT | 1 | 50.00 % | 1 |" in lines
    assert [line for line in lines if re.match(r"\| [12] \| [12] \| unknown", line)]


def test_a_session_that_was_cut_off_says_so(path: Path) -> None:
    record(path, [[b"a"]], status=None)
    text = text_of(path)
    assert "| Status | interrupted: the process ended without closing the session" in text
    assert "| Ended | not ended |" in text
    assert "None so far. What is not committed when a process dies is lost without a gap." in text
    assert "- review: the session was not closed, so the record may lack what came last" in text


def test_a_session_that_runs_says_so(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("x")
        list(BaseHook(db, session.session_id, "s", "MIT").wrap([[b"a"]]))
        db.flush()
        assert "| Status | running: this card shows what was committed so far |" in text_of(path)


def test_an_empty_session_has_a_card(path: Path) -> None:
    record(path, [])
    text = text_of(path)
    assert "| Delivered to the loop | 0 observations of 0 distinct samples, in 0 batches (0 bytes) |" in text
    assert "No sample was delivered." in text
    assert [line for line in text.splitlines() if line.startswith("## ")] == SECTIONS


def test_a_card_is_as_long_for_a_thousand_batches_as_for_one(path: Path) -> None:
    record(path, [[b"a"]])
    short = text_of(path)
    record(path, [[b"%d" % number] for number in range(1000)])
    assert len(text_of(path).splitlines()) == len(short.splitlines())


@pytest.mark.parametrize("padding", ["", "|@" * 3000], ids=["short names", "long names"])
def test_a_card_of_a_thousand_sources_is_short_and_sums_the_tail(path: Path, padding: str) -> None:
    licenses = ["MIT", "CC-BY-SA-4.0", "CC-BY-NC-4.0", None, f"{padding}some terms"]
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        for number in range(1000):
            db.register_source(f"{number}{padding}", license_id=licenses[number % 5], owner=padding or None)
        samples = [Sample(b"%d" % number, f"{number % 1000}{padding}", 0, None) for number in range(1500)]
        list(BaseHook(db, session.session_id, f"0{padding}", "MIT").wrap([samples]))
    text = text_of(path)
    assert len(text.encode()) <= MOST
    shown = re.findall(r"^\| (\d+) \| .* \| (\d) \| (0\.\d\d %) \| \d \|$", text, re.MULTILINE)
    (rest,) = re.findall(r"^\|  \| (\d+) others, summed \|  \|  \| ([\d,]+) \| ([\d.]+) % \| - \|$", text, re.MULTILINE)
    assert len(shown) + int(rest[0]) == 1000
    assert sum(int(seen) for _, seen, _ in shown) + int(rest[1].replace(",", "")) == 1500
    assert f"{rest[0]} sources beyond the {len(shown)} largest are summed here and left out below" in text


def test_a_long_string_is_cut_and_says_how_long_it_is(path: Path) -> None:
    record(path, [[b"a"]], source="s" * 5000)
    assert rf"| 1 | {'s' * 400} ... \(5000 characters in all\) | MIT |" in text_of(path)


@pytest.mark.parametrize("name", STRINGS)
def test_a_recorded_string_can_add_no_line_no_cell_and_no_markup(path: Path, tmp_path: Path, name: str) -> None:
    plain = card_with(tmp_path / "plain.db", "plain words").markdown
    hostile = card_with(path, STRINGS[name]).markdown
    structure = [_structure(text) for text in (plain, hostile)]
    assert structure[0] == structure[1]
    assert "<" not in hostile
    unescaped = re.sub(r"\\.", "", re.sub(r"```mermaid.*?```", "", hostile, flags=re.DOTALL))
    assert not re.search(r"\]\(|javascript:|www\.|(?<!rfc)https?://ex|@", unescaped)
    assert hostile.encode().isascii() or name in {"nfc", "nfd"}


def _structure(text: str) -> list[tuple[str, int]]:
    """How each line begins, and how many cells it has."""
    lines = [re.sub(r"\\.", "", line) for line in text.splitlines()]
    return [(re.sub(r"[^#|`>*-].*", "", line), line.count("|") if line.startswith("|") else 0) for line in lines]


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


# What Mermaid 11 draws of each was seen in a browser: the text as it is, no element of its own.
@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("CC-BY-4.0 (x)", "CC-BY-4.0 (x)"),
        ('"]; end', "#34;#93;#59; end"),
        ("#35;", "#35;35#59;"),
        ("<b>`", "#60;b#62;#96;"),
        ("a\nb", "a#92;x0ab"),
        ("日本é", "日本é"),
    ],
)
def test_a_label_of_a_diagram_holds_no_mark_of_its_grammar(text: str, written: str) -> None:
    assert in_mermaid(text) == written


@pytest.mark.parametrize("name", STRINGS)
def test_diagrams_keep_to_their_grammar_whatever_was_recorded(path: Path, name: str) -> None:
    flow, pie, licenses = re.findall(r"```mermaid\n(.*?)```", card_with(path, STRINGS[name]).markdown, re.DOTALL)
    label = r'"[^"`<>\[\]{}|;]*(?:#\d+;[^"`<>\[\]{}|;]*)*"'
    node = rf"    (?:s\d\[{label}\]|l\d\(\[{label}\]\)|session\[\[{label}\]\])"
    edge = r'    [sl]\d -->\|"[\d,]+"\| (?:l\d|session)'
    for line in flow.splitlines()[1:]:
        assert re.fullmatch(f"{node}|{edge}", line), line
    for chart in (pie, licenses):
        assert re.fullmatch(rf"pie showData\n    title [\w ]+\n(?:    {label} : \d+\n)+", chart), chart


def test_the_flowchart_has_a_dozen_nodes_at_most_and_loses_no_observation(path: Path) -> None:
    names = ["MIT", "ISC", "Zlib", "0BSD", "CC0-1.0", "CC-BY-4.0", "Apache-2.0", "BSL-1.0"]
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        for place, name in enumerate(names):
            list(BaseHook(db, session.session_id, f"source {place}", name).wrap([[b"a"] * (20 - place)]))
    flow = re.findall(r"```mermaid\n(flowchart.*?)```", text_of(path), re.DOTALL)[0]
    assert len(re.findall(r'^    \w+[(\[]+"', flow, re.MULTILINE)) == 12
    assert sum(map(int, re.findall(r's\d -->\|"(\d+)"', flow))) == sum(range(13, 21))
    assert sum(map(int, re.findall(r'l\d -->\|"(\d+)"\| session', flow))) == sum(range(13, 21))
    assert 's5["3 others"]' in flow
    assert 'l4(["4 others"])' in flow


def test_parts_of_one_name_stay_apart_in_the_pie(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        for revision in ("1", "2"):
            db.register_source("s", license_id="MIT", revision=revision)
            list(BaseHook(db, session.session_id, "s").wrap([[b"a"]]))
    assert '"s (50.00 %)" : 1\n    "s (50.00 %)." : 1\n' in text_of(path)


def test_two_loaders_and_a_gap_of_the_rich_record(path: Path) -> None:
    first, _ = record_rich(path)
    lines = text_of(path, first).splitlines()
    assert (
        "| Delivered to the loop | at least 509 observations of 504 distinct samples, in 4 batches (1,413 bytes) |"
    ) in lines
    assert "| 1 | train | Apache-2.0 | Apache-2.0 | 505 | 99.21 % | 501 |" in lines


def test_a_session_without_data_that_failed_or_whose_ranks_are_missing_is_to_be_reviewed(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        ids = []
        for rank, status in ((None, "completed"), (1, "failed")):
            session = db.begin_session("x", run_id="run", rank=rank, world_size=None if rank is None else 4)
            ids.append(session.session_id)
            if rank is not None:
                list(BaseHook(db, session.session_id, "s", "MIT").wrap([[b"a"]]))
            db.end_session(session.session_id, status)
        alone = db.begin_session("x", rank=0, world_size=2)
        db.end_session(alone.session_id, "completed")
    empty, failed, unnamed = (text_of(path, one).splitlines() for one in (*ids, alone.session_id))
    missing = "of 4 ranks there is no session of 0, 2 to 3; sessions that state no rank: 1"
    assert f"- review: the run is not whole in this database: {missing}" in empty
    assert "- review: no observation is in the record: it tells of no data" in empty
    assert "- review: the session did not complete: it ended as failed" in failed
    assert f"| Run in this database | {missing} |" in failed
    rank = "- review: the session states a rank and names no run: what the other ranks got is not told here"
    assert rank in unnamed
    assert not any("did not complete" in line for line in (*empty, *unnamed))


@pytest.mark.parametrize(("license_id", "level"), [(None, "blocker"), ("All rights reserved", "blocker")])
def test_a_licence_is_as_severe_in_the_verdict_as_among_the_conflicts(
    path: Path, license_id: str | None, level: str
) -> None:
    record(path, [[b"a"]], license_id=license_id)
    text = text_of(path)
    verdict, _, rest = text.partition("## 2.")
    assert re.findall(r"(?m)^- (\w+): (?:licence unknown|a claim)", verdict) == [level]
    assert re.findall(r"(?m)^\| (blocker|review) \|", rest) == [level]
