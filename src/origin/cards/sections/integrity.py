"""7. Integrity: the root, and the command that checks the record against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.commands import verify_commands
from origin.cards.document import Code, Command, Facts, Paragraph, Section, Words, number

if TYPE_CHECKING:
    from origin.cards.document import Limits
    from origin.cards.subject import Subject

_CHECK = {
    "session": "Check the database against this root, from where it lies or with `--db FILE`:",
    "run": "Check the database, from where it lies or with `--db FILE`, and compare the root that the second command "
    "prints with this one:",
}
_SHOWS = {
    "session": "Kept apart from the database, this root shows any change that was made to the session after this card. "
    "The command exits with 0 where the record still has the root, with 1 where it does not. This card was made from "
    "the record without that check.",
    "run": "Kept apart from the database, this root shows any change that was made to a session of the run after this "
    "card, and any session that was left out or put in. The first command exits with 1 where a session is not what its "
    "own root states. It is the tree (RFC 9162) over rank, size and root of each session, as section 2 lists them. "
    "This card was made from the record without that check.",
}


def section(subject: Subject, _limits: Limits) -> Section:
    report = subject.report
    kind = report.of.kind
    facts = (
        ("Root (RFC 9162, SHA-256)", Code(report.root)),
        ("Entries under the root", Words(number(report.of.size))),
        ("Batches among them", Words(number(report.batches))),
        ("Signature", Words("not signed")),
    )
    return Section(
        "integrity",
        "7. Integrity",
        (
            Facts("What the record can be checked against", facts),
            Paragraph(Words(_CHECK[kind])),
            Command(tuple(verify_commands(report))),
            Paragraph(Words(_SHOWS[kind])),
        ),
    )
