"""Appending to a session's log: each entry becomes a row and a leaf of the session's tree, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from origin.core.entry import batch_root, entry_bytes, items_root
from origin.core.merkle import Frontier
from origin.core.record import Batch, Begin, Delivered, End, Entry, Gap, Items, Note, Seen, Source, Used
from origin.errors import NotFoundError, UsageError, shown
from origin.storage import rows

if TYPE_CHECKING:
    import sqlite3

    from origin.storage.sealed_set import SealedSet

SEALED_SET = "sealed set"
"""The kind of the note that commits the distinct samples; it stands directly before the end."""

_INSERT_SESSION = """
    INSERT INTO session (session_id, config_hash, metadata, run_id, rank, world_size, started_at, origin_version,
        key_id, size, frontier, writer)
    VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_SOURCE = """
    INSERT INTO source (digest, source_id, license_id, uri, category, revision, owner, acquired_at, metadata,
        claims)
    VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT),
        CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT))
    ON CONFLICT (digest) DO NOTHING
"""
_INSERT_BATCH = """
    INSERT INTO batch (session, sequence, loader, epoch, step, count, size, root, runs, indices, keys, fingerprints)
    VALUES (?, ?, CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_GAP = """
    INSERT INTO gap (session, sequence, reason, detail, batches, observations, loader, epoch, step)
    VALUES (?, ?, ?, CAST(? AS TEXT), ?, ?, CAST(? AS TEXT), ?, ?)
"""
_INSERT_ITEMS = """
    INSERT INTO items (session, sequence, role, count, size, root, runs, indices, fingerprints)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(slots=True)
class Head:
    """All of a log's state that a transaction changes, so that a failed one can be taken back."""

    frontier: Frontier = field(default_factory=Frontier)
    batches: int = 0
    observations: int = 0
    gaps: int = 0
    ended: bool = False

    def copy(self) -> Head:
        return replace(self, frontier=self.frontier.copy())


