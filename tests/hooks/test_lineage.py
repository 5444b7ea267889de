"""Rows keep their own source and number, however data sets are put together."""

from __future__ import annotations

import collections
import gc
import json
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from conftest import gaps, seen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import origin
from origin import OriginWarning, ProvenanceDatabase
from origin.core.record import Claim
from origin.errors import UsageError
from origin.hooks.base import Sample
from origin.hooks.tags import tag_of, untag
from origin.storage.reads import Reader

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
lineage_module = pytest.importorskip("origin.hooks.lineage")
hook_module = pytest.importorskip("origin.hooks.pytorch")
from torch.utils.data import (  # noqa: E402 - once it is known to be there
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from origin.core.record import Source

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")


class Leaf(Dataset[Any]):
    """Each row tells which leaf it is of, and its number there."""

    def __init__(self, number: int, size: int) -> None:
        self.number = number
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < self.size:
            raise IndexError(index)
        return self.number, index


class Stream(IterableDataset[Any]):
    def __init__(self, values: list[int]) -> None:
        self.values = values

    def __iter__(self) -> Iterator[int]:
        return iter(self.values)


def plain(samples: list[Any]) -> list[Any]:
    return samples


def deliver(db: ProvenanceDatabase, dataset: Any, **options: Any) -> list[Any]:
    """The samples that a loop received, recorded under the source `own`."""
    session = db.begin_session("test")
    hook = hook_module.DataLoaderHook(db, session.session_id, "own", "MIT")
    loader = DataLoader(dataset, **{"batch_size": 3, "collate_fn": plain, **options})
    received = [sample for batch in hook.wrap(loader) for sample in batch]
    db.flush()
    return received


def recorded(path: Path) -> list[tuple[str, int | None]]:
    """Source and index of each observation of the latest session."""
    found: list[tuple[str, int | None]] = []
    for batch in seen(path):
        indices: list[int | None] = [None] * len(batch.kinds) if batch.indices is None else list(batch.indices)
        indices = [None if index == -1 else index for index in indices]
        found += [(source, index) for (source, _), index in zip(batch.sources, indices, strict=True)]
    return found


def sources(path: Path) -> dict[str, Source]:
    with Reader(path) as reader:
        return {source.source_id: source for _, source in reader.sources(reader.sessions()[-1].row)}


def test_a_tag_changes_nothing_that_can_be_seen() -> None:
    dataset = TensorDataset(torch.arange(4))
    before = dict(vars(dataset))
    assert origin.tag(dataset, "numbers") is dataset
    assert vars(dataset) == before
    assert type(dataset) is TensorDataset


def test_a_tag_goes_when_the_data_set_goes() -> None:
    dataset = Leaf(0, 1)
    name = id(dataset)
    gone = weakref.ref(dataset)
    origin.tag(dataset, "short")
    del dataset
    gc.collect()
    assert gone() is None
    assert name not in origin.hooks.tags._tags  # type: ignore[attr-defined]


def test_an_object_that_cannot_be_referred_to_weakly_keeps_its_tag_until_it_is_taken_off(
    db: ProvenanceDatabase, path: Path
) -> None:
    rows = ["a", "b"]
    origin.tag(rows, "letters")
    deliver(db, rows)
    assert recorded(path) == [("letters", 0), ("letters", 1)]
    untag(rows)
    assert tag_of(rows) is None


@pytest.mark.parametrize("dataset", [None, {"train": Leaf(0, 1)}, collections.OrderedDict()])
def test_what_is_not_one_data_set_is_refused(dataset: Any) -> None:
    with pytest.raises(UsageError, match="tag each data set by itself"):
        origin.tag(dataset, "all")


@pytest.mark.parametrize(
    "values", [{"source_id": ""}, {"source_id": "a", "license_id": ""}, {"source_id": "a", "uri": 3}]
)
def test_what_cannot_be_recorded_is_refused_at_once(values: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        origin.tag(Leaf(0, 1), **values)


def test_all_that_is_told_of_a_data_set_is_recorded(db: ProvenanceDatabase, path: Path) -> None:
    leaf = origin.tag(
        Leaf(0, 2),
        "wiki",
        "CC-BY-SA-4.0",
        uri="https://example.org/wiki",
        category="text",
        revision="v3",
        owner="its authors",
        acquired_at="2026-01-15",
        metadata={"language": "en"},
        claims=[Claim("cc-by-sa", "README.md")],
        signals=[{"kind": "content-usage", "value": "train-ai=n"}],
    )
    deliver(db, leaf)
    source = sources(path)["wiki"]
    assert (source.license_id, source.uri, source.category, source.revision, source.owner, source.acquired_at) == (
        *("CC-BY-SA-4.0", "https://example.org/wiki", "text", "v3", "its authors", "2026-01-15"),
    )
    assert [(claim.text, claim.where) for claim in source.claims] == [
        ("CC-BY-SA-4.0", "declared by the caller"),
        ("cc-by-sa", "README.md"),
    ]
    assert set(json.loads(source.metadata)) == {"language", "opt_out_signals"}


def test_a_tag_by_name_alone_takes_what_was_registered(db: ProvenanceDatabase, path: Path) -> None:
    db.register_source("wiki", "CC0-1.0", uri="https://example.org/wiki")
    deliver(db, origin.tag(Leaf(0, 1), "wiki"))
    assert (sources(path)["wiki"].license_id, sources(path)["wiki"].uri) == ("CC0-1.0", "https://example.org/wiki")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_workers": 2},
        {"num_workers": 2, "persistent_workers": True},
        {"num_workers": 2, "multiprocessing_context": "spawn"},
    ],
    ids=["0", "fork", "persistent", "spawn"],
)
def test_a_shuffled_mix_keeps_source_and_row_of_each_sample(
    db: ProvenanceDatabase, path: Path, options: dict[str, Any]
) -> None:
    a, b = origin.tag(Leaf(0, 7), "a", "MIT"), origin.tag(Leaf(1, 5), "b")
    train, _ = random_split(ConcatDataset([a, Subset(b, [4, 0, 2])]), [8, 2], torch.Generator().manual_seed(1))
    received = deliver(db, train, shuffle=True, generator=torch.Generator().manual_seed(2), **options)
    assert recorded(path) == [("ab"[number], row) for number, row in received]
    assert {source for batch in seen(path) for source in batch.sources} == {("a", "MIT"), ("b", None)}


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> Any:
    """Any nesting of Subset and ConcatDataset over leaves, some of which are tagged."""
    if depth == 0 or draw(st.booleans()):
        leaf = Leaf(draw(st.integers(0, 5)), draw(st.integers(1, 4)))
        return origin.tag(leaf, f"leaf-{leaf.number}") if draw(st.booleans()) else leaf
    if draw(st.booleans()):
        return ConcatDataset(draw(st.lists(trees(depth=depth - 1), min_size=1, max_size=3)))
    inner = draw(trees(depth=depth - 1))
    chosen = draw(st.lists(st.integers(0, len(inner) - 1), min_size=1, max_size=5))
    return Subset(inner, draw(st.sampled_from([list, torch.tensor, np.array]))(chosen))


