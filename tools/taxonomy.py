"""The generated parts of the pages on licences: docs/license-taxonomy.md and docs/license-terms.md.

A page holds marks, `<!-- generated: NAME -->` and `<!-- end -->`; what stands between them is written anew.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from origin.licenses import compatible, parse_claim
from origin.licenses.custom import CUSTOM
from origin.licenses.hub import HUB_TAGS
from origin.licenses.named import named
from origin.licenses.terms import (
    ACTIONS,
    DATA,
    DUTIES,
    EVENTS,
    FACTS,
    PROHIBITIONS,
    Cell,
    Duty,
    Terms,
    all_terms,
    terms,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

FEW = 4

# The licences that most data, code and models are met under, or whose terms say something that no other says.
MATTER = (
    *("CC0-1.0", "CC-BY-4.0", "CC-BY-3.0", "CC-BY-SA-4.0", "CC-BY-SA-3.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"),
    *("CC-BY-ND-4.0", "CC-BY-NC-ND-4.0", "PDDL-1.0", "ODC-By-1.0", "ODbL-1.0", "CDLA-Permissive-2.0"),
    *("CDLA-Sharing-1.0", "O-UDA-1.0", "C-UDA-1.0", "OGL-UK-3.0", "etalab-2.0", "GFDL-1.3-only"),
    *("MIT", "BSD-3-Clause", "Apache-2.0", "MPL-2.0", "EPL-2.0", "EUPL-1.2", "LGPL-3.0-only", "GPL-2.0-only"),
    *("GPL-3.0-only", "AGPL-3.0-only", "SSPL-1.0", "BUSL-1.1", "PolyForm-Noncommercial-1.0.0"),
    *("LicenseRef-Llama-2", "LicenseRef-Llama-3", "LicenseRef-Llama-3.1", "LicenseRef-Llama-4", "LicenseRef-Gemma"),
    *("LicenseRef-CreativeML-OpenRAIL-M", "LicenseRef-BigScience-BLOOM-RAIL-1.0"),
    *("LicenseRef-BigCode-OpenRAIL-M-1.0", "LicenseRef-DeepSeek-Model-1.0", "LicenseRef-Qwen-Research"),
    *("LicenseRef-Mistral-Research", "OpenMDW-1.0", "LicenseRef-OpenAI-Terms", "LicenseRef-Proprietary"),
    *("LicenseRef-Research-Only", "LicenseRef-Non-Commercial", "LicenseRef-Public-Domain"),
)
PAIRED = (
    *("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"),
    *("ODbL-1.0", "CDLA-Sharing-1.0", "MIT", "Apache-2.0", "MPL-2.0", "EUPL-1.2", "GPL-2.0-only", "GPL-3.0-only"),
)
FAMILIES = {
    "creative-commons": "Creative Commons",
    "open-data": "Open data, governments, documents and fonts",
    "permissive": "Permissive code licences",
    "copyleft": "Copyleft code licences",
    "models": "Models",
    "restricted": "Restricted, and claims in words",
}
MARKS = {"yes": "yes", "no": "**no**", "unknown": "?", "compatible": "yes", "incompatible": "**no**", "review": "?"}
LETTERS = {
    "use": "u",
    "distribute": "d",
    "share-derivative": "a",
    "share-model": "m",
    "share-outputs": "o",
    "share-produced-work": "p",
    "network-use": "n",
    "train-on-outputs": "t",
}


def filled(page: str, parts: Mapping[str, str]) -> str:
    """The page with its generated parts written anew. Every part has its place, and every place its part."""
    places = re.compile(r"<!-- generated: (\S+) -->\n.*?<!-- end -->", re.DOTALL)
    if sorted(places.findall(page)) != sorted(parts):
        raise SystemExit(f"the page has the marks {places.findall(page)}; there are texts for {list(parts)}")
    return places.sub(lambda place: f"<!-- generated: {place[1]} -->\n\n{parts[place[1]]}\n\n<!-- end -->", page)


def taxonomy() -> dict[str, str]:
    """The parts of docs/license-taxonomy.md."""
    return {
        "actions": _matrix(ACTIONS, lambda record, word: MARKS[record.action(word).value]),
        "events": ", ".join(f"`{letter}` {event}" for event, letter in LETTERS.items()) + ".",
        "duties": _matrix(DUTIES, lambda record, word: _events(record.duties.get(word))),
        "prohibitions": _matrix(PROHIBITIONS, lambda record, word: _forbidden(record.prohibitions.get(word))),
        "adaptation": _pairs(),
        "outbound": _outbound(),
        "custom": _table(("id", "name", "terms"), [(f"`{row.id}`", row.name, row.url or "-") for row in CUSTOM]),
        "hub": _table(("tag", "status", "expression or candidates"), [_tag(tag) for tag, _, _ in HUB_TAGS]),
    }


def clauses() -> dict[str, str]:
    """The parts of docs/license-terms.md: every record, cell by cell."""
    raw = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*.toml"))}
    likes = {name: row.get("like") for rows in raw.values() for name, row in rows.items()}
    stems = [stem for stem in FAMILIES if stem in raw] + [stem for stem in raw if stem not in FAMILIES]
    return {
        "records": "\n\n".join(
            f"## {FAMILIES.get(stem, stem)}\n\n" + "\n\n".join(_record(name, likes[name]) for name in raw[stem])
            for stem in stems
        )
    }


def _known(license_id: str) -> Terms:
    found = terms(license_id)
    if found is None:
        raise SystemExit(f"tools/taxonomy.py lists {license_id}, which has no record of terms")
    return found


def _matrix(words: Sequence[str], cell: Callable[[Terms, str], str]) -> str:
    rows = []
    for name in MATTER:
        record = _known(name)
        rows.append((f"[`{name}`](license-terms.md#{_anchor(name)})", *(cell(record, word) for word in words)))
    return _table(("licence", *words), rows)


def _events(duty: Duty | None) -> str:
    return "" if duty is None else " ".join(LETTERS[event] for event in EVENTS if event in duty.on)


def _forbidden(cell: Cell | None) -> str:
    return "" if cell is None else cell.value


def _pairs() -> str:
    rows = [
        (f"`{inbound}`", *(MARKS[compatible(outbound, inbound, "adaptation").verdict] for outbound in PAIRED))
        for inbound in PAIRED
    ]
    return _table(("material under / published under", *(f"`{name}`" for name in PAIRED)), rows)


def _outbound() -> str:
    rows = []
    for record in all_terms():
        if "outbound-ok" in record.facts:
            fact = record.facts["outbound-ok"]
            names = ", ".join(f"`{name}`" for name in fact.value.split())
            rows.append((f"`{record.id}`", names, fact.clause))
    return _table(("licence", "may go under", "clause"), rows)


def _record(name: str, like: str | None) -> str:
    record = _known(name)
    whole = _cells(record)
    lead = f"### {name}\n\n{named(name).name}. " + (
        f"Text: <{record.text}>." if record.text else "No text stands behind it."
    )
    if like is None:
        return f"{lead}\n\n{_cell_table(whole)}"
    base = _cells(_known(like))
    differing = {word: cell for word, cell in whole.items() if base.get(word) != cell}
    differing |= {word: ("none", "") for word in base if word not in whole}
    link = f"[{like}](#{_anchor(like)})"
    if not differing:
        return f"{lead}\n\nThe terms are those of {link}."
    return f"{lead}\n\nAs {link}, but for:\n\n{_cell_table(differing)}"


def _cells(record: Terms) -> dict[str, tuple[str, str]]:
    """Every cell: what it is about, its reading and its clause."""
    cells = {
        word: (record.actions[word].value, record.actions[word].clause) for word in ACTIONS if word in record.actions
    }
    for word in DUTIES:
        if word in record.duties:
            duty = record.duties[word]
            due = "due on " + ", ".join(event for event in EVENTS if event in duty.on)
            cells[f"duty: {word}"] = (due + (f": “{duty.value}”" if duty.value else ""), duty.clause)
    for word in PROHIBITIONS:
        if word in record.prohibitions:
            cells[f"forbidden: {word}"] = (record.prohibitions[word].value, record.prohibitions[word].clause)
    cells.update(
        {
            f"fact: {word}": (record.facts[word].value, record.facts[word].clause)
            for word in FACTS
            if word in record.facts
        }
    )
    return cells


def _cell_table(cells: Mapping[str, tuple[str, str]]) -> str:
    rows = [(word, MARKS.get(value, value), clause) for word, (value, clause) in cells.items()]
    return _table(("term", "reading", "clause"), rows)


def _anchor(heading: str) -> str:
    """As GitHub makes one of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _tag(tag: str) -> tuple[str, str, str]:
    claim = parse_claim(tag)
    if claim.expression is not None:
        return f"`{tag}`", claim.status, f"`{claim.expression}`"
    more = f" and {len(claim.candidates) - FEW} more" if len(claim.candidates) > FEW else ""
    return f"`{tag}`", claim.status, ", ".join(f"`{one}`" for one in claim.candidates[:FEW]) + more or "-"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
