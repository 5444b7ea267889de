"""One licence into one other: the rules in their order. This flags for human review; it is no legal advice."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

from origin.licenses.bridges import code, dissent, osadl, versions
from origin.licenses.by_terms import by_terms, takes_in
from origin.licenses.charts import content, forbids_adaptations, in_collection, is_content
from origin.licenses.creative_commons import unported
from origin.licenses.custom import custom_licenses
from origin.licenses.grammar import Element
from origin.licenses.identifiers import licenses
from origin.licenses.terms import terms
from origin.licenses.verdict import (
    CC_COMPATIBLE,
    FSF_LIST,
    NO_AUTHORITY,
    RANK,
    Finding,
    Reason,
    Relation,
    Verdict,
    finding,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_EXCEPTION_FAMILY = ("GPL-", "LGPL-", "AGPL-")
_LINKING = ("Classpath-exception", "GCC-exception", "OpenJDK-assembly", "LGPL-3.0-linking", "OCaml-LGPL", "WxWindows")


@lru_cache(maxsize=16_384)
def pair(target: Element, source: Element, relation: Relation) -> Finding:
    """One licence into one other, with their or-later and exceptions."""
    ports = tuple(_port_note(element) for element in dict.fromkeys((source, target)) if _unlisted_port(element))
    return _pair(_listed(target), _listed(source), relation).noting(*ports)


def _unlisted_port(element: Element) -> bool:
    return element.license.startswith("LicenseRef-") and unported(element.license) is not None


def _port_note(element: Element) -> Reason:
    text = f"{element} is a port that SPDX does not list; it is read as its family, {unported(element.license)}"
    return Reason("cc-port", "Creative Commons licences, ShareAlike section on jurisdiction licences", text)


def _listed(element: Element) -> Element:
    """The licence under the name that the rules know it by: a port as SPDX would write it, a duplicate as listed."""
    if not element.license.startswith("LicenseRef-"):
        return element
    custom = custom_licenses().get(element.license.lower())
    if custom is not None and custom.same_as:
        return replace(element, license=custom.same_as)
    if _unlisted_port(element):
        return replace(element, license=element.license.removeprefix("LicenseRef-"))
    return element


def _pair(target: Element, source: Element, relation: Relation) -> Finding:  # noqa: PLR0911 - one return a rule
    if target == source and relation != "collection" and (own := _same_custom(source)) is not None:
        return own
    unknown = _unknown(source) or _unknown(target)
    if unknown is not None:
        known = all(_unknown(one) is None or takes_in(one.license) for one in (source, target))
        return _outside(target, source, relation) or (_nobody(target, source) if known else unknown)
    if relation == "collection":
        return (
            in_collection(target.license, source.license)
            or by_terms(target, source, relation)
            or _nobody(target, source)
        )
    if target == source:
        if forbids_adaptations(source.license):
            text = f"{source} allows no adaptation to be shared, not even under itself"
            return finding("incompatible", "cc-nd", f"{source}, section on NoDerivatives", text)
        return finding("compatible", "same-licence", f"{source}, text", "the licence is the same on both sides")
    if target.addition or source.addition:
        return _with_exception(target, source, relation)
    return _versions(target, source, relation)


def _same_custom(element: Element) -> Finding | None:
    """A licence outside SPDX into itself, where its terms are known."""
    record = terms(element) if "LicenseRef-" in element.license else None
    cell = record.action("share-derivative") if record is not None else None
    if cell is None or cell.value == "unknown":
        return None
    if cell.value == "no":
        return finding("incompatible", "same-licence", f"{element}, {cell.clause}", "no adaptation may be shared")
    return finding("compatible", "same-licence", f"{element}, {cell.clause}", "the licence stays the same")


def _unknown(element: Element) -> Finding | None:
    if element.license.lower() not in licenses() and unported(element.license) is None:
        text = f"no authority is known that speaks of {element}"
        return finding("review", "unknown-license", NO_AUTHORITY, text)
    return None


def _outside(target: Element, source: Element, relation: Relation) -> Finding | None:
    """One side at least is on no list: what its record of terms says, and what the other asks of any licence."""
    if _unknown(target) is not None and not takes_in(target.license):
        return None
    if relation == "remix":
        return _either_way(target, source)
    if relation == "collection":
        found = in_collection(target.license, source.license)
        return found if found and found.verdict != "review" else by_terms(target, source, relation) or found
    if relation == "combine" and (source.addition or "").startswith(_LINKING):
        return _with_exception(target, source, relation)
    return by_terms(target, source, relation)


def _either_way(target: Element, source: Element) -> Finding:
    """Two may be combined where what is made of both may go under one of them, and each lets itself be adapted."""
    found = [_pair(target, source, "adaptation"), _pair(source, target, "adaptation")]
    best = min(found, key=lambda one: RANK[one.verdict])
    if best.verdict == "incompatible":
        return Finding("incompatible", tuple(reason for one in found for reason in one.reasons))
    adaptable = all(
        (record := terms(one)) is not None and record.action("share-derivative").value == "yes"
        for one in (target, source)
    )
    return best if adaptable else Finding("review", best.reasons)


def _nobody(target: Element, source: Element) -> Finding:
    record = terms(source)
    duty = record.duties.get("pass-through-terms") if record is not None else None
    if record is not None and duty is not None:
        text = f"{source} material is passed on with its terms; no authority says whether {target} leaves room for them"
        return finding("review", "own-terms", f"{record.id}, {duty.clause}", text)
    text = f"no authority is known that speaks of {source} into {target}"
    return finding("review", "unknown-pair", NO_AUTHORITY, text)


def _version_3_alone(target: Element, source: Element, relation: Relation) -> Finding | None:
    """The bridge from CC-BY-SA-4.0 leads to version 3 of the GPL; who adapts it can offer no later one."""
    if source.license != "CC-BY-SA-4.0" or relation != "adaptation" or not target.license.startswith("GPL-"):
        return None
    if not target.license.endswith("-or-later"):
        return None
    text = f"CC lists version 3 of the GPL alone: an adaptation may be under GPL-3.0-only, but not under {target}"
    return finding("incompatible", "cc-by-sa-gpl3", f"{CC_COMPATIBLE}; {FSF_LIST}#ccbysa", text)


def _versions(target: Element, source: Element, relation: Relation) -> Finding:
    if (barred := _version_3_alone(target, source, relation)) is not None:
        return barred
    targets = versions(target.license, or_later=target.or_later)
    sources = versions(source.license, or_later=source.or_later)
    pairs = list(product(targets, sources))
    found = [
        _single(outbound, inbound, relation)
        or by_terms(Element(outbound), Element(inbound), relation)
        or _nobody(target, source)
        for outbound, inbound in pairs
    ]
    best = min(found, key=lambda one: RANK[one.verdict])
    if best.verdict == "compatible":
        working = [outbound for (outbound, _), one in zip(pairs, found, strict=True) if one.verdict == "compatible"]
        notes = tuple(_branch_notes(target, source, set(working), pairs[found.index(best)][1]))
        whole = osadl(str(target), str(source)) if not is_content(source.license) else None
        if whole is not None and whole.verdict == "incompatible":
            notes += (dissent(whole),)
        return best.noting(*notes)
    return best


def _branch_notes(target: Element, source: Element, working: set[str], inbound: str) -> Iterable[Reason]:
    clause = "the or-later grant of its notice (GPL-2.0, section 9; GPL-3.0, section 14)"
    if inbound not in {source.license, str(source), versions(source.license, or_later=source.or_later)[0]}:
        yield Reason("or-later", f"{source}, {clause}", f"{source} is taken as {inbound}")
    reached = versions(target.license, or_later=target.or_later)
    if not working.issuperset(reached):
        through = " or ".join(name for name in reached if name in working)
        text = f"it works through the version {through} of {target} alone; the work as a whole is then under that"
        yield Reason("or-later", f"{target}, {clause}", text)


def _single(outbound: str, inbound: str, relation: Relation) -> Finding | None:
    if outbound == inbound:
        if forbids_adaptations(inbound):
            return content(outbound, inbound, relation)
        return finding("compatible", "same-licence", f"{inbound}, text", f"both sides can be {inbound}")
    if is_content(outbound) or is_content(inbound):
        return content(outbound, inbound, relation)
    return code(outbound, inbound, relation)


def _with_exception(target: Element, source: Element, relation: Relation) -> Finding:
    """An exception only adds permissions: inbound it may be left out, outbound it cannot be given for others' code."""
    listed = osadl(str(target), str(source))
    if source.addition and relation == "combine" and source.addition.startswith(_LINKING):
        text = f"{source.addition} lets the code be linked into a work under any terms"
        return finding("compatible", "linking-exception", f"{source.addition}, text", text)
    if source.addition == "LLVM-exception" and target.license == "GPL-2.0-only":
        text = "the exception waives what conflicts with version 2 of the GPL, for compiled forms that are combined"
        verdict: Verdict = "compatible" if relation == "combine" else "review"
        return finding(verdict, "llvm-exception", "LLVM-exception, second paragraph", text)
    if listed is not None and listed.verdict != "review":
        return listed
    bare = pair(Element(target.license, target.or_later), Element(source.license, source.or_later), relation)
    if source.addition and source.addition != target.addition:
        text = f"{source.addition} only adds permissions, and they may be left out"
        bare = bare.noting(Reason("exception-left-out", f"{source.addition}; GPL-3.0, section 7", text))
    if target.addition and target.addition != source.addition and source.license.startswith(_EXCEPTION_FAMILY):
        text = f"{target.addition} cannot be granted for {source} code by others than its holders"
        note = Reason("exception-not-granted", f"{target.addition}; " + "GPL-3.0, section 7", text)
        if relation == "remix" or (relation == "combine" and source.license.startswith("LGPL-")):
            return Finding(max(bare.verdict, "review", key=lambda one: RANK[one]), (*bare.reasons, note))
        return Finding("incompatible", (note, *bare.reasons)).noting(*([dissent(listed)] if listed else ()))
    return bare
