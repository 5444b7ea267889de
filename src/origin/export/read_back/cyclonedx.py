"""Reads a CycloneDX export back. The reference validator takes dangling references and refs that are there twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from origin.export.read_back.reading import (
    RUN_FACTS,
    SESSION_FACTS,
    SOURCE_FACTS,
    Discrepancy,
    Reading,
    Stated,
    digest_flaws,
    fixed_flaws,
    listed,
    log_stated,
    mapping,
    nested,
    reference_flaws,
    sources_stated,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PREFIX = "origin:"
_AS_JSON = frozenset(
    [
        "rank",
        "world_size",
        "batches",
        "observations",
        "samples",
        "unfingerprintable",
        "bytes",
        "entries",
        "gaps",
        "conflicts",
        "entry",
        "claims",
        "uses",
        "ranks",
        "sessions",
        "padding",
    ]
)
"""What is written as JSON into the text of a property; all others are texts."""
_FACTS = {*SESSION_FACTS, *RUN_FACTS, *SOURCE_FACTS, "gaps", "conflicts", "rule_set", "component"}
_NAME = "training session "
_WHERE = "bom-ref"
_VERSIONS = ("1.6", "1.7")


def facts(document: dict[str, Any]) -> Reading:
    version = document.get("specVersion")
    metadata = mapping(document.get("metadata"))
    components = [mapping(one) for one in listed(document.get("components"))]
    sources = [one for one in components if one.get("type") == "data"]
    model = next((one for one in components if one.get("type") == "machine-learning-model"), {})
    properties = [_properties(one) for one in sources]
    workflow = _workflow(document)
    stated = (
        log_stated("metadata.properties", _properties(metadata), whole=False),
        Stated("the names", _names(document, metadata, workflow, model)),
        Stated("annotations", _annotations(document)),
        Stated("compositions", _composition(document)),
        Stated(
            "dependencies of the session", {"session_depends_on": _dependencies(document, metadata.get("component"))}
        ),
        sources_stated("components[].properties", properties, inputs_only=False, whole=False),
        Stated("components", {}, tuple(map(_component, sources)), "name"),
        Stated("components[].data", {}, tuple(map(_data, sources)), "name"),
        _named("modelCard", map(_dataset, _datasets(model)), training_only=True),
        _named("dependencies", ({"name": name} for name in _dependencies(document, model)), training_only=True),
        _named("formulation", ({"name": name} for name in _inputs(workflow))),
    )
    flaws = [*_versions(document), *_references(document), *digest_flaws(document), *_twice([metadata, *sources])]
    return Reading("cyclonedx17" if version == "1.7" else "cyclonedx", stated, tuple(flaws))


def _named(place: str, sources: Iterable[dict[str, Any]], *, training_only: bool = False) -> Stated:
    return Stated(place, {}, tuple(sources), "name", inputs_only=True, training_only=training_only)


def _versions(document: dict[str, Any]) -> Iterator[Discrepancy]:
    version = document.get("specVersion")
    if version not in _VERSIONS:
        yield Discrepancy("specVersion", "the document", " or ".join(_VERSIONS), version)
    else:
        schema = f"http://cyclonedx.org/schema/bom-{version}.schema.json"
        yield from fixed_flaws("the document", document, {"$schema": schema, "version": 1})


def _properties(part: Any) -> dict[str, Any]:
    found = {}
    for one in map(mapping, listed(mapping(part).get("properties"))):
        name, value = text_of(one.get("name")).removeprefix(_PREFIX), one.get("value")
        if name in _FACTS:
            found[name] = nested(value) if name in _AS_JSON else value
    return found


def _twice(parts: Iterable[dict[str, Any]]) -> Iterator[Discrepancy]:
    for part in parts:
        names = [mapping(one).get("name") for one in listed(part.get("properties"))]
        for name in sorted({text_of(name) for name in names if names.count(name) > 1}):
            yield Discrepancy("duplicate property", text_of(part.get(_WHERE)), "each once", name)


def _names(document: Any, metadata: Any, workflow: Any, model: Any) -> dict[str, Any]:
    component = mapping(metadata.get("component"))
    return {
        "urn": document.get("serialNumber"),
        "session_name": component.get("name"),
        "workflow_name": workflow.get("name"),
        "about_id": workflow.get("uid"),
        "start_time": workflow.get("timeStart"),
        "end_time": workflow.get("timeEnd"),
        "model_name": model.get("name"),
    }


def _workflow(document: dict[str, Any]) -> dict[str, Any]:
    formula = mapping(next(iter(listed(document.get("formulation"))), None))
    return mapping(next(iter(listed(formula.get("workflows"))), None))


def _annotations(document: dict[str, Any]) -> dict[str, Any]:
    """The first tells what the session is; each of the others a conflict."""
    found = [mapping(one) for one in listed(document.get("annotations"))]
    subjects = [one.get("subjects") for one in found]
    texts = [one.get("text") for one in found] or [None]
    return {"meaning": texts[0], "conflict_texts": texts[1:], "annotation_subjects": subjects}


def _composition(document: dict[str, Any]) -> dict[str, Any]:
    found = mapping(next(iter(listed(document.get("compositions"))), None))
    return {"completeness": found.get("aggregate"), "composed": found.get("dependencies")}


def _component(component: dict[str, Any]) -> dict[str, Any]:
    licenses = [*listed(component.get("licenses")), *listed(mapping(component.get("evidence")).get("licenses"))]
    return {
        "name": component.get(_WHERE),
        "source_id": component.get("name"),
        "short_revision": component.get("version"),
        "owner": mapping(component.get("supplier")).get("name"),
        "link": mapping(next(iter(listed(component.get("externalReferences"))), None)).get("url"),
        "scope": component.get("scope"),
        "said": component.get("description"),
        **dict(zip(("license_read", "license_concluded_read"), _licenses(licenses), strict=True)),
    }


def _licenses(choices: list[Any]) -> Iterator[Any]:
    for acknowledgement in ("declared", "concluded"):
        found = [text for text, how in map(_choice, choices) if how == acknowledgement]
        yield found[0] if len(found) == 1 else found or None


def _choice(choice: Any) -> tuple[Any, Any]:
    found = mapping(choice)
    if "expression" in found:
        return found["expression"], found.get("acknowledgement")
    named = mapping(found.get("license"))
    return named.get("id", named.get("name")), named.get("acknowledgement")


def _data(component: dict[str, Any]) -> dict[str, Any]:
    found = _dataset(mapping(next(iter(listed(component.get("data"))), None)))
    del found["source_id"]
    return found


def _datasets(model: dict[str, Any]) -> list[dict[str, Any]]:
    parameters = mapping(mapping(model.get("modelCard")).get("modelParameters"))
    return [mapping(one) for one in listed(parameters.get("datasets"))]


def _dataset(dataset: dict[str, Any]) -> dict[str, Any]:
    contents = mapping(dataset.get("contents"))
    said = _properties(contents)
    owners = listed(mapping(dataset.get("governance")).get("owners"))
    owner = mapping(mapping(next(iter(owners), None)).get("organization")).get("name")
    return {
        "name": said.get("component"),
        "source_id": dataset.get("name"),
        "observations": said.get("observations"),
        "samples": said.get("samples"),
        "uses": said.get("uses"),
        "said": dataset.get("description"),
        "data_type": dataset.get("type"),
        "link": contents.get("url"),
        "owner": owner,
    }


def _dependencies(document: dict[str, Any], component: Any) -> list[Any]:
    for one in map(mapping, listed(document.get("dependencies"))):
        if one.get("ref") == mapping(component).get(_WHERE):
            return listed(one.get("dependsOn"))
    return []


def _inputs(workflow: dict[str, Any]) -> list[Any]:
    return [mapping(mapping(one).get("resource")).get("ref") for one in listed(workflow.get("inputs"))]


def _references(document: dict[str, Any]) -> Iterator[Discrepancy]:
    return reference_flaws(_defined(document), _referred(document), _WHERE)


def _defined(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get(_WHERE), str):
            yield value[_WHERE]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _defined(item)


def _referred(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for one in map(mapping, listed(document.get("dependencies"))):
        yield from (("dependencies", ref) for ref in [one.get("ref"), *listed(one.get("dependsOn"))])
    for part in ("compositions", "annotations"):
        for one in map(mapping, listed(document.get(part))):
            names = ("assemblies", "dependencies", "vulnerabilities", "subjects")
            yield from ((part, ref) for name in names for ref in listed(one.get(name)))
    workflow = _workflow(document)
    for name in ("inputs", "outputs"):
        for one in map(mapping, listed(workflow.get(name))):
            yield f"formulation.{name}", mapping(one.get("resource")).get("ref")
