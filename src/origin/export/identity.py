"""What bills of materials and data set descriptions name the parts of a record by, and what they link to."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, uuid5

from origin.errors import LicenseExpressionError
from origin.export.stated import NOTICE, portable
from origin.licenses.expression import parse_expression
from origin.licenses.rule_set import RULE_SET
from origin.query.licensing import affected_text

if TYPE_CHECKING:
    from origin.licenses.expression import Expression
    from origin.query.licensing import Conflict
    from origin.query.report import Report, SourceUse
    from origin.query.scope import Scope

UNSEEN = "What did not pass through an instrumented loader is not in the record."

NAMESPACE = uuid5(NAMESPACE_OID, "origin-provenance")
"""Of the names that exports give to parts of a record. Never changed: the same record keeps its names."""

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?", re.ASCII)

# What a reader may follow. Anything else (`javascript:`, a path, a sentence) is told as text and never as a link.
_CHARACTER = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_HOST = r"(?:https?|ftps?|sftp|s3|gs|abfss?|az|hdfs|hf|oci|git|ssh)://[A-Za-z0-9._~-]+(?::[0-9]{1,5})?"
_LINK = re.compile(
    rf"(?:{_HOST}|file://(?=/))(?:/{_CHARACTER}*)*(?:\?(?:{_CHARACTER}|[/?])*)?(?:\#(?:{_CHARACTER}|[/?])*)?"
)


def session_uuid(report: Report) -> str:
    """Names a session or a run in the state that its root stands for."""
    kind = ["run"] if report.of.is_run else []
    return str(uuid5(NAMESPACE, json.dumps([*kind, report.of.id, report.root])))


def session_urn(report: Report) -> str:
    return f"urn:uuid:{session_uuid(report)}"


def invocation_uuid(about: Scope) -> str:
    """Names a session or a run, in whichever state it is."""
    return str(uuid5(NAMESPACE, json.dumps(["run", about.id]) if about.is_run else portable(about.id)))


def plain_name(about: Scope) -> str:
    """`session-ID` or `run-ID`, for names that may hold no other character; an id that has others is hashed."""
    if _PLAIN.fullmatch(about.id):
        return f"{about.kind}-{about.id}"
    return f"{about.kind}-{uuid5(NAMESPACE, portable(about.id)).hex}"


def source_name(use: SourceUse) -> str:
    """Names a declaration of a source within its session or its run."""
    return f"source-{use.sequence}-{use.source.digest().hex()[:16]}"


def link(text: str | None) -> str | None:
    """`text` if it is an absolute URI (RFC 3986) that a reader may follow, without a user or a password in it."""
    return text if text is not None and _LINK.fullmatch(text) else None


def expression(text: str | None) -> Expression | None:
    """`text` as the SPDX expression that it is; None for what only may mean one, or has an id that is on no list."""
    if text is None:
        return None
    try:
        found = parse_expression(text)
    except LicenseExpressionError:
        return None
    if found.unknown_ids or any(element.license.startswith("DocumentRef-") for element in found.elements):
        return None
    return found


def conflict_text(conflict: Conflict) -> str:
    """A conflict in words, with the rule, the authority and the remedy."""
    return (
        f"{conflict.severity}: {' and '.join(conflict.licenses)}, of {', '.join(conflict.sources)}. {conflict.reason}. "
        f"Rule {conflict.rule} of rule set {RULE_SET}, by {conflict.authority}. Remedy: {conflict.remedy}. "
        f"Affected: {affected_text(conflict)}. {NOTICE}"
    )


def written(value: Any) -> str:
    """A document as JSON: keys sorted, ASCII, an item a line."""
    return json.dumps(portable(value), indent=1, sort_keys=True) + "\n"
