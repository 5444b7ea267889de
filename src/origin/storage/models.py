"""Models bound to data: the digests of what is on the disk, as a note of a session's log (docs/models.md).

A file is stated only if it was the same from the moment at which it was listed until it was read: by device, inode,
size and time of change. So what is being written, or was replaced meanwhile, is refused and never half of it recorded.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin.core.record import COMPLETED, canonical_json, text
from origin.errors import NotFoundError, StorageError, UsageError, shown
from origin.storage.reads import BIND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from origin.storage.database import ProvenanceDatabase
    from origin.storage.reads import StoredSession

MODEL = "model"
"""The kind of the notes that bind models."""

BOUND, RECORDED = "bind", "recorded"
"""`how` a model came into the record: by `origin bind`, or by a call in the training code; hooks have other names."""

Paths = str | os.PathLike[str] | list[str | os.PathLike[str]]

opened_here: set[str] = set()
"""The files that are being read here: whoever watches what a script reads leaves them out."""

_BLOCK = 1 << 20
_WORKERS = 4

State = tuple[int, int, int, int]
"""What tells that a file is still the same: device, inode, size, time of its last change in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a model, by their name in it, as they stood at one moment. `path`: as somebody wrote it."""

    path: str
    is_folder: bool
    files: Mapping[str, tuple[Path, State]]

    @property
    def bytes(self) -> int:
        return sum(state[2] for _, state in self.files.values())


@dataclass(frozen=True, slots=True)
class Bound:
    """What is recorded of a model: see docs/models.md. `files`: path, SHA-256 and bytes of each."""

    name: str
    path: str
    sha256: str
    bytes: int
    files: tuple[tuple[str, str, int], ...]

    def content(self, how: str, steps: int | None) -> dict[str, Any]:
        """The content of its note, without what tells its place."""
        return {
            "bytes": self.bytes,
            "files": [{"bytes": size, "path": path, "sha256": digest} for path, digest, size in self.files],
            "how": how,
            "name": self.name,
            "path": self.path,
            "sha256": self.sha256,
            "steps": steps,
        }


def listed(path: str | os.PathLike[str]) -> Listing:
    """The files of a model as they stand now: a file, or all in a folder and below it.

    Links to files are followed within the folder. Raises UsageError for what cannot be read as files alone: a link that
    leads out of the folder, a pipe, an empty folder; OSError.
    """
    written = os.fsdecode(path)
    top = Path(written)
    if not top.is_dir():
        return Listing(written, is_folder=False, files={base_name(written): (top, state_of(top))})
    files = {file.relative_to(top).as_posix(): (file, state_of(file)) for file in _files_below(top)}
    if not files:
        raise UsageError(f"{written} holds no files: name the model's file, or the folder that it is in")
    return Listing(written, is_folder=True, files=dict(sorted(files.items())))


def digested(
    listing: Listing, name: str | None = None, told: Callable[[int], None] | None = None, *, workers: int = 1
) -> Bound:
    """Read the files and take their digests, several at once if there are several `workers`.

    name: else that of the file or folder. told: is told of the bytes of each block that was read, by any worker.
    Raises UsageError for a file that is not what was listed, OSError.
    """
    tell = told or (lambda _bytes: None)

    def read(file: str) -> tuple[str, str, int]:
        path, state = listing.files[file]
        return file, _digest(path, state, tell), state[2]

    if workers == 1:
        files = tuple(map(read, listing.files))
    else:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - cannot be loaded when Python ends

        with ThreadPoolExecutor(workers, "origin-digests") as pool:
            files = tuple(pool.map(read, listing.files))
    digest = files[0][1] if not listing.is_folder else hashlib.sha256(b"".join(map(_line, files))).hexdigest()
    return Bound(name or base_name(listing.path), listing.path, digest, listing.bytes, files)


def base_name(path: str) -> str:
    """The last part of a path; of one such as `.` or `runs/..` that of the folder which it leads to."""
    return Path(os.path.abspath(path)).name or path  # noqa: PTH100 - links keep their own name


def bind(
    db: ProvenanceDatabase,
    session_id: str,
    paths: Paths,
    *,
    how: str = RECORDED,
    steps: int | None = None,
    name: str | None = None,
    told: Callable[[int, int], None] | None = None,
) -> list[Bound]:
    """See ProvenanceDatabase.bind."""
    several = paths if isinstance(paths, list) else [paths]
    if not several or (name is not None and len(several) != 1):
        raise UsageError("bind needs the file or folder of a model, and a name is for one alone: name one")
    if name is not None:
        text("name", name)
    if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or steps < 0):
        raise UsageError(f"steps is {shown(steps)}: it must be how many optimizer steps were taken, or None")
    place = _Live(db, session_id) if db.records(session_id) else _Ended(db, session_id)
    listings = [listed(path) for path in several]
    if any(file.exists() and db.path.samefile(file) for listing in listings for file, _ in listing.files.values()):
        raise UsageError(f"{db.path} lies among the files to bind: name the model's files, or a folder of these alone")
    tell = None if told is None else _Total(told, sum(listing.bytes for listing in listings)).add
    workers = min(_WORKERS, os.cpu_count() or 1)
    found = [digested(listing, name, tell, workers=workers) for listing in listings]
    for listing in listings:
        if listed(listing.path) != listing:
            raise _changed(listing.path)
    place.write([bound.content(text("how", how), steps) for bound in found])
    return found


class _Total:
    """How much of all files was read."""

    def __init__(self, told: Callable[[int, int], None], total: int) -> None:
        self._told, self._total, self._done = told, total, 0

    def add(self, more: int) -> None:
        self._done += more  # a count that two threads add to at once may lag: it is shown, not recorded
        self._told(self._done, self._total)


class _Live:
    """The log of a session that this process records: the place is where it stands at the call."""

    def __init__(self, db: ProvenanceDatabase, session_id: str) -> None:
        self._db, self._session_id = db, session_id
        self._after = db.position(session_id)

    def write(self, contents: list[dict[str, Any]]) -> None:
        for content in contents:
            self._db.note(self._session_id, MODEL, {**content, "after": self._after})


class _Ended:
    """A log that takes no more: models are stated in a session of their own, which names that one and its root."""

    def __init__(self, db: ProvenanceDatabase, session_id: str) -> None:
        self._db = db
        with db.reader() as reader:
            found = reader.sessions_by_prefix(text("session_id", session_id))
        sessions: list[StoredSession] = [one for one in found if one.begin.session_id == session_id]
        if not sessions:
            raise NotFoundError(f"there is no session {shown(session_id)}: `origin sessions` lists them")
        self._about = {"session": session_id, "root": sessions[0].root().hex()}

    def write(self, contents: list[dict[str, Any]]) -> None:
        notes = [{**content, **self._about} for content in contents]
        for note in notes:
            canonical_json("content", note)  # what cannot be recorded is refused before anything is written
        own = self._db.begin_session(BIND, {"origin": {"binds": self._about["session"]}})
        for note in notes:
            self._db.note(own.session_id, MODEL, note)
        own.end(COMPLETED)
        with self._db.reader() as reader:
            kept = next((one for one in reader.bindings() if one.begin.session_id == own.session_id), None)
            if kept is None or kept.end is None or len(list(reader.notes(kept.row, MODEL))) != len(notes):
                raise StorageError(f"{self._db.path} could not be written: nothing is bound; free the disk, bind again")


def _files_below(top: Path) -> Iterator[Path]:
    inside = top.resolve()
    for folder, folders, names in os.walk(top, onerror=_raise):
        folders.sort()
        for name in (*folders, *names):
            path = Path(folder, name)
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                raise UsageError(f"{path} is a link that leads out of {top}: bind what it leads to, by its own path")
        yield from (Path(folder, name) for name in names)


def _raise(error: OSError) -> None:
    raise error


def state_of(path: Path) -> State:
    """Raises UsageError for what is no file, OSError."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise UsageError(f"{path} is no file: a model is a file, or a folder of files")
    return _state(found)


def _state(found: os.stat_result) -> State:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _digest(path: Path, state: State, told: Callable[[int], None]) -> str:
    """The SHA-256 of a file that has that state before, while and after it is read."""
    hasher = hashlib.sha256()
    block = memoryview(bytearray(_BLOCK))
    read = 0
    opened_here.add(str(path))
    try:
        with path.open("rb", buffering=0) as stream:
            before = _state(os.fstat(stream.fileno()))
            while count := stream.readinto(block):
                hasher.update(block[:count])
                told(count)
                read += count
            after = _state(os.fstat(stream.fileno()))
    finally:
        opened_here.discard(str(path))
    if not state == before == after or read != state[2]:
        raise _changed(path)
    return hasher.hexdigest()


def _changed(path: str | Path) -> UsageError:
    return UsageError(f"{path} was changed while it was read: bind it once it is complete")


def _line(file: tuple[str, str, int]) -> bytes:
    """What `sha256sum` prints of a file: names with a line break or a backslash are marked and escaped."""
    path, digest, _ = file
    name = os.fsencode(path)
    escaped = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return (b"\\" if escaped != name else b"") + f"{digest}  ".encode() + escaped + b"\n"
