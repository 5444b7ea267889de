"""The card of a run: what an auditor asks, of all ranks together."""

from __future__ import annotations

import html
import re
import shlex
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from cards.parsed import Page, assert_self_contained
from cli.command import assert_one_line, origin
from query.hostile import STRINGS
from query.recorded_runs import RUN, record_run, run_report_of
from query.recordings import record

from origin import ProvenanceDatabase
from origin.cards import run_card_of
from origin.cards.markdown import MOST
from origin.hooks.base import BaseHook

if TYPE_CHECKING:
    from pathlib import Path


def text_of(path: Path, run: str = "latest") -> str:
    return run_card_of(path, run).markdown


def rows_of(text: str, first: str) -> list[list[str]]:
    """The cells of the table whose first header is `first`."""
    table = text.partition(f"| {first} |")[2].partition("\n\n")[0]
    return [line[2:-2].split(" | ") for line in table.splitlines()[2:]]


def test_a_card_names_the_run_and_each_session_with_its_root(path: Path) -> None:
    record_run(path)
    found, text = run_report_of(path), text_of(path)
    assert text.startswith(f"# Provenance card: run {RUN}\n")
    rows = rows_of(text, "rank")
    assert [(row[0], row[1], row[2], row[8]) for row in rows] == [
        (str(rank), one.session.begin.session_id, "completed", one.session.root().hex())
        for rank, one in enumerate(found.parts)
    ]
    assert [row[3:8] for row in rows] == [
        ["1", "5", "8", "1", "12"],
        ["1", "5", "8", "0", "11"],
        ["1", "4", "6", "0", "9"],
    ]
    assert f"| Root of the run | {found.root} |" in text
    assert "| Ranks | each rank is there once |" in text
    assert "| Delivered to the loop | at least 22 observations of 8 distinct samples, in 14 batches" in text
    assert "session latest" not in text


def test_epochs_say_of_how_many_sessions_they_are(path: Path) -> None:
    record_run(path)
    found = [row[:4] for row in rows_of(text_of(path).partition("## 5. Exposure")[2], "loader")]
    assert found == [["loader-1", "0", "3", "6"], ["loader-2", "0", "3", "6"], ["loader-3", "0", "2", "2"]]


def test_a_missing_rank_is_said_in_the_verdict_and_makes_totals_the_least(path: Path) -> None:
    for rank in (0, 2):
        record(path, [[b"a"]], run_id="run", rank=rank, world_size=3)
    text = text_of(path)
    verdict = text.partition("## 2.")[0]
    assert "- review: the run is not whole in this database: of 3 ranks there is no session of 1" in verdict
    assert "| Status | unknown: all sessions that are here completed, and the run is not whole" in verdict
    assert "at least 2 observations of 1 distinct sample" in verdict
    assert "| Ended | unknown: not every rank is there once |" in text
    assert "of ranks that are missing nothing is known." in text


def test_sessions_that_were_cut_off_or_failed_are_said_in_the_verdict(path: Path) -> None:
    record_run(path, unfinished=(1,), failed=(2,))
    verdict = text_of(path).partition("## 2.")[0]
    assert "- review: 1 session not closed, so the record may lack what came last: rank 1" in verdict
    assert "- review: 1 session closed without having completed: rank 2" in verdict
    assert "| Status | failed: a session ended as failed |" in verdict


def test_a_run_of_one_session_says_so(path: Path) -> None:
    record(path, [[b"a"]], run_id="run", rank=0, world_size=1)
    text = text_of(path)
    assert "| Sessions | 1: the run is this one session |" in text
    assert "| Status | completed |" in text
    assert "at least" not in text


def test_the_commands_on_the_card_verify_the_record_and_print_the_root(path: Path) -> None:
    record_run(path)
    text = text_of(path)
    verify, runs = re.findall(r"^    origin (.*)$", text, re.MULTILINE)
    assert origin(path, *shlex.split(verify)).code in {0, 3}  # 3: nothing outside the file was given
    assert run_report_of(path).root in origin(path, *shlex.split(runs)).out