def reading() -> Any:
    return lineage_module.Reading(lambda tag, _dataset: tag.source, lambda _dataset: None)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees(), st.data())
def test_in_any_nesting_the_sample_itself_agrees_with_its_place(tree: Any, data: st.DataObject) -> None:
    lineage = reading().lineage(tree)
    asked = data.draw(st.lists(st.integers(0, len(tree) - 1), min_size=1, max_size=20))
    for index, place in zip(asked, lineage.places(asked), strict=True):
        number, row = sample = tree[index]
        if place.origin.source is None:
            assert lineage.origin.dataset[place.row] == sample
        else:
            assert (place.origin.source.source_id, place.row) == (f"leaf-{number}", row)


def known(origin_of: Any, count: int) -> bytes:
    """One byte for each row, another one for most."""
    name = origin_of.source.source_id if origin_of.source else "own"
    return bytes((len(name) * 7 + row * 3 + int(name[-1:].isdigit() and name[-1])) % 200 for row in range(count))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees())
def test_the_states_of_all_rows_are_those_of_their_places(tree: Any) -> None:
    lineage = reading().lineage(tree)
    places = lineage.places(range(len(tree)))
    assert list(lineage.states(known)) == [known(place.origin, place.row + 1)[place.row] for place in places]


def test_rows_without_a_tag_are_the_hooks_with_their_number_in_what_the_loader_was_given(
    db: ProvenanceDatabase, path: Path
) -> None:
    deliver(db, ConcatDataset([Leaf(0, 2), origin.tag(Leaf(1, 2), "b"), Leaf(2, 2)]))
    assert recorded(path) == [("own", 0), ("own", 1), ("b", 0), ("b", 1), ("own", 4), ("own", 5)]


