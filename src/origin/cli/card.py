from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from origin.cards.card import card_from
from origin.cli.arguments import add_command
from origin.cli.orderly import orderly
from origin.cli.output import answer, document
from origin.cli.record import opened
from origin.cli.scope import USAGE, add_scope, asked, written
from origin.cli.writing import add_output
from origin.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers

_NAMES = {"md": "markdown", "html": "html"}


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "card",
        run,
        summary="make a provenance card of a session or a run, in Markdown or HTML",
        usage=f"{USAGE} [--format FORMAT] [--policy NAME|FILE] [-o FILE [--force]]",
        about="What an auditor asks, in order: verdict, identity, sources, licences, exposure, gaps, integrity, "
        "obligations, annexes. Both forms say the same; the HTML is one file with charts that loads nothing. The same "
        "record gives the same bytes. With --run the card is of all ranks of a run together, and names those that are "
        "missing. Licence findings are flags for human review, never legal advice.",
        examples="origin card latest\norigin card 3f2a -o PROVENANCE.md\n"
        "origin card latest --policy commercial -o card.html\norigin card --run job-7 -o run.html",
    )
    add_scope(parser)
    parser.add_argument(
        "--format",
        choices=tuple(_NAMES),
        metavar="FORMAT",
        help="md or html (default: html for a FILE that ends in .html, else md)",
    )
    parser.add_argument("--policy", metavar="NAME|FILE", help="show what a policy says of the session, as `check` does")
    add_output(parser)
    return parser


@orderly
def run(arguments: argparse.Namespace) -> int:
    if arguments.force and arguments.output is None:
        raise UsageError("--force replaces a file: name it by -o FILE")
    form = arguments.format or _form_of(arguments.output)
    with opened(arguments) as reader:
        about = asked(arguments, reader)
        card = card_from(reader, about, arguments.policy)
        text = card.html if form == "html" else card.markdown
        if arguments.output is not None:
            written(arguments, reader.path, [text], about)
        elif arguments.json:
            answer(arguments, {about.key: about.id, "format": _NAMES[form], "card": text}, [])
        else:
            document(arguments, [text])
    return 0


def _form_of(output: str | None) -> str:
    return "html" if output is not None and Path(output).suffix.lower() in {".html", ".htm"} else "md"
