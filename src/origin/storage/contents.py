"""The fingerprints of samples that batches name by index alone: taken once, in entries of their own."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from origin.core.fingerprint import Kind
from origin.core.record import SAMPLE
from origin.storage import rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from origin.core.difference import Observation
    from origin.core.record import Source
    from origin.storage.reads import Reader

Identity = tuple[int, bytes]
"""Kind and fingerprint."""

_MASK = (1 << 256) - 1


def total(reader: Reader, session: int, sources: Mapping[int, Source]) -> int:
    """Equal for two sessions with the same items, in any order: then equal places are equal samples."""
    found = 0
    for source_id, index, (kind, digest) in _items(reader, session, sources):
        element = b"%d %d %d " % (kind, index, len(source_id)) + source_id.encode("utf-8", "surrogatepass") + digest
        found += int.from_bytes(hashlib.sha256(element).digest())
    return found & _MASK


def identities(reader: Reader, session: int, sources: Mapping[int, Source]) -> dict[tuple[str, int], Identity]:
    """Kind and fingerprint of each item by source id and index: some 300 bytes of memory for each."""
    return {(source_id, index): identity for source_id, index, identity in _items(reader, session, sources)}


def filled_in(found: list[Observation], known: Mapping[tuple[str, int], Identity]) -> tuple[list[Observation], bool]:
    """Observations with the fingerprints of those known by index; whether all of these have one."""
    complete = True
    for number, one in enumerate(found):
        if one.kind == Kind.INDEX:
            identity = known.get((one.name.source_id, one.row))
            if identity is None:
                complete = False
            else:
                found[number] = one._replace(kind=identity[0], digest=identity[1])
    return found, complete


def _items(reader: Reader, session: int, sources: Mapping[int, Source]) -> Iterator[tuple[str, int, Identity]]:
    for items in reader.items(session):
        if items.role != SAMPLE:
            continue
        digests = rows.unpack_digests(items.fingerprints)
        start = 0
        for kind, source, end in rows.unpack_runs(items.runs):
            for index, digest in zip(items.indices[start:end], digests[start:end], strict=True):
                yield sources[source].source_id, index, (kind, digest)
            start = end
