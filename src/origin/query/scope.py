"""What a report is of: a session, or a run, which is the sessions of all its ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from origin.core.record import COMPLETED, FAILED, INTERRUPTED, RUNNING
from origin.query.run import find_run, ranks_of, run_root, sessions_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.core.record import Begin
    from origin.query.run import Ranks
    from origin.storage.reads import Reader, StoredSession

UNKNOWN = "unknown"
"""The status of a run whose sessions all completed, and of which a rank may be missing."""

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Scope:
    """A session, or a run as it is in one database: its sessions in the order of the root's leaves, at least one.

    run_id: None for a session alone. What the sessions of a run do not state alike is None.
    """

    sessions: tuple[StoredSession, ...]
    run_id: str | None = None

    @property
    def is_run(self) -> bool:
        return self.run_id is not None

    @property
    def kind(self) -> Literal["session", "run"]:
        return "run" if self.is_run else "session"

    @property
    def id(self) -> str:
        return self.sessions[0].begin.session_id if self.run_id is None else self.run_id

    @property
    def key(self) -> str:
        """What the id is called in documents."""
        return f"{self.kind}_id"

    @property
    def name(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def ranks(self) -> Ranks:
        return ranks_of(self.sessions)

    @property
    def closed(self) -> bool:
        """Whether nothing can be missing that is not a gap: each session has an end, and a run all of its ranks."""
        return all(session.end is not None for session in self.sessions) and (not self.is_run or self.ranks.complete)

    @property
    def status(self) -> str:
        """That of the session. Of a run the first that a session has of running, failed, interrupted."""
        if not self.is_run:
            return self.sessions[0].status
        found = {session.status for session in self.sessions}
        whole = COMPLETED if found == {COMPLETED} and self.closed else UNKNOWN
        return next((status for status in (RUNNING, FAILED, INTERRUPTED) if status in found), whole)

    @property
    def started_at(self) -> int:
        return min(session.begin.started_at for session in self.sessions)

    @property
    def ended_at(self) -> int | None:
        """When the last session ended; None where one has not, or where a rank may be missing."""
        ends = [session.end.ended_at for session in self.sessions if session.end is not None]
        return max(ends) if self.closed else None

    @property
    def size(self) -> int:
        """Entries of the logs."""
        return sum(session.size for session in self.sessions)

    def root(self) -> bytes:
        return run_root(self.sessions) if self.is_run else self.sessions[0].root()

    @property
    def config_hash(self) -> str | None:
        return self._alike(lambda begin: begin.config_hash)

    @property
    def metadata(self) -> str | None:
        return self._alike(lambda begin: begin.metadata)

    @property
    def key_id(self) -> str | None:
        return self._alike(lambda begin: begin.key_id)

    @property
    def origin_version(self) -> str:
        """The version of Origin that recorded; of a run all that did."""
        return ", ".join(sorted({session.begin.origin_version for session in self.sessions}))

    def _alike(self, what: Callable[[Begin], _Value]) -> _Value | None:
        found = {what(session.begin) for session in self.sessions}
        return found.pop() if len(found) == 1 else None


def scope_of(of: StoredSession | Scope) -> Scope:
    return of if isinstance(of, Scope) else Scope((of,))


def find_run_scope(reader: Reader, name: str) -> Scope:
    """The run of that id, or the one whose id starts with `name`; the newest session's for `latest`.

    Raises NotFoundError, or AmbiguousError, which lists the candidates.
    """
    run_id = find_run(reader, name)
    return Scope(tuple(sessions_of(reader, run_id)), run_id)
