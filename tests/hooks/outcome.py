"""What the record says of a trainer's run: which rows were delivered, what became of them, what was only fetched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch
from conftest import seen
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from origin import fingerprint
from origin.hooks.loops import FETCHED
from origin.query.verify import verify
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from origin.core.record import Used

Use = tuple[str, int, int, str, int]


class Numbers(Dataset[Any]):
    """Rows that tell which they are."""

    def __init__(self, size: int = 12) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        return torch.tensor([float(index)])


class Stream(IterableDataset[Any]):
    """The same rows, without a length."""

    def __init__(self, size: int = 12) -> None:
        self.size = size

    def __iter__(self) -> Iterator[Any]:
        worker = get_worker_info()
        first, step = (worker.id, worker.num_workers) if worker else (0, 1)
        return (torch.tensor([float(number)]) for number in range(first, self.size, step))


def rows(batch: Any) -> list[int]:
    """Which rows a batch holds."""
    return [int(number) for number in batch.reshape(-1)]


def delivered(path: Path, loader: str, session_id: str | None = None) -> list[list[int] | None]:
    """The indices of each recorded batch of a loader."""
    return [batch.indices for batch in seen(path, session_id) if batch.loader == loader]


def values(path: Path, loader: str, session_id: str | None = None) -> list[list[int]]:
    """The rows of each recorded batch, found by their fingerprints: a stream has no indices."""
    numbers = {fingerprint(torch.tensor([float(number)])): number for number in range(1000)}
    batches = [batch for batch in seen(path, session_id) if batch.loader == loader]
    return [[numbers[digest] for digest in batch.fingerprints] for batch in batches]


def epochs(path: Path, loader: str, session_id: str | None = None) -> list[tuple[int, int]]:
    """(epoch, step) of each recorded batch of a loader."""
    return [(batch.epoch, batch.step) for batch in seen(path, session_id) if batch.loader == loader]


def became(path: Path) -> list[Use]:
    """(loader, first step, last step, use, optimizer steps) of the latest session, neighbours joined."""
    with RawReader(path) as raw:
        assert verify(raw).findings == ()
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        found = sorted((used for _, used in reader.uses(session.row)), key=lambda one: (one.loader, one.first))
        joined: list[Used] = []
        for used in found:
            more = joined[-1].followed_by(used) if joined else None
            joined[len(joined) - (more is not None) :] = [more or used]
    return [(one.loader, one.first, one.last, one.use, one.steps) for one in joined]


def evidence(path: Path, use: str) -> set[str]:
    """How a use is known."""
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        return {used.how for _, used in reader.uses(session.row) if used.use == use}


def undelivered(path: Path) -> list[tuple[str, int, int]]:
    """(loader, epoch, batches) of what was fetched and never delivered."""
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        contents = [json.loads(note.content) for _, note in reader.notes(session.row, FETCHED)]
    return [(content["loader"], content["epoch"], content["batches"]) for content in contents]
