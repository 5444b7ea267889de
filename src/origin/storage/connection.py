"""How a database file is opened: for writing by the one writer, or read-only by anybody; and what is refused."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from origin.errors import (
    MissingDatabaseError,
    ReadOnlyError,
    StorageError,
    UnreadableDatabaseError,
    UsageError,
    shown,
    warn,
)
from origin.storage import schema, schema_1_0
from origin.storage.half_written import is_half_written, roll_back
from origin.storage.rows import from_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_S = 5.0
"""How long SQLite waits for somebody else's lock."""

LOG_ATTEMPTS = 12
"""How often it is tried to start the log, each time for that long."""


def resolve(path: str | os.PathLike[str]) -> Path:
    """The absolute path of a database; raises UsageError for what names no file."""
    written = os.fspath(path)
    if not isinstance(written, str) or not written or "\0" in written or written.startswith(":memory:"):
        raise UsageError(f"{shown(written)} names no file: a record needs a path on a local disk")
    return Path(os.path.realpath(written))


def refuse_unusable(path: Path) -> None:
    """Raise what stands against recording into the file, before anything is put beside it."""
    if path.exists():
        open_to_read(path).close()
    elif not path.parent.is_dir():
        raise MissingDatabaseError(f"{path.parent} is no directory: create it first, or record elsewhere")


def start_log(connection: sqlite3.Connection) -> None:
    """While a session is recorded, a write-ahead log lets readers read and commits cost no wait for the disk.

    Who reads a finished file, as `origin verify` does for a while, keeps the log from starting: it is waited for, since
    a training run is about to begin. Raises sqlite3.OperationalError after a minute.
    """
    for attempt in range(1, LOG_ATTEMPTS + 1):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if attempt == LOG_ATTEMPTS or "locked" not in str(error):
                raise
            if attempt == 1:
                warn("the record is being read: recording begins when that has ended, or fails in a minute")
        else:
            return


def fold_log(connection: sqlite3.Connection) -> None:
    """Fold the log into the file, so that one file is all there is: it can be copied, and read where nothing can be
    written. Not while a reader holds the log; the next end, or the close, folds it then.
    """
    with contextlib.suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = DELETE")


def open_to_write(path: Path, version: str) -> sqlite3.Connection:
    """Open, or create, the database for the one writer.

    Raises UnreadableDatabaseError, and leaves the file as it is, when it is not ours; StorageError when it cannot be
    created.
    """
    if not path.exists():
        _create(path, version)
    connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
    connection.text_factory = from_sql
    try:
        with translated(path):
            version_found = check(connection, path)
            _refuse_newer(version_found, path)
            if version_found < schema.VERSION:
                _take_further(connection, path)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            # Each checkpoint waits for the disk: at SQLite's 4 MB that took longer than all else. At 32 MB it does not.
            connection.execute("PRAGMA wal_autocheckpoint = 8192")
            connection.execute("PRAGMA journal_size_limit = 67108864")
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_newer(version: int, path: Path) -> None:
    if version > schema.VERSION:
        raise ReadOnlyError(f"{path} was written by a newer Origin: this one may only read it; upgrade to record")


def _create(path: Path, version: str) -> None:
    """Make the file under another name first: what fails half way would else be refused for ever under its own."""
    new = path.with_name(f"{path.name}-new")
    try:
        new.unlink(missing_ok=True)  # what a killed process left
        with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            _define(connection, version)
        sync(new)
        new.replace(path)
        sync(path.parent)
    except (sqlite3.Error, OSError) as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise StorageError(f"{path} cannot be written ({error}): check the disk, or record elsewhere") from error


