from __future__ import annotations

import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from export.tracked_sessions import (
    COMMIT,
    LATER,
    facts,
    record_hostile,
    record_more,
    record_sources,
    snippet,
    with_idle_source,
)
from export.trained_sessions import record_training
from query.hostile import STRINGS
from query.recordings import record

from origin import ProvenanceDatabase
from origin.core.record import Source
from origin.errors import NotFoundError, StorageError, UsageError
from origin.export import json as json_export
from origin.export.facts import declaration_facts
from origin.hooks.base import BaseHook
from origin.licenses.rule_set import RULE_SET
from origin.query.engine import find_session
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlflow import MlflowClient
    from mlflow.entities import Run

# SQLAlchemy 2.1 deprecates a strategy with which MLflow 3.17 maps its own tables.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated")

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite store: MLflow takes seconds to make its tables."""
    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine

        engine = create_sqlalchemy_engine(f"sqlite:///{path}")
        _initialize_tables(engine)
        engine.dispose()
    return path


@pytest.fixture
def sqlite(tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A tracking store of its own, with its artifacts beside it."""
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(tables, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path}/mlflow.db"


@pytest.fixture(params=["sqlite", "file"])
def store(request: pytest.FixtureRequest, sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, and a store of files."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return sqlite if request.param == "sqlite" else (tmp_path / "mlruns").as_uri()


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Our kind of source, also where the installed package does not have its entry point yet."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow.data.dataset_source_registry import get_registered_sources, register_dataset_source

    from origin.export.mlflow_source import OriginDatasetSource

    known = OriginDatasetSource in get_registered_sources()
    if not known:
        register_dataset_source(OriginDatasetSource)
    yield
    if not known:
        get_registered_sources().remove(OriginDatasetSource)


def client(store: str) -> MlflowClient:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=store)


def log(path: Path, store: str, run_id: str | None = None, session: str = "latest", **options: Any) -> str:
    from origin.export.mlflow import log_to_mlflow

    with Reader(path) as reader:
        return log_to_mlflow(reader, find_session(reader, session), NOW, run_id, store, **options)


def inputs(run: Run) -> dict[str, tuple[Any, dict[str, str]]]:
    """The data sets of a run and the tags of its inputs, by digest."""
    return {
        one.dataset.digest: (one.dataset, {tag.key: tag.value for tag in one.tags}) for one in run.inputs.dataset_inputs
    }


def test_the_library_is_the_library() -> None:
    import mlflow

    import origin.export.mlflow as ours

    assert mlflow.__file__ != ours.__file__
    assert ours.MlflowClient is mlflow.MlflowClient


def test_a_store_finds_the_run_by_the_digest_of_a_declaration(path: Path, store: str) -> None:
    session = record_sources(path)
    run_id = log(path, store)
    report = facts(path)
    for use in report.sources:
        digest = use.source.digest().hex()
        found = client(store).search_runs(["0"], f"dataset.digest = '{digest[:36]}' and dataset.context = 'training'")
        assert [run.info.run_id for run in found] == [run_id]
        dataset, tags = inputs(found[0])[digest[:36]]
        assert dataset.name == use.source.source_id
        # MLflow keeps the first profile for good, so nothing in it may depend on the session or on the rules.
        declared = declaration_facts(use.source)
        del declared["license_concluded"], declared["license_status"]
        assert json.loads(dataset.profile) == declared
        assert tags == {
            "mlflow.data.context": "training",
            "origin.digest": digest,
            "origin.session_id": session,
            "origin.entry": str(use.sequence),
            "origin.observations": str(use.observations),
            "origin.samples": str(use.samples),
            "origin.uses": '{"trained":null,"skipped":null,"evaluated":null}',
            "origin.recorded": "samples delivered to the loop",
            "origin.license_declared": use.source.license_id or "NOASSERTION",
            "origin.license_concluded": use.source.license_id or "NOASSERTION",
            "origin.license_status": "resolved" if use.source.license_id else "unknown",
            "origin.rule_set": RULE_SET,
        }
    by_name = client(store).search_runs(["0"], "dataset.name = 'imdb'")
    assert [run.info.run_id for run in by_name] == [run_id]
    assert len(by_name[0].inputs.dataset_inputs) == len(report.sources) == 5


