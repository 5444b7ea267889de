"""`origin run` of a script against Python alone: what it adds before and after, with and without torch."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from common import Result, seconds

ROUNDS = 21


def run() -> list[Result]:
    return [
        _added("origin run, a script that does nothing", "pass\n", ROUNDS),
        _added("origin run, a script that imports torch", "import torch.utils.data\n", ROUNDS // 2),
    ]


def _added(what: str, text: str, rounds: int) -> Result:
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory, "script.py")
        script.write_text(text)
        bare = [sys.executable, str(script)]
        recorded = [sys.executable, "-m", "origin", "run", "--quiet", str(script)]
        # An installed package is compiled.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        pairs = []
        for _ in range(rounds + 1):
            start = partial(subprocess.run, check=True, env=environment)
            pairs.append((seconds(partial(start, bare)), seconds(partial(start, recorded))))
    bare_s, recorded_s = map(statistics.median, zip(*pairs[1:], strict=True))
    added = statistics.median(one - other for other, one in pairs[1:])
    return Result(
        f"{what}: added to bare Python",
        f"{added * 1e3:.0f} ms",
        "<= 100 ms",
        added <= 0.1,
        f"bare {bare_s * 1e3:.0f} ms, recorded {recorded_s * 1e3:.0f} ms: ratio {recorded_s / bare_s:.2f}",
    )
