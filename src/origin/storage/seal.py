"""Sealing: when a session has ended, its sightings are sorted once, so that a fingerprint is found in O(log n).

An external sort with flat memory: sorted runs go to a temporary file beside the database; equal leading bits of the
fingerprints meet again in one partition, which is sorted in memory (runs in order are what Python's sort likes best).
"""

from __future__ import annotations

import tempfile
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from struct import Struct, pack, unpack
from typing import TYPE_CHECKING

from origin.core.fingerprint import CONTENT_KINDS, Kind
from origin.storage import rows
from origin.storage.writer import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

SIGHTING = 11
"""Bytes of one sighting in a page: 7 of the fingerprint, u32 sequence of its batch."""

PREFIX = 7
PAGE = 360
"""Sightings of one page: what fits a SQLite page without an overflow page."""

_RECORD = 40
_WHOLE = Struct(f"{_RECORD}s")
_KEPT = Struct(f"{PREFIX}s{_RECORD - SIGHTING}x{SIGHTING - PREFIX}s")
"""Of a record, what a page keeps: the first 7 bytes and the last 4."""

_CONTENT_KINDS = frozenset(map(int, CONTENT_KINDS))
_NO_SOURCE = (1 << 32) - 1

_SMALLEST_RUN, _LARGEST_RUN = 1 << 15, 1 << 21


@dataclass(slots=True)
class Tally:
    """How much came from each source, by the sequence number of the source's entry; 0 stands for all together."""

    observations: Counter[int] = field(default_factory=Counter)
    samples: Counter[int] = field(default_factory=Counter)
    holds_others: bool = False
    """Some records are of items that are no samples by themselves."""


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
    tally = Tally()
    with transaction(connection):
        (total,) = connection.execute("SELECT total(count) FROM batch WHERE session = ?", (session,)).fetchone()
        batches = connection.execute(
            "SELECT sequence, runs, fingerprints FROM batch WHERE session = ? ORDER BY sequence", (session,)
        )
        items = connection.execute(
            "SELECT sequence, runs, fingerprints, role = 'sample' FROM items WHERE session = ? ORDER BY sequence",
            (session,),
        )
        numbered = enumerate(pages(batches, int(total), tally, directory, items))
        connection.executemany(
            "INSERT INTO lookup VALUES (?, ?, ?, ?)",
            ((session, number, page[:PREFIX], page) for number, page in numbered),
        )
        connection.executemany(
            "INSERT INTO tally VALUES (?, ?, ?, ?)",
            [(session, source, count, tally.samples[source]) for source, count in tally.observations.items()],
        )


def pages(
    batches: Iterable[tuple[int, str, bytes]],
    total: int,
    tally: Tally,
    directory: Path,
    items: Iterable[tuple[int, str, bytes, int]] = (),
) -> Iterator[bytes]:
    """The pages of sorted sightings of a session's batches (sequence, runs, fingerprints), about `total` observations.

    items: what was fingerprinted apart from batches, with whether it counts as samples. `tally` is filled on the way
    and complete at the end.
    """
    carried = b""
    tally.observations[0] = 0
    records = chain(_records(batches, tally), _item_records(items, tally))
    for partition in _sorted_partitions(records, total, directory):
        _count_samples(partition, tally)
        kept = chain.from_iterable(_KEPT.iter_unpack(b"".join(partition)))
        carried += b"".join(kept)
        full = len(carried) - len(carried) % (SIGHTING * PAGE)
        for start in range(0, full, SIGHTING * PAGE):
            yield carried[start : start + SIGHTING * PAGE]
        carried = carried[full:]
    if carried:
        yield carried


def _records(batches: Iterable[tuple[int, str, bytes]], tally: Tally) -> Iterator[tuple[bytes, ...]]:
    """For each run of a batch, one 40-byte record an observation: fingerprint, source, sequence of the batch.

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
                tail = pack(">II", source, sequence)
                yield Struct(f"{_RECORD}s" * count).unpack(tail.join(digests[at : at + count]) + tail)
            at += count


def _item_records(items: Iterable[tuple[int, str, bytes, int]], tally: Tally) -> Iterator[tuple[bytes, ...]]:
    """The same of items; those that are no samples by themselves have no source, so that they are not counted."""
    for sequence, packed_runs, fingerprints, are_samples in items:
        digests = rows.unpack_digests(fingerprints)
        tally.holds_others |= not are_samples
        start = 0
        for kind, source, end in rows.unpack_runs(packed_runs):
            if are_samples:
                tally.observations[source] += 0
            if kind in _CONTENT_KINDS and end > start:
                tail = pack(">II", source if are_samples else _NO_SOURCE, sequence)
                yield Struct(f"{_RECORD}s" * (end - start)).unpack(tail.join(digests[start:end]) + tail)
            start = end


def _count_samples(partition: list[bytes], tally: Tally) -> None:
    """A fingerprint's records all stand in one partition, so that distinct ones can be counted there."""
    if tally.holds_others:
        partition = [record for record in partition if not _has_no_source(record)]
    distinct = len(set(map(_fingerprint_of, partition)))
    tally.samples[0] += distinct
    sources = [source for source in tally.observations if source]
    if len(sources) == 1:
        tally.samples[sources[0]] += distinct
    else:
        for packed, count in Counter(key[32:] for key in set(map(_fingerprint_and_source_of, partition))).items():
            tally.samples[unpack(">I", packed)[0]] += count


def _has_no_source(record: bytes) -> bool:
    return record[32:36] == b"\xff\xff\xff\xff"


_fingerprint_of = itemgetter(slice(0, 32))
_fingerprint_and_source_of = itemgetter(slice(0, 36))


def _sorted_partitions(records: Iterable[tuple[bytes, ...]], total: int, directory: Path) -> Iterator[list[bytes]]:
    run_size = min(max(_SMALLEST_RUN, total // 256), _LARGEST_RUN)
    bits = max(0, (total // run_size).bit_length())
    # The boundaries between partitions, by the leading bits.
    edges = [pack(">I", number << (32 - bits)) for number in range(1, 1 << bits)] if bits else []
    run: list[bytes] = []
    with tempfile.TemporaryFile(dir=directory) as spilled:
        offsets: list[list[int]] = []
        for some in records:
            run += some
            if len(run) >= run_size:
                offsets.append(_spill(run, edges, spilled))
                run = []
        if not offsets:
            run.sort()
            yield run
            return
        offsets.append(_spill(run, edges, spilled))
        run = []
        for number in range(1 << bits):
            yield _read_partition(spilled, offsets, number)


def _spill(run: list[bytes], edges: list[bytes], spilled: BinaryIO) -> list[int]:
    """Write a sorted run; returns where each partition of it starts in the file, and where the last ends."""
    run.sort()
    start = spilled.tell()
    cuts = [bisect_left(run, edge) for edge in edges]
    spilled.write(b"".join(run))
    return [start + _RECORD * cut for cut in (0, *cuts, len(run))]


def _read_partition(spilled: BinaryIO, offsets: list[list[int]], number: int) -> list[bytes]:
    pieces = []
    for starts in offsets:
        spilled.seek(starts[number])
        pieces.append(spilled.read(starts[number + 1] - starts[number]))
    joined = b"".join(pieces)
    return sorted(chain.from_iterable(_WHOLE.iter_unpack(joined)))
