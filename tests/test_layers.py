"""The rooms of the package, and who may import whom (docs/architecture.md)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "origin"
LAYERS = [
    ["core"],
    ["licenses"],
    ["storage", "claims"],
    ["hooks", "query", "proofs"],
    ["run"],
    ["cards"],
    ["export"],
    ["regulators"],
    ["cli"],
]
OPEN = {"errors", "version"}
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}
STANDARD_LIBRARY_ONLY = {room for rooms in LAYERS for room in rooms} - {"hooks", "export"}
FILES = sorted(ROOT.rglob("*.py"))


def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_run_one_way(file: Path) -> None:
    room = file.relative_to(ROOT).parts[0]
    if room.endswith(".py"):
        return
    for name in imported(file):
        parts = name.split(".")
        if parts[0] != "origin" or len(parts) < 2 or parts[1] in OPEN or parts[1] == room:
            continue
        assert parts[1] in RANK, f"{file} imports {name}"
        assert RANK[parts[1]] < RANK[room], f"{file} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_sql_stands_in_storage_alone(file: Path) -> None:
    if file.relative_to(ROOT).parts[0] != "storage":
        assert not re.search(r"""["']\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA) """, file.read_text()), file
        assert "sqlite3" not in imported(file) or file.relative_to(ROOT).parts[0] == "cli", file


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_core_and_the_command_line_import_the_standard_library_only(file: Path) -> None:
    import sys

    room = file.relative_to(ROOT).parts[0]
    if room in STANDARD_LIBRARY_ONLY or room.endswith(".py"):
        outside = {name.split(".")[0] for name in imported(file)} - sys.stdlib_module_names - {"origin"}
        assert outside <= {"tqdm"}, file
