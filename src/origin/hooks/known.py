"""What is known of the rows of a session's sources, so that each is fingerprinted once.

One byte a row: NEW, KNOWN (its fingerprint is in the file: a worker need not look at it again), or CHECKED (the same,
and it is fingerprinted every time to be compared with the first). A row is known only once the writer has acknowledged
the batch that brought its fingerprint: at the start of an iteration, and after each as many samples as there are rows.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from origin.errors import UsageError
from origin.hooks.tags import is_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.storage.database import ProvenanceDatabase
    from origin.storage.writer import Recording

NEW, KNOWN, CHECKED = 0, 1, 2

Content = tuple[int, bytes]
"""Kind and digest of what was fingerprinted, without the key."""

_MASK = (1 << 64) - 1


@dataclass(eq=False, slots=True)
class KnownRows:
    """The rows of one source, and of the one data set that is behind it in this session."""

    dataset: Any
    states: bytearray = field(default_factory=bytearray)
    waiting: dict[int, int] = field(default_factory=dict)
    """Rows whose fingerprint was handed to the writer, and what they become once it is written."""
    first: dict[int, Content] = field(default_factory=dict)
    """Of the rows that are compared every time."""

    def state(self, row: int) -> int:
        return self.states[row] if row < len(self.states) else NEW

    def upto(self, count: int) -> bytes:
        """The states of the first rows."""
        return bytes(self.states[:count]).ljust(count, b"\0")

    def has(self, row: int) -> bool:
        return row in self.waiting or self.state(row) != NEW

    def note(self, row: int, content: Content, *, check: bool) -> None:
        """The row's fingerprint is on its way to the file."""
        self.waiting[row] = CHECKED if check else KNOWN
        if check:
            self.first.setdefault(row, content)

    def settle(self) -> None:
        """What was on its way has arrived."""
        if self.waiting:
            self.states.extend(bytes(max(0, max(self.waiting) + 1 - len(self.states))))
            for row, state in self.waiting.items():
                self.states[row] = state
            self.waiting.clear()

    def forget(self) -> None:
        self.states.clear()
        self.waiting.clear()
        self.first.clear()


class KnownSources:
    """What is known of all sources of a session, shared by its hooks.

    is_over: nothing is known by its index alone any more, and `why`.
    """

    def __init__(self) -> None:
        self.seed: int | None = None
        self.recheck = 0.0
        self.is_over = False
        self.why: str | None = None
        self._rows: dict[str, KnownRows] = {}

    def agree(self, session_id: str, recheck: float, seed: int | None) -> bool:
        """Take a hook's settings; whether they are the session's first. Raises UsageError for two that differ."""
        if self.seed is None:
            self.seed = int(session_id[:16], 16) if seed is None else seed
            self.recheck = recheck
            return True
        if recheck != self.recheck or seed not in (None, self.seed):
            raise UsageError(
                f"this session checks {self.recheck} of the rows by seed {self.seed}: give all its hooks the same"
            )
        return False

    def rows(self, source_id: str, dataset: Any) -> KnownRows | None:
        """What is known of a source; None when the session has another data set under that name already.

        An index would then be taken for one of the other's.
        """
        found = self._rows.get(source_id)
        if found is None:
            found = self._rows[source_id] = KnownRows(dataset)
        return found if _is_same(found.dataset, dataset) else None

    def is_checked(self, row: int) -> bool:
        """Whether a row is one of the seeded fraction: a hash of seed and row, and no random generator's choice."""
        mixed = ((self.seed or 0) * 0x9E3779B97F4A7C15 + row * 0xD1342543DE82EF95 + 0x632BE59BD9B4E019) & _MASK
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) < self.recheck * (_MASK + 1)

    def acknowledge(self, db: ProvenanceDatabase, recording: Recording) -> None:
        """Wait for the writer: what it has written is known from here on. A loss ends all knowledge."""
        if not self.is_over and any(rows.waiting for rows in self._rows.values()):
            db.flush()
        if recording.problem is not None:
            self.end(f"not all could be written ({recording.problem})")
        for rows in self._rows.values():
            rows.settle()

    def end(self, why: str) -> None:
        """From here on everything is fingerprinted."""
        self.is_over = True
        self.why = self.why or why
        for rows in self._rows.values():
            rows.forget()


_sessions: weakref.WeakKeyDictionary[Recording, KnownSources] = weakref.WeakKeyDictionary()


def known_sources(recording: Recording) -> KnownSources:
    return _sessions.setdefault(recording, KnownSources())


def _is_same(one: Any, other: Any) -> bool:
    """Whether rows have the same numbers in both: one object, or one Arrow table behind Hugging Face data sets."""
    if one is other:
        return True
    return is_table(one) and is_table(other) and _memory(one) == _memory(other)


def _memory(dataset: Any) -> list[Iterable[int]]:
    """Where the first rows of the table lie."""
    chunks = [column.chunk(0) for column in dataset.data.columns if column.num_chunks]
    return [tuple(buffer.address for buffer in chunk.buffers() if buffer is not None) for chunk in chunks]
