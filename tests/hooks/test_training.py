"""A real training run: the same losses to the bit with the hook, without it, and with a recorder that fails."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from conftest import gaps, seen
from torch.utils.data import DataLoader

from origin import OriginWarning, ProvenanceDatabase
from origin.hooks import observe
from origin.hooks.pytorch import DataLoaderHook

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
from pytorch_training import Digits, network, to_tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BATCHES = 15


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def losses(wrap: Callable[[Any], Any], workers: int = 0, after_step: Callable[[], object] = int) -> list[float]:
    torch.manual_seed(0)
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loader = wrap(DataLoader(Digits(), batch_size=128, shuffle=True, num_workers=workers, collate_fn=to_tensors))
    found = []
    for images, digits in loader:
        loss = torch.nn.functional.cross_entropy(model(images), digits)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
        after_step()
    return found


def hook_for(db: ProvenanceDatabase) -> tuple[str, DataLoaderHook]:
    session = db.begin_session(config_hash="training").session_id
    return session, DataLoaderHook(db=db, session_id=session, source_id="uci-digits", license_id="CC-BY-4.0")


@pytest.mark.parametrize("workers", [0, 2])
def test_losses_are_identical_and_every_image_is_recorded_once(
    db: ProvenanceDatabase, path: Path, workers: int
) -> None:
    session, hook = hook_for(db)
    assert losses(hook.wrap, workers) == losses(lambda loader: loader, workers)
    db.end_session(session)
    recorded = [digest for batch in seen(path) for digest in batch.fingerprints]
    assert (len(recorded), len(set(recorded)), len(seen(path))) == (1797, 1797, BATCHES)


def test_a_hasher_that_always_raises_changes_no_loss(
    db: ProvenanceDatabase, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_samples: object) -> Any:
        raise MemoryError("no hash today")

    monkeypatch.setattr(observe, "identify_all_bytes", broken)
    session, hook = hook_for(db)
    with pytest.warns(OriginWarning, match="no hash today") as caught:
        found = losses(hook.wrap)
    db.end_session(session)
    assert found == losses(lambda loader: loader)
    assert len(caught) == 1
    assert gaps(path) == [("observer", 1, None)] * BATCHES


def test_a_full_disk_changes_no_loss(db: ProvenanceDatabase, path: Path) -> None:
    session, hook = hook_for(db)
    db._writer().call(lambda connection: connection.execute("PRAGMA max_page_count = 1"))
    with pytest.warns(OriginWarning, match="full") as caught:
        found = losses(hook.wrap, after_step=db.flush)
    db._writer().call(lambda connection: connection.execute("PRAGMA max_page_count = 100000"))
    db.end_session(session)
    assert found == losses(lambda loader: loader)
    assert len(caught) == 1
    (gap,) = gaps(path)
    assert gap[0] == "storage"
    assert gap[1] + len(seen(path)) == BATCHES
    assert gap[1] > 0


def test_a_locked_file_changes_no_loss(db: ProvenanceDatabase, path: Path) -> None:
    session, hook = hook_for(db)
    db._writer().call(lambda connection: connection.execute("PRAGMA busy_timeout = 10"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.warns(OriginWarning, match="locked") as caught:
        found = losses(hook.wrap, after_step=db.flush)
    other.execute("ROLLBACK")
    other.close()
    db.end_session(session)
    assert found == losses(lambda loader: loader)
    assert len(caught) == 1
    assert gaps(path) == [("storage", BATCHES, 1797)]
