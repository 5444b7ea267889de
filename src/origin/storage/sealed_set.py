"""The sealed set: a session's distinct fingerprints in order, with how often each was observed, as pages of a tree.

The tree is that of RFC 9162 over leaves "S" || fingerprint 32 || count u64, sorted by fingerprint. A page of level 0
holds the places where 128 fingerprints are kept and their counts, one of level n + 1 the roots of 128 pages of level n.
128 is a power of two: so the root over the pages' roots is the root over all leaves, and a proof needs one page of each
level. The fingerprints stand in the file once, with their observations or items: the set costs some 5 bytes a sample.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from struct import pack
from typing import TYPE_CHECKING, NamedTuple

from origin.core.merkle import EMPTY_ROOT, node_hash, root_of_hashes
from origin.core.pieces import pieces
from origin.core.record import canonical_json
from origin.storage import rows
from origin.storage.reads import whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from origin.core.record import Source
    from origin.storage.erased import Member
    from origin.storage.reads import Reader

FAN = 128
"""Leaves, or hashes, of one page."""

EDGE = -1
"""The level under which the edge of the session's tree before the note is kept."""


class Page(NamedTuple):
    """A page as it is stored. Of level 0: the places of fingerprints, and their counts where not all are 1.

    A place is the sequence of the entry (a batch, or items) whose row keeps the fingerprint, and its slot in that row;
    the last one, by source, sequence and slot, where there are several. Of higher levels, and of the edge: hashes, and
    None twice.
    """

    content: bytes
    slots: bytes | None = None
    counts: bytes | None = None


Write = Callable[[int, int, Page], object]
"""Takes a page, after its level and its number in the level."""


@dataclass(frozen=True, slots=True)
class SealedSet:
    """What the note commits. licenses: the SHA-256 of `license_counts`, in hexadecimal digits."""

    samples: int
    root: bytes
    observations: int
    without_fingerprint: int
    licenses: str

    def content(self, session_id: str, key_id: str | None, entry: int) -> str:
        """The note's canonical JSON. `entry`, its own number in the log, fixes the size of the log for a proof."""
        stated = {
            "entry": entry,
            "key_id": key_id,
            "licenses": self.licenses,
            "observations": self.observations,
            "root": self.root.hex(),
            "samples": self.samples,
            "session_id": session_id,
            "without_fingerprint": self.without_fingerprint,
        }
        return canonical_json("sealed set", stated)


def license_counts(sources: Iterable[tuple[int, Source]], observations: Mapping[int, int]) -> str:
    """How many observations came from sources with each licence text, as it was claimed: canonical JSON.

    An observation counts once under each distinct text that was claimed for its source, else under `without_claim`.
    """
    claims: dict[str, int] = {}
    without = 0
    for number, source in sources:
        count = observations.get(number, 0)
        texts = {claim.text for claim in source.claims} | ({source.license_id} - {None})
        for text in texts:
            claims[str(text)] = claims.get(str(text), 0) + count
        without += 0 if texts else count
    return json.dumps({"claims": claims, "without_claim": without}, sort_keys=True, separators=(",", ":"))


