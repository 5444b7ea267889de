"""What stands against a mix of sources: by the licences that they go by, and by what else is claimed for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin import ProvenanceDatabase
from origin.core.record import Claim, Source, declared
from origin.hooks.base import BaseHook
from origin.licenses.combination import combine
from origin.licenses.reading import read
from origin.query.claims import claimed_license, other_claims, rival_claims
from origin.query.exposure import Exposure
from origin.query.licensing import combination, conflicts, counted_conflicts, counted_obstacles, obstacles
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from origin.licenses.combination import Mode

CLAIMS = (
    "MIT", "Apache-2.0", "GPL-2.0-only", "GPL-3.0-only", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0",
    "MIT OR GPL-2.0-only", "bsd", "gpl", "house rules", "no license", "NOASSERTION", "LicenseRef-house", "llama3.1",
)  # fmt: skip
MODES: tuple[Mode, ...] = ("remix", "adaptation", "collection", "share-weights", "produced-work")


def source(name: str, license_id: str | None, *read_elsewhere: str) -> Source:
    stated = () if license_id is None else (declared(license_id),)
    return Source(name, license_id, claims=(*stated, *(Claim(text, f"README of {name}") for text in read_elsewhere)))


def mixes(largest: int) -> st.SearchStrategy[list[Source]]:
    claimed = st.tuples(st.none() | st.sampled_from(CLAIMS), st.lists(st.sampled_from(CLAIMS), max_size=2))
    listed = st.lists(claimed, max_size=largest)
    return listed.map(lambda all_: [source(f"s{n}", one, *others) for n, (one, others) in enumerate(all_)])


@given(mixes(4), st.sampled_from(MODES))
def test_where_combine_says_conflict_something_is_named(sources: list[Source], mode: Mode) -> None:
    mix = combination(sources, mode)
    found = [one for one in (*conflicts(sources, mode), *obstacles(sources, mode)) if not one.supposes]
    if mix.conflict:
        assert found
    for finding in mix.findings:
        if finding.severity == "blocker":
            assert any(one.reason == finding.text for one in found)


@given(mixes(4), st.sampled_from(MODES))
def test_a_conflict_is_between_licences_that_are_known(sources: list[Source], mode: Mode) -> None:
    for one in conflicts(sources, mode):
        assert len(one.licenses) > 1
        assert all(read(text).alternatives for text in one.licenses)


@given(mixes(4), st.sampled_from(MODES))
def test_what_else_is_claimed_adds_reviews_and_takes_nothing_away(sources: list[Source], mode: Mode) -> None:
    plain = [source(one.source_id, claimed_license(one)) for one in sources]
    for find in (conflicts, obstacles):
        found = find(sources, mode)
        stated = find(plain, mode)
        assert found[: len(stated)] == stated
        for one in found[len(stated) :]:
            assert one.severity == "review"
            assert one.reason.startswith("if the claim")
            assert {claim.text for claim in one.supposes} <= set(one.licenses)


@given(mixes(3), st.sampled_from(MODES), st.randoms(use_true_random=False))
def test_the_order_of_the_sources_is_no_matter(sources: list[Source], mode: Mode, random: Random) -> None:
    turned = random.sample(sources, len(sources))
    for find in (conflicts, obstacles):
        one, other = find(sources, mode), find(turned, mode)
        assert {(frozenset(each.licenses), each.sources, each.severity) for each in one} == {
            (frozenset(each.licenses), each.sources, each.severity) for each in other
        }


def test_one_source_does_not_conflict_with_what_is_claimed_for_itself() -> None:
    sources = [source("a", "GPL-2.0-only", "CC-BY-NC-4.0"), source("b", "MIT")]
    assert conflicts(sources) == []
    assert combine(["GPL-2.0-only", "CC-BY-NC-4.0"], "remix").conflict


def test_samples_of_one_source_under_licences_of_their_own_may_conflict() -> None:
    of_samples = [Source("a", text, claims=(Claim(text, "stated for the sample"),)) for text in ("MIT", "CC-BY-ND-4.0")]
    (found,) = conflicts(of_samples)
    assert (found.licenses, found.sources, found.severity) == (("CC-BY-ND-4.0", "MIT"), ("a",), "blocker")


def test_two_claims_that_exclude_each_other_are_found_where_both_sources_have_a_tamer_one() -> None:
    sources = [source("a", "MIT", "CC-BY-NC-4.0"), source("b", "GPL-3.0-only", "CC-BY-NC-4.0")]
    (found,) = conflicts(sources)
    assert (found.licenses, found.sources) == (("GPL-3.0-only", "CC-BY-NC-4.0"), ("a", "b"))


def test_three_that_exclude_each_other_only_together_are_found_past_the_pair_of_one_source() -> None:
    rival, *others = "CC-BY-SA-4.0 OR ODbL-1.0", "ODbL-1.0 OR CDLA-Sharing-1.0", "CC-BY-SA-4.0 OR CDLA-Sharing-1.0"
    sources = [source("a", "CDLA-Sharing-1.0", rival), source("b", others[0]), source("c", others[1])]
    (found,) = conflicts(sources)
    assert (set(found.licenses), found.sources) == ({rival, *others}, ("a", "b", "c"))
    assert [claim.text for claim in found.supposes] == [rival]


def test_a_claim_of_no_derivatives_stands_against_the_other_sources_alone() -> None:
    sources = [source("a", "CC-BY-4.0", "CC-BY-ND-4.0"), source("b", "MIT"), source("c", None)]
    (found,) = conflicts(sources)
    assert (found.licenses, found.sources, found.severity) == (("CC-BY-ND-4.0", "MIT"), ("a", "b"), "review")


def test_a_claim_that_no_licence_is_granted_stands_in_the_way_if_it_is_right() -> None:
    (found,) = obstacles([source("a", "MIT", "all rights reserved"), source("b", "ISC")])
    assert (found.licenses, found.sources, found.severity) == (("all rights reserved",), ("a",), "review")
    assert found.remedy == "find out which claim is right; if it is this one, ask the holder, or leave it out"


@pytest.mark.parametrize(
    ("license_id", "others", "rivals"),
    [
        ("MIT", ["MIT", "The MIT License"], []),
        ("MIT", ["house rules", "unknown"], []),
        ("CC-BY-4.0", ["CC-BY-NC-4.0"], ["CC-BY-NC-4.0"]),
        ("CC-BY-NC-4.0", ["CC-BY-4.0"], []),
        ("gpl", ["GPL-3.0-only"], []),
        ("house rules", ["CC-BY-NC-4.0"], ["CC-BY-NC-4.0"]),
        ("MIT", ["CC-BY-SA-4.0", "CC-BY-NC-4.0", "no license"], ["no license"]),
        ("MIT", ["CC-BY-SA-4.0", "CC-BY-NC-4.0", "cc-by-nc-4.0"], ["CC-BY-SA-4.0", "CC-BY-NC-4.0"]),
        ("no license", ["MIT"], []),
    ],
)
def test_the_claims_that_are_tried(license_id: str, others: list[str], rivals: list[str]) -> None:
    found = rival_claims(source("a", license_id, *others))
    assert [claim.text for claim in found] == rivals
    assert set(found) <= set(other_claims(source("a", license_id, *others)))


def test_how_much_is_touched_is_counted_of_the_sources_that_take_part(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source("b", license_id="CC-BY-4.0", claims=[Claim("CC-BY-NC-4.0", "README.md")])
        with db.begin_session("x") as session:
            list(BaseHook(db, session.session_id, "a", "GPL-3.0-only").wrap([["shared", "a"], ["shared"]]))
            list(BaseHook(db, session.session_id, "b").wrap([["shared", "b"]]))
            list(BaseHook(db, session.session_id, "web").wrap([["shared", "w"]]))
            list(BaseHook(db, session.session_id, "c", "MIT").wrap([["c"]]))
    with Reader(path) as reader:
        session_read = reader.sessions()[0]
        (conflict,) = counted_conflicts(reader, session_read)
        (alone,) = counted_obstacles(reader, session_read)
    assert (conflict.sources, conflict.affected) == (("a", "b"), Exposure(5, 3, 3, 0))
    assert (alone.sources, alone.affected) == (("web",), Exposure(2, 2, 1, 0))
