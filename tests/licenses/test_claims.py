from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest
from claim_cases import AMBIGUOUS, CUSTOM, NO_LICENSE, RESOLVED, UNKNOWN
from hypothesis import given
from hypothesis import strategies as st

from origin.licenses import parse_claim, parse_expression
from origin.licenses.claims import MAX_CLAIM
from origin.licenses.classifiers import AMBIGUOUS as AMBIGUOUS_CLASSIFIERS
from origin.licenses.classifiers import FAMILIES, from_classifier
from origin.licenses.classifiers import RESOLVED as RESOLVED_CLASSIFIERS
from origin.licenses.families import families
from origin.licenses.identifiers import licenses, replacements

STATUSES = {"resolved", "ambiguous", "custom", "unknown", "no-license"}


@pytest.mark.parametrize(("text", "expression", "authority"), RESOLVED)
def test_a_claim_of_listed_licences_is_resolved(text: str, expression: str, authority: str) -> None:
    claim = parse_claim(text)
    assert (claim.status, claim.expression, claim.candidates) == ("resolved", expression, ()), authority


@pytest.mark.parametrize(("text", "expression", "authority"), CUSTOM)
def test_a_claim_outside_the_list_has_a_reference(text: str, expression: str, authority: str) -> None:
    claim = parse_claim(text)
    assert (claim.status, claim.expression, claim.candidates) == ("custom", expression, ()), authority


@pytest.mark.parametrize(("text", "candidates", "authority"), AMBIGUOUS)
def test_a_claim_that_may_mean_several_is_ambiguous(text: str, candidates: set[str], authority: str) -> None:
    claim = parse_claim(text)
    assert (claim.status, claim.expression) == ("ambiguous", None), authority
    assert candidates <= set(claim.candidates), authority


@pytest.mark.parametrize(("text", "authority"), UNKNOWN)
def test_a_claim_that_says_nothing_sure_is_unknown(text: str, authority: str) -> None:
    claim = parse_claim(text)
    assert (claim.status, claim.expression, claim.candidates) == ("unknown", None, ()), authority


@pytest.mark.parametrize(("text", "authority"), NO_LICENSE)
def test_a_claim_may_say_that_no_licence_is_granted(text: str, authority: str) -> None:
    assert parse_claim(text).status == "no-license", authority


def test_no_text_at_all_is_unknown() -> None:
    assert parse_claim(None).status == "unknown"


def test_every_listed_id_and_name_is_read_as_itself() -> None:
    for row in licenses().values():
        current = replacements().get(row.id, row.id)
        assert parse_claim(row.id).expression == current
        assert parse_claim(row.id.lower()).expression == current
        by_name = parse_claim(row.name)
        assert by_name.expression == current or current in by_name.candidates or by_name.status == "unknown", row
        if by_name.status == "resolved":
            assert by_name.expression == current or row.name == licenses()[str(by_name.expression).lower()].name, row


def test_what_a_claim_offers_is_always_a_known_expression() -> None:
    for text, *_ in (*RESOLVED, *CUSTOM, *AMBIGUOUS):
        claim = parse_claim(text)
        for offered in (*([claim.expression] if claim.expression else ()), *claim.candidates):
            expression = parse_expression(offered)
            assert (expression.unknown_ids, expression.current, str(expression)) == ((), offered, offered), text


def test_every_classifier_of_pypi_is_read() -> None:
    known = pytest.importorskip("trove_classifiers", reason="the list of PyPI's classifiers is not installed")
    listed = {name.removeprefix("License :: ") for name in known.classifiers if name.startswith("License ::")}
    assert listed == {*AMBIGUOUS_CLASSIFIERS, *FAMILIES, *RESOLVED_CLASSIFIERS}
    for name in listed:
        assert from_classifier(name) is not None
        assert parse_claim(f"License :: {name}").status in {"resolved", "custom", "ambiguous"}


def test_the_metadata_of_every_installed_package_is_read() -> None:
    for distribution in importlib.metadata.distributions():
        metadata = distribution.metadata
        # get_all, since asking for a field that is absent is deprecated from Python 3.12 on.
        fields = {
            name: metadata.get_all(name) or [] for name in ("Name", "License", "License-Expression", "Classifier")
        }
        for text in (*fields["License"], *fields["License-Expression"], *fields["Classifier"]):
            assert parse_claim(text).status in STATUSES
        for text in fields["License-Expression"]:
            assert parse_claim(text).status in {"resolved", "custom"}, fields["Name"]


