"""The door to a record: open a file, begin and end sessions, declare sources. The work is in the rooms beside it."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
import sqlite3
import time
from typing import TYPE_CHECKING, Any, Self

from origin.core import record
from origin.core.record import Begin, Claim, Note, Source
from origin.errors import ReadOnlyError, StorageError, UsageError, shown, warn
from origin.storage.closing import store_set
from origin.storage.connection import fold_log, open_to_read, resolve, start_log
from origin.storage.log import SessionLog, declare_source
from origin.storage.reads import Reader
from origin.storage.seal import seal, unsealed
from origin.storage.shards import from_environment
from origin.storage.shared import SharedWriter, share_writer
from origin.storage.writer import Queued, Recording, transaction
from origin.version import VERSION

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

    from origin.storage.models import Bound

_INT64 = 1 << 63


class ProvenanceDatabase:
    """A record of what training consumed, in one local SQLite file.

    path: the file; created, with its tables, when it does not exist (not when `read_only`). A process that is one of
        several, as RANK and WORLD_SIZE in its environment or here say, records into a shard of its own beside it,
        `provenance.rank-00003.db` for `provenance.db`, which `path` then names (docs/distributed.md).
    read_only: nothing can be written and nothing is created.
    key: at least 16 secret bytes, kept outside the file; fingerprints are then HMAC-SHA256 under it, since plain hashes
        of data that can be guessed can be searched. One key a file, from its first session on.
    rank, world_size: which process of a distributed run this is, where the environment does not tell or tells
        something else; ranks count from 0. shard: False to record into `path` itself, whatever the rank.

    One process writes a file at a time; within it, several objects for one path share one writer.

    Raises MissingDatabaseError, UnreadableDatabaseError (empty, foreign, damaged or newer file), BusyDatabaseError
    (another process records into it), UsageError (no path, wrong key).
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        read_only: bool = False,  # noqa: FBT001, FBT002 - declared interface
        key: bytes | None = None,
        *,
        rank: int | None = None,
        world_size: int | None = None,
        shard: bool = True,
    ) -> None:
        self._place = from_environment().given(None, _rank("rank", rank), _rank("world_size", world_size))
        self.path = self._place.shard(resolve(path)) if shard and not read_only else resolve(path)
        self.read_only = read_only
        self.key = _checked_key(key)
        self._shared: SharedWriter | None = None
        if read_only:
            open_to_read(self.path).close()
        else:
            self._shared = share_writer(self.path)
        try:
            self._check_key()
        except BaseException:
            self.close()
            raise

    def begin_session(
        self,
        config_hash: str,
        metadata: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        rank: int | None = None,
        world_size: int | None = None,
    ) -> Session:
        """Begin to record: one process's recording, from here to `end_session`. Committed when this returns.

        config_hash: what names the experiment's configuration. metadata: anything that JSON can hold.
        run_id, rank, world_size: which process of a distributed run this is; ranks count from 0. What is not given is
        read from TORCHELASTIC_RUN_ID, RANK and WORLD_SIZE, where they are set, and marked so in the metadata.

        The session is a context manager: it ends as completed, as failed on an exception, as interrupted on Ctrl-C.
        Raises UsageError for values that cannot be recorded, StorageError when the file cannot be written.
        """
        place = self._place.given(
            record.optional_text("run_id", run_id), _rank("rank", rank), _rank("world_size", world_size)
        )
        begin = Begin(
            secrets.token_hex(16),
            record.text("config_hash", config_hash),
            record.canonical_json("metadata", place.marked(metadata)),
            record.optional_text("run_id", place.run_id),
            place.rank,
            place.world_size,
            _now(),
            VERSION,
            key_id(self.key),
        )
        writer = self._writer()

        def start(connection: sqlite3.Connection) -> Recording:
            start_log(connection)
            with transaction(connection):
                if begin.key_id is not None:
                    connection.execute("UPDATE file SET key_id = ? WHERE id = 1", (begin.key_id,))
                log = SessionLog.begin(connection, begin, writer.lease.token)
            return Recording(log, begin.session_id)

        with _storage_errors(self.path):
            writer.recordings[begin.session_id] = writer.call(start)
        return Session(self, begin.session_id)

    def resume_session(self, session_id: str) -> Session:
        """Go on with a session whose process died: its log continues where the last commit left it.

        Raises NotFoundError, or UsageError when the session has ended.
        """
        writer = self._writer()

        def load(connection: sqlite3.Connection) -> Recording:
            start_log(connection)
            with transaction(connection):
                log = SessionLog.resume(connection, session_id, writer.lease.token)
            return Recording(log, session_id)

        if session_id not in writer.recordings:
            with _storage_errors(self.path):
                writer.recordings[session_id] = writer.call(load)
        return Session(self, session_id)

    def end_session(self, session_id: str, status: str = record.COMPLETED) -> None:
        """End a session as completed, failed or interrupted: write what is queued, close its log, seal it.

        When this returns without a warning, all that was recorded is on the disk. If the file cannot be written, one
        OriginWarning tells so and the session stays open in the file, where it reads as interrupted: a full disk must
        not cost the model that was just trained.
        Raises UsageError for another status or a session that is not being recorded here.
        """
        if status not in record.END_STATUSES:
            raise UsageError(f"status is {shown(status)}: use one of {', '.join(record.END_STATUSES)}")
        writer = self._writer()
        recording = self.recording(session_id)
        recording.finish(ends=True)
        recording.ended = True

        def end(connection: sqlite3.Connection) -> None:
            # What an end promises must survive a power cut: this commit waits for the disk.
            connection.execute("PRAGMA synchronous = FULL")
            try:
                _close(connection, recording, status, self.path.parent)
                for row in unsealed(connection):
                    seal(connection, row, self.path.parent)
            finally:
                if len(writer.recordings) == 1:
                    fold_log(connection)
                connection.execute("PRAGMA synchronous = NORMAL")

        try:
            writer.call(end)
            if recording.problem is not None:
                recording.warn_once(self.path, recording.problem)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not cost the model (docs/adr/0007)
            done = "was ended but not sealed" if recording.log.head.ended else "could not be ended"
            warn(f"session {session_id[:12]} {done} in {self.path} ({error}): free the disk or the lock")
        finally:
            writer.recordings.pop(session_id, None)

    def register_source(
        self,
        source_id: str,
        license_id: str | None = None,
        uri: str | None = None,
        category: str | None = None,
        revision: str | None = None,
        owner: str | None = None,
        acquired_at: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        claims: Iterable[Claim] = (),
        signals: Iterable[Mapping[str, Any]] = (),
    ) -> Source:
        """Declare where samples come from, for those who know more than a name. Committed when this returns.

        license_id: the licence as claimed (an SPDX id where there is one); None is unknown, which is not "none".
        claims: further licence claims, each with where and when it was read.
        signals: opt-out signals as they were read, mappings with `kind` (see origin.licenses.evaluate_signals). They
            are evidence beside the licence, kept in the metadata under `opt_out_signals`.
        A declaration that differs from earlier ones in anything is a new revision; earlier ones stay as they are.
        Raises UsageError, with nothing written, for values that cannot be recorded and signals that cannot be read.
        """
        if signals != ():
            from origin.storage.evidence import readable_signals  # noqa: PLC0415 - loads the readers of all kinds

            if evidence := readable_signals(signals):
                metadata = {**(metadata or {}), record.SIGNALS: evidence}
        stated = (record.declared(record.text("license_id", license_id)),) if license_id is not None else ()
        source = Source(
            record.text("source_id", source_id),
            license_id,
            record.optional_text("uri", uri),
            record.optional_text("category", category),
            record.optional_text("revision", revision),
            record.optional_text("owner", owner),
            record.optional_text("acquired_at", acquired_at),
            record.canonical_json("metadata", metadata),
            (*stated, *claims),
        )

        def store(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                declare_source(connection, source)

        with _storage_errors(self.path):
            self._writer().call(store)
        return source

    def source(self, source_id: str, license_id: str | None = None) -> Source:
        """The latest declaration of a source; with another licence claim, if one is given. Declares nothing.

        What samples state of themselves, and what a hook reads from a data set, declares nothing either. Claims that
        were read stay beside the licence that is given here.
        """
        record.text("source_id", source_id)
        record.optional_text("license_id", license_id)
        with _storage_errors(self.path):
            known = self._writer().call(lambda connection: Reader.latest_source(connection, source_id))
        if known is None:
            known = Source(source_id)
        if license_id is None or known.license_id == license_id:
            return known
        return known.with_license(license_id)

    def recording(self, session_id: str) -> Recording:
        """The open session of that id; raises UsageError when this process does not record it."""
        try:
            return self._writer().recordings[session_id]
        except KeyError:
            raise UsageError(
                f"session {shown(session_id)} is not recorded here: call begin_session() or resume_session() first"
            ) from None

    def put(self, recording: Recording, item: Queued) -> None:
        """Hand what was recorded to the writer; returns before it is on the disk (see `flush`).

        Raises UsageError once the session has been ended: its log is closed.
        """
        if recording.ended:
            raise UsageError(f"session {recording.session_id[:12]} has ended: end it after the last loop")
        self._writer().put(recording, item)

    def note(self, session_id: str, kind: str, content: Mapping[str, Any]) -> None:
        """Add a fact to the session's log: anything that JSON can hold, under a `kind` that says of what.

        Notes of Origin's own kinds begin with a lower-case letter; yours may have a prefix such as "acme:".
        Raises UsageError for what cannot be recorded, or a session that is not being recorded here.
        """
        note = Note(record.text("kind", kind), record.canonical_json("content", content))
        self.put(self.recording(session_id), note)

    def bind(
        self,
        session_id: str,
        paths: str | os.PathLike[str] | list[str | os.PathLike[str]],
        *,
        how: str = "recorded",
        steps: int | None = None,
        name: str | None = None,
        told: Callable[[int, int], None] | None = None,
    ) -> list[Bound]:
        """Record the digests of models: what was trained with the data that the session recorded until now.

        paths: one file or folder, or several; each is a model. how: who records it. steps: optimizer steps taken by
        then, if that is known. name: else that of the file. told: is told of the bytes that were read, and of how many.
        In a session that this process records the models stand after all that was recorded before the call. One that
        has ended takes no more: they are recorded beside it, in a session that names it (docs/models.md).

        Raises UsageError, with nothing recorded, for what is no file, or changes while it is read; NotFoundError for an
        unknown session, OSError, StorageError.
        """
        from origin.storage.models import bind  # noqa: PLC0415 - few programs bind models by themselves

        return bind(self, session_id, paths, how=how, steps=steps, name=name, told=told)

    def records(self, session_id: str) -> bool:
        """Whether this process records the session of that id."""
        return session_id in self._writer().recordings

    def position(self, session_id: str) -> int:
        """How many entries the session's log has, once all that was delivered until now is written.

        Raises StorageError when something could not be written: then it is not known where it would have stood.
        """
        recording = self.recording(session_id)
        recording.hand_over()
        with _storage_errors(self.path):
            size = self._writer().call(lambda _connection: recording.log.head.frontier.size)
        if recording.has_lost:
            raise StorageError(f"{self.path} cannot be written ({recording.problem}): check the disk and its locks")
        return size

    def last_step(self, recording: Recording, loader: str) -> tuple[int, int]:
        """The last epoch and step that the session has from a loader of that name; -1 where there is none."""
        record.text("name", loader)
        with _storage_errors(self.path):
            return self._writer().call(lambda _connection: recording.log.last_step(loader))

    def flush(self) -> None:
        """Return once all that was recorded is committed: it then survives the death of the process."""
        writer = self._writer()
        writer.hand_over()
        writer.flush()

    def reader(self) -> Reader:
        """A read-only view of the file, on a connection of its own; it sees what is committed."""
        return Reader(self.path)

    def close(self) -> None:
        """Write what is queued and give the file free. Sessions that were not ended read as interrupted."""
        try:
            if self._shared is not None:
                self._shared.finish()
        finally:
            shared, self._shared = self._shared, None
            if shared is not None:
                shared.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _writer(self) -> SharedWriter:
        if self.read_only:
            raise ReadOnlyError(f"{self.path} was opened read-only: open it without read_only to record")
        if self._shared is None:
            raise StorageError(f"{self.path} is closed: open the database again to record")
        return self._shared

    def _check_key(self) -> None:
        with Reader(self.path) as reader:
            stored, used = reader.key_id(), reader.has_sessions()
        given = key_id(self.key)
        if stored is not None and given is not None and stored != given:
            raise UsageError(f"{self.path} was recorded with another key: give the key of its first session")
        if self.read_only:
            return
        if stored is not None and given is None:
            raise UsageError(f"{self.path} is recorded with a key: give it, or record into another file")
        if stored is None and given is not None and used:
            raise UsageError(f"{self.path} was recorded without a key: record into another file to use one")


class Session:
    """A session that is being recorded. `session_id` names it: 32 hexadecimal digits."""

    def __init__(self, database: ProvenanceDatabase, session_id: str) -> None:
        self._database = database
        self.session_id = session_id

    def end(self, status: str = record.COMPLETED) -> None:
        """See ProvenanceDatabase.end_session."""
        self._database.end_session(self.session_id, status)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.end()
        else:
            self.end(record.FAILED if issubclass(kind, Exception) else record.INTERRUPTED)


def _close(connection: sqlite3.Connection, recording: Recording, status: str, directory: Path) -> None:
    """Seal the session and close its log, all or nothing; where it cannot be sealed, close its log at least."""
    connection.execute("BEGIN IMMEDIATE")  # a lock that does not come free is waited for once
    connection.execute("ROLLBACK")
    try:
        _close_log(connection, recording, status, directory)
    except Exception:
        _close_log(connection, recording, status, None)
        raise


def _close_log(connection: sqlite3.Connection, recording: Recording, status: str, directory: Path | None) -> None:
    """directory: where large sets are sorted; None to commit no set."""
    log = recording.log
    head = log.head.copy()
    try:
        with transaction(connection):
            recording.write_lost()
            if directory is not None:
                log.add_sealed_set(recording.session_id, store_set(connection, log.row, directory))
            log.add_end(status, _now())
            log.save_head()
    except BaseException:
        log.restore(head)
        raise


def key_id(key: bytes | None) -> str | None:
    """Names a key without telling it."""
    return None if key is None else hmac.digest(key, b"origin key id", hashlib.sha256).hex()[:16]


def _checked_key(key: object) -> bytes | None:
    if key is None:
        return None
    if not isinstance(key, bytes) or len(key) < 16:
        raise UsageError("key must be at least 16 secret bytes, such as secrets.token_bytes(32)")
    return key


def _rank(name: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _INT64:
        raise UsageError(f"{name} is {shown(value)}: it must be an integer of at least 0")
    return value


def _now() -> int:
    return time.time_ns() // 1000


@contextlib.contextmanager
def _storage_errors(path: Path) -> Any:
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(
            f"{path} cannot be written ({error}): check the disk, and who else holds the file"
        ) from error
