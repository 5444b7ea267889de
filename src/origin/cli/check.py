from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from origin.cli.arguments import add_command
from origin.cli.output import ADVICE, answer, counted, license_text
from origin.cli.record import opened
from origin.errors import UsageError
from origin.licenses.policy import load_policy
from origin.licenses.rule_set import RULE_SET
from origin.query.compliance import check
from origin.query.engine import find_session

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from origin.cli.arguments import Parser, Subparsers
    from origin.query.compliance import SessionCheck, SourceCheck

_WORDS: dict[str, Any] = {"true": True, "false": False}


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "check",
        run,
        summary="check a session's licences against a policy, as a gate",
        usage="SESSION --policy NAME|FILE [--use KEY=VALUE ...] [--strict]",
        about="Built-in policies are `research` and `commercial`; a team keeps its own as a TOML file. Every source "
        "that the session got samples from is checked with all its claims and opt-out signals, and so is their mix "
        "where the use passes something on. Exit code 1 when something is denied, with --strict also when something "
        "needs review. It flags for human review and is no legal advice.",
        examples="origin check latest --policy commercial\n"
        "origin check latest --policy research --use share=weights --use attribution_given=true\n"
        "origin check 3f2a --policy our-policy.toml --strict --quiet || exit 1",
    )
    parser.add_argument("session", metavar="SESSION", help="the start of a session id, or `latest`")
    parser.add_argument("--policy", metavar="NAME|FILE", required=True, help="a built-in policy, or a TOML file")
    parser.add_argument(
        "--use",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a key of the use that differs from the policy's (may be given several times)",
    )
    parser.add_argument("--strict", action="store_true", help="exit code 1 also when something needs review")
    return parser


def run(arguments: argparse.Namespace) -> int:
    policy = load_policy(arguments.policy)
    overrides = dict(map(_key_and_value, arguments.use))
    policy.intended(**overrides)
    with opened(arguments) as reader:
        session = find_session(reader, arguments.session)
        found = check(reader, session, policy, overrides)
    document = {
        "session_id": session.begin.session_id,
        "policy": policy.name,
        "use": {key: value for key, value in asdict(found.use).items() if value is not None},
        "verdict": found.verdict,
        "sources": [_source(one) for one in found.sources],
        "mix": None if found.mix is None else asdict(found.mix),
        "supposed": [asdict(one) for one in found.supposed],
        "rule_set": RULE_SET,
    }
    answer(arguments, document, _lines(policy.name, found))
    return int(found.verdict == "denied" or (arguments.strict and found.verdict != "allowed"))


def _key_and_value(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"--use {text!r:.80} is no KEY=VALUE: give such as --use share=weights")
    return key, int(value) if value.isdecimal() and value.isascii() else _WORDS.get(value, value)


def _source(one: SourceCheck) -> dict[str, Any]:
    return {
        "source_id": one.source.source_id,
        "license": one.claim,
        "observations": one.observations,
        "samples": one.samples,
        **asdict(one.evaluation),
        "verdict": one.verdict,
        "claims": asdict(one.claims),
    }


def _lines(policy: str, found: SessionCheck) -> Iterator[str]:
    yield f"{found.verdict} by policy {policy}: {counted(len(found.sources), 'source')}"
    for one in found.sources:
        yield ""
        yield (
            f"{one.source.source_id}: {one.verdict} "
            f"({license_text(one.claim)}, {counted(one.observations, 'observation')})"
        )
        for reason in one.evaluation.reasons:
            if reason.severity == "info":  # why it is allowed: in --json
                continue
            yield f"  {reason.severity:<8} {license_text(reason.license or '-')}: {reason.text}"
            yield f"           {reason.rule}; {reason.authority}"
        for finding in one.claims.findings:
            if finding.kind == "disagreement":
                yield f"  review   claims disagree: {finding.text} ({'; '.join(finding.where)})"
        if one.evaluation.obligations:
            yield f"  due      {', '.join(one.evaluation.obligations)}"
    if found.mix is not None and (found.mix.findings or found.supposed):
        yield ""
        yield f"together, for {found.mix.mode}:"
        for each in found.mix.findings:
            yield f"  {each.severity:<8} {each.text}"
            yield f"           {each.rule}; {each.authority}"
        for conflict in found.supposed:
            yield f"  {conflict.severity:<8} {conflict.reason}"
            yield f"           {conflict.rule}; {conflict.authority}"
    yield ""
    yield ADVICE
