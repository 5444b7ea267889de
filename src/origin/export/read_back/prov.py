"""Reads a PROV-JSON export back."""

from __future__ import annotations

from itertools import chain
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
from origin.export.stated import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "origin:"
_LISTS = frozenset({"claims", "gaps", "conflicts", "sessions"})
_LOGS = ("SessionLog", "RunLog")
_ELEMENTS = ("activity", "entity", "agent")
_RELATIONS = {
    "used": ("prov:activity", "prov:entity"),
    "wasGeneratedBy": ("prov:entity", "prov:activity"),
    "wasAttributedTo": ("prov:entity", "prov:agent"),
    "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity"),
}


def facts(document: dict[str, Any]) -> Reading:
    entities = _section(document, "entity")
    activity_name, activity = next(iter(_section(document, "activity").items()), ("", {}))
    log_name, log = next(((name, one) for name, one in entities.items() if _type(one) in _LOGS), ("", {}))
    agent = next(iter(_section(document, "agent").values()), {})
    times = {"start_time": activity.get("prov:startTime"), "end_time": activity.get("prov:endTime")}
    own = {**_attributes(log), **_attributes(activity), **_attributes(agent)}
    said = log_stated("the activity and the log", own, whole=False)
    session = {name: value for name, value in said.session.items() if name not in ("started_at", "ended_at")}
    used = [one for one in _section(document, "used").values() if "origin:entry" in one]
    generated = next(iter(_section(document, "wasGeneratedBy").values()), {})
    names = [(text_of(one.get("prov:entity")), one) for one in used]
    stated = (
        Stated(said.place, {**session, **times}),
        Stated("the names", {"prov_session": activity_name, "prov_log": log_name}),
        Stated("wasGeneratedBy", {"end_time": generated.get("prov:time"), "prov_log": generated.get("prov:entity")}),
        sources_stated(
            "used", [_use(entities.get(name, {}), one) for name, one in names], inputs_only=True, whole=False
        ),
        Stated(
            "entity", {}, tuple(_native(name, entities.get(name, {}), one) for name, one in names), inputs_only=True
        ),
    )
    return Reading("prov", stated, tuple(_flaws(document)))


def _section(document: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    return {key: mapping(one) for key, one in mapping(document.get(name)).items()}


def _type(element: dict[str, Any]) -> str:
    return text_of(mapping(element.get("prov:type")).get("$")).removeprefix(_PREFIX)


def _attributes(element: dict[str, Any]) -> dict[str, Any]:
    """Attributes of ours as the facts they are. A list that is empty is not written."""
    found = {
        name: [nested(one) for one in listed(element.get(_PREFIX + name))] if name in _LISTS else _value(element, name)
        for name in (*SESSION_FACTS, *RUN_FACTS, *SOURCE_FACTS, "gaps", "conflicts", "rule_set")
    }
    return {name: value for name, value in found.items() if value is not None and (value != [] or _is_at_home(element))}


def _is_at_home(element: dict[str, Any]) -> bool:
    return _type(element) in (*_LOGS, "Source")


def _value(element: dict[str, Any], name: str) -> Any:
    value = element.get(_PREFIX + name)
    if name in ("uses", "ranks"):
        return nested(value)
    number = mapping(value).get("$")
    if isinstance(number, str) and mapping(value).get("type") in ("xsd:int", "xsd:long"):
        return int(number) if number.removeprefix("-").isdecimal() and len(number) < 20 else number
    return value


def _use(entity: dict[str, Any], used: dict[str, Any]) -> dict[str, Any]:
    counts = {name: _value(used, name) for name in ("entry", "observations", "samples", "uses")}
    return {**_attributes(entity), **counts}


def _native(name: str, entity: dict[str, Any], used: dict[str, Any]) -> dict[str, Any]:
    return {
        "entry": _value(used, "entry"),
        "digest": name.removeprefix("origin:source-"),
        "source_id": entity.get("prov:label"),
        "link": mapping(entity.get("prov:location")).get("$"),
    }


def _flaws(document: dict[str, Any]) -> Iterator[Discrepancy]:
    defined = chain.from_iterable(_section(document, kind) for kind in _ELEMENTS)
    yield from reference_flaws(defined, _referred(document), "identifier")
    yield from digest_flaws(document)
    if (prefix := mapping(document.get("prefix")).get("origin")) != NAMESPACE:
        yield Discrepancy("prefix origin", "prefix", NAMESPACE, prefix)
    for name, activity in _section(document, "activity").items():
        of = "Session" if "origin:session_id" in activity else "Run"
        yield from fixed_flaws(name, activity, {"prov:type": _qualified(f"origin:{of}")})
    for name, agent in _section(document, "agent").items():
        yield from fixed_flaws(name, agent, {"prov:type": _qualified("prov:SoftwareAgent"), "prov:label": "Origin"})
    used = {text_of(one.get("prov:entity")) for one in _section(document, "used").values()}
    for name, entity in _section(document, "entity").items():
        if _type(entity) not in (*_LOGS, "Source", "Batch"):
            yield Discrepancy("prov:type", name, "SessionLog, RunLog, Source or Batch", entity.get("prov:type"))
        yield from fixed_flaws(name, entity, {"prov:type": _qualified(f"{_PREFIX}{_type(entity)}")})
        if "prov:location" in entity:
            kind = mapping(entity["prov:location"])
            yield from fixed_flaws(f"{name}.prov:location", kind, {"type": "xsd:anyURI"})
        if _type(entity) == "Source" and name not in used:
            yield Discrepancy("used", name, "used by the session", None)


def _qualified(name: str) -> dict[str, str]:
    return {"$": name, "type": "xsd:QName"}


def _referred(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for kind, ends in _RELATIONS.items():
        for name, one in _section(document, kind).items():
            yield from ((f"{kind}.{name}", one.get(end)) for end in ends)
