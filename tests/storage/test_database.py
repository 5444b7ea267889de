from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from conftest import gaps, seen

from origin import OriginWarning, ProvenanceDatabase
from origin.core.merkle import Frontier
from origin.errors import (
    BusyDatabaseError,
    MissingDatabaseError,
    NotFoundError,
    OriginError,
    ReadOnlyError,
    StorageError,
    UnreadableDatabaseError,
    UsageError,
)
from origin.hooks.base import BaseHook
from origin.query.verify import verify
from origin.storage import filesystem, schema
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = [
    "'; DROP TABLE session; --",
    'a"b`c|d',
    "x](javascript:alert(1))",
    "<script>alert(1)</script>",
    "---\nkey: !!python/object",
    "\x1b]0;title\x07\x1b[31m",
    "a\rb\u202eevil\u200b",
    "nul\0inside",
    "lone \ud800 surrogate",
    "path \udcff",
    "e\u0301",
    "\u00e9",
    "x" * 300,
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
]


def record(db: ProvenanceDatabase, batches: list[list[Any]], **options: Any) -> str:
    with db.begin_session(config_hash="test") as session:
        hook = BaseHook(db, session.session_id, "source", "MIT", **options)
        list(hook.wrap(batches))
    return session.session_id


def status(path: Path) -> str:
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        return session.status


def test_the_quick_start_leaves_one_sealed_file(path: Path) -> None:
    db = ProvenanceDatabase(str(path))
    session = db.begin_session(config_hash="experiment_v1")
    list(BaseHook(db=db, session_id=session.session_id, source_id="training_data", license_id="MIT").wrap([[b"a"]]))
    db.end_session(session.session_id, status="completed")
    db.close()
    assert os.listdir(path.parent) == [path.name]
    assert status(path) == "completed"
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    connection.close()


def test_views_show_the_record_to_ordinary_tools(db: ProvenanceDatabase, path: Path) -> None:
    from origin import fingerprint
    from origin.hooks.base import Sample

    db.register_source("web", license_id="CC0-1.0", uri="https://example.org")
    record(db, [[b"a", Sample("b", "web", 300, "k")], [b"a", object()]])
    with sqlite3.connect(path) as connection:
        found = connection.execute(
            'SELECT sequence, position, fingerprint, kind, source_id, license_id, "index", key FROM observations '
            "ORDER BY sequence, position"
        ).fetchall()
        assert found == [
            (3, 0, fingerprint(b"a"), "bytes", "source", "MIT", None, None),
            (3, 1, fingerprint("b"), "text", "web", "CC0-1.0", 300, "k"),
            (4, 0, fingerprint(b"a"), "bytes", "source", "MIT", None, None),
            (4, 1, "00" * 32, "unfingerprintable", "source", "MIT", None, None),
        ]
        samples = connection.execute("SELECT * FROM samples ORDER BY fingerprint").fetchall()
        assert samples == sorted([(fingerprint(b"a"), 2, 1, 1), (fingerprint("b"), 1, 1, 1)])
        assert connection.execute("SELECT status, config_hash FROM sessions").fetchall() == [("completed", "test")]
        assert [row[2:4] for row in connection.execute("SELECT * FROM sources ORDER BY sequence")] == [
            ("source", "MIT"),
            ("web", "CC0-1.0"),
        ]
        assert [row[1:6] for row in connection.execute("SELECT * FROM batches")] == [
            (3, "loader-1", 0, 0, 2),
            (4, "loader-1", 0, 1, 2),
        ]
    connection.close()


def test_a_session_ends_as_its_block_ends(db: ProvenanceDatabase, path: Path) -> None:
    expected = []
    for error, ending in ((None, "completed"), (ValueError, "failed"), (KeyboardInterrupt, "interrupted")):
        try:
            with db.begin_session(config_hash="test"):
                if error is not None:
                    raise error
        except (ValueError, KeyboardInterrupt):
            pass
        expected.append(ending)
        assert status(path) == ending
    with db.reader() as reader:
        assert [session.status for session in reader.sessions()] == expected


