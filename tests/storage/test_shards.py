"""Which file a process of a distributed run records into, and what its session says of its place."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin import ProvenanceDatabase
from origin.errors import UsageError
from origin.storage.reads import Reader
from origin.storage.shards import Place, from_environment

if TYPE_CHECKING:
    from pathlib import Path

    from origin.core.record import Begin

TORCHRUN = {"TORCHELASTIC_RUN_ID": "job-7", "RANK": "3", "WORLD_SIZE": "8"}
READ = {"run_id": "TORCHELASTIC_RUN_ID", "rank": "RANK", "world_size": "WORLD_SIZE"}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TORCHRUN:
        monkeypatch.delenv(name, raising=False)


def begun(path: Path) -> Begin:
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        return session.begin


def place_of(begin: Begin) -> tuple[str | None, int | None, int | None]:
    return begin.run_id, begin.rank, begin.world_size


def test_a_process_alone_records_into_the_file_itself(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        db.begin_session(config_hash="x", metadata={"seed": 1}).end()
    assert db.path == path
    assert place_of(begun(path)) == (None, None, None)
    assert begun(path).metadata == '{"seed":1}'


def test_a_rank_of_the_environment_records_into_a_shard_and_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in TORCHRUN.items():
        monkeypatch.setenv(name, value)
    with ProvenanceDatabase(path) as db:
        db.begin_session(config_hash="x", metadata={"seed": 1}).end()
    assert db.path == path.with_name("provenance.rank-00003.db")
    assert [file.name for file in path.parent.iterdir()] == ["provenance.rank-00003.db"]
    begin = begun(db.path)
    assert place_of(begin) == ("job-7", 3, 8)
    assert json.loads(begin.metadata) == {"seed": 1, "read_from_environment": READ}


def test_what_is_given_wins_and_is_not_marked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in TORCHRUN.items():
        monkeypatch.setenv(name, value)
    with ProvenanceDatabase(path, rank=1, world_size=2) as db:
        assert db.path == path.with_name("provenance.rank-00001.db")
        db.begin_session(config_hash="x", run_id="mine").end()
        assert (place_of(begun(db.path)), begun(db.path).metadata) == (("mine", 1, 2), "{}")
        db.begin_session(config_hash="x", rank=0, world_size=4).end()
        assert place_of(begun(db.path)) == ("job-7", 0, 4)
        assert json.loads(begun(db.path).metadata) == {"read_from_environment": {"run_id": "TORCHELASTIC_RUN_ID"}}


def test_a_rank_alone_is_not_filled_up_with_a_world_size_that_may_count_other_processes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in TORCHRUN.items():
        monkeypatch.setenv(name, value)
    with ProvenanceDatabase(path) as db:
        db.begin_session(config_hash="x", rank=1).end()
    assert place_of(begun(db.path)) == ("job-7", 1, None)


def test_a_world_of_one_is_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "1")
    with ProvenanceDatabase(path) as db:
        db.begin_session(config_hash="x").end()
    assert (db.path, place_of(begun(path))) == (path, (None, 0, 1))


def test_a_rank_can_record_into_the_file_that_it_names(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in TORCHRUN.items():
        monkeypatch.setenv(name, value)
    with ProvenanceDatabase(path, shard=False) as db:
        db.begin_session(config_hash="x").end()
    assert (db.path, place_of(begun(path))) == (path, ("job-7", 3, 8))


def test_a_reader_reads_the_file_that_it_names(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ProvenanceDatabase(path).close()
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with ProvenanceDatabase(path, read_only=True) as db:
        assert db.path == path


@pytest.mark.parametrize(("rank", "world_size"), [(-1, 2), (1.0, 2), (True, 2), ("1", 2), (0, -1), (1 << 63, 2)])
def test_a_place_that_cannot_be_is_refused(path: Path, rank: object, world_size: object) -> None:
    with pytest.raises(UsageError, match="must be an integer"):
        ProvenanceDatabase(path, rank=rank, world_size=world_size)  # type: ignore[arg-type]
    assert not list(path.parent.iterdir())


def test_metadata_that_is_no_mapping_is_refused_with_a_mark_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    with ProvenanceDatabase(path) as db, pytest.raises(UsageError, match="metadata is"):
        db.begin_session(config_hash="x", metadata=["seed"])  # type: ignore[arg-type]


def test_the_name_that_torchrun_gives_to_all_unnamed_runs_is_none() -> None:
    assert from_environment({**TORCHRUN, "TORCHELASTIC_RUN_ID": "none"}) == Place(
        None, 3, 8, (("rank", "RANK"), ("world_size", "WORLD_SIZE"))
    )


@given(st.dictionaries(st.sampled_from(sorted(TORCHRUN)), st.text()))
def test_any_environment_is_read_and_what_is_no_number_is_not_known(environment: dict[str, str]) -> None:
    place = from_environment(environment)
    for value, name in ((place.rank, "RANK"), (place.world_size, "WORLD_SIZE")):
        written = environment.get(name, "")
        assert (value is not None) == (written.isascii() and written.isdigit() and len(written) <= 18)
        assert value is None or value == int(written)
    assert [field for field, _ in place.read] == [
        name for name in ("run_id", "rank", "world_size") if getattr(place, name) is not None
    ]


RECORDING = """
import sys
from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook
with ProvenanceDatabase(sys.argv[1]) as db, db.begin_session(config_hash="x") as session:
    list(BaseHook(db, session.session_id, "train", "MIT").wrap([[b"a"]]))
"""


@pytest.mark.skipif(find_spec("torch") is None, reason="torchrun comes with torch")
@pytest.mark.parametrize(("options", "run_id"), [(("--rdzv-id", "job-7"), "job-7"), ((), None)])
def test_processes_of_torchrun_do_not_fight_for_one_file(
    path: Path, tmp_path: Path, options: tuple[str, ...], run_id: str | None
) -> None:
    script = tmp_path / "train.py"
    script.write_text(RECORDING)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0", *options, str(script), str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    shards = sorted(file for file in tmp_path.iterdir() if file.suffix == ".db")
    assert [shard.name for shard in shards] == ["provenance.rank-00000.db", "provenance.rank-00001.db"]
    assert [place_of(begun(shard)) for shard in shards] == [(run_id, 0, 2), (run_id, 1, 2)]
