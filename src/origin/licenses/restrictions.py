"""Which prohibitions of a licence a use runs into. A flag for human review, no legal advice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from origin.licenses.outcome import Reason, Severity
from origin.licenses.requirements import frees_results

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.licenses.terms import Cell, Terms
    from origin.licenses.use import Use

EU = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE EU".split()  # noqa: SIM905
)
"""Members of the European Union by their ISO 3166-1 codes, and the Union itself."""
_SAME = {"UK": "GB", "EL": "GR"}

# Licences of data whose results may hold no more than a minimal part of the data; a generative model may give more
# back. CDLA-Permissive-2.0 defines results without that limit (section 4, "Results").
_MINIMAL_PARTS = {
    "CDLA-Permissive-1.0": "sections 1.10 and 3.4",
    "CDLA-Sharing-1.0": "sections 1.11 and 3.5",
    "C-UDA-1.0": "section 5, definition of Result",
    "O-UDA-1.0": "sections 2.1.2 and 5.4",
}

# The acceptable use policies speak of multimodal models alone: of 3.2 some are such, of 4 all that were released.
_PARTLY = {"LicenseRef-Llama-3.2": "it speaks of the multimodal models alone"}
_WHOLLY = {"LicenseRef-Llama-4": "; it speaks of the multimodal models, which all released Llama 4 models are"}


def restrictions(use: Use, record: Terms, license_id: str) -> Iterator[Reason]:
    """What the licence forbids that this use may do; what cannot touch it is left out."""
    checks = {
        "non-computational-use": _non_computational,
        "academic-only": _academic_only,
        "user-threshold": _user_threshold,
        "territory": _territory,
        "field-of-use": _field_of_use,
    }
    for word, check in checks.items():
        cell = record.prohibitions.get(word)
        if cell is None or cell.value == "no":
            continue
        found = check(use, cell, record)
        if found is not None:
            severity, text = found
            yield Reason(f"prohibition-{word}", f"{record.id}, {cell.clause}", text, license_id, severity)
    yield from _results(use, record, license_id)


_Found = tuple[Severity, str] | None


def _non_computational(use: Use, _cell: Cell, _record: Terms) -> _Found:
    if use.computational is False or use.action == "display":
        return "blocker", "only computational use is allowed, and this is none"
    return None


def _academic_only(use: Use, _cell: Cell, _record: Terms) -> _Found:
    if use.commercial:
        return "blocker", "research or teaching only, and the use is commercial"
    if use.commercial is None:
        return "review", "research or teaching only; whether the use is commercial is not said"
    return "info", "research or teaching only, which a person confirms"


def _user_threshold(use: Use, cell: Cell, _record: Terms) -> _Found:
    if not cell.value.isdigit():
        if use.commercial is False:
            return None
        return "review", f"another licence is needed above {cell.value}, which no key of the use speaks of"
    if use.monthly_active_users is None:
        return "info", f"above {int(cell.value):,} monthly active users another licence is needed"
    if use.monthly_active_users > int(cell.value):
        return "blocker", f"{use.monthly_active_users:,} monthly active users are above {int(cell.value):,}"
    return None


def _territory(use: Use, cell: Cell, record: Terms) -> _Found:
    if use.jurisdiction is None:
        return "info", f"not granted in {cell.value}; where the user sits is not said"
    if not within(use.jurisdiction, cell.value):
        return None
    partly = _PARTLY.get(record.id)
    if partly:
        return "review", f"not granted in {use.jurisdiction}; {partly}"
    return "blocker", f"not granted in {use.jurisdiction}{_WHOLLY.get(record.id, '')}"


def within(place: str, region: str) -> bool:
    """Whether a place is in a region, both written as codes; the codes of a region stand with spaces between them.

    A subdivision (`US-CA`) lies in its country, and the Union in itself and in no member.
    """
    code = place.strip().upper().partition("-")[0]
    code = _SAME.get(code, code)
    regions = {_SAME.get(one, one) for one in re.findall(r"[A-Z]+", region.upper())}
    return code in regions or ("EU" in regions and code in EU)


def _field_of_use(use: Use, _cell: Cell, _record: Terms) -> _Found:
    text = "some purposes are forbidden, which a person compares with this one"
    return "info", f"{text}; whoever receives the material or model is bound too" if use.passes_on else text


def _results(use: Use, record: Terms, license_id: str) -> Iterator[Reason]:
    if record.id not in _MINIMAL_PARTS or not frees_results(record):
        return
    authority = f"{record.id}, {_MINIMAL_PARTS[record.id]}"
    shared = use.share == "weights" or use.action in {"publish-outputs", "publish-produced-work"}
    if use.generative and shared:
        text = "results are free while they hold no more than a minimal part of the data; a generative model may"
        yield Reason("results-de-minimis", authority, text, license_id, "review")
