from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from origin.cards.notice import notice
from origin.cli.arguments import add_command
from origin.cli.output import answer, document
from origin.cli.record import opened
from origin.cli.writing import add_output, written
from origin.export.facts import declaration_facts
from origin.licenses.rule_set import RULE_SET
from origin.query.engine import find_session
from origin.query.notice import credits_due

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers
    from origin.query.notice import Credit


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "notice",
        run,
        summary="write the credits and notices that a session's sources ask for",
        usage="SESSION [-o FILE [--force]]",
        about="Names every source that the session got samples from, with its author, address and licence as recorded, "
        "and the duties of that licence with their clauses. What else is claimed of a licence is named beside it. "
        "Sources whose duties are not known for sure are listed apart. A draft for human review, never legal advice.",
        examples="origin notice latest\norigin notice 3f2a -o NOTICE.md",
    )
    parser.add_argument("session", metavar="SESSION", help="the start of a session id, or `latest`")
    add_output(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        session = find_session(reader, arguments.session)
        found = credits_due(reader, session)
        session_id = session.begin.session_id
        text = notice(session_id, found)
        if arguments.output is not None:
            written(arguments, reader.path, [text], session_id)
        elif arguments.json:
            listed = [_facts(credit) for credit in found]
            answer(arguments, {"session_id": session_id, "credits": listed, "rule_set": RULE_SET, "notice": text}, [])
        else:
            document(arguments, [text])
    return 0


def _facts(credit: Credit) -> dict[str, Any]:
    return {
        **declaration_facts(credit.source),
        "observations": credit.observations,
        "licenses": [one._asdict() for one in credit.licenses],
        "duties": [asdict(duty) for duty in credit.duties],
        "known": credit.known,
        "claimed_otherwise": [asdict(claim) for claim in credit.others],
    }
