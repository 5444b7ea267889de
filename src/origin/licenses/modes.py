"""What a mix of sources is made into asks of each of its licences. A flag for human review, no legal advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.licenses import requirements
from origin.licenses.terms import Cell, terms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.licenses.grammar import Element

MADE_NEW = frozenset({"remix", "adaptation", "share-weights"})
"""Modes whose result is taken for an adaptation of every source."""
NOTHING_PUBLISHED = frozenset({"internal", "train-on-outputs"})
"""Modes that need no outbound licence."""

_EVENTS: dict[str, frozenset[str]] = {
    "internal": frozenset({"use"}),
    "remix": frozenset({"distribute", "share-derivative", "network-use"}),
    "adaptation": frozenset({"distribute", "share-derivative", "network-use"}),
    "collection": frozenset({"distribute"}),
    "share-weights": frozenset({"share-model"}),
    "produced-work": frozenset({"share-produced-work"}),
    "train-on-outputs": frozenset({"train-on-outputs"}),
}
# For modes that make nothing that is surely an adaptation.
_ACTIONS = {
    "internal": "train",
    "collection": "distribute",
    "share-weights": "share-model",
    "train-on-outputs": "train-on-outputs",
}


def action_of(mode: str) -> str | None:
    """The action of the terms that a mode exercises, beside the making of an adaptation."""
    return _ACTIONS.get(mode)


def permission(mode: str, element: Element) -> Cell:
    """What a licence says to that action, and where."""
    record, action = terms(element), _ACTIONS.get(mode)
    if action is None or (mode == "collection" and record is None):
        return Cell("yes", "")
    if record is None:
        return Cell("unknown", f"there is no record of the terms of {element}")
    return record.action(action)


def duties(mode: str, element: Element) -> Iterable[str]:
    """The duties that the mode makes due."""
    record = terms(element)
    if record is None:
        return ()
    # A work made with material that reaches its results is an adaptation of it.
    events = _EVENTS["adaptation" if mode == "produced-work" and not frees_results(element) else mode]
    return (word for word, duty in record.duties.items() if duty.on & events)


def prohibitions(element: Element) -> Iterable[str]:
    record = terms(element)
    return () if record is None else record.prohibitions


def leaves_free(mode: str, element: Element) -> bool:
    """Whether what the mode makes with the data, as distinct from the data, is free of the licence."""
    if mode == "produced-work":
        return frees_results(element)
    record = terms(element)
    return mode == "share-weights" and record is not None and requirements.frees_results(record)


def frees_results(element: Element) -> bool:
    record = terms(element)
    if record is None:
        return False
    covers = record.facts.get("covers")
    return (covers is not None and covers.value == "database") or requirements.frees_results(record)


def binds_model(element: Element) -> bool:
    """Whether the licence itself says what a model made with the material is passed on under."""
    record = terms(element)
    if record is None or record.action("share-model").value != "yes":
        return False
    alike = record.duties.get("share-alike")
    return requirements.covers_model(record) or (alike is not None and "share-model" in alike.on)
