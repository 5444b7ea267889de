"""A training step of the demo (examples/pytorch_training.py) with and without the hook, interleaved step by step."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import torch
from common import Result, recording
from torch.utils.data import DataLoader

from origin.hooks.pytorch import DataLoaderHook

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from pytorch_training import Digits, network, to_tensors

EPOCHS = 12


def run() -> list[Result]:
    torch.set_num_threads(1)
    return [measured(workers) for workers in (0, 2)]


def measured(workers: int) -> Result:
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loader = DataLoader(Digits(), batch_size=64, shuffle=True, num_workers=workers, collate_fn=to_tensors)
    times: dict[str, list[float]] = {"bare": [], "hook": []}
    with recording() as (db, session_id, _):
        hook = DataLoaderHook(db=db, session_id=session_id, source_id="uci-digits", license_id="CC-BY-4.0")
        loaders = {"bare": loader, "hook": hook.wrap(loader)}
        for epoch in range(EPOCHS):
            order = ("bare", "hook") if epoch % 2 else ("hook", "bare")
            iterators = {which: iter(loaders[which]) for which in order}
            for _ in range(len(loader)):
                for which in order:
                    start = time.perf_counter()
                    images, digits = next(iterators[which])
                    loss = torch.nn.functional.cross_entropy(model(images), digits)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    times[which].append(time.perf_counter() - start)
        db.end_session(session_id)
    bare, hooked = statistics.median(times["bare"]), statistics.median(times["hook"])
    ratio = hooked / bare
    return Result(
        f"training step of the demo with / without the hook, {workers} workers",
        f"{ratio:.3f}",
        "<= 1.05",
        ratio <= 1.05,
        f"bare {bare * 1e3:.2f} ms, with hook {hooked * 1e3:.2f} ms, batches of 64, {len(times['hook'])} steps each",
    )
