"""docs/regulators.md against the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulators.documents import document, full_answers, origin_report, record_sources

from origin.regulators.answers import load_answers
from origin.regulators.fill import STATES
from origin.regulators.record import CATEGORIES

if TYPE_CHECKING:
    import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "regulators.md").read_text()


def test_the_commands_of_the_page_run_in_their_order(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_sources(path)
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^    origin report (.*)$", PAGE, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        assert origin_report(path, *shlex.split(command)).code == 0
    written = {"answers.toml", "summary.md", "summary.md.hosts.csv", "ab2013.md", "annex-iv.json"}
    assert written <= {one.name for one in tmp_path.iterdir()}


def test_the_answers_and_the_source_of_the_page_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (answers,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "answers.toml").write_text(answers)
    assert load_answers(tmp_path / "answers.toml").values["eu_ai_act", "modalities"] == "as recorded"
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(snippet, {})  # noqa: S102
    assert (tmp_path / "provenance.db").exists()


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for one in value.values() for key in keys_of(one)}
    return {key for one in value for key in keys_of(one)} if isinstance(value, list) else set()


def test_the_page_names_every_key_state_and_category(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    found = document(path, "eu-ai-act", "--answers", str(full_answers(tmp_path)))
    named = set(re.findall(r"`([\w-]+)(?:\[\])?`", PAGE))
    assert keys_of(found) | set(STATES) | set(CATEGORIES) <= named
