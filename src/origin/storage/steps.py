"""A session by loader, epoch and step: so two sessions can be laid side by side, however their loops took turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.core.record import SAMPLE, Batch, Delivered
from origin.storage import rows
from origin.storage.reads import StoredBatch, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from origin.core.record import Source
    from origin.storage.reads import Reader


@dataclass(frozen=True, slots=True)
class Step:
    """A batch without its observations; without a root where a gap stands in its place.

    step: among those that the loader delivered in the session. unknown, by_index: whether it has observations that are
    unfingerprintable, or known by source and index alone. keyed: whether its samples have keys.
    """

    loader: str
    epoch: int
    step: int
    sequence: int
    count: int
    root: bytes | None
    unknown: bool
    by_index: bool
    keyed: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Where an epoch of a loader lies: its first and last step, and the first and last entry that tell of it."""

    loader: str
    epoch: int
    first_step: int
    last_step: int
    first: int
    last: int


_PLACED_GAPS = """
    FROM gap WHERE session = ?1 AND loader IS NOT NULL AND epoch IS NOT NULL AND step IS NOT NULL AND batches > 0
"""
_STEPS = f"""
    SELECT loader, epoch, step, sequence, count, root, instr(runs, '[0,'), instr(runs, '[4,'), keys IS NOT NULL
    FROM batch WHERE session = ?1
    UNION ALL SELECT loader, epoch, step, sequence, 0, NULL, 0, 0, 0 {_PLACED_GAPS}
    ORDER BY 1, 2, 3, 4
"""  # noqa: S608 - constants
_SPANS = f"""
    SELECT loader, epoch, min(step), max(step), min(sequence), max(sequence)
    FROM (SELECT loader, epoch, step, sequence FROM batch WHERE session = ?1
        UNION ALL SELECT loader, epoch, step, sequence {_PLACED_GAPS})
    GROUP BY loader, epoch ORDER BY loader, epoch
"""  # noqa: S608 - constants
_BATCHES = """
    SELECT sequence, step, count, size, root, runs, indices, keys, fingerprints FROM batch
    WHERE session = ? AND sequence > ? AND sequence <= ? AND loader = CAST(? AS TEXT) AND epoch = ? ORDER BY sequence
"""
_ITEMS = """
    SELECT count, role, runs, indices, fingerprints FROM items WHERE session = ?1 AND sequence < ?2
        AND sequence > (SELECT coalesce(max(sequence), 0) FROM batch WHERE session = ?1 AND sequence < ?2)
    ORDER BY sequence
"""


def steps(reader: Reader, session: int) -> Iterator[Step]:
    """The steps by loader, epoch and number."""
    for loader, *found in reader.query(_STEPS, session):
        epoch, step, sequence, count = map(whole, found[:4])
        root, unknown, by_index, keyed = found[4:]
        yield Step(str(loader), epoch, step, sequence, count, root, bool(unknown), bool(by_index), bool(keyed))


def spans(reader: Reader, session: int) -> Iterator[Span]:
    """The epochs of each loader, in order."""
    for loader, *found in reader.query(_SPANS, session):
        yield Span(str(loader), *map(whole, found))


def batches_of_epoch(reader: Reader, session: int, span: Span, after: int) -> Iterator[StoredBatch]:
    """The batches of an epoch that follow the entry `after`, in the order of the log."""
    found = reader.query(_BATCHES, session, after, span.last, rows.to_sql(span.loader), span.epoch)
    for sequence, step, count, size, root, runs, indices, keys, fingerprints in found:
        batch = Batch(span.loader, span.epoch, whole(step), whole(count), size, root, rows.keys_digest(keys))
        packed = fingerprints if len(fingerprints) == 32 * count else _unpacked(fingerprints, runs)
        yield StoredBatch(whole(sequence), batch, runs, indices, keys, packed)


def _unpacked(fingerprints: bytes, runs: str) -> bytes:
    return rows.unpack_observed(fingerprints, rows.unpack_runs(runs))


def delivered(stored: StoredBatch, sources: Mapping[int, Source]) -> Delivered:
    """A stored batch as the hook handed it over."""
    batch = stored.batch
    runs = tuple((kind, sources[number], end) for kind, number, end in rows.unpack_runs(stored.runs))
    indices = rows.unpack_indices(stored.indices, batch.count)
    keys: Any = rows.unpack_keys(stored.keys)
    digests = list(rows.unpack_digests(stored.fingerprints))
    return Delivered(batch.loader, batch.epoch, batch.step, digests, runs, batch.size, indices, keys)


def items_of_batch(reader: Reader, session: int, sequence: int) -> Delivered | None:
    """The items that were fingerprinted for a batch, as a batch of their own; None where it needed none."""
    for count, role, runs, indices, fingerprints in reader.query(_ITEMS, session, sequence):
        if role == SAMPLE:
            numbers = dict(reader.sources(session))
            named = tuple((kind, numbers[number], end) for kind, number, end in rows.unpack_runs(runs))
            digests = list(rows.unpack_digests(fingerprints))
            return Delivered("", 0, 0, digests, named, 0, rows.unpack_indices(indices, whole(count)))
    return None
