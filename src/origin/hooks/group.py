"""Rows that a loop receives one by one, put together until they are worth a batch in the record."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from origin.hooks.observe import Observed, identity_of, put_together, with_licenses
from origin.hooks.usage import evidence_now

if TYPE_CHECKING:
    from origin.core.fingerprint import Identity
    from origin.hooks.recorder import Loader, Recorder
    from origin.hooks.stated import Stated
    from origin.hooks.usage import Iteration

MAX_ROWS = 256
"""Rows of one group: a row in the database for each would cost many times as much space and time."""

MAX_WAIT_S = 1.0
"""A row that comes this long after the last recording is recorded at once: kill -9 can take one second of rows."""

Numbering = Callable[[Sequence[int]], list[int] | None]
Described = tuple[Any, str | None, "Stated"]
Row = tuple["Identity", int, str | None, "Stated"]


class Group:
    """Delivered rows of one epoch that wait to be recorded together.

    A row is fingerprinted before the loop has it, since the loop may change it. What waits is recorded when the group
    is full, when a second has passed, at the end of the iteration, when another iteration of the session begins, and
    before the session is flushed, ended or closed; from whichever thread (or signal handler) does so, hence the lock.

    numbering: from positions in the loader to indices in the source. describe: a row's sample, key and own licence.
    iteration: the pass that the rows belong to, None where nothing tells when it ends.
    """

    def __init__(
        self,
        recorder: Recorder,
        loader: Loader,
        epoch: int,
        numbering: Numbering,
        describe: Callable[[Any], Described],
        iteration: Iteration | None,
    ) -> None:
        # What other iterators hold was delivered before: it goes first.
        recorder.hand_over()
        self._recorder = recorder
        self._loader = loader
        self._epoch = epoch
        self._numbering = numbering
        self._describe = describe
        self._recorded_at = time.monotonic()
        self._iteration = iteration
        self._evaluated: str | None = None
        self._start()

    def _start(self) -> None:
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._rows: list[Row] = []
        self._missed = 0
        self._error: Exception | None = None

    def add(self, row: Any, position: int) -> None:
        """A row that the loop receives next, and its position in the loader. Raises only when strict."""
        if os.getpid() != self._process:
            self._start()  # a forked child: what waits here is its parent's to record
        with self._lock:
            evaluated = evidence_now()
            if evaluated != self._evaluated:
                self.hand_over()
                self._evaluated = evaluated
            try:
                sample, key, license_id = self._describe(row)
                self._rows.append((identity_of(sample), position, key, license_id))
            except Exception as error:
                if self._recorder.strict:
                    raise
                self._missed += 1
                self._error = error
            waiting = len(self._rows) + self._missed
            if waiting >= MAX_ROWS or time.monotonic() - self._recorded_at >= MAX_WAIT_S:
                self.hand_over()
            elif waiting == 1:
                self._recorder.hold(self.hand_over)

    def end_epoch(self) -> None:
        """The loader has no more rows, and all that came were handed over. Raises only when strict."""
        self._recorder.end_epoch(self._loader, self._epoch)

    def hand_over(self) -> None:
        """Record the rows that wait. Raises only when strict."""
        if os.getpid() != self._process:
            return
        with self._lock:
            self._recorder.let_go(self.hand_over)
            self._recorded_at = time.monotonic()
            rows, self._rows = self._rows, []
            missed, self._missed = self._missed, 0
            if rows:
                self._recorder.record(
                    self._loader, self._epoch, partial(self._observed, rows), self._iteration, self._evaluated
                )
            if missed and self._error is not None:
                self._recorder.miss(self._loader, self._epoch, self._loader.take_step(), missed, self._error)

    def _observed(self, rows: list[Row]) -> Observed:
        identities, positions, keys, licenses = map(list, zip(*rows, strict=True))
        observed = put_together(identities, self._numbering(positions), keys if any(keys) else None)
        return with_licenses(observed, licenses) if any(licenses) else observed
