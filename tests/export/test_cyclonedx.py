from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.model.license import LicenseExpression
from cyclonedx.schema import _res as schemas
from export.documents import LICENSES, NOW, exported, record_licenses, with_idle_source
from export.readers import accepted_bill
from export.statement_sessions import HUB, escaped, facts_of, record_mixed
from query.hostile import STRINGS
from query.recordings import record

from origin import ProvenanceDatabase
from origin.export import cyclonedx, cyclonedx17
from origin.export.stated import log_statement, use_statement
from origin.licenses.identifiers import licenses
from origin.query.engine import find_session
from origin.storage.reads import Reader

MODULES = {"1.6": cyclonedx, "1.7": cyclonedx17}
PAGE = Path(__file__).parents[2] / "docs" / "exports" / "cyclonedx.md"


def bill(path: Path, version: str = "1.6") -> dict[str, Any]:
    return accepted_bill(exported(path, MODULES[version]), version)


def properties(node: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in node["properties"]}


def as_properties(facts: dict[str, Any]) -> dict[str, str]:
    return {
        f"origin:{name}": value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        for name, value in facts.items()
        if value is not None
    }


@pytest.mark.parametrize("version", MODULES)
def test_it_states_what_the_record_does(path: Path, version: str) -> None:
    session_id = record_mixed(path)
    found, facts = bill(path, version), facts_of(path)
    assert (found["specVersion"], found["metadata"]["timestamp"]) == (version, "2026-01-02T03:04:05.000000Z")
    assert found["metadata"]["component"]["name"] == f"training session {session_id}"
    assert properties(found["metadata"]) == as_properties(log_statement(facts))
    assert properties(found["metadata"])["origin:root"] == facts.root
    assert [properties(one) for one in found["components"][1:]] == [
        as_properties(use_statement(use)) for use in facts.sources
    ]
    workflow = found["formulation"][0]["workflows"][0]
    assert (workflow["uid"], len(workflow["inputs"])) == (session_id, 4)


def test_the_model_comes_first_with_the_data_sets_that_delivered_something(path: Path) -> None:
    record_mixed(path)
    found = bill(path)
    model, *sources = found["components"]
    assert (model["type"], {source["type"] for source in sources}) == ("machine-learning-model", {"data"})
    datasets = model["modelCard"]["modelParameters"]["datasets"]
    assert [(one["name"], properties(one["contents"])["origin:observations"]) for one in datasets] == [
        ("corpus", "3"),
        ("corpus", "2"),
        ("files", "2"),
        ("scraped", "2"),
    ]
    assert datasets[0]["contents"]["url"] == HUB
    assert datasets[0]["governance"] == {"owners": [{"organization": {"name": "Example Org"}}]}
    assert [(source["name"], source.get("version", "-")[:8], source["scope"]) for source in sources] == [
        ("corpus", "11111111", "required"),
        ("corpus", "22222222", "required"),
        ("files", "sha256:a", "required"),
        ("scraped", "-", "required"),
    ]
    assert "externalReferences" not in sources[2]  # file:///data/a|b is no URI
    assert found["dependencies"][1]["dependsOn"] == [source["bom-ref"] for source in sources]


