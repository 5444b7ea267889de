"""The form of a policy's TOML file. Whatever is wrong with one is said in one line, with the file and the key."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from origin.errors import LicenseExpressionError, UsageError, shown
from origin.licenses.expression import parse_expression
from origin.licenses.use import parse_use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ListName = Literal["allow", "deny", "review"]
_STRICTNESS = {"allow": 0, "review": 1, "deny": 2}
_SECTIONS = ("name", "description", "use", "licenses", "claims", "signals")
_CLAIMS = ("missing", "unknown", "ambiguous", "no-license")
_CHOICES = ("rules", "review", "deny")
_ON_DENIED = ("deny", "review", "ignore")


@dataclass(frozen=True, slots=True)
class Entry:
    """One licence of a list, or with `*` at its end all whose ids begin so (listing.py). of: the list. reason: the
    team's own.
    """

    pattern: str
    of: ListName
    reason: str = ""
    line: int | None = None

    @property
    def exact(self) -> bool:
        return not self.pattern.endswith("*")

    @property
    def specificity(self) -> tuple[bool, int, int]:
        """An exact entry before a pattern, a longer pattern before a shorter, then the stricter list."""
        return self.exact, len(self.pattern), _STRICTNESS[self.of]


def parse_policy(text: str, path: Path) -> dict[str, Any]:
    """The fields of a Policy. Raises UsageError in one line with the file and the key."""
    return _File(text, path).policy()


class _File:
    def __init__(self, text: str, path: Path) -> None:
        self.path = path
        self.text = text
        try:
            self.data = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise UsageError(f"{path} is no TOML file: {str(error).splitlines()[0]}. Mend it there.") from None

    def policy(self) -> dict[str, Any]:
        self.known(self.data, "", _SECTIONS)
        sections = {key: self.table(key) for key in ("use", "licenses", "claims", "signals")}
        self.known(sections["licenses"], "licenses.", ("allow", "deny", "review", "others"))
        self.known(sections["claims"], "claims.", _CLAIMS)
        self.known(sections["signals"], "signals.", ("denied",))
        return {
            "name": self.string("name", self.path.stem),
            "source": self.path.name,
            "use": self.use(sections["use"]),
            "entries": tuple(self.entries(sections["licenses"])),
            "others": self.choice(sections["licenses"], "licenses.", "others", _CHOICES, "rules"),
            "claims": {key: self.choice(sections["claims"], "claims.", key, _CHOICES, "rules") for key in _CLAIMS},
            "signals": self.choice(sections["signals"], "signals.", "denied", _ON_DENIED, "deny"),
            "lines": self.lines(),
        }

    def fail(self, key: str, what: str) -> NoReturn:
        raise UsageError(f"{self.path}, key {key}: {what}")

    def known(self, table: dict[str, Any], prefix: str, keys: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                self.fail(f"{prefix}{key}", f"there is no such key; known are {', '.join(keys)}.")

    def table(self, key: str) -> dict[str, Any]:
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            self.fail(key, f"it is a table, written [{key}]; this is {shown(value)}.")
        return value

    def string(self, key: str, default: str) -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str):
            self.fail(key, f"it is a string; this is {shown(value)}.")
        return value

    def choice(self, table: dict[str, Any], prefix: str, key: str, words: tuple[str, ...], default: str) -> str:
        value = table.get(key, default)
        if value not in words:
            self.fail(f"{prefix}{key}", f"it is one of {', '.join(words)}; this is {shown(value)}.")
        return str(value)

    def use(self, table: dict[str, Any]) -> Any:
        try:
            return parse_use(table)
        except UsageError as error:
            self.fail("use", str(error))

    def entries(self, table: dict[str, Any]) -> Iterator[Entry]:
        seen: dict[str, str] = {}
        for name in ("allow", "deny", "review"):
            listed = table.get(name, [])
            if not isinstance(listed, list):
                self.fail(f"licenses.{name}", f"it is a list of licence ids; this is {shown(listed)}.")
            for at, item in enumerate(listed):
                entry = self.entry(name, f"licenses.{name}[{at}]", item)
                other = seen.setdefault(entry.pattern.lower(), name)
                if other != name:
                    self.fail(f"licenses.{name}[{at}]", f"{shown(entry.pattern)} stands on '{other}' too; keep one.")
                yield entry

    def entry(self, name: Any, key: str, item: Any) -> Entry:
        if isinstance(item, dict):
            self.known(item, f"{key}.", ("license", "reason"))
            written, reason = item.get("license"), item.get("reason", "")
        else:
            written, reason = item, ""
        if not isinstance(written, str) or not isinstance(reason, str):
            self.fail(key, f'it is a licence id such as "GPL-3.0-*", or {{license, reason}}; this is {shown(item)}.')
        return Entry(self.pattern(key, written.strip()), name, reason, self.line_of(written, name))

    def pattern(self, key: str, written: str) -> str:
        """The id in its current spelling. A pattern stays as written."""
        if written.endswith("*"):
            if "*" in written[:-1] or " " in written or len(written) < 2:
                self.fail(key, f"a pattern is the beginning of an id and one '*' at its end; this is {shown(written)}.")
            return written
        try:
            expression = parse_expression(written)
        except LicenseExpressionError:
            self.fail(key, f"{shown(written)} is no licence id; see https://spdx.org/licenses/, or write LicenseRef-.")
        if expression.unknown_ids:
            self.fail(key, f"{expression.unknown_ids[0]} is on no list; see https://spdx.org/licenses/.")
        current = parse_expression(expression.current)
        if len(current.elements) > 1:
            self.fail(key, f"{shown(written)} names several licences; list them one by one.")
        return str(current)

    def line_of(self, written: str, name: str) -> int | None:
        """The line of an entry: the first that quotes it from where its list begins."""
        start = self.lines().get(f"licenses.{name}", 1)
        for number, line in enumerate(self.text.splitlines(), 1):
            if number >= start and (f'"{written}"' in line or f"'{written}'" in line):
                return number
        return None

    def lines(self) -> dict[str, int]:
        """The line that each key of a section is set on, as far as it is written `key = value`."""
        found: dict[str, int] = {}
        section = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            bare = line.strip()
            if bare.startswith("[") and bare.partition("#")[0].strip().endswith("]") and "=" not in bare:
                section = bare.partition("#")[0].strip().strip("[] ") + "."
            elif "=" in bare and not bare.startswith("#"):
                found.setdefault(section + bare.partition("=")[0].strip().strip("\"'"), number)
        return found
