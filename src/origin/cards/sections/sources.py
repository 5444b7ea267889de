"""3. Sources by share: what was declared of each, what is concluded from it, and on what evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.document import (
    Code,
    Flow,
    Heading,
    Limits,
    Mark,
    Paragraph,
    Pictures,
    Section,
    Shares,
    Table,
    Words,
    counted,
    number,
    percent,
)
from origin.cards.subject import SETTLED, license_text
from origin.query.licensing import claimed_license

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from origin.cards.document import Block, Cell, Level
    from origin.cards.subject import Subject, Used

_MEANING = (
    "A source stands once for each declaration of it. Samples that came from several sources count in each. What was "
    "declared and what is concluded from all claims are kept apart; a claim is no fact."
)
_PARTS = 7
"""Parts of the chart besides the one for the others."""

_FLOW_SOURCES, _FLOW_LICENSES = 5, 4
"""With one for the others of each and the session: a dozen nodes."""


def section(subject: Subject, limits: Limits) -> Section:
    if not subject.used:
        nothing = Paragraph(Words("No sample was delivered."))
        return Section("sources", "3. Sources", (nothing, *_idle(subject, limits)))
    return Section(
        "sources",
        "3. Sources",
        (
            Paragraph(Words(_MEANING)),
            _flow(subject, limits),
            Pictures((_by_source(subject, limits), _by_license(subject, limits))),
            *_shares(subject, limits),
            Heading(Words("What was declared")),
            _declarations(subject, limits),
            Heading(Words("Evidence of the licences")),
            *_evidence(subject, limits),
            *_held_out(subject, limits),
            *_idle(subject, limits),
        ),
    )


def _by_source(subject: Subject, limits: Limits) -> Shares:
    amounts = [(one.source.source_id, one.use.observations) for one in subject.used]
    return Shares("sources-chart", "Observations by source", subject.report.observations, _largest(amounts, limits))


def _by_license(subject: Subject, limits: Limits) -> Shares:
    found = [share for share in subject.report.licenses if share.observations]
    amounts = [(license_text(share.expression, share.status), share.observations) for share in found]
    title = "Observations by concluded licence"
    return Shares("licences-chart", title, subject.report.observations, _largest(amounts, limits))


def _largest(amounts: Sequence[tuple[str, int]], limits: Limits) -> tuple[tuple[str, int], ...]:
    """The largest parts, and the sum of the others."""
    parts = [(limits.cut(name), amount) for name, amount in amounts[:_PARTS]]
    if rest := amounts[_PARTS:]:
        parts.append((_others(len(rest)), sum(amount for _, amount in rest)))
    return tuple(parts)


def _others(count: int) -> Words:
    return Words(counted(count, "other"))


def _flow(subject: Subject, limits: Limits) -> Flow:
    totals: dict[str, int] = {}
    for one in subject.used:
        totals[one.license_text] = totals.get(one.license_text, 0) + one.use.observations
    ranked = sorted(totals, key=lambda name: -totals[name])
    column = {name: min(place, _FLOW_LICENSES) for place, name in enumerate(ranked)}
    edges: dict[tuple[int, int], int] = {}
    for place, one in enumerate(subject.used):
        edge = min(place, _FLOW_SOURCES), column[one.license_text]
        edges[edge] = edges.get(edge, 0) + one.use.observations
    return Flow(
        _named([one.source.source_id for one in subject.used], _FLOW_SOURCES, limits),
        _named(ranked, _FLOW_LICENSES, limits),
        subject.report.of.kind,
        subject.report.of.id,
        tuple((source, license_, amount) for (source, license_), amount in sorted(edges.items())),
    )


def _named(names: Sequence[str], room: int, limits: Limits) -> tuple[str, ...]:
    named = [limits.cut(name) for name in names[:room]]
    return (*named, _others(len(names) - room)) if len(names) > room else tuple(named)


def _shares(subject: Subject, limits: Limits) -> Iterator[Block]:
    total = subject.report.observations
    shown, rest = subject.used[: limits.rows], subject.used[limits.rows :]
    rows: list[tuple[Cell, ...]] = [_row(one, subject, limits) for one in shown]
    if rest:
        seen = sum(one.use.observations for one in rest)
        rest_words = Words(f"{counted(len(rest), 'other')}, summed")
        rows.append(
            (Words(""), rest_words, Words(""), Words(""), Words(number(seen)), Words(percent(seen, total)), "-")
        )
    headers = ("no.", "source", "licence declared", "licence concluded", "observations", "share", "distinct samples")
    yield Table("Sources by share", headers, tuple(rows), frozenset({4, 5, 6}))
    if rest:
        yield Paragraph(
            Words(
                f"{counted(len(rest), 'source')} beyond the {len(shown)} largest "
                f"{'is' if len(rest) == 1 else 'are'} summed here and left out below; `origin export` names all."
            )
        )


def _row(one: Used, subject: Subject, limits: Limits) -> tuple[Cell, ...]:
    use = one.use
    return (
        Words(str(one.number)),
        limits.cut(one.source.source_id),
        limits.cut(claimed_license(one.source), "unknown"),
        _concluded(one, subject.level(one), limits),
        Words(number(use.observations)),
        Words(percent(use.observations, subject.report.observations)),
        Words(number(use.samples)),
    )


def _concluded(one: Used, level: Level, limits: Limits) -> Cell:
    if one.concluded.status in SETTLED and one.concluded.expression is not None:
        return limits.cut(one.concluded.expression)
    return Mark(one.license_text, level)


def _declarations(subject: Subject, limits: Limits) -> Table:
    rows = tuple(
        (
            Words(str(one.number)),
            limits.cut(one.source.revision, "unknown"),
            limits.cut(one.source.category, "unknown"),
            limits.cut(one.source.owner, "unknown"),
            limits.cut(one.source.uri, "unknown"),
            limits.cut(one.source.acquired_at, "unknown"),
            Code(one.source.digest().hex()),
        )
        for one in subject.used[: limits.rows]
    )
    headers = ("no.", "revision", "category", "owner", "where", "acquired", "SHA-256 of the declaration")
    return Table("Declarations of the sources", headers, rows)


def _evidence(subject: Subject, limits: Limits) -> Iterator[Block]:
    rows: list[tuple[Cell, ...]] = []
    more = 0
    for one in subject.used[: limits.rows]:
        claims = one.source.claims
        if not claims:
            rows.append((Words(str(one.number)), *_unclaimed(one, limits)))
        room = max(0, 2 * limits.rows - len(rows))
        more += max(0, len(claims) - room)
        rows += [
            (
                Words(str(one.number)),
                limits.cut(claim.text),
                limits.cut(claim.where),
                limits.cut(claim.read_at, "not recorded"),
            )
            for claim in claims[:room]
        ]
    yield Table("Claims by source", ("no.", "claim", "read from", "when"), tuple(rows))
    if more:
        yield Paragraph(Words(f"{counted(more, 'further claim')} left out; `origin export` holds all."))


def _unclaimed(one: Used, limits: Limits) -> tuple[Cell, ...]:
    if one.source.license_id is None:
        return Words("none"), Words("-"), Words("-")
    return limits.cut(one.source.license_id), Words("declared by the caller"), Words("not recorded")


def _held_out(subject: Subject, limits: Limits) -> Iterator[Block]:
    if names := sorted({one.source.source_id for one in subject.used if one.use.held_out}):
        yield Paragraph(
            (Words("Delivered for evaluation alone, so no training data: "), limits.listed(names), Words("."))
        )


def _idle(subject: Subject, limits: Limits) -> Iterator[Block]:
    if subject.idle:
        names = sorted({use.source.source_id for use in subject.idle})
        from_them = "it" if len(names) == 1 else "them"
        lead = f"Declared in the {subject.report.of.kind}, but nothing was delivered from {from_them}: "
        yield Paragraph((Words(lead), limits.listed(names), Words(".")))
