"""What attestations, lineage events and PROV documents state of a record, in strings that their readers can hold.

The keys are those of `origin.export.facts`. A licence that is not known is `NOASSERTION`, as in SPDX; metadata is the
JSON text that was recorded. Sources that delivered nothing are no inputs, and are left out.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from origin.errors import UnreadableDatabaseError
from origin.export.facts import conflicts_facts, declaration_facts, session_facts, uses_facts
from origin.licenses.rule_set import RULE_SET
from origin.query.display import iso
from origin.query.uses import uses_text
from origin.version import VERSION

if TYPE_CHECKING:
    from datetime import datetime

    from origin.core.record import Source
    from origin.query.report import Report, SourceUse
    from origin.query.uses import Uses

NAMESPACE = "urn:origin-provenance:"
"""What our identifiers and terms begin with."""

NOASSERTION = "NOASSERTION"
"""Stands for a licence that is not known, as in SPDX. It is not "none"."""

NOTICE = (
    "Licences are claims as they were stated; what is concluded of them is for human review, no legal advice. "
    "An observation is a sample that was delivered to the loop; what became of it is told beside it, as far as known."
)

DELIVERED = "Delivered to the training loop, as Origin recorded it at run time."
IDLE = "Declared for the session; nothing of it was delivered."

# UTF-8 has no lone surrogates, PostgreSQL no NUL, XML 1.0 none of these.
_NOT_PORTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def portable(value: Any) -> Any:
    """A JSON value whose strings UTF-8, XML 1.0 and PostgreSQL can hold: other characters are written as escapes."""
    if isinstance(value, str):
        return _NOT_PORTABLE.sub(_escape, value)
    if isinstance(value, dict):
        return {key: portable(item) for key, item in value.items()}
    return [portable(item) for item in value] if isinstance(value, list) else value


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def moment(microseconds: int | None) -> str | None:
    """A time of the record as RFC 3339; None for one that is not known, or that no calendar has."""
    text = "" if microseconds is None else iso(microseconds)
    return text if text.endswith("Z") else None


def needed_moment(microseconds: int, name: str) -> str:
    """The same, where a format cannot do without; raises UnreadableDatabaseError."""
    text = moment(microseconds)
    if text is None:
        raise UnreadableDatabaseError(f"{name} has a time that no calendar has ({microseconds}): run `origin verify`")
    return text


def clock_text(now: datetime) -> str:
    return now.isoformat(timespec="microseconds").replace("+00:00", "Z")


def inputs(report: Report) -> list[SourceUse]:
    """The declarations that samples came from, in the order of the log. The others are no training inputs."""
    return [use for use in report.sources if use.observations]


def trained_on(report: Report) -> list[SourceUse]:
    """The declarations of which the record shows that an optimizer step closed over some of their samples."""
    return [use for use in report.sources if use.uses.trained]


def held_out(report: Report) -> list[SourceUse]:
    """The declarations of which all that was delivered was for evaluation: they are no training data."""
    return [use for use in report.sources if use.held_out]


def training_inputs(report: Report) -> list[SourceUse]:
    """The others that samples came from: trained on, or not known to be anything but delivered."""
    return [use for use in inputs(report) if not use.held_out]


def delivered_text(uses: Uses, observations: int) -> str:
    """What is said of a source or a session in the prose of a format."""
    return f"{DELIVERED} {uses_text(uses, observations)}" if observations else IDLE


def root_text(report: Report) -> str:
    """What the root stands for, and the root."""
    logs = "run's logs" if report.of.is_run else "session's log"
    return f"Root of the {logs} of {report.of.size} entries (RFC 9162, SHA-256): {report.root}."


def log_statement(report: Report) -> dict[str, Any]:
    """What the record as a whole says: identity, totals, gaps, conflicts, root."""
    statement: dict[str, Any] = portable(
        {
            **session_facts(report),
            "uses": uses_facts(report),
            "metadata": report.of.metadata,
            "gaps": [asdict(gap) for gap in report.gaps],
            "conflicts": conflicts_facts(report),
            "rule_set": RULE_SET,
            "exported_by": f"Origin {VERSION}",
            "notice": NOTICE,
        }
    )
    return statement


def use_statement(use: SourceUse) -> dict[str, Any]:
    """A declaration, and what the session got from it."""
    counts = {"entry": use.sequence, "observations": use.observations, "samples": use.samples}
    return {**counts, "uses": use.uses.facts, **declaration_statement(use.source)}


def declaration_statement(source: Source) -> dict[str, Any]:
    """A declaration. `digest` names the declaration; it is no digest of the data."""
    facts = declaration_facts(source)
    licenses = {name: facts[name] or NOASSERTION for name in ("license", "license_concluded")}
    statement: dict[str, Any] = portable({**facts, **licenses, "metadata": source.metadata})
    return statement
