"""Sealing: when a session has ended, its sightings are sorted once, so that a fingerprint is found in O(log n).

An external sort with flat memory: sorted runs go to a temporary file beside the database; equal leading bits of the
fingerprints meet again in one partition, which is sorted in memory (runs in order are what Python's sort likes best).
"""

from __future__ import annotations

import contextlib
import tempfile
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, islice
from operator import eq, itemgetter
from struct import Struct, pack, unpack
from typing import TYPE_CHECKING

from origin.core.fingerprint import CONTENT_KINDS, Kind
from origin.core.pieces import pieces
from origin.storage import rows
from origin.storage.writer import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from origin.storage.sealed_set import SetPages

SIGHTING = 11
"""Bytes of one sighting in a page: 7 of the fingerprint, u32 sequence of its batch."""

PREFIX = 7
PAGE = 360
"""Sightings of one page: what fits a SQLite page without an overflow page."""

_RECORD = 45
"""Bytes of one record that is sorted: fingerprint, u32 source, u32 sequence, u32 slot, and one of the four below.

A slot is the number of a fingerprint among those that its row keeps.
"""

_OBSERVED, _SAMPLE_ITEM, _OTHER_ITEM, _BY_INDEX = b"\0", b"\1", b"\2", b"\3"
"""An observation; an item that is a sample; another item; the fingerprint of an observation by index.

The first three stand in the pages, the first two count as samples, the first and the last make the sealed set.
"""

_CONTENT_KINDS = frozenset(map(int, CONTENT_KINDS))
_NO_SOURCE = (1 << 32) - 1

_FEW = 64
"""Records of which fewer are made faster one by one."""

_SLOT = Struct(">I")

_SMALLEST_RUN, _LARGEST_RUN = 1 << 15, 1 << 21


@dataclass(slots=True)
class Tally:
    """How much came from each source, by the sequence number of the source's entry; 0 stands for all together."""

    observations: Counter[int] = field(default_factory=Counter)
    samples: Counter[int] = field(default_factory=Counter)
    mixed: bool = False
    """Not all records are of observations."""


def unsealed(connection: sqlite3.Connection) -> list[int]:
    """The sessions that have ended and are not sealed, newest first: usually one, more after a crash while sealing."""
    found = connection.execute(
        """
        SELECT session FROM ending
        WHERE session NOT IN (SELECT session FROM tally WHERE sequence = 0) ORDER BY session DESC
        """
    )
    return [session for (session,) in found]


def seal(connection: sqlite3.Connection, session: int, directory: Path) -> None:
    """Build and store the lookup pages and tallies of an ended session, all or nothing."""
    with transaction(connection):
        store(connection, session, directory)


def store(
    connection: sqlite3.Connection,
    session: int,
    directory: Path,
    named: Iterable[list[bytes]] = (),
    into: SetPages | None = None,
) -> Tally:
    """The same within the caller's transaction; see `pages` for `named` and `into`."""
    tally = Tally()
    batches = connection.execute(
        "SELECT sequence, runs, fingerprints FROM batch WHERE session = ? ORDER BY sequence", (session,)
    )
    items = connection.execute(
        "SELECT sequence, runs, fingerprints, role = 'sample' FROM items WHERE session = ? ORDER BY sequence",
        (session,),
    )
    total = observations(connection, session)
    numbered = enumerate(pages(batches, total, tally, directory, items, named, into))
    connection.executemany(
        "INSERT INTO lookup VALUES (?, ?, ?, ?)",
        ((session, number, page[:PREFIX], page) for number, page in numbered),
    )
    connection.executemany(
        "INSERT INTO tally VALUES (?, ?, ?, ?)",
        [(session, source, count, tally.samples[source]) for source, count in tally.observations.items()],
    )
    return tally


def observations(connection: sqlite3.Connection, session: int) -> int:
    (total,) = connection.execute("SELECT total(count) FROM batch WHERE session = ?", (session,)).fetchone()
    return int(total)


