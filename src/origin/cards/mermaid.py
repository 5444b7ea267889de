"""Diagrams in Mermaid, which GitHub and GitLab draw. The tables beside them say the same and more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.document import number, percent
from origin.cards.escape import in_mermaid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.cards.document import Flow, Shares

_LABEL = 40
"""Characters of a label: the table holds the whole."""


def flowchart(flow: Flow) -> Iterator[str]:
    yield "```mermaid"
    yield "flowchart LR"
    for place, name in enumerate(flow.sources):
        yield f'    s{place}["{_label(name)}"]'
    for place, name in enumerate(flow.licenses):
        yield f'    l{place}(["{_label(name)}"])'
    yield f'    session[["{flow.kind} {_label(flow.name)}"]]'
    totals: dict[int, int] = {}
    for source, license_, amount in flow.edges:
        totals[license_] = totals.get(license_, 0) + amount
        yield f'    s{source} -->|"{number(amount)}"| l{license_}'
    for license_ in sorted(totals):
        yield f'    l{license_} -->|"{number(totals[license_])}"| session'
    yield "```"


def pie(shares: Shares) -> Iterator[str]:
    yield "```mermaid"
    yield "pie showData"
    yield f"    title {shares.title}"
    taken: set[str] = set()
    for name, amount in shares.parts:
        # Two parts of one name are one part to Mermaid.
        label = f"{_label(name)} ({percent(amount, shares.total)})"
        while label in taken:
            label += "."
        taken.add(label)
        yield f'    "{label}" : {amount}'
    yield "```"


def _label(text: str) -> str:
    return in_mermaid(text if len(text) <= _LABEL else f"{text[:_LABEL]}...")
