"""6. Gaps: what is unknown, what was not recorded and what was denied, kept apart as far as the record knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.document import Facts, Heading, Limits, Paragraph, Section, Table, Words, counted, number
from origin.query.compliance import recorded_signals
from origin.query.licensing import claimed_license

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.cards.document import Block, Cell
    from origin.cards.subject import Subject

_NONE = "None: all that was delivered through the hooks is in the record."
_NONE_OF_RUN = (
    "None in the sessions that are here. What is not committed when a process dies is lost without a gap, and of ranks "
    "that are missing nothing is known."
)
_NONE_SO_FAR = "None so far. What is not committed when a process dies is lost without a gap."
_DENIED = "What a source refuses, as far as somebody recorded it. An empty list does not say that nothing was refused."


def section(subject: Subject, limits: Limits) -> Section:
    return Section(
        "gaps",
        "6. Gaps",
        (
            Heading(Words("Unrecorded: delivered, but not in the record")),
            *_unrecorded(subject, limits),
            Heading(Words("Unknown: in the record, without a value")),
            Facts("What is unknown", tuple(_unknown(subject))),
            Heading(Words("Denied: refused by a source")),
            Paragraph(Words(_DENIED)),
            Facts("What is denied", tuple(_denied(subject, limits))),
        ),
    )


def _unrecorded(subject: Subject, limits: Limits) -> Iterator[Block]:
    report = subject.report
    if not report.gaps:
        yield Paragraph(Words(_NONE if report.of.closed else _NONE_OF_RUN if report.of.is_run else _NONE_SO_FAR))
        return
    shown, rest = report.gaps[: limits.rows], report.gaps[limits.rows :]
    rows: list[tuple[Cell, ...]] = [
        (limits.cut(gap.reason), *_counts(gap.gaps, gap.batches, gap.observations)) for gap in shown
    ]
    if rest:
        vague = any(gap.observations is None for gap in rest)
        missed = None if vague else sum(gap.observations or 0 for gap in rest)
        counts = _counts(sum(gap.gaps for gap in rest), sum(gap.batches for gap in rest), missed)
        rows.append((Words(f"{counted(len(rest), 'other reason')}, summed"), *counts))
    headers = ("reason", "gaps", "batches missed", "observations missed")
    yield Table("Gaps by reason", headers, tuple(rows), frozenset({1, 2, 3}))


def _counts(gaps: int, batches: int, observations: int | None) -> tuple[Words, Words, Words]:
    missed = "unknown" if observations is None else number(observations)
    return Words(number(gaps)), Words(number(batches)), Words(missed)


def _unknown(subject: Subject) -> Iterator[tuple[str, Cell]]:
    used = subject.used
    erased = subject.report.erased
    gone = f"; {counted(erased, 'observation')} had one that was erased" if erased else ""
    yield "Fingerprint", Words(counted(subject.report.unfingerprintable, "observation") + gone)
    for name, missing in (
        ("Licence claim", [one for one in used if claimed_license(one.source) is None]),
        ("Revision", [one for one in used if one.source.revision is None]),
        ("Owner", [one for one in used if one.source.owner is None]),
        ("Address", [one for one in used if one.source.uri is None]),
        ("Category", [one for one in used if one.source.category is None]),
        ("Time of acquisition", [one for one in used if one.source.acquired_at is None]),
    ):
        observations = sum(one.use.observations for one in missing)
        touched = f"{len(missing):,} of {counted(len(used), 'source')}, {counted(observations, 'observation')}"
        yield name, Words(touched if missing else f"known of {'all' if used else 'no'} sources")


def _denied(subject: Subject, limits: Limits) -> Iterator[tuple[str, Cell]]:
    refused = [one for one in subject.used if one.concluded.status == "no-license"]
    signalled = [one for one in subject.used if recorded_signals(one.source)]
    for name, found in (("Licence claimed to be refused", refused), ("Opt-out signals recorded", signalled)):
        names = [one.source.source_id for one in found]
        yield name, (Words(f"{counted(len(found), 'source')}: "), limits.listed(names)) if found else Words("none")
