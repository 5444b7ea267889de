"""The published schemas of our own exports, held against real records by jsonschema."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from export.statement_sessions import record_mixed
from jsonschema import Draft202012Validator
from query.hostile import STRINGS
from query.recordings import record, record_rich

from origin import ProvenanceDatabase
from origin.export import json as json_export
from origin.export import jsonl as jsonl_export
from origin.hooks.base import BaseHook, Sample
from origin.query.engine import find_session
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs"
SCHEMAS = {path.stem: json.loads(path.read_text()) for path in sorted((DOCS / "schemas").glob("*.json"))}
WHOLE = Draft202012Validator(SCHEMAS["origin-session-1"])
LINE = Draft202012Validator(SCHEMAS["origin-session-lines-1"])


def exported(path: Path, module: Any, session: str = "latest") -> str:
    with Reader(path) as reader:
        return "".join(module.export(reader, find_session(reader, session), NOW))


def rich(path: Path) -> None:
    record_rich(path)


def mixed(path: Path) -> None:
    record_mixed(path)


def hostile(path: Path) -> None:
    for text in STRINGS.values():
        with ProvenanceDatabase(path) as db:
            db.register_source(text, text, text, text, text, text, text, {text: text})
            session = db.begin_session(text, metadata={text: text}, run_id=text)
            list(BaseHook(db, session.session_id, text).wrap([[Sample(b"a", None, 1, text)]]))
            session.end("failed")


def empty(path: Path) -> None:
    record(path, [])


def died(path: Path) -> None:
    record(path, [[b"a"]], status=None, license_id=None)


def keyed(path: Path) -> None:
    record(path, [[b"a", 1.5, ["x"]]], key=b"k" * 16)


RECORDS = [rich, mixed, hostile, empty, died, keyed]


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_the_schemas_are_schemas(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_what_the_schemas_share_is_the_same_in_all() -> None:
    shared = SCHEMAS["origin-session-1"]["$defs"]
    for schema in SCHEMAS.values():
        for name in schema["$defs"].keys() & shared.keys():
            assert schema["$defs"][name] == shared[name]


@pytest.mark.parametrize("make", RECORDS)
def test_every_session_is_valid_as_one_object_and_as_lines(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    with Reader(path) as reader:
        sessions = [session.begin.session_id for session in reader.sessions()]
    for session in sessions:
        WHOLE.validate(json.loads(exported(path, json_export, session)))
        lines = [json.loads(line) for line in exported(path, jsonl_export, session).splitlines()]
        for line in lines:
            LINE.validate(line)
        assert (lines[0]["type"], lines[-1]["type"]) == ("session", "end")


def test_a_session_that_runs_is_valid(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("experiment")
        list(BaseHook(db, session.session_id, "train").wrap([[b"a"]]))
        db.flush()
        document = json.loads(exported(path, json_export))
        lines = [json.loads(line) for line in exported(path, jsonl_export).splitlines()]
    assert document["status"] == lines[0]["status"] == lines[-1]["status"] == "running"
    WHOLE.validate(document)
    for line in lines:
        LINE.validate(line)


def places(value: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all keys in a document, without what lies in metadata and notes: anybody's."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*where, key)
            if key not in ("metadata", "content"):
                yield from places(item, (*where, key))
    elif isinstance(value, list):
        for number, item in enumerate(value[:2]):
            yield from places(item, (*where, number))


def at(document: Any, where: tuple[Any, ...]) -> Any:
    for step in where:
        document = document[step]
    return document


def spoiled(document: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The document with one key missing, renamed, or beside one that nobody knows."""
    for where in places(document):
        for change in ("missing", "renamed", "added"):
            copied = copy.deepcopy(document)
            parent = at(copied, where[:-1])
            if change != "missing":
                parent[f"{where[-1]}_"] = parent[where[-1]]
            if change != "added":
                del parent[where[-1]]
            yield (change, *where), copied


def test_a_missing_renamed_or_added_key_is_invalid_wherever_it_is(path: Path) -> None:
    record_mixed(path)
    document = json.loads(exported(path, json_export))
    changes = list(spoiled(document))
    assert len(changes) > 250
    assert [where for where, changed in changes if WHOLE.is_valid(changed)] == []
    for text in exported(path, jsonl_export).splitlines():
        assert [where for where, changed in spoiled(json.loads(text)) if LINE.is_valid(changed)] == []


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("format",), "origin"),
        (("version",), 2),
        (("status",), "done"),
        (("started_at",), "yesterday"),
        (("ended_at",), "2026-01-02T03:04:05"),
        (("root",), "xyz"),
        (("root",), "F" * 64),
        (("recorded",), "samples trained on"),
        (("observations",), -1),
        (("observations",), 1.5),
        (("entries",), 0),
        (("sources", 0, "license"), ["MIT"]),
        (("sources", 0, "license_status"), "free"),
        (("sources", 0, "claims"), None),
        (("conflicts", 0, "severity"), "fatal"),
        (("batches",), 5),
        (("batches", 0, "observations", 0, "fingerprint"), None),
        (("batches", 0, "observations", 0, "kind"), "image"),
        (("batches", 2, "observations", 1, "fingerprint"), "0" * 64),
    ],
)
def test_a_value_of_another_kind_is_invalid(path: Path, where: tuple[Any, ...], value: Any) -> None:
    record_mixed(path)
    document = json.loads(exported(path, json_export))
    assert document["batches"][2]["observations"][1]["kind"] == "unfingerprintable"
    at(document, where[:-1])[where[-1]] = value
    assert not WHOLE.is_valid(document)


def test_the_two_forms_do_not_pass_for_each_other(path: Path) -> None:
    record(path, [[b"a"]])
    assert not LINE.is_valid(json.loads(exported(path, json_export)))
    for line in exported(path, jsonl_export).splitlines():
        assert not WHOLE.is_valid(json.loads(line))
        assert not LINE.is_valid({**json.loads(line), "type": "other"})


def test_no_object_has_a_key_twice(path: Path) -> None:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), [key for key, _ in pairs]
        return dict(pairs)

    record_mixed(path)
    for line in exported(path, jsonl_export).splitlines():
        json.loads(line, object_pairs_hook=unique)
    json.loads(exported(path, json_export), object_pairs_hook=unique)


def test_the_page_shows_how_to_read_and_validate(path: Path, tmp_path: Path) -> None:
    snippets = re.findall(r"```python\n(.*?)```", (DOCS / "exports" / "json.md").read_text(), re.DOTALL)
    record_mixed(path)
    (tmp_path / "session.json").write_text(exported(path, json_export))
    (tmp_path / "session.jsonl").write_text(exported(path, jsonl_export))
    (tmp_path / "schemas").symlink_to(DOCS / "schemas")
    said = []
    for snippet in snippets:
        command = [sys.executable, "-W", "error", "-c", snippet]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (ran.stderr, ran.returncode) == ("", 0)
        said += ran.stdout.splitlines()
    assert said == ["corpus 5", "files 2", "scraped 2", "valid"]
