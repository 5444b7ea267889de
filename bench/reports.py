"""Exports and cards of large sessions: rate, seconds, and memory above the import, each in a process of its own."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING

from common import Result, recording

from origin.hooks.base import BaseHook, Sample

if TYPE_CHECKING:
    from pathlib import Path

# Prints the seconds that the work took and the megabytes that the process grew at its peak.
_WORK = """
import sys, time
from pathlib import Path
from origin.cards.card import card_from
from origin.export.jsonl import export
from origin.query.engine import find_session
from origin.storage.reads import Reader
from datetime import UTC, datetime
def peak():  # getrusage would tell the peak of the process that started this one
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000
before, start = peak(), time.perf_counter()
with Reader(Path(sys.argv[2])) as reader:
    session = find_session(reader, "latest")
    if sys.argv[1] == "card":
        card = card_from(reader, session)
        assert card.markdown and card.html
    else:
        with open("/dev/null", "w") as out:
            out.writelines(export(reader, session, datetime.now(UTC)))
print(time.perf_counter() - start, peak() - before)
"""


def measured(work: str, path: Path) -> tuple[float, float]:
    ran = subprocess.run([sys.executable, "-c", _WORK, work, str(path)], capture_output=True, text=True, check=True)
    seconds, grown = map(float, ran.stdout.split())
    return seconds, grown


def record(observations: int, *, mixed: bool) -> tuple[float, float, float, float]:
    """Seconds and growth of a card, then of a JSONL export, of a session of three sources with a conflict."""
    chance = random.Random(1)
    size = 4096
    with recording() as (db, session_id, path):
        for source, license_id in (("one", "Apache-2.0"), ("two", "GPL-2.0-only"), ("three", None)):
            hook = BaseHook(db=db, session_id=session_id, source_id=source, license_id=license_id)
            for _ in hook.wrap([chance.randbytes(24) for _ in range(size)] for _ in range(observations // size // 3)):
                pass
        if mixed:  # the same sample from two sources: what they have in common must be counted
            list(BaseHook(db=db, session_id=session_id, source_id="one", license_id="Apache-2.0").wrap([[b"both"]]))
            list(BaseHook(db=db, session_id=session_id, source_id="one").wrap([[Sample(b"both", "two")]]))
        db.end_session(session_id)
        db.close()
        card = measured("card", path)
        return *card, *(measured("jsonl", path) if observations <= 1_000_000 else (0.0, 0.0))


def run() -> list[Result]:
    observations = int(os.environ.get("BENCH_OBSERVATIONS", "10000000"))
    seconds, grown, _, _ = record(observations, mixed=False)
    shared, shared_grown, _, _ = record(observations, mixed=True)
    _, _, writing, written = record(1_000_000, mixed=False)
    rate = 1_000_000 / writing
    note = f"{observations:,} observations, a conflict; growth {grown:.0f} MB"
    overlap = f"the same, with a sample that several sources gave; growth {shared_grown:.0f} MB"
    jsonl = f"1,000,000 observations; growth {written:.0f} MB"
    return [
        Result("card, Markdown and HTML", f"{seconds:.1f} s", "< 5 s", seconds < 5 and grown < 64, note),
        Result("card, sources that overlap", f"{shared:.1f} s", "< 5 s", shared < 5 and shared_grown < 64, overlap),
        Result("JSONL export", f"{rate:,.0f}/s", ">= 200,000/s", rate >= 200_000 and written < 64, jsonl),
    ]
