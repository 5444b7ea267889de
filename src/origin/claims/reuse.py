"""The licence that a REUSE.toml gives to all files of a directory (REUSE 3.3). Annotations of some files are not read:
they are claims about those files, not about the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.claims.files import named
from origin.claims.found import Found, listed, now, statement, together
from origin.claims.pyproject import toml

if TYPE_CHECKING:
    from pathlib import Path

MAX_ANNOTATIONS = 1_000
_ALL_FILES = "**"


def of_reuse(path: Path, read_at: str | None = None) -> Found:
    """Raises UnreadableClaimsError when it is no TOML."""
    annotations = toml(path).get("annotations")
    if not isinstance(annotations, list):
        return Found()
    found = []
    for number, annotation in enumerate(annotations[:MAX_ANNOTATIONS]):
        if not isinstance(annotation, dict) or annotation.get("path") not in (_ALL_FILES, [_ALL_FILES]):
            continue
        stated = annotation.get("SPDX-License-Identifier")
        texts = [text for text in (stated if isinstance(stated, list) else [stated]) if isinstance(text, str)]
        where = f"{named(path)}, annotations[{number}], SPDX-License-Identifier"
        found.append(statement(listed(texts), where, read_at or now()) if texts else Found())
    return together(found)
