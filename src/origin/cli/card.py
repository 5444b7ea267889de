from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.markdown import card
from origin.cli.arguments import add_command
from origin.cli.output import answer, document
from origin.cli.record import opened
from origin.cli.writing import add_output, written
from origin.query.engine import find_session
from origin.query.report import report

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "card",
        run,
        summary="make a provenance card of a session, in Markdown",
        usage="SESSION [-o FILE [--force]]",
        examples="origin card latest\norigin card 3f2a -o PROVENANCE.md",
    )
    parser.add_argument("session", metavar="SESSION", help="the start of a session id, or `latest`")
    add_output(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        found = report(reader, find_session(reader, arguments.session))
        text = card(found)
        session_id = found.session.begin.session_id
        if arguments.output is not None:
            written(arguments, reader.path, [text], session_id)
        elif arguments.json:
            answer(arguments, {"session_id": session_id, "format": "markdown", "card": text}, [])
        else:
            document(arguments, [text])
    return 0
