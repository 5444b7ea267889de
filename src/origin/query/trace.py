"""Where a sample was seen: from a fingerprint, the sample itself, or its place in a source, to every sighting.

Where a session names samples by source and index (see its notes of kind `index-mode`), a fingerprint leads to the place
that it was taken at, and from there to every batch that holds the row: by its index, or as another view of it.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from origin.core.fingerprint import CONTENT_KINDS, Kind, with_key
from origin.core.record import NO_INDEX
from origin.errors import AmbiguousError, UnreadableDatabaseError, UsageError
from origin.storage import rows

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator
    from pathlib import Path

    from origin.core.record import Source
    from origin.storage.reads import Reader, StoredBatch, StoredSession

_MIN_DIGITS = 4
_CANDIDATES = 10
_FILE_KINDS = (Kind.BYTES, Kind.TEXT)
_INDEX_MODE = "index-mode"

FINGERPRINT, ITEM, INDEX = "fingerprint", "item", "index"
"""How a sighting matches what was asked for: it has that very fingerprint; it is of a row whose fingerprint that is,
and holds its index alone or what random transforms made of it; it is of that row, and has another fingerprint."""


class Place(NamedTuple):
    """A row of a source."""

    source_id: str
    row: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """One observation of a sample.

    batch: the number of its batch among those recorded in the session, from 0. step: among those that its loader
    delivered. entry: in the session's log. position: its own number in the batch. index, key: its number and name in
    the source, where known. fingerprint: None for one by index. matched: see FINGERPRINT, ITEM and INDEX.
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
    fingerprint: str | None
    matched: str = FINGERPRINT


@dataclass(frozen=True, slots=True)
class Trace:
    """The sightings of one sample, by session and place in its log.

    fingerprint: in full once it was found; None where a place was asked for.
    """

    fingerprint: str | None
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
    found = _of_one_sample(_matches(reader, digits), digits)
    return _trace_matches(reader, found[0].fingerprint if found else digits, found)


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
    found = [match for one in wanted for match in _matches(reader, one.hex())]
    return _trace_matches(reader, digest.hex(), found)


def trace_place(reader: Reader, source_id: str, index: int) -> Trace:
    """The sightings of one row of a source: observations that have its number, whatever was fingerprinted."""
    found: list[Sighting] = []
    for session in reader.sessions():
        sources = dict(reader.sources(session.row))
        if any(source.source_id == source_id for source in sources.values()):
            rows_of = _Rows(session, sources, {Place(source_id, index)})
            found += [_as(sighting, INDEX) for sighting in rows_of.sightings(reader, None)]
    return Trace(None, tuple(found))


class _Match(NamedTuple):
    """An observation (sighting) or an item that has a fingerprint, and its place where it is known for sure."""

    fingerprint: str
    session: StoredSession
    sighting: Sighting | None
    place: Place | None


def _trace_matches(reader: Reader, fingerprint: str, found: Iterable[_Match]) -> Trace:
    """All sightings that matches lead to."""
    found = list(found)
    wanted = {match.fingerprint for match in found}
    sightings = [match.sighting for match in found if match.sighting is not None]
    seen = {(sighting.session.row, sighting.entry, sighting.position) for sighting in sightings}
    places: dict[int, set[Place]] = {}
    sessions = {match.session.row: match.session for match in found}
    for match in found:
        if match.place is not None:
            places.setdefault(match.session.row, set()).add(match.place)
    for row, some in places.items():
        others = _Rows(sessions[row], dict(reader.sources(row)), some).matched(reader, wanted)
        sightings += [one for one in others if (row, one.entry, one.position) not in seen]
    sightings.sort(key=lambda sighting: (sighting.session.row, sighting.entry, sighting.position))
    return Trace(fingerprint, tuple(sightings))


def _of_one_sample(matches: Iterator[_Match], digits: str) -> list[_Match]:
    """Raises AmbiguousError, once a few candidates are known, unless all matches have one fingerprint."""
    kept: list[_Match] = []
    candidates: set[str] = set()
    for match in matches:
        candidates.add(match.fingerprint)
        if len(candidates) > _CANDIDATES:
            break
        if len(candidates) == 1:
            kept.append(match)
    if len(candidates) > 1:
        shown = ", ".join(each[: max(12, len(digits) + 4)] for each in sorted(candidates)[:_CANDIDATES])
        more = " and more" if len(candidates) > _CANDIDATES else ""
        raise AmbiguousError(f"several recorded fingerprints start with {digits} ({shown}{more}): give more digits")
    return kept


