from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reconcile_cases import CASES

from origin.errors import UsageError
from origin.licenses.expression import parse_expression
from origin.licenses.reading import read
from origin.licenses.reconciliation import reconcile
from origin.licenses.strictness import at_least_as_strict
from origin.licenses.terms import all_terms

TEXTS = sorted({claim["text"] for case in CASES for claim in case[0]})
IDS = sorted(record.id for record in all_terms())
SINGLE = st.sampled_from(IDS)
CLAIMED = st.one_of(
    SINGLE,
    st.sampled_from(TEXTS),
    st.tuples(SINGLE, SINGLE).map(" OR ".join),
    st.tuples(SINGLE, SINGLE).map(" AND ".join),
)


def claims(*texts: str | None) -> list[dict[str, Any]]:
    return [{"text": text, "where": f"place {number}"} for number, text in enumerate(texts)]


@pytest.mark.parametrize(("stated", "agree", "expression", "strictest", "why", "certain"), CASES)
def test_claims_agree_as_their_author_says(
    stated: list[dict[str, str]], agree: bool, expression: str | None, strictest: str | None, why: str, certain: bool
) -> None:
    found = reconcile(stated)
    assert (not any(one.kind == "disagreement" for one in found.findings)) == agree, (why, certain)
    assert found.expression == expression, why
    assert strictest in {None, found.strictest}, why


def test_a_finding_says_which_places_it_is_about() -> None:
    found = reconcile(
        [*claims("MIT", None, "words of ours", "gpl"), {"text": "All rights reserved", "where": "footer"}]
    )
    assert [(one.kind, one.where) for one in found.findings] == [
        ("disagreement", ("place 0", "place 3")),
        ("disagreement", ("place 0", "footer")),
        ("disagreement", ("place 3", "footer")),
        ("missing", ("place 1",)),
        ("unreadable", ("place 2",)),
        ("ambiguous", ("place 3",)),
        ("no-license", ("footer",)),
    ]
    assert (found.expression, found.strictest) == (None, "NONE")
    assert all(one.text and one.severity == "review" for one in found.findings)


def test_a_claim_that_was_changed_is_told_with_its_times() -> None:
    one = {"text": "MIT", "where": "README.md", "read_at": "2026-01-01T00:00:00Z"}
    two = {"text": "CC-BY-4.0", "where": "README.md", "read_at": "2025-01-01T00:00:00Z"}
    finding = reconcile([one, two]).findings[0]
    assert "between 2025-01-01T00:00:00Z and 2026-01-01T00:00:00Z" in finding.text
    assert finding.where == ("README.md",)


def test_vague_claims_agree_on_what_they_have_in_common() -> None:
    assert reconcile(claims("gpl", "GPL-3.0-only")).expression == "GPL-3.0-only"
    assert reconcile(claims("gpl", "GPL v3")).expression is None
    assert reconcile(claims("gpl", "gpl")).strictest is None


def test_nothing_claimed_is_missing() -> None:
    found = reconcile([])
    assert [one.kind for one in found.findings] == ["missing"]
    assert (found.expression, found.strictest) == (None, None)


@pytest.mark.parametrize(
    "wrong", [None, 3, "MIT", {"text": "MIT"}, ["MIT"], [None], [{"text": 3}], [3], [{"license": "MIT"}]]
)
def test_claims_are_a_list_of_mappings_with_a_text(wrong: Any) -> None:
    with pytest.raises(UsageError) as caught:
        reconcile(wrong)
    assert "\n" not in str(caught.value)


def test_an_empty_claim_states_nothing() -> None:
    for claim in ({}, {"where": "card"}, {"text": None, "where": "card"}):
        assert [one.kind for one in reconcile([claim]).findings] == ["missing"]


