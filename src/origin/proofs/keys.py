"""Keys as people name them, and files that only their owner may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from origin.errors import UsageError, shown
from origin.proofs.note import VerifierKey

DEFAULT_NAME = "origin"
_LARGEST = 1 << 16


def verifier_key(given: str) -> VerifierKey:
    """The key that was given: a verifier key itself, or the name of a file whose first line is one.

    Raises UsageError, OSError for a file that cannot be read.
    """
    return VerifierKey.from_text(given if given.count("+") >= 2 else first_line(Path(given)))


def first_line(path: Path) -> str:
    """The first line of a small file; empty if that is no text."""
    if "\0" in str(path):
        raise UsageError(f"{shown(str(path))} names no file: name one")
    with path.open("rb") as file:
        return file.readline(_LARGEST).decode("utf-8", "replace").rstrip("\r\n")


def write_private(path: Path, text: str, *, force: bool = False) -> None:
    """Write a file that its owner alone can read, at once and never through a link.

    force: replace a file that is there. Raises UsageError where something else is, or anything without force.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise UsageError(f"{path} is a link or a directory: name a file of your own")
    if path.exists() and not force:
        raise UsageError(f"{path} exists already: name another place, or give --force to replace it for good")
    temporary = path.with_name(f".origin-{secrets.token_hex(8)}.partial")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - a descriptor, no path
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if force:
            temporary.replace(path)
        else:
            _place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _place(temporary: Path, path: Path) -> None:
    """Give the file its name, unless somebody took it meanwhile."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise UsageError(f"{path} was made by somebody else just now: nothing was written") from None
    except OSError:  # a file system without links
        temporary.replace(path)
