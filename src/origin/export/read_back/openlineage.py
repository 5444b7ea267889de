"""Reads OpenLineage events back: the start of a run, and how it stands or ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from origin.export.openlineage import EVENT_SCHEMA
from origin.export.read_back.reading import (
    Discrepancy,
    Reading,
    Stated,
    digest_flaws,
    fixed_flaws,
    listed,
    log_stated,
    mapping,
    repeated,
    sources_stated,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def facts(events: list[dict[str, Any]]) -> Reading:
    started = next((one for one in events if one.get("eventType") == "START"), {})
    ended: dict[str, Any] = next((one for one in reversed(events) if one.get("eventType") != "START"), {})
    datasets = [mapping(one) for one in listed(ended.get("inputs"))]
    run = mapping(ended.get("run"))
    facets = mapping(run.get("facets"))
    facet = next((name for name in ("origin_session", "origin_run") if name in facets), None)
    log = facets.get(facet or "")
    declared = [one for dataset in datasets for one in listed(_facet(dataset, "origin_declarations", "declarations"))]
    stated = (
        log_stated("the facet of the run", log),
        Stated("the facets of the run", {"facet": facet}),
        Stated("the start", {"start_time": started.get("eventTime"), "run_uuid": _run_id(started)}),
        Stated("the end", {"event_type": ended.get("eventType"), "run_uuid": _run_id(ended), **_time(ended, log)}),
        sources_stated("the facets origin_declarations", declared, inputs_only=True),
        Stated("inputs", {"by_source_id": sorted(map(_dataset, datasets), key=lambda one: str(one["source_id"]))}),
    )
    return Reading("openlineage", stated, tuple(_flaws(events, started, ended)))


def _facet(dataset: dict[str, Any], facet: str, name: str) -> Any:
    return mapping(mapping(dataset.get("facets")).get(facet)).get(name)


def _run_id(event: dict[str, Any]) -> Any:
    return mapping(event.get("run")).get("runId")


def _time(ended: dict[str, Any], log: Any) -> dict[str, Any]:
    """A session that was not closed ended at no time: the event's own is that of the export."""
    return {"end_time": ended.get("eventTime")} if mapping(log).get("ended_at") is not None else {}


def _dataset(dataset: dict[str, Any]) -> dict[str, Any]:
    owners = listed(_facet(dataset, "ownership", "owners"))
    tags = [mapping(tag) for tag in listed(_facet(dataset, "tags", "tags"))]
    statistics = mapping(mapping(dataset.get("inputFacets")).get("inputStatistics"))
    return {
        "source_id": dataset.get("name"),
        "observations": statistics.get("rowCount"),
        "revision": _facet(dataset, "version", "datasetVersion"),
        "owner": mapping(next(iter(owners), None)).get("name"),
        "link": _facet(dataset, "dataSource", "uri"),
        "symlink": next(iter(listed(_facet(dataset, "symlinks", "identifiers"))), None),
        "tags": [[tag.get("key"), tag.get("value")] for tag in tags],
    }


def _flaws(events: list[dict[str, Any]], started: dict[str, Any], ended: dict[str, Any]) -> Iterator[Discrepancy]:
    if len(events) != 2 or not started or not ended:
        kinds = [one.get("eventType") for one in events]
        yield Discrepancy("events", "the file", "START and one that tells the state", kinds)
    for event in (started, ended):
        yield from fixed_flaws(str(event.get("eventType")), event, {"schemaURL": EVENT_SCHEMA})
        if event.get("outputs") != [] or (event is started and event.get("inputs") != []):
            yield Discrepancy(
                "inputs and outputs", "an event", "inputs at the end alone, no outputs", event.get("outputs")
            )
        yield from digest_flaws(event, str(event.get("eventType")))
        datasets = [mapping(one) for one in listed(event.get("inputs"))]
        names = [one.get("name") for one in datasets]
        namespace = mapping(event.get("job")).get("namespace")
        for one in datasets:
            if one.get("namespace") != namespace:
                yield Discrepancy("namespace", f"inputs {one.get('name')}", namespace, one.get("namespace"))
        for name in repeated(names):
            yield Discrepancy("duplicate dataset", "inputs", "each once", name)
    if started.get("job") != ended.get("job"):
        yield Discrepancy("job", "the end", started.get("job"), ended.get("job"))
