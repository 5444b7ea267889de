"""Merging records that hold every table: in any order, and again and again, the same bytes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from faults.full_record import dump, findings, logs, record_full

from origin.query.verify import verify
from origin.storage.merge import merge

if TYPE_CHECKING:
    from pathlib import Path

    from origin.storage.raw import RawReader


def complaint(reader: RawReader) -> str | None:
    found = verify(reader).findings
    return str(found[0]) if found else None


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    directory = tmp_path_factory.mktemp("shards")
    paths = [directory / f"{number}.db" for number in range(3)]
    for path in paths:
        record_full(path)
    return paths


def test_shards_merged_in_any_order_at_once_or_one_by_one_or_twice_give_the_same_bytes(
    shards: list[Path], tmp_path: Path
) -> None:
    outcomes = set()
    for number, order in enumerate(itertools.permutations(shards)):
        at_once, one_by_one = tmp_path / f"{number}-at-once.db", tmp_path / f"{number}-one-by-one.db"
        merge(at_once, [*order, *order], complaint)
        for shard in order:
            merge(one_by_one, [shard], complaint)
        merge(one_by_one, order, complaint)
        outcomes |= {at_once.read_bytes(), one_by_one.read_bytes()}
    assert len(outcomes) == 1


def test_what_was_merged_says_what_the_shards_said(shards: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out.db"
    merge(out, shards, complaint)
    assert findings(out) == []
    assert logs(out) == {session_id: log for shard in shards for session_id, log in logs(shard).items()}
    said, parts = dump(out), [dump(shard) for shard in shards]
    assert [table for table, rows in said.items() if not rows] == []
    for table in said.keys() - {"file", "source", "application_id", "user_version", "definitions"}:
        assert len(said[table]) == sum(len(part[table]) for part in parts), table
    assert len(said["source"]) == len(parts[0]["source"])
