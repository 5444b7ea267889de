"""Rows of Hugging Face data sets that are checked against an earlier run, however their groups were cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from datasets import Dataset, DatasetDict
from query.plain_diff import compared

from origin import OriginWarning, ProvenanceDatabase
from origin.errors import UsageError
from origin.hooks import group
from origin.hooks.expect import DivergenceError
from origin.hooks.huggingface import DatasetHook

if TYPE_CHECKING:
    from pathlib import Path


def run(path: Path, data: Any, expect: str | None = None, *, strict: bool = False) -> tuple[str, DatasetHook]:
    with ProvenanceDatabase(path) as db, db.begin_session("rows") as session:
        hook = DatasetHook(db, session.session_id, "rows", strict=strict)
        for _row in hook.wrap(data, name="train", expect=expect):
            pass
    return session.session_id, hook


def rows(number: int, changed: int | None = None) -> Any:
    return Dataset.from_dict({"text": [f"{'X' if one == changed else ''}{one}" for one in range(number)]})


def test_groups_that_are_cut_otherwise_hold_the_same_rows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(path, rows(10))[0]
    monkeypatch.setattr(group, "MAX_ROWS", 3)
    again, hook = run(path, rows(10), first)
    assert (hook.divergence, hook.unchecked) == (None, 0)
    found = compared(path, first, again)
    assert (found.verdict, found.reasons, found.same_samples) == ("different", ("count",), True)


def test_rows_that_differ_and_rows_that_do_not_come(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(path, rows(10))[0]
    monkeypatch.setattr(group, "MAX_ROWS", 4)
    with pytest.warns(OriginWarning, match=r"\(content\)"):
        _, hook = run(path, rows(10, changed=5), first)
    assert hook.divergence is not None
    assert (hook.divergence.step, hook.divergence.position) == (1, 1)
    with pytest.warns(OriginWarning, match="the epoch is over, and more was expected"):
        run(path, rows(8), first)
    with pytest.raises(DivergenceError, match="sample 1"):
        run(path, rows(10, changed=5), first, strict=True)


def test_batches_and_splits(path: Path) -> None:
    both = DatasetDict({"train": rows(6), "test": rows(4)})
    ids = []
    for expect in (None, True):
        with ProvenanceDatabase(path) as db, db.begin_session("splits") as session:
            hook = DatasetHook(db, session.session_id, "rows")
            wrapped = hook.wrap(both, name="data", expect=ids[0] if expect else None)
            for split in wrapped.values():
                list(split.iter(4))
            if expect:
                with pytest.raises(UsageError, match="wrapped already"):
                    hook.wrap(wrapped["train"], expect=ids[0])
        ids.append(session.session_id)
        assert (hook.divergence, hook.unchecked) == (None, 0)
