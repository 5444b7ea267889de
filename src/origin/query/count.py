"""Exact counts of distinct samples, with flat memory however many there are."""

from __future__ import annotations

import struct
import tempfile
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

from origin.core.fingerprint import Kind
from origin.core.record import SAMPLE
from origin.storage import rows
from origin.storage.seal import PREFIX, SIGHTING, Tally, pages

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from origin.storage.reads import Reader

Packed = tuple[int, str, bytes]
"""Sequence, runs and fingerprints of a batch."""

PackedItems = tuple[int, str, bytes, int]
"""The same of items, and whether they are samples by themselves."""


def tally(reader: Reader, session: int) -> dict[int, tuple[int, int]]:
    """Observations and distinct samples of a session by the number of their source; 0 stands for all together."""
    stored = reader.tally(session)
    return counted(reader, session) if stored is None else stored


def counted(reader: Reader, session: int) -> dict[int, tuple[int, int]]:
    """The same, from the batches and not from what was stored when the session ended."""
    found = tally_of(_packed(reader, session), _expected(reader, [session]), _items(reader, session))
    return {source: (seen, found.samples[source]) for source, seen in found.observations.items()}


def tally_of(batches: Iterable[Packed], total: int, items: Iterable[PackedItems] = ()) -> Tally:
    """Count batches that hold about `total` observations, and items that were fingerprinted apart from them."""
    counted = Tally()
    for _ in pages(batches, total, counted, scratch(), items):
        pass
    return counted


def samples_of_sources(reader: Reader, session: int, sources: Container[int]) -> int:
    """The distinct samples that came from any of several sources."""
    found = _by_pages(reader, session, sources)
    if found is not None:
        return found
    some = (_only(batch, sources) for batch in _packed(reader, session))
    items = ((*_only(item[:3], sources), item[3]) for item in _items(reader, session))
    return tally_of(some, _expected(reader, [session]), items).samples[0]


def _by_pages(reader: Reader, session: int, sources: Container[int]) -> int | None:
    """The same from the pages of a sealed session, which are sorted already; None where they cannot tell.

    They hold the first bytes of the fingerprints and name batches. That is exact where every batch has samples of the
    sources or none of others beside them, and no two fingerprints begin alike, which the tally shows.
    """
    stored = reader.tally(session)
    wanted = None if stored is None else _wanted(reader, session, sources)
    if stored is None or wanted is None:
        return None
    try:
        count, total = _distinct((page for _, _, page in reader.pages(session)), wanted)
    except (IndexError, struct.error):  # a page that was tampered with
        return None
    return count if total == stored[0][1] else None


def _distinct(sorted_pages: Iterable[bytes], wanted: bytearray) -> tuple[int, int]:
    """How many fingerprints begin differently: of the batches that are wanted, and of all."""
    total = count = 0
    last = last_wanted = b""
    for page in sorted_pages:
        flat = struct.Struct(f">{_SIGHTING * (len(page) // SIGHTING)}").unpack(page)
        prefixes = flat[::2]
        some = list(compress(prefixes, map(wanted.__getitem__, flat[1::2])))
        total += len(set(prefixes)) - (prefixes[0] == last)
        last = prefixes[-1]
        if some:
            count += len(set(some)) - (some[0] == last_wanted)
            last_wanted = some[-1]
    return count, total


def _wanted(reader: Reader, session: int, sources: Container[int]) -> bytearray | None:
    """For each sequence number whether its batch came from the sources; None where one did in part."""
    wanted = bytearray()
    for sequence, packed in reader.runs(session):
        inside = {source in sources for _, source, _ in rows.unpack_runs(packed)}
        if len(inside) > 1 or not 0 <= sequence < _MAX_ENTRIES:
            return None
        if sequence >= len(wanted):
            wanted.extend(bytes(sequence + 1 - len(wanted)))
        wanted[sequence] = True in inside
    return wanted


_SIGHTING = f"{PREFIX}sI"
_MAX_ENTRIES = 1 << 26
"""Entries of a log that are kept one byte each; longer logs are counted the other way."""


def samples_of_sessions(reader: Reader, sessions: list[int]) -> int:
    """The distinct samples of several sessions together."""
    if len(sessions) == 1:
        return tally(reader, sessions[0])[0][1]
    batches = (batch for session in sessions for batch in _packed(reader, session))
    items = (item for session in sessions for item in _items(reader, session))
    return tally_of(batches, _expected(reader, sessions), items).samples[0]


def unfingerprintable(reader: Reader, session: int) -> int:
    """How many observations of a session have no fingerprint."""
    count = 0
    for packed in reader.runs_with_unknown(session):
        start = 0
        for kind, _, end in rows.unpack_runs(packed):
            count += end - start if kind == Kind.UNFINGERPRINTABLE else 0
            start = end
    return count


def scratch() -> Path:
    """Where large counts are sorted: never beside the record, which may lie where nobody can write."""
    return Path(tempfile.gettempdir())


def _expected(reader: Reader, sessions: list[int]) -> int:
    """About how many observations there are: what is stated, but no more than the file has room for."""
    stated = sum(reader.totals(session).observations for session in sessions)
    return min(stated, reader.path.stat().st_size // 32 + (1 << 16))


def _packed(reader: Reader, session: int) -> Iterator[Packed]:
    for stored in reader.batches(session):
        yield stored.sequence, stored.runs, stored.fingerprints


def _items(reader: Reader, session: int) -> Iterator[PackedItems]:
    for stored in reader.items(session):
        yield stored.sequence, stored.runs, stored.fingerprints, stored.role == SAMPLE


def _only(batch: Packed, sources: Container[int]) -> Packed:
    """What of a batch came from the sources."""
    sequence, packed, fingerprints = batch
    kept: list[bytes] = []
    runs = []
    start = end_kept = 0
    for kind, source, end in rows.unpack_runs(packed):
        if source in sources:
            kept.append(fingerprints[32 * start : 32 * end])
            end_kept += end - start
            runs.append((kind, source, end_kept))
        start = end
    return sequence, rows.pack_runs(runs), b"".join(kept)
