"""A card as Markdown: the tables are what counts, the diagrams beside them are for the eye.

Its length does not depend on the number of batches, and has an end however many sources there are: the tail of each
table is summed, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.content import document
from origin.cards.document import (
    Command,
    Facts,
    Figures,
    Flow,
    Heading,
    Limits,
    Paragraph,
    Pictures,
    Shares,
    Table,
    Verdict,
    Words,
    parts,
)
from origin.cards.escape import escaped
from origin.cards.mermaid import flowchart, pie
from origin.cards.subject import subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from origin.cards.document import Block, Cell, Document
    from origin.cards.subject import PolicyCheck
    from origin.query.report import Report

MOST = 50_000
"""Bytes of a card: less than any forge's limit, and what a person may scroll through."""

_ROOMS = tuple(Limits(rows, text) for rows, text in ((50, 400), (30, 200), (20, 120), (12, 80), (8, 60), (4, 50)))
"""What is tried in turn until the card is short enough."""


def card(report: Report, policy: PolicyCheck | None = None) -> str:
    """The card as Markdown. Every recorded string in it is escaped."""
    about = subject(report, policy)
    text = ""
    for limits in _ROOMS:
        text = "\n".join(_lines(document(about, limits)))
        if len(text.encode()) <= MOST:
            break
    return text


def _lines(card_: Document) -> Iterator[str]:
    yield f"# Provenance card: {card_.kind} {escaped(card_.name)}"
    yield ""
    yield card_.lead
    for section in card_.sections:
        yield ""
        yield f"## {section.title}"
        for block in section.blocks:
            lines = list(_block(block))
            if lines:
                yield ""
                yield from lines
    yield ""
    yield "---"
    yield ""
    yield card_.foot
    yield ""


def _block(block: Block) -> Iterable[str]:  # noqa: PLR0911 - one line for each kind of block
    match block:
        case Paragraph():
            return [_cell(block.text)]
        case Heading():
            return [f"### {_cell(block.text)}"]
        case Facts():
            return ["| | |", "|---|---|", *(f"| {name} | {_cell(value)} |" for name, value in block.rows)]
        case Table():
            return _table(block) if block.only != "html" else ()
        case Verdict():
            return [f"**{block.headline}**", "", *(f"- {level}: {_cell(text)}" for level, text in block.points)]
        case Command():
            return [f"    {line}" for line in block.lines]
        case Flow():
            return flowchart(block)
        case Pictures():
            return [line for chart in block.charts if isinstance(chart, Shares) for line in ("", *pie(chart))][1:]
        case Figures():  # the facts hold them
            return ()


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(_cell, table.headers))} |"
    yield "|" + "|".join("---:" if column in table.numeric else "---" for column in range(len(table.headers))) + "|"
    for row in table.rows:
        yield f"| {' | '.join(map(_cell, row))} |"


def _cell(cell: Cell) -> str:
    return "".join(str(part) if isinstance(part, Words) else escaped(part) for part in parts(cell))
