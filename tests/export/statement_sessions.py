"""Sessions that attestations, lineage events and PROV documents are tested with, and what must be said of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from query.recordings import FailingHook

from origin import OriginWarning, ProvenanceDatabase
from origin.core.record import Claim
from origin.hooks.base import BaseHook, Sample
from origin.query.engine import find_session
from origin.query.report import Report, report
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

COMMITS = ("1" * 40, "2" * 40)
HUB = "https://huggingface.co/datasets/example/corpus"


def record_mixed(path: Path, status: str | None = "completed") -> str:
    """A session with two revisions of one source, one without a licence, a conflict, a gap, a sample without a
    fingerprint, and a source that delivered nothing. Returns its id."""
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("experiment", metadata={"seed": 1}, run_id="run", rank=0, world_size=2)
        for commit, size in zip(COMMITS, (3, 2), strict=True):
            db.register_source(
                "corpus",
                "CC-BY-SA-4.0",
                uri=HUB,
                category="publicly-available",
                revision=commit,
                owner="Example Org",
                acquired_at="2026-01-02",
                metadata={"rows": 7},
                claims=[Claim("cc-by-sa-4.0", "dataset card", "2026-01-02T03:04:05Z")],
            )
            list(BaseHook(db, session.session_id, "corpus").wrap([[b"%d" % number for number in range(size)]]))
        db.register_source("files", "GPL-2.0-only", uri="file:///data/a|b", revision="sha256:" + "a" * 64)
        with pytest.warns(OriginWarning, match="cannot look at this"):
            list(FailingHook(db, session.session_id, "files").wrap([[b"0", object()], "broken"]))
        list(BaseHook(db, session.session_id, "scraped").wrap([[Sample(b"page", None, 4, "key"), b"page"]]))
        list(BaseHook(db, session.session_id, "idle", "MIT").wrap([[]]))
        if status is not None:
            session.end(status)
    return session.session_id


def facts_of(path: Path, session: str = "latest") -> Report:
    with Reader(path) as reader:
        return report(reader, find_session(reader, session))


def escaped(text: str) -> str:
    """`text` as our documents hold it: what XML 1.0 or UTF-8 cannot hold is written as an escape."""
    return re.sub(
        r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
        lambda found: f"\\x{ord(found[0]):02x}" if ord(found[0]) < 256 else f"\\u{ord(found[0]):04x}",
        text,
    )
