"""Batches that a trainer fetched ahead and never delivered, as far as hooks noted them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.storage.reads import Reader

FETCHED = "fetched"
"""The kind of the notes that count them, each for one pass over a loader (origin.hooks.loops)."""


def fetched(reader: Reader, sessions: Iterable[int]) -> int | None:
    """How many there were in these sessions; None where no note tells. A note that is none of ours tells nothing."""
    notes = (note for session in sessions for _, note in reader.notes(session, FETCHED))
    counts = [count for note in notes if (count := _count(note.content)) is not None]
    return sum(counts) if counts else None


def _count(content: str) -> int | None:
    try:
        found = json.loads(content)["batches"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return found if type(found) is int and found > 0 else None
