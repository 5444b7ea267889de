"""Erasing fingerprints from a file: each is overwritten, everywhere, by what keeps the roots computable.

The file is copied without what SQLite keeps in unused space, changed there, and searched byte by byte for what must be
gone before it takes its name. Older copies, backups and what a disk keeps of deleted files are out of reach.
"""

from __future__ import annotations

import contextlib
import mmap
import re
import secrets
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.core.entry import observation_hash
from origin.core.fingerprint import CONTENT_KINDS, Kind
from origin.core.record import COMPLETED, NO_INDEX, Begin, Note, canonical_json
from origin.errors import UsageError
from origin.storage import rows
from origin.storage.closing import store_set
from origin.storage.erased import ERASE, ERASED, Erased
from origin.storage.log import SessionLog
from origin.storage.rows import from_sql
from origin.storage.seal import store
from origin.storage.writer import transaction
from origin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from origin.core.entry import NumberedRun
    from origin.storage.erased import Place
    from origin.storage.reads import Reader

_KINDS = frozenset(map(int, CONTENT_KINDS))
_HEX = re.compile("[0-9a-f]{64,}")


@dataclass(frozen=True, slots=True)
class Places:
    """Where a session holds a fingerprint: in its batches, and among items that were fingerprinted apart from them."""

    observations: tuple[Erased, ...]
    items: tuple[Erased, ...]


def places(reader: Reader, session: int, digest: bytes) -> Places:
    """Every place of a session that has the fingerprint."""
    observations: list[Erased] = []
    items: list[Erased] = []
    for sequence in reader.sightings(session, digest):
        stored = reader.batch(session, sequence)
        if stored is not None:
            columns = stored.fingerprints, stored.runs, stored.indices
            observations += _positions(sequence, *columns, digest)
            continue
        statement = "SELECT fingerprints, runs, indices FROM items WHERE session = ? AND sequence = ?"
        for columns in reader.query(statement, session, sequence):
            items += _positions(sequence, *columns, digest)
    return Places(tuple(observations), tuple(items))


def _positions(
    sequence: int, fingerprints: bytes, runs: str, packed_indices: bytes | None, digest: bytes
) -> list[Erased]:
    found = []
    digests = rows.unpack_digests(fingerprints)
    indices = rows.unpack_indices(packed_indices, len(digests)) or [NO_INDEX] * len(digests)
    start = 0
    for kind, source, end in rows.unpack_runs(runs):
        if kind in _KINDS:
            same = (at for at in range(start, end) if digests[at] == digest)
            found += [Erased(sequence, at, kind, source, indices[at]) for at in same]
        start = end
    return found


