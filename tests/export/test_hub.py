from __future__ import annotations

import pytest
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id
from query.hostile import STRINGS

from origin.core.record import Source
from origin.export.hub import hub_dataset


def found(uri: str | None, revision: str | None = None) -> tuple[str, str | None] | None:
    return hub_dataset(Source("name", uri=uri, revision=revision))


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("hf://datasets/stanfordnlp/imdb", ("stanfordnlp/imdb", None)),
        ("hf://datasets/stanfordnlp/imdb@main", ("stanfordnlp/imdb", "main")),
        ("hf://datasets/stanfordnlp/imdb@main/plain/train.parquet", ("stanfordnlp/imdb", "main")),
        ("hf://datasets/a/b@refs%2Fconvert%2Fparquet/x.parquet", ("a/b", "refs/convert/parquet")),
        ("hf://datasets/a/b@refs/pr/1/x.parquet", ("a/b", "refs/pr/1")),
        ("hf://datasets/squad", ("squad", None)),
        ("hf://datasets/squad/train.csv", None),
        ("hf://models/a/b", None),
        ("hf://a/b", None),
        ("https://huggingface.co/datasets/stanfordnlp/imdb", ("stanfordnlp/imdb", None)),
        ("https://huggingface.co/datasets/stanfordnlp/imdb/", ("stanfordnlp/imdb", None)),
        ("https://hf.co/datasets/a/b?x=1#top", ("a/b", None)),
        ("https://HuggingFace.co/datasets/a/b/resolve/v1.0/data/x.parquet", ("a/b", "v1.0")),
        ("https://huggingface.co/datasets/a/b/blob/refs%2Fpr%2F3/x.csv", ("a/b", "refs/pr/3")),
        ("https://huggingface.co/datasets/a/b/viewer/default/train", ("a/b", None)),
        ("https://huggingface.co/datasets/squad/tree/main", ("squad", "main")),
        ("https://huggingface.co/datasets/a/b/nothing", None),
        ("https://huggingface.co/datasets", None),
        ("https://huggingface.co/datasets/", None),
        ("https://huggingface.co/a/b", None),
        ("https://huggingface.co.evil.org/datasets/a/b", None),
        ("https://huggingface.co@evil.org/datasets/a/b", None),
        ("https://[/datasets/a/b", None),
        ("ftp://huggingface.co/datasets/a/b", None),
        ("https://hugging\nface.co/datasets/a/b", None),
        ("stanfordnlp/imdb", None),
        ("", None),
        (None, None),
    ],
)
def test_the_uri_tells_the_data_set_of_the_hub(uri: str | None, expected: tuple[str, str | None] | None) -> None:
    assert found(uri) == expected


def test_a_declared_revision_stands_unless_the_uri_names_one() -> None:
    assert found("hf://datasets/a/b", "abc") == ("a/b", "abc")
    assert found("hf://datasets/a/b@v2", "abc") == ("a/b", "v2")


IDS = [
    "a/b", "a", "A.b_c-d/E", "-a/b", "a-/b", "a/.b", "a/b.", "a--b", "a/b..c", "a/b.git", "é/b", "a b/c",
    "a/" + "b" * 94, "a/" + "b" * 95, "a/b%", "_a/_b_",
]  # fmt: skip


@pytest.mark.parametrize("text", IDS)
def test_no_id_is_told_that_the_library_of_the_hub_would_refuse(text: str) -> None:
    try:
        validate_repo_id(text)
    except HFValidationError:
        expected = None
    else:
        expected = (text, None)
    assert found(f"hf://datasets/{text}") == expected


@pytest.mark.parametrize("text", STRINGS.values(), ids=STRINGS)
def test_no_hostile_string_passes_for_an_id(text: str) -> None:
    assert found(text) is None
    if text != STRINGS["sql"]:
        assert found(f"https://huggingface.co/datasets/{text}/b") is None or text.isalnum()
