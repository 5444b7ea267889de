"""`origin diff`, and the page that explains it."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
from cli.command import assert_one_line, origin
from query.recordings import record, sha

from origin import ProvenanceDatabase
from origin.core.difference import REASONS
from origin.hooks.base import BaseHook, Sample
from origin.query.divergence import DOUBTS

PAGE = Path(__file__).parents[2] / "docs" / "reproduction.md"
ROWS = [[Sample(b"a", index=0), Sample(b"b", index=1)], [Sample(b"c", index=2)]]


def test_the_same_data_is_exit_code_0(path: Path) -> None:
    a, b = record(path, ROWS, metadata={"seed": 1}), record(path, ROWS, metadata={"seed": 2})
    ran = origin(path, "diff", a[:10], b[:10])
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"A                   session {a} (completed) in {path}",
        f"B                   session {b} (completed) in {path}",
        "steps compared      2",
        "  equal             2",
        "  divergent         0",
        "  uncertain         0",
        "steps only in A     0",
        "steps only in B     0",
        "steps beside a gap  0",
        "",
        "beside the data:",
        "  metadata.seed: 1 in A, 2 in B",
        "",
        "same: both sessions consumed the same data in 2 steps",
    ]
    assert origin(path, "diff", a, "latest", "--quiet").out == ""


def test_a_difference_is_exit_code_1_with_the_first_divergence(path: Path) -> None:
    a = record(path, ROWS)
    b = record(path, [ROWS[0], [Sample(b"C", index=2)]])
    ran = origin(path, "diff", a, b)
    assert ran.code == 1
    assert ran.out.splitlines()[10:] == [
        "first divergence: loader loader-1, epoch 0, step 1 of the epoch, sample 0 of the batch (content)",
        f"  A  source train, licence MIT, index 2, {sha(b'c')[:16]}",
        f"  B  source train, licence MIT, index 2, {sha(b'C')[:16]}",
        "",
        "loader    epoch  divergent steps  same samples  reasons",
        "loader-1      0                1  no            content",
        "same samples in the sessions as wholes: no",
        "",
        "different: content",
    ]
    ran = origin(path, "diff", a, b, "--json")
    assert ran.code == 1
    place = {"source_id": "train", "revision": None, "license": "MIT", "claims": ["MIT"], "index": 2, "key": None}
    assert ran.json == {
        "verdict": "different",
        "reasons": ["content"],
        "doubts": [],
        "a": {"session_id": a, "status": "completed", "database": str(path)},
        "b": {"session_id": b, "status": "completed", "database": str(path)},
        "steps": {
            "compared": 2,
            "equal": 1,
            "divergent": 1,
            "uncertain": 0,
            "only_a": 0,
            "only_b": 0,
            "unknown": 0,
        },
        "same_samples": False,
        "first": {
            "loader": "loader-1",
            "epoch": 0,
            "step": 1,
            "step_a": 1,
            "step_b": 1,
            "position": 0,
            "reasons": ["content"],
            "a": {**place, "kind": "bytes", "fingerprint": sha(b"c")},
            "b": {**place, "kind": "bytes", "fingerprint": sha(b"C")},
        },
        "epochs": [{"loader": "loader-1", "epoch": 0, "divergent": 1, "reasons": ["content"], "same_samples": False}],
        "environment": [],
        "sources": {"only_a": [], "only_b": [], "changed": []},
    }


def test_an_uncertain_answer_is_exit_code_1_and_says_why(path: Path) -> None:
    a, b = record(path, ROWS), record(path, ROWS[:1], status=None)
    ran = origin(path, "diff", a, b)
    assert ran.code == 1
    assert ran.out.splitlines()[-3:] == [
        f"uncertain, B: {DOUBTS['unfinished']}",
        "",
        "uncertain: no difference is certain, but not all of it could be compared",
    ]
    document = origin(path, "diff", a, b, "--json").json
    assert (document["verdict"], document["first"], document["same_samples"]) == ("uncertain", None, None)
    assert document["doubts"] == [{"kind": "unfinished", "side": "b", "text": DOUBTS["unfinished"]}]


def test_two_files_and_many_epochs(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    record(path, ROWS, epochs=12)
    record(other, ROWS, epochs=12, source="others")
    ran = origin(path, "diff", "latest", "latest", "--db-b", str(other))
    assert ran.code == 1
    assert "and 2 more epochs (all are in --json)" in ran.out
    assert "  source train: only in A\n  source others: only in B\n" in ran.out
    assert ran.out.endswith("\ndifferent: source\n")
    assert len(origin(path, "diff", "latest", "latest", "--db-b", str(other), "--json").json["epochs"]) == 12


def test_what_cannot_be_compared_is_one_line(path: Path, tmp_path: Path) -> None:
    session = record(path, ROWS)
    record(tmp_path / "keyed.db", ROWS, key=b"k" * 16)
    assert_one_line(origin(path, "diff", session, "ffffff0000"), 1)
    assert_one_line(origin(path, "diff", session))
    assert_one_line(origin(path, "diff", session, "latest", "--db-b", str(tmp_path / "missing.db")))
    assert_one_line(origin(path, "diff", session, "latest", "--db-b", str(tmp_path / "keyed.db")))
    assert not (tmp_path / "missing.db").exists()


def test_recorded_strings_cannot_disturb_the_terminal(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        for name in ("\x1b[31m", "\u202e"):
            with db.begin_session(name, metadata={name: name}) as session:
                list(BaseHook(db, session.session_id, name).wrap([[Sample(b"a", index=0, key=name)]], name="\r"))
    with ProvenanceDatabase(path, read_only=True).reader() as reader:
        a, b = (one.begin.session_id for one in reader.sessions())
    shown = origin(path, "diff", a, b).out
    assert shown.replace("\n", "").isprintable()
    assert "source \\x1b[31m" in shown


@pytest.mark.parametrize("words", [*REASONS, *DOUBTS])
def test_the_page_names_every_reason_and_doubt(words: str) -> None:
    assert f"| `{words}` |" in PAGE.read_text()


def test_the_snippets_of_the_page_give_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    session = "".join(re.findall(r"```pycon\n(.*?)```", PAGE.read_text(), re.DOTALL))
    parsed = doctest.DocTestParser().get_doctest(session, {}, PAGE.name, PAGE.name, 0)
    assert len(parsed.examples) >= 10
    failures: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(parsed, out=failures.append)
    assert result.failed == 0, "".join(failures)
