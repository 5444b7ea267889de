"""The built distribution holds what the code reads."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"


def test_the_wheel_holds_every_module_and_every_data_file(tmp_path: Path) -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel")
    (built,) = wheel.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    packed = {name for name in zipfile.ZipFile(built).namelist() if name.startswith("origin/")}
    wanted = {
        path.relative_to(SOURCE).as_posix()
        for path in (SOURCE / "origin").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == wanted
    assert {f"origin/licenses/data/policies/{name}.toml" for name in ("research", "commercial")} <= packed
    assert "origin/licenses/data/terms/creative-commons.toml" in packed