def test_get_source_gives_each_source_in_the_kind_that_it_is(path: Path, store: str) -> None:
    import mlflow.data

    record_sources(path)
    found = []
    for one in client(store).get_run(log(path, store)).inputs.dataset_inputs:
        source = mlflow.data.get_source(one)
        found.append((one.dataset.source_type, type(source).__name__, source.to_dict()))
    local = Source("local", "GPL-2.0-only", "file:///data/a|b.csv", owner="Jane")
    stored = next(use.source for use in facts(path).sources if use.source.source_id == "local")
    assert (stored.uri, stored.owner) == (local.uri, local.owner)
    nothing = {"config_name": None, "data_dir": None, "data_files": None, "split": "None"}
    assert sorted(found, key=str) == sorted(
        [
            ("hugging_face", "HuggingFaceDatasetSource", {"path": "stanfordnlp/imdb", "revision": COMMIT, **nothing}),
            ("hugging_face", "HuggingFaceDatasetSource", {"path": "stanfordnlp/imdb", "revision": LATER, **nothing}),
            ("hugging_face", "HuggingFaceDatasetSource", {"path": "allenai/c4", "revision": "main", **nothing}),
            ("http", "HTTPDatasetSource", {"url": "https://example.org/pages.tar"}),
            (
                "origin",
                "OriginDatasetSource",
                {
                    "source_id": "local",
                    "digest": stored.digest().hex(),
                    "uri": "file:///data/a|b.csv",
                    "revision": None,
                },
            ),
        ],
        key=str,
    )


def test_a_split_that_is_not_known_does_not_become_a_name(path: Path, sqlite: str) -> None:
    import mlflow.data

    record_sources(path)
    run = client(sqlite).get_run(log(path, sqlite))
    hub = next(one for one in run.inputs.dataset_inputs if one.dataset.name == "c4")
    assert mlflow.data.get_source(hub).split is None


def test_our_kind_of_source_says_that_it_holds_no_samples(path: Path, sqlite: str) -> None:
    import mlflow.data

    record(path, [[b"a"]])
    (found,) = client(sqlite).get_run(log(path, sqlite)).inputs.dataset_inputs
    with pytest.raises(NotFoundError, match="'train' cannot be loaded: Origin records no samples"):
        mlflow.data.get_source(found).load()


