from __future__ import annotations

import re

import pytest

from origin.licenses.rules import RULES, Conflict, conflicts


def rules_of(*licenses: str | None) -> list[str]:
    return [found.rule for found in conflicts([(f"source {n}", license_id) for n, license_id in enumerate(licenses)])]


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        ("GPL-2.0-only", "Apache-2.0", "gpl2-only-apache2"),
        ("gpl-2.0-ONLY", "apache-2.0", "gpl2-only-apache2"),
        ("GPL-2.0-only", "GPL-3.0-only", "gpl2-only-gpl3"),
        ("GPL-2.0-only", "GPL-3.0-or-later", "gpl2-only-gpl3"),
        ("GPL-2.0-only", "LGPL-3.0-or-later", "gpl2-only-lgpl3"),
        ("GPL-2.0-only", "AGPL-3.0-only", "gpl2-only-agpl3"),
        ("GPL-3.0-or-later", "BSD-4-Clause", "gpl-bsd4"),
        ("GPL-2.0-or-later", "CDDL-1.0", "gpl-cddl1"),
        ("CC-BY-SA-4.0", "CC-BY-NC-4.0", "cc-by-sa-by-nc"),
        ("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", "cc-by-sa-by-nc-sa"),
        ("CC-BY-ND-4.0", "CC-BY-4.0", "cc-nd-remix"),
        ("CC-BY-NC-ND-4.0", "CC0-1.0", "cc-nd-remix"),
        ("CC-BY-ND-4.0", "CC-BY-NC-ND-4.0", "cc-nd-nd"),
    ],
)
def test_a_known_pair_is_a_conflict_in_either_order(first: str, second: str, rule: str) -> None:
    assert rules_of(first, second) == [rule]
    assert rules_of(second, first) == [rule]


@pytest.mark.parametrize(
    "licenses",
    [
        (),
        (None,),
        ("GPL-2.0-only", None),
        ("GPL-2.0-only", "unknown"),
        ("GPL-2.0-only",),
        ("GPL-2.0-only", "GPL-2.0-only"),
        ("GPL-2.0-or-later", "Apache-2.0"),
        ("GPL-3.0-only", "Apache-2.0"),
        ("MIT", "Apache-2.0"),
        ("CC-BY-4.0", "CC-BY-SA-4.0"),
        ("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"),
        ("CC-BY-ND-4.0", "CC-BY-ND-4.0"),
        ("GPL-2.0-only OR MIT", "Apache-2.0"),
        ("not GPL-2.0-only", "Apache-2.0"),
        ("GPL-2.0-only ", "Apache-2.0"),
        ("gpl", "apache"),
    ],
)
def test_what_no_rule_names_whole_is_no_conflict(licenses: tuple[str | None, ...]) -> None:
    assert rules_of(*licenses) == []


def test_a_conflict_names_all_sources_of_both_licences_as_they_were_claimed() -> None:
    claimed = [("b", "GPL-2.0-only"), ("a", "apache-2.0"), ("c", "GPL-2.0-only"), ("d", "MIT"), ("b", "GPL-2.0-only")]
    (found,) = conflicts(claimed)
    assert isinstance(found, Conflict)
    assert found.licenses == ("GPL-2.0-only", "apache-2.0")
    assert found.sources == ("a", "b", "c")
    assert found.severity == "high"


def test_one_source_that_claims_both_licences_is_a_conflict() -> None:
    (found,) = conflicts([("a", "GPL-2.0-only"), ("a", "Apache-2.0")])
    assert found.sources == ("a",)


def test_every_rule_cites_a_document_by_name_and_address() -> None:
    for rule in RULES:
        assert re.search(r"\w+ .*\(https://[\w.]+/[^ ]+\)$", rule.authority), rule
        assert rule.reason
        assert rule.severity in {"high", "medium"}
        assert not {each.lower() for each in rule.left} & {each.lower() for each in rule.right}
    assert len({rule.rule for rule in RULES}) == len(RULES)
