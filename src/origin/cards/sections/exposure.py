"""5. Exposure: how often the loop got what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.document import Columns, Facts, Limits, Paragraph, Pictures, Section, Table, Words, counted, number
from origin.cards.subject import at_least
from origin.query.uses import NOTHING_DELIVERED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from origin.cards.document import Block, Cell
    from origin.cards.subject import Subject
    from origin.query.report import EpochUse, Report
    from origin.query.uses import Uses

_SUMMED = ("batches", "observations", "size")
_COLUMNS, _SERIES = 40, 4
"""What a chart has room for."""


def section(subject: Subject, limits: Limits) -> Section:
    return Section("exposure", "5. Exposure", tuple(_blocks(subject, limits)))


def _blocks(subject: Subject, limits: Limits) -> Iterator[Block]:
    report = subject.report
    known = report.observations - report.unfingerprintable
    yield Facts("How much was delivered how often", tuple(_facts(known, report.samples, subject)))
    if not report.epochs:
        return
    yield Pictures((_chart(report.epochs, limits),))
    yield _table(report, limits)
    yield Paragraph(
        Words(
            "Epochs are counted from 0 for each loader. How many distinct samples one epoch had is not in this card. "
            "What is neither trained on nor evaluated was delivered; what became of it is not known. Unknown in a "
            "column says that nobody looked."
        )
    )


def _facts(known: int, samples: int, subject: Subject) -> Iterator[tuple[str, Cell]]:
    report = subject.report
    yield "Observations", Words(at_least(report, number(report.observations)))
    yield "Distinct samples", Words(at_least(report, number(samples)))
    # A rank's padding is a repeat of what another rank got: between the ranks of a run it is none of the loop's.
    padding = report.padding if report.of.is_run else 0
    told = known - min(padding, known)
    yield "Repeats", Words(f"{number(max(0, told - samples))} observations of a sample that had been delivered before")
    if samples:
        yield "Mean exposure", Words(f"{told / samples:.2f} deliveries of each distinct sample")
    if report.padding:
        yield "Padding", Words(_padding(report))
    if report.fetched:
        yield (
            "Fetched ahead",
            Words(f"{counted(report.fetched, 'batch', 'batches')} that nobody received; in no other number here"),
        )
    if report.unfingerprintable:
        blind = counted(report.unfingerprintable, "observation")
        yield "Not compared", Words(f"{blind} without a fingerprint: whether they repeat is unknown")
    yield "Trained on", Words(_trained(report))
    yield "Evaluated", Words(_evaluated(report))
    yield "Bytes fingerprinted", Words(number(report.size))
    yield "Loaders", Words(number(len({one.loader for one in report.epochs})))


def _padding(report: Report) -> str:
    filled = f"{counted(report.padding, 'observation')} by which a sampler gave all ranks equally many"
    return f"{filled}; in neither of the two numbers above" if report.of.is_run else filled


def _table(report: Report, limits: Limits) -> Table:
    """By loader and epoch; of a run the loaders of one name together, with in how many sessions they are."""
    shown, rest = report.epochs[: limits.rows], report.epochs[limits.rows :]
    run = report.of.is_run
    rows: list[tuple[Cell, ...]] = [
        (
            limits.cut(one.loader),
            Words(str(one.epoch)),
            *([Words(number(one.sessions))] if run else []),
            *_cells(one.batches, one.observations, one.uses, one.size),
        )
        for one in shown
    ]
    if rest:
        batches, observations, size = (sum(getattr(one, name) for one in rest) for name in _SUMMED)
        uses = sum((one.uses for one in rest), NOTHING_DELIVERED)
        others = Words(f"{counted(len(rest), 'other')}, summed")
        blank = [Words("")] * (1 + run)
        rows.append((others, *blank, *_cells(batches, observations, uses, size)))
    sessions = ("sessions",) if run else ()
    headers = ("loader", "epoch", *sessions, "batches", "observations", "trained on", "evaluated", "bytes")
    return Table("Exposure by loader and epoch", headers, tuple(rows), frozenset(range(1, len(headers))))


def _cells(batches: int, observations: int, uses: Uses, size: int) -> tuple[Words, ...]:
    became = (_count(uses, uses.trained), _count(uses, uses.evaluated))
    return Words(number(batches)), Words(number(observations)), *map(Words, became), Words(number(size))


def _count(uses: Uses, count: int) -> str:
    """Where some were delivered while nobody looked, a count is the least that it can be, and none is no count."""
    known = uses.known(count)
    return "unknown" if known is None else f"at least {number(known)}" if uses.unseen else number(known)


def _trained(report: Report) -> str:
    if not report.steps_seen:
        return "unknown: no optimizer was seen"
    uses = report.uses
    trained = f"{_count(uses, uses.trained)} observations, by {counted(report.optimizer_steps, 'optimizer step')}"
    if uses.skipped:
        trained += f"; left out by a gradient scaler: {number(uses.skipped)}"
    if uses.unseen:
        trained += f"; {number(uses.unseen)} were delivered before optimizer steps were seen"
    return trained


def _evaluated(report: Report) -> str:
    uses = report.uses
    if uses.known(uses.evaluated) is None:
        return "unknown: nobody looked" if report.steps_seen else "unknown: no optimizer was seen"
    return f"{_count(uses, uses.evaluated)} observations"


def _chart(epochs: Sequence[EpochUse], limits: Limits) -> Columns:
    """Observations by epoch, in as many columns as there is room for, by loader."""
    totals: dict[str, int] = {}
    for one in epochs:
        totals[one.loader] = totals.get(one.loader, 0) + one.observations
    ranked = sorted(totals, key=lambda name: (-totals[name], name))
    place = {name: min(at, _SERIES) for at, name in enumerate(ranked)}
    numbers = sorted({one.epoch for one in epochs})
    width = -(-len(numbers) // _COLUMNS)
    groups = [numbers[at : at + width] for at in range(0, len(numbers), width)]
    column = {epoch: at for at, group in enumerate(groups) for epoch in group}
    series = [limits.cut(name) for name in ranked[:_SERIES]]
    if len(ranked) > _SERIES:
        series.append(Words(counted(len(ranked) - _SERIES, "other loader")))
    amounts = [[0] * len(series) for _ in groups]
    for one in epochs:
        amounts[column[one.epoch]][place[one.loader]] += one.observations
    labels = [str(group[0]) if len(group) == 1 else f"{group[0]}-{group[-1]}" for group in groups]
    return Columns(
        "exposure-chart",
        "Observations by epoch",
        tuple(series),
        tuple((label, tuple(amount)) for label, amount in zip(labels, amounts, strict=True)),
    )
