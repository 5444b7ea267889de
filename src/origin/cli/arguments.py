"""The grammar that all commands share: global options before or after the command, one-line errors, stable help."""

from __future__ import annotations

import argparse
import os
import textwrap
from typing import TYPE_CHECKING, Any, NoReturn

from origin.errors import UsageError
from origin.run.key import read_key

if TYPE_CHECKING:
    from collections.abc import Callable

    Subparsers = argparse._SubParsersAction["Parser"]  # noqa: SLF001 - argparse has no public name for it

_WIDTH = 100
_ENVIRONMENT = {"db": "ORIGIN_DB", "key_file": "ORIGIN_KEY_FILE"}
_DATABASE = "provenance.db"


class Help(argparse.RawDescriptionHelpFormatter):
    """Help of one width, whatever the terminal: docs/cli-reference.md is made of it."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=_WIDTH)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        # Python 3.13 writes `-o, --output FILE`, earlier ones `-o FILE, --output FILE`: one form for all.
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        return f"{', '.join(action.option_strings)} {self._format_args(action, '')}".rstrip()


class Parser(argparse.ArgumentParser):
    """Raises UsageError where argparse would print its usage and exit."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}: see `{self.prog} --help`")

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse drops what cannot be written; we tell so.
        if message:
            file.write(message)


def add_globals(parser: argparse.ArgumentParser) -> None:
    """Every option is absent from the result unless it was given, so that both places can hold it."""
    group = parser.add_argument_group("options of every command")
    group.add_argument(
        "--db", metavar="PATH", default=argparse.SUPPRESS, help="the database (else ORIGIN_DB, else ./provenance.db)"
    )
    group.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="answer with one JSON object")
    group.add_argument(
        "--quiet", action="store_true", default=argparse.SUPPRESS, help="print no answer: the exit code tells"
    )
    group.add_argument(
        "--key-file",
        metavar="PATH",
        default=argparse.SUPPRESS,
        help="the key of a keyed record, for trace (else ORIGIN_KEY_FILE)",
    )
    group.add_argument("-h", "--help", action="help", default=argparse.SUPPRESS, help="show this help")


def add_command(
    subparsers: Subparsers,
    name: str,
    run: Callable[[argparse.Namespace], int],
    *,
    summary: str,
    usage: str,
    examples: str,
    about: str = "",
) -> Parser:
    """A command's parser. usage: its own arguments; the global options are added."""
    parser = subparsers.add_parser(
        name,
        help=summary,
        usage=" ".join(f"origin {name} {usage} [OPTION ...]".split()),
        description=_filled(f"{summary[0].upper()}{summary[1:]}.\n\n{about}"),
        epilog=f"examples:\n{_indented(examples)}",
        formatter_class=Help,
        add_help=False,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    return parser


def _filled(text: str) -> str:
    return "\n\n".join(textwrap.fill(paragraph, _WIDTH) for paragraph in text.strip().split("\n\n"))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines())


def settle(arguments: argparse.Namespace) -> None:
    """Give the global options that were not given the value of their variable, or their default."""
    for name, variable in _ENVIRONMENT.items():
        if getattr(arguments, name, None) is None:
            setattr(arguments, name, os.environ.get(variable) or None)
    if arguments.db is None:
        arguments.db = _DATABASE
    for name in ("json", "quiet"):
        setattr(arguments, name, getattr(arguments, name, False))


def key(arguments: argparse.Namespace) -> bytes | None:
    """The key that was named: the file's bytes; of a text file, without the white space around it."""
    return read_key(arguments.key_file)