def test_a_session_reads_as_running_while_its_process_records_and_as_interrupted_after(
    db: ProvenanceDatabase, path: Path
) -> None:
    db.begin_session(config_hash="test")
    assert status(path) == "running"
    db.close()
    assert status(path) == "interrupted"


def test_an_ended_session_takes_nothing_more(db: ProvenanceDatabase) -> None:
    session = db.begin_session(config_hash="test")
    session.end()
    with pytest.raises(UsageError, match="not recorded here"):
        session.end()
    with pytest.raises(UsageError, match="has ended"):
        db.resume_session(session.session_id)
    with pytest.raises(NotFoundError, match="origin sessions"):
        db.resume_session("unknown")


@pytest.mark.parametrize("value", ["done", "", None, 5])
def test_a_session_ends_with_a_known_status_only(db: ProvenanceDatabase, value: Any) -> None:
    session = db.begin_session(config_hash="test")
    with pytest.raises(UsageError, match="completed, failed, interrupted"):
        db.end_session(session.session_id, status=value)
    session.end("failed")


def test_a_changed_declaration_is_a_new_revision_and_the_old_one_stays(db: ProvenanceDatabase, path: Path) -> None:
    first = db.register_source("web", license_id="MIT", uri="https://example.org", metadata={"b": 1, "a": [None]})
    again = db.register_source("web", license_id="MIT", uri="https://example.org", metadata={"a": [None], "b": 1})
    changed = db.register_source("web", license_id="CC-BY-4.0", uri="https://example.org", owner="Ann")
    assert first.digest() == again.digest() != changed.digest()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT license_id FROM source ORDER BY id").fetchall() == [("MIT",), ("CC-BY-4.0",)]
    connection.close()
    assert db.source("web") == changed


def test_who_begins_while_a_finished_file_is_read_waits_for_the_reader(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("origin.storage.connection.WAIT_S", 0.05)
    with ProvenanceDatabase(path) as db:
        record(db, [[b"a"]])
    reader = Reader(path)
    closing = threading.Timer(0.3, reader.close)
    closing.start()
    with (
        ProvenanceDatabase(path) as db,
        pytest.warns(OriginWarning, match="being read: recording begins when that has ended"),
    ):
        db.begin_session("c").end()
    closing.join()
    monkeypatch.setattr("origin.storage.connection.LOG_ATTEMPTS", 2)
    with (
        Reader(path),
        ProvenanceDatabase(path) as db,
        pytest.warns(OriginWarning, match="being read"),
        pytest.raises(StorageError, match="locked"),
    ):
        db.begin_session("c")


def test_who_goes_back_to_an_earlier_declaration_is_recorded_under_it(db: ProvenanceDatabase, path: Path) -> None:
    first = db.register_source("web", revision="1")
    db.register_source("other", revision="1")
    with db.begin_session("before") as before:
        list(BaseHook(db, before.session_id, "web").wrap([[b"a"]]))
    second = db.register_source("web", revision="2")
    for declared in (first, second, first):
        assert db.register_source("web", revision=declared.revision) == declared == db.source("web")
    with db.begin_session("after") as after:
        list(BaseHook(db, after.session_id, "web").wrap([[b"a"]]))
    db.close()
    with RawReader(path) as reader:
        assert [[one for _, one in reader.sources(session.row)] for session in reader.sessions()] == [[first]] * 2
        assert verify(reader).findings == ()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_strings_survive_as_data(db: ProvenanceDatabase, path: Path, text: str) -> None:
    registered = db.register_source(text, license_id=text, uri=text, category=text, owner=text, metadata={text: text})
    with db.begin_session(config_hash=text, metadata={text: text}, run_id=text) as session:
        list(BaseHook(db, session.session_id, text).wrap([[text]], name=text))
    with db.reader() as reader:
        stored = reader.latest_session()
        assert stored is not None
        assert (stored.begin.config_hash, stored.begin.run_id) == (text, text)
        assert json.loads(stored.begin.metadata) == {text: text}
        assert [source for _, source in reader.sources(stored.row)] == [registered]
        assert json.loads(registered.metadata) == {text: text}
    assert seen(path)[0].loader == text
    assert seen(path)[0].sources == [(text, text)]


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "metadata",
    [{"a": math.nan}, {"a": math.inf}, {"a": object()}, {"a": deep(200_000)}, {"a": "x" * (1 << 25)}, {("t",): 1}],
    ids=["nan", "inf", "object", "deep", "large", "tuple key"],
)
def test_metadata_that_json_cannot_hold_is_refused_and_nothing_is_written(
    db: ProvenanceDatabase, path: Path, metadata: Any
) -> None:
    with pytest.raises(UsageError, match="metadata"):
        db.begin_session(config_hash="test", metadata=metadata)
    with pytest.raises(UsageError, match="metadata"):
        db.register_source("s", metadata=metadata)
    with db.reader() as reader:
        assert (reader.sessions(), reader.source_count()) == ([], 0)


