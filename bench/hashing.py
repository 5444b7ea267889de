"""BaseHook over lists of bytes, committed to the disk, against a bare loop of hashlib over the same samples."""

from __future__ import annotations

import hashlib
import os

from common import Result, interleaved, recording, seconds

from origin.hooks.base import BaseHook


def rate_ratio(sample_size: int, batches: int, rounds: int, reach: float) -> list[Result]:
    data = [[os.urandom(sample_size) for _ in range(256)] for _ in range(batches)]
    count = 256 * batches

    def bare() -> None:
        for batch in data:
            for sample in batch:
                hashlib.sha256(sample).digest()

    with recording() as (db, session_id, _):
        wrapped = BaseHook(db=db, session_id=session_id, source_id="bench", license_id="MIT").wrap(data)

        def recorded() -> None:
            for _ in wrapped:
                pass
            db.flush()

        recorded()
        bare_s, recorded_s, ratio = interleaved(bare, recorded, rounds)
        end_s = seconds(lambda: db.end_session(session_id))
    observations = count * (rounds + 1)
    note = (
        f"bare {count / bare_s:,.0f}/s, recorded {count / recorded_s:,.0f}/s; "
        f"ending and sealing {observations:,} observations took {end_s:.2f} s more"
    )
    return [
        Result(
            f"BaseHook, {sample_size:,} B samples: rate against bare SHA-256",
            f"{ratio:.2f}",
            f">= {reach}",
            ratio >= reach,
            note,
        )
    ]


def run() -> list[Result]:
    return rate_ratio(100, 400, 15, 0.30) + rate_ratio(100_000, 4, 9, 0.90)
