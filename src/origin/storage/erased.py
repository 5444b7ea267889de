"""What was erased: the receipts that an erasure leaves in the record (docs/erasure.md).

Where a fingerprint was erased its observation has the kind ERASED, and the hash of its leaf stands in its place: the
batch keeps its root. A receipt is a note of a session of its own, since the session it is about has ended; without one
an erased observation is a finding of `origin verify`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.storage.reads import Reader

ERASE = "origin erase"
"""The config_hash of a session that holds nothing but receipts."""

ERASED = "erased"
"""The kind of the notes that are receipts."""

Place = tuple[int, int]
"""The sequence of a batch or of items, and the number of a fingerprint among those that its row keeps."""


class Erased(NamedTuple):
    """An observation, or item, whose fingerprint was erased: its entry, its position there, and what its leaf holds.

    That is its kind, the entry of its source, and its index there. The hash that stands for the leaf does not show them
    any more, so the receipt states them.
    """

    entry: int
    position: int
    kind: int
    source: int
    row: int


@dataclass(frozen=True, slots=True)
class Member:
    """An erased sample's part of the sealed set: its number there, its leaf's hash, its count, where it was kept.

    kept: the sequence and the slot of the place that its page states.
    """

    index: int
    leaf: bytes
    count: int
    kept: Place


@dataclass(frozen=True, slots=True)
class ErasedSample:
    """The places at which a sample's fingerprint was erased. member: None where the session had no sealed set."""

    observations: tuple[Erased, ...]
    items: tuple[Erased, ...]
    member: Member | None

    def stated(self) -> dict[str, Any]:
        """As its receipt states it."""
        member = self.member
        return {
            "count": None if member is None else member.count,
            "items": [list(one) for one in self.items],
            "kept": None if member is None else list(member.kept),
            "leaf": None if member is None else member.leaf.hex(),
            "member": None if member is None else member.index,
            "observations": [list(one) for one in self.observations],
        }


def receipts(reader: Reader) -> dict[str, list[ErasedSample]]:
    """What was erased of each session, by its id; once, though a merge of copies may bring the receipts of each.

    A note of that kind which is not in our form states nothing.
    """
    statement = """
        SELECT note.content FROM note JOIN session ON session.id = note.session
        WHERE session.config_hash = ? AND note.kind = ? ORDER BY session.id, note.sequence
    """
    found: dict[str, list[ErasedSample]] = {}
    for (content,) in reader.query(statement, ERASE, ERASED):
        try:
            stated = json.loads(content)
            samples = [_sample(one) for one in stated["samples"]]
            session_id = str(stated["session"])
            found[session_id] = list(dict.fromkeys([*found.get(session_id, ()), *samples]))
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
    return found


def erased_members(samples: Iterable[ErasedSample]) -> dict[int, Member]:
    """The erased members of a session's sealed set, by their number."""
    return {sample.member.index: sample.member for sample in samples if sample.member is not None}


def _sample(stated: dict[str, Any]) -> ErasedSample:
    member = None
    if stated["member"] is not None:
        leaf = bytes.fromhex(stated["leaf"])
        member = Member(_number(stated["member"]), leaf, _number(stated["count"]), _place(stated["kept"]))
        if len(leaf) != 32 or not member.count:
            raise ValueError("no leaf of a sealed set")
    return ErasedSample(tuple(map(_erased, stated["observations"])), tuple(map(_erased, stated["items"])), member)


def _erased(stated: Any) -> Erased:
    *numbers, index = stated
    if type(index) is not int or not -1 <= index < 1 << 63:
        raise ValueError(f"{index!r:.40} is no index")
    entry, position, kind, source = map(_number, numbers)
    return Erased(entry, position, kind, source, index)


def _place(stated: Any) -> Place:
    sequence, position = stated
    return _number(sequence), _number(position)


def _number(stated: Any) -> int:
    if type(stated) is not int or not 0 <= stated < 1 << 32:
        raise ValueError(f"{stated!r:.40} is no number of a place")
    return stated
