"""A session or a run as JSON lines: what it is, the entries of its log in their order, and the end.

The entries of a run are those of one session after the other.
"""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING, Any

from origin.export.entries import logs
from origin.export.facts import conflicts_facts, ended_at, form, line, session_facts, source_facts, uses_facts
from origin.query.report import report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from origin.export.entries import Log
    from origin.query.report import Report
    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession


def export(reader: Reader, session: StoredSession | Scope, _now: datetime) -> Iterator[str]:
    """The lines, each with its line feed; `type` tells what a line is."""
    facts = report(reader, session)
    head = {**form(facts.of), **session_facts(facts), "uses": uses_facts(facts), "conflicts": conflicts_facts(facts)}
    yield line({"type": facts.of.kind, **head}) + "\n"
    for fact in _entries(reader, facts):
        yield line(fact) + "\n"
    end = {
        "type": "end",
        "status": facts.of.status,
        "ended_at": ended_at(facts.of),
        "batches": facts.batches,
        "observations": facts.observations,
        "gaps": facts.gap_count,
        "root": facts.root,
    }
    yield line(end) + "\n"


def _entries(reader: Reader, facts: Report) -> Iterator[dict[str, Any]]:
    sources: Iterable[dict[str, Any]] = ({"type": "source", **source_facts(use)} for use in facts.sources)
    if facts.of.is_run:  # its sources are of no single log
        yield from sources
        sources = ()
    for log in logs(reader, facts):
        yield from _in_order(log, sources)


def _in_order(log: Log, sources: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return merge(
        sources,
        ({"type": "gap", **fact} for fact in log.gaps()),
        ({"type": "used", **fact} for fact in log.used()),
        ({"type": "note", **fact} for fact in log.notes()),
        ({"type": "items", **fact} for fact in log.items()),
        ({"type": "batch", **fact} for fact in log.batches()),
        key=lambda fact: int(fact["entry"]),
    )
