"""`origin card`, and what the page about it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cards.parsed import Page, assert_self_contained
from cards.sessions import record_all
from cli.command import assert_one_line, origin

from origin.cards import card_of

PAGE = (Path(__file__).parents[2] / "docs" / "cards.md").read_text(encoding="utf-8")


def test_the_form_is_that_asked_for_else_that_of_the_name_of_the_file(path: Path, tmp_path: Path) -> None:
    record_all(path)
    card = card_of(path)
    assert origin(path, "card", "latest").out == card.markdown
    assert origin(path, "card", "latest", "--format", "html").out == card.html
    for name, options, text in (
        ("card.html", (), card.html),
        ("card.HTM", (), card.html),
        ("card.md", (), card.markdown),
        ("card", (), card.markdown),
        ("other.html", ("--format", "md"), card.markdown),
    ):
        assert origin(path, "card", "latest", "-o", str(tmp_path / name), *options).code == 0
        assert (tmp_path / name).read_text(encoding="utf-8") == text


def test_a_card_as_json_names_its_form(path: Path) -> None:
    session_id = record_all(path)
    answer = origin(path, "card", "latest", "--format", "html", "--json").json
    assert (answer["session_id"], answer["format"]) == (session_id, "html")
    assert_self_contained(Page(answer["card"]))


def test_a_policy_is_checked_for_the_card(path: Path) -> None:
    record_all(path)
    ran = origin(path, "card", "latest", "--policy", "commercial")
    assert ran.code == 0
    assert ran.out == card_of(path, policy="commercial").markdown


@pytest.mark.parametrize("options", [("--format", "pdf"), ("--policy", "nothing"), ("--policy", "")])
def test_what_cannot_be_made_is_one_line(path: Path, options: tuple[str, ...]) -> None:
    record_all(path)
    assert_one_line(origin(path, "card", "latest", *options))


def test_the_command_on_the_card_verifies_the_record(path: Path) -> None:
    record_all(path)
    (command,) = re.findall(r"^    origin (verify .*)$", card_of(path).markdown, re.MULTILINE)
    ran = origin(path, *command.split())
    assert (ran.code, ran.err) == (0, "")


def test_the_annexes_on_the_card_can_be_written(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_all(path)
    monkeypatch.chdir(tmp_path)
    rows = re.findall(r"^\| ([\w.]+) \| [\w ,]+ \| origin (.*) \|$", card_of(path).markdown, re.MULTILINE)
    assert [name for name, _ in rows] == ["session.jsonl", "NOTICE.md", "card.html", "card.md"]
    for name, command in rows:
        assert origin(path, *command.split()).code == 0
        assert (tmp_path / name).stat().st_size > 100


def test_the_snippets_of_the_page_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = tmp_path / "provenance.db"
    record_all(database)
    monkeypatch.chdir(tmp_path)
    (shell,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in shell.splitlines():
        assert origin(database, *line.split("#")[0].split()[1:]).code == 0, line
    (python,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(python, names)  # noqa: S102 - the page's own
    assert (tmp_path / "card.html").read_text(encoding="utf-8") == card_of(database).html
