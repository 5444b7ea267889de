from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from export.documents import LICENSES, NOW, exported, record_licenses, with_idle_source
from export.readers import SpdxDocument
from export.statement_sessions import HUB, escaped, facts_of, record_mixed
from ntia_conformance_checker import SbomChecker
from query.hostile import STRINGS
from query.recordings import record

from origin import ProvenanceDatabase
from origin.export import spdx
from origin.export.stated import inputs, log_statement, use_statement
from origin.query.engine import find_session
from origin.storage.reads import Reader

PAGE = Path(__file__).parents[2] / "docs" / "exports" / "spdx.md"


def document(path: Path) -> SpdxDocument:
    return SpdxDocument(exported(path, spdx))


def names(found: list[Any]) -> list[str]:
    return [one.name for one in found]


def test_it_states_what_the_record_does(path: Path) -> None:
    session_id = record_mixed(path)
    found, facts = document(path), facts_of(path)
    (build,) = found.all("build_Build")
    assert build.build_buildId == session_id
    (stated,) = found.statements(build)
    assert json.loads(stated) == log_statement(facts)
    assert json.loads(stated)["root"] == facts.root
    datasets = found.all("dataset_DatasetPackage")
    assert [[json.loads(one) for one in found.statements(dataset)] for dataset in datasets] == [
        [use_statement(use)] for use in facts.sources
    ]
    (package,) = found.all("ai_AIPackage")
    assert facts.root in package.ai_informationAboutTraining
    assert "9 observations of 4 distinct samples" in package.ai_informationAboutTraining


def test_each_declaration_of_a_source_is_a_data_set(path: Path) -> None:
    record_mixed(path)
    first, second, local, unknown = document(path).all("dataset_DatasetPackage")
    assert [first.software_packageVersion[:3], second.software_packageVersion[:3]] == ["111", "222"]
    assert (first.software_downloadLocation, first.suppliedBy.name) == (HUB, "Example Org")
    assert first.suppliedBy is second.suppliedBy
    assert (local.software_downloadLocation, local.suppliedBy) == (None, None)  # file:///data/a|b is no URI
    assert (unknown.name, unknown.software_packageVersion) == ("scraped", None)


def test_the_data_went_into_the_session_and_the_model_came_of_it(path: Path) -> None:
    record_mixed(path)
    found = document(path)
    (build,), (package,) = found.all("build_Build"), found.all("ai_AIPackage")
    datasets = found.all("dataset_DatasetPackage")
    assert found.related(build, "hasInput") == datasets
    assert found.related(build, "hasOutput") == [package]
    assert found.related(package, "dependsOn") == datasets
    for start, kind in ((build, "hasInput"), (package, "dependsOn")):
        (relationship,) = found.relationships(start, kind)
        assert "Whether an optimizer step used it is not known" in relationship.comment
        assert relationship.completeness.endswith("/incomplete")


