"""What W&B's own reader finds in the log of an offline run. Import as `from export.wandb_log import ...`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def keep_offline(patch: pytest.MonkeyPatch, home: Path) -> None:
    """W&B with nothing of this machine: no network, no home of somebody's."""
    for name, value in {
        "MODE": "offline",
        "SILENT": "true",
        "ERROR_REPORTING": "false",
        "CONFIG_DIR": str(home / "config"),
        "CACHE_DIR": str(home / "cache"),
        "DATA_DIR": str(home / "data"),
        "DIR": str(home / "runs"),
    }.items():
        patch.setenv(f"WANDB_{name}", value)
    (home / "runs").mkdir()


def transactions(folder: Path, *, wait: bool = True) -> list[dict[str, Any]]:
    """The records of an offline run's log: what `wandb sync` sends.

    W&B's service writes the log after `finish` has returned (by milliseconds, of half of the runs): `wait` reads on
    until the record that ends it. One that never ends fails.
    """
    options = ["--follow", "--idle-timeout", "30s"] if wait else []
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", *options, str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["type"] for one in found].count("exit") == 1
    return found


def artifacts(folder: Path) -> list[dict[str, Any]]:
    return [
        one["artifact"] if one["type"] == "artifact" else one["request"]["log_artifact"]["artifact"]
        for one in transactions(folder)
        if one["type"] == "artifact" or "log_artifact" in one.get("request", {})
    ]