@pytest.mark.parametrize("value", [None, "", 5, b"x", "x" * 70_000])
def test_a_config_hash_must_be_text(db: ProvenanceDatabase, value: Any) -> None:
    with pytest.raises(UsageError, match="config_hash"):
        db.begin_session(config_hash=value)


@pytest.mark.parametrize(
    "value",
    [-1, 1 << 63, 10**5000, 1.5, "1", True],
    ids=["negative", "63 bits", "5000 digits", "float", "text", "bool"],
)
def test_a_rank_must_be_a_whole_number(db: ProvenanceDatabase, value: Any) -> None:
    with pytest.raises(UsageError, match="rank"):
        db.begin_session(config_hash="test", rank=value)


def test_a_reader_cannot_write_and_creates_nothing(db: ProvenanceDatabase, path: Path) -> None:
    record(db, [[b"a"]])
    db.close()
    before = path.read_bytes()
    with ProvenanceDatabase(path, read_only=True) as reader:
        for write in (lambda: reader.begin_session(config_hash="x"), lambda: reader.register_source("s"), reader.flush):
            with pytest.raises(ReadOnlyError, match="read-only"):
                write()
        with reader.reader() as rows, pytest.raises(OriginError):
            list(rows.query("DELETE FROM session"))
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_closed_database_says_so(db: ProvenanceDatabase) -> None:
    db.close()
    db.close()
    with pytest.raises(StorageError, match="is closed"):
        db.begin_session(config_hash="x")


def test_two_objects_for_one_path_share_the_writer(db: ProvenanceDatabase, path: Path) -> None:
    with ProvenanceDatabase(path) as other:
        record(other, [[b"a"]])
    record(db, [[b"b"]])
    with db.reader() as reader:
        assert len(reader.sessions()) == 2


@pytest.mark.parametrize("value", ["", ":memory:", b"bytes", "a\0b"])
def test_a_path_must_name_a_file(value: Any) -> None:
    with pytest.raises(UsageError, match="names no file"):
        ProvenanceDatabase(value)


