"""The training and data mining assertion: CAWG 1.1 (`cawg.training-mining`), C2PA 1.x before (`c2pa.training-mining`).

https://cawg.io/training-and-data-mining/1.1/, section 3. An entry is allowed, notAllowed or constrained; constrained is
notAllowed until the constraint is agreed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from origin.errors import shown
from origin.licenses.signals.finding import SignalReason, SignalVerdict, UnreadableSignalError

if TYPE_CHECKING:
    from origin.licenses.use import Use

_AUTHORITY = "CAWG training and data mining assertion 1.1, section 3.1"
_VERDICTS: dict[str, SignalVerdict] = {"allowed": "allowed", "notAllowed": "denied", "constrained": "denied"}


def training_mining(kind: str, entries: object, use: Use) -> list[SignalReason]:
    """What the entries say of the use. UnreadableSignalError where they are no map."""
    if isinstance(entries, Mapping) and isinstance(entries.get("entries"), Mapping):
        entries = entries["entries"]
    if not isinstance(entries, Mapping):
        raise UnreadableSignalError("no map of entries")
    found = [
        _entry(kind, f"{prefix}.{name}", entries[f"{prefix}.{name}"])
        for name in _names(use)
        for prefix in ("cawg", "c2pa")
        if f"{prefix}.{name}" in entries
    ]
    return found or [SignalReason("unset", kind, "cawg-no-entry", _AUTHORITY, f"no entry speaks of {use.action}")]


def _names(use: Use) -> tuple[str, ...]:
    """Where it is open whether the model is generative, both kinds of training count."""
    if use.action == "train":
        if use.generative is None:
            return "ai_generative_training", "ai_training"
        return ("ai_generative_training",) if use.generative else ("ai_training",)
    return ("data_mining",) if use.action in {"tdm", "internal-use"} else ()


def _entry(kind: str, label: str, entry: object) -> SignalReason:
    said = entry.get("use") if isinstance(entry, Mapping) else entry
    verdict = _VERDICTS.get(said) if isinstance(said, str) else None
    if verdict is None:
        text = f"{label} is allowed, notAllowed or constrained; this is {shown(said)}"
        return SignalReason("unset", kind, "unreadable", _AUTHORITY, text)
    text = f"{label}: {said}"
    info = entry.get("constraint_info", entry.get("constraints_info")) if isinstance(entry, Mapping) else None
    if said == "constrained":
        text += ", which is notAllowed until agreed"
        if isinstance(info, str):
            text += f"; the constraint: {info[:200]}"
    return SignalReason(verdict, kind, f"cawg-{said}", _AUTHORITY, text)
