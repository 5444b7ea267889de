from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin.cli.arguments import add_command
from origin.cli.listed import listed
from origin.cli.output import answer, counted
from origin.cli.record import checked_key, opened
from origin.core.fingerprint import CONTENT_KINDS, with_key
from origin.errors import UsageError
from origin.proofs.erasure import erase
from origin.query import asked as by
from origin.query.verify import complaint

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers
    from origin.proofs.erasure import Erasure
    from origin.query.asked import Asked
    from origin.storage.reads import Reader

_NOT_FOUND = 1
_ABOUT = """\
The fingerprint goes from the file, its lookup and whatever is left in unused space. Every root stays, and so does every
proof of another sample. What stands in its place is the hash that the tree needs: it tells nobody which sample it was,
but somebody who has the sample can compute the same hash. Index and key of the observation stay too.

A receipt is added to the record, in a session of its own, which says how many observations of which sessions were
erased and what their places are. Nothing is erased from a record that does not verify. Copies, backups, proofs and
exports that were handed out are out of reach.

Exit codes: 0 erased, or with --dry-run told; 1 no such sample is recorded; 2 it could not be done."""


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "erase",
        run,
        summary="erase the fingerprints of samples from the record, and keep every root",
        usage="(SAMPLE | --file PATH | --text STRING | --list PATH) [--reason TEXT] [--dry-run]",
        about=_ABOUT,
        examples="origin erase --file photo.png --reason 'request 17'\norigin erase 9f86d081 --dry-run\n"
        "sha256sum photos/* | origin erase --list -",
    )
    parser.add_argument("sample", metavar="SAMPLE", nargs="?", help="a fingerprint, or the start of one")
    parser.add_argument("--file", metavar="PATH", help="the sample is what this file holds")
    parser.add_argument("--text", metavar="STRING", help="the sample is this text")
    parser.add_argument(
        "--list", metavar="PATH", help="each line of this file starts with a SHA-256 (-: standard input)"
    )
    parser.add_argument("--reason", metavar="TEXT", help="put this into the receipt")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be erased, and change nothing")
    return parser


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        forms = _forms(arguments, reader)
    done = erase(arguments.db, list(forms), complaint, arguments.reason, dry_run=arguments.dry_run)
    asked = set(forms.values())
    missing = asked - {forms[one] for one in forms.keys() - set(done.missing)}
    answer(arguments, _document(done, len(missing)), _lines(done, missing, asked, dry_run=arguments.dry_run))
    return 0 if done.sessions else _NOT_FOUND


def _forms(arguments: argparse.Namespace, reader: Reader) -> dict[bytes, bytes]:
    """The fingerprints to erase, as this record may have them, and for each the one that was asked for."""
    asked = _asked(arguments, reader)
    plain = {digest: digest for digest in sorted(asked.digests)}
    if reader.key_id() is None:
        return plain
    key = checked_key(arguments)
    if key is None and asked.of_files:
        raise UsageError(f"{reader.path} is recorded with a key: give it by --key-file, or give a recorded fingerprint")
    return plain if key is None else plain | {with_key(key, kind, one): one for one in plain for kind in CONTENT_KINDS}


def _asked(arguments: argparse.Namespace, reader: Reader) -> Asked:
    ways = (arguments.sample, arguments.file, arguments.text, arguments.list)
    if sum(way is not None for way in ways) != 1:
        raise UsageError("erase needs one of SAMPLE, --file PATH, --text STRING, --list PATH")
    if arguments.file is not None:
        return by.by_file(Path(arguments.file))
    if arguments.text is not None:
        return by.by_text(arguments.text)
    if arguments.list is not None:
        return listed(arguments.list)
    return by.by_fingerprint(reader, arguments.sample)


def _document(done: Erasure, missing: int) -> dict[str, Any]:
    return {
        "path": str(done.path),
        "sessions": [
            {
                "session_id": one.session_id,
                "samples": len(one.samples),
                "observations": one.observations,
                "items": one.items,
            }
            for one in done.sessions
        ],
        "receipt": done.receipt,
        "not_found": missing,
    }


def _lines(done: Erasure, missing: set[bytes], asked: set[bytes], *, dry_run: bool) -> list[str]:
    if not done.sessions:
        return ["nothing was erased: no such sample is recorded"]
    verb = "would be erased" if dry_run else "erased"
    lines = [
        f"session {one.session_id}: {counted(len(one.samples), 'sample')}, {counted(one.observations, 'observation')}"
        + (f", {counted(one.items, 'item')} fingerprinted apart" if one.items else "")
        + f" {verb}"
        for one in done.sessions
    ]
    if missing:
        lines.append(f"not recorded: {len(missing)} of {counted(len(asked), 'fingerprint')}")
    if done.receipt is not None:
        lines += [
            f"receipt: session {done.receipt}; every root is as it was",
            "copies, backups and what was exported are out of reach; state the file anew: `origin checkpoint`",
        ]
    return lines