@pytest.mark.parametrize(
    ("texts", "strictest"),
    [
        (("MIT OR CC-BY-NC-4.0", "MIT"), "MIT"),
        (("MIT OR GPL-3.0-only", "MIT"), "MIT"),
        (("MIT OR Apache-2.0", "MIT"), "MIT"),
        (("MIT OR GPL-3.0-only", "Apache-2.0"), "Apache-2.0"),
        (("MIT OR GPL-3.0-only", "CC0-1.0"), "MIT OR GPL-3.0-only"),
        (("GPL-3.0-only OR AGPL-3.0-only", "MIT"), "GPL-3.0-only OR AGPL-3.0-only"),
        (("GPL-2.0-or-later", "GPL-2.0-only"), "GPL-2.0-only"),
        (("MIT", "no license"), "NONE"),
        (("CC-BY-NC-ND-4.0", "UNLICENSED", "gpl"), "NONE"),
        (("MIT", "LicenseRef-Ours"), None),
    ],
)
def test_a_choice_binds_no_more_than_its_mildest_part(texts: tuple[str, ...], strictest: str | None) -> None:
    assert reconcile(claims(*texts)).strictest == strictest
    assert reconcile(claims(*texts[::-1])).strictest == strictest


@given(st.lists(st.sampled_from(TEXTS), max_size=4), st.randoms())
def test_the_order_of_claims_does_not_matter(texts: list[str], chance: Any) -> None:
    found, other = reconcile(claims(*texts)), reconcile(claims(*chance.sample(texts, len(texts))))
    assert (found.expression, found.strictest) == (other.expression, other.strictest)
    assert sorted(one.kind for one in found.findings) == sorted(one.kind for one in other.findings)


@given(st.lists(CLAIMED, min_size=1, max_size=4))
def test_the_strictest_is_one_of_the_claims(texts: list[str]) -> None:
    found = reconcile(claims(*texts)).strictest
    if any(read(text).status == "no-license" for text in texts):
        assert found == "NONE"
    elif found is not None:
        assert parse_expression(found).meaning in [one.meaning for text in texts if (one := read(text).expression)]


@given(CLAIMED, st.lists(CLAIMED, max_size=2), st.sampled_from(IDS))
def test_another_alternative_never_makes_a_claim_stricter(text: str, others: list[str], more: str) -> None:
    if (less := read(text).expression) is None:
        return
    wider = f"({less}) OR {more}"
    assert reconcile(claims(wider, str(less))).strictest == str(less) or less.meaning == parse_expression(wider).meaning
    # Where the claim with a choice more is the strictest of all, the claim without it would have been as well.
    if reconcile(claims(wider, *others)).strictest == str(parse_expression(wider)):
        strict = reconcile(claims(str(less), *others)).strictest
        assert strict is not None
        assert at_least_as_strict(read(strict), read(wider))


def test_hostile_claims_cost_no_search() -> None:
    hostile = " AND ".join(f"(MIT OR LicenseRef-{number})" for number in range(8))
    assert reconcile(claims(hostile, "MIT")).strictest is None


@given(st.sampled_from(IDS), st.sampled_from(IDS), st.sampled_from(IDS), st.booleans())
def test_strictness_is_an_order(one: str, two: str, three: str, details: bool) -> None:
    def covers(left: str, right: str) -> bool:
        return at_least_as_strict(read(left), read(right), details=details)

    assert covers(one, one)
    assert covers(f"{one} AND {two}", one)
    assert covers(one, f"{one} OR {two}")
    assert not (covers(one, two) and covers(two, three)) or covers(one, three)


def test_the_order_is_what_a_reader_expects() -> None:
    for strict, loose in (
        ("CC-BY-NC-4.0", "CC-BY-4.0"),
        ("CC-BY-NC-ND-4.0", "CC-BY-NC-SA-4.0"),
        ("GPL-3.0-only", "MIT"),
        ("AGPL-3.0-only", "GPL-3.0-only"),
        ("MIT", "CC0-1.0"),
    ):
        assert at_least_as_strict(read(strict), read(loose)), (strict, loose)
        assert not at_least_as_strict(read(loose), read(strict)), (strict, loose)
    assert not at_least_as_strict(read("CC-BY-SA-4.0"), read("CC-BY-NC-4.0"))
    assert not at_least_as_strict(read("CC-BY-NC-4.0"), read("CC-BY-SA-4.0"))
