"""What a licence permits, asks for and forbids: one record a licence, each cell with the clause it rests on.

The records are data/terms/*.toml, written by hand from the licence texts; a record may be `like` another one and then
states only what differs. The words are those of ccREL and ODRL, the Montreal Data License and AIPREF. A reading for
human review, not legal advice.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin.licenses.creative_commons import unported
from origin.licenses.grammar import Element

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).parent / "data" / "terms"

ACTIONS = (
    "reproduce",
    "distribute",
    "derive",
    "share-derivative",
    "commercial-use",
    "private-use",
    "sublicense",
    "patent-use",
    "train",
    "share-model",
    "commercialize-output",
    "train-on-outputs",
)
"""What somebody may want to do. A cell says yes, no or unknown; no cell is unknown."""

DUTIES = (
    "attribution",
    "notice",
    "share-alike",
    "source-code",
    "state-changes",
    "network-disclose",
    "produced-work-notice",
    "pass-through-terms",
    "model-name-prefix",
    "badge",
)
"""What must be done, on the events of the duty. No cell: the text has no such duty."""

EVENTS = (
    "use",
    "distribute",
    "share-derivative",
    "share-model",
    "share-outputs",
    "share-produced-work",
    "network-use",
    "train-on-outputs",
)
"""What makes a duty due."""

PROHIBITIONS = (
    "commercial-use",
    "share-adapted",
    "non-computational-use",
    "academic-only",
    "train-other-models",
    "field-of-use",
    "endorsement",
    "trademark",
    "user-threshold",
    "territory",
)
"""What is forbidden. No cell: the text does not forbid it. Those of `_FROM_ACTIONS` are not written but follow."""

FACTS = ("covers", "scope", "results-free", "later-versions", "outbound-ok")

_FROM_ACTIONS = {
    "commercial-use": "commercial-use",
    "share-adapted": "share-derivative",
    "train-other-models": "train-on-outputs",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """value: yes, no, unknown, or what the word asks for (a number, a region). clause: where the text says so."""

    value: str
    clause: str


@dataclass(frozen=True, slots=True)
class Duty:
    """on: the events that make it due. value: what exactly is due, where the text gives the words."""

    on: frozenset[str]
    clause: str
    value: str = ""


_SILENT = Cell("unknown", "")


@dataclass(frozen=True, slots=True)
class Terms:
    """The record of one licence. `text` is the page that the clauses are of."""

    id: str
    text: str
    actions: Mapping[str, Cell]
    duties: Mapping[str, Duty]
    prohibitions: Mapping[str, Cell]
    facts: Mapping[str, Cell]

    def action(self, name: str) -> Cell:
        return self.actions.get(name, _SILENT)


def terms(license_id: str | Element) -> Terms | None:
    """The record of a licence, None where there is none.

    An `-or-later` licence and one with an exception have the terms of the version named; of a ported Creative Commons
    licence the unported record is read, on SPDX's list or not.
    """
    name = license_id.license if isinstance(license_id, Element) else license_id
    records = _records()
    found = records.get(name.lower()) or records.get(name.replace("-or-later", "-only").lower())
    if found is None and (family := unported(name)):
        found = records.get(family.lower())
    return found


def all_terms() -> tuple[Terms, ...]:
    return tuple(_records().values())


@cache
def _records() -> dict[str, Terms]:
    raw: dict[str, dict[str, Any]] = {}
    for path in sorted(DATA.glob("*.toml")):
        raw.update(tomllib.loads(path.read_text(encoding="utf-8")))
    return {name.lower(): _record(name, _whole(name, raw)) for name in raw}


def _whole(name: str, raw: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """A record with what it takes from the one that it is like. A cell of `[]` is taken away."""
    row = raw[name]
    if "like" not in row:
        return row
    base = _whole(row["like"], raw)
    whole: dict[str, Any] = {"text": row.get("text", base["text"])}
    for part in ("actions", "duties", "prohibitions", "facts"):
        cells = {**base.get(part, {}), **row.get(part, {})}
        whole[part] = {word: cell for word, cell in cells.items() if cell}
    return whole


def _record(name: str, row: Mapping[str, Any]) -> Terms:
    actions = {word: Cell(*cell) for word, cell in row.get("actions", {}).items()}
    duties = {word: Duty(frozenset(cell[0]), *cell[1:]) for word, cell in row.get("duties", {}).items()}
    prohibitions = {
        word: Cell("yes", actions[action].clause)
        for word, action in _FROM_ACTIONS.items()
        if action in actions and actions[action].value == "no"
    }
    prohibitions.update({word: Cell(*cell) for word, cell in row.get("prohibitions", {}).items()})
    facts = {word: Cell(*cell) for word, cell in row.get("facts", {}).items()}
    return Terms(name, row["text"], actions, duties, prohibitions, facts)
