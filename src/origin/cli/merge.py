from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from origin.cli.arguments import add_command
from origin.cli.output import answer, counted, facts
from origin.cli.runs import of_no_run, run_facts
from origin.query.display import visible
from origin.query.run import incomplete, list_runs, ranks_without_run
from origin.query.verify import complaint
from origin.storage.merge import TamperedError, merge
from origin.storage.reads import Reader

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers

MERGED, REFUSED = 0, 1
_ABOUT = """\
Sessions are copied as they were recorded, so that each keeps its root. A session that was never ended is taken as it
stands and reads as interrupted. OUT is created, or keeps what it has; merging the same shards again, or in another
order, changes nothing. Each file is verified before and OUT after; until then OUT stays as it was.

Ranks that are missing are told on standard error, and by `origin runs`.

Exit codes: 0 merged, or nothing was left to merge; 1 refused: a file was tampered with or damaged, or two files have
different logs of one session; 2 it could not be done: a shard is being recorded into, the keys differ."""


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "merge",
        run,
        summary="put the sessions of several databases, such as the shards of ranks, into one",
        usage="OUT SHARD [SHARD ...]",
        about=_ABOUT,
        examples="origin merge provenance.db provenance.rank-*.db\norigin merge all.db monday.db tuesday.db --json",
    )
    parser.add_argument("out", metavar="OUT", help="the database to merge into; created if it does not exist")
    parser.add_argument("shards", metavar="SHARD", nargs="+", help="a database that was recorded")
    return parser


def run(arguments: argparse.Namespace) -> int:
    try:
        merged = merge(arguments.out, arguments.shards, complaint)
    except TamperedError as error:
        _tell(str(error))
        return REFUSED
    with Reader(merged.path) as reader:
        runs, unknown = list_runs(reader), ranks_without_run(reader)
    document = {
        **asdict(merged),
        "path": str(merged.path),
        "runs": [run_facts(line) for line in runs],
        "ranks_without_run": unknown,
    }
    lines = [
        ("database", merged.path),
        ("sessions added", len(merged.added)),
        ("sessions that went on", len(merged.extended)),
        ("sessions that were there", len(merged.unchanged)),
        *(("run", f"{line.run_id}: {counted(line.sessions, 'session')}, root {line.root}") for line in runs),
    ]
    answer(arguments, document, facts(lines))
    for line in runs:
        for what in incomplete(line.ranks):
            _tell(f"run {line.run_id!r:.80}: {what}")
    if unknown:
        _tell(of_no_run(unknown))
    return MERGED


def _tell(message: str) -> None:
    if sys.stderr is not None:
        print(f"origin: {visible(message)}", file=sys.stderr)
