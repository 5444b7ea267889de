"""Writing a session or a run into a model card that exists: our keys and our section, and nothing else of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from origin.errors import UsageError
from origin.export.files import write_whole
from origin.export.front_matter import edited
from origin.export.huggingface import section
from origin.export.identity import plain_name
from origin.query.report import report

if TYPE_CHECKING:
    from pathlib import Path

    from origin.query.report import Report
    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession

# The block as the Hub and its library find it: what they do not see as metadata, we do not either.
_FRONT_MATTER = re.compile(r"(\s*---(?:\r\n|\r|\n))([\S\s]*?)((?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|$))")
_MARK = "origin:training-data-provenance"
_BEGIN = re.compile(rf"(?m)^<!-- {_MARK}:begin (session=[0-9A-Za-z]*|run=[0-9A-Za-z_-]*) -->[ \t]*\r?$")
_END = re.compile(rf"(?m)^<!-- {_MARK}:end -->[ \t]*\r?$")
_BOM = "\ufeff"


def merge(path: Path, reader: Reader, session: StoredSession | Scope, *, force: bool = False) -> None:
    """Write the session or the run into the card at `path`, all or nothing.

    What stood for the same one is brought up to date; what stands for another one is replaced with `force` only.
    Raises UsageError for what is no card, and for one that cannot be edited without touching the rest.
    """
    text = _read(path)
    try:
        found = merged(text, report(reader, session), force=force)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    write_whole(path, [found], force=True)


def merged(text: str, facts: Report, *, force: bool = False) -> str:
    """The text of a card with the session in it. Doing it twice changes nothing more."""
    bom, text = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    eol = "\r\n" if "\r\n" in text else "\n"
    head = _FRONT_MATTER.match(text)
    body = text[head.end() :] if head else text
    start, end = _section(body, _mark(facts.of), force=force)
    if head:
        opening, block, closing = head.groups()
        front = f"{opening}{edited(block, facts, eol)}{closing}"
        front += "" if front.endswith("\n") else eol
    else:
        front = f"---{eol}{edited('', facts, eol)}{eol}---{eol}"
        front += "" if body.startswith(("\n", "\r\n")) else eol
    before, after = body[:start], body[end:]
    if start == end and before:
        before += _blank_line(before, eol)
    lines = [f"<!-- {_MARK}:begin {_mark(facts.of)} -->", *section(facts), f"<!-- {_MARK}:end -->"]
    return f"{bom}{front}{before}{eol.join(lines)}{after or eol}"


def _section(body: str, mark: str, *, force: bool) -> tuple[int, int]:
    """Where our section stands in the body, or where it is to go: at the end."""
    begins, ends = list(_BEGIN.finditer(body)), list(_END.finditer(body))
    if not begins and not ends:
        return len(body), len(body)
    if len(begins) != 1 or len(ends) != 1 or ends[0].start() < begins[0].end():
        raise UsageError("the comments that mark our section are not one pair: remove the section by hand")
    if begins[0][1] != mark and not force:
        kind, _, name = begins[0][1].partition("=")
        raise UsageError(f"it states {kind} {name[:12]}: give --force to replace that")
    return begins[0].start(), ends[0].end() - ends[0][0].endswith("\r")


def _mark(about: Scope) -> str:
    if about.is_run:
        return plain_name(about).replace("-", "=", 1)
    return f"session={re.sub('[^0-9A-Za-z]', '', about.id)[:64]}"


def _blank_line(text: str, eol: str) -> str:
    """What it takes for `text` to end with an empty line."""
    if text.endswith(("\n\n", "\n\r\n")) or not text.strip("\r\n"):
        return "" if text.endswith("\n") else eol
    return eol if text.endswith("\n") else eol + eol


def _read(path: Path) -> str:
    if path.is_symlink():
        raise UsageError(f"{path} is a link: name the file itself")
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text: name a model card") from error