def foreign_files(directory: Path) -> dict[str, Path]:
    whole = directory / "whole.db"
    with ProvenanceDatabase(whole) as db:
        record(db, [[b"a"] * 500] * 20)
    files = {name: directory / f"{name}.db" for name in ("empty", "text", "other", "cut", "newer", "directory")}
    files["empty"].touch()
    files["text"].write_bytes(b"not a database, but long enough to be read as one" * 100)
    other = sqlite3.connect(files["other"])
    other.execute("CREATE TABLE t (x)")
    other.commit()
    other.close()
    files["cut"].write_bytes(whole.read_bytes()[:5000])
    shutil.copy(whole, files["newer"])
    newer = sqlite3.connect(files["newer"])
    newer.execute(f"PRAGMA user_version = {schema.VERSION + 1000}")
    newer.close()
    files["directory"].mkdir()
    whole.unlink()
    return files


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("name", ["empty", "text", "other", "cut", "newer", "directory"])
def test_a_file_that_is_not_ours_is_refused_and_left_as_it_is(tmp_path: Path, name: str, read_only: bool) -> None:
    file = foreign_files(tmp_path)[name]
    listing = sorted(os.listdir(tmp_path))
    before = file.read_bytes() if file.is_file() else b""
    with pytest.raises(UnreadableDatabaseError) as caught:
        ProvenanceDatabase(file, read_only=read_only)
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)
    assert (file.read_bytes() if file.is_file() else b"") == before
    assert sorted(os.listdir(tmp_path)) == listing


def test_a_missing_file_is_no_database_to_a_reader_and_a_missing_directory_to_nobody(tmp_path: Path) -> None:
    with pytest.raises(MissingDatabaseError, match="does not exist"):
        ProvenanceDatabase(tmp_path / "no.db", read_only=True)
    with pytest.raises(MissingDatabaseError, match="is no directory"):
        ProvenanceDatabase(tmp_path / "no" / "no.db")
    assert os.listdir(tmp_path) == []


def test_a_newer_minor_version_can_be_read_but_not_written(db: ProvenanceDatabase, path: Path) -> None:
    record(db, [[b"a"]])
    db.close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    with ProvenanceDatabase(path, read_only=True) as reader, reader.reader() as rows:
        assert len(rows.sessions()) == 1
    with pytest.raises(ReadOnlyError, match="newer Origin"):
        ProvenanceDatabase(path)
    assert os.listdir(path.parent) == [path.name]


def test_paths_with_odd_names_work(tmp_path: Path) -> None:
    for name in ("with space.db", "per%cent?.db#x", "tab\t.db", os.fsdecode(b"\xff.db")):
        with ProvenanceDatabase(tmp_path / name) as db:
            record(db, [[b"a"]])
        assert status(tmp_path / name) == "completed"


def test_a_sealed_file_can_be_read_from_a_read_only_directory(db: ProvenanceDatabase, path: Path) -> None:
    record(db, [[b"a"]])
    db.close()
    path.chmod(stat.S_IRUSR)
    path.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert status(path) == "completed"
    finally:
        path.parent.chmod(stat.S_IRWXU)


def test_a_key_is_asked_for_and_only_the_right_one_is_taken(path: Path) -> None:
    with ProvenanceDatabase(path, key=b"k" * 16) as db:
        record(db, [[b"a"]])
    for key in (None, b"x" * 16):
        with pytest.raises(UsageError, match="key"):
            ProvenanceDatabase(path, key=key)
    with ProvenanceDatabase(path, key=b"k" * 16) as db:
        record(db, [[b"a"]])
    with pytest.raises(UsageError, match="key"):
        ProvenanceDatabase(path, read_only=True, key=b"x" * 16)
    for key in (b"short", "text" * 8):
        with pytest.raises(UsageError, match="16 secret bytes"):
            ProvenanceDatabase(path, key=key)  # type: ignore[arg-type]


def test_a_file_recorded_without_a_key_takes_none_later(db: ProvenanceDatabase, path: Path) -> None:
    record(db, [[b"a"]])
    db.close()
    with pytest.raises(UsageError, match="without a key"):
        ProvenanceDatabase(path, key=b"k" * 16)
    assert os.listdir(path.parent) == [path.name]


