from __future__ import annotations

import copy
import io
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
from typing import TYPE_CHECKING, Any

import datasets
import numpy as np
import pandas as pd
import pytest
import torch
from conftest import gaps, seen
from datasets import Dataset, DatasetDict, IterableDataset, concatenate_datasets, interleave_datasets
from PIL import Image
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader

from origin import OriginWarning, ProvenanceDatabase, fingerprint
from origin.core.fingerprint import Kind, identify
from origin.hooks import group
from origin.hooks.arrow import ArrowRows
from origin.hooks.huggingface import DatasetHook, RecordedDataset, RecordedIterableDataset
from origin.hooks.pytorch import DataLoaderHook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Seen

# torch forks its workers from a threaded test process; datasets sorts in an old way.
pytestmark = [
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Specifying null_placement in SortOptions:FutureWarning"),
]

ROWS = [{"text": f"line {number}", "label": number % 2, "score": number / 4} for number in range(6)]
PRINTS = [fingerprint(row) for row in ROWS]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


@pytest.fixture
def lines() -> Dataset:
    return Dataset.from_list(ROWS)


def hook_for(db: ProvenanceDatabase, **options: Any) -> DatasetHook:
    session = db.begin_session(config_hash="test")
    return DatasetHook(db=db, session_id=session.session_id, source_id="lines", license_id="MIT", **options)


def flat(batches: list[Seen]) -> list[str]:
    return [print_ for batch in batches for print_ in batch.fingerprints]


def indices(batches: list[Seen]) -> list[int]:
    return [index for batch in batches for index in batch.indices or [-1] * len(batch.fingerprints)]


def recorded(path: Path, db: ProvenanceDatabase) -> list[Seen]:
    db.flush()
    return seen(path)


# What the loop receives


def test_rows_are_those_of_the_bare_data_set(db: ProvenanceDatabase, lines: Dataset) -> None:
    received = list(hook_for(db).wrap(lines))
    assert received == list(lines) == ROWS
    assert [type(row) for row in received] == [dict] * 6


def test_rows_received_one_by_one_are_one_batch_in_order(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    list(hook_for(db).wrap(lines))
    (batch,) = recorded(path, db)
    assert batch.fingerprints == PRINTS
    assert batch.indices == [0, 1, 2, 3, 4, 5]
    assert batch.sources == [("lines", "MIT")] * 6
    assert batch.kinds == [Kind.VALUE] * 6
    assert batch.keys is None


def test_a_group_holds_at_most_256_rows(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db).wrap(Dataset.from_dict({"n": range(600)})))
    batches = recorded(path, db)
    assert [(len(batch.fingerprints), batch.step) for batch in batches] == [(256, 0), (256, 1), (88, 2)]
    assert indices(batches) == list(range(600))


