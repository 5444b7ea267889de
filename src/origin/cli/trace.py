from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin.cli.arguments import add_command
from origin.cli.output import answer, counted, license_text, table
from origin.cli.record import checked_key, opened
from origin.errors import UsageError
from origin.query.licensing import claimed_license
from origin.query.trace import trace, trace_file, trace_text

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers
    from origin.query.trace import Sighting, Trace
    from origin.storage.reads import Reader

_HEADERS = ("session", "loader", "epoch", "batch", "position", "source", "licence", "index", "key", "kind")


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "trace",
        run,
        summary="find where a sample was delivered to a loop, and from which source",
        usage="(SAMPLE | --file PATH | --text STRING)",
        about="A batch is named by its number in the session, from 0. Exit code 1 when it was never seen.",
        examples="origin trace 9f86d081\norigin trace --file photo.png --json\norigin trace --text='a quick brown fox'",
    )
    parser.add_argument("sample", metavar="SAMPLE", nargs="?", help="a fingerprint, or its first digits (at least 4)")
    parser.add_argument("--file", metavar="PATH", help="the sample is what this file holds")
    parser.add_argument("--text", metavar="STRING", help="the sample is this text")
    return parser


def run(arguments: argparse.Namespace) -> int:
    given = [value for value in (arguments.sample, arguments.file, arguments.text) if value is not None]
    if len(given) != 1:
        raise UsageError("trace needs one sample: give SAMPLE, --file PATH or --text STRING")
    with opened(arguments) as reader:
        found = _trace(arguments, reader, checked_key(arguments))
    document = {"fingerprint": found.fingerprint, "sightings": [_facts(sighting) for sighting in found.sightings]}
    answer(arguments, document, _lines(found))
    return 0 if found.sightings else 1


def _trace(arguments: argparse.Namespace, reader: Reader, key: bytes | None) -> Trace:
    if arguments.file is not None:
        return trace_file(reader, Path(arguments.file), key)
    if arguments.text is not None:
        return trace_text(reader, arguments.text, key)
    return trace(reader, arguments.sample, key)


def _facts(sighting: Sighting) -> dict[str, Any]:
    return {
        "session_id": sighting.session.begin.session_id,
        "loader": sighting.loader,
        "epoch": sighting.epoch,
        "batch": sighting.batch,
        "position": sighting.position,
        "source_id": sighting.source.source_id,
        "license": claimed_license(sighting.source),
        "index": sighting.index,
        "key": sighting.key,
        "kind": sighting.kind.name.lower(),
        "entry": sighting.entry,
        "step": sighting.step,
        "fingerprint": sighting.fingerprint,
    }


def _lines(found: Trace) -> list[str]:
    if not found.sightings:
        return [f"{found.fingerprint} was never recorded as delivered to a loop"]
    rows = [
        (
            sighting.session.begin.session_id[:12],
            sighting.loader,
            sighting.epoch,
            sighting.batch,
            sighting.position,
            sighting.source.source_id,
            license_text(claimed_license(sighting.source)),
            sighting.index,
            sighting.key,
            sighting.kind.name.lower(),
        )
        for sighting in found.sightings
    ]
    times = counted(len(rows), "time")
    return [f"{found.fingerprint} was delivered to a loop {times}:", "", *table(_HEADERS, rows)]
