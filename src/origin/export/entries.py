"""The entries of a record as facts, session by session: a session has one log, a run that of each of its sessions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from origin.export.facts import batch_facts, gap_facts, items_facts, note_facts, used_facts
from origin.query.together import renumbered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.core.record import Source
    from origin.query.report import Report
    from origin.storage.reads import Reader, StoredBatch, StoredItems, StoredSession

_Stored = TypeVar("_Stored", "StoredBatch", "StoredItems")


@dataclass(frozen=True, slots=True)
class Log:
    """The entries of one session. In a run, each says of which session it is, and names sources by their numbers there.

    numbers: those of a run's sources, by their entries in this log; None for a session alone.
    """

    reader: Reader
    session: StoredSession
    sources: dict[int, Source]
    numbers: dict[int, int] | None

    def batches(self) -> Iterator[dict[str, Any]]:
        for stored in self.reader.batches(self.session.row):
            yield self._of_session(batch_facts(self._renumbered(stored), self.sources))

    def items(self) -> Iterator[dict[str, Any]]:
        for stored in self.reader.items(self.session.row):
            yield self._of_session(items_facts(self._renumbered(stored)))

    def gaps(self) -> Iterator[dict[str, Any]]:
        return (self._of_session(gap_facts(*found)) for found in self.reader.gaps(self.session.row))

    def used(self) -> Iterator[dict[str, Any]]:
        return (self._of_session(used_facts(*found)) for found in self.reader.uses(self.session.row))

    def notes(self) -> Iterator[dict[str, Any]]:
        return (self._of_session(note_facts(*found)) for found in self.reader.notes(self.session.row))

    def _of_session(self, fact: dict[str, Any]) -> dict[str, Any]:
        return fact if self.numbers is None else {"session_id": self.session.begin.session_id, **fact}

    def _renumbered(self, stored: _Stored) -> _Stored:
        return stored if self.numbers is None else replace(stored, runs=renumbered(stored.runs, self.numbers))


def logs(reader: Reader, report: Report) -> Iterator[Log]:
    """The log of each session of a report, in the order of its parts."""
    sources = {use.sequence: use.source for use in report.sources}
    of_digest = {use.source.digest(): use.sequence for use in report.sources} if report.of.is_run else None
    for session in report.of.sessions:
        declared = reader.sources(session.row) if of_digest is not None else ()
        numbers = None if of_digest is None else {entry: of_digest[source.digest()] for entry, source in declared}
        yield Log(reader, session, sources, numbers)
