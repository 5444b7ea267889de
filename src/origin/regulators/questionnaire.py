"""The questionnaire: an answers file with every key, none of them answered."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from origin.regulators.answers import ABOUT, AS_RECORDED, ROOTS
from origin.regulators.templates import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.regulators.fields import Field, Template

_WIDTH = 100
_HINTS = {
    "text": '"..."',
    "list": '["...", "..."]',
    "boolean": "true or false",
    "date": "a day, such as 2026-01-31, without quotes",
    "month": '"MM/YYYY"',
    "choice": '"...", in the words of one of the choices',
}

_HEAD = (
    "Answers for `origin report`. One file serves all documents; what is not answered is marked in them as missing.\n\n"
    "To answer, take the # off the line of a key and write the answer behind the equals sign. Where a document fills a "
    f'field in from the record, "{AS_RECORDED}" confirms exactly that. Write what a person knows and answers for: '
    "nothing here is filled in by a guess, and Origin never changes this file. Documents are drafts, not legal advice."
)
_ABOUT = (
    "The roots of the sessions that were looked at, as the document lists them. If they are given, a document of any "
    "other record is refused: so a confirmation cannot be used for data that nobody looked at."
)


def questionnaire() -> Iterator[str]:
    """The file in pieces: TOML, in which only the headings of tables are no comments."""
    yield from _comment(_HEAD)
    yield f"\n[{ABOUT}]\n"
    yield from _comment(_ABOUT)
    yield f'#{ROOTS} =  # ["..."]\n'
    for template in TEMPLATES:
        yield from _template(template)


def _template(template: Template) -> Iterator[str]:
    yield "\n\n"
    yield from _comment(f"{'=' * 60}\n{template.title}\n{template.basis}\n`origin report {template.name} SESSION`")
    yield f"[{template.table}]\n"
    for section in template.sections:
        yield "\n"
        yield from _comment(f"---- {section.number} {section.title}")
        for field in section.fields:
            yield "\n"
            yield from _field(field)


def _field(field: Field) -> Iterator[str]:
    yield from _comment(f"{field.number} {field.title}: {field.question}")
    notes = [
        "Optional." if field.optional else "",
        "Filled in from the record; what you write is added to it." if field.mode == "record" else "",
        f'Pre-filled where sources state it: confirm it with "{AS_RECORDED}".' if field.mode == "confirm" else "",
        f"Only if {_conditions(field)}." if field.when else "",
        f"Choices: {'; '.join(field.choices)}." if field.choices else "",
    ]
    note = " ".join(note for note in notes if note)
    if note:
        yield from _comment(note)
    yield f"#{field.key} =  # {_HINTS[field.kind]}\n"


def _conditions(field: Field) -> str:
    return " or ".join(f"{key} is true" if wanted is True else f"{key} holds {wanted}" for key, wanted in field.when)


def _comment(text: str) -> Iterator[str]:
    for paragraph in text.strip().split("\n"):
        for line in textwrap.wrap(paragraph, _WIDTH - 2, break_on_hyphens=False) or [""]:
            yield f"# {line}".rstrip() + "\n"
