"""A session or a run as a Croissant 1.1 data set (http://mlcommons.org/croissant/1.1): a directory of metadata.json,
with responsible-AI properties and PROV-O provenance, and the JSON lines it describes, each with its SHA-256.

The data set is the record: one line for each observation, with its fingerprint and its source; no sample is in it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from origin.export.entries import logs
from origin.export.identity import UNSEEN, expression, link, plain_name, session_urn, source_name, written
from origin.export.stated import (
    NOASSERTION,
    NOTICE,
    clock_text,
    delivered_text,
    inputs,
    log_statement,
    moment,
    portable,
    root_text,
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
    from origin.query.report import Report, SourceUse
    from origin.query.scope import Scope
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


_OF_LOGS = (OBSERVATIONS, GAPS)
_OF_BATCH = frozenset({"session_id", "entry", "loader", "epoch", "step"})
_KEY = ("session_id", "entry", "position")


def fields(name: str, *, of_run: bool) -> dict[str, str]:
    """The fields of a record: what stands in a run's logs is of one of its sessions."""
    return {"session_id": _TEXT, **FIELDS[name]} if of_run and name in _OF_LOGS else FIELDS[name]


class _File:
    """A file of JSON lines: its pieces, and what they came to once they were all taken."""

    def __init__(self, name: str, records: Iterable[dict[str, Any]], *, of_run: bool) -> None:
        self.name = name
        self.fields = fields(name, of_run=of_run)
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
        names = self.fields
        for record in records:
            line = _line({name: record[name] for name in names})
            self.count += 1
            self.size += len(line)
            self._hash.update(line.encode("ascii"))
            yield line


def files(reader: Reader, session: StoredSession | Scope, now: datetime) -> Iterator[tuple[str, Iterable[str]]]:
    """Names and pieces of the files. Take the pieces of each before the next name; metadata.json comes last."""
    facts = report(reader, session)
    gaps = (gap for log in logs(reader, facts) for gap in log.gaps())
    records = {OBSERVATIONS: _observations(reader, facts), SOURCES: map(_source, facts.sources), GAPS: gaps}
    made = [_File(name, some, of_run=facts.of.is_run) for name, some in records.items()]
    for file in made:
        yield file.path, file.pieces()
        file.finish()
    yield METADATA_FILE, [written(_metadata(facts, made, now))]


def _line(record: dict[str, Any]) -> str:
    return json.dumps({"value": portable(record)}, separators=(",", ":")) + "\n"


def _observations(reader: Reader, facts: Report) -> Iterator[dict[str, Any]]:
    for batch in (batch for log in logs(reader, facts) for batch in log.batches()):
        shared = {name: value for name, value in batch.items() if name in _OF_BATCH}
        for observation in batch["observations"]:
            yield {**shared, **observation}


def _source(use: SourceUse) -> dict[str, Any]:
    stated = use_statement(use)
    return {**stated, **stated["uses"], "claims": json.dumps(stated["claims"], sort_keys=True)}


def _metadata(facts: Report, made: Iterable[_File], now: datetime) -> dict[str, Any]:
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": f"training-data-of-{plain_name(facts.of)}",
        "description": _description(facts),
        "url": session_urn(facts),
        "identifier": facts.root,
        "citeAs": f"Origin {VERSION}, record of training {facts.of.name}, root {facts.root}",
        # Who ran the session, and under which licence this record of it may be used, is not recorded.
        "creator": {"@type": "sc:Organization", "name": NOASSERTION},
        "license": NOASSERTION,
        "datePublished": clock_text(now),
        # A log only grows: what was in it under a smaller number still is.
        "version": f"1.{facts.of.size}.0",
        "distribution": [_distribution(file) for file in made],
        # Readers find no column in a file without lines.
        "recordSet": [_record_set(file) for file in made if file.count],
        **_responsible(facts),
        **_provenance(facts),
    }
    return {name: value for name, value in document.items() if value not in (None, [])}


def _description(facts: Report) -> str:
    return (
        f"What the data loaders of one training {facts.of.kind} delivered: {facts.observations} observations of "
        f"{facts.samples} distinct samples in {facts.batches} batches, as fingerprints; no sample is in it. "
        f"{delivered_text(facts.uses, facts.observations)} {root_text(facts)} {NOTICE}"
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


def _record_set(file: _File) -> dict[str, Any]:
    name = file.name
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": _ABOUT[name],
        "key": [{"@id": f"{name}/{field}"} for field in _KEY if field in file.fields],
        "field": [_field(name, field, kind) for field, kind in file.fields.items()],
    }


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


def _responsible(facts: Report) -> dict[str, Any]:
    about = facts.of
    missing = "; ".join(
        f"{gap.reason}: {gap.gaps} gaps, {gap.batches} batches, "
        f"{'an unknown number of' if gap.observations is None else gap.observations} observations"
        for gap in facts.gaps
    )
    times = [moment(about.started_at), moment(about.ended_at)]
    how = "SHA-256" if about.key_id is None else f"HMAC-SHA256 under the key {about.key_id}"
    prints = f"Fingerprints are {how}, in lower-case hexadecimal."
    return {
        "rai:dataCollection": f"Recorded at run time by Origin {about.origin_version}. "
        f"{delivered_text(facts.uses, facts.observations)} {prints}",
        "rai:dataCollectionMissingData": f"{missing or 'No gap was recorded'}. {facts.unfingerprintable} observations "
        f"have no fingerprint. {UNSEEN}",
        "rai:dataCollectionTimeFrame": [time for time in times if time is not None],
        "rai:dataLimitations": [NOTICE, *(_limitation(use) for use in inputs(facts) if conclude(use.source).findings)],
    }


def _limitation(use: SourceUse) -> str:
    said = "; ".join(finding.text for finding in conclude(use.source).findings)
    return f"Licence of source {use.source.source_id} (entry {use.sequence}): {said}."


def _provenance(facts: Report) -> dict[str, Any]:
    about = facts.of
    activity = {
        "@type": "prov:Activity",
        "@id": f"{session_urn(facts)}#{about.kind}",
        "prov:label": f"training {about.name}",
        "prov:startedAtTime": moment(about.started_at),
        "prov:endedAtTime": moment(about.ended_at),
        "prov:wasAssociatedWith": {"@type": "prov:SoftwareAgent", "prov:label": f"Origin {VERSION}"},
        "prov:value": json.dumps(log_statement(facts), sort_keys=True),
    }
    return {
        "prov:wasGeneratedBy": {name: value for name, value in activity.items() if value is not None},
        "prov:wasDerivedFrom": [_entity(facts, use) for use in inputs(facts)],
    }


def _entity(facts: Report, use: SourceUse) -> dict[str, Any]:
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
