"""One batch row: are its packed columns well-formed, do they agree, and do they give its root? Pure."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.core.entry import NumberedRun, batch_root
from origin.core.fingerprint import Kind
from origin.core.record import RAW, SAMPLE, Batch
from origin.query.findings import columns, mistyped
from origin.storage import rows

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

COLUMNS = columns(
    sequence="integer",
    loader="text",
    epoch="integer",
    step="integer",
    count="integer",
    size="integer",
    root="blob",
    runs="text",
    indices="blob null",
    keys="text null",
    fingerprints="blob",
)

ITEMS = columns(
    sequence="integer",
    role="text",
    count="integer",
    size="integer",
    root="blob",
    runs="text",
    indices="blob",
    fingerprints="blob",
)

_MALFORMED = (ValueError, TypeError, OverflowError, RecursionError, struct.error)
_KINDS = frozenset(int(kind) for kind in Kind)
_LARGEST_INDEX = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The observations of a batch whose columns are well-formed."""

    digests: tuple[bytes, ...]
    runs: tuple[NumberedRun, ...]
    indices: Sequence[int] | None


def entry(row: tuple[Any, ...]) -> Batch:
    """The entry that the row stands for, whatever its values are: the tree tells whether it was committed."""
    _, loader, epoch, step, count, size, root, _, _, keys, _ = row
    try:
        digest = rows.keys_digest(keys)
    except (ValueError, AttributeError):
        digest = b"malformed keys"
    return Batch(loader, epoch, step, count, size, root, digest)


def unpack(row: tuple[Any, ...], declared: Container[int]) -> tuple[Unpacked | None, list[str]]:
    """The observations, unless something is wrong with the row: then what. `declared` are the sources it may name."""
    wrong = list(mistyped(COLUMNS, row))
    if wrong:
        return None, wrong
    _, _, _, _, count, _, _, packed_runs, packed_indices, packed_keys, fingerprints = row
    runs = _runs(packed_runs, count, declared, wrong)
    digests = _digests(fingerprints, runs, count, wrong)
    indices = _indices(packed_indices, count, wrong)
    _check_keys(packed_keys, count, wrong)
    if any(kind == Kind.INDEX for kind, _, _ in runs) and packed_indices is None:
        wrong.append("observations by index have no index")
    return (None, wrong) if wrong else (Unpacked(digests, runs, indices), [])


def unpack_items(row: tuple[Any, ...], declared: Container[int]) -> tuple[Unpacked | None, list[str]]:
    """The same for a row of `items`."""
    wrong = list(mistyped(ITEMS, row))
    if wrong:
        return None, wrong
    _, role, count, _, _, packed_runs, packed_indices, fingerprints = row
    if role not in {SAMPLE, RAW}:
        wrong.append(f"{role!r:.40} is no role of items")
    runs = _runs(packed_runs, count, declared, wrong)
    digests = _digests(fingerprints, runs, count, wrong)
    indices = _indices(packed_indices, count, wrong)
    return (None, wrong) if wrong else (Unpacked(digests, runs, indices), [])


def _digests(packed: bytes, runs: Sequence[NumberedRun], count: int, wrong: list[str]) -> tuple[bytes, ...]:
    try:
        digests = rows.unpack_digests(rows.unpack_observed(packed, runs))
    except _MALFORMED:
        digests = ()
    if len(digests) != count:
        wrong.append(f"{len(packed)} bytes of fingerprints are not those of {count} observations")
    return digests


def root_of(unpacked: Unpacked) -> bytes:
    return batch_root(unpacked.digests, unpacked.runs, unpacked.indices)


def _runs(packed: str, count: int, declared: Container[int], wrong: list[str]) -> tuple[NumberedRun, ...]:
    try:
        runs = rows.unpack_runs(packed)
    except _MALFORMED as error:
        wrong.append(f"runs are malformed ({error})")
        return ()
    end = runs[-1][2] if runs else 0
    if end != count:
        wrong.append(f"runs cover {end} of {count} observations")
    if rows.pack_runs(runs) != packed:
        wrong.append("runs are not written as Origin writes them")
    for kind, source, _ in runs:
        if kind not in _KINDS:
            wrong.append(f"a run has the unknown kind {kind}")
        if source not in declared:
            wrong.append(f"a run names entry {source}, which declares no source before this batch")
    return runs


def _indices(packed: bytes | None, count: int, wrong: list[str]) -> Sequence[int] | None:
    try:
        indices = rows.unpack_indices(packed, count)
        canonical = rows.pack_indices(indices)
    except _MALFORMED as error:
        wrong.append(f"indices are malformed ({error})")
        return None
    if indices is not None and max(indices, default=0) > _LARGEST_INDEX:
        wrong.append("indices are malformed (larger than any index can be)")
    elif canonical != packed:
        wrong.append("indices are not written as Origin writes them")
    return indices


def _check_keys(packed: str | None, count: int, wrong: list[str]) -> None:
    if packed is None:
        return
    try:
        keys = json.loads(packed)
        canonical = rows.pack_keys(keys)
    except _MALFORMED as error:
        wrong.append(f"keys are malformed ({error})")
        return
    if not isinstance(keys, list) or any(type(key) not in {str, type(None)} for key in keys):
        wrong.append("keys are malformed (no list of strings)")
    elif len(keys) != count:
        wrong.append(f"{len(keys)} keys are not those of {count} observations")
    elif canonical != packed:
        wrong.append("keys are not written as Origin writes them")
