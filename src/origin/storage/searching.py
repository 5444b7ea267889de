"""Searching a session for many things at once: any number of fingerprints, or what came from which source."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from origin.errors import UnreadableDatabaseError
from origin.storage import rows
from origin.storage.reads import whole
from origin.storage.seal import PREFIX, SIGHTING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from origin.storage.reads import Reader

_READ_FOR_ONE = 16
"""About how many pages are read to look one fingerprint up; more than that are cheaper read in a row."""


class Delivery(NamedTuple):
    """A batch without its fingerprints; `runs` as origin.storage.rows packs them."""

    sequence: int
    loader: str
    epoch: int
    step: int
    observations: int
    runs: str


def deliveries(reader: Reader, session: int) -> Iterator[Delivery]:
    """A session's batches in order. What is large in them is not read."""
    statement = """
        SELECT sequence, loader, epoch, step, count, runs FROM batch WHERE session = ? ORDER BY sequence
    """
    for sequence, loader, epoch, step, count, runs in reader.query(statement, session):
        yield Delivery(whole(sequence), str(loader), whole(epoch), whole(step), whole(count), str(runs))


def declares(reader: Reader, source_id: str) -> bool:
    """Whether a source of that name was ever declared, used or not."""
    statement = "SELECT 1 FROM source WHERE source_id = CAST(? AS TEXT) LIMIT 1"
    return any(True for _ in reader.query(statement, rows.to_sql(source_id)))


def entries_with(reader: Reader, session: int, digests: Collection[bytes]) -> list[int] | None:
    """The numbers of the batches and items that may hold some of the fingerprints, in order.

    None for a session that is not sealed: then they all may.
    """
    if reader.tally(session) is None:
        return None
    (last,) = reader.one("SELECT coalesce(max(page), 0) FROM lookup WHERE session = ?", session)
    if len(digests) * _READ_FOR_ONE < whole(last):
        return sorted({entry for digest in digests for entry in reader.sightings(session, digest)})
    return sorted(_in_pages(reader, session, sorted({digest[:PREFIX] for digest in digests})))


def _in_pages(reader: Reader, session: int, wanted: list[bytes]) -> set[int]:
    """The same by one pass over the pages, which are in order as the wanted prefixes are."""
    found: set[int] = set()
    for expected, (number, _, page) in enumerate(reader.pages(session)):
        if number != expected:
            raise UnreadableDatabaseError(f"{reader.path} has lost a page of its lookup: run `origin verify`")
        last = page[-SIGHTING : PREFIX - SIGHTING]
        some = frozenset(wanted[bisect_left(wanted, page[:PREFIX]) : bisect_right(wanted, last)])
        if some:
            found.update(
                int.from_bytes(page[at + PREFIX : at + SIGHTING])
                for at in range(0, len(page), SIGHTING)
                if page[at : at + PREFIX] in some
            )
    return found
