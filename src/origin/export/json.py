"""A session as one JSON object, written batch by batch: memory stays flat. Deterministic byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from origin.export.facts import (
    FORMAT,
    FORMAT_VERSION,
    batch_facts,
    conflict_facts,
    gap_facts,
    items_facts,
    line,
    note_facts,
    session_facts,
    source_facts,
    used_facts,
    uses_facts,
)
from origin.query.report import report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from origin.storage.reads import Reader, StoredSession


def export(reader: Reader, session: StoredSession, _now: datetime) -> Iterator[str]:
    """The document in pieces. Its lists hold one item a line."""
    facts = report(reader, session)
    sources = {use.sequence: use.source for use in facts.sources}
    stated = {**_without_count(session_facts(facts)), "uses": uses_facts(facts)}
    head = line({"format": FORMAT, "version": FORMAT_VERSION, **stated})
    yield head.removesuffix("}")
    yield from _list("sources", (line(source_facts(use)) for use in facts.sources))
    conflicts = (conflict_facts(session.begin.session_id, conflict) for conflict in facts.conflicts)
    yield from _list("conflicts", map(line, conflicts))
    yield from _list("gaps", (line(gap_facts(sequence, gap)) for sequence, gap in reader.gaps(session.row)))
    yield from _list("used", (line(used_facts(sequence, used)) for sequence, used in reader.uses(session.row)))
    yield from _list("notes", (line(note_facts(sequence, note)) for sequence, note in reader.notes(session.row)))
    yield from _list("items", (line(items_facts(stored)) for stored in reader.items(session.row)))
    yield from _list("batches", (line(batch_facts(stored, sources)) for stored in reader.batches(session.row)))
    yield "\n}\n"


def _without_count(facts: dict[str, Any]) -> dict[str, Any]:
    """`batches` is the list of them here: an object has no key twice."""
    return {key: value for key, value in facts.items() if key != "batches"}


def _list(name: str, items: Iterable[str]) -> Iterator[str]:
    yield f',\n"{name}":['
    separator = "\n"
    for item in items:
        yield separator + item
        separator = ",\n"
    yield "]"
