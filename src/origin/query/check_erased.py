"""Erased observations against the receipts: each must be named by one, and each that one names must be erased."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from origin.core.fingerprint import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from origin.core.entry import NumberedRun
    from origin.query.findings import Findings
    from origin.storage.erased import ErasedSample, Place


class ErasureCheck:
    """Takes what stands in a session's batches and items. is_in_part: which entries it is shown."""

    def __init__(self, erased: Iterable[ErasedSample], findings: Findings, is_in_part: Callable[[int], bool]) -> None:
        named = chain.from_iterable((*sample.observations, *sample.items) for sample in erased)
        self._named = {place for place in named if is_in_part(place[0])}
        self._findings = findings
        self._found: set[Place] = set()

    def take(self, sequence: int, runs: Iterable[NumberedRun]) -> None:
        start = 0
        for kind, _, end in runs:
            if kind == Kind.ERASED:
                self._found.update((sequence, position) for position in range(start, end))
            start = end

    def close(self) -> None:
        """Tell what differs, once everything was taken."""
        self._tell(self._found - self._named, "erased and no receipt tells of it")
        self._tell(self._named - self._found, "there, though a receipt says that it was erased")

    def _tell(self, places: set[Place], what: str) -> None:
        for sequence, count in sorted(Counter(sequence for sequence, _ in places).items()):
            many = "1 fingerprint is" if count == 1 else f"{count} fingerprints are"
            self._findings.add(f"entry {sequence}", f"{many} {what}")
