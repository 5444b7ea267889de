from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from query.hostile import STRINGS
from rfc3987_syntax import is_valid_syntax

from origin.export import identity
from origin.export.identity import expression, link


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org",
        "https://example.org:8080/a/b.csv?x=1&y=%20#part",
        "s3://bucket/key",
        "hf://datasets/example/corpus@main",
        "file:///data/train.csv",
    ],
)
def test_a_uri_that_a_reader_may_follow_is_a_link(text: str) -> None:
    assert link(text) == text


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "data/train.csv",
        "/data/train.csv",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://user:secret@example.org/",
        "https://example.org/a b",
        "https://example.org/a|b",
        "https://example.org/%zz",
        "https://example.org/a#b#c",
        "https://example.org/\n",
        "https://example.org/caf\u00e9",
        *STRINGS.values(),
    ],
)
def test_anything_else_is_not(text: str | None) -> None:
    assert link(text) is None


@given(st.from_regex(identity._LINK, fullmatch=True))
def test_a_link_is_an_iri_to_the_library_that_validates_them(text: str) -> None:
    assert is_valid_syntax("iri", text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("mit", "MIT"),
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("LicenseRef-x", "LicenseRef-x"),
        ("The MIT License", None),
        ("GPL", None),
        ("Foo-1.0 OR MIT", None),
        ("DocumentRef-a:LicenseRef-x", None),
        ("NOASSERTION", None),
        ("", None),
        (None, None),
    ],
)
def test_only_an_expression_of_known_ids_is_one(text: str | None, canonical: str | None) -> None:
    found = expression(text)
    assert (None if found is None else str(found)) == canonical
