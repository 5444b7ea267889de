"""What every bench needs: a fresh database, a clock around a call, and a line in the table."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin import ProvenanceDatabase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Result:
    what: str
    measured: str
    reach: str
    reached: bool
    note: str = ""


@contextlib.contextmanager
def recording() -> Iterator[tuple[ProvenanceDatabase, str, Path]]:
    """A fresh database with an open session, on the disk that holds the working directory."""
    directory = Path(tempfile.mkdtemp(prefix=".bench-", dir=Path.cwd()))
    try:
        with ProvenanceDatabase(directory / "bench.db") as db:
            yield db, db.begin_session(config_hash="bench").session_id, directory / "bench.db"
    finally:
        shutil.rmtree(directory)


def seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def interleaved(first: Callable[[], Any], second: Callable[[], Any], rounds: int) -> tuple[float, float, float]:
    """Median seconds of each, and the median of the ratios first / second of neighbouring runs."""
    pairs = [(seconds(first), seconds(second)) for _ in range(rounds)]
    ratios = [one / other for one, other in pairs]
    return (*(statistics.median(times) for times in zip(*pairs, strict=True)), statistics.median(ratios))


def machine() -> str:
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {sys.version.split()[0]}"
