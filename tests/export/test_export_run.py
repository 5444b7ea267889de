"""Exports of a run: each as its consumer's own library takes it, all with the facts of the record."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cli.command import NOW as CLOCK
from cli.command import assert_one_line, origin
from export.documents import NOW
from export.readers import SpdxDocument, accepted_bill, accepted_statement, loaded_data_set, records
from export.test_consistency import LINES, NOT_COMPARED, survivors
from export.test_openlineage import check, rebuilt
from export.test_prov import attributes, loaded
from export.test_schemas import DOCS, spoiled
from export.wandb_log import artifacts, keep_offline
from huggingface_hub import ModelCard
from jsonschema import Draft202012Validator
from prov.model import ProvActivity, ProvUsage
from query.hostile import STRINGS
from query.recorded_runs import RUN, record_run, run_report_of
from query.recordings import record, tamper

from origin.cli.export import FORMATS
from origin.export.consistency import check_format
from origin.export.files import write_directory
from origin.export.identity import session_urn
from origin.export.recorded import Record
from origin.query.engine import find_session
from origin.query.report import report
from origin.query.scope import find_run_scope
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.query.report import Report

pytestmark = [
    # SQLAlchemy 2.1 deprecates a strategy with which MLflow 3.17 maps its own tables.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated"),
    # mlcroissant parses JSON-LD by rdflib, whose own parser still uses what rdflib deprecates.
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
]

WHOLE, LINE = (
    Draft202012Validator(json.loads((DOCS / "schemas" / f"{name}.json").read_text()))
    for name in ("origin-run-1", "origin-run-lines-1")
)


def differing(path: Path) -> None:
    for rank in (0, 1):
        record(path, [[b"a"]], config_hash=f"{rank}", metadata={"rank": rank}, run_id="run", rank=rank, world_size=2)


def hostile(path: Path) -> None:
    for rank in (0, 1):
        begin = {"config_hash": STRINGS["yaml"], "metadata": STRINGS, "rank": rank, "world_size": 2}
        record(path, [[b"a"]], run_id=" ".join(STRINGS.values())[:2000], source=STRINGS["html"], **begin)


RUNS: dict[str, Callable[[Path], None]] = {
    "whole": record_run,
    "a rank is missing": lambda path: record_run(path, ranks=(0, 2)),
    "a rank is there twice": lambda path: record_run(path, ranks=(0, 1, 1, 2)),
    "a rank was interrupted": lambda path: record_run(path, unfinished=(1,)),
    "a rank failed": lambda path: record_run(path, failed=(2,)),
    "one session": lambda path: record_run(path, ranks=(1,)),
    "no ranks": lambda path: record_run(path, rank=None, world_size=None),
    "sessions that differ": differing,
    "hostile": hostile,
    "a name like a file": lambda path: record_run(path, ranks=(0,), run_id="-a/b.jsonl"),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("run") / "provenance.db"
    record_run(file)
    return file


@pytest.fixture(scope="module")
def facts(run: Path) -> Report:
    return run_report_of(run)


def exported(path: Path, form: str, **options: Any) -> str:
    module = importlib.import_module(f"origin.export.{form}")
    with Reader(path) as reader:
        return "".join(module.export(reader, find_run_scope(reader, "latest"), NOW, **options))


@pytest.mark.parametrize("name", RUNS)
def test_all_formats_of_a_run_state_its_facts(path: Path, tmp_path: Path, name: str) -> None:
    RUNS[name](path)
    with Reader(path) as reader:
        about = find_run_scope(reader, "latest")
        found = Record(reader, about, NOW)
        checked = [check_format(found, reader, about, NOW, form, tmp_path) for form in FORMATS]
    assert [one.discrepancies for one in checked] == [()] * len(FORMATS)
    assert [one.format for one in checked] == list(FORMATS)
    assert [one.not_stated for one in checked] == [()] * len(FORMATS)


@pytest.mark.parametrize("name", RUNS)
def test_both_forms_of_json_are_as_their_schemas_say(path: Path, name: str) -> None:
    RUNS[name](path)
    WHOLE.validate(json.loads(exported(path, "json")))
    lines = [json.loads(line) for line in exported(path, "jsonl").splitlines()]
    for line in lines:
        LINE.validate(line)
    assert (lines[0]["type"], lines[-1]["type"]) == ("run", "end")
    start, end = (json.loads(line) for line in exported(path, "openlineage").splitlines())
    check(start)
    check(end)


def test_a_missing_renamed_or_added_key_is_invalid(run: Path) -> None:
    changes = list(spoiled(json.loads(exported(run, "json"))))
    assert len(changes) > 250
    assert [where for where, changed in changes if WHOLE.is_valid(changed)] == []
    for text in exported(run, "jsonl").splitlines()[:12]:
        assert [where for where, changed in spoiled(json.loads(text)) if LINE.is_valid(changed)] == []


def test_the_json_of_a_run_adds_up_to_what_the_sessions_have_each(run: Path, facts: Report) -> None:
    whole = json.loads(exported(run, "json"))
    module = importlib.import_module("origin.export.json")
    with Reader(run) as reader:
        each = [json.loads("".join(module.export(reader, session, NOW))) for session in facts.of.sessions]
    for name in ("observations", "unfingerprintable", "bytes", "entries"):
        assert whole[name] == sum(one[name] for one in each)
    for name in ("batches", "gaps", "notes", "used", "items"):
        assert len(whole[name]) == sum(len(one[name]) for one in each)
    every = [(one["sources"], batch) for one in each for batch in one["batches"]]
    assert whole["samples"] == len(
        {seen["fingerprint"] for _, batch in every for seen in batch["observations"] if seen["fingerprint"]}
    )
    digest_of = {source["entry"]: source["digest"] for source in whole["sources"]}
    found = Counter(
        (digest_of[seen["source_entry"]], seen["fingerprint"])
        for batch in whole["batches"]
        for seen in batch["observations"]
    )
    expected: Counter[tuple[str, str]] = Counter()
    for sources, batch in every:
        digests = {source["entry"]: source["digest"] for source in sources}
        expected.update((digests[seen["source_entry"]], seen["fingerprint"]) for seen in batch["observations"])
    assert found == expected
    sessions = {one["session_id"]: one["root"] for one in each}
    assert {one["session_id"]: one["root"] for one in whole["sessions"]} == sessions
    assert {batch["session_id"] for batch in whole["batches"]} == set(sessions)
    assert (whole["run_id"], whole["root"], whole["ranks"]["complete"]) == (RUN, facts.root, True)
    assert [conflict["run_id"] for conflict in whole["conflicts"]] == [RUN]


def test_what_is_not_there_is_said_and_not_made_up(path: Path) -> None:
    record_run(path, ranks=(0, 2), unfinished=(2,))
    found = json.loads(exported(path, "json"))
    assert (found["status"], found["ended_at"]) == ("interrupted", None)
    assert (found["ranks"]["missing"], found["ranks"]["complete"]) == ([[1, 1]], False)
    assert [(one["rank"], one["status"]) for one in found["sessions"]] == [(0, "completed"), (2, "interrupted")]
    card = exported(path, "huggingface")
    assert "| Ranks | of 3 ranks there is no session of 1 |" in card
    assert "| Sessions | 2 (1 completed, 1 interrupted) |" in card
    assert json.loads(exported(path, "cyclonedx"))["compositions"][0]["aggregate"] == "incomplete"
    assert json.loads(exported(path, "openlineage").splitlines()[1])["eventType"] == "ABORT"


def test_a_run_of_which_a_rank_is_missing_is_no_completed_run(path: Path) -> None:
    record_run(path, ranks=(1, 2))
    end = json.loads(exported(path, "openlineage").splitlines()[1])
    assert (end["eventType"], end["eventTime"]) == ("OTHER", "2026-01-02T03:04:05.000000Z")
    assert rebuilt(end).eventType.value == "OTHER"
    build = json.loads(exported(path, "intoto"))["predicate"]["runDetails"]["metadata"]
    assert build["invocationId"] == RUN
    assert "finishedOn" not in build


@pytest.mark.parametrize(("form", "version"), [("cyclonedx", "1.6"), ("cyclonedx17", "1.7")])
def test_a_bill_of_materials_names_the_run(run: Path, facts: Report, form: str, version: str) -> None:
    found = accepted_bill(exported(run, form), version)
    assert found["serialNumber"] == session_urn(facts)
    assert found["metadata"]["component"]["name"] == "training run job-7"
    assert {"name": "origin:run_id", "value": RUN} in found["metadata"]["properties"]
    model, *sources = found["components"]
    assert len(sources) == len(model["modelCard"]["modelParameters"]["datasets"]) == 5


def test_a_statement_is_about_the_root_and_the_lines_of_the_run(run: Path, facts: Report) -> None:
    log, lines = accepted_statement(exported(run, "intoto"))["subject"]
    assert log == {"name": f"origin-run-{RUN}", "digest": {"originLogRoot": facts.root}}
    digest = hashlib.sha256(exported(run, "jsonl").encode()).hexdigest()
    assert lines == {"name": f"origin-run-{RUN}.jsonl", "digest": {"sha256": digest}}


def test_the_library_of_spdx_takes_a_run(run: Path, facts: Report) -> None:
    found = SpdxDocument(exported(run, "spdx"))
    (build,), (package,) = found.all("build_Build"), found.all("ai_AIPackage")
    assert (build.build_buildId, package.name) == (RUN, "model of training run job-7")
    assert json.loads(found.statements(build)[0])["root"] == facts.root
    assert len(found.related(build, "hasInput")) == 5


def test_the_records_of_croissant_are_those_of_all_sessions(run: Path, facts: Report, tmp_path: Path) -> None:
    croissant = importlib.import_module("origin.export.croissant")
    with Reader(run) as reader:
        write_directory(tmp_path / "data", croissant.files(reader, find_run_scope(reader, RUN), NOW))
    dataset = loaded_data_set(tmp_path / "data")
    found = records(dataset, "observations")
    assert len(found) == facts.observations
    counted = Counter(one["session_id"] for one in found)
    assert counted == {part.session.begin.session_id: part.observations for part in facts.parts}
    assert len({(one["session_id"], one["entry"], one["position"]) for one in found}) == len(found)
    assert dataset.metadata.name == f"training-data-of-run-{RUN}"
    assert [one["session_id"] for one in records(dataset, "gaps")] == [facts.parts[0].session.begin.session_id]


def test_the_prov_package_takes_a_run(run: Path, facts: Report) -> None:
    document = loaded(exported(run, "prov"))
    (activity,) = document.get_records(ProvActivity)
    assert str(activity.identifier) == f"origin:run-{RUN}"
    assert attributes(activity)["run_id"] == RUN
    assert len(list(document.get_records(ProvUsage))) == 5
    with_batches = loaded(exported(run, "prov", batches=True))
    assert len(list(with_batches.get_records(ProvUsage))) == 5 + facts.batches


def test_openlineage_takes_the_run_as_a_run(run: Path, facts: Report) -> None:
    start, end = (json.loads(line) for line in exported(run, "openlineage").splitlines())
    assert [rebuilt(one).eventType.value for one in (start, end)] == ["START", "COMPLETE"]
    assert end["run"]["facets"]["origin_run"]["root"] == facts.root
    assert [one["name"] for one in end["inputs"]] == ["corpus", "extra", "files", "scraped"]


def test_a_model_card_of_a_run_is_valid_and_is_merged_and_replaced(run: Path, path: Path, tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("---\nlicense: mit\n---\n# Model\n")
    merged = ("--format", "huggingface", "-o", str(file))
    assert origin(run, "export", "--run", RUN, *merged).code == 0
    card = ModelCard.load(file)
    assert card.data["origin_provenance"]["run_id"] == RUN
    assert card.data["origin_provenance"]["session_count"] == 3
    assert card.data.datasets == ["example/corpus"]
    before = file.read_bytes()
    assert origin(run, "export", "--run", RUN, *merged).code == 0
    assert file.read_bytes() == before
    refused = origin(run, "export", "latest", *merged)
    assert_one_line(refused)
    assert "it states run job-7: give --force" in refused.err
    assert origin(run, "export", "latest", *merged, "--force").code == 0
    assert "origin_provenance" in file.read_text()
    assert f"begin run={RUN}" not in file.read_text()


def test_mlflow_holds_a_run_and_no_session_beside_it(
    run: Path, facts: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    store = ("--tracking-uri", f"sqlite:///{tmp_path}/mlflow.db")
    logged = origin(run, "--json", "export", "--run", RUN, "--to-mlflow", "new", *store)
    assert logged.code == 0, logged.err
    assert logged.json["origin_run_id"] == RUN

    from mlflow import MlflowClient

    client = MlflowClient(store[1])
    found = client.get_run(logged.json["run_id"])
    assert (found.data.tags["origin.run_id"], found.data.tags["origin.root"]) == (RUN, facts.root)
    assert found.info.status == "FINISHED"
    digests = {one.dataset.digest for one in found.inputs.dataset_inputs}
    assert digests == {use.source.digest().hex()[:36] for use in facts.sources}
    assert [one.path for one in client.list_artifacts(found.info.run_id, "origin")] == [
        "origin/card.md",
        "origin/run.json",
    ]
    again = ("--to-mlflow", found.info.run_id, *store)
    assert origin(run, "export", "--run", RUN, *again).code == 0
    refused = origin(run, "export", "latest", *again)
    assert_one_line(refused)
    assert f"holds run {RUN}" in refused.err


def test_an_offline_run_of_wandb_holds_the_run(
    run: Path, facts: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_offline(monkeypatch, tmp_path)
    logged = origin(run, "--json", "export", "--run", RUN, "--to-wandb", "models", "--now", CLOCK)
    assert logged.code == 0, logged.err
    (artifact,) = artifacts(Path(logged.json["directory"]))
    metadata = json.loads(artifact["metadata"])
    assert (metadata["run_id"], metadata["root"]) == (RUN, facts.root)
    files = {entry["path"]: Path(entry["local_path"]) for entry in artifact["manifest"]["contents"]}
    assert files.keys() == {"run.json", "card.md"}
    assert json.loads(files["run.json"].read_text())["root"] == facts.root


def test_two_exports_are_byte_identical_and_other_states_have_other_names(
    run: Path, tmp_path: Path, path: Path
) -> None:
    made = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        for form in FORMATS:
            options = ("--format", form, "--now", CLOCK, "-o", str(tmp_path / name / form))
            ran = origin(run, "export", "--run", "job", *options)
            assert (ran.code, ran.err) == (0, "")
        files = sorted(file for file in (tmp_path / name).rglob("*") if file.is_file())
        made.append({str(file.relative_to(tmp_path / name)): file.read_bytes() for file in files})
    assert made[0] == made[1]
    assert len(made[0]) == len(FORMATS) + 3  # Croissant has four files
    record_run(path, ranks=(0,))
    one = run_report_of(path)
    record_run(path, ranks=(1,))
    more = run_report_of(path)
    with Reader(path) as reader:
        session = Record(reader, find_session(reader, one.session.begin.session_id), NOW).report
    assert len({session_urn(found) for found in (one, more, session)}) == 3


def test_a_run_that_went_on_a_session_and_another_run_are_found_by_the_check(path: Path, tmp_path: Path) -> None:
    record_run(path, ranks=(0, 1))
    for form in FORMATS:
        assert origin(path, "export", "--run", RUN, "--format", form, "-o", str(tmp_path / form)).code == 0
    names = [str(tmp_path / form) for form in FORMATS]
    ran = origin(path, "--json", "export", "--run", RUN, "--check", *names)
    assert (ran.code, ran.json["run_id"]) == (0, RUN)
    record_run(path, ranks=(2,))
    for about in (("--run", RUN), ("latest",)):
        found = origin(path, "--json", "export", *about, "--check", *names).json["checked"]
        assert [one["agrees"] for one in found] == [False] * len(FORMATS)
        for one in found:
            assert "root" in {wrong["field"] for wrong in one["discrepancies"]}, one["format"]


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in ("croissant", "huggingface")])
def test_a_rank_that_was_said_to_be_another_is_found(path: Path, tmp_path: Path, form: str) -> None:
    record_run(path, ranks=(0, 2))
    text = exported(path, form)
    forged = text.replace("[[1,1]]", "[[7,7]]").replace("[[1, 1]]", "[[7, 7]]")
    if forged == text:  # an item a line
        forged = json.dumps(json.loads(text)).replace("[[1, 1]]", "[[7, 7]]")
    (tmp_path / form).write_text(forged)
    ran = origin(path, "--json", "export", "--run", RUN, "--check", str(tmp_path / form))
    assert ran.code == 1
    assert "ranks" in {wrong["field"] for wrong in ran.json["checked"][0]["discrepancies"]}


def test_a_damaged_run_is_told_in_one_line(path: Path) -> None:
    record_run(path)
    tamper(path, "UPDATE batch SET runs = '[[1,99,2]]' WHERE session = 2 AND sequence = 2")
    for command in (("card",), ("export",), ("export", "--format", "spdx")):
        assert_one_line(origin(path, *command, "--run", RUN))


@pytest.mark.parametrize("form", NOT_COMPARED)
def test_no_fact_of_a_run_can_be_changed_or_left_out_unseen(path: Path, tmp_path: Path, form: str) -> None:
    for rank in (0, 1):
        record(path, [[b"a", object()]], run_id="run", rank=rank, world_size=2)

    def write(document: Any) -> Path:
        file = tmp_path / "document"
        file.write_text("\n".join(map(json.dumps, document if form in LINES else [document])))
        return file

    with Reader(path) as reader:
        found = Record(reader, find_run_scope(reader, "run"), NOW)
        text = exported(path, form)
        document = list(map(json.loads, text.splitlines())) if form in LINES else json.loads(text)
        unseen = survivors(found, document, write)
    assert [one for one in sorted(unseen) if not re.fullmatch(f"-?({NOT_COMPARED[form]})", one)] == []


@pytest.mark.parametrize("form", ["json", "prov"])
def test_an_export_of_a_run_takes_no_more_memory_for_more_batches(path: Path, form: str) -> None:
    module = importlib.import_module(f"origin.export.{form}")
    peaks = []
    for name, epochs in (("short", 10), ("long", 200)):
        for rank in (0, 1):
            record(path, [[b"%d" % number for number in range(50)]], epochs=epochs, run_id=name, rank=rank)
        with Reader(path) as reader:
            about = find_run_scope(reader, name)
            tracemalloc.start()
            facts = report(reader, about)  # its sort holds up to 2**15 fingerprints at once; what comes on top counts
            counted = tracemalloc.get_traced_memory()[1]
            tracemalloc.reset_peak()
            size = sum(map(len, module.export(reader, about, NOW)))
            peaks.append(max(0, tracemalloc.get_traced_memory()[1] - counted))
            tracemalloc.stop()
        assert (facts.batches, size > 0) == (2 * epochs, True)
    assert peaks[1] - peaks[0] < 200_000
