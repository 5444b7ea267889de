"""Where a sample was seen: from a fingerprint, or from the sample itself, to every sighting."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.core.fingerprint import CONTENT_KINDS, Kind, with_key
from origin.core.record import NO_INDEX
from origin.errors import AmbiguousError, UsageError
from origin.storage import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from origin.core.record import Source
    from origin.storage.reads import Reader, StoredBatch, StoredSession

_MIN_DIGITS = 4
_CANDIDATES = 10
_FILE_KINDS = (Kind.BYTES, Kind.TEXT)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One observation of a sample.

    batch: the number of its batch among those recorded in the session, from 0. step: among those that its loader
    delivered. entry: in the session's log. position: its own number in the batch. index, key: its number and name in
    the source, where known.
    """

    session: StoredSession
    loader: str
    epoch: int
    batch: int
    step: int
    entry: int
    position: int
    kind: Kind
    source: Source
    index: int | None
    key: str | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Trace:
    """The sightings of one sample, by session and place in its log. `fingerprint` is in full once it was found."""

    fingerprint: str
    sightings: tuple[Sighting, ...]


def trace(reader: Reader, prefix: str, key: bytes | None = None) -> Trace:
    """The sightings of a recorded fingerprint: all 64 hexadecimal digits, or its first, at least 4.

    With the key of a keyed record, all 64 digits may also be the sample's plain fingerprint.
    Raises AmbiguousError when several recorded fingerprints start like that, UsageError for what is no prefix.
    """
    digits = prefix.lower()
    if not _MIN_DIGITS <= len(digits) <= 64 or set(digits) - set("0123456789abcdef"):
        raise UsageError(
            f"{prefix!r:.80} is no fingerprint: give 4 to 64 hexadecimal digits, or the sample by --file or --text"
        )
    if len(digits) == 64:
        return _trace_digest(reader, bytes.fromhex(digits), key, CONTENT_KINDS)
    sightings = _of_one_sample(_sightings(reader, digits), digits)
    return Trace(sightings[0].fingerprint if sightings else digits, sightings)


def trace_file(reader: Reader, path: Path, key: bytes | None = None) -> Trace:
    """The sightings of a sample that equals a file's bytes, or text with these UTF-8 bytes; raises OSError."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()
    return _trace_content(reader, digest, key)


def trace_text(reader: Reader, text: str, key: bytes | None = None) -> Trace:
    """The sightings of a sample that equals a string, or the string's UTF-8 bytes."""
    return _trace_content(reader, hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), key)


def _trace_content(reader: Reader, digest: bytes, key: bytes | None) -> Trace:
    if key is None and reader.key_id() is not None:
        raise UsageError(f"{reader.path} is recorded with a key: give it by --key-file, or give a recorded fingerprint")
    return _trace_digest(reader, digest, key, _FILE_KINDS)


def _trace_digest(reader: Reader, digest: bytes, key: bytes | None, kinds: Iterable[Kind]) -> Trace:
    wanted = [digest]
    if key is not None and reader.key_id() is not None:
        wanted += [with_key(key, kind, digest) for kind in kinds]
    sightings = [sighting for one in wanted for sighting in _sightings(reader, one.hex())]
    sightings.sort(key=lambda sighting: (sighting.session.row, sighting.entry, sighting.position))
    return Trace(digest.hex(), tuple(sightings))


def _of_one_sample(sightings: Iterator[Sighting], digits: str) -> tuple[Sighting, ...]:
    """Raises AmbiguousError, once a few candidates are known, unless all sightings have one fingerprint."""
    kept: list[Sighting] = []
    candidates: set[str] = set()
    for sighting in sightings:
        candidates.add(sighting.fingerprint)
        if len(candidates) > _CANDIDATES:
            break
        if len(candidates) == 1:
            kept.append(sighting)
    if len(candidates) > 1:
        shown = ", ".join(each[: max(12, len(digits) + 4)] for each in sorted(candidates)[:_CANDIDATES])
        more = " and more" if len(candidates) > _CANDIDATES else ""
        raise AmbiguousError(f"several recorded fingerprints start with {digits} ({shown}{more}): give more digits")
    return tuple(kept)


def _sightings(reader: Reader, digits: str) -> Iterator[Sighting]:
    """The observations whose fingerprint starts with `digits`, in order. One without a fingerprint is none of them."""
    whole = bytes.fromhex(digits[: len(digits) // 2 * 2])
    for session in reader.sessions():
        sources: dict[int, Source] | None = None
        for sequence in reader.sightings(session.row, whole):
            stored = reader.batch(session.row, sequence)
            positions = [] if stored is None else list(_positions(stored.fingerprints, whole, digits))
            if stored is not None and positions:
                sources = dict(reader.sources(session.row)) if sources is None else sources
                number = reader.batch_number(session.row, sequence)
                yield from _in_batch(session, sources, stored, number, positions)


def _positions(fingerprints: bytes, whole: bytes, digits: str) -> Iterator[int]:
    at = fingerprints.find(whole)
    while at >= 0:
        position, inside = divmod(at, 32)
        if not inside and fingerprints[at : at + 32].hex().startswith(digits):
            yield position
        at = fingerprints.find(whole, at + 1)


def _in_batch(
    session: StoredSession, sources: dict[int, Source], stored: StoredBatch, batch_number: int, positions: list[int]
) -> Iterator[Sighting]:
    batch = stored.batch
    runs = rows.unpack_runs(stored.runs)
    ends = [end for _, _, end in runs]
    indices = rows.unpack_indices(stored.indices, batch.count)
    keys = rows.unpack_keys(stored.keys)
    for position in positions:
        kind, number, _ = runs[bisect_right(ends, position)]
        if kind not in CONTENT_KINDS:
            continue
        yield Sighting(
            session,
            batch.loader,
            batch.epoch,
            batch_number,
            batch.step,
            stored.sequence,
            position,
            Kind(kind),
            sources[number],
            None if indices is None or indices[position] == NO_INDEX else indices[position],
            None if keys is None else keys[position],
            stored.fingerprints[32 * position : 32 * position + 32].hex(),
        )
