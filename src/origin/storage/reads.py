"""Reading a record. Every answer comes from one snapshot of the file, opened read-only."""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from origin.core.merkle import Frontier
from origin.core.record import (
    INTERRUPTED,
    READ_FROM_DATASET,
    RUNNING,
    STATED_FOR_SAMPLE,
    Batch,
    Begin,
    End,
    Gap,
    Note,
    Source,
    Used,
)
from origin.errors import UnreadableDatabaseError
from origin.storage import rows
from origin.storage.connection import open_to_read, translated
from origin.storage.erased import ERASE
from origin.storage.lease import living_writer
from origin.storage.log import session_sources
from origin.storage.seal import PREFIX, SIGHTING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BIND = "origin bind"
"""The config_hash of a session that holds nothing but models of another one, bound after its end (docs/models.md)."""

SOURCE_COLUMNS = "source_id, license_id, uri, category, revision, owner, acquired_at, metadata, claims"
_SESSION = """
    session.id, session.session_id, session.config_hash, session.metadata, session.run_id, session.rank,
    session.world_size, session.started_at, session.origin_version, session.key_id, session.size, session.frontier,
    session.writer, ending.sequence, ending.status, ending.ended_at, ending.batches, ending.observations, ending.gaps
"""


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session's begin and end, its head, and what follows of its status. `row` names it in the other tables."""

    row: int
    begin: Begin
    size: int
    frontier: bytes
    end_sequence: int | None
    end: End | None
    status: str

    def root(self) -> bytes:
        """The root of the session's tree, as its head states it; UnreadableDatabaseError if the head is damaged."""
        try:
            return Frontier(self.size, rows.unpack_digests(self.frontier)).root()
        except ValueError as error:
            raise UnreadableDatabaseError(
                f"the head of session {self.begin.session_id[:12]} is damaged ({error}): run `origin verify`"
            ) from error

    @property
    def binds(self) -> str | None:
        """The session whose models this one says it binds."""
        found = self._said(BIND, "binds")
        return found if isinstance(found, str) else None

    @property
    def says_it_is_an_annex(self) -> bool:
        """Whether it was begun to state something of other sessions, after their end: models, or what was erased."""
        return self.binds is not None or isinstance(self._said(ERASE, "erases"), list)

    def _said(self, config_hash: str, key: str) -> Any:
        if self.begin.config_hash != config_hash:
            return None
        try:
            return json.loads(self.begin.metadata)["origin"][key]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch's columns; functions of origin.storage.rows read the packed ones. `fingerprints` has 32 bytes for each
    observation, zeros for one by index.
    """

    sequence: int
    batch: Batch
    runs: str
    indices: bytes | None
    keys: str | None
    fingerprints: bytes


@dataclass(frozen=True, slots=True)
class StoredItems:
    """Items that were fingerprinted apart from batches: the entry, its role, runs, each item's index, fingerprints."""

    sequence: int
    role: str
    runs: str
    indices: Sequence[int]
    fingerprints: bytes


@dataclass(frozen=True, slots=True)
class Totals:
    batches: int
    observations: int
    size: int


