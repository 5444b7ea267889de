"""4. Licence findings: what the licences come to, what stands against them, and the credits that are due."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from origin.cards.document import (
    Code,
    Facts,
    Heading,
    Level,
    Limits,
    Mark,
    Matrix,
    Paragraph,
    Pictures,
    Section,
    Table,
    Words,
    counted,
    number,
    percent,
)
from origin.cards.subject import UNSETTLED, license_text
from origin.licenses.compatibility import compatible
from origin.licenses.rule_set import RULE_SET
from origin.licenses.verdict import RANK
from origin.query.licensing import DEFAULT_MODE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from origin.cards.document import Block, Cell
    from origin.cards.subject import Subject
    from origin.licenses.compatibility import Compatibility
    from origin.licenses.outcome import Reason
    from origin.query.licensing import Conflict
    from origin.query.notice import Credit
    from origin.query.report import LicenseShare

_NO_ADVICE = f"By rule set {RULE_SET}. A flag for human review, never legal advice."
_NO_CONFLICT = "No conflict by the known rules. A licence that is unknown, or no SPDX id, is covered by none of them."
_NONE_KNOWN = "No conflict among the licences that are known. What is not known may conflict with any."
_ALONE = f"For something published ({DEFAULT_MODE}) these stand in the way alone, whatever the other licences are."
_MEANINGS = {
    "unknown": "nothing is claimed, or nothing that names a licence",
    "ambiguous": "what is claimed may mean several licences",
    "disputed": "claims contradict each other",
    "no-license": "a claim says that no licence is granted",
}
_MATRIX = 8
"""Licences that are compared with each other."""

_FITS: dict[str, Mark] = {
    "compatible": Mark("yes", "clear"),
    "review": Mark("review", "review"),
    "incompatible": Mark("no", "blocker"),
}
_SEVERITIES: dict[str, Level] = {"blocker": "blocker", "review": "review"}
_VERDICTS: dict[str, Level] = {"denied": "blocker", "needs-review": "review", "allowed": "clear"}


def section(subject: Subject, limits: Limits) -> Section:
    blocks: tuple[Block, ...] = (
        *_licenses(subject, limits),
        Heading(Words("Conflicts")),
        *_conflicts(subject, limits),
        *_claims(subject, limits),
        *_compatibility(subject, limits),
        *_policy(subject, limits),
        *_credits(subject, limits),
        Paragraph(Words(_NO_ADVICE)),
    )
    return Section("licences", "4. Licences", blocks)


def _licenses(subject: Subject, limits: Limits) -> Iterator[Block]:
    report = subject.report
    found = [share for share in report.licenses if share.observations]
    if not found:
        return
    rows: list[tuple[Cell, ...]] = [
        (
            limits.cut(share.expression)
            if share.expression
            else Mark(license_text(share.expression, share.status), _level(subject, share)),
            Words(number(share.observations)),
            Words(percent(share.observations, report.observations)),
            limits.listed(share.sources, 4),
        )
        for share in found[: limits.rows]
    ]
    if rest := found[limits.rows :]:
        seen = sum(share.observations for share in rest)
        others = Words(f"{counted(len(rest), 'other')}, summed")
        rows.append((others, Words(number(seen)), Words(percent(seen, report.observations)), Words("")))
    headers = ("licence concluded", "observations", "share", "sources")
    yield Table("Licences by share", headers, tuple(rows), frozenset({1, 2}))
    statuses = {share.status for share in found}
    if meant := [f"{UNSETTLED[status]}: {meaning}" for status, meaning in _MEANINGS.items() if status in statuses]:
        yield Paragraph(Words(f"{'; '.join(meant)}.".capitalize()))


def _level(subject: Subject, share: LicenseShare) -> Level:
    key = share.expression, share.status
    return subject.level_of(one for one in subject.used if (one.concluded.expression, one.concluded.status) == key)


def _conflicts(subject: Subject, limits: Limits) -> Iterator[Block]:
    conflicts = sorted(subject.report.conflicts, key=lambda one: (one.severity, _touched(one)))
    alone = subject.alone
    if not conflicts:
        yield Paragraph(Words(_NONE_KNOWN if alone else _NO_CONFLICT))
    room = max(1, limits.rows // 4)
    for place, conflict in enumerate(conflicts[:room], 1):
        yield Facts(f"Conflict {place}", tuple(_conflict(place, conflict, limits)))
    if (rest := len(conflicts) - room) > 0:
        yield Paragraph(Words(f"{counted(rest, 'further conflict')} left out: `origin conflicts` lists all."))
    yield from _obstacles(alone, limits)


def _obstacles(alone: Sequence[Conflict], limits: Limits) -> Iterator[Block]:
    if not alone:
        return
    yield Paragraph(Words(_ALONE))
    rows = tuple(
        (
            Mark(one.severity, _SEVERITIES.get(one.severity, "review")),
            limits.listed(one.licenses, 4) if one.licenses else Words("none stated"),
            limits.listed(one.sources, 4),
            limits.cut(one.reason),
            limits.cut(one.remedy),
        )
        for one in alone[: limits.rows]
    )
    yield Table("In the way alone", ("severity", "licence", "sources", "reason", "remedy"), rows)
    if (rest := len(alone) - limits.rows) > 0:
        yield Paragraph(Words(f"{counted(rest, 'other')} left out: `origin conflicts` lists all."))


def _touched(conflict: Conflict) -> int:
    return -conflict.affected.observations if conflict.affected else 0


def _conflict(place: int, conflict: Conflict, limits: Limits) -> Iterator[tuple[str, Cell]]:
    wide = Limits(limits.rows, 5 * limits.text)
    mark = Mark(conflict.severity, _SEVERITIES.get(conflict.severity, "review"))
    yield f"Conflict {place}", (mark, Words(" for "), limits.listed(conflict.licenses, 4))
    yield "Sources", limits.listed(conflict.sources)
    yield "Affected", Words(_affected(conflict))
    yield "Rule", Code(limits.cut(conflict.rule))
    yield "Reason", wide.cut(conflict.reason)
    yield "Authority", wide.cut(conflict.authority)
    yield "Remedy", wide.cut(conflict.remedy)


def _affected(conflict: Conflict) -> str:
    touched = conflict.affected
    if touched is None:
        return "not counted"
    batches = counted(touched.batches, "batch", "batches")
    samples = f"{counted(touched.observations, 'observation')} of {counted(touched.samples, 'sample')} in {batches}"
    return f"{samples}, {number(touched.mixed)} of them with more than one of the licences"


def _claims(subject: Subject, limits: Limits) -> Iterator[Block]:
    """What a person should look at in the claims of a source."""
    found = [(one, finding) for one in subject.used for finding in one.concluded.findings]
    if not found:
        return
    yield Heading(Words("Claims to look at"))
    rows = tuple(
        (
            Words(str(one.number)),
            limits.cut(one.source.source_id),
            Words(finding.kind),
            limits.cut(finding.text),
            limits.listed([where for where in finding.where if where], 3) or Words("-"),
        )
        for one, finding in found[: limits.rows]
    )
    yield Table("Findings on claims", ("no.", "source", "finding", "what is said", "where"), rows)
    if (rest := len(found) - limits.rows) > 0:
        yield Paragraph(Words(f"{counted(rest, 'further finding')} on claims left out."))


def _compatibility(subject: Subject, limits: Limits) -> Iterator[Block]:
    concluded = [share.expression for share in subject.report.licenses if share.expression and share.observations]
    names = list(dict.fromkeys(concluded))
    if len(names) < 2:
        return
    yield Heading(Words("Which licence fits which"))
    compared = names[:_MATRIX]
    found = {
        (material, work): compatible(work, material, "adaptation") for material, work in product(compared, repeat=2)
    }
    lead = "Whether material under the licence on the left may go, adapted, into a work published under the one on top."
    if len(names) > _MATRIX:
        lead += f" The {_MATRIX} licences with the largest shares of {len(names)}."
    yield Paragraph(Words(lead))
    cells = tuple(tuple(_FITS[found[material, work].verdict] for work in compared) for material in compared)
    shown = tuple(limits.cut(name) for name in compared)
    yield Pictures((Matrix("matrix-chart", "Material (rows) into a work (columns)", shown, cells),))
    headers = ("material under", *shown)
    rows = tuple((name, *row) for name, row in zip(shown, cells, strict=True))
    yield Table("Which licence fits which", headers, rows, only="markdown")
    yield from _misfits(list(found.values()), limits)


def _misfits(found: Sequence[Compatibility], limits: Limits) -> Iterator[Block]:
    misfits = sorted((one for one in found if one.verdict != "compatible"), key=lambda one: -RANK[one.verdict])
    if not misfits:
        return
    room = max(2, limits.rows // 2)
    rows = tuple(
        (limits.cut(one.inbound), limits.cut(one.outbound), _FITS[one.verdict], *_reason(one, limits))
        for one in misfits[:room]
    )
    yield Table("Why a licence does not fit", ("material", "work", "fits", "reason", "authority"), rows)
    if (rest := len(misfits) - room) > 0:
        yield Paragraph(Words(f"{counted(rest, 'further pair')} left out."))


def _reason(one: Compatibility, limits: Limits) -> tuple[str, str]:
    wide = Limits(limits.rows, 2 * limits.text)
    return wide.cut(one.reasons[0].text), wide.cut(one.reasons[0].authority)


def _policy(subject: Subject, limits: Limits) -> Iterator[Block]:
    if subject.policy is None:
        return
    found = subject.policy.found
    yield Heading((Words("Policy "), limits.cut(subject.policy.policy)))
    yield Paragraph(
        (
            Words(f"The {subject.report.of.kind} is "),
            Mark(found.verdict, _VERDICTS[found.verdict]),
            Words(" by this policy."),
        )
    )
    reasons = [
        (one.source.source_id, reason)
        for one in found.sources
        for reason in one.evaluation.reasons
        if reason.severity in _SEVERITIES
    ]
    mixed = [] if found.mix is None else [one for one in found.mix.findings if one.severity in _SEVERITIES]
    rows: list[tuple[Cell, ...]] = [_of_policy(limits.cut(name), reason, limits) for name, reason in reasons]
    rows += [
        (
            Words("all together"),
            Mark(one.severity, _SEVERITIES[one.severity]),
            limits.listed(one.licenses, 4),
            limits.cut(one.text),
            limits.cut(one.authority),
        )
        for one in mixed
    ]
    if rows:
        headers = ("source", "severity", "licence", "reason", "authority")
        yield Table("What the policy asks for", headers, tuple(rows[: limits.rows]))
    if (rest := len(rows) - limits.rows) > 0:
        yield Paragraph(Words(f"{counted(rest, 'further reason')} left out: `origin check` lists all."))


def _of_policy(name: str, reason: Reason, limits: Limits) -> tuple[Cell, ...]:
    mark = Mark(reason.severity, _SEVERITIES[reason.severity])
    return name, mark, limits.cut(reason.license or None), limits.cut(reason.text), limits.cut(reason.authority)


def _credits(subject: Subject, limits: Limits) -> Iterator[Block]:
    """Who is to be named, and with which words, where a licence asks for it."""
    due = [credit for credit in subject.report.credits if _asks(credit)]
    if not due:
        return
    yield Heading(Words("Credits due"))
    rows = tuple(
        (
            limits.cut(credit.source.source_id),
            limits.cut(credit.source.owner, "author not recorded"),
            limits.cut(credit.source.uri),
            limits.cut(", ".join(one.id for one in credit.licenses)),
            limits.cut("; ".join(dict.fromkeys(duty.value for duty in credit.duties if duty.value)) or None),
        )
        for credit in due[: limits.rows]
    )
    yield Table("Credits due", ("source", "by", "from", "licence", "words that it asks for"), rows)
    more = len(due) - limits.rows
    left_out = f"{counted(more, 'further source')} left out. " if more > 0 else ""
    each = ", session by session" if subject.report.of.is_run else ""
    yield Paragraph(Words(f"{left_out}`origin notice` writes the text to be passed on{each}."))


def _asks(credit: Credit) -> bool:
    return any(duty.duty in {"attribution", "notice", "produced-work-notice", "badge"} for duty in credit.duties)
