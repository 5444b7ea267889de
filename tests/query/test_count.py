from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from query.recordings import record, tamper

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook, Sample
from origin.query import count
from origin.storage import seal
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path


def test_distinct_samples_are_exact_when_they_do_not_fit_in_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "_SMALLEST_RUN", 100)
    monkeypatch.setattr(seal, "_LARGEST_RUN", 100)
    numbers = [random.Random(1).randrange(700) for _ in range(2000)]
    samples = [b"%d" % number for number in numbers]
    record(path, [samples[:1000]], status=None)
    record(path, [samples[start : start + 50] for start in range(1000, 2000, 50)])
    with Reader(path) as reader:
        assert count.tally(reader, 1)[0] == (1000, len(set(samples[:1000])))
        assert count.samples_of_sessions(reader, [1, 2]) == len(set(samples))
        assert count.samples_of_sources(reader, 1, {1}) == len(set(samples[:1000]))


def test_a_count_that_was_tampered_with_does_not_make_a_reader_ask_for_memory(path: Path) -> None:
    record(path, [[b"a", b"b"]], status=None)
    tamper(path, "UPDATE batch SET count = 1152921504606846976")
    with Reader(path) as reader:
        assert count.tally(reader, 1)[0] == (2, 2)


def test_what_has_no_fingerprint_is_no_sample_but_counted(path: Path) -> None:
    record(path, [[object(), b"a", object()], [object()], [b"b"]])
    with Reader(path) as reader:
        assert count.tally(reader, 1)[0] == (5, 2)
        assert count.unfingerprintable(reader, 1) == 3


@pytest.mark.parametrize("mixed", [False, True])
def test_samples_of_some_sources_are_counted_alike_from_pages_and_from_batches(
    path: Path, monkeypatch: pytest.MonkeyPatch, *, mixed: bool
) -> None:
    chance = random.Random(3)
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        for source in ("one", "two", "three"):
            batches = [[b"%d" % chance.randrange(900) for _ in range(40)] for _ in range(30)]
            list(BaseHook(db, session.session_id, source).wrap(batches))
        if mixed:
            list(BaseHook(db, session.session_id, "one").wrap([[b"1", Sample(b"2", "two")]]))
    with Reader(path) as reader:
        numbers = [number for number, _ in reader.sources(1)]
        assert (count._by_pages(reader, 1, set(numbers[:1])) is None) is mixed
        for chosen in (set(numbers[:1]), set(numbers[:2]), set(numbers[1:]), set(numbers), {99}):
            found = count.samples_of_sources(reader, 1, chosen)
            with monkeypatch.context() as patch:
                patch.setattr(count, "_by_pages", lambda *_: None)
                assert count.samples_of_sources(reader, 1, chosen) == found
