from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from origin.cli.arguments import add_command
from origin.cli.output import answer, counted, facts, table
from origin.cli.record import opened
from origin.core.difference import REASONS
from origin.core.fingerprint import Kind
from origin.core.record import NO_INDEX
from origin.query.diff import diff
from origin.query.divergence import DIFFERENT, SAME
from origin.query.engine import find_session
from origin.storage.connection import resolve
from origin.storage.reads import Reader

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from origin.cli.arguments import Parser, Subparsers
    from origin.core.difference import Observation
    from origin.query.divergence import Difference, FirstDivergence
    from origin.storage.reads import StoredSession

_HEADERS = ("loader", "epoch", "divergent steps", "same samples", "reasons")
_EPOCHS_SHOWN = 10
_VALUE_SHOWN = 60
_STEP_COUNTS = {
    "compared": "steps compared",
    "equal": "  equal",
    "divergent": "  divergent",
    "uncertain": "  uncertain",
    "only_a": "steps only in A",
    "only_b": "steps only in B",
    "unknown": "steps beside a gap",
}


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "diff",
        run,
        summary="tell whether two sessions consumed the same data, and where they part",
        usage="A B [--db-b FILE]",
        about="Steps are aligned by loader, epoch and number in the epoch. What differs has one or more reasons: "
        + "; ".join(f"{reason}: {text}" for reason, text in REASONS.items())
        + ". Nothing is called the same across a gap. Exit code 0 when it is the same, 1 when it differs or when that "
        "is uncertain.",
        examples="origin diff 3f2a latest\norigin diff latest latest --db first.db --db-b second.db --json",
    )
    parser.add_argument("a", metavar="A", help="the start of a session id, or `latest`")
    parser.add_argument("b", metavar="B", help="the session to compare it with")
    parser.add_argument("--db-b", metavar="FILE", help="the database of B (else that of A)")
    return parser


def run(arguments: argparse.Namespace) -> int:
    with ExitStack() as open_files:
        reader_a = reader_b = open_files.enter_context(opened(arguments))
        if arguments.db_b is not None:
            reader_b = open_files.enter_context(Reader(resolve(arguments.db_b)))
        sessions = find_session(reader_a, arguments.a), find_session(reader_b, arguments.b)
        found = diff(reader_a, sessions[0], reader_b, sessions[1])
    answer(arguments, _document(found, reader_a.path, reader_b.path), _lines(found, reader_a.path, reader_b.path))
    return 0 if found.verdict == SAME else 1


def _document(found: Difference, path_a: Path, path_b: Path) -> dict[str, Any]:
    return {
        "verdict": found.verdict,
        "reasons": list(found.reasons),
        "doubts": [{"kind": one.kind, "side": one.side, "text": one.text} for one in found.doubts],
        "a": _session(found.a, path_a),
        "b": _session(found.b, path_b),
        "steps": asdict(found.steps),
        "same_samples": found.same_samples,
        "first": None if found.first is None else _first(found.first),
        "epochs": [asdict(one) for one in found.epochs],
        "environment": [{"name": name, "a": a, "b": b} for name, a, b in found.environment],
        "sources": {
            "only_a": list(found.sources_a),
            "only_b": list(found.sources_b),
            "changed": [asdict(one) for one in found.sources_changed],
        },
    }


def _session(session: StoredSession, path: Path) -> dict[str, Any]:
    return {"session_id": session.begin.session_id, "status": session.status, "database": str(path)}


def _first(first: FirstDivergence) -> dict[str, Any]:
    return {
        "loader": first.loader,
        "epoch": first.epoch,
        "step": first.step,
        "step_a": first.step_a,
        "step_b": first.step_b,
        "position": first.position,
        "reasons": list(first.reasons),
        "a": _observation(first.a),
        "b": _observation(first.b),
    }


def _observation(one: Observation | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "source_id": one.name.source_id,
        "revision": one.name.revision,
        "license": one.name.license_id,
        "claims": list(one.name.claims),
        "index": None if one.row == NO_INDEX else one.row,
        "key": one.key,
        "kind": Kind(one.kind).name.lower(),
        "fingerprint": None if one.sample is None else one.digest.hex(),
    }


def _lines(found: Difference, path_a: Path, path_b: Path) -> Iterator[str]:
    pairs: list[tuple[str, object]] = [
        ("A", f"session {found.a.begin.session_id} ({found.a.status}) in {path_a}"),
        ("B", f"session {found.b.begin.session_id} ({found.b.status}) in {path_b}"),
    ]
    pairs += [(text, getattr(found.steps, name)) for name, text in _STEP_COUNTS.items()]
    yield from facts(pairs)
    if found.first is not None:
        yield ""
        yield from _first_lines(found.first)
    if found.epochs:
        yield ""
        yield from _epoch_lines(found)
    yield from _beside(found)
    if found.doubts:
        yield ""
        for doubt in found.doubts:
            yield f"uncertain{f', {doubt.side.upper()}' if doubt.side else ''}: {doubt.text}"
    yield ""
    yield _verdict(found)


def _first_lines(first: FirstDivergence) -> Iterator[str]:
    place = f"first divergence: loader {first.loader}, epoch {first.epoch}, step {first.step} of the epoch"
    if first.position is not None:
        place += f", sample {first.position} of the batch"
    yield f"{place} ({', '.join(first.reasons)})"
    for name, step, one in (("A", first.step_a, first.a), ("B", first.step_b, first.b)):
        if step is None:
            yield f"  {name}  has no such step"
        elif one is None:
            yield f"  {name}  has no such sample"
        else:
            yield f"  {name}  {_shown(one)}"


def _shown(one: Observation) -> str:
    name = one.name
    told = [
        f"source {name.source_id}",
        f"revision {name.revision}" if name.revision is not None else "",
        f"licence {name.license_id or 'unknown'}",
        f"index {one.row}" if one.row != NO_INDEX else "index unknown",
        f"key {one.key}" if one.key is not None else "",
        one.digest.hex()[:16] if one.sample is not None else "no fingerprint",
    ]
    return ", ".join(text for text in told if text)


def _epoch_lines(found: Difference) -> list[str]:
    answers = {True: "yes", False: "no", None: "unknown"}
    rows = [
        (one.loader, one.epoch, one.divergent, answers[one.same_samples], ", ".join(one.reasons))
        for one in found.epochs[:_EPOCHS_SHOWN]
    ]
    lines = table(_HEADERS, rows)
    if len(found.epochs) > _EPOCHS_SHOWN:
        lines.append(f"and {len(found.epochs) - _EPOCHS_SHOWN} more epochs (all are in --json)")
    return [*lines, f"same samples in the sessions as wholes: {answers[found.same_samples]}"]


def _beside(found: Difference) -> Iterator[str]:
    lines = [f"{name}: {_value(a)} in A, {_value(b)} in B" for name, a, b in found.environment]
    lines += [f"source {source_id}: only in A" for source_id in found.sources_a]
    lines += [f"source {source_id}: only in B" for source_id in found.sources_b]
    lines += [f"source {one.source_id}: declared with other {', '.join(one.fields)}" for one in found.sources_changed]
    if lines:
        yield ""
        yield "beside the data:"
    for line in lines:
        yield f"  {line}"


def _value(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= _VALUE_SHOWN else f"{text[:_VALUE_SHOWN]}..."


def _verdict(found: Difference) -> str:
    if found.verdict == SAME:
        return f"same: both sessions consumed the same data in {counted(found.steps.compared, 'step')}"
    if found.verdict == DIFFERENT:
        return f"different: {', '.join(found.reasons)}"
    return "uncertain: no difference is certain, but not all of it could be compared"