def test_the_model_is_said_to_be_trained_on_what_is_recorded_as_trained_on_only(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_mixed(path)
    found = document(path)
    assert found.relationships(found.all("ai_AIPackage")[0], "trainedOn") == []
    monkeypatch.setattr(spdx, "trained_on", lambda facts: inputs(facts)[1:])
    found = document(path)
    trained = found.related(found.all("ai_AIPackage")[0], "trainedOn")
    assert trained == found.all("dataset_DatasetPackage")[1:]


def test_a_source_that_delivered_nothing_is_no_input(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(path, [[b"a"]])
    monkeypatch.setattr(spdx, "report", with_idle_source)
    found = document(path)
    assert names(found.all("dataset_DatasetPackage")) == ["train", "idle"]
    (build,), (package,) = found.all("build_Build"), found.all("ai_AIPackage")
    assert names(found.related(build, "hasInput")) == names(found.related(package, "dependsOn")) == ["train"]


def test_a_conflict_is_a_review_of_the_model(path: Path) -> None:
    record_mixed(path)
    found = document(path)
    (package,) = found.all("ai_AIPackage")
    (text,) = found.statements(package)
    (stated,) = facts_of(path).conflicts
    for part in (*stated.licenses, *stated.sources, stated.rule, stated.reason, stated.remedy, "no legal advice"):
        assert part in text


OURS = {"LicenseRef-Our-Terms": "LicenseRef-Our-Terms. Its text was not recorded."}
LLAMA = {
    "LicenseRef-Llama-3": "Llama 3 Community License Agreement. Its text: https://www.llama.com/llama3/license/",
}
EXPECTED: dict[str, tuple[Any, Any]] = {
    "listed": ("Apache-2.0", "Apache-2.0"),
    "lower": ("MIT", "MIT"),
    "named": (None, "MIT"),
    "choice": ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
    "exception": ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
    "later": ("Apache-2.0+", "Apache-2.0+"),
    "deprecated": ("GPL-2.0", "GPL-2.0-only"),
    "newer": ("CC-BY-NC-3.0-IGO", "CC-BY-NC-3.0-IGO"),
    "custom": (None, ("LicenseRef-Llama-3", LLAMA)),
    "reference": (("LicenseRef-Our-Terms", OURS), ("LicenseRef-Our-Terms", OURS)),
    "both": (("LicenseRef-Our-Terms AND MIT", OURS), ("LicenseRef-Our-Terms AND MIT", OURS)),
    "document": (None, LICENSES["document"]),
    "ambiguous": (None, "NOASSERTION"),
    "denied": (None, "NOASSERTION"),
    "text": (None, "NOASSERTION"),
    "unlisted": (None, LICENSES["unlisted"]),
    "unknown": ("NOASSERTION", "NOASSERTION"),
    "disputed": ("MIT", "NOASSERTION"),
}
"""The declared and the concluded licence. None: the words of the claim stand behind a reference."""


def test_each_kind_of_licence_stands_in_its_element(path: Path) -> None:
    record_licenses(path)
    found = document(path)
    datasets = {one.name: one for one in found.all("dataset_DatasetPackage")}
    assert datasets.keys() == {*LICENSES, "disputed"} == EXPECTED.keys()
    for name, (declared, concluded) in EXPECTED.items():
        check(found.license(datasets[name], "Declared"), LICENSES.get(name), declared)
        if name in ("document", "unlisted"):  # no SPDX expression, so words here too
            check(found.license(datasets[name], "Concluded"), concluded, None)
        else:
            check(found.license(datasets[name], "Concluded"), None, concluded)


def check(found: tuple[str | None, dict[str, str]], claim: str | None, expected: Any) -> None:
    text, references = found
    if expected == "NOASSERTION":
        assert found == (None, {})
    elif expected is None:
        assert text is not None
        assert re.fullmatch(r"LicenseRef-claim-[0-9a-f]{16}", text)
        assert references == {text: claim}
    else:
        assert found == (expected if isinstance(expected, tuple) else (expected, {}))


def test_a_conformance_checker_misses_what_the_record_does_not_know_and_nothing_else(path: Path) -> None:
    record_mixed(path)
    file = path.with_suffix(".spdx.json")
    file.write_text(exported(path, spdx))
    checker = SbomChecker(str(file), sbom_spec="spdx3")
    assert (checker.parsing_errors, checker.validation_messages) == ([], [])
    assert not checker.has_unknown_pointers
    assert (checker.doc_author, checker.doc_timestamp, checker.dependency_relationships) == (True, True, True)
    assert checker.components_without_names == checker.components_without_identifiers == []
    model_name = f"model of training session {facts_of(path).session.begin.session_id}"
    assert {name for name, _ in checker.components_without_suppliers} == {"files", "scraped", model_name}
    assert {name for name, _ in checker.components_without_versions} == {"scraped", model_name}


@pytest.mark.parametrize("text", STRINGS.values(), ids=STRINGS)
def test_hostile_strings_are_data(path: Path, text: str) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source(text, text, text, text, text, text, text, {text: text})
    record(path, [[b"a"]], source=text, license_id=None, config_hash=text, metadata={text: text}, run_id=text)
    found = document(path)
    (dataset,) = found.all("dataset_DatasetPackage")
    assert (dataset.name, dataset.software_packageVersion) == (escaped(text), escaped(text))
    assert (dataset.suppliedBy.name, dataset.software_downloadLocation) == (escaped(text), None)
    (build,) = found.all("build_Build")
    assert json.loads(found.statements(build)[0])["config_hash"] == escaped(text)
    declared, references = found.license(dataset, "Declared")
    assert references == {declared: escaped(text)}


def test_an_empty_session_has_a_model_and_no_data(path: Path) -> None:
    record(path, [])
    found = document(path)
    (package,) = found.all("ai_AIPackage")
    assert found.all("dataset_DatasetPackage") == found.related(package, "dependsOn") == []


def test_a_running_session_has_no_end(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        db.begin_session("experiment")
        db.flush()
        found = document(path)
    (build,) = found.all("build_Build")
    assert build.build_buildStartTime is not None
    assert build.build_buildEndTime is None
    assert json.loads(found.statements(build)[0])["status"] == "running"


def test_the_same_record_and_clock_give_the_same_bytes(path: Path) -> None:
    record_mixed(path)
    assert exported(path, spdx) == exported(path, spdx)
    with Reader(path) as reader:
        later = "".join(spdx.export(reader, find_session(reader, "latest"), NOW.replace(year=2030)))
    assert later.replace("2030-01-02", "2026-01-02") == exported(path, spdx)


def test_the_snippet_of_its_page_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_mixed(path)
    monkeypatch.chdir(path.parent)
    (path.parent / "session.spdx.json").write_text(exported(path, spdx))
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    exec(snippet, {})  # noqa: S102 - our own page
