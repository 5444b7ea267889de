"""2. Identity: which session this is, and what recorded it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.document import Code, Facts, Limits, Section, Words, counted
from origin.licenses.rule_set import RULE_SET
from origin.query.display import iso
from origin.query.run import incomplete
from origin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.cards.document import Cell
    from origin.cards.subject import Subject


def section(subject: Subject, limits: Limits) -> Section:
    return Section("identity", "2. Identity", (Facts("The session", tuple(_facts(subject, limits))),))


def _world(size: int | None) -> str:
    return "an unknown number of ranks" if size is None else counted(size, "rank")


def _facts(subject: Subject, limits: Limits) -> Iterator[tuple[str, Cell]]:
    begin, end = subject.report.session.begin, subject.report.session.end
    wide = Limits(limits.rows, 4 * limits.text)
    yield "Session", Code(begin.session_id)
    yield "Configuration", Code(wide.cut(begin.config_hash))
    if begin.run_id is not None:
        yield "Run", Code(wide.cut(begin.run_id))
    if begin.rank is not None:
        yield "Rank", Words(f"{begin.rank}, of {_world(begin.world_size)}; this card is of this rank alone")
        if subject.report.ranks is not None and begin.run_id is not None:
            yield "Run in this database", Words("; ".join(incomplete(subject.report.ranks)) or "every rank is there")
    yield "Started", Words(iso(begin.started_at))
    yield "Ended", Words("not ended" if end is None else iso(end.ended_at))
    yield "Recorded by", (Words("Origin "), limits.cut(begin.origin_version))
    yield (
        "Fingerprints",
        Words("SHA-256")
        if begin.key_id is None
        else (Words("HMAC-SHA256 under the key "), Code(wide.cut(begin.key_id))),
    )
    yield "Root of the log", Code(subject.report.root)
    yield "Model", Words("not recorded: the record is of data, and names no digest of a model")
    if begin.metadata != "{}":
        yield "Metadata", wide.cut(begin.metadata)
    yield "Card made by", Words(f"Origin {VERSION}, rule set {RULE_SET}")