@pytest.mark.parametrize(
    ("package", "field", "status", "expression"),
    [
        ("numpy", "License-Expression", "resolved", "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0"),
        ("packaging", "License-Expression", "resolved", "Apache-2.0 OR BSD-2-Clause"),
        ("datasets", "License", "resolved", "Apache-2.0"),
        ("sympy", "License", "ambiguous", None),
        ("scipy", "License", "unknown", None),
        ("tqdm", "License", "resolved", "MPL-2.0 AND MIT"),
        ("xxhash", "License", "resolved", "BSD-2-Clause"),
        ("hypothesis", "License-Expression", "resolved", "MPL-2.0"),
    ],
)
def test_well_known_packages_say_what_they_are_known_for(
    package: str, field: str, status: str, expression: str | None
) -> None:
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    texts = importlib.metadata.metadata(package).get_all(field)
    if not texts:
        pytest.skip(f"this version of {package} has no field {field}")
    claim = parse_claim(texts[0])
    assert (claim.status, claim.expression) == (status, expression)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10**6,
        " " * 10**6 + "MIT",
        "MIT OR " * 200_000,
        "(" * 999,
        "MIT/" * 249,
        "bsd, " * 199,
        "gpl and " * 19 + "gpl",
        "\x00" * 999,
        "\ud800" * 999,
        "SPDX-License-Identifier: MIT\n" * 40_000,
        "\u0300" * 999,
        "https://" + "a." * 490,
        "see " * 249,
        "A (" * 330,
    ],
    ids=lambda text: f"{text[:12]!a} x {len(text)}",
)
def test_hostile_claims_are_read_quickly(text: str) -> None:
    start = time.perf_counter()
    claim = parse_claim(text)
    assert time.perf_counter() - start < 5
    assert claim.status in STATUSES
    assert len(claim.candidates) < 1_000


@given(st.text(max_size=80) | st.text(alphabet="GPLMITBSDCBYapche-+./ 1234:()\n", max_size=60))
def test_any_text_has_a_status_and_one_reading(text: str) -> None:
    claim = parse_claim(text)
    assert claim.status in STATUSES
    assert (claim.expression is not None) == (claim.status in {"resolved", "custom"})
    assert not claim.candidates or claim.status == "ambiguous"
    assert parse_claim(f" {text} ").status == claim.status or "\n" in text


@given(st.sampled_from([text for text, *_ in RESOLVED if text.isascii() and not {"\n", "&"} & set(text)]), st.data())
def test_spaces_and_case_of_a_name_make_no_difference(text: str, data: st.DataObject) -> None:
    if any(operator in text.split() for operator in ("OR", "AND", "WITH", "or", "and")):
        return
    case = data.draw(st.sampled_from([str.lower, str.upper, str.title]))
    assert parse_claim(case(text).replace(" ", "  ")).expression == parse_claim(text).expression


def test_a_claim_and_its_classifier_name_the_same_family() -> None:
    for name, family in FAMILIES.items():
        assert from_classifier(name) == families()[family], name


def test_the_principles_called_fair_are_not_the_licence_fair() -> None:
    assert [parse_claim(text).expression for text in ("Fair", "fair", "FAIR")] == ["Fair", "Fair", None]
    assert str(parse_expression("FAIR")) == "Fair"  # an expression is of ids, whatever their case


@given(st.sampled_from([text for text, *_ in RESOLVED]), st.sampled_from("()[]\x00\x1b\x7f\ud800"), st.data())
def test_a_bracket_or_control_character_too_many_leaves_nothing_to_read(
    text: str, added: str, data: st.DataObject
) -> None:
    if any(sign in text.lower() for sign in ("\n", "<", "identifier")):  # lines of their own, markup, comment signs
        return
    at = data.draw(st.integers(0, len(text)))
    assert parse_claim(text[:at] + added + text[at:]).expression is None


def test_a_hundred_thousand_different_claims_take_seconds_not_minutes() -> None:
    """The number itself is measured by bench/claims.py: a machine that is busy would make a test of it fail."""
    kinds = (RESOLVED, CUSTOM, AMBIGUOUS, UNKNOWN, NO_LICENSE)
    texts = [text for kind in kinds for text, *_ in kind if len(text) < MAX_CLAIM]
    parse_claim("License :: none, CC BY 4.0 (https://example.com/)")  # the tables are read once
    start = time.process_time()
    for number in range(100_000):
        parse_claim(f"{texts[number % len(texts)]} {number}")
    assert time.process_time() - start < 10


def test_the_import_loads_no_data() -> None:
    code = (
        "import sys, time, origin; start = time.process_time(); import origin.licenses;"
        "assert 'origin.licenses.identifiers' not in sys.modules;"
        "print(time.process_time() - start)"
    )
    command = [sys.executable, "-c", code]
    taken = [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(3)]
    assert min(taken) < 0.05
