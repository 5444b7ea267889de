"""What one licence says of a use, cell by cell of its record. A flag for human review, no legal advice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from origin.licenses.compatibility import Compatibility, compatible
from origin.licenses.custom import custom_licenses
from origin.licenses.identifiers import licenses
from origin.licenses.obligations import due
from origin.licenses.outbound import fitting
from origin.licenses.outcome import DueDuty, Evaluation, Reason, Severity, concluded
from origin.licenses.reading import read
from origin.licenses.requirements import Requirements, covers_model, makes_no_adaptation, requirements
from origin.licenses.restrictions import restrictions
from origin.licenses.terms import terms
from origin.licenses.use import INTERNAL
from origin.licenses.verdict import NO_AUTHORITY, RANK, Finding, Relation, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.licenses.grammar import Element
    from origin.licenses.terms import Cell, Terms
    from origin.licenses.use import Use

_SEVERITIES: dict[Verdict, Severity] = {"compatible": "info", "review": "review", "incompatible": "blocker"}

# Licences that forbid to improve other models but name their own family as free.
_OWN_FAMILY = {
    "LicenseRef-Llama-2": ("2", "section 1.b.v, excluding Llama 2 or derivative works thereof"),
    "LicenseRef-Llama-3": ("3", "section 1.b.v, excluding Meta Llama 3 or derivative works thereof"),
}
_LLAMA = re.compile(r"(?:meta[ _-]?)?llama(?:[ _-]?(\d(?:\.\d)?))?(?![\d.]).*", re.IGNORECASE)


def evaluate_element(use: Use, element: Element) -> Evaluation:
    """What a licence says of a use, with the or-later and exception that stand beside it."""
    record = terms(element)
    return _of_record(use, record, element) if record else _no_record(use, element)


def _no_record(use: Use, element: Element) -> Evaluation:
    """A listed licence has a text, which a person can read. A reference that no table knows may mean anything."""
    if has_text(element):
        text = f"there is no record of the terms of {element}; a person reads them"
        return concluded([Reason("no-record", NO_AUTHORITY, text, str(element), "review")])
    text = f"{element} refers to terms that are not known"
    severity: Severity = "blocker" if use.passes_on else "review"
    return concluded([Reason("unknown-license", NO_AUTHORITY, text, str(element), severity)])


def has_text(element: Element) -> bool:
    """Whether the terms are published somewhere: on SPDX's list, or on a page that our table names."""
    own = custom_licenses().get(element.license.lower())
    return bool(own and own.url) or element.license.lower() in licenses()


def _of_record(use: Use, record: Terms, element: Element) -> Evaluation:
    needs = requirements(use, record)
    name = str(element)
    duties: list[DueDuty] = []
    reasons = [*_permissions(use, record, name, needs), *restrictions(use, record, name)]
    for duty, reason in due(use, record, name, needs.events):
        duties.append(duty)
        reasons.append(reason)
    reasons += _without_text(use, record, name, reasons)
    reasons += _outbound(use, record, name)
    reasons += _coverage(record, name)
    return concluded(reasons, duties)


def _permissions(use: Use, record: Terms, name: str, needs: Requirements) -> Iterator[Reason]:
    for action in needs.actions:
        yield _own_family(use, record, name, action) or _permission(record, name, action)
    yield from _commercial(use, record, name, needs.commercial)


def _without_text(use: Use, record: Terms, name: str, reasons: list[Reason]) -> Iterator[Reason]:
    """A claim in words (`proprietary`, `research only`): what the words leave open is not granted to publish.

    Public domain is no grant but a state of the law, so that a person looks into it.
    """
    unsettled = any(reason.rule.startswith("unsettled-") for reason in reasons)
    if not record.text and use.passes_on and unsettled and name != "LicenseRef-Public-Domain":
        text = "no text stands behind the claim, and nothing may be passed on without one"
        yield Reason("unknown-license", NO_AUTHORITY, text, name, "blocker")


