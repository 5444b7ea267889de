"""Reads the `jsonl` export back, a line at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from origin.export.read_back.json import HEAD
from origin.export.read_back.reading import (
    MOST_FLAWS,
    SOURCE_FACTS,
    Discrepancy,
    Loader,
    Reading,
    Stated,
    as_recorded,
    digest_flaws,
    facts_of,
    mapping,
    required,
)
from origin.export.read_back.records import Records

if TYPE_CHECKING:
    from pathlib import Path

_OTHERS = {"used": "used", "note": "notes", "items": "items"}
_END = ("status", "ended_at", "batches", "observations", "gaps", "root")


def facts(path: Path) -> Reading:
    lines = _Lines()
    with path.open("rb") as stream:
        for text in stream:
            lines.take(text)
    return lines.reading()


class _Lines:
    def __init__(self) -> None:
        self.loader = Loader()
        self.records = Records()
        self.ends: dict[str, list[dict[str, Any]]] = {"session": [], "end": []}
        self.sources: list[dict[str, Any]] = []
        self.flaws: list[Discrepancy] = []

    def take(self, text: bytes) -> None:
        line = mapping(self.loader.load(text))
        kind = line.get("type")
        if self.ends["end"]:
            self._flaw("lines", "after the end", None, kind)
        if kind == "batch":
            self.records.batch(line)
        elif kind == "gap":
            self.records.gap(line)
        elif kind == "source":
            self.sources.append(required(line, SOURCE_FACTS))
        elif isinstance(kind, str) and kind in _OTHERS:
            self.records.other(_OTHERS[kind], line)
        elif kind in ("session", "run", "end"):
            self.ends["end" if kind == "end" else "session"].append(line)
        else:
            self._flaw("type", "a line", "session, run, source, items, batch, used, note, gap or end", kind)

    def _flaw(self, field: str, place: str, expected: str | None, found: Any) -> None:
        if len(self.flaws) < MOST_FLAWS:
            self.flaws.append(Discrepancy(field, place, expected, found))

    def reading(self) -> Reading:
        for kind, found in self.ends.items():
            if len(found) != 1:
                self.flaws.append(Discrepancy(f"lines of type {kind}", "the file", 1, len(found)))
        head, end = ((self.ends[kind] or [{}])[0] for kind in ("session", "end"))
        conflicts = head.get("conflicts")
        count = len(conflicts) if isinstance(conflicts, list) else None
        said = {**required(head, ("type", *HEAD, *facts_of(head))), "conflicts": count, "conflicts_listed": conflicts}
        records = self.records
        flaws = [
            *self.loader.flaws,
            *self.flaws,
            *digest_flaws([head, end], "lines"),
            *digest_flaws(self.sources, "sources"),
            *records.flaws,
        ]
        listed = {**records.of_batches(), **records.of_observations(), **records.of_gaps(), **records.of_others()}
        stated = (
            Stated("the session's line", said, form=as_recorded),
            Stated("the sources' lines", {}, tuple(self.sources), form=as_recorded),
            records.stated("what it lists", listed),
            Stated("the end's line", required(end, _END), form=as_recorded),
        )
        return Reading("jsonl", stated, tuple(flaws))