def test_a_resumed_session_goes_on_where_it_stopped(path: Path) -> None:
    db = ProvenanceDatabase(path)
    session = db.begin_session(config_hash="test").session_id
    list(BaseHook(db, session, "s", "MIT").wrap([[b"a"], [b"b"]]))
    db.close()
    with ProvenanceDatabase(path) as db:
        resumed = db.resume_session(session)
        list(BaseHook(db, session, "s", "MIT").wrap([[b"c"]]))
        resumed.end()
    assert [(batch.epoch, batch.step) for batch in seen(path)] == [(0, 0), (0, 1), (1, 2)]
    with Reader(path) as reader:
        (stored,) = reader.sessions()
        assert (stored.status, stored.end.batches if stored.end else None) == ("completed", 3)
        assert len(reader.sources(stored.row)) == 1


def test_a_resumed_log_has_the_root_of_an_uninterrupted_one(path: Path) -> None:
    from origin.core.entry import entry_bytes

    db = ProvenanceDatabase(path)
    session = db.begin_session(config_hash="test").session_id
    list(BaseHook(db, session, "s", "MIT").wrap([[b"a"], [b"b"]]))
    db.close()
    with ProvenanceDatabase(path) as db:
        db.resume_session(session)
        list(BaseHook(db, session, "s", "MIT").wrap([[b"c"]]))
    whole = Frontier()
    with Reader(path) as reader:
        (stored,) = reader.sessions()
        whole.append(entry_bytes(stored.begin))
        for _, source in reader.sources(stored.row):
            whole.append(entry_bytes(source))
        for batch in reader.batches(stored.row):
            whole.append(entry_bytes(batch.batch))
        assert stored.root() == whole.root()


