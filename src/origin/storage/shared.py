"""One writer a file in each process, however many objects ask for it; and what becomes of it at exit and after fork."""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING

from origin.storage import filesystem
from origin.storage.connection import fold_log, open_to_write, refuse_unusable
from origin.storage.lease import Lease
from origin.storage.writer import Recording, Writer
from origin.version import VERSION

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path


class SharedWriter(Writer):
    """The process's writer of one file, shared by all ProvenanceDatabase objects for that path."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lease: Lease) -> None:
        super().__init__(path, connection)
        self.lease = lease
        self.recordings: dict[str, Recording] = {}
        self.users = 0

    def hand_over(self) -> None:
        for recording in list(self.recordings.values()):
            recording.hand_over()

    def finish(self, *, ends: bool = False) -> None:
        for recording in list(self.recordings.values()):
            recording.finish(ends=ends)

    def leave(self) -> None:
        with _sharing:
            self.users -= 1
            if self.users == 0:
                self.shut()

    def shut(self) -> None:
        if os.getpid() == self.process and _shared.pop(self.path, None) is not None:
            try:
                self.finish(ends=True)
            finally:
                self.stop()
                fold_log(self.connection)
                self.connection.close()
                self.lease.release()


_shared: dict[Path, SharedWriter] = {}
_sharing = threading.RLock()


def share_writer(path: Path) -> SharedWriter:
    with _sharing:
        writer = _shared.get(path)
        if writer is None or writer.process != os.getpid():
            filesystem.warn_if_remote(path)
            writer = _shared[path] = _open_writer(path)
        writer.users += 1
        return writer


def _open_writer(path: Path) -> SharedWriter:
    refuse_unusable(path)
    lease = Lease(path)
    try:
        return SharedWriter(path, open_to_write(path, VERSION), lease)
    except BaseException:
        lease.release()
        raise


@atexit.register
def _at_exit() -> None:
    """A script that forgets to close loses nothing that it recorded."""
    for writer in list(_shared.values()):
        writer.shut()


def _forget_in_child() -> None:
    """A forked child records into files of its own: it drops its parent's locks without releasing them."""
    global _sharing  # noqa: PLW0603 - the old lock may be held by a thread that does not exist here
    _sharing = threading.RLock()
    for writer in _shared.values():
        writer.lease.forget()
    _inherited.update(_shared)
    _shared.clear()


_inherited: dict[Path, SharedWriter] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
