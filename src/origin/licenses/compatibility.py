"""May material under one licence go into a work published under another? This flags for human review; it is no
legal advice.

Verdicts are directed: `compatible(outbound, inbound)` says nothing of the way back. What is unknown is never
compatible. The order of authority: the licence's own text, its steward's charts, OSADL (code only), the FSF's list.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, get_args

from origin.errors import LicenseExpressionError, shown
from origin.licenses.bridges import code, dissent, osadl, versions
from origin.licenses.charts import (
    content,
    creative_commons,
    forbids_adaptations,
    in_collection,
    is_content,
    passes_on_its_terms,
)
from origin.licenses.claims import parse_claim
from origin.licenses.expression import Expression, parse_expression
from origin.licenses.grammar import Element
from origin.licenses.identifiers import licenses
from origin.licenses.terms import terms
from origin.licenses.verdict import NO_AUTHORITY, RANK, Finding, Reason, Relation, Verdict, finding

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_COST = 50_000
_EXCEPTION_FAMILY = ("GPL-", "LGPL-", "AGPL-")
_LINKING = ("Classpath-exception", "GCC-exception", "OpenJDK-assembly", "LGPL-3.0-linking", "OCaml-LGPL", "WxWindows")


@dataclass(frozen=True, slots=True)
class Compatibility:
    """The verdict with the reasons that it rests on, authorities that differ included."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    outbound: str
    inbound: str
    relation: Relation


def compatible(outbound: str, inbound: str, relation: Relation = "copy-into") -> Compatibility:
    """Whether material under `inbound` may go into a work that is published under `outbound`.

    Both are SPDX expressions or claims that `parse_claim` resolves. relation: "copy-into" (a file copied in), "combine"
    (linked), "adaptation" (made into something new that is under `outbound`), "remix" (may the two be combined in an
    adaptation at all), "collection" (unchanged, beside other works).

    Inbound `A OR B`: one that works is enough, the reasons name it. Inbound `A AND B`: both must work. Outbound
    `A OR B` offers each to everyone, so the material must be able to go under each. Outbound `A AND B`: everything is
    passed on under the demands of both, so the material must fit under one and the other must fit under that too.
    An outbound licence with or-later is reached through any of its versions; the work as a whole is then under that.
    """
    if relation not in get_args(Relation):
        raise ValueError(f"A relation is one of {', '.join(get_args(Relation))}; this is {shown(relation)}.")
    result = _resolve(outbound, inbound, relation)
    return Compatibility(result.verdict, tuple(dict.fromkeys(result.reasons)), str(outbound), str(inbound), relation)


def _resolve(outbound: str, inbound: str, relation: Relation) -> Finding:
    target, source = _read(outbound), _read(inbound)
    if source == "no-license":
        text = f"{shown(inbound)} grants nothing: all rights are reserved"
        return finding("incompatible", "no-license", "Berne Convention, articles 8, 9 and 12", text)
    for side, read in (("outbound", target), ("inbound", source)):
        if isinstance(read, str):
            text = f"the {side} licence is not known ({read}): {shown(outbound if side == 'outbound' else inbound)}"
            return finding("review", "unknown-license", NO_AUTHORITY, text)
    if isinstance(target, str) or isinstance(source, str):  # for the type checker; handled above
        raise TypeError
    return _expressions(target, source, relation)


@lru_cache(maxsize=4096)
def _read(text: str) -> Expression | str:
    """The expression, deprecated ids replaced; or the status of a claim that is none."""
    try:
        expression = parse_expression(text)
        if not expression.unknown_ids:
            return parse_expression(expression.current)
    except LicenseExpressionError:
        expression = None
    claim = parse_claim(text)
    if claim.expression is not None:
        return parse_expression(parse_expression(claim.expression).current)
    return expression if expression is not None and claim.status == "unknown" else claim.status


def _expressions(target: Expression, source: Expression, relation: Relation) -> Finding:
    elements = {str(element): element for element in (*target.elements, *source.elements)}

    def choice(names: frozenset[str]) -> tuple[Element, ...]:
        return tuple(elements[name] for name in sorted(names))

    cost = sum(len(names) ** 2 for names in target.choices) * sum(map(len, source.choices))
    if cost > _MAX_COST:
        text = f"{len(target.elements)} and {len(source.elements)} licences are too many to compare; state the parts"
        return finding("review", "too-large", NO_AUTHORITY, text)
    inbound = [choice(names) for names in source.choices]
    found = [_best(choice(names), inbound, relation) for names in target.choices]
    worst = max(found, key=lambda one: RANK[one.verdict])
    if len(found) == 1:
        return worst
    branch = " AND ".join(sorted(target.choices[found.index(worst)]))
    if worst.verdict == "compatible":
        return Finding("compatible", tuple(reason for one in found for reason in one.reasons))
    text = f"published under each of the branches, the material must fit all; it does not surely fit {branch}"
    return worst.noting(Reason("outbound-or", "SPDX annex on expressions, OR operator", text))


