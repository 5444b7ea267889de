from __future__ import annotations

import time
from itertools import permutations
from typing import Any, get_args

import pytest
from combination_cases import CASES, Case
from hypothesis import given
from hypothesis import strategies as st

from origin.errors import UsageError
from origin.licenses.combination import Mode, combine
from origin.licenses.compatibility import compatible
from origin.licenses.terms import all_terms

CERTAIN = [case for case in CASES if case.certain]
SOURCES = st.sampled_from(sorted({source for case in CASES for source in case.sources}))
KNOWN = (
    "MIT",
    "Apache-2.0",
    "GPL-3.0-only",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-4.0",
    "ODbL-1.0",
    "CC0-1.0",
    "Zlib",
)
PUBLISHING = ("remix", "adaptation", "collection", "produced-work")


@pytest.mark.parametrize("case", CERTAIN, ids=lambda case: f"{' + '.join(case.sources)} {case.mode}")
def test_a_mix_is_what_the_licence_texts_make_of_it(case: Case) -> None:
    found = combine(case.sources, case.mode)  # type: ignore[arg-type]
    assert found.conflict == case.conflict, case.authority
    assert all(set(either.split("|")) & set(found.outbound) for either in case.outbound_has), case.authority
    assert not set(case.outbound_lacks) & set(found.outbound), case.authority
    assert set(case.obligations) <= set(found.obligations), case.authority
    assert set(case.prohibitions) <= set(found.prohibitions), case.authority
    for source, branch in case.choice:
        assert found.choice.get(source, source) in branch.split("|"), case.authority
    if case.note.startswith("REVIEW:"):
        assert any(one.severity in {"review", "blocker"} for one in found.findings)
    if case.conflict:
        assert found.outbound == ()
        assert any(one.severity in {"review", "blocker"} for one in found.findings)


def test_there_are_cases_enough() -> None:
    assert len(CERTAIN) > 120


@given(st.lists(SOURCES, max_size=4), st.sampled_from(PUBLISHING))
def test_another_source_never_adds_an_outbound_licence(sources: list[str], mode: Mode) -> None:
    whole, less = combine(sources, mode), combine(sources[:-1], mode)
    assert whole.conflict or not less.conflict
    # Licences of the sources themselves are asked about in both.
    own = {source for source in sources[:-1] if source in whole.outbound}
    assert own <= set(less.outbound)


@given(st.lists(SOURCES, max_size=4), st.sampled_from(get_args(Mode)))
def test_neither_order_nor_repetition_changes_what_is_possible(sources: list[str], mode: Mode) -> None:
    first = combine(sources, mode)
    for order in list(permutations(sources))[:6]:
        other = combine([*order, *order], mode)
        assert (other.conflict, set(other.outbound)) == (first.conflict, set(first.outbound))


@given(SOURCES, SOURCES)
def test_what_a_pair_may_go_under_each_of_both_fits(one: str, other: str) -> None:
    for outbound in combine([one, other], "adaptation").outbound:
        if " AND " not in outbound and "LicenseRef-" not in outbound:
            assert compatible(outbound, one, "adaptation").verdict != "incompatible"
            assert compatible(outbound, other, "adaptation").verdict != "incompatible"


def test_three_sources_may_exclude_each_other_where_no_two_do() -> None:
    sources = ["EUPL-1.2", "CC-BY-SA-3.0", "CC-BY-SA-4.0"]
    found = combine(sources, "adaptation")
    (finding,) = found.findings
    assert (found.conflict, found.outbound, finding.severity) == (True, (), "blocker")
    assert finding.licenses == tuple(sources)
    assert all(not combine(pair, "adaptation").conflict for pair in permutations(sources, 2))


def test_a_conflict_names_the_smallest_set_that_has_it_and_leaves_the_others_out() -> None:
    found = combine(["MIT", "CC-BY-4.0", "GPL-2.0-only", "Apache-2.0", "CC0-1.0"], "adaptation")
    assert [one.licenses for one in found.findings] == [("GPL-2.0-only", "Apache-2.0")]


def test_many_alternatives_cost_no_search() -> None:
    sources = [f"(MIT OR GPL-2.0-only) AND LicenseRef-{number}" for number in range(5)]
    assert combine(sources, "adaptation").conflict
    assert not combine(["MIT OR GPL-2.0-only OR Apache-2.0"] * 500, "adaptation").conflict


@pytest.mark.parametrize("source", [{"license": "MIT"}, "MIT", None, {"license": None}, {}])
def test_a_source_is_a_claim_or_holds_one(source: Any) -> None:
    assert combine([source], "internal").conflict is False


@pytest.mark.parametrize(
    ("sources", "mode"),
    [
        ([7], "internal"),
        (7, "internal"),
        ([{"license": 7}], "internal"),
        ([{"text": "MIT", "where": "README"}], "internal"),
        ([{"licenses": ["MIT"]}], "internal"),
        ({"expression": "MIT"}, "internal"),
        (["MIT"], "publish"),
    ],
)
def test_what_is_no_source_or_mode_is_refused_in_one_line(sources: Any, mode: Any) -> None:
    with pytest.raises(UsageError) as caught:
        combine(sources, mode)
    assert "\n" not in str(caught.value)


def test_hostile_expressions_cost_no_search() -> None:
    sources = [" AND ".join(f"(MIT OR LicenseRef-{j}-{i})" for i in range(8)) for j in range(10)]
    found = combine(sources, "adaptation")
    assert found.conflict
    assert {one.rule for one in found.findings} == {"no-outbound: too-large"}
    assert combine([" AND ".join("(MIT OR ISC OR Zlib)" for _ in range(3))], "adaptation").outbound


