"""Reads a Croissant export back: its metadata, and the bytes and records of its files, a line at a time."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from origin.export.read_back.reading import (
    Discrepancy,
    Loader,
    Reading,
    Stated,
    digest_flaws,
    listed,
    log_stated,
    mapping,
    nested,
    reference_flaws,
    required,
    said_in,
    sources_stated,
    text_of,
)
from origin.export.read_back.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_USES = ("trained", "skipped", "evaluated")
_FILES = ("observations", "sources", "gaps")
_NAME = re.compile(r"training-data-of-(?P<plain_name>.*)", re.DOTALL)
_VERSION = re.compile(r"1\.(?P<entries>\d+)\.0", re.ASCII)
_DESCRIPTION = re.compile(
    r"What the data loaders of one training (?P<kind>session|run) delivered: "
    r"(?P<observations>\d+) observations of (?P<samples>\d+) "
    r"distinct samples in (?P<batches>\d+) batches, as fingerprints; no sample is in it\. (?P<said>.*) Root "
    r"of the (?:session's log|run's logs) of (?P<entries>\d+) entries "
    r"\(RFC 9162, SHA-256\): (?P<root>\S+)\. .*",
    re.ASCII,
)
_CITATION = re.compile(r"Origin .*?, record of training (?P<name>.*), root (?P<root>\S+)", re.DOTALL)
_MISSING = re.compile(
    r"(?P<gap_sentence>.*)\. (?P<unfingerprintable>\d+) observations have no fingerprint\. .*", re.ASCII | re.DOTALL
)
_COUNT = re.compile(r".* (?P<count>\d+) lines of JSON\.", re.ASCII | re.DOTALL)


def facts(document: dict[str, Any], directory: Path) -> Reading:
    files = _Files(document, directory)
    records = files.records
    activity = mapping(document.get("prov:wasGeneratedBy"))
    entities = [mapping(one) for one in listed(document.get("prov:wasDerivedFrom"))]
    uses = [nested(one.get("prov:value")) for one in entities]
    stated = [
        log_stated("prov:wasGeneratedBy", nested(activity.get("prov:value"))),
        Stated("name", said_in(_NAME, document.get("name"))),
        Stated("description", said_in(_DESCRIPTION, document.get("description"))),
        Stated("citeAs", said_in(_CITATION, document.get("citeAs"))),
        Stated("version", said_in(_VERSION, document.get("version"))),
        Stated("identifier", {"root": document.get("identifier"), "urn": document.get("url")}),
        Stated("license", {"record_license": document.get("license")}),
        Stated("rai:dataCollectionMissingData", said_in(_MISSING, document.get("rai:dataCollectionMissingData"))),
        Stated("rai:dataCollectionTimeFrame", {"time_frame": document.get("rai:dataCollectionTimeFrame", [])}),
        Stated("the activity", _activity(activity)),
        sources_stated("prov:wasDerivedFrom[].prov:value", uses, inputs_only=True),
        Stated("prov:wasDerivedFrom", {}, tuple(map(_entity, entities)), "name", inputs_only=True),
    ]
    if "observations" in files.read:
        stated.append(records.stated("observations.jsonl", records.of_observations()))
    if "sources" in files.read:
        stated.append(sources_stated("sources.jsonl", files.sources, inputs_only=False))
    if "gaps" in files.read:
        stated.append(Stated("gaps.jsonl", records.of_gaps()))
    flaws = [*files.flaws, *files.loader.flaws, *records.flaws, *_ids(document), *digest_flaws(document)]
    flaws += [*digest_flaws(uses, "prov:wasDerivedFrom"), *digest_flaws(files.sources, "sources.jsonl")]
    return Reading("croissant", tuple(stated), tuple(flaws))


def _activity(activity: dict[str, Any]) -> dict[str, Any]:
    return {
        "activity_name": activity.get("prov:label"),
        "start_time": activity.get("prov:startedAtTime"),
        "end_time": activity.get("prov:endedAtTime"),
        "urn": text_of(activity.get("@id")).partition("#")[0],
    }


def _entity(entity: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": text_of(entity.get("@id")).rpartition("#")[2],
        "source_id": entity.get("prov:label"),
        "license_page": entity.get("license"),
        "link": entity.get("prov:atLocation"),
        "owner": mapping(entity.get("prov:wasAttributedTo")).get("prov:label"),
    }


class _Files:
    """What the files hold, and whether their bytes are those that the metadata describes."""

    def __init__(self, document: dict[str, Any], directory: Path) -> None:
        self.records = Records()
        self.sources: list[dict[str, Any]] = []
        self.read: set[str] = set()
        self.flaws: list[Discrepancy] = []
        self.loader = Loader()
        described = {text_of(one.get("contentUrl")): one for one in map(mapping, listed(document.get("distribution")))}
        takers: dict[str, Callable[[dict[str, Any]], None]] = {
            "observations": lambda record: self.records.observation(record, record),
            "sources": self._source,
            "gaps": self.records.gap,
        }
        for name in _FILES:
            self._file(f"{name}.jsonl", described.pop(f"{name}.jsonl", {}), directory, takers[name])
        for name in described:
            self.flaws.append(Discrepancy("distribution", name, None, name))
        sets = [text_of(mapping(one).get("name")) for one in listed(document.get("recordSet"))]
        if (expected := [name for name in _FILES if name in self.read and self._is_filled(name)]) != sets:
            self.flaws.append(Discrepancy("recordSet", "recordSet", expected, sets))

    def _is_filled(self, name: str) -> bool:
        return bool({"observations": self.records.observations, "gaps": self.records.gaps}.get(name, self.sources))

    def _source(self, record: dict[str, Any]) -> None:
        told = {"claims": nested(record.get("claims")), "uses": required(record, _USES)}
        self.sources.append({**record, **told})

    def _file(
        self, name: str, described: dict[str, Any], directory: Path, take: Callable[[dict[str, Any]], None]
    ) -> None:
        path = directory / name
        if path.is_symlink() or not path.is_file():
            self.flaws.append(Discrepancy("file", name, "beside metadata.json", None))
            return
        self.read.add(name.removesuffix(".jsonl"))
        digest = hashlib.sha256()
        count = size = 0
        with path.open("rb") as stream:
            for line in stream:
                digest.update(line)
                size += len(line)
                count += 1
                take(mapping(mapping(self.loader.load(line)).get("value")))
        stated = said_in(_COUNT, described.get("description"))
        for field, of_bytes, of_metadata in (
            ("sha256", digest.hexdigest(), described.get("sha256")),
            ("contentSize", f"{size} B", described.get("contentSize")),
            ("lines", count, stated["count"]),
        ):
            if of_bytes != of_metadata:
                self.flaws.append(Discrepancy(field, f"distribution {name}", of_bytes, of_metadata))


def _ids(document: dict[str, Any]) -> Iterator[Discrepancy]:
    body = {name: value for name, value in document.items() if name != "@context"}
    found = list(_nodes(body, ""))
    defined = [text_of(node["@id"]) for _, node in found if "@type" in node]
    return reference_flaws(defined, ((where, node["@id"]) for where, node in found if "@type" not in node), "@id")


def _nodes(value: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        if "@id" in value:
            yield where, value
        for name, item in value.items():
            yield from _nodes(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _nodes(item, where)
