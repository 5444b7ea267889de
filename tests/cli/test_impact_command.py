"""`origin impact`: options, exit codes, what is told; and docs/impact.md, whose commands are run."""

from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cli.command import assert_one_line, origin
from query.hostile import STRINGS
from query.plain_impact import model_note
from query.recordings import listing, record, sha

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "impact.md"


@pytest.fixture
def recorded(path: Path) -> Iterator[Path]:
    """Two models around a batch of the source `web`, and a session without it."""
    with ProvenanceDatabase(path) as db:
        with db.begin_session("c", run_id="job", rank=0, world_size=1) as session:
            list(BaseHook(db, session.session_id, "own").wrap([[b"a", b"b"]]))
            db.note(session.session_id, "model", model_note("early.pt", sha("early")))
            list(BaseHook(db, session.session_id, "web", "MIT").wrap([[b"c", b"d"], [b"c"]]))
            db.note(session.session_id, "model", model_note("late.pt", sha("late")))
        with db.begin_session("c") as session:
            list(BaseHook(db, session.session_id, "own").wrap([[b"a"]]))
    return path


def test_it_tells_sessions_first_sighting_models_and_the_latest_clean_one(recorded: Path) -> None:
    ran = origin(recorded, "impact", "web")
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (1, "")
    assert lines[0] == "source web: of 2 sessions, 1 affected, 0 unknown, 1 clean"
    assert lines[3].split()[1:] == ["completed", "affected", "2", "3", "loader-2", "0", "0", "1", "5"]
    assert lines[5].endswith("Whether an optimizer step used it is not known, as no optimizer was seen.")
    assert [line.split()[1:] for line in lines[8:10]] == [
        ["early.pt", "3", "-", "clean", sha("early")[:16]],
        ["late.pt", "7", "-", "affected", sha("late")[:16]],
    ]
    assert lines[-1].endswith(f"latest clean model early.pt {sha('early')}")


def test_json_holds_all_of_it_under_stable_keys(recorded: Path) -> None:
    ran = origin(recorded, "impact", "--text=c", "--json")
    assert ran.code == 1
    document = ran.json
    first, second = document.pop("sessions")
    assert document == {
        "asked": {
            "kind": "samples",
            "source_id": None,
            "declared": None,
            "fingerprints": 1,
            "prefix": None,
            "of_files": True,
        },
        "affected": True,
        "unknown": False,
        "found": [sha("c")],
    }
    early = {
        "name": "early.pt",
        "path": "early.pt",
        "sha256": sha("early"),
        "bytes": 7,
        "how": "bind",
        "entry": 3,
        "steps": None,
    }
    late = {**early, "name": "late.pt", "path": "late.pt", "sha256": sha("late"), "entry": 7}
    del first["session_id"], first["started_at"]
    assert first == {
        "status": "completed",
        "run_id": "job",
        "rank": 0,
        "verdict": "affected",
        "evaluated_only": False,
        "samples": 1,
        "observations": 2,
        "uses": {"trained": None, "skipped": None, "evaluated": None},
        "first": {
            "loader": "loader-2",
            "epoch": 0,
            "step": 0,
            "batch": 1,
            "entry": 5,
            "source_id": "web",
            "fingerprint": sha("c"),
        },
        "doubts": [],
        "other_ranks": None,
        "values": 0,
        "models": [{**early, "verdict": "clean"}, {**late, "verdict": "affected"}],
        "latest_clean": early,
    }
    assert (second["verdict"], second["first"], second["latest_clean"]) == ("clean", None, None)


def test_nothing_affected_is_0_and_unknown_is_said(path: Path) -> None:
    record(path, [[b"a"]])
    ran = origin(path, "impact", "--text=b")
    assert (ran.code, ran.out) == (0, f"{sha('b')}: of 1 session, 0 affected, 0 unknown, 1 clean\n")
    record(path, [[b"a", object()]], status=None)
    ran = origin(path, "impact", "--text=b")
    assert ran.code == 0
    assert ran.out.startswith(f"{sha('b')}: of 2 sessions, 0 affected, 1 unknown, 1 clean\n")
    assert ": unknown: without a fingerprint: 1 observation, from entry 2 on\n" in ran.out
    assert ": unknown: it has no end: what came after entry 2 is lost\n" in ran.out
    assert origin(path, "impact", "--text=b", "--json").json["unknown"] is True
    assert origin(path, "impact", "--text=b", "--quiet").out == ""


