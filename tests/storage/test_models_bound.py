"""`db.bind`: digests of files and folders as they are on the disk, and nothing of what was changing meanwhile."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from origin import ProvenanceDatabase
from origin.core.fingerprint import Kind
from origin.core.record import Delivered, Source
from origin.errors import NotFoundError, StorageError, UsageError
from origin.query.models import models
from origin.query.verify import verify
from origin.storage import models as stored_models
from origin.storage.merge import merge
from origin.storage.models import digested, listed
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from origin.storage.models import Bound


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files whose names sort otherwise than they were made, one below, one hard to write."""
    top = tmp_path / "model"
    (top / "b").mkdir(parents=True)
    for name in ("c.bin", "b/a", "b.txt", "a\\n\n"):
        (top / name).write_bytes(name.encode() * 1000)
    return top


@pytest.fixture
def ended(path: Path) -> str:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        pass
    return session.session_id


def bound(path: Path, session_id: str) -> list[tuple[str, int | None, str]]:
    with Reader(path) as reader:
        (session,) = (one for one in reader.sessions() if one.begin.session_id == session_id)
        return [(model.name, model.sequence, model.sha256) for model in models(reader, session)]


def test_a_live_session_has_the_model_behind_what_was_delivered(db: ProvenanceDatabase, tmp_path: Path) -> None:
    file = tmp_path / "m.bin"
    file.write_bytes(b"w")
    session = db.begin_session("c")
    recording = db.recording(session.session_id)
    for step in range(3):
        db.put(recording, Delivered("l", 0, step, [bytes(32)], ((Kind.BYTES, Source("s"), 1),), 1))
        (found,) = db.bind(session.session_id, file, steps=step)
        assert (found.sha256, found.bytes, found.name) == (digest(b"w"), 1, "m.bin")
    session.end()
    # 0 begin, 1 source, 2 batch, 3 model, 4 batch, 5 model ...
    assert [one[1] for one in bound(db.path, session.session_id)] == [3, 5, 7]


def test_a_folder_has_the_digest_of_what_sha256sum_prints(folder: Path) -> None:
    found = digested(listed(folder))
    names = [name for name, _, _ in found.files]
    assert names == ["a\\n\n", "b.txt", "b/a", "c.bin"]
    if shutil.which("sha256sum"):
        printed = subprocess.run(["sha256sum", "--", *names], cwd=folder, capture_output=True, check=True).stdout
        assert found.sha256 == digest(printed)
    assert [file[1] for file in found.files] == [digest(name.encode() * 1000) for name in names]
    assert found.bytes == sum(len(name.encode()) * 1000 for name in names)


def test_several_workers_find_the_same_and_tell_of_every_byte(folder: Path) -> None:
    told: list[int] = []
    assert digested(listed(folder), None, told.append, workers=4) == digested(listed(folder))
    assert sum(told) == listed(folder).bytes


def test_links_are_followed_within_the_folder_alone(folder: Path, tmp_path: Path) -> None:
    (folder / "z").symlink_to(folder / "c.bin")
    (folder / "again").symlink_to(folder / "b", target_is_directory=True)
    found = digested(listed(folder))
    assert [name for name, _, _ in found.files] == ["a\\n\n", "b.txt", "b/a", "c.bin", "z"]
    assert found.files[3][1] == found.files[4][1]
    (tmp_path / "secret").write_bytes(b"s")
    (folder / "out").symlink_to(tmp_path / "secret")
    with pytest.raises(UsageError, match="leads out of"):
        listed(folder)
    (folder / "out").unlink()
    (folder / "out").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(UsageError, match="leads out of"):
        listed(folder)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no files"):
        listed(tmp_path / "empty")
    os.mkfifo(tmp_path / "empty" / "pipe")
    for path in (tmp_path / "empty", tmp_path / "empty" / "pipe"):
        with pytest.raises(UsageError, match="is no file"):
            listed(path)
    with pytest.raises(FileNotFoundError):
        listed(tmp_path / "none")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, path: Path, ended: str) -> None:
    file = tmp_path / "m.bin"
    file.write_bytes(bytes(3 << 20))
    written: list[Any] = []

    def write(_done: int, _total: int) -> None:
        if not written:
            written.append(file.write_bytes(bytes(4 << 20)))

    with ProvenanceDatabase(path) as db, pytest.raises(UsageError, match="was changed while it was read"):
        db.bind(ended, file, told=write)
    assert bound(path, ended) == []


def test_a_file_that_came_after_the_listing_is_refused(folder: Path, path: Path, ended: str) -> None:
    def add(_done: int, _total: int) -> None:
        (folder / "new").write_bytes(b"n")

    with ProvenanceDatabase(path) as db, pytest.raises(UsageError, match="was changed while it was read"):
        db.bind(ended, folder, told=add)


