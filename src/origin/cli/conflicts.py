from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

from origin.cli.arguments import add_command
from origin.cli.output import ADVICE, answer, license_text, licenses_text
from origin.cli.record import opened
from origin.export.facts import conflict_facts
from origin.licenses.combination import Mode
from origin.licenses.reading import read
from origin.licenses.rule_set import RULE_SET
from origin.query.engine import find_conflicts, find_session
from origin.query.licensing import DEFAULT_MODE, affected_text, claim_findings, claims_of, counted_obstacles

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from origin.cli.arguments import Parser, Subparsers
    from origin.core.record import Source
    from origin.licenses.reconciliation import ClaimFinding
    from origin.query.licensing import Conflict

_NONE = "no conflict by the known rules"
_NONE_KNOWN = "no conflict among the licences that are known; what is not known may conflict with any"
_ALONE = "in the way alone, whatever the other licences are:"


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "conflicts",
        run,
        summary="list known licence conflicts within sessions, and what else stands in the way",
        usage="[SESSION] [--mode MODE] [--fail]",
        about="Licences conflict when what is made from all of them may go under no licence that all of them allow. "
        "Where a claim says another thing than the licence that a source goes by, it is tried too: what conflicts only "
        "then is a review. Each conflict names its rule, its authority and a remedy. A source whose licence is not "
        "known, and a licence that does not allow the mode, stand in the way alone and are listed after the conflicts. "
        "Claims that disagree or name no licence for sure come last. It is a flag for human review, never legal "
        "advice; `origin check` is the gate for a policy.",
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
    parser.add_argument(
        "--fail", action="store_true", help="exit code 1 if anything conflicts or stands in the way, as a gate"
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        sessions = [find_session(reader, arguments.session)] if arguments.session is not None else reader.sessions()
        found = [
            (one.session.begin.session_id, one.conflict) for one in find_conflicts(reader, sessions, arguments.mode)
        ]
        alone = [
            (session.begin.session_id, one)
            for session in sessions
            for one in counted_obstacles(reader, session, arguments.mode)
        ]
        claims = [(session.begin.session_id, *pair) for session in sessions for pair in claim_findings(reader, session)]
    findings = [_finding_facts(*one) for one in claims]
    document = {
        "conflicts": [_facts(*one) for one in found],
        "blocking": [_facts(*one) for one in alone],
        "findings": findings,
        "rule_set": RULE_SET,
        "mode": arguments.mode,
    }
    answer(arguments, document, _lines(found, alone, findings))
    return 1 if arguments.fail and (found or alone) else 0


def _facts(session_id: str, conflict: Conflict) -> dict[str, Any]:
    supposes = [asdict(claim) for claim in conflict.supposes]
    return {**conflict_facts(session_id, conflict), "supposes": supposes}


def _finding_facts(session_id: str, source: Source, finding: ClaimFinding) -> dict[str, Any]:
    read_claims = [read(claim["text"]) for claim in claims_of(source) if claim["where"] in finding.where]
    empty = [repr(one.text) for one in read_claims if one.missing and one.text]
    text = f"{', '.join(empty)} states no licence" if empty and finding.kind == "missing" else finding.text
    candidates = [one.candidates for one in read_claims if one.status == finding.kind == "ambiguous"]
    return {
        "session_id": session_id,
        "source_id": source.source_id,
        **asdict(finding),
        "text": text,
        "where": [where for where in finding.where if where],
        "candidates": list(dict.fromkeys(name for names in candidates for name in names)),
    }


def _lines(
    found: list[tuple[str, Conflict]], alone: list[tuple[str, Conflict]], findings: list[dict[str, Any]]
) -> Iterator[str]:
    if not found:
        yield _NONE_KNOWN if alone else _NONE
        yield ""
    for one in found:
        yield from _conflict(*one)
    if alone:
        yield _ALONE
        yield ""
    for one in alone:
        yield from _conflict(*one)
    if findings:
        yield "claims for a person to look at:"
        for finding in findings:
            yield f"  {_finding(finding)}"
        yield ""
    yield ADVICE


def _conflict(session_id: str, conflict: Conflict) -> Iterator[str]:
    names = [license_text(text) for text in conflict.licenses]
    yield f"{' and '.join(names) or 'no licence stated'} in session {session_id[:12]} ({conflict.severity})"
    yield f"  sources    {', '.join(conflict.sources)}"
    yield f"  rule       {conflict.rule}: {conflict.reason}"
    yield f"  authority  {conflict.authority}"
    yield f"  affected   {affected_text(conflict)}"
    yield f"  remedy     {conflict.remedy}"
    yield ""


def _finding(one: dict[str, Any]) -> str:
    said = one["text"]
    if one["candidates"]:
        said = f"it may mean {licenses_text(one['candidates'])}"
    where = f" ({'; '.join(one['where'])})" if one["where"] else ""
    return f"{one['source_id']} in session {one['session_id'][:12]}: {one['kind']}: {said}{where}"
