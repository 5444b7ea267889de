"""Recorded strings inside Markdown: shown as they are, and nothing but shown."""

from __future__ import annotations

import re

from origin.query.display import visible

# HTML's three by entity, as some renderers let raw HTML through; `@` too, as a backslash does not stop a mention.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}
_TABLE = str.maketrans({**_ENTITIES, **{mark: f"\\{mark}" for mark in "\\`*_{}[]()#+!|~:$^="}})
_BARE_LINK = re.compile(r"(?i)\bwww\.")


def escaped(text: str) -> str:
    """`text` for a line of Markdown or a table cell: no markup, link, HTML, mention or line break can come of it."""
    return _BARE_LINK.sub(lambda found: found[0][:-1] + "\\.", visible(text).translate(_TABLE))