class SetPages:
    """Takes the fingerprints in ascending order and hands each page to `write` once it is full.

    erased: the members that are not among them, by their number in the set.
    """

    def __init__(self, write: Write, erased: Mapping[int, Member] | None = None) -> None:
        self._erased = dict(sorted((erased or {}).items()))
        self.samples = 0
        self.observations = 0
        self.written: list[int] = []
        """How many pages each level has so far."""
        self._write = write
        self._digests: list[bytes] = []
        self._places = bytearray()
        self._counts: list[int] = []
        self._leaf_of: dict[int, bytes] = {}
        """The hashes of erased members that fill no page yet."""
        self._hashes: list[list[bytes]] = []
        """Of each level above 0, the hashes that fill no page yet."""

    def add(self, digests: Sequence[bytes], counts: Sequence[int] | None, places: bytes) -> None:
        """Fingerprints in order, all after those of earlier calls, how often each was observed, and where it is kept.

        counts: None where all are 1. places: for each of them the sequence and the slot, both u32, big-endian.
        """
        self.samples += len(digests)
        self._digests += digests
        self._places += places
        self._counts += [1] * len(digests) if counts is None else counts
        if self._erased:
            self._insert_erased()
        full = len(self._digests) // FAN * FAN
        if full:
            self._leaves(full)

    def _insert_erased(self) -> None:
        """Put those between the members that are known by now, and after the last of them."""
        before = FAN * self._pages(0)
        while self._erased and (index := next(iter(self._erased))) - before <= len(self._digests):
            member = self._erased.pop(index)
            at = index - before
            if at < 0:
                continue  # a receipt that contradicts the set, which then has another root
            self._leaf_of[index] = member.leaf
            self._digests.insert(at, _NO_DIGEST)
            self._places[8 * at : 8 * at] = pack(">II", *member.kept)
            self._counts.insert(at, member.count)
            self.samples += 1

    def close(self) -> bytes:
        """Write the pages that are not full; returns the root."""
        self._insert_erased()
        if self._digests:
            self._leaves(len(self._digests))
        if not self.samples:
            return EMPTY_ROOT
        level = 1
        while (pages := self._pages(level)) or len(self._hashes[level - 1]) > 1:
            if self._hashes[level - 1]:
                self._page_of_hashes(level, pages, self._hashes[level - 1])
            level += 1
        return self._hashes[level - 1][0]

    def _pages(self, level: int) -> int:
        return self.written[level] if level < len(self.written) else 0

    def _leaves(self, size: int) -> None:
        """Put the first `size` of what waits into pages."""
        digests, counts = self._digests[:size], self._counts[:size]
        self.observations += sum(counts)
        first = self._pages(0)
        for at in range(0, size, FAN):
            end = min(at + FAN, size)
            self._put(0, first + at // FAN, leaf_page(self._places[8 * at : 8 * end], counts[at:end]))
        del self._digests[:size], self._places[: 8 * size], self._counts[:size]
        hashes = leaf_hashes(digests, counts)
        for index in [index for index in self._leaf_of if index < FAN * first + len(hashes)]:
            hashes[index - FAN * first] = self._leaf_of.pop(index)
        self._climb(1, page_roots(hashes))

    def _climb(self, level: int, hashes: list[bytes]) -> None:
        if len(self._hashes) < level:
            self._hashes.append([])
        waiting = self._hashes[level - 1]
        waiting += hashes
        while len(waiting) >= FAN:
            full = waiting[:FAN]
            del waiting[:FAN]
            self._page_of_hashes(level, self._pages(level), full)

    def _page_of_hashes(self, level: int, number: int, hashes: list[bytes]) -> None:
        self._put(level, number, Page(b"".join(hashes)))
        self._climb(level + 1, [root_of_hashes(hashes)])

    def _put(self, level: int, number: int, page: Page) -> None:
        if len(self.written) <= level:
            self.written.append(0)
        self.written[level] += 1
        self._write(level, number, page)


def leaf(digest: bytes, count: int) -> bytes:
    """The data of one leaf: 41 bytes."""
    return b"S" + digest + pack(">Q", count)


def leaf_hashes(digests: Sequence[bytes], counts: Sequence[int]) -> list[bytes]:
    """The hashes of the leaves; fast, as sealing needs it, where all counts are equal."""
    hashes: list[bytes] = []
    append = hashes.append
    copy = hashlib.sha256(b"\x00S").copy
    if min(counts) == max(counts):
        tail = pack(">Q", counts[0])
        rests: Iterable[bytes] = pieces(tail.join(digests) + tail, 40) if digests else ()
    else:
        rests = map(bytes.__add__, digests, map(_Tails().__getitem__, counts))
    for rest in rests:
        hasher = copy()
        hasher.update(rest)
        append(hasher.digest())
    return hashes


_NO_DIGEST = bytes(32)


class _Tails(dict[int, bytes]):
    """Packed counts: small ones come again and again."""

    def __missing__(self, count: int) -> bytes:
        tail = pack(">Q", count)
        if count < FAN:
            self[count] = tail
        return tail


def page_roots(hashes: list[bytes]) -> list[bytes]:
    """The root of each page of leaves, all pages together while they are full; only the last may not be."""
    full = len(hashes) // FAN * FAN
    level = hashes[:full]
    copy = hashlib.sha256(b"\x01").copy
    for _ in range(FAN.bit_length() - 1):
        joined = b"".join(level)
        level = []
        append = level.append
        for both in pieces(joined, 64):
            hasher = copy()
            hasher.update(both)
            append(hasher.digest())
    return [*level, root_of_hashes(hashes[full:])] if hashes[full:] else level


def leaf_page(places: bytearray, counts: Sequence[int]) -> Page:
    """A page of level 0. Numbers are big-endian and as wide as the largest needs."""
    packed = None if max(counts) == 1 else rows.pack_numbers(counts)
    return Page(_narrowed(places, 0), _narrowed(places, 4), packed)


def _narrowed(places: bytearray, at: int) -> bytes:
    """One of the two numbers of each place, as `rows.pack_numbers` has them, byte by byte: number by number is slow."""
    columns = [places[at + byte :: 8] for byte in range(4)]
    used = [any(column) for column in columns]
    columns = columns[0 if used[0] or used[1] else 2 if used[2] else 3 :]
    narrow = bytearray(sum(map(len, columns)))
    for byte, column in enumerate(columns):
        narrow[byte :: len(columns)] = column
    return bytes(narrow)


def members(page: Page, size: int) -> list[tuple[int, int, int]]:
    """Sequence, slot and count of the `size` members of a page of level 0. Raises ValueError for another page."""
    sequences = rows.unpack_numbers(page.content, size)
    slots = rows.unpack_numbers(page.slots or b"", size)
    counts = [1] * size if page.counts is None else rows.unpack_numbers(page.counts, size)
    return list(zip(sequences, slots, counts, strict=True))


def path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The inclusion path of the leaf with hash number `index` (RFC 9162, section 2.1.3.1), lowest first."""
    found: list[bytes] = []
    level = list(hashes)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            found.append(level[sibling])
        odd = level[len(level) & ~1 :]
        level = [*(node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)), *odd]
        index >>= 1
    return found


def read_page(reader: Reader, session: int, level: int, page: int) -> Page | None:
    """A page as it is stored: of a damaged file, with values of any type."""
    statement = "SELECT content, slots, counts FROM sealed_set WHERE session = ? AND level = ? AND page = ?"
    for row in reader.query(statement, session, level, page):
        return Page(*row)
    return None


def read_pages(reader: Reader, session: int) -> Iterator[tuple[int, Page]]:
    """The pages of level 0 in order, each with its number."""
    statement = "SELECT page, content, slots, counts FROM sealed_set WHERE session = ? AND level = 0 ORDER BY page"
    for number, *row in reader.query(statement, session):
        yield whole(number), Page(*row)


def read_kept(reader: Reader, session: int, places: Iterable[tuple[int, int]]) -> list[bytes]:
    """The fingerprints kept in some places; empty ones where nothing is kept. Each row is read once."""
    wanted = list(places)
    kept = {sequence: _kept(reader, session, sequence) for sequence in {sequence for sequence, _ in wanted}}
    digests = [kept[sequence][32 * slot : 32 * slot + 32] for sequence, slot in wanted]
    return [digest if len(digest) == 32 else b"" for digest in digests]


def _kept(reader: Reader, session: int, sequence: int) -> bytes:
    statement = """
        SELECT fingerprints FROM batch WHERE session = ?1 AND sequence = ?2 UNION ALL
        SELECT fingerprints FROM items WHERE session = ?1 AND sequence = ?2
    """
    for (kept,) in reader.query(statement, session, sequence):
        return kept if isinstance(kept, bytes) else b""
    return b""


def read_places(reader: Reader, session: int) -> Iterator[tuple[int, int]]:
    """Level and number of every page that is stored."""
    statement = "SELECT level, page FROM sealed_set WHERE session = ? ORDER BY level, page"
    for level, page in reader.query(statement, session):
        yield whole(level), whole(page)
