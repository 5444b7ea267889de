from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.errors import UsageError
from origin.export.files import write_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = [("a.json", ["1", "2"]), ("b.txt", ["é"])]


def listing(path: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in path.iterdir() if file.is_file()}


def test_files_go_into_a_directory_that_is_made_for_them(tmp_path: Path) -> None:
    write_directory(tmp_path / "out", FILES)
    assert listing(tmp_path / "out") == {"a.json": "12", "b.txt": "é"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_what_is_there_is_left_alone_without_force(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "out")
    for name in ("out", "link"):
        with pytest.raises(UsageError):
            write_directory(tmp_path / name, FILES)
    with pytest.raises(UsageError):
        write_directory(tmp_path / "link", FILES, force=True)
    assert listing(tmp_path / "out") == {}


def test_force_replaces_files_of_the_same_names_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.json").write_text("old")
    (out / "mine.txt").write_text("kept")
    write_directory(out, FILES, force=True)
    assert listing(out) == {"a.json": "12", "b.txt": "é", "mine.txt": "kept"}


@pytest.mark.parametrize("name", ["../x", "/etc/x", ".hidden", "", "a/b", "a\0b", "-rf"])
def test_a_name_that_leads_elsewhere_is_refused_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        write_directory(tmp_path / "out", [("a.json", ["1"]), (name, ["2"])])
    assert list(tmp_path.iterdir()) == []


def test_a_failure_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[str]:
        yield "1"
        raise RuntimeError("disk")

    with pytest.raises(RuntimeError):
        write_directory(tmp_path / "out", [("a.json", ["1"]), ("b.json", broken())])
    assert list(tmp_path.iterdir()) == []
