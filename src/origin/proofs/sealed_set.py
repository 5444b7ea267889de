"""Reading a sealed set: where a fingerprint stands in it, and the paths that prove it, with one page of each level."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from origin.errors import NotFoundError, UnreadableDatabaseError
from origin.storage import rows
from origin.storage.erased import erased_members, receipts
from origin.storage.log import SEALED_SET
from origin.storage.sealed_set import FAN, Page, leaf_hashes, members, path, read_kept, read_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from origin.storage.erased import Member
    from origin.storage.reads import Reader, StoredSession


@dataclass(frozen=True, slots=True)
class Committed:
    """The note that commits a set: its number in the log, its text, and what it states."""

    entry: int
    text: str
    samples: int
    stated: dict[str, Any]


def committed(reader: Reader, session: StoredSession) -> Committed:
    """Raises NotFoundError for a session without a sealed set, with the reason."""
    name = session.begin.session_id[:12]
    if session.end_sequence is None:
        raise NotFoundError(f"session {name} has not ended: its samples are sealed, and can be proven, at its end")
    for sequence, note in reader.notes(session.row, SEALED_SET):
        if sequence == session.end_sequence - 1:
            return _read(sequence, note.content)
    raise NotFoundError(
        f"session {name} ended without a sealed set (an older Origin, or a full disk): nothing can be proven of it, "
        "`origin trace` tells what is recorded"
    )


def _read(sequence: int, text: str) -> Committed:
    try:
        stated = json.loads(text)
        return Committed(sequence, text, int(stated["samples"]), stated)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnreadableDatabaseError(f"the sealed set's note is damaged ({error}): run `origin verify`") from error


def stored_set(reader: Reader, session: StoredSession, samples: int) -> StoredSet:
    """The set of a session that has one, of that many samples."""
    erased = receipts(reader).get(session.begin.session_id, ())
    # Erased before the set was made, as of a session that was cut off and went on: it is no member of it.
    lacks = any(sample.observations and sample.member is None for sample in erased)
    return StoredSet(reader, session.row, samples, erased_members(erased), lacks_erased=lacks)


class StoredSet:
    """The set of `size` samples that a session's pages hold. erased: those whose fingerprint is not there any more.

    lacks_erased: others were erased before the set was made.
    """

    def __init__(
        self,
        reader: Reader,
        session: int,
        size: int,
        erased: Mapping[int, Member] | None = None,
        *,
        lacks_erased: bool = False,
    ) -> None:
        self.reader = reader
        self.session = session
        self.size = size
        self.erased = erased or {}
        self.lacks_erased = lacks_erased
        self._leaves = lru_cache(maxsize=4)(self._read_leaves)

    def place(self, digest: bytes) -> int:
        """How many of the set's fingerprints are smaller.

        Raises NotFoundError where the fingerprint may be one that was erased: nobody can tell any more.
        """
        place = self.first_from(digest)
        if place < self.size and self.member(place)[0] == digest:
            return place
        if not self.erased.keys().isdisjoint((place - 1, place)):
            raise NotFoundError(
                "a sample was erased at the place where this one would stand: whether it was this one cannot be told, "
                "and neither presence nor absence can be proven (docs/erasure.md)"
            )
        if self.lacks_erased:
            raise NotFoundError(
                "a sample was erased from this session before its set was made: whether it was this one cannot be "
                "told, and neither presence nor absence can be proven (docs/erasure.md)"
            )
        return place

    def first_from(self, digest: bytes) -> int:
        """The number of the first member, of those not erased, that is not smaller; or where it would stand."""
        low, high = 0, -(-self.size // FAN)
        while high - low > 1:
            middle = (low + high) // 2
            if self._first(middle) <= digest:
                low = middle
            else:
                high = middle
        digests = self._leaves(low)[0] if self.size else ()
        return low * FAN + next((at for at, one in enumerate(digests) if one and one >= digest), len(digests))

    def member(self, index: int) -> tuple[bytes, int]:
        """Fingerprint and count of the member with that number; no fingerprint if it was erased."""
        digests, counts, _ = self._leaves(index // FAN)
        return digests[index % FAN], counts[index % FAN]

    def path(self, index: int) -> list[bytes]:
        """The inclusion path of the member with that number, lowest first."""
        found = path(self._leaves(index // FAN)[2], index % FAN)
        pages, index, level = -(-self.size // FAN), index // FAN, 1
        while pages > 1:
            page = self._page(level, index // FAN)
            found += path(rows.unpack_digests(page.content), index % FAN)
            pages, index, level = -(-pages // FAN), index // FAN, level + 1
        return found

    def _read_leaves(self, number: int) -> tuple[list[bytes], list[int], list[bytes]]:
        """Fingerprints, counts and hashes of a page."""
        read = self._members(number)
        digests = read_kept(self.reader, self.session, ((sequence, slot) for sequence, slot, _ in read))
        if b"" in digests:
            raise self._damaged(0, number)
        counts = [count for _, _, count in read]
        hashes = leaf_hashes(digests, counts)
        for index in range(FAN * number, FAN * number + len(read)):
            if index in self.erased:
                digests[index % FAN], hashes[index % FAN] = b"", self.erased[index].leaf
        return digests, counts, hashes

    def _first(self, number: int) -> bytes:
        """The first fingerprint of a page, or if all were erased of the next that has any."""
        for index in range(FAN * number, self.size):
            if index not in self.erased:
                sequence, slot, _ = self._members(index // FAN)[index % FAN]
                return read_kept(self.reader, self.session, [(sequence, slot)])[0]
        return b"\xff" * 33

    def _members(self, number: int) -> list[tuple[int, int, int]]:
        try:
            return members(self._page(0, number), min(FAN, self.size - number * FAN))
        except ValueError as error:
            raise self._damaged(0, number) from error

    def _page(self, level: int, number: int) -> Page:
        page = read_page(self.reader, self.session, level, number)
        if page is None or not isinstance(page.content, bytes) or {*map(type, page)} - {bytes, type(None)}:
            raise self._damaged(level, number)
        return page

    def _damaged(self, level: int, page: int) -> UnreadableDatabaseError:
        return UnreadableDatabaseError(
            f"page {page} of level {level} of the sealed set is missing or damaged: run `origin verify`"
        )
