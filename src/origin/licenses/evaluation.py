"""May data under these licences be used in this way? This flags for human review; it is no legal advice.

Each licence is read clause by clause from its record (terms.py); what the record does not settle is for a person.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

from origin.errors import UsageError, shown
from origin.licenses.one_license import evaluate_element
from origin.licenses.outcome import RANK, Evaluation, Reason, concluded, union
from origin.licenses.reading import Reading, read
from origin.licenses.terms import terms
from origin.licenses.use import Use, parse_use
from origin.licenses.verdict import NO_AUTHORITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from origin.licenses.grammar import Element

MAX_CANDIDATES = 1_000
_BERNE = "Berne Convention, articles 8, 9 and 12"
_SPDX_OR = "SPDX annex on expressions, OR operator"


class Rules(Protocol):
    """What a team adds to the licences' own terms (policy.py)."""

    def of_element(self, element: Element, found: Evaluation) -> Evaluation: ...

    def of_claim(self, reading: Reading, found: Evaluation) -> Evaluation: ...


def evaluate(
    licenses: str | Iterable[str | None] | None,
    use: Mapping[str, Any] | Use,
    *,
    assume_permission_needed: bool = True,
    rules: Rules | None = None,
) -> Evaluation:
    """What the licences say of a use: allowed, needs-review or denied, with the duties due and the clauses.

    licenses: one claim or expression, or several that all apply; None and nothing at all are a missing licence.
    use: see `use.Use`; only `action` must be there. assume_permission_needed: whether material without a licence needs
    one; set it to False where an exception of copyright law (text and data mining, fair use) is relied on.

    The worst licence decides and duties add up. Of `A OR B` the best alternative is taken: the one with the better
    verdict, then with fewer duties, then the first written; of `A AND B` all must be complied with. What a record calls
    unknown, or has no word on, needs review. An unknown licence needs review for use inside the house and is denied
    for publishing. Of an ambiguous claim every candidate is evaluated: all denied is denied, all with the very same
    terms is what they are, all else needs review, since the list of what a family name may mean is never complete.

    Raises UsageError for a use that cannot be read and for a licence that is no text. Never for any text.
    Standards: SPDX licence expressions; the words of ccREL, ODRL and the Montreal Data License.
    """
    intended = parse_use(use)
    texts = _texts(licenses)
    evaluator = _Evaluator(intended, assume_permission_needed, rules)
    found = union([evaluator.claim(read(text)) for text in texts or [None]])
    return union([found, concluded(_mixed(found, intended))])


def _texts(licenses: str | Iterable[str | None] | None) -> list[str | None]:
    if licenses is None or isinstance(licenses, str):
        return [licenses]
    try:
        return list(licenses)
    except TypeError:
        raise UsageError(f"Licences are strings or a list of them; this is {shown(licenses)}.") from None


def _mixed(found: Evaluation, use: Use) -> Iterator[Reason]:
    """Whether all that is taken may stand in one adaptation at all, where no outbound licence says which."""
    if use.action != "publish-dataset" or not use.adapted or use.outbound:
        return
    claims = [part for claim, _ in found.choice for part in _parts(claim)]
    if len(claims) < 2 and not any(" AND " in taken for _, taken in found.choice):
        return
    from origin.licenses.combination import combine  # noqa: PLC0415 - a table of all pairs, loaded where it is needed

    mix = combine(claims, "adaptation")
    for one in mix.findings if mix.conflict else ():
        if one.severity in {"blocker", "review"}:
            yield Reason(f"mix-{one.rule}", one.authority, one.text, " and ".join(one.licenses), one.severity)


def _parts(claim: str) -> list[str]:
    """The licences of a claim that leaves no choice: that all of them apply is the same as several claims."""
    alternatives = read(claim).alternatives
    return [str(element) for element in alternatives[0]] if len(alternatives) == 1 else [claim]


