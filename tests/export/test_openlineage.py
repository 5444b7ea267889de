from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import attr
import pytest
from export.statement_sessions import HUB, escaped, facts_of, record_mixed
from jsonschema import Draft202012Validator
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    DatasetFacet,
    RunFacet,
    dataset_version_dataset,
    datasource_dataset,
    input_statistics_input_dataset,
    job_type_job,
    ownership_dataset,
    symlinks_dataset,
    tags_dataset,
)
from openlineage.client.naming.dataset import GCS, S3, LocalFileSystem
from openlineage.client.serde import Serde
from openlineage.client.transport.file import FileConfig, FileTransport
from query.hostile import STRINGS
from query.recordings import record, tamper

from origin import ProvenanceDatabase
from origin.errors import UnreadableDatabaseError
from origin.export import openlineage
from origin.export.facts import session_facts
from origin.hooks.base import BaseHook
from origin.query.display import iso
from origin.query.engine import find_session
from origin.storage.reads import Reader

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs"
OURS = "urn:origin-provenance:schema:openlineage-1#/$defs/"


@attr.define
class OriginSession(RunFacet):
    @staticmethod
    def _get_schema() -> str:
        return f"{OURS}OriginSessionRunFacet"


@attr.define
class OriginRun(RunFacet):
    @staticmethod
    def _get_schema() -> str:
        return f"{OURS}OriginRunRunFacet"


@attr.define
class OriginDeclarations(DatasetFacet):
    @staticmethod
    def _get_schema() -> str:
        return f"{OURS}OriginDeclarationsDatasetFacet"


FACETS = {
    "version": dataset_version_dataset.DatasetVersionDatasetFacet,
    "dataSource": datasource_dataset.DatasourceDatasetFacet,
    "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet,
    "jobType": job_type_job.JobTypeJobFacet,
    "ownership": ownership_dataset.OwnershipDatasetFacet,
    "symlinks": symlinks_dataset.SymlinksDatasetFacet,
    "tags": tags_dataset.TagsDatasetFacet,
}
OUR_FACETS = {"origin_session": OriginSession, "origin_run": OriginRun, "origin_declarations": OriginDeclarations}
PARTS = {
    "owners": ownership_dataset.Owner,
    "identifiers": symlinks_dataset.Identifier,
    "tags": tags_dataset.TagsDatasetFacetFields,
}


def exported(path: Path, now: datetime = NOW, session: str = "latest", **named: str) -> list[dict[str, Any]]:
    """The events, each seen to be what OpenLineage's own classes make of its fields."""
    with Reader(path) as reader:
        text = "".join(openlineage.export(reader, find_session(reader, session), now, **named))
    assert text.isascii()
    events = [json.loads(line) for line in text.splitlines()]
    for event in events:
        assert Serde.to_dict(rebuilt(event)) == Serde.to_dict(event)
        check(event)
    return events


def rebuilt(event: dict[str, Any]) -> RunEvent:
    """The event by the classes of openlineage-python, whose validators run."""
    inputs = [
        InputDataset(
            one["namespace"], one["name"], inputFacets=facets(one["inputFacets"]), facets=facets(one["facets"])
        )
        for one in event["inputs"]
    ]
    return RunEvent(
        eventType=RunState(event["eventType"]),
        eventTime=event["eventTime"],
        producer=event["producer"],
        run=Run(event["run"]["runId"], facets(event["run"]["facets"])),
        job=Job(event["job"]["namespace"], event["job"]["name"], facets(event["job"]["facets"])),
        inputs=inputs,
        outputs=event["outputs"],
    )


def facets(found: dict[str, Any]) -> dict[str, Any]:
    return {name: facet(name, fields) for name, fields in found.items()}


def facet(name: str, fields: dict[str, Any]) -> Any:
    rest = {key: value for key, value in fields.items() if not key.startswith("_")}
    producer = fields["_producer"]
    if name in OUR_FACETS:
        made = OUR_FACETS[name](producer=producer).with_additional_properties(**rest)
    else:
        parts = {key: [PARTS[key](**one) for one in value] if key in PARTS else value for key, value in rest.items()}
        made = FACETS[name](producer=producer, **parts)
    assert made._schemaURL == fields["_schemaURL"]
    return made


def check(event: dict[str, Any]) -> None:
    """What the classes do not look at."""
    assert event["schemaURL"] == "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
    assert str(UUID(event["run"]["runId"])) == event["run"]["runId"]
    assert urlsplit(event["producer"]).scheme == "urn"
    names = [(one["namespace"], one["name"]) for one in event["inputs"]]
    assert len(set(names)) == len(names)
    for found in (event["run"]["facets"], *(one["facets"] for one in event["inputs"])):
        for name in found.keys() & OUR_FACETS.keys():
            our_schema(found[name]["_schemaURL"]).validate(found[name])


