from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin import ProvenanceDatabase
from origin.core.record import Claim
from origin.hooks.base import BaseHook
from origin.query.presence import Branch, LicensePresence, find_license
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path


def found(path: Path, license_id: str) -> LicensePresence:
    with Reader(path) as reader:
        return find_license(reader, license_id)


def recorded(path: Path, *claims: str | None) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        for number, claim in enumerate(claims):
            list(BaseHook(db, session.session_id, f"source {number}", claim).wrap([[b"%d" % number]]))


def test_a_licence_is_found_through_the_branch_of_an_expression(path: Path) -> None:
    recorded(path, "MIT OR GPL-3.0-or-later", "ISC")
    (use,) = found(path, "GPL-3.0-or-later").uses
    assert use.sources == ("source 0",)
    assert use.branches == (Branch("source 0", "MIT OR GPL-3.0-or-later", "GPL-3.0-or-later"),)
    assert found(path, "GPL-3.0-only").uses == ()


@pytest.mark.parametrize(
    ("claim", "wanted", "through"),
    [
        ("GPL-3.0+", "GPL-3.0-or-later", "GPL-3.0-or-later"),
        ("Apache License 2.0", "Apache-2.0", "Apache-2.0"),
        ("MIT AND (ISC OR Zlib)", "MIT AND Zlib", "MIT AND Zlib"),
        ("MIT AND (ISC OR Zlib)", "ISC", "ISC AND MIT"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only", None),
        ("MIT", "MIT AND ISC", None),
        ("MIT-0", "MIT", None),
        ("house rules", "HOUSE RULES", "house rules"),
        ("proprietary", "MIT", None),
        (None, "MIT", None),
    ],
)
def test_claims_are_compared_by_what_they_mean(path: Path, claim: str | None, wanted: str, through: str | None) -> None:
    recorded(path, claim)
    uses = found(path, wanted).uses
    assert [branch.through for use in uses for branch in use.branches] == ([] if through is None else [through])


def test_an_ambiguous_claim_is_neither_present_nor_absent(path: Path) -> None:
    recorded(path, "bsd", "MIT")
    for license_id in ("BSD-3-Clause", "BSD-2-Clause"):
        presence = found(path, license_id)
        assert (presence.uses, presence.possible) == ((), ("bsd",))
    assert found(path, "MIT").possible == ()


def test_a_licence_is_found_in_any_claim_for_a_source(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source("data", license_id="MIT", claims=[Claim("cc-by-4.0", "README.md", "2026-01-02")])
        with db.begin_session("x") as session:
            list(BaseHook(db, session.session_id, "data").wrap([[b"a"]]))
    (use,) = found(path, "CC-BY-4.0").uses
    assert use.branches == (Branch("data", "cc-by-4.0", "CC-BY-4.0"),)


@pytest.mark.parametrize(
    ("claim", "wanted", "matched"),
    [
        ("MIT OR GPL-3.0-or-later", "GPLv3", ("GPL-3.0-or-later",)),
        ("GPL-3.0-only", "GPL", ("GPL-3.0-only",)),
        ("CC BY-NC 4.0", "cc-by-nc", ("CC-BY-NC-4.0",)),
        ("GPL-2.0-only", "GPLv3", None),
        ("MIT OR GPL-3.0-or-later", "gpl*", ("GPL-3.0-or-later",)),
        ("CC-BY-NC-SA-4.0 AND MIT", "CC-BY-NC-*", ("CC-BY-NC-SA-4.0",)),
        ("https://creativecommons.org/licenses/by-nc/3.0/us/", "CC-BY-NC-*", ("LicenseRef-CC-BY-NC-3.0-US",)),
        ("LGPL-3.0-only", "GPL*", None),
        ("house rules", "house*", None),
    ],
)
def test_what_may_mean_several_is_looked_for_in_all_its_meanings(
    path: Path, claim: str, wanted: str, matched: tuple[str, ...] | None
) -> None:
    recorded(path, claim)
    presence = found(path, wanted)
    assert (presence.matched, bool(presence.uses)) == (matched or (), matched is not None)
    assert presence.status == ("pattern" if "*" in wanted else "ambiguous")


def test_a_vague_claim_may_be_what_a_vague_question_means(path: Path) -> None:
    recorded(path, "gpl", "MIT")
    presence = found(path, "GPLv3")
    assert (presence.uses, presence.possible) == ((), ("gpl",))
    assert presence.candidates == ("GPL-3.0-only", "GPL-3.0-or-later")
    assert [use.sources for use in found(path, "GPL").uses] == [("source 0",)]
    assert found(path, "GPL-*").possible == ("gpl",)
