"""A session's tree, hashed again, against the head that was stored with the rows.

The head is the right-hand edge of the tree: the roots of full subtrees ("peaks"), largest first. Each is compared by
itself, so that a changed entry is narrowed down to the peak that covers it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from origin.core.merkle import Frontier
from origin.storage import rows

if TYPE_CHECKING:
    from collections.abc import Container

    from origin.query.findings import Findings

_UNKNOWN_SIZE = 1 << 63


@dataclass(slots=True)
class _Peak:
    """Entries `start` to `end` (exclusive) and the root that the head states for them, None where it cannot be read."""

    start: int
    end: int
    stated: bytes | None
    tree: Frontier = field(default_factory=Frontier)

    def root(self) -> bytes | None:
        """None unless each of its entries was appended."""
        return self.tree.root() if self.tree.size == self.end - self.start else None


class CommittedTree:
    """`size`: how many entries the head covers. `roots`: those of the first n entries, for each n of `sizes`."""

    def __init__(self, size: object, frontier: object, findings: Findings, sizes: Container[int] = ()) -> None:
        self.findings = findings
        self.roots: dict[int, bytes] = {}
        self._sizes = sizes
        self.size = _UNKNOWN_SIZE
        self._broken = True
        self._at = 0
        if type(size) is not int or size < 1:
            findings.add("head", f"it covers {size!r:.40} entries, but every session has at least one")
        else:
            self.size = size
        self._peaks = self._split(frontier)

    @property
    def is_size_known(self) -> bool:
        return self.size != _UNKNOWN_SIZE

    def _split(self, frontier: object) -> list[_Peak]:
        try:
            hashes = Frontier(self.size, rows.unpack_digests(frontier)).hashes if isinstance(frontier, bytes) else None
        except ValueError:
            hashes = None
        if hashes is None:
            if self.is_size_known:
                self.findings.add("head", f"it is malformed: {self.size} entries need {self.size.bit_count()} hashes")
            return [_Peak(0, self.size, None)]
        self._broken = False
        peaks = []
        start = 0
        for stated in hashes:
            end = start + (1 << (self.size - start).bit_length() - 1)
            peaks.append(_Peak(start, end, stated))
            start = end
        return peaks

    def append(self, sequence: int, entry: bytes | None) -> None:
        """Add an entry, in order; None stands for one that cannot be read. Beyond the head it is left out."""
        while self._at < len(self._peaks) and sequence >= self._peaks[self._at].end:
            self._at += 1
        if self._at < len(self._peaks) and entry is not None:
            self._peaks[self._at].tree.append(entry)
            if sequence + 1 in self._sizes:
                self._note_root(sequence + 1)

    def _note_root(self, size: int) -> None:
        """Peaks that are full and the edge of the one that grows are together the edge of the first `size` entries."""
        *full, growing = self._peaks[: self._at + 1]
        roots = [peak.root() for peak in full]
        if growing.tree.size == size - growing.start and None not in roots:
            edge = [*(root for root in roots if root is not None), *growing.tree.hashes]
            self.roots[size] = Frontier(size, edge).root()

    def close(self) -> None:
        """Compare, once all entries are in."""
        for peak in self._peaks:
            root = peak.root()
            if root is not None and peak.stated is not None and root != peak.stated:
                one = peak.end - peak.start == 1
                where = f"entry {peak.start}" if one else f"entries {peak.start} to {peak.end - 1}"
                what = "is not what was committed" if one else "are not all what was committed"
                self.findings.add(where, f"{what}: the head states another root")

    def root(self) -> bytes | None:
        """The root over all entries, if it is what the head states."""
        roots = [peak.root() for peak in self._peaks]
        if self._broken or any(
            root is None or root != peak.stated for root, peak in zip(roots, self._peaks, strict=True)
        ):
            return None
        return Frontier(self.size, [root for root in roots if root is not None]).root()
