"""Reads an in-toto statement back, or the one inside a DSSE envelope. A signature needs its key: it is not checked."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from origin.export.intoto import BUILDER
from origin.export.read_back.reading import (
    Discrepancy,
    Loader,
    Reading,
    Stated,
    UnreadableExportError,
    digest_flaws,
    fixed_flaws,
    is_digest,
    listed,
    log_stated,
    mapping,
    picked,
    repeated,
    required,
    sources_stated,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAYLOAD_TYPE = "application/vnd.in-toto+json"
_LOG_ROOT = "originLogRoot"
_LENGTHS = {"sha256": 64, "sha512": 128, "gitCommit": 40, _LOG_ROOT: 64}
_TYPES = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1"}
_PARAMETERS = ("config_hash", "metadata", "run_id")


def in_envelope(envelope: dict[str, Any], loader: Loader) -> Reading:
    flaws = []
    if envelope.get("payloadType") != _PAYLOAD_TYPE:
        flaws.append(Discrepancy("payloadType", "the envelope", _PAYLOAD_TYPE, envelope.get("payloadType")))
    signatures = [mapping(one) for one in listed(envelope.get("signatures"))]
    if not signatures or not all(_is_base64(one.get("sig")) for one in signatures):
        flaws.append(Discrepancy("signatures", "the envelope", "at least one, in base64", envelope.get("signatures")))
    try:
        payload = base64.b64decode(text_of(envelope.get("payload")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableExportError("is an envelope whose payload is no base64") from error
    found = facts(mapping(loader.load(payload)))
    return Reading("dsse", found.stated, (*flaws, *found.flaws))


def _is_base64(text: Any) -> bool:
    try:
        return bool(base64.b64decode(text_of(text), validate=True))
    except (binascii.Error, ValueError):
        return False


def facts(statement: dict[str, Any]) -> Reading:
    predicate = mapping(statement.get("predicate"))
    definition, details = mapping(predicate.get("buildDefinition")), mapping(predicate.get("runDetails"))
    metadata, version = mapping(details.get("metadata")), mapping(mapping(details.get("builder")).get("version"))
    products = [mapping(one) for one in listed(details.get("byproducts"))]
    inputs = [mapping(one) for one in listed(definition.get("resolvedDependencies"))]
    subjects = [mapping(one) for one in listed(statement.get("subject"))]
    times = {"start_time": metadata.get("startedOn"), "end_time": metadata.get("finishedOn")}
    log: dict[str, Any] = next((one for one in products if _LOG_ROOT in mapping(one.get("digest"))), {})
    stated = [
        log_stated("byproducts[].annotations", log.get("annotations")),
        Stated("byproducts", _of_the_log(products)),
        Stated("externalParameters", _parameters(mapping(definition.get("externalParameters")))),
        Stated("buildDefinition", {"build_type": definition.get("buildType")}),
        Stated(
            "runDetails", {"about_id": metadata.get("invocationId"), **times, "origin_version": version.get("origin")}
        ),
        sources_stated("resolvedDependencies[].annotations", _annotations(inputs), inputs_only=True),
        Stated("resolvedDependencies", {}, tuple(map(_reference, inputs)), inputs_only=True),
    ]
    if any(_LOG_ROOT in mapping(one.get("digest")) for one in subjects):
        stated.append(Stated("subject", _of_the_log(subjects)))
    types = picked(statement, _TYPES)
    flaws = [
        Discrepancy(name, "the statement", _TYPES[name], one) for name, one in types.items() if one != _TYPES[name]
    ]
    flaws += fixed_flaws("builder", mapping(details.get("builder")), {"id": BUILDER})
    flaws += [*_digests(statement.get("subject"), "subject"), *_twice(subjects), *digest_flaws(predicate, "predicate")]
    return Reading("intoto", tuple(stated), tuple(flaws))


def _parameters(found: dict[str, Any]) -> dict[str, Any]:
    """Of a run the sessions are named, of a session its place in the run."""
    if "sessions" in found:
        return {**required(found, _PARAMETERS), "parameters_sessions": found["sessions"]}
    return required(found, (*_PARAMETERS, "rank", "world_size"))


def _annotations(inputs: list[dict[str, Any]]) -> list[Any]:
    return [one.get("annotations") for one in inputs]


def _of_the_log(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """The log itself by its root, and the session as JSON lines by their SHA-256."""
    by_name = {text_of(one.get("name")): mapping(one.get("digest")) for one in resources}
    log, lines = (
        next((name for name in by_name if name.endswith(".jsonl") is is_lines), "") for is_lines in (False, True)
    )
    return {
        "log_name": log,
        "lines_name": lines,
        "root": by_name.get(log, {}).get(_LOG_ROOT),
        "jsonl_sha256": by_name.get(lines, {}).get("sha256"),
    }


def _reference(resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "entry": mapping(resource.get("annotations")).get("entry"),
        "source_id": resource.get("name"),
        "link": resource.get("uri"),
        "fixed": resource.get("digest"),
    }


def _digests(subjects: Any, place: str) -> Iterator[Discrepancy]:
    """Each subject has at least one digest; verifiers take `xyz` for a SHA-256."""
    if not listed(subjects):
        yield Discrepancy("subject", place, "at least one", subjects)
    for number, one in enumerate(listed(subjects)):
        digests = mapping(mapping(one).get("digest"))
        if not digests:
            yield Discrepancy("digest", f"{place}[{number}]", "at least one", mapping(one).get("digest"))
        for name, value in digests.items():
            length = _LENGTHS.get(name)
            if length is None or not is_digest(value, length):
                wanted = f"{length} lower-case hexadecimal digits" if length else "an algorithm that we know"
                yield Discrepancy("digest syntax", f"{place}[{number}].digest.{name}", wanted, value)


def _twice(subjects: list[dict[str, Any]]) -> Iterator[Discrepancy]:
    for name in repeated(one.get("name") for one in subjects):
        yield Discrepancy("duplicate name", "subject", "each once", name)
