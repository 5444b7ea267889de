"""A new file in the place of an old one: written beside it, and given its name once it is whole and on the disk."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from typing import TYPE_CHECKING

from origin.errors import BusyDatabaseError, StorageError
from origin.storage.connection import WAIT_S, fold_log, sync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def replacing(target: Path, what: str) -> Iterator[Path]:
    """Gives the path of a file to write, which takes the place of `target` when the block ends without an exception.

    The caller holds the lease of `target`: so the name beside it is ours alone, and what a killed process left there is
    overwritten. Raises StorageError for SQLite's errors in the block, BusyDatabaseError when somebody reads `target`
    through its log. `target` is then as it was.
    """
    temporary = target.with_name(f"{target.name}-{what}")
    remove(temporary)
    try:
        yield temporary
        if target.exists():
            shutil.copymode(target, temporary)
            _fold(target, what)
        sync(temporary)
        temporary.replace(target)
        _confirm(target, what)
    except sqlite3.Error as error:
        raise StorageError(f"{target} cannot be written ({error}): it is as it was; check the disk") from error
    finally:
        remove(temporary)


def _confirm(target: Path, what: str) -> None:
    try:
        sync(target.parent)
    except OSError as error:
        raise StorageError(
            f"{target} is replaced by what {what} made, and may be the old file again after a loss of power ({error}): "
            "check the disk"
        ) from error


def remove(path: Path) -> None:
    """Remove a database, and what SQLite keeps beside it."""
    for leftover in (path, *_beside(path)):
        leftover.unlink(missing_ok=True)


def _fold(target: Path, what: str) -> None:
    """Leave no log beside a file that is about to be replaced: SQLite would take it for one of the new file."""
    with contextlib.closing(sqlite3.connect(target, timeout=WAIT_S, isolation_level=None)) as connection:
        fold_log(connection)
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode != "delete" or any(beside.exists() for beside in _beside(target)):
        raise BusyDatabaseError(f"{target} is being read: {what} again when nobody has it open")


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal")]
