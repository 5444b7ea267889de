"""The sessions of a document, with what it takes to check them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from origin.export.facts import RECORDED, ended_at
from origin.licenses.rule_set import RULE_SET
from origin.query.display import iso, visible
from origin.version import VERSION

if TYPE_CHECKING:
    from origin.query.report import Report
    from origin.regulators.evidence import Query

NOTICE = (
    "A draft for a person to complete and answer for; it is not legal advice. What is from the record holds for the "
    f"sessions named here: {RECORDED}. Nothing follows from what the record does not hold. Licence conclusions are for "
    f"human review (rule set {RULE_SET}, Origin {VERSION})."
)


def query_command(report: Report, query: Query = "inspect") -> str:
    """What shows the facts of a session again, as JSON."""
    options = {"inspect": "--json", "export": "--format json"}
    return f"origin {query} {_argument(report)} {options[query]}"


def verify_command(report: Report) -> str:
    return f"origin verify {_argument(report)} --root {report.root}"


def _argument(report: Report) -> str:
    return shlex.quote(visible(report.session.begin.session_id))


def session_facts(report: Report) -> dict[str, Any]:
    begin = report.session.begin
    return {
        "session_id": begin.session_id,
        "status": report.session.status,
        "started_at": iso(begin.started_at),
        "ended_at": ended_at(report.of),
        "root": report.root,
        "entries": report.session.size,
        "batches": report.batches,
        "observations": report.observations,
        "gaps": report.gap_count,
        "recorded_by": f"Origin {begin.origin_version}",
        "inspect": query_command(report),
        "export": query_command(report, "export"),
        "verify": verify_command(report),
    }