def test_a_file_that_was_replaced_since_it_was_listed_is_refused(tmp_path: Path) -> None:
    file, new = tmp_path / "m.bin", tmp_path / "new"
    file.write_bytes(b"one")
    listing = listed(file)
    new.write_bytes(b"two")
    os.utime(new, ns=(0, file.stat().st_mtime_ns))
    new.replace(file)
    with pytest.raises(UsageError, match="was changed"):
        digested(listing)
    assert stored_models.opened_here == set()


def test_an_ended_session_keeps_its_root_and_the_binding_names_it(path: Path, ended: str, tmp_path: Path) -> None:
    with Reader(path) as reader:
        root = reader.sessions()[0].root().hex()
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    with ProvenanceDatabase(path) as db:
        found: list[Bound] = db.bind(ended, [tmp_path / "a", tmp_path / "b"])
    assert [one.sha256 for one in found] == [digest(b"a"), digest(b"b")]
    with Reader(path) as reader:
        assert [session.root().hex() for session in reader.sessions()] == [root]
        (binding,) = reader.bindings()
        assert binding.binds == ended
        assert binding.status == "completed"
        assert all(f'"root":"{root}","' in note.content for _, note in reader.notes(binding.row, "model"))
    assert bound(path, ended) == [("a", None, digest(b"a")), ("b", None, digest(b"b"))]


def test_a_binding_is_no_training_session_but_is_checked_and_merged_as_one(
    path: Path, ended: str, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(b"a")
    with ProvenanceDatabase(path) as db:
        db.bind(ended, tmp_path / "a")
    with Reader(path) as reader:
        (binding,) = reader.bindings()
        name = binding.begin.session_id
        latest = reader.latest_session()
        assert latest is not None
        assert latest.begin.session_id == ended
        assert [one.begin.session_id for one in reader.sessions()] == [ended]
        assert reader.sessions_by_prefix(name[:8]) == []
    with RawReader(path) as raw:
        assert [one.begin.session_id for one in raw.sessions_by_prefix(name[:8])] == [name]
        checked = verify(raw)
        assert {one.session_id for one in checked.sessions} == {ended, name}
        assert checked.findings == ()
    merge(tmp_path / "all.db", [path], lambda _reader: None)
    assert bound(tmp_path / "all.db", ended) == bound(path, ended)


def test_a_session_with_batches_is_shown_whatever_it_says_of_itself(db: ProvenanceDatabase) -> None:
    with db.begin_session("origin bind", {"origin": {"binds": "f" * 32}}) as session:
        batch = Delivered("l", 0, 0, [bytes(32)], ((Kind.BYTES, Source("s"), 1),), 1)
        db.put(db.recording(session.session_id), batch)
    with db.begin_session("origin bind", {"origin": "binds"}) as other:
        pass
    with db.reader() as reader:
        assert [one.begin.session_id for one in reader.sessions()] == [session.session_id, other.session_id]
        assert reader.bindings() == []


def test_what_cannot_be_bound_leaves_the_record_as_it_is(path: Path, ended: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    before = path.read_bytes()
    with ProvenanceDatabase(path) as db:
        with pytest.raises(NotFoundError):
            db.bind("0" * 32, tmp_path / "a")
        for paths, options in (
            ([], {}),
            ([tmp_path / "a", tmp_path / "a"], {"name": "two"}),
            (tmp_path / "a", {"steps": -1}),
            (tmp_path / "a", {"steps": True}),
            (tmp_path / "a", {"how": ""}),
            (tmp_path, {}),
        ):
            with pytest.raises(UsageError):
                db.bind(ended, paths, **options)  # type: ignore[arg-type]
        with pytest.raises(FileNotFoundError):
            db.bind(ended, [tmp_path / "a", tmp_path / "none"])
    assert path.read_bytes() == before


def test_a_place_is_not_told_where_something_could_not_be_written(db: ProvenanceDatabase) -> None:
    session = db.begin_session("c")
    recording = db.recording(session.session_id)
    db.flush()
    recording.problem = "no space"
    recording.lose(Delivered("l", 0, 0, [bytes(32)], (), 1))
    with pytest.raises(StorageError, match="no space"):
        db.position(session.session_id)


def test_a_name_is_that_of_the_file_or_the_given_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "m.bin").write_bytes(b"m")
    monkeypatch.chdir(tmp_path / "run")
    for path, name in (("m.bin", "m.bin"), (".", "run"), ("../run/", "run"), ("./m.bin", "m.bin")):
        found = digested(listed(path))
        assert (found.name, found.path) == (name, path)
        assert [file[0] for file in found.files] == ["m.bin"]
    assert digested(listed("m.bin"), "classifier").name == "classifier"
