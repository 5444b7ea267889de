from __future__ import annotations

import random
from typing import TYPE_CHECKING

from query.recordings import record, tamper

from origin.query import count
from origin.storage import seal
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


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