def our_schema(url: str) -> Draft202012Validator:
    """The schema that `_schemaURL` leads to."""
    document = json.loads((DOCS / "schemas" / "origin-openlineage-1.json").read_text())
    identifier, pointer = url.split("#")
    assert document["$id"] == identifier
    assert pointer.removeprefix("/$defs/") in document["$defs"]
    return Draft202012Validator({**document, "$ref": f"#{pointer}"})


def test_a_session_is_a_run_from_its_start_to_its_end(path: Path) -> None:
    session_id = record_mixed(path)
    facts = facts_of(path)
    start, complete = exported(path)
    assert facts.session.end is not None
    assert (start["eventType"], start["eventTime"]) == ("START", iso(facts.session.begin.started_at))
    assert (complete["eventType"], complete["eventTime"]) == ("COMPLETE", iso(facts.session.end.ended_at))
    assert start["run"]["runId"] == complete["run"]["runId"]
    assert start["job"] == complete["job"]
    assert (start["job"]["namespace"], start["job"]["name"]) == ("origin", "experiment")
    assert (start["inputs"], start["run"]["facets"]) == ([], {})

    said = complete["run"]["facets"]["origin_session"]
    assert {name: said[name] for name in session_facts(facts)} == {**session_facts(facts), "metadata": '{"seed":1}'}
    assert (said["session_id"], said["root"]) == (session_id, facts.root)
    assert said["gaps"] == [{"reason": "observer", "gaps": 1, "batches": 1, "observations": None}]
    assert [conflict["licenses"] for conflict in said["conflicts"]] == [["CC-BY-SA-4.0", "GPL-2.0-only"]]
    assert "no legal advice" in said["notice"]


def test_inputs_are_the_sources_that_delivered_samples_with_their_revisions_together(path: Path) -> None:
    record_mixed(path)
    uses = [use for use in facts_of(path).sources if use.observations]
    corpus, files, scraped = exported(path)[1]["inputs"]
    assert [one["name"] for one in (corpus, files, scraped)] == ["corpus", "files", "scraped"]
    assert [one["inputFacets"]["inputStatistics"]["rowCount"] for one in (corpus, files, scraped)] == [5, 2, 2]
    stated = [said for one in (corpus, files, scraped) for said in one["facets"]["origin_declarations"]["declarations"]]
    assert [(said["entry"], said["observations"], said["samples"], said["digest"]) for said in stated] == [
        (use.sequence, use.observations, use.samples, use.source.digest().hex()) for use in uses
    ]
    assert "version" not in corpus["facets"]
    assert files["facets"]["version"]["datasetVersion"] == "sha256:" + "a" * 64
    assert corpus["facets"]["dataSource"]["uri"] == HUB
    assert corpus["facets"]["ownership"]["owners"] == [{"name": "Example Org"}]
    assert corpus["facets"]["tags"]["tags"] == [
        {"key": "category", "value": "publicly-available", "source": "ORIGIN"},
        {"key": "license", "value": "CC-BY-SA-4.0", "source": "ORIGIN"},
        {"key": "license_concluded", "value": "CC-BY-SA-4.0", "source": "ORIGIN"},
        {"key": "license_status", "value": "resolved", "source": "ORIGIN"},
    ]
    assert [tag["value"] for tag in scraped["facets"]["tags"]["tags"]] == ["NOASSERTION", "NOASSERTION", "unknown"]
    assert sorted(scraped["facets"]) == ["origin_declarations", "tags"]


@pytest.mark.parametrize(
    ("uri", "naming"),
    [
        ("s3://bucket/data/train", S3("bucket", "data/train")),
        ("gs://bucket/train.csv", GCS("bucket", "train.csv")),
        ("file:///data/train.csv", LocalFileSystem("/data/train.csv")),
    ],
)
def test_a_location_has_the_name_that_other_jobs_give_it(path: Path, uri: str, naming: Any) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source("train", uri=uri)
    record(path, [[b"a"]], license_id=None)
    (source,) = exported(path)[1]["inputs"]
    assert source["facets"]["symlinks"]["identifiers"] == [
        {"namespace": naming.get_namespace(), "name": naming.get_name(), "type": "LOCATION"}
    ]


@pytest.mark.parametrize(
    "uri", ["https://example.org/x", "s3://bucket", "file://host/x", "file:///", "s3://b/k?versionId=1", "/data", None]
)
def test_a_location_without_such_a_name_has_none(path: Path, uri: str | None) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source("train", uri=uri)
    record(path, [[b"a"]], license_id=None)
    (source,) = exported(path)[1]["inputs"]
    assert "symlinks" not in source["facets"]


