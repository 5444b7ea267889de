"""The batches that an earlier session recorded in one epoch, read a few at a time while the loop runs.

Each read opens a connection and closes it again: one that stayed open would keep SQLite from folding the log of the
file that is being recorded.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from origin.core.fingerprint import CONTENT_KINDS
from origin.storage.reads import Reader
from origin.storage.steps import batches_of_epoch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from origin.core.difference import Observation
    from origin.storage.reads import StoredBatch
    from origin.storage.steps import Span

_BATCHES = 64
_OBSERVATIONS = 1 << 14
_LOOKED_UP = 64


class Ahead:
    """A queue of the epoch's batches, in the order of the log. span: None for an epoch that was not recorded.

    start: the step that counts as the epoch's first.
    """

    def __init__(self, path: Path, session: int, span: Span | None, start: int) -> None:
        self._path = path
        self._session = session
        self._span = span
        self._start = start
        self._after = -1 if span is None else span.first - 1
        self._batches: deque[StoredBatch] = deque()

    def first(self) -> StoredBatch | None:
        """The next batch, which stays; None when there is none."""
        if not self._batches and self._span is not None and self._after < self._span.last:
            self._read(self._span)
        return self._batches[0] if self._batches else None

    def first_from(self, number: int) -> StoredBatch | None:
        """The next batch of at least that number in the epoch; what comes before it is dropped."""
        stored = self.first()
        while stored is not None and self.number(stored) < number:
            self.drop()
            stored = self.first()
        return stored

    def drop(self) -> None:
        self._batches.popleft()

    def number(self, stored: StoredBatch) -> int:
        return stored.batch.step - self._start

    def has_gap_at(self, number: int) -> bool:
        """Whether the record knows that there was a batch, which it does not have."""
        return self._span is not None and self._start + number <= self._span.last_step

    def find(self, wanted: Observation, unpack: Callable[[StoredBatch], list[Observation]]) -> int | None:
        """The number of the epoch's batch that holds an observation, if the session's lookup can tell."""
        span = self._span
        if span is None or wanted.kind not in CONTENT_KINDS:
            return None
        with Reader(self._path) as reader:
            if reader.tally(self._session) is None:
                return None
            seen = reader.sightings(self._session, wanted.digest)
            for sequence in [number for number in seen if span.first <= number <= span.last][:_LOOKED_UP]:
                stored = reader.batch(self._session, sequence)
                place = None if stored is None else (stored.batch.loader, stored.batch.epoch)
                if stored and place == (span.loader, span.epoch) and wanted in unpack(stored):
                    return self.number(stored)
        return None

    def _read(self, span: Span) -> None:
        count = 0
        with Reader(self._path) as reader:
            for stored in batches_of_epoch(reader, self._session, span, self._after):
                self._batches.append(stored)
                self._after = stored.sequence
                count += stored.batch.count
                if len(self._batches) >= _BATCHES or count >= _OBSERVATIONS:
                    return
        self._after = span.last
