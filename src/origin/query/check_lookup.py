"""What sealing derived, built again from the batches and compared: the lookup pages, the tallies, the sealed set."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

from origin.core.record import SAMPLE
from origin.errors import UnreadableDatabaseError
from origin.query import check_batch
from origin.query.check_set import SetCheck
from origin.query.count import scratch
from origin.query.findings import columns, mistyped
from origin.storage.by_index import named_fingerprints, one_name_each
from origin.storage.erased import erased_members
from origin.storage.seal import PREFIX, SIGHTING, Tally, pages

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from origin.query.findings import Findings
    from origin.storage.erased import ErasedSample
    from origin.storage.raw import RawReader

_PAGE = columns(page="integer", first="blob", sightings="blob")
_TALLY = columns(sequence="integer", observations="integer", samples="integer")
_UINT32 = 1 << 32


class LookupCheck:
    """Checks one session. `declared` are the numbers of its source entries, `total` about its observations.

    erased: what was erased of it.
    """

    def __init__(
        self, reader: RawReader, session: int, findings: Findings, erased: Iterable[ErasedSample] = ()
    ) -> None:
        self.reader = reader
        self._erased = erased_members(erased)
        self.session = session
        self.findings = findings

    def run(self, declared: Container[int], total: int, *, ended: bool, progress: Callable[[int], None]) -> None:
        stored = self._tallies()
        sealed = SetCheck(self.reader, self.session, self.findings, self._erased)
        if not stored and not sealed.is_committed:
            sealed.close("", {})
            return  # Never sealed: its answers come from the batches, and pages of a seal that broke off are not read.
        if not ended:
            self.findings.add("tally", "the session is sealed but has no end")
        tally = Tally()
        into, named = (sealed.pages, self._named(declared, total)) if sealed.is_committed else (None, ())
        batches, items = self._batches(declared, progress), self._items(declared, progress)
        rebuilt = pages(batches, total, tally, scratch(), items, named, into)
        if stored:
            self._compare_pages(rebuilt)
            self._compare_tallies(stored, tally)
        else:
            deque(rebuilt, maxlen=0)
        sealed.close(self.findings.session_id or "", tally.observations)

    def _compare_tallies(self, stored: dict[int, tuple[int, int]], tally: Tally) -> None:
        rebuilt = {source: (seen, tally.samples[source]) for source, seen in tally.observations.items()}
        for source in sorted(stored.keys() | rebuilt.keys()):
            if stored.get(source) != rebuilt.get(source):
                self.findings.add(f"tally of {_origin(source)}", _difference(stored.get(source), rebuilt.get(source)))

    def _tallies(self) -> dict[int, tuple[int, int]]:
        stored = {}
        try:
            for row in self.reader.tally_rows(self.session):
                for wrong in mistyped(_TALLY, row):
                    self.findings.add("tally", wrong)
                if type(row[0]) is int:
                    stored[row[0]] = (row[1], row[2])
        except UnreadableDatabaseError as error:
            self.findings.add("tally", str(error))
        return stored

    def _batches(self, declared: Container[int], progress: Callable[[int], None]) -> Iterator[tuple[int, str, bytes]]:
        """The batches that can be unpacked; what is wrong with others was found when the log was read."""
        for row in self._rows("batch", progress):
            if _fits(row, check_batch.unpack(row, declared)[0]):
                yield row[0], row[7], row[10]

    def _items(
        self, declared: Container[int], progress: Callable[[int], None]
    ) -> Iterator[tuple[int, str, bytes, int]]:
        for row in self._rows("items", progress):
            if _fits(row, check_batch.unpack_items(row, declared)[0]):
                yield row[0], row[5], row[7], row[1] == SAMPLE

    def _named(self, declared: Container[int], total: int) -> Iterator[list[bytes]]:
        """The fingerprints of observations by index; rows that cannot be unpacked are left out as above."""
        names = self._names()
        batches = (
            (row[0], row[7], row[8], row[4])
            for row in self._rows("batch", _unheard)
            if type(row[7]) is str and "[4," in row[7] and _fits(row, check_batch.unpack(row, declared)[0])
        )
        items = (
            (row[0], row[5], row[6], row[7])
            for row in self._rows("items", _unheard)
            if row[1] == SAMPLE and _fits(row, check_batch.unpack_items(row, declared)[0])
        )
        return named_fingerprints(batches, items, names, total, scratch())

    def _names(self) -> Mapping[int, int]:
        try:
            return defaultdict(int, one_name_each(self.reader.sources(self.session)))
        except (UnreadableDatabaseError, ValueError, TypeError, RecursionError):
            return defaultdict(int)  # what is wrong with a declaration was found when sources were read

    def _rows(self, table: str, progress: Callable[[int], None]) -> Iterator[tuple[Any, ...]]:
        rows = self.reader.entry_rows(table, self.session)
        while True:
            try:
                row = next(rows, None)
            except UnreadableDatabaseError:
                return
            if row is None:
                return
            progress(1)
            yield row

    def _compare_pages(self, rebuilt: Iterator[bytes]) -> None:
        stored = self._pages()
        number, first, page = next(stored, _NO_PAGE)
        for expected_number, expected in enumerate(rebuilt):
            while number is not None and number < expected_number:
                self.findings.add(f"lookup page {number}", "is none that the batches give")
                number, first, page = next(stored, _NO_PAGE)
            where = f"lookup page {expected_number}"
            if number != expected_number:
                self.findings.add(where, f"is missing: sightings lost {len(expected) // SIGHTING}")
                continue
            if first != expected[:PREFIX]:
                self.findings.add(where, "does not start where it says")
            if page != expected:
                self.findings.add(where, _lost_and_added(page, expected))
            number, first, page = next(stored, _NO_PAGE)
        while number is not None:
            self.findings.add(f"lookup page {number}", "is none that the batches give")
            number, first, page = next(stored, _NO_PAGE)

    def _pages(self) -> Iterator[tuple[int | None, bytes, bytes]]:
        try:
            for row in self.reader.page_rows(self.session):
                wrong = list(mistyped(_PAGE, row))
                for what in wrong:
                    self.findings.add(f"lookup page {row[0]!r:.40}", what)
                if type(row[0]) is int:
                    number, first, sightings = row
                    yield number, first, sightings if isinstance(sightings, bytes) else b""
        except UnreadableDatabaseError as error:
            self.findings.add("lookup", str(error))


def _fits(row: tuple[Any, ...], unpacked: check_batch.Unpacked | None) -> bool:
    return unpacked is not None and 0 <= row[0] < _UINT32 and all(run[1] < _UINT32 for run in unpacked.runs)


def _unheard(_more: int) -> None:
    """Progress counts each batch once here."""


_NO_PAGE: tuple[int | None, bytes, bytes] = (None, b"", b"")


def _lost_and_added(page: bytes, expected: bytes) -> str:
    stored, wanted = _sightings(page), _sightings(expected)
    lost, added = len(wanted - stored), len(stored - wanted)
    if not lost and not added:
        return "its sightings are not in order"
    return f"differs from the batches: sightings lost {lost}, added {added}"


def _sightings(page: bytes) -> set[bytes]:
    return {page[at : at + SIGHTING] for at in range(0, len(page), SIGHTING)}


def _origin(source: int) -> str:
    return f"entry {source}" if source else "all sources"


def _difference(stored: Any, rebuilt: Any) -> str:
    def told(counts: Any) -> str:
        return "nothing" if counts is None else f"{counts[0]!r:.40} observations of {counts[1]!r:.40} samples"

    return f"it states {told(stored)}, the batches give {told(rebuilt)}"