def pages(
    batches: Iterable[tuple[int, str, bytes]],
    total: int,
    tally: Tally,
    directory: Path,
    items: Iterable[tuple[int, str, bytes, int]] = (),
    named: Iterable[list[bytes]] = (),
    into: SetPages | None = None,
) -> Iterator[bytes]:
    """The pages of sorted sightings of a session's batches (sequence, runs, fingerprints), about `total` observations.

    items: what was fingerprinted apart from batches, with whether it counts as samples. named: the fingerprints of
    observations by index, for `into`, which takes every fingerprint in order with how often it was observed and where
    it is kept. `tally` is filled on the way and complete at the end.
    """
    carried = b""
    tally.observations[0] = 0
    records = chain(_records(batches, tally), _item_records(items, tally), _named_records(named, tally))
    for partition in sorted_partitions(records, _RECORD, total, directory):
        joined = b"".join(partition)
        members = _members(partition, joined, mixed=tally.mixed) if into is not None else None
        _count_samples(partition, tally, None if members is None or tally.mixed else len(members[0]))
        if into is not None and members is not None:
            into.add(*members)
        if tally.mixed:
            joined = b"".join(record for record in partition if record[44:] != _BY_INDEX)
        carried += _columns(joined, (*range(PREFIX), *range(36, 40)))
        full = len(carried) - len(carried) % (SIGHTING * PAGE)
        for start in range(0, full, SIGHTING * PAGE):
            yield carried[start : start + SIGHTING * PAGE]
        carried = carried[full:]
    if carried:
        yield carried


def _records(batches: Iterable[tuple[int, str, bytes]], tally: Tally) -> Iterator[tuple[bytes, ...]]:
    """For each run of a batch, one record an observation.

    Observations by index have no fingerprint: nothing, or zeros, stands in its place.
    """
    for sequence, packed_runs, fingerprints in batches:
        digests = rows.unpack_digests(fingerprints)
        runs = rows.unpack_runs(packed_runs)
        omits = len(digests) != (runs[-1][2] if runs else 0)
        start = at = 0
        for kind, source, end in runs:
            count = end - start
            tally.observations[0] += count
            tally.observations[source] += count
            start = end
            if kind == Kind.INDEX and omits:
                continue
            if kind in _CONTENT_KINDS and count:
                yield _joined(digests[at : at + count], pack(">II", source, sequence), at, _OBSERVED)
            at += count


def _item_records(items: Iterable[tuple[int, str, bytes, int]], tally: Tally) -> Iterator[tuple[bytes, ...]]:
    """The same of items; those that are no samples by themselves have no source, so that they are not counted."""
    for sequence, packed_runs, fingerprints, are_samples in items:
        digests = rows.unpack_digests(fingerprints)
        tally.mixed = True
        start = 0
        for kind, source, end in rows.unpack_runs(packed_runs):
            if are_samples:
                tally.observations[source] += 0
            if kind in _CONTENT_KINDS and end > start:
                numbers = pack(">II", source if are_samples else _NO_SOURCE, sequence)
                yield _joined(digests[start:end], numbers, start, _SAMPLE_ITEM if are_samples else _OTHER_ITEM)
            start = end


def _named_records(named: Iterable[list[bytes]], tally: Tally) -> Iterator[tuple[bytes, ...]]:
    for digests in named:
        if digests:
            tally.mixed = True
            yield _joined(digests, pack(">II", _NO_SOURCE, 0), 0, _BY_INDEX)


def _joined(digests: Sequence[bytes], numbers: bytes, first: int, role: bytes) -> tuple[bytes, ...]:
    """Each digest with the numbers, its slot from `first` on, and the role: no Python step for each."""
    count = len(digests)
    if count < _FEW:
        pack = _SLOT.pack
        return tuple(digest + numbers + pack(slot) + role for slot, digest in enumerate(digests, first))
    joined, slots = b"".join(digests), Struct(f">{count}I").pack(*range(first, first + count))
    records = bytearray((bytes(32) + numbers + bytes(4) + role) * count)
    for column in range(32):
        records[column::_RECORD] = joined[column::32]
    for column in range(4):
        records[40 + column :: _RECORD] = slots[column::4]
    return pieces(records, _RECORD)


