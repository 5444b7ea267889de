"""9. Annexes: the files that hold in full what the card sums up, and the commands that write them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from origin.cards.document import Code, Limits, Paragraph, Section, Table, Words
from origin.query.display import visible

if TYPE_CHECKING:
    from origin.cards.subject import Subject

_LEAD = "Not part of this card. Each is written from the same record by the command beside it:"


def section(subject: Subject, _limits: Limits) -> Section:
    session_id = visible(subject.report.session.begin.session_id)
    files = (
        ("session.jsonl", "each batch and observation, source and gap", ("export", session_id, "--format", "jsonl")),
        ("NOTICE.md", "the credits and notices to be passed on", ("notice", session_id)),
        ("card.html", "this card, with charts", ("card", session_id, "--format", "html")),
        ("card.md", "this card as Markdown", ("card", session_id, "--format", "md")),
    )
    rows = tuple(
        (Words(name), Words(what), Code(shlex.join(["origin", *call, "-o", name]))) for name, what, call in files
    )
    table = Table("Annexes", ("file", "what it holds", "command"), rows)
    return Section("annexes", "9. Annexes", (Paragraph(Words(_LEAD)), table))
