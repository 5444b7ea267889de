from __future__ import annotations

import importlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from origin.cli.arguments import add_command
from origin.cli.output import document
from origin.cli.record import opened
from origin.cli.writing import add_output, written
from origin.query.engine import find_session

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers

_FORMATS = ("json", "jsonl")


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "export",
        run,
        summary="export a session with every observation",
        usage="SESSION [--format FORMAT] [-o FILE [--force]]",
        about="json is one object; jsonl is a line each for the session, its sources, gaps and batches in the order "
        "of its log, and its end. The same record gives the same bytes.",
        examples="origin export latest\norigin export 3f2a --format jsonl -o session.jsonl",
    )
    parser.add_argument("session", metavar="SESSION", help="the start of a session id, or `latest`")
    parser.add_argument("--format", choices=_FORMATS, default="json", metavar="FORMAT", help="json (default) or jsonl")
    add_output(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    form = importlib.import_module(f"origin.export.{arguments.format}")
    with opened(arguments) as reader:
        session = find_session(reader, arguments.session)
        pieces = form.export(reader, session, datetime.now(UTC))
        if arguments.output is not None:
            written(arguments, reader.path, pieces, session.begin.session_id)
        else:
            document(arguments, pieces)
    return 0
