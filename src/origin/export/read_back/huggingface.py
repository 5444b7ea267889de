"""Reads a model card back: our key in its metadata, and our section. What else is in the card is its owner's."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from origin.cards.escape import escaped
from origin.export.read_back.reading import (
    LICENSES,
    Discrepancy,
    Reading,
    Stated,
    UnreadableExportError,
    digest_flaws,
    listed,
    mapping,
    picked,
)
from origin.export.stated import NOASSERTION
from origin.query.display import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KEY = "origin_provenance"
_FRONT_MATTER = re.compile(r"\s*---\n([\S\s]*?)\n---[ \t]*(?:\n|$)")
_SECTION = re.compile(r"(?m)^## Training data provenance$")
_NEXT = re.compile(r"(?m)^(?:## |<!-- origin:training-data-provenance:end)")
_NAMED = re.compile(r"(?P<indent> {2}(?:- | {2})?)(?P<name>[a-z_]+):(?: (?P<value>.+))?")
_ROOT = re.compile(
    r"(?m)^Root of the (?:session's log|run's logs) of (?P<entries>\d+) entries \(Merkle tree, RFC 9162\):\n\n"
    r"    (?P<root>\S+)$",
    re.ASCII,
)
_LEAD = re.compile(r"(?m)delivered to the loop\. ?(.*?) Licences are those of the data", re.ASCII)
_COMMAND = re.compile(r"(?m)^    (origin (?:verify|runs)\b.*)$")
_DELIVERED = re.compile(r"(?P<observations>\d+) observations of (?P<samples>\d+) distinct samples", re.ASCII)
_CONCLUDED = re.compile(r"(?P<concluded>.*) \((?P<status>[a-z-]+)\)")
_HEADINGS = {
    "Sources": "source | on the Hub | licence claimed | licence concluded | observations | share | distinct samples | "
    "trained on | evaluated | revision | where | SHA-256 of the declaration",
    "Licence conflicts": "licences | sources | severity | rule | authority | affected",
    "Gaps": "reason | gaps | batches missed | observations missed",
}
_OF_SESSION = ["session_id"]
_OF_RUN = ["run_id", "session_count", "incomplete"]
_IN_METADATA = [
    "status",
    "root",
    "entries",
    "config_hash",
    "recorded",
    "batches",
    "observations",
    "samples",
    "unfingerprintable",
    "bytes",
    "uses",
    "gaps",
    "gap_observations",
    "conflicts",
    "rule_set",
    "recorded_by",
    "data_licenses",
]


def facts(text: str) -> Reading:
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    head = _FRONT_MATTER.match(text)
    front = _metadata(head[1]) if head else {}
    ours = mapping(front.get(_KEY))
    starts = list(_SECTION.finditer(text))
    flaws = [] if len(starts) == 1 else [Discrepancy("section", "the card", 1, len(starts))]
    section = text[starts[0].end() :] if starts else ""
    after = _NEXT.search(section)
    section = section[: after.start()] if after else section
    datasets = listed(front.get("datasets"))
    names = [*(_OF_SESSION if "session_id" in ours else _OF_RUN), *_IN_METADATA]
    said = {**picked(ours, names), "inputs": ours.get("sources"), "hub_ids": datasets}
    stated = (
        Stated(_KEY, said, form=_shown(datasets)),
        Stated("the section", _session(section), form=_escaped),
        Stated("what is said of it", {"uses_text": lead[1] if (lead := _LEAD.search(section)) else None}),
        Stated("the commands", {"commands": _COMMAND.findall(section)}),
        Stated("the table of sources", {}, tuple(_sources(section)), "digest", inputs_only=True, form=_escaped),
        Stated("the table of conflicts", {"conflict_rows": _table(section, "Licence conflicts")}, form=_rows),
        Stated("the table of gaps", {"gap_rows": _table(section, "Gaps")}, form=_rows),
    )
    flaws += _headings(section)
    flaws += [
        Discrepancy("datasets", "the metadata", one, None)
        for one in listed(ours.get("datasets_added"))
        if one not in datasets
    ]
    return Reading("huggingface", stated, (*flaws, *digest_flaws(ours, _KEY)))


def _shown(datasets: list[Any]) -> Callable[[str, Any], Any]:
    """What nobody could see is written as an escape. The owner may list other data sets beside ours."""

    def form(name: str, value: Any) -> Any:
        if name == "hub_ids":
            return datasets if all(one in datasets for one in value) else value
        if isinstance(value, list):
            return [{key: form(key, item) for key, item in one.items()} for one in value]
        return visible(value) if isinstance(value, str) else value

    return form


def _escaped(name: str, value: Any) -> Any:
    if name == "hub":
        return f"[{escaped(value)}](https://huggingface.co/datasets/{value})" if value else "-"
    if name in ("revision", "uri"):
        return escaped(value) if value else "-"
    if name in ("sessions_row", "ranks_row"):
        return value
    if value is None and name in LICENSES:
        return NOASSERTION
    return escaped(value) if isinstance(value, str) else value


def _rows(_name: str, value: list[list[str]]) -> list[list[str]]:
    """Cells hold recorded text, but for what was computed: numbers, and how much is affected."""
    return [[cell if cell[:1].isdigit() else escaped(cell) for cell in row] for row in value]


def _metadata(block: str) -> dict[str, Any]:
    """As we wrote it, without a library for YAML; where somebody wrote it anew, with one."""
    try:
        return _as_written(block)
    except ValueError:
        pass
    try:
        from origin.export.read_back import card_yaml  # noqa: PLC0415 - needed for such cards alone
    except ImportError as error:
        raise UnreadableExportError(
            "is a card whose metadata was rewritten: to read it, pip install 'origin-provenance[huggingface]'"
        ) from error
    return card_yaml.metadata(block)


def _as_written(block: str) -> dict[str, Any]:
    """`datasets` and our key, where each value is JSON. Raises ValueError for anything else."""
    lines = block.split("\n")
    return {"datasets": _list(lines, "datasets:"), _KEY: _mapping(_below(lines, f"{_KEY}:", " "))}


def _below(lines: list[str], key: str, *indents: str) -> list[str]:
    if lines.count(key) != 1:
        raise ValueError(key)
    found = lines[lines.index(key) + 1 :]
    end = next((number for number, line in enumerate(found) if not line.startswith(indents)), len(found))
    return found[:end]


def _list(lines: list[str], key: str) -> list[Any]:
    if not any(line.startswith(key) for line in lines):
        return []
    # Whatever belongs to the key but is not as we write it (indented, with a comment) makes this no list of ours.
    return [json.loads(line.removeprefix("- ")) for line in _below(lines, key, "-", " ", "#", "\t")]


def _mapping(lines: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    items: list[Any] = []
    for line in lines:
        entry = _NAMED.fullmatch(line)
        if entry is None:
            items.append(json.loads(line.removeprefix("  - ")))
        elif len(entry["indent"]) == 2:
            if entry["name"] in found:
                raise ValueError(line)
            items = []
            found[entry["name"]] = items if entry["value"] is None else json.loads(entry["value"])
        else:
            if "-" in entry["indent"]:
                items.append({})
            items[-1][entry["name"]] = json.loads(entry["value"] or "")
    return found


def _session(section: str) -> dict[str, Any]:
    rows = {cells[0]: cells[1] for cells in _cells(section.partition("\n### ")[0]) if len(cells) == 2}
    delivered = _DELIVERED.fullmatch(rows.get("Delivered to the loop", ""))
    root = _ROOT.search(section)
    return {
        **_named(rows),
        "status": rows.get("Status", "").partition(": ")[0],
        "config_text": rows.get("Configuration"),
        "observations": _number(delivered["observations"] if delivered else None),
        "samples": _number(delivered["samples"] if delivered else None),
        "batches": _number(rows.get("Batches")),
        "bytes": _number(rows.get("Bytes fingerprinted")),
        "unfingerprintable": _number(rows.get("Without a fingerprint", "").removesuffix(" observations")),
        "trained": _number(rows.get("Trained on", "").removesuffix(" observations")),
        "evaluated": _number(rows.get("Evaluated", "").removesuffix(" observations")),
        "conflicts": _number(rows.get("Licence conflicts"), "none by the known rules"),
        "gaps": _number(rows.get("Gaps in the record"), "none"),
        "recorded_by": rows.get("Recorded by"),
        "entries": _number(root["entries"] if root else None),
        "root": root["root"] if root else None,
    }


def _named(rows: dict[str, str]) -> dict[str, Any]:
    if "Run" in rows:
        return {"run_id": rows["Run"], "sessions_row": rows.get("Sessions"), "ranks_row": rows.get("Ranks")}
    return {"session_id": rows.get("Session")}


def _number(text: str | None, none: str | None = None) -> Any:
    if text is None:
        return None
    if text == none:
        return 0
    if text == "unknown":
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else text


def _cells(text: str) -> list[list[str]]:
    """Rows of tables. A `|` that was recorded has a backslash before it, never a space."""
    lines = [line for line in text.split("\n") if line.startswith("| ") and line.endswith(" |")]
    return [line[2:-2].split(" | ") for line in lines]


def _table(section: str, title: str) -> list[list[str]]:
    return _cells(section.partition(f"\n### {title}\n")[2].partition("\n### ")[0])[1:]


def _headings(section: str) -> Iterator[Discrepancy]:
    """Numbers under the heading of another column would say something else."""
    for title, names in _HEADINGS.items():
        found = _cells(section.partition(f"\n### {title}\n")[2].partition("\n### ")[0])[:1]
        if found and found[0] != names.split(" | "):
            yield Discrepancy("headings", title, names, " | ".join(found[0]))


def _sources(section: str) -> Iterator[dict[str, Any]]:
    for cells in _table(section, "Sources"):
        name, hub, license_id, concluded, observations, share, samples, trained, evaluated, revision, uri, digest = (
            *cells,
            *[""] * 12,
        )[:12]
        found = _CONCLUDED.fullmatch(concluded)
        yield {
            "digest": digest,
            "source_id": name,
            "hub": hub,
            "license": license_id,
            "license_concluded": found["concluded"] if found else concluded,
            "license_status": found["status"] if found else None,
            "observations": _number(observations),
            "share": share,
            "samples": _number(samples),
            "trained": _number(trained),
            "evaluated": _number(evaluated),
            "revision": revision,
            "uri": uri,
        }