def test_a_split_of_a_data_set_without_tags_tells_the_rows_behind_it(db: ProvenanceDatabase, path: Path) -> None:
    _, second = random_split(Leaf(0, 6), [3, 3], torch.Generator().manual_seed(1))
    received = deliver(db, Subset(second, [2, 0]))
    assert recorded(path) == [("own", row) for _, row in received]


def test_the_innermost_tag_holds_and_an_outer_one_for_the_rest(db: ProvenanceDatabase, path: Path) -> None:
    both = origin.tag(ConcatDataset([origin.tag(Leaf(0, 1), "inner"), Leaf(1, 2)]), "outer")
    deliver(db, ConcatDataset([Leaf(2, 1), both]))
    assert recorded(path) == [("own", 0), ("inner", 0), ("outer", 1), ("outer", 2)]


def test_negative_numbers_in_a_subset_count_from_the_end_where_that_is_known(
    db: ProvenanceDatabase, path: Path
) -> None:
    both = ConcatDataset([origin.tag(Leaf(0, 2), "a"), origin.tag(Leaf(1, 2), "b")])
    deliver(db, Subset(both, [-1, -4]))
    assert recorded(path) == [("b", 1), ("a", 0)]


def test_a_class_that_reads_in_its_own_way_is_a_data_set_of_its_own(db: ProvenanceDatabase, path: Path) -> None:
    class Reversed(Subset[Any]):
        def __getitem__(self, index: Any) -> Any:
            return self.dataset[len(self) - 1 - index]

        def __getitems__(self, indices: list[int]) -> list[Any]:
            return [self[index] for index in indices]

    class Named(Subset[Any]):
        """Reads as Subset does."""

    leaf = origin.tag(Leaf(0, 2), "a")
    deliver(db, ConcatDataset([Reversed(leaf, [0, 1]), Named(leaf, [1])]))
    assert recorded(path) == [("own", 0), ("own", 1), ("a", 1)]


def test_rows_stacked_from_one_source_are_that_sources(db: ProvenanceDatabase, path: Path) -> None:
    images, labels = origin.tag(Leaf(0, 3), "digits"), origin.tag(Leaf(1, 3), "digits")
    deliver(db, StackDataset(images, labels))
    deliver(db, ConcatDataset([StackDataset(image=images, label=Subset(labels, [0, 2, 1]))]))
    with Reader(path) as reader:
        assert len(reader.sessions()) == 2
    assert recorded(path) == [("digits", 0), ("digits", None), ("digits", None)]


