"""What a document asks for, as data: sections of fields, each with its place in the law or template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["text", "list", "boolean", "date", "month", "choice"]
"""What an answer is: text, a list of texts, a yes or no, a day, a month (MM/YYYY), one of several choices."""

Mode = Literal["record", "confirm", "user"]
"""Who fills a field: the record alone; the record, and a person confirms; a person."""

Condition = tuple[str, bool | str]
"""The key of another field, and the answer to it (or one of its texts) that makes this field apply."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked for.

    key: of the answer, in the document's table of the answers file. evidence: the names of what is shown beside it from
    the record (origin.regulators.evidence). value: what the record fills in. when: it applies if any of these holds.
    against: what in the record would contradict an answer. siblings: fields of which one may be affirmed for the same
    sources. choices: what can be said, where it is not free.
    """

    key: str
    number: str
    title: str
    question: str
    kind: Kind = "text"
    mode: Mode = "user"
    value: str = ""
    evidence: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    against: str = ""
    siblings: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    optional: bool = False
    cite: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    number: str
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A document. name: on the command line. table: of the answers file. basis: what asks for it. place: what stands
    between the basis and the number of a field.
    """

    name: str
    table: str
    title: str
    basis: str
    place: str
    sections: tuple[Section, ...]

    def fields(self) -> Iterator[Field]:
        for section in self.sections:
            yield from section.fields

    def cited(self, field: Field) -> str:
        """Where exactly the field is asked for."""
        return field.cite or f"{self.basis}{self.place}{field.number}"

    def short(self, field: Field) -> str:
        """The same, for who has read the basis."""
        return field.cite or f"{self.place.removeprefix(', ')}{field.number}"
