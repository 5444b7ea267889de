"""What was fetched ahead and never delivered: in the report, in `inspect` and in the card, where a note tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cli.command import origin
from query.recorded_runs import run_report_of

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook
from origin.query.fetched import FETCHED

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "fetched besides, never delivered"
CELL = "| Fetched ahead |"


def noted(path: Path, *contents: dict[str, object]) -> None:
    with ProvenanceDatabase(path, shard=False) as db, db.begin_session("x", run_id="run") as session:
        list(BaseHook(db, session.session_id, "train", "MIT").wrap([[b"a"]]))
        for content in contents:
            db.note(session.session_id, FETCHED, content)


def test_nothing_is_said_where_no_note_tells(path: Path) -> None:
    noted(path)
    assert run_report_of(path).fetched is None
    assert origin(path, "inspect", "latest", "--json").json["fetched"] is None
    assert TEXT not in origin(path, "inspect", "latest").out
    assert CELL not in origin(path, "card", "latest").out


@pytest.mark.parametrize("batches", [True, 0, -3, "2", None, [1], 1.5])
def test_a_note_that_is_none_of_ours_tells_nothing(path: Path, batches: object) -> None:
    noted(path, {"batches": batches}, {})
    assert run_report_of(path).fetched is None


def test_the_notes_are_summed_over_a_session_and_over_a_run(path: Path) -> None:
    noted(path, {"batches": 1, "epoch": 0, "loader": "\x1b[31m|<b>"}, {"batches": 1200, "epoch": 1, "loader": "train"})
    assert origin(path, "inspect", "latest", "--json").json["fetched"] == 1201
    lines = origin(path, "inspect", "latest").out.splitlines()
    assert [TEXT, "1201"] in [line.strip().rsplit(maxsplit=1) for line in lines]
    assert f"{CELL} 1,201 batches that nobody received; in no other number here |" in origin(path, "card", "latest").out
    noted(path, {"batches": 1, "epoch": 0, "loader": "train"})
    assert origin(path, "inspect", "latest", "--json").json["fetched"] == 1
    assert f"{CELL} 1 batch that nobody received" in origin(path, "card", "latest").out
    assert run_report_of(path).fetched == 1202
    assert f"{CELL} 1,202 batches" in origin(path, "card", "--run", "run").out
