"""File size per observation, memory over many batches, and trace in ten million observations."""

from __future__ import annotations

import gc
import os
import random
import resource
import subprocess
import sys
from pathlib import Path

from common import Result, recording, seconds

from origin.hooks.base import BaseHook


def file_size() -> Result:
    batches = 2000
    with recording() as (db, session_id, path):
        hook = BaseHook(db=db, session_id=session_id, source_id="bench", license_id="MIT")
        for _ in hook.wrap([os.urandom(16) for _ in range(256)] for _ in range(batches)):
            pass
        db.end_session(session_id)
        db.close()
        each = path.stat().st_size / (256 * batches)
    return Result(
        "file size per observation, sealed", f"{each:.1f} B", "<= 60 B", each <= 60, f"{256 * batches:,} observations"
    )


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def memory() -> Result:
    batches = 100_000
    samples = [[bytes([a, b]) * 8 for b in range(32)] for a in range(8)]
    with recording() as (db, session_id, _):
        hook = BaseHook(db=db, session_id=session_id, source_id="bench")
        before = peak = 0.0
        for number, _ in enumerate(hook.wrap(samples[n % 8] for n in range(batches))):
            if number == 1000:
                gc.collect()
                before = resident_mb()
            elif number % 5000 == 0 and number:
                peak = max(peak, resident_mb())
        db.flush()
        grown = max(peak, resident_mb()) - before
        db.end_session(session_id)
        sealed = resident_mb() - before
    note = f"batches of 32; {sealed:.1f} MB above the same mark after sealing {32 * batches:,} observations"
    return Result("resident memory, batches 1,000 to 100,000", f"+{grown:.1f} MB", "< 16 MB", grown < 16, note)


def trace(observations: int = 10_000_000) -> Result:
    chance = random.Random(1)
    size = 4096
    wanted = chance.randbytes(24)
    with recording() as (db, session_id, path):
        hook = BaseHook(db=db, session_id=session_id, source_id="bench", license_id="MIT")
        batches = -(-observations // size)
        place = batches // 2

        def made() -> object:
            for number in range(batches):
                blob = chance.randbytes(8 * size)
                batch = [blob[at : at + 8] for at in range(0, len(blob), 8)]
                if number == place:
                    batch[17] = wanted
                yield batch

        record_s = seconds(lambda: [None for _ in hook.wrap(made())])  # type: ignore[arg-type]
        end_s = seconds(lambda: db.end_session(session_id))
        db.close()
        command = [sys.executable, "-m", "origin", "--db", str(path), "--quiet"]
        command += ["trace", "--file", str(path.with_name("sample"))]
        path.with_name("sample").write_bytes(wanted)
        found = []
        once = seconds(lambda: found.append(subprocess.run(command, check=False, capture_output=True).returncode))
        again = seconds(lambda: found.append(subprocess.run(command, check=False, capture_output=True).returncode))
        assert found == [0, 0], found
        megabytes = path.stat().st_size / 1e6
    note = f"second run {again:.2f} s; recorded in {record_s:.0f} s, sealed in {end_s:.0f} s, {megabytes:.0f} MB"
    return Result(f"`origin trace` in {observations:,} observations", f"{once:.2f} s", "< 1 s", once < 1, note)


def run() -> list[Result]:
    return [file_size(), memory(), trace()]
