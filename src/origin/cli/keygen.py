from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from origin.cli.anchors import signing
from origin.cli.arguments import add_command
from origin.cli.output import answer
from origin.errors import UsageError
from origin.export.files import write_whole
from origin.proofs import ssh
from origin.proofs.keys import DEFAULT_NAME, write_private
from origin.proofs.note import KeyType, VerifierKey

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers

_ABOUT = """\
Writes origin.key, which only you can read, and origin.pub, the verifier key, which is printed too: hand it to
those who verify. The private key is an Ed25519 key in PEM (extra `crypto`).

With --ssh no key is made: the verifier key of an SSH key that you have is printed, and written only with -o.
`ssh-keygen` signs with it once to learn it, and may ask for its passphrase.

NAME stands in every signature: a name that is yours, such as example.org/team, without white space or `+`."""
_PROBE = b"origin keygen: which key is this?\n"


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "keygen",
        run,
        summary="make a key to sign checkpoints with, and print what others verify with",
        usage="[-o DIR [--force]] [--name NAME] [--ssh KEYFILE]",
        about=_ABOUT,
        examples="origin keygen --name example.org/team\norigin keygen -o ~/.config/origin\n"
        "origin keygen --ssh ~/.ssh/id_ed25519 --name example.org/team",
    )
    parser.add_argument("-o", "--output", metavar="DIR", help="the directory to write to (else this one)")
    parser.add_argument("--force", action="store_true", help="replace the keys in DIR: the old one is lost")
    parser.add_argument("--name", metavar="NAME", default=DEFAULT_NAME, help=f"the key's name (else {DEFAULT_NAME})")
    parser.add_argument("--ssh", metavar="KEYFILE", help="an SSH key of type Ed25519, or the .pub of one in the agent")
    return parser


def run(arguments: argparse.Namespace) -> int:
    directory = Path(arguments.output or ".")
    private, public = directory / "origin.key", directory / "origin.pub"
    if arguments.ssh is None:
        _check_free(public, force=arguments.force)
        key, text = signing().new_key(arguments.name)
        write_private(private, text, force=arguments.force)
    else:
        key = VerifierKey(arguments.name, ssh.sign(Path(arguments.ssh), _PROBE)[0], KeyType.SSH)
    is_written = arguments.ssh is None or arguments.output is not None
    if is_written:
        write_whole(public, [f"{key}\n"], force=arguments.force)
    document = {
        "verifier_key": str(key),
        "name": key.name,
        "key_id": key.key_id.hex(),
        "private_key": str(private) if arguments.ssh is None else None,
        "public_key": str(public) if is_written else None,
    }
    answer(arguments, document, [str(key)])
    return 0


def _check_free(public: Path, *, force: bool) -> None:
    """Before the private key is written: both are new, or none."""
    if public.is_symlink() or (public.exists() and not force):
        raise UsageError(f"{public} exists already: name another directory, or give --force to replace both keys")
