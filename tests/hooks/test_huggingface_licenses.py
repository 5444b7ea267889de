"""What a Hugging Face data set says of its licence, and what its rows say of theirs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from conftest import gaps, seen

from origin import OriginWarning, ProvenanceDatabase, fingerprint
from origin.core.record import Claim, Source
from origin.errors import UsageError
from origin.query.engine import find_session
from origin.query.presence import find_license
from origin.storage.reads import Reader

datasets = pytest.importorskip("datasets")
hook_module = pytest.importorskip("origin.hooks.huggingface")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# datasets sorts in an old way.
pytestmark = pytest.mark.filterwarnings("ignore:Specifying null_placement in SortOptions:FutureWarning")

SHA = "e6281661ce1c48d982bc483cf8a173c1bbeb5d31"
FILE = f"hf://datasets/stanfordnlp/imdb@{SHA}/plain_text/train-00000-of-00001.parquet"
LICENSES = ["mit", "mit", "gpl-3.0", None, "", "cc0-1.0"]
STATED = ["mit", "mit", "gpl-3.0", "CC-BY-4.0", "CC-BY-4.0", "cc0-1.0"]
ROWS = [{"n": number, "license": license_id} for number, license_id in enumerate(LICENSES)]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def hook_for(db: ProvenanceDatabase, license_id: str | None = None, **options: Any) -> Any:
    session = db.begin_session(config_hash="test")
    return hook_module.DatasetHook(db, session.session_id, "lines", license_id, **options)


def by_column(db: ProvenanceDatabase, **options: Any) -> Any:
    return hook_for(db, "CC-BY-4.0", license_column="license", **options)


def data(license_id: str = "", **info: Any) -> Any:
    return datasets.Dataset.from_dict({"n": [1, 2]}, info=datasets.DatasetInfo(license=license_id, **info))


def sources(path: Path, db: ProvenanceDatabase) -> list[Source]:
    db.flush()
    with Reader(path) as reader:
        return [source for _, source in reader.sources(find_session(reader, "latest").row)]


def licenses(path: Path, db: ProvenanceDatabase) -> list[str | None]:
    db.flush()
    return [license_id for batch in seen(path) for _, license_id in batch.sources]


def claims(source: Source) -> list[tuple[str, str]]:
    return [(claim.text, claim.where) for claim in source.claims]


# What the data set says of itself


@pytest.mark.parametrize("streamed", [False, True])
def test_the_data_set_s_licence_is_a_claim_of_the_source(db: ProvenanceDatabase, path: Path, streamed: bool) -> None:
    kept = data().to_iterable_dataset() if streamed else data()
    kept.info.license = "cc-by-sa-4.0"
    list(hook_for(db).wrap(kept))
    (source,) = sources(path, db)
    assert source.license_id is None
    assert claims(source) == [("cc-by-sa-4.0", "DatasetInfo.license")]
    assert source.claims[0].read_at is not None
    assert source.claims[0].read_at.endswith("Z")
    with Reader(path) as reader:
        assert find_license(reader, "CC-BY-SA-4.0").uses[0].observations == 2


def test_a_declared_licence_wins_and_the_data_set_s_own_stands_beside_it(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db, "MIT").wrap(data("cc-by-nc-4.0")))
    (source,) = sources(path, db)
    assert source.license_id == "MIT"
    assert claims(source) == [("MIT", "declared by the caller"), ("cc-by-nc-4.0", "DatasetInfo.license")]


def test_a_registered_licence_and_its_claims_stay(db: ProvenanceDatabase, path: Path) -> None:
    read = Claim("ISC", "README.md, front matter, license", "2026-01-02T03:04:05Z")
    db.register_source("lines", license_id="MIT", revision="v1", metadata={"a": 1}, claims=[read])
    list(hook_for(db).wrap(data("gpl-3.0", download_checksums={FILE: None}, version="1.2.0")))
    (source,) = sources(path, db)
    assert [text for text, _ in claims(source)] == ["MIT", "ISC", "gpl-3.0"]
    assert (source.license_id, source.revision, source.uri) == ("MIT", "v1", None)
    assert json.loads(source.metadata) == {"a": 1, "read_from_dataset": {"version": "1.2.0"}}


def test_a_data_set_that_says_nothing_changes_nothing(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db).wrap(data()))
    assert sources(path, db) == [Source("lines")]


def test_the_repository_and_commit_are_uri_and_revision(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db).wrap(data("mit", download_checksums={FILE: None}, dataset_name="imdb", homepage="https://x.org")))
    (source,) = sources(path, db)
    assert (source.uri, source.revision) == ("hf://datasets/stanfordnlp/imdb", SHA)
    assert json.loads(source.metadata) == {"read_from_dataset": {"homepage": "https://x.org", "name": "imdb"}}


def test_splits_and_derived_data_sets_of_one_description_are_one_revision(
    db: ProvenanceDatabase, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(range(100))
    monkeypatch.setattr("origin.claims.dataset_info.now", lambda: f"time {next(times)}")
    wrapped = hook_for(db).wrap(data("mit"))
    for part in (*wrapped.train_test_split(0.5).values(), wrapped.map(lambda row: {"m": row["n"]}), wrapped.shuffle(1)):
        list(part)
    assert len(sources(path, db)) == 1


def test_data_sets_of_other_descriptions_are_other_revisions(db: ProvenanceDatabase, path: Path) -> None:
    splits = datasets.DatasetDict({"a": data("mit"), "b": data("isc"), "c": data()})
    for part in hook_for(db).wrap(splits).values():
        list(part)
    assert [claims(source) for source in sources(path, db)] == [
        [("mit", "DatasetInfo.license")],
        [("isc", "DatasetInfo.license")],
        [],
    ]


def test_what_one_data_set_says_is_no_declaration_for_the_next(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db).wrap(data("mit", download_checksums={FILE: None})))
    db.flush()
    assert db.source("lines") == Source("lines")
    list(hook_for(db).wrap(data("isc")))
    (source,) = sources(path, db)
    assert claims(source) == [("isc", "DatasetInfo.license")]
    assert (source.uri, source.revision) == (None, None)


def test_a_merged_data_set_states_all_licences(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db).wrap(datasets.concatenate_datasets([data("mit"), data("isc")])))
    assert claims(sources(path, db)[0]) == [("mit\n\nisc", "DatasetInfo.license")]


def test_terms_in_place_of_a_name_are_told(db: ProvenanceDatabase, path: Path) -> None:
    with pytest.warns(OriginWarning, match=r"DatasetInfo\.license holds a text of 2000 characters"):
        list(hook_for(db, strict=True).wrap(data("x" * 2_000)))
    assert sources(path, db) == [Source("lines")]
    assert gaps(path) == [("license", 0, 0)]


class Broken(datasets.Dataset):  # type: ignore[misc]
    ready = False

    @property
    def info(self) -> Any:
        if self.ready:
            raise RuntimeError("no info")
        return super().info


def test_a_description_that_cannot_be_read_never_reaches_the_loop(db: ProvenanceDatabase, path: Path) -> None:
    broken = Broken(data("mit").data)
    broken.ready = True
    with pytest.warns(OriginWarning, match=r"cannot be read \(RuntimeError: no info\)"):
        wrapped = hook_for(db, "MIT").wrap(broken)
    assert list(wrapped) == [{"n": 1}, {"n": 2}]
    assert licenses(path, db) == ["MIT", "MIT"]
    assert gaps(path) == [("license", 0, 0)]
    with pytest.raises(RuntimeError, match="no info"):
        hook_for(db, "MIT", strict=True).wrap(broken)


# What the rows say


def rows() -> Any:
    return datasets.Dataset.from_list(ROWS)


def test_each_row_has_the_licence_of_its_column(db: ProvenanceDatabase, path: Path) -> None:
    received = list(by_column(db).wrap(rows()))
    assert received == ROWS
    assert licenses(path, db) == STATED
    assert seen(path)[0].fingerprints == [fingerprint(row) for row in ROWS]
    assert [claims(source)[0][1] for source in sources(path, db)] == [
        "stated for the sample",
        "stated for the sample",
        "declared by the caller",
        "stated for the sample",
    ]


@pytest.mark.parametrize("style", [None, "python", "numpy", "torch", "pandas", "arrow"])
@pytest.mark.parametrize("way", ["rows", "batches", "index", "slice", "items", "stream"])
def test_the_column_is_read_in_every_format(db: ProvenanceDatabase, path: Path, style: str | None, way: str) -> None:
    if style == "torch":
        pytest.importorskip("torch")
    if (way, style) == ("items", "arrow"):
        pytest.skip("datasets itself gives no Arrow rows this way")
    bare = datasets.Dataset.from_list([{**row, "license": row["license"] or ""} for row in ROWS])
    wrapped = by_column(db).wrap(bare.with_format(style))
    if way == "rows":
        list(wrapped)
    elif way == "batches":
        list(wrapped.iter(4))
    elif way == "index":
        _ = [wrapped[number] for number in range(6)]
    elif way == "slice":
        _ = wrapped[:]
    elif way == "items":
        wrapped.__getitems__(list(range(6)))
    else:
        list(wrapped.to_iterable_dataset().with_format(style))
    assert licenses(path, db) == STATED


@pytest.mark.parametrize("style", [None, "pandas", "arrow", "numpy"])
def test_what_is_missing_states_nothing_in_any_format(db: ProvenanceDatabase, path: Path, style: str | None) -> None:
    list(by_column(db).wrap(rows().with_format(style)).iter(6))
    assert licenses(path, db) == STATED


@pytest.mark.parametrize("style", [None, "numpy", "torch", "pandas", "arrow"])
def test_class_labels_are_read_by_their_names(db: ProvenanceDatabase, path: Path, style: str | None) -> None:
    if style == "torch":
        pytest.importorskip("torch")
    features = datasets.Features({"license": datasets.ClassLabel(names=["mit", "isc"])})
    labelled = datasets.Dataset.from_dict({"license": [1, 0, -1]}, features=features).with_format(style)
    wrapped = by_column(db).wrap(labelled)
    list(wrapped)
    list(wrapped.iter(3))
    assert licenses(path, db) == ["isc", "mit", "CC-BY-4.0"] * 2


@pytest.mark.parametrize("style", [None, "numpy", "pandas", "arrow"])
def test_several_licences_of_a_row_are_one_claim(db: ProvenanceDatabase, path: Path, style: str | None) -> None:
    listed = datasets.Dataset.from_dict({"license": [["mit"], ["mit", "isc"], []]}).with_format(style)
    wrapped = by_column(db).wrap(listed)
    list(wrapped)
    list(wrapped.iter(3))
    assert licenses(path, db) == ["mit", '["mit", "isc"]', "CC-BY-4.0"] * 2


def test_shuffled_and_filtered_rows_keep_their_own_licence(db: ProvenanceDatabase, path: Path) -> None:
    wrapped = by_column(db).wrap(rows()).shuffle(seed=3).filter(lambda row: row["n"] != 0)
    order = [row["n"] for row in wrapped]
    assert licenses(path, db) == [STATED[number] for number in order]


def test_a_row_that_does_not_show_the_column_states_nothing(db: ProvenanceDatabase, path: Path) -> None:
    wrapped = by_column(db).wrap(rows())
    list(wrapped.with_format(columns=["n"]))
    list(wrapped.remove_columns("license").iter(6))
    assert licenses(path, db) == ["CC-BY-4.0"] * 12


def test_a_column_that_the_data_set_does_not_have_is_refused(db: ProvenanceDatabase) -> None:
    with pytest.raises(
        UsageError, match=r"^there is no column 'licence': license_column is one of \['n', 'license'\]$"
    ):
        hook_for(db, license_column="licence").wrap(rows())
    with pytest.raises(UsageError, match="license_column"):
        hook_for(db, license_column="")


def test_a_transform_may_give_the_column(db: ProvenanceDatabase, path: Path) -> None:
    made = data().with_transform(lambda batch: {"n": batch["n"], "license": ["isc"] * len(batch["n"])})
    list(by_column(db).wrap(made))
    assert licenses(path, db) == ["isc", "isc"]


def test_a_licence_of_another_type_is_unknown_and_told(db: ProvenanceDatabase, path: Path) -> None:
    with pytest.warns(OriginWarning, match="a licence that is a int"):
        list(by_column(db).wrap(datasets.Dataset.from_dict({"license": [1, 2]})))
    assert licenses(path, db) == [None, None]


def test_the_column_is_read_in_rows_that_are_no_data_set_s(db: ProvenanceDatabase, path: Path) -> None:
    list(by_column(db).wrap([ROWS]))
    assert licenses(path, db) == STATED


def test_without_a_column_rows_are_under_their_source_alone(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db, "MIT").wrap(rows()))
    assert len(sources(path, db)) == 1
