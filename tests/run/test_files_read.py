"""Files that were read, as evidence: what Python's open() shows and what is mapped, and never more than is known."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING

import pytest
from run.running import origin_run, run, script, told

if TYPE_CHECKING:
    from pathlib import Path

READS = """
import mmap, os, pathlib, shutil, sqlite3
import origin
pathlib.Path("folder").mkdir()
for name in ("table.csv", "changed.txt", "gone.txt", "folder/relative.txt", "mapped.bin", "big.bin", "both.txt"):
    with open(name, "wb") as file: file.write(name.encode() * (1000 if name == "big.bin" else 1))
open("token", "w").close()
open("written.txt", "w").close()
log = origin.autolog(digest_limit=2000)
pathlib.Path("table.csv").read_text()
os.close(os.open("both.txt", os.O_RDWR))
open(b"changed.txt").close()
open("changed.txt", "a").write("more")
open("gone.txt").close()
os.remove("gone.txt")
with open("big.bin", "rb"): pass
os.chdir("folder")
open("relative.txt").close()
os.chdir("..")
open("written.txt", "w").close()
open("token").close()
open("/proc/self/status").close()
open("/dev/null").close()
open(os.__file__).close()
descriptor = os.open("mapped.bin", os.O_RDONLY)
kept = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
try: open("missing.txt")
except FileNotFoundError: pass
"""


def test_what_was_read_is_told_with_its_digest_or_why_there_is_none(tmp_path: Path) -> None:
    ran = run(tmp_path, script(tmp_path, READS), python=[sys.executable])
    assert (ran.code, ran.err) == (0, b"")
    record = told(tmp_path / "provenance.db")
    found = {path.removeprefix(f"{tmp_path}/"): file for path, file in record.files.items()}
    assert {name: file.get("why") for name, file in found.items()} == {
        "table.csv": None,
        "both.txt": None,
        "changed.txt": "not digested: it has changed since it was opened",
        "gone.txt": "not digested: No such file or directory",
        "big.bin": "not digested: beyond the limit",
        "folder/relative.txt": None,
        "mapped.bin": None,
    }
    assert found["table.csv"]["sha256"] == hashlib.sha256(b"table.csv").hexdigest()
    assert found["folder/relative.txt"]["sha256"] == hashlib.sha256(b"folder/relative.txt").hexdigest()
    assert (found["big.bin"]["size"], found["big.bin"]["sha256"]) == (7000, None)
    assert found["table.csv"]["mtime_us"] == (tmp_path / "table.csv").stat().st_mtime_ns // 1000
    (note,) = record.notes["files"]
    assert (note["complete"], note["left_out"], note["digest_limit"]) == (False, 0, 2000)
    assert any("pyarrow" in reader for reader in note["not_seen"])


def test_files_are_listed_up_to_a_bound_in_several_notes(tmp_path: Path) -> None:
    text = """
import origin
from origin.run import files
files.MAX_FILES = 1100
origin.autolog()
for number in range(1105):
    with open(f"{number}.txt", "w") as file: file.write("x")
    with open(f"{number}.txt") as file: file.read()
"""
    assert run(tmp_path, script(tmp_path, text)).err == b""
    notes = told(tmp_path / "provenance.db").notes["files"]
    assert [len(note["files"]) for note in notes] == [500, 500, 100]
    assert {note["left_out"] for note in notes} == {5}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_what_workers_read_is_told_by_their_parent(tmp_path: Path, method: str) -> None:
    pytest.importorskip("torch")
    text = f"""
import pathlib
from torch.utils.data import DataLoader, Dataset

class Files(Dataset):
    def __len__(self): return 4
    def __getitem__(self, index): return pathlib.Path(f"{{index}}.txt").read_text()

if __name__ == "__main__":
    for number in range(4): pathlib.Path(f"{{number}}.txt").write_text(f"file {{number}}")
    loader = DataLoader(Files(), batch_size=2, num_workers=2, multiprocessing_context="{method}")
    print(sorted(text for batch in loader for text in batch))
"""
    ran = origin_run(tmp_path, script(tmp_path, text), python=[sys.executable])
    assert ran.out == b"['file 0', 'file 1', 'file 2', 'file 3']\n"
    found = told(tmp_path / "provenance.db").files
    assert {path: file["sha256"] for path, file in found.items()} == {
        str(tmp_path / f"{number}.txt"): hashlib.sha256(f"file {number}".encode()).hexdigest() for number in range(4)
    }
    assert [path.name for path in tmp_path.glob("*.db")] == ["provenance.db"]


def test_files_of_a_script_are_seen_from_its_start(tmp_path: Path) -> None:
    (tmp_path / "early.csv").write_text("1,2")
    text = "open('early.csv').close()\nimport origin\norigin.autolog()\n"
    assert origin_run(tmp_path, script(tmp_path, text)).err == b""
    assert list(told(tmp_path / "provenance.db").files) == [str(tmp_path / "early.csv")]
