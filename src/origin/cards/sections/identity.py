"""2. Identity: which session or run this is, and what recorded it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.document import (
    Code,
    Facts,
    Heading,
    Limits,
    Paragraph,
    Section,
    Table,
    Words,
    counted,
    number,
)
from origin.licenses.rule_set import RULE_SET
from origin.query.display import iso
from origin.query.run import incomplete
from origin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.cards.document import Block, Cell
    from origin.cards.subject import Subject
    from origin.query.report import Report
    from origin.query.scope import Scope

_DIFFERS = "differs between the sessions"


def section(subject: Subject, limits: Limits) -> Section:
    report = subject.report
    facts = Facts(f"The {report.of.kind}", tuple(_facts(report, limits)))
    return Section("identity", "2. Identity", (facts, *(_sessions(report, limits) if report.of.is_run else ())))


def _world(size: int | None) -> str:
    return "an unknown number of ranks" if size is None else counted(size, "rank")


def _facts(report: Report, limits: Limits) -> Iterator[tuple[str, Cell]]:
    about = report.of
    wide = Limits(limits.rows, 4 * limits.text)
    yield from _of_run(report, wide) if about.is_run else _of_session(report, wide)
    yield "Started", Words(iso(about.started_at))
    yield "Ended", Words(_ended(about))
    yield "Recorded by", (Words("Origin "), limits.cut(about.origin_version))
    yield (
        "Fingerprints",
        Words("SHA-256")
        if about.key_id is None
        else (Words("HMAC-SHA256 under the key "), Code(wide.cut(about.key_id))),
    )
    yield "Root of the run" if about.is_run else "Root of the log", Code(report.root)
    yield from _models(report, limits)
    if about.metadata != "{}":
        yield "Metadata", wide.cut(about.metadata, _DIFFERS)
    yield "Card made by", Words(f"Origin {VERSION}, rule set {RULE_SET}")


def _models(report: Report, limits: Limits) -> Iterator[tuple[str, Cell]]:
    if not report.models:
        yield "Model", Words("not recorded: none was bound to it")
    for model in report.models[: limits.rows]:
        place = model.sequence
        after = "after its end" if place is None else f"after {counted(place, 'entry', 'entries')} of its log"
        of = f" of session {model.session_id}" if report.of.is_run else ""
        yield "Model", (limits.cut(model.name), Words(f", bound {after}{of}: SHA-256 "), Code(model.sha256))
    if (rest := len(report.models) - limits.rows) > 0:
        yield "Model", Words(f"{counted(rest, 'further one')} left out: `origin inspect` names all")


def _ended(about: Scope) -> str:
    if about.ended_at is not None:
        return iso(about.ended_at)
    if any(session.end is None for session in about.sessions):
        return "not ended"
    return "unknown: not every rank is there once"


def _of_session(report: Report, wide: Limits) -> Iterator[tuple[str, Cell]]:
    begin = report.session.begin
    yield "Session", Code(begin.session_id)
    yield "Configuration", Code(wide.cut(begin.config_hash))
    if begin.run_id is not None:
        yield "Run", Code(wide.cut(begin.run_id))
    if begin.rank is not None:
        yield "Rank", Words(f"{begin.rank}, of {_world(begin.world_size)}; this card is of this rank alone")
        if report.ranks is not None and begin.run_id is not None:
            yield "Run in this database", Words("; ".join(incomplete(report.ranks)) or "every rank is there")


def _of_run(report: Report, wide: Limits) -> Iterator[tuple[str, Cell]]:
    about = report.of
    yield "Run", Code(wide.cut(about.id))
    config = about.config_hash
    yield "Configuration", Words(_DIFFERS) if config is None else Code(wide.cut(config))
    only = ": the run is this one session" if len(about.sessions) == 1 else ""
    yield "Sessions", Words(f"{len(about.sessions)}{only}")
    yield "Ranks", Words("; ".join(incomplete(about.ranks)) or "each rank is there once")


def _sessions(report: Report, limits: Limits) -> Iterator[Block]:
    """The leaves under the root of the run, in their order."""
    yield Heading(Words("Sessions of the run, by rank"))
    rows = tuple(
        (
            Words("unknown" if one.session.begin.rank is None else str(one.session.begin.rank)),
            Code(one.session.begin.session_id),
            limits.cut(one.session.status),
            Words(number(one.epochs)),
            Words(number(one.batches)),
            Words(number(one.observations)),
            Words(number(one.gaps)),
            Words(number(one.session.size)),
            Code(one.session.root().hex()),
        )
        for one in report.parts[: limits.rows]
    )
    headers = ("rank", "session", "status", "epochs", "batches", "observations", "gaps", "entries", "root of the log")
    yield Table("Sessions of the run", headers, rows, frozenset(range(3, 8)))
    if (rest := len(report.parts) - limits.rows) > 0:
        yield Paragraph(Words(f"{counted(rest, 'further session')} left out: `origin runs` names all."))
