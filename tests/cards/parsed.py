"""A card read back: HTML by a parser that forgives nothing, Markdown by its tables.

Import as `from cards.parsed import ...`.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

VOID = {"meta"}
ATTRIBUTES = {
    "aria-label",
    "aria-labelledby",
    "charset",
    "class",
    "content",
    "d",
    "data-label",
    "height",
    "href",
    "http-equiv",
    "id",
    "lang",
    "name",
    "role",
    "scope",
    "transform",
    "viewbox",
    "width",
    "x",
    "x1",
    "x2",
    "xmlns",
    "y",
    "y1",
    "y2",
}
"""All that a card needs. None of them runs a script, and of them `href` alone can name another place."""


class Page(HTMLParser):
    """Elements in order, attributes, tables and the text of each."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.skeleton: list[tuple[str, ...]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.tables: list[list[list[str]]] = []
        self.text: list[str] = []
        self.foreign: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []
        assert not self.rawdata

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.skeleton.append((tag, *names))
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in {"td", "th"}:
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self.open, f"<{tag}/> outside of SVG"
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag
        self.skeleton.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        assert self.open or not data.strip(), data
        self.text.append(data)
        if self.open and {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data

    def handle_comment(self, data: str) -> None:
        self.foreign.append(data)

    def handle_pi(self, data: str) -> None:
        self.foreign.append(data)

    def unknown_decl(self, data: str) -> None:
        self.foreign.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, found, value in self.attributes if found == name]


def assert_self_contained(page: Page) -> None:
    """Nothing is loaded, nothing runs, and every reference within the page leads somewhere."""
    assert page.foreign == []
    tags = {tag for tag, *_ in page.skeleton}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "input", "use", "image"}
    assert {name for _, name, _ in page.attributes} <= ATTRIBUTES
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {href.removeprefix("#") for href in page.values("href")} <= set(ids)
    assert all(href.startswith("#") for href in page.values("href"))
    assert {one for value in page.values("aria-labelledby") for one in value.split()} <= set(ids)
    assert set(page.values("xmlns")) <= {"http://www.w3.org/2000/svg"}


def markdown_tables(text: str) -> list[list[list[str]]]:
    """The tables of a card, each cell as it is shown; the empty header of a table of facts is left out."""
    tables: list[list[list[str]]] = []
    before = ""
    for line in text.splitlines():
        if line.startswith("|") and not re.fullmatch(r"[|: -]+", line):
            if not before.startswith("|"):
                tables.append([])
            tables[-1].append([shown(cell.strip()) for cell in re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]])
        elif line == "| | |":
            tables.append([])
        before = line
    return tables


def shown(cell: str) -> str:
    return html.unescape(re.sub(r"\\(.)", r"\1", cell))