def test_rows_stacked_from_several_sources_are_the_hooks_and_that_is_told(db: ProvenanceDatabase, path: Path) -> None:
    stack = StackDataset(origin.tag(Leaf(0, 2), "images"), origin.tag(Leaf(1, 2), "captions"))
    with pytest.warns(OriginWarning, match="rows of several sources at once"):
        deliver(db, stack)
    assert recorded(path) == [("own", 0), ("own", 1)]
    assert gaps(path) == [("observer", 0, 0)]


@pytest.mark.parametrize("workers", [0, 2])
def test_streams_have_their_tag_and_no_index(db: ProvenanceDatabase, path: Path, workers: int) -> None:
    one, other = origin.tag(Stream([1, 2]), "numbers"), origin.tag(Stream([3]), "numbers")
    received = deliver(db, ChainDataset([one, other]), num_workers=workers)
    assert recorded(path) == [("numbers", None)] * len(received)
    deliver(db, one, num_workers=workers)
    assert set(recorded(path)) == {("numbers", None)}


def test_a_chain_of_several_sources_does_not_tell_which_one_a_row_is_from(db: ProvenanceDatabase, path: Path) -> None:
    with pytest.warns(OriginWarning, match="cannot be led back"):
        deliver(db, ChainDataset([origin.tag(Stream([1]), "a"), origin.tag(Stream([2]), "b")]))
    assert recorded(path) == [("own", None), ("own", None)]


def test_what_a_sample_says_of_itself_stands_over_the_tag(db: ProvenanceDatabase, path: Path) -> None:
    rows = origin.tag([Sample("a", "other", 7), Sample("b"), Sample("c", index=9), "d"], "tagged")
    deliver(db, Subset(rows, [3, 2, 1, 0]), collate_fn=lambda samples: ["x" for _ in samples])
    assert recorded(path) == [("tagged", 3), ("tagged", 9), ("tagged", 1), ("other", 7)]
    untag(rows)


def test_rows_whose_number_is_not_known_are_told_of_when_there_are_several_sources(
    db: ProvenanceDatabase, path: Path
) -> None:
    class Keys(Dataset[Any]):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, key: Any) -> Any:
            return key

    one = origin.tag(Keys(), "keys")
    deliver(db, one, sampler=["x", "y"])
    assert recorded(path) == [("keys", None), ("keys", None)]


def test_a_data_set_that_cannot_be_read_costs_its_lineage_and_no_batch(db: ProvenanceDatabase, path: Path) -> None:
    class Broken(Subset[Any]):
        @property
        def indices(self) -> Any:  # type: ignore[override]
            raise OSError("gone")

        @indices.setter
        def indices(self, _value: Any) -> None:
            pass

        def __len__(self) -> int:
            return 1

        def __getitems__(self, indices: list[int]) -> list[Any]:
            return [self.dataset[index] for index in indices]

    broken = Broken(Leaf(0, 1), [0])
    type(broken).__getitems__ = Subset.__getitems__  # type: ignore[method-assign]
    with pytest.raises(OSError, match="gone"):
        list(DataLoader(broken))
    with pytest.warns(OriginWarning, match="OSError: gone"), pytest.raises(OSError, match="gone"):
        deliver(db, broken)


def library() -> Any:
    """datasets, which a spawned worker need not load."""
    return pytest.importorskip("datasets")


def hub(values: list[int], **info: Any) -> Any:
    return library().Dataset.from_dict({"x": values}, info=library().DatasetInfo(**info))


@pytest.fixture
def tables() -> Iterator[tuple[Any, Any]]:
    a = origin.tag(hub([0, 1, 2, 3, 4], license="mit"), "a", "CC0-1.0")
    b = origin.tag(hub([100, 101, 102, 103]), "b")
    yield a, b
    untag(a)
    untag(b)