@pytest.mark.parametrize("run_id", [RUN, "-a b", "a'b"])
def test_the_commands_of_the_annexes_write_what_they_name(path: Path, tmp_path: Path, run_id: str) -> None:
    record_run(path, run_id=run_id)
    commands = re.findall(r"<code>origin ((?:export|card) .*?)</code>", run_card_of(path).html)
    assert len(commands) == 3
    for command in commands:
        *words, name = shlex.split(html.unescape(command))
        ran = origin(path, *words, str(tmp_path / name))
        assert (ran.code, ran.err) == (0, "")
    assert (tmp_path / "card.md").read_text() == text_of(path)
    assert (tmp_path / "run.jsonl").read_text().startswith('{"type":"run",')


def test_a_policy_is_checked_over_all_ranks(path: Path) -> None:
    record(path, [[b"a"]], license_id="MIT", run_id="run", rank=0, world_size=2)
    assert "| Policy | allowed by policy " in run_card_of(path, policy="commercial").markdown
    record(path, [[b"a"]], source="other", license_id="CC-BY-NC-4.0", run_id="run", rank=1, world_size=2)
    assert "| Policy | denied by policy " in run_card_of(path, policy="commercial").markdown


def test_the_html_names_the_run_and_needs_nothing(path: Path) -> None:
    record_run(path)
    card = run_card_of(path)
    assert_self_contained(Page(card.html))
    assert f"<h1>Run <code>{RUN}</code></h1>" in card.html
    assert repr(card) == f"<Card of run {RUN}>"


@pytest.mark.parametrize("name", STRINGS)
def test_a_hostile_run_id_disturbs_no_card(path: Path, name: str) -> None:
    record(path, [[b"a"]], config_hash=STRINGS[name], run_id=STRINGS[name], rank=0, world_size=2)
    assert_self_contained(Page(run_card_of(path).html))
    text = text_of(path)
    assert next(line for line in text.splitlines() if line.startswith("## ")) == "## 1. Verdict"
    assert len(re.findall("(?m)^## ", text)) == 9


def test_a_card_of_a_thousand_ranks_has_an_end(path: Path) -> None:
    with ProvenanceDatabase(path, shard=False) as db:
        for rank in range(300):
            session = db.begin_session("x", run_id="run", rank=rank, world_size=1000)
            list(BaseHook(db, session.session_id, "train", "MIT").wrap([[b"a"]]))
            session.end()
    text = text_of(path)
    assert len(text.encode()) <= MOST
    assert re.search(r"\d+ further sessions left out: `origin runs` names all\.", text)
    assert "of 1000 ranks there is no session of 300 to 999" in text


@pytest.mark.skipif(find_spec("torch") is None, reason="the sampler is torch's")
def test_padding_is_no_repeat_between_ranks(path: Path) -> None:
    from torch import arange
    from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

    from origin.hooks.pytorch import DataLoaderHook

    for rank in range(4):
        dataset = TensorDataset(arange(9.0))
        sampler = DistributedSampler(dataset, num_replicas=4, rank=rank, shuffle=False)
        with (
            ProvenanceDatabase(path, shard=False) as db,
            db.begin_session("x", run_id="run", rank=rank, world_size=4) as session,
        ):
            hook = DataLoaderHook(db=db, session_id=session.session_id, source_id="train", license_id="MIT")
            list(hook.wrap(DataLoader(dataset, batch_size=2, sampler=sampler)))
    exposure = text_of(path).partition("## 5. Exposure")[2].partition("## 6.")[0]
    assert "| Observations | 12 |" in exposure
    assert "| Distinct samples | 9 |" in exposure
    assert "| Repeats | 0 observations" in exposure
    assert "| Mean exposure | 1.00 deliveries of each distinct sample |" in exposure
    assert "| Padding | 3 observations by which a sampler gave all ranks equally many; in neither" in exposure


def test_a_card_is_of_a_session_or_of_a_run(path: Path) -> None:
    record_run(path)
    for arguments in ((), ("latest", "--run", RUN)):
        ran = origin(path, "card", *arguments)
        assert_one_line(ran)
        assert "SESSION and --run RUN" in ran.err
    assert_one_line(origin(path, "card", "--run", "nothing"), 1)
    answer = origin(path, "--json", "card", "--run", "job").json
    assert (answer["run_id"], answer["card"]) == (RUN, text_of(path))
