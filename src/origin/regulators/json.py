"""A document as JSON. docs/regulators.md describes the keys; they are stable."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from origin.licenses.rule_set import RULE_SET
from origin.regulators.session_facts import NOTICE, query_command, session_facts
from origin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.regulators.answers import Answer
    from origin.regulators.evidence import Shown
    from origin.regulators.fill import Entry, Filled

FORMAT = "origin regulator document"
FORMAT_VERSION = 1


def rendered(filled: Filled) -> Iterator[str]:
    """The document in pieces: ASCII, so that a recorded string cannot disturb what shows it."""
    yield json.dumps(_document(filled), indent=1)
    yield "\n"


def _document(filled: Filled) -> dict[str, Any]:
    template, context = filled.template, filled.context
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "document": template.name,
        "title": template.title,
        "basis": template.basis,
        "made_at": context.now.isoformat(),
        "made_by": f"Origin {VERSION}",
        "rule_set": RULE_SET,
        "notice": NOTICE,
        "answers": None
        if filled.answers.name is None
        else {"file": filled.answers.name, "sha256": filled.answers.sha256},
        "sessions": [session_facts(one) for one in context.record.sessions],
        "not_whole": list(context.record.incomplete),
        "states": filled.counts(),
        "sections": [
            {
                "number": section.number,
                "title": section.title,
                "fields": [_field(filled, entry) for entry in entries],
            }
            for section, entries in filled.sections
        ],
        "annexes": _annexes(filled),
    }


def _field(filled: Filled, entry: Entry) -> dict[str, Any]:
    field = entry.field
    return {
        "key": f"{filled.template.table}.{field.key}",
        "number": field.number,
        "citation": filled.template.cited(field),
        "title": field.title,
        "question": field.question,
        "type": field.kind,
        "optional": field.optional,
        "state": entry.state,
        "value": _plain(entry.value),
        "added": _plain(entry.added),
        "confirmed": entry.confirmed,
        "not_applicable_because": [f"{filled.template.table}.{key}" for key in entry.not_applicable],
        "check": entry.check,
        "record": [_shown(filled, table) for table in entry.shown],
    }


def _plain(answer: Answer | None) -> Any:
    if isinstance(answer, date):
        return answer.isoformat()
    return list(answer) if isinstance(answer, tuple) else answer


def _shown(filled: Filled, table: Shown) -> dict[str, Any]:
    traces = [
        {
            "session_id": one.session.begin.session_id,
            "root": one.root,
            "command": query_command(one, table.query),
            "keys": list(table.keys),
        }
        for one in filled.context.record.sessions
    ]
    return {
        "what": table.what,
        "columns": list(table.headers),
        "rows": [list(row) for row in table.rows],
        "trace": traces if table.keys else [],
    }


def _annexes(filled: Filled) -> list[dict[str, Any]]:
    hosts = filled.context.hosts
    if hosts is None or not hosts.number:
        return []
    return [
        {"title": "hosts", "file": filled.context.annex, "media_type": "text/csv", "sha256": hosts.sha256}
        | {"hosts": hosts.number, "listed": hosts.listed}
    ]
