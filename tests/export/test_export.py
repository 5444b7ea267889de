from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from query.hostile import STRINGS
from query.recordings import record, record_rich, sha

from origin.export import json as json_export
from origin.export import jsonl as jsonl_export
from origin.hooks.base import Sample
from origin.query.engine import find_session
from origin.query.report import report
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def exported(path: Path, module: Any, session: str = "latest") -> str:
    with Reader(path) as reader:
        return "".join(module.export(reader, find_session(reader, session), NOW))


def test_json_holds_the_session_its_sources_gaps_and_every_observation(path: Path) -> None:
    first, _ = record_rich(path)
    document = json.loads(exported(path, json_export, first))
    assert document["format"] == "origin session export"
    assert (document["session_id"], document["status"]) == (first, "completed")
    assert document["metadata"] == {"seed": 1}
    assert document["recorded"] == "samples delivered to the loop"
    assert (document["batches"][0]["count"], document["observations"], document["samples"]) == (500, 509, 504)
    assert [source["source_id"] for source in document["sources"]] == ["train", "other", "valid"]
    assert document["sources"][1]["claims"] == [
        {"text": "CC-BY-4.0", "where": "declared by the caller", "read_at": None}
    ]
    assert [(gap["entry"], gap["reason"], gap["batches"], gap["observations"]) for gap in document["gaps"]] == [
        (5, "observer", 1, None)
    ]
    assert [conflict["rule"] for conflict in document["conflicts"]] == ["osadl"]
    assert document["batches"][1]["observations"] == [
        observation(0, "0", "bytes"),
        observation(1, "0", "text"),
        {**observation(2, "", "unfingerprintable"), "fingerprint": None},
        observation(3, "far", "bytes", "other", 7, "row-7"),
        observation(4, "kept", "text", "other", 8, "row-8"),
    ]


def observation(
    position: int, sample: str, kind: str, source: str = "train", index: int | None = None, key: str | None = None
) -> dict[str, Any]:
    return {
        "position": position,
        "fingerprint": sha(sample),
        "kind": kind,
        "source_id": source,
        "license": {"train": "Apache-2.0", "other": "CC-BY-4.0"}[source],
        "source_entry": {"train": 1, "other": 3}[source],
        "index": index,
        "key": key,
    }


def test_json_lines_follow_the_log_from_the_session_to_the_end(path: Path) -> None:
    first, _ = record_rich(path)
    lines = [json.loads(line) for line in exported(path, jsonl_export, first).splitlines()]
    told = [(line["type"], line.get("entry")) for line in lines if line["type"] != "note"]
    assert told == [
        ("session", None),
        ("source", 1),
        ("batch", 2),
        ("source", 3),
        ("batch", 4),
        ("gap", 5),
        ("batch", 6),
        ("source", 7),
        ("batch", 8),
        ("end", None),
    ]
    assert {name: lines[-1][name] for name in ("status", "batches", "observations", "gaps")} == {
        "status": "completed",
        "batches": 4,
        "observations": 509,
        "gaps": 1,
    }
    assert lines[-1]["root"] == lines[0]["root"]


def test_both_forms_state_the_same_facts(path: Path) -> None:
    first, _ = record_rich(path)
    document = json.loads(exported(path, json_export, first))
    lines = [json.loads(line) for line in exported(path, jsonl_export, first).splitlines()]
    for kind, name in (("source", "sources"), ("gap", "gaps"), ("batch", "batches")):
        assert [{**line, "type": kind} for line in lines if line["type"] == kind] == [
            {**item, "type": kind} for item in document[name]
        ]


@pytest.mark.parametrize("module", [json_export, jsonl_export])
def test_an_export_is_the_same_byte_for_byte_and_ascii(path: Path, module: Any) -> None:
    record(path, [[Sample(b"a", "other", 1, text)] for text in STRINGS.values()], config_hash=STRINGS["ansi"])
    text = exported(path, module)
    assert text == exported(path, module)
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert text.endswith("\n")


def test_hostile_strings_come_back_as_they_were_recorded(path: Path) -> None:
    for text in STRINGS.values():
        record(path, [[Sample(b"a", None, 1, text)]], source=text, config_hash=text, metadata={text: text})
        document = json.loads(exported(path, json_export))
        assert document["config_hash"] == text
        assert document["metadata"] == {text: text}
        assert document["sources"][0]["source_id"] == text
        assert document["batches"][0]["observations"][0]["key"] == text
        lines = map(json.loads, exported(path, jsonl_export).splitlines())
        assert [line["type"] for line in lines if line["type"] != "note"] == ["session", "source", "batch", "end"]


def test_an_open_session_ends_with_its_status_as_read(path: Path) -> None:
    record(path, [[b"a"]], status=None)
    end = json.loads(exported(path, jsonl_export).splitlines()[-1])
    assert (end["status"], end["ended_at"]) == ("interrupted", None)
    assert json.loads(exported(path, json_export))["ended_at"] is None


@pytest.mark.parametrize("module", [json_export, jsonl_export])
def test_an_export_takes_no_more_memory_for_more_batches(path: Path, module: Any) -> None:
    batch = [b"%d" % number for number in range(100)]
    peaks = []
    for epochs in (20, 400):
        record(path, [batch], epochs=epochs)
        with Reader(path) as reader:
            session = find_session(reader, "latest")
            report(reader, session)
            tracemalloc.start()
            for _ in module.export(reader, session, NOW):
                pass
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 300_000
