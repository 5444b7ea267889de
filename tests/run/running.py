"""Scripts as processes of their own, by Python alone and by `origin run`. Import as `from run.running import ...`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.core.record import Gap, Note
from origin.query.verify import verify
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = [sys.executable, "-W", "error"]


@dataclass(frozen=True)
class Ran:
    code: int
    out: bytes
    err: bytes


def run(
    folder: Path, *command: str, env: dict[str, str] | None = None, python: list[str] = PYTHON, timeout: float = 120
) -> Ran:
    ran = subprocess.run(
        [*python, *command],
        cwd=folder,
        capture_output=True,
        check=False,
        env={**os.environ, **(env or {})},
        timeout=timeout,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def origin_run(folder: Path, *command: str, **options: Any) -> Ran:
    """By `origin run --quiet`: nothing but the script's own may be on stderr."""
    return run(folder, "-m", "origin", "run", "--quiet", *command, **options)


def script(folder: Path, text: str, name: str = "script.py") -> str:
    (folder / name).write_text(text)
    return name


@dataclass(frozen=True)
class Told:
    """What a record says of its only session."""

    status: str
    config_hash: str
    metadata: dict[str, Any]
    notes: dict[str, list[dict[str, Any]]]
    gaps: list[Gap]
    sources: list[str]
    uses: list[tuple[str, int, int, str]]

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        return {file["path"]: file for note in self.notes["files"] for file in note["files"]}


def told(path: Path) -> Told:
    with RawReader(path) as raw:
        assert verify(raw).findings == ()
    with Reader(path) as reader:
        (session,) = reader.sessions()
        notes: dict[str, list[dict[str, Any]]] = {}
        for _, note in reader.notes(session.row):
            assert isinstance(note, Note)
            notes.setdefault(note.kind, []).append(json.loads(note.content))
        return Told(
            session.status,
            session.begin.config_hash,
            json.loads(session.begin.metadata),
            notes,
            [gap for _, gap in reader.gaps(session.row)],
            [source.source_id for _, source in reader.sources(session.row)],
            [(used.loader, used.first, used.last, used.use) for _, used in reader.uses(session.row)],
        )