def _permission(record: Terms, name: str, action: str) -> Reason:
    cell = record.action(action)
    if cell.value == "yes":
        return Reason(f"permits-{action}", _cite(record, cell), f"{action} is permitted", name, "info")
    if cell.value == "no":
        return Reason(f"forbids-{action}", _cite(record, cell), f"{action} is not permitted", name, "blocker")
    text = f"whether {action} is permitted is not settled by the licence"
    return Reason(f"unsettled-{action}", _cite(record, cell), text, name, "review")


def _own_family(use: Use, record: Terms, name: str, action: str) -> Reason | None:
    version, clause = _OWN_FAMILY.get(record.id, ("", ""))
    target = _LLAMA.fullmatch((use.target_model_family or "").strip())
    if action != "train-on-outputs" or not version or target is None or target[1] not in {None, version}:
        return None
    text = f"{target[0]} is of the licence's own family, whose improvement is permitted"
    return Reason("permits-own-family", f"{record.id}, {clause}", text, name, "info")


def _commercial(use: Use, record: Terms, name: str, action: str) -> Iterator[Reason]:
    if use.commercial is False:
        return
    asked = ("commercial-use",) if action == "commercial-use" else ("commercial-use", action)
    for one in asked:
        cell = record.action(one)
        if use.commercial:
            yield _permission(record, name, one)
        elif cell.value != "yes":
            text = f"{one} is {'not permitted' if cell.value == 'no' else 'not settled'}; say whether the use is such"
            yield Reason(f"maybe-{one}", _cite(record, cell), text, name, "review")


def _outbound(use: Use, record: Terms, name: str) -> Iterator[Reason]:
    """The licence that the result is published under, and that of the collection it stands in."""
    if use.collection or use.collection_license:
        if use.collection_license:
            yield from _fits(use.collection_license, name, "collection")
        if not use.adapted:
            return
    if use.outbound is None or not use.passes_on or use.action == "publish-outputs":
        return
    if use.action == "publish-produced-work" and makes_no_adaptation(record):
        return
    if use.action in {"publish-dataset", "display"} and not use.adapted:
        yield from _fits(use.outbound, name, "copy-into")
    elif use.share == "weights" and use.action in INTERNAL and not _binds_model(record):
        yield from _fits_weights(use.outbound, record, name)
    else:
        yield from _fits(use.outbound, name, "adaptation")


def _binds_model(record: Terms) -> bool:
    alike = record.duties.get("share-alike")
    return covers_model(record) or (alike is not None and "share-model" in alike.on)


def _fits_weights(outbound: str, record: Terms, name: str) -> Iterator[Reason]:
    """Where a model may be shared whether it is an adaptation or not, its maker chooses the licence. Where that is
    open, a licence that would not fit an adaptation asks a person.
    """
    cell = record.action("share-model")
    if cell.value == "yes":
        text = f"the model may be shared under {outbound}, as its own work"
        yield Reason("outbound-own-model", _cite(record, cell), text, name, "info")
    else:
        yield from _fits(outbound, name, "adaptation", unsettled=True)


def _fits(outbound: str, inbound: str, relation: Relation, *, unsettled: bool = False) -> Iterator[Reason]:
    found: Finding | Compatibility = compatible(outbound, inbound, relation)
    for offered in read(outbound).alternatives:
        # Where any of its versions will do for what goes in, who publishes under an or-later offers all of them.
        strict = fitting(offered, read(inbound).alternatives[0], relation)
        found = max(found, strict, key=lambda one: RANK[one.verdict])
    severity = "review" if unsettled and found.verdict == "incompatible" else _SEVERITIES[found.verdict]
    for one in found.reasons:
        yield Reason(f"outbound-{one.rule}", one.authority, one.text, inbound, severity)


def _coverage(record: Terms, name: str) -> Iterator[Reason]:
    covers = record.facts.get("covers")
    if covers is not None and covers.value == "database":
        text = "it covers the database alone; the contents may have licences of their own"
        yield Reason("covers-database", _cite(record, covers), text, name, "info")


def _cite(record: Terms, cell: Cell) -> str:
    return f"{record.id}, {cell.clause}" if cell.clause else f"{record.id}: no clause"
