from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from export.tracked_sessions import COMMIT, facts, record_hostile, record_more, record_sources, snippet
from export.wandb_log import artifacts, keep_offline, transactions
from query.hostile import STRINGS
from query.recordings import record

from origin import ProvenanceDatabase
from origin.errors import StorageError
from origin.export import json as json_export
from origin.hooks.base import BaseHook
from origin.licenses.rule_set import RULE_SET
from origin.query.engine import find_session
from origin.storage.reads import Reader

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_offline(monkeypatch, tmp_path)


def log(path: Path, session: str = "latest", **options: Any) -> Path:
    from origin.export.wandb import log_to_wandb

    with Reader(path) as reader:
        return log_to_wandb(reader, find_session(reader, session), NOW, "models", **options)


def test_the_library_is_the_library() -> None:
    import wandb

    import origin.export.wandb as ours

    assert ours.wandb is wandb
    assert wandb.__file__ != ours.__file__


def test_an_offline_run_holds_the_artifact_with_files_root_and_licences(path: Path) -> None:
    session = record_sources(path)
    folder = log(path, card="# Card\n")
    assert folder.name.startswith("offline-run-")
    (artifact,) = artifacts(folder)
    assert (artifact["type"], artifact["name"], artifact["project"]) == ("provenance", f"origin-{session}", "models")
    assert artifact["finalize"] is True
    report = facts(path)
    assert set(artifact["aliases"]) == {"latest", f"root-{report.root[:16]}"}
    files = {entry["path"]: Path(entry["local_path"]) for entry in artifact["manifest"]["contents"]}
    assert set(files) == {"session.json", "card.md"}
    assert {one.parent for one in files.values()} == {folder / "origin" / report.root}
    with Reader(path) as reader:
        expected = "".join(json_export.export(reader, find_session(reader, "latest"), NOW))
    assert files["session.json"].read_text() == expected
    assert files["card.md"].read_text() == "# Card\n"
    metadata = json.loads(artifact["metadata"])
    assert metadata == {
        "session_id": session,
        "status": "completed",
        "root": report.root,
        "entries": report.session.size,
        "config_hash": "experiment",
        "recorded": "samples delivered to the loop",
        "batches": 2,
        "observations": 8,
        "samples": 5,
        "unfingerprintable": 1,
        "bytes": report.size,
        "uses": {
            "steps_seen": "never",
            **dict.fromkeys(("optimizer_steps", "trained", "skipped", "evaluated")),
        },
        "sources": 5,
        "gaps": 1,
        "gap_observations": None,
        "conflicts": len(report.conflicts),
        "rule_set": RULE_SET,
        "recorded_by": "Origin 0.1.0",
        "exported_by": "Origin 0.1.0",
        "review": "Licence verdicts are flags for human review, never legal advice.",
        "sha256": {name: hashlib.sha256(one.read_bytes()).hexdigest() for name, one in files.items()},
        "licenses": [
            {"license": "Apache-2.0", "status": "resolved", "observations": 5},
            {"license": "NOASSERTION", "status": "unknown", "observations": 1},
            {"license": "CC-BY-NC-4.0", "status": "resolved", "observations": 1},
            {"license": "GPL-2.0-only", "status": "resolved", "observations": 1},
        ],
        "licenses_left_out": 0,
    }


def test_the_files_are_those_that_the_manifest_states(path: Path) -> None:
    import base64

    record_sources(path)
    (artifact,) = artifacts(log(path))
    for entry in artifact["manifest"]["contents"]:
        content = Path(entry["local_path"]).read_bytes()
        assert int(entry["size"]) == len(content)
        assert entry["digest"] == base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def test_nothing_is_lost_when_the_process_ends_at_once(path: Path) -> None:
    session = record(path, [[b"a"]])
    script = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from origin.export.wandb import log_to_wandb\n"
        "from origin.query.engine import find_session\n"
        "from origin.storage.reads import Reader\n"
        "with Reader(Path(sys.argv[1])) as reader:\n"
        "    print(log_to_wandb(reader, find_session(reader, 'latest'), datetime.now(UTC), 'models'))\n"
    )
    result = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    found = transactions(Path(result.stdout.strip()), wait=False)
    assert [one["artifact"]["name"] for one in found if one["type"] == "artifact"] == [f"origin-{session}"]


def test_a_run_of_its_own_tells_nothing_of_the_machine(path: Path, tmp_path: Path) -> None:
    record(path, [[b"a"]])
    folder = log(path)
    names = {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file() and one.suffix != ".log"}
    assert {name for name in names if "requirements" in name or "metadata" in name or "diff" in name} == set()
    (run,) = [found["run"] for found in transactions(folder) if found["type"] == "run"]
    assert (run["project"], run["job_type"], run.get("git")) == ("models", "provenance", None)
    assert not list((tmp_path / "data").rglob("tmp*"))


