"""A session or a run as SPDX 3.0.1 JSON-LD, with the classes of its AI, Dataset and Build profiles (https://spdx.dev/).

Written directly: the elements are few, and the library of the specification is then free to check them.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

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
    NAMESPACE,
    NOTICE,
    clock_text,
    delivered_text,
    held_out,
    inputs,
    log_statement,
    moment,
    root_text,
    trained_on,
    training_inputs,
    use_statement,
)
from origin.licenses.named import named
from origin.query.licensing import claimed_license, conclude
from origin.query.report import report
from origin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from origin.licenses.expression import Expression
    from origin.query.report import Report, SourceUse
    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
BUILD_TYPES = {"session": f"{NAMESPACE}training-session:1", "run": f"{NAMESPACE}training-run:1"}
PROFILES = ("core", "software", "simpleLicensing")
"""What the document conforms to. Not `ai` and `dataset`, whose classes it uses: they ask for release times, versions
and suppliers, which the record does not always know."""

NOASSERTION_LICENSE = "expandedlicensing_NoAssertionLicense"
_CREATION = "_:CreationInfo0"


def export(reader: Reader, session: StoredSession | Scope, now: datetime) -> Iterator[str]:
    """The document. Its length does not depend on the number of batches."""
    yield written({"@context": CONTEXT, "@graph": _Document(report(reader, session), now).graph()})


class _Document:
    """The elements of one document, each named after what it stands for."""

    def __init__(self, facts: Report, now: datetime) -> None:
        self.facts = facts
        self.base = session_urn(facts)
        self.created = f"{clock_text(now)[:19]}Z"
        self.elements: dict[str, dict[str, Any]] = {}

    def graph(self) -> list[dict[str, Any]]:
        agent = self.add("SoftwareAgent", "agent", name="Origin")
        tool = self.add("Tool", "tool", name=f"origin {VERSION}")
        model = self._model()
        build = self._build()
        uses = {use.sequence: self._dataset(use) for use in self.facts.sources}
        self._flow(build, model, uses)
        self._statements(build, model)
        members = list(self.elements)
        bom = self.add(
            "software_Sbom", "bom", software_sbomType=["runtime"], rootElement=[model], element=members, name="Inputs"
        )
        self.add(
            "SpdxDocument",
            "document",
            name=f"Origin training {self.facts.of.name}",
            comment=f"{NOTICE} {UNSEEN}",
            profileConformance=list(PROFILES),
            rootElement=[bom],
            element=[*members, bom],
        )
        creation = {"@id": _CREATION, "type": "CreationInfo", "specVersion": "3.0.1", "created": self.created}
        return [{**creation, "createdBy": [agent], "createdUsing": [tool]}, *self.elements.values()]

    def add(self, kind: str, fragment: str, /, **values: Any) -> str:
        """Add an element, unless there is one of that fragment; its id. What is None is not stated."""
        spdx_id = f"{self.base}#{fragment}"
        stated = {key: value for key, value in values.items() if value is not None}
        self.elements.setdefault(spdx_id, {"type": kind, "spdxId": spdx_id, "creationInfo": _CREATION, **stated})
        return spdx_id

    def relate(self, start: str, kind: str, *ends: str, comment: str | None = None) -> None:
        """State a relationship; that there are no others like it is never said."""
        if ends:
            self.add(
                "Relationship",
                f"relationship-{len(self.elements)}",
                **{"from": start, "to": list(ends)},
                relationshipType=kind,
                completeness="incomplete" if self._cut_short() and comment else "noAssertion",
                comment=comment,
            )

    def _cut_short(self) -> bool:
        return bool(self.facts.gap_count) or not self.facts.of.closed

    def _model(self) -> str:
        model = self.add(
            "ai_AIPackage",
            "model",
            name=f"model of training {self.facts.of.name}",
            description=f"What the {self.facts.of.kind} made, if it made a model: only what went in was recorded.",
            software_primaryPurpose="model",
            ai_informationAboutTraining=_training(self.facts),
            ai_useSensitivePersonalInformation="noAssertion",
        )
        self.relate(model, "hasDeclaredLicense", NOASSERTION_LICENSE)
        self.relate(model, "hasConcludedLicense", NOASSERTION_LICENSE)
        return model

    def _build(self) -> str:
        about = self.facts.of
        return self.add(
            "build_Build",
            "session",
            name=f"training {about.name}",
            build_buildType=BUILD_TYPES[about.kind],
            build_buildId=about.id,
            build_buildStartTime=_seconds(about.started_at),
            build_buildEndTime=_seconds(about.ended_at),
        )

    def _dataset(self, use: SourceUse) -> str:
        source = use.source
        dataset = self.add(
            "dataset_DatasetPackage",
            source_name(use),
            name=source.source_id,
            comment=delivered_text(use.uses, use.observations),
            software_primaryPurpose="data",
            software_packageVersion=source.revision,
            software_downloadLocation=link(source.uri),
            suppliedBy=None if source.owner is None else self._agent(source.owner),
            dataset_datasetType=["noAssertion"],
            dataset_hasSensitivePersonalInformation="noAssertion",
        )
        self.relate(dataset, "hasDeclaredLicense", self._license(claimed_license(source)))
        self.relate(dataset, "hasConcludedLicense", self._license(conclude(source).expression))
        self._annotate(dataset, "other", json.dumps(use_statement(use), sort_keys=True), "application/json")
        return dataset

    def _agent(self, owner: str) -> str:
        return self.add("Agent", f"owner-{_short(owner)}", name=owner)

    def _license(self, text: str | None) -> str:
        """A licence as an expression; a text that is none stands behind a LicenseRef, word for word."""
        if text is None:
            return NOASSERTION_LICENSE
        found = expression(text)
        if found is None:
            name = f"LicenseRef-claim-{_short(text)}"
            return self._expression(name, {name: text})
        return self._expression(str(found), {name: _whereabouts(name) for name in _references(found)})

    def _expression(self, text: str, references: dict[str, str]) -> str:
        entries = [
            {"type": "DictionaryEntry", "key": name, "value": self._text(name, stated)}
            for name, stated in sorted(references.items())
        ]
        return self.add(
            "simplelicensing_LicenseExpression",
            f"license-{_short(text)}",
            simplelicensing_licenseExpression=text,
            simplelicensing_customIdToUri=entries or None,
        )

    def _text(self, name: str, stated: str) -> str:
        kind = "simplelicensing_SimpleLicensingText"
        return self.add(kind, f"text-{_short(name)}", name=name, simplelicensing_licenseText=stated)

    def _flow(self, build: str, model: str, datasets: dict[int, str]) -> None:
        """What went in and what came of it: `trainedOn` where a step is recorded, not where it was only delivered."""
        facts = self.facts
        said = delivered_text(facts.uses, facts.observations)
        for start, kind, uses, comment in (
            (build, "hasInput", inputs(facts), said),
            (model, "dependsOn", training_inputs(facts), said),
            (model, "trainedOn", trained_on(facts), None),
            (model, "testedOn", held_out(facts), None),
        ):
            self.relate(start, kind, *(datasets[use.sequence] for use in uses), comment=comment)
        self.relate(build, "hasOutput", model)

    def _statements(self, build: str, model: str) -> None:
        self._annotate(build, "other", json.dumps(log_statement(self.facts), sort_keys=True), "application/json")
        for conflict in self.facts.conflicts:
            self._annotate(model, "review", conflict_text(conflict), "text/plain")

    def _annotate(self, subject: str, kind: str, statement: str, media_type: str) -> None:
        name = f"annotation-{len(self.elements)}"
        self.add("Annotation", name, subject=subject, annotationType=kind, statement=statement, contentType=media_type)


def _training(facts: Report) -> str:
    return (
        f"{facts.observations} observations of {facts.samples} distinct samples in {facts.batches} batches were "
        f"delivered; {facts.unfingerprintable} have no fingerprint. Gaps in the record: {facts.gap_count}. "
        f"{root_text(facts)} {delivered_text(facts.uses, facts.observations)} {UNSEEN}"
    )


def _seconds(microseconds: int | None) -> str | None:
    text = moment(microseconds)
    return None if text is None else f"{text[:19]}Z"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _references(found: Expression) -> list[str]:
    names = [name for element in found.elements for name in (element.license, element.addition or "")]
    return [name for name in names if name.startswith(("LicenseRef-", "AdditionRef-"))]


def _whereabouts(name: str) -> str:
    """The record holds the names of such licences, and not their texts."""
    known = named(name)
    return f"{known.name}. Its text: {known.url}" if known.url else f"{known.name}. Its text was not recorded."