def _define(connection: sqlite3.Connection, version: str) -> None:
    connection.execute("BEGIN")
    for statement in definitions().values():
        connection.execute(statement)
    connection.execute("INSERT INTO file VALUES (1, ?, ?, NULL)", (time.time_ns() // 1000, version))
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {schema.VERSION}")
    connection.execute("COMMIT")


def sync(path: Path) -> None:
    """Return once a file, or the names in a directory, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def definitions(minor: int = schema.MINOR) -> dict[tuple[str, str], str]:
    """What a file of that minor version defines: the SQL by type and name of each object."""
    found = _named(schema.SCHEMA)
    if minor == 0:
        found = {key: sql for key, sql in found.items() if key[1] not in schema_1_0.ADDED}
        found |= _named(schema_1_0.CHANGED)
    return found


def stored_definitions(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """The SQL of every object in a file, by type and name, but for what SQLite keeps for itself."""
    found = connection.execute("SELECT type, name, sql FROM sqlite_master")
    return {(str(kind), str(name)): sql for kind, name, sql in found if not _is_internal(str(kind), str(name))}


def _is_internal(kind: str, name: str) -> bool:
    """SQLite's own: what enforces UNIQUE, and what ANALYZE and AUTOINCREMENT keep."""
    if kind == "index":
        return name.startswith("sqlite_autoindex_")
    return kind == "table" and (name == "sqlite_sequence" or name.startswith("sqlite_stat"))


def _take_further(connection: sqlite3.Connection, path: Path) -> None:
    """Make a file of format 1.0 one of the present format: no row changes, and all of it or nothing happens.

    Raises UnreadableDatabaseError for one whose tables are not those of format 1.0: what was done to it must stay seen.
    """
    stored, wanted = stored_definitions(connection), definitions()
    if stored != definitions(0):
        raise UnreadableDatabaseError(
            f"{path} has not the tables of its format: `origin verify` tells which; record into another file"
        )
    connection.execute("BEGIN IMMEDIATE")
    try:
        for kind, name in stored.keys() - {key for key, sql in wanted.items() if sql == stored.get(key)}:
            if kind == "view":
                connection.execute(f"DROP VIEW {name}")
            else:
                _redefine(connection, name, wanted[kind, name])
        for key in wanted.keys() - stored_definitions(connection).keys():
            connection.execute(wanted[key])
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _redefine(connection: sqlite3.Connection, table: str, sql: str) -> None:
    """Put another CHECK on a table that all of its rows pass: what SQLite's own manual says to do (lang_altertable)."""
    (version,) = connection.execute("PRAGMA schema_version").fetchone()
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (sql, table))
    connection.execute(f"PRAGMA schema_version = {version + 1}")
    connection.execute("PRAGMA writable_schema = OFF")


def _shadow(connection: sqlite3.Connection) -> None:
    """Empty tables, in memory, for what a file of format 1.0 does not have: so one statement reads any format."""
    connection.execute("PRAGMA temp_store = MEMORY")
    for (kind, name), sql in definitions().items():
        if kind == "table" and name in schema_1_0.ADDED:
            connection.execute(sql.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))


def _named(script: str) -> dict[tuple[str, str], str]:
    found = {}
    for statement in _statements(script):
        _, kind, name, *_ = statement.split(maxsplit=3)
        found[kind.lower(), name] = statement.rstrip(";")
    return found


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines():
        if not statement and (not line or line.startswith("--")):
            continue
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open read-only; creates nothing. Raises MissingDatabaseError or UnreadableDatabaseError."""
    if not path.exists():
        raise MissingDatabaseError(f"{path} does not exist: check --db or ORIGIN_DB, or record something first")
    if not path.is_file():
        raise UnreadableDatabaseError(f"{path} is no file: name an Origin database")
    if is_half_written(path):
        roll_back(path)
    if not _has_log(path) and not is_half_written(path):
        # Page 1 tells whose file it is. Read without locks, it costs the files of others no -wal and -shm beside them.
        # Not with a log: a checkpoint that was killed leaves a file that is whole only together with it.
        with contextlib.closing(_connect(path, "mode=ro&immutable=1")) as first_page, translated(path):
            check(first_page, path)
            _refuse_cut(first_page, path)
    connection = _connect(path, "mode=ro")
    try:
        with translated(path):
            try:
                check(connection, path)
            except sqlite3.OperationalError:
                # A read-only directory has no room for WAL's shared memory. Without a log nobody writes: read the file.
                if is_half_written(path):
                    raise UnreadableDatabaseError(
                        f"{path} was being written when a process died: read it once where it can be written, so that "
                        "SQLite takes back what was not committed"
                    ) from None
                if _has_log(path):
                    raise
                connection.close()
                connection = _connect(path, "mode=ro&immutable=1")
                check(connection, path)
            if check(connection, path) < schema.VERSION:
                _shadow(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_cut(connection: sqlite3.Connection, path: Path) -> None:
    """SQLite takes what is missing of the last page for zeros; a copy that was cut off there is damaged still."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    found = path.stat().st_size
    if found < pages * size:
        raise UnreadableDatabaseError(
            f"{path} is cut off ({found} of {pages * size} bytes): restore it from a copy (nothing was changed)"
        )


def _connect(path: Path, options: str) -> sqlite3.Connection:
    address = f"file:{quote(os.fsencode(path))}?{options}"
    connection = sqlite3.connect(address, uri=True, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
    connection.text_factory = from_sql
    # The file may come from a stranger: nothing in its schema may run functions with side effects.
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _has_log(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.with_name(path.name + "-wal").stat().st_size > 0
    return False


def check(connection: sqlite3.Connection, path: Path) -> int:
    """The format version of the file; raises UnreadableDatabaseError if it is not ours or of a newer major version."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != schema.APPLICATION_ID:
        what = "is empty" if path.stat().st_size == 0 else "is no Origin database"
        raise UnreadableDatabaseError(f"{path} {what}: name the file that a recording wrote (nothing was changed)")
    if version // 1000 != schema.MAJOR:
        raise UnreadableDatabaseError(
            f"{path} has format {version // 1000}.{version % 1000}, this Origin reads {schema.MAJOR}.x: upgrade Origin"
        )
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return int(version)


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """What SQLite says of a file that it cannot use, as our errors."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise UnreadableDatabaseError(
            f"{path} cannot be read ({error}): check who may read it and who holds it"
        ) from error
    except (sqlite3.DatabaseError, OverflowError, UnicodeDecodeError) as error:
        raise UnreadableDatabaseError(
            f"{path} is damaged or no Origin database ({error}): restore it from a copy (nothing was changed)"
        ) from error