def test_the_run_of_the_training_gets_the_artifact_and_stays_open(path: Path) -> None:
    import wandb

    record_sources(path)
    with wandb.init(project="mine", settings=wandb.Settings(console="off")) as run:
        folder = log(path, run=run)
        run.log({"loss": 1.0})
    (artifact,) = artifacts(folder)
    assert artifact["project"] == "mine"
    assert "history" in [found["type"] for found in transactions(folder)]


def test_a_session_that_went_on_is_another_version(path: Path) -> None:
    import wandb

    session = record(path, [[b"a"]], status=None)
    with wandb.init(project="p", settings=wandb.Settings(console="off")) as run:
        log(path, run=run)
        record_more(path, session)
        folder = log(path, run=run)
    first, second = artifacts(folder)
    assert first["name"] == second["name"]
    states = [json.loads(one["metadata"]) for one in (first, second)]
    assert [state["status"] for state in states] == ["interrupted", "interrupted"]
    assert [state["observations"] for state in states] == [1, 2]
    for one, state in zip((first, second), states, strict=True):
        (entry,) = one["manifest"]["contents"]
        assert json.loads(Path(entry["local_path"]).read_text())["root"] == state["root"]


def test_a_session_that_still_runs_says_so(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("open"):
        (artifact,) = artifacts(log(path))
    assert json.loads(artifact["metadata"])["status"] == "running"


def test_an_empty_session_has_an_artifact(path: Path) -> None:
    record(path, [])
    (artifact,) = artifacts(log(path))
    metadata = json.loads(artifact["metadata"])
    assert (metadata["observations"], metadata["licenses"]) == (0, [])


def test_hostile_strings_are_kept_whole_in_the_file(path: Path) -> None:
    record_hostile(path)
    (artifact,) = artifacts(log(path))
    (entry,) = artifact["manifest"]["contents"]
    found = json.loads(Path(entry["local_path"]).read_text())
    assert {source["source_id"] for source in found["sources"]} == set(STRINGS.values())
    assert json.loads(artifact["metadata"])["config_hash"] == "---\\x0alicense: !!python/object no"


def test_many_licences_stay_under_the_limits(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("experiment")
        for number in range(150):
            list(BaseHook(db, session.session_id, f"s{number}", f"LicenseRef-{number}").wrap([[b"a"]]))
        session.end()
    (artifact,) = artifacts(log(path))
    metadata = json.loads(artifact["metadata"])
    shares = [share for share in facts(path).licenses if share.observations]
    assert len(metadata["licenses"]) + metadata["licenses_left_out"] == len(shares)
    assert len(metadata["licenses"]) <= 100


def test_each_source_can_be_an_input(path: Path) -> None:
    from origin.export.wandb import input_artifact

    record_sources(path)
    report = facts(path)
    found = [input_artifact(use) for use in report.sources]
    assert len({one.name for one in found}) == 5
    for one, use in zip(found, report.sources, strict=True):
        assert one.type == "dataset"
        assert one.metadata["digest"] == use.source.digest().hex()
        assert one.metadata["license"] == (use.source.license_id or "NOASSERTION")
    assert found[0].metadata["revision"] == COMMIT


@pytest.mark.parametrize("name", STRINGS)
def test_an_input_of_a_hostile_name_is_an_artifact(path: Path, name: str) -> None:
    from origin.export.wandb import input_artifact

    text = STRINGS[name]
    with ProvenanceDatabase(path) as db:
        db.register_source(text, text, text, metadata={text: text})
        session = db.begin_session("x")
        list(BaseHook(db, session.session_id, text).wrap([[b"a"]]))
        session.end()
    (use,) = facts(path).sources
    artifact = input_artifact(use)
    assert len(artifact.name) <= 128
    assert set(artifact.name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-:")


def test_a_project_that_is_none_is_told_in_one_line(path: Path) -> None:
    from origin.export.wandb import log_to_wandb

    record(path, [[b"a"]])
    with Reader(path) as reader, pytest.raises(StorageError, match="Weights & Biases refused") as caught:
        log_to_wandb(reader, find_session(reader, "latest"), NOW, "a/b")
    assert "\n" not in str(caught.value)


def test_the_page_shows_how_to_log_it(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record_sources(path)
    monkeypatch.chdir(tmp_path)
    exec(snippet("wandb"), {})  # noqa: S102 - our own page
    assert capsys.readouterr().out == "['session.json']\n"


def test_logging_takes_no_more_memory_for_more_batches(path: Path, tmp_path: Path) -> None:
    batch = [b"%d" % number for number in range(100)]
    record(path, [batch])
    log(path)
    peaks = []
    for epochs in (20, 400):
        record(path, [batch], epochs=epochs)
        tracemalloc.start()
        log(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000
    shutil.rmtree(tmp_path / "runs")