def test_a_source_that_delivered_nothing_is_no_input(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(path, [[b"a"]])
    monkeypatch.setattr(cyclonedx, "report", with_idle_source)
    found = bill(path)
    model, used, idle = found["components"]
    assert [one["name"] for one in model["modelCard"]["modelParameters"]["datasets"]] == ["train"]
    assert (used["scope"], idle["scope"], idle["name"]) == ("required", "excluded", "idle")
    assert found["dependencies"][1]["dependsOn"] == [used["bom-ref"]]
    assert found["formulation"][0]["workflows"][0]["inputs"] == [{"resource": {"ref": used["bom-ref"]}}]
    assert idle["description"] == "Declared for the session; nothing of it was delivered."


def test_a_conflict_is_an_annotation_of_its_sources(path: Path) -> None:
    record_mixed(path)
    found, facts = bill(path), facts_of(path)
    meaning, conflict = found["annotations"]
    assert "no legal advice" in meaning["text"]
    assert [subject.split("-")[1] for subject in conflict["subjects"]] == ["1", "3", "5"]
    (stated,) = facts.conflicts
    for part in (*stated.licenses, stated.severity, stated.rule, stated.reason, stated.remedy, stated.authority):
        assert part in conflict["text"]


@pytest.mark.parametrize(
    ("status", "broken", "aggregate"),
    [("completed", False, "unknown"), ("completed", True, "incomplete"), (None, False, "incomplete")],
)
def test_gaps_and_an_open_end_make_it_incomplete(path: Path, status: str | None, broken: bool, aggregate: str) -> None:
    if broken:
        record_mixed(path)
    else:
        record(path, [[b"a"]], status=status)
    (composition,) = bill(path)["compositions"]
    assert composition == {"aggregate": aggregate, "dependencies": ["model"]}


def test_a_running_session_has_no_end(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        db.begin_session("experiment")
        db.flush()
        found = bill(path)
    assert properties(found["metadata"])["origin:status"] == "running"
    assert "timeEnd" not in found["formulation"][0]["workflows"][0]


def test_an_empty_session_has_a_model_and_no_data(path: Path) -> None:
    record(path, [])
    found = bill(path)
    assert [one["bom-ref"] for one in found["components"]] == ["model"]
    assert properties(found["metadata"])["origin:observations"] == "0"


def listed(how: str, license_id: str) -> dict[str, Any]:
    return {"license": {"acknowledgement": how, "id": license_id}}


def named(how: str, name: str, **more: str) -> dict[str, Any]:
    return {"license": {"acknowledgement": how, "name": name, **more}}


def choice(how: str, text: str) -> dict[str, Any]:
    return {"acknowledgement": how, "expression": text}


def both(make: Any, text: str, **more: str) -> list[dict[str, Any]]:
    return [make("declared", text, **more), make("concluded", text, **more)]


BY_NC_IGO = "https://creativecommons.org/licenses/by-nc/3.0/legalcode"
EXPECTED = {
    "listed": both(listed, "Apache-2.0"),
    "lower": both(listed, "MIT"),
    "named": [named("declared", "The MIT License"), listed("concluded", "MIT")],
    "choice": both(choice, "MIT OR Apache-2.0"),
    "exception": both(choice, "GPL-2.0-only WITH Classpath-exception-2.0"),
    "later": both(choice, "Apache-2.0+"),
    "deprecated": [listed("declared", "GPL-2.0"), listed("concluded", "GPL-2.0-only")],
    "newer": both(named, "CC-BY-NC-3.0-IGO", url=BY_NC_IGO),
    "custom": [
        named("declared", "llama3"),
        named("concluded", "LicenseRef-Llama-3", url="https://www.llama.com/llama3/license/"),
    ],
    "reference": both(named, "LicenseRef-Our-Terms"),
    "both": both(choice, "LicenseRef-Our-Terms AND MIT"),
    "document": both(named, "DocumentRef-other:LicenseRef-x"),
    "ambiguous": [named("declared", "GPL")],
    "denied": [named("declared", "no license")],
    "text": [named("declared", "ask | Bob (he knows)")],
    "unlisted": both(named, "Foo-1.0 OR MIT"),
    "unknown": None,
    "disputed": [listed("declared", "MIT")],
}


@pytest.mark.parametrize("version", MODULES)
def test_each_kind_of_licence_stands_in_its_field(path: Path, version: str) -> None:
    record_licenses(path)
    sources = bill(path, version)["components"][1:]
    assert {source["name"] for source in sources} == {*LICENSES, "disputed"}
    for source in sources:
        expected = EXPECTED[source["name"]]
        evidence = None
        if version == "1.6" and expected is not None and "expression" in expected[0]:
            expected, evidence = expected[:1], {"licenses": expected[1:]}
        assert (source.get("licenses"), source.get("evidence")) == (expected, evidence)


def stated(license_read: Any) -> str:
    if isinstance(license_read, LicenseExpression):
        return str(license_read.value)
    return str(license_read.id or license_read.name)


def test_what_the_library_reads_of_it_is_what_was_recorded(path: Path) -> None:
    record_licenses(path)
    read: Any = Bom.from_json(json.loads(exported(path, cyclonedx)))  # type: ignore[attr-defined] # made by a decorator
    found = {component.name: sorted(map(stated, component.licenses)) for component in read.components}
    assert found["listed"] == ["Apache-2.0", "Apache-2.0"]
    assert found["choice"] == ["MIT OR Apache-2.0"]
    assert found["custom"] == ["LicenseRef-Llama-3", "llama3"]
    assert found["unknown"] == []
    assert str(read.serial_number) == json.loads(exported(path, cyclonedx))["serialNumber"].removeprefix("urn:uuid:")


def test_the_ids_that_cyclonedx_does_not_take_are_known() -> None:
    schema = json.loads((Path(schemas.__file__).parent / "spdx.SNAPSHOT.schema.json").read_text())
    assert {row.id for row in licenses().values()} - set(schema["enum"]) == cyclonedx.NOT_IN_CYCLONEDX


@pytest.mark.parametrize("version", MODULES)
@pytest.mark.parametrize("text", STRINGS.values(), ids=STRINGS)
def test_hostile_strings_are_data(path: Path, text: str, version: str) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source(text, text, text, text, text, text, text, {text: text})
    record(path, [[b"a"]], source=text, license_id=None, config_hash=text, metadata={text: text}, run_id=text)
    found = bill(path, version)
    (source,) = found["components"][1:]
    assert (source["name"], source["version"]) == (escaped(text), escaped(text))
    assert source["supplier"] == {"name": escaped(text)}
    assert source["licenses"][0]["license"]["name"] == escaped(text)
    assert "externalReferences" not in source
    assert properties(found["metadata"])["origin:config_hash"] == escaped(text)


@pytest.mark.parametrize("revision", ["r" * 1025, "\0" * 257])
def test_a_revision_that_is_too_long_for_a_version_is_a_property(path: Path, revision: str) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source("train", revision=revision)
    record(path, [[b"a"]], license_id=None)
    (source,) = bill(path)["components"][1:]
    assert "version" not in source
    assert properties(source)["origin:revision"] == escaped(revision)


def test_the_document_does_not_grow_with_the_batches(path: Path) -> None:
    sizes = []
    for epochs in (2, 200):
        record(path, [[b"a"]], epochs=epochs)
        sizes.append(len(exported(path, cyclonedx)))
    assert abs(sizes[1] - sizes[0]) < 30


def test_the_snippet_of_its_page_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_mixed(path)
    monkeypatch.chdir(path.parent)
    (path.parent / "bom.json").write_text(exported(path, cyclonedx))
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    exec(snippet, {})  # noqa: S102 - our own page


def test_the_clock_is_the_only_time_that_is_not_recorded(path: Path) -> None:
    record_mixed(path)
    with Reader(path) as reader:
        session = find_session(reader, "latest")
        later = "".join(cyclonedx.export(reader, session, NOW.replace(year=2030)))
    assert later.replace("2030-01-02", "2026-01-02") == exported(path, cyclonedx)
