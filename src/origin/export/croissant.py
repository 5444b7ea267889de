"""A session as a Croissant 1.1 data set (http://mlcommons.org/croissant/1.1): a directory of metadata.json, with
responsible-AI properties and PROV-O provenance, and the JSON lines it describes, each with its SHA-256.

The data set is the record: one line for each observation, with its fingerprint and its source; no sample is in it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from origin.export.facts import batch_facts, gap_facts
from origin.export.identity import UNSEEN, expression, link, session_urn, source_name, written
from origin.export.stated import (
    NOASSERTION,
    NOTICE,
    clock_text,
    delivered_text,
    inputs,
    log_statement,
    moment,
    portable,
    use_statement,
)
from origin.licenses.named import named
from origin.query.licensing import claimed_license, conclude
from origin.query.report import report
from origin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from origin.core.record import Source
    from origin.query.report import SessionReport, SourceUse
    from origin.storage.reads import Reader, StoredSession

OBSERVATIONS, SOURCES, GAPS = "observations", "sources", "gaps"
METADATA_FILE = "metadata.json"
_TEXT, _INTEGER = "sc:Text", "sc:Integer"

# What stands in a record: the fields of each file with their types. Readers that guess the type of a column (`007`
# would become 7) guess nothing inside an object: `value` holds all of them.
FIELDS = {
    OBSERVATIONS: {
        "entry": _INTEGER,
        "loader": _TEXT,
        "epoch": _INTEGER,
        "step": _INTEGER,
        "position": _INTEGER,
        "fingerprint": _TEXT,
        "kind": _TEXT,
        "source_entry": _INTEGER,
        "source_id": _TEXT,
        "license": _TEXT,
        "index": _INTEGER,
        "key": _TEXT,
    },
    SOURCES: {
        "entry": _INTEGER,
        "source_id": _TEXT,
        "license": _TEXT,
        "license_concluded": _TEXT,
        "license_status": _TEXT,
        "uri": _TEXT,
        "category": _TEXT,
        "revision": _TEXT,
        "owner": _TEXT,
        "acquired_at": _TEXT,
        "metadata": _TEXT,
        "claims": _TEXT,
        "digest": _TEXT,
        "observations": _INTEGER,
        "samples": _INTEGER,
        "trained": _INTEGER,
        "skipped": _INTEGER,
        "evaluated": _INTEGER,
    },
    GAPS: {
        "entry": _INTEGER,
        "reason": _TEXT,
        "detail": _TEXT,
        "batches": _INTEGER,
        "observations": _INTEGER,
        "loader": _TEXT,
        "epoch": _INTEGER,
        "step": _INTEGER,
    },
}
_ABOUT = {
    OBSERVATIONS: "One record for each sample that was delivered to the loop, in the order of the session's log.",
    SOURCES: "One record for each declaration of a source, with what was delivered of it.",
    GAPS: "One record for each gap: what was delivered and could not be recorded.",
}
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


class _File:
    """A file of JSON lines: its pieces, and what they came to once they were all taken."""

    def __init__(self, name: str, records: Iterable[dict[str, Any]]) -> None:
        self.name = name
        self.count = 0
        self.size = 0
        self._hash = hashlib.sha256()
        self._pieces = self._written(records)

    @property
    def path(self) -> str:
        return f"{self.name}.jsonl"

    def pieces(self) -> Iterator[str]:
        return self._pieces

    def finish(self) -> None:
        """Take what its reader left, so that the digest is that of the whole."""
        for _ in self._pieces:
            pass

    def digest(self) -> str:
        return self._hash.hexdigest()

    def _written(self, records: Iterable[dict[str, Any]]) -> Iterator[str]:
        names = FIELDS[self.name]
        for record in records:
            line = _line({name: record[name] for name in names})
            self.count += 1
            self.size += len(line)
            self._hash.update(line.encode("ascii"))
            yield line


def files(reader: Reader, session: StoredSession, now: datetime) -> Iterator[tuple[str, Iterable[str]]]:
    """Names and pieces of the files. Take the pieces of each before the next name; metadata.json comes last."""
    facts = report(reader, session)
    made = [
        _File(OBSERVATIONS, _observations(reader, facts)),
        _File(SOURCES, (_source(use) for use in facts.sources)),
        _File(GAPS, (gap_facts(sequence, gap) for sequence, gap in reader.gaps(session.row))),
    ]
    for file in made:
        yield file.path, file.pieces()
        file.finish()
    yield METADATA_FILE, [written(_metadata(facts, made, now))]


def _line(record: dict[str, Any]) -> str:
    return json.dumps({"value": portable(record)}, separators=(",", ":")) + "\n"


def _observations(reader: Reader, facts: SessionReport) -> Iterator[dict[str, Any]]:
    sources = {use.sequence: use.source for use in facts.sources}
    for stored in reader.batches(facts.session.row):
        batch = batch_facts(stored, sources)
        shared = {name: batch[name] for name in ("entry", "loader", "epoch", "step")}
        for observation in batch["observations"]:
            yield {**shared, **observation}


def _source(use: SourceUse) -> dict[str, Any]:
    stated = use_statement(use)
    return {**stated, **stated["uses"], "claims": json.dumps(stated["claims"], sort_keys=True)}


def _metadata(facts: SessionReport, made: Iterable[_File], now: datetime) -> dict[str, Any]:
    session_id = facts.session.begin.session_id
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": f"training-data-of-session-{session_id}",
        "description": _description(facts),
        "url": session_urn(facts),
        "identifier": facts.root,
        "citeAs": f"Origin {VERSION}, record of training session {session_id}, root {facts.root}",
        # Who ran the session, and under which licence this record of it may be used, is not recorded.
        "creator": {"@type": "sc:Organization", "name": NOASSERTION},
        "license": NOASSERTION,
        "datePublished": clock_text(now),
        # A log only grows: what was in it under a smaller number still is.
        "version": f"1.{facts.session.size}.0",
        "distribution": [_distribution(file) for file in made],
        # Readers find no column in a file without lines.
        "recordSet": [_record_set(file.name) for file in made if file.count],
        **_responsible(facts),
        **_provenance(facts),
    }
    return {name: value for name, value in document.items() if value not in (None, [])}


def _description(facts: SessionReport) -> str:
    return (
        f"What the data loaders of one training session delivered: {facts.observations} observations of {facts.samples}"
        f" distinct samples in {facts.batches} batches, as fingerprints; no sample is in it. "
        f"{delivered_text(facts.uses, facts.observations)} Root of the "
        f"session's log of {facts.session.size} entries (RFC 9162, SHA-256): {facts.root}. {NOTICE}"
    )


def _distribution(file: _File) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "description": f"{_ABOUT[file.name]} {file.count} lines of JSON.",
        "contentUrl": file.path,
        "contentSize": f"{file.size} B",
        "encodingFormat": "application/jsonlines",
        "sha256": file.digest(),
    }


def _record_set(name: str) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": _ABOUT[name],
        "key": [{"@id": f"{name}/{field}"} for field in _key(name)],
        "field": [_field(name, field, kind) for field, kind in FIELDS[name].items()],
    }


def _key(name: str) -> tuple[str, ...]:
    return ("entry", "position") if name == OBSERVATIONS else ("entry",)


def _field(name: str, field: str, kind: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{name}/{field}",
        "name": f"{name}/{field}",
        "dataType": kind,
        "source": {
            "fileObject": {"@id": f"{name}.jsonl"},
            "extract": {"column": "value"},
            "transform": {"jsonPath": f"$.{field}"},
        },
    }


def _responsible(facts: SessionReport) -> dict[str, Any]:
    begin, end = facts.session.begin, facts.session.end
    missing = "; ".join(
        f"{gap.reason}: {gap.gaps} gaps, {gap.batches} batches, "
        f"{'an unknown number of' if gap.observations is None else gap.observations} observations"
        for gap in facts.gaps
    )
    times = [moment(begin.started_at), None if end is None else moment(end.ended_at)]
    how = "SHA-256" if begin.key_id is None else f"HMAC-SHA256 under the key {begin.key_id}"
    prints = f"Fingerprints are {how}, in lower-case hexadecimal."
    return {
        "rai:dataCollection": f"Recorded at run time by Origin {begin.origin_version}. "
        f"{delivered_text(facts.uses, facts.observations)} {prints}",
        "rai:dataCollectionMissingData": f"{missing or 'No gap was recorded'}. {facts.unfingerprintable} observations "
        f"have no fingerprint. {UNSEEN}",
        "rai:dataCollectionTimeFrame": [time for time in times if time is not None],
        "rai:dataLimitations": [NOTICE, *(_limitation(use) for use in inputs(facts) if conclude(use.source).findings)],
    }


def _limitation(use: SourceUse) -> str:
    said = "; ".join(finding.text for finding in conclude(use.source).findings)
    return f"Licence of source {use.source.source_id} (entry {use.sequence}): {said}."


def _provenance(facts: SessionReport) -> dict[str, Any]:
    begin, end = facts.session.begin, facts.session.end
    activity = {
        "@type": "prov:Activity",
        "@id": f"{session_urn(facts)}#session",
        "prov:label": f"training session {begin.session_id}",
        "prov:startedAtTime": moment(begin.started_at),
        "prov:endedAtTime": None if end is None else moment(end.ended_at),
        "prov:wasAssociatedWith": {"@type": "prov:SoftwareAgent", "prov:label": f"Origin {VERSION}"},
        "prov:value": json.dumps(log_statement(facts), sort_keys=True),
    }
    return {
        "prov:wasGeneratedBy": {name: value for name, value in activity.items() if value is not None},
        "prov:wasDerivedFrom": [_entity(facts, use) for use in inputs(facts)],
    }


def _entity(facts: SessionReport, use: SourceUse) -> dict[str, Any]:
    source = use.source
    entity: dict[str, Any] = {
        "@type": "prov:Entity",
        "@id": f"{session_urn(facts)}#{source_name(use)}",
        "prov:label": source.source_id,
        "license": license_page(source),
        "prov:value": json.dumps(use_statement(use), sort_keys=True),
    }
    location = link(source.uri)
    if location is not None:
        entity["prov:atLocation"] = location
    if source.owner is not None:
        entity["prov:wasAttributedTo"] = {"@type": "prov:Agent", "prov:label": source.owner}
    return entity


def license_page(source: Source) -> str:
    """The licence as declared: its page where it names one that is known, else word for word."""
    claim = claimed_license(source)
    found = expression(claim)
    if found is not None and len(found.elements) == 1 and found.elements[0].addition is None:
        page = named(str(found)).url
        return page or str(found)
    return NOASSERTION if claim is None else claim
