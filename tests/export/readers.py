"""Exports as the libraries of their consumers take them. Import as `from export.readers import ...`.

Each reader fails where its library complains, and where we know the library to be blind.
"""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import mlcroissant
import spdx_python_model
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf.json_format import MessageToDict, ParseDict
from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementMessage
from securesystemslib.signer import SSlibKey
from spdx_python_model.bindings import v3_0_1 as model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CYCLONEDX = {"1.6": SchemaVersion.V1_6, "1.7": SchemaVersion.V1_7}
DIGESTS = {"sha256": 64, "gitCommit": 40, "originLogRoot": 64}
NO_LICENSE = "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense"


def accepted_bill(text: str, version: str) -> dict[str, Any]:
    """A bill of materials that the reference validator and our own checks accept."""
    assert JsonStrictValidator(CYCLONEDX[version]).validate_str(text) is None
    assert text.isascii()
    found: dict[str, Any] = json.loads(text)
    names = list(values(found, "bom-ref"))
    assert len(names) == len(set(names))
    assert set(references(found)) <= set(names)
    return found


def values(node: Any, wanted: str) -> Iterator[Any]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == wanted:
                yield value
            yield from values(value, wanted)
    elif isinstance(node, list):
        for item in node:
            yield from values(item, wanted)


def references(found: dict[str, Any]) -> Iterator[str]:
    """All references to a part of the document: the validator does not look whether they lead somewhere."""
    yield from values(found, "ref")
    for lists in ("dependsOn", "subjects", "assemblies", "dependencies"):
        for some in values(found, lists):
            yield from (one for one in some if isinstance(one, str))
    yield from (
        one["value"] for some in values(found, "properties") for one in some if one["name"] == "origin:component"
    )


def accepted_statement(text: str) -> Any:
    """A statement as the reference library holds it, which refuses fields that the specification does not know."""
    document = json.loads(text)
    statement = Statement.copy_from_pb(ParseDict(document, StatementMessage()))
    statement.validate()
    predicate = ParseDict(MessageToDict(statement.pb.predicate), Provenance())
    for descriptor in (
        *statement.pb.subject,
        *predicate.build_definition.resolved_dependencies,
        *predicate.run_details.byproducts,
    ):
        ResourceDescriptor.copy_from_pb(descriptor).validate()
        for algorithm, digest in descriptor.digest.items():
            assert re.fullmatch(f"[0-9a-f]{{{DIGESTS[algorithm]}}}", digest)
        assert not descriptor.uri or "://" in descriptor.uri
    assert MessageToDict(statement.pb) == document
    names = [subject.name for subject in statement.pb.subject]
    assert len(set(names)) == len(names)
    return document


def written_key(path: Path, key: Any, encryption: Any = None) -> Path:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()))
    return path


def public_key(key: bytes = bytes(32)) -> SSlibKey:
    return SSlibKey.from_crypto(ed25519.Ed25519PrivateKey.from_private_bytes(key).public_key())


def loaded_data_set(directory: Path) -> mlcroissant.Dataset:
    """A data set as its library reads it, without an error or a warning."""
    dataset = mlcroissant.Dataset(directory / "metadata.json")
    assert dataset.metadata.ctx.issues.report() == ""
    return dataset


def records(dataset: mlcroissant.Dataset, name: str) -> list[dict[str, Any]]:
    """The records of a set, with the names of the fields alone, and text as text."""
    return [
        {
            field.removeprefix(f"{name}/"): value.decode() if isinstance(value, bytes) else value
            for field, value in found.items()
        }
        for found in dataset.records(name)
    ]


class SpdxDocument:
    """A document as the library of the specification reads it, after that library and our own checks took it."""

    def __init__(self, text: str) -> None:
        self.json: dict[str, Any] = json.loads(text)
        _, self.objects = spdx_python_model.load_data(self.json)
        assert text.isascii()
        assert self.objects.link() <= {NO_LICENSE}  # each reference leads to an element
        elements = self.json["@graph"][1:]
        self.order = [one["spdxId"] for one in elements]
        assert len(set(self.order)) == len(self.order)
        (self.document,) = self.all("SpdxDocument")
        assert [one.spdxId for one in self.document.element] == self.order[:-1]
        again = io.BytesIO()
        model.JSONLDSerializer().write(self.objects, again)
        assert by_id(json.loads(again.getvalue())) == by_id(self.json)

    def all(self, kind: str) -> list[Any]:
        found = self.objects.foreach_type(getattr(model, kind))
        return sorted(found, key=lambda one: self.order.index(one.spdxId))

    def related(self, start: Any, kind: str) -> list[Any]:
        return [end for one in self.relationships(start, kind) for end in one.to]

    def relationships(self, start: Any, kind: str) -> list[Any]:
        return [
            one for one in self.all("Relationship") if one.from_ is start and one.relationshipType.endswith(f"/{kind}")
        ]

    def statements(self, subject: Any) -> list[str]:
        return [one.statement for one in self.all("Annotation") if one.subject is subject]

    def license(self, dataset: Any, kind: str) -> tuple[str | None, dict[str, str]]:
        """The expression (None: no assertion) and the texts behind its references."""
        (found,) = self.related(dataset, f"has{kind}License")
        if found == NO_LICENSE:
            return None, {}
        texts = {one.spdxId: one.simplelicensing_licenseText for one in self.all("simplelicensing_SimpleLicensingText")}
        references = {entry.key: texts[entry.value] for entry in found.simplelicensing_customIdToUri}
        return found.simplelicensing_licenseExpression, references


def by_id(document: dict[str, Any]) -> dict[str, Any]:
    return {one.get("spdxId", one.get("@id")): one for one in document["@graph"]}
