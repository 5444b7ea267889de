"""The card of a session or a run, section by section, in the order in which an auditor asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.document import Document, Limits, number
from origin.cards.sections import (
    annexes,
    exposure,
    gaps,
    identity,
    integrity,
    licenses,
    obligations,
    sources,
    verdict,
)
from origin.licenses.rule_set import RULE_SET
from origin.query.uses import uses_text
from origin.version import VERSION

if TYPE_CHECKING:
    from origin.cards.subject import Subject

_ORDER = (verdict, identity, sources, licenses, exposure, gaps, integrity, obligations, annexes)
_LEAD = (
    "What the training loop received, as Origin recorded it at run time. An observation is one sample that a data "
    "loader delivered to the loop."
)
_CLAIMS = "Licences are claims as they were stated, no legal determination."
_FOOT = f"Made by Origin {VERSION} with rule set {RULE_SET}. For human review, never legal advice."


def document(subject: Subject, limits: Limits) -> Document:
    report = subject.report
    said = [_LEAD, uses_text(report.uses, report.observations, number), _CLAIMS]
    return Document(
        report.of.kind,
        report.of.id,
        " ".join(text for text in said if text),
        tuple(each.section(subject, limits) for each in _ORDER),
        _FOOT,
    )
