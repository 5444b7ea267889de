"""SESSION or `--run RUN`: what the commands that make a document are asked about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from origin.cli.output import answer
from origin.errors import UsageError
from origin.export.files import write_whole
from origin.query.engine import find_session
from origin.query.scope import find_run_scope, scope_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from origin.cli.arguments import Parser
    from origin.query.scope import Scope
    from origin.storage.reads import Reader

USAGE = "(SESSION | --run RUN)"


def add_scope(parser: Parser) -> None:
    parser.add_argument("session", metavar="SESSION", nargs="?", help="the start of a session id, or `latest`")
    parser.add_argument(
        "--run", dest="of_run", metavar="RUN", help="all ranks of a run: the start of its id, or `latest`"
    )


def asked(arguments: argparse.Namespace, reader: Reader) -> Scope:
    """The session or the run that was named; raises UsageError where neither is or both are."""
    if (arguments.session is None) == (arguments.of_run is None):
        what = "neither is given" if arguments.session is None else "both are given"
        raise UsageError(f"SESSION and --run RUN: {what}: name a session, or a run")
    if arguments.of_run is not None:
        return find_run_scope(reader, arguments.of_run)
    return scope_of(find_session(reader, arguments.session))


def written(arguments: argparse.Namespace, database: Path, pieces: Iterable[str], about: Scope) -> None:
    """Write the document to `-o`, all or nothing, and tell so. Raises UsageError for a path that must not be taken."""
    path = Path(arguments.output)
    if path.exists() and database.samefile(path):
        raise UsageError(f"{path} is the database itself: name another file")
    write_whole(path, pieces, force=arguments.force)
    answer(arguments, {about.key: about.id, "path": str(path)}, [f"{path} was written"])
