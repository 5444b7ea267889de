"""The answers file: what people say. It is read, checked to the last key, and never written by us."""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from origin.errors import UsageError, shown
from origin.regulators.templates import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from origin.regulators.fields import Field

AS_RECORDED = "as recorded"
"""Confirms, word for word, what a document has filled in from the record."""

ABOUT = "about"
ROOTS = "roots"
_MOST = 1 << 24
_ROOT = re.compile(r"[0-9a-f]{64}")
_MONTH = re.compile(r"(0[1-9]|1[0-2])/\d{4}", re.ASCII)
_MISSING = "to be provided"

Answer = str | bool | date | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """values: by table and key. roots: of the sessions that the answers were given for, where they say so."""

    name: str | None = None
    sha256: str | None = None
    roots: tuple[str, ...] = ()
    values: Mapping[tuple[str, str], Answer] = field(default_factory=dict)


def load_answers(path: Path) -> Answers:
    """Raises UsageError in one line that names the key, OSError for a file that cannot be read."""
    if "\0" in str(path):
        raise UsageError(f"{str(path)!r:.80} names no file: name the answers file")
    with path.open("rb") as stream:
        content = stream.read(_MOST + 1)
    if len(content) > _MOST:
        raise UsageError(f"{path} is larger than 16 MiB: it is no answers file")
    return _File(path, content).answers()


class _File:
    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        self.content = content
        try:
            self.data = tomllib.loads(content.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
            raise UsageError(f"{path} is no TOML file: {str(error).splitlines()[0]}. Mend it there.") from None

    def answers(self) -> Answers:
        tables = {template.table: {field.key: field for field in template.fields()} for template in TEMPLATES}
        self.known("", self.data, (ABOUT, *tables))
        about = self.table(ABOUT)
        self.known(f"{ABOUT}.", about, (ROOTS,))
        values: dict[tuple[str, str], Answer] = {}
        for name, fields in tables.items():
            answered = self.table(name)
            self.known(f"{name}.", answered, tuple(fields))
            for key, value in answered.items():
                values[name, key] = self.value(f"{name}.{key}", fields[key], value)
        return Answers(self.path.name, hashlib.sha256(self.content).hexdigest(), self.roots(about), values)

    def fail(self, key: str, what: str) -> NoReturn:
        raise UsageError(f"{self.path}, key {key}: {what}")

    def known(self, prefix: str, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                near = difflib.get_close_matches(key[:80], keys, 1)
                hint = f"did you mean {near[0]}?" if near else "`origin report --init-answers` writes all of them."
                self.fail(f"{prefix}{key:.80}", f"there is no such key; {hint}")

    def table(self, name: str) -> dict[str, Any]:
        value = self.data.get(name, {})
        if not isinstance(value, dict):
            self.fail(name, f"it is a table, written [{name}]; this is {shown(value)}.")
        return value

    def roots(self, about: Mapping[str, Any]) -> tuple[str, ...]:
        found = about.get(ROOTS, [])
        key = f"{ABOUT}.{ROOTS}"
        if not isinstance(found, list) or not all(isinstance(one, str) and _ROOT.fullmatch(one) for one in found):
            self.fail(key, f"it is a list of roots, 64 lower-case hexadecimal digits each; this is {shown(found)}.")
        return tuple(found)

    def value(self, key: str, asked: Field, value: Any) -> Answer:
        if asked.mode == "confirm" and value == AS_RECORDED:
            return AS_RECORDED
        checks: dict[str, Callable[[str, Any, Field], Answer]] = {
            "text": self.text,
            "list": self.texts,
            "boolean": self.truth,
            "date": self.day,
            "month": self.month,
            "choice": self.chosen,
        }
        return checks[asked.kind](key, value, asked)

    def truth(self, key: str, value: Any, _: Field) -> bool:
        if not isinstance(value, bool):
            self.fail(key, f"it is true or false, without quotes; this is {shown(value)}.")
        return value

    def day(self, key: str, value: Any, _: Field) -> date:
        if not isinstance(value, date) or isinstance(value, datetime):
            self.fail(key, f"it is a day such as 2026-01-31, without quotes; this is {shown(value)}.")
        return value

    def month(self, key: str, value: Any, _: Field) -> str:
        text = self.text(key, value)
        if not _MONTH.fullmatch(text):
            self.fail(key, f"it is a month, written MM/YYYY; this is {shown(text)}.")
        return text

    def texts(self, key: str, value: Any, asked: Field) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            self.fail(key, f"it is a list of texts with at least one; this is {shown(value)}.")
        check = self.chosen if asked.choices else self.text
        return tuple(check(f"{key}[{at}]", one, asked) for at, one in enumerate(value))

    def chosen(self, key: str, value: Any, asked: Field) -> str:
        text = self.text(key, value)
        if text not in asked.choices:
            self.fail(key, f"it is one of: {'; '.join(asked.choices)}; this is {shown(text)}.")
        return text

    def text(self, key: str, value: Any, _: Field | None = None) -> str:
        if not isinstance(value, str):
            self.fail(key, f"it is a text in quotes; this is {shown(value)}.")
        if not value.strip():
            self.fail(key, "it is empty: give the answer, or delete the line.")
        if value.strip().lower() in (_MISSING, AS_RECORDED):
            self.fail(key, f"{shown(value)} is no answer here: give it, or delete the line.")
        return value.strip()
