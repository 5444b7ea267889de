from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from export.documents import NOW, exported, record_licenses, with_idle_source
from export.readers import loaded_data_set, records
from export.statement_sessions import HUB, escaped, facts_of, record_mixed
from query.hostile import STRINGS
from query.recordings import record

from origin import ProvenanceDatabase
from origin.export import croissant, jsonl
from origin.export.files import write_directory
from origin.export.stated import log_statement, use_statement
from origin.hooks.base import Sample
from origin.query.engine import find_session
from origin.query.report import report
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable

# mlcroissant parses JSON-LD by rdflib, whose own parser still uses what rdflib deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

PAGE = Path(__file__).parents[2] / "docs" / "exports" / "croissant.md"


def made(path: Path) -> Path:
    """The directory of the latest session's export."""
    directory = path.parent / f"made-{len(list(path.parent.iterdir()))}"
    with Reader(path) as reader:
        write_directory(directory, croissant.files(reader, find_session(reader, "latest"), NOW))
    return directory


def lines(path: Path, kind: str) -> list[dict[str, Any]]:
    return [fact for line in exported(path, jsonl).splitlines() if (fact := json.loads(line))["type"] == kind]


def test_every_observation_is_read_back_as_it_was_recorded(path: Path) -> None:
    record_mixed(path)
    found = records(loaded_data_set(made(path)), "observations")
    assert found == [
        {name: {**batch, **one}[name] for name in croissant.FIELDS["observations"]}
        for batch in lines(path, "batch")
        for one in batch["observations"]
    ]
    assert len(found) == facts_of(path).observations == 9
    assert [one["kind"] for one in found].count("unfingerprintable") == 1
    assert (found[-2]["index"], found[-2]["key"], found[-2]["license"]) == (4, "key", None)


def test_sources_and_gaps_are_read_back(path: Path) -> None:
    record_mixed(path)
    dataset = loaded_data_set(made(path))
    stated = [use_statement(use) for use in facts_of(path).sources]
    found = records(dataset, "sources")
    for one in stated:
        one.update(one.pop("uses"))
    assert [{**one, "claims": json.loads(one["claims"])} for one in found] == stated
    assert [one["license"] for one in found] == ["CC-BY-SA-4.0", "CC-BY-SA-4.0", "GPL-2.0-only", "NOASSERTION"]
    assert records(dataset, "gaps") == [
        {name: gap[name] for name in croissant.FIELDS["gaps"]} for gap in lines(path, "gap")
    ]
    assert records(dataset, "gaps")[0]["observations"] is None


def test_the_metadata_states_what_the_record_does(path: Path) -> None:
    session_id = record_mixed(path)
    directory, facts = made(path), facts_of(path)
    metadata = json.loads((directory / "metadata.json").read_text())
    read = loaded_data_set(directory).metadata
    assert metadata["conformsTo"][0] == "http://mlcommons.org/croissant/1.1"
    # What the specification requires, and the validator does not ask for.
    for name in ("name", "description", "license", "url", "creator", "datePublished"):
        assert metadata[name]
    assert (read.name, read.license) == (f"training-data-of-session-{session_id}", ["NOASSERTION"])
    assert metadata["identifier"] == facts.root
    assert facts.root in read.description
    assert read.version == f"1.{facts.session.size}.0"
    assert read.data_collection_missing_data.startswith(
        "observer: 1 gaps, 1 batches, an unknown number of observations"
    )
    assert "no legal advice" in read.data_limitations[0]
    assert [one.isoformat()[:19] for one in read.data_collection_timeframe] == [
        log_statement(facts)[name][:19] for name in ("started_at", "ended_at")
    ]


def test_provenance_names_the_session_and_the_sources_that_delivered_something(path: Path) -> None:
    record_mixed(path)
    extra = loaded_data_set(made(path)).metadata.extra_properties
    facts = facts_of(path)
    activity = extra["prov:wasGeneratedBy"]
    assert json.loads(activity["prov:value"]) == log_statement(facts)
    sources = sorted(extra["prov:wasDerivedFrom"], key=lambda one: str(one["@id"].split("source-")[1]))
    assert [json.loads(one["prov:value"]) for one in sources] == [use_statement(use) for use in facts.sources]
    assert [(one["prov:label"], one["license"], one.get("prov:atLocation")) for one in sources] == [
        ("corpus", "https://creativecommons.org/licenses/by-sa/4.0/legalcode", HUB),
        ("corpus", "https://creativecommons.org/licenses/by-sa/4.0/legalcode", HUB),
        ("files", "https://www.gnu.org/licenses/old-licenses/gpl-2.0.html", None),
        ("scraped", "NOASSERTION", None),
    ]
    assert sources[0]["prov:wasAttributedTo"] == {"@type": "prov:Agent", "prov:label": "Example Org"}


