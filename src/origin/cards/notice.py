"""A notice: the credits that a session's sources ask for, as Markdown to be passed on with what was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.escape import escaped
from origin.licenses.rule_set import RULE_SET

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from origin.query.notice import Credit

_LEAD = (
    "This was made with data of the sources below, used under the licences named. The record of their use is that of "
    "session {session}. Whether a duty is due for a trained model is not settled for every licence; the clauses say "
    "what each rests on. A draft for human review, never legal advice."
)


def notice(session_id: str, credits_due: Sequence[Credit]) -> str:
    """The notice as Markdown. Every recorded string in it is escaped."""
    lines = ["# Notice", "", _LEAD.format(session=escaped(session_id)), ""]
    for credit in credits_due:
        lines += [*_credit(credit), ""]
    unclear = [credit for credit in credits_due if not credit.known or credit.others]
    if unclear:
        lines += [
            "## Not settled",
            "",
            "What these sources ask for is not known for sure. Find out before anything is passed on.",
            "",
        ]
        lines += [f"- {escaped(credit.source.source_id)}: {'; '.join(_why(credit))}" for credit in unclear]
        lines.append("")
    lines.append(f"Rule set {RULE_SET}.")
    return "\n".join(lines) + "\n"


def _credit(credit: Credit) -> Iterable[str]:
    source = credit.source
    yield f"## {escaped(source.source_id)}"
    yield ""
    yield f"- by: {escaped(source.owner) if source.owner else 'author not recorded'}"
    if source.uri:
        yield f"- from: {escaped(source.uri)}"
    if source.revision:
        yield f"- revision: {escaped(source.revision)}"
    for found in credit.licenses:
        page = f" ({found.url})" if found.url else ""
        yield f"- licence: {escaped(found.name)}, {escaped(found.id)}{page}"
    if credit.claim is not None and credit.claim not in {found.id for found in credit.licenses}:
        yield f"- claimed as: {escaped(credit.claim)}"
    for claim in credit.others:
        when = f", on {escaped(claim.read_at)}" if claim.read_at else ""
        yield f"- claimed otherwise: {escaped(claim.text)}, read at {escaped(claim.where)}{when}"
    for due in credit.duties:
        words = f" “{escaped(due.value)}”" if due.value else ""
        yield f"- {due.duty}{words}, due on {', '.join(due.on)}: {escaped(due.license)}, {escaped(due.clause)}"


def _why(credit: Credit) -> Iterable[str]:
    if credit.claim is None:
        yield "no licence is recorded"
    elif not credit.licenses:
        yield f"the claim {escaped(credit.claim)} names no licence for sure"
    elif credit.unrecorded:
        yield f"there is no record of the terms of {escaped(', '.join(credit.unrecorded))}"
    if credit.others:
        against = ", ".join(dict.fromkeys(escaped(claim.text) for claim in credit.others))
        yield f"against {escaped(credit.claim or '')} stands the claim of {against}"
