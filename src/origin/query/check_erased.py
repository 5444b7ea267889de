"""Erased observations against the receipts: each must be named by one, and each that one names must be erased."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from origin.core.fingerprint import Kind
from origin.core.record import NO_INDEX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from origin.core.entry import NumberedRun
    from origin.query.findings import Findings
    from origin.storage.erased import Erased, ErasedSample

_Committed = tuple[int, int, int, int]
"""Entry, position, source and index."""


class ErasureCheck:
    """Takes what stands in a session's batches and items. is_in_part: which entries it is shown."""

    def __init__(self, erased: Iterable[ErasedSample], findings: Findings, is_in_part: Callable[[int], bool]) -> None:
        named = chain.from_iterable((*sample.observations, *sample.items) for sample in erased)
        self._named = {_committed(one) for one in named if is_in_part(one.entry)}
        self._findings = findings
        self._found: set[_Committed] = set()

    def take(self, sequence: int, runs: Iterable[NumberedRun], indices: Sequence[int] | None) -> None:
        start = 0
        for kind, source, end in runs:
            if kind == Kind.ERASED:
                numbers = [NO_INDEX] * (end - start) if indices is None else indices[start:end]
                self._found.update((sequence, at, source, index) for at, index in enumerate(numbers, start))
            start = end

    def close(self) -> None:
        """Tell what differs, once everything was taken."""
        self._tell(self._found - self._named, "erased, and no receipt states it with that source and index")
        self._tell(self._named - self._found, "stated by a receipt, but not erased with that source and index")

    def _tell(self, some: set[_Committed], what: str) -> None:
        for sequence, count in sorted(Counter(one[0] for one in some).items()):
            many = "1 fingerprint is" if count == 1 else f"{count} fingerprints are"
            self._findings.add(f"entry {sequence}", f"{many} {what}")


def _committed(one: Erased) -> _Committed:
    return one.entry, one.position, one.source, one.row
