"""The bytes that a session's log commits to: from an entry to its bytes, and from observations to their root.

An entry's bytes are the canonical encoding (origin.core.encoding) of the tuple

    ("origin entry", VERSION, "begin" | "source" | "items" | "batch" | "used" | "note" | "gap" | "end", field, ...)

with the fields in the order of their class in origin.core.record. They never change once written.

The leaf of an observation is, with big-endian numbers,

    "O" || kind u8 || fingerprint 32 || number u32 of the source's entry in the log || index i64 (-1: not known)

with 32 zero bytes where there is no fingerprint; that of an item (origin.core.record.Items) starts with "I" instead.
Where a fingerprint was erased (kind 5) the leaf's hash is kept in its place, so that the root can still be computed.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple
from struct import pack
from typing import TYPE_CHECKING

from origin.core.encoding import encode
from origin.core.fingerprint import Kind
from origin.core.merkle import leaf_hash, root_of_hashes
from origin.core.pieces import pieces
from origin.core.record import Batch, Begin, End, Entry, Gap, Items, Note, Source, Used

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

VERSION = 1
_NAMES: dict[type, str] = {
    Begin: "begin",
    Source: "source",
    Items: "items",
    Batch: "batch",
    Used: "used",
    Note: "note",
    Gap: "gap",
    End: "end",
}

NumberedRun = tuple[int, int, int]
"""Kind, number of the source's entry in the log, and the position after the run's last observation."""


def entry_bytes(entry: Entry) -> bytes:
    """The canonical bytes of an entry, as they stand in the session's tree."""
    if isinstance(entry, Source):
        fields = entry.fields()
    elif isinstance(entry, Batch):
        fields = (entry.loader, entry.epoch, entry.step, entry.count, entry.size, entry.root, entry.keys)
    else:
        fields = astuple(entry)
    return encode(("origin entry", VERSION, _NAMES[type(entry)], *fields))


def observation_leaf(kind: int, digest: bytes, source: int, index: int) -> bytes:
    """The leaf data of one observation: 46 bytes."""
    return b"O" + pack(">B32sIq", kind, digest, source, index)


def observation_hash(kind: int, digest: bytes, source: int, index: int, *, of_item: bool = False) -> bytes:
    """The hash of the leaf of an observation, or of an item."""
    if kind == Kind.ERASED:
        return digest
    leaf = observation_leaf(kind, digest, source, index)
    return leaf_hash(b"I" + leaf[1:] if of_item else leaf)


def batch_root(digests: Sequence[bytes], runs: Iterable[NumberedRun], indices: Sequence[int] | None) -> bytes:
    """The Merkle root of a batch's observations, in order."""
    return _root(b"\x00O", digests, runs, indices)


def items_root(digests: Sequence[bytes], runs: Iterable[NumberedRun], indices: Sequence[int] | None) -> bytes:
    """The Merkle root of items, in order."""
    return _root(b"\x00I", digests, runs, indices)


def _root(prefix: bytes, digests: Sequence[bytes], runs: Iterable[NumberedRun], indices: Sequence[int] | None) -> bytes:
    hashes: list[bytes] = []
    append = hashes.append
    start = 0
    for kind, source, end in runs:
        if kind == Kind.ERASED:
            hashes += digests[start:end]
            start = end
            continue
        # The hasher has taken the prefixes that all leaves of the run share; each leaf adds its rest.
        copy = hashlib.sha256(prefix + bytes((kind,))).copy
        for rest in _rests(digests[start:end], source, None if indices is None else indices[start:end]):
            hasher = copy()
            hasher.update(rest)
            append(hasher.digest())
        start = end
    return root_of_hashes(hashes)


def _rests(digests: Sequence[bytes], source: int, indices: Sequence[int] | None) -> Iterable[bytes]:
    """Fingerprint, source and index of each leaf, made by one join and one unpack rather than a step for each."""
    count = len(digests)
    number = pack(">I", source)
    if indices is None:
        tail = number + b"\xff" * 8
        return pieces(tail.join(digests) + tail, 44) if count else ()
    packed = pieces(pack(f">{count}q", *indices), 8)
    return [digest + number + index for digest, index in zip(digests, packed, strict=True)]
