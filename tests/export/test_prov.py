from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import prov
import pytest
from export.statement_sessions import COMMITS, HUB, escaped, facts_of, record_mixed
from jsonschema import Draft4Validator
from prov.constants import PROV_LABEL, PROV_TYPE
from prov.identifier import Identifier
from prov.model import ProvActivity, ProvDerivation, ProvDocument, ProvElement, ProvRelation, ProvUsage
from query.hostile import STRINGS
from query.recordings import record

from origin import ProvenanceDatabase
from origin.export import prov as prov_export
from origin.hooks.base import BaseHook
from origin.query.engine import find_session
from origin.storage.reads import Reader
from origin.version import VERSION

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs"
# The schema of the W3C member submission, as the prov package carries it.
SCHEMA = Path(prov.__file__).parent / "tests" / "schemas" / "prov-json.schema.json"
NAMES = re.compile(
    r"origin:(session-[0-9a-f]{32}(-batch-[0-9]+)?|run-[0-9A-Za-z-]+|(log|source)-[0-9a-f]{64}|recorder)"
)


def exported(path: Path, *, batches: bool = False, session: str = "latest") -> str:
    with Reader(path) as reader:
        return "".join(prov_export.export(reader, find_session(reader, session), NOW, batches=batches))


def loaded(text: str) -> ProvDocument:
    """The document by the prov package, which warns of all that it would not take as it stands; with our checks."""
    assert text.isascii()
    found = json.loads(text, object_pairs_hook=unique)
    Draft4Validator(json.loads(SCHEMA.read_text())).validate(found)
    document = ProvDocument.deserialize(io.StringIO(text), format="json")
    again = ProvDocument.deserialize(io.StringIO(document.serialize(format="json")), format="json")
    assert again == document
    elements = {str(element.identifier) for element in document.get_records(ProvElement)}
    assert all(NAMES.fullmatch(name) for name in elements)
    for relation in document.get_records(ProvRelation):
        ends = [str(value) for _, value in relation.formal_attributes if not isinstance(value, datetime | None)]
        assert set(ends) <= elements, "a relation leads nowhere"
    count = sum(len(records) for kind, records in found.items() if kind != "prefix")
    assert len(list(document.get_records())) == count
    return document


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def attributes(element: Any) -> dict[str, Any]:
    """Our attributes by their names; those with several values as sorted lists."""
    found: dict[str, list[Any]] = {}
    for name, value in element.extra_attributes:
        if name.namespace.prefix == "origin":
            found.setdefault(name.localpart, []).append(value)
    return {name: values[0] if len(values) == 1 else sorted(values) for name, values in found.items()}


def of_type(document: ProvDocument, name: str) -> list[Any]:
    return [
        one for one in document.get_records(ProvElement) if name in {str(kind) for kind in one.get_attribute(PROV_TYPE)}
    ]


def test_the_session_is_an_activity_that_used_its_sources_and_made_its_log(path: Path) -> None:
    session_id = record_mixed(path)
    facts = facts_of(path)
    document = loaded(exported(path))
    (activity,) = document.get_records(ProvActivity)
    assert str(activity.identifier) == f"origin:session-{session_id}"
    assert facts.session.end is not None
    assert [round(time.timestamp() * 1_000_000) for time in (activity.get_startTime(), activity.get_endTime())] == [
        facts.session.begin.started_at,
        facts.session.end.ended_at,
    ]
    assert attributes(activity) == {
        "session_id": session_id,
        "status": "completed",
        "config_hash": "experiment",
        "metadata": '{"seed":1}',
        "run_id": "run",
        "rank": 0,
        "world_size": 2,
    }
    (log,) = of_type(document, "origin:SessionLog")
    assert str(log.identifier) == f"origin:log-{facts.root}"
    said = attributes(log)
    assert {name: said[name] for name in ("root", "entries", "batches", "observations", "samples", "bytes")} == {
        "root": facts.root,
        "entries": facts.session.size,
        "batches": 5,
        "observations": 9,
        "samples": 4,
        "bytes": facts.size,
    }
    assert said["unfingerprintable"] == 1
    assert json.loads(said["gaps"]) == {"reason": "observer", "gaps": 1, "batches": 1, "observations": None}
    assert json.loads(said["conflicts"])["licenses"] == ["CC-BY-SA-4.0", "GPL-2.0-only"]
    assert said["exported_by"] == f"Origin {VERSION}"
    assert "no legal advice" in said["notice"]
    assert said["rule_set"]


