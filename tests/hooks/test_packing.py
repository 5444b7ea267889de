from __future__ import annotations

from typing import TYPE_CHECKING, Any

import datasets
import numpy as np
import pytest
import torch
from conftest import Seen, gaps, seen
from datasets import Dataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader
from trl import pack_dataset

from origin import OriginWarning, ProvenanceDatabase, fingerprint
from origin.core.fingerprint import Kind
from origin.hooks.packing import DOCUMENT, PLACE, PackedHook, number_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXTS = ["to be, or not to be", "brevity", "the lady doth protest too much"]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def tokenized(texts: list[str]) -> list[list[int]]:
    return [[ord(letter) for letter in text] for text in texts]


def packed(documents: list[list[int]], length: int, strategy: str) -> Dataset:
    rows = Dataset.from_dict(
        {"input_ids": documents}, features=datasets.Features({"input_ids": datasets.List(datasets.Value("int64"))})
    )
    return pack_dataset(rows.map(number_tokens, with_indices=True), length, strategy)


def hook_for(db: ProvenanceDatabase, **options: Any) -> PackedHook:
    session = db.begin_session(config_hash="test")
    return PackedHook(db, session.session_id, "plays", "CC0-1.0", **options)


def recorded(path: Path, db: ProvenanceDatabase) -> list[Seen]:
    db.flush()
    return seen(path)


def spans(batches: list[Seen]) -> list[tuple[int, int, int, str]]:
    """Document, start, end and fingerprint of each sample."""
    found = []
    for batch in batches:
        for number, key, print_ in zip(batch.indices or [], batch.keys or [], batch.fingerprints, strict=True):
            start, end = map(int, str(key).split(":"))
            found.append((number, start, end, print_))
    return found


@pytest.mark.parametrize("strategy", ["bfd", "bfd_split", "wrapped"])
def test_each_sequence_tells_the_documents_it_is_made_of(db: ProvenanceDatabase, path: Path, strategy: str) -> None:
    documents = tokenized(TEXTS)
    sequences = packed(documents, 20, strategy)
    assert list(hook_for(db).wrap(sequences)) == list(sequences)
    found = spans(recorded(path, db))
    assert all(print_ == fingerprint(documents[number][start:end]) for number, start, end, print_ in found)
    whole = [print_ for number, start, end, print_ in found if (start, end) == (0, len(TEXTS[number]))]
    assert fingerprint(documents[1]) in whole or strategy == "wrapped"
    kept = {(number, place) for number, start, end, _ in found for place in range(start, end)}
    everything = {(number, place) for number, document in enumerate(documents) for place in range(len(document))}
    assert kept == {one for one in everything if strategy != "bfd" or one[1] < 20}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    documents=st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=9), min_size=1, max_size=8),
    length=st.integers(2, 7),
    strategy=st.sampled_from(["bfd", "bfd_split", "wrapped"]),
)
def test_no_token_is_told_to_come_from_elsewhere(
    documents: list[list[int]], length: int, strategy: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("packed") / "origin.db"
    sequences = packed(documents, length, strategy)
    with ProvenanceDatabase(path) as db:
        list(hook_for(db).wrap(sequences))
    found = spans(seen(path))
    for number, start, end, print_ in found:
        assert print_ == fingerprint(documents[number][start:end])
    delivered = sum(map(len, sequences["input_ids"]))
    assert sum(end - start for _, start, end, _ in found) == delivered


def test_a_document_is_found_by_its_own_fingerprint_however_it_was_cut(db: ProvenanceDatabase, path: Path) -> None:
    sequences = packed(tokenized(TEXTS), 20, "wrapped")
    list(hook_for(db, documents=TEXTS).wrap(sequences))
    batches = recorded(path, db)
    assert {kind for batch in batches for kind in batch.kinds} == {Kind.TEXT}
    steps = [batch.step for batch in batches if fingerprint(TEXTS[2]) in batch.fingerprints]
    assert steps == [step for step, row in enumerate(sequences) if 2 in row[DOCUMENT]]
    assert len(steps) == 2


def test_a_document_that_is_not_among_those_given_is_unfingerprintable(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db, documents=TEXTS[:2]).wrap(packed(tokenized(TEXTS), 99, "wrapped")))
    (batch,) = recorded(path, db)
    assert batch.kinds == [Kind.TEXT, Kind.TEXT, Kind.UNFINGERPRINTABLE]
    assert batch.indices == [0, 1, 2]


def padded(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    length = max(len(row["input_ids"]) for row in rows)
    return {
        name: torch.tensor([row[name] + [-1] * (length - len(row[name])) for row in rows])
        for name in ("input_ids", DOCUMENT, PLACE)
    }


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
def test_padded_batches_of_a_data_loader(db: ProvenanceDatabase, path: Path, workers: int) -> None:
    documents = tokenized(TEXTS)
    sequences = packed(documents, 32, "bfd").remove_columns("seq_lengths")
    loader = DataLoader(sequences, batch_size=2, collate_fn=padded, num_workers=workers)
    received = list(hook_for(db).wrap(loader))
    assert [batch["input_ids"].tolist() for batch in received] == [batch["input_ids"].tolist() for batch in loader]
    assert sorted(spans(recorded(path, db))) == [
        (number, 0, len(document), fingerprint(document)) for number, document in enumerate(documents)
    ]


@pytest.mark.parametrize("style", [None, "numpy", "torch"])
def test_batches_in_any_format_tell_the_same(db: ProvenanceDatabase, path: Path, style: str | None) -> None:
    sequences = packed(tokenized(TEXTS), 20, "wrapped").with_format(style)
    list(hook_for(db).wrap(sequences.iter(2)))
    list(hook_for(db).wrap([[row, row] for row in sequences]))
    again = spans(recorded(path, db))
    assert len(again) == 2 * len(spans_of_rows(db, path, sequences))


def spans_of_rows(db: ProvenanceDatabase, path: Path, sequences: Dataset) -> list[tuple[int, int, int, str]]:
    list(hook_for(db).wrap(sequences))
    return spans(recorded(path, db))


def test_a_document_that_comes_twice_in_a_row_is_two_samples(db: ProvenanceDatabase, path: Path) -> None:
    row = {"input_ids": np.array([5, 6, 5, 6, 6]), DOCUMENT: np.array([3] * 5), PLACE: np.array([0, 1, 0, 1, 7])}
    list(hook_for(db).wrap([row]))
    (batch,) = recorded(path, db)
    assert batch.indices == [3, 3, 3]
    assert batch.keys == ["0:2", "0:2", "7:8"]


def test_a_batch_without_the_columns_is_a_gap_that_says_so(db: ProvenanceDatabase, path: Path) -> None:
    batches = [{"input_ids": [[1]]}, {"input_ids": [[1]], DOCUMENT: [[0, 0]], PLACE: [[0, 1]]}]
    with pytest.warns(OriginWarning, match="see number_tokens"):
        assert list(hook_for(db).wrap(batches)) == batches
    assert recorded(path, db) == []
    assert gaps(path) == [("observer", 1, None)] * 2
