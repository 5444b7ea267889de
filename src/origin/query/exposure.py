"""How much of a session some of its sources make up, counted for many questions in one pass over the batches."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.query import count
from origin.storage import rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from origin.storage.reads import Reader, StoredSession


@dataclass(frozen=True, slots=True)
class Exposure:
    """How much is touched. batches: with samples of any of the sources. mixed: of more than one licence."""

    observations: int
    samples: int
    batches: int
    mixed: int


def exposures(reader: Reader, session: StoredSession, asked: Sequence[Mapping[int, str]]) -> list[Exposure]:
    """For each question, what came from its sources. A question: the numbers of the sources, each with its licence."""
    if not asked:
        return []
    tally = count.tally(reader, session.row)
    # Where some sample came from several sources, what these have in common has to be counted.
    apart = sum(samples for number, (_, samples) in tally.items() if number) == tally[0][1]
    touched = _touched(reader, session, asked)
    return [
        Exposure(
            sum(tally.get(number, (0, 0))[0] for number in numbers),
            sum(tally.get(number, (0, 0))[1] for number in numbers)
            if apart or len(numbers) == 1
            else count.samples_of_sources(reader, session.row, numbers),
            *batches,
        )
        for numbers, batches in zip(asked, touched, strict=True)
    ]


def _touched(reader: Reader, session: StoredSession, asked: Sequence[Mapping[int, str]]) -> list[tuple[int, int]]:
    """For each question the batches that have samples of its sources, and those that have several of its licences."""
    by_number: dict[int, list[tuple[int, str]]] = {}
    for place, numbers in enumerate(asked):
        for number, text in numbers.items():
            by_number.setdefault(number, []).append((place, text))
    touched: Counter[int] = Counter()
    mixed: Counter[int] = Counter()
    for _, packed in reader.runs(session.row):
        found: dict[int, set[str]] = {}
        for number in {number for _, number, _ in rows.unpack_runs(packed)}:
            for place, text in by_number.get(number, ()):
                found.setdefault(place, set()).add(text)
        touched.update(found.keys())
        mixed.update(place for place, texts in found.items() if len(texts) > 1)
    return [(touched[place], mixed[place]) for place in range(len(asked))]
