from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin.cli.anchors import fork_facts, fork_lines, from_memory, keep_in_memory, signing
from origin.cli.arguments import add_command
from origin.cli.output import answer
from origin.cli.output import document as show
from origin.cli.record import opened_raw
from origin.cli.writing import add_output
from origin.errors import UsageError
from origin.export.files import write_whole
from origin.proofs import ssh
from origin.proofs.checkpoint import Checkpoint, SignedCheckpoint
from origin.proofs.keys import DEFAULT_NAME
from origin.proofs.note import KeyType, VerifierKey
from origin.query.engine import find_session
from origin.query.verify import verify_log

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers
    from origin.proofs.note import Signature
    from origin.storage.raw import RawReader

_REFUSED = 1
_ABOUT = """\
Three lines: the log's name, how many entries it has, and their root, as c2sp.org/tlog-checkpoint has them; with a key,
signed as c2sp.org/signed-note. Keep it away from the database: `origin verify --checkpoint` then shows any later change
to what was recorded until now. A session that is still recorded can have one at any time.

The entries of the log are hashed again, not what their batches hold. The checkpoint is remembered outside the database,
in $ORIGIN_STATE or ~/.local/state/origin/checkpoints.json: if the log is no continuation of what is remembered, nothing
is signed, and both checkpoints are shown (exit code 1)."""


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "checkpoint",
        run,
        summary="state how a session's log stands, to be kept outside the database",
        usage="SESSION [--key FILE | --ssh KEYFILE] [--name NAME] [-o FILE [--force]] [--no-remember]",
        about=_ABOUT,
        examples="origin checkpoint latest\norigin checkpoint latest --key origin.key -o run-7.checkpoint\n"
        "origin checkpoint 3f2a --ssh ~/.ssh/id_ed25519 --name example.org/team",
    )
    parser.add_argument("session", metavar="SESSION", help="the start of a session id, or `latest`")
    parser.add_argument("--key", metavar="FILE", help="sign with this key, made by `origin keygen` (extra `crypto`)")
    parser.add_argument("--ssh", metavar="KEYFILE", help="sign with this SSH key of type Ed25519, by ssh-keygen")
    parser.add_argument("--name", metavar="NAME", help=f"the signer's name (else the key's own, or {DEFAULT_NAME})")
    parser.add_argument("--no-remember", action="store_true", help="leave the state file as it is")
    add_output(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    _check(arguments)
    with opened_raw(arguments) as reader:
        _check_output(arguments, reader)
        session = find_session(reader, arguments.session)
        head = Checkpoint.of_session(session.begin.session_id, session.size, session.root())
        refusal = _refusal(reader, head, remembers=not arguments.no_remember)
        if refusal is None:
            key, signature = _signature(arguments, head)
            signed = SignedCheckpoint(head, () if signature is None else (signature,))
            # Remembered before it is handed out: nobody holds what the next one is not compared with.
            state = None if arguments.no_remember else keep_in_memory(reader, [signed])
            if arguments.output is not None:
                write_whole(Path(arguments.output), [str(signed)], force=arguments.force)
    document: dict[str, Any] = {
        "session_id": head.session_id,
        "size": head.size,
        "root": head.root.hex(),
        **dict.fromkeys(("checkpoint", "verifier_key", "path", "state")),
        "findings": [],
        "forks": [],
    }
    if refusal is not None:
        answer(arguments, document | refusal, _refusal_lines(refusal))
        return _REFUSED
    document |= {
        "checkpoint": str(signed),
        "verifier_key": None if key is None else str(key),
        "path": arguments.output,
        "state": None if state is None else str(state),
    }
    if arguments.output is None and not arguments.json:
        show(arguments, [str(signed)])
    else:
        answer(arguments, document, [f"{arguments.output} was written"])
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if arguments.key is not None and arguments.ssh is not None:
        raise UsageError("--key and --ssh are two ways to sign: give one of them")
    if arguments.name is not None and arguments.key is None and arguments.ssh is None:
        raise UsageError("--name is the name of a signer: give --key or --ssh too")


def _refusal(reader: RawReader, head: Checkpoint, *, remembers: bool) -> dict[str, Any] | None:
    memory, unknown = from_memory(reader)
    if unknown is not None and remembers:
        raise UsageError(f"{unknown}, or give --no-remember")
    kept = [one for one in memory if one.anchor.session_id == head.session_id]
    findings, forks = verify_log(reader, head.session_id, [one.anchor for one in kept])
    if not findings:
        return None
    return {
        "findings": [asdict(finding) for finding in findings],
        "forks": [fork_facts(fork, kept) for fork in forks],
    }


def _refusal_lines(refusal: dict[str, Any]) -> list[str]:
    lines = [f"{finding['where']}: {finding['what']}" for finding in refusal["findings"]]
    for fork in refusal["forks"]:
        lines += ["", *fork_lines(fork)]
    return [*lines, "", "NO CHECKPOINT WAS MADE: `origin verify` lists everything that is wrong"]


def _signature(arguments: argparse.Namespace, head: Checkpoint) -> tuple[VerifierKey | None, Signature | None]:
    text = str(head)
    if arguments.key is not None:
        key, signature = signing().sign(text, Path(arguments.key), arguments.name)
        return key, signature
    if arguments.ssh is None:
        return None, None
    name = DEFAULT_NAME if arguments.name is None else arguments.name
    public_key, blob = ssh.sign(Path(arguments.ssh), text.encode())
    key = VerifierKey(name, public_key, KeyType.SSH)
    return key, key.signature(blob)


def _check_output(arguments: argparse.Namespace, reader: RawReader) -> None:
    """Before anything is remembered: a checkpoint that cannot be handed out is none."""
    if arguments.output is None:
        return
    path = Path(arguments.output)
    if path.exists() and reader.path.samefile(path):
        raise UsageError(f"{path} is the database itself: name another file")
    if os.path.lexists(path) and not arguments.force:
        raise UsageError(f"{path} exists already: name another file, or give --force to replace it")
