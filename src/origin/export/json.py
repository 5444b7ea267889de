"""A session or a run as one JSON object, written batch by batch: memory stays flat. Deterministic byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from origin.export.entries import Log, logs
from origin.export.facts import conflicts_facts, form, line, session_facts, source_facts, uses_facts
from origin.query.report import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession

_ENTRIES: dict[str, Callable[[Log], Iterator[dict[str, Any]]]] = {
    "gaps": Log.gaps,
    "used": Log.used,
    "notes": Log.notes,
    "items": Log.items,
    "batches": Log.batches,
}


def export(reader: Reader, session: StoredSession | Scope, _now: datetime) -> Iterator[str]:
    """The document in pieces. Its lists hold one item a line."""
    facts = report(reader, session)
    stated = {**_without_count(session_facts(facts)), "uses": uses_facts(facts)}
    yield line({**form(facts.of), **stated}).removesuffix("}")
    yield from _list("sources", (line(source_facts(use)) for use in facts.sources))
    yield from _list("conflicts", map(line, conflicts_facts(facts)))
    for name, entries in _ENTRIES.items():
        yield from _list(name, (line(fact) for log in logs(reader, facts) for fact in entries(log)))
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
