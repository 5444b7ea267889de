"""The sealed set, built again from the batches and compared with its pages and with the note that commits it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from origin.core.entry import entry_bytes
from origin.core.merkle import Frontier
from origin.core.record import End, Note
from origin.errors import UnreadableDatabaseError
from origin.query.findings import plain
from origin.storage import rows
from origin.storage.log import SEALED_SET
from origin.storage.sealed_set import (
    EDGE,
    Page,
    SealedSet,
    SetPages,
    license_counts,
    read_page,
    read_pages,
    read_places,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from origin.query.findings import Findings
    from origin.storage.erased import Member
    from origin.storage.raw import RawReader


class _Leaves:
    """The stored pages of level 0, asked for in order: one query for each would take longer than what it checks."""

    def __init__(self, reader: RawReader, session: int) -> None:
        self._pages = read_pages(reader, session)
        self._at: tuple[int, Page] | None = (-1, Page(b""))

    def page(self, number: int) -> Page | None:
        while self._at is not None and self._at[0] < number:
            self._at = next(self._pages, None)
        return self._at[1] if self._at is not None and self._at[0] == number else None


class SetCheck:
    """Checks one session's set. `pages` takes the fingerprints; `is_committed`: the log states that there is one.

    erased: the members whose fingerprints are not in the file any more.
    """

    def __init__(self, reader: RawReader, session: int, findings: Findings, erased: Mapping[int, Member]) -> None:
        self.reader = reader
        self.session = session
        self.findings = findings
        self.pages = SetPages(self._compare, erased)
        self._leaves = _Leaves(reader, session)
        self._note = self._committed()

    @property
    def is_committed(self) -> bool:
        return self._note is not None

    def _committed(self) -> tuple[int, object, tuple[object, ...]] | None:
        """Number and content of the note directly before the end, if it is one of a sealed set, and the end."""
        try:
            ends = {row[0]: row[1:] for row in self.reader.entry_rows("ending", self.session)}
            for sequence, kind, content in self.reader.entry_rows("note", self.session):
                if kind == SEALED_SET and sequence + 1 in ends:
                    return sequence, content, ends[sequence + 1]
        except UnreadableDatabaseError:
            pass  # the log's own check has told
        return None

    def close(self, session_id: str, observations: Mapping[int, int]) -> None:
        """Once all fingerprints are in. observations: how many came from each source, by its number; 0: all."""
        if self._note is not None:
            root = self.pages.close()
            entry, content, end = self._note
            seen = observations[0]
            licenses = hashlib.sha256(self._licenses(observations).encode()).hexdigest()
            found = SealedSet(self.pages.samples, root, seen, seen - self.pages.observations, licenses)
            if content != found.content(session_id, self._key_id(), entry):
                self.findings.add("sealed set", "what the log commits is not what the batches give")
            self._check_edge(entry, content, end)
        self._find_others()

    def _check_edge(self, entry: int, content: object, end: tuple[object, ...]) -> None:
        """The edge of the tree before the note must lead to the head by the note and the end."""
        where = "sealed set, page 0 of level -1"
        try:
            stored = read_page(self.reader, self.session, EDGE, 0)
            if stored is None:
                self.findings.add(where, "is missing")
                return
            frontier = Frontier(entry, rows.unpack_digests(bytes(stored.content)))
            frontier.append(entry_bytes(Note(SEALED_SET, *plain((content,)))))
            frontier.append(entry_bytes(End(*plain(end))))
            head = next((row[11] for row in self.reader.session_rows() if row[0] == self.session), None)
            if b"".join(frontier.hashes) != head or stored[1:] != (None, None):
                self.findings.add(where, "is not the edge of the log before its last two entries")
        except (UnreadableDatabaseError, ValueError, TypeError):
            self.findings.add(where, "is no edge of a tree")

    def _licenses(self, observations: Mapping[int, int]) -> str:
        try:
            return license_counts(self.reader.sources(self.session), observations)
        except (UnreadableDatabaseError, ValueError, TypeError, RecursionError):
            return "unreadable"  # a finding of its own

    def _key_id(self) -> str | None:
        for row in self.reader.session_rows():
            if row[0] == self.session:
                return row[9] if isinstance(row[9], str) else None
        return None

    def _compare(self, level: int, number: int, page: Page) -> None:
        where = f"sealed set, page {number} of level {level}"
        try:
            stored = self._leaves.page(number) if level == 0 else read_page(self.reader, self.session, level, number)
        except UnreadableDatabaseError as error:
            self.findings.add(where, str(error))
            return
        if stored is None:
            self.findings.add(where, "is missing")
        elif stored != page:
            wrong = "hashes are not those of the pages below it" if level else "samples are not those of the batches"
            self.findings.add(where, f"its {wrong}")

    def _find_others(self) -> None:
        expected = self.pages.written if self.is_committed else []
        try:
            for level, page in read_places(self.reader, self.session):
                if self.is_committed and (level, page) == (EDGE, 0):
                    continue
                if not (0 <= level < len(expected) and 0 <= page < expected[level]):
                    self.findings.add(f"sealed set, page {page} of level {level}", "is none that was committed")
        except UnreadableDatabaseError as error:
            self.findings.add("sealed set", str(error))
