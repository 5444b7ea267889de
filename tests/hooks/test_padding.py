"""What a DistributedSampler repeats to make its ranks equal is noted as such."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import gaps, seen
from hypothesis import given, settings
from hypothesis import strategies as st

import origin
from origin import ProvenanceDatabase
from origin.storage.reads import Reader

torch = pytest.importorskip("torch")
hook_module = pytest.importorskip("origin.hooks.pytorch")
from torch.utils.data import (  # noqa: E402 - once it is known to be there
    BatchSampler,
    ConcatDataset,
    DataLoader,
    DistributedSampler,
    TensorDataset,
)

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")


def rows(count: int) -> Any:
    return TensorDataset(torch.arange(count))


def record(path: Path, loader: Any, epochs: int = 1, steps: int | None = None) -> None:
    with ProvenanceDatabase(path, shard=False) as db, db.begin_session("test") as session:
        wrapped = hook_module.DataLoaderHook(db, session.session_id, "rows").wrap(loader, name="train")
        for _ in range(epochs):
            for number, _ in enumerate(wrapped, 1):
                if number == steps:
                    break


def notes(path: Path) -> list[dict[str, Any]]:
    with Reader(path) as reader:
        return [json.loads(note.content) for _, note in reader.notes(1, "padding")]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 4), st.booleans(), st.booleans(), st.booleans())
def test_without_what_is_noted_every_row_was_delivered_once(
    count: int, world: int, size: int, shuffle: bool, by_batch_sampler: bool, drop: bool
) -> None:
    delivered: Counter[int] = Counter()
    told = 0
    for rank in range(world):
        sampler = DistributedSampler(rows(count), world, rank, shuffle=shuffle)
        if by_batch_sampler:
            loader = DataLoader(rows(count), batch_sampler=BatchSampler(sampler, size, drop))
        else:
            loader = DataLoader(rows(count), batch_size=size, sampler=sampler, drop_last=drop)
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "rank.db"
            record(path, loader)
            mine = [index for batch in seen(path) for index in batch.indices or []]
            found = notes(path)
        repeats = [row for note in found for _, row in note["samples"]]
        assert mine[len(mine) - len(repeats) :] == repeats
        assert [(note["count"], note["rank"], note["world_size"]) for note in found] == (
            [(len(repeats), rank, world)] if repeats else []
        )
        told += len(repeats)
        delivered.update(mine)
        delivered.subtract(repeats)
    assert all(seen_once <= 1 for seen_once in delivered.values())
    if not drop:
        assert delivered == Counter(range(count))
        assert told == -count % world if world <= count else told == world * -(-count // world) - count


@pytest.mark.parametrize("workers", [{}, {"num_workers": 2}, {"num_workers": 2, "persistent_workers": True}])
def test_each_epoch_has_its_note_with_the_rows_own_sources(path: Path, workers: dict[str, Any]) -> None:
    parts = origin.tag(rows(3), "a"), origin.tag(rows(2), "b")
    sampler = DistributedSampler(ConcatDataset(parts), 2, 1, shuffle=False)
    record(path, DataLoader(ConcatDataset(parts), batch_size=2, sampler=sampler, **workers), epochs=2)
    shared = {"loader": "train", "count": 1, "rank": 1, "world_size": 2, "samples": [["a", 0]]}
    assert notes(path) == [{**shared, "epoch": 0}, {**shared, "epoch": 1}]
    assert [(batch.sources, batch.indices) for batch in seen(path)][:2] == [
        ([("a", None), ("b", None)], [1, 0]),
        ([("a", None)], [0]),
    ]


def test_the_note_stands_as_soon_as_the_last_batch_was_delivered(path: Path) -> None:
    sampler = DistributedSampler(rows(5), 2, 1)
    record(path, DataLoader(rows(5), sampler=sampler), steps=3)
    assert [note["count"] for note in notes(path)] == [1]


def test_an_epoch_that_was_left_before_has_none(path: Path) -> None:
    sampler = DistributedSampler(rows(5), 2, 1)
    record(path, DataLoader(rows(5), sampler=sampler), steps=2)
    assert notes(path) == []


def test_a_sampler_that_drops_or_that_draws_in_its_own_way_has_none(path: Path) -> None:
    class Own(DistributedSampler[Any]):
        def __iter__(self) -> Any:
            return iter([0])

    record(path, DataLoader(rows(5), sampler=DistributedSampler(rows(5), 2, 1, drop_last=True)))
    assert notes(path) == []
    record(path.with_name("own.db"), DataLoader(rows(5), sampler=Own(rows(5), 2, 1)))
    assert notes(path.with_name("own.db")) == []


def test_out_of_order_delivery_tells_how_many_and_not_which(path: Path) -> None:
    sampler = DistributedSampler(rows(5), 2, 1)
    record(path, DataLoader(rows(5), sampler=sampler, num_workers=2, in_order=False))
    assert [(note["count"], note["samples"]) for note in notes(path)] == [(1, None)]


def test_what_fails_while_padding_is_told_does_not_reach_the_loop(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object) -> None:
        raise LookupError("no places today")

    monkeypatch.setattr(hook_module.PlacingRecorder, "pad", broken)
    loader = DataLoader(rows(5), 2, sampler=DistributedSampler(rows(5), 2, 1, shuffle=False))
    with ProvenanceDatabase(path, shard=False) as db, db.begin_session("test") as session:
        wrapped = hook_module.DataLoaderHook(db, session.session_id, "rows").wrap(loader, name="train")
        with pytest.warns(origin.OriginWarning, match="no places today"):
            received = [batch[0].tolist() for batch in wrapped]
    assert received == [batch[0].tolist() for batch in loader]
    assert gaps(path) == [("observer", 0, 0)]
    assert len(seen(path)) == len(received)