class _Evaluator:
    """One use, and what was found of each licence for it."""

    def __init__(self, use: Use, assume_permission_needed: bool, rules: Rules | None) -> None:  # noqa: FBT001
        self.use = use
        self.assume_permission_needed = assume_permission_needed
        self.rules = rules
        self.known: dict[Element, Evaluation] = {}

    def claim(self, reading: Reading) -> Evaluation:
        if reading.alternatives:
            found = self.alternatives(reading)
        elif reading.status == "no-license":
            found = self._unlicensed(reading)
        elif reading.status == "ambiguous" and 0 < len(reading.candidates) <= MAX_CANDIDATES:
            found = self._ambiguous(reading)
        else:
            found = _unknown(self.use, reading)
        return self.rules.of_claim(reading, found) if self.rules else found

    def alternatives(self, reading: Reading) -> Evaluation:
        """The best alternative; ties go to fewer duties, then to the one written first."""
        branches = [
            (" AND ".join(map(str, taken)), union([self.element(one) for one in taken]))
            for taken in reading.alternatives
        ]
        name, best = min(branches, key=lambda branch: (RANK[branch[1].verdict], len(branch[1].obligations)))
        reasons = best.reasons
        if len(branches) > 1:
            text = f"of {len(branches)} alternatives, {name} is taken"
            reasons = (*reasons, Reason("choice", _SPDX_OR, text, reading.text, "info"))
        return concluded(reasons, best.duties, [(reading.text, name)], verdict=best.verdict)

    def element(self, element: Element) -> Evaluation:
        if element not in self.known:
            found = evaluate_element(self.use, element)
            self.known[element] = self.rules.of_element(element, found) if self.rules else found
        return self.known[element]

    def _ambiguous(self, reading: Reading) -> Evaluation:
        """Every candidate counts. All denied: denied. All of one record of terms (`GPL v3`): its verdict. Else review,
        for names of families have members that no list knows (`bsd` may be the one that bars nuclear use).
        """
        readings = [read(candidate) for candidate in reading.candidates]
        found = [self.alternatives(one) for one in readings]
        several = f"may mean {len(found)} licences, such as {', '.join(reading.candidates[:3])}"
        everything = union(found)
        if {one.verdict for one in found} == {"denied"}:
            reason = Reason("ambiguous", NO_AUTHORITY, f"{several}; all of them deny this", reading.text, "blocker")
            return concluded([reason, *everything.reasons], everything.duties)
        if _same_terms(readings) and len({one.verdict for one in found}) == 1:
            reason = Reason("ambiguous", NO_AUTHORITY, f"{several}; their terms are the same", reading.text, "info")
            return concluded([reason, *everything.reasons], everything.duties)
        text = f"{several}; {_count(found)}; find out which is meant"
        reason = Reason("ambiguous", NO_AUTHORITY, text, reading.text, "review")
        return concluded([reason], everything.duties)

    def _unlicensed(self, reading: Reading) -> Evaluation:
        if self.assume_permission_needed or self.use.passes_on:
            text = "no licence is granted: all rights are reserved"
            return concluded([Reason("no-license", _BERNE, text, reading.text, "blocker")])
        text = "no licence is granted; a person says which exception of copyright law is relied on"
        return concluded([Reason("no-license", _BERNE, text, reading.text, "review")])


def _same_terms(readings: list[Reading]) -> bool:
    """Whether all are single licences of one record: an -only and its -or-later."""
    choices = [choice for one in readings for choice in one.alternatives]
    records = [terms(choice[0]) for choice in choices]
    single = len(choices) == len(readings) and all(len(choice) == 1 for choice in choices)
    return single and None not in records and len({record.id for record in records if record}) == 1


def _count(found: list[Evaluation]) -> str:
    counts = Counter(one.verdict for one in found)
    return ", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items()))


def _unknown(use: Use, reading: Reading) -> Evaluation:
    what = "no licence is stated" if reading.missing else f"the licence is not known ({reading.rule})"
    if use.passes_on:
        text = f"{what}, and nothing may be passed on without one"
        return concluded([Reason("unknown-license", NO_AUTHORITY, text, reading.text, "blocker")])
    text = f"{what}; ask the source before the data are used"
    return concluded([Reason("unknown-license", NO_AUTHORITY, text, reading.text, "review")])
