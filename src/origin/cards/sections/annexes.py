"""9. Annexes: the files that hold in full what the card sums up, and the commands that write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.commands import command
from origin.cards.document import Code, Limits, Paragraph, Section, Table, Words

if TYPE_CHECKING:
    from origin.cards.subject import Subject

_LEAD = "Not part of this card. Each is written from the same record by the command beside it:"


def section(subject: Subject, _limits: Limits) -> Section:
    about = subject.report.of
    lines = (f"{about.kind}.jsonl", "each batch and observation, source and gap", ("export", "--format", "jsonl"))
    notice = ("NOTICE.md", "the credits and notices to be passed on", ("notice",))
    files = (
        lines,
        *(() if about.is_run else (notice,)),
        ("card.html", "this card, with charts", ("card", "--format", "html")),
        ("card.md", "this card as Markdown", ("card", "--format", "md")),
    )
    rows = tuple(
        (Words(name), Words(what), Code(command(call, about, *options, "-o", name)))
        for name, what, (call, *options) in files
    )
    table = Table("Annexes", ("file", "what it holds", "command"), rows)
    return Section("annexes", "9. Annexes", (Paragraph(Words(_LEAD)), table))
