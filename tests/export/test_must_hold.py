"""What the exports promise, sentence by sentence, on one session that has all that is awkward, by the libraries of
those who read them.
"""

from __future__ import annotations

import base64
import copy
import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlcroissant
import pytest
from cli.command import NOW, origin
from cryptography.hazmat.primitives.asymmetric import ed25519
from export.readers import (
    CYCLONEDX,
    SpdxDocument,
    accepted_bill,
    accepted_statement,
    loaded_data_set,
    public_key,
    records,
    written_key,
)
from export.tracked_sessions import COMMIT, facts
from export.wandb_log import artifacts, keep_offline
from huggingface_hub import ModelCard
from query.hostile import STRINGS
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError

from origin import ProvenanceDatabase
from origin.cli.export import FORMATS
from origin.hooks.base import BaseHook, Sample
from origin.query.display import visible

if TYPE_CHECKING:
    from origin.query.report import Report

pytestmark = [
    # SQLAlchemy 2.1 deprecates a strategy with which MLflow 3.17 maps its own tables.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated"),
    # mlcroissant parses JSON-LD by rdflib, whose own parser still uses what rdflib deprecates.
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
]

BATCHES = 2000
HUB_ID = "stanfordnlp/imdb"
HUB_URI = f"hf://datasets/{HUB_ID}"
LOCAL_URI = "file:///data/a|b.csv"
SHORT = [text for text in STRINGS.values() if len(text) < 100]
HUB, LOCAL, UNLICENSED = (" ".join(SHORT[start::3]) for start in range(3))
"""Names of the three sources, in which each hostile string stands; the long one is in what else is told of them."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record: 2,000 batches with samples of a data set on the Hub, of a local file and of something unlicensed."""
    file = tmp_path_factory.mktemp("must hold") / "provenance.db"
    with ProvenanceDatabase(file) as db:
        db.register_source(HUB, "CC-BY-SA-4.0", HUB_URI, "publicly-available", COMMIT, STRINGS["long"])
        db.register_source(LOCAL, "GPL-2.0-only", LOCAL_URI, metadata=STRINGS)
        session = db.begin_session(STRINGS["surrogate"], STRINGS, run_id=STRINGS["html"])
        keys = list(STRINGS.values())
        batches = [
            [
                Sample(b"%d" % (number % 700), None, number, keys[number % len(keys)]),
                Sample(b"%d" % number, LOCAL, number),
                Sample(f"{number % 3}", UNLICENSED),
                Sample(b"%d" % number, UNLICENSED, number),
            ]
            for number in range(BATCHES)
        ]
        list(BaseHook(db, session.session_id, HUB).wrap(batches))
        session.end()
    return file


@pytest.fixture(scope="module")
def report(path: Path) -> Report:
    return facts(path)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_key(
        tmp_path_factory.mktemp("key") / "key.pem", ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    )


def export_all(path: Path, directory: Path, key: Path) -> Path:
    directory.mkdir()
    for form in FORMATS:
        written = origin(path, "export", "latest", "--format", form, "--now", NOW, "-o", str(directory / form))
        assert (written.code, written.err) == (0, "")
    signed = ("--format", "intoto", "--sign", str(key), "-o", str(directory / "signed"))
    assert origin(path, "export", "latest", *signed).code == 0
    return directory