@pytest.mark.parametrize(("status", "event"), [("completed", "COMPLETE"), ("failed", "FAIL"), ("interrupted", "ABORT")])
def test_the_last_event_tells_how_the_session_ended(path: Path, status: str, event: str) -> None:
    record(path, [[b"a"]], status=status)
    assert [one["eventType"] for one in exported(path)] == ["START", event]


def test_a_session_that_runs_or_died_has_the_time_of_the_export(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("experiment")
        list(BaseHook(db, session.session_id, "train").wrap([[b"a"]]))
        db.flush()
        running = exported(path)[1]
    died = exported(path)[1]
    for event, kind, status in ((running, "RUNNING", "running"), (died, "ABORT", "interrupted")):
        assert (event["eventType"], event["eventTime"]) == (kind, "2026-01-02T03:04:05.000000Z")
        said = event["run"]["facets"]["origin_session"]
        assert (said["status"], said["ended_at"], said["observations"]) == (status, None, 1)
    assert running["run"]["runId"] == died["run"]["runId"]


def test_an_empty_session_has_no_inputs(path: Path) -> None:
    record(path, [])
    assert [event["inputs"] for event in exported(path)] == [[], []]


def test_namespace_and_job_can_be_named(path: Path) -> None:
    record(path, [[b"a"]])
    for event in exported(path, namespace="team", job="nightly"):
        assert (event["job"]["namespace"], event["job"]["name"]) == ("team", "nightly")
        assert {one["namespace"] for one in event["inputs"]} <= {"team"}


@pytest.mark.parametrize("text", STRINGS.values(), ids=STRINGS)
def test_hostile_strings_are_data(path: Path, text: str, tmp_path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source(text, text, text, text, text, text, text, {text: text})
        session = db.begin_session(text, metadata={text: text}, run_id=text)
        list(BaseHook(db, session.session_id, text).wrap([[b"a"]]))
    event = exported(path)[1]
    (source,) = event["inputs"]
    assert event["job"]["name"] == source["name"] == escaped(text)
    assert source["facets"]["version"]["datasetVersion"] == escaped(text)
    assert source["facets"]["ownership"]["owners"] == [{"name": escaped(text)}]
    assert "dataSource" not in source["facets"]
    (said,) = source["facets"]["origin_declarations"]["declarations"]
    assert {said[key] for key in ("source_id", "license", "uri", "category", "revision", "owner")} == {escaped(text)}
    assert json.loads(said["metadata"]) == {text: text}
    json.dumps(event, ensure_ascii=False).encode()


def test_source_ids_that_read_alike_are_one_dataset(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("experiment")
        for source in ("\ud800", r"\ud800"):
            list(BaseHook(db, session.session_id, source).wrap([[b"a"]]))
    (source,) = exported(path)[1]["inputs"]
    assert source["inputFacets"]["inputStatistics"]["rowCount"] == 2


def test_a_time_that_no_calendar_has_is_refused(path: Path) -> None:
    record(path, [[b"a"]])
    tamper(path, "UPDATE session SET started_at = 9223372036854775807")
    with pytest.raises(UnreadableDatabaseError, match=r"no calendar has .*origin verify"):
        exported(path)


def test_the_same_record_gives_the_same_bytes_at_any_time(path: Path) -> None:
    record_mixed(path)
    with Reader(path) as reader:
        session = find_session(reader, "latest")
        first, second = (
            "".join(openlineage.export(reader, session, now)) for now in (NOW, datetime(2030, 1, 1, tzinfo=UTC))
        )
    assert first == second


def test_the_client_emits_the_events_as_they_are(path: Path, tmp_path: Path) -> None:
    record_mixed(path)
    events = exported(path)
    file = tmp_path / "emitted.jsonl"
    client = OpenLineageClient(transport=FileTransport(FileConfig(log_file_path=str(file), append=True)))
    for event in events:
        client.emit(rebuilt(event))
    client.close()
    emitted = [json.loads(line) for line in file.read_text().splitlines()]
    for event in emitted:
        del event["run"]["facets"]["tags"]  # the client's word on its own version
    assert emitted == [Serde.to_dict(event) for event in events]


def test_the_page_shows_how_to_read(path: Path, tmp_path: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", (DOCS / "exports" / "openlineage.md").read_text(), re.DOTALL)
    record_mixed(path)
    with Reader(path) as reader:
        text = "".join(openlineage.export(reader, find_session(reader, "latest"), NOW))
    (tmp_path / "session.openlineage.jsonl").write_text(text)
    command = [sys.executable, "-W", "error", "-c", snippet]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.stderr, ran.returncode) == ("", 0)
    assert ran.stdout.splitlines() == [
        "START experiment",
        "COMPLETE experiment",
        "  5 rows of corpus: CC-BY-SA-4.0",
        "  2 rows of files: GPL-2.0-only",
        "  2 rows of scraped: NOASSERTION",
    ]
