"""What a check of a record can find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Finding:
    """One discrepancy. session_id: None when it concerns the whole file. where: the entry, row or object."""

    session_id: str | None
    where: str
    what: str


class Findings:
    """Collects findings under one session, or under the file."""

    def __init__(self, session_id: str | None = None) -> None:
        self.session_id = session_id
        self.found: list[Finding] = []

    def add(self, where: str, what: str) -> None:
        self.found.append(Finding(self.session_id, where, what))


Columns = tuple[tuple[str, tuple[type, ...]], ...]
"""The columns of a row and the types that their values may have."""

_TYPES: dict[str, type] = {"integer": int, "text": str, "blob": bytes, "null": type(None)}
_NAMES = {kind: name for name, kind in _TYPES.items()}


def columns(**declared: str) -> Columns:
    """Columns by name: `integer`, `text` or `blob`, with ` null` where that is allowed."""
    return tuple((name, tuple(_TYPES[word] for word in words.split())) for name, words in declared.items())


def mistyped(declared: Columns, values: Iterable[Any]) -> Iterator[str]:
    """What is wrong with the types of a row's values. A subclass is another type: BrokenText is no blob."""
    for (name, allowed), value in zip(declared, values, strict=True):
        if type(value) not in allowed:
            found = _NAMES.get(type(value), "text that is no UTF-8" if isinstance(value, bytes) else "a real number")
            yield f"{name} holds {found} where {' or '.join(_NAMES[kind] for kind in allowed)} belongs"


def plain(values: Iterable[Any]) -> tuple[Any, ...]:
    """Values that can be encoded: BrokenText as the bytes that it is."""
    return tuple(bytes(value) if isinstance(value, bytes) else value for value in values)
