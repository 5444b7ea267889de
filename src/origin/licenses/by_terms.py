"""What the records of terms say of two licences, where no text, chart or list speaks of the pair by name.

One rule a case, each with the clause of the record: nobody may grant more than was received, copyleft stays itself,
and what asks for no more than its notice fits anywhere. What a record leaves open is left to a reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.licenses.charts import content, copyleft_kind, creative_commons, is_open
from origin.licenses.terms import terms
from origin.licenses.verdict import CC_COLLECTION, Finding, Relation, finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.licenses.grammar import Element
    from origin.licenses.terms import Terms

_BERNE = "Berne Convention, articles 8, 9 and 12"
PROPRIETARY = "LicenseRef-Proprietary"
# The claims that say nothing of what their terms ask for or allow.
_SILENT = frozenset({"LicenseRef-In-File", "LicenseRef-Public-Domain"})
_LIMITS = {
    "academic-only": "allows research or teaching alone",
    "non-computational-use": "allows computational use alone",
    "field-of-use": "forbids some purposes to everyone",
    "user-threshold": "leaves large companies out",
    "territory": "is not granted everywhere",
}
_SETTLED = ("academic-only", "non-computational-use")
"""Limits that contradict any licence without them; of the others two licences may each have their own."""


def by_terms(outbound: Element, inbound: Element, relation: Relation) -> Finding | None:
    """The first rule that settles the pair; None where none does, or where neither side has a record."""
    rules: tuple[Callable[[Element, Element, Relation], Finding | None], ...] = (
        (_not_distributed, _commercial_collection, _stays_beside)
        if relation == "collection"
        else (_named, _reserved, _not_distributed, _not_adapted, _commercial, _limited, _alike, _taken_in)
    )
    return next((found for rule in rules if (found := rule(outbound, inbound, relation)) is not None), None)


def takes_in(license_id: str) -> bool:
    """Whether it is a known licence outside SPDX, so that an inbound text decides what goes into works under it."""
    return "LicenseRef-" in license_id and license_id not in _SILENT and terms(license_id) is not None


def _named(outbound: Element, inbound: Element, _: Relation) -> Finding | None:
    own = terms(inbound)
    fact = own.facts.get("outbound-ok") if own else None
    if own is None or fact is None or outbound.license not in fact.value.split():
        return None
    return finding("compatible", "named-compatible", f"{own.id}, {fact.clause}", f"{inbound} names {outbound}")


def _reserved(outbound: Element, inbound: Element, _: Relation) -> Finding | None:
    if inbound.license != PROPRIETARY or not _grants(outbound, "distribute"):
        return None
    text = f"the holder keeps the rights; {outbound} grants to everyone what nobody is known to have received"
    return finding("incompatible", "proprietary", _BERNE, text)


def _not_distributed(outbound: Element, inbound: Element, _: Relation) -> Finding | None:
    if (clause := _withheld(inbound, "distribute")) is None:
        return None
    text = f"{inbound} lets nobody pass the material on, be it under {outbound}"
    return finding("incompatible", "not-distributed", clause, text)


def _not_adapted(outbound: Element, inbound: Element, relation: Relation) -> Finding | None:
    clause = _withheld(inbound, "share-derivative")
    if clause is None or (relation == "copy-into" and not _grants(outbound, "share-derivative")):
        return None
    return finding("incompatible", "not-adapted", clause, f"{inbound} allows no adaptation to be shared")


def _commercial(outbound: Element, inbound: Element, _: Relation) -> Finding | None:
    clause = _withheld(inbound, "commercial-use")
    # To Creative Commons it is a yellow cell, not a plain no.
    if clause is None or not _grants(outbound, "commercial-use") or creative_commons(inbound.license) is not None:
        return None
    text = f"{outbound} grants the commercial use that {inbound} forbids"
    return finding("incompatible", "more-than-received", clause, text)


def _limited(outbound: Element, inbound: Element, _: Relation) -> Finding | None:
    own, other = terms(inbound), terms(outbound)
    if own is None or not _grants(outbound, "distribute"):
        return None
    barred = set(other.prohibitions) if other is not None else set()
    # Model licences each come with limits of their own, and whether two sets can stand together is for a reader.
    stacked = "LicenseRef-" in outbound.license and not barred.isdisjoint(_LIMITS)
    for word, phrase in _LIMITS.items():
        if word in own.prohibitions and word not in barred and not (stacked and word not in _SETTLED):
            text = f"{inbound} {phrase}, and {outbound} does not say so to those who receive it"
            return finding("incompatible", "more-than-received", f"{own.id}, {own.prohibitions[word].clause}", text)
    return None


def _alike(outbound: Element, inbound: Element, relation: Relation) -> Finding | None:
    """Share-alike of a licence that no chart knows. Of listed ones the charts, OSADL and the FSF speak."""
    own = terms(inbound)
    duty = own.duties.get("share-alike") if own is not None and "LicenseRef-" in inbound.license else None
    if own is None or duty is None or "share-derivative" not in duty.on or relation == "combine":
        return None
    text = f"what is made of {inbound} material stays under that, not under {outbound}"
    return finding("incompatible", "share-alike", f"{own.id}, {duty.clause}", text)


def _taken_in(outbound: Element, inbound: Element, relation: Relation) -> Finding | None:
    """A listed licence into a work under one outside SPDX: what its own text asks of any outbound licence."""
    if "LicenseRef-" in inbound.license or not takes_in(outbound.license):
        return None
    elements, kind = creative_commons(inbound.license), copyleft_kind(inbound.license)
    if relation == "combine" and kind is not None:
        return _linked(outbound, inbound, kind)
    if elements is not None and not (elements.sa or elements.nd):
        return None if elements.nc else _adapted(outbound, inbound)
    found = content(outbound.license, inbound.license, relation)
    if found is None or not inbound.addition or found.verdict == "compatible":
        return found
    return None  # What an exception lets through is for a reader.


def _linked(outbound: Element, inbound: Element, kind: str) -> Finding | None:
    if kind == "weak":
        text = f"a work that links to {inbound} code may have its own terms; the code itself stays under {inbound}"
        authority = f"{inbound}, section on larger or combined works"
        return finding("compatible", "weak-copyleft", authority, text)
    if kind == "strong" and not inbound.addition:
        text = f"what is linked with {inbound} code is under that as a whole, without the limits of {outbound}"
        clause = "GPL-2.0, sections 2 b and 6" if "GPL-2" in inbound.license else "GPL-3.0, sections 5 c and 10"
        return finding("incompatible", "gpl-whole-work", clause, text)
    return None


def _adapted(outbound: Element, inbound: Element) -> Finding:
    text = f"an adaptation may be under {outbound}, with attribution; what is unchanged in it stays under {inbound}"
    return finding("compatible", "cc-adapter", f"{inbound}, section on attribution (4.0: 3(a)(4))", text)


def _commercial_collection(outbound: Element, inbound: Element, _: Relation) -> Finding | None:
    """As Creative Commons says of its own: a collection that may be used commercially holds nothing noncommercial."""
    clause = _withheld(inbound, "commercial-use")
    if clause is None:
        return None
    if _grants(outbound, "commercial-use"):
        text = f"a collection under {outbound} may be used commercially, which {inbound} forbids for its material"
        return finding("incompatible", "collection-nc", f"{clause}; as in {CC_COLLECTION}", text)
    if _withheld(outbound, "commercial-use") is not None and _grants(inbound, "distribute"):
        text = f"a noncommercial collection may hold {inbound} material; it stays under {inbound}"
        return finding("compatible", "collection-nc", clause, text)
    return None


def _stays_beside(_: Element, inbound: Element, __: Relation) -> Finding | None:
    own = terms(inbound)
    if own is None or not _grants(inbound, "distribute") or _withheld(inbound, "commercial-use") is not None:
        return None
    if any(word in own.prohibitions for word in _SETTLED):
        return None
    text = f"{inbound} lets the material be passed on; it stays under {inbound}, whose terms and notices go with it"
    return finding("compatible", "passed-on-unchanged", f"{own.id}, {own.action('distribute').clause}", text)


def _withheld(element: Element, action: str) -> str | None:
    """The clause by which a licence forbids something, None where it does not."""
    record = terms(element)
    if record is None or record.action(action).value != "no":
        return None
    return f"{record.id}, {record.action(action).clause}"


def _grants(element: Element, action: str) -> bool:
    record: Terms | None = terms(element)
    return record.action(action).value == "yes" if record is not None else is_open(element.license)
