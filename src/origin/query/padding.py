"""Samples that a distributed sampler repeats so that all ranks get equally many, as far as hooks noted them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from origin.storage.reads import Reader

PADDING = "padding"
"""The kind of the notes that tell of it (origin.hooks.padding)."""


def padding(reader: Reader, session: int) -> int:
    """How many observations of a session are such repeats. A note that is none of ours counts for nothing."""
    return sum(_count(note.content) for _, note in reader.notes(session, PADDING))


def _count(content: str) -> int:
    try:
        found = json.loads(content)["count"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return 0
    return found if type(found) is int and found > 0 else 0