def test_a_row_that_comes_late_is_recorded_at_once(
    db: ProvenanceDatabase, path: Path, lines: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(group.time, "monotonic", lambda: clock[0])
    for _ in hook_for(db).wrap(lines):
        clock[0] += 0.6
    assert [len(batch.fingerprints) for batch in recorded(path, db)] == [3, 2, 1]


def test_two_epochs_are_told_apart(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    wrapped = hook_for(db).wrap(lines, name="train", epoch=5)
    assert [list(wrapped), list(wrapped)] == [ROWS, ROWS]
    assert [(batch.loader, batch.epoch, batch.step) for batch in recorded(path, db)] == [
        ("train", 5, 0),
        ("train", 6, 1),
    ]
    assert flat(seen(path)) == PRINTS * 2


@pytest.mark.parametrize("drop_last", [False, True])
def test_batches_are_those_of_the_bare_data_set(
    db: ProvenanceDatabase, path: Path, lines: Dataset, drop_last: bool
) -> None:
    received = list(hook_for(db).wrap(lines).iter(batch_size=4, drop_last_batch=drop_last))
    assert received == list(lines.iter(batch_size=4, drop_last_batch=drop_last))
    sizes = [4] if drop_last else [4, 2]
    assert [len(batch.fingerprints) for batch in recorded(path, db)] == sizes
    assert flat(seen(path)) == PRINTS[: sum(sizes)]
    assert indices(seen(path)) == list(range(sum(sizes)))


def test_rows_by_index_slice_and_list_are_recorded_as_one_epoch(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    wrapped = hook_for(db).wrap(lines)
    assert wrapped[2] == lines[2]
    assert wrapped[-1] == lines[-1]
    assert wrapped[1:3] == lines[1:3]
    assert wrapped[[5, -6]] == lines[[5, -6]]
    assert wrapped[np.array([4])] == lines[np.array([4])]
    assert wrapped[np.int64(3)] == lines[np.int64(3)]
    assert [batch.indices for batch in recorded(path, db)] == [[2, 5], [1, 2], [5, 0], [4], [3]]
    assert flat(seen(path)) == [PRINTS[index] for index in (2, 5, 1, 2, 5, 0, 4, 3)]
    assert {batch.epoch for batch in seen(path)} == {0}
    list(wrapped)
    assert recorded(path, db)[-1].epoch == 1


def test_an_index_error_is_the_data_sets_own(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    wrapped = hook_for(db).wrap(lines)
    with pytest.raises(IndexError) as bare:
        lines[6]
    with pytest.raises(IndexError) as own:
        wrapped[6]
    assert str(own.value) == str(bare.value)
    assert recorded(path, db) == []


def test_a_column_is_no_sample_and_is_not_recorded(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    wrapped = hook_for(db).wrap(lines)
    assert list(wrapped["text"]) == list(lines["text"])
    assert recorded(path, db) == []
    list(wrapped.select_columns("text"))
    assert flat(recorded(path, db)) == [fingerprint({"text": row["text"]}) for row in ROWS]


def test_everything_else_is_the_data_sets_own(db: ProvenanceDatabase, lines: Dataset) -> None:
    wrapped = hook_for(db).wrap(lines)
    assert isinstance(wrapped, RecordedDataset)
    assert wrapped.bare is lines
    assert (len(wrapped), wrapped.num_rows, wrapped.column_names) == (6, 6, ["text", "label", "score"])
    assert wrapped.features == lines.features
    assert repr(wrapped) == repr(lines)
    assert wrapped.to_dict() == lines.to_dict()
    assert wrapped.unique("label") == [0, 1]
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        wrapped.colour  # noqa: B018


def test_the_random_state_is_untouched(db: ProvenanceDatabase, lines: Dataset) -> None:
    def states() -> tuple[Any, ...]:
        return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002

    before = states()
    wrapped = hook_for(db).wrap(lines)
    list(wrapped)
    list(wrapped.iter(2))
    list(wrapped.to_iterable_dataset())
    assert states() == before


def test_shuffles_are_those_of_the_bare_data_set(db: ProvenanceDatabase, lines: Dataset) -> None:
    assert list(hook_for(db).wrap(lines).shuffle(seed=3)) == list(lines.shuffle(seed=3))


# Only what was delivered


def test_a_break_records_only_what_was_delivered(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    for number, _ in enumerate(hook_for(db).wrap(lines)):
        if number == 1:
            break
    assert flat(recorded(path, db)) == PRINTS[:2]


def test_a_break_between_batches_records_only_what_was_delivered(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    next(iter(hook_for(db).wrap(lines).iter(batch_size=2)))
    assert flat(recorded(path, db)) == PRINTS[:2]


def test_an_error_in_the_loop_loses_no_row(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    def train() -> None:
        for row in hook_for(db).wrap(lines):
            if row["score"] > 0.3:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train()
    assert flat(recorded(path, db)) == PRINTS[:3]


def test_an_error_of_the_data_set_is_its_own_and_loses_no_row(db: ProvenanceDatabase, path: Path) -> None:
    def broken() -> Iterator[dict[str, int]]:
        yield {"n": 0}
        yield {"n": 1}
        raise OSError("the disk went away")

    received = []
    with pytest.raises(OSError, match="the disk went away"):
        received.extend(iter(hook_for(db).wrap(IterableDataset.from_generator(broken))))
    assert flat(recorded(path, db)) == [fingerprint({"n": 0}), fingerprint({"n": 1})]


def test_map_and_filter_record_nothing_and_give_a_recorded_data_set(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    wrapped = hook_for(db).wrap(lines)
    longer = wrapped.map(lambda row: {"length": len(row["text"])}).filter(lambda row: row["label"] == 1)
    assert recorded(path, db) == []
    assert isinstance(longer, RecordedDataset)
    received = list(longer)
    assert flat(recorded(path, db)) == [fingerprint(row) for row in received]
    assert indices(seen(path)) == [1, 3, 5]


def test_data_sets_made_from_a_wrapped_one_share_its_name_and_epochs(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    wrapped = hook_for(db).wrap(lines, name="train")
    for epoch in range(2):
        list(wrapped.shuffle(seed=epoch).take(3))
    assert [(batch.loader, batch.epoch, batch.step) for batch in recorded(path, db)] == [
        ("train", 0, 0),
        ("train", 1, 1),
    ]


@pytest.mark.parametrize("end", ["flush", "end", "close", "another iteration"])
def test_rows_of_an_open_iterator_are_not_lost(db: ProvenanceDatabase, path: Path, lines: Dataset, end: str) -> None:
    session = db.begin_session(config_hash="test")
    wrapped = DatasetHook(db, session.session_id, "lines").wrap(lines)
    iterator = iter(wrapped)
    next(iterator)
    assert wrapped[3] == ROWS[3]
    if end == "flush":
        db.flush()
    elif end == "end":
        db.end_session(session.session_id)
    elif end == "close":
        db.close()
    else:
        list(wrapped)
        db.flush()
    assert flat(seen(path))[:2] == [PRINTS[0], PRINTS[3]]
    assert gaps(path) == []
    del iterator


def test_an_iterator_goes_on_after_a_flush(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    iterator = iter(hook_for(db).wrap(lines))
    for _ in range(3):
        next(iterator)
        db.flush()
        db.flush()
    assert list(iterator) == ROWS[3:]
    assert [len(batch.fingerprints) for batch in recorded(path, db)] == [1, 1, 1, 3]
    assert (flat(seen(path)), indices(seen(path))) == (PRINTS, [0, 1, 2, 3, 4, 5])


def test_two_iterators_at_once_record_every_row(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    wrapped = hook_for(db).wrap(lines)
    assert list(zip(wrapped, wrapped, strict=True)) == list(zip(ROWS, ROWS, strict=True))
    batches = recorded(path, db)
    assert sorted(flat(batches)) == sorted(PRINTS * 2)
    assert [flat([batch for batch in batches if batch.epoch == epoch]) for epoch in (0, 1)] == [PRINTS, PRINTS]


def test_flushing_from_another_thread_loses_and_doubles_nothing(db: ProvenanceDatabase, path: Path) -> None:
    done = threading.Event()

    def flush() -> None:
        while not done.is_set():
            db.flush()

    flusher = threading.Thread(target=flush)
    flusher.start()
    try:
        list(hook_for(db).wrap(Dataset.from_dict({"n": range(3000)})))
    finally:
        done.set()
        flusher.join()
    assert indices(recorded(path, db)) == list(range(3000))


def test_a_script_that_just_ends_loses_no_row(tmp_path: Path, path: Path) -> None:
    script = """
        import sys
        from datasets import Dataset
        from origin import ProvenanceDatabase
        from origin.hooks.huggingface import DatasetHook
        db = ProvenanceDatabase(sys.argv[1])
        session = db.begin_session("test")
        iterator = iter(DatasetHook(db, session.session_id, "lines").wrap(Dataset.from_dict({"n": range(9)})))
        next(iterator), next(iterator)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script), path], check=True, timeout=120)
    assert indices(seen(path)) == [0, 1]


def test_kill_9_takes_at_most_the_last_second_of_rows(path: Path) -> None:
    script = """
        import sys, time
        from datasets import Dataset
        from origin import ProvenanceDatabase
        from origin.hooks.huggingface import DatasetHook
        db = ProvenanceDatabase(sys.argv[1])
        session = db.begin_session("test")
        for row in DatasetHook(db, session.session_id, "lines").wrap(Dataset.from_dict({"n": range(9)})):
            print(row["n"], flush=True)
            time.sleep(0.8)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(4):
            process.stdout.readline()
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGKILL)
    assert indices(seen(path))[:3] == [0, 1, 2]


# Indices


def test_a_row_keeps_its_index_through_select_shuffle_sort_and_shard(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    wrapped = hook_for(db).wrap(lines)
    made = [
        wrapped.select([4, 1]),
        wrapped.select(range(2, 5)),
        wrapped.skip(2).skip(1).take(2),
        wrapped.shuffle(seed=1).skip(1),
        wrapped.sort("score", reverse=True),
        wrapped.shard(num_shards=2, index=1),
        wrapped.skip(1).filter(lambda row: row["label"] == 1),
        wrapped.rename_column("text", "line").skip(5),
        wrapped.with_format("numpy").skip(4),
    ]
    numbers = [[round(4 * float(row["score"])) for row in part] for part in made]
    assert [batch.indices for batch in recorded(path, db)] == numbers
    assert numbers[:3] == [[4, 1], [2, 3, 4], [3, 4]]


def test_what_was_selected_before_wrapping_has_its_index_too(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    hook = hook_for(db)
    for part in (lines.skip(2), lines.select([3, 0]), lines.shuffle(seed=1).skip(4), lines.skip(2).select([1, 0])):
        list(hook.wrap(part))
    shuffled = [round(4 * row["score"]) for row in lines.shuffle(seed=1)][4:]
    assert [batch.indices for batch in recorded(path, db)] == [[2, 3, 4, 5], [3, 0], shuffled, [3, 2]]


def test_concatenated_and_interleaved_rows_are_numbered_in_the_joint_table(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    hook = hook_for(db)
    other = Dataset.from_list(ROWS[:2])
    list(hook.wrap(concatenate_datasets([other, lines.select([3, 1])])))
    list(hook.wrap(interleave_datasets([other, Dataset.from_list(ROWS[2:4])])))
    assert [batch.indices for batch in recorded(path, db)] == [[0, 1, 5, 3], [0, 2, 1, 3]]


def test_a_cut_between_two_tables_is_found_through_the_wrapper(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    joint = hook_for(db).wrap(concatenate_datasets([lines, Dataset.from_list(ROWS)]))
    list(joint.skip(6).take(2))
    list(joint.skip(8).take(2))
    assert [batch.indices for batch in recorded(path, db)] == [[6, 7], [8, 9]]


def test_an_index_that_cannot_be_known_is_not_guessed(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    hook = hook_for(db)
    list(hook.wrap(concatenate_datasets([lines, Dataset.from_list(ROWS)]).skip(2)))
    list(hook.wrap(concatenate_datasets([lines, lines])).skip(7))
    assert [batch.indices for batch in recorded(path, db)] == [None, None]
    assert len(flat(seen(path))) == 10 + 5


def test_a_file_cut_before_wrapping_is_numbered_as_the_file(db: ProvenanceDatabase, path: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps({"n": number}) + "\n" for number in range(20)))
    mapped = Dataset.from_json(str(file), cache_dir=str(tmp_path / "cache"))
    list(hook_for(db).wrap(mapped.select(range(5, 15)).rename_column("n", "m").skip(3)))
    assert indices(recorded(path, db)) == list(range(8, 15))


def test_hidden_private_attributes_make_indices_unknown() -> None:
    class Changed:
        data = Dataset.from_list(ROWS).data

    assert ArrowRows(Changed())([0, 1]) is None
    assert ArrowRows(object())([0, 1]) is None


def test_a_transform_that_changes_the_number_of_rows_has_no_indices(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    doubled = lines.with_transform(lambda batch: {"twice": batch["text"] * 2})
    received = list(hook_for(db).wrap(doubled).iter(batch_size=3))
    assert received == list(doubled.iter(batch_size=3))
    assert [(len(batch.fingerprints), batch.indices) for batch in recorded(path, db)] == [(6, None), (6, None)]


# Formats and features


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, pd.DataFrame):
        return bool(one.equals(other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and bool((one == other).all())
    return bool(one == other)


def whole_numbers(lines: Dataset) -> Dataset:
    return lines.remove_columns("score").add_column("score", [4 * number for number in range(6)])


@pytest.mark.parametrize("style", ["torch", "numpy", "arrow", "pandas"])
def test_a_format_changes_neither_what_is_delivered_nor_the_order(
    db: ProvenanceDatabase, path: Path, lines: Dataset, style: str
) -> None:
    # The NumPy format gives a float64 with a row, a float32 with a batch: those are different samples.
    shaped = whole_numbers(lines).with_format(style).shuffle(seed=5)
    wrapped = hook_for(db).wrap(shaped)
    assert all(same(one, other) for one, other in zip(wrapped, shaped, strict=True))
    assert all(same(one, other) for one, other in zip(wrapped.iter(4), shaped.iter(4), strict=True))
    assert same(wrapped[2], shaped[2])
    assert same(wrapped[1:4], shaped[1:4])
    by_row, *by_batch, one, some = recorded(path, db)
    assert flat(by_batch) == by_row.fingerprints
    assert one.fingerprints == by_row.fingerprints[2:3]
    assert some.fingerprints == by_row.fingerprints[1:4]
    order = [round(4 * row["score"]) for row in lines.shuffle(seed=5)]
    assert [by_row.indices, indices(by_batch), one.indices, some.indices] == [order, order, [order[2]], order[1:4]]
    assert Kind.UNFINGERPRINTABLE not in by_row.kinds


@pytest.mark.parametrize("style", ["arrow", "pandas"])
def test_rows_of_tables_have_the_fingerprints_of_python_rows(
    db: ProvenanceDatabase, path: Path, lines: Dataset, style: str
) -> None:
    list(hook_for(db).wrap(lines.with_format(style)))
    assert flat(recorded(path, db)) == PRINTS


def test_torch_and_numpy_rows_of_numbers_have_one_fingerprint(db: ProvenanceDatabase, path: Path) -> None:
    numbers = Dataset.from_dict({"x": [[1.5, 2.5], [3.5, 4.5]], "n": [1, 2]})
    hook = hook_for(db)
    for style in ("torch", "numpy"):
        list(hook.wrap(numbers.with_format(style)))
    first, second = recorded(path, db)
    assert first.fingerprints == second.fingerprints
    expected = {"x": np.array([1.5, 2.5], dtype=np.float32), "n": np.array(1)}
    assert first.fingerprints[0] == fingerprint(expected)


def test_ragged_torch_batches_have_the_fingerprints_of_their_rows(db: ProvenanceDatabase, path: Path) -> None:
    tokens = Dataset.from_dict({"ids": [[1, 2], [3], [4, 5, 6]]}).with_format("torch")
    wrapped = hook_for(db).wrap(tokens)
    list(wrapped)
    list(wrapped.iter(3))
    by_row, by_batch = recorded(path, db)
    assert by_row.fingerprints == by_batch.fingerprints == [fingerprint(row) for row in tokens]


def test_nested_features_none_and_class_labels_are_python_rows(db: ProvenanceDatabase, path: Path) -> None:
    rows = [
        {"meta": {"tags": ["a", "b"], "size": None}, "spans": [[0, 1], []], "label": 1},
        {"meta": {"tags": [], "size": 3}, "spans": [], "label": 0},
    ]
    features = datasets.Features(
        {
            "meta": {"tags": datasets.List(datasets.Value("string")), "size": datasets.Value("int64")},
            "spans": datasets.List(datasets.List(datasets.Value("int32"))),
            "label": datasets.ClassLabel(names=["no", "yes"]),
        }
    )
    wrapped = hook_for(db).wrap(Dataset.from_list(rows, features=features))
    assert list(wrapped) == rows
    assert list(wrapped.iter(2)) == list(wrapped.bare.iter(2))
    by_row, by_batch = recorded(path, db)
    assert by_row.fingerprints == by_batch.fingerprints == [fingerprint(row) for row in rows]


def test_images_are_decoded_once_and_recorded_as_their_pixels(db: ProvenanceDatabase, path: Path) -> None:
    digits = load_digits()
    images = [Image.fromarray((16 * image).astype(np.uint8)) for image in digits.images[:4]]
    features = datasets.Features({"image": datasets.Image(), "label": datasets.Value("int64")})
    pictures = Dataset.from_dict({"image": images, "label": digits.target[:4].tolist()}, features=features)
    wrapped = hook_for(db).wrap(pictures)
    rows = list(wrapped)
    list(wrapped.iter(2))
    by_row, *by_batch = recorded(path, db)
    plain = [{"image": image, "label": int(label)} for image, label in zip(images, digits.target, strict=False)]
    assert by_row.fingerprints == flat(by_batch) == [fingerprint(row) for row in plain]
    assert [type(row["image"]) for row in rows] == [type(row["image"]) for row in pictures]
    assert [row["image"].tobytes() for row in rows] == [image.tobytes() for image in images]


def test_a_row_is_fingerprinted_before_the_loop_can_change_it(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    for row in hook_for(db).wrap(lines):
        row["text"] = "changed"
    assert flat(recorded(path, db)) == PRINTS


# Streams


@pytest.mark.parametrize("style", ["json", "csv", "parquet"])
def test_a_stream_from_a_file_gives_its_rows_and_their_numbers(
    db: ProvenanceDatabase, path: Path, tmp_path: Path, lines: Dataset, style: str
) -> None:
    file = str(tmp_path / f"rows.{style}")
    getattr(lines, f"to_{style}")(file)
    stream = datasets.load_dataset(
        style, data_files=file, split="train", streaming=True, cache_dir=str(tmp_path / "cache")
    )
    wrapped = hook_for(db).wrap(stream)
    assert isinstance(wrapped, RecordedIterableDataset)
    assert list(wrapped) == ROWS
    assert list(wrapped.iter(4)) == list(stream.iter(4))
    by_row, *by_batch = recorded(path, db)
    assert by_row.fingerprints == flat(by_batch) == PRINTS
    assert [batch.indices for batch in seen(path)] == [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3], [4, 5]]


@pytest.mark.parametrize("style", [None, "torch", "numpy", "arrow", "pandas"])
def test_a_formatted_stream_gives_the_rows_of_the_bare_one(
    db: ProvenanceDatabase, path: Path, lines: Dataset, style: str | None
) -> None:
    stream = whole_numbers(lines).to_iterable_dataset(num_shards=2).with_format(style)
    wrapped = hook_for(db).wrap(stream)
    assert all(same(one, other) for one, other in zip(wrapped, stream, strict=True))
    assert all(same(one, other) for one, other in zip(wrapped.iter(4), stream.iter(4), strict=True))
    by_row, *by_batch = recorded(path, db)
    assert by_row.fingerprints == flat(by_batch)
    if style in {None, "arrow", "pandas"}:
        assert by_row.fingerprints == [fingerprint(row) for row in whole_numbers(lines)]


def test_what_is_done_to_a_stream_is_recorded_as_delivered(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    stream = lines.to_iterable_dataset(num_shards=3)

    def made(start: Any) -> Any:
        return start.shuffle(seed=2, buffer_size=2).map(lambda row: {"up": row["text"].upper()}).skip(1).take(3)

    wrapped = made(hook_for(db).wrap(stream))
    assert isinstance(wrapped, RecordedIterableDataset)
    for epoch in range(2):
        wrapped.set_epoch(epoch)
        bare = made(stream)
        bare.set_epoch(epoch)
        assert list(wrapped) == list(bare)
    batches = recorded(path, db)
    assert [(batch.epoch, len(batch.fingerprints)) for batch in batches] == [(0, 3), (1, 3)]
    assert set(flat(batches)) <= {fingerprint({**row, "up": str(row["text"]).upper()}) for row in ROWS}


def test_the_state_of_a_stream_is_its_own_so_that_it_resumes(db: ProvenanceDatabase, lines: Dataset) -> None:
    wrapped = hook_for(db).wrap(lines.to_iterable_dataset(num_shards=2))
    iterator = iter(wrapped)
    received = [next(iterator) for _ in range(4)]
    state = wrapped.state_dict()
    resumed = lines.to_iterable_dataset(num_shards=2)
    resumed.load_state_dict(state)
    assert received + list(resumed) == ROWS


def test_a_stream_has_no_length_and_is_true(db: ProvenanceDatabase, lines: Dataset) -> None:
    wrapped = hook_for(db).wrap(lines.to_iterable_dataset())
    with pytest.raises(TypeError, match="has no len"):
        len(wrapped)
    assert bool(wrapped)
    assert list(wrapped["label"]) == [0, 1] * 3


def test_a_webdataset_has_its_keys_recorded(db: ProvenanceDatabase, path: Path, tmp_path: Path) -> None:
    archive = tmp_path / "shard.tar"
    with tarfile.open(archive, "w") as tar:
        for number in range(3):
            for suffix, data in (("txt", f"text {number}".encode()), ("json", b'{"n": 1}')):
                member = tarfile.TarInfo(f"sample{number}.{suffix}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    stream = datasets.load_dataset(
        "webdataset", data_files=str(archive), split="train", streaming=True, cache_dir=str(tmp_path / "cache")
    )
    wrapped = hook_for(db).wrap(stream)
    assert list(wrapped) == list(stream)
    list(wrapped.iter(2))
    assert [batch.keys for batch in recorded(path, db)] == [
        ["sample0", "sample1", "sample2"],
        ["sample0", "sample1"],
        ["sample2"],
    ]


# Several sources, dictionaries, wrapping twice


def test_the_same_row_under_two_sources_keeps_both_licences(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    session = db.begin_session(config_hash="test")
    for source, license_id in (("one", "MIT"), ("two", "CC-BY-4.0")):
        list(DatasetHook(db, session.session_id, source, license_id).wrap(lines.take(1)))
    assert [batch.sources for batch in recorded(path, db)] == [[("one", "MIT")], [("two", "CC-BY-4.0")]]
    assert flat(seen(path)) == PRINTS[:1] * 2


def test_a_dictionary_of_splits_holds_wrapped_data_sets_with_their_names(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    hook = hook_for(db)
    wrapped = hook.wrap(DatasetDict(train=lines, test=lines.take(1)), name="news")
    assert isinstance(wrapped, DatasetDict)
    list(wrapped["train"])
    list(wrapped["test"])
    split = hook.wrap(lines, name="lines").train_test_split(test_size=2, seed=1)
    held_out = list(split["test"])
    batches = recorded(path, db)
    assert [batch.loader for batch in batches] == ["news/train", "news/test", "lines/test"]
    assert batches[2].indices == [round(4 * row["score"]) for row in held_out]


def test_a_data_set_wrapped_twice_is_recorded_once(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    hook = hook_for(db)
    wrapped = hook.wrap(lines)
    assert hook.wrap(wrapped) is wrapped
    list(hook.wrap(wrapped))
    assert flat(recorded(path, db)) == PRINTS


def test_the_last_hook_records_what_two_hooks_wrapped(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    session = db.begin_session(config_hash="test")
    first = DatasetHook(db, session.session_id, "first").wrap(lines)
    list(DatasetHook(db, session.session_id, "second").wrap(first))
    assert [batch.sources[0][0] for batch in recorded(path, db)] == ["second"]


def test_what_is_no_data_set_is_recorded_as_by_the_base_hook(db: ProvenanceDatabase, path: Path) -> None:
    assert list(hook_for(db).wrap([[b"a"], [b"b"]])) == [[b"a"], [b"b"]]
    assert len(recorded(path, db)) == 2


def test_wrapped_data_sets_cannot_be_joined_and_say_so(db: ProvenanceDatabase, lines: Dataset) -> None:
    wrapped = hook_for(db).wrap(lines)
    with pytest.raises(ValueError, match="RecordedDataset"):
        concatenate_datasets([wrapped, wrapped])


def test_a_copy_in_another_process_gives_plain_rows_and_says_so(db: ProvenanceDatabase, lines: Dataset) -> None:
    packed = pickle.dumps(hook_for(db).wrap(lines))
    with pytest.warns(OriginWarning, match="does not record what the copy delivers"):
        plain = pickle.loads(packed)
    assert type(plain) is Dataset
    assert list(plain) == ROWS
    with pytest.warns(OriginWarning, match="does not record what the copy delivers"):
        assert type(copy.deepcopy(hook_for(db).wrap(lines))) is Dataset


# With torch's DataLoader


@pytest.mark.parametrize("workers", [0, 2])
def test_a_data_loader_gives_the_fingerprints_and_indices_of_the_rows(
    db: ProvenanceDatabase, path: Path, lines: Dataset, workers: int
) -> None:
    session = db.begin_session(config_hash="test")
    hook = DataLoaderHook(db=db, session_id=session.session_id, source_id="lines", license_id="MIT")
    bare = DataLoader(lines, batch_size=4, num_workers=workers)
    received = list(hook.wrap(DataLoader(lines, batch_size=4, num_workers=workers)))
    assert all(same(one, other) for one, other in zip(received, bare, strict=True))
    assert [batch.indices for batch in recorded(path, db)] == [[0, 1, 2, 3], [4, 5]]
    assert flat(seen(path)) == PRINTS


@pytest.mark.parametrize("workers", [0, 2])
def test_a_data_loader_over_a_stream_gives_the_fingerprints_of_the_rows(
    db: ProvenanceDatabase, path: Path, lines: Dataset, workers: int
) -> None:
    session = db.begin_session(config_hash="test")
    hook = DataLoaderHook(db=db, session_id=session.session_id, source_id="lines")
    stream = lines.to_iterable_dataset(num_shards=2)
    list(hook.wrap(DataLoader(stream, batch_size=3, num_workers=workers)))
    assert sorted(flat(recorded(path, db))) == sorted(PRINTS)


def test_a_data_loader_without_workers_over_a_wrapped_data_set_is_recorded(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    received = list(DataLoader(hook_for(db).wrap(lines), batch_size=4))
    assert all(same(one, other) for one, other in zip(received, DataLoader(lines, batch_size=4), strict=True))
    assert [batch.indices for batch in recorded(path, db)] == [[0, 1, 2, 3], [4, 5]]
    assert flat(seen(path)) == PRINTS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_records_nothing_and_leaves_what_waits_to_its_parent(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    wrapped = hook_for(db).wrap(lines)
    iterator = iter(wrapped)
    next(iterator)
    child = os.fork()
    if child == 0:
        # Warnings go to stderr as nothing here may raise into the test run.
        os._exit(0 if list(iterator) == ROWS[1:] and wrapped[0] == ROWS[0] else 1)
    assert os.waitpid(child, 0)[1] == 0
    next(iterator)
    assert flat(recorded(path, db)) == PRINTS[:2]


# When the observer fails


def test_a_row_without_canonical_bytes_is_counted(db: ProvenanceDatabase, path: Path, lines: Dataset) -> None:
    strange = lines.with_transform(lambda batch: {"thing": [object() for _ in batch["text"]]})
    wrapped = hook_for(db).wrap(strange)
    assert len(list(wrapped)) == 6
    list(wrapped.iter(6))
    by_row, by_batch = recorded(path, db)
    assert by_row.kinds == by_batch.kinds == [Kind.UNFINGERPRINTABLE] * 6
    assert by_row.indices == by_batch.indices == [0, 1, 2, 3, 4, 5]


def explode(*_: Any) -> Any:
    raise ArithmeticError("no digest today")


def test_an_observer_that_always_fails_leaves_the_rows_and_counts_gaps(
    db: ProvenanceDatabase, path: Path, lines: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("origin.hooks.observe.identify", explode)
    monkeypatch.setattr("origin.hooks.huggingface.observe", explode)
    wrapped = hook_for(db).wrap(lines)
    with pytest.warns(OriginWarning, match="no digest today") as warned:
        assert list(wrapped) == ROWS
        assert wrapped[2] == ROWS[2]
        assert list(wrapped.iter(4)) == list(lines.iter(4))
        db.flush()
    assert len(warned) == 1
    assert gaps(path) == [("observer", 1, 6), ("observer", 1, 1), ("observer", 1, None), ("observer", 1, None)]
    assert seen(path) == []


def test_a_row_that_fails_leaves_its_neighbours_recorded(
    db: ProvenanceDatabase, path: Path, lines: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = identify
    monkeypatch.setattr("origin.hooks.observe.identify", lambda row: explode() if row["score"] == 0.5 else real(row))
    with pytest.warns(OriginWarning, match="no digest today"):
        assert list(hook_for(db).wrap(lines)) == ROWS
    assert indices(recorded(path, db)) == [0, 1, 3, 4, 5]
    assert gaps(path) == [("observer", 1, 1)]


def test_a_strict_hook_raises_before_the_row_is_delivered(
    db: ProvenanceDatabase, path: Path, lines: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("origin.hooks.observe.identify", explode)
    monkeypatch.setattr("origin.hooks.huggingface.observe", explode)
    wrapped = hook_for(db, strict=True).wrap(lines)
    with pytest.raises(ArithmeticError):
        next(iter(wrapped))
    with pytest.raises(ArithmeticError):
        wrapped[:2]
    assert recorded(path, db) == []


def test_a_database_that_was_closed_leaves_the_rows_and_warns_once(path: Path, lines: Dataset) -> None:
    db = ProvenanceDatabase(path)
    wrapped = hook_for(db).wrap(lines)
    iterator = iter(wrapped)
    next(iterator)
    db.close()
    with pytest.warns(OriginWarning, match="closed") as warned:
        assert list(iterator) == ROWS[1:]
        assert list(wrapped) == ROWS
    assert len(warned) == 1
    assert flat(seen(path)) == PRINTS[:1]


def test_rows_after_the_end_of_the_session_are_delivered_but_told(
    db: ProvenanceDatabase, path: Path, lines: Dataset
) -> None:
    session = db.begin_session(config_hash="test")
    iterator = iter(DatasetHook(db, session.session_id, "lines").wrap(lines))
    next(iterator)
    db.end_session(session.session_id)
    with pytest.warns(OriginWarning, match="has ended"):
        assert list(iterator) == ROWS[1:]
    assert flat(seen(path)) == PRINTS[:1]


def test_memory_does_not_grow_with_the_number_of_rows(db: ProvenanceDatabase) -> None:
    psutil = pytest.importorskip("psutil")
    wrapped = hook_for(db).wrap(Dataset.from_dict({"n": range(10_000)}))
    list(zip(range(10_000), wrapped, strict=True))
    process = psutil.Process()
    before = process.memory_info().rss
    for _ in range(6):
        for _ in wrapped:
            pass
    db.flush()
    assert process.memory_info().rss - before < 16 << 20
