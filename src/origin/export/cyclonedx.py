"""A session or a run as a CycloneDX bill of materials (https://cyclonedx.org/specification/overview/): 1.6, or 1.7.

Written directly: the reference library drops model cards and data on the way.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from origin.export.identity import (
    UNSEEN,
    conflict_text,
    expression,
    link,
    session_urn,
    source_name,
    written,
)
from origin.export.stated import (
    NOTICE,
    clock_text,
    delivered_text,
    held_out,
    inputs,
    log_statement,
    moment,
    portable,
    training_inputs,
    use_statement,
)
from origin.licenses.identifiers import licenses
from origin.licenses.named import named
from origin.licenses.rule_set import RULE_SET
from origin.licenses.verdict import ids
from origin.query.licensing import claimed_license, conclude
from origin.query.report import report
from origin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from origin.query.licensing import Conflict
    from origin.query.report import Report, SourceUse
    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession

SpecVersion = Literal["1.6", "1.7"]
_PREFIX = "origin:"
_SESSION = "session"
_MODEL = "model"
_TOOL = "origin"
_LONGEST_VERSION = 1024

# On the SPDX list, and not yet among the ids that CycloneDX takes in `license.id`.
NOT_IN_CYCLONEDX = ids(
    "BSD-2-Clause-pos-unchanged BSD-3-Clause-OpenWebUI BSD-Source-Code-no-disclaimer BSD-Source-alt-GPL "
    "BSD-ask-to-endorse Brian-Gladman-3-Clause-no-conversion Bugroff CC-BY-NC-3.0-IGO FDK-MPEG-H Hippocratic-3.0-core "
    "Informatica MVT-1.1 atc-game"
)


def export(
    reader: Reader, session: StoredSession | Scope, now: datetime, *, spec_version: SpecVersion = "1.6"
) -> Iterator[str]:
    """The document. Its length does not depend on the number of batches."""
    facts = report(reader, session)
    timestamp = clock_text(now)
    used = inputs(facts)
    sources = [_source(use, spec_version) for use in facts.sources]
    yield written(
        {
            "$schema": f"http://cyclonedx.org/schema/bom-{spec_version}.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": spec_version,
            "serialNumber": session_urn(facts),
            "version": 1,
            "metadata": _metadata(facts, timestamp),
            # Tools that read AI bills of materials look for the model in the first place.
            "components": [_model(facts), *sources],
            "dependencies": _dependencies(facts),
            "compositions": [{"aggregate": _completeness(facts), "dependencies": [_MODEL]}],
            "formulation": [_formula(facts, used)],
            "annotations": [
                _annotation([_SESSION], meaning(facts), timestamp),
                *(_conflict(facts, conflict, timestamp) for conflict in facts.conflicts),
            ],
        }
    )


def _metadata(facts: Report, timestamp: str) -> dict[str, Any]:
    return {
        "timestamp": timestamp,
        "tools": {"components": [_tool()]},
        "component": {
            "type": "application",
            "bom-ref": _SESSION,
            "name": f"training {facts.of.name}",
            "description": f"The {facts.of.kind} that Origin recorded. {UNSEEN}",
        },
        "properties": _properties(log_statement(facts)),
    }


def _tool() -> dict[str, Any]:
    return {"type": "application", "name": _TOOL, "version": VERSION}


def meaning(facts: Report) -> str:
    """What an observation of the record is, and what is known to have become of it."""
    return f"{delivered_text(facts.uses, facts.observations)} {UNSEEN} {NOTICE} Rule set {RULE_SET}."


def _model(facts: Report) -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": _MODEL,
        "name": f"model of training {facts.of.name}",
        "description": f"What the {facts.of.kind} made, if it made a model: only what went in was recorded.",
        "modelCard": {"modelParameters": {"datasets": [_dataset(use, name=True) for use in training_inputs(facts)]}},
    }


def _source(use: SourceUse, spec_version: SpecVersion) -> dict[str, Any]:
    source = use.source
    component: dict[str, Any] = {
        "type": "data",
        "bom-ref": source_name(use),
        "name": source.source_id,
        "scope": scope(use),
        "description": _said(use),
        "data": [_dataset(use)],
        "properties": _properties(use_statement(use)),
        **_licenses(use, spec_version),
    }
    # A longer one is in the properties all the same.
    if source.revision is not None and len(portable(source.revision)) <= _LONGEST_VERSION:
        component["version"] = source.revision
    if source.owner is not None:
        component["supplier"] = {"name": source.owner}
    url = link(source.uri)
    if url is not None:
        component["externalReferences"] = [{"type": "distribution", "url": url}]
    return component


def _dataset(use: SourceUse, *, name: bool = False) -> dict[str, Any]:
    source = use.source
    counted = {"observations": use.observations, "samples": use.samples, "uses": use.uses.facts}
    contents: dict[str, Any] = {"properties": _properties({**counted, "component": source_name(use)})}
    url = link(source.uri)
    if url is not None:
        contents["url"] = url
    dataset: dict[str, Any] = {"type": "dataset", "contents": contents, "description": _said(use)}
    if name:
        dataset["name"] = source.source_id
    if source.owner is not None:
        dataset["governance"] = {"owners": [{"organization": {"name": source.owner}}]}
    return dataset


def _said(use: SourceUse) -> str:
    return delivered_text(use.uses, use.observations)


def scope(use: SourceUse) -> str:
    """`excluded` is the specification's word for what is used in tests alone, too."""
    return "required" if use.observations and not use.held_out else "excluded"


