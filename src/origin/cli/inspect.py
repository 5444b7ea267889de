from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from origin.cli.arguments import add_command
from origin.cli.bind import model_facts
from origin.cli.output import ADVICE, answer, facts, license_text, table, time_text
from origin.cli.record import opened
from origin.export.facts import conflict_facts, session_facts, source_facts, uses_facts
from origin.licenses.rule_set import RULE_SET
from origin.query.engine import find_session
from origin.query.licensing import claimed_license, conclude
from origin.query.report import report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from origin.cli.arguments import Parser, Subparsers
    from origin.query.models import Model
    from origin.query.report import Report

_SOURCE_HEADERS = ("source", "licence", "observations", "samples", "uri")
_GAP_HEADERS = ("gaps", "reason", "batches missed", "observations missed")
_MODEL_HEADERS = ("model", "position", "steps", "by", "bytes", "SHA-256")
_METADATA_SHOWN = 400
_NOT_KNOWN = frozenset({"unknown", "ambiguous", "no-license"})
"""What the claims for a source come to where they name no licence."""


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "inspect",
        run,
        summary="show one session",
        usage="SESSION",
        about="Keep the root that it prints outside the database: `origin verify --root` then shows any later change.",
        examples="origin inspect latest\norigin inspect 3f2a --json",
    )
    parser.add_argument("session", metavar="SESSION", help="the start of a session id, or `latest`")
    return parser


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        found = report(reader, find_session(reader, arguments.session))
    session_id = found.session.begin.session_id
    document = {
        **session_facts(found),
        "uses": uses_facts(found),
        "erased": found.erased,
        "fetched": found.fetched,
        "gaps": found.gap_count,
        "gap_reasons": [asdict(gap) for gap in found.gaps],
        "sources": [source_facts(use) for use in found.sources],
        "conflicts": [conflict_facts(session_id, conflict) for conflict in found.conflicts],
        "findings": [
            {"source_id": use.source.source_id, **asdict(finding)}
            for use in found.sources
            for finding in conclude(use.source).findings
        ],
        "models": [model_facts(model) for model in found.models],
        "rule_set": RULE_SET,
    }
    answer(arguments, document, [*_lines(found), *_model_lines(found.models), "", ADVICE])
    return 0


def _lines(found: Report) -> Iterator[str]:
    begin, end = found.session.begin, found.session.end
    metadata = begin.metadata if len(begin.metadata) <= _METADATA_SHOWN else begin.metadata[:_METADATA_SHOWN] + " ..."
    pairs: list[tuple[str, object]] = [
        ("session", begin.session_id),
        ("status", found.session.status),
        ("configuration", begin.config_hash),
        ("started", time_text(begin.started_at)),
        ("ended", time_text(end.ended_at) if end else None),
        ("recorded by", f"Origin {begin.origin_version}"),
        ("batches", found.batches),
        *([("  fetched besides, never delivered", found.fetched)] if found.fetched else []),
        ("observations", found.observations),
        ("  without a fingerprint", found.unfingerprintable),
        *([("  with an erased fingerprint", found.erased)] if found.erased else []),
        ("  trained on", _known(found.uses.known(found.uses.trained))),
        ("  evaluated", _known(found.uses.known(found.uses.evaluated))),
        *([("  left out by a gradient scaler", found.uses.skipped)] if found.uses.skipped else []),
        ("distinct samples", found.samples),
        ("bytes", found.size),
        ("gaps", found.gap_count),
        ("conflicts", len(found.conflicts)),
        ("sources without a known licence", len(_unknown(found))),
        ("root", found.root),
    ]
    optional = [("run", begin.run_id), ("rank", begin.rank), ("world size", begin.world_size), ("key", begin.key_id)]
    pairs[3:3] = [(name, value) for name, value in optional if value is not None]
    if begin.metadata != "{}":
        pairs.append(("metadata", metadata))
    yield from facts(pairs)
    if found.sources:
        yield ""
        yield from table(
            _SOURCE_HEADERS,
            [
                (
                    use.source.source_id,
                    license_text(claimed_license(use.source)),
                    use.observations,
                    use.samples,
                    use.source.uri,
                )
                for use in found.sources
            ],
        )
        yield from _disagreements(found)
    if found.gaps:
        yield ""
        yield from table(
            _GAP_HEADERS,
            [
                (gap.gaps, gap.reason, gap.batches, "unknown" if gap.observations is None else gap.observations)
                for gap in found.gaps
            ],
        )


def _model_lines(bound: tuple[Model, ...]) -> Iterator[str]:
    """`position`: how many entries of the log come before the model."""
    if bound:
        yield ""
        yield from table(
            _MODEL_HEADERS,
            [
                (
                    model.name,
                    "after the end" if model.sequence is None else str(model.sequence),
                    "unknown" if model.steps is None else str(model.steps),
                    model.how,
                    model.bytes,
                    model.sha256,
                )
                for model in bound
            ],
        )


def _known(count: int | None) -> int | str:
    return "unknown: no optimizer was seen" if count is None else count


def _unknown(found: Report) -> set[str]:
    return {use.source.source_id for use in found.sources if conclude(use.source).status in _NOT_KNOWN}


def _disagreements(found: Report) -> Iterator[str]:
    disagreeing = (
        (use.source.source_id, finding)
        for use in found.sources
        for finding in conclude(use.source).findings
        if finding.kind == "disagreement"
    )
    for source_id, finding in disagreeing:
        yield f"{source_id}: claims disagree: {finding.text} ({'; '.join(finding.where)})"
