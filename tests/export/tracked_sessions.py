"""Sessions as the exports to trackers and to the Hub need them. Import as `from export.tracked_sessions import ...`."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from query.hostile import STRINGS
from query.recordings import FailingHook

from origin import OriginWarning, ProvenanceDatabase
from origin.core.record import Source
from origin.hooks.base import BaseHook, Sample
from origin.query.engine import find_session
from origin.query.report import Report, SourceUse, report
from origin.storage.reads import Reader

COMMIT = "e6281661ce1c48d982bc483cf8a173c1bbeb5d31"
LATER = "0" * 39 + "1"


def snippet(name: str) -> str:
    """The Python of a page of docs/exports, to be run beside `provenance.db`."""
    page = (Path(__file__).parents[2] / "docs" / "exports" / f"{name}.md").read_text()
    (found,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    return str(found)


def record_sources(path: Path, status: str | None = "completed") -> str:
    """Two sources on the Hub (one in two revisions), a local file, a page without a licence, an observation without a
    fingerprint and a gap. Returns the session's id.
    """
    with ProvenanceDatabase(path) as db:
        db.register_source("imdb", "Apache-2.0", "hf://datasets/stanfordnlp/imdb", revision=COMMIT)
        db.register_source("c4", "CC-BY-NC-4.0", "https://huggingface.co/datasets/allenai/c4/tree/main/en")
        db.register_source("local", "GPL-2.0-only", "file:///data/a|b.csv", owner="Jane")
        db.register_source("page", None, "https://example.org/pages.tar")
        session = db.begin_session("experiment", run_id="run")
        hook = FailingHook(db, session.session_id, "imdb")
        mixed = [b"a", b"b", Sample(b"c", "c4", 1), Sample(b"d", "local", 2), Sample(b"a", "page", 3), object()]
        with pytest.warns(OriginWarning, match="cannot look at this"):
            list(hook.wrap([mixed, "broken"]))
        db.register_source("imdb", "Apache-2.0", "hf://datasets/stanfordnlp/imdb", revision=LATER)
        list(BaseHook(db, session.session_id, "imdb").wrap([[b"a", b"e"]]))
        if status is not None:
            db.end_session(session.session_id, status)
    return session.session_id


def record_hostile(path: Path) -> str:
    """Every string that a caller can state, in every disturbing form."""
    with ProvenanceDatabase(path) as db:
        for text in STRINGS.values():
            db.register_source(text, text, text, text, text, text, text, {text: text})
        session = db.begin_session(STRINGS["yaml"], {"a": STRINGS["surrogate"]}, run_id=STRINGS["ansi"])
        list(BaseHook(db, session.session_id, "plain").wrap([[Sample(b"a", text) for text in STRINGS.values()]]))
        session.end()
    return session.session_id


def record_more(path: Path, session: str) -> None:
    """Go on with a session whose process died, and die again: what was recorded is committed when this returns."""
    with ProvenanceDatabase(path) as db:
        db.resume_session(session)
        list(BaseHook(db, session, "train", "MIT").wrap([[b"more"]]))


def with_idle_source(report: Report) -> Report:
    """With a declaration that gave no sample; no hook records such a one."""
    idle = SourceUse(99, Source("idle", "MIT", "hf://datasets/nobody/idle"), 0, 0)
    return replace(report, sources=(*report.sources, idle))


def facts(path: Path, session: str = "latest") -> Report:
    with Reader(path) as reader:
        return report(reader, find_session(reader, session))
