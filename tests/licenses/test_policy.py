from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.errors import UsageError
from origin.licenses.outcome import RANK
from origin.licenses.policy import BUILT_IN, Policy, load_policy
from origin.licenses.terms import all_terms

TEAM = """
name = "team"

[use]
action = "train"
commercial = true

[licenses]
allow = ["GFDL-1.3-only", {license = "CC-BY-SA-*", reason = "counsel, ticket 12"}]
deny = [
    "AGPL-*",
    "GPL-2.0",  # deprecated id
]
review = ["MIT", "AGPL-1.0-only"]

[claims]
unknown = "deny"
no-license = "review"

[signals]
denied = "review"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "team.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def team(tmp_path: Path) -> Policy:
    return load_policy(written(tmp_path, TEAM))


def test_the_built_in_policies_differ_in_what_is_commercial() -> None:
    research, commercial = load_policy("research"), load_policy("commercial")
    assert [policy.name for policy in (research, commercial)] == ["research", "commercial"]
    assert research.check("CC-BY-NC-4.0").verdict == "allowed"
    assert commercial.check("CC-BY-NC-4.0").verdict == "denied"
    assert (research.check("no license").verdict, commercial.check("no license").verdict) == ("needs-review", "denied")
    reserved = [{"kind": "tdmrep", "value": 1}]
    assert research.check("MIT", reserved).verdict == "needs-review"
    assert commercial.check("MIT", reserved).verdict == "denied"
    assert commercial.check("unknown").verdict == "needs-review"
    assert sorted(path.stem for path in BUILT_IN.glob("*.toml")) == ["commercial", "research"]


def test_a_check_may_differ_in_its_use() -> None:
    policy = load_policy("commercial")
    assert policy.check("CC-BY-SA-4.0").verdict == "allowed"
    assert policy.check("CC-BY-SA-4.0", share="weights").verdict == "needs-review"
    assert policy.check(["CC-BY-4.0", {"text": "CC-BY-NC-4.0", "where": "card"}], commercial=False).verdict == "allowed"
    with pytest.raises(UsageError, match="no key 'comercial'"):
        policy.check("MIT", comercial=False)


def test_the_lists_decide_and_the_line_is_named(team: Policy) -> None:
    for claim, verdict, rule, line in (
        ("AGPL-3.0-only", "denied", "policy-deny", 11),
        ("gpl-2.0", "denied", "policy-deny", 12),
        ("MIT", "needs-review", "policy-review", 14),
        ("GFDL-1.3-only", "allowed", "policy-allow", 9),
    ):
        found = team.check(claim)
        reason = next(reason for reason in found.reasons if reason.rule == rule)
        assert (found.verdict, reason.authority) == (
            verdict,
            f"policy team, licenses.{rule.removeprefix('policy-')} (team.toml, line {line})",
        )


def test_the_most_specific_entry_counts(team: Policy) -> None:
    assert team.check("AGPL-1.0-only").verdict == "needs-review"
    assert team.check("AGPL-1.0-or-later").verdict == "denied"


def test_allow_settles_what_is_open_and_lifts_no_denial(team: Policy) -> None:
    assert team.check("CC-BY-SA-4.0", share="weights").verdict == "allowed"
    reason = next(one for one in team.check("CC-BY-SA-4.0", share="weights").reasons if one.rule == "policy-allow")
    assert "counsel, ticket 12" in reason.text
    unmet = team.check("CC-BY-SA-4.0", share="weights", attribution_given=False)
    assert unmet.verdict == "denied"
    assert "does not lift" in next(one.text for one in unmet.reasons if one.rule == "policy-allow")


LISTED = (
    # a port that SPDX does not list meets the patterns of its family, and is close to its family's licence
    ("CC-BY-NC-*", "https://creativecommons.org/licenses/by-nc/3.0/us/", "denied"),
    ("CC-BY-NC-3.0", "https://creativecommons.org/licenses/by-nc/3.0/us/", "needs-review"),
    ("CC-BY-NC-SA-3.0", "CC-BY-NC-SA-3.0-DE", "needs-review"),
    ("CC-BY-NC-SA-*", "https://creativecommons.org/licenses/by-nc/3.0/us/", "allowed"),
    # no later version is left to choose
    ("MPL-2.0", "MPL-2.0+", "denied"),
    ("GPL-3.0-only", "GPL-3.0-or-later", "denied"),
    ("agpl-3.0", "AGPL-3.0+", "denied"),
    # another version is left
    ("GPL-2.0", "GPL-2.0-or-later", "needs-review"),
    ("Apache-1.1", "Apache-1.1+", "needs-review"),
    ("GPL-3.0-or-later", "GPL-3.0-only", "needs-review"),
    ("MPL-2.0+", "MPL-2.0", "needs-review"),
    # another licence
    ("GPL-3.0-only", "GPL-2.0-or-later", "allowed"),
    ("GPL-3.0-only", "LGPL-3.0-only", "allowed"),
    ("GPL-2.0-only", "GPL-2.0-only WITH Classpath-exception-2.0", "allowed"),
    ("LicenseRef-Non-Commercial-Government-Licence-2.0", "NCGL-UK-2.0", "allowed"),
    ("NCGL-UK-2.0", "LicenseRef-Non-Commercial-Government-Licence-2.0", "denied"),
)


@pytest.mark.parametrize(("listed", "claim", "verdict"), LISTED)
def test_a_deny_list_is_not_passed_by_another_spelling(tmp_path: Path, listed: str, claim: str, verdict: str) -> None:
    use = '[use]\naction = "train"\ncommercial = false\nshare = "none"\n[licenses]\n'
    plain = load_policy(written(tmp_path, use)).check(claim).verdict
    found = load_policy(written(tmp_path, f'{use}deny = ["{listed}"]\n')).check(claim)
    assert found.verdict == (plain if verdict == "allowed" else verdict)
    assert ("policy-deny" in {one.rule for one in found.reasons}) == (verdict != "allowed")
    allowing = load_policy(written(tmp_path, f'{use}allow = ["{listed}"]\nothers = "deny"\n')).check(claim)
    assert (allowing.verdict == "denied") == ("*" not in listed or verdict == "allowed") or "NCGL" in listed


def test_review_and_exact_entries_count_before_close_ones(tmp_path: Path) -> None:
    use = '[use]\naction = "train"\n[licenses]\n'
    exact = load_policy(written(tmp_path, f'{use}deny = ["GPL-3.0-only"]\nallow = ["GPL-3.0-or-later"]\n'))
    assert exact.check("GPL-3.0-or-later").verdict == "allowed"
    pattern = load_policy(written(tmp_path, f'{use}deny = ["GPL-2.0-only"]\nallow = ["GPL-*"]\n'))
    assert pattern.check("GPL-2.0-or-later").verdict == "needs-review"
    review = load_policy(written(tmp_path, f'{use}review = ["GPL-3.0-only"]\n'))
    assert review.check("GPL-3.0-or-later").verdict == "needs-review"
    both = load_policy(written(tmp_path, f'{use}deny = ["GPL-2.0-only", "GPL-3.0-only"]\n'))
    assert both.check("GPL-2.0-or-later").verdict == "denied"


def test_a_denied_alternative_is_not_taken(team: Policy) -> None:
    found = team.check("AGPL-3.0-only OR Apache-2.0")
    assert (found.verdict, found.choice) == ("allowed", (("AGPL-3.0-only OR Apache-2.0", "Apache-2.0"),))
    assert team.check("AGPL-3.0-only AND Apache-2.0").verdict == "denied"


def test_claims_that_name_nothing_go_as_the_team_says(team: Policy) -> None:
    for claim, verdict in (
        (None, "needs-review"),
        ("words of ours", "denied"),
        ("All rights reserved", "needs-review"),
    ):
        assert team.check(claim).verdict == verdict
    assert {one.severity for one in team.check("All rights reserved").reasons} == {"review"}
    reason = next(one for one in team.check("words of ours").reasons if one.rule == "policy-unknown")
    assert reason.authority == "policy team, claims.unknown (team.toml, line 17)"


def test_a_signal_that_denies_does_what_the_team_says(tmp_path: Path, team: Policy) -> None:
    reserved = [{"kind": "content-usage", "value": "train-ai=n"}]
    found = team.check("Apache-2.0", reserved)
    assert found.verdict == "needs-review"
    assert "signals.denied (team.toml, line 21)" in found.reasons[0].authority
    ignoring = load_policy(written(tmp_path, TEAM.replace('denied = "review"', 'denied = "ignore"')))
    assert ignoring.check("Apache-2.0", reserved).verdict == "allowed"
    opened = [{"kind": "content-usage", "value": "train-ai=y"}]
    assert team.check("AGPL-3.0-only", opened).verdict == "denied"


def test_a_team_may_accept_listed_licences_only(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, '[use]\naction = "train"\n[licenses]\nallow = ["MIT"]\nothers = "deny"\n'))
    assert (policy.name, policy.check("MIT").verdict, policy.check("ISC").verdict) == ("team", "allowed", "denied")
    reason = next(one for one in policy.check("ISC").reasons if one.rule == "policy-others")
    assert reason.authority == "policy team, licenses.others (team.toml, line 5)"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[use", "is no TOML file"),
        ("", "key use: A use needs the key 'action'"),
        ("use = 3", "key use: it is a table"),
        ("[use]\naction = 'eat'", "key use: use key 'action' is one of"),
        ("[use]\naction = 'train'\n[license]", "key license: there is no such key"),
        ("[use]\naction = 'train'\n[licenses]\nallowed = []", "key licenses.allowed: there is no such key"),
        ("[use]\naction = 'train'\n[licenses]\nallow = 'MIT'", "key licenses.allow: it is a list"),
        ("[use]\naction = 'train'\n[licenses]\nallow = [3]", r"key licenses.allow\[0\]: it is a licence id"),
        ("[use]\naction = 'train'\n[licenses]\nallow = ['Foo-1.0']", "Foo-1.0 is on no list"),
        ("[use]\naction = 'train'\n[licenses]\nallow = ['MIT AND']", "is no licence id"),
        ("[use]\naction = 'train'\n[licenses]\nallow = ['MIT OR ISC']", "names several licences"),
        ("[use]\naction = 'train'\n[licenses]\nallow = ['*']", "a pattern is the beginning"),
        ("[use]\naction = 'train'\n[licenses]\nallow = ['G*L*']", "a pattern is the beginning"),
        ("[use]\naction = 'train'\n[licenses]\nallow = ['MIT']\ndeny = ['mit']", "stands on 'allow' too"),
        ("[use]\naction = 'train'\n[licenses]\nallow = [{license = 'MIT', why = ''}]", r"allow\[0\].why: there is no"),
        (
            "[use]\naction = 'train'\n[claims]\nunknown = 'allow'",
            "key claims.unknown: it is one of rules, review, deny",
        ),
        ("[use]\naction = 'train'\n[signals]\ndenied = true", "key signals.denied: it is one of"),
        ("name = 3\n[use]\naction = 'train'", "key name: it is a string"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what) as raised:
        load_policy(written(tmp_path, text))
    assert str(tmp_path / "team.toml") in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["reserch", "/nowhere/policy.toml", Path("research")])
def test_a_policy_that_is_not_there_is_told_with_those_that_are(name: Any) -> None:
    with pytest.raises(UsageError, match="Built in are commercial, research"):
        load_policy(name)


def test_claims_are_texts(team: Policy) -> None:
    for wrong in ([3], [{"where": "card"}], 3):
        with pytest.raises(UsageError):
            team.check(wrong)  # type: ignore[arg-type]


NAMES = sorted(record.id for record in all_terms())
COMMERCIAL = load_policy("commercial")


@given(
    st.lists(st.sampled_from([*NAMES, "gpl", "unknown"]), min_size=1, max_size=3), st.sampled_from(["none", "weights"])
)
def test_a_policy_without_lists_says_what_the_licences_say(claims: list[str], share: str) -> None:
    from origin.licenses.evaluation import evaluate

    found = COMMERCIAL.check(claims, share=share)
    assert found == evaluate(claims, {"action": "train", "commercial": True, "share": share})
    assert found.verdict in RANK