def _columns(joined: bytes, columns: Sequence[int]) -> bytearray:
    """Those columns, byte by byte, of records that stand behind each other: ten times as fast as record by record."""
    picked = bytearray(len(joined) // _RECORD * len(columns))
    for to, column in enumerate(columns):
        picked[to :: len(columns)] = joined[column::_RECORD]
    return picked


def _members(partition: list[bytes], joined: bytes, *, mixed: bool) -> tuple[Sequence[bytes], list[int] | None, bytes]:
    """The members of the sealed set in a sorted partition, as `SetPages.add` takes them. joined: the same in one piece.

    A fingerprint that is kept in several places is read from the last of them, by source, sequence and slot.
    """
    digests = pieces(joined, 32, _RECORD - 32)
    if not mixed and not any(map(eq, digests, islice(digests, 1, None))):
        return digests, None, bytes(_columns(joined, range(36, 44)))
    # A dict keeps the order in which it meets its keys: ascending.
    counts = Counter(digests)
    sighted = partition
    if mixed:
        counts = Counter(_fingerprint_of(record) for record in partition if record[44:] in _IN_SET)
        sighted = [record for record in partition if record[44:] != _BY_INDEX]
    last = dict(zip(map(_fingerprint_of, sighted), sighted, strict=True))
    kept = b"".join(last.get(digest, _NOWHERE) for digest in counts)
    return list(counts), list(counts.values()), bytes(_columns(kept, range(36, 44)))


def _count_samples(partition: list[bytes], tally: Tally, distinct: int | None) -> None:
    """A fingerprint's records all stand in one partition, so that distinct ones can be counted there, if they are not
    `distinct` in number.
    """
    if tally.mixed:
        partition = [record for record in partition if record[44:] in _ARE_SAMPLES]
    distinct = len(set(map(_fingerprint_of, partition))) if distinct is None else distinct
    tally.samples[0] += distinct
    sources = [source for source in tally.observations if source]
    if len(sources) == 1:
        tally.samples[sources[0]] += distinct
    else:
        for packed, count in Counter(key[32:] for key in set(map(_fingerprint_and_source_of, partition))).items():
            tally.samples[unpack(">I", packed)[0]] += count


_IN_SET = frozenset((_OBSERVED, _BY_INDEX))
_ARE_SAMPLES = frozenset((_OBSERVED, _SAMPLE_ITEM))
_fingerprint_of = itemgetter(slice(0, 32))
_fingerprint_and_source_of = itemgetter(slice(0, 36))
_NOWHERE = bytes(_RECORD)
"""No entry of a batch has sequence 0: only a damaged record leads here."""


def sorted_partitions(
    records: Iterable[tuple[bytes, ...]], size: int, total: int, directory: Path
) -> Iterator[list[bytes]]:
    """Records of `size` bytes each, about `total`, in order and in parts; their first 4 bytes must be spread evenly."""
    run_size = min(max(_SMALLEST_RUN, total // 256), _LARGEST_RUN)
    bits = max(0, (total // run_size).bit_length())
    # The boundaries between partitions, by the leading bits.
    edges = [pack(">I", number << (32 - bits)) for number in range(1, 1 << bits)] if bits else []
    run: list[bytes] = []
    spilled: BinaryIO | None = None
    with contextlib.ExitStack() as opened:
        offsets: list[list[int]] = []
        for some in records:
            run += some
            if len(run) >= run_size:
                # Not before it is needed: a small record can be verified where nothing can be written.
                spilled = spilled or opened.enter_context(tempfile.TemporaryFile(dir=directory))
                offsets.append(_spill(run, size, edges, spilled))
                run = []
        if spilled is None:
            run.sort()
            yield run
            return
        offsets.append(_spill(run, size, edges, spilled))
        run = []
        for number in range(1 << bits):
            yield _read_partition(spilled, offsets, size, number)


def _spill(run: list[bytes], size: int, edges: list[bytes], spilled: BinaryIO) -> list[int]:
    """Write a sorted run; returns where each partition of it starts in the file, and where the last ends."""
    run.sort()
    start = spilled.tell()
    cuts = [bisect_left(run, edge) for edge in edges]
    spilled.write(b"".join(run))
    return [start + size * cut for cut in (0, *cuts, len(run))]


def _read_partition(spilled: BinaryIO, offsets: list[list[int]], size: int, number: int) -> list[bytes]:
    runs = []
    for starts in offsets:
        spilled.seek(starts[number])
        runs.append(spilled.read(starts[number + 1] - starts[number]))
    return sorted(pieces(b"".join(runs), size))
