"""One session's log: every entry read once, in order, and hashed again from the columns that queries read."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING, Any

from origin.core.entry import entry_bytes, items_root
from origin.core.merkle import HASH_SIZE
from origin.core.record import END_STATUSES, USES, Batch, Begin, End, Entry, Gap, Items, Note, Source, Used
from origin.errors import UnreadableDatabaseError
from origin.query import check_batch
from origin.query.check_erased import ErasureCheck
from origin.query.check_tree import CommittedTree
from origin.query.findings import Findings, columns, mistyped, plain
from origin.storage.raw import ENTRY_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from origin.storage.erased import ErasedSample
    from origin.storage.raw import RawReader

_BEGIN = columns(
    id="integer",
    session_id="text",
    config_hash="text",
    metadata="text",
    run_id="text null",
    rank="integer null",
    world_size="integer null",
    started_at="integer",
    origin_version="text",
    key_id="text null",
    size="integer",
    frontier="blob",
)
_GAP = columns(
    sequence="integer",
    reason="text",
    detail="text",
    batches="integer",
    observations="integer null",
    loader="text null",
    epoch="integer null",
    step="integer null",
)
_END = columns(
    sequence="integer",
    status="text",
    ended_at="integer",
    batches="integer",
    observations="integer",
    gaps="integer",
)
_USED = columns(
    sequence="integer",
    loader="text",
    first="integer",
    last="integer",
    use="text",
    steps="integer",
    how="text",
)
_NOTE = columns(sequence="integer", kind="text", content="text")
_NAMES = {
    "session_source": "source",
    "items": "items",
    "batch": "batch",
    "used": "used",
    "note": "note",
    "gap": "gap",
    "ending": "end",
}


@dataclass(slots=True)
class Counted:
    """What the log's rows add up to."""

    entries: int = 1
    batches: int = 0
    observations: int = 0
    gaps: int = 0
    readable: int = 0
    """Observations that are really there, whatever the counts state."""


