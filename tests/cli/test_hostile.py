"""Recorded strings, names and arguments that somebody chose to disturb what shows them."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

import pytest
from cli.command import READING, Ran, assert_one_line, origin
from query.hostile import STRINGS
from query.recordings import listing, record, sha

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook, Sample

if TYPE_CHECKING:
    from pathlib import Path


def assert_safe(ran: Ran) -> None:
    for character in ran.out + ran.err:
        hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        assert character == "\n" or not hidden, repr(character)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every hostile string in every place that takes one."""
    path = tmp_path_factory.mktemp("hostile") / "provenance.db"
    with ProvenanceDatabase(path) as db:
        for text in STRINGS.values():
            db.register_source(
                text,
                license_id=text,
                uri=text,
                category=text,
                revision=text,
                owner=text,
                acquired_at=text,
                metadata={text: text},
            )
            with db.begin_session(text, metadata={text: text}, run_id=text) as session:
                list(BaseHook(db, session.session_id, text).wrap([[text, Sample(text, text, 1, text)]], name=text))
    return path


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_no_command_lets_a_recorded_string_reach_the_terminal_as_it_is(
    hostile: Path, arguments: tuple[str, ...]
) -> None:
    for form in ([], ["--json"]):
        ran = origin(hostile, *arguments, *form)
        assert ran.err == ""
        assert_safe(ran)


@pytest.mark.parametrize("name", STRINGS)
def test_a_recorded_string_is_one_line_in_text_and_itself_in_json(path: Path, name: str) -> None:
    text = STRINGS[name]
    session_id = record(path, [[text]], source=text, license_id=text, config_hash=text)
    plain = record(path, [[b"plain"]], license_id="rules of the house")
    for arguments in (["inspect"], ["conflicts"]):
        assert len(origin(path, *arguments, session_id).out.splitlines()) == len(
            origin(path, *arguments, plain).out.splitlines()
        )
    found = origin(path, "inspect", session_id, "--json").json
    assert (found["config_hash"], found["sources"][0]["source_id"], found["sources"][0]["license"]) == (text,) * 3
    assert found["samples"] == 1
    traced = origin(path, "trace", f"--text={text}", "--json").json
    assert traced["fingerprint"] == sha(text)
    assert traced["sightings"][0]["source_id"] == text
    present = origin(path, "query", "--json", "--", text)
    assert (present.code, present.json["sessions"][0]["sources"]) == (0, [text])
    assert origin(path, "verify").code == 3
    assert json.loads(origin(path, "export", session_id).out)["config_hash"] == text


def test_nfc_and_nfd_stay_two_names(path: Path) -> None:
    record(path, [["x"]], license_id=STRINGS["nfc"])
    assert origin(path, "query", STRINGS["nfc"]).code == 0
    assert origin(path, "query", STRINGS["nfd"]).code == 1


@pytest.mark.parametrize("name", STRINGS)
@pytest.mark.parametrize("command", ["inspect", "card", "export", "conflicts", "verify", "trace", "query", "bogus"])
def test_a_hostile_argument_is_not_found_or_refused_in_one_line(hostile: Path, command: str, name: str) -> None:
    ran = origin(hostile, *([] if command == "bogus" else [command]), "--", f"\x1b[31m{STRINGS[name]}")
    assert_safe(ran)
    if command == "query":
        assert (ran.code, len(ran.out.splitlines())) == (1, 3)
    else:
        assert_one_line(ran, code=2 if command in {"trace", "bogus"} else 1)


@pytest.mark.parametrize("name", [name for name in STRINGS if name != "nul"])
def test_a_hostile_database_name_is_an_error_of_one_line(tmp_path: Path, name: str) -> None:
    ran = origin(tmp_path / STRINGS[name].replace("/", "-"), "status")
    assert_one_line(ran)
    assert_safe(ran)
    assert listing(tmp_path) == {}


def test_a_name_with_nul_is_an_error_of_one_line(tmp_path: Path) -> None:
    for arguments in (["status"], ["trace", "--file", "a\0b"], ["card", "latest", "-o", "a\0b"]):
        assert_one_line(origin(tmp_path / "a\0b", *arguments))


@pytest.mark.parametrize("name", ["a b;c'd\"e", "\x1b[31m\r\n", "\u202e\u00e9", "\udcff", "%3f?mode=rwc#", "-x"])
def test_a_database_of_any_name_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    record(path, [[b"a"]])
    assert origin(path, "status").code == 0
    assert_safe(origin(path, "status"))
    assert origin(path, "status", "--json").json["samples"] == 1
    assert_safe(origin(path, "init"))


@pytest.mark.parametrize("name", [name for name in STRINGS if name not in {"nul", "long", "path"}])
def test_an_output_of_any_name_is_written(path: Path, name: str) -> None:
    record(path, [[b"a"]])
    target = path.parent / STRINGS[name].replace("/", "-").replace("\ud800", "")  # no file system takes that one
    ran = origin(path, "card", "latest", "-o", str(target))
    assert ran.code == 0
    assert_safe(ran)
    assert target.read_text().startswith("# Provenance card")


def test_a_terminal_that_knows_no_unicode_is_shown_escapes(path: Path) -> None:
    record(path, [["x"]], source="日本", license_id="é")
    ran = origin(path, "inspect", "latest", encoding="ascii")
    assert (ran.code, ran.err) == (0, "")
    assert r"\u65e5\u672c" in ran.out
    assert origin(path, "card", "latest", encoding="utf-8").out.count("日本") >= 1
    assert_one_line(origin(path, "inspect", "日本", encoding="ascii"), code=1)


def test_deep_and_large_metadata_does_not_trouble_a_reader(path: Path) -> None:
    nested: dict[str, object] = {}
    for _ in range(200):
        nested = {"a": nested}
    record(path, [[b"a"]], metadata={"deep": nested, "large": "x" * 1_000_000, "int": 10**4000})
    assert len(origin(path, "inspect", "latest").out) < 3000
    assert origin(path, "inspect", "latest", "--json").json["metadata"]["int"] == 10**4000
    assert origin(path, "export", "latest").code == 0
