"""The one thread that writes: batches queue up, are committed in groups, and slow the loop down rather than get lost.

A group that cannot be written (disk full, file locked, I/O error) is dropped and counted; the count becomes a gap entry
as soon as writing works again. The training loop is told once, by a warning, and goes on.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
import weakref
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from origin.core.record import Delivered, Gap, Note, Used
from origin.errors import ReadOnlyError, StorageError, warn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from origin.storage.log import SessionLog

T = TypeVar("T")

Queued = Delivered | Used | Note | Gap
"""What a hook hands over."""

MAX_QUEUED = 1 << 16
"""Observations that may wait to be written, before `put` blocks: about 6 MB. One batch is always taken."""

MAX_GROUP = 1 << 14
"""Observations that are enough for a transaction of their own."""

DELAY_S = 0.2
"""How long a batch may wait for others to share its transaction. Each one takes the interpreter's lock back and forth
between this thread and the training loop a dozen times: one a step would cost the loop more than all hashing."""


class Recording:
    """A session that this process records: its log, and what of it could not be written yet."""

    def __init__(self, log: SessionLog, session_id: str) -> None:
        self.log = log
        self.session_id = session_id
        self.lost_batches = 0
        self.lost_observations: int | None = 0
        """None once something was lost of which it is not known how much it was."""
        self.has_lost = False
        self.problem: str | None = None
        """Why something was not written, for the warning; None while all is well."""
        self.held: set[Callable[[], None]] = set()
        """Hooks that hold delivered samples back, to record many together: each queues now what it holds."""
        self.unfinished: set[Callable[[bool], None]] = set()
        """What is still looked at, such as the files of models: each returns once it has queued what it found. It is
        told whether that was the last time."""
        self.ended = False
        self.usage: object = None
        """What hooks know of this session together (origin.hooks.usage)."""
        self._loaders = 0
        self._warned = False

    def warn_once(self, path: Path, detail: str) -> None:
        """Tell that the record will have gaps, the first time that there is something to tell."""
        if not self._warned:
            self._warned = True
            warn(f"not all batches can be recorded in {path}; training goes on, gaps are counted ({detail})")

    def hand_over(self) -> None:
        """Have what was delivered so far queued, before it is said to be on the disk."""
        for release in list(self.held):
            release()

    def finish(self, *, ends: bool) -> None:
        """Have everything queued: before the session ends for this process, or somebody lets the file go."""
        for finish in list(self.unfinished):
            finish(ends)
        self.hand_over()

    def count_loader(self) -> int:
        """The number of one more loader that has no name."""
        self._loaders += 1
        return self._loaders

    def lose(self, item: Queued) -> None:
        batches, observations = _weight(item)
        self.has_lost = True
        self.lost_batches += batches
        known = self.lost_observations is not None and observations is not None
        self.lost_observations = (self.lost_observations or 0) + (observations or 0) if known else None

    def write_lost(self) -> None:
        """Turn what was lost into a gap entry, inside a transaction."""
        if self.has_lost:
            self.log.add_gap(Gap("storage", self.problem or "", self.lost_batches, self.lost_observations))

    def forget_lost(self) -> None:
        """Once the gap is committed."""
        self.has_lost = False
        self.lost_batches = self.lost_observations = 0


@dataclass(frozen=True, slots=True)
class _Write:
    recording: Recording
    item: Queued
    weight: int


@dataclass(frozen=True, slots=True)
class _Call:
    function: Callable[[sqlite3.Connection], Any]
    future: Future[Any]
    weight: int = 0


class Writer:
    """Owns the file's one read-write connection, in a thread of its own."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self.process = os.getpid()
        self._changed = threading.Condition()
        self._queue: deque[_Write | _Call] = deque()
        self._queued = 0
        self._urgent = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="origin-writer", daemon=True)
        self._thread.start()
        _writers.add(self)

    def put(self, recording: Recording, item: Queued) -> None:
        """Queue a batch or gap; blocks while too much waits. Raises ReadOnlyError in a forked child."""
        weight = 1 + (len(item.digests) if isinstance(item, Delivered) else 0)
        self._enqueue(_Write(recording, item, weight))

    def call(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` in the writer thread once all that was queued before is written; its result or error."""
        future: Future[T] = Future()
        self._enqueue(_Call(function, future))
        return future.result()

    def flush(self) -> None:
        """Return once all that was queued is committed, or counted as lost."""
        self.call(lambda _connection: None)

    def stop(self) -> None:
        """Write what is queued, then end the thread; the connection stays open."""
        if os.getpid() != self.process:
            return
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()
        _writers.discard(self)

    def _enqueue(self, task: _Write | _Call) -> None:
        # A lock inherited over fork may be held for ever: ask for the process before touching it.
        if os.getpid() != self.process:
            raise ReadOnlyError(
                f"{self.path} belongs to process {self.process}: a forked process must record into a file of its own"
            )
        with self._changed:
            while not self._stopping and self._queued and self._queued + task.weight > MAX_QUEUED:
                self._changed.wait()
            if self._stopping:
                raise StorageError(f"{self.path} is closed: open the database again to record")
            self._queue.append(task)
            self._queued += task.weight
            # The thread is woken for a reason only: see DELAY_S.
            if len(self._queue) == 1 or self._queued >= MAX_GROUP or isinstance(task, _Call):
                self._urgent = self._queued >= MAX_GROUP or isinstance(task, _Call)
                self._changed.notify_all()

    def _run(self) -> None:
        while True:
            group = self._next_group()
            if not group:
                return
            if isinstance(group[0], _Call):
                _answer(group[0], self.connection)
            else:
                self._write_group([task for task in group if isinstance(task, _Write)])
            with self._changed:
                self._queued -= sum(task.weight for task in group)
                self._changed.notify_all()
            # Drop the references before waiting for more: a batch must not outlive its writing.
            del group

    def _next_group(self) -> list[_Write | _Call]:
        """A call alone, or as many batches as one transaction takes; empty when there will be none."""
        with self._changed:
            while not self._queue and not self._stopping:
                self._changed.wait()
            deadline = time.monotonic() + DELAY_S
            while not self._urgent and not self._stopping and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            group: list[_Write | _Call] = []
            weight = 0
            while self._queue and weight < MAX_GROUP:
                if isinstance(self._queue[0], _Call) and group:
                    break
                group.append(self._queue.popleft())
                weight += group[-1].weight
                if isinstance(group[-1], _Call):
                    break
            self._urgent = bool(self._queue)
            return group

    def _write_group(self, group: list[_Write]) -> None:
        recordings = list({task.recording: None for task in group})
        heads = [recording.log.head.copy() for recording in recordings]
        try:
            with transaction(self.connection):
                for recording in recordings:
                    recording.write_lost()
                for task in group:
                    task.recording.log.add(task.item)
                for recording in recordings:
                    recording.log.settle()
                    recording.log.save_head()
        except Exception as error:  # noqa: BLE001 - the seam that keeps the thread alive; what it drops is counted
            for recording, head in zip(recordings, heads, strict=True):
                recording.log.restore(head)
            self._drop(group, error)
        else:
            for recording in recordings:
                recording.forget_lost()

    def _drop(self, group: list[_Write], error: Exception) -> None:
        if len(group) > 1 and not isinstance(error, sqlite3.Error):
            # One bad batch must not take its neighbours with it.
            for task in group:
                self._write_group([task])
            return
        for task in group:
            task.recording.problem = f"{type(error).__name__}: {error}"
            task.recording.lose(task.item)


def _weight(item: Queued) -> tuple[int, int | None]:
    """The batches and observations that are lost with an item; what became of a batch is no batch."""
    if isinstance(item, Delivered):
        return 1, len(item.digests)
    return (item.batches, item.observations) if isinstance(item, Gap) else (0, 0)


def _answer(call: _Call, connection: sqlite3.Connection) -> None:
    try:
        call.future.set_result(call.function(connection))
    except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
        call.future.set_exception(error)


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Any:
    """A write transaction from the start, so that it cannot fail half-way for a newer snapshot (BUSY_SNAPSHOT)."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # SQLite rolls some failures (disk full) back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


# SQLite connections must not be used, nor closed, by a child of the process that opened them: the child keeps every
# writer, and with it the connection, until it ends.
_writers: weakref.WeakSet[Writer] = weakref.WeakSet()
_kept_in_child: list[Writer] = []


def _keep_after_fork() -> None:
    _kept_in_child.extend(_writers)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keep_after_fork)
