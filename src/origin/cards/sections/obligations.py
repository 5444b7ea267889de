"""8. Obligations: what the licences ask for and forbid once something made with the data is used or passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.document import Heading, Limits, Paragraph, Section, Table, Words, counted, number
from origin.licenses.reading import read
from origin.licenses.terms import DUTIES, PROHIBITIONS, terms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.cards.document import Block, Cell
    from origin.cards.subject import Subject
    from origin.query.notice import Credit, DueDuty

_LEAD = (
    "By the terms of each licence, with the clause. Where a claim leaves a choice, the alternative that asks for least "
    "is taken. Whether a duty is due for a trained model is not settled for every licence. A draft for human review."
)


def section(subject: Subject, limits: Limits) -> Section:
    blocks = (*_duties(subject, limits), *_prohibitions(subject, limits), *_unknown(subject, limits))
    lead = Paragraph(Words(_LEAD if blocks else "None by the known rules."))
    return Section("obligations", "8. Obligations", (lead, *blocks))


def _duties(subject: Subject, limits: Limits) -> Iterator[Block]:
    found: dict[DueDuty, list[str]] = {}
    for credit in subject.report.credits:
        for duty in credit.duties:
            found.setdefault(duty, []).append(credit.source.source_id)
    ordered = sorted(found, key=lambda duty: (DUTIES.index(duty.duty), duty.license, duty.clause, duty.value))
    rows: list[tuple[Cell, ...]] = [
        (
            Words(duty.duty),
            limits.cut(duty.license),
            Words(", ".join(duty.on)),
            limits.cut(duty.clause),
            limits.listed(_distinct(found[duty]), 4),
        )
        for duty in ordered
    ]
    if rows:
        yield Heading(Words("Duties"))
        yield from _table("Duties", ("duty", "licence", "due on", "clause", "sources"), rows, limits)


def _prohibitions(subject: Subject, limits: Limits) -> Iterator[Block]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for credit in subject.report.credits:
        for license_ in credit.licenses:
            record = terms(license_.id)
            for word, cell in record.prohibitions.items() if record else ():
                found.setdefault((word, license_.id, cell.clause), []).append(credit.source.source_id)
    rows: list[tuple[Cell, ...]] = [
        (Words(word), limits.cut(name), limits.cut(clause), limits.listed(_distinct(found[word, name, clause]), 4))
        for word, name, clause in sorted(found, key=lambda key: (PROHIBITIONS.index(key[0]), *key[1:]))
    ]
    if rows:
        yield Heading(Words("Prohibitions"))
        yield from _table("Prohibitions", ("forbidden", "licence", "clause", "sources"), rows, limits)


def _unknown(subject: Subject, limits: Limits) -> Iterator[Block]:
    rows: list[tuple[Cell, ...]] = [
        (limits.cut(credit.source.source_id), *_why(credit, limits), Words(number(credit.observations)))
        for credit in subject.report.credits
        if not credit.known
    ]
    if rows:
        yield Heading(Words("Not known"))
        headers = ("source", "claim", "why its duties are not known", "observations")
        yield from _table("Sources whose duties are not known", headers, rows, limits, frozenset({3}))


def _why(credit: Credit, limits: Limits) -> tuple[Cell, Cell]:
    if credit.claim is None:
        return Words("none"), Words("no licence is recorded")
    if not credit.licenses:
        refused = read(credit.claim).status == "no-license"
        why = "the claim says that none is granted" if refused else "the claim names no licence for sure"
        return limits.cut(credit.claim), Words(why)
    return limits.cut(credit.claim), (Words("no record of the terms of "), limits.listed(credit.unrecorded, 4))


def _distinct(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _table(
    caption: str,
    headers: tuple[str, ...],
    rows: list[tuple[Cell, ...]],
    limits: Limits,
    numeric: frozenset[int] = frozenset(),
) -> Iterator[Block]:
    yield Table(caption, headers, tuple(rows[: limits.rows]), numeric)
    if (rest := len(rows) - limits.rows) > 0:
        yield Paragraph(Words(f"{counted(rest, 'further row')} left out: `origin notice` holds all."))
