"""From a file that was just saved to the note that binds it: read by a thread of its own, so that training goes on.

The place of a model in the log is taken before it is saved; the note comes once its digest is known, and names that
place. Small models are read at once: a loop that saves to one path again and again would else overtake the thread.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.core.record import Gap, Note, canonical_json
from origin.errors import warn
from origin.storage.models import MODEL, digested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from origin.storage.database import ProvenanceDatabase
    from origin.storage.models import Listing
    from origin.storage.writer import Recording

AT_ONCE = 4_000_000
"""Bytes that are read within the call: milliseconds, where the call itself has just written as many."""

_HASTE_S = 0.5


class Followed:
    """A session of this process into which models are recorded."""

    def __init__(self, db: ProvenanceDatabase, recording: Recording, forget: Callable[[Followed], None]) -> None:
        self._db = db
        self._forget = forget
        self._process = os.getpid()
        self._warned = False
        self._lacking: set[str] = set()
        self.recording = recording
        recording.unfinished.add(self.finish)

    @property
    def is_over(self) -> bool:
        return self.recording.ended or os.getpid() != self._process

    @property
    def path(self) -> Path:
        return self._db.path

    def mark(self) -> Mark:
        """Where the session stands now. Raises what ProvenanceDatabase.position raises."""
        steps = getattr(self.recording.usage, "steps", None)  # that of origin.hooks.usage, where there is one
        return Mark(self, self._db.position(self.recording.session_id), steps)

    def write(self, content: dict[str, Any]) -> None:
        self._db.put(self.recording, Note(MODEL, canonical_json("content", content)))

    def lose(self, why: str) -> None:
        """Record that a model is not recorded, and warn once."""
        detail = f"a model is not recorded: {why}"[:1000]
        if not self._warned:
            self._warned = True
            warn(f"{detail}; training goes on, every such case is a gap in {self.path}")
        try:
            self._db.put(self.recording, Gap(MODEL, detail, 0, 0))
        except Exception as refused:  # noqa: BLE001 - nothing of ours may reach the training
            self.recording.warn_once(self.path, f"{detail}; and the gap itself: {refused}")

    def lack(self, whys: Iterable[str]) -> None:
        """What is saved in some ways is not recorded: a gap for each, once."""
        for why in whys:
            if why not in self._lacking:
                self._lacking.add(why)
                self.lose(why)

    def finish(self, ends: bool) -> None:  # noqa: FBT001 - called by Recording.finish
        """Wait until all that was saved is recorded. ends: the session ends now."""
        if os.getpid() != self._process:
            return
        reader.wait(self)
        if ends:
            self.recording.unfinished.discard(self.finish)
            self._forget(self)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a session stood when a model was about to be saved, and the optimizer steps that were seen until then."""

    followed: Followed
    after: int
    steps: int | None


@dataclass(slots=True)
class Saved:
    """A model on the disk that is to be recorded at these marks."""

    listing: Listing
    how: str
    marks: list[Mark]
    name: str | None = None
    is_given_up: bool = False

    def record(self) -> None:
        try:
            bound = digested(self.listing, self.name)
        except Exception as error:  # noqa: BLE001 - told, never raised
            self.lose(f"{type(error).__name__}: {error}")
            return
        for mark in [] if self.is_given_up else self.marks:
            try:
                mark.followed.write({**bound.content(self.how, mark.steps), "after": mark.after})
            except Exception as error:  # noqa: BLE001 - told, never raised
                mark.followed.lose(f"{self.listing.path}: {type(error).__name__}: {error}")

    def lose(self, why: str) -> None:
        for mark in [] if self.is_given_up else self.marks:
            mark.followed.lose(why)


class ReadingThread:
    """Reads what was saved, one model after the other. The thread is there while there is something to read."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Saved] = deque()
        self._reading: Saved | None = None
        self._is_running = False
        self._limit_s: float | None = None

    def take(self, saved: Saved) -> None:
        if saved.listing.bytes <= AT_ONCE:
            saved.record()
            return
        with self._changed:
            # Queued once there is a thread: what none reads would be waited for without end.
            if self._is_running or self._starts():
                self._waiting.append(saved)
                return
        saved.record()

    def _starts(self) -> bool:
        try:
            threading.Thread(target=self._run, name="origin-models", daemon=True).start()
        except RuntimeError:  # the limit of threads is reached, or Python ends
            return False
        self._is_running = True
        return True

    def hurry(self) -> None:
        """The process is about to be killed: what is not read soon is given up, and told."""
        self._limit_s = _HASTE_S

    def wait(self, followed: Followed) -> None:
        """Until nothing of that session is left to be read."""
        with self._changed:
            self._changed.wait_for(lambda: not self._left(followed), self._limit_s)
            for saved in self._left(followed):
                saved.lose(f"{saved.listing.path} was still being read when the process was ended")
                saved.is_given_up = True

    def _left(self, followed: Followed) -> list[Saved]:
        left = [*self._waiting, *([] if self._reading is None else [self._reading])]
        return [one for one in left if not one.is_given_up and any(mark.followed is followed for mark in one.marks)]

    def _run(self) -> None:
        while True:
            with self._changed:
                self._reading = None
                self._changed.notify_all()
                if not self._waiting:
                    self._is_running = False
                    return
                self._reading = self._waiting.popleft()
            self._reading.record()


reader = ReadingThread()
hurry = reader.hurry


def _forget_in_child() -> None:
    """A forked child has no such thread, and nothing of its own to read."""
    reader.__init__()  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
