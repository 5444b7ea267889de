"""Two real ranks with a DistributedSampler: each records its own share, and trains as it does without the hook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from outcome import Numbers, became, delivered, epochs, rows
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

from origin import ProvenanceDatabase
from origin.core.record import TRAINED
from origin.hooks.pytorch import DataLoaderHook
from origin.storage.reads import Reader

SIZE, RANKS = 7, 2


def one_rank(rank: int, folder: str) -> None:
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=RANKS)
    for hooked in (True, False):
        torch.save(trained(rank, Path(folder), hooked=hooked), Path(folder) / f"{rank}-{hooked}.pt")
    torch.distributed.destroy_process_group()


def trained(rank: int, folder: Path, *, hooked: bool) -> dict[str, Any]:
    """Two epochs of DistributedDataParallel: what it received, and what it left."""
    torch.manual_seed(0)
    data = Numbers(SIZE)
    sampler = DistributedSampler(data, RANKS, rank, shuffle=True, seed=4)
    loader: Any = DataLoader(data, batch_size=2, sampler=sampler)
    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(1, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    db = ProvenanceDatabase(folder / "run.db", rank=rank, world_size=RANKS)
    session = db.begin_session("two ranks", run_id="run-1", rank=rank, world_size=RANKS) if hooked else None
    if session is not None:
        loader = DataLoaderHook(db, session.session_id, "numbers").wrap(loader, name="train")
    received = []
    for epoch in range(2):
        sampler.set_epoch(epoch)
        for batch in loader:
            received.append(rows(batch))
            model(batch).square().mean().backward()
            optimizer.step()
            optimizer.zero_grad()
    if session is not None:
        session.end()
    db.close()
    return {"received": received, "weights": [*model.state_dict().values()], "random": torch.get_rng_state()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("ranks")
    torch.multiprocessing.spawn(one_rank, (str(here),), RANKS)
    return here


def found(folder: Path, rank: int, *, hooked: bool = True) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / f"{rank}-{hooked}.pt")
    return state


def shard(folder: Path, rank: int) -> Path:
    return folder / f"run.rank-{rank:05}.db"


@pytest.mark.parametrize("rank", range(RANKS))
def test_each_rank_records_what_it_received(folder: Path, rank: int) -> None:
    assert delivered(shard(folder, rank), "train") == found(folder, rank)["received"]
    assert epochs(shard(folder, rank), "train") == [(0, 0), (0, 1), (1, 2), (1, 3)]
    assert became(shard(folder, rank)) == [("train", 0, 3, TRAINED, 4)]


def test_the_ranks_share_an_epoch_and_the_sampler_repeats_one_row(folder: Path) -> None:
    for epoch in range(2):
        batches = [delivered(shard(folder, rank), "train")[2 * epoch :][:2] for rank in range(RANKS)]
        indices = sorted(index for share in batches for batch in share for index in batch or [])
        assert len(indices) == 8
        assert set(indices) == set(range(SIZE))
        repeated = next(index for index in indices if indices.count(index) == 2)
        assert [sample for rank in range(RANKS) for sample in padding(shard(folder, rank), epoch)] == [repeated]


def padding(path: Path, epoch: int) -> list[int]:
    """The indices that the record of a rank calls padding."""
    with Reader(path) as reader:
        notes = [json.loads(note.content) for _, note in reader.notes(1, "padding")]
    assert {note["loader"] for note in notes} <= {"train"}
    return [row for note in notes if note["epoch"] == epoch for _, row in note["samples"]]


@pytest.mark.parametrize("rank", range(RANKS))
def test_weights_batches_and_random_state_are_those_without_the_hook(folder: Path, rank: int) -> None:
    hooked, bare = found(folder, rank), found(folder, rank, hooked=False)
    assert hooked["received"] == bare["received"]
    assert all(map(torch.equal, hooked["weights"], bare["weights"]))
    assert torch.equal(hooked["random"], bare["random"])
