"""Sessions of a real training, each in a process of its own: torch, once loaded, would stay for the tests that follow.

Import as `from export.trained_sessions import ...`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook

if TYPE_CHECKING:
    from collections.abc import Iterable

HUB = "hf://datasets/acme/"


def record_training(path: Path) -> None:
    """Trained on 8 observations of `train`; evaluated with 4 of `held`; of 2 of `seen` nothing is known."""
    _run("training", path)


def record_late(path: Path) -> None:
    """2 observations delivered before torch was loaded, then 4 that were trained on, of one loader each."""
    _run("late", path)


def _run(name: str, path: Path) -> None:
    subprocess.run([sys.executable, __file__, name, path], check=True)


def _training(path: Path) -> None:
    import torch

    with ProvenanceDatabase(path) as db:
        for name in ("train", "held", "seen"):
            db.register_source(name, "MIT", f"{HUB}{name}")
        session = db.begin_session("experiment")
        loops = {name: BaseHook(db, session.session_id, name) for name in ("train", "held", "seen")}
        _trained(loops["train"].wrap([[f"t{at}", f"u{at}"] for at in range(4)], name="train"))
        with torch.no_grad():
            list(loops["held"].wrap([["h0", "h1"], ["h2", "h3"]], name="held"))
        list(loops["seen"].wrap([["s0", "s1"]], name="seen"))
        session.end()


def _late(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("experiment")
        list(BaseHook(db, session.session_id, "early", "MIT").wrap([["a", "b"]], name="early"))
        import torch  # noqa: F401

        _trained(BaseHook(db, session.session_id, "late", "MIT").wrap([["c", "d"], ["e", "f"]], name="late"))
        session.end()


def _trained(batches: Iterable[list[str]]) -> None:
    import torch
    from torch.nn.functional import mse_loss

    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for batch in batches:
        mse_loss(model(torch.ones(len(batch), 1)), torch.zeros(len(batch), 1)).backward()
        optimizer.step()


if __name__ == "__main__":
    {"training": _training, "late": _late}[sys.argv[1]](Path(sys.argv[2]))