def _licenses(use: SourceUse, spec_version: SpecVersion) -> dict[str, Any]:
    """The licence declared and the one concluded; nothing where it is unknown.

    1.6 allows an expression only alone: what was concluded is then evidence.
    """
    declared, concluded = claimed_license(use.source), conclude(use.source).expression
    choices = [_choice(text, how) for text, how in ((declared, "declared"), (concluded, "concluded")) if text]
    if not choices:
        return {}
    if spec_version == "1.6" and len(choices) > 1 and any("expression" in choice for choice in choices):
        return {"licenses": choices[:1], "evidence": {"licenses": choices[1:]}}
    return {"licenses": choices}


def _choice(text: str, acknowledgement: str) -> dict[str, Any]:
    found = expression(text)
    if found is None:
        return {"license": {"name": text, "acknowledgement": acknowledgement}}
    stated = str(found)
    if stated.lower() in licenses() and stated not in NOT_IN_CYCLONEDX:
        return {"license": {"id": stated, "acknowledgement": acknowledgement}}
    if len(found.elements) > 1 or found.elements[0].addition or found.elements[0].or_later:
        return {"expression": stated, "acknowledgement": acknowledgement}
    choice = {"name": stated, "acknowledgement": acknowledgement}
    page = named(stated).url
    return {"license": {**choice, "url": page} if page else choice}


def _dependencies(facts: Report) -> list[dict[str, Any]]:
    """The model does not depend on what it was only evaluated with; the session does."""
    return [
        {"ref": _SESSION, "dependsOn": [_MODEL, *map(source_name, held_out(facts))]},
        {"ref": _MODEL, "dependsOn": [source_name(use) for use in training_inputs(facts)]},
        *({"ref": source_name(use)} for use in facts.sources),
    ]


def _completeness(facts: Report) -> str:
    """Never `complete`: a loader that was not instrumented leaves no trace."""
    return "incomplete" if facts.gap_count or not facts.of.closed else "unknown"


def _formula(facts: Report, used: Iterable[SourceUse]) -> dict[str, Any]:
    about = facts.of
    workflow: dict[str, Any] = {
        "bom-ref": "workflow",
        "uid": about.id,
        "name": f"training {about.name}",
        "taskTypes": ["other"],
        "inputs": [{"resource": {"ref": source_name(use)}} for use in used],
        "outputs": [{"type": "artifact", "resource": {"ref": _MODEL}}],
    }
    times = {"timeStart": moment(about.started_at), "timeEnd": moment(about.ended_at)}
    workflow |= {name: time for name, time in times.items() if time is not None}
    return {"bom-ref": "formula", "workflows": [workflow]}


def _conflict(facts: Report, conflict: Conflict, timestamp: str) -> dict[str, Any]:
    names = [source_name(use) for use in facts.sources if use.source.source_id in conflict.sources]
    return _annotation(names or [_SESSION], conflict_text(conflict), timestamp)


def _annotation(subjects: list[str], text: str, timestamp: str) -> dict[str, Any]:
    return {"subjects": subjects, "annotator": {"component": _tool()}, "timestamp": timestamp, "text": text}


def _properties(facts: dict[str, Any]) -> list[dict[str, str]]:
    """Names and values; what is not known has none."""
    return [
        {"name": _PREFIX + name, "value": value if isinstance(value, str) else json.dumps(value, sort_keys=True)}
        for name, value in sorted(facts.items())
        if value is not None
    ]
