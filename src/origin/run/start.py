"""What happens at the start of every Python process under `origin run`, before the script: as little as can be."""

from __future__ import annotations

import atexit
import os

from origin.run import children, files
from origin.run.imports import AfterImport
from origin.run.settings import VARIABLE, is_child
from origin.run.watch import SEAMS

_watching: list[bool] = []


def start() -> None:
    """Watch this process, and let the `origin run` that waits know."""
    directory = os.environ.get(VARIABLE)
    if directory is None or _watching:
        return
    watch()
    children.watch()
    atexit.register(_leave, os.getpid())
    os.close(os.open(mark(directory, os.getpid()), os.O_WRONLY | os.O_CREAT, 0o600))


def watch() -> None:
    """Have torch, datasets and files watched in this process, once."""
    if not _watching:
        _watching.append(True)
        AfterImport.install(SEAMS)
        files.watch()


def mark(directory: str, process: int) -> str:
    """The file by which the parent knows that a process is watched."""
    return os.path.join(directory, f"process-{process}")  # noqa: PTH118 - pathlib would slow every start


def _leave(process: int) -> None:
    if os.getpid() != process:
        return
    if children.told or is_child():
        from origin.run.autolog import leave  # noqa: PLC0415 - few processes need it

        leave()