def test_a_second_process_is_refused_by_the_name_of_the_first(db: ProvenanceDatabase, path: Path) -> None:
    code = f"from origin import ProvenanceDatabase; ProvenanceDatabase({str(path)!r})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "BusyDatabaseError" in result.stderr
    assert f"process {os.getpid()} on " in result.stderr
    db.begin_session(config_hash="still works")
    db.close()
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_a_dead_writer_leaves_no_lock(path: Path) -> None:
    code = f"""
import os
from origin import ProvenanceDatabase
ProvenanceDatabase({str(path)!r}).begin_session(config_hash="x")
os._exit(9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert status(path) == "interrupted"
    ProvenanceDatabase(path).close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_that_records_does_not_corrupt_and_the_parent_goes_on(db: ProvenanceDatabase, path: Path) -> None:
    session = db.begin_session(config_hash="test")
    hook = BaseHook(db, session.session_id, "s")
    wrapped = iter(hook.wrap([[bytes([number])] for number in range(4)]))
    next(wrapped)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            rest = len(list(wrapped))
            try:
                db.begin_session(config_hash="x")
            except ReadOnlyError:
                code = 0 if rest == 3 else 2
            own = ProvenanceDatabase(path.with_name("own.db"))
            record(own, [[b"child"]])
            own.close()
            db.close()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(list(wrapped)) == 3
    session.end()
    assert [batch.step for batch in seen(path)] == [0, 1, 2, 3]
    assert len(seen(path.with_name("own.db"))) == 1
    with pytest.raises(BusyDatabaseError, match="being recorded into"):
        raise_busy(path)


def raise_busy(path: Path) -> None:
    """The parent still holds the lease after its child has gone."""
    from origin.storage.lease import Lease

    Lease(path)


def test_a_locked_file_is_a_gap_and_not_a_failure(
    db: ProvenanceDatabase, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = db.begin_session(config_hash="test")
    hook = BaseHook(db, session.session_id, "s")
    db._writer().call(lambda connection: connection.execute("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    batches = [[bytes([number])] for number in range(5)]
    with pytest.warns(OriginWarning, match="locked") as caught:
        for batch in hook.wrap(batches):
            assert batch in batches
            db.flush()
    other.execute("ROLLBACK")
    other.close()
    list(hook.wrap([[b"after"]]))
    session.end()
    assert len(caught) == 1
    assert gaps(path) == [("storage", 5, 5)]
    assert [batch.loader for batch in seen(path)] == ["loader-2"]


def test_a_full_disk_is_a_gap_and_not_a_failure(db: ProvenanceDatabase, path: Path) -> None:
    session = db.begin_session(config_hash="test")
    hook = BaseHook(db, session.session_id, "s")
    list(hook.wrap([[b"before"]]))
    db.flush()
    db._writer().call(limit_pages)
    batches = [[os.urandom(8) for _ in range(4000)] for _ in range(6)]
    with pytest.warns(OriginWarning, match="full") as caught:
        for batch in hook.wrap(batches):
            assert batch is batches[0] or batch in batches
            db.flush()
    db._writer().call(lambda connection: connection.execute("PRAGMA max_page_count = 1000000"))
    list(hook.wrap([[b"after"]]))
    session.end()
    assert len(caught) == 1
    assert gaps(path) == [("storage", 6, 24_000)]
    assert [len(batch.fingerprints) for batch in seen(path)] == [1, 1]


def limit_pages(connection: sqlite3.Connection) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")


def test_what_is_lost_after_the_last_batch_is_told_at_the_end(db: ProvenanceDatabase, path: Path) -> None:
    session = db.begin_session(config_hash="test")
    db._writer().call(lambda connection: connection.execute("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    list(BaseHook(db, session.session_id, "s").wrap([[b"a"]] * 3))
    db.flush()
    other.execute("ROLLBACK")
    other.close()
    with pytest.warns(OriginWarning, match="locked"):
        session.end()
    assert gaps(path) == [("storage", 3, 3)]
    assert status(path) == "completed"


def test_a_lost_gap_of_unknown_size_stays_a_gap_of_unknown_size(db: ProvenanceDatabase, path: Path) -> None:
    from origin.core.record import Gap

    session = db.begin_session(config_hash="test")
    db._writer().call(lambda connection: connection.execute("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    db.put(db.recording(session.session_id), Gap("observer", "not seen", 0, None))
    db.flush()
    other.execute("ROLLBACK")
    other.close()
    with pytest.warns(OriginWarning, match="locked"):
        session.end()
    assert gaps(path) == [("storage", 0, None)]


def test_an_older_session_that_cannot_be_sealed_keeps_no_other_from_its_seal(
    db: ProvenanceDatabase, path: Path
) -> None:
    record(db, [[b"a"]])
    db._writer().call(spoil_first_session)
    with pytest.warns(OriginWarning, match="was ended but not sealed"):
        record(db, [[b"b"]])
    with db.reader() as reader:
        assert (reader.tally(1), reader.tally(2)) == (None, {0: (1, 1), 1: (1, 1)})


def spoil_first_session(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM tally")
    connection.execute("DELETE FROM lookup")
    connection.execute("UPDATE batch SET runs = 'no runs'")


def test_an_end_that_cannot_be_written_warns_and_reads_as_interrupted(db: ProvenanceDatabase, path: Path) -> None:
    session = db.begin_session(config_hash="test")
    list(BaseHook(db, session.session_id, "s").wrap([[b"a"]]))
    db.flush()
    db._writer().call(lambda connection: connection.execute("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.warns(OriginWarning, match="could not be ended"):
        session.end()
    other.close()
    db.close()
    assert status(path) == "interrupted"
    assert len(seen(path)) == 1


def test_a_seal_that_fails_leaves_an_ended_session_that_the_next_end_seals(
    db: ProvenanceDatabase, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from origin.storage import seal

    def full(*_given: object) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(seal, "sorted_partitions", full)
    with pytest.warns(OriginWarning, match="was ended but not sealed"):
        record(db, [[b"a", b"b"]])
    assert status(path) == "completed"
    with db.reader() as reader:
        assert reader.tally(1) is None
        assert reader.sightings(1, hashlib.sha256(b"a").digest()) == [2]
    monkeypatch.undo()
    record(db, [[b"c"]])
    with db.reader() as reader:
        assert reader.tally(1) == {0: (2, 2), 1: (2, 2)}
        assert reader.sightings(1, hashlib.sha256(b"a").digest()) == [2]


def test_strict_raises_what_storage_could_not_write(db: ProvenanceDatabase, path: Path) -> None:
    session = db.begin_session(config_hash="test")
    hook = BaseHook(db, session.session_id, "s", strict=True)
    db._writer().call(lambda connection: connection.execute("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked"):
        for _ in hook.wrap([[b"a"]] * 5):
            db.flush()
    other.close()


def test_begin_on_a_locked_file_is_one_clear_error(db: ProvenanceDatabase, path: Path) -> None:
    db._writer().call(lambda connection: connection.execute("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked"):
        db.begin_session(config_hash="x")
    other.close()
    db.begin_session(config_hash="x")


def test_one_bad_batch_does_not_take_its_neighbours_with_it(db: ProvenanceDatabase, path: Path) -> None:
    from origin.core.record import Delivered, Source

    session = db.begin_session(config_hash="test")
    recording = db.recording(session.session_id)
    source = Source("s")

    def hold(_connection: sqlite3.Connection) -> None:
        time.sleep(0.2)

    import threading

    waiting = threading.Thread(target=lambda: db._writer().call(hold))
    waiting.start()
    for step, epoch in enumerate((0, 1 << 70, 0)):
        db.put(recording, Delivered("l", epoch, step, [bytes(32)], ((1, source, 1),), 1))
    waiting.join()
    db.flush()
    session.end()
    assert [batch.step for batch in seen(path)] == [0, 2]
    assert gaps(path) == [("storage", 1, 1)]


def test_the_queue_is_bounded(db: ProvenanceDatabase, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    from origin.storage import writer

    monkeypatch.setattr(writer, "MAX_QUEUED", 10)
    record(db, [[b"a"] * 25, [b"b"] * 3] * 10)
    assert len(seen(path)) == 20


def test_the_edge_of_the_tree_is_stored_with_the_rows(db: ProvenanceDatabase, path: Path) -> None:
    session = db.begin_session(config_hash="test")
    for _ in BaseHook(db, session.session_id, "s").wrap([[b"a"]] * 3):
        db.flush()
        with db.reader() as reader:
            (stored,) = reader.sessions()
            rows = len(list(reader.batches(stored.row))) + len(reader.sources(stored.row)) + 1
            assert stored.size == rows


def test_an_unended_database_is_written_at_exit(path: Path) -> None:
    code = f"""
