"""A provenance card: one session for people to read. Its length does not depend on the number of batches."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from origin.cards.escape import escaped
from origin.core.record import COMPLETED, RUNNING
from origin.licenses.rule_set import RULE_SET
from origin.query.display import iso, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.query.report import SessionReport, SourceUse


_MEANING = (
    "What the training loop received, as Origin recorded it at run time. An observation is one sample that a data "
    "loader delivered to the loop; whether an optimizer step then used it is not recorded. Licences are claims as they "
    "were stated, no legal determination."
)


def card(report: SessionReport) -> str:
    """The card as Markdown. Every recorded string in it is escaped."""
    sections = (_title, _verdict, _identity, _sources, _conflicts, _gaps, _integrity)
    return "\n".join(line for section in sections for line in (*section(report), ""))


def _title(report: SessionReport) -> list[str]:
    begin = report.session.begin
    return [
        f"# Provenance card: session {escaped(begin.session_id)}",
        "",
        _MEANING,
    ]


def _verdict(report: SessionReport) -> list[str]:
    unlicensed = sum(use.observations for use in report.sources if use.source.license_id is None)
    delivered = f"{report.observations} observations of {report.samples} distinct samples"
    return [
        "## At a glance",
        "",
        "| | |",
        "|---|---|",
        f"| Status | {_status(report)} |",
        f"| Delivered to the loop | {delivered}, in {report.batches} batches ({report.size} bytes) |",
        f"| Without a fingerprint | {report.unfingerprintable} observations |",
        f"| Licence unknown | {unlicensed} observations{_share(unlicensed, report.observations)} |",
        f"| Licence conflicts | {len(report.conflicts) or 'none by the known rules'} |",
        f"| Gaps in the record | {report.gap_count or 'none'} |",
    ]


def _status(report: SessionReport) -> str:
    status = report.session.status
    if status == RUNNING:
        return "running: this card shows what was committed so far"
    if status != COMPLETED and report.session.end is None:
        return f"{status}: the process ended without closing the session; what it had committed is here"
    return escaped(status)


def _identity(report: SessionReport) -> list[str]:
    begin, end = report.session.begin, report.session.end
    facts = [
        ("Session", begin.session_id),
        ("Configuration", begin.config_hash),
        ("Run", begin.run_id),
        ("Rank", None if begin.rank is None else f"{begin.rank} of {begin.world_size or 'unknown'}"),
        ("Started", iso(begin.started_at)),
        ("Ended", "not ended" if end is None else iso(end.ended_at)),
        ("Recorded by", f"Origin {begin.origin_version}"),
        ("Fingerprints", "SHA-256" if begin.key_id is None else f"HMAC-SHA256 under the key {begin.key_id}"),
        ("Metadata", None if begin.metadata == "{}" else begin.metadata),
    ]
    return ["## Identity", "", "| | |", "|---|---|", *_facts(facts)]


def _facts(facts: Iterable[tuple[str, str | None]]) -> list[str]:
    return [f"| {name} | {escaped(value)} |" for name, value in facts if value is not None]


def _sources(report: SessionReport) -> list[str]:
    uses = sorted(report.sources, key=lambda use: (-use.observations, use.sequence))
    return [
        "## Sources",
        "",
        "| source | licence claimed | observations | share | distinct samples | revision | where |",
        "|---|---|---:|---:|---:|---|---|",
        *(_source(use, report.observations) for use in uses),
        "",
        "A source stands once for each declaration of it. Samples that came from several sources count in each.",
    ]


def _source(use: SourceUse, total: int) -> str:
    source = use.source
    license_id = "unknown" if source.license_id is None else escaped(source.license_id)
    share = f"{100 * use.observations / total:.2f} %" if total else "-"
    return (
        f"| {escaped(source.source_id)} | {license_id} | {use.observations} | {share} | {use.samples} | "
        f"{escaped(source.revision or '-')} | {escaped(source.uri or '-')} |"
    )


def _conflicts(report: SessionReport) -> list[str]:
    lines = ["## Licence conflicts", ""]
    if not report.conflicts:
        lines.append("None by the known rules. A licence that is unknown, or no SPDX id, is not covered by any rule.")
    else:
        lines += ["| licences | sources | severity | rule | reason | authority |", "|---|---|---|---|---|---|"]
        lines += [
            f"| {escaped(' and '.join(conflict.licenses))} | {escaped(', '.join(conflict.sources))} | "
            f"{conflict.severity} | {conflict.rule} | {escaped(conflict.reason)} | {escaped(conflict.authority)} |"
            for conflict in report.conflicts
        ]
    return [*lines, "", f"Rule set {RULE_SET}. A flag for human review, never legal advice."]


def _gaps(report: SessionReport) -> list[str]:
    lines = ["## Gaps", ""]
    if not report.gaps:
        ended = report.session.end is not None
        open_ended = "None so far. What is not committed when a process dies is lost without a gap."
        return [*lines, "None: all that was delivered through the hooks is in the record." if ended else open_ended]
    lines += ["What was delivered through the hooks and could not be recorded.", ""]
    lines += ["| reason | gaps | batches missed | observations missed |", "|---|---:|---:|---:|"]
    lines += [
        f"| {escaped(gap.reason)} | {gap.gaps} | {gap.batches} | "
        f"{'unknown' if gap.observations is None else gap.observations} |"
        for gap in report.gaps
    ]
    return lines


def _integrity(report: SessionReport) -> list[str]:
    session_id = visible(report.session.begin.session_id)
    command = shlex.join(["origin", "verify", session_id, "--root", report.root])
    return [
        "## Integrity",
        "",
        f"The record is a log of {report.session.size} entries under one Merkle root (RFC 9162):",
        "",
        f"    {report.root}",
        "",
        "Check the database against this root, from where it lies or with `--db FILE`:",
        "",
        f"    {command}",
        "",
        "Kept apart from the database, this root shows any change that was made to the session after this card.",
    ]


def _share(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.2f} %)" if whole else ""
