"""Lists of hashes that a command is given: a file, or standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from origin.query.asked import by_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.query.asked import Asked


def listed(path: str) -> Asked:
    """The fingerprints that the lines of a file start with; `-` stands for standard input."""
    return by_list(_lines(path), "standard input" if path == "-" else path)


def _lines(path: str) -> Iterator[str]:
    """Names of files in it may be in any encoding."""
    if path != "-":
        with Path(path).open(encoding="utf-8-sig", errors="surrogateescape") as stream:
            yield from stream
    elif sys.stdin is not None:
        for line in sys.stdin.buffer:
            yield line.decode(errors="surrogateescape")
