"""What keeps a record from saying that a session was not delivered some samples, or anything of some source."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

from origin.core.fingerprint import CONTENT_KINDS, Kind
from origin.core.record import RUNNING
from origin.query.count import scratch
from origin.query.hits import bounds, loaders_by_row
from origin.storage import rows
from origin.storage.by_index import named_fingerprints, one_name_each
from origin.storage.searching import deliveries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from origin.core.record import Gap
    from origin.query.share import Share
    from origin.storage.by_index import Named, NamedItems
    from origin.storage.reads import Reader, StoredSession

Why = Literal[
    "gap", "loader", "no-fingerprint", "erased", "by-index", "value", "other-view", "no-end", "running", "no-key"
]
"""Something was not recorded. What is recorded of a loader may not be all. Observations have no fingerprint; had one
that was erased; are of rows of which none is known; are of values, which no file's fingerprint is compared with; are of
the same rows, and may have another content. The session was cut off; is being recorded. Its key was not given."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """entry: of the session's log, from which on it is not known. count: of observations; None: nobody knows how many.

    details: what a gap says of itself.
    """

    why: Why
    entry: int
    count: int | None = None
    details: tuple[str, ...] = ()


_DETAILS = 3
_FILE_KINDS = (Kind.BYTES, Kind.TEXT)


@dataclass(slots=True)
class _Counted:
    observations: int = 0
    first: int = 0


def of_any_question(reader: Reader, session: StoredSession) -> list[Doubt]:
    """The doubts that hold whatever is asked for."""
    missing: list[tuple[int, Gap]] = []
    partial: list[tuple[int, Gap]] = []
    for entry, gap in reader.gaps(session.row):
        if gap.batches or gap.observations != 0:
            missing.append((entry, gap))
        elif gap.reason == "observer" and gap.loader is not None:
            partial.append((entry, gap))
    found: list[Doubt] = []
    if missing:
        known = [gap.observations for _, gap in missing]
        lost = None if None in known else sum(number or 0 for number in known)
        found.append(Doubt("gap", missing[0][0], lost, _details(missing)))
    if partial:
        found.append(Doubt("loader", partial[0][0], None, _details(partial)))
    if session.end is None:
        found.append(Doubt("running" if session.status == RUNNING else "no-end", session.size))
    return found


def _details(gaps: list[tuple[int, Gap]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(gap.detail for _, gap in gaps))[:_DETAILS]


def of_samples(reader: Reader, session: int, share: Share, *, of_files: bool) -> tuple[list[Doubt], int]:
    """The doubts of who looks for samples, and how many observations are of values.

    of_files: files or texts are looked for, so that what a loader made of them has another fingerprint.
    """
    counted = _kinds(reader, session)
    found = []
    lacking: list[tuple[Why, Kind]] = [("no-fingerprint", Kind.UNFINGERPRINTABLE), ("erased", Kind.ERASED)]
    for why, kind in lacking:
        if kind in counted:
            found.append(Doubt(why, counted[kind].first, counted[kind].observations))
    by_index = counted.get(Kind.INDEX)
    if by_index is not None:
        left = by_index.observations - _decided(reader, session, Kind.INDEX, CONTENT_KINDS)
        if left:
            found.append(Doubt("by-index", by_index.first, left))
    if of_files:
        found += _values(reader, session, counted, 0 if by_index is None else left)
    if share.first_view is not None:
        found.append(Doubt("other-view", share.first_view, share.views))
    return found, counted.get(Kind.VALUE, _Counted()).observations


def _values(reader: Reader, session: int, counted: dict[int, _Counted], told: int) -> Iterator[Doubt]:
    """Values, and rows that were values when they were looked at. told: those by index that are doubted anyway."""
    some = [(kind, counted[kind]) for kind in (Kind.VALUE, Kind.INDEX) if kind in counted]
    left = {kind: one.observations - _decided(reader, session, kind, _FILE_KINDS) for kind, one in some}
    if Kind.INDEX in left:
        left[Kind.INDEX] -= told
    if any(left.values()):
        yield Doubt("value", min(one.first for kind, one in some if left[kind]), sum(left.values()))


def _kinds(reader: Reader, session: int) -> dict[int, _Counted]:
    """How many observations are of each kind but bytes and text, and the entry of the first."""
    found: dict[int, _Counted] = {}
    for delivery in deliveries(reader, session):
        for kind, _, start, end in bounds(delivery.runs):
            if kind not in _FILE_KINDS:
                one = found.setdefault(kind, _Counted(first=delivery.sequence))
                one.observations += end - start
    return found


def _decided(reader: Reader, session: int, kind: Kind, deciding: Collection[int]) -> int:
    """How many observations of a kind are of rows of which a fingerprint of the deciding kinds was recorded before."""
    tracked = loaders_by_row(reader, session)
    if not tracked and kind != Kind.INDEX:
        return 0

    def wanted() -> Iterator[Named]:
        for stored in reader.batches(session):
            if kind == Kind.INDEX or stored.batch.loader in tracked:
                yield stored.sequence, _as_index(stored.runs, kind), stored.indices, stored.batch.count

    def items() -> Iterator[NamedItems]:
        for stored in reader.items(session):
            packed = rows.pack_indices(stored.indices) or b""
            yield stored.sequence, _only(stored.runs, deciding), packed, stored.fingerprints

    def observed() -> Iterator[NamedItems]:
        for stored in reader.batches(session):
            if stored.batch.loader in tracked and stored.indices is not None:
                # It tells what later batches name, not its own.
                yield stored.sequence + 1, _only(stored.runs, deciding), stored.indices, stored.fingerprints

    names = one_name_each(reader.sources(session))
    total = reader.totals(session).observations
    known = named_fingerprints(wanted(), chain(items(), observed()), names, total, scratch())
    return sum(map(len, known))


def _as_index(packed: str, kind: int) -> str:
    """Runs in which all of that kind are by index, and no others."""
    return rows.pack_runs(
        (Kind.INDEX if one == kind else Kind.UNFINGERPRINTABLE, source, end)
        for one, source, end in rows.unpack_runs(packed)
    )


def _only(packed: str, kinds: Collection[int]) -> str:
    return rows.pack_runs(
        (one if one in kinds else Kind.UNFINGERPRINTABLE, source, end) for one, source, end in rows.unpack_runs(packed)
    )
