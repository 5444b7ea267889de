from __future__ import annotations

import time

import pytest
from expression_cases import ACCEPTED, EQUIVALENT, REFUSED
from hypothesis import given
from hypothesis import strategies as st

from origin.errors import LicenseExpressionError, OriginError
from origin.licenses.expression import Expression, parse_expression

IDS = st.sampled_from(
    ["MIT", "isc", "GPL-2.0+", "GPL-2.0-only", "Apache-2.0+", "LicenseRef-a", "No-Such", "Zlib WITH LLVM-exception"]
)
EXPRESSIONS = st.recursive(
    IDS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) OR ({pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) AND ({pair[1]})"),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(("text", "canonical", "choices", "authority"), ACCEPTED)
def test_an_expression_has_its_canonical_form_and_choices(
    text: str, canonical: str, choices: list[set[str]], authority: str
) -> None:
    expression = parse_expression(text)
    assert str(expression) == canonical, authority
    assert sorted(map(sorted, expression.choices)) == sorted(map(sorted, choices)), authority


@pytest.mark.parametrize(("text", "authority"), REFUSED)
def test_what_the_grammar_does_not_have_is_refused(text: str, authority: str) -> None:
    with pytest.raises(LicenseExpressionError):
        assert parse_expression(text) is None, authority


@pytest.mark.parametrize(("one", "other", "expected", "authority"), EQUIVALENT)
def test_two_expressions_are_equivalent_or_not(one: str, other: str, expected: bool, authority: str) -> None:
    assert parse_expression(one).equivalent(parse_expression(other)) is expected, authority
    assert parse_expression(other).equivalent(one) is expected, authority


def test_unknown_and_deprecated_ids_are_reported_in_order() -> None:
    expression = parse_expression("Foo-1.0+ OR GPL-2.0+ WITH no-such-exception AND AGPL-3.0+ AND foo-1.0 AND GPL-2.0+")
    assert expression.unknown_ids == ("Foo-1.0", "no-such-exception", "foo-1.0")
    assert expression.deprecated_ids == ("GPL-2.0+", "AGPL-3.0")


def test_choices_stand_in_the_order_written() -> None:
    assert parse_expression("Zlib OR MIT AND (ISC OR NCSA)").choices == (
        frozenset({"Zlib"}),
        frozenset({"MIT", "ISC"}),
        frozenset({"MIT", "NCSA"}),
    )


def test_the_error_is_a_value_error_and_one_of_ours() -> None:
    assert issubclass(LicenseExpressionError, ValueError)
    assert issubclass(LicenseExpressionError, OriginError)
    with pytest.raises(LicenseExpressionError, match="a string"):
        parse_expression(7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10**6,
        "(" * 9_000 + "MIT" + ")" * 9_000,
        "(" * 400 + "MIT" + ")" * 400,
        " AND ".join(["(MIT OR ISC)"] * 300),
        " AND ".join(["(MIT OR ISC)"] * 30),
        " OR ".join(["MIT"] * 1_001),
        "(" * 20_000,
        " " * 10**6,
        "MIT OR " * 2_000,
    ],
    ids=lambda text: f"{text[:12]} x {len(text)}",
)
def test_hostile_texts_are_refused_quickly(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(LicenseExpressionError) as refusal:
        parse_expression(text)
    assert time.perf_counter() - start < 5
    assert len(str(refusal.value)) < 400


def test_an_expression_as_large_as_is_allowed_is_parsed() -> None:
    expression = parse_expression(" AND ".join(f"(MIT OR X{i})" for i in range(9)) + " AND Y" * 900)
    assert len(expression.choices) == 512
    assert all("Y" in choice for choice in expression.choices)


def shape(expression: Expression) -> frozenset[frozenset[str]]:
    return frozenset(expression.choices)


@given(EXPRESSIONS)
def test_the_canonical_form_is_its_own_canonical_form(text: str) -> None:
    once = parse_expression(text)
    again = parse_expression(str(once))
    assert again == once


@given(EXPRESSIONS, EXPRESSIONS)
def test_the_order_of_operands_makes_no_difference(one: str, other: str) -> None:
    for operator in ("AND", "OR"):
        assert parse_expression(f"({one}) {operator} ({other})").equivalent(f"({other}) {operator} ({one})")


@given(IDS, EXPRESSIONS, IDS)
def test_the_grouping_of_operands_makes_no_difference(a: str, b: str, c: str) -> None:
    for operator in ("AND", "OR"):
        assert parse_expression(f"({a} {operator} ({b})) {operator} {c}").equivalent(
            f"{a} {operator} (({b}) {operator} {c})"
        )


@given(EXPRESSIONS, EXPRESSIONS)
def test_no_choice_is_lost(one: str, other: str) -> None:
    left, right = shape(parse_expression(one)), shape(parse_expression(other))
    assert shape(parse_expression(f"({one}) OR ({other})")) == left | right
    assert shape(parse_expression(f"({one}) AND ({other})")) == {a | b for a in left for b in right}


@given(st.text(alphabet="()+ -.:MITANDORWITHgpl\n\x00é/", max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        parse_expression(text)
    except LicenseExpressionError as refusal:
        assert str(refusal)  # noqa: PT017 - either outcome is right
