"""Checking a run against an earlier one while it is recorded: whether the loop gets the same data again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from origin.core.difference import COUNT, ORDER, REASONS, SAMPLE, compare, name_of, observations
from origin.core.fingerprint import Kind
from origin.core.record import RUNNING
from origin.core.record import SAMPLE as SAMPLE_ITEMS
from origin.errors import AmbiguousError, NotFoundError, OriginError, UsageError, shown
from origin.hooks.ahead import Ahead
from origin.storage import rows
from origin.storage.connection import resolve
from origin.storage.database import key_id
from origin.storage.reads import Reader
from origin.storage.steps import Span, delivered, items_of_batch, spans

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from origin.core.difference import Name, Observation
    from origin.core.record import Delivered
    from origin.storage.database import ProvenanceDatabase
    from origin.storage.reads import StoredBatch, StoredSession

    Expect = str | tuple[str | os.PathLike[str], str]

DIVERGENCE = "divergence"
"""The reason of the gap that records a divergence; it misses nothing."""

_KEPT_EPOCHS = 8


class DivergenceError(OriginError):
    """The loop was about to receive other data than the expected session recorded."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where a run left the expected one.

    step: the number of the batch in the epoch, from 0. position: of the first sample in it that differs; None where
    one side has no batch. reasons: of origin.core.difference.REASONS.
    """

    loader: str
    epoch: int
    step: int
    position: int | None
    reasons: tuple[str, ...]
    text: str


class Expected:
    """A session that was recorded, as what a loader of this session should deliver again.

    by_rows: batches may be cut differently, since the hook cuts them by time; rows are compared in their order.
    Raises UsageError, NotFoundError or AmbiguousError for a session that cannot be expected.
    """

    def __init__(self, db: ProvenanceDatabase, expect: Expect, loader: str, *, by_rows: bool = False) -> None:
        self.path, name = _place(db, expect)
        self.loader = loader
        self.by_rows = by_rows
        self.has_stopped = False
        """Once the expected session could not be read: nothing more is compared."""
        self.unchecked = 0
        """Batches that were not compared in whole: a gap stands beside them, something is not known of them, or the
        run had left the expected one before, in their epoch."""
        with Reader(self.path) as reader:
            self.session = _find(reader, name)
            _refuse_unusable(self.session, key_id(db.key))
            self._sources = dict(reader.sources(self.row))
            self._spans, loaders = self._read_spans(reader)
            lossy = [gap for _, gap in reader.gaps(self.row) if gap.reason != DIVERGENCE]
        if loader not in loaders:
            known = ", ".join(sorted(loaders)) or "no loader"
            raise UsageError(f"session {name:.12} recorded {known}, not {shown(loader)}: give wrap the same name")
        self._may_have_lost = any(
            gap.loader in (None, loader)
            and None in (gap.loader, gap.epoch, gap.step)
            and (gap.batches or gap.observations is None)
            for gap in lossy
        )
        self._epochs: dict[int, _Epoch] = {}
        self._runs: tuple[str, tuple[tuple[int, Name, int], ...]] = "", ()

    @property
    def row(self) -> int:
        return self.session.row

    def _read_spans(self, reader: Reader) -> tuple[dict[int, tuple[Span, bool]], set[str]]:
        """The epochs of this loader, and whether steps are missing before each; the names of all loaders."""
        found: dict[int, tuple[Span, bool]] = {}
        loaders = set()
        next_step = 0
        for span in spans(reader, self.row):
            loaders.add(span.loader)
            if span.loader == self.loader:
                found[span.epoch] = span, span.first_step > next_step
                next_step = max(next_step, span.last_step + 1)
        return found, loaders

    def check(self, batch: Delivered) -> Divergence | None:
        """Compare the batch that the loop is about to receive; a divergence is told once for each epoch."""
        epoch = self._epoch(batch.epoch, batch.step)
        number = epoch.count(batch.step)
        if epoch.is_over or self.has_stopped:
            self.unchecked += 1
            return None
        ended = epoch.take_rows(batch) if self.by_rows else epoch.take(batch, number)
        if ended is not None:
            epoch.is_over = True
        return ended

    def skip(self, epoch: int, step: int) -> None:
        """A batch was delivered that could not be looked at."""
        self.unchecked += 1
        found = self._epoch(epoch, step)
        found.count(step)
        found.is_over = found.is_over or self.by_rows

    def finish(self, number: int) -> Divergence | None:
        """The loader has no more batches in this epoch: the expected session should have none either."""
        epoch = self._epoch(number, 0)
        if epoch.is_over or self.has_stopped:
            return None
        epoch.is_over = True
        if not epoch.has_more():
            return None
        return self.divergence(number, epoch.number, None, {COUNT}, "the epoch is over, and more was expected")

    def divergence(self, epoch: int, step: int, position: int | None, reasons: set[str], what: str) -> Divergence:
        named = tuple(reason for reason in REASONS if reason in reasons)
        where = f"loader {self.loader}, epoch {epoch}, step {step} of the epoch"
        if position is not None:
            where += f", sample {position}"
        session = self.session.begin.session_id[:12]
        text = f"{where}: not the data of session {session} ({', '.join(named)}): {what}"
        return Divergence(self.loader, epoch, step, position, named, text)

    def may_lack(self, epoch: int) -> bool:
        """Whether the expected session may have had batches in this epoch, or after it, that its record has not."""
        last = max(self._spans, default=-1)
        return self._may_have_lost or (self.session.end is None and epoch >= last)

    def named_runs(self, stored: StoredBatch) -> tuple[tuple[int, Name, int], ...]:
        if self._runs[0] != stored.runs:
            runs = rows.unpack_runs(stored.runs)
            self._runs = stored.runs, tuple((kind, name_of(self._sources[number]), end) for kind, number, end in runs)
        return self._runs[1]

    def observations(self, stored: StoredBatch) -> list[Observation]:
        return observations(delivered(stored, self._sources))

    def _epoch(self, epoch: int, step: int) -> _Epoch:
        found = self._epochs.get(epoch)
        if found is None:
            span, after_hole = self._spans.get(epoch, (None, False))
            start = 0 if span is None else min(span.first_step, step) if after_hole else span.first_step
            ahead = Ahead(self.path, self.row, span, start)
            found = self._epochs[epoch] = _Epoch(self, epoch, ahead, is_recorded=span is not None)
            for old in list(self._epochs)[:-_KEPT_EPOCHS]:
                del self._epochs[old]
        return found


class _Epoch:
    """What is expected in one epoch, from the next batch on."""

    def __init__(self, expected: Expected, epoch: int, ahead: Ahead, *, is_recorded: bool) -> None:
        self._expected = expected
        self._epoch = epoch
        self._ahead = ahead
        self._is_recorded = is_recorded
        self._rows: deque[Observation] = deque()
        self._rows_number = 0
        self._own_start: int | None = None
        self.number = 0
        """Of the next batch that the loop receives."""
        self.is_over = False
        """Whether nothing more is compared: the run has left the expected one, or nothing tells what to compare."""

    def count(self, step: int) -> int:
        """The number in the epoch of a batch that the loop receives."""
        if self._own_start is None:
            self._own_start = step
        number = step - self._own_start
        self.number = number + 1
        return number

    def take(self, batch: Delivered, number: int) -> Divergence | None:
        """Compare with the expected batch of the same number."""
        stored = self._ahead.first_from(number)
        if stored is None:
            return self._too_many(number)
        if self._ahead.number(stored) > number:
            self._expected.unchecked += 1
            return None
        self._ahead.drop()
        if self._is_equal(batch, stored):
            return self._compare_items(batch, stored, number)
        ones = self._expected.observations(stored)
        return self._compare(ones, observations(batch), number) or self._compare_items(batch, stored, number)

    def take_rows(self, batch: Delivered) -> Divergence | None:
        """Compare with as many rows, however they were cut."""
        wanted = len(batch.digests)
        while len(self._rows) < wanted:
            stored = self._ahead.first()
            if stored is None or self._ahead.number(stored) != self._rows_number:
                break
            self._ahead.drop()
            self._rows_number += 1
            self._rows.extend(self._expected.observations(stored))
        ones = [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]
        if len(ones) < wanted and (self._ahead.has_gap_at(self._rows_number) or self._expected.may_lack(self._epoch)):
            # A hole in the expected rows: from here on nothing tells which belongs to which.
            self.is_over = True
            self._expected.unchecked += 1
            return None
        return self._compare(ones, observations(batch), self.number - 1)

    def has_more(self) -> bool:
        """Whether more is expected than has come."""
        return bool(self._rows) or self._ahead.first_from(0 if self._expected.by_rows else self.number) is not None

    def _too_many(self, number: int) -> Divergence | None:
        if self._expected.may_lack(self._epoch) or self._ahead.has_gap_at(number):
            self._expected.unchecked += 1
            return None
        what = "its epoch is over" if self._is_recorded else "it has no such epoch"
        return self._expected.divergence(self._epoch, number, None, {COUNT}, what)

    def _is_equal(self, batch: Delivered, stored: StoredBatch) -> bool:
        """Whether all that is recorded of both is the same: what is asked of nearly every batch, so it must be fast."""
        return (
            b"".join(batch.digests) == stored.fingerprints
            and tuple((kind, name_of(source), end) for kind, source, end in batch.runs)
            == self._expected.named_runs(stored)
            and rows.pack_indices(batch.indices) == stored.indices
            and rows.pack_keys(batch.keys) == stored.keys
            and all(kind != Kind.UNFINGERPRINTABLE for kind, _, _ in batch.runs)
        )

    def _compare(self, ones: list[Observation], others: list[Observation], number: int) -> Divergence | None:
        found = compare(ones, others)
        if found.position is None:
            self._expected.unchecked += bool(found.doubts)
            return None
        reasons = set(found.reasons)
        what = f"{_said(ones, found.position)} was expected, {_said(others, found.position)} came"
        if SAMPLE in reasons and found.position < len(others):
            elsewhere = self._ahead.find(others[found.position], self._expected.observations)
            if elsewhere is not None:
                reasons = reasons - {SAMPLE} | {ORDER}
                what += f", which was expected in step {elsewhere}"
        return self._expected.divergence(self._epoch, number, found.position, reasons, what)

    def _compare_items(self, batch: Delivered, stored: StoredBatch, number: int) -> Divergence | None:
        """Samples known by index: their fingerprints, where they were taken for this batch."""
        items = batch.items
        if items is None or items.role != SAMPLE_ITEMS:
            return None
        with Reader(self._expected.path) as reader:
            known = items_of_batch(reader, self._expected.row, stored.sequence)
        came = observations(replace(batch, digests=items.digests, runs=items.runs, indices=items.indices, keys=None))
        wanted = {} if known is None else {one.place: one for one in observations(known)}
        for one in came:
            other = wanted.get(one.place)
            if other is not None and other.sample != one.sample:
                position = next((at for at, row in enumerate(batch.indices or ()) if row == one.row), None)
                what = f"{_described(other)} was expected, {_described(one)} came"
                reasons = set(compare([other], [one]).reasons)
                return self._expected.divergence(self._epoch, number, position, reasons, what)
        self._expected.unchecked += any(one.place not in wanted for one in came)
        return None


def _place(db: ProvenanceDatabase, expect: Any) -> tuple[Path, str]:
    path, name = (db.path, expect) if not isinstance(expect, tuple) or len(expect) != 2 else expect
    if not isinstance(name, str) or not name:
        raise UsageError(f"expect is {shown(expect)}: give a session id, its start, or (path of its database, id)")
    return resolve(path), name


def _find(reader: Reader, name: str) -> StoredSession:
    prefix = name.lower()
    found = reader.sessions_by_prefix(prefix, 2) if prefix.isascii() and prefix.isalnum() else []
    if not found:
        raise NotFoundError(f"no session id in {reader.path} starts with {name!r:.80}: `origin sessions` lists them")
    if len(found) > 1:
        raise AmbiguousError(f"several session ids in {reader.path} start with {name!r:.80}: give more digits")
    return found[0]


def _refuse_unusable(session: StoredSession, key: str | None) -> None:
    name = session.begin.session_id[:12]
    if session.status == RUNNING:
        raise UsageError(f"session {name} is still being recorded: expect one that has ended")
    if session.begin.key_id != key:
        raise UsageError(f"session {name} was recorded under another key: its fingerprints cannot be compared")


def _said(found: list[Observation], position: int) -> str:
    return _described(found[position]) if position < len(found) else "no further sample"


def _described(one: Observation) -> str:
    place = shown(one.name.source_id) + (f" [{one.row}]" if one.row >= 0 else "")
    key = "" if one.key is None else f" {shown(one.key)}"
    digest = f" {one.digest.hex()[:12]}" if one.sample is not None else ""
    return f"{place}{key} ({one.name.license_id or 'licence unknown'}){digest}"
