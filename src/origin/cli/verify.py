from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from origin.cli.anchors import fork_facts, fork_lines, from_file, from_memory, keep_in_memory
from origin.cli.arguments import add_command
from origin.cli.output import answer, counted, table
from origin.cli.progress import progress
from origin.cli.record import opened_raw
from origin.errors import UsageError
from origin.proofs.checkpoint import Checkpoint, SignedCheckpoint
from origin.proofs.keys import verifier_key
from origin.query.anchoring import Part
from origin.query.findings import Finding
from origin.query.verify import verify

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from origin.cli.anchors import Kept
    from origin.cli.arguments import Parser, Subparsers
    from origin.query.verify import Checked, Verification
    from origin.storage.raw import RawReader

CONSISTENT, TAMPERED, UNANCHORED = 0, 1, 3
_HEADERS = ("session", "entries", "batches", "observations", "anchored", "root")
_ABOUT = """\
Every root is computed again from the rows that queries read, and every discrepancy is listed.
A file that agrees with itself can still be an older copy, or rewritten as a whole with new roots:
only what was kept outside the file shows that it is not. That is a checkpoint (`origin checkpoint`), a root
(`origin inspect` prints it), or what --remember has written down on this machine, which is read by every verification.

With --key a checkpoint counts only if one of the keys signed it; without, as much as the place where it was kept.

Exit codes: 0 consistent, and a checked session is what was kept outside; 1 any discrepancy, or a checkpoint that is not
signed by the keys; 2 the file cannot be read; 3 consistent, but there was nothing to compare with."""
_CANNOT_SHOW = (
    "not anchored: this check cannot show that the file is not an older copy, or was not rewritten as a whole with new "
    "roots. Give what was kept outside the file: origin verify --checkpoint FILE, or origin verify SESSION --root HEX"
)
_ROOT_DIGITS = 64


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "verify",
        run,
        summary="check that the record is what was recorded, as far as the file can show",
        usage="[SESSION] [--checkpoint FILE [--key KEY]] [--root HEX] [--remember] [--subset N/T]",
        about=_ABOUT,
        examples="origin verify\norigin verify latest --root 5a1c...e07f\n"
        "origin verify --checkpoint run-7.checkpoint --key example.org/team+7cf2a55e+AbQ...\n"
        "origin verify --remember\norigin verify --subset 1/7",
    )
    parser.add_argument("session", metavar="SESSION", nargs="?", help="one session only (else all)")
    parser.add_argument("--root", metavar="HEX", help="the root that the session must have, 64 hexadecimal digits")
    parser.add_argument(
        "--checkpoint",
        metavar="FILE",
        action="append",
        default=[],
        help="a checkpoint that its session must continue; repeatable",
    )
    parser.add_argument(
        "--key",
        metavar="KEY",
        action="append",
        default=[],
        help="a key that signs the checkpoints: the verifier key or a file with it; repeatable",
    )
    parser.add_argument(
        "--remember", action="store_true", help="if the file is consistent, remember its sessions for the next time"
    )
    parser.add_argument(
        "--subset",
        metavar="N/T",
        help="hash the observations of part N of T of the batches only, and all entries; all T parts check everything",
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    root, part = _root(arguments.root), _part(arguments.subset)
    keys = [verifier_key(key) for key in arguments.key]
    if keys and not arguments.checkpoint:
        raise UsageError("--key verifies the signature of a checkpoint: give --checkpoint FILE too")
    given = [from_file(file, keys) for file in arguments.checkpoint]
    with opened_raw(arguments) as reader:
        memory, unknown = from_memory(reader)
        kept = [one for one in given if one.wrong is None] + memory
        show, done = progress(quiet=arguments.quiet)
        try:
            found = verify(reader, arguments.session, root, show, [one.anchor for one in kept], part)
        finally:
            done()
        _check_compared(found, given)
        refused = [Finding(one.anchor.session_id, one.anchor.source, one.wrong) for one in given if one.wrong]
        found = replace(found, findings=(*refused, *found.findings))
        state = _remember(reader, found) if arguments.remember else None
    forks = [fork_facts(fork, kept) for fork in found.forks]
    document = {
        "consistent": found.consistent,
        "anchored": found.anchored,
        "sessions": [asdict(session) for session in found.sessions],
        "findings": [asdict(finding) for finding in found.findings],
        "checkpoints": [_facts(file, one) for file, one in zip(arguments.checkpoint, given, strict=True)],
        "forks": forks,
        "subset": arguments.subset,
        "state": None if state is None else str(state),
        "state_error": unknown,
    }
    lines = _lines(found, root, given, forks)
    if found.consistent:
        lines += [] if unknown is None else [f"not compared with what is remembered: {unknown}"]
        lines += _part_lines(part) + ([] if state is None else [f"remembered in {state}"])
    answer(arguments, document, lines)
    if not found.consistent:
        return TAMPERED
    return CONSISTENT if found.anchored else UNANCHORED


def _root(given: str | None) -> bytes | None:
    if given is None:
        return None
    if len(given) != _ROOT_DIGITS or set(given.lower()) - set("0123456789abcdef"):
        raise UsageError(f"--root is {given!r:.80}: it must be 64 hexadecimal digits, as `origin inspect` prints them")
    return bytes.fromhex(given)


def _part(given: str | None) -> Part:
    if given is None:
        return Part()
    number, slash, total = given.partition("/")
    if slash and all(text.isascii() and text.isdigit() and len(text) < 10 for text in (number, total)):
        part = Part(int(number), int(total))
        if 1 <= part.number <= part.total:
            return part
    raise UsageError(f"--subset is {given!r:.40}: it must be N/T, part N of T, as in 1/7 to 7/7")


def _check_compared(found: Verification, given: Sequence[Kept]) -> None:
    """A checkpoint that was given is never passed over in silence."""
    known = {session.session_id for session in found.sessions} | {finding.session_id for finding in found.findings}
    for one in given:
        if one.wrong is None and one.anchor.session_id not in known:
            raise UsageError(f"{one.anchor.source} is of session {one.anchor.session_id:.12}: name that or no session")


def _remember(reader: RawReader, found: Verification) -> Path | None:
    """What disagrees is not remembered: it would hide the difference the next time."""
    if not found.consistent:
        return None
    heads = [
        Checkpoint.of_session(session.session_id, session.entries, bytes.fromhex(session.root))
        for session in found.sessions
        if session.root is not None
    ]
    return keep_in_memory(reader, map(SignedCheckpoint, heads))


def _facts(file: str, one: Kept) -> dict[str, Any]:
    return {
        "file": file,
        "session_id": one.anchor.session_id,
        "size": one.anchor.size,
        "root": one.anchor.root.hex(),
        "signers": [str(key) for key in one.signers],
    }


def _lines(
    found: Verification, root: bytes | None, given: Sequence[Kept], forks: Iterable[dict[str, str]]
) -> list[str]:
    lines = [*_table(found.sessions), ""] if found.sessions else ["there is no session to check", ""]
    if not found.consistent:
        findings = [
            f"{finding.session_id[:12] if finding.session_id else 'file'}: {finding.where}: {finding.what}"
            for finding in found.findings
        ]
        lines += findings
        for fork in forks:
            lines += ["", *fork_lines(fork)]
        return [*lines, "", f"TAMPERED OR DAMAGED: {counted(len(findings), 'discrepancy', 'discrepancies')} found"]
    if not found.anchored:
        return [*lines, "consistent: the file agrees with itself", _CANNOT_SHOW]
    lines += [_signed_line(one) for one in given]
    lines += [_anchored_line(session, root) for session in found.sessions if session.anchored]
    if not all(session.anchored for session in found.sessions):
        lines.append(
            "the other sessions agree with themselves but are not anchored: give the checkpoint or root of each"
        )
    return lines


def _table(sessions: Iterable[Checked]) -> list[str]:
    rows = [
        (
            session.session_id[:12],
            session.entries,
            session.batches,
            session.observations,
            _anchored_text(session),
            session.root or "not what the head states",
        )
        for session in sessions
    ]
    return table(_HEADERS, rows)


def _anchored_text(session: Checked) -> str:
    if session.anchored_entries < session.entries:
        return f"first {session.anchored_entries}" if session.anchored else "no"
    return "yes"


def _signed_line(one: Kept) -> str:
    source = one.anchor.source
    if one.signers:
        return f"{source} is signed by {', '.join(key.name for key in one.signers)}"
    if one.checkpoint.signatures:
        return f"{source}: who signed it was not checked, as no --key was given"
    return f"{source} is not signed: it shows as much as the place where it was kept"


def _anchored_line(session: Checked, root: bytes | None) -> str:
    name, held = session.session_id[:12], session.anchored_entries
    if held < session.entries:
        return (
            f"verified: the first {held} of {session.entries} entries of session {name} are what was kept outside, and "
            "the file agrees with them; the later ones are not anchored"
        )
    if root is not None and session.root == root.hex():
        return f"verified: session {name} has the given root, and the file agrees with it"
    return f"verified: session {name} is what was kept outside, and the file agrees with it"


def _part_lines(part: Part) -> list[str]:
    if part.total == 1:
        return []
    left_out = "" if part.is_last else f"; the lookup and the sealed set are checked with part {part.total}"
    return [f"checked in part: the observations of part {part.number} of {part.total} of the batches{left_out}"]
