"""The command `origin`. Here alone an error becomes one line and an exit code.

Exit codes: 0 done, or yes; 1 a negative finding; 2 it could not be done; 3 (verify, verify-proof) consistent but not
anchored; 129, 130, 143 a signal ended it; 141 nobody reads the output any more.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import TYPE_CHECKING

from origin.cli.arguments import Help, Parser, add_globals, settle
from origin.errors import NotFoundError, OriginError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = (
    "init",
    "run",
    "status",
    "sessions",
    "runs",
    "inspect",
    "query",
    "card",
    "export",
    "conflicts",
    "check",
    "license",
    "notice",
    "report",
    "trace",
    "impact",
    "bind",
    "diff",
    "merge",
    "erase",
    "verify",
    "keygen",
    "checkpoint",
    "prove",
    "verify-proof",
    "version",
)
_DESCRIPTION = "Origin records, at run time, which data an AI training job really consumed."
_EPILOG = """
SESSION is the start of a session id, or `latest`.
SAMPLE is a fingerprint, or the start of one (at least 4 digits).

exit codes:
  0  done, or yes
  1  a negative finding: not present, not found, a conflict under --fail, tampered
  2  it could not be done: usage, no such file, unreadable, not a database of Origin
  3  verify, verify-proof: consistent, but not anchored to a checkpoint or root kept outside the file

examples:
  origin status
  origin inspect latest --json
  ORIGIN_DB=runs/7.db origin trace --file photo.png
"""
FOUND, NOT_FOUND, FAILED = 0, 1, 2
_INTERRUPTED, _NO_READER = 130, 141


def parser(commands: Sequence[str] = COMMANDS) -> Parser:
    """The grammar of some or all commands."""
    top = Parser(
        prog="origin",
        usage="origin COMMAND [OPTION ...]",
        description=_DESCRIPTION,
        epilog=_EPILOG.strip(),
        formatter_class=Help,
        add_help=False,
        allow_abbrev=False,
    )
    add_globals(top)
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", prog="origin", parser_class=Parser)
    for name in commands:
        command = importlib.import_module(f"origin.cli.{name.replace('-', '_')}").add(subparsers)
        add_globals(command)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code and raises nothing."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(given)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return _NO_READER
    except KeyboardInterrupt:
        return _INTERRUPTED
    except NotFoundError as error:
        return _fail(str(error), NOT_FOUND)
    except (OriginError, OSError) as error:
        return _fail(_message(error), FAILED)
    except Exception as error:  # noqa: BLE001 - the last seam: what a damaged file can still cause is no traceback
        return _fail(
            f"the record cannot be understood ({type(error).__name__}: {error}): run `origin verify` on it", FAILED
        )
    return code


def _run(given: list[str]) -> int:
    # A command that comes first is known before parsing: the others need not be imported.
    grammar = parser(given[:1] if given and given[0] in COMMANDS else COMMANDS)
    try:
        arguments = grammar.parse_args(given)
    except SystemExit:  # argparse has shown the help that was asked for
        return FOUND
    settle(arguments)
    if not hasattr(arguments, "run"):
        print(grammar.format_help(), end="", file=sys.stderr)
        return FAILED
    return int(arguments.run(arguments))


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, OriginError) and error.strerror is not None:
        name = f"{error.filename!s:.200}: " if error.filename is not None else ""
        return f"{name}{error.strerror}: check the path, who may use it, and the disk"
    return str(error)


def _fail(message: str, code: int) -> int:
    from origin.query.display import visible  # noqa: PLC0415 - only errors need it

    with contextlib.suppress(OSError, AttributeError):
        encoding = sys.stderr.encoding or "utf-8"
        line = visible(f"origin: {message}").encode(encoding, "backslashreplace").decode(encoding)
        print(line, file=sys.stderr, flush=True)
    _drop_output(only_if_broken=True)
    return code


def _drop_output(*, only_if_broken: bool = False) -> None:
    """Keep Python from complaining, when it ends, of output that cannot be written."""
    try:
        if only_if_broken:
            sys.stdout.flush()
            return
    except (OSError, ValueError, AttributeError):
        pass
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    raise SystemExit(main())
