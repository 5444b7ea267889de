"""7. Integrity: the root, and the command that checks the record against it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from origin.cards.document import Code, Command, Facts, Paragraph, Section, Words, number
from origin.query.display import visible

if TYPE_CHECKING:
    from origin.cards.document import Limits
    from origin.cards.subject import Subject

_CHECK = "Check the database against this root, from where it lies or with `--db FILE`:"
_SHOWS = (
    "Kept apart from the database, this root shows any change that was made to the session after this card. The "
    "command exits with 0 where the record still has the root, with 1 where it does not. This card was made from the "
    "record without that check."
)


def section(subject: Subject, _limits: Limits) -> Section:
    report = subject.report
    session_id = visible(report.session.begin.session_id)
    facts = (
        ("Root (RFC 9162, SHA-256)", Code(report.root)),
        ("Entries under the root", Words(number(report.session.size))),
        ("Batches among them", Words(number(report.batches))),
        ("Signature", Words("not signed")),
    )
    return Section(
        "integrity",
        "7. Integrity",
        (
            Facts("What the record can be checked against", facts),
            Paragraph(Words(_CHECK)),
            Command(shlex.join(["origin", "verify", session_id, "--root", report.root])),
            Paragraph(Words(_SHOWS)),
        ),
    )
