from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin.cli.arguments import add_command
from origin.cli.output import answer, counted, license_text, table
from origin.cli.record import checked_key, opened
from origin.core.fingerprint import Kind
from origin.errors import UsageError
from origin.query.licensing import claimed_license
from origin.query.trace import FINGERPRINT, trace, trace_file, trace_place, trace_text
from origin.storage.erased import receipts

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
        usage="(SAMPLE | --file PATH | --text STRING | --source ID --index N)",
        about="A batch is named by its number in the session, from 0. A sighting matches by its own fingerprint; by "
        "its item, where the row has that fingerprint and the batch holds its index or what became of it; or by its "
        "index, where it is another view of the row. Exit code 1 when it was never seen.",
        examples="origin trace 9f86d081\norigin trace --file photo.png --json\norigin trace --text='a quick brown fox'"
        "\norigin trace --source train --index 17",
    )
    parser.add_argument("sample", metavar="SAMPLE", nargs="?", help="a fingerprint, or its first digits (at least 4)")
    parser.add_argument("--file", metavar="PATH", help="the sample is what this file holds")
    parser.add_argument("--text", metavar="STRING", help="the sample is this text")
    parser.add_argument("--source", metavar="ID", help="the sample is a row of this source, see --index")
    parser.add_argument("--index", metavar="N", type=int, help="the number of the row, from 0")
    return parser


def run(arguments: argparse.Namespace) -> int:
    given = [
        value for value in (arguments.sample, arguments.file, arguments.text, arguments.source) if value is not None
    ]
    if len(given) != 1:
        raise UsageError("trace needs one sample: give SAMPLE, --file PATH, --text STRING or --source ID --index N")
    if (arguments.source is None) != (arguments.index is None) or (arguments.index or 0) < 0:
        raise UsageError("a row is named by --source ID and --index N together, N from 0")
    with opened(arguments) as reader:
        found = _trace(arguments, reader, checked_key(arguments))
        erased = sum(map(len, receipts(reader).values()))
    sightings = [_facts(sighting) for sighting in found.sightings]
    document = {"fingerprint": found.fingerprint, "sightings": sightings, "erased": erased}
    name = found.fingerprint or f"row {arguments.index} of {arguments.source}"
    lines = _lines(found, name)
    if erased and not sightings:
        gone = f"{counted(erased, 'sample')} of this record {'was' if erased == 1 else 'were'} erased"
        lines.append(f"{gone}: whether this was one cannot be told")
    answer(arguments, document, lines)
    return 0 if found.sightings else 1


def _trace(arguments: argparse.Namespace, reader: Reader, key: bytes | None) -> Trace:
    if arguments.source is not None:
        return trace_place(reader, arguments.source, arguments.index)
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
        "kind": _kind(sighting),
        "matched": sighting.matched,
        "entry": sighting.entry,
        "step": sighting.step,
        "fingerprint": sighting.fingerprint,
    }


def _kind(sighting: Sighting) -> str:
    return "by index" if sighting.kind == Kind.INDEX else sighting.kind.name.lower()


def _lines(found: Trace, name: str) -> list[str]:
    if not found.sightings:
        return [f"{name} was never recorded as delivered to a loop"]
    others = sum(sighting.matched != FINGERPRINT for sighting in found.sightings) if found.fingerprint else 0
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
            _kind(sighting),
            *([sighting.matched] if others else []),
        )
        for sighting in found.sightings
    ]
    times = counted(len(rows), "time")
    told = f", {others} of them not under that very fingerprint" if others else ""
    headers = (*_HEADERS, "matched") if others else _HEADERS
    return [f"{name} was delivered to a loop {times}{told}:", "", *table(headers, rows)]
