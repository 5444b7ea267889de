from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from query.recordings import listing, record
from regulators.documents import NOW, origin_report, record_sources

from origin.errors import NotFoundError, OriginError, UsageError
from origin.regulators.questionnaire import questionnaire

if TYPE_CHECKING:
    from pathlib import Path


def test_the_questionnaire_is_printed_or_written_and_never_over_a_file(tmp_path: Path) -> None:
    text = "".join(questionnaire())
    assert origin_report(None, "--init-answers").out == text
    target = tmp_path / "answers.toml"
    assert origin_report(None, "--init-answers", "-o", str(target)).out == f"{target} was written\n"
    assert target.read_text() == text
    target.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        origin_report(None, "--init-answers", "-o", str(target))
    assert target.read_text() == "mine"


def test_a_written_document_is_the_one_that_is_printed(path: Path, tmp_path: Path) -> None:
    session = record_sources(path)
    now = ("--now", NOW.isoformat())
    target = tmp_path / "document"
    for form in ("md", "json"):
        printed = origin_report(path, "ab2013", "latest", "--format", form, *now).out
        told = origin_report(
            path, "ab2013", "latest", "--format", form, *now, "--json", "--force", "-o", str(target)
        ).out
        assert target.read_text() == printed
        facts = json.loads(told)
        assert (facts["sessions"], facts["document"], facts["annexes"]) == ([session], "ab2013", [])
        assert facts["path"] == str(target)
        assert facts["states"]["to-be-provided"] == 17
    assert origin_report(path, "ab2013", "latest", *now, "--json").out == printed


def test_source_date_epoch_is_the_clock(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_sources(path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert "Made at 1970-01-01T00:00:00+00:00." in origin_report(path, "annex-iv", "latest").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "DOCUMENT is missing: it is one of eu-ai-act, ab2013, annex-iv"),
        (("gdpr", "latest"), "DOCUMENT is 'gdpr': it is one of"),
        (("ab2013",), "SESSION is missing"),
        (("ab2013", "latest", "--format", "pdf"), "invalid choice: 'pdf'"),
        (("ab2013", "latest", "--now", "soon"), "--now is 'soon'"),
        (("ab2013", "latest", "--answers", "a\0b"), "names no file"),
        (("--init-answers", "ab2013"), "give it alone"),
    ],
)
def test_a_mistake_on_the_command_line_is_told(path: Path, arguments: tuple[str, ...], said: str) -> None:
    record_sources(path)
    with pytest.raises(UsageError) as raised:
        origin_report(path, *arguments)
    assert said in str(raised.value)


def test_sessions_of_different_runs_or_of_none_do_not_go_together(path: Path) -> None:
    for runs in (("a", "b"), (None, None)):
        ids = [record(path, [[b"x"]], run_id=run_id) for run_id in runs]
        with pytest.raises(UsageError, match="not of one run"):
            origin_report(path, "ab2013", *ids)
    with pytest.raises(NotFoundError):
        origin_report(path, "ab2013", "ffff" * 8)


def test_the_database_is_never_written_over(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    link = tmp_path / "link.md"
    os.link(path, link)
    before = path.read_bytes()
    for target in (path, link):
        with pytest.raises(UsageError, match="is the database"):
            origin_report(path, "ab2013", "latest", "--force", "-o", str(target))
    assert path.read_bytes() == before


def test_nothing_is_left_where_it_cannot_be_written(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    before = listing(tmp_path)
    with pytest.raises((OriginError, OSError)):
        origin_report(path, "eu-ai-act", "latest", "-o", str(tmp_path / "missing" / "summary.md"))
    assert listing(tmp_path) == before


def test_quiet_says_nothing(path: Path) -> None:
    record_sources(path)
    ran = origin_report(path, "ab2013", "latest", "--quiet")
    assert (ran.code, ran.out) == (0, "")


def test_the_questionnaire_is_one_json_object_where_that_is_asked_for(tmp_path: Path) -> None:
    found = json.loads(origin_report(None, "--init-answers", "--json").out)
    assert found == {"questionnaire": "".join(questionnaire())}
