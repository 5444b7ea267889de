"""What a process leaves that dies within a transaction: a file that is whole only with its rollback journal."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

from origin.errors import UnreadableDatabaseError
from origin.storage import schema

if TYPE_CHECKING:
    from pathlib import Path

_HEADER = 72
"""Bytes of a database up to and including its application id."""

_MAGIC = bytes.fromhex("d9d505f920a163d7")
"""A journal begins with it. One that ends with it too belongs to a transaction over several files, named before it."""


def is_half_written(path: Path) -> bool:
    """Whether one of our files is in the midst of a transaction, or was when its process died: it is not whole alone.

    Its journal's first byte is 0 as long as the file itself is untouched. Files of others are theirs to mend.
    """
    with contextlib.suppress(OSError), _journal(path).open("rb") as journal:
        if journal.read(1) not in {b"", b"\0"}:
            with path.open("rb") as file:
                return file.read(_HEADER)[-4:] == schema.APPLICATION_ID.to_bytes(4)
    return False


def roll_back(path: Path) -> None:
    """Take back what a dead process did not commit, as SQLite does for everybody who may write; its locks keep a living
    writer's transaction from it. Raises UnreadableDatabaseError for a journal that is made to do something else.
    """
    journal = _journal(path)
    if _end(journal, len(_MAGIC)) == _MAGIC:
        raise UnreadableDatabaseError(
            f"{journal} is none of Origin's: it names another file, which SQLite would remove; nothing was changed"
        )
    address = f"file:{quote(os.fsencode(path))}?mode=rw"
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _journal(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")


def _end(path: Path, size: int) -> bytes:
    with contextlib.suppress(OSError), path.open("rb") as file:
        file.seek(-size, os.SEEK_END)
        return file.read()
    return b""
