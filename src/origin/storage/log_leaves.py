"""The leaf hashes of a session's log, computed from the rows, and paths in trees of which only a part is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.core.entry import entry_bytes
from origin.core.merkle import leaf_hash, node_hash
from origin.core.record import Batch, End, Gap, Items, Note, Used
from origin.errors import UnreadableDatabaseError
from origin.storage import rows
from origin.storage.reads import whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from origin.core.record import Entry
    from origin.storage.reads import Reader, StoredSession

Known = dict[tuple[int, int], bytes]
"""The roots of parts of a tree, by their first leaf and the leaf after their last."""

_TABLES: tuple[tuple[type[Items | Used | Note | Gap | End], str], ...] = (
    (Items, "SELECT sequence, role, count, size, root FROM items WHERE session = ?"),
    (Used, "SELECT sequence, loader, first, last, use, steps, how FROM used WHERE session = ?"),
    (Note, "SELECT sequence, kind, content FROM note WHERE session = ?"),
    (Gap, "SELECT sequence, reason, detail, batches, observations, loader, epoch, step FROM gap WHERE session = ?"),
    (End, "SELECT sequence, status, ended_at, batches, observations, gaps FROM ending WHERE session = ?"),
)


def log_leaves(reader: Reader, session: StoredSession) -> list[bytes]:
    """The hash of each entry, in order. Raises UnreadableDatabaseError when one is missing."""
    found = {0: leaf_hash(entry_bytes(session.begin))}
    for sequence, entry in _entries(reader, session.row):
        found[sequence] = leaf_hash(entry_bytes(entry))
    if len(found) != session.size or max(found) != session.size - 1:
        raise UnreadableDatabaseError(f"{reader.path} has not all entries of its log: run `origin verify`")
    return [found[sequence] for sequence in range(session.size)]


def _entries(reader: Reader, session: int) -> Iterator[tuple[int, Entry]]:
    yield from reader.sources(session)
    statement = "SELECT sequence, loader, epoch, step, count, size, root, keys FROM batch WHERE session = ?"
    for sequence, loader, epoch, step, count, size, root, keys in reader.query(statement, session):
        yield whole(sequence), Batch(loader, epoch, step, count, size, root, rows.keys_digest(keys))
    for kind, statement in _TABLES:
        for sequence, *fields in reader.query(statement, session):
            yield whole(sequence), kind(*fields)


def levels(leaves: list[bytes]) -> list[list[bytes]]:
    """All levels of the tree over these leaf hashes, the leaves first, the root alone last; an odd node moves up."""
    found = [leaves]
    while len(found[-1]) > 1:
        level = found[-1]
        pairs = (node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2))
        found.append([*pairs, *level[len(level) & ~1 :]])
    return found


def parts(size: int, frontier: tuple[bytes, ...]) -> Known:
    """The full subtrees that a frontier is made of. Raises ValueError when it is none of `size` leaves."""
    if len(frontier) != size.bit_count():
        raise ValueError(f"{len(frontier)} hashes are no edge of a tree of {size} leaves")
    known = {}
    start = 0
    for root in frontier:
        end = start + (1 << (size - start).bit_length() - 1)
        known[start, end] = root
        start = end
    return known


def known_path(known: Mapping[tuple[int, int], bytes], index: int, size: int) -> list[bytes]:
    """PATH(index) of RFC 9162, section 2.1.3.1, in a tree of which parts are known.

    Raises KeyError when these do not do.
    """
    found: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if index < middle:
            found.append(_root(known, middle, high))
            high = middle
        else:
            found.append(_root(known, low, middle))
            low = middle
    return found[::-1]


def _root(known: Mapping[tuple[int, int], bytes], low: int, high: int) -> bytes:
    if (low, high) in known or high - low == 1:
        return known[low, high]
    middle = low + (1 << (high - low - 1).bit_length() - 1)
    return node_hash(_root(known, low, middle), _root(known, middle, high))