def test_every_declaration_that_delivered_samples_is_an_entity_that_was_used(path: Path) -> None:
    record_mixed(path)
    document = loaded(exported(path))
    uses = [use for use in facts_of(path).sources if use.observations]
    sources = {str(one.identifier): attributes(one) for one in of_type(document, "origin:Source")}
    assert list(sources) == [f"origin:source-{use.source.digest().hex()}" for use in uses]
    relations = [(str(one.args[1]), attributes(one)) for one in document.get_records(ProvUsage)]
    assert relations == [
        (
            f"origin:source-{use.source.digest().hex()}",
            {
                "entry": use.sequence,
                "observations": use.observations,
                "samples": use.samples,
                "uses": '{"evaluated":null,"skipped":null,"trained":null}',
            },
        )
        for use in uses
    ]
    first, second, files, scraped = sources.values()
    assert (first["revision"], second["revision"]) == COMMITS
    assert (first["license"], first["license_concluded"], first["license_status"]) == (
        "CC-BY-SA-4.0",
        "CC-BY-SA-4.0",
        "resolved",
    )
    assert [json.loads(claim) for claim in first["claims"]] == [
        {"read_at": "2026-01-02T03:04:05Z", "text": "cc-by-sa-4.0", "where": "dataset card"},
        {"read_at": None, "text": "CC-BY-SA-4.0", "where": "declared by the caller"},
    ]
    assert files["uri"] == "file:///data/a|b"
    assert (scraped["license"], scraped["license_status"]) == ("NOASSERTION", "unknown")
    assert not scraped.keys() & {"uri", "owner", "revision", "claims"}
    places = [one.get_attribute("prov:location") for one in of_type(document, "origin:Source")]
    assert places == [{Identifier(HUB)}, {Identifier(HUB)}, set(), set()]


def test_each_batch_is_an_entity_where_that_is_asked_for(path: Path) -> None:
    session_id = record_mixed(path)
    document = loaded(exported(path, batches=True))
    batches = of_type(document, "origin:Batch")
    with Reader(path) as reader:
        stored = list(reader.batches(find_session(reader, "latest").row))
    assert [(str(one.identifier), attributes(one)["root"], attributes(one)["count"]) for one in batches] == [
        (f"origin:session-{session_id}-batch-{one.sequence}", one.batch.root.hex(), one.batch.count) for one in stored
    ]
    derived = {str(one.args[0]): str(one.args[1]) for one in document.get_records(ProvDerivation)}
    uses = [use for use in facts_of(path).sources if use.observations]
    assert list(derived.values()) == [f"origin:source-{use.source.digest().hex()}" for use in uses]
    assert len(list(document.get_records(ProvUsage))) == len(uses) + len(stored)


def test_a_document_without_batches_does_not_grow_with_them(path: Path) -> None:
    sizes = []
    for epochs in (1, 50):
        record(path, [[b"a"]], epochs=epochs)
        sizes.append(len(exported(path)))
    assert sizes[1] - sizes[0] < 20


def test_a_document_with_batches_takes_no_more_memory_for_more_of_them(path: Path) -> None:
    batch = [b"%d" % number for number in range(100)]
    peaks = []
    for epochs in (20, 400):
        record(path, [batch], epochs=epochs)
        with Reader(path) as reader:
            session = find_session(reader, "latest")
            tracemalloc.start()
            for _ in prov_export.export(reader, session, NOW, batches=True):
                pass
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 300_000


def test_an_empty_session_used_nothing(path: Path) -> None:
    record(path, [])
    for batches in (False, True):
        document = loaded(exported(path, batches=batches))
        assert list(document.get_records(ProvUsage)) == []
        assert len(list(document.get_records(ProvActivity))) == 1


def test_a_session_that_runs_or_died_has_no_end(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("experiment")
        list(BaseHook(db, session.session_id, "train").wrap([[b"a"]]))
        db.flush()
        running = exported(path)
    for text, status in ((running, "running"), (exported(path), "interrupted")):
        (activity,) = loaded(text).get_records(ProvActivity)
        assert activity.get_endTime() is None
        assert attributes(activity)["status"] == status


@pytest.mark.parametrize("text", STRINGS.values(), ids=STRINGS)
def test_hostile_strings_are_data(path: Path, text: str) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source(text, text, text, text, text, text, text, {text: text})
        session = db.begin_session(text, metadata={text: text}, run_id=text)
        list(BaseHook(db, session.session_id, text).wrap([[b"a"]]))
    document = loaded(exported(path, batches=True))
    (source,) = of_type(document, "origin:Source")
    said = attributes(source)
    assert {said[key] for key in ("source_id", "license", "uri", "category", "revision", "owner")} == {escaped(text)}
    assert source.get_attribute(PROV_LABEL) == {escaped(text)}
    assert json.loads(said["metadata"]) == {text: text}
    (activity,) = document.get_records(ProvActivity)
    assert attributes(activity)["config_hash"] == escaped(text)
    assert json.loads(attributes(activity)["metadata"]) == {text: text}
    document.get_provn().encode()


def test_numbers_beyond_32_bits_come_back(path: Path) -> None:
    record(path, [[b"a"]], rank=1 << 40, world_size=(1 << 31) - 1)
    (activity,) = loaded(exported(path)).get_records(ProvActivity)
    assert (attributes(activity)["rank"], attributes(activity)["world_size"]) == (1 << 40, (1 << 31) - 1)


@pytest.mark.parametrize("batches", [False, True])
def test_the_same_record_gives_the_same_bytes(path: Path, batches: bool) -> None:
    record_mixed(path)
    assert exported(path, batches=batches) == exported(path, batches=batches)


def test_the_page_shows_how_to_load(path: Path, tmp_path: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", (DOCS / "exports" / "prov.md").read_text(), re.DOTALL)
    record_mixed(path)
    (tmp_path / "session.prov.json").write_text(exported(path))
    command = [sys.executable, "-W", "error", "-c", snippet]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.stderr, ran.returncode) == ("", 0)
    assert ran.stdout.splitlines() == ["corpus 3", "corpus 2", "files 2", "scraped 2"]
