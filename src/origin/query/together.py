"""The sessions of a run, read as if they were one: what counts a session then counts a run."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, cast

from origin.query import count
from origin.storage import rows
from origin.storage.reads import Reader, Totals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from origin.core.record import Gap, Source
    from origin.storage.reads import StoredBatch, StoredItems, StoredSession


class Together:
    """Answers for all of the sessions, whichever is asked for, and for what follows from their batches alone.

    A declaration that several sessions made is one source, with a number of its own in place of that of an entry, from
    1 in the order of the sessions. Entries keep the numbers that they have in their session's log.
    """

    def __init__(self, reader: Reader, sessions: Sequence[StoredSession]) -> None:
        self.path = reader.path
        self._reader = reader
        self._sessions = [session.row for session in sessions]
        self._sources: dict[bytes, tuple[int, Source]] = {}
        self._numbers: dict[int, dict[int, int]] = {}
        self._tally: dict[int, tuple[int, int]] | None = None
        for row in self._sessions:
            self._numbers[row] = {entry: self._number(source) for entry, source in reader.sources(row)}

    def _number(self, source: Source) -> int:
        return self._sources.setdefault(source.digest(), (len(self._sources) + 1, source))[0]

    @property
    def reader(self) -> Reader:
        """Itself, for what asks a reader for nothing else than is here."""
        return cast("Reader", self)

    def numbers(self, session: int) -> dict[int, int]:
        """The numbers of the sources that a session declared, by those of their entries."""
        return self._numbers[session]

    def sources(self, _session: int) -> list[tuple[int, Source]]:
        return list(self._sources.values())

    def totals(self, _session: int) -> Totals:
        found = [self._reader.totals(row) for row in self._sessions]
        return Totals(*(sum(getattr(one, name) for one in found) for name in ("batches", "observations", "size")))

    def tally(self, session: int) -> dict[int, tuple[int, int]]:
        """Counted once, as several questions follow from it."""
        if self._tally is None:
            self._tally = count.counted(self.reader, session)
        return self._tally

    def pages(self, _session: int) -> Iterator[tuple[int, bytes, bytes]]:
        """None: no sightings are sorted over several sessions."""
        return iter(())

    def batches(self, _session: int) -> Iterator[StoredBatch]:
        for row in self._sessions:
            for stored in self._reader.batches(row):
                yield replace(stored, runs=renumbered(stored.runs, self._numbers[row]))

    def items(self, _session: int) -> Iterator[StoredItems]:
        for row in self._sessions:
            for stored in self._reader.items(row):
                yield replace(stored, runs=renumbered(stored.runs, self._numbers[row]))

    def runs(self, _session: int) -> Iterator[tuple[int, str]]:
        for row in self._sessions:
            for sequence, packed in self._reader.runs(row):
                yield sequence, renumbered(packed, self._numbers[row])

    def runs_with_unknown(self, _session: int) -> Iterator[str]:
        return chain.from_iterable(map(self._reader.runs_with_unknown, self._sessions))

    def gaps(self, _session: int) -> Iterator[tuple[int, Gap]]:
        return chain.from_iterable(map(self._reader.gaps, self._sessions))


def renumbered(packed: str, numbers: dict[int, int]) -> str:
    """The same runs with the numbers of their sources changed."""
    return rows.pack_runs([(kind, numbers[source], end) for kind, source, end in rows.unpack_runs(packed)])
