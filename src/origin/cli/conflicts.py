from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

from origin.cli.arguments import add_command
from origin.cli.output import answer
from origin.cli.record import opened
from origin.export.facts import conflict_facts
from origin.licenses.combination import Mode
from origin.licenses.rule_set import RULE_SET
from origin.query.engine import find_conflicts, find_session
from origin.query.licensing import DEFAULT_MODE, affected_text, claim_findings

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
        usage="[SESSION] [--mode MODE] [--fail]",
        about="Licences conflict when what is made from all of them may go under no licence that all of them allow. "
        "Each conflict names its rule, its authority and a remedy. It is a flag for human review, never legal advice; "
        "claims that disagree or name no licence for sure are listed apart; `origin check` is the gate for them.",
        examples="origin conflicts\norigin conflicts latest --mode collection\n"
        "origin conflicts latest --fail --quiet || echo review needed",
    )
    parser.add_argument("session", metavar="SESSION", nargs="?", help="one session only (else all)")
    parser.add_argument(
        "--mode",
        choices=[mode for mode in get_args(Mode) if mode not in {"internal", "train-on-outputs"}],
        default=DEFAULT_MODE,
        help="what is made of the sources: %(choices)s (default: %(default)s)",
        metavar="MODE",
    )
    parser.add_argument("--fail", action="store_true", help="exit code 1 if there is any, as a gate")
    return parser


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        sessions = [find_session(reader, arguments.session)] if arguments.session is not None else reader.sessions()
        found = find_conflicts(reader, sessions, arguments.mode)
        claims = [(session, *pair) for session in sessions for pair in claim_findings(reader, session)]
    documents = [conflict_facts(one.session.begin.session_id, one.conflict) for one in found]
    lines = [line for one in found for line in ("", *_lines(one))][1:] or ["no conflict by the known rules"]
    findings = [
        {"session_id": session.begin.session_id, "source_id": source.source_id, **asdict(finding)}
        for session, source, finding in claims
    ]
    if findings:
        lines += ["", "claims for a person to look at:"]
    lines += [f"  {_finding(one)}" for one in findings]
    document = {"conflicts": documents, "findings": findings, "rule_set": RULE_SET, "mode": arguments.mode}
    answer(arguments, document, [*lines, "", f"rule set {RULE_SET}: a flag for human review, never legal advice"])
    return 1 if found and arguments.fail else 0


def _lines(one: SessionConflict) -> list[str]:
    conflict = one.conflict
    return [
        f"{' and '.join(conflict.licenses)} in session {one.session.begin.session_id[:12]} ({conflict.severity})",
        f"  sources    {', '.join(conflict.sources)}",
        f"  rule       {conflict.rule}: {conflict.reason}",
        f"  authority  {conflict.authority}",
        f"  affected   {affected_text(conflict)}",
        f"  remedy     {conflict.remedy}",
    ]


def _finding(one: dict[str, Any]) -> str:
    where = f" ({'; '.join(one['where'])})" if one["where"] else ""
    return f"{one['source_id']} in session {one['session_id'][:12]}: {one['kind']}: {one['text']}{where}"
