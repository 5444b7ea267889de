"""A session as JSON lines: the session, the entries of its log in their order, and the end."""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING, Any

from origin.export.facts import (
    FORMAT,
    FORMAT_VERSION,
    batch_facts,
    conflict_facts,
    ended_at,
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
    from collections.abc import Iterator
    from datetime import datetime

    from origin.query.report import SessionReport
    from origin.storage.reads import Reader, StoredSession


def export(reader: Reader, session: StoredSession, _now: datetime) -> Iterator[str]:
    """The lines, each with its line feed; `type` tells what a line is."""
    facts = report(reader, session)
    conflicts = [conflict_facts(session.begin.session_id, conflict) for conflict in facts.conflicts]
    head = {"format": FORMAT, "version": FORMAT_VERSION, **session_facts(facts), "uses": uses_facts(facts)}
    head["conflicts"] = conflicts
    yield line({"type": "session", **head}) + "\n"
    for fact in _entries(reader, facts):
        yield line(fact) + "\n"
    end = {
        "type": "end",
        "status": session.status,
        "ended_at": ended_at(session),
        "batches": facts.batches,
        "observations": facts.observations,
        "gaps": facts.gap_count,
        "root": facts.root,
    }
    yield line(end) + "\n"


def _entries(reader: Reader, facts: SessionReport) -> Iterator[dict[str, Any]]:
    row = facts.session.row
    sources = {use.sequence: use.source for use in facts.sources}
    return merge(
        ({"type": "source", **source_facts(use)} for use in facts.sources),
        ({"type": "gap", **gap_facts(sequence, gap)} for sequence, gap in reader.gaps(row)),
        ({"type": "used", **used_facts(sequence, used)} for sequence, used in reader.uses(row)),
        ({"type": "note", **note_facts(sequence, note)} for sequence, note in reader.notes(row)),
        ({"type": "items", **items_facts(stored)} for stored in reader.items(row)),
        ({"type": "batch", **batch_facts(stored, sources)} for stored in reader.batches(row)),
        key=lambda fact: int(fact["entry"]),
    )
