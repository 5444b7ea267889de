"""What each command answers, in text and as JSON, and its exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cli.command import READING, Ran, assert_one_line, origin
from query.recordings import listing, record, record_rich, sha, tamper

from origin.cli.main import COMMANDS
from origin.cli.output import ADVICE
from origin.licenses.reading import read
from origin.licenses.rule_set import RULE_SET
from origin.storage.reads import Reader
from origin.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    path = tmp_path_factory.mktemp("rich") / "provenance.db"
    return (path, *record_rich(path))


def root_of(path: Path, number: int) -> str:
    with Reader(path) as reader:
        return reader.sessions()[number].root().hex()


def rows(ran: Ran) -> list[list[str]]:
    return [line.split() for line in ran.out.splitlines()]


def test_version(tmp_path: Path) -> None:
    assert origin(None, "version") == Ran(0, f"origin {VERSION}\n", "")
    assert origin(None, "version", "--json").json == {"version": VERSION}


def test_init_creates_a_database_once(path: Path) -> None:
    assert origin(path, "init") == Ran(0, f"{path} was created\n", "")
    before = path.read_bytes()
    assert origin(path, "init") == Ran(0, f"{path} exists already: nothing was changed\n", "")
    assert origin(path, "init", "--json").json == {"database": str(path), "created": False}
    assert path.read_bytes() == before
    assert origin(path, "status", "--json").json["sessions"] == 0


def test_init_leaves_a_file_that_is_not_ours_alone(path: Path) -> None:
    path.write_bytes(b"somebody's notes")
    assert_one_line(origin(path, "init"))
    assert listing(path.parent) == {path.name: b"somebody's notes"}


def test_init_does_not_make_directories(tmp_path: Path) -> None:
    assert_one_line(origin(tmp_path / "missing" / "x.db", "init"))
    assert listing(tmp_path) == {}


def test_status(rich: tuple[Path, str, str]) -> None:
    ran = origin(rich[0], "status", "--json")
    assert ran.code == 0
    assert ran.json == {
        "sessions": 2,
        "unfinished": 1,
        "batches": 6,
        "observations": 511,
        "samples": 505,
        "unfingerprintable": 1,
        "bytes": 1417,
        "sources": 3,
        "licenses": 3,
        "conflicts": 1,
        "gaps": 1,
        "database": str(rich[0]),
        "key_id": None,
    }
    text = origin(rich[0], "status")
    assert text.code == 0
    assert ["distinct", "samples", "505"] in rows(text)


def test_sessions(rich: tuple[Path, str, str]) -> None:
    path, first, second = rich
    found = origin(path, "sessions", "--json").json["sessions"]
    assert [
        {name: line[name] for name in ("session_id", "status", "batches", "observations", "root")} for line in found
    ] == [
        {
            "session_id": first,
            "status": "completed",
            "batches": 4,
            "observations": 509,
            "root": root_of(path, 0),
        },
        {
            "session_id": second,
            "status": "interrupted",
            "batches": 2,
            "observations": 2,
            "root": root_of(path, 1),
        },
    ]
    assert found[0]["started_at"] < found[0]["ended_at"]
    assert found[0]["ended_at"].endswith("Z")
    assert found[1]["ended_at"] is None
    text = origin(path, "sessions")
    assert text.code == 0
    assert [line[0] for line in rows(text)] == ["session", first[:12], second[:12]]


def test_sessions_of_an_empty_record(path: Path) -> None:
    origin(path, "init")
    assert origin(path, "sessions") == Ran(0, "no sessions yet\n", "")
    assert origin(path, "sessions", "--json").json == {"sessions": []}


def test_inspect(rich: tuple[Path, str, str]) -> None:
    path, first, _ = rich
    found = origin(path, "inspect", first, "--json").json
    assert found["session_id"] == first
    assert found["status"] == "completed"
    assert found["config_hash"] == "experiment"
    assert (found["run_id"], found["rank"], found["world_size"]) == ("run", 0, 2)
    assert found["metadata"] == {"seed": 1}
    assert (found["batches"], found["observations"], found["samples"], found["bytes"]) == (4, 509, 504, 1413)
    assert (found["unfingerprintable"], found["gaps"]) == (1, 1)
    assert found["gap_reasons"] == [{"reason": "observer", "gaps": 1, "batches": 1, "observations": None}]
    assert found["root"] == root_of(path, 0)
    assert [
        {name: source[name] for name in ("source_id", "license", "observations", "samples")}
        for source in found["sources"]
    ] == [
        {"source_id": "train", "license": "Apache-2.0", "observations": 505, "samples": 501},
        {"source_id": "other", "license": "CC-BY-4.0", "observations": 2, "samples": 2},
        {"source_id": "valid", "license": "GPL-2.0-only", "observations": 2, "samples": 2},
    ]
    text = rows(origin(path, "inspect", first))
    assert ["root", root_of(path, 0)] in text
    assert ["train", "Apache-2.0", "505", "501", "-"] in text
    assert ["1", "observer", "1", "unknown"] in text


def test_inspect_of_an_unknown_licence(path: Path) -> None:
    record(path, [[b"a"]], license_id=None)
    assert origin(path, "inspect", "latest", "--json").json["sources"][0]["license"] is None
    assert ["train", "unknown", "1", "1", "-"] in rows(origin(path, "inspect", "latest"))


def test_query_finds_a_licence_in_any_case(rich: tuple[Path, str, str]) -> None:
    path, first, second = rich
    ran = origin(path, "query", "apache-2.0", "--json")
    branches = [{"source_id": "train", "claim": "Apache-2.0", "through": "Apache-2.0"}]
    assert ran.code == 0
    assert ran.json == {
        "license": "apache-2.0",
        "status": "resolved",
        "candidates": [],
        "matched": [],
        "present": True,
        "declared": True,
        "sessions": [
            {"session_id": first, "observations": 505, "samples": 501, "sources": ["train"], "branches": branches},
            {"session_id": second, "observations": 2, "samples": 2, "sources": ["train"], "branches": branches},
        ],
        "possible": [],
        "lacking": None,
        "rule_set": RULE_SET,
    }
    text = origin(path, "query", "APACHE-2.0")
    assert (text.code, text.out.splitlines()[0]) == (0, "APACHE-2.0 is present in 2 sessions:")


NOTHING = {"possible": [], "lacking": None, "rule_set": RULE_SET}


@pytest.mark.parametrize(
    ("license_id", "status", "said"),
    [
        ("MIT", "resolved", "MIT is not present"),
        ("GPLv3", "ambiguous", "GPLv3 may mean GPL-3.0-only or GPL-3.0-or-later; none of them is present"),
        ("freeware", "ambiguous", "freeware may mean many licences; name one of them"),
        ("ODbL-*", "pattern", "ODbL-* is not present"),
        ("", "unknown", "'' names no licence that is known, and no source states it"),
        ("%", "unknown", "'%' names no licence that is known, and no source states it"),
        ("' OR 1=1 --", "unknown", '"\' OR 1=1 --" names no licence that is known, and no source states it'),
    ],
)
def test_query_of_an_absent_licence_exits_with_1(
    rich: tuple[Path, str, str], license_id: str, status: str, said: str
) -> None:
    assert origin(rich[0], "query", license_id) == Ran(1, f"{said}\n\n{ADVICE}\n", "")
    ran = origin(rich[0], "query", license_id, "--json")
    assert (ran.code, ran.json["candidates"]) == (1, list(read(license_id).candidates))
    found = {"license": license_id, "status": status, "present": False, "declared": False, "sessions": []}
    assert ran.json == {**found, "candidates": ran.json["candidates"], "matched": [], **NOTHING}


def test_query_of_what_may_mean_several_looks_for_each(rich: tuple[Path, str, str]) -> None:
    ran = origin(rich[0], "query", "Apache", "--json")
    assert (ran.code, ran.json["status"], ran.json["matched"]) == (0, "ambiguous", ["Apache-2.0"])
    text = origin(rich[0], "query", "Apache").out
    assert text.startswith(
        "Apache may mean Apache-1.0 or Apache-1.1 or Apache-2.0; present: Apache-2.0, in 2 sessions:\n"
    )
    assert origin(rich[0], "query", "apache-*").out.startswith("apache-* is present in 2 sessions, as Apache-2.0:\n")


def test_conflicts(rich: tuple[Path, str, str]) -> None:
    path, first, second = rich
    ran = origin(path, "conflicts", "--json")
    assert ran.code == 0
    (found,) = ran.json["conflicts"]
    assert found["authority"].startswith("OSADL license compatibility matrix (https://www.osadl.org/")
    assert found["affected"] == {"observations": 507, "samples": 502, "batches": 4, "mixed": 0}
    assert {name: found[name] for name in ("session_id", "licenses", "severity", "rule", "sources")} == {
        "session_id": first,
        "licenses": ["Apache-2.0", "GPL-2.0-only"],
        "severity": "blocker",
        "rule": "osadl",
        "sources": ["train", "valid"],
    }
    assert origin(path, "conflicts", "--fail", "--json").code == 1
    assert origin(path, "conflicts", first, "--fail").code == 1
    assert origin(path, "conflicts", second, "--fail").code == 0
    assert origin(path, "conflicts", second, "--json").json["conflicts"] == []
    text = origin(path, "conflicts").out
    assert text.startswith(f"Apache-2.0 and GPL-2.0-only in session {first[:12]} (blocker)\n")
    assert "never legal advice" in text


def test_trace_of_a_fingerprint_a_prefix_a_text_and_a_file(rich: tuple[Path, str, str], tmp_path: Path) -> None:
    path, first, _ = rich
    file = tmp_path / "sample"
    file.write_bytes(b"far")
    expected = {
        "fingerprint": sha("far"),
        "erased": 0,
        "sightings": [
            {
                "session_id": first,
                "loader": "loader-1",
                "epoch": 0,
                "batch": 1,
                "position": 3,
                "source_id": "other",
                "license": "CC-BY-4.0",
                "index": 7,
                "key": "row-7",
                "kind": "bytes",
                "matched": "fingerprint",
                "entry": 4,
                "step": 1,
                "fingerprint": sha("far"),
            }
        ],
    }
    for arguments in ([sha("far")], [sha("far")[:12]], ["--text", "far"], ["--file", str(file)]):
        ran = origin(path, "trace", *arguments, "--json")
        assert (ran.code, ran.json) == (0, expected)
    text = origin(path, "trace", "--text", "far")
    assert text.out.splitlines()[0] == f"{sha('far')} was delivered to a loop 1 time:"
    assert [first[:12], "loader-1", "0", "1", "3", "other", "CC-BY-4.0", "7", "row-7", "bytes"] in rows(text)


def test_trace_of_a_row(rich: tuple[Path, str, str]) -> None:
    ran = origin(rich[0], "trace", "--source", "other", "--index", "7", "--json")
    assert (ran.code, ran.json["fingerprint"]) == (0, None)
    (found,) = ran.json["sightings"]
    assert [found[key] for key in ("entry", "position", "fingerprint", "matched")] == [4, 3, sha("far"), "index"]
    text = origin(rich[0], "trace", "--source", "other", "--index", "7").out.splitlines()[0]
    assert text == "row 7 of other was delivered to a loop 1 time:"
    never = origin(rich[0], "trace", "--source", "other", "--index", "9")
    assert never == Ran(1, "row 9 of other was never recorded as delivered to a loop\n", "")


def test_trace_of_what_was_never_seen_exits_with_1(rich: tuple[Path, str, str]) -> None:
    ran = origin(rich[0], "trace", "--text", "never", "--json")
    assert (ran.code, ran.json) == (1, {"fingerprint": sha("never"), "sightings": [], "erased": 0})
    text = origin(rich[0], "trace", "--text=never")
    assert text == Ran(1, f"{sha('never')} was never recorded as delivered to a loop\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["abcd", "--text", "x"], ["--file", "x", "--text", "x"], ["xyz"], ["ab"]),
        *(["--source", "x"], ["--index", "3"], ["--source", "x", "--index", "-1"], ["--source", "x", "--index", "y"]),
        *(["abcd", "--index", "3"], ["--source", "x", "--index", "3", "--text", "x"]),
    ],
)
def test_trace_needs_one_sample(rich: tuple[Path, str, str], arguments: list[str]) -> None:
    assert_one_line(origin(rich[0], "trace", *arguments))


def test_trace_of_a_file_that_cannot_be_read(rich: tuple[Path, str, str], tmp_path: Path) -> None:
    for file in (tmp_path / "missing", tmp_path):
        assert_one_line(origin(rich[0], "trace", "--file", str(file)))


def test_trace_of_an_ambiguous_prefix_lists_the_candidates(path: Path) -> None:
    by_prefix: dict[str, list[str]] = {}
    number = 0
    while not any(len(samples) > 1 for samples in by_prefix.values()):
        by_prefix.setdefault(sha(str(number))[:4], []).append(str(number))
        number += 1
    prefix, samples = next(pair for pair in by_prefix.items() if len(pair[1]) > 1)
    record(path, [samples])
    ran = origin(path, "trace", prefix)
    assert_one_line(ran)
    assert all(sha(sample)[:12] in ran.err for sample in samples)


def test_a_keyed_record_is_traced_with_its_key_alone(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(path, [[b"a", "a"]], key=b"k" * 32)
    key, binary, wrong, short = (tmp_path / name for name in ("key", "binary", "wrong", "short"))
    key.write_bytes(b" " + b"k" * 32 + b"\r\n")
    wrong.write_bytes(b"w" * 32)
    short.write_bytes(b"k")
    binary.write_bytes(b"k" * 32 + b"\n\xff")
    for bad in ([], ["--key-file", str(wrong)], ["--key-file", str(short)], ["--key-file", str(binary)]):
        assert_one_line(origin(path, "trace", "--text", "a", *bad))
    assert_one_line(origin(path, "trace", "--text", "a", "--key-file", str(tmp_path / "missing")))
    ran = origin(path, "trace", "--text", "a", "--key-file", str(key), "--json")
    assert [sighting["kind"] for sighting in ran.json["sightings"]] == ["bytes", "text"]
    monkeypatch.setenv("ORIGIN_KEY_FILE", str(key))
    assert origin(path, "trace", sha("a"), "--json").json["sightings"] == ran.json["sightings"]
    assert origin(path, "trace", ran.json["sightings"][0]["fingerprint"][:10]).code == 0


def test_a_binary_key_is_taken_as_it_is(path: Path, tmp_path: Path) -> None:
    key = b"\n" + bytes(range(200, 231)) + b" "
    record(path, [[b"a"]], key=key)
    (tmp_path / "key").write_bytes(key)
    assert origin(path, "--key-file", str(tmp_path / "key"), "trace", "--text", "a").code == 0


def test_card_to_standard_output_to_a_file_and_as_json(rich: tuple[Path, str, str], tmp_path: Path) -> None:
    path, first, _ = rich
    text = origin(path, "card", first)
    assert text.code == 0
    assert text.out.startswith(f"# Provenance card: session {first}\n")
    assert origin(path, "card", first, "--json").json == {
        "session_id": first,
        "format": "markdown",
        "card": text.out,
    }
    target = tmp_path / "card.md"
    assert origin(path, "card", first, "-o", str(target)) == Ran(0, f"{target} was written\n", "")
    assert target.read_text() == text.out


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_export_to_standard_output_and_to_a_file(rich: tuple[Path, str, str], tmp_path: Path, form: str) -> None:
    path, first, _ = rich
    text = origin(path, "export", first, "--format", form)
    assert text.code == 0
    assert json.loads(text.out if form == "json" else text.out.splitlines()[0])["session_id"] == first
    target = tmp_path / "out"
    ran = origin(path, "export", first, "--format", form, "-o", str(target), "--json")
    assert (ran.code, ran.json) == (0, {"session_id": first, "path": str(target)})
    assert target.read_text() == text.out


def test_export_is_json_by_default(rich: tuple[Path, str, str]) -> None:
    assert origin(rich[0], "export", "latest").json["session_id"] == rich[2]


@pytest.mark.parametrize("command", ["card", "export"])
def test_a_file_is_not_overwritten_without_force_and_the_database_never(path: Path, command: str) -> None:
    record(path, [[b"a"]])
    target = path.parent / "out"
    target.write_text("precious")
    before = listing(path.parent)
    assert_one_line(origin(path, command, "latest", "-o", str(target)))
    assert_one_line(origin(path, command, "latest", "-o", str(path)))
    assert_one_line(origin(path, command, "latest", "-o", str(path), "--force"))
    assert_one_line(origin(path, command, "latest", "-o", str(path.parent / "missing" / "out")))
    assert_one_line(origin(path, command, "latest", "-o", str(path.parent / ("x" * 300))))
    assert listing(path.parent) == before
    assert origin(path, command, "latest", "-o", str(target), "--force").code == 0
    assert "precious" not in target.read_text()


def test_verify_without_a_root_is_consistent_but_not_anchored(rich: tuple[Path, str, str]) -> None:
    path, first, second = rich
    ran = origin(path, "verify", "--json")
    assert ran.code == 3
    assert ran.json == {
        "consistent": True,
        "anchored": False,
        "sessions": [
            {
                "session_id": first,
                "entries": 11,
                "batches": 4,
                "observations": 509,
                "root": root_of(path, 0),
                "anchored": False,
                "anchored_entries": 0,
            },
            {
                "session_id": second,
                "entries": 4,
                "batches": 2,
                "observations": 2,
                "root": root_of(path, 1),
                "anchored": False,
                "anchored_entries": 0,
            },
        ],
        "findings": [],
        "checkpoints": [],
        "forks": [],
        "subset": None,
        "state": None,
        "state_error": None,
    }
    text = origin(path, "verify")
    assert text.code == 3
    assert "consistent: the file agrees with itself" in text.out
    assert "cannot show that the file is not an older copy, or was not rewritten as a whole" in text.out
    assert "verified" not in text.out


def test_verify_with_the_root_from_outside_is_anchored(rich: tuple[Path, str, str]) -> None:
    path, first, _ = rich
    root = origin(path, "inspect", first, "--json").json["root"]
    ran = origin(path, "verify", "--root", root.upper(), "--json")
    assert (ran.code, ran.json["anchored"]) == (0, True)
    text = origin(path, "verify", first, "--root", root)
    assert text.code == 0
    assert f"verified: session {first[:12]} has the given root" in text.out
    assert "other sessions" not in text.out
    assert "the other sessions agree with themselves but are not anchored" in origin(path, "verify", "--root", root).out


def test_verify_with_a_root_that_is_not_found_exits_with_1(rich: tuple[Path, str, str]) -> None:
    path, first, second = rich
    for ran in (
        origin(path, "verify", "--root", "0" * 64),
        origin(path, "verify", second, "--root", root_of(path, 0)),
    ):
        assert ran.code == 1
        assert "no checked session has the given root" in ran.out
    assert origin(path, "verify", first, "--root", "0" * 64, "--json").json["anchored"] is False


@pytest.mark.parametrize("root", ["", "abc", "z" * 64, "0" * 63])
def test_verify_with_what_is_no_root(rich: tuple[Path, str, str], root: str) -> None:
    assert_one_line(origin(rich[0], "verify", "--root", root))


def test_verify_lists_what_was_tampered_with(path: Path) -> None:
    first, _ = record_rich(path)
    tamper(path, "UPDATE batch SET step = 9 WHERE id = 1", "CREATE TABLE extra (a)")
    ran = origin(path, "verify", "--json")
    assert ran.code == 1
    assert ran.json["consistent"] is False
    assert ran.json["findings"] == [
        {"session_id": None, "where": "table extra", "what": "is none of Origin's: it was added"},
        {
            "session_id": first,
            "where": "entries 0 to 7",
            "what": "are not all what was committed: the head states another root",
        },
    ]
    text = origin(path, "verify")
    assert text.code == 1
    assert "file: table extra: is none of Origin's: it was added" in text.out.splitlines()
    assert text.out.splitlines()[-1] == "TAMPERED OR DAMAGED: 2 discrepancies found"
    assert "verified" not in text.out


@pytest.mark.parametrize("command", ["inspect", "card", "export", "conflicts", "verify"])
def test_a_session_is_named_by_any_unambiguous_prefix(path: Path, command: str) -> None:
    ids = [record(path, [[b"a"]]) for _ in range(3)]
    tamper(path, *(f"UPDATE session SET session_id = 'abc{n}' || substr(session_id, 5) WHERE id = {n}" for n in (1, 2)))
    good = {0, 3} if command != "verify" else {1, 3}  # the ids were tampered with
    for name in ("abc1", "ABC1", "abc2" + ids[1][4:], ids[2], "latest"):
        assert origin(path, command, name).code in good, name
    for name in ("a", "abc"):
        if not ids[2].startswith("a"):
            ran = origin(path, command, name)
            assert_one_line(ran)
            assert "(abc1" in ran.err
            assert "abc2" in ran.err
    for name in ("zz", "abc1" + "0" * 60, "'", "%"):
        assert_one_line(origin(path, command, name), code=1)


@pytest.mark.parametrize("arguments", [*READING, ("version",), ("init",)], ids=" ".join)
def test_quiet_prints_nothing_and_keeps_the_exit_code(rich: tuple[Path, str, str], arguments: tuple[str, ...]) -> None:
    loud, quiet = origin(rich[0], *arguments), origin(rich[0], *arguments, "--quiet")
    assert loud.out != ""
    assert quiet == Ran(loud.code, "", "")
    assert origin(rich[0], "--quiet", "--json", *arguments) == quiet


@pytest.mark.parametrize("arguments", [*READING, ("version",), ("init",)], ids=" ".join)
def test_json_is_one_ascii_object_with_the_exit_code_of_the_text(
    rich: tuple[Path, str, str], arguments: tuple[str, ...]
) -> None:
    text, before, after = (
        origin(rich[0], *arguments),
        origin(rich[0], "--json", *arguments),
        origin(rich[0], *arguments, "--json"),
    )
    assert before == after
    assert before.code == text.code
    assert before.out.isascii()
    if "jsonl" not in arguments:
        assert isinstance(before.json, dict)


def test_global_options_stand_before_or_after_the_command_and_the_later_wins(
    rich: tuple[Path, str, str], tmp_path: Path
) -> None:
    for given in (
        ["--db", str(rich[0]), "status"],
        ["status", "--db", str(rich[0])],
        ["--db", str(tmp_path / "missing"), "status", "--db", str(rich[0])],
        [f"--db={rich[0]}", "status"],
    ):
        assert origin(None, *given).code == 0


def test_the_database_is_that_of_the_option_else_the_variable_else_the_directory(
    rich: tuple[Path, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORIGIN_DB", raising=False)
    monkeypatch.chdir(tmp_path)
    assert_one_line(origin(None, "status"))
    assert listing(tmp_path) == {}
    assert origin(None, "init").code == 0
    assert origin(None, "status", "--json").json["database"] == str(tmp_path / "provenance.db")
    monkeypatch.setenv("ORIGIN_DB", str(rich[0]))
    assert origin(None, "status", "--json").json["database"] == str(rich[0])
    here = origin(None, "status", "--db", "provenance.db", "--json")
    assert here.json["database"] == str(tmp_path / "provenance.db")


def test_an_empty_name_is_no_name(rich: tuple[Path, str, str]) -> None:
    assert_one_line(origin(None, "--db", "", "status"))
    assert_one_line(origin(rich[0], "conflicts", ""), code=1)
    assert_one_line(origin(rich[0], "verify", ""), code=1)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    for arguments in ([command, "--help"], [command, "-h"], ["--json", command, "--help"]):
        ran = origin(None, *arguments)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith(f"usage: origin {command} ")
        assert "\nexamples:\n  origin " in ran.out


def test_no_command_shows_the_help_and_exits_with_2() -> None:
    for arguments in ((), ("--json",)):
        ran = origin(None, *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == origin(None, "--help").out
        assert all(f"\n    {command} " in ran.err for command in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ("bogus",),
        ("--bogus",),
        ("status", "--bogus"),
        ("status", "extra"),
        ("inspect",),
        ("query",),
        ("export", "latest", "--format", "xml"),
        ("--db",),
        ("stat",),
        ("status", "--js"),
        ("inspect", "a\nb\x1b[31m", "extra\n\x1b[31m"),
    ],
    ids=repr,
)
def test_a_usage_error_is_one_line(arguments: tuple[str, ...]) -> None:
    ran = origin(None, *arguments)
    assert_one_line(ran)
    assert "--help`" in ran.err
