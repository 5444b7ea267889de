from __future__ import annotations

import hashlib
import io
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cli.command import assert_one_line, origin

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook

if TYPE_CHECKING:
    from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "erasure.md"


def record(path: Path, *batches: list[Any], key: bytes | None = None) -> str:
    with ProvenanceDatabase(path, key=key) as db, db.begin_session("c") as session:
        for _ in BaseHook(db, session.session_id, "train", "MIT").wrap(batches):
            pass
    return session.session_id


def digest(sample: bytes) -> bytes:
    return hashlib.sha256(sample).digest()


def test_a_sample_is_erased_by_any_name_of_it(path: Path, tmp_path: Path) -> None:
    session_id = record(path, [b"one", b"two", b"three"], [b"two", "four"])
    (tmp_path / "one").write_bytes(b"one")
    ways = [
        (("--text", "two"), 2),
        (("--file", str(tmp_path / "one")), 1),
        ((digest(b"three").hex()[:8],), 1),
        ((digest(b"four").hex(),), 1),
    ]
    for way, observations in ways:
        ran = origin(path, "erase", *way, "--json")
        assert ran.code == 0
        document = json.loads(ran.out)
        assert document["sessions"] == [
            {"session_id": session_id, "samples": 1, "observations": observations, "items": 0}
        ]
        assert origin(path, "erase", *way).code == 1
    raw = path.read_bytes()
    assert not any(digest(sample) in raw for sample in (b"one", b"two", b"three", b"four"))
    assert origin(path, "verify").code == 3
    assert json.loads(origin(path, "status", "--json").out)["observations"] == 5


def test_a_list_is_erased_at_once_and_what_is_not_there_is_counted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(path, [b"one", b"two"])
    lines = b"".join(digest(sample).hex().encode() + b"  name\n" for sample in (b"one", b"two", b"never"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    ran = origin(path, "erase", "--list", "-", "--reason", "request 17")
    assert ran.code == 0
    assert "2 samples, 2 observations erased" in ran.out
    assert "not recorded: 1 of 3 fingerprints" in ran.out


def test_a_dry_run_tells_and_changes_nothing(path: Path) -> None:
    record(path, [b"one"])
    before = path.read_bytes()
    ran = origin(path, "erase", "--text", "one", "--dry-run")
    assert (ran.code, path.read_bytes()) == (0, before)
    assert "1 sample, 1 observation would be erased" in ran.out


def test_trace_says_that_samples_were_erased(path: Path) -> None:
    record(path, [b"one", b"two"])
    origin(path, "erase", "--text", "one")
    for text in ("one", "never"):
        ran = origin(path, "trace", "--text", text)
        assert ran.code == 1
        assert "1 sample of this record" in ran.out
        assert json.loads(origin(path, "trace", "--text", text, "--json").out)["erased"] == 1
    assert "erased" not in origin(path, "trace", "--text", "two").out


def test_a_keyed_record_needs_its_key_for_a_file_or_text(path: Path, tmp_path: Path) -> None:
    record(path, [b"one", b"two"], key=b"k" * 16)
    (tmp_path / "key").write_bytes(b"k" * 16)
    assert_one_line(origin(path, "erase", "--text", "one"))
    ran = origin(path, "erase", "--text", "one", "--key-file", str(tmp_path / "key"))
    assert (ran.code, "not recorded" in ran.out) == (0, False)
    assert origin(path, "trace", "--text", "two", "--key-file", str(tmp_path / "key")).code == 0
    assert origin(path, "trace", "--text", "one", "--key-file", str(tmp_path / "key")).code == 1


@pytest.mark.parametrize(
    "arguments",
    [(), ("--text", "a", "--file", "b"), ("xyz",), ("--list", "none"), ("--file", "none"), ("abcd", "--text", "a")],
)
def test_what_cannot_be_understood_is_one_line_and_changes_nothing(path: Path, arguments: tuple[str, ...]) -> None:
    record(path, [b"one"])
    before = path.read_bytes()
    assert_one_line(origin(path, "erase", *arguments))
    assert path.read_bytes() == before


def test_what_is_not_what_was_recorded_is_left_alone(path: Path) -> None:
    import sqlite3
    from contextlib import closing

    record(path, [b"one"])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE batch SET epoch = 3")
        connection.commit()
    assert_one_line(origin(path, "erase", "--text", "one"))


def test_the_page_is_true(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text()
    exec(text.split("```python\n")[1].split("```")[0], {})  # noqa: S102 - our own page
    commands = [line.strip() for line in text.splitlines() if line.startswith("    origin ")]
    assert len(commands) == 5
    for command in commands:
        line, _, comment = command.partition("  #")
        _, expected = comment.split("exit code ") if "exit code" in comment else ("", "0")
        assert origin(tmp_path / "provenance.db", *shlex.split(line)[1:]).code == int(expected)


def test_what_was_erased_is_told_by_inspect_the_card_and_impact(path: Path) -> None:
    session_id = record(path, [b"one", b"two"], [b"one"])
    assert origin(path, "erase", "--text", "one").code == 0
    ran = origin(path, "inspect", "latest", "--json")
    found = ran.json
    assert (found["session_id"], found["observations"], found["samples"], found["erased"]) == (session_id, 3, 1, 2)
    assert "with an erased fingerprint" in origin(path, "inspect", "latest").out
    assert "2 observations had one that was erased" in origin(path, "card", "latest").out
    (one,) = origin(path, "impact", "--text", "never", "--json").json["sessions"]
    assert [(doubt["why"], doubt["observations"]) for doubt in one["doubts"]] == [("erased", 2)]
    lines = [json.loads(line) for line in origin(path, "export", "latest", "--format", "jsonl").out.splitlines()]
    batches = [line["observations"] for line in lines if line["type"] == "batch"]
    assert [[(seen["kind"], seen["fingerprint"]) for seen in batch] for batch in batches] == [
        [("erased", None), ("bytes", digest(b"two").hex())],
        [("erased", None)],
    ]
    assert [one["session_id"] for one in origin(path, "sessions", "--json").json["sessions"]] == [session_id]
