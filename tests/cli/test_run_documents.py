"""`--run` of the commands that make documents."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from cli.command import NOW, assert_one_line, origin
from query.recorded_runs import RUN, record_run, run_report_of
from query.recordings import record

from origin.cli.export import FORMATS


@pytest.mark.parametrize("name", [RUN, "job", "latest"])
def test_a_run_is_named_as_in_runs(path: Path, name: str) -> None:
    record_run(path)
    record(path, [[b"a"]])
    found = origin(path, "export", "--run", name).json
    assert (found["run_id"], found["root"]) == (RUN, run_report_of(path).root)


def test_a_file_is_written_once_and_told_with_the_id_of_the_run(path: Path, tmp_path: Path) -> None:
    record_run(path)
    command = ("--json", "export", "--run", RUN, "-o", str(tmp_path / "run.json"))
    assert origin(path, *command).json == {"run_id": RUN, "path": str(tmp_path / "run.json")}
    assert_one_line(origin(path, *command))
    assert_one_line(origin(path, "export", "--run", RUN, "-o", str(path), "--force"))
    answer = origin(path, "--json", "export", "--run", RUN, "--format", "prov").json
    assert (answer["run_id"], answer["format"]) == (RUN, "prov")


def test_the_check_of_a_run_compares_every_format(path: Path) -> None:
    record_run(path, ranks=(0, 1))
    ran = origin(path, "--json", "export", "--run", RUN, "--check", "--now", NOW)
    assert (ran.code, ran.json["run_id"]) == (0, RUN)
    assert [one["format"] for one in ran.json["checked"]] == list(FORMATS)


@pytest.mark.parametrize("command", ["card", "export"])
def test_a_session_and_a_run_at_once_or_neither_are_refused(path: Path, command: str) -> None:
    record_run(path)
    for arguments in ((), ("latest", "--run", RUN)):
        assert_one_line(origin(path, command, *arguments))
    assert_one_line(origin(path, command, "--run", "job-8"), 1)
    assert_one_line(origin(path, command, "--run", ""), 1)


def test_two_runs_of_one_beginning_are_told_apart(path: Path) -> None:
    record_run(path, ranks=(0,))
    record_run(path, ranks=(0,), run_id="job-8")
    ran = origin(path, "card", "--run", "job")
    assert_one_line(ran)
    assert "several run ids start with 'job'" in ran.err


def test_a_document_for_regulators_is_of_all_sessions_of_a_run(path: Path) -> None:
    record_run(path, ranks=(0, 2))
    sessions = [part.session.begin.session_id for part in run_report_of(path).parts]
    for document in ("eu-ai-act", "ab2013", "annex-iv"):
        of_run = origin(path, "report", document, "--run", RUN, "--now", NOW)
        assert (of_run.code, of_run.err) == (0, "")
        assert of_run.out == origin(path, "report", document, *sessions, "--now", NOW).out
        assert "of 3 ranks there is no session of 1" in of_run.out
    assert_one_line(origin(path, "report", "ab2013", sessions[0], "--run", RUN))
    assert_one_line(origin(path, "report", "ab2013"))
    assert_one_line(origin(path, "report", "--init-answers", "--run", RUN))


@pytest.mark.parametrize("page", ["docs/exports/runs.md", "docs/distributed.md"])
def test_the_commands_of_the_pages_on_runs_do_what_they_say(
    path: Path, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(__file__).parents[2] / page).read_text()
    record_run(path)
    monkeypatch.chdir(path.parent)
    commands = re.findall(r"^    origin ((?:export|card|report) .*--run RUN.*)$", text, re.MULTILINE)
    assert len(commands) >= 3
    for command in commands:
        ran = origin(path, *shlex.split(command.replace("RUN", RUN)))
        assert (ran.code, ran.err) == (0, "")


def test_the_snippet_of_the_page_on_exports_of_runs_works(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Path(__file__).parents[2] / "docs" / "exports" / "runs.md"
    (snippet,) = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    record_run(path)
    monkeypatch.chdir(path.parent)
    exec(snippet, {})  # noqa: S102 - our own page
    assert origin(path, "export", "--run", RUN, "--check", "bom.json").code == 0