def test_the_entry_point_makes_a_fresh_process_read_the_source(path: Path, tmp_path: Path, sqlite: str) -> None:
    record(path, [[b"a"]])
    run_id = log(path, sqlite)
    package = tmp_path / "site" / "origin_entry-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: origin-entry\nVersion: 1\n")
    (package / "entry_points.txt").write_text(
        "[mlflow.dataset_source]\norigin = origin.export.mlflow_source:OriginDatasetSource\n"
    )
    script = (
        "import sys, mlflow, mlflow.data\n"
        "(one,) = mlflow.MlflowClient(tracking_uri=sys.argv[1]).get_run(sys.argv[2]).inputs.dataset_inputs\n"
        "print(mlflow.data.get_source(one).source_id, 'origin.export.mlflow' in sys.modules)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, sqlite, run_id],
        env={**os.environ, "PYTHONPATH": str(package.parent), "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "train False\n"


def test_what_was_held_out_has_the_context_evaluation(path: Path, sqlite: str) -> None:
    record_training(path)
    run = client(sqlite).get_run(log(path, sqlite))
    tags = {one.dataset.name: {tag.key: tag.value for tag in one.tags} for one in run.inputs.dataset_inputs}
    assert {name: one["mlflow.data.context"] for name, one in tags.items()} == {
        "train": "training",
        "held": "evaluation",
        "seen": "training",
    }
    assert json.loads(tags["held"]["origin.uses"]) == {"trained": 0, "skipped": 0, "evaluated": 4}


def test_tags_of_the_run_state_the_session(path: Path, store: str) -> None:
    session = record_sources(path)
    run = client(store).get_run(log(path, store))
    report = facts(path)
    tags = {name.removeprefix("origin."): value for name, value in run.data.tags.items() if name.startswith("origin.")}
    assert json.loads(tags.pop("data_licenses")) == {
        "licenses": [
            {"license": "Apache-2.0", "status": "resolved", "observations": 5},
            {"license": "NOASSERTION", "status": "unknown", "observations": 1},
            {"license": "CC-BY-NC-4.0", "status": "resolved", "observations": 1},
            {"license": "GPL-2.0-only", "status": "resolved", "observations": 1},
        ],
        "left_out": 0,
    }
    assert tags == {
        "session_id": session,
        "status": "completed",
        "root": report.root,
        "entries": str(report.session.size),
        "config_hash": "experiment",
        "recorded": "samples delivered to the loop",
        "batches": "2",
        "observations": "8",
        "samples": "5",
        "unfingerprintable": "1",
        "bytes": str(report.size),
        "uses": '{"steps_seen":"never","optimizer_steps":null,"trained":null,"skipped":null,"evaluated":null}',
        "sources": "5",
        "gaps": "1",
        "conflicts": str(len(report.conflicts)),
        "rule_set": RULE_SET,
        "recorded_by": "Origin 0.1.0",
        "exported_by": "Origin 0.1.0",
        "review": "Licence verdicts are flags for human review, never legal advice.",
    }


def test_the_export_and_the_card_are_artifacts(path: Path, store: str, tmp_path: Path) -> None:
    record_sources(path)
    run_id = log(path, store, card="# Card\n")
    one = client(store)
    assert sorted(item.path for item in one.list_artifacts(run_id, "origin")) == [
        "origin/card.md",
        "origin/session.json",
    ]
    (tmp_path / "down").mkdir()
    folder = one.download_artifacts(run_id, "origin", str(tmp_path / "down"))
    with Reader(path) as reader:
        expected = "".join(json_export.export(reader, find_session(reader, "latest"), NOW))
    with open(f"{folder}/session.json", encoding="utf-8") as stream:  # noqa: PTH123 - a path of MLflow's
        assert stream.read() == expected
    with open(f"{folder}/card.md", encoding="utf-8") as stream:  # noqa: PTH123
        assert stream.read() == "# Card\n"


@pytest.mark.parametrize(
    ("status", "expected"), [("completed", "FINISHED"), ("failed", "FAILED"), ("interrupted", "KILLED")]
)
def test_a_new_run_has_the_times_and_the_status_of_the_session(
    path: Path, sqlite: str, status: str, expected: str
) -> None:
    session = record(path, [[b"a"]], status=status)
    run = client(sqlite).get_run(log(path, sqlite, experiment="provenance"))
    begin, end = facts(path).session.begin, facts(path).session.end
    assert end is not None
    assert (run.info.status, run.info.start_time, run.info.end_time) == (
        expected,
        begin.started_at // 1000,
        end.ended_at // 1000,
    )
    assert run.info.run_name == f"origin {session[:12]}"
    experiment = client(sqlite).get_experiment(run.info.experiment_id)
    assert experiment.name == "provenance"


def test_the_run_of_the_training_keeps_what_is_its_own(path: Path, store: str) -> None:
    record_sources(path)
    one = client(store)
    run_id = one.create_run("0", tags={"mine": "1"}).info.run_id
    one.log_param(run_id, "lr", 0.1)
    assert log(path, store, run_id) == run_id
    run = one.get_run(run_id)
    assert (run.info.status, run.data.params, run.data.tags["mine"]) == ("RUNNING", {"lr": "0.1"}, "1")
    assert len(run.inputs.dataset_inputs) == 5


def test_logging_a_session_again_changes_nothing(path: Path, store: str) -> None:
    record_sources(path)
    run_id = log(path, store)
    before = client(store).get_run(run_id)
    log(path, store, run_id)
    after = client(store).get_run(run_id)
    assert after.data.tags == before.data.tags
    assert {key: value[1] for key, value in inputs(after).items()} == {
        key: value[1] for key, value in inputs(before).items()
    }


def test_two_sessions_share_the_data_set_and_keep_their_counts(path: Path, store: str) -> None:
    first = record(path, [[b"a"]])
    second = record(path, [[b"a", b"b"]])
    runs = [log(path, store, session=session) for session in (first, second)]
    tags = [next(iter(inputs(client(store).get_run(run_id)).values()))[1] for run_id in runs]
    assert [one["origin.observations"] for one in tags] == ["1", "2"]
    (digest,) = inputs(client(store).get_run(runs[0]))
    found = client(store).search_runs(["0"], f"dataset.digest = '{digest}'")
    assert {run.info.run_id for run in found} == set(runs)


def test_a_run_holds_one_session_as_it_was_logged(path: Path, sqlite: str) -> None:
    session = record(path, [[b"a"]], status=None)
    run_id = log(path, sqlite)
    run = client(sqlite).get_run(run_id)
    assert (run.info.status, run.data.tags["origin.status"]) == ("KILLED", "interrupted")
    record_more(path, session)
    with pytest.raises(UsageError, match="holds this session as it was before it went on: log to another run"):
        log(path, sqlite, run_id)
    again = client(sqlite).get_run(log(path, sqlite))
    assert again.data.tags["origin.observations"] == "2"
    record(path, [[b"b"]])
    with pytest.raises(UsageError, match=f"holds session {session[:12]}: log to another run"):
        log(path, sqlite, run_id)


def test_a_session_that_still_runs_leaves_its_run_running(path: Path, sqlite: str) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("open"):
        run = client(sqlite).get_run(log(path, sqlite))
    assert (run.info.status, run.info.end_time, run.data.tags["origin.status"]) == ("RUNNING", None, "running")


def artifact_places(store: str) -> dict[str, str]:
    return {one.name: one.artifact_location for one in client(store).search_experiments()}


@pytest.mark.parametrize("name", ["mlflow.db", "a b#c%41?.db"])
def test_a_new_sqlite_store_keeps_its_artifacts_beside_it(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: Path, name: str
) -> None:
    record(path, [[b"a"]])
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    shutil.copyfile(tables, home / name)
    store = f"sqlite:///{quote(str(home / name))}"
    runs = [log(path, store), log(path, store, experiment="ours/é")]
    assert [len(client(store).list_artifacts(run_id, "origin")) for run_id in runs] == [1, 1]
    artifacts = home / f"{name.removesuffix('.db')}-artifacts"
    assert set(home.iterdir()) == {home / name, artifacts}
    assert {one.parent for one in artifacts.iterdir()} == {artifacts}
    assert all(place.startswith(f"{artifacts.as_uri()}/") for place in artifact_places(store).values())
    assert list(elsewhere.iterdir()) == []


def test_a_store_that_is_in_use_keeps_its_artifacts_where_they_are(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite: str
) -> None:
    record(path, [[b"a"]])
    run_id = client(sqlite).create_run("0").info.run_id
    before = artifact_places(sqlite)
    monkeypatch.chdir(tmp_path.parent)
    log(path, sqlite, run_id)
    assert artifact_places(sqlite) == before == {"Default": str(tmp_path / "mlruns" / "0")}
    assert (tmp_path / "mlruns" / "0" / run_id / "artifacts" / "origin" / "session.json").is_file()


def test_the_command_leaves_the_working_folder_and_stderr_alone(path: Path, tmp_path: Path) -> None:
    session = record(path, [[b"a"]])
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    command = [sys.executable, "-m", "origin", "--db", str(path), "export", "latest", "--to-mlflow", "new"]
    result = subprocess.run(
        [*command, "--tracking-uri", f"sqlite:///{home}/mlflow.db"],
        cwd=elsewhere,
        env={name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (re.sub("[0-9a-f]{32}", "RUN", result.stdout), result.stderr) == ("logged to the MLflow run RUN\n", "")
    assert list(elsewhere.iterdir()) == []
    assert {one.name for one in home.iterdir()} == {"mlflow.db", "mlflow-artifacts"}
    (run,) = client(f"sqlite:///{home}/mlflow.db").search_runs(["0"])
    assert run.data.tags["origin.session_id"] == session


def test_what_cannot_be_logged_to_is_told_in_one_line(path: Path, sqlite: str) -> None:
    record(path, [[b"a"]])
    with pytest.raises(StorageError, match="MLflow refused") as caught:
        log(path, sqlite, "0" * 32)
    assert "\n" not in str(caught.value)
    run_id = log(path, sqlite)
    client(sqlite).delete_run(run_id)
    with pytest.raises(UsageError, match="was deleted: restore it or name another"):
        log(path, sqlite, run_id)
    with pytest.raises(StorageError, match="MLflow refused"):
        log(path, "nonsense://x")


def test_a_run_that_was_made_and_could_not_be_filled_is_taken_back(path: Path, sqlite: str) -> None:
    record(path, [[b"a"]])
    with pytest.raises(UnicodeEncodeError):
        log(path, sqlite, card="\ud800")
    assert client(sqlite).search_runs(["0"]) == []


def test_an_empty_session_is_a_run_without_inputs(path: Path, store: str) -> None:
    record(path, [])
    run = client(store).get_run(log(path, store))
    assert run.inputs.dataset_inputs == []
    assert run.data.tags["origin.observations"] == "0"


def test_a_source_that_gave_no_sample_is_no_input(path: Path, sqlite: str) -> None:
    from origin.export.mlflow import _log

    record_sources(path)
    one = client(sqlite)
    run_id = one.create_run("0").info.run_id
    _log(one, run_id, with_idle_source(facts(path)), "training")
    assert "idle" not in {item.dataset.name for item in one.get_run(run_id).inputs.dataset_inputs}


def test_hostile_strings_are_logged_and_come_back_from_the_profile(path: Path, store: str) -> None:
    import mlflow.data

    record_hostile(path)
    run = client(store).get_run(log(path, store))
    assert len(run.inputs.dataset_inputs) == len(STRINGS)
    found = {json.loads(one.dataset.profile)["source_id"] for one in run.inputs.dataset_inputs}
    assert found == set(STRINGS.values())
    for one in run.inputs.dataset_inputs:
        source = mlflow.data.get_source(one)
        assert source.digest == json.loads(one.dataset.profile)["digest"]
        assert source.uri == json.loads(one.dataset.profile)["uri"]


def test_what_is_too_long_for_mlflow_is_cut_where_the_rest_is_kept(path: Path, sqlite: str) -> None:
    name, text = "n" * 600, "é" * 60000
    with ProvenanceDatabase(path) as db:
        db.register_source(name, text, f"https://example.org/{text}", owner=text)
        session = db.begin_session(text)
        list(BaseHook(db, session.session_id, name).wrap([[b"a"]]))
        session.end()
    run = client(sqlite).get_run(log(path, sqlite))
    ((dataset, tags),) = inputs(run).values()
    source = facts(path).sources[0].source
    assert dataset.name == "n" * 487 + "~" + source.digest().hex()[:12]
    assert tags["origin.license_declared"] == "é" * 499 + "…"
    assert json.loads(dataset.profile)["license"] == text
    assert (dataset.source_type, json.loads(dataset.source)["uri"]) == ("origin", None)


def test_the_page_shows_how_to_log_and_to_read_it(path: Path, sqlite: str, capsys: pytest.CaptureFixture[str]) -> None:
    record_sources(path)
    assert sqlite.endswith("/mlflow.db")
    exec(snippet("mlflow"), {})  # noqa: S102 - our own page
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split(" {")[0] for line in lines) == ["c4 1", "imdb 1", "imdb 1", "local 1", "page 1"]


def test_a_tag_of_many_licences_stays_json_and_tells_how_many_are_left_out(path: Path, sqlite: str) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("experiment") as session:
        for number in range(120):
            list(BaseHook(db, session.session_id, f"s{number}", f"CC-BY-4.0 AND LicenseRef-{number}").wrap([[b"a"]]))
    run = client(sqlite).get_run(log(path, sqlite))
    assert len(run.inputs.dataset_inputs) == 120
    found = json.loads(run.data.tags["origin.data_licenses"])
    shares = [share for share in facts(path).licenses if share.observations]
    assert 0 < found["left_out"] == len(shares) - len(found["licenses"])


def test_logging_takes_no_more_memory_for_more_batches(path: Path, sqlite: str) -> None:
    batch = [b"%d" % number for number in range(100)]
    record(path, [batch])
    log(path, sqlite)
    peaks = []
    for epochs in (100, 1000):
        record(path, [batch], epochs=epochs)
        gc.collect()  # what SQLAlchemy leaves behind comes and goes by half a megabyte
        tracemalloc.start()
        log(path, sqlite)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 2_000_000  # 900 batches are 18 MB of JSON
