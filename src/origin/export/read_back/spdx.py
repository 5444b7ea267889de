"""Reads an SPDX 3.0.1 export back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from origin.export.identity import UNSEEN
from origin.export.read_back.reading import (
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
    said_in,
    sources_stated,
    text_of,
)
from origin.export.spdx import PROFILES

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHOLES = ("software_Sbom", "SpdxDocument")
_FIXED: dict[str, dict[str, Any]] = {
    "CreationInfo": {"specVersion": "3.0.1"},
    "ai_AIPackage": {"software_primaryPurpose": "model", "ai_useSensitivePersonalInformation": "noAssertion"},
    "dataset_DatasetPackage": {
        "software_primaryPurpose": "data",
        "dataset_datasetType": ["noAssertion"],
        "dataset_hasSensitivePersonalInformation": "noAssertion",
    },
    "software_Sbom": {"software_sbomType": ["runtime"]},
    "SpdxDocument": {"profileConformance": list(PROFILES)},
}
"""What the record does not tell is asserted nowhere: neither `yes` nor `no`, nor a kind of data."""

_FLOWS = ("hasInput", "dependsOn")
_NO_LICENSE = "expandedlicensing_NoAssertionLicense"
_CLAIM = "LicenseRef-claim-"
_REFERENCES = tuple(
    "from to subject element rootElement createdBy createdUsing suppliedBy value".split()  # noqa: SIM905
)
_TYPES = frozenset(
    {
        "Agent",
        "Annotation",
        "CreationInfo",
        "Relationship",
        "SoftwareAgent",
        "SpdxDocument",
        "Tool",
        "ai_AIPackage",
        "build_Build",
        "dataset_DatasetPackage",
        "simplelicensing_LicenseExpression",
        "simplelicensing_SimpleLicensingText",
        "software_Sbom",
    }
)
_TRAINING = re.compile(
    r"(?P<observations>\d+) observations of (?P<samples>\d+) distinct samples in (?P<batches>\d+) batches were "
    r"delivered; (?P<unfingerprintable>\d+) have no fingerprint\. Gaps in the record: (?P<gaps>\d+)\. Root of the "
    r"(?:session's log|run's logs) of (?P<entries>\d+) entries \(RFC 9162, SHA-256\): (?P<root>\S+)\. "
    rf"(?P<said>.*) {re.escape(UNSEEN)}",
    re.ASCII | re.DOTALL,
)
_OF_THE_MODEL = ("model_license", "model_license_concluded")


def facts(document: dict[str, Any]) -> Reading:
    return _Graph([mapping(one) for one in listed(document.get("@graph"))]).reading()


class _Graph:
    def __init__(self, elements: list[dict[str, Any]]) -> None:
        self.elements = elements
        self.by_id = {text_of(_id(one)): one for one in elements}

    def reading(self) -> Reading:
        build, model = self._only("build_Build"), self._only("ai_AIPackage")
        datasets = self._all("dataset_DatasetPackage")
        uses = [self._annotation(one) for one in datasets]
        stated = [
            log_stated("the annotation of the session", self._annotation(build)),
            Stated("build_Build", _build(build)),
            Stated("ai_AIPackage", {"model_name": model.get("name"), **said_in(_TRAINING, _training(model))}),
            Stated("the reviews", {"conflict_texts": [one.get("statement") for one in self._reviews(model)]}),
            Stated("SpdxDocument", _document(self._only("SpdxDocument"))),
            Stated("the model's licence", dict(zip(_OF_THE_MODEL, self._licenses(model), strict=True))),
            sources_stated("the annotations of the data sets", uses, inputs_only=False),
            Stated("dataset_DatasetPackage", {}, tuple(map(self._dataset, datasets)), "name"),
        ]
        stated += [self._flow(build, "hasInput"), self._flow(model, "dependsOn", training_only=True)]
        for name, kind in (("trained_on", "trainedOn"), ("tested_on", "testedOn")):
            stated.append(Stated(kind, {name: [_name(end) for end in self._ends(model, kind)]}))
        flaws = [
            *self._references(),
            *self._structure(build, model),
            *digest_flaws([uses, self._annotation(build)], "annotations"),
        ]
        return Reading("spdx", tuple(stated), tuple(flaws))

    def _structure(self, build: dict[str, Any], model: dict[str, Any]) -> Iterator[Discrepancy]:
        for kind in ("build_Build", "ai_AIPackage", "SpdxDocument"):
            if (count := len(self._all(kind))) != 1:
                yield Discrepancy(f"{kind} elements", "@graph", 1, count)
        for element in self.elements:
            if text_of(found := element.get("type")) not in _TYPES:
                yield Discrepancy("type", text_of(_id(element)), "a type that we write", found)
        if (output := self._ends(build, "hasOutput")) != [_id(model)]:
            yield Discrepancy("hasOutput", "the session", [_id(model)], output)
        for element in self.elements:
            yield from fixed_flaws(_name(_id(element)), element, _fixed(element))
        yield from self._members(model)

    def _members(self, model: dict[str, Any]) -> Iterator[Discrepancy]:
        """The bill names all that is in the document but itself, and the document the bill too."""
        bom, document = self._only("software_Sbom"), self._only("SpdxDocument")
        others = [_id(one) for one in self.elements if one.get("type") not in ("CreationInfo", *_WHOLES)]
        for whole, root, members in ((bom, model, others), (document, bom, [*others, _id(bom)])):
            place = _name(_id(whole))
            yield from fixed_flaws(place, whole, {"rootElement": [_id(root)]})
            found = listed(whole.get("element"))
            if sorted(map(text_of, found)) != sorted(map(text_of, members)):
                yield Discrepancy("element", place, f"all {len(members)} elements", found)

    def _all(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.elements if one.get("type") == kind]

    def _only(self, kind: str) -> dict[str, Any]:
        return next(iter(self._all(kind)), {})

    def _annotation(self, subject: dict[str, Any]) -> Any:
        found = [
            one.get("statement")
            for one in self._all("Annotation")
            if one.get("subject") == _id(subject) and one.get("contentType") == "application/json"
        ]
        return nested(found[0]) if len(found) == 1 else None

    def _reviews(self, model: dict[str, Any]) -> list[dict[str, Any]]:
        annotations = self._all("Annotation")
        return [
            one for one in annotations if one.get("annotationType") == "review" and one.get("subject") == _id(model)
        ]

    def _dataset(self, dataset: dict[str, Any]) -> dict[str, Any]:
        declared, concluded = self._licenses(dataset)
        owner = dataset.get("suppliedBy")
        return {
            "name": _name(_id(dataset)),
            "source_id": dataset.get("name"),
            "revision": dataset.get("software_packageVersion"),
            "link": dataset.get("software_downloadLocation"),
            "said": dataset.get("comment"),
            "owner": None if owner is None else self.by_id.get(text_of(owner), {}).get("name"),
            "license_read": declared,
            "license_concluded_read": concluded,
        }

    def _licenses(self, subject: dict[str, Any]) -> list[Any]:
        kinds = ("hasDeclaredLicense", "hasConcludedLicense")
        return [self._license(self._ends(subject, kind)) for kind in kinds]

    def _license(self, ends: list[Any]) -> Any:
        if len(ends) != 1:
            return ends
        if ends[0] == _NO_LICENSE:
            return None
        found = self.by_id.get(text_of(ends[0]), {})
        expression = found.get("simplelicensing_licenseExpression")
        if not text_of(expression).startswith(_CLAIM):
            return expression
        entry = mapping(next(iter(listed(found.get("simplelicensing_customIdToUri"))), None))
        return self.by_id.get(text_of(entry.get("value")), {}).get("simplelicensing_licenseText")

    def _relationships(self, start: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        return [
            one
            for one in self._all("Relationship")
            if one.get("from") == _id(start) and one.get("relationshipType") == kind
        ]

    def _ends(self, start: dict[str, Any], kind: str) -> list[Any]:
        return [end for one in self._relationships(start, kind) for end in listed(one.get("to"))]

    def _flow(self, start: dict[str, Any], kind: str, *, training_only: bool = False) -> Stated:
        ends = self._ends(start, kind)
        names = tuple({"name": _name(end)} for end in ends)
        found = self._relationships(start, kind)
        session = {}
        if found:
            said = {name: [one.get(name) for one in found] for name in ("completeness", "comment")}
            session = {f"flow_{name}": texts[0] if len(texts) == 1 else texts for name, texts in said.items()}
        return Stated(kind, session, names, "name", inputs_only=True, training_only=training_only)

    def _references(self) -> Iterator[Discrepancy]:
        defined = [text_of(_id(one)) for one in self.elements]
        return reference_flaws(defined, self._referred(), "spdxId")

    def _referred(self) -> Iterator[tuple[str, Any]]:
        for element in self.elements:
            entries = [mapping(one) for one in listed(element.get("simplelicensing_customIdToUri"))]
            for part in (element, *entries):
                if part is element and element.get("type") != "CreationInfo":
                    yield "an element's creationInfo", element.get("creationInfo")
                for name in _REFERENCES:
                    ends = part.get(name, [])
                    for end in ends if isinstance(ends, list) else [ends]:
                        if end != _NO_LICENSE:
                            yield f"{_name(_id(element))}.{name}", end


def _fixed(element: dict[str, Any]) -> dict[str, Any]:
    kind = text_of(element.get("type"))
    if kind == "Relationship" and element.get("relationshipType") not in _FLOWS:
        return {"completeness": "noAssertion"}
    if kind == "Annotation":
        is_json = element.get("contentType") == "application/json"
        kinds = ("other", "application/json") if is_json else ("review", "text/plain")
        return dict(zip(("annotationType", "contentType"), kinds, strict=True))
    return _FIXED.get(kind, {})


def _id(element: dict[str, Any]) -> Any:
    return element.get("spdxId", element.get("@id"))


def _name(element_id: Any) -> str:
    """What an element is named by within its document."""
    return text_of(element_id).rpartition("#")[2]


def _training(model: dict[str, Any]) -> Any:
    return model.get("ai_informationAboutTraining")


def _document(document: dict[str, Any]) -> dict[str, Any]:
    return {"session_title": document.get("name"), "urn": text_of(_id(document)).partition("#")[0]}


def _build(build: dict[str, Any]) -> dict[str, Any]:
    return {
        "about_id": build.get("build_buildId"),
        "build_type": build.get("build_buildType"),
        "session_name": build.get("name"),
        "urn": text_of(_id(build)).partition("#")[0],
        "start_second": build.get("build_buildStartTime"),
        "end_second": build.get("build_buildEndTime"),
    }
