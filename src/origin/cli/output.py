"""What the commands print: one JSON object, or lines of text that no recorded string can disturb."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from origin.licenses.rule_set import RULE_SET
from origin.query.display import iso, shortened, visible

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

_NO_VALUE = "-"
_LICENSE_ROOM = 48
"""Characters of a licence claim in a row of text; --json has all of them."""

ADVICE = f"rule set {RULE_SET}: a flag for human review, never legal advice"
"""The last line of every text that says something of licences."""


def answer(arguments: argparse.Namespace, document: dict[str, Any], lines: Iterable[str]) -> None:
    """Print a command's answer in the form that was asked for; nothing under --quiet."""
    if arguments.quiet:
        return
    if arguments.json:
        print(json.dumps(document, indent=2))
        return
    for line in lines:
        print(printable(line))


def document(arguments: argparse.Namespace, pieces: Iterable[str]) -> None:
    """Print a card or an export: as UTF-8 whatever the terminal's encoding is, as in a file."""
    if arguments.quiet:
        return
    sys.stdout.flush()
    for piece in pieces:
        sys.stdout.buffer.write(piece.encode())
    sys.stdout.buffer.flush()


def printable(line: str) -> str:
    """A line of text that is safe to show and that stdout can encode."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return visible(line).encode(encoding, "backslashreplace").decode(encoding)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Columns under headers: numbers to the right, text to the left."""
    values = [list(row) for row in rows]
    cells = [list(headers), *([cell(value) for value in row] for row in values)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [all(isinstance(value, int) for value in column) for column in zip(*values, strict=True)] if values else []
    right = right or [False] * len(widths)
    return [
        "  ".join(
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in cells
    ]


def facts(pairs: Iterable[tuple[str, object]]) -> list[str]:
    """Names and values below each other."""
    listed = [(name, cell(value)) for name, value in pairs]
    width = max(len(name) for name, _ in listed)
    return [f"{name.ljust(width)}  {value}" for name, value in listed]


def cell(value: object) -> str:
    return _NO_VALUE if value is None else visible(str(value))


def license_text(license_id: str | None) -> str:
    """No licence claimed is unknown: neither free nor forbidden."""
    return "unknown" if license_id is None else shortened(license_id, _LICENSE_ROOM)


def licenses_text(license_ids: Sequence[str], room: int = 6) -> str:
    """Some licences in a row; how many more there are."""
    more = f" and {len(license_ids) - room} more" if len(license_ids) > room else ""
    return f"{', '.join(map(license_text, license_ids[:room]))}{more}"


def time_text(microseconds: int | None) -> str | None:
    """A time for people, to the second."""
    return None if microseconds is None else iso(microseconds).split(".")[0].removesuffix("Z") + "Z"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 session`, `2 sessions`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
