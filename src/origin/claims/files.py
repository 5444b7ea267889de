"""Reading files that others wrote: regular ones only, never more than a stated number of bytes."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from origin.errors import OriginError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 1 << 16
"""Bytes of a licence or source file that are looked at: headers and titles stand at the top."""
MAX_FRONT_MATTER = 1 << 20
MAX_TOML = 1 << 20
MAX_METADATA = 1 << 22
MAX_JSON = 1 << 24

# Opening a pipe or a device must not wait for its other end.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class UnreadableClaimsError(OriginError, ValueError):
    """A file that may hold claims cannot be read, or is not what its name says."""


def named(path: Path) -> str:
    """A file's name on one line."""
    name = path.name or str(path)
    return name if name.isprintable() else ascii(name)


def is_file(path: Path) -> bool:
    """False also where the name itself is impossible (too long, a NUL)."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def head_of(path: Path, limit: int) -> bytes:
    """The first `limit` bytes of a regular file; raises UnreadableClaimsError."""
    try:
        with os.fdopen(os.open(path, _FLAGS), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise UnreadableClaimsError(f"{named(path)} is no regular file: give a file or a directory")
            return stream.read(limit)
    except (OSError, ValueError) as error:
        if isinstance(error, UnreadableClaimsError):
            raise
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableClaimsError(f"{named(path)} cannot be read ({why}): check the path and its rights") from error


def whole(path: Path, limit: int) -> bytes:
    """All of a regular file; raises UnreadableClaimsError for one of more than `limit` bytes."""
    data = head_of(path, limit + 1)
    if len(data) > limit:
        raise UnreadableClaimsError(f"{named(path)} has more than {limit} bytes: state its licence by hand")
    return data


def text_of(data: bytes) -> str | None:
    """Bytes as text, None for what is none (it has NUL bytes). Bytes that are no UTF-8 show as U+FFFD."""
    if b"\0" in data:
        return None
    return data.decode("utf-8-sig", "replace")
