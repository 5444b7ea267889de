"""Merging shards: every log verbatim, one result whatever the order, and nothing half done."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from query.hostile import STRINGS
from query.recordings import listing, record, record_rich, tamper

from origin import ProvenanceDatabase
from origin.core.fingerprint import NO_DIGEST, Kind
from origin.core.record import SAMPLE, TRAINED, Delivered, Seen, Source, Used
from origin.errors import (
    BusyDatabaseError,
    MissingDatabaseError,
    StorageError,
    UnreadableDatabaseError,
    UsageError,
)
from origin.hooks.base import BaseHook
from origin.query.verify import verify
from origin.storage import schema
from origin.storage.merge import TamperedError, merge
from origin.storage.raw import SESSION_TABLES, RawReader
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable

GOLDEN = Path(__file__).parents[1] / "golden" / "format-1.0.sqlite"
GOLDEN_SESSION = "1331624ade2b"
GOLDEN_ROOT = "1c45443a7892fa9cf22f6dd8fd341265dbda073857228aac1683af95a903a89f"


def complaint(reader: RawReader) -> str | None:
    found = verify(reader).findings
    return str(found[0]) if found else None


def roots(*paths: Path) -> dict[str, str]:
    found = {}
    for path in paths:
        with Reader(path) as reader:
            found.update({one.begin.session_id: one.root().hex() for one in reader.sessions()})
    return found


def rows_of(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of each session, by its id: without what numbers rows, with the digests of sources for their rows."""
    found = {}
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        digests = dict(connection.execute("SELECT id, digest FROM source"))
        for row, *begin in connection.execute("SELECT * FROM session ORDER BY id").fetchall():
            rows: list[tuple[Any, ...]] = [tuple(begin[:-1])]
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for table in sorted({name.decode() for (name,) in tables} & set(SESSION_TABLES)):
                cursor = connection.execute(f"SELECT * FROM {table} WHERE session = ? ORDER BY 1, 2, 3", (row,))
                names = [column[0] for column in cursor.description]
                for values in cursor.fetchall():
                    named = dict(zip(names, values, strict=True))
                    if table == "session_source":
                        named["source"] = digests[named["source"]]
                    rows.append((table, *(value for name, value in named.items() if name not in {"id", "session"})))
            found[begin[0].decode()] = rows
    return found


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Ranks of a run, one of which died; a file with all kinds of entries; one of the first format; an empty one."""
    directory = tmp_path_factory.mktemp("shards")
    found = []
    for rank in range(3):
        with ProvenanceDatabase(directory / "provenance.db", rank=rank, world_size=3) as db:
            db.register_source("never used", license_id=f"LicenseRef-{rank % 2}")
            db.register_source("other", uri=f"https://example.org/{rank}")
        status = None if rank == 1 else "completed"
        batches = [[b"%d" % (number + rank) for number in range(40)] for _ in range(3)]
        record(db.path, batches, run_id="run", rank=rank, world_size=3, status=status)
        record(db.path, batches[:1], source="other", run_id="run 2", rank=rank, world_size=3)
        found.append(db.path)
    record_rich(directory / "rich.db")
    golden = shutil.copy(GOLDEN, directory / "golden.db")
    ProvenanceDatabase(directory / "empty.db").close()
    return [*found, directory / "rich.db", Path(golden), directory / "empty.db"]


def test_every_session_keeps_its_rows_and_its_root_and_the_result_verifies(shards: list[Path], path: Path) -> None:
    merged = merge(path, shards, complaint)
    assert sorted(merged.added) == sorted(roots(*shards))
    assert (len(merged.added), merged.extended, merged.unchanged) == (10, (), ())
    assert roots(path) == roots(*shards)
    expected: dict[str, list[tuple[Any, ...]]] = {}
    for shard in shards:
        expected |= rows_of(shard)
    assert rows_of(path) == expected
    with RawReader(path) as reader:
        assert verify(reader, GOLDEN_SESSION, bytes.fromhex(GOLDEN_ROOT)).anchored
        assert reader.format() == schema.VERSION
        started = [session.begin.started_at for session in reader.sessions()]
        assert started == sorted(started)
    assert os.listdir(path.parent) == [path.name]


def test_statuses_are_kept_and_a_session_without_an_end_reads_as_interrupted(shards: list[Path], path: Path) -> None:
    merge(path, shards[:3], complaint)
    with Reader(path) as reader:
        found = {(one.begin.run_id, one.begin.rank): one.status for one in reader.sessions()}
    assert found == {
        ("run", 0): "completed",
        ("run", 1): "interrupted",
        ("run", 2): "completed",
        ("run 2", 0): "completed",
        ("run 2", 1): "completed",
        ("run 2", 2): "completed",
    }


def test_sources_are_shared_by_digest_and_those_that_nobody_used_are_kept(shards: list[Path], path: Path) -> None:
    merge(path, shards[:3], complaint)
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT source_id, license_id, uri FROM source ORDER BY id").fetchall()
    places = [f"https://example.org/{rank}" for rank in range(3)]
    assert set(found[:5]) == {
        ("never used", "LicenseRef-0", None),
        ("never used", "LicenseRef-1", None),
        *(("other", None, place) for place in places),
    }
    assert found[5:] == [("train", "MIT", None), *(("other", "MIT", place) for place in places)]


def test_merging_again_leaves_the_file_untouched(shards: list[Path], path: Path) -> None:
    merge(path, shards, complaint)
    before = path.stat()
    merged = merge(path, [*shards, path], complaint)
    assert (merged.added, merged.extended, len(merged.unchanged)) == ((), (), 10)
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=8), min_size=1, max_size=3))
def test_any_order_any_repetition_and_any_steps_give_the_same_bytes(
    shards: list[Path], tmp_path_factory: pytest.TempPathFactory, steps: list[list[int]]
) -> None:
    directory = tmp_path_factory.mktemp("merged")
    for step in steps:
        merge(directory / "steps.db", [shards[number] for number in step], complaint)
    merge(directory / "once.db", [shards[number] for number in sorted({*chain(*steps)})], complaint)
    assert (directory / "steps.db").read_bytes() == (directory / "once.db").read_bytes()
    shutil.rmtree(directory)


def test_text_that_nothing_likes_is_copied_as_it_is(tmp_path: Path) -> None:
    shard, out = tmp_path / "shard.db", tmp_path / "out.db"
    with ProvenanceDatabase(shard) as db:
        for text in STRINGS.values():
            session = db.begin_session(text, metadata={text: text}, run_id=text)
            list(BaseHook(db, session.session_id, text, text).wrap([[b"a"]], name=text))
    merge(out, [shard], complaint)
    assert rows_of(out) == rows_of(shard)
    assert roots(out) == roots(shard)


def test_items_uses_and_notes_are_copied_as_they_are(tmp_path: Path) -> None:
    shard, out = tmp_path / "shard.db", tmp_path / "out.db"
    source = Source("images", "MIT")
    with ProvenanceDatabase(shard) as db, db.begin_session("x") as session:
        recording = db.recording(session.session_id)
        items = Seen(SAMPLE, [b"a" * 32], ((Kind.VALUE, source, 1),), 7, [3])
        db.put(recording, Delivered("train", 0, 0, [NO_DIGEST], ((Kind.INDEX, source, 1),), 0, [3], None, items))
        db.put(recording, Used("train", 0, 0, TRAINED, 1, "optimizer step"))
        db.note(session.session_id, "acme:seed", {"seed": 1})
    merge(out, [shard], complaint)
    (rows,) = rows_of(out).values()
    assert {row[0] for row in rows[1:]} == {
        *("session_source", "items", "batch", "used", "note", "ending", "lookup", "tally", "sealed_set")
    }
    assert rows_of(out) == rows_of(shard)
    assert roots(out) == roots(shard)


def test_an_ended_session_that_was_never_sealed_is_sealed(shards: list[Path], tmp_path: Path) -> None:
    unsealed = Path(shutil.copy(shards[0], tmp_path / "unsealed.db"))
    tamper(unsealed, "DELETE FROM lookup", "DELETE FROM tally")
    merge(tmp_path / "one.db", [unsealed], complaint)
    merge(tmp_path / "two.db", [shards[0]], complaint)
    assert rows_of(tmp_path / "one.db") == rows_of(tmp_path / "two.db") == rows_of(shards[0])


def test_a_session_that_went_on_since_it_was_merged_replaces_its_beginning(tmp_path: Path) -> None:
    shard, out, early = (tmp_path / name for name in ("shard.db", "out.db", "early.db"))
    session_id = record(shard, [[b"a"], [b"b"]], status=None)
    shutil.copy(shard, early)
    merge(out, [shard], complaint)
    with ProvenanceDatabase(shard) as db:
        session = db.resume_session(session_id)
        list(BaseHook(db, session_id, "more", "MIT").wrap([[b"c"]]))
        session.end()
    assert merge(out, [early, shard], complaint).extended == (session_id,)
    assert roots(out) == roots(shard)
    assert rows_of(out) == rows_of(shard)
    again = merge(out, [early], complaint)
    assert (again.extended, again.unchanged) == ((), (session_id,))
    assert roots(out) == roots(shard)


def test_two_different_logs_of_one_session_are_refused_by_its_name(tmp_path: Path) -> None:
    one, two, out = (tmp_path / name for name in ("one.db", "two.db", "out.db"))
    session_id = record(one, [[b"a"]], status=None)
    shutil.copy(one, two)
    for path, batches in ((one, [[b"b"]]), (two, [[b"c"], [b"d"]])):
        with ProvenanceDatabase(path) as db:
            session = db.resume_session(session_id)
            list(BaseHook(db, session_id, "train", "MIT").wrap(batches))
            session.end()
    before = listing(tmp_path)
    for order in ([one, two], [two, one]):
        with pytest.raises(TamperedError, match=f"session {session_id} is not the same in"):
            merge(out, order, complaint)
    assert listing(tmp_path) == before


def test_a_longer_log_that_differs_in_one_number_is_no_continuation(tmp_path: Path) -> None:
    one, two = tmp_path / "one.db", tmp_path / "two.db"
    session_id = record(one, [[b"a"]], status=None)
    shutil.copy(one, two)
    for path, size in ((one, 5), (two, 6)):
        with ProvenanceDatabase(path) as db:
            session = db.resume_session(session_id)
            delivered = Delivered("train", 0, 0, [b"a" * 32], ((Kind.VALUE, Source("train"), 1),), size)
            db.put(db.recording(session_id), delivered)
            if path == two:
                session.end()
    with pytest.raises(TamperedError, match=f"session {session_id} is not the same in"):
        merge(tmp_path / "out.db", [one, two], complaint)


def test_a_tampered_shard_is_refused_and_out_stays_as_it_was(shards: list[Path], tmp_path: Path) -> None:
    out, bad = tmp_path / "out.db", tmp_path / "bad.db"
    merge(out, shards[:1], complaint)
    shutil.copy(shards[2], bad)
    tamper(bad, "UPDATE batch SET step = step + 1 WHERE id = 2")
    before = listing(tmp_path)
    with pytest.raises(TamperedError, match=r"bad\.db was tampered with or damaged \(.*not all what was committed"):
        merge(out, [shards[1], bad], complaint)
    assert listing(tmp_path) == before


def test_a_tampered_out_is_refused_too(shards: list[Path], path: Path) -> None:
    merge(path, shards[:1], complaint)
    tamper(path, "UPDATE gap SET batches = 7", "UPDATE ending SET batches = 7")
    before = listing(path.parent)
    with pytest.raises(TamperedError, match=r"provenance\.db was tampered with"):
        merge(path, shards[1:2], complaint)
    assert listing(path.parent) == before


def test_a_shard_that_changes_after_it_was_checked_is_not_used(shards: list[Path], tmp_path: Path) -> None:
    shard, out = Path(shutil.copy(shards[0], tmp_path / "shard.db")), tmp_path / "out.db"

    def complain_and_change(reader: RawReader) -> str | None:
        found = complaint(reader)
        if reader.path == shards[1]:
            tamper(shard, "UPDATE batch SET step = step + 1 WHERE id = 1")
        return found

    with pytest.raises(StorageError, match="merge again"):
        merge(out, [shard, shards[1]], complain_and_change)
    assert list(tmp_path.iterdir()) == [shard]


def test_a_shard_that_is_being_recorded_into_is_refused(tmp_path: Path) -> None:
    with ProvenanceDatabase(tmp_path / "shard.db") as db:
        with db.begin_session(config_hash="x"), pytest.raises(BusyDatabaseError, match="is being recorded into"):
            merge(tmp_path / "out.db", [db.path], complaint)
        with pytest.raises(BusyDatabaseError, match="is being recorded into"):
            merge(db.path, [db.path], complaint)
    assert merge(tmp_path / "out.db", [db.path], complaint).added


def test_nobody_can_begin_to_record_into_out_while_it_is_merged(shards: list[Path], path: Path) -> None:
    refused = []

    def try_to_record(reader: RawReader) -> str | None:
        with pytest.raises(BusyDatabaseError):
            ProvenanceDatabase(path)
        refused.append(reader.path)
        return None

    merge(path, shards[:1], try_to_record)
    assert len(refused) == 2


def test_shards_of_different_keys_are_refused(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.db", "two.db", "plain.db")]
    for path, key in zip(paths, (b"1" * 16, b"2" * 16, None), strict=True):
        record(path, [[b"a"]], key=key)
    for some in (paths[:2], paths[1:]):
        with pytest.raises(UsageError, match="different keys"):
            merge(tmp_path / "out.db", some, complaint)
    ProvenanceDatabase(tmp_path / "empty.db").close()
    merge(tmp_path / "out.db", [paths[0], tmp_path / "empty.db"], complaint)
    with ProvenanceDatabase(tmp_path / "out.db", key=b"1" * 16) as db, db.begin_session(config_hash="x"):
        pass
    with pytest.raises(UsageError, match="with another key"):
        ProvenanceDatabase(tmp_path / "out.db", key=b"2" * 16)


def test_what_is_no_shard_is_refused(shards: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out.db"
    with pytest.raises(MissingDatabaseError, match="name the files that the ranks recorded"):
        merge(out, [shards[0], tmp_path / "missing.db"], complaint)
    (tmp_path / "text.db").write_text("no database")
    with pytest.raises(UnreadableDatabaseError):
        merge(out, [shards[0], tmp_path / "text.db"], complaint)
    with pytest.raises(UnreadableDatabaseError):
        merge(tmp_path / "text.db", shards[:1], complaint)
    newer = Path(shutil.copy(shards[0], tmp_path / "newer.db"))
    tamper(newer, f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(UnreadableDatabaseError, match="newer Origin"):
        merge(out, [newer], complaint)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["newer.db", "text.db"]


def test_a_merged_file_is_recorded_into_like_any_other(shards: list[Path], path: Path) -> None:
    merge(path, shards, complaint)
    path.chmod(0o600)
    record(path, [[b"new"]], source="train")
    with RawReader(path) as reader:
        assert verify(reader).consistent
        assert len(reader.sessions()) == 11
    record(path.with_name("more.db"), [[b"more"]])
    assert len(merge(path, [path.with_name("more.db")], complaint).unchanged) == 11
    assert path.stat().st_mode & 0o777 == 0o600


DIES = """
import os, sys
from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook
db = ProvenanceDatabase(sys.argv[1])
session = db.begin_session(config_hash="x")
list(BaseHook(db, session.session_id, "train", "MIT").wrap([[b"a"], [b"b"]]))
db.flush()
os._exit(1)
"""


def die(path: Path) -> None:
    """Leave a session that was cut off, in a log beside the file."""
    assert subprocess.run([sys.executable, "-c", DIES, path], check=False).returncode == 1
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0


def test_what_a_killed_process_left_in_its_log_is_merged(shards: list[Path], tmp_path: Path) -> None:
    shard, out = tmp_path / "shard.db", tmp_path / "out.db"
    die(shard)
    die(out)
    expected = roots(shard, out, shards[0])
    merge(out, [shard, shards[0]], complaint)
    assert roots(out) == expected
    assert [path.name for path in tmp_path.glob("out.db*")] == ["out.db"]


def test_out_is_not_replaced_under_a_reader_of_its_log(
    shards: list[Path], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("origin.storage.replacing.WAIT_S", 0.1)
    die(path)
    with Reader(path) as reader:
        with pytest.raises(BusyDatabaseError, match="is being read"):
            merge(path, shards[:1], complaint)
        assert len(reader.sessions()) == 1
    assert len(merge(path, shards[:1], complaint).added) == 2


MERGES = """
import sys, time
from origin.storage.merge import merge