class Reader:
    """A read-only view of one file, from one snapshot: what others commit meanwhile is not seen.

    Raises MissingDatabaseError or UnreadableDatabaseError. A context manager.
    """

    shows_annexes = False
    """Whether annexes are found by their id: for who checks the file, they are sessions as all others."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = open_to_read(path)
        # The living writer first: a session that ends in between then reads as ended, never as dead.
        self._living = living_writer(path)
        with translated(path):
            self.connection.execute("BEGIN")
            self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def query(self, statement: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows of one of our statements, with values by place or one dict; SQLite's errors as ours."""
        with translated(self.path):
            given: Any = values[0] if values and isinstance(values[0], dict) else values
            if "?1" in statement:  # numbered ones count as named
                given = {str(number): value for number, value in enumerate(values, 1)}
            # Not the cursor itself: a generator that is dropped unfinished would close it, perhaps after the file.
            yield from iter(self.connection.execute(statement, given).fetchone, None)

    def one(self, statement: str, *values: object) -> tuple[Any, ...]:
        return next(iter(self.query(statement, *values)))

    def key_id(self) -> str | None:
        for (key_id,) in self.query("SELECT key_id FROM file"):
            return None if key_id is None else str(key_id)
        raise UnreadableDatabaseError(f"{self.path} has lost its description of itself: restore it from a copy")

    def has_sessions(self) -> bool:
        return any(True for _ in self.query("SELECT 1 FROM session LIMIT 1"))

    @staticmethod
    def latest_source(connection: sqlite3.Connection, source_id: str) -> Source | None:
        """The declaration of a source that was made last; what hooks read from data is none."""
        found = connection.execute(
            f"""
            SELECT {SOURCE_COLUMNS} FROM source WHERE source_id = CAST(? AS TEXT)
                AND coalesce(json_extract(claims, '$[0][1]'), '') NOT GLOB ?
                AND json_type(metadata, ?) IS NULL
            ORDER BY id DESC LIMIT 1
            """,  # noqa: S608 - a constant
            (rows.to_sql(source_id), f"{STATED_FOR_SAMPLE}*", f"$.{READ_FROM_DATASET}"),
        ).fetchone()
        return None if found is None else Source.from_fields(found)

    def source_count(self) -> int:
        """How many sources were declared, revisions of one source counted once."""
        return whole(self.one("SELECT count(DISTINCT source_id) FROM source")[0])

    def declared_licenses(self) -> list[str]:
        """The distinct licences claimed for any declared source."""
        found = self.query("SELECT DISTINCT license_id FROM source WHERE license_id IS NOT NULL ORDER BY 1")
        return [str(license_id) for (license_id,) in found]

    def sessions(self) -> list[StoredSession]:
        """All sessions, oldest first, but annexes: those that only state something of other ones."""
        return [session for session in self.all_sessions() if not self._is_annex(session)]

    def bindings(self) -> list[StoredSession]:
        """The sessions that only bind models to another one, oldest first."""
        return [session for session in self.all_sessions() if session.binds is not None and self._is_annex(session)]

    def all_sessions(self) -> Iterator[StoredSession]:
        statement = (
            f"SELECT {_SESSION} FROM session LEFT JOIN ending ON ending.session = session.id ORDER BY session.id"  # noqa: S608 - a constant
        )
        return map(self._session, self.query(statement))

    def _is_annex(self, session: StoredSession) -> bool:
        """One that holds anything of data, or lost some, is none, whatever it says of itself."""
        if not session.says_it_is_an_annex or self.totals(session.row).batches:
            return False
        _, batches, observations = self.gap_totals(session.row)
        return not batches and observations == 0 and not any(True for _ in self.items(session.row))

    def sessions_by_prefix(self, prefix: str, limit: int = 10) -> list[StoredSession]:
        """The sessions whose id starts with `prefix`, at most `limit`; see `shows_annexes`."""
        statement = f"""
            SELECT {_SESSION} FROM session LEFT JOIN ending ON ending.session = session.id
            WHERE substr(session.session_id, 1, ?) = ? ORDER BY session.id
        """  # noqa: S608 - a constant
        found = map(self._session, self.query(statement, len(prefix), prefix))
        return list(islice((one for one in found if self.shows_annexes or not self._is_annex(one)), limit))

    def latest_session(self) -> StoredSession | None:
        statement = f"""
            SELECT {_SESSION} FROM session LEFT JOIN ending ON ending.session = session.id ORDER BY session.id DESC
        """  # noqa: S608 - a constant
        found = map(self._session, self.query(statement))
        return next((session for session in found if not self._is_annex(session)), None)

    def _session(self, found: tuple[Any, ...]) -> StoredSession:
        row, *begin, size, frontier, writer, end_sequence, status, ended_at, batches, observations, gaps = found
        end = None
        if end_sequence is not None:
            end = End(str(status), whole(ended_at), whole(batches), whole(observations), whole(gaps))
        alive = writer is not None and writer == self._living
        concluded = end.status if end else RUNNING if alive else INTERRUPTED
        return StoredSession(
            whole(row),
            Begin(*begin),
            whole(size),
            frontier if isinstance(frontier, bytes) else b"?",
            None if end_sequence is None else whole(end_sequence),
            end,
            concluded,
        )

    def sources(self, session: int) -> list[tuple[int, Source]]:
        """The sources that a session used, by the sequence number that its observations name."""
        with translated(self.path):
            return session_sources(self.connection, session)

    def totals(self, session: int) -> Totals:
        statement = "SELECT count(*), coalesce(sum(count), 0), coalesce(sum(size), 0) FROM batch WHERE session = ?"
        return Totals(*map(whole, self.one(statement, session)))

    def epochs(self, session: int) -> Iterator[tuple[str, int, int, int, int]]:
        """For each loader and epoch: batches, observations and bytes."""
        statement = """
            SELECT loader, epoch, count(*), sum(count), sum(size) FROM batch WHERE session = ?
            GROUP BY loader, epoch ORDER BY loader, epoch
        """
        for loader, *numbers in self.query(statement, session):
            epoch, batches, observations, size = map(whole, numbers)
            yield str(loader), epoch, batches, observations, size

    def steps(self, session: int) -> Iterator[tuple[str, int, int, int]]:
        """Loader, epoch, step and observations of each batch, in the order of loader and step."""
        statement = "SELECT loader, epoch, step, count FROM batch WHERE session = ? ORDER BY loader, step"
        for loader, *numbers in self.query(statement, session):
            epoch, step, count = map(whole, numbers)
            yield str(loader), epoch, step, count

    def gap_totals(self, session: int) -> tuple[int, int, int | None]:
        """How many gaps, and how many batches and observations they miss (None: a gap does not know)."""
        statement = """
            SELECT count(*), coalesce(sum(batches), 0),
                CASE WHEN count(*) = count(observations) THEN coalesce(sum(observations), 0) END
            FROM gap WHERE session = ?
        """
        gaps, batches, observations = self.one(statement, session)
        return whole(gaps), whole(batches), None if observations is None else whole(observations)

    def gaps(self, session: int) -> Iterator[tuple[int, Gap]]:
        """A session's gaps by sequence number."""
        statement = """
            SELECT sequence, reason, detail, batches, observations, loader, epoch, step
            FROM gap WHERE session = ? ORDER BY sequence
        """
        for sequence, *fields in self.query(statement, session):
            yield whole(sequence), Gap(*fields)

    def batches(self, session: int) -> Iterator[StoredBatch]:
        """A session's batches in order, one at a time."""
        statement = """
            SELECT sequence, loader, epoch, step, count, size, root, runs, indices, keys, fingerprints
            FROM batch WHERE session = ? ORDER BY sequence
        """
        return map(_batch, self.query(statement, session))

    def runs(self, session: int) -> Iterator[tuple[int, str]]:
        """The sequence number and the runs of each batch, without what else is in it."""
        for sequence, runs in self.query("SELECT sequence, runs FROM batch WHERE session = ?", session):
            yield whole(sequence), str(runs)

    def runs_with_unknown(self, session: int) -> Iterator[str]:
        """The runs of each batch that holds unfingerprintable observations (kind 0)."""
        statement = "SELECT runs FROM batch WHERE session = ? AND instr(runs, '[0,') > 0"
        return (str(runs) for (runs,) in self.query(statement, session))

    def batch(self, session: int, sequence: int) -> StoredBatch | None:
        statement = """
            SELECT sequence, loader, epoch, step, count, size, root, runs, indices, keys, fingerprints
            FROM batch WHERE session = ? AND sequence = ?
        """
        return next(map(_batch, self.query(statement, session, sequence)), None)

    def items(self, session: int) -> Iterator[StoredItems]:
        """Items that a session fingerprinted apart from its batches, in order."""
        statement = """
            SELECT sequence, role, runs, indices, fingerprints, count FROM items WHERE session = ? ORDER BY sequence
        """
        for sequence, role, runs, indices, fingerprints, count in self.query(statement, session):
            yield StoredItems(whole(sequence), role, runs, rows.unpack_indices(indices, count) or (), fingerprints)

    def uses(self, session: int) -> Iterator[tuple[int, Used]]:
        """What became of a session's batches, by the sequence number of the entry that states it."""
        statement = (
            "SELECT sequence, loader, first, last, use, steps, how FROM used WHERE session = ? ORDER BY sequence"
        )
        for sequence, *fields in self.query(statement, session):
            yield whole(sequence), Used(*fields)

    def notes(self, session: int, kind: str | None = None) -> Iterator[tuple[int, Note]]:
        """A session's notes, of one kind or of all, by sequence number."""
        statement = """
            SELECT sequence, kind, content FROM note WHERE session = ?1 AND (?2 IS NULL OR kind = ?2) ORDER BY sequence
        """
        for sequence, *fields in self.query(statement, session, kind):
            yield whole(sequence), Note(*fields)

    def batch_number(self, session: int, sequence: int) -> int:
        """How many batches of the session stand before the entry: all entries but the few of other kinds."""
        statement = """
            SELECT (SELECT count(*) FROM session_source WHERE session = :session AND sequence < :entry)
                + (SELECT count(*) FROM items WHERE session = :session AND sequence < :entry)
                + (SELECT count(*) FROM used WHERE session = :session AND sequence < :entry)
                + (SELECT count(*) FROM note WHERE session = :session AND sequence < :entry)
                + (SELECT count(*) FROM gap WHERE session = :session AND sequence < :entry)
        """
        others = whole(self.one(statement, {"session": session, "entry": sequence})[0])
        return sequence - 1 - others

    def tally(self, session: int) -> dict[int, tuple[int, int]] | None:
        """Observations and distinct samples by source (0: all together), if the session is sealed."""
        statement = "SELECT sequence, observations, samples FROM tally WHERE session = ?"
        found = {
            whole(source): (whole(seen), whole(samples)) for source, seen, samples in self.query(statement, session)
        }
        return found if 0 in found else None

    def sightings(self, session: int, prefix: bytes) -> list[int]:
        """The numbers of the batches and items that may hold a fingerprint starting with `prefix` (1 to 32 bytes).

        In a sealed session by its lookup pages, in O(log n); in another by a search through its batches.
        """
        if self.tally(session) is None:
            statement = """
                SELECT sequence FROM batch WHERE session = ?1 AND instr(fingerprints, ?2) > 0
                UNION ALL SELECT sequence FROM items WHERE session = ?1 AND instr(fingerprints, ?2) > 0
                ORDER BY sequence
            """
            return [whole(sequence) for (sequence,) in self.query(statement, session, prefix)]
        return sorted(set(self._looked_up(session, prefix[:PREFIX])))

    def _looked_up(self, session: int, prefix: bytes) -> Iterator[int]:
        for number in range(self._first_page(session, prefix), self._page_count(session)):
            page = self._page(session, number)
            keys = [page[at : at + PREFIX] for at in range(0, len(page), SIGHTING)]
            for at in range(bisect_left(keys, prefix), len(keys)):
                if not keys[at].startswith(prefix):
                    return
                yield int.from_bytes(page[SIGHTING * at + PREFIX : SIGHTING * (at + 1)], "big")

    def _page_count(self, session: int) -> int:
        return whole(self.one("SELECT coalesce(max(page) + 1, 0) FROM lookup WHERE session = ?", session)[0])

    def _page(self, session: int, number: int) -> bytes:
        for (page,) in self.query("SELECT sightings FROM lookup WHERE session = ? AND page = ?", session, number):
            return bytes(page)
        raise UnreadableDatabaseError(f"{self.path} has lost a page of its lookup: run `origin verify`")

    def _first_page(self, session: int, prefix: bytes) -> int:
        """The last page that starts before `prefix`: where its sightings begin, if there are any."""
        low, high = 0, self._page_count(session)
        while low < high:
            middle = (low + high) // 2
            if self._page(session, middle)[: len(prefix)] < prefix:
                low = middle + 1
            else:
                high = middle
        return max(0, low - 1)

    def pages(self, session: int) -> Iterator[tuple[int, bytes, bytes]]:
        """Number, first prefix and sightings of each lookup page, in order."""
        statement = "SELECT page, first, sightings FROM lookup WHERE session = ? ORDER BY page"
        for number, first, sightings in self.query(statement, session):
            yield whole(number), bytes(first), bytes(sightings)


def _batch(found: tuple[Any, ...]) -> StoredBatch:
    sequence, loader, epoch, step, count, size, root, runs, indices, keys, fingerprints = found
    digest = rows.keys_digest(keys)
    batch = Batch(loader, epoch, step, count, size, root, digest)
    if len(fingerprints) != 32 * count:
        fingerprints = rows.unpack_observed(fingerprints, rows.unpack_runs(runs))
    return StoredBatch(sequence, batch, runs, indices, keys, fingerprints)


def whole(value: Any) -> int:
    """A number of the file; raises UnreadableDatabaseError for anything else that stands in its place."""
    if not isinstance(value, int):
        raise UnreadableDatabaseError(f"{value!r:.40} stands where a number belongs: run `origin verify`")
    return value
