"""A card as one HTML file: no script, nothing from outside, and a policy in the file that holds browsers to it."""

from __future__ import annotations

import base64
import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING

from origin.cards.charts import drawn
from origin.cards.content import document
from origin.cards.document import (
    Code,
    Command,
    Facts,
    Figures,
    Flow,
    Heading,
    Limits,
    Mark,
    Paragraph,
    Pictures,
    Table,
    Verdict,
    Words,
    parts,
)
from origin.cards.escape import in_html
from origin.cards.style import STYLE
from origin.cards.subject import subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from origin.cards.document import Block, Cell, Columns, Document, Matrix, Section, Shares
    from origin.cards.subject import PolicyCheck
    from origin.query.report import Report

LIMITS = Limits(rows=250, text=1000)
_STACKED = 4
"""Columns from which on a table is shown row below row on a phone."""

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# No source of anything but this very style; what a document may do besides is forbidden too.
_POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'"


def card(report: Report, policy: PolicyCheck | None = None, *, framed: bool = False) -> str:
    """The card as HTML. Every recorded string in it is escaped.

    framed: for the `srcdoc` of a frame, whose links would lead to the page around it: there it has none.
    """
    return "".join(_page(document(subject(report, policy), LIMITS), framed=framed))


def _page(card_: Document, *, framed: bool) -> Iterator[str]:
    name = in_html(card_.name)
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>Provenance card: {card_.kind} {name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<header>\n<p class="kind">Provenance card</p>\n<h1>{card_.kind.capitalize()} <code>{name}</code></h1>\n'
        f'<p class="lead">{_words(card_.lead)}</p>\n'
    )
    if not framed:
        links = (f'<li><a href="#{one.anchor}">{in_html(one.title)}</a></li>' for one in card_.sections)
        yield f'<nav aria-label="Sections"><ul>{"".join(links)}</ul></nav>\n'
    yield "</header>\n<main>\n"
    for section in card_.sections:
        yield from _section(section)
    yield f"</main>\n<footer>{_words(card_.foot)}</footer>\n</body>\n</html>\n"


def _section(section: Section) -> Iterator[str]:
    yield f'<section aria-labelledby="{section.anchor}">\n<h2 id="{section.anchor}">{in_html(section.title)}</h2>\n'
    for before, block in pairwise((None, *section.blocks)):
        if isinstance(block, Table):
            yield from _table(block, titled=isinstance(before, Heading))
        elif block is not None:
            yield from _block(block)
    yield "</section>\n"


def _block(block: Block) -> Iterable[str]:  # noqa: PLR0911 - one line for each kind of block
    match block:
        case Paragraph():
            return [f"<p>{_cell(block.text)}</p>\n"]
        case Heading():
            return [f"<h3>{_cell(block.text)}</h3>\n"]
        case Facts():
            return _facts(block)
        case Table():
            return _table(block, titled=False)
        case Verdict():
            return _verdict(block)
        case Figures():
            figures = (f"<div><dt>{in_html(name)}</dt><dd>{value}</dd></div>" for name, value in block.rows)
            return ['<dl class="figures">', *figures, "</dl>\n"]
        case Command():
            return [f'<p class="command"><code>{in_html(line)}</code></p>\n' for line in block.lines]
        case Pictures():
            return ['<div class="charts">', *map(_figure, block.charts), "</div>\n"]
        case Flow():  # for Markdown, which has no other picture of it
            return ()


def _figure(chart: Shares | Columns | Matrix) -> str:
    return f"<figure><figcaption>{in_html(chart.title)}</figcaption>{drawn(chart)}</figure>\n"


def _verdict(box: Verdict) -> Iterator[str]:
    yield f'<div class="box {box.level}"><p>{in_html(box.headline)}</p>'
    if box.points:
        yield "<ul>"
        for level, text in box.points:
            yield f"<li>{_part(Mark(level, level))}<span>{_cell(text)}</span></li>"
        yield "</ul>"
    yield "</div>\n"


def _facts(facts: Facts) -> Iterator[str]:
    yield f'<table class="facts" role="table"><caption>{in_html(facts.caption)}</caption><tbody role="rowgroup">\n'
    for name, value in facts.rows:
        yield f'<tr role="row"><th role="rowheader" scope="row">{in_html(name)}</th>'
        yield f'<td role="cell">{_cell(value)}</td></tr>\n'
    yield "</tbody></table>\n"


def _table(table: Table, *, titled: bool) -> Iterator[str]:
    """titled: a heading before it says already what its caption says."""
    if table.only == "markdown":
        return
    # The roles say what the elements say already: browsers forget it of elements that a phone shows as blocks.
    kinds = [name for name, wanted in (("stack", len(table.headers) >= _STACKED), ("titled", titled)) if wanted]
    yield f'<table class="{" ".join(kinds)}" role="table"><caption>{in_html(table.caption)}</caption>'
    yield '<thead role="rowgroup"><tr role="row">'
    numeric = [' class="number"' if column in table.numeric else "" for column in range(len(table.headers))]
    for kind, name in zip(numeric, table.headers, strict=True):
        yield f'<th role="columnheader" scope="col"{kind}>{in_html(name)}</th>'
    yield '</tr></thead><tbody role="rowgroup">\n'
    for row in table.rows:
        yield '<tr role="row">'
        for kind, name, cell in zip(numeric, table.headers, row, strict=True):
            yield f'<td role="cell"{kind} data-label="{in_html(name)}">{_cell(cell)}</td>'
        yield "</tr>\n"
    yield "</tbody></table>\n"


def _cell(cell: Cell) -> str:
    return "".join(map(_part, parts(cell)))


def _part(part: str) -> str:
    if isinstance(part, Mark):
        return f'<span class="mark {part.level}">{in_html(part)}</span>'
    if isinstance(part, Code):
        return f"<code>{in_html(part)}</code>"
    if isinstance(part, Words):
        return _words(part)
    return f"<bdi>{in_html(part)}</bdi>"


def _words(text: str) -> str:
    """Our own text, in which back quotes stand around what is to be typed."""
    return "".join(
        f"<code>{in_html(piece)}</code>" if place % 2 else in_html(piece) for place, piece in enumerate(text.split("`"))
    )
