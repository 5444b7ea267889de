from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from origin.cli.arguments import add_command, key
from origin.cli.output import answer
from origin.cli.prove import digest_of, facts, lines, model_digest
from origin.errors import UsageError
from origin.proofs.keys import verifier_key
from origin.proofs.proof_file import LARGEST
from origin.proofs.verify_proof import Asked, RejectedError, check

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers

PROVEN, REJECTED, UNANCHORED = 0, 1, 3
_ABOUT = """\
No database is needed. The proof must be about the sample, or the licence, that you give. Give the root that you keep,
or the verifier key of who signed the checkpoint that it carries: without, a proof is only as good as the root that it
states itself.

Exit codes: 0 proven, against a root that was given or signed; 1 rejected; 2 it is no proof file, or something is
missing; 3 proven against the root that it states itself."""
_UNANCHORED = "not anchored: the root is the proof's own word; give the one that you keep (--root), or a key (--key)"


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "verify-proof",
        run,
        summary="check a file that `origin prove` wrote",
        usage="FILE (--sample PATH | --text STRING | --fingerprint HEX | --no-license LICENSE) "
        "[--model FILE] [--root HEX] [--key VKEY]",
        about=_ABOUT,
        examples="origin verify-proof photo.proof --sample photo.png --key team.vkey\n"
        "origin verify-proof --print-verifier > verify_origin_proof.py",
    )
    parser.add_argument("proof", metavar="FILE", nargs="?", help="the proof")
    parser.add_argument("--sample", metavar="PATH", help="the proof must be about what this file holds")
    parser.add_argument("--text", metavar="STRING", help="the proof must be about this text")
    parser.add_argument("--fingerprint", metavar="HEX", help="the proof must be about this recorded fingerprint")
    parser.add_argument("--no-license", metavar="LICENSE", help="the proof must be about this licence")
    parser.add_argument(
        "--model", metavar="FILE", help="the proof must be about this model too: a file, or its SHA-256"
    )
    parser.add_argument("--root", metavar="HEX", help="the log's root, as you keep it: 64 hexadecimal digits")
    parser.add_argument(
        "--key", metavar="VKEY", help="a verifier key, or a file with one: it must have signed the checkpoint"
    )
    parser.add_argument(
        "--print-verifier", action="store_true", help="print the verifier that needs no Origin, a single file, instead"
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    if arguments.print_verifier:
        sys.stdout.write(files("origin.proofs").joinpath("verify_origin_proof.py").read_text("utf-8"))
        return PROVEN
    about = (arguments.sample, arguments.text, arguments.fingerprint, arguments.no_license)
    if arguments.proof is None or sum(value is not None for value in about) != 1:
        raise UsageError("verify-proof needs FILE and one of --sample, --text, --fingerprint, --no-license")
    asked = _asked(arguments)
    with Path(arguments.proof).open("rb") as stream:
        data = stream.read(LARGEST + 1)
    try:
        proven = check(data, asked)
    except RejectedError as error:
        answer(arguments, {"proven": None, "anchored": False, "rejected": str(error)}, [str(error)])
        return REJECTED
    anchored = proven.anchored
    told = [*lines(proven), "anchored: the root was given, or is signed by the key" if anchored else _UNANCHORED]
    answer(arguments, {"proven": facts(proven), "anchored": anchored, "rejected": None}, told)
    return PROVEN if anchored else UNANCHORED


def _asked(arguments: argparse.Namespace) -> Asked:
    has_content = arguments.sample is not None or arguments.text is not None
    return Asked(
        digest_of(arguments.sample, arguments.text) if has_content else None,
        _hash("--fingerprint", arguments.fingerprint),
        arguments.no_license,
        _hash("--root", arguments.root),
        () if arguments.key is None else (verifier_key(arguments.key),),
        key(arguments),
        model_digest(arguments.model),
    )


def _hash(option: str, given: str | None) -> bytes | None:
    if given is None:
        return None
    if len(given) != 64 or set(given.lower()) - set("0123456789abcdef"):
        raise UsageError(f"{option} is {given!r:.80}: it must be 64 hexadecimal digits")
    return bytes.fromhex(given)
