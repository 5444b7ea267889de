"""DataLoaderHook over float32 images: the hook's time for a batch against raw SHA-256 of the same bytes."""

from __future__ import annotations

import hashlib
import statistics

import torch
from common import Result, recording, seconds
from torch.utils.data import DataLoader, TensorDataset

from origin.hooks.pytorch import DataLoaderHook

ROUNDS = 15


def run() -> list[Result]:
    torch.set_num_threads(1)
    images = torch.randn(2560, 3, 32, 32)
    raw = [image.numpy().tobytes() for image in images]
    loader = DataLoader(TensorDataset(images), batch_size=256, num_workers=0)

    def hash_raw() -> None:
        for data in raw:
            hashlib.sha256(data).digest()

    def drain(batches: object) -> None:
        for _ in batches:  # type: ignore[attr-defined]
            pass

    with recording() as (db, session_id, _):
        wrapped = DataLoaderHook(db=db, session_id=session_id, source_id="bench").wrap(loader)

        def recorded() -> None:
            drain(wrapped)
            db.flush()

        recorded()
        ratios = []
        for _ in range(ROUNDS):
            bare_s, recorded_s, raw_s = seconds(lambda: drain(loader)), seconds(recorded), seconds(hash_raw)
            ratios.append((recorded_s - bare_s) / raw_s)
    ratio = statistics.median(ratios)
    note = (
        f"last run: bare {bare_s * 1e3:.1f} ms, with hook {recorded_s * 1e3:.1f} ms, raw SHA-256 {raw_s * 1e3:.1f} ms"
    )
    return [
        Result(
            "DataLoaderHook, 256 x 3 x 32 x 32 float32: hook time / raw SHA-256",
            f"{ratio:.2f}",
            "<= 2.0",
            ratio <= 2.0,
            note,
        )
    ]
