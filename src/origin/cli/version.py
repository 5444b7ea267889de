from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cli.arguments import add_command
from origin.cli.output import answer
from origin.version import VERSION

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers


def add(subparsers: Subparsers) -> Parser:
    return add_command(
        subparsers, "version", run, summary="tell Origin's version", usage="", examples="origin version --json"
    )


def run(arguments: argparse.Namespace) -> int:
    answer(arguments, {"version": VERSION}, [f"origin {VERSION}"])
    return 0
