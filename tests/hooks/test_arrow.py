from __future__ import annotations

from typing import TYPE_CHECKING, Any

import datasets
import pytest
from datasets import Dataset, concatenate_datasets, interleave_datasets, load_from_disk
from hypothesis import given, settings
from hypothesis import strategies as st

from origin.core.record import NO_INDEX
from origin.hooks.arrow import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# datasets sorts in an old way.
pytestmark = pytest.mark.filterwarnings("ignore:Specifying null_placement in SortOptions:FutureWarning")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def part(name: str, count: int) -> Dataset:
    """Rows that tell where they come from."""
    return Dataset.from_dict(
        {"from": [name] * count, "row": range(count), "text": [f"{name} {n}" for n in range(count)]}
    )


def told(dataset: Dataset, parts: list[tuple[Any, Dataset]]) -> list[tuple[Any, int]]:
    rows = rows_of(dataset, parts)
    positions = range(len(dataset))
    assert list(zip(rows.source_at(positions), rows.index_at(positions), strict=True)) == rows.at(positions)
    return rows.at(positions)


def true(dataset: Dataset) -> list[tuple[Any, int]]:
    return [(row["from"], row["row"]) for row in dataset]


MADE = {
    "concatenated": lambda a, b: concatenate_datasets([a, b, a]),
    "concatenated after a shuffle": lambda a, b: concatenate_datasets([a.shuffle(seed=1), b]),
    "concatenated after a cut": lambda a, b: concatenate_datasets([a.select(range(2, 5)), b.select(range(3))]),
    "interleaved": lambda a, b: interleave_datasets([a, b], probabilities=[0.3, 0.7], seed=4),
    "filtered": lambda a, b: concatenate_datasets([a, b]).filter(lambda row: row["row"] % 2),
    "sorted": lambda a, b: concatenate_datasets([a, b]).sort("row"),
    "selected": lambda a, b: concatenate_datasets([b, a]).select([7, 0, 7, 3]),
    "cut": lambda a, b: concatenate_datasets([a, b]).skip(3).take(5),
    "sharded": lambda a, b: concatenate_datasets([a, b]).shard(3, 1),
    "split": lambda a, b: concatenate_datasets([a, b]).train_test_split(test_size=4, seed=2)["test"],
    "with a column more": lambda a, b: concatenate_datasets([a, b]).add_column("n", list(range(len(a) + len(b)))),
    "with a column renamed": lambda a, b: concatenate_datasets([a, b]).rename_column("text", "words"),
    "with a column less": lambda a, b: concatenate_datasets([a, b]).remove_columns("text"),
}


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("on_disk", [False, True])
def test_each_row_leads_back_to_its_part(kind: str, on_disk: bool, tmp_path: Path) -> None:
    parts = [part("a", 6), part("b", 8)]
    if on_disk:
        for number, one in enumerate(parts):
            one.save_to_disk(tmp_path / str(number), num_shards=2)
            parts[number] = load_from_disk(tmp_path / str(number))
    made = MADE[kind](*parts)
    assert told(made, list(zip("ab", parts, strict=True))) == true(made)


def test_rows_of_no_part_are_unknown() -> None:
    a, b = part("a", 3), part("b", 2)
    both = concatenate_datasets([a, b])
    assert told(both, [("b", b)]) == [(None, NO_INDEX)] * 3 + [("b", 0), ("b", 1)]
    for copied in (
        both.map(lambda row: {"n": 1}, load_from_cache_file=False).select_columns("n"),
        both.shuffle(seed=1).flatten_indices(),
    ):
        assert told(copied, [("a", a), ("b", b)]) == [(None, NO_INDEX)] * 5
    assert told(both, []) == [(None, NO_INDEX)] * 5


def test_the_halves_of_one_table_are_told_apart() -> None:
    split = part("a", 10).train_test_split(test_size=4, seed=3)
    both = concatenate_datasets([split["test"], split["train"]])
    found = told(both, [("test", split["test"]), ("train", split["train"])])
    assert found == [("test", row["row"]) for row in split["test"]] + [("train", row["row"]) for row in split["train"]]


def test_a_row_of_two_sources_is_of_neither() -> None:
    a, b = part("a", 4), part("b", 4).rename_columns({"from": "f", "row": "r", "text": "t"})
    beside = concatenate_datasets([a, b], axis=1)
    assert told(beside, [("a", a), ("b", b)]) == [(None, NO_INDEX)] * 4
    assert told(a, [("one", a), ("other", a.select(range(2)))]) == [(None, NO_INDEX)] * 2 + [("one", 2), ("one", 3)]
    assert told(a, [("one", a), ("one", a)]) == [("one", n) for n in range(4)]


def test_a_part_that_holds_rows_twice_has_no_single_number_for_them() -> None:
    a = part("a", 3)
    twice = concatenate_datasets([a, a])
    assert told(a, [("twice", twice)]) == [("twice", NO_INDEX)] * 3


def test_a_part_that_was_cut_keeps_the_numbers_of_the_table() -> None:
    a = part("a", 8)
    cut = a.select(range(3, 6))
    assert told(a, [("cut", cut)]) == [(None, NO_INDEX)] * 3 + [("cut", n) for n in (3, 4, 5)] + [(None, NO_INDEX)] * 2
    assert rows_of(a, [("a", a)]).at([]) == []
    assert rows_of(a, [("a", a)]).at([-1, 9]) == [(None, NO_INDEX)] * 2
    assert rows_of(a, [("a", a)]).at([9]) == [(None, NO_INDEX)]
    assert rows_of(a, [("a", a)]).at([2, -1, 0]) == [("a", 2), (None, NO_INDEX), ("a", 0)]


steps = st.sampled_from(["shuffle", "filter", "select", "take", "skip", "join", "double", "split", "sort"])


def stepped(dataset: Dataset, other: Dataset, step: str) -> Dataset:
    count = len(dataset)
    return {
        "shuffle": lambda: dataset.shuffle(seed=count),
        "filter": lambda: dataset.filter(lambda row: row["row"] % 3),
        "select": lambda: dataset.select(range(count - 1, -1, -2)),
        "take": lambda: dataset.take(max(count - 2, 1)),
        "skip": lambda: dataset.skip(min(2, count - 1)),
        "join": lambda: concatenate_datasets([other, dataset]),
        "double": lambda: interleave_datasets([dataset, other], stopping_strategy="all_exhausted"),
        "split": lambda: dataset.train_test_split(test_size=0.5, seed=count)["train"] if count > 2 else dataset,
        "sort": lambda: dataset.sort("row"),
    }[step]()


@settings(max_examples=30, deadline=None)
@given(st.lists(steps, min_size=1, max_size=5), st.integers(4, 9))
def test_whatever_is_done_no_row_is_told_wrong(done: list[str], count: int) -> None:
    a, b = part("a", count), part("b", 5)
    made = a
    for step in done:
        if len(made) > 0:
            made = stepped(made, b, step)
    for found, expected in zip(told(made, [("a", a), ("b", b)]), true(made), strict=True):
        assert found == expected
