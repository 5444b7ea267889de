"""A session that is resumed after crashes, wherever they came, has the root of one that was never interrupted."""

from __future__ import annotations

import itertools
import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from faults.full_record import IMAGES, TEXTS, digest, dump, findings, logs, put_each
from hypothesis import given, settings
from hypothesis import strategies as st

from origin import ProvenanceDatabase
from origin.core.fingerprint import NO_DIGEST, Kind
from origin.core.record import RAW, SAMPLE, USES, Delivered, Gap, Note, Seen, Used

if TYPE_CHECKING:
    from collections.abc import Sequence

    from origin.core.record import Run
    from origin.storage.writer import Queued

SMALL = st.integers(0, 3)
LOADERS = st.sampled_from(["train", "valid"])


@st.composite
def observed(draw: st.DrawFn, kinds: Sequence[Kind]) -> tuple[list[bytes], tuple[Run, ...], list[int]]:
    """Fingerprints, runs and indices of up to five samples."""
    drawn = draw(st.lists(st.tuples(st.sampled_from(kinds), st.sampled_from([IMAGES, TEXTS]), SMALL), max_size=5))
    digests = [NO_DIGEST if kind in {Kind.INDEX, Kind.UNFINGERPRINTABLE} else digest(str(n)) for kind, _, n in drawn]
    runs = tuple((kind, source, end) for end, (kind, source, _) in enumerate(drawn, 1))
    return digests, runs, [number for _, _, number in drawn]


@st.composite
def batches(draw: st.DrawFn) -> Delivered:
    digests, runs, indices = draw(observed([kind for kind in Kind if kind != Kind.ERASED]))
    items, item_runs, item_indices = draw(observed([Kind.BYTES, Kind.TEXT, Kind.VALUE]))
    seen = Seen(draw(st.sampled_from([SAMPLE, RAW])), items, item_runs, len(items), item_indices)
    keys = draw(st.none() | st.lists(st.none() | st.text(max_size=3), min_size=len(digests), max_size=len(digests)))
    return Delivered(
        draw(LOADERS), draw(SMALL), draw(SMALL), digests, runs, 7, indices, keys, draw(st.sampled_from([None, seen]))
    )


USED = st.builds(Used, LOADERS, st.just(0), SMALL, st.sampled_from(USES), SMALL, st.just("optimizer step"))
NOTES = st.builds(Note, st.just("acme:note"), st.just("{}"))
GAPS = st.builds(Gap, st.just("observer"), st.text(max_size=3), SMALL, st.none() | SMALL, st.none() | LOADERS)


def crash(path: Path, directory: Path) -> Path:
    """What a process that is killed now leaves: all that it has written, in another place."""
    directory.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{path}{ending}", directory)
    return directory / path.name


@given(
    entries=st.lists(batches() | USED | NOTES | GAPS, max_size=8),
    cuts=st.sets(st.integers(0, 7), max_size=4),
)
@settings(max_examples=12, deadline=None)
def test_a_session_resumed_after_crashes_has_the_root_of_an_uninterrupted_one(
    entries: list[Queued], cuts: set[int]
) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as monkeypatch, ExitStack() as opened:
        monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_000_000_000)
        path = Path(name) / "provenance.db"
        db = opened.enter_context(ProvenanceDatabase(path))
        session = db.begin_session("x")
        at = crash(path, Path(name) / "0")
        put_each(db, session.session_id, entries)
        session.end()

        bounds = [0, *sorted(cut for cut in cuts if cut < len(entries)), len(entries)]
        for number, (start, end) in enumerate(itertools.pairwise(bounds), 1):
            db = opened.enter_context(ProvenanceDatabase(at))
            db.resume_session(session.session_id)
            put_each(db, session.session_id, entries[start:end])
            at = crash(at, Path(name) / str(number))
        db = opened.enter_context(ProvenanceDatabase(at))
        db.resume_session(session.session_id).end()

        assert logs(at) == logs(path)
        assert findings(at) == findings(path) == []
        said, expected = dump(at), dump(path)
        for row in (*said["session"], *expected["session"]):
            del row["writer"]
        assert said == expected
