"""What `origin run` was told, on its way to every process of the run: a folder, named by one environment variable."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "ORIGIN_RUN"
"""Names the folder: the settings are in it, and each process leaves its mark there."""

SESSION = "session"
"""How the names of the marks of sessions begin."""
_FILE = "settings.json"
DIGEST_LIMIT = 256 << 20
"""Bytes of files that are digested at the end of a session, unless told otherwise."""


class Settings(NamedTuple):
    """db: the database's path. config_hash: None to make one of the command line. digest_limit: in bytes, all files
    of a session together. launcher: who asked for the recording. directory: where results go, if somebody reads them.
    """

    db: str
    config_hash: str | None = None
    key_file: str | None = None
    digest_limit: int = DIGEST_LIMIT
    launcher: str = "origin.autolog"
    directory: str | None = None

    def write(self) -> None:
        write_json(os.path.join(self.directory or "", _FILE), self._asdict())  # noqa: PTH118 - see start.py

    @classmethod
    def of_environment(cls) -> Settings | None:
        """The settings of the run that this process belongs to; None where there is none any more."""
        directory = os.environ.get(VARIABLE)
        try:
            return cls(**read_json(os.path.join(directory, _FILE))) if directory else None  # noqa: PTH118
        except (OSError, ValueError, TypeError):
            return None


def write_json(path: str, content: Mapping[str, Any]) -> None:
    """Whole or not at all, for readers in other processes."""
    import json  # noqa: PLC0415 - this module is loaded at every start

    with open(f"{path}.part", "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(content, file)
    os.replace(f"{path}.part", path)  # noqa: PTH105


def read_json(path: str) -> dict[str, Any]:
    import json  # noqa: PLC0415

    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        content: dict[str, Any] = json.load(file)
    return content


def is_child() -> bool:
    """Whether multiprocessing started this process."""
    process: Any = sys.modules.get("multiprocessing.process")
    return process is not None and process.parent_process() is not None