def copy(path: Path, to: Path) -> None:
    """Copy a database to a new file, without what is in its unused pages."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))


def overwrite(path: Path, erased: Mapping[int, Iterable[Place]], receipts: Sequence[dict[str, Any]], token: str) -> str:
    """Overwrite the fingerprints at some places, by the row of their session, and add the receipts to the record.

    Returns the id of the session that holds the receipts. The file is nobody else's.
    """
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.text_factory = from_sql
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA secure_delete = ON")
        with transaction(connection):
            for session, some in erased.items():
                _overwrite_session(connection, session, some, path.parent)
            return _add_receipts(connection, receipts, token, path.parent)


def _overwrite_session(connection: sqlite3.Connection, session: int, some: Iterable[Place], directory: Path) -> None:
    by_entry: dict[int, set[int]] = {}
    for sequence, position in some:
        by_entry.setdefault(sequence, set()).add(position)
    for sequence, positions in by_entry.items():
        for table in ("batch", "items"):
            _overwrite_row(connection, table, (session, sequence), positions)
    sealed = connection.execute("SELECT 1 FROM tally WHERE session = ? AND sequence = 0", (session,)).fetchone()
    # The lookup holds the first bytes of every fingerprint: it is built again from what is there now.
    for table in ("lookup", "tally"):
        connection.execute(f"DELETE FROM {table} WHERE session = ?", (session,))  # noqa: S608 - a name of ours
    if sealed:
        store(connection, session, directory)


def _overwrite_row(connection: sqlite3.Connection, table: str, entry: Place, positions: set[int]) -> None:
    found = connection.execute(
        f"SELECT runs, indices, fingerprints, count FROM {table} WHERE session = ? AND sequence = ?",  # noqa: S608 - a name of ours
        entry,
    ).fetchone()
    if found is None:
        return
    packed_runs, packed_indices, fingerprints, count = found
    runs = rows.unpack_runs(packed_runs)
    indices = rows.unpack_indices(packed_indices, count) or [NO_INDEX] * count
    omits = len(fingerprints) != 32 * count
    digests = list(rows.unpack_digests(rows.unpack_observed(fingerprints, runs) if omits else fingerprints))
    start = 0
    for kind, source, end in runs:
        for at in positions.intersection(range(start, end)):
            digests[at] = observation_hash(kind, digests[at], source, indices[at], of_item=table == "items")
        start = end
    erased = _split(runs, positions)
    packed = rows.pack_observed(digests, erased) if omits else rows.pack_digests(digests)
    connection.execute(
        f"UPDATE {table} SET runs = ?, fingerprints = ? WHERE session = ? AND sequence = ?",  # noqa: S608 - a name of ours
        (rows.pack_runs(erased), packed, *entry),
    )


def _split(runs: Iterable[NumberedRun], positions: set[int]) -> list[NumberedRun]:
    """The runs with those positions as erased ones."""
    found: list[NumberedRun] = []
    start = 0
    for kind, source, end in runs:
        for at in range(start, end):
            now = int(Kind.ERASED) if at in positions else kind
            if at > start and found[-1][0] == now:
                found[-1] = (now, source, at + 1)
            else:
                found.append((now, source, at + 1))
        start = end
    return found


def _add_receipts(
    connection: sqlite3.Connection, receipts: Sequence[dict[str, Any]], token: str, directory: Path
) -> str:
    (key_id,) = connection.execute("SELECT key_id FROM file").fetchone()
    now = time.time_ns() // 1000
    metadata = {"origin": {"erases": [receipt["session"] for receipt in receipts]}}
    begin = Begin(
        secrets.token_hex(16), ERASE, canonical_json("metadata", metadata), None, None, None, now, VERSION, key_id
    )
    log = SessionLog.begin(connection, begin, token)
    for receipt in receipts:
        log.add(Note(ERASED, canonical_json("content", receipt)))
    log.add_sealed_set(begin.session_id, store_set(connection, log.row, directory))
    log.add_end(COMPLETED, max(now, time.time_ns() // 1000))
    log.save_head()
    return begin.session_id


def refuse_text(reader: Reader, digests: Iterable[bytes]) -> None:
    """Raise UsageError if a fingerprint stands in the record as text of hexadecimal digits.

    It is read as values: in the file, long ones are cut at the ends of pages.
    """
    wanted = {digest.hex() for digest in digests}
    for (table,) in list(reader.query("SELECT name FROM sqlite_master WHERE type = 'table'")):
        name = str(table).replace('"', '""')
        for row in reader.query(f'SELECT * FROM "{name}"'):  # noqa: S608 - quoted
            for digits in _HEX.findall("\n".join(value for value in row if isinstance(value, str)).lower()):
                for at in range(len(digits) - 63):
                    if digits[at : at + 64] in wanted:
                        raise _stands_as_text(digits[at : at + 64])


def _stands_as_text(digits: str) -> UsageError:
    return UsageError(
        f"{digits} stands in the record as text too (a sample's key, a note, metadata), which is committed and cannot "
        "be erased: nothing was erased"
    )


def refuse_remains(path: Path, digests: Iterable[bytes]) -> None:
    """Raise UsageError if a fingerprint still stands in a file: as bytes, or as text of hexadecimal digits."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for digest in digests:
            text = digest.hex().encode()
            if any(content.find(form) >= 0 for form in (digest, text, text.upper())):
                raise _stands_as_text(digest.hex())
