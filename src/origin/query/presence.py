"""Whether a licence is present in a record, and where: by what the claims mean, not by how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.licenses.reading import Reading, read
from origin.query import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.core.record import Source
    from origin.storage.reads import Reader, StoredSession


@dataclass(frozen=True, slots=True)
class Branch:
    """How a claim has the licence in it: `through` is the alternative that holds it, the claim itself without one."""

    source_id: str
    claim: str
    through: str


@dataclass(frozen=True, slots=True)
class LicenseUse:
    """What a session got from the sources for which a licence is claimed."""

    session: StoredSession
    observations: int
    samples: int
    sources: tuple[str, ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class LicensePresence:
    """Where a licence is present.

    declared: claimed for some source, whether or not a session used it. possible: claims of used sources that may mean
    it and may not, being ambiguous: neither present nor absent.
    """

    license_id: str
    declared: bool
    uses: tuple[LicenseUse, ...]
    possible: tuple[str, ...]


def find_license(reader: Reader, license_id: str) -> LicensePresence:
    """Where a licence, or an expression, is claimed: under its own name, a deprecated one, or as a choice.

    An expression is found where one alternative of a claim asks for all that one alternative of it asks for. Text that
    names no licence is found as it was claimed, whatever its case.
    """
    wanted = _Wanted(license_id)
    uses = []
    possible: set[str] = set()
    for session in reader.sessions():
        sources = reader.sources(session.row)
        found = {number: branches for number, source in sources if (branches := wanted.branches(source))}
        possible.update(claim for _, source in sources for claim in _texts(source) if wanted.may_mean(claim))
        if found:
            uses.append(_use(reader, session, found))
    declared = any(wanted.through(text) for text in reader.declared_licenses())
    return LicensePresence(license_id, declared or bool(uses), tuple(uses), tuple(sorted(possible)))


def _use(reader: Reader, session: StoredSession, found: dict[int, list[Branch]]) -> LicenseUse:
    tally = count.tally(reader, session.row)
    counts = [tally.get(number, (0, 0)) for number in found]
    # A sample may have come from several of the sources: their counts cannot be added up.
    samples = counts[0][1] if len(counts) == 1 else count.samples_of_sources(reader, session.row, found)
    branches = sorted(
        {branch for some in found.values() for branch in some}, key=lambda one: (one.source_id, one.claim)
    )
    names = tuple(sorted({branch.source_id for branch in branches}))
    return LicenseUse(session, sum(observations for observations, _ in counts), samples, names, tuple(branches))


class _Wanted:
    """The licence that is looked for, read once."""

    def __init__(self, text: str) -> None:
        self._text = text.casefold()
        self._meaning = _meaning(read(text))

    def branches(self, source: Source) -> list[Branch]:
        found = ((claim, self.through(claim)) for claim in _texts(source))
        return [Branch(source.source_id, claim, through) for claim, through in found if through is not None]

    def through(self, claim: str) -> str | None:
        """The alternative of a claim that holds the licence, None where none does."""
        for choice in _meaning(read(claim)):
            if any(all(element in choice for element in wanted) for wanted in self._meaning):
                return " AND ".join(sorted(choice))
        return claim if claim.casefold() == self._text else None

    def may_mean(self, claim: str) -> bool:
        return self.through(claim) is None and any(self.through(name) for name in read(claim).candidates)


def _meaning(reading: Reading) -> Iterable[frozenset[str]]:
    return () if reading.expression is None else sorted(reading.expression.meaning, key=sorted)


def _texts(source: Source) -> list[str]:
    texts = [] if source.license_id is None else [source.license_id]
    return list(dict.fromkeys((*texts, *(claim.text for claim in source.claims))))
