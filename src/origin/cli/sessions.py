from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cli.arguments import add_command
from origin.cli.output import answer, table, time_text
from origin.cli.record import opened
from origin.query.display import iso
from origin.query.engine import list_sessions

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers

_HEADERS = ("session", "status", "started", "ended", "batches", "observations", "root")


def add(subparsers: Subparsers) -> Parser:
    return add_command(
        subparsers,
        "sessions",
        run,
        summary="list the training sessions, oldest first",
        usage="",
        about="A session that was never ended is `running` while its process lives, `interrupted` after.",
        examples="origin sessions\norigin sessions --json",
    )


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        found = list_sessions(reader)
    documents = []
    rows = []
    for line in found:
        begin, ended_at = line.session.begin, line.session.end.ended_at if line.session.end else None
        documents.append(
            {
                "session_id": begin.session_id,
                "status": line.session.status,
                "config_hash": begin.config_hash,
                "started_at": iso(begin.started_at),
                "ended_at": None if ended_at is None else iso(ended_at),
                "batches": line.batches,
                "observations": line.observations,
                "root": line.root,
            }
        )
        times = time_text(begin.started_at), time_text(ended_at)
        rows.append(
            (begin.session_id[:12], line.session.status, *times, line.batches, line.observations, line.root[:16])
        )
    answer(arguments, {"sessions": documents}, table(_HEADERS, rows) if rows else ["no sessions yet"])
    return 0
