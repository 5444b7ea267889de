"""The values of an evaluation: verdict, duties and reasons. They flag for human review; they are no legal advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from origin.licenses.terms import DUTIES

if TYPE_CHECKING:
    from collections.abc import Iterable

Verdict = Literal["allowed", "needs-review", "denied"]
Severity = Literal["blocker", "review", "duty", "info"]
Fulfilled = Literal["given", "not given", "unknown"]

RANK: dict[Verdict, int] = {"allowed": 0, "needs-review": 1, "denied": 2}
_SEVERITIES: tuple[Severity, ...] = ("blocker", "review", "duty", "info")
_VERDICTS: dict[Severity, Verdict] = {"blocker": "denied", "review": "needs-review"}


@dataclass(frozen=True, slots=True)
class Reason:
    """rule: a stable name. authority: the clause, chart or policy line it rests on. license: whose it is, the claim
    where no licence could be read, nothing for a signal. severity: blocker (denies), review (asks a person), duty
    or info.
    """

    rule: str
    authority: str
    text: str
    license: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class DueDuty:
    """A duty that this use makes due. value: the words that are due, where the licence gives them."""

    duty: str
    license: str
    authority: str
    fulfilled: Fulfilled
    value: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the licences say of a use.

    verdict: the worst over all licences. obligations: the duties due, in the vocabulary's order, whether fulfilled or
    not. duties: the same with licence and clause. reasons: blockers first. choice: for each claim that names licences,
    the alternative taken.
    """

    verdict: Verdict
    obligations: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    duties: tuple[DueDuty, ...] = ()
    choice: tuple[tuple[str, str], ...] = ()


def concluded(
    reasons: Iterable[Reason],
    duties: Iterable[DueDuty] = (),
    choice: Iterable[tuple[str, str]] = (),
    *,
    verdict: Verdict | None = None,
) -> Evaluation:
    """Put together an evaluation; its verdict is that of the worst reason unless given. Order of input is no matter."""
    ordered = sorted(set(reasons), key=_reason_order)
    due = sorted(set(duties), key=_duty_order)
    return Evaluation(
        verdict=verdict or worst(verdict_of(reason.severity) for reason in ordered),
        obligations=tuple(dict.fromkeys(duty.duty for duty in due)),
        reasons=tuple(ordered),
        duties=tuple(due),
        choice=tuple(dict.fromkeys(choice)),
    )


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    found = set(verdicts)
    return "denied" if "denied" in found else "needs-review" if "needs-review" in found else "allowed"


def verdict_of(severity: Severity) -> Verdict:
    return _VERDICTS.get(severity, "allowed")


def severity_of(verdict: Verdict) -> Severity:
    severities: dict[Verdict, Severity] = {"allowed": "info", "needs-review": "review", "denied": "blocker"}
    return severities[verdict]


def union(parts: Iterable[Evaluation]) -> Evaluation:
    """All of them together: the worst verdict, every duty and reason."""
    several = list(parts)
    return concluded(
        (reason for part in several for reason in part.reasons),
        (duty for part in several for duty in part.duties),
        (choice for part in several for choice in part.choice),
        verdict=worst(part.verdict for part in several),
    )


def _reason_order(reason: Reason) -> tuple[int, str, str, str, str]:
    return _SEVERITIES.index(reason.severity), reason.license, reason.rule, reason.authority, reason.text


def _duty_order(duty: DueDuty) -> tuple[int, str, str, str, str]:
    return DUTIES.index(duty.duty), duty.license, duty.authority, duty.fulfilled, duty.value
