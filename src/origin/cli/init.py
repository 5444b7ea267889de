from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cli.arguments import add_command
from origin.cli.output import answer
from origin.storage.connection import resolve
from origin.storage.database import ProvenanceDatabase

if TYPE_CHECKING:
    import argparse

    from origin.cli.arguments import Parser, Subparsers


def add(subparsers: Subparsers) -> Parser:
    return add_command(
        subparsers,
        "init",
        run,
        summary="create a provenance database",
        usage="",
        about="A database that exists already is left as it is. Recording creates one too: this is only for those who "
        "want it there before.",
        examples="origin init\norigin --db runs/provenance.db init",
    )


def run(arguments: argparse.Namespace) -> int:
    path = resolve(arguments.db)
    existed = path.exists()
    ProvenanceDatabase(path, read_only=existed, shard=False).close()
    what = "exists already: nothing was changed" if existed else "was created"
    answer(arguments, {"database": str(path), "created": not existed}, [f"{path} {what}"])
    return 0
