"""Runs of several ranks, made through the hooks. Import as `from query.recorded_runs import ...`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from query.recordings import FailingHook

from origin import OriginWarning, ProvenanceDatabase
from origin.core.record import Claim
from origin.hooks.base import BaseHook, Sample
from origin.query.report import Report, report
from origin.query.scope import find_run_scope
from origin.query.verify import verify
from origin.storage.merge import merge
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from origin.storage.raw import RawReader


RUN = "job-7"
COMMITS = ("1" * 40, "2" * 40)
HUB = "https://huggingface.co/datasets/example/corpus"


def record_run(
    path: Path,
    *,
    ranks: tuple[int, ...] = (0, 1, 2),
    unfinished: tuple[int, ...] = (),
    failed: tuple[int, ...] = (),
    run_id: str = RUN,
    **begin: Any,
) -> None:
    """Ranks of a run of three in one file, each with sources of its own order: see `_deliver`."""
    for rank in ranks:
        with ProvenanceDatabase(path, shard=False) as db:
            given = {"config_hash": "experiment", "run_id": run_id, "rank": rank, "world_size": 3, **begin}
            session = db.begin_session(**given)
            _deliver(db, session.session_id, rank)
            if rank not in unfinished:
                session.end("failed" if rank in failed else "completed")


def merge_run(path: Path, **options: Any) -> None:
    """The same from a shard of each rank, merged."""
    shards = []
    for rank in range(3):
        with ProvenanceDatabase(path.with_name("shard.db"), rank=rank, world_size=3) as db:
            shards.append(db.path)
            session = db.begin_session(config_hash="experiment", run_id=RUN, **options)
            _deliver(db, session.session_id, rank)
            session.end()
    merge(path, shards, _complaint)


def _complaint(reader: RawReader) -> str | None:
    return None if verify(reader).consistent else "tampered"


def _deliver(db: ProvenanceDatabase, session_id: str, rank: int) -> None:
    """All ranks get `corpus` (rank 2 another revision of it) and `extra`, which ranks above 0 get first, with `both` in
    common; rank 0 gets `files` too, with a sample that has no fingerprint, and a gap; rank 1 `scraped`, of which no
    licence is known.
    """
    claims = [Claim("cc-by-sa-4.0", "dataset card", "2026-01-02T03:04:05Z")]
    db.register_source("corpus", "CC-BY-SA-4.0", HUB, revision=COMMITS[rank == 2], owner="Example Org", claims=claims)
    db.register_source("extra", "MIT", "https://example.org/extra")
    names = ["corpus", "extra"]
    for name in names if rank == 0 else reversed(names):
        list(BaseHook(db, session_id, name).wrap([[f"{name}-{rank}".encode(), b"both"], [b"both"]]))
    if rank == 0:
        db.register_source("files", "GPL-2.0-only", "file:///data/a|b")
        with pytest.warns(OriginWarning, match="cannot look at this"):
            list(FailingHook(db, session_id, "files").wrap([[b"both", object()], "broken"]))
    if rank == 1:
        list(BaseHook(db, session_id, "scraped").wrap([[Sample(b"page", None, 4, "key"), b"page"]]))


def run_report_of(path: Path, run: str = "latest") -> Report:
    with Reader(path) as reader:
        return report(reader, find_run_scope(reader, run))
