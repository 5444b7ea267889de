"""Comparing a session with heads of its log that were kept outside the file, and checking a part of a long record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from origin.query.findings import Findings


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head of a session's log, from outside the file: the root of its first `size` entries, at least one.

    source: where it was kept, in words. expected: the session must be in the file; else it is compared if it is there.
    """

    session_id: str
    size: int
    root: bytes
    source: str
    expected: bool = True


@dataclass(frozen=True, slots=True)
class Fork:
    """An anchor and a file that state different histories: the file's own head, as far as the anchor's goes."""

    anchor: Anchor
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """Part `number` of `total`, counted from 1: every batch whose number in the log leaves the same remainder."""

    number: int = 1
    total: int = 1

    def covers(self, sequence: int) -> bool:
        return sequence % self.total == self.number % self.total

    @property
    def is_last(self) -> bool:
        """What needs all batches at once, the lookup, is checked with the last part: so all parts check everything."""
        return self.number == self.total


def compare(anchor: Anchor, size: int, roots: dict[int, bytes], findings: Findings) -> Fork | None:
    """Hold an anchor against a log of `size` entries with these `roots`; a difference is a finding.

    roots: of the first n entries, at least for the anchor's size, and for `size` where the anchor's is larger.
    """
    found = roots.get(min(anchor.size, size))
    if found is None:
        findings.add("log", f"its entries are not all there to compare with {anchor.source}")
        return None
    if anchor.size > size:
        findings.add(
            "log", f"{anchor.source} covers {anchor.size} entries, the file {size}: it is an older copy or cut"
        )
        return Fork(anchor, size, found)
    if found != anchor.root:
        entries = "the first entry" if anchor.size == 1 else f"the first {anchor.size} entries"
        findings.add("log", f"{entries} are another history than {anchor.source} states: the record was rewritten")
        return Fork(anchor, anchor.size, found)
    return None