DERIVED: dict[str, Any] = {
    "concatenated": lambda a, b: library().concatenate_datasets([a, b]),
    "interleaved": lambda a, b: library().interleave_datasets([a, b]),
    "interleaved by chance": lambda a, b: library().interleave_datasets([a, b], probabilities=[0.6, 0.4], seed=3),
    "shuffled first": lambda a, b: library().concatenate_datasets([a.shuffle(seed=1), b.select([3, 1])]),
    "shuffled then": lambda a, b: library().concatenate_datasets([a, b]).shuffle(seed=2),
    "cut": lambda a, b: library().concatenate_datasets([a, b]).select(range(3, 8)),
    "split": lambda a, b: library().concatenate_datasets([a, b]).train_test_split(0.5, seed=1)["test"],
    "selected": lambda a, _b: a.select([4, 2]),
    "formatted": lambda a, _b: a.with_format("numpy"),
    "with a column": lambda a, _b: a.add_column("y", list(range(5))),
}


@pytest.mark.parametrize("how", DERIVED)
def test_hugging_face_rows_keep_source_and_row(
    db: ProvenanceDatabase, path: Path, tables: tuple[Any, Any], how: str
) -> None:
    received = deliver(db, DERIVED[how](*tables))
    values = [int(row["x"]) for row in received]
    assert recorded(path) == [("a", value) if value < 100 else ("b", value - 100) for value in values]
    assert {(claim.text, claim.where) for claim in sources(path)["a"].claims} == {
        ("CC0-1.0", "declared by the caller"),
        ("mit", "DatasetInfo.license"),
    }


def test_hugging_face_filter_keeps_source_and_row(
    db: ProvenanceDatabase, path: Path, tables: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library().config, "HF_DATASETS_DISABLE_PROGRESS_BARS", True)
    kept = library().concatenate_datasets(list(tables)).filter(lambda row: row["x"] % 2 == 1)
    deliver(db, Subset(ConcatDataset([kept, Leaf(9, 1)]), [4, 0, 1, 2, 3]))
    assert recorded(path) == [("own", 4), ("a", 1), ("a", 3), ("b", 1), ("b", 3)]


def test_a_hugging_face_tag_outlives_the_object_in_what_was_made_of_it(db: ProvenanceDatabase, path: Path) -> None:
    mix = library().concatenate_datasets([origin.tag(hub([5]), "gone-a"), hub([6])])
    gc.collect()
    deliver(db, mix)
    assert recorded(path) == [("gone-a", 0), ("own", 1)]


def test_data_sets_of_the_hub_without_tags_bring_what_they_say_of_themselves(
    db: ProvenanceDatabase, path: Path
) -> None:
    one = hub([1], license="mit", dataset_name="one")
    other = hub([2], license="apache-2.0", download_checksums={"https://example.org/x": {"checksum": "ab" * 32}})
    deliver(db, ConcatDataset([one, Leaf(0, 1), other]))
    assert recorded(path) == [("own", 0), ("own", 1), ("own", 2)]
    with Reader(path) as reader:
        declared = [source for _, source in reader.sources(reader.sessions()[-1].row)]
    assert [[claim.text for claim in source.claims] for source in declared] == [
        ["MIT", "mit"],
        ["MIT"],
        ["MIT", "apache-2.0"],
    ]
    read = [json.loads(source.metadata).get("read_from_dataset") for source in declared]
    assert read == [{"name": "one"}, None, {"files": {"https://example.org/x": "ab" * 32}}]


READS: dict[str, Any] = {
    "one by one": list,
    "in batches": lambda data: [row for batch in data.iter(2) for row in one_by_one(batch)],
    "by index": lambda data: [data[position] for position in range(len(data))],
    "by list": lambda data: one_by_one(data[list(range(len(data)))]),
    "as a table": lambda data: data.with_format("arrow")[:].to_pylist(),
}


