"""Who may write: one process a file, by a lock that the system drops when the process dies, however it dies.

The lock is an flock on `FILE-writer`, never on the database itself: closing any descriptor of that file would drop
SQLite's own locks. The lock file tells who holds it, so that a refusal can name the holder.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import time
from typing import TYPE_CHECKING

from origin.errors import BusyDatabaseError, StorageError

try:
    import fcntl
except ImportError:  # Windows: no flock; SQLite's own locks still keep two writers from corrupting the file.
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from pathlib import Path

_ATTEMPTS = 20
_PAUSE_S = 0.02


def lock_path(database: Path) -> Path:
    return database.with_name(database.name + "-writer")


class Lease:
    """The right to write one database file, held until `release` or the death of the process."""

    def __init__(self, database: Path) -> None:
        """Raises BusyDatabaseError, which names the holder, or StorageError."""
        self.path = lock_path(database)
        self.token = secrets.token_hex(8)
        self._descriptor = self._open(database)
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "token": self.token}
        try:
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, json.dumps(holder).encode())
        except OSError as error:
            self.release()
            raise StorageError(
                f"cannot write beside {database} ({error.strerror}): check the disk, or record elsewhere"
            ) from error

    def _open(self, database: Path) -> int:
        # A reader that asks whether the lock is held takes it for a moment: try again before giving up.
        for _ in range(_ATTEMPTS):
            try:
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | _NO_FOLLOW, 0o644)
            except OSError as error:
                raise StorageError(f"cannot write beside {database} ({error.strerror}): record elsewhere") from error
            if _lock(descriptor) and _is_same_file(descriptor, self.path):
                return descriptor
            os.close(descriptor)
            time.sleep(_PAUSE_S)
        holder = _read(self.path)
        who = f"process {holder['pid']} on {holder['host']}" if holder else "another process"
        raise BusyDatabaseError(
            f"{database} is being recorded into by {who}: use a file of its own, or wait until that ends",
        )

    def release(self) -> None:
        with contextlib.suppress(OSError):
            self.path.unlink()
        self.forget()

    def forget(self) -> None:
        """Close the descriptor and nothing else: what a forked child does with its parent's lease."""
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


def living_writer(database: Path) -> str | None:
    """The token of the process that records into the file right now, or None."""
    path = lock_path(database)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | _NO_FOLLOW)
    except OSError:
        return None
    try:
        if fcntl is not None and _lock(descriptor, shared=True):
            return None
        holder = _read(path)
        return holder["token"] if holder else None
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, shared: bool = False) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_same_file(descriptor: int, path: Path) -> bool:
    """Whether the locked file is still the one at the path: its last holder may just have removed it."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _read(path: Path) -> dict[str, str] | None:
    try:
        holder = json.loads(path.read_text())
        return {key: str(holder[key]) for key in ("pid", "host", "token")}
    except (OSError, ValueError, KeyError, TypeError):
        return None
