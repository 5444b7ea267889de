from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from origin.cli.arguments import add_command
from origin.cli.output import answer, facts, table, time_text
from origin.cli.record import opened
from origin.query.display import iso
from origin.query.run import find_run, incomplete, list_runs, ranks_without_run, run_report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from origin.cli.arguments import Parser, Subparsers
    from origin.query.run import Ranks, RunLine, RunReport

_HEADERS = ("run", "started", "sessions", "not ended", "ranks", "observations", "to look at")
_SESSION_HEADERS = ("rank", "session", "status", "started", "batches", "observations", "root")
_EPOCH_HEADERS = ("loader", "epoch", "sessions", "batches", "observations")
_RUN_SHOWN = 40
_ABOUT = """\
A run is the sessions that name the same run id, one for each rank; `origin merge` brings them into one database.
Ranks may get the same sample, so that all have equally many: observations count each delivery, distinct samples do not.
The root of a run is that of the tree over rank, size and root of its sessions.

Sessions without a run id belong to no run that is known: nothing is guessed from times or names."""


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "runs",
        run,
        summary="list the distributed runs, or show one: its ranks, who is missing, its totals and its root",
        usage="[RUN] [--fail]",
        about=_ABOUT,
        examples="origin runs\norigin runs latest --json\norigin runs job-1234 --fail --quiet || echo incomplete",
    )
    parser.add_argument("run_id", metavar="RUN", nargs="?", help="the start of a run id, or `latest` (else list all)")
    parser.add_argument("--fail", action="store_true", help="exit code 1 if not each rank is there once, as a gate")
    return parser


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        if arguments.run_id is None:
            lines, unknown = list_runs(reader), ranks_without_run(reader)
            document = {"runs": [run_facts(line) for line in lines], "ranks_without_run": unknown}
            answer(arguments, document, _listed(lines, unknown))
        else:
            report = run_report(reader, find_run(reader, arguments.run_id))
            lines, unknown = [report.line], 0
            answer(arguments, _document(report), _shown(report))
    whole = not unknown and all(line.ranks.complete for line in lines)
    return 1 if arguments.fail and not whole else 0


def run_facts(line: RunLine) -> dict[str, Any]:
    """A run in JSON."""
    return {
        "run_id": line.run_id,
        "started_at": iso(line.started_at),
        "session_count": line.sessions,
        "unfinished": line.unfinished,
        "batches": line.batches,
        "observations": line.observations,
        "root": line.root,
        **rank_facts(line.ranks),
    }


def rank_facts(ranks: Ranks) -> dict[str, Any]:
    """Which ranks are there, in JSON; `missing` as [first, last], null where it is not known."""
    return {**asdict(ranks), "complete": ranks.complete}


def of_no_run(sessions: int) -> str:
    return f"sessions that state a rank but no run: {sessions}; which run they belong to is not known"


def _listed(lines: list[RunLine], unknown: int) -> Iterator[str]:
    rows = [
        (
            line.run_id if len(line.run_id) <= _RUN_SHOWN else f"{line.run_id[: _RUN_SHOWN - 3]}...",
            time_text(line.started_at),
            line.sessions,
            line.unfinished,
            _present(line.ranks),
            line.observations,
            "; ".join(incomplete(line.ranks)) or None,
        )
        for line in lines
    ]
    yield from table(_HEADERS, rows) if rows else ["no session names a run"]
    if unknown:
        yield ""
        yield of_no_run(unknown)


def _present(ranks: Ranks) -> str:
    there = len(ranks.present)
    return f"{there} of {ranks.world_sizes[0]}" if len(ranks.world_sizes) == 1 else str(there)


def _document(report: RunReport) -> dict[str, Any]:
    sessions = [
        {
            "rank": line.session.begin.rank,
            "world_size": line.session.begin.world_size,
            "session_id": line.session.begin.session_id,
            "status": line.session.status,
            "started_at": iso(line.session.begin.started_at),
            "batches": line.batches,
            "observations": line.observations,
            "entries": line.session.size,
            "root": line.root,
        }
        for line in report.sessions
    ]
    epochs = [asdict(one) for one in report.epochs]
    for epoch in epochs:
        epoch["bytes"] = epoch.pop("size")
    return {
        **run_facts(report.line),
        "samples": report.samples,
        "unfingerprintable": report.unfingerprintable,
        "bytes": report.size,
        "gaps": report.gaps,
        "sessions": sessions,
        "epochs": epochs,
    }


def _shown(report: RunReport) -> Iterator[str]:
    line = report.line
    yield from facts(
        [
            ("run", line.run_id),
            ("started", time_text(line.started_at)),
            ("sessions", line.sessions),
            ("  not ended", line.unfinished),
            ("ranks", _present(line.ranks)),
            *(("  to look at", what) for what in incomplete(line.ranks)),
            ("batches", line.batches),
            ("observations", line.observations),
            ("  without a fingerprint", report.unfingerprintable),
            ("distinct samples", report.samples),
            ("bytes", report.size),
            ("gaps", report.gaps),
            ("root", line.root),
        ]
    )
    yield ""
    yield from table(
        _SESSION_HEADERS,
        [
            (
                one.session.begin.rank,
                one.session.begin.session_id[:12],
                one.session.status,
                time_text(one.session.begin.started_at),
                one.batches,
                one.observations,
                one.root[:16],
            )
            for one in report.sessions
        ],
    )
    if report.epochs:
        yield ""
        rows = [(one.loader, one.epoch, one.sessions, one.batches, one.observations) for one in report.epochs]
        yield from table(_EPOCH_HEADERS, rows)
