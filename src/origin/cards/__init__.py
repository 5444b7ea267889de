"""Provenance cards: a session or a run for people to read.

    from origin.cards import card_of, run_card_of

    card_of("provenance.db")                 # in a notebook: shown
    card_of("provenance.db", "3f2a").html    # one file that needs no other
    run_card_of("provenance.db", "job-7")    # of all ranks together

Names are loaded on first use: `origin notice` needs none of this.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from origin.cards.card import Card, card_of, run_card_of

__all__ = ["Card", "card_of", "run_card_of"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module("origin.cards.card"), name)
    globals()[name] = value
    return value
