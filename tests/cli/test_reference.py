from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cli.command import origin

from origin.cli.main import COMMANDS
from origin.cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "cli-reference.md"


def test_the_reference_is_what_the_commands_say_of_themselves() -> None:
    assert PAGE.read_text() == reference(), "run: python -m origin.cli.reference > docs/cli-reference.md"


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_the_reference_holds_each_help_text(command: str | None) -> None:
    shown = origin(None, *([command] if command else []), "--help").out
    assert f"```text\n{shown}```\n" in PAGE.read_text()


def test_the_reference_is_written_by_one_command_whatever_the_terminal() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "origin.cli.reference"],
        env={"COLUMNS": "40", "FORCE_COLOR": "1", "PATH": ""},
        capture_output=True,
        check=True,
        text=True,
    )
    assert ran.stdout == PAGE.read_text()
