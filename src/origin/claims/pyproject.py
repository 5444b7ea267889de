"""The licence in a pyproject.toml: PEP 639 (`license` as an expression), PEP 621 (`license` as a table), Poetry."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from origin.claims.files import HEAD, MAX_TOML, UnreadableClaimsError, head_of, is_file, named, whole
from origin.claims.found import Found, now, statement
from origin.claims.license_file import license_text
from origin.claims.metadata import classified
from origin.errors import shown

if TYPE_CHECKING:
    from pathlib import Path

_GLOB = frozenset("*?[]{}\\")


def of_pyproject(path: Path, read_at: str | None = None) -> Found:
    """The claims of a pyproject.toml, and of the licence file beside it if it names one and no more.

    Several licence files belong to parts, or are a choice: their titles are no claims about the whole.
    Raises UnreadableClaimsError when it is no TOML.
    """
    read_at = read_at or now()
    name = named(path)
    document = toml(path)
    project, poetry = _table(document, "project"), _table(_table(document, "tool"), "poetry")
    found = _license(project.get("license"), f"{name}, project.license", read_at)
    found += _license(poetry.get("license"), f"{name}, tool.poetry.license", read_at)
    for table, place in ((project, "project"), (poetry, "tool.poetry")):
        found += classified(_texts(table.get("classifiers")), f"{name}, {place}.classifiers", read_at)
    named_file = _texts(_table(project, "license").get("file"))
    files = named_file + _texts(project.get("license-files"))
    read = _file(path, files[0], read_at) if len(files) == 1 else Found()
    if not named_file or read.claims:
        return found.with_file(read)
    # The file is what the project states: that nothing was read of it is told even where something else is claimed.
    return found + (read if read.problems else _unread(f"{name}, project.license", named_file[0]))


def toml(path: Path) -> dict[str, Any]:
    """Raises UnreadableClaimsError."""
    try:
        return tomllib.loads(whole(path, MAX_TOML).decode())
    except UnreadableClaimsError:
        raise
    except (ValueError, RecursionError) as error:
        why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise UnreadableClaimsError(f"{named(path)} is no TOML that can be read ({why}): check it") from error


def _license(value: Any, place: str, read_at: str) -> Found:
    if isinstance(value, str):
        return statement(value, place, read_at)
    if isinstance(value, dict):
        text = value.get("text")
        return statement(text, f"{place}.text", read_at) if isinstance(text, str) else Found()
    return Found() if value is None else Found(problems=(f"{place} is neither a text nor a table: see PEP 639",))


def _unread(place: str, file: str) -> Found:
    what = f"{place} names the file {shown(file)}, of which no claim was read"
    return Found(problems=(f"{what}: read it, give its SPDX id",))


def _file(path: Path, relative: str, read_at: str) -> Found:
    """The file itself, never one outside the directory."""
    beside = path.parent / relative
    if _GLOB & set(relative) or ".." in beside.parts or relative.startswith("/") or not is_file(beside):
        return Found()
    try:
        return license_text(head_of(beside, HEAD), relative if relative.isprintable() else ascii(relative), read_at)
    except UnreadableClaimsError as error:
        return Found(problems=(str(error),))


def _table(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]