def _matches(reader: Reader, digits: str) -> Iterator[_Match]:
    """What has a fingerprint that starts with `digits`, in order. What has none is not among it."""
    whole = bytes.fromhex(digits[: len(digits) // 2 * 2])
    for session in reader.sessions():
        entries = reader.sightings(session.row, whole)
        if not entries:
            continue
        sources = dict(reader.sources(session.row))
        tracked = _tracked(reader, session)
        items = set()
        for sequence in entries:
            stored = reader.batch(session.row, sequence)
            if stored is None:
                items.add(sequence)
                continue
            positions = list(_positions(stored.fingerprints, whole, digits))
            if positions:
                number = reader.batch_number(session.row, sequence)
                for sighting in _in_batch(session, sources, stored, number, positions):
                    is_known = sighting.index is not None and sighting.loader in tracked
                    place = Place(sighting.source.source_id, sighting.index or 0) if is_known else None
                    if sighting.kind in CONTENT_KINDS and sighting.fingerprint is not None:
                        yield _Match(sighting.fingerprint, session, sighting, place)
        for item in _items(reader, session, sources, items) if items else ():
            if item.fingerprint.startswith(digits):
                yield _Match(item.fingerprint, session, None, item.place)


def _tracked(reader: Reader, session: StoredSession) -> set[str]:
    """The loaders whose indices name one row each, as the session notes."""
    found = set()
    for _, note in reader.notes(session.row, _INDEX_MODE):
        try:
            content = json.loads(note.content)
        except (ValueError, RecursionError) as error:
            raise UnreadableDatabaseError(f"{reader.path} holds a note that is no JSON: run `origin verify`") from error
        if isinstance(content, dict) and "why" not in content:
            found.add(str(content.get("loader")))
    return found


class _Item(NamedTuple):
    """What was fingerprinted once for a row."""

    entry: int
    place: Place
    fingerprint: str


def _items(
    reader: Reader, session: StoredSession, sources: dict[int, Source], entries: Container[int] | None
) -> Iterator[_Item]:
    """The items of a session that have, or had, a fingerprint: of some entries, or all. It is empty if erased."""
    for stored in reader.items(session.row):
        if entries is not None and stored.sequence not in entries:
            continue
        for kind, number, start, end in _bounds(stored.runs):
            if kind in CONTENT_KINDS or kind == Kind.ERASED:
                for at in range(start, end):
                    place = Place(sources[number].source_id, stored.indices[at])
                    digest = b"" if kind == Kind.ERASED else stored.fingerprints[32 * at : 32 * at + 32]
                    yield _Item(stored.sequence, place, digest.hex())


@dataclass(slots=True)
class _Rows:
    """Some rows of the sources of one session."""

    session: StoredSession
    sources: dict[int, Source]
    places: set[Place]
    contents: dict[Place, str] = field(default_factory=dict)
    """What was fingerprinted last of each row, as the session is read."""

    def matched(self, reader: Reader, wanted: Container[str]) -> Iterator[Sighting]:
        """Their sightings in loaders that name rows by index, told apart by what was fingerprinted of the row."""
        items: dict[int, list[_Item]] = {}
        for item in _items(reader, self.session, self.sources, None):
            if item.place in self.places:
                items.setdefault(item.entry, []).append(item)
        with_items = {item.place for some in items.values() for item in some}
        entries = sorted(items)
        for sighting in self.sightings(reader, _tracked(reader, self.session)):
            while entries and entries[0] < sighting.entry:
                self.contents |= {item.place: item.fingerprint for item in items[entries.pop(0)]}
            place = Place(sighting.source.source_id, sighting.index or 0)
            if sighting.fingerprint is not None and place not in with_items:
                self.contents[place] = sighting.fingerprint
            if sighting.fingerprint in wanted:
                yield sighting
            else:
                yield _as(sighting, ITEM if self.contents.get(place) in wanted else INDEX)

    def sightings(self, reader: Reader, loaders: Container[str] | None) -> Iterator[Sighting]:
        """All observations of these rows, in some loaders or in all, in order."""
        indices: dict[str, set[int]] = {}
        for place in self.places:
            indices.setdefault(place.source_id, set()).add(place.row)
        wanted = {number: indices.get(source.source_id, set()) for number, source in self.sources.items()}
        for number, stored in enumerate(reader.batches(self.session.row)):
            if loaders is None or stored.batch.loader in loaders:
                positions = _with_index(stored, wanted)
                yield from _in_batch(self.session, self.sources, stored, number, positions)


def _with_index(stored: StoredBatch, wanted: dict[int, set[int]]) -> list[int]:
    """The positions of observations that have one of the wanted numbers of their source."""
    if stored.indices is None:
        return []
    found: list[int] = []
    indices = rows.unpack_indices(stored.indices, stored.batch.count) or ()
    for _, source, start, end in _bounds(stored.runs):
        some = wanted[source]
        if some:
            found += [position for position in range(start, end) if indices[position] in some]
    return found


def _bounds(packed: str) -> Iterator[tuple[int, int, int, int]]:
    """Kind, source, start and end of each run."""
    start = 0
    for kind, source, end in rows.unpack_runs(packed):
        yield kind, source, start, end
        start = end


def _as(sighting: Sighting, matched: str) -> Sighting:
    return replace(sighting, matched=matched)


def _positions(fingerprints: bytes, whole: bytes, digits: str) -> Iterator[int]:
    at = fingerprints.find(whole)
    while at >= 0:
        position, inside = divmod(at, 32)
        if not inside and fingerprints[at : at + 32].hex().startswith(digits):
            yield position
        at = fingerprints.find(whole, at + 1)


def _in_batch(
    session: StoredSession,
    sources: dict[int, Source],
    stored: StoredBatch,
    batch_number: int,
    positions: Iterable[int],
) -> Iterator[Sighting]:
    """What is recorded at some positions of a batch."""
    batch = stored.batch
    runs = rows.unpack_runs(stored.runs)
    ends = [end for _, _, end in runs]
    indices = rows.unpack_indices(stored.indices, batch.count)
    keys = rows.unpack_keys(stored.keys)
    for position in positions:
        kind, number, _ = runs[bisect_right(ends, position)]
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
            stored.fingerprints[32 * position : 32 * position + 32].hex() if kind in CONTENT_KINDS else None,
        )