def check(reader):
    print(reader.path.name, flush=True)
    if reader.path.name.endswith(sys.argv[1]):
        time.sleep(60)

merge(sys.argv[2], sys.argv[3:], check)
"""


def killed_merge(stop_at: str, delay_s: float | None, out: Path, shards: Iterable[Path]) -> int:
    """Merge in a process that is killed when it checks a file, or after some time; its exit code."""
    command = [sys.executable, "-c", MERGES, stop_at, out, *shards]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if delay_s is None:
            while not process.stdout.readline().endswith(f"{stop_at}\n"):
                pass
        else:
            process.stdout.readline()
            time.sleep(delay_s)
        os.kill(process.pid, signal.SIGKILL)
    return process.returncode


@pytest.mark.parametrize("stop_at", ["provenance.db", "rank-00002.db", "-merge"])
def test_a_merge_that_is_killed_leaves_out_as_it_was_and_the_next_one_cleans_up(
    shards: list[Path], path: Path, stop_at: str
) -> None:
    merge(path, shards[3:], complaint)
    before = path.read_bytes()
    assert killed_merge(stop_at, None, path, shards) == -signal.SIGKILL
    assert path.read_bytes() == before
    assert path.with_name("provenance.db-merge").exists() == (stop_at == "-merge")
    merge(path, shards, complaint)
    assert roots(path) == roots(*shards)
    assert list(path.parent.iterdir()) == [path]


def test_killed_at_any_moment_a_merge_has_happened_or_not(shards: list[Path], tmp_path: Path) -> None:
    chance = random.Random(os.getpid())
    large = [tmp_path / f"{number}.db" for number in range(2)]
    for shard in large:
        record(shard, ([chance.randbytes(9) for _ in range(500)] for _ in range(60)))
    out = tmp_path / "out.db"
    for _ in range(6):
        merge(out, shards[:1], complaint)
        before = out.read_bytes()
        killed_merge("never", chance.uniform(0, 0.4), out, large)
        with RawReader(out) as reader:
            assert verify(reader).consistent
        assert out.read_bytes() == before or roots(out) == roots(shards[0], *large)
        out.unlink()


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from origin.cli.main import main
sys.exit(main(["merge", *sys.argv[2:]]))
"""


@pytest.mark.parametrize("limit", [5000, 60_000])
def test_a_full_disk_leaves_out_as_it_was(shards: list[Path], tmp_path: Path, limit: int) -> None:
    out, shard = tmp_path / "out.db", tmp_path / "shard.db"
    merge(out, shards[:1], complaint)
    record(shard, [[os.urandom(9) for _ in range(1000)] for _ in range(3)])
    before = listing(tmp_path)
    command = [sys.executable, "-c", LIMITED, str(limit), str(out), str(shard)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"origin: {out}")
    assert "cannot be written (disk I/O error)" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert listing(tmp_path) == before


def test_every_table_of_the_schema_is_copied() -> None:
    """A table with another key than a session's, or with references that a merge does not follow, needs thought."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema.SCHEMA)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        references = {
            (table, key[2], key[3], key[4])
            for table in tables
            for key in connection.execute(f"PRAGMA foreign_key_list({table})")
        }
    assert tables - {"file", "session", "source"} == set(SESSION_TABLES)
    assert references == {
        *((table, "session", "session", "id") for table in SESSION_TABLES),
        ("session_source", "source", "source", "id"),
    }
