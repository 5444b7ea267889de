"""1. The verdict: what a reader must know before anything else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from origin.cards.document import (
    LEVELS,
    Facts,
    Figures,
    Level,
    Limits,
    Mark,
    Section,
    Verdict,
    Words,
    counted,
    in_words,
    number,
    percent,
)
from origin.cards.subject import SETTLED, UNSETTLED, at_least
from origin.core.record import COMPLETED, FAILED, INTERRUPTED, RUNNING
from origin.query.compliance import recorded_signals
from origin.query.run import incomplete
from origin.query.scope import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.cards.document import Cell
    from origin.cards.subject import Subject
    from origin.query.report import Report

_HEADLINES: dict[Level, str] = {
    "blocker": "Needs a decision before anything made with this data is passed on",
    "review": "Points to be reviewed by a person",
    "clear": "No open point by the known rules",
}
_LICENSES = {
    "no-license": "a claim says that no licence is granted",
    "disputed": "claims of the licence contradict each other",
    "ambiguous": "the licence claimed may mean several",
    "unknown": "licence unknown",
}
_ALONE = "the licence alone stands in the way of something published"
_POLICY_LEVELS: dict[str, Level] = {"denied": "blocker", "needs-review": "review", "allowed": "clear"}
_RUN_STATUSES = {
    RUNNING: "running: this card shows what was committed so far",
    FAILED: "failed: a session ended as failed",
    INTERRUPTED: "interrupted: a session was interrupted, or its process ended without closing it",
    UNKNOWN: "unknown: all sessions that are here completed, and the run is not whole in this database",
}
_NOT_SIGNED = "not signed: the record bears no signature of anybody, see 7 for what its root can show"


def section(subject: Subject, limits: Limits) -> Section:
    points = tuple(sorted(_points(subject, limits), key=lambda point: LEVELS.index(point[0])))
    level = points[0][0] if points else "clear"
    box = Verdict(level, _HEADLINES[level], points)
    figures = Figures(
        (
            ("observations", at_least(subject.report, number(subject.report.observations))),
            ("distinct samples", at_least(subject.report, number(subject.report.samples))),
            ("batches", number(subject.report.batches)),
            ("sources used", number(len(subject.used))),
            ("licence conflicts", number(len(subject.report.conflicts))),
            ("gaps", number(subject.report.gap_count)),
        )
    )
    return Section(
        "verdict",
        "1. Verdict",
        (box, figures, Facts(f"The {subject.report.of.kind} at a glance", tuple(_facts(subject, limits)))),
    )


def _points(subject: Subject, limits: Limits) -> Iterator[tuple[Level, Cell]]:
    report = subject.report
    severities = Counter(conflict.severity for conflict in report.conflicts)
    if severities["blocker"]:
        yield (
            "blocker",
            Words(f"{counted(severities['blocker'], 'licence conflict')}: no licence is left that all would allow"),
        )
    if severities["review"]:
        yield (
            "review",
            Words(f"{counted(severities['review'], 'possible licence conflict')} on which no authority is settled"),
        )
    yield from _licenses(subject)
    if signalled := [one for one in subject.used if recorded_signals(one.source)]:
        touched = sum(one.use.observations for one in signalled)
        yield (
            "review",
            Words(
                f"opt-out signals recorded for {counted(len(signalled), 'source')}: {counted(touched, 'observation')}"
            ),
        )
    if subject.policy is not None and subject.policy.found.verdict != "allowed":
        verdict = subject.policy.found.verdict
        yield _POLICY_LEVELS[verdict], (Words(f"{verdict} by policy "), limits.cut(subject.policy.policy))
    if report.gaps:
        yield "review", Words(f"gaps in the record: {_gaps(subject)}")
    if report.unfingerprintable:
        yield "review", Words(f"without a fingerprint: {counted(report.unfingerprintable, 'observation')}")
    if not report.observations:
        yield "review", Words("no observation is in the record: it tells of no data")
    yield from _whole(subject, limits)


def _licenses(subject: Subject) -> Iterator[tuple[Level, Cell]]:
    """What stands against the licence of single sources, as severe as section 4 and `origin conflicts` have it."""
    total = subject.report.observations
    groups = [(what, [one for one in subject.used if one.concluded.status == name]) for name, what in _LICENSES.items()]
    settled = [one for one in subject.used if one.concluded.status in SETTLED and subject.level(one) != "clear"]
    for what, found in (*groups, (_ALONE, settled)):
        for level in LEVELS[:2]:
            touched = sum(one.use.observations for one in found if subject.level(one) == level)
            if touched:
                yield level, Words(f"{what}: {counted(touched, 'observation')} ({percent(touched, total)})")


def _whole(subject: Subject, limits: Limits) -> Iterator[tuple[Level, Cell]]:
    """What of the session, and of the run that it is a part of, is not there."""
    report = subject.report
    if report.of.is_run:
        yield from _sessions(report, limits)
    elif report.session.end is None:
        yield "review", Words("the session was not closed, so the record may lack what came last")
    elif report.session.status != COMPLETED:
        yield "review", (Words("the session did not complete: it ended as "), report.session.status)
    ranks = report.ranks
    if ranks is None or ranks.complete:
        return
    if not report.of.is_run and report.session.begin.run_id is None:
        yield "review", Words("the session states a rank and names no run: what the other ranks got is not told here")
    else:
        yield "review", Words(f"the run is not whole in this database: {'; '.join(incomplete(ranks))}")


def _sessions(report: Report, limits: Limits) -> Iterator[tuple[Level, Cell]]:
    """Which sessions of a run were not closed, and which did not complete."""
    cut_off = [one for one in report.of.sessions if one.end is None]
    failed = [one for one in report.of.sessions if one.end is not None and one.status != COMPLETED]
    for found, what in (
        (cut_off, "not closed, so the record may lack what came last"),
        (failed, "closed without having completed"),
    ):
        if found:
            ranks = ["unknown" if one.begin.rank is None else str(one.begin.rank) for one in found]
            yield "review", Words(f"{counted(len(found), 'session')} {what}: rank {limits.listed(ranks)}")


def _facts(subject: Subject, limits: Limits) -> Iterator[tuple[str, Cell]]:
    report = subject.report
    yield "Status", _status(subject)
    yield (
        "Delivered to the loop",
        Words(
            f"{at_least(report, counted(report.observations, 'observation'))} of "
            f"{counted(report.samples, 'distinct sample')}, in {counted(report.batches, 'batch', 'batches')} "
            f"({counted(report.size, 'byte')})"
        ),
    )
    yield "Licence conflicts", _conflicts(subject)
    for name, statuses in (
        ("Licence unknown", ("unknown",)),
        ("Licence ambiguous, disputed or not granted", set(UNSETTLED) - {"unknown"}),
    ):
        touched = subject.observations(statuses)
        yield name, Words(f"{counted(touched, 'observation')} ({percent(touched, report.observations)})")
    concluded = subject.observations(SETTLED)
    yield (
        "Licence concluded",
        Words(f"{counted(concluded, 'observation')} ({percent(concluded, report.observations)})"),
    )
    yield "Without a source", Words("none: each observation in the record names its source")
    yield "Without a fingerprint", Words(counted(report.unfingerprintable, "observation"))
    yield "Gaps in the record", Words(_gaps(subject) if report.gaps else "none")
    if subject.policy is not None:
        verdict = subject.policy.found.verdict
        yield (
            "Policy",
            (Mark(verdict, _POLICY_LEVELS[verdict]), Words(" by policy "), limits.cut(subject.policy.policy)),
        )
    yield "Signature", Words(_NOT_SIGNED)


def _status(subject: Subject) -> Cell:
    about = subject.report.of
    if about.is_run:
        return Words(_RUN_STATUSES.get(about.status, about.status))
    session = subject.report.session
    if session.status == RUNNING:
        return Words("running: this card shows what was committed so far")
    if session.status != COMPLETED and session.end is None:
        return session.status, Words(": the process ended without closing the session; what it had committed is here")
    return session.status


def _conflicts(subject: Subject) -> Cell:
    severities = Counter(conflict.severity for conflict in subject.report.conflicts)
    if not severities:
        return Words("none by the known rules")
    names = {"blocker": counted(severities["blocker"], "blocker"), "review": f"{severities['review']} for review"}
    return Words(in_words(names[severity] for severity in names if severities[severity]))


def _gaps(subject: Subject) -> str:
    gaps = subject.report.gaps
    batches = sum(gap.batches for gap in gaps)
    known = sum(gap.observations or 0 for gap in gaps)
    observations = counted(known, "observation")
    if any(gap.observations is None for gap in gaps):
        observations = f"at least {observations}" if known else "an unknown number of observations"
    missed = f"{counted(batches, 'batch', 'batches')} and {observations}"
    return f"{counted(subject.report.gap_count, 'gap')}, missing {missed}"
