"""A card as it is before it is Markdown or HTML: sections of blocks. Both forms say the same because both come of this.

Plain strings are recorded text, which a form escapes; `Words` are our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from origin.query.display import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Level = Literal["blocker", "review", "clear"]
"""How much a finding asks of a person: a decision, a look, nothing."""

LEVELS: tuple[Level, ...] = ("blocker", "review", "clear")


class Words(str):
    """Our own text: it holds no markup and nothing that was recorded. What is joined to it is a plain string again."""

    __slots__ = ()


class Code(str):
    """A hash or an identifier, for which every character counts."""

    __slots__ = ()


class Mark(Words):
    """A word that a form may colour by its level: it says the same without colour."""

    __slots__ = ("level",)

    def __new__(cls, text: str, level: Level) -> Self:
        mark = super().__new__(cls, text)
        mark.level = level
        return mark

    level: Level


Cell = str | tuple[str, ...]
"""What stands in one place: one part, or several one after the other."""


def parts(cell: Cell) -> tuple[str, ...]:
    return (cell,) if isinstance(cell, str) else cell


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: Cell


@dataclass(frozen=True, slots=True)
class Heading:
    text: Cell


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values below each other. caption: what they are of, for who cannot see the heading."""

    caption: str
    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """numeric: the columns that hold numbers. only: the form that shows it, None for all."""

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    only: Literal["markdown", "html"] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The box on top: what stands out, and how much it asks of a person."""

    level: Level
    headline: str
    points: tuple[tuple[Level, Cell], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers to be seen at once; the facts hold them too."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Command:
    """Command lines to be copied, of which not a character is left out."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shares:
    """A whole in parts, the largest first. name: what the chart is called in a document."""

    name: str
    title: str
    total: int
    parts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """From sources through licences to the session or run: the nodes, and how many observations went between them."""

    sources: tuple[str, ...]
    licenses: tuple[str, ...]
    kind: str
    name: str
    edges: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Amounts in an order, such as epochs: for each its label and the part of each series."""

    name: str
    title: str
    series: tuple[str, ...]
    columns: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Which of some licences lets its material go into a work under which: `cells` by material, then by work."""

    name: str
    title: str
    licenses: tuple[str, ...]
    cells: tuple[tuple[Mark, ...], ...]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Charts that are seen beside each other where there is room."""

    charts: tuple[Shares | Columns | Matrix, ...]


Block = Paragraph | Heading | Facts | Table | Verdict | Figures | Command | Flow | Pictures


@dataclass(frozen=True, slots=True)
class Section:
    """anchor: its name in a document."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """kind and name: what it is of, and the recorded id, which the title states."""

    kind: str
    name: str
    lead: str
    sections: tuple[Section, ...]
    foot: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a card may show: rows of a table, characters of one recorded string. The rest is summed or cut, and
    the card says so.
    """

    rows: int
    text: int

    def cut(self, text: str | None, otherwise: str = "-") -> str:
        """A recorded string at the length that a card has room for; `otherwise` (our words) where there is none."""
        if text is None:
            return Words(otherwise)
        shown = visible(text)
        if len(shown) <= self.text:
            return shown
        return f"{shown[: self.text]} ... ({len(text)} characters in all)"

    def listed(self, names: Sequence[str], room: int = 8) -> str:
        """Some names in a row; how many more there are."""
        shown = ", ".join(self.cut(name) for name in names[:room])
        return shown if len(names) <= room else f"{shown} and {number(len(names) - room)} more"


def number(value: int) -> str:
    return f"{value:,}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """`1 session`, `2 sessions`."""
    return f"{value:,} {one if value == 1 else many or f'{one}s'}"


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"


def in_words(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
