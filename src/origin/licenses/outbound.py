"""Which licences one source may be passed on under, once it is part of something new."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from origin.licenses.bridges import osadl, versions
from origin.licenses.charts import PERMISSIVE, PUBLIC_DOMAIN, UNCONDITIONAL, creative_commons
from origin.licenses.grammar import Element
from origin.licenses.identifiers import licenses
from origin.licenses.pairs import pair
from origin.licenses.terms import terms
from origin.licenses.verdict import CC_COMPATIBLE, RANK, Finding, Relation, finding, ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.licenses.reading import Alternative, Reading

# What people publish data, models and code under; a mix is asked about these and about the licences of its own parts.
_COMMON = ids(
    """AGPL-3.0-only AGPL-3.0-or-later Apache-2.0 BSD-2-Clause BSD-3-Clause CC-BY-4.0 CC-BY-NC-4.0 CC-BY-NC-SA-4.0
    CC-BY-SA-4.0 CC0-1.0 CDLA-Permissive-2.0 CDLA-Sharing-1.0 EPL-2.0 EUPL-1.2 GPL-2.0-only GPL-2.0-or-later
    GPL-3.0-only GPL-3.0-or-later LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later MIT MPL-2.0
    ODC-By-1.0 ODbL-1.0"""
)

AGGREGATE = "aggregate-clause"
"""The rule of licences that ask something of the collection they stand in."""
_AGGREGATES = {
    "GPL-3.0": "GPL-3.0, section 5",
    "AGPL-3.0": "AGPL-3.0, section 5",
    "LGPL-3.0": "GPL-3.0, section 5, by LGPL-3.0, preamble",
    "GFDL-1.1": "GFDL-1.1, section 7",
    "GFDL-1.2": "GFDL-1.2, section 7",
    "GFDL-1.3": "GFDL-1.3, section 7",
}


_LATER_BY_TEXT = ("CDDL-", "CPL-", "EPL-", "EUPL-", "MPL-")
"""Licences whose text lets whoever receives the work take a later version, whatever its notice says: CDDL-1.0 section
4.2, CPL-1.0 section 7, EPL-2.0 section 7, EUPL-1.2 article 13, MPL-2.0 section 10.2."""


def universe(readings: Iterable[Reading]) -> tuple[Alternative, ...]:
    """The outbound licences worth asking about: those of the sources first, the least restrictive of them before the
    others, then their later versions and common licences, last those that nobody knows. One of several elements stands
    for all of them at once.
    """
    own: dict[Alternative, None] = {}
    for reading in readings:
        for alternative in reading.alternatives:
            own.update(dict.fromkeys((element,) for element in alternative))
            if len(reading.alternatives) == 1:
                own.setdefault(alternative)
    elements = {element for alternative in own for element in alternative}
    newer = {name for element in elements for name in _newer(element)} - set(map(str, elements))
    bridges = {name for element in elements for name in _bridges(element)}
    rest = sorted((bridges | _COMMON) - newer - set(map(str, elements)))
    ordered = sorted(own, key=restrictions)
    strange = [alternative for alternative in ordered if any(map(unheard_of, alternative))]
    known = [alternative for alternative in ordered if alternative not in strange]
    return (*known, *((Element(name),) for name in (*sorted(newer), *rest)), *strange)


def unheard_of(element: Element) -> bool:
    """Whether no authority, chart or record of ours speaks of a licence."""
    return terms(element) is None and element.license.lower() not in licenses()


def _bridges(element: Element) -> list[str]:
    record = terms(element)
    return record.facts["outbound-ok"].value.split() if record and "outbound-ok" in record.facts else []


def restrictions(alternative: Alternative) -> tuple[int, int, int]:
    """How many licences have terms that are not on record, and how many prohibitions and duties the others have, for
    choosing the alternative that asks for least.
    """
    records = [record for element in alternative if (record := terms(element)) is not None]
    forbidden = {word for record in records for word in record.prohibitions}
    return len(alternative) - len(records), len(forbidden), len({word for record in records for word in record.duties})


def _newer(element: Element) -> tuple[str, ...]:
    elements = creative_commons(element.license)
    if elements is None:
        found = versions(element.license, or_later=element.or_later)
        return tuple(name for name in found if name.lower() in licenses())
    stem = element.license.rpartition("-")[0]
    return tuple(name for number in ("3.0", "4.0") if (name := f"{stem}-{number}").lower() in licenses())


def fitting(outbound: Alternative, alternative: Alternative, relation: Relation) -> Finding:
    """Whether all licences of an alternative let the material go under the outbound one: the worst finding."""
    return max((_into(outbound, element, relation) for element in alternative), key=lambda one: RANK[one.verdict])


def _into(outbound: Alternative, element: Element, relation: Relation) -> Finding:
    """Under several licences at once, material that is under one of them stays so unless another excludes it."""
    found = [_fits(one, element, relation) for one in outbound]
    if element in outbound and len(outbound) > 1:
        either_way = [
            min(one, _fits(element, host, relation), key=lambda one: RANK[one.verdict])
            for host, one in zip(outbound, found, strict=True)
        ]
        if all(one.verdict != "incompatible" for one in either_way):
            return _fits(element, element, relation)
    return max(found, key=lambda one: RANK[one.verdict])


@lru_cache(maxsize=16_384)
def _fits(outbound: Element, inbound: Element, relation: Relation) -> Finding:
    if outbound != inbound:
        barred = _limits_aggregate(outbound, inbound) if relation == "collection" else _bars_later(outbound, inbound)
        if barred is not None:
            return barred
    reached = versions(outbound.license, or_later=outbound.or_later)
    if len(reached) > 1 and outbound != inbound:
        # Offered under every version, the material has to fit each of them.
        found = [_fits(Element(version, addition=outbound.addition), inbound, relation) for version in reached]
        return max(found, key=lambda one: RANK[one.verdict])
    result = pair(outbound, inbound, relation)
    if result.verdict == "review":
        return _asks_no_more(outbound, inbound) or result
    return result


def _limits_aggregate(outbound: Element, inbound: Element) -> Finding | None:
    """A compilation is an aggregate only while its own copyright leaves users what the single works permit; under
    version 1.1 of the GFDL, while none is claimed for it.
    """
    clause = _AGGREGATES.get(re.sub(r"(-(no-)?invariants)?-(only|or-later)$", "", inbound.license))
    limits = terms(outbound)
    if clause is None or limits is None or not {"commercial-use", "share-adapted"} & limits.prohibitions.keys():
        return None
    text = f"a collection that is itself under {outbound} limits what {inbound} permits, and may be no aggregate"
    return finding("review", AGGREGATE, clause, text)


def _bars_later(outbound: Element, inbound: Element) -> Finding | None:
    """What may go under a version of a licence need not go under those that are still to be written."""
    if outbound.or_later and not inbound.or_later and outbound.license == inbound.license:
        return _without_later(outbound, inbound)
    if not outbound.license.endswith("-or-later"):
        return None
    if inbound.license.startswith("CC-BY-SA-"):
        text = f"CC lists version 3 of the GPL alone, and for CC-BY-SA-4.0 alone; {outbound} offers later ones too"
        return finding("incompatible", "cc-gpl-later", CC_COMPATIBLE, text)
    listed = osadl(str(outbound), str(inbound))
    if listed is not None and listed.verdict == "incompatible":
        return listed
    if inbound.license == outbound.license.removesuffix("-or-later") + "-only":
        text = f"{inbound} excludes the later versions that {outbound} offers"
        return finding("incompatible", "later-versions", f"{inbound}, its notice", text)
    return None


def _without_later(outbound: Element, inbound: Element) -> Finding | None:
    if inbound.license.startswith(_LATER_BY_TEXT):
        return None
    text = f"{inbound} is this version alone; whether {outbound} may offer later ones is for its holders"
    return finding("review", "later-versions", f"{inbound}, text", text)


def _asks_no_more(outbound: Element, inbound: Element) -> Finding | None:
    """What no chart speaks of and asks for nothing but its notice."""
    if inbound.license in UNCONDITIONAL or (
        "LicenseRef-" in outbound.license and inbound.license in PERMISSIVE | PUBLIC_DOMAIN
    ):
        text = f"{inbound} may be passed on inside a work under other terms; its notice stays"
        return finding("compatible", "permissive", f"{inbound}, text", text)
    return None


def taken(outbound: Alternative, alternative: Alternative, relation: Relation) -> str:
    """An alternative as it is used for the outbound licence: of or-later licences, the version that fits."""
    return " AND ".join(_version(outbound, element, relation) for element in alternative)


def _version(outbound: Alternative, element: Element, relation: Relation) -> str:
    if element in outbound:
        return str(element)
    for version in versions(element.license, or_later=element.or_later):
        one = Element(version, addition=element.addition)
        if _into(outbound, one, relation).verdict == "compatible":
            return str(one)
    return str(element)
