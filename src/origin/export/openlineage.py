"""A session or a run as OpenLineage events, one a line: how a run started and ended (docs/exports/openlineage.md).

The events are JSON as the OpenLineage specification 2-0-2 and its facets define it. What no facet of theirs has
(licence claims, the root of the log) stands in two of ours, whose schema is docs/schemas/origin-openlineage-1.json.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from origin.core.record import COMPLETED, FAILED, RUNNING
from origin.export.identity import invocation_uuid, link
from origin.export.stated import (
    NAMESPACE,
    clock_text,
    inputs,
    log_statement,
    needed_moment,
    portable,
    use_statement,
)
from origin.query.report import report
from origin.query.scope import UNKNOWN
from origin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from origin.query.report import Report, SourceUse
    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession

PRODUCER = f"{NAMESPACE}{VERSION}"
EVENT_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
OUR_SCHEMA = f"{NAMESPACE}schema:openlineage-1#/$defs/"
_FACETS = "https://openlineage.io/spec/facets/"
SCHEMAS = {
    "jobType": f"{_FACETS}2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet",
    "version": f"{_FACETS}1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
    "dataSource": f"{_FACETS}1-0-1/DatasourceDatasetFacet.json#/$defs/DatasourceDatasetFacet",
    "symlinks": f"{_FACETS}1-0-1/SymlinksDatasetFacet.json#/$defs/SymlinksDatasetFacet",
    "ownership": f"{_FACETS}1-0-1/OwnershipDatasetFacet.json#/$defs/OwnershipDatasetFacet",
    "tags": f"{_FACETS}1-0-0/TagsDatasetFacet.json#/$defs/TagsDatasetFacet",
    "inputStatistics": (
        f"{_FACETS}1-0-0/InputStatisticsInputDatasetFacet.json#/$defs/InputStatisticsInputDatasetFacet"
    ),
    "origin_session": f"{OUR_SCHEMA}OriginSessionRunFacet",
    "origin_run": f"{OUR_SCHEMA}OriginRunRunFacet",
    "origin_declarations": f"{OUR_SCHEMA}OriginDeclarationsDatasetFacet",
}
_TAGS = ("license", "license_concluded", "license_status", "category")
_STATES = {RUNNING: "RUNNING", COMPLETED: "COMPLETE", FAILED: "FAIL", UNKNOWN: "OTHER"}


def export(
    reader: Reader, session: StoredSession | Scope, now: datetime, namespace: str = "origin", job: str | None = None
) -> Iterator[str]:
    """The START event, and one that tells the state: COMPLETE, FAIL, ABORT, RUNNING, or OTHER.

    namespace: of the job and of the sources, whose names are known to one record only. job: its name, else the
    config_hash that was recorded. now: the time of an event whose own is not known: a session runs, or its process
    died, or a rank is missing.
    """
    facts = report(reader, session)
    about = facts.of
    name = _job(about) if job is None else portable(job)
    described = {
        "namespace": portable(namespace),
        "name": name,
        "facets": {"jobType": _facet("jobType", processingType="BATCH", integration="ORIGIN", jobType="TRAINING")},
    }
    run_id = invocation_uuid(about)
    started = _event("START", needed_moment(about.started_at, _short(about)), {"runId": run_id, "facets": {}})
    facet = f"origin_{about.kind}"
    ended = _event(
        _STATES.get(about.status, "ABORT"),
        clock_text(now) if about.ended_at is None else needed_moment(about.ended_at, _short(about)),
        {"runId": run_id, "facets": {facet: _facet(facet, **log_statement(facts))}},
    )
    yield _line({**started, "job": described, "inputs": []})
    yield _line({**ended, "job": described, "inputs": _datasets(facts, portable(namespace))})


def _job(about: Scope) -> str:
    return str(portable(about.name if about.config_hash is None else about.config_hash))


def _short(about: Scope) -> str:
    return f"{about.kind} {about.id[:12]}"


def _line(event: dict[str, Any]) -> str:
    return json.dumps(event, separators=(",", ":"), sort_keys=True) + "\n"


def _event(kind: str, time: str, run: dict[str, Any]) -> dict[str, Any]:
    common = {"producer": PRODUCER, "schemaURL": EVENT_SCHEMA, "outputs": []}
    return {"eventType": kind, "eventTime": time, "run": run, **common}


def _facet(kind: str, /, **fields: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": SCHEMAS[kind], **fields}


def _datasets(facts: Report, namespace: str) -> list[dict[str, Any]]:
    """One dataset for each source: readers tell datasets apart by name, so its revisions stand together."""
    by_name: dict[str, list[SourceUse]] = {}
    for use in inputs(facts):
        by_name.setdefault(portable(use.source.source_id), []).append(use)
    return [_dataset(namespace, name, uses) for name, uses in by_name.items()]


def _dataset(namespace: str, name: str, uses: list[SourceUse]) -> dict[str, Any]:
    stated = [use_statement(use) for use in uses]
    rows = sum(use.observations for use in uses)
    facets = {
        **_known(name, uses),
        "tags": _facet("tags", tags=_tags(stated)),
        "origin_declarations": _facet("origin_declarations", declarations=stated),
    }
    statistics = {"inputStatistics": _facet("inputStatistics", rowCount=rows)}
    return {"namespace": namespace, "name": name, "facets": facets, "inputFacets": statistics}


def _known(name: str, uses: list[SourceUse]) -> dict[str, Any]:
    """Facets for what was stated, and stated alike in all declarations: theirs have room for one value."""
    facets = {}
    revision = _only({use.source.revision for use in uses})
    owner = _only({use.source.owner for use in uses})
    uri = link(_only({use.source.uri for use in uses}))
    if revision is not None:
        facets["version"] = _facet("version", datasetVersion=portable(revision))
    if owner is not None:
        facets["ownership"] = _facet("ownership", owners=[{"name": portable(owner)}])
    if uri is not None:
        facets["dataSource"] = _facet("dataSource", name=name, uri=uri)
        if (other := identifier(uri)) is not None:
            facets["symlinks"] = _facet("symlinks", identifiers=[other])
    return facets


def _only(values: set[str | None]) -> str | None:
    return values.pop() if len(values) == 1 else None


def identifier(uri: str) -> dict[str, str] | None:
    """The name by which other jobs' events know a dataset at a location, where OpenLineage's naming has one."""
    parts = urlsplit(uri)
    path = parts.path.strip("/")
    if not path or parts.query or parts.fragment:
        return None
    if parts.scheme == "file" and not parts.netloc:
        return {"namespace": "file", "name": parts.path, "type": "LOCATION"}
    if parts.scheme in {"s3", "gs"} and parts.netloc:
        return {"namespace": f"{parts.scheme}://{parts.netloc}", "name": path, "type": "LOCATION"}
    return None


def _tags(stated: list[dict[str, Any]]) -> list[dict[str, str]]:
    found = {(key, one[key]) for one in stated for key in _TAGS if one[key] is not None}
    return [{"key": key, "value": value, "source": "ORIGIN"} for key, value in sorted(found)]
