from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from query.recordings import listing

from origin.errors import UsageError
from origin.export.files import write_directory, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def failing() -> Iterator[str]:
    yield "half"
    raise RuntimeError("no more")


def test_a_document_is_written_whole_as_utf_8(tmp_path: Path) -> None:
    write_whole(tmp_path / "out", ["é\n", "b"])
    assert listing(tmp_path) == {"out": b"\xc3\xa9\nb"}


def test_a_file_has_the_permissions_that_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "out", ["x"])
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666, 0o755])
def test_a_file_that_is_replaced_keeps_its_permissions_also_while_it_is_written(tmp_path: Path, mode: int) -> None:
    (tmp_path / "out").write_text("old")
    (tmp_path / "out").chmod(mode)

    def looking() -> Iterator[str]:
        yield "new"
        assert {file.stat().st_mode & 0o7777 for file in tmp_path.iterdir()} == {mode}

    write_whole(tmp_path / "out", looking(), force=True)
    assert ((tmp_path / "out").stat().st_mode & 0o7777, (tmp_path / "out").read_text()) == (mode, "new")


def test_what_is_there_is_not_replaced_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("old")
    with pytest.raises(UsageError, match="--force"):
        write_whole(tmp_path / "out", ["new"])
    assert listing(tmp_path) == {"out": b"old"}
    write_whole(tmp_path / "out", ["new"], force=True)
    assert listing(tmp_path) == {"out": b"new"}


@pytest.mark.parametrize("force", [True, False])
def test_nothing_half_written_is_left_when_the_document_breaks_off(tmp_path: Path, force: bool) -> None:
    if force:
        (tmp_path / "out").write_text("old")
    before = listing(tmp_path)
    with pytest.raises(RuntimeError):
        write_whole(tmp_path / "out", failing(), force=force)
    assert listing(tmp_path) == before


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious")
    (tmp_path / "target").chmod(0o777)
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("link", "dangling"):
        with pytest.raises(UsageError):
            write_whole(tmp_path / name, ["x"])
        write_whole(tmp_path / name, ["x"], force=True)
        assert not (tmp_path / name).is_symlink()
        assert (tmp_path / name).stat().st_mode & 0o111 == 0
    assert (tmp_path / "target").read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


def test_a_name_taken_while_writing_is_not_replaced(tmp_path: Path) -> None:
    def racing() -> Iterator[str]:
        yield "mine"
        (tmp_path / "out").write_text("theirs")

    with pytest.raises(UsageError):
        write_whole(tmp_path / "out", racing())
    assert listing(tmp_path) == {"out": b"theirs"}


def test_a_directory_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for force in (True, False):
        with pytest.raises(UsageError, match="directory"):
            write_whole(tmp_path / "out", ["x"], force=force)


@pytest.mark.parametrize("name", ["x" * 300, "missing/out", "a\0b", ""])
def test_a_path_that_cannot_be_written_leaves_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises((OSError, UsageError)):
        write_whole(tmp_path / name, ["x"])
    assert listing(tmp_path) == {}


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "card.md"
    with pytest.raises(FileNotFoundError) as found:
        write_whole(path, ["text"])
    assert found.value.filename == str(path)
    with pytest.raises(FileNotFoundError) as found:
        write_directory(path, [("a", ["text"])])
    assert found.value.filename == str(path)


def test_a_file_is_no_directory_whether_forced_or_not(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    for force in (False, True):
        with pytest.raises(UsageError, match="file is no directory: name another"):
            write_directory(path, [("a", ["text"])], force=force)
    assert listing(tmp_path) == {"file": b"mine"}
