"""Rows of Arrow tables: fingerprints, alone and through the hooks, against a bare loop of SHA-256 over the texts."""

from __future__ import annotations

import hashlib
import random

import datasets
import pyarrow as pa
from common import Result, interleaved, recording

from origin.core.arrow_rows import identify_rows
from origin.hooks.huggingface import DatasetHook
from origin.hooks.tables import TableHook

ROWS = 100_000
REACH = 300_000


def short_texts() -> pa.Table:
    generator = random.Random(1)
    texts = ["".join(generator.choices("abcdefghij klmnop", k=generator.randint(80, 120))) for _ in range(ROWS)]
    return pa.table({"text": texts, "label": [generator.randrange(4) for _ in range(ROWS)]})


def run() -> list[Result]:
    table = short_texts()
    encoded = [text.encode() for text in table.column("text").to_pylist()]

    def bare() -> None:
        for text in encoded:
            hashlib.sha256(text).digest()

    results = []
    with recording() as (db, session_id, _):
        dataset = DatasetHook(db, session_id, "bench").wrap(datasets.Dataset(table).with_format("arrow"))
        batches = TableHook(db, session_id, "bench").wrap(table, batch_size=1024)

        def through_dataset() -> None:
            for _ in dataset.iter(1024):
                pass
            db.flush()

        def through_table() -> None:
            for _ in batches:
                pass
            db.flush()

        ways = {
            "identify_rows": lambda: identify_rows(table),
            "DatasetHook, iter(1024) in the Arrow format, recorded": through_dataset,
            "TableHook, batches of 1,024, recorded": through_table,
        }
        for name, way in ways.items():
            way()
            bare_s, way_s, ratio = interleaved(bare, way, 9)
            note = f"{ratio:.2f} of the rate of bare SHA-256 over the texts, {ROWS / bare_s:,.0f}/s"
            rate = ROWS / way_s
            results.append(
                Result(f"rows of short text a second: {name}", f"{rate:,.0f}", f">= {REACH:,}", rate >= REACH, note)
            )
    return results