class SessionLog:
    """The log of one session, while this process appends to it. Used by the writer thread alone."""

    def __init__(self, connection: sqlite3.Connection, row: int, head: Head) -> None:
        self.connection = connection
        self.row = row
        self.head = head
        self.sources: dict[Source, int] = {}
        self._used: Used | None = None
        """Held back while more of the same follows, so that a thousand steps are one entry."""

    def restore(self, head: Head) -> None:
        """Forget what a failed transaction appended since `head` was copied."""
        self.head = head
        self._used = None
        self.sources = {source: number for source, number in self.sources.items() if number < head.frontier.size}

    @classmethod
    def begin(cls, connection: sqlite3.Connection, begin: Begin, writer: str) -> SessionLog:
        """Start a log; its first entry is `begin`."""
        head = Head()
        head.frontier.append(entry_bytes(begin))
        values = (
            begin.session_id,
            rows.to_sql(begin.config_hash),
            rows.to_sql(begin.metadata),
            rows.to_sql(begin.run_id),
            begin.rank,
            begin.world_size,
            begin.started_at,
            begin.origin_version,
            begin.key_id,
            head.frontier.size,
            b"".join(head.frontier.hashes),
            writer,
        )
        cursor = connection.execute(_INSERT_SESSION, values)
        return cls(connection, int(cursor.lastrowid or 0), head)

    @classmethod
    def resume(cls, connection: sqlite3.Connection, session_id: str, writer: str) -> SessionLog:
        """Take up the log of a session whose process died. Raises NotFoundError, or UsageError when it has ended."""
        found = connection.execute(
            "SELECT id, size, frontier FROM session WHERE session_id = ?", (session_id,)
        ).fetchone()
        if found is None:
            raise NotFoundError(f"there is no session {shown(session_id)}: `origin sessions` lists them")
        row, size, frontier = found
        if connection.execute("SELECT 1 FROM ending WHERE session = ?", (row,)).fetchone():
            raise UsageError(f"session {session_id[:12]} has ended: begin a new one")
        head = Head(Frontier(size, rows.unpack_digests(frontier)))
        head.batches, head.observations = connection.execute(
            "SELECT count(*), coalesce(sum(count), 0) FROM batch WHERE session = ?", (row,)
        ).fetchone()
        (head.gaps,) = connection.execute("SELECT count(*) FROM gap WHERE session = ?", (row,)).fetchone()
        connection.execute("UPDATE session SET writer = ? WHERE id = ?", (writer, row))
        log = cls(connection, row, head)
        log.sources = {source: sequence for sequence, source in session_sources(connection, row)}
        return log

    def add_source(self, source: Source) -> int:
        """The sequence number under which observations refer to the source; declares it if need be."""
        known = self.sources.get(source)
        if known is not None:
            return known
        sequence = self._append(source)
        stored = store_source(self.connection, source)
        self.connection.execute("INSERT INTO session_source VALUES (?, ?, ?)", (self.row, sequence, stored))
        self.sources[source] = sequence
        return sequence

    def add(self, item: Delivered | Used | Note | Gap) -> None:
        """Append what a hook handed over. `settle` must be called before the transaction ends."""
        if isinstance(item, Delivered):
            self._add_batch(item)
        elif isinstance(item, Used):
            self._add_used(item)
        elif isinstance(item, Note):
            self._add_note(item)
        else:
            self.add_gap(item)

    def settle(self) -> None:
        """Append what was held back."""
        used, self._used = self._used, None
        if used is not None:
            sequence = self._append(used)
            values = (self.row, sequence, rows.to_sql(used.loader), used.first, used.last, used.use, used.steps)
            self.connection.execute(
                "INSERT INTO used VALUES (?, ?, CAST(? AS TEXT), ?, ?, ?, ?, CAST(? AS TEXT))",
                (*values, rows.to_sql(used.how)),
            )

    def _add_used(self, used: Used) -> None:
        joined = None if self._used is None else self._used.followed_by(used)
        if joined is None:
            self.settle()
        self._used = joined or used

    def _add_note(self, note: Note) -> None:
        # A note may state what happened before it: all of that stands before it.
        self.settle()
        sequence = self._append(note)
        values = (self.row, sequence, rows.to_sql(note.kind), rows.to_sql(note.content))
        self.connection.execute("INSERT INTO note VALUES (?, ?, CAST(? AS TEXT), CAST(? AS TEXT))", values)

    def _add_items(self, seen: Seen) -> None:
        runs = [(kind, self.add_source(source), end) for kind, source, end in seen.runs]
        items = Items(seen.role, len(seen.digests), seen.size, items_root(seen.digests, runs, seen.indices))
        values = (
            self.row,
            self._append(items),
            items.role,
            items.count,
            items.size,
            items.root,
            rows.pack_runs(runs),
            rows.pack_indices(seen.indices),
            rows.pack_digests(seen.digests),
        )
        self.connection.execute(_INSERT_ITEMS, values)

    def _add_batch(self, delivered: Delivered) -> None:
        if delivered.items is not None:
            self._add_items(delivered.items)
        runs = [(kind, self.add_source(source), end) for kind, source, end in delivered.runs]
        keys = rows.pack_keys(delivered.keys)
        count = len(delivered.digests)
        root = batch_root(delivered.digests, runs, delivered.indices)
        batch = Batch(
            delivered.loader, delivered.epoch, delivered.step, count, delivered.size, root, rows.keys_digest(keys)
        )
        sequence = self._append(batch)
        values = (
            self.row,
            sequence,
            rows.to_sql(batch.loader),
            batch.epoch,
            batch.step,
            count,
            batch.size,
            root,
            rows.pack_runs(runs),
            rows.pack_indices(delivered.indices),
            keys,
            rows.pack_observed(delivered.digests, runs),
        )
        self.connection.execute(_INSERT_BATCH, values)
        self.head.batches += 1
        self.head.observations += count

    def add_gap(self, gap: Gap) -> None:
        sequence = self._append(gap)
        values = (
            self.row,
            sequence,
            gap.reason,
            rows.to_sql(gap.detail),
            gap.batches,
            gap.observations,
            rows.to_sql(gap.loader),
            gap.epoch,
            gap.step,
        )
        self.connection.execute(_INSERT_GAP, values)
        self.head.gaps += 1

    def add_sealed_set(self, session_id: str, sealed: SealedSet) -> None:
        """Commit the session's set; the end must follow."""
        self.settle()
        (key_id,) = self.connection.execute("SELECT key_id FROM session WHERE id = ?", (self.row,)).fetchone()
        frontier = self.head.frontier
        self.connection.execute(
            "INSERT INTO sealed_set VALUES (?, -1, 0, ?, NULL, NULL)", (self.row, b"".join(frontier.hashes))
        )
        self._add_note(Note(SEALED_SET, sealed.content(session_id, key_id, frontier.size)))

    def add_end(self, status: str, ended_at: int) -> None:
        self.settle()
        end = End(status, ended_at, self.head.batches, self.head.observations, self.head.gaps)
        sequence = self._append(end)
        values = (self.row, sequence, end.status, end.ended_at, end.batches, end.observations, end.gaps)
        self.connection.execute("INSERT INTO ending VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        self.head.ended = True

    def last_step(self, loader: str) -> tuple[int, int]:
        """The last epoch and step of a loader; -1 where it has none."""
        found: tuple[int, int] = self.connection.execute(
            """
            SELECT coalesce(max(epoch), -1), coalesce(max(step), -1) FROM batch
            WHERE session = ? AND loader = CAST(? AS TEXT)
            """,
            (self.row, rows.to_sql(loader)),
        ).fetchone()
        return found

    def save_head(self) -> None:
        """Store the tree's size and edge, in the transaction that stores the rows they cover."""
        frontier = self.head.frontier
        self.connection.execute(
            "UPDATE session SET size = ?, frontier = ? WHERE id = ?",
            (frontier.size, b"".join(frontier.hashes), self.row),
        )

    def _append(self, entry: Entry) -> int:
        sequence = self.head.frontier.size
        self.head.frontier.append(entry_bytes(entry))
        return sequence


def store_source(connection: sqlite3.Connection, source: Source) -> int:
    """The row of a declaration, new or already there."""
    digest = source.digest()
    connection.execute(_INSERT_SOURCE, (digest, *map(rows.to_sql, source.fields())))
    (row,) = connection.execute("SELECT id FROM source WHERE digest = ?", (digest,)).fetchone()
    return int(row)


def declare_source(connection: sqlite3.Connection, source: Source) -> None:
    """Store a declaration as the latest of its source: the row last in order, also where it was declared before."""
    row = store_source(connection, source)
    statement = "SELECT 1 FROM source WHERE source_id = CAST(? AS TEXT) AND id > ?"
    if connection.execute(statement, (rows.to_sql(source.source_id), row)).fetchone():
        # Rows are numbered without a hole: all that follow move up by one, by way of numbers that nobody has.
        connection.execute("PRAGMA defer_foreign_keys = ON")
        (last,) = connection.execute("SELECT max(id) FROM source").fetchone()
        moved = {"row": row, "last": last}
        connection.execute("UPDATE source SET id = -id WHERE id >= :row", moved)
        connection.execute("UPDATE source SET id = CASE id WHEN -:row THEN :last ELSE -id - 1 END WHERE id < 0", moved)
        connection.execute(
            """
            UPDATE session_source SET source = CASE source WHEN :row THEN :last ELSE source - 1 END
            WHERE source >= :row
            """,
            moved,
        )


def session_sources(connection: sqlite3.Connection, session: int) -> list[tuple[int, Source]]:
    """The sources that a session declared, by the sequence numbers of their entries."""
    found = connection.execute(
        """
        SELECT sequence, source_id, license_id, uri, category, revision, owner, acquired_at, metadata, claims
        FROM session_source JOIN source ON source.id = session_source.source
        WHERE session = ? ORDER BY sequence
        """,
        (session,),
    )
    return [(sequence, Source.from_fields(fields)) for sequence, *fields in found]
