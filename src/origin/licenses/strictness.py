"""Whether one licence asks for at least as much as another. A partial order: most licences cannot be compared.

It compares the records of terms.py cell by cell. `A OR B` is as strict as its mildest choice. This flags for human
review; it is no legal advice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.licenses.terms import terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from origin.licenses.grammar import Element
    from origin.licenses.reading import Reading
    from origin.licenses.terms import Terms

# What a user of data does. Patents, sublicences and the like are left out: they do not make a licence of data stricter.
_ACTIONS = (
    "reproduce", "distribute", "derive", "share-derivative", "commercial-use", "private-use", "train", "share-model",
    "commercialize-output", "train-on-outputs",
)  # fmt: skip
_VALUES = {"yes": 0, "unknown": 1, "no": 2}
# Duties of one kind: to name the author is to keep the notice that names the author.
_BURDENS = {
    "attribution": "credit",
    "notice": "credit",
    "produced-work-notice": "credit",
    "share-alike": "share-alike",
    "source-code": "source-code",
    "network-disclose": "network-disclose",
    "pass-through-terms": "pass-through-terms",
    "model-name-prefix": "model-name-prefix",
    "badge": "badge",
}
_LIMITS = ("non-computational-use", "academic-only", "field-of-use", "user-threshold", "territory")
# What decides between licences that are alike in all that.
_DETAILS = ("state-changes", "endorsement")
# A wider scope of share-alike asks for more; that of a database compares with itself alone.
_SCOPES = {"file": 1, "library": 2, "work": 3, "network": 4}
_ACTION_OF = {
    "distribute": "distribute",
    "share-derivative": "share-derivative",
    "share-produced-work": "share-derivative",
    "share-model": "share-model",
}


_MAX_CHOICES = 64
"""Alternatives of one claim that are compared: a recorded text must not stop a report."""


def strictest(claims: Sequence[Reading], every: Sequence[Reading]) -> Reading | None:
    """The claim at least as strict as all of `every`, None where there is none. Their order is no matter.

    Of equals, small duties decide, then fewer choices, then more licences to comply with, then the spelling.
    """
    if any(len(one.alternatives) > _MAX_CHOICES for one in every):
        return None
    strict = [one for one in claims if all(at_least_as_strict(one, other) for other in every)]
    careful = [one for one in strict if all(at_least_as_strict(one, other, details=True) for other in strict)]
    return min(careful or strict, key=_order, default=None)


def _order(reading: Reading) -> tuple[int, int, int, int, str]:
    elements = [element for alternative in reading.alternatives for element in alternative]
    later = sum(str(element).endswith(("-or-later", "+")) for element in elements)
    text = str(reading.expression)
    return len(reading.alternatives), later, -len(elements), len(text), text


def at_least_as_strict(one: Reading, other: Reading, *, details: bool = False) -> bool:
    """Whether every choice that `one` leaves is at least as strict as some choice of `other`.

    A licence without record is comparable with itself alone. details: count small duties too.
    """
    return all(any(_covers(mine, theirs, details) for theirs in other.alternatives) for mine in one.alternatives)


def _covers(mine: tuple[Element, ...], theirs: tuple[Element, ...], details: bool) -> bool:  # noqa: FBT001
    if set(theirs) <= set(mine):
        return True
    one, other = [terms(element) for element in mine], [terms(element) for element in theirs]
    if None in one or None in other:
        return False
    known = [record for record in one if record]
    return all(_at_least(known, record, details) for record in other if record)


def _at_least(mine: list[Terms], theirs: Terms, details: bool) -> bool:  # noqa: FBT001
    """All of mine together against one."""
    barred = {action: max(_VALUES[record.action(action).value] for record in mine) for action in _ACTIONS}
    if any(_VALUES[theirs.action(action).value] > level for action, level in barred.items()):
        return False
    limits = {word for record in mine for word in record.prohibitions}
    if any(word in theirs.prohibitions and word not in limits for word in _LIMITS):
        return False
    if details and not _details(theirs) <= {word for record in mine for word in _details(record)}:
        return False
    return _owes(mine, theirs, barred)


def _owes(mine: list[Terms], theirs: Terms, barred: Mapping[str, int]) -> bool:
    """A duty on what mine does not permit at all asks for nothing more."""
    owed = {_BURDENS[word] for record in mine for word in record.duties if word in _BURDENS}
    for word, duty in theirs.duties.items():
        if word not in _BURDENS or all(barred.get(_ACTION_OF.get(event, ""), 0) == _VALUES["no"] for event in duty.on):
            continue
        if _BURDENS[word] not in owed or (word == "share-alike" and not _as_wide(mine, theirs)):
            return False
    return True


def _as_wide(mine: list[Terms], theirs: Terms) -> bool:
    wanted = _scope(theirs)
    own = {_scope(record) for record in mine if "share-alike" in record.duties}
    return wanted in own or (wanted in _SCOPES and any(_SCOPES.get(scope, 0) >= _SCOPES[wanted] for scope in own))


def _scope(record: Terms) -> str:
    fact = record.facts.get("scope")
    return fact.value if fact is not None else "work"


def _details(record: Terms) -> set[str]:
    return {word for word in _DETAILS if word in record.duties or word in record.prohibitions}