def _best(target: tuple[Element, ...], branches: list[tuple[Element, ...]], relation: Relation) -> Finding:
    found = [_all(target, branch, relation) for branch in branches]
    best = min(found, key=lambda one: RANK[one.verdict])
    if len(found) == 1:
        return best
    if best.verdict != "compatible":
        return Finding(best.verdict, tuple(reason for one in found for reason in one.reasons))
    taken = " AND ".join(map(str, branches[found.index(best)]))
    text = f"of the alternatives, {taken} is taken"
    return best.noting(Reason("inbound-or", "SPDX annex on expressions, OR operator", text))


def _all(target: tuple[Element, ...], source: tuple[Element, ...], relation: Relation) -> Finding:
    if len(target) > 1 and set(target) == set(source) and not any(_bars_itself(one, relation) for one in target):
        text = "the licences are the same on both sides"
        return finding("compatible", "same-licence", f"{' AND '.join(map(str, source))}, texts", text)
    found = [_into(target, element, relation) for element in source]
    worst = max(found, key=lambda one: RANK[one.verdict])
    return Finding(
        worst.verdict, tuple(reason for one in found if one.verdict == worst.verdict for reason in one.reasons)
    )


def _into(target: tuple[Element, ...], source: Element, relation: Relation) -> Finding:
    """Into a work under several licences at once."""
    if len(target) == 1:
        return pair(target[0], source, relation)
    found: list[Finding] = []
    for host in target:
        one = pair(host, source, relation)
        if one.verdict == "compatible":
            rest = [pair(host, other, relation) for other in target if other != host]
            if any(other.verdict != "compatible" for other in rest):
                text = f"{source} fits {host}, but not all of {' AND '.join(map(str, target))} surely fit it"
                one = Finding("review", (*one.reasons, Reason("outbound-and", NO_AUTHORITY, text)))
        found.append(one)
    best = min(found, key=lambda one: RANK[one.verdict])
    if best.verdict == "incompatible":
        return Finding("incompatible", tuple(reason for one in found for reason in one.reasons))
    return best


@lru_cache(maxsize=16_384)
def pair(target: Element, source: Element, relation: Relation) -> Finding:  # noqa: PLR0911 - one return a rule
    """One licence into one other, with their or-later and exceptions."""
    if target == source and relation != "collection" and (own := _same_custom(source)) is not None:
        return own
    for element in (source, target):
        unknown = _unknown(element)
        if unknown is not None:
            return (_restricted(target, source, relation) if relation != "collection" else None) or unknown
    if relation == "collection":
        return in_collection(target.license, source.license) or _nobody(target, source)
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


def _bars_itself(element: Element, relation: Relation) -> bool:
    return pair(element, element, relation).verdict != "compatible"


def _unknown(element: Element) -> Finding | None:
    if "LicenseRef-" in element.license or element.license.lower() not in licenses():
        text = f"no authority is known that speaks of {element}"
        return finding("review", "unknown-license", NO_AUTHORITY, text)
    return None


def _restricted(target: Element, source: Element, relation: Relation) -> Finding | None:
    """One side is known to nobody; if it is a model's licence that must be passed on, something can be said."""
    if _unknown(target) is None and "Ref-" in source.license:
        return content(target.license, source.license, "copy-into")
    if _unknown(source) is not None or not passes_on_its_terms(target.license):
        return None
    elements = creative_commons(source.license)
    if relation == "remix" or source.addition or (elements is not None and elements.nc):
        return None
    found = content(target.license, source.license, relation)
    linked = relation == "combine" and found is not None and found.verdict == "incompatible"
    return None if linked else found


def _nobody(target: Element, source: Element) -> Finding:
    return finding(
        "review", "unknown-pair", NO_AUTHORITY, f"no authority is known that speaks of {source} into {target}"
    )


def _versions(target: Element, source: Element, relation: Relation) -> Finding:
    targets = versions(target.license, or_later=target.or_later)
    sources = versions(source.license, or_later=source.or_later)
    pairs = list(product(targets, sources))
    found = [_single(outbound, inbound, relation) or _nobody(target, source) for outbound, inbound in pairs]
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
        return Finding(max(bare.verdict, "review", key=lambda one: RANK[one]), (*bare.reasons, note))
    return bare