def one_by_one(batch: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [{"x": value} for value in batch["x"]]


def hub_hook(db: ProvenanceDatabase, **options: Any) -> Any:
    library()
    from origin.hooks.huggingface import DatasetHook

    return DatasetHook(db, db.begin_session("test").session_id, "own", "MIT", **options)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("how", DERIVED)
def test_the_data_set_hook_keeps_source_and_row_of_what_is_tagged(
    db: ProvenanceDatabase, path: Path, tables: tuple[Any, Any], how: str, read: str
) -> None:
    received = READS[read](hub_hook(db).wrap(DERIVED[how](*tables)))
    db.flush()
    values = [int(row["x"]) for row in received]
    assert recorded(path) == [("a", value) if value < 100 else ("b", value - 100) for value in values]
    assert {(claim.text, claim.where) for claim in sources(path)["a"].claims} == {
        ("CC0-1.0", "declared by the caller"),
        ("mit", "DatasetInfo.license"),
    }


def test_the_data_set_hook_keeps_untagged_rows_and_their_numbers(
    db: ProvenanceDatabase, path: Path, tables: tuple[Any, Any]
) -> None:
    mix = library().concatenate_datasets([hub([7, 8]), tables[0]])
    wrapped = hub_hook(db, license_column="x").wrap(mix)
    assert [row["x"] for row in wrapped] == [7, 8, 0, 1, 2, 3, 4]
    assert [row["x"] for row in wrapped.select([6, 1])] == [4, 8]
    db.flush()
    rows = [("own", 0), ("own", 1), *[("a", row) for row in range(5)]]
    assert recorded(path) == [*rows, rows[6], rows[1]]


def test_what_is_made_of_a_wrapped_table_keeps_the_tag_and_what_map_writes_does_not(
    db: ProvenanceDatabase, path: Path, tables: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library().config, "HF_DATASETS_DISABLE_PROGRESS_BARS", True)
    wrapped = hub_hook(db).wrap(tables[0])
    list(wrapped.skip(3))
    list(wrapped.map(lambda row: {"x": row["x"] * 10}).take(1))
    db.flush()
    assert recorded(path) == [("a", 3), ("a", 4), ("own", 0)]


@pytest.mark.parametrize("tag_wrapped", [False, True])
def test_a_stream_is_recorded_under_its_tag(db: ProvenanceDatabase, path: Path, tag_wrapped: bool) -> None:
    stream = hub([1, 2, 3]).to_iterable_dataset()
    stream.info.license = "mit"
    hook = hub_hook(db)
    if tag_wrapped:
        wrapped = origin.tag(hook.wrap(stream), "stream", "CC0-1.0")
    else:
        wrapped = hook.wrap(origin.tag(stream, "stream", "CC0-1.0"))
    assert [row["x"] for row in wrapped] == [1, 2, 3]
    assert [batch["x"] for batch in wrapped.iter(2)] == [[1, 2], [3]]
    db.flush()
    assert recorded(path) == [("stream", None)] * 6
    assert [claim.text for claim in sources(path)["stream"].claims] == ["CC0-1.0", "mit"]
    untag(wrapped)
    list(wrapped)
    db.flush()
    assert recorded(path)[6:] == [("own", None)] * 3


def test_rows_that_a_transform_multiplies_have_the_one_tag_or_are_told_of(
    db: ProvenanceDatabase, path: Path, tables: tuple[Any, Any]
) -> None:
    def twice(batch: dict[str, Any]) -> dict[str, Any]:
        return {"x": [value for value in batch["x"] for _ in range(2)]}

    one, mix = tables[0], library().concatenate_datasets(list(tables))
    assert len(hub_hook(db).wrap(one.with_transform(twice))[:2]["x"]) == 4
    db.flush()
    assert recorded(path) == [("a", None)] * 4
    wrapped = hub_hook(db).wrap(mix.with_transform(twice))
    with pytest.warns(OriginWarning, match="has several sources"):
        wrapped[4:6]
    db.flush()
    assert recorded(path) == [("own", None)] * 4


def test_a_lineage_without_tags_costs_a_plain_data_set_nothing() -> None:
    assert isinstance(found := reading().lineage(Leaf(0, 3)), lineage_module.Lineage)
    assert found.is_plain
