"""A session or a run as a W3C PROV document in PROV-JSON (docs/exports/prov.md).

The session, or the run, is an activity that used its sources and generated its log. What is not PROV's own is an
attribute of ours, named as in the JSON export. A section is written whole before the next, since a JSON object has each
key once.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any

from origin.export.identity import link, plain_name
from origin.export.stated import NAMESPACE, declaration_statement, inputs, log_statement, moment, portable
from origin.query.report import report
from origin.query.scope import scope_of
from origin.storage import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from origin.core.record import Source
    from origin.query.report import Report, SourceUse
    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredBatch, StoredSession

Record = tuple[str, dict[str, Any]]
"""An identifier and its attributes. Identifiers are made of ids and digests: no recorded text is part of one."""

_RECORDER = "origin:recorder"
_OF_THE_ACTIVITY = ("session_id", "status", "config_hash", "metadata", "run_id", "rank", "world_size", "ranks")
_AS_TIMES = ("started_at", "ended_at")


def export(reader: Reader, session: StoredSession | Scope, _now: datetime, *, batches: bool = False) -> Iterator[str]:
    """The document in pieces. batches: an entity for each batch, too; without, its size does not depend on them."""
    facts = report(reader, session)
    said = log_statement(facts)
    sources = [(_source_name(use.source), use) for use in inputs(facts)]
    declared = {name: _source(use.source) for name, use in sources}
    entities: Iterable[Record] = chain(declared.items(), [(_log_name(facts), _log(said))])
    used: Iterable[Record] = ((f"_:u{use.sequence}", _used(facts.of, name, use)) for name, use in sources)
    if batches:
        entities = chain(entities, _batches(reader, facts))
        used = chain(used, _batches_used(reader, facts))
    yield f'{{\n"prefix":{_json({"origin": NAMESPACE})}'
    yield from _section("activity", [(_name(facts.of), _activity(facts.of, said))])
    yield from _section("agent", [(_RECORDER, _recorder(said))])
    yield from _section("entity", entities)
    yield from _section("used", used)
    if batches:
        yield from _section("wasDerivedFrom", _derived(reader, facts))
    yield from _section("wasGeneratedBy", [("_:g1", _generated(facts.of, _log_name(facts)))])
    yield from _section("wasAttributedTo", [("_:a1", {"prov:entity": _log_name(facts), "prov:agent": _RECORDER})])
    yield "\n}\n"


def _section(kind: str, records: Iterable[Record]) -> Iterator[str]:
    yield f',\n"{kind}":{{'
    separator = "\n"
    for name, attributes in records:
        yield f"{separator}{_json(name)}:{_json(attributes)}"
        separator = ",\n"
    yield "}"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _name(about: Scope) -> str:
    return f"origin:{plain_name(about)}"


def _log_name(facts: Report) -> str:
    return f"origin:log-{facts.root}"


def _source_name(source: Source) -> str:
    return f"origin:source-{source.digest().hex()}"


def _batch_name(session: StoredSession, stored: StoredBatch) -> str:
    return f"{_name(scope_of(session))}-batch-{stored.sequence}"


def _activity(about: Scope, said: dict[str, Any]) -> dict[str, Any]:
    times = {
        "prov:startTime": moment(about.started_at),
        "prov:endTime": moment(about.ended_at),
    }
    known = {name: time for name, time in times.items() if time is not None}
    own = _attributes({name: said[name] for name in _OF_THE_ACTIVITY if name in said})
    return {**_type(about.kind.capitalize()), **known, **own}


def _recorder(said: dict[str, Any]) -> dict[str, Any]:
    name = {"$": "prov:SoftwareAgent", "type": "xsd:QName"}
    return {"prov:type": name, "prov:label": "Origin", **_attributes({"origin_version": said["origin_version"]})}


def _log(said: dict[str, Any]) -> dict[str, Any]:
    elsewhere = {*_OF_THE_ACTIVITY, *_AS_TIMES, "origin_version"}
    kind = "RunLog" if "sessions" in said else "SessionLog"
    return {**_type(kind), **_attributes({name: said[name] for name in said if name not in elsewhere})}


def _source(source: Source) -> dict[str, Any]:
    location = link(source.uri)
    place = {} if location is None else {"prov:location": {"$": location, "type": "xsd:anyURI"}}
    label = {"prov:label": portable(source.source_id)}
    return {**_type("Source"), **label, **place, **_attributes(declaration_statement(source))}


def _used(about: Scope, name: str, use: SourceUse) -> dict[str, Any]:
    counts = {"entry": use.sequence, "observations": use.observations, "samples": use.samples, "uses": use.uses.facts}
    return {"prov:activity": _name(about), "prov:entity": name, **_attributes(counts)}


def _generated(about: Scope, log: str) -> dict[str, Any]:
    time = moment(about.ended_at)
    when = {} if time is None else {"prov:time": time}
    return {"prov:entity": log, "prov:activity": _name(about), **when}


def _batches(reader: Reader, report: Report) -> Iterator[Record]:
    for session, stored in _stored(reader, report):
        batch = stored.batch
        facts = {
            "entry": stored.sequence,
            "loader": portable(batch.loader),
            "epoch": batch.epoch,
            "step": batch.step,
            "count": batch.count,
            "bytes": batch.size,
            "root": batch.root.hex(),
        }
        yield _batch_name(session, stored), {**_type("Batch"), **_attributes(facts)}


def _batches_used(reader: Reader, report: Report) -> Iterator[Record]:
    for session, stored in _stored(reader, report):
        ends = {"prov:activity": _name(report.of), "prov:entity": _batch_name(session, stored)}
        yield f"_:b{_place(report, session)}{stored.sequence}", ends


def _derived(reader: Reader, report: Report) -> Iterator[Record]:
    for session in report.of.sessions:
        sources = {entry: _source_name(source) for entry, source in reader.sources(session.row)}
        for stored in reader.batches(session.row):
            name = _batch_name(session, stored)
            place = f"{_place(report, session)}{stored.sequence}"
            for number in sorted({number for _, number, _ in rows.unpack_runs(stored.runs)}):
                yield f"_:d{place}-{number}", {"prov:generatedEntity": name, "prov:usedEntity": sources[number]}


def _stored(reader: Reader, report: Report) -> Iterator[tuple[StoredSession, StoredBatch]]:
    for session in report.of.sessions:
        for stored in reader.batches(session.row):
            yield session, stored


def _place(report: Report, session: StoredSession) -> str:
    """Tells the entries of one session of a run from those of the others."""
    return f"{report.of.sessions.index(session)}-" if report.of.is_run else ""


def _type(name: str) -> dict[str, Any]:
    return {"prov:type": {"$": f"origin:{name}", "type": "xsd:QName"}}


def _attributes(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as attributes of ours: what is not known is left out, a list gives one value for each of its items."""
    values = {f"origin:{name}": _value(fact) for name, fact in facts.items()}
    return {name: value for name, value in values.items() if value not in (None, [])}


def _value(fact: Any) -> Any:
    if isinstance(fact, list):
        return [_json(item) for item in fact]
    if isinstance(fact, dict):
        return _json(fact)
    # PROV-JSON wants numbers as text with their type, the smallest that holds them.
    return {"$": str(fact), "type": "xsd:int" if fact < 1 << 31 else "xsd:long"} if isinstance(fact, int) else fact
