"""Running the command in this process. Import as `from cli.command import ...`."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.cli.export import FORMATS
from origin.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-01-02T03:04:05Z"

READING = (
    ("status",),
    ("sessions",),
    ("runs",),
    ("diff", "latest", "latest"),
    ("checkpoint", "latest", "--no-remember"),
    ("verify", "--subset", "1/2"),
    ("inspect", "latest"),
    ("query", "MIT"),
    ("card", "latest"),
    ("export", "latest"),
    ("export", "latest", "--format", "jsonl"),
    ("conflicts",),
    ("check", "latest", "--policy", "research"),
    ("notice", "latest"),
    ("report", "ab2013", "latest", "--now", NOW),
    ("card", "latest", "--format", "html"),
    *(
        ("export", "latest", "--format", name, "--now", NOW)
        for name in FORMATS
        if name not in {"json", "jsonl", "croissant"}
    ),
    ("trace", "--text", "a"),
    ("impact", "--text", "a"),
    ("erase", "--text", "a", "--dry-run"),
    ("verify",),
)
"""Every command that reads a database."""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class _Terminal(io.TextIOWrapper):
    """A stream with the encoding that a test asks for; it counts as no terminal."""


def origin(path: Path | None, *arguments: str, encoding: str = "utf-8") -> Ran:
    """Run `origin --db PATH ...`; what it printed and its exit code."""
    out, err = (_Terminal(io.BytesIO(), encoding=encoding, newline="\n") for _ in range(2))
    given = [*arguments] if path is None else ["--db", str(path), *arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(given)
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode(encoding))  # type: ignore[attr-defined]
    return Ran(code, *texts)


def assert_one_line(ran: Ran, code: int = 2) -> None:
    """An error is one line on stderr that starts with `origin: `, and nothing else."""
    assert ran.code == code, ran
    assert ran.out == "", ran
    assert ran.err.startswith("origin: "), ran
    assert ran.err.endswith("\n"), ran
    assert ran.err[:-1].isprintable(), ran
