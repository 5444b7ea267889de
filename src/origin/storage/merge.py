"""Merging: the sessions of several files in one. Entries are copied verbatim, so that every session keeps its root.

What comes out follows from what goes in alone, not from the order or how often it is named: sessions stand in the
order in which they began, sources in the order in which sessions first used them. The result is a new file that takes
its name once it is whole, checked and on the disk; until then what was there stays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Self

from origin.errors import (
    BusyDatabaseError,
    MissingDatabaseError,
    OriginError,
    StorageError,
    UnreadableDatabaseError,
    UsageError,
)
from origin.storage import schema
from origin.storage.connection import open_to_write, refuse_unusable, resolve
from origin.storage.copying import committed, copy_session, copy_source
from origin.storage.erased import receipts
from origin.storage.lease import Lease, living_writer
from origin.storage.raw import RawReader
from origin.storage.replacing import replacing
from origin.storage.seal import seal, unsealed
from origin.version import VERSION

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Check = Callable[[RawReader], str | None]
"""Says what is wrong with a file; None if nothing is."""


class TamperedError(OriginError, ValueError):
    """A file does not agree with itself, or with another one: it is not what was recorded."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did: the ids of the sessions that came in, that went on since the last merge, that were there."""

    path: Path
    added: tuple[str, ...]
    extended: tuple[str, ...]
    unchanged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Copy:
    """A session as one file has it: its log, by its head, and the digests of the sources that it declares."""

    path: Path
    row: int
    session_id: str
    started_at: int
    size: int
    frontier: bytes
    sources: tuple[bytes, ...]
    erased: int = 0
    """Samples that were erased from it, by the receipts beside it."""

    @property
    def head(self) -> tuple[int, bytes]:
        return self.size, self.frontier


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    created_at: int
    key_id: str | None
    sessions: tuple[_Copy, ...]
    sources: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the merged file is to hold, in its order; a source is taken from any file that has it."""

    created_at: int
    key_id: str | None
    sessions: tuple[_Copy, ...]
    sources: Mapping[bytes, Path]


def merge(out: str | os.PathLike[str], shards: Iterable[str | os.PathLike[str]], check: Check) -> Merged:
    """Put the sessions of all shards into `out`, which is created, or keeps what it has; twice is the same as once.

    A session that was never ended is taken as it stands and reads as interrupted. One that has gone on since it was
    merged replaces its beginning.
    check: asked about each file before, and about the merged one before it takes its name.
    Raises TamperedError (a file that does not pass the check, two different logs of one session), BusyDatabaseError
    (a file is being recorded into), UsageError (recorded with different keys), MissingDatabaseError,
    UnreadableDatabaseError, StorageError. `out` is then as it was.
    """
    target = resolve(out)
    paths = dict.fromkeys(resolve(shard) for shard in shards)
    refuse_unusable(target)
    # Nobody may begin to record into a file that is about to be replaced.
    lease = Lease(target)
    try:
        standing = _read(target, check) if target.exists() else None
        files = [_read(path, check, free=True) for path in paths if path != target]
        plan = _plan([standing, *files] if standing else files)
        merged = _compared(target, standing, plan)
        if standing is None or merged.added or merged.extended or plan.sources.keys() != standing.sources:
            _replace(target, plan, check)
        return merged
    finally:
        lease.release()


def _read(path: Path, check: Check, *, free: bool = False) -> _File:
    """Check a file and list what is in it. free: refuse it while it is being recorded into."""
    if not path.exists():
        raise MissingDatabaseError(f"{path} does not exist: name the files that the ranks recorded")
    if free:
        _refuse_recording(path)
    with RawReader(path) as reader:
        if free:
            # Whoever began since may have a session in this snapshot.
            _refuse_recording(path)
        if reader.format() > schema.VERSION:
            raise UnreadableDatabaseError(f"{path} was written by a newer Origin: upgrade to merge it")
        complaint = check(reader)
        if complaint is not None:
            raise TamperedError(f"{path} was tampered with or damaged ({complaint}): `origin verify --db` tells more")
        return _listed(reader)


def _listed(reader: RawReader) -> _File:
    _, created_at, _, key_id = next(iter(reader.file_rows()))
    found = reader.query("SELECT id, session_id, started_at, size, frontier FROM session ORDER BY id")
    erased = receipts(reader)
    sessions = tuple(
        _Copy(
            *(reader.path, row, session_id, started_at, size, frontier),
            _session_sources(reader, row),
            len(erased.get(session_id, ())),
        )
        for row, session_id, started_at, size, frontier in found
    )
    sources = frozenset(digest for (digest,) in reader.query("SELECT digest FROM source"))
    return _File(reader.path, created_at, key_id, sessions, sources)


def _session_sources(reader: RawReader, session: int) -> tuple[bytes, ...]:
    statement = """
        SELECT digest FROM session_source JOIN source ON source.id = session_source.source
        WHERE session = ? ORDER BY sequence
    """
    return tuple(digest for (digest,) in reader.query(statement, session))


def _refuse_recording(path: Path) -> None:
    if living_writer(path) is not None:
        raise BusyDatabaseError(f"{path} is being recorded into: merge when that process has ended")


def _plan(files: list[_File]) -> _Plan:
    copies: dict[str, list[_Copy]] = {}
    for copy in chain.from_iterable(file.sessions for file in files):
        copies.setdefault(copy.session_id, []).append(copy)
    sessions = sorted(map(_longest, copies.values()), key=lambda copy: (copy.started_at, copy.session_id))
    where = {digest: file.path for file in files for digest in file.sources}
    # What no session used comes first: what hooks look up by name is the declaration that was used last.
    used = dict.fromkeys(chain.from_iterable(copy.sources for copy in sessions))
    order = (*sorted(where.keys() - used.keys()), *used)
    created_at = min(file.created_at for file in files)
    return _Plan(created_at, _common_key(files), tuple(sessions), {digest: where[digest] for digest in order})


def _common_key(files: list[_File]) -> str | None:
    keys = {file.key_id: file.path for file in files if file.sessions}
    if len(keys) > 1:
        told = ", ".join(f"{path.name}: {key_id or 'no key'}" for key_id, path in keys.items())
        raise UsageError(f"the shards were recorded with different keys ({told}): merge those of one key")
    return next(iter(keys), None)


def _longest(copies: list[_Copy]) -> _Copy:
    """The copy of a session whose log goes furthest; raises TamperedError unless the others are its beginnings."""
    longest = max(copies, key=lambda copy: (copy.size, copy.erased))
    for head, copy in {copy.head: copy for copy in copies}.items():
        if head != longest.head and not _begins(copy, longest):
            raise TamperedError(
                f"session {copy.session_id} is not the same in {copy.path} and {longest.path}: one of them is not what "
                "was recorded; compare each with the root that was kept outside"
            )
    return longest


def _begins(copy: _Copy, longest: _Copy) -> bool:
    """Whether a log is the beginning of a longer one. Both are what their heads commit to: comparing rows is enough."""
    with RawReader(copy.path) as reader, RawReader(longest.path) as other:
        beginning, same = committed(reader, copy.row, copy.size), committed(other, longest.row, copy.size)
        return all(one == two for one, two in zip_longest(beginning, same))


def _compared(target: Path, standing: _File | None, plan: _Plan) -> Merged:
    before = {copy.session_id: copy.size for copy in standing.sessions} if standing else {}
    now = [(copy.session_id, before.get(copy.session_id), copy.size) for copy in plan.sessions]
    return Merged(
        target,
        tuple(session_id for session_id, old, _ in now if old is None),
        tuple(session_id for session_id, old, size in now if old is not None and old < size),
        tuple(session_id for session_id, old, size in now if old == size),
    )


def _replace(target: Path, plan: _Plan, check: Check) -> None:
    """Write the merged file beside `target`, check it, and give it its name."""
    with replacing(target, "merge") as temporary:
        _write(temporary, plan)
        _check_written(temporary, plan, check)


def _write(path: Path, plan: _Plan) -> None:
    with contextlib.closing(open_to_write(path, VERSION)) as connection:
        # A file that nobody knows yet needs no journal; it is on the disk before it gets its name.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE file SET created_at = ?, key_id = ?", (plan.created_at, plan.key_id))
        with _Opened() as opened:
            for row, (digest, origin) in enumerate(plan.sources.items(), 1):
                copy_source(opened.reader(origin), connection, digest, row)
            for row, copy in enumerate(plan.sessions, 1):
                copy_session(opened.reader(copy.path), connection, copy.row, row)
        connection.execute("COMMIT")
        for session in unsealed(connection):
            seal(connection, session, path.parent)


class _Opened:
    """One file at a time: there may be more shards than files that a process may open."""

    def __init__(self) -> None:
        self._reader: RawReader | None = None

    def reader(self, path: Path) -> RawReader:
        if self._reader is None or self._reader.path != path:
            self.close()
            self._reader = RawReader(path)
        return self._reader

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def _check_written(path: Path, plan: _Plan, check: Check) -> None:
    """Whatever became of the shards meanwhile: what is written now is what was checked then, or it is not used."""
    with RawReader(path) as reader:
        complaint = check(reader)
        listed = _listed(reader)
    if complaint is None:
        heads = {copy.session_id: copy.head for copy in plan.sessions}
        if {copy.session_id: copy.head for copy in listed.sessions} == heads and listed.sources == plan.sources.keys():
            return
    erased = any(copy.erased for copy in plan.sessions)
    todo = "erase the same samples from every copy first" if erased else "merge again"
    raise StorageError(
        f"{path} did not become what was read ({complaint or 'a shard changed meanwhile'}) and was removed: {todo}"
    )
