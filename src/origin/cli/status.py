from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from origin.cli.arguments import add_command
from origin.cli.output import answer, facts
from origin.cli.record import opened
from origin.query.engine import status

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers


def add(subparsers: Subparsers) -> Parser:
    return add_command(
        subparsers,
        "status",
        run,
        summary="tell what the database holds",
        usage="",
        about="Samples are distinct fingerprints over all sessions; observations count each delivery to the loop.",
        examples="origin status\norigin --db runs/provenance.db status --json",
    )


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        found = status(reader)
        path, key_id = reader.path, reader.key_id()
    counts = asdict(found)
    counts["bytes"] = counts.pop("size")
    lines = facts(
        [
            ("database", path),
            ("sessions", found.sessions),
            ("  not ended", found.unfinished),
            ("batches", found.batches),
            ("observations", found.observations),
            ("  without a fingerprint", found.unfingerprintable),
            ("distinct samples", found.samples),
            ("bytes", found.size),
            ("sources", found.sources),
            ("licences", found.licenses),
            ("conflicts", found.conflicts),
            ("gaps", found.gaps),
            ("fingerprints", "SHA-256" if key_id is None else f"HMAC-SHA256 under the key {key_id}"),
        ]
    )
    answer(arguments, {**counts, "database": str(path), "key_id": key_id}, lines)
    return 0
