"""The values of an evaluation of opt-out signals, and the bounds on what is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SignalVerdict = Literal["allowed", "denied", "unset"]

MAX_TEXT = 512_000
"""Longer texts are not read: RFC 9309, section 2.5, asks for 500 KiB, and no other signal is near that."""
MAX_RULES = 10_000


@dataclass(frozen=True, slots=True)
class SignalReason:
    """What one signal says of the use, and by which section of its standard. kind: the signal's. unset: it says
    nothing of this use, or cannot be read.
    """

    verdict: SignalVerdict
    kind: str
    rule: str
    authority: str
    text: str


@dataclass(frozen=True, slots=True)
class SignalEvaluation:
    """verdict: the most restrictive of the signals that say something. reasons: one or more a signal, in its order."""

    verdict: SignalVerdict
    reasons: tuple[SignalReason, ...]


class UnreadableSignalError(Exception):
    """A signal that is not of its standard's form. It never leaves this package: it becomes a reason."""
