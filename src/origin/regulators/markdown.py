"""A document as Markdown. What was recorded or answered is escaped; each state of a field has words in capitals."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from origin.cards.escape import escaped
from origin.query.display import visible
from origin.regulators.fill import ANSWERED, FROM_RECORD, TO_BE_CONFIRMED, TO_BE_PROVIDED
from origin.regulators.session_facts import NOTICE, query_command, verify_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from origin.regulators.answers import Answer
    from origin.regulators.evidence import Shown
    from origin.regulators.fill import Entry, Filled

_STATES = {
    FROM_RECORD: ("FROM THE RECORD", "filled in by Origin; where it comes from stands below it"),
    TO_BE_CONFIRMED: ("PRE-FILLED, TO BE CONFIRMED", "what sources state of themselves; a person has to confirm it"),
    ANSWERED: ("ANSWERED", "the words of a person, from the answers file"),
    TO_BE_PROVIDED: ("TO BE PROVIDED", "nobody has answered it yet"),
}
_ROWS = 50


def rendered(filled: Filled) -> Iterator[str]:
    """The document in pieces."""
    for line in _lines(filled):
        yield f"{line}\n"


def _lines(filled: Filled) -> Iterator[str]:
    template = filled.template
    yield f"# {template.title}"
    yield ""
    yield f"{template.basis}."
    yield ""
    yield NOTICE
    yield ""
    yield from _states(filled)
    yield ""
    yield from _sessions(filled)
    for section, entries in filled.sections:
        yield ""
        yield f"## {section.number} {section.title}"
        for entry in entries:
            yield ""
            yield from _entry(filled, entry)


def _states(filled: Filled) -> Iterator[str]:
    yield "| state | fields | meaning |"
    yield "|---|---:|---|"
    for state, many in filled.counts().items():
        if many:
            words, meaning = _STATES[state]
            yield f"| **{words}** | {many} | {meaning} |"
    checks = [entry.field.key for _, entries in filled.sections for entry in entries if entry.check]
    if checks:
        yield ""
        yield f"**TO BE CHECKED** before this is handed out: {', '.join(f'`{key}`' for key in checks)}."
    answers = filled.answers
    if answers.name is not None:
        yield ""
        yield f"Answers: {escaped(answers.name)}, SHA-256 {answers.sha256}."


def _sessions(filled: Filled) -> Iterator[str]:
    yield "## The sessions"
    yield ""
    yield "| | session | status | root of its log |"
    yield "|---|---|---|---|"
    reports = filled.context.record.sessions
    for number, one in enumerate(reports, 1):
        yield f"| S{number} | {escaped(one.session.begin.session_id)} | {one.session.status} | {one.root} |"
    if filled.context.record.incomplete:
        yield ""
        yield f"**NOT THE WHOLE RUN**: {'; '.join(filled.context.record.incomplete)}."
    yield ""
    yield "To see the facts again, and to verify that the record is the one of that root:"
    yield ""
    for one in reports:
        yield f"    {visible(query_command(one))}"
        yield f"    {visible(query_command(one, 'export'))}"
        yield f"    {visible(verify_command(one))}"
    yield ""
    yield f"Made at {filled.context.now.isoformat()}."


def _entry(filled: Filled, entry: Entry) -> Iterator[str]:
    field = entry.field
    yield f"### {field.number} {field.title}"
    yield ""
    optional = " Optional." if field.optional else ""
    yield f"*{field.question}*{optional} ({filled.template.short(field)}; `{filled.template.table}.{field.key}`)"
    yield ""
    yield f"> **{_STATES[entry.state][0]}**{_answer(entry)}"
    if entry.added is not None:
        yield ">"
        yield f"> **ADDED**: {_text(entry.added)}"
    if entry.check is not None:
        yield ">"
        yield f"> **TO BE CHECKED**: {escaped(entry.check)}"
    for table in entry.shown:
        yield ""
        yield from _table(filled, table)


def _answer(entry: Entry) -> str:
    if entry.not_applicable:
        keys = ", ".join(f"`{key}`" for key in entry.not_applicable)
        return f": not applicable, by the answer to {keys}"
    if entry.value is None:
        return ""
    return f"{' (confirmed as recorded)' if entry.confirmed else ''}: {_text(entry.value)}"


def _text(answer: Answer) -> str:
    if isinstance(answer, bool):
        return "Yes" if answer else "No"
    if isinstance(answer, date):
        return answer.isoformat()
    lines = answer if isinstance(answer, tuple) else answer.splitlines()
    return "<br>".join(escaped(line) for line in lines)


def _table(filled: Filled, table: Shown) -> Iterator[str]:
    sessions = ", ".join(f"S{number}" for number, _ in enumerate(filled.context.record.sessions, 1))
    keys = ", ".join(f"`{key}`" for key in table.keys)
    trace = f" ({sessions}, `origin {table.query}`: {keys})" if table.keys else ""
    yield f"In the record{trace}: {escaped(table.what)}"
    yield ""
    yield f"| {' | '.join(table.headers)} |"
    yield f"|{'|'.join('---' for _ in table.headers)}|"
    for row in table.rows[:_ROWS]:
        yield f"| {' | '.join(_cells(row))} |"
    if len(table.rows) > _ROWS:
        yield ""
        yield f"{len(table.rows) - _ROWS:,} more rows stand in the JSON form."


def _cells(row: Iterable[str | int | None]) -> Iterator[str]:
    for cell in row:
        if cell is None:
            yield "not recorded"
        else:
            yield f"{cell:,}" if isinstance(cell, int) else escaped(cell)
