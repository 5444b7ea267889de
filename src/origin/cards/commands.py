"""The commands that a document names, for a session or for a run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from origin.query.display import visible

if TYPE_CHECKING:
    from origin.query.report import Report
    from origin.query.scope import Scope

VERIFY = {
    "session": "Whoever has the database can check it against this root:",
    "run": "Whoever has the database can check the sessions with the first, and compare with this root what the second "
    "says:",
}


def command(name: str, about: Scope, *options: str) -> str:
    """A command line that asks for a session or a run."""
    return shlex.join(["origin", name, *_named(about), *options])


def _named(about: Scope) -> list[str]:
    shown = visible(about.id)
    if not about.is_run:
        return [shown]
    return [f"--run={shown}"] if shown.startswith("-") else ["--run", shown]


def verify_commands(report: Report) -> list[str]:
    """What shows whether the record still has the root."""
    if not report.of.is_run:
        return [command("verify", report.of, "--root", report.root)]
    run_id = visible(report.of.id)
    named = ["--", run_id] if run_id.startswith("-") else [run_id]
    return ["origin verify", shlex.join(["origin", "runs", *named])]
