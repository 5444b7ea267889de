"""Bytes of file per observation of DataLoaderHook in index mode: in the first epoch, and in those after it, sealed."""

from __future__ import annotations

import hashlib

import torch
from common import Result, recording, seconds
from torch.utils.data import DataLoader, TensorDataset

from origin.hooks.pytorch import DataLoaderHook

SAMPLES, BATCH, EPOCHS = 60_000, 256, 5
REACH = 12.0


def recorded(epochs: int, mode: str) -> tuple[int, float, float]:
    """Bytes of the sealed file, seconds of a later epoch, and of raw SHA-256 over the same samples."""
    rows = torch.arange(SAMPLES * 784).reshape(SAMPLES, 784).to(torch.uint8)
    with recording() as (db, session_id, path):
        hook = DataLoaderHook(db, session_id, "bench", "MIT", mode=mode)
        loader = hook.wrap(DataLoader(TensorDataset(rows), batch_size=BATCH, shuffle=True))
        took = []
        for _ in range(epochs):
            took.append(seconds(lambda: [None for _ in loader]))
            db.flush()
        raw = seconds(lambda: [hashlib.sha256(row.numpy()).digest() for row in rows])
        db.end_session(session_id)
        db.close()
        return path.stat().st_size, min(took[1:] or took), raw


def run() -> list[Result]:
    torch.set_num_threads(1)
    first, _, _ = recorded(1, "index")
    whole, by_index, raw = recorded(EPOCHS, "index")
    _, in_full, _ = recorded(EPOCHS, "full")
    each = (whole - first) / (SAMPLES * (EPOCHS - 1))
    note = (
        f"{first / SAMPLES:.1f} B each in the first epoch: {first:,} B after 1 epoch, {whole:,} B after {EPOCHS}, "
        f"sealed; an epoch takes {by_index:.2f} s, {in_full:.2f} s in full mode, raw SHA-256 {raw:.2f} s"
    )
    what = f"index mode, {SAMPLES:,} samples, batches of {BATCH}: bytes an observation in later epochs"
    return [Result(what, f"{each:.1f} B", f"<= {REACH:g} B", each <= REACH, note)]
