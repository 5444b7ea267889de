"""What processes of one run tell each other: small files in one folder. Nothing here is the record itself."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from origin.run import files
from origin.run.settings import SESSION, read_json, write_json

_FILES = "files"


class Exchange:
    """directory: of the run; None makes one for this process and what it forks."""

    def __init__(self, directory: str | None) -> None:
        self._is_own = directory is None
        self.directory = Path(directory or tempfile.mkdtemp(prefix="origin-"))

    def close(self) -> None:
        if self._is_own:
            shutil.rmtree(self.directory, ignore_errors=True)

    def tell_session(self, session_id: str, path: Path, *, is_left: bool = False) -> None:
        """is_left: the session was closed without an end, for who knows how the process came to its own."""
        content = {"session_id": session_id, "path": str(path), "pid": os.getpid(), "is_left": is_left}
        with contextlib.suppress(OSError):  # the run may be over
            write_json(str(self.directory / f"{SESSION}-{session_id}.json"), content)

    def leave_files(self) -> None:
        """In a process that multiprocessing started: tell its parent what it has read."""
        with contextlib.suppress(OSError):
            write_json(str(self.directory / f"{_FILES}-{os.getppid()}-{os.getpid()}.json"), {"files": files.listed()})

    def take_files(self) -> None:
        """Put what such processes have read to what this one has."""
        for path in sorted(self.directory.glob(f"{_FILES}-{os.getpid()}-*.json")):
            with contextlib.suppress(OSError, ValueError, TypeError):
                files.add(tuple(one) for one in read_json(str(path))["files"])


def sessions(directory: str) -> list[dict[str, Any]]:
    """What was told of sessions, in no order."""
    found = []
    for path in Path(directory).glob(f"{SESSION}-*.json"):
        with contextlib.suppress(OSError, ValueError):
            found.append(read_json(str(path)))
    return found
