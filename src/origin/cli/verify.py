from __future__ import annotations

import importlib
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from origin.cli.arguments import add_command
from origin.cli.output import answer, counted, table
from origin.cli.record import opened_raw
from origin.errors import UsageError
from origin.query.verify import verify

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from origin.cli.arguments import Parser, Subparsers
    from origin.query.verify import Verification

CONSISTENT, TAMPERED, UNANCHORED = 0, 1, 3
_HEADERS = ("session", "entries", "batches", "observations", "anchored", "root")
_ABOUT = """\
Every root is computed again from the rows that queries read, and every discrepancy is listed.
A file that agrees with itself can still be an older copy, or rewritten as a whole with new roots:
only a root that was kept outside the file shows that it is not. `origin inspect` prints it.

Exit codes: 0 consistent, and a checked session has the root of --root; 1 any discrepancy;
2 the file cannot be read; 3 consistent, but no root was given to compare with."""
_CANNOT_SHOW = (
    "not anchored: this check cannot show that the file is not an older copy, or was not rewritten as a whole with new "
    "roots. Give the root that was kept outside the file: origin verify SESSION --root HEX"
)


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "verify",
        run,
        summary="check that the record is what was recorded, as far as the file can show",
        usage="[SESSION] [--root HEX]",
        about=_ABOUT,
        examples="origin verify\norigin verify latest --root 5a1c...e07f",
    )
    parser.add_argument("session", metavar="SESSION", nargs="?", help="one session only (else all)")
    parser.add_argument("--root", metavar="HEX", help="the root that the session must have, 64 hexadecimal digits")
    return parser


def run(arguments: argparse.Namespace) -> int:
    root = _root(arguments.root)
    with opened_raw(arguments) as reader:
        progress, done = _progress(quiet=arguments.quiet)
        try:
            found = verify(reader, arguments.session, root, progress)
        finally:
            done()
    document = {
        "consistent": found.consistent,
        "anchored": found.anchored,
        "sessions": [asdict(session) for session in found.sessions],
        "findings": [asdict(finding) for finding in found.findings],
    }
    answer(arguments, document, _lines(found))
    if not found.consistent:
        return TAMPERED
    return CONSISTENT if found.anchored else UNANCHORED


def _root(given: str | None) -> bytes | None:
    if given is None:
        return None
    if len(given) != 64 or set(given.lower()) - set("0123456789abcdef"):
        raise UsageError(f"--root is {given!r:.80}: it must be 64 hexadecimal digits, as `origin inspect` prints them")
    return bytes.fromhex(given)


def _lines(found: Verification) -> list[str]:
    rows = [
        (
            session.session_id[:12],
            session.entries,
            session.batches,
            session.observations,
            "yes" if session.anchored else "no",
            session.root or "not what the head states",
        )
        for session in found.sessions
    ]
    lines = [*table(_HEADERS, rows), ""] if rows else ["there is no session to check", ""]
    if not found.consistent:
        findings = [
            f"{finding.session_id[:12] if finding.session_id else 'file'}: {finding.where}: {finding.what}"
            for finding in found.findings
        ]
        return [
            *lines,
            *findings,
            "",
            f"TAMPERED OR DAMAGED: {counted(len(findings), 'discrepancy', 'discrepancies')} found",
        ]
    if not found.anchored:
        return [*lines, "consistent: the file agrees with itself", _CANNOT_SHOW]
    anchored = [session.session_id[:12] for session in found.sessions if session.anchored]
    lines.append(f"verified: session {', '.join(anchored)} has the given root, and the file agrees with it")
    if len(anchored) < len(found.sessions):
        lines.append("the other sessions agree with themselves but are not anchored: give the root of each in turn")
    return lines


def _progress(*, quiet: bool) -> tuple[Callable[[int, int], None], Callable[[], None]]:
    """What to call as entries are read, and at the end: a bar if somebody is watching."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        return lambda _done, _total: None, lambda: None
    try:
        bar: Any = importlib.import_module("tqdm").tqdm(unit="entry", delay=1, leave=False)
    except ImportError:
        plain = _PlainProgress()
        return plain.show, plain.clear

    def show(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return show, bar.close


class _PlainProgress:
    """A line that is written again each second, for who has no tqdm."""

    def __init__(self) -> None:
        self._next = time.monotonic() + 1
        self._shown = False

    def show(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + 1
            self._shown = True
            print(f"\r{done} of about {total} entries", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._shown:
            print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
