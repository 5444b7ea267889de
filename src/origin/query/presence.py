"""Whether a licence is present in a record, and where: by what the claims mean, not by how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from origin.licenses.listing import PATTERN, matches
from origin.licenses.reading import Alternative, Reading, read
from origin.query import count
from origin.query.claims import conclude

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from origin.core.record import Source
    from origin.licenses.claims import Status
    from origin.licenses.grammar import Element
    from origin.storage.reads import Reader, StoredSession


@dataclass(frozen=True, slots=True)
class Branch:
    """How a claim has the licence in it: `through` is the alternative that holds it, the claim itself without one.

    claim: empty where nothing is claimed.
    """

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
    it and may not, being ambiguous: neither present nor absent. lacking: what was looked for is no licence, but
    sources without one: whose licence is `unknown`, or that claim that none is granted (`no-license`).
    status: how the question reads, as of a claim; `pattern` where it is the beginning of an id. candidates: what an
    ambiguous question may mean. matched: those candidates, or the ids that begin so, that sessions used.
    """

    license_id: str
    declared: bool
    uses: tuple[LicenseUse, ...]
    possible: tuple[str, ...]
    lacking: Lacking | None = None
    status: Literal[Status, "pattern"] = "resolved"
    candidates: tuple[str, ...] = ()
    matched: tuple[str, ...] = ()


Lacking = Literal["unknown", "no-license"]
_UNKNOWN = frozenset({"unknown", "noassertion"})
"""Words for sources of which nothing is claimed, or nothing that can be read. NOASSERTION: SPDX 2.3, clause 7.15."""


def find_license(reader: Reader, license_id: str) -> LicensePresence:
    """Where a licence, or an expression, is claimed: under its own name, a deprecated one, or as a choice.

    An expression is found where one alternative of a claim asks for all that one alternative of it asks for. Of what
    may mean several licences each is looked for; `GPL-*` finds those whose ids begin so. Any text, a licence or not, is
    found as it was claimed, whatever its case. `unknown` and NOASSERTION find the sources whose licence is unknown;
    `no-license`, NONE and what else says so find those that claim that none is granted.
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
    declared = any(wanted.through(text) is not None for text in reader.declared_licenses())
    claims = {branch.claim for use in uses for branch in use.branches}
    return LicensePresence(
        license_id,
        declared or bool(uses),
        tuple(uses),
        tuple(sorted(possible)),
        wanted.lacking,
        wanted.status,
        wanted.candidates,
        wanted.matched(claims),
    )


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
        reading = read(text)
        self._text = text.casefold()
        self._pattern = text if _begins_an_id(reading) else None
        self.status: Literal[Status, "pattern"] = "pattern" if self._pattern else reading.status
        self.candidates = reading.candidates
        named = [read(name) for name in reading.candidates] or [reading]
        self._meaning = [choice for one in named for choice in _meaning(one)]
        self.lacking: Lacking | None = None
        if self._text in _UNKNOWN:
            self.lacking = "unknown"
        elif reading.status == "no-license":
            self.lacking = "no-license"

    def branches(self, source: Source) -> list[Branch]:
        if self.lacking == "unknown":
            # A claim that cannot be read takes nothing from another that can.
            texts = (_texts(source) or [""]) if conclude(source).status == "unknown" else []
            return [Branch(source.source_id, claim, "unknown") for claim in texts]
        found = ((claim, self.through(claim)) for claim in _texts(source))
        return [Branch(source.source_id, claim, through) for claim, through in found if through is not None]

    def through(self, claim: str) -> str | None:
        """The alternative of a claim that holds the licence, None where none does."""
        if self.lacking is not None:
            return self.lacking if read(claim).status == self.lacking else None
        reading = read(claim)
        if self._pattern is not None:
            if (taken := next(self._beginning(reading), None)) is not None:
                return " AND ".join(sorted(map(str, taken)))
        elif (choice := _first(reading, self._meaning)) is not None:
            return " AND ".join(sorted(choice))
        return claim if claim.casefold() == self._text else None

    def matched(self, claims: Iterable[str]) -> tuple[str, ...]:
        """What of the question is in the claims."""
        readings = [read(claim) for claim in claims]
        if self._pattern is None:
            wanted = ((name, list(_meaning(read(name)))) for name in self.candidates)
            return tuple(name for name, meaning in wanted if any(_first(one, meaning) is not None for one in readings))
        found = {
            str(one) for reading in readings for taken in self._beginning(reading) for one in taken if self._begins(one)
        }
        return tuple(sorted(found))

    def _beginning(self, reading: Reading) -> Iterator[Alternative]:
        return (taken for taken in reading.alternatives if any(map(self._begins, taken)))

    def _begins(self, element: Element) -> bool:
        return self._pattern is not None and matches(self._pattern, element)

    def may_mean(self, claim: str) -> bool:
        return self.through(claim) is None and any(self.through(name) for name in read(claim).candidates)


def _begins_an_id(reading: Reading) -> bool:
    """Whether a question is the beginning of an id. What begins no listed one may begin a LicenseRef."""
    return reading.status == "unknown" and PATTERN.fullmatch(reading.text) is not None


def _first(reading: Reading, wanted: Iterable[frozenset[str]]) -> frozenset[str] | None:
    """The first alternative of a claim that asks for all that one of those wanted asks for."""
    return next((choice for choice in _meaning(reading) if any(one <= choice for one in wanted)), None)


def _meaning(reading: Reading) -> Iterable[frozenset[str]]:
    return () if reading.expression is None else sorted(reading.expression.meaning, key=sorted)


def _texts(source: Source) -> list[str]:
    texts = [] if source.license_id is None else [source.license_id]
    return list(dict.fromkeys((*texts, *(claim.text for claim in source.claims))))
