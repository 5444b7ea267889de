from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from stated import READ_AT, claims, problems

from origin.claims import Found, of_dataset_info, of_dataset_info_file

if TYPE_CHECKING:
    from pathlib import Path

SHA = "e6281661ce1c48d982bc483cf8a173c1bbeb5d31"
FILE = f"hf://datasets/stanfordnlp/imdb@{SHA}/plain_text/train-00000-of-00001.parquet"


def info(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**fields)


@pytest.mark.parametrize(
    ("license_", "text"),
    [("mit", "mit"), (" CC BY 4.0\n", "CC BY 4.0"), (["mit"], "mit"), (["mit", "isc"], '["mit", "isc"]')],
)
def test_the_licence_is_a_claim(license_: Any, text: str) -> None:
    facts = of_dataset_info(info(license=license_), READ_AT)
    assert claims(Found(facts.claims)) == [(text, "DatasetInfo.license")]
    assert facts.problems == ()


@pytest.mark.parametrize("license_", [None, "", "  ", [], ()])
def test_an_empty_licence_states_nothing(license_: Any) -> None:
    assert of_dataset_info(info(license=license_)) == of_dataset_info(info()) == of_dataset_info(None)


def test_a_licence_of_another_type_is_told() -> None:
    assert of_dataset_info(info(license=5)).problems == (
        "DatasetInfo.license is a int, neither a text nor a list of texts: state it anew",
    )


def test_the_commit_that_all_files_come_from_is_the_revision() -> None:
    facts = of_dataset_info(info(download_checksums={FILE: None, FILE.replace("train", "test"): {"num_bytes": 1}}))
    assert (facts.uri, facts.revision) == ("hf://datasets/stanfordnlp/imdb", SHA)


@pytest.mark.parametrize(
    "checksums",
    [
        None,
        {},
        [FILE],
        {"https://example.org/a.csv": None},
        {FILE: None, "https://example.org/a.csv": None},
        {FILE: None, FILE.replace("imdb", "sst2"): None},
        {FILE: None, FILE.replace("e62", "f62"): None},
        {FILE.replace(SHA, "main"): None},
        {5: None},
    ],
)
def test_files_of_several_places_have_no_revision(checksums: Any) -> None:
    facts = of_dataset_info(info(download_checksums=checksums))
    assert (facts.uri, facts.revision) == (None, None)


def test_further_names_are_told_as_they_stand_there() -> None:
    stated = info(dataset_name="imdb", config_name="plain_text", version="1.2.0", homepage="https://example.org ")
    assert of_dataset_info(stated).about == (
        ("name", "imdb"),
        ("config", "plain_text"),
        ("version", "1.2.0"),
        ("homepage", "https://example.org"),
    )


def test_the_version_that_stands_for_none_is_not_told() -> None:
    assert of_dataset_info(info(version="0.0.0", dataset_name="", config_name=5, homepage="x" * 2_000)).about == ()


def test_a_real_dataset_info_is_read() -> None:
    datasets = pytest.importorskip("datasets")
    real = datasets.DatasetInfo(license="apache-2.0", version="1.2.3", download_checksums={FILE: None})
    facts = of_dataset_info(real, READ_AT)
    assert claims(Found(facts.claims)) == [("apache-2.0", "DatasetInfo.license")]
    assert (facts.uri, facts.revision, facts.about) == (
        "hf://datasets/stanfordnlp/imdb",
        SHA,
        (("version", "1.2.3"),),
    )


def test_a_merged_dataset_info_states_all_licences_in_one_claim() -> None:
    datasets = pytest.importorskip("datasets")
    merged = datasets.DatasetInfo.from_merge([datasets.DatasetInfo(license=one) for one in ("mit", "cc0-1.0")])
    facts = of_dataset_info(merged, READ_AT)
    assert claims(Found(facts.claims)) == [("mit\n\ncc0-1.0", "DatasetInfo.license")]


def test_a_data_set_on_the_disk_says_what_it_says_in_memory(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    kept = datasets.Dataset.from_dict({"n": [1]}, info=datasets.DatasetInfo(license="cc-by-4.0"))
    kept.save_to_disk(tmp_path / "kept")
    found = of_dataset_info_file(tmp_path / "kept" / "dataset_info.json", READ_AT)
    assert claims(found) == [("cc-by-4.0", "dataset_info.json, license")]


def test_a_dataset_info_file_of_another_shape_is_told(tmp_path: Path) -> None:
    path = tmp_path / "dataset_info.json"
    path.write_text(json.dumps({"license": {"name": "mit"}}))
    assert len(problems(of_dataset_info_file(path))) == 1
