"""Observations by index, given the fingerprints of the items that they name: a join by external sort.

An observation by index stands for the item of role "sample" with the same source id and index that was recorded before
it: the last one, if data changed in between. One that names no such item has no fingerprint.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from struct import Struct
from typing import TYPE_CHECKING

from origin.core.fingerprint import CONTENT_KINDS, Kind
from origin.core.record import Items
from origin.errors import UnreadableDatabaseError
from origin.storage import rows
from origin.storage.seal import sorted_partitions

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from pathlib import Path

    from origin.core.record import Source
    from origin.storage.reads import Reader

Named = tuple[int, str, bytes | None, int]
"""Sequence, runs, indices and count of a batch."""

NamedItems = tuple[int, str, bytes, bytes]
"""Sequence, runs, indices and fingerprints of items that are samples."""

# A hash of the place, which spreads places over the partitions; the source's number; index; sequence; one of the three
# below, so that observations come after the item of the same place; fingerprint.
_RECORD = Struct(">IIQIB32s")
_ITEM, _ERASED_ITEM, _OBSERVATION = range(3)
_KINDS = frozenset(map(int, CONTENT_KINDS))
_NAMED = _KINDS | {int(Kind.ERASED)}
"""An item that was erased still is what its index names: not the one that was there before."""

_NONE = bytes(32)


def named_fingerprints(
    batches: Iterable[Named], items: Iterable[NamedItems], names: Mapping[int, int], total: int, directory: Path
) -> Iterator[list[bytes]]:
    """The fingerprint of each observation by index that names an item, some at a time, in no particular order.

    Items whose fingerprint was erased give none.

    names: one number for all sources of the same source id, by the number of their entry.
    """
    records = chain(_items(items, names), _observations(batches, names))
    for partition in sorted_partitions(records, _RECORD.size, total, directory):
        known = digest = b""
        found = []
        for record in partition:
            if record[20] == _ITEM:
                known, digest = record[:16], record[21:]
            elif record[20] == _ERASED_ITEM:
                known = b""
            elif record[:16] == known:
                found.append(digest)
        yield found


def one_name_each(sources: Iterable[tuple[int, Source]]) -> dict[int, int]:
    """For each source's number, the first that has the same source id."""
    first: dict[str, int] = {}
    return {number: first.setdefault(source.source_id, number) for number, source in sources}


@dataclass(frozen=True, slots=True)
class Item:
    """An item that is a sample: its entry, position, kind, source and index, and its fingerprint."""

    sequence: int
    position: int
    kind: int
    source: int
    index: int
    digest: bytes


def read_entry(reader: Reader, session: int, sequence: int) -> tuple[Items, list[Item]]:
    """The items of one entry that are samples, and the entry. Raises UnreadableDatabaseError where there are none."""
    statement = """
        SELECT role, count, size, root, runs, indices, fingerprints FROM items
        WHERE session = ? AND sequence = ? AND role = 'sample'
    """
    for role, count, size, root, packed_runs, packed_indices, fingerprints in reader.query(
        statement, session, sequence
    ):
        indices = rows.unpack_indices(packed_indices, count) or ()
        digests = rows.unpack_digests(fingerprints)
        items = []
        start = 0
        for kind, source, end in rows.unpack_runs(packed_runs):
            items += [Item(sequence, at, kind, source, indices[at], digests[at]) for at in range(start, end)]
            start = end
        return Items(role, count, size, root), items
    raise UnreadableDatabaseError(f"{reader.path} has lost entry {sequence}: run `origin verify`")


def are_samples(reader: Reader, session: int, sequence: int) -> bool:
    """Whether an entry is one of items that are samples."""
    statement = "SELECT 1 FROM items WHERE session = ? AND sequence = ? AND role = 'sample'"
    return any(True for _ in reader.query(statement, session, sequence))


def read_places(reader: Reader, session: int, sources: Container[int], index: int) -> Iterator[Item]:
    """The items of a session that are samples, come from one of the sources, and have that index."""
    statement = """
        SELECT sequence, runs, indices, count FROM items WHERE session = ? AND role = 'sample' ORDER BY sequence
    """
    for sequence, packed_runs, packed_indices, count in reader.query(statement, session):
        for position in _positions(packed_indices, count, index):
            kind, source = _run(packed_runs, position)
            if source in sources and kind in _NAMED:
                statement = """
                    SELECT substr(fingerprints, ?3, 32) FROM items WHERE session = ?1 AND sequence = ?2
                """
                digest = reader.one(statement, session, sequence, 32 * position + 1)[0]
                yield Item(sequence, position, kind, source, index, bytes(digest))


def read_observations(
    reader: Reader, session: int, sources: Container[int], index: int
) -> Iterator[tuple[int, int, int]]:
    """Entry, position and source of the observations by index that name a place, in order."""
    statement = """
        SELECT sequence, runs, indices, count FROM batch WHERE session = ? AND instr(runs, '[4,') > 0 ORDER BY sequence
    """
    for sequence, packed_runs, packed_indices, count in reader.query(statement, session):
        for position in _positions(packed_indices, count, index):
            kind, source = _run(packed_runs, position)
            if source in sources and kind == Kind.INDEX:
                yield sequence, position, source


def _positions(packed: bytes, count: int, index: int) -> Iterator[int]:
    """Where an index stands among packed ones, by a search in the bytes: unpacking takes many times longer."""
    width = len(packed) // count if count else 0
    if not width or (index + 1) >> (8 * width):
        return
    wanted = (index + 1).to_bytes(width, "big")
    at = packed.find(wanted)
    while at >= 0:
        position, inside = divmod(at, width)
        if not inside:
            yield position
        at = packed.find(wanted, at + 1)


def _run(packed: str, position: int) -> tuple[int, int]:
    return next((kind, source) for kind, source, end in rows.unpack_runs(packed) if position < end)


def _observations(batches: Iterable[Named], names: Mapping[int, int]) -> Iterator[tuple[bytes, ...]]:
    for sequence, packed_runs, packed_indices, count in batches:
        indices = rows.unpack_indices(packed_indices, count)
        start = 0
        for kind, source, end in rows.unpack_runs(packed_runs):
            if kind == Kind.INDEX and indices is not None:
                name = names[source]
                some = (index for index in indices[start:end] if index >= 0)
                yield tuple(_record(name, index, sequence, _OBSERVATION, _NONE) for index in some)
            start = end


def _items(items: Iterable[NamedItems], names: Mapping[int, int]) -> Iterator[tuple[bytes, ...]]:
    for sequence, packed_runs, packed_indices, fingerprints in items:
        digests = rows.unpack_digests(fingerprints)
        indices = rows.unpack_indices(packed_indices, len(digests)) or ()
        start = 0
        for kind, source, end in rows.unpack_runs(packed_runs):
            if kind in _NAMED:
                name = names[source]
                role = _ERASED_ITEM if kind == Kind.ERASED else _ITEM
                places = zip(indices[start:end], digests[start:end], strict=True)
                yield tuple(_record(name, index, sequence, role, digest) for index, digest in places if index >= 0)
            start = end


def _record(name: int, index: int, sequence: int, role: int, digest: bytes) -> bytes:
    mixed = (index * 0x9E3779B1 + name * 0x85EBCA6B) & 0xFFFFFFFF
    return _RECORD.pack(mixed, name, index, sequence, role, digest)
