"""The command as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from query.recordings import listing, record

from origin.cli import main as command
from origin.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path


def origin(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-m", "origin", *arguments],
        capture_output="stdout" not in options,
        text=True,
        check=False,
        **options,
    )


def test_the_module_runs_as_the_command() -> None:
    ran = origin("version")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"origin {VERSION}\n", "")


def test_a_missing_file_is_one_line_and_code_2(path: Path) -> None:
    ran = origin("--db", str(path), "status")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"origin: {path} does not exist: check --db or ORIGIN_DB, or record something first\n"
    assert listing(path.parent) == {}


def test_a_reader_that_leaves_is_no_error(path: Path) -> None:
    record(path, [[b"%d" % number for number in range(1000)]] * 20)
    with subprocess.Popen(
        [sys.executable, "-m", "origin", "--db", str(path), "export", "latest"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110
def test_an_output_that_is_full_is_one_line_and_code_2(path: Path) -> None:
    record(path, [[b"a"]])
    for arguments in (("status",), ("export", "latest"), ("--help",)):
        with open("/dev/full", "w") as full:  # noqa: PTH123
            ran = origin("--db", str(path), *arguments, stdout=full, stderr=subprocess.PIPE)
        assert ran.returncode == 2, arguments
        assert ran.stderr.startswith("origin: No space left on device"), arguments
        assert ran.stderr.count("\n") == 1


def test_an_interrupt_is_code_130_without_a_traceback(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_given: list[str]) -> int:
        signal.raise_signal(signal.SIGINT)
        return 0

    monkeypatch.setattr(command, "_run", interrupted)
    assert command.main(["status"]) == 130


def test_version_imports_neither_the_queries_nor_anything_that_is_not_in_the_standard_library() -> None:
    script = (
        "import sys; before = set(sys.modules); from origin.cli.main import main; main(['version']);"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)));"
        "print([name for name in sys.modules if name.startswith(('origin.query.verify', 'origin.export', 'tqdm'))])"
    )
    ran = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, check=False, env=env())
    assert ran.stdout.splitlines() == [f"origin {VERSION}", "['origin']", "[]"], ran.stderr


def env() -> dict[str, str]:
    """Without site packages the package is found by its path."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(command.__file__))))  # noqa: PTH100, PTH120
    return {**os.environ, "PYTHONPATH": root}


def test_nothing_is_coloured_and_no_progress_is_shown_where_there_is_no_terminal(path: Path) -> None:
    record(path, [[b"a"]])
    ran = origin("--db", str(path), "verify", env={**os.environ, "FORCE_COLOR": "1"})
    assert (ran.returncode, ran.stderr) == (3, "")
    assert "\x1b" not in ran.stdout


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("form", ["jsonl", "croissant"])
def test_a_command_that_is_told_to_end_leaves_nothing_half_written(
    path: Path, number: int, code: int, form: str
) -> None:
    record(path, [[b"%d" % at for at in range(1000)]] * 200)
    before = listing(path.parent)
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "origin",
            "--db",
            str(path),
            "export",
            "latest",
            "--format",
            form,
            "-o",
            path.parent / "x",
        ]
    ) as process:
        deadline = time.monotonic() + 60
        while not list(path.parent.glob(".origin-*.partial")) and time.monotonic() < deadline:
            time.sleep(0.001)
        process.send_signal(number)
    assert process.returncode == code
    assert listing(path.parent) == before
