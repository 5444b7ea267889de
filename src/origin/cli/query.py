from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cli.arguments import add_command
from origin.cli.output import answer, counted, table
from origin.cli.record import opened
from origin.query.engine import find_license

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers

_HEADERS = ("session", "status", "observations", "samples", "sources")


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "query",
        run,
        summary="tell whether a licence is present, and where",
        usage="LICENSE",
        about="The whole text counts, its case does not: MIT is no part of MIT-0. Exit code 1 when no session used it.",
        examples="origin query MIT\norigin query cc-by-4.0 --quiet && echo present",
    )
    parser.add_argument("license", metavar="LICENSE", help="the licence as it was claimed, such as an SPDX id")
    return parser


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        found = find_license(reader, arguments.license)
    sessions = [
        {
            "session_id": use.session.begin.session_id,
            "observations": use.observations,
            "samples": use.samples,
            "sources": list(use.sources),
        }
        for use in found.uses
    ]
    document = {
        "license": found.license_id,
        "present": bool(found.uses),
        "declared": found.declared,
        "sessions": sessions,
    }
    if found.uses:
        rows = [
            (
                use.session.begin.session_id[:12],
                use.session.status,
                use.observations,
                use.samples,
                ", ".join(use.sources),
            )
            for use in found.uses
        ]
        lines = [f"{found.license_id} is present in {counted(len(rows), 'session')}:", "", *table(_HEADERS, rows)]
    elif found.declared:
        lines = [f"{found.license_id} is not present: a source declares it, but no session used that source"]
    else:
        lines = [f"{found.license_id} is not present"]
    answer(arguments, document, lines)
    return 0 if found.uses else 1
