"""What `origin diff` should say, worked out from plain lists: all of both sessions at once, nothing clever.

A session is a list of epochs, an epoch a list of batches, a batch a list of (source, index or None, content).
"""

from __future__ import annotations

from collections import Counter
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from origin.core.fingerprint import Kind
from origin.core.record import Delivered
from origin.query.diff import diff
from origin.query.engine import find_session
from origin.storage.reads import Reader

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from origin.query.divergence import Difference

Row = tuple[str, int | None, str]
Session = list[list[list[Row]]]


def plain_diff(a: Session, b: Session) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    first = None
    epochs = []
    for number, (one, other) in enumerate(zip_longest(a, b, fillvalue=[])):
        steps = list(zip_longest(one, other))
        divergent = [step for step, (left, right) in enumerate(steps) if left != right]
        for left, right in steps:
            counts["only_b" if left is None else "only_a" if right is None else "compared"] += 1
            if left is not None and right is not None:
                counts["equal" if left == right else "divergent"] += 1
        if divergent:
            epochs.append((number, reasons_of_epoch(one, other), Counter(flat(one)) == Counter(flat(other))))
            first = first or (number, divergent[0], first_position(*steps[divergent[0]]))
    same = Counter(chain(*map(flat, a))) == Counter(chain(*map(flat, b)))
    reasons = set().union(*(found for _, found, _ in epochs))
    if same and not all(agrees for _, _, agrees in epochs):
        reasons = (reasons & {"count"}) | {"order"}
    return {"counts": counts, "first": first, "epochs": epochs, "same_samples": same, "reasons": reasons}


def flat(epoch: list[list[Row]]) -> list[Row]:
    return list(chain(*epoch))


def first_position(left: list[Row] | None, right: list[Row] | None) -> int | None:
    if left is None or right is None:
        return None
    return next(position for position, (one, other) in enumerate(zip_longest(left, right)) if one != other)


def reasons_of_epoch(one: list[list[Row]], other: list[list[Row]]) -> set[str]:
    of_steps = set().union(*(reasons_of_step(*step) for step in zip_longest(one, other)))
    ones, others = flat(one), flat(other)
    # Steps that are the same at the same place in both epochs have no part in it.
    found = of_steps & {"count"}
    if Counter(ones) == Counter(others):
        return found | ({"order"} if ones != others else set())
    ones, others = divergent_rows(one, other)
    places, other_places = [row[:2] for row in ones], [row[:2] for row in others]
    contents, other_contents = [row[2] for row in ones], [row[2] for row in others]
    same_places = Counter(places) == Counter(other_places) and all(index is not None for _, index in places)
    same_sources = Counter(row[0] for row in ones) == Counter(row[0] for row in others)
    if Counter(contents) == Counter(other_contents) and not (same_places and same_sources):
        return found | {"source"} | ({"order"} if contents != other_contents else set())
    if same_places:
        return found | {"content"} | ({"order"} if places != other_places else set())
    return of_steps


def divergent_rows(one: list[list[Row]], other: list[list[Row]]) -> tuple[list[Row], list[Row]]:
    """All rows but those of equal steps that begin at the same row of the epoch."""
    ones: list[Row] = []
    others: list[Row] = []
    ahead = 0
    for left, right in zip_longest(one, other, fillvalue=None):
        if left != right or ahead:
            ones += left or []
            others += right or []
        ahead += len(left or []) - len(right or [])
    return ones, others


def reasons_of_step(left: list[Row] | None, right: list[Row] | None) -> set[str]:
    if left is None or right is None:
        return {"count"}
    if left == right:
        return set()
    partner: dict[int, int] = {}
    reasons = {"count"} if len(left) != len(right) else set()
    for key, in_place, reason in PASSES:
        if pair(left, right, partner, key, in_place=in_place) and reason:
            reasons.add(reason)
    if len(partner) < min(len(left), len(right)):
        reasons.add("sample")
    order = [partner[j] for j in sorted(partner)]
    return reasons | ({"order"} if order != sorted(order) else set())


def pair(left: list[Row], right: list[Row], partner: dict[int, int], key: Any, *, in_place: bool) -> bool:
    found = False
    for j, other in enumerate(right):
        for i, one in enumerate(left):
            free = j not in partner and i not in partner.values()
            if free and (i == j or not in_place) and key(one) is not None and key(one) == key(other):
                partner[j] = i
                found = True
    return found


def content(row: Row) -> Any:
    return row[2]


def place(row: Row) -> Any:
    return None if row[1] is None else row[:2]


PASSES = (
    (tuple, True, None),
    (tuple, False, None),
    (content, True, "source"),
    (place, True, "content"),
    (content, False, "source"),
    (place, False, "content"),
)


def make(rng: random.Random, steps: int) -> Session:
    indexed = rng.random() < 0.8
    contents = rng.choice([3, 10_000])
    epochs = rng.randrange(1, 4)
    return [
        [
            [
                (rng.choice("pq"), rng.randrange(50) if indexed else None, f"text {rng.randrange(contents)}")
                for _ in range(rng.choice([0, 1, 2, 2, 2, 3]))
            ]
            for _ in range(max(1, steps // epochs))
        ]
        for _ in range(epochs)
    ]


def shuffled(rng: random.Random, session: Session) -> Session:
    found = []
    for epoch in session:
        rows = [row for batch in epoch for row in batch]
        rng.shuffle(rows)
        rest = iter(rows)
        found.append([[next(rest) for _ in batch] for batch in epoch])
    return found


def cut_anew(rng: random.Random, session: Session) -> Session:
    size = rng.randrange(1, 5)
    rows = [[row for batch in epoch for row in batch] for epoch in session]
    return [[some[at : at + size] for at in range(0, len(some), size)] for some in rows]


def some_changed(rng: random.Random, session: Session) -> Session:
    change = rng.choice([lambda row: (*row[:2], "changed"), lambda row: ("other", *row[1:])])
    some = rng.choice([0.01, 1])
    return [[[change(row) if rng.random() < some else row for row in batch] for batch in epoch] for epoch in session]


def shortened(rng: random.Random, session: Session) -> Session:
    return [epoch[: rng.randrange(1, len(epoch) + 1)] for epoch in session if epoch][: rng.randrange(1, 4)]


def epochs_turned(_rng: random.Random, session: Session) -> Session:
    return session[::-1]


CHANGES = [shuffled, cut_anew, some_changed, shortened, epochs_turned, lambda _rng, session: session]


def delivered(epoch: int, step: int, source: Any) -> Delivered:
    digest = bytes([step]) * 32
    return Delivered("train", epoch, step, [digest], ((int(Kind.BYTES), source, 1),), 1, [step])


def compared(path: Path, a: str, b: str, path_b: Path | None = None) -> Difference:
    with Reader(path) as one, Reader(path_b or path) as other:
        return diff(one, find_session(one, a), other, find_session(other, b))
