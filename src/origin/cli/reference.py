"""docs/cli-reference.md, made of the commands' own help: `python -m origin.cli.reference > docs/cli-reference.md`."""

from __future__ import annotations

import importlib

from origin.cli.arguments import Parser, add_globals
from origin.cli.main import COMMANDS, parser

_INTRODUCTION = """\
# Command line

This page is the commands' own `--help`. Change it there and run
`python -m origin.cli.reference > docs/cli-reference.md`; a test compares the two.

Errors go to standard error as one line, `origin: what, why, what to do`. Recorded strings are shown with control
characters, bidirectional overrides and other invisible characters as escapes such as `\\x1b`; JSON is ASCII.
Times are UTC. Nothing is coloured. Commands that read open the database read-only and never create it.
"""


def reference() -> str:
    parts = [_INTRODUCTION, _section("origin", parser())]
    for name in COMMANDS:
        command = importlib.import_module(f"origin.cli.{name.replace('-', '_')}").add(
            Parser(prog="origin").add_subparsers(prog="origin")
        )
        add_globals(command)
        parts.append(_section(f"origin {name}", command))
    return "\n".join(parts)


def _section(title: str, command: Parser) -> str:
    return f"## {title}\n\n```text\n{command.format_help().rstrip()}\n```\n"


if __name__ == "__main__":
    print(reference(), end="")