def test_a_source_that_delivered_nothing_is_told_and_is_no_origin(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(path, [[b"a"]])
    monkeypatch.setattr(croissant, "report", with_idle_source)
    dataset = loaded_data_set(made(path))
    assert dataset.metadata.extra_properties["prov:wasDerivedFrom"]["prov:label"] == "train"
    assert [(one["source_id"], one["observations"]) for one in records(dataset, "sources")] == [
        ("train", 1),
        ("idle", 0),
    ]


def test_the_digests_and_sizes_are_those_of_the_files(path: Path) -> None:
    record_mixed(path)
    directory = made(path)
    distribution = json.loads((directory / "metadata.json").read_text())["distribution"]
    assert [file["contentUrl"] for file in distribution] == ["observations.jsonl", "sources.jsonl", "gaps.jsonl"]
    for file in distribution:
        content = (directory / file["contentUrl"]).read_bytes()
        assert (file["sha256"], file["contentSize"]) == (hashlib.sha256(content).hexdigest(), f"{len(content)} B")


def test_names_are_told_once_and_each_reference_leads_to_one(path: Path) -> None:
    record_mixed(path)
    metadata = json.loads((made(path) / "metadata.json").read_text())
    told: list[str] = []
    referred: list[str] = []
    todo: list[Any] = [{name: value for name, value in metadata.items() if name != "@context"}]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            if "@id" in node:
                (referred if len(node) == 1 else told).append(node["@id"])
            todo += node.values()
        elif isinstance(node, list):
            todo += node
    assert len(told) == len(set(told))
    assert set(referred) <= set(told)


def test_text_that_looks_like_a_number_stays_text(path: Path) -> None:
    batch = [Sample(b"a", "1e3", 2**62, "007"), Sample(b"b", "1e3", 0, "2026-01-02"), Sample(b"c", "1e3", None, "nan")]
    record(path, [batch])
    found = records(loaded_data_set(made(path)), "observations")
    assert [(one["source_id"], one["index"], one["key"]) for one in found] == [
        ("1e3", 2**62, "007"),
        ("1e3", 0, "2026-01-02"),
        ("1e3", None, "nan"),
    ]


@pytest.mark.parametrize("text", STRINGS.values(), ids=STRINGS)
def test_hostile_strings_are_data(path: Path, text: str) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source(text, text, text, text, text, text, text, {text: text})
    batch = [Sample(b"a", None, 1, text)]
    record(path, [batch], source=text, license_id=None, config_hash=text, metadata={text: text}, run_id=text)
    directory = made(path)
    dataset = loaded_data_set(directory)
    (observation,) = records(dataset, "observations")
    assert (observation["key"], observation["source_id"]) == (escaped(text), escaped(text))
    (source,) = records(dataset, "sources")
    assert {source[name] for name in ("source_id", "license", "uri", "owner", "revision")} == {escaped(text)}
    entity = dataset.metadata.extra_properties["prov:wasDerivedFrom"]
    assert (entity["license"], "prov:atLocation" in entity) == (escaped(text), False)
    stated = json.loads(dataset.metadata.extra_properties["prov:wasGeneratedBy"]["prov:value"])
    assert stated["config_hash"] == escaped(text)


def test_it_tells_what_the_fingerprints_are(path: Path) -> None:
    record(path, [[b"a"]], key=b"k" * 32)
    key_id = facts_of(path).session.begin.key_id
    collected = loaded_data_set(made(path)).metadata.data_collection
    assert collected.endswith(f"Fingerprints are HMAC-SHA256 under the key {key_id}, in lower-case hexadecimal.")


def test_licences_that_need_a_person_are_limitations(path: Path) -> None:
    record_licenses(path)
    limitations = loaded_data_set(made(path)).metadata.data_limitations
    for name in ("ambiguous", "denied", "text", "unknown", "disputed"):
        assert any(f"Licence of source {name} " in one for one in limitations)
    assert not any("Licence of source listed " in one for one in limitations)


@pytest.mark.parametrize("status", ["completed", None])
def test_a_session_without_an_observation_has_files_and_no_records(path: Path, status: str | None) -> None:
    record(path, [], status=status)
    directory = made(path)
    assert loaded_data_set(directory).metadata.record_sets == []
    assert (directory / "observations.jsonl").read_bytes() == b""
    timeframe = json.loads((directory / "metadata.json").read_text())["rai:dataCollectionTimeFrame"]
    assert len(timeframe) == (2 if status else 1)


def test_pieces_that_nobody_took_count_all_the_same(path: Path) -> None:
    record_mixed(path)
    with Reader(path) as reader:
        last: Iterable[str] = ()
        for _, pieces in croissant.files(reader, find_session(reader, "latest"), NOW):
            last = pieces
    assert "".join(last) == (made(path) / "metadata.json").read_text()


def test_the_export_takes_no_more_memory_for_more_batches(path: Path) -> None:
    batch = [b"%d" % number for number in range(100)]
    peaks = []
    for epochs in (20, 400):
        record(path, [batch], epochs=epochs)
        with Reader(path) as reader:
            session = find_session(reader, "latest")
            report(reader, session)
            tracemalloc.start()
            for _, pieces in croissant.files(reader, session, NOW):
                for _ in pieces:
                    pass
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 300_000


def test_the_commands_and_the_snippet_of_its_page_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_mixed(path)
    made(path).rename(path.parent / "training-data")
    monkeypatch.chdir(path.parent)
    page = PAGE.read_text()
    assert "    mlcroissant validate --jsonld training-data/metadata.json\n" in page
    command = [Path(sys.executable).parent / "mlcroissant", "validate", "--jsonld", "training-data/metadata.json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, "Done" in result.stderr) == (0, True)
    (snippet,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(snippet, {})  # noqa: S102 - our own page
