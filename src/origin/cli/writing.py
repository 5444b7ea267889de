"""`-o FILE`, for the commands that make a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from origin.cli.output import answer
from origin.errors import UsageError
from origin.export.files import write_whole

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from origin.cli.arguments import Parser


def add_output(parser: Parser) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", help="write to this file (else to standard output)")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")


def written(arguments: argparse.Namespace, database: Path, pieces: Iterable[str], session_id: str) -> None:
    """Write the document, all or nothing, and tell so. Raises UsageError for a path that must not be replaced."""
    path = Path(arguments.output)
    if path.exists() and database.samefile(path):
        raise UsageError(f"{path} is the database itself: name another file")
    write_whole(path, pieces, force=arguments.force)
    answer(arguments, {"session_id": session_id, "path": str(path)}, [f"{path} was written"])