@pytest.fixture(scope="module")
def exports(path: Path, key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every format, each under its name, and `signed`, a statement in its envelope."""
    return export_all(path, tmp_path_factory.mktemp("exports") / "first", key)


def test_the_session_has_all_that_is_awkward(report: Report) -> None:
    assert [use.source.source_id for use in report.sources] == [HUB, LOCAL, UNLICENSED]
    assert [use.source.license_id for use in report.sources] == ["CC-BY-SA-4.0", "GPL-2.0-only", None]
    assert [use.observations for use in report.sources] == [BATCHES, BATCHES, 2 * BATCHES]
    assert (report.batches, report.observations, len(report.conflicts)) == (BATCHES, 4 * BATCHES, 1)
    assert set(report.conflicts[0].licenses) == {"CC-BY-SA-4.0", "GPL-2.0-only"}
    assert {text for text in SHORT for name in (HUB, LOCAL, UNLICENSED) if text in name} == set(SHORT)


def test_the_model_card_is_valid_and_names_the_data_sets_of_the_hub_only(exports: Path, report: Report) -> None:
    card = ModelCard.load(exports / "huggingface")
    assert card.data.datasets == [HUB_ID]
    assert card.data["origin_provenance"]["root"] == report.root
    again = ModelCard(str(card))
    assert again.data.to_dict() == card.data.to_dict()


def test_a_fresh_mlflow_store_finds_the_run_by_the_digest_of_each_data_set_and_gives_its_source(
    path: Path, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = f"sqlite:///{tmp_path}/mlflow.db"
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    logged = origin(path, "--json", "export", "latest", "--to-mlflow", "new", "--tracking-uri", store)
    assert logged.code == 0, logged.err

    import mlflow.data
    from mlflow import MlflowClient

    found = {}
    for use in report.sources:
        digest = use.source.digest().hex()
        (run,) = MlflowClient(store).search_runs(["0"], f"dataset.digest = '{digest[:36]}'")
        assert run.info.run_id == logged.json["run_id"]
        assert run.data.tags["origin.root"] == report.root
        (one,) = (one for one in run.inputs.dataset_inputs if one.dataset.digest == digest[:36])
        assert {tag.key: tag.value for tag in one.tags}["origin.digest"] == digest
        assert one.dataset.name == visible(use.source.source_id)
        found[use.source.source_id] = mlflow.data.get_source(one)
    assert (found[HUB].path, found[HUB].revision) == (HUB_ID, COMMIT)
    assert [type(found[name]).__name__ for name in (HUB, LOCAL, UNLICENSED)] == [
        "HuggingFaceDatasetSource",
        "OriginDatasetSource",
        "OriginDatasetSource",
    ]
    assert (found[LOCAL].uri, found[UNLICENSED].uri) == (LOCAL_URI, None)
    assert list((tmp_path / "work").iterdir()) == []


def test_an_offline_run_of_wandb_contains_the_root(
    path: Path, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_offline(monkeypatch, tmp_path)
    logged = origin(path, "--json", "export", "latest", "--to-wandb", "models", "--now", NOW)
    assert logged.code == 0, logged.err
    folder = Path(logged.json["directory"])
    (artifact,) = artifacts(folder)
    assert json.loads(artifact["metadata"])["root"] == report.root
    files = {entry["path"]: Path(entry["local_path"]) for entry in artifact["manifest"]["contents"]}
    assert json.loads(files["session.json"].read_text())["root"] == report.root
    command = [sys.executable, "-m", "wandb", "sync", "--dry-run", str(folder)]
    monkeypatch.delenv("WANDB_SILENT")
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Would sync 1 run(s)" in told.stderr


@pytest.mark.parametrize(("form", "version"), [("cyclonedx", "1.6"), ("cyclonedx17", "1.7")])
def test_the_strict_validator_takes_both_versions_and_every_reference_resolves_once(
    exports: Path, report: Report, form: str, version: str
) -> None:
    assert set(CYCLONEDX) == {"1.6", "1.7"}
    found = accepted_bill((exports / form).read_text(), version)
    assert found["specVersion"] == version
    assert {"name": "origin:root", "value": report.root} in found["metadata"]["properties"]
    model, *sources = found["components"]
    assert len(sources) == len(model["modelCard"]["modelParameters"]["datasets"]) == 3


def test_croissant_is_valid_and_its_records_are_as_many_as_in_the_database(path: Path, exports: Path) -> None:
    command = [Path(sys.executable).parent / "mlcroissant", "validate", "--jsonld", "croissant/metadata.json"]
    told = subprocess.run(command, cwd=exports, capture_output=True, text=True, check=True)
    assert "Done" in told.stderr
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        counts = [
            database.execute(query).fetchone()[0]
            for query in ("SELECT count(*) FROM observations", "SELECT count(*) FROM sources")
        ]
    dataset = loaded_data_set(exports / "croissant")
    found = [records(dataset, name) for name in ("observations", "sources")]
    assert [len(some) for some in found] == counts == [4 * BATCHES, 3]
    assert [one["license"] for one in found[1]] == ["CC-BY-SA-4.0", "GPL-2.0-only", "NOASSERTION"]


@pytest.mark.parametrize("name", ["observations", "sources"])
@pytest.mark.parametrize("place", [0, 0.5, 1], ids=["first", "middle", "last"])
def test_one_flipped_byte_of_a_croissant_file_is_refused(
    exports: Path, tmp_path: Path, name: str, place: float
) -> None:
    for file in (exports / "croissant").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    content = bytearray((tmp_path / f"{name}.jsonl").read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    (tmp_path / f"{name}.jsonl").write_bytes(content)
    with pytest.raises(mlcroissant.GenerationError) as refused:
        records(loaded_data_set(tmp_path), name)
    assert "hash" in str(refused.value.__cause__).lower()


def test_the_statement_validates_and_its_envelope_verifies_until_one_thing_is_changed(
    exports: Path, report: Report
) -> None:
    statement = (exports / "intoto").read_bytes()
    (log, _) = accepted_statement(statement.decode())["subject"]
    assert log["digest"] == {"originLogRoot": report.root}

    document = json.loads((exports / "signed").read_text())
    envelope = Envelope.from_dict(copy.deepcopy(document))
    assert envelope.payload == statement
    assert list(envelope.verify([public_key()], 1).values()) == [public_key()]
    with pytest.raises(VerificationError):
        envelope.verify([public_key(b"1" * 32)], 1)
    changed = [{**document, "payloadType": "application/vnd.in-toto+JSON"}]
    for place in (0, len(statement) // 2, len(statement) - 1):
        payload = bytearray(statement)
        payload[place] ^= 1
        changed.append({**document, "payload": base64.b64encode(payload).decode()})
    signature = bytearray(base64.b64decode(document["signatures"][0]["sig"]))
    signature[7] ^= 1
    other = {**document["signatures"][0], "sig": base64.b64encode(signature).decode()}
    changed.append({**document, "signatures": [other]})
    for one in changed:
        with pytest.raises(VerificationError):
            Envelope.from_dict(copy.deepcopy(one)).verify([public_key()], 1)


def test_the_spdx_model_loads_and_re_serialises(exports: Path, report: Report) -> None:
    found = SpdxDocument((exports / "spdx").read_text())  # which serialises it again, and compares
    (build,), (package,) = found.all("build_Build"), found.all("ai_AIPackage")
    assert json.loads(found.statements(build)[0])["root"] == report.root
    assert len(found.related(build, "hasInput")) == len(found.related(package, "dependsOn")) == 3
    assert found.related(package, "trainedOn") == []  # delivered is all that is recorded


def test_two_exports_of_every_format_are_byte_identical(
    path: Path, exports: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # from elsewhere, too
    again = export_all(path, tmp_path / "second", key)
    first, second = (
        {str(file.relative_to(made)): file.read_bytes() for file in made.rglob("*") if file.is_file()}
        for made in (exports, again)
    )
    assert first.keys() >= {*FORMATS, "signed"} - {"croissant"}
    assert len(first) == len(FORMATS) + 4  # the envelope, and four files of Croissant
    assert first == second
    assert [name for name, content in first.items() if not content.isascii()] == ["huggingface"]


# Facts about the law: what each document asks for, by its number, and the fields that ask it.
EU = {
    "Head": "version last_update",
    "1.1": "provider representative",
    "1.2": "models base_model market_date",
    "1.3": "modalities text_size image_size audio_size video_size other_size "
    "text_content image_content audio_content video_content other_content "
    "latest_acquisition continuous_training languages other_characteristics",
    "2.1": "public_used public_modalities public_large public_others public_comments",
    "2.2.1": "licensed_used licensed_modalities",
    "2.2.2": "private_used private_modalities private_known private_description private_comments",
    "2.3": "crawlers_used crawler_names crawler_purposes crawler_behaviour crawl_period crawled_content "
    "crawled_modalities crawled_domains crawl_comments",
    "2.4": "interactions_used services_used services user_modalities user_comments",
    "2.5": "synthetic_used synthetic_modalities synthetic_market_models synthetic_other_models synthetic_comments",
    "2.6": "other_used other_description other_comments",
    "3.1": "code_of_practice reservation_measures reservation_comments",
    "3.2": "illegal_content_measures",
    "3.3": "other_processing",
}
AB2013 = {
    "(a)(1)": "sources_or_owners",
    "(a)(2)": "purpose",
    "(a)(3)": "data_points",
    "(a)(4)": "data_point_types",
    "(a)(5)": "protected public_domain protected_details",
    "(a)(6)": "purchased_or_licensed purchased_or_licensed_details",
    "(a)(7)": "personal_information personal_information_details",
    "(a)(8)": "aggregate_consumer_information aggregate_consumer_information_details",
    "(a)(9)": "processed processed_details",
    "(a)(10)": "collection_period collection_goes_on",
    "(a)(11)": "first_used",
    "(a)(12)": "synthetic synthetic_details",
}
OURS = {
    # Whether the shorter list of domains is allowed; what was recorded, beside the bands; room for more.
    "eu-ai-act": {"2.3": "small_enterprise", "1.3": "amount_recorded size_comments"},
    "ab2013": {"3110": "system developer", "(a)": "other_information"},
}
"""Fields that no list has, each for a reason."""


@pytest.mark.parametrize(("name", "asked"), [("eu-ai-act", EU), ("ab2013", AB2013)])
def test_every_field_that_the_law_asks_for_appears_exactly_once(path: Path, name: str, asked: dict[str, str]) -> None:
    wanted = [(number, key) for some in (asked, OURS[name]) for number, keys in some.items() for key in keys.split()]
    made: dict[str, str] = {}
    for form in ("md", "json"):
        told = origin(path, "report", name, "latest", "--format", form, "--now", NOW)
        assert (told.code, told.err) == (0, "")
        made[form] = told.out
    document: dict[str, Any] = json.loads(made["json"])
    fields = [field for section in document["sections"] for field in section["fields"]]
    table = name.replace("-", "_")
    assert sorted((field["number"], field["key"]) for field in fields) == sorted(
        (number, f"{table}.{key}") for number, key in wanted
    )
    titles = [f"{field['number']} {field['title']}" for field in fields]
    assert len(titles) == len(set(titles))
    assert re.findall("(?m)^### (.*)$", made["md"]) == titles
    assert re.findall(rf"(?m); `{table}\.(\w+)`\)$", made["md"]) == [
        field["key"].removeprefix(f"{table}.") for field in fields
    ]
