"""`origin run` as a command: what it says, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cli.command import assert_one_line, origin

from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

RECORDED = (
    "import origin\nfrom origin.hooks.base import BaseHook\nlog = origin.autolog()\n"
    "list(BaseHook(log._db, log.session_id, 's').wrap([[b'a', b'b'], [b'c']]))\n"
)


def command(folder: Path, *arguments: str, text: str = RECORDED) -> tuple[int, str, str]:
    (folder / "script.py").write_text(text)
    ran = subprocess.run(
        [sys.executable, "-m", "origin", "run", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.parametrize("arguments", [(), ("-m",), ("--",), ("--digest-limit", "4X", "a.py"), ("--unknown", "a.py")])
def test_what_cannot_be_run_is_one_line(arguments: tuple[str, ...]) -> None:
    assert_one_line(origin(None, "run", *arguments))


def test_one_line_tells_what_was_recorded_and_where(tmp_path: Path) -> None:
    code, out, err = command(tmp_path, "script.py")
    with Reader(tmp_path / "provenance.db") as reader:
        (session,) = reader.sessions()
    name = session.begin.session_id[:12]
    where = tmp_path / "provenance.db"
    assert (code, out) == (0, "")
    assert err == f"origin: session {name} (completed): 2 batches, 3 observations, 0 gaps, in {where}\n"
    assert json.loads(session.begin.metadata)["launcher"] == "origin run"


def test_under_json_the_line_is_an_object(tmp_path: Path) -> None:
    code, out, err = command(tmp_path, "--json", "--db", "my.db", "script.py", text=f"{RECORDED}raise SystemExit(9)\n")
    assert (code, out) == (9, "")
    told = json.loads(err)
    (session,) = told.pop("sessions")
    assert told == {"exit_code": 9, "problem": None}
    assert len(session.pop("session_id")) == 32
    assert session == {"path": str(tmp_path / "my.db"), "status": "failed", "batches": 2, "observations": 3, "gaps": 0}


def test_a_script_that_reads_no_data_leaves_no_file(tmp_path: Path) -> None:
    code, out, err = command(tmp_path, "script.py", text="print(1)\n")
    assert (code, out) == (0, "1\n")
    assert err == "origin: nothing was recorded: no DataLoader and no data set was iterated\n"
    assert [one.name for one in tmp_path.iterdir()] == ["script.py"]


def test_under_quiet_nothing_is_said(tmp_path: Path) -> None:
    assert command(tmp_path, "--quiet", "--", "script.py") == (0, "", "")


def test_a_script_that_is_not_there_is_pythons_to_tell(tmp_path: Path) -> None:
    code, out, err = command(tmp_path, "--quiet", "missing.py")
    assert (code, out) == (2, "")
    assert "can't open file" in err


def test_a_keyed_record_takes_the_key_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123456789abcdef0123456789abcdef\n")
    assert command(tmp_path, "--quiet", "--key-file", "key", "script.py") == (0, "", "")
    with Reader(tmp_path / "provenance.db") as reader:
        assert reader.key_id() is not None
