from __future__ import annotations

from itertools import permutations
from typing import Any, get_args

import pytest
from combination_cases import CASES, Case
from hypothesis import given
from hypothesis import strategies as st

from origin.errors import UsageError
from origin.licenses.combination import Mode, combine
from origin.licenses.compatibility import compatible

CERTAIN = [case for case in CASES if case.certain]
SOURCES = st.sampled_from(sorted({source for case in CASES for source in case.sources}))
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


@pytest.mark.parametrize(("sources", "mode"), [([7], "internal"), ([{"license": 7}], "internal"), (["MIT"], "publish")])
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