class LogCheck:
    """Reads one session's log. `findings`, `counted`, `declared`, `root()` and `roots` tell what came of it."""

    def __init__(
        self,
        reader: RawReader,
        row: tuple[Any, ...],
        sources: Mapping[int, Source],
        sizes: Container[int] = (),
        is_in_part: Callable[[int], bool] = lambda _sequence: True,
        erased: Iterable[ErasedSample] = (),
    ) -> None:
        """`row` is the session's own; `sources` are the readable declarations of the file.

        sizes: for which n the root of the first n entries is wanted. is_in_part: of which entries, by number, the
        observations are hashed again; the entries themselves all are. erased: what was erased, by the receipts.
        """
        self.reader = reader
        self._is_in_part = is_in_part
        self.session, *begin, size, frontier = row
        self.findings = Findings(str(begin[0]))
        self.counted = Counted()
        self.declared: dict[int, int] = {}
        """Row of each source that the session declared, by the number of its entry."""
        for wrong in mistyped(_BEGIN, row):
            self.findings.add("session row", wrong)
        self._begin = Begin(*plain(begin))
        self._sources = sources
        self._tree = CommittedTree(size, frontier, self.findings, sizes)
        self._erased = ErasureCheck(erased, self.findings, is_in_part)
        self._next = 1
        self._end: int | None = None

    def run(self, progress: Callable[[int], None]) -> None:
        """Read all of the log; `progress` is told of each entry."""
        self._tree.append(0, entry_bytes(self._begin))
        streams = [self._rows(table) for table in ENTRY_TABLES]
        for sequence, table, row in merge(*streams, key=lambda found: (found[0], found[1])):
            self._take(sequence, table, row)
            progress(1)
        if self._next < self._tree.size and self._tree.is_size_known:
            self._miss(self._tree.size)
        self._erased.close()
        self._tree.close()

    def root(self) -> bytes | None:
        """The root of the session's tree, if the whole of it was hashed again and is what the head states."""
        return self._tree.root()

    @property
    def roots(self) -> dict[int, bytes]:
        """The roots of the first n entries as they stand, for each n that was asked for and can be answered."""
        return self._tree.roots

    def _rows(self, table: str) -> Iterator[tuple[int, str, tuple[Any, ...]]]:
        last = 0
        try:
            for row in self.reader.entry_rows(table, self.session):
                if type(row[0]) is not int:
                    self.findings.add(f"{table} rows", f"a row has the sequence {row[0]!r:.40}, which is no number")
                    continue
                last = row[0]
                yield last, table, row
        except UnreadableDatabaseError as error:
            self.findings.add(f"{table} rows", f"cannot be read after entry {last}: {error}")

    def _take(self, sequence: int, table: str, row: tuple[Any, ...]) -> None:
        where = f"entry {sequence} ({_NAMES[table]})"
        if sequence < self._next:
            self.findings.add(where, "its number is taken" if sequence >= 0 else "no entry has such a number")
            return
        if self._next < min(sequence, self._tree.size):
            self._miss(min(sequence, self._tree.size))
        if sequence >= self._tree.size:
            self.findings.add(where, f"lies beyond the head, which covers {self._tree.size} entries")
        if self._end is not None:
            self.findings.add(where, f"follows the end of the session, entry {self._end}")
        self._next = sequence + 1
        self.counted.entries += 1
        entry = self._entry(sequence, table, row, where)
        self._tree.append(sequence, None if entry is None else entry_bytes(entry))

    def _miss(self, until: int) -> None:
        one = until - self._next == 1
        what = f"entry {self._next}" if one else f"entries {self._next} to {until - 1}"
        self.findings.add(what, "is missing" if one else "are missing")

    def _entry(self, sequence: int, table: str, row: tuple[Any, ...], where: str) -> Entry | None:
        if table == "session_source":
            return self._source(sequence, row, where)
        if table == "ending":
            return self._ending(sequence, row, where)
        takers: dict[str, Callable[[tuple[Any, ...], str], Entry]] = {
            "items": self._items,
            "batch": self._batch,
            "used": self._used,
            "note": self._note,
            "gap": self._gap,
        }
        return takers[table](row, where)

    def _source(self, sequence: int, row: tuple[Any, ...], where: str) -> Source | None:
        _, source = row
        self.declared[sequence] = source
        if source not in self._sources:
            self.findings.add(where, f"names source row {source!r:.40}, which cannot be read or does not exist")
        return self._sources.get(source)

    def _batch(self, row: tuple[Any, ...], where: str) -> Batch:
        entry = check_batch.entry(plain(row))
        self.counted.batches += 1
        self.counted.observations += entry.count if type(entry.count) is int else 0
        if not self._is_in_part(row[0]):
            self.counted.readable += len(row[-1]) // HASH_SIZE if type(row[-1]) is bytes else 0
            return entry
        unpacked, wrong = check_batch.unpack(row, self.declared)
        for what in wrong:
            self.findings.add(where, what)
        if unpacked is not None:
            self.counted.readable += len(unpacked.digests)
            self._erased.take(row[0], unpacked.runs, unpacked.indices)
            if check_batch.root_of(unpacked) != entry.root:
                self.findings.add(where, "its observations do not give its root")
        return entry

    def _items(self, row: tuple[Any, ...], where: str) -> Items:
        sequence, role, count, size, root, *_ = row
        if not self._is_in_part(sequence):
            return Items(*plain((role, count, size, root)))
        unpacked, wrong = check_batch.unpack_items(row, self.declared)
        for what in wrong:
            self.findings.add(where, what)
        if unpacked is not None:
            self._erased.take(sequence, unpacked.runs, unpacked.indices)
            if items_root(unpacked.digests, unpacked.runs, unpacked.indices) != root:
                self.findings.add(where, "its items do not give its root")
        return Items(*plain((role, count, size, root)))

    def _used(self, row: tuple[Any, ...], where: str) -> Used:
        for wrong in mistyped(_USED, row):
            self.findings.add(where, wrong)
        used = Used(*plain(row[1:]))
        if used.use not in USES:
            self.findings.add(where, f"{used.use!r:.40} is none of {', '.join(USES)}")
        return used

    def _note(self, row: tuple[Any, ...], where: str) -> Note:
        for wrong in mistyped(_NOTE, row):
            self.findings.add(where, wrong)
        return Note(*plain(row[1:]))

    def _gap(self, row: tuple[Any, ...], where: str) -> Gap:
        for wrong in mistyped(_GAP, row):
            self.findings.add(where, wrong)
        self.counted.gaps += 1
        return Gap(*plain(row[1:]))

    def _ending(self, sequence: int, row: tuple[Any, ...], where: str) -> End:
        for wrong in mistyped(_END, row):
            self.findings.add(where, wrong)
        end = End(*plain(row[1:]))
        self._end = sequence
        if end.status not in END_STATUSES:
            self.findings.add(where, f"{end.status!r:.40} is no status that a session ends with")
        counted = self.counted
        for name, stated, found in (
            ("batches", end.batches, counted.batches),
            ("observations", end.observations, counted.observations),
            ("gaps", end.gaps, counted.gaps),
        ):
            if stated != found:
                self.findings.add(where, f"it closes over {stated!r:.40} {name}, the log holds {found}")
        return end

    @property
    def ended(self) -> bool:
        return self._end is not None
