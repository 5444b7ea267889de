"""Opening the record that a command was given: read-only, and never created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cli.arguments import key
from origin.storage.connection import resolve
from origin.storage.database import ProvenanceDatabase
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

if TYPE_CHECKING:
    import argparse


def opened(arguments: argparse.Namespace) -> Reader:
    return Reader(resolve(arguments.db))


def opened_raw(arguments: argparse.Namespace) -> RawReader:
    return RawReader(resolve(arguments.db))


def checked_key(arguments: argparse.Namespace) -> bytes | None:
    """The key that was given, if any; raises UsageError when the record was made with another."""
    given = key(arguments)
    if given is not None:
        ProvenanceDatabase(arguments.db, read_only=True, key=given).close()
    return given