def test_a_file_is_not_clean_where_a_loader_made_values(path: Path, tmp_path: Path) -> None:
    record(path, [[b"a"], [{"image": 1}, {"image": 2}]])
    (tmp_path / "photo").write_bytes(b"photo")
    found = origin(path, "impact", str(tmp_path / "photo"), "--json").json["sessions"][0]
    assert (found["verdict"], [(one["why"], one["observations"]) for one in found["doubts"]]) == (
        "unknown",
        [("value", 2)],
    )
    ran = origin(path, "impact", "--fingerprint", sha("photo"))
    assert ran.code == 0
    assert ran.out.startswith(f"{sha('photo')}: of 1 session, 0 affected, 0 unknown, 1 clean\n")
    assert "compared by their own fingerprints: 2 observations of values (arrays, dicts)" in ran.out


def test_a_list_is_read_from_a_file_and_from_standard_input(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"# withdrawn\n{sha('c')}  c.png\n{sha('x')}  x.png\n".encode()
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbf" + text)
    ran = origin(recorded, "impact", "--list", str(tmp_path / "list"))
    assert (ran.code, ran.out.splitlines()[0]) == (
        1,
        "1 of 2 fingerprints: of 2 sessions, 1 affected, 0 unknown, 1 clean",
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert origin(recorded, "impact", "--list", "-").out == ran.out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n\xff\x1b[2J\n")))
    refused = origin(recorded, "impact", "--list", "-")
    assert_one_line(refused)
    assert refused.err.startswith("origin: line 2 of standard input starts with ")
    monkeypatch.setattr(sys, "stdin", None)
    assert_one_line(origin(recorded, "impact", "--list", "-"))


def test_some_sessions_only(recorded: Path) -> None:
    for limit, affected in ((("--session", "latest"), 0), (("--run", "job"), 1)):
        ran = origin(recorded, "impact", "web", *limit, "--json")
        assert (ran.code, len(ran.json["sessions"])) == (affected, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["web", "--text=c"],
        ["nothing"],
        ["--source=web", "--session=zz"],
        ["--source=web", "--run=zz"],
        ["--source=web", "--run=job", "--session=latest"],
        ["--fingerprint=xyz"],
        ["--file=/nowhere/at/all"],
        ["--list=/nowhere/at/all"],
        ["--list=/"],
    ],
)
def test_what_cannot_be_looked_up_is_2_and_one_line(recorded: Path, arguments: list[str]) -> None:
    assert_one_line(origin(recorded, "impact", *arguments))


def test_a_source_that_the_record_does_not_know_is_said_to_be_unknown_to_it(recorded: Path) -> None:
    ran = origin(recorded, "impact", "--source", "wbe")
    told = "source wbe, which this record does not know: of 2 sessions, 0 affected, 0 unknown, 2 clean\n"
    assert (ran.code, ran.out) == (0, told)
    assert origin(recorded, "impact", "--source=wbe", "--json").json["asked"]["declared"] is False


def test_a_record_without_sessions_has_nothing_to_look_at(path: Path) -> None:
    ProvenanceDatabase(path).close()
    ran = origin(path, "impact", "--text=a")
    assert (ran.code, ran.out) == (0, f"{sha('a')}: there is no session to look at\n")


@pytest.mark.parametrize("name", STRINGS)
def test_no_recorded_string_reaches_the_terminal_as_it_is(path: Path, name: str) -> None:
    text = STRINGS[name]
    with ProvenanceDatabase(path) as db:
        session = db.begin_session(text)
        list(BaseHook(db, session.session_id, text).wrap([[text]], name=text))
        db.note(session.session_id, "model", model_note(text))
    ran = origin(path, "impact", "--source", text)
    assert (ran.code, ran.err) == (1, "")
    assert all(line.isprintable() for line in ran.out.split("\n"))
    assert len(ran.out.split("\n")) == 13
    found = origin(path, "impact", "--source", text, "--json").json
    assert (found["asked"]["source_id"], found["sessions"][0]["models"][0]["name"]) == (text, text)


def test_nothing_is_written(recorded: Path) -> None:
    before = listing(recorded.parent)
    assert origin(recorded, "impact", "web").code == 1
    assert listing(recorded.parent) == before


def test_the_commands_of_the_page_do_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text()
    (snippet,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(snippet, {})  # noqa: S102 - the page's own
    (tmp_path / "removed.txt").write_text(f"{sha('three')}\n")
    commands = re.findall(r"^    (?:(sha256sum) .*\| )?origin (.*?) +# exit code (\d)", text, re.MULTILINE)
    assert len(commands) == 5
    for printed, command, code in commands:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{sha('photo')}  photos/1.png\n".encode())))
        assert origin(None, *shlex.split(command)).code == int(code), (printed, command)


def test_the_page_explains_every_reason_and_verdict() -> None:
    from typing import get_args

    from origin.query.doubts import Why
    from origin.query.impact import Verdict

    page = PAGE.read_text()
    assert [word for word in (*get_args(Why), *get_args(Verdict)) if f"`{word}`" not in page] == []