from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook
db = ProvenanceDatabase({str(path)!r})
session = db.begin_session(config_hash="x")
list(BaseHook(db, session.session_id, "s").wrap([[b"a"]] * 100))
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert len(seen(path)) == 100
    assert status(path) == "interrupted"
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(
    ("place", "kind"),
    [("/data/x.db", "nfs4"), ("/data with space/x.db", "ext4"), ("/x.db", "overlay"), ("/database/x.db", "overlay")],
)
def test_the_file_system_of_a_path_is_the_longest_mount_point(place: str, kind: str) -> None:
    from pathlib import Path as RealPath

    mounts = "overlay / overlay rw 0 0\nserver:/x /data nfs4 rw 0 0\n/dev/a /data\\040with\\040space ext4 rw 0 0\n"
    assert filesystem.kind_of(RealPath(place), mounts) == kind


def test_a_network_file_system_is_warned_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "mounts"
    table.write_text(f"server:/x {tmp_path} nfs rw 0 0\n")
    monkeypatch.setattr(filesystem, "_MOUNTS", table)
    with pytest.warns(OriginWarning, match="network file system"):
        ProvenanceDatabase(tmp_path / "x.db").close()


def test_the_version_is_the_one_of_the_project() -> None:
    import tomllib
    from pathlib import Path as RealPath

    from origin import __version__

    project = tomllib.loads((RealPath(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
    assert project["dependencies"] == []
