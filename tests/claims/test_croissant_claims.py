from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from stated import READ_AT, claims, problems

from origin.claims import Found, UnreadableClaimsError, of_croissant

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://creativecommons.org/licenses/by/4.0/"


def read(tmp_path: Path, document: Any) -> Found:
    path = tmp_path / "croissant.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return of_croissant(path, READ_AT)


@pytest.mark.parametrize(
    ("license_", "expected"),
    [
        (URL, [(URL, "license")]),
        ("cc-by-4.0", [("cc-by-4.0", "license")]),
        ([URL], [(URL, "license")]),
        (["mit", {"url": URL}], [(json.dumps(["mit", URL]), "license")]),
        ({"name": "CC BY 4.0", "url": URL}, [("CC BY 4.0", "license.name"), (URL, "license.url")]),
        ({"@type": "sc:CreativeWork", "sc:name": "CC BY 4.0"}, [("CC BY 4.0", "license.name")]),
        ({"@id": URL}, [(URL, "license.@id")]),
        ({"@value": "MIT"}, [("MIT", "license.@value")]),
        (None, []),
        ([], []),
        ("  ", []),
    ],
)  # fmt: skip
def test_a_licence_is_read_in_every_shape(tmp_path: Path, license_: Any, expected: list[tuple[str, str]]) -> None:
    found = read(tmp_path, {"@type": "sc:Dataset", "name": "d", "license": license_})
    assert claims(found) == [(text, f"croissant.json, {where}") for text, where in expected]
    assert problems(found) == []


@pytest.mark.parametrize("license_", [5, True, {"@id": "#l"}, {"@id": "_:b0"}, {}, ["mit", 5], [[["mit"], "x"]]])
def test_what_is_not_understood_is_told(tmp_path: Path, license_: Any) -> None:
    found = read(tmp_path, {"license": license_})
    assert claims(found) == []
    assert problems(found) == [
        "croissant.json, license is not understood: write a URL, a text, or an object with a name or url"
    ]


def test_the_licence_of_the_description_is_kept_apart(tmp_path: Path) -> None:
    found = read(tmp_path, {"license": URL, "sdLicense": "https://creativecommons.org/publicdomain/zero/1.0/"})
    assert claims(found) == [(URL, "croissant.json, license")]
    assert [(claim.text, claim.where) for claim in found.of_metadata] == [
        ("https://creativecommons.org/publicdomain/zero/1.0/", "croissant.json, sdLicense")
    ]


@pytest.mark.parametrize("key", ["sc:license", "schema:license", "https://schema.org/license"])
def test_a_prefixed_key_is_the_same_key(tmp_path: Path, key: str) -> None:
    assert claims(read(tmp_path, {key: "mit"})) == [("mit", f"croissant.json, {key}")]


def test_a_graph_is_searched_for_its_data_set_alone(tmp_path: Path) -> None:
    graph = [{"@type": "Organization", "license": "gpl"}, {"@type": ["sc:Dataset"], "license": "mit"}]
    assert claims(read(tmp_path, {"@context": {}, "@graph": graph})) == [("mit", "croissant.json, license")]


def test_a_key_that_stands_there_twice_is_not_guessed_at(tmp_path: Path) -> None:
    found = read(tmp_path, '{"license": "mit", "license": "gpl"}')
    assert claims(found) == []
    assert len(problems(found)) == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "NaN", "[]", '"mit"', '{"a":' * 50_000, "1" * 5_000, "\udcff"]
)
def test_what_is_no_json_object_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "croissant.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UnreadableClaimsError) as caught:
        of_croissant(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("croissant.json is no JSON")


def test_a_file_of_many_data_sets_is_for_a_person(tmp_path: Path) -> None:
    found = read(tmp_path, {"@graph": [{"@type": "Dataset", "license": str(one)} for one in range(100)]})
    assert claims(found) == []
    assert problems(found) == ["croissant.json describes 101 data sets: give the licence of one by hand"]
