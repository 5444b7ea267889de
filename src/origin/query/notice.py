"""The credits and notices that are due for what a session used, once something made with it is passed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.licenses.named import NamedLicense, named
from origin.licenses.outbound import restrictions
from origin.licenses.reading import read
from origin.licenses.terms import DUTIES, Duty, terms
from origin.query import count
from origin.query.claims import claimed_license, other_claims

if TYPE_CHECKING:
    from origin.core.record import Claim, Source
    from origin.licenses.grammar import Element
    from origin.storage.reads import Reader, StoredSession


@dataclass(frozen=True, slots=True)
class DueDuty:
    """One duty of one licence, with what exactly is due where its text gives the words, and the clause."""

    duty: str
    license: str
    on: tuple[str, ...]
    clause: str
    value: str


@dataclass(frozen=True, slots=True)
class Credit:
    """A used source with what its licence asks for.

    claim: the licence as stated. licenses: those complied with (of a choice, the alternative that asks for least);
    empty where the claim does not resolve, whose duties are then unknown. unrecorded: licences without a record of
    terms: their duties are unknown too. others: what else is claimed of the licence, which stands against it.
    """

    source: Source
    observations: int
    claim: str | None
    licenses: tuple[NamedLicense, ...]
    duties: tuple[DueDuty, ...]
    unrecorded: tuple[str, ...]
    others: tuple[Claim, ...] = ()

    @property
    def known(self) -> bool:
        return bool(self.licenses) and not self.unrecorded


def credits_due(reader: Reader, session: StoredSession) -> list[Credit]:
    """The credits for all sources that the session got samples from, the most used first."""
    tally = count.tally(reader, session.row)
    used = [(source, tally[number][0]) for number, source in reader.sources(session.row) if tally.get(number, (0,))[0]]
    used.sort(key=lambda pair: (-pair[1], pair[0].source_id))
    return [_credit(source, observations) for source, observations in used]


def _credit(source: Source, observations: int) -> Credit:
    claim = claimed_license(source)
    chosen = min(read(claim).alternatives, key=restrictions, default=())
    unrecorded = tuple(str(element) for element in chosen if terms(element) is None)
    duties = sorted((duty for element in chosen for duty in _duties(element)), key=lambda one: DUTIES.index(one.duty))
    licenses = tuple(named(element.license) for element in chosen)
    return Credit(source, observations, claim, licenses, tuple(duties), unrecorded, other_claims(source))


def _duties(element: Element) -> list[DueDuty]:
    record = terms(element)
    return [] if record is None else [_due(word, element, duty) for word, duty in record.duties.items()]


def _due(word: str, element: Element, duty: Duty) -> DueDuty:
    return DueDuty(word, str(element), tuple(sorted(duty.on)), duty.clause, duty.value)
