"""What a record comes to in a few numbers: for formats that have room for no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from origin.export.facts import RECORDED, uses_facts
from origin.export.stated import NOASSERTION, inputs
from origin.licenses.rule_set import RULE_SET
from origin.query.run import incomplete
from origin.version import VERSION

if TYPE_CHECKING:
    from origin.query.report import Report
    from origin.query.scope import Scope

REVIEW = "Licence verdicts are flags for human review, never legal advice."


def summary(report: Report) -> dict[str, Any]:
    """Names the session or the run and its root, and counts what is in it.

    `gap_observations` is None where gaps do not know; of a run, `incomplete` is None where each rank is there once.
    """
    about = report.of
    return {
        about.key: about.id,
        **(_of_run(about) if about.is_run else {}),
        "status": about.status,
        "root": report.root,
        "entries": about.size,
        "config_hash": about.config_hash,
        "recorded": RECORDED,
        "batches": report.batches,
        "observations": report.observations,
        "samples": report.samples,
        "unfingerprintable": report.unfingerprintable,
        "bytes": report.size,
        "uses": uses_facts(report),
        "sources": len(inputs(report)),
        "gaps": report.gap_count,
        "gap_observations": report.missed,
        "conflicts": len(report.conflicts),
        "rule_set": RULE_SET,
        "recorded_by": f"Origin {about.origin_version}",
        "exported_by": f"Origin {VERSION}",
        "review": REVIEW,
    }


def _of_run(about: Scope) -> dict[str, Any]:
    return {"session_count": len(about.sessions), "incomplete": "; ".join(incomplete(about.ranks)) or None}


def data_licenses(report: Report) -> list[dict[str, Any]]:
    """What came under each concluded licence, the largest share first. Says nothing of the model's licence."""
    return [
        {"license": share.expression or NOASSERTION, "status": share.status, "observations": share.observations}
        for share in report.licenses
        if share.observations
    ]
