"""Opt-out signals as evidence beside a source: only what can be read as one is kept as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from origin.errors import UsageError, shown
from origin.licenses.signals import evaluate_signals

_USE = {"action": "train"}
"""What a signal says of a use is asked when it matters; here only whether it can be read, which every kind says of
training.
"""
_UNREAD = frozenset({"unreadable", "unknown-kind"})


def readable_signals(signals: object) -> list[Mapping[str, Any]]:
    """The signals as a list. Raises UsageError for what is no signal, or one of which no part can be read."""
    if isinstance(signals, Mapping):
        signals = [signals]
    if isinstance(signals, str | bytes) or not isinstance(signals, Iterable):
        raise UsageError(f"signals is {shown(signals)}: it must be a list of mappings with 'kind'")
    listed = list(signals)
    for place, signal in enumerate(listed):
        reasons = evaluate_signals([signal], _USE).reasons
        if all(reason.rule in _UNREAD for reason in reasons):
            raise UsageError(
                f"signals[{place}] cannot be read ({reasons[0].text}): give what origin.licenses.evaluate_signals reads"
            )
    return listed
