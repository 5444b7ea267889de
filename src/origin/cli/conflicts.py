from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cli.arguments import add_command
from origin.cli.output import answer
from origin.cli.record import opened
from origin.export.facts import conflict_facts
from origin.licenses.rules import RULE_SET
from origin.query.engine import find_conflicts, find_session

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers
    from origin.query.engine import SessionConflict


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "conflicts",
        run,
        summary="list known licence conflicts within sessions",
        usage="[SESSION] [--fail]",
        about="Each names its rule and authority. It is a flag for human review, never legal advice: licences "
        "that are unknown, or no SPDX id, are covered by no rule.",
        examples="origin conflicts\norigin conflicts latest --fail --quiet || echo review needed",
    )
    parser.add_argument("session", metavar="SESSION", nargs="?", help="one session only (else all)")
    parser.add_argument("--fail", action="store_true", help="exit code 1 if there is any, as a gate")
    return parser


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        sessions = [find_session(reader, arguments.session)] if arguments.session is not None else reader.sessions()
        found = find_conflicts(reader, sessions)
    documents = [conflict_facts(one.session.begin.session_id, one.conflict) for one in found]
    lines = [line for one in found for line in _lines(one)] or ["no conflict by the known rules"]
    document = {"conflicts": documents, "rule_set": RULE_SET}
    answer(arguments, document, [*lines, f"rule set {RULE_SET}: a flag for human review, never legal advice"])
    return 1 if found and arguments.fail else 0


def _lines(one: SessionConflict) -> list[str]:
    conflict = one.conflict
    return [
        f"{' and '.join(conflict.licenses)} in session {one.session.begin.session_id[:12]} ({conflict.severity})",
        f"  sources    {', '.join(conflict.sources)}",
        f"  rule       {conflict.rule}: {conflict.reason}",
        f"  authority  {conflict.authority}",
        "",
    ]
