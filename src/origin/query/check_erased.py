"""Erased observations against the receipts: each must be named by one, and each that one names must be erased."""

from __future__ import annotations

from collections import Counter
from itertools import chain, repeat
from typing import TYPE_CHECKING

from origin.core.fingerprint import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from origin.core.entry import NumberedRun
    from origin.query.findings import Findings
    from origin.storage.erased import ErasedSample, Place


class ErasureCheck:
    """Takes what stands in a session's batches and items. is_in_part: which entries it is shown."""

    def __init__(self, erased: Iterable[ErasedSample], findings: Findings, is_in_part: Callable[[int], bool]) -> None:
        named = chain.from_iterable(map(_with_sources, erased))
        self._named = {place: source for place, source in named if is_in_part(place[0])}
        self._findings = findings
        self._found: dict[Place, int] = {}

    def take(self, sequence: int, runs: Iterable[NumberedRun]) -> None:
        start = 0
        for kind, source, end in runs:
            if kind == Kind.ERASED:
                self._found |= {(sequence, position): source for position in range(start, end)}
            start = end

    def close(self) -> None:
        """Tell what differs, once everything was taken."""
        self._tell(self._found.keys() - self._named.keys(), "erased and no receipt tells of it")
        self._tell(self._named.keys() - self._found.keys(), "there, though a receipt says that it was erased")
        both = self._found.keys() & self._named.keys()
        moved = {place for place in both if self._named[place] not in (None, self._found[place])}
        self._tell(moved, "erased and under another source than its receipt names")

    def _tell(self, places: set[Place], what: str) -> None:
        for sequence, count in sorted(Counter(sequence for sequence, _ in places).items()):
            many = "1 fingerprint is" if count == 1 else f"{count} fingerprints are"
            self._findings.add(f"entry {sequence}", f"{many} {what}")


def _with_sources(sample: ErasedSample) -> Iterator[tuple[Place, int | None]]:
    places = (*sample.observations, *sample.items)
    return zip(places, sample.sources or repeat(None), strict=False)
