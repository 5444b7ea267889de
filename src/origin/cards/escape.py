"""Recorded strings inside Markdown, HTML and Mermaid: shown as they are, and nothing but shown."""

from __future__ import annotations

import html
import re

from origin.query.display import visible

# HTML's three by entity, as some renderers let raw HTML through; `@` too, as a backslash does not stop a mention.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}
_TABLE = str.maketrans({**_ENTITIES, **{mark: f"\\{mark}" for mark in "\\`*_{}[]()#+!|~:$^="}})
_BARE_LINK = re.compile(r"(?i)\bwww\.")
_PLAIN_IN_DIAGRAMS = frozenset(" -_.,/+()")


def escaped(text: str) -> str:
    """`text` for a line of Markdown or a table cell: no markup, link, HTML, mention or line break can come of it."""
    return _BARE_LINK.sub(lambda found: found[0][:-1] + "\\.", visible(text).translate(_TABLE))


def in_html(text: str) -> str:
    """`text` for HTML, in an element or a quoted attribute: no markup can come of it, nor invisible characters."""
    return html.escape(visible(text), quote=True)


def in_mermaid(text: str) -> str:
    """`text` for a quoted label of a Mermaid diagram: what is no letter, digit or plain mark as `#code;`."""
    return "".join(
        character if character.isalnum() or character in _PLAIN_IN_DIAGRAMS else f"#{ord(character)};"
        for character in visible(text)
    )
