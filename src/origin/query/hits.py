"""The observations of a session that are of some samples.

An observation is of a sample if it has its fingerprint; or if the row that it names (source and index, in a loader
whose indices name one row each) had that fingerprint when it was last looked at, as in `origin trace`.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from origin.core.fingerprint import CONTENT_KINDS, Kind
from origin.core.record import NO_INDEX
from origin.errors import UnreadableDatabaseError
from origin.storage import rows
from origin.storage.searching import entries_with

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from origin.core.record import Source
    from origin.storage.reads import Reader, StoredBatch

CONTENT = frozenset(map(int, CONTENT_KINDS))
_INDEX_MODE = "index-mode"


class Row(NamedTuple):
    """A row of a source."""

    source_id: str
    number: int


Found = list[tuple[int, bytes | None]]
"""Positions in a batch, and the fingerprint that was asked for; None for another view of a row that had it."""


def hits(
    reader: Reader, session: int, sources: Mapping[int, Source], wanted: Mapping[bytes, bytes]
) -> Iterator[tuple[StoredBatch, Found]]:
    """The batches with observations of the samples, or of the same rows, in order.

    wanted: recorded fingerprints, and for each the one that was asked for.
    """
    entries = entries_with(reader, session, wanted)
    tracked = loaders_by_row(reader, session)
    places = {held for _, held, digest in _items(reader, session, sources, entries) if digest in wanted}
    if tracked:
        for stored in _batches(reader, session, entries):
            if stored.batch.loader in tracked:
                places.update(_named(stored, sources, _direct(stored, wanted)))
    if places:
        return _by_row(reader, session, sources, tracked, places, wanted)
    return _by_fingerprint(reader, session, entries, wanted)


def _by_fingerprint(
    reader: Reader, session: int, entries: Iterable[int] | None, wanted: Mapping[bytes, bytes]
) -> Iterator[tuple[StoredBatch, Found]]:
    for stored in _batches(reader, session, entries):
        found = _direct(stored, wanted)
        if found:
            yield stored, [(position, wanted[_digest(stored, position)]) for position in found]


def _by_row(
    reader: Reader,
    session: int,
    sources: Mapping[int, Source],
    tracked: Collection[str],
    places: Collection[Row],
    wanted: Mapping[bytes, bytes],
) -> Iterator[tuple[StoredBatch, Found]]:
    """The same with the rows that had a wanted fingerprint, told apart by what each held when it was delivered."""
    indices: dict[str, set[int]] = {}
    for place in places:
        indices.setdefault(place.source_id, set()).add(place.number)
    items = [item for item in _items(reader, session, sources, None) if item[1] in places][::-1]
    with_items = {row for _, row, _ in items}
    contents: dict[Row, bytes] = {}
    for stored in reader.batches(session):
        while items and items[-1][0] < stored.sequence:
            _, changed, digest = items.pop()
            contents[changed] = digest
        found: Found = []
        of_rows = _with_index(stored, sources, indices, by_index_alone=stored.batch.loader not in tracked)
        for position in sorted({*_direct(stored, wanted), *of_rows}):
            own = _digest(stored, position)
            row = of_rows.get(position)
            if row is not None and row not in with_items and any(own):
                contents[row] = own
            held = contents.get(row) if row is not None else None
            asked = wanted.get(own) if any(own) else None
            found.append((position, asked or (wanted.get(held) if held is not None else None)))
        if found:
            yield stored, found


def _with_index(
    stored: StoredBatch, sources: Mapping[int, Source], indices: Mapping[str, set[int]], *, by_index_alone: bool
) -> dict[int, Row]:
    """The positions that hold one of the wanted rows."""
    if stored.indices is None:
        return {}
    found: dict[int, Row] = {}
    known = rows.unpack_indices(stored.indices, stored.batch.count) or ()
    for kind, number, start, end in bounds(stored.runs):
        source_id = sources[number].source_id
        some = indices.get(source_id)
        if some and (kind == Kind.INDEX or not by_index_alone):
            found |= {at: Row(source_id, known[at]) for at in range(start, end) if known[at] in some}
    return found


def _batches(reader: Reader, session: int, entries: Iterable[int] | None) -> Iterator[StoredBatch]:
    """Some batches, or all; an entry that is none is left out."""
    if entries is None:
        yield from reader.batches(session)
        return
    for entry in entries:
        stored = reader.batch(session, entry)
        if stored is not None:
            yield stored


def _items(
    reader: Reader, session: int, sources: Mapping[int, Source], entries: Iterable[int] | None
) -> Iterator[tuple[int, Row, bytes]]:
    """Entry, row and fingerprint of what was fingerprinted once for a row: in some entries, or all."""
    some = None if entries is None else frozenset(entries)
    for stored in reader.items(session):
        if some is None or stored.sequence in some:
            for kind, number, start, end in bounds(stored.runs):
                for at in range(start, end) if kind in CONTENT else ():
                    if stored.indices[at] != NO_INDEX:
                        row = Row(sources[number].source_id, stored.indices[at])
                        yield stored.sequence, row, stored.fingerprints[32 * at : 32 * at + 32]


def _direct(stored: StoredBatch, wanted: Mapping[bytes, bytes]) -> list[int]:
    """The positions that have a wanted fingerprint of their own."""
    digests = rows.unpack_digests(stored.fingerprints)
    if wanted.keys().isdisjoint(digests):
        return []
    found: list[int] = []
    for kind, _, start, end in bounds(stored.runs):
        if kind in CONTENT:
            found += [at for at in range(start, end) if digests[at] in wanted]
    return found


def _named(stored: StoredBatch, sources: Mapping[int, Source], positions: list[int]) -> Iterator[Row]:
    """The rows at some positions, in ascending order, as far as their number is known."""
    known = rows.unpack_indices(stored.indices, stored.batch.count) if positions else None
    if known is not None:
        for _, number, start, end in bounds(stored.runs):
            for at in positions[bisect_left(positions, start) : bisect_left(positions, end)]:
                if known[at] != NO_INDEX:
                    yield Row(sources[number].source_id, known[at])


def _digest(stored: StoredBatch, position: int) -> bytes:
    return stored.fingerprints[32 * position : 32 * position + 32]


def bounds(packed: str) -> Iterator[tuple[int, int, int, int]]:
    """Kind, number of the source, start and end of each run."""
    start = 0
    for kind, source, end in rows.unpack_runs(packed):
        yield kind, source, start, end
        start = end


def loaders_by_row(reader: Reader, session: int) -> set[str]:
    """The loaders whose indices name one row each, as the session notes."""
    found = set()
    for _, note in reader.notes(session, _INDEX_MODE):
        try:
            content = json.loads(note.content)
        except (ValueError, RecursionError) as error:
            raise UnreadableDatabaseError(f"{reader.path} holds a note that is no JSON: run `origin verify`") from error
        if isinstance(content, dict) and "why" not in content:
            found.add(str(content.get("loader")))
    return found
