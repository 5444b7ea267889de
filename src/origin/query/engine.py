"""Questions to a record: which session, how much, which licences. Each answer comes from the reader's one snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.errors import AmbiguousError, NotFoundError
from origin.query import count
from origin.query.licensing import DEFAULT_MODE, counted_conflicts, session_conflicts

if TYPE_CHECKING:
    from origin.licenses.combination import Mode
    from origin.query.licensing import Conflict
    from origin.storage.reads import Reader, StoredSession

LATEST = "latest"
_SHOWN = 12
"""Hexadecimal digits of an id that a message shows, and how many ids."""


@dataclass(frozen=True, slots=True)
class Status:
    """Totals of a file. `samples` are distinct over all sessions; `unfinished` sessions still run, or were cut off."""

    sessions: int
    unfinished: int
    batches: int
    observations: int
    samples: int
    unfingerprintable: int
    size: int
    sources: int
    licenses: int
    conflicts: int
    gaps: int


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in a list."""

    session: StoredSession
    batches: int
    observations: int
    root: str


@dataclass(frozen=True, slots=True)
class SessionConflict:
    """A conflict within a session."""

    session: StoredSession
    conflict: Conflict


def find_session(reader: Reader, name: str) -> StoredSession:
    """The session whose id starts with `name` (case does not matter), or the newest for `latest`.

    Raises NotFoundError, or AmbiguousError, which lists the candidates.
    """
    if name == LATEST:
        newest = reader.latest_session()
        found = [] if newest is None else [newest]
    else:
        prefix = name.lower()
        found = reader.sessions_by_prefix(prefix) if prefix.isascii() and prefix.isalnum() else []
    ids = [session.begin.session_id for session in found]
    return found[ids.index(pick(name, ids))]


def pick(name: str, session_ids: list[str]) -> str:
    """The one id that starts with `name`, or the last for `latest`; raises NotFoundError or AmbiguousError."""
    if name == LATEST and session_ids:
        return session_ids[-1]
    prefix = name.lower()
    found = [session_id for session_id in session_ids if prefix and session_id.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    if found:
        candidates = ", ".join(session_id[: max(_SHOWN, len(prefix) + 4)] for session_id in found[:_SHOWN])
        raise AmbiguousError(f"several session ids start with {name!r:.80} ({candidates}): give more digits")
    if name == LATEST:
        raise NotFoundError("there is no session yet: record one first")
    raise NotFoundError(f"no session id starts with {name!r:.80}: `origin sessions` lists them")


def status(reader: Reader) -> Status:
    sessions = reader.sessions()
    rows = [session.row for session in sessions]
    totals = [reader.totals(row) for row in rows]
    return Status(
        len(sessions),
        sum(session.end is None for session in sessions),
        sum(total.batches for total in totals),
        sum(total.observations for total in totals),
        count.samples_of_sessions(reader, rows),
        sum(count.unfingerprintable(reader, row) for row in rows),
        sum(total.size for total in totals),
        reader.source_count(),
        len(reader.declared_licenses()),
        sum(len(session_conflicts(reader, session)) for session in sessions),
        sum(reader.gap_totals(row)[0] for row in rows),
    )


def list_sessions(reader: Reader) -> list[SessionLine]:
    """All sessions, oldest first."""
    lines = []
    for session in reader.sessions():
        totals = reader.totals(session.row)
        lines.append(SessionLine(session, totals.batches, totals.observations, session.root().hex()))
    return lines


def find_conflicts(reader: Reader, sessions: list[StoredSession], mode: Mode = DEFAULT_MODE) -> list[SessionConflict]:
    return [
        SessionConflict(session, conflict)
        for session in sessions
        for conflict in counted_conflicts(reader, session, mode)
    ]
