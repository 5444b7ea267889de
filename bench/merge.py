"""Merging the shards of four ranks: the rate of the merge itself, with what verification before and after adds."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from common import Result, seconds

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook
from origin.query.verify import verify
from origin.storage.merge import merge

if TYPE_CHECKING:
    from origin.storage.raw import RawReader

RANKS = 4
BATCH = 250
BATCHES = 4000


def record(path: Path, rank: int) -> Path:
    """The shard of one rank: a million observations of samples of its own."""
    chance = random.Random(rank)
    with ProvenanceDatabase(path, rank=rank, world_size=RANKS) as db:
        session = db.begin_session(config_hash="bench", run_id="bench")
        hook = BaseHook(db=db, session_id=session.session_id, source_id="bench", license_id="MIT")
        for _ in hook.wrap([chance.randbytes(16) for _ in range(BATCH)] for _ in range(BATCHES)):
            pass
        session.end()
        return db.path


def unchecked(_reader: RawReader) -> None:
    return None


def checked(reader: RawReader) -> str | None:
    return None if verify(reader).consistent else "tampered"


def run() -> list[Result]:
    directory = Path(tempfile.mkdtemp(prefix=".bench-", dir=Path.cwd()))
    try:
        shards = [record(directory / "bench.db", rank) for rank in range(RANKS)]
        out = directory / "merged.db"
        alone = seconds(lambda: merge(out, shards, unchecked))
        megabytes = out.stat().st_size / 1e6
        again = seconds(lambda: merge(out, shards, unchecked))
        out.unlink()
        whole = seconds(lambda: merge(out, shards, checked))
    finally:
        shutil.rmtree(directory)
    observations = RANKS * BATCH * BATCHES
    rate = observations / alone
    note = (
        f"{observations:,} observations in {alone:.1f} s, {megabytes:.0f} MB, synced; {whole:.1f} s with verification "
        f"before and after; {again:.2f} s again, with nothing to add"
    )
    what = f"merge of {RANKS} shards, verification apart"
    return [Result(what, f"{rate:,.0f}/s", ">= 1,000,000/s", rate >= 1_000_000, note)]
