from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin.cli.arguments import add_command
from origin.cli.impact_text import lines
from origin.cli.listed import listed
from origin.cli.output import answer
from origin.cli.record import checked_key, opened
from origin.errors import NotFoundError, UsageError
from origin.query import asked as by
from origin.query.display import iso
from origin.query.engine import find_session
from origin.query.impact import impact
from origin.query.run import find_run

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers
    from origin.query.asked import Asked
    from origin.query.impact import Impact, SessionImpact
    from origin.query.models import Model
    from origin.query.share import First
    from origin.storage.reads import Reader, StoredSession

_ABOUT = """\
For a takedown: a source in all its revisions, a file by its bytes, or a list of fingerprints, and for each session how
much of it was delivered, where first, what became of it, which models came after that, and the last one before it.

A session or model is clean only where the record can tell. What was not recorded, has no fingerprint, or was cut off is
unknown, and the answer says why. What was delivered for evaluation alone is told apart: it shaped no weights.

A line of --list that names a file, as `sha256sum` prints them, is of that file: what a loader made of it (an array, a
dict) has another fingerprint, and a session with such values is unknown. A bare fingerprint is compared as it is.

Exit code 0 when no session is affected (see `unknown` in --json), 1 when some is, 2 when it could not be looked up."""


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "impact",
        run,
        summary="tell which sessions and models a source or samples reached, and the latest clean model",
        usage="(NAME | --source ID | --file PATH | --text STRING | --fingerprint DIGITS | --list PATH)",
        about=_ABOUT,
        examples="origin impact web-crawl\norigin impact photo.png --json\n"
        "sha256sum photos/* | origin impact --list -\norigin impact --list removed.txt --run job-1234",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="a source, a file, or a fingerprint or its start")
    parser.add_argument("--source", metavar="ID", help="what came from this source")
    parser.add_argument("--file", metavar="PATH", help="the sample is what this file holds")
    parser.add_argument("--text", metavar="STRING", help="the sample is this text")
    parser.add_argument("--fingerprint", metavar="DIGITS", help="a fingerprint, or its first digits (at least 4)")
    parser.add_argument(
        "--list", metavar="PATH", help="each line of this file starts with a SHA-256 (-: standard input)"
    )
    parser.add_argument("--session", metavar="SESSION", help="look at this session only")
    parser.add_argument("--run", metavar="RUN", dest="run_id", help="look at the sessions of this run only")
    return parser


def run(arguments: argparse.Namespace) -> int:
    ways = (arguments.name, arguments.source, arguments.file, arguments.text, arguments.fingerprint, arguments.list)
    if sum(way is not None for way in ways) != 1:
        raise UsageError(
            "impact needs one thing to look for: give NAME, --source ID, --file PATH, --text STRING, "
            "--fingerprint DIGITS or --list PATH"
        )
    if arguments.session is not None and arguments.run_id is not None:
        raise UsageError("--session and --run exclude each other: give one")
    with opened(arguments) as reader:
        key = checked_key(arguments)
        found = impact(reader, _asked(arguments, reader), _sessions(arguments, reader), key)
    answer(arguments, _document(found), lines(found))
    return 1 if found.affected else 0


def _asked(arguments: argparse.Namespace, reader: Reader) -> Asked:
    if arguments.source is not None:
        return by.by_source(reader, arguments.source)
    if arguments.file is not None:
        return by.by_file(Path(arguments.file))
    if arguments.text is not None:
        return by.by_text(arguments.text)
    if arguments.fingerprint is not None:
        return by.by_fingerprint(reader, arguments.fingerprint)
    if arguments.list is not None:
        return listed(arguments.list)
    return by.by_name(reader, arguments.name)


def _sessions(arguments: argparse.Namespace, reader: Reader) -> list[StoredSession]:
    """Those that were asked for; a name that is not found is no negative finding here."""
    try:
        if arguments.session is not None:
            return [find_session(reader, arguments.session)]
        if arguments.run_id is not None:
            run_id = find_run(reader, arguments.run_id)
            return [session for session in reader.sessions() if session.begin.run_id == run_id]
    except NotFoundError as error:
        raise UsageError(str(error)) from error
    return reader.sessions()


def _document(found: Impact) -> dict[str, Any]:
    asked = found.asked
    return {
        "asked": {
            "kind": asked.kind,
            "source_id": asked.source_id,
            "declared": asked.declared if asked.source_id is not None else None,
            "fingerprints": len(asked.digests),
            "prefix": asked.prefix,
            "of_files": asked.of_files,
        },
        "affected": found.affected,
        "unknown": found.unknown,
        "found": sorted(digest.hex() for digest in found.found),
        "sessions": [_session_facts(one) for one in found.sessions],
    }


def _session_facts(one: SessionImpact) -> dict[str, Any]:
    begin, share = one.session.begin, one.share
    return {
        "session_id": begin.session_id,
        "status": one.session.status,
        "started_at": iso(begin.started_at),
        "run_id": begin.run_id,
        "rank": begin.rank,
        "verdict": one.verdict,
        "evaluated_only": one.evaluated_only,
        "samples": share.samples,
        "observations": share.observations,
        "uses": share.uses.facts,
        "first": None if share.first is None else _first_facts(share.first),
        "doubts": [
            {"why": doubt.why, "entry": doubt.entry, "observations": doubt.count, "details": list(doubt.details)}
            for doubt in one.doubts
        ],
        "other_ranks": one.ranks,
        "values": one.values,
        "models": [{**_model_facts(judged.model), "verdict": judged.verdict} for judged in one.models],
        "latest_clean": None if one.latest_clean is None else _model_facts(one.latest_clean),
    }


def _first_facts(first: First) -> dict[str, Any]:
    return {
        "loader": first.place.loader,
        "epoch": first.place.epoch,
        "step": first.place.step,
        "batch": first.batch,
        "entry": first.place.entry,
        "source_id": first.source_id,
        "fingerprint": first.fingerprint,
    }


def _model_facts(model: Model) -> dict[str, Any]:
    """`entry`: its position in the session's log; null where it was bound after the end."""
    return {
        "name": model.name,
        "path": model.path,
        "sha256": model.sha256,
        "bytes": model.bytes,
        "how": model.how,
        "entry": model.sequence,
        "steps": model.steps,
    }
