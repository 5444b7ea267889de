"""Two real ranks with Accelerate's dispatcher: rank 0 reads for both, and neither record claims more than that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from accelerate import Accelerator, DataLoaderConfiguration
from outcome import Numbers, Stream, delivered, rows, undelivered, values
from torch.utils.data import DataLoader

from origin import OriginWarning, ProvenanceDatabase
from origin.errors import OriginError
from origin.hooks.pytorch import DataLoaderHook
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from origin.core.record import Gap

RANKS = 2
CASES: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "whole": (Numbers(8), {}, {"dispatch_batches": True}),
    "rest": (Numbers(9), {}, {"dispatch_batches": True}),
    "dropped": (Numbers(11), {"drop_last": True}, {"dispatch_batches": True}),
    "stream": (Stream(8), {}, {}),
    "split": (Numbers(8), {}, {"dispatch_batches": True, "split_batches": True}),
    "shards": (Numbers(8), {}, {"dispatch_batches": False}),
}


def one_rank(rank: int, folder: str) -> None:
    # Accelerate asks for these, and takes the process group that is there.
    sizes = dict.fromkeys(("WORLD_SIZE", "LOCAL_WORLD_SIZE"), str(RANKS))
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1", **sizes}
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=RANKS)
    found = {name: {hooked: loop(rank, Path(folder), name, hooked) for hooked in (True, False)} for name in CASES}
    torch.save({**found, "strict": refused(rank, Path(folder))}, Path(folder) / f"{rank}.pt")
    torch.distributed.destroy_process_group()


def prepared(db: ProvenanceDatabase, rank: int, case: str, *, hooked: bool, strict: bool = False) -> tuple[Any, Any]:
    data, options, dispatch = CASES[case]
    loader: Any = DataLoader(data, batch_size=2, **options)
    session = None
    if hooked:
        session = db.begin_session(case, run_id=case, rank=rank, world_size=RANKS)
        loader = DataLoaderHook(db, session.session_id, "numbers", strict=strict).wrap(loader, name="train")
    accelerate = Accelerator(cpu=True, dataloader_config=DataLoaderConfiguration(**dispatch))
    return accelerate.prepare(loader), session


def loop(rank: int, folder: Path, case: str, hooked: bool) -> tuple[list[list[int]], torch.Tensor]:
    torch.manual_seed(0)
    with ProvenanceDatabase(folder / f"{case}.db", rank=rank, world_size=RANKS) as db:
        loader, session = prepared(db, rank, case, hooked=hooked)
        if hooked and case != "shards":
            with pytest.warns(OriginWarning, match="rank"):
                received = [rows(batch) for batch in loader]
        else:
            received = [rows(batch) for batch in loader]
        if session is not None:
            session.end()
    return received, torch.get_rng_state()


def refused(rank: int, folder: Path) -> str:
    with ProvenanceDatabase(folder / "strict.db", rank=rank, world_size=RANKS) as db:
        loader, session = prepared(db, rank, "whole", hooked=True, strict=True)
        with pytest.raises(OriginError) as error:
            list(loader)
        session.end()
    return str(error.value)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("dispatched")
    torch.multiprocessing.spawn(one_rank, (str(here),), RANKS)
    return here


@pytest.fixture(scope="module")
def found(folder: Path) -> list[dict[str, Any]]:
    return [torch.load(folder / f"{rank}.pt") for rank in range(RANKS)]


def gaps(path: Path) -> list[Gap]:
    with Reader(path) as reader:
        return [gap for _, gap in reader.gaps(reader.sessions()[0].row)]


def shard(folder: Path, case: str, rank: int) -> Path:
    return folder / f"{case}.rank-{rank:05}.db"


@pytest.mark.parametrize("rank", range(RANKS))
@pytest.mark.parametrize("case", CASES)
def test_batches_and_random_state_are_those_without_the_hook(found: Any, case: str, rank: int) -> None:
    hooked, bare = found[rank][case][True], found[rank][case][False]
    assert hooked[0] == bare[0] != []
    assert torch.equal(hooked[1], bare[1])


READ = {
    "whole": [[0, 1], [2, 3], [4, 5], [6, 7]],
    "rest": [[0, 1], [2, 3], [4, 5], [6, 7], [8]],
    "dropped": [[0, 1], [2, 3], [4, 5], [6, 7]],
    "stream": [[0, 1], [2, 3], [4, 5], [6, 7]],
    "split": [[0, 1], [2, 3], [4, 5], [6, 7]],
}


@pytest.mark.parametrize("case", READ)
def test_rank_0_records_what_it_deals_out_and_says_that_its_loop_had_a_share(
    folder: Path, found: Any, case: str
) -> None:
    assert values(shard(folder, case, 0), "train") == READ[case]
    dealt_out = {row for rank in range(RANKS) for batch in found[rank][case][True][0] for row in batch}
    assert dealt_out == {row for batch in READ[case] for row in batch}
    (gap,) = gaps(shard(folder, case, 0))
    assert (gap.reason, gap.batches, gap.observations, gap.loader) == ("observer", 0, 0, "train")
    assert gap.detail == "what is recorded here was dealt out to 2 ranks: this one's loop received a share of it"


@pytest.mark.parametrize("case", READ)
def test_the_other_rank_says_that_what_it_received_was_not_seen(folder: Path, found: Any, case: str) -> None:
    assert found[1][case][True][0] != []
    assert delivered(shard(folder, case, 1), "train") == []
    (gap,) = gaps(shard(folder, case, 1))
    assert (gap.reason, gap.batches, gap.observations, gap.loader) == ("observer", 0, None, "train")
    assert "rank 1 of 2 receives its share of what rank 0 reads" in gap.detail


def test_what_is_dropped_at_the_end_was_fetched_and_not_delivered(folder: Path) -> None:
    assert undelivered(shard(folder, "dropped", 0)) == [("train", 0, 1)]
    assert undelivered(shard(folder, "rest", 0)) == []


@pytest.mark.parametrize("rank", range(RANKS))
def test_without_dispatching_each_rank_records_what_it_received(folder: Path, found: Any, rank: int) -> None:
    assert delivered(shard(folder, "shards", rank), "train") == found[rank]["shards"][True][0]
    assert gaps(shard(folder, "shards", rank)) == []


def test_a_strict_hook_raises_on_every_rank_so_that_none_waits(found: Any) -> None:
    assert ["rank 0" in found[1]["strict"], "2 ranks" in found[0]["strict"]] == [True, True]