@pytest.mark.parametrize("copyleft", ["GPL-3.0-only", "GPL-3.0-or-later", "AGPL-3.0-only", "LGPL-3.0-only"])
def test_a_noncommercial_collection_may_be_no_aggregate(copyleft: str) -> None:
    found = combine([copyleft, "CC-BY-NC-4.0", "MIT"], "collection")
    (finding,) = found.findings
    assert (found.conflict, found.outbound) == (False, ("CC-BY-NC-4.0",))
    assert (finding.severity, finding.rule) == ("review", "no-outbound: aggregate-clause")
    assert finding.licenses == (copyleft, "CC-BY-NC-4.0")
    assert "section 5" in finding.authority


@pytest.mark.parametrize(
    "sources",
    [
        ["GPL-2.0-only", "CC-BY-NC-4.0"],
        ["GPL-2.0-only OR GPL-3.0-only", "CC-BY-NC-4.0"],
        ["GPL-3.0-only", "CC-BY-ND-4.0"],
        ["GPL-3.0-only", "MIT"],
    ],
)
def test_other_collections_raise_no_question(sources: list[str]) -> None:
    found = combine(sources, "collection")
    assert (found.conflict, found.findings) == (False, ())
    assert found.outbound


@pytest.mark.parametrize(
    "sources",
    [
        ["CC-BY-SA-4.0", "CC-BY-ND-4.0"],
        ["CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"],
        ["GPL-3.0-only", "GPL-2.0-only"],
        ["CC-BY-NC-4.0", "GPL-3.0-only"],
    ],
)
def test_weights_that_fit_no_licence_as_an_adaptation_are_for_a_person(sources: list[str]) -> None:
    found = combine(sources, "share-weights")
    assert not found.conflict
    assert set(found.outbound) == set(sources)
    first = found.findings[0]
    assert (first.severity, first.rule[:12]) == ("review", "no-outbound:")
    assert "if weights are an adaptation" in first.text


def test_what_binds_the_model_itself_is_no_open_question() -> None:
    found = combine(["LicenseRef-Gemma", "CC-BY-SA-4.0"], "share-weights")
    assert (found.conflict, found.outbound) == (False, ("LicenseRef-Gemma",))
    unknown = combine(["LicenseRef-Ours", "MIT"], "share-weights")
    assert (unknown.conflict, unknown.outbound) == (True, ())


@pytest.mark.parametrize("mode", ["adaptation", "share-weights"])
def test_two_licences_on_record_are_no_unknown_ones(mode: Mode) -> None:
    found = combine(["LicenseRef-Llama-3.1", "LicenseRef-Gemma"], mode)
    (finding,) = (one for one in found.findings if one.rule.startswith("no-outbound"))
    assert (finding.severity, finding.rule) == ("review", "no-outbound: unknown-pair")
    assert "no authority" in finding.text
    assert found.conflict == (mode == "adaptation")
    assert set(found.outbound) == (set() if found.conflict else {"LicenseRef-Llama-3.1", "LicenseRef-Gemma"})


@given(st.lists(st.sampled_from(KNOWN), min_size=1, max_size=3, unique=True), st.sampled_from(PUBLISHING))
def test_the_first_outbound_licence_is_the_branch_taken(choices: list[str], mode: Mode) -> None:
    text = " OR ".join([*choices, "LicenseRef-Ours"])
    found = combine([text], mode)
    assert "LicenseRef-Ours" not in found.outbound[:-1]
    if found.outbound and found.outbound[0] in choices:
        assert found.choice[text] == found.outbound[0]


@given(st.lists(SOURCES, max_size=4), st.sampled_from((*PUBLISHING, "share-weights")))
def test_without_an_outbound_licence_there_is_a_conflict_and_with_one_there_is_none(
    sources: list[str], mode: Mode
) -> None:
    found = combine(sources, mode)
    assert found.conflict == (bool(sources) and not found.outbound)


@pytest.mark.parametrize("outbound", ["GPL-3.0-or-later", "GPL-2.0-or-later"])
def test_what_cc_by_sa_reaches_is_version_3_alone(outbound: str) -> None:
    found = combine(["CC-BY-SA-4.0", outbound], "adaptation")
    assert (found.conflict, found.outbound) == (False, ("GPL-3.0-only",))
    assert found.choice == {outbound: "GPL-3.0-only"}
    (finding,) = found.findings
    assert (finding.severity, finding.rule, finding.licenses) == ("info", "or-later", (outbound, "CC-BY-SA-4.0"))
    reasons = compatible(outbound, "CC-BY-SA-4.0", "adaptation").reasons
    assert any("version 3" in one.text and "compatiblelicenses" in one.authority for one in reasons)


def test_many_wide_choices_cost_no_search() -> None:
    names = [record.id for record in all_terms()]
    sources = [" OR ".join([*(f"LicenseRef-{j}-{i}" for i in range(40)), *names[j : j + 20]]) for j in range(40)]
    began = time.process_time()
    found = combine(sources, "share-weights")
    assert time.process_time() - began < 10
    assert found.conflict
    assert "no-outbound: too-large" in {one.rule for one in found.findings}
    again = combine(sources[::-1], "share-weights")
    assert {one.licenses for one in again.findings} == {one.licenses for one in found.findings}


def test_sixty_licences_take_less_than_half_a_second() -> None:
    sources = [record.id for record in all_terms()][:60]
    combine(sources, "adaptation")  # the tables are read once
    for mode in get_args(Mode):
        taken = []
        for _ in range(3):  # the least: other threads and the collector count too
            began = time.process_time()
            combine([*sources, "MIT OR Apache-2.0 OR GPL-2.0-or-later"], mode)
            taken.append(time.process_time() - began)
        assert min(taken) < 0.5, mode
