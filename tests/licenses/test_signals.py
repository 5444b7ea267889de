from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signal_cases import CASES

from origin.errors import UsageError
from origin.licenses.signals import evaluate_signals
from origin.licenses.signals.finding import UnreadableSignalError
from origin.licenses.signals.paths import matches, path_of
from origin.licenses.signals.structured_fields import tokens

TRAIN = {"action": "train"}
TDM = {"action": "tdm"}
KINDS = ("tdmrep", "tdmrep.json", "content-usage", "robots.txt", "cawg.training-mining", "c2pa.training-mining", "rsl")
NAMESPACE = 'xmlns="https://rslstandard.org/rsl"'


def rsl(content: str, url: str = "/") -> dict[str, str]:
    text = f'<rsl {NAMESPACE}><content url="{url}"><license>{content}</license></content></rsl>'
    return {"kind": "rsl", "text": text}


def verdict(signal: dict[str, Any], use: dict[str, Any] = TRAIN) -> str:
    return evaluate_signals([signal], use).verdict


@pytest.mark.parametrize(("signals", "use", "verdict", "authority", "certain"), CASES)
def test_the_verdict_is_that_of_the_standard(
    signals: list[dict[str, Any]], use: dict[str, Any], verdict: str, authority: str, certain: bool
) -> None:
    found = evaluate_signals(signals, use)
    assert found.verdict == verdict, (authority, certain, found.reasons)
    assert len(found.reasons) >= len(signals)


def test_every_signal_leaves_evidence() -> None:
    found = evaluate_signals(
        [{"kind": "tdmrep", "value": "1"}, {"kind": "content-usage", "value": "train-ai=y"}], TRAIN
    )
    assert found.verdict == "denied"
    assert [(reason.kind, reason.verdict) for reason in found.reasons] == [
        ("tdmrep", "denied"),
        ("content-usage", "allowed"),
    ]
    assert all(reason.rule and reason.authority and reason.text for reason in found.reasons)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, "denied"),
        (0, "allowed"),
        (" 1 ", "denied"),
        ("2", "unset"),
        (True, "unset"),
        (None, "unset"),
        ([1], "unset"),
        ("HTTP/1.1 200 OK\r\nTDM-Reservation: 1\r\n", "denied"),
        ('<html><head><meta name="tdm-reservation" content="0"></head>', "allowed"),
        ('<meta name="tdm-reservation" content="0"><META NAME="TDM-Reservation" CONTENT="1">', "denied"),
    ],
)
def test_a_reservation_is_one_or_nought_wherever_it_stands(value: object, expected: str) -> None:
    assert verdict({"kind": "tdmrep", "value": value}, TDM) == expected


def test_a_number_without_end_is_a_protocol_error() -> None:
    assert verdict({"kind": "tdmrep", "value": 10**5000}, TDM) == "unset"


def test_the_policy_of_a_reservation_is_kept_as_evidence() -> None:
    found = evaluate_signals([{"kind": "tdmrep", "value": 1, "policy": "https://example.com/policy"}], TDM)
    assert "https://example.com/policy" in found.reasons[0].text


def test_without_a_path_the_strictest_rule_of_the_file_counts() -> None:
    rules = [{"location": "/a", "tdm-reservation": 0}, {"location": "/b", "tdm-reservation": 1}]
    assert verdict({"kind": "tdmrep.json", "rules": rules}) == "denied"
    assert verdict({"kind": "tdmrep.json", "rules": rules, "path": "https://example.com/a?x=1"}) == "allowed"


@pytest.mark.parametrize(
    ("pattern", "path", "matched"),
    [
        ("/", "/x", True),
        ("/x$", "/x", True),
        ("/x$", "/xy", False),
        ("/*.jpg", "/a/b.jpg?x", True),
        ("/*.jpg$", "/a/b.jpg?x", False),
        ("/a*b*c$", "/a-b-b-c", True),
        ("/a*bc*c$", "/abc", False),
        ("/A", "/a", False),
        ("/%61", "/a", True),
        ("/foo-%24", "/foo-$", False),
        ("/foo-%24", "/foo-%24", True),
        ("*/x", "/y/x", True),
        ("", "/y", True),
    ],
)
def test_patterns_match_as_in_robots_txt(pattern: str, path: str, matched: bool) -> None:
    assert matches(pattern, path) is matched


@given(st.text("/a*$%", max_size=12), st.text("/a$%", max_size=12))
def test_a_pattern_matches_what_begins_with_it(pattern: str, path: str) -> None:
    plain = path_of(path)
    assert matches(plain.replace("$", "").replace("*", ""), plain.replace("$", "").replace("*", "") + "/rest")
    assert matches("*", plain)
    assert isinstance(matches(pattern, plain), bool)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("", {}),
        ("a=y, b=n", {"a": "y", "b": "n"}),
        ("a=y,\tb=n;q=1;r", {"a": "y", "b": "n"}),
        ("a=y, a=n", {"a": "n"}),
        ('a="y", b, c=1.5, d=:YQ==:, e=?1, f=(x "y";z=1 2), g=@123, h=%"x"', dict.fromkeys("abcdefgh")),
    ],
)
def test_dictionaries_are_read(field: str, expected: dict[str, str | None]) -> None:
    assert tokens(field) == expected


@pytest.mark.parametrize(
    "field", ["A=y", "a=y,", "a=", "a=y b=n", "=y", "a=(x", "a=y;", "a=1.2345", 'a="\u00e9"', "a=(x,y)"]
)
def test_a_field_that_breaks_the_grammar_is_unreadable_as_a_whole(field: str) -> None:
    with pytest.raises(UnreadableSignalError):
        tokens(field)
    assert verdict({"kind": "content-usage", "value": f"train-ai=n, {field}"}) == "unset"


def test_several_lines_of_one_field_are_one_field() -> None:
    assert verdict({"kind": "content-usage", "value": ["search=y", "train-ai=n"]}) == "denied"


def test_an_older_category_holds_for_what_lies_in_it() -> None:
    for value, use, expected in (
        ("bots=n", TRAIN, "denied"),
        ("bots=n, train-ai=y", TRAIN, "allowed"),
        ("train-ai=y, train-genai=n", TRAIN, "denied"),
        ("train-ai=y, train-genai=n", {**TRAIN, "generative": False}, "allowed"),
        ("train-ai=n", TDM, "unset"),
        ("tdm=n", TDM, "denied"),
        ("train-ai=n", {"action": "publish-dataset"}, "unset"),
    ):
        assert verdict({"kind": "content-usage", "value": value}, use) == expected, (value, use)


def test_robots_txt_selects_the_group_and_the_longest_path() -> None:
    text = """
    User-agent: GPTBot
    User-agent: CCBot
    Disallow: /private
    Content-Usage: train-ai=n # all
    Content-Usage: /open train-ai=y

    User-agent: *
    Allow: /
    Content-Signal: search=yes, ai-train=no
    """
    for agent, path, expected in (
        ("GPTBot/1.0 (+https://x)", "/a", "denied"),
        ("ccbot", "/open/a", "allowed"),
        ("GPTBot", "/private/a", "unset"),
        ("Other", "/a", "denied"),
        (None, None, "denied"),
    ):
        assert verdict({"kind": "robots.txt", "text": text, "agent": agent, "path": path}) == expected, (agent, path)
    assert verdict({"kind": "robots.txt", "text": "User-agent: *\nDisallow: /"}) == "unset"


def test_conflicting_rules_of_one_path_give_the_strictest() -> None:
    text = "User-agent: *\nContent-Usage: train-ai=y\nContent-Usage: train-ai=n\nContent-Usage: train-ai=y"
    assert verdict({"kind": "robots.txt", "text": text}) == "denied"


def test_an_rsl_licence_is_read_with_its_conditions() -> None:
    permits = '<permits type="usage">ai-train</permits>'
    commercial = {**TRAIN, "commercial": True}
    users = permits + '<permits type="user">non-commercial education</permits>'
    places = permits + '<permits type="geo">US EU</permits>'
    for signal, use, expected in (
        (rsl(permits), TRAIN, "allowed"),
        (rsl(permits + '<payment type="attribution"/>'), TRAIN, "allowed"),
        (rsl(permits + '<payment type="training"><amount currency="USD">1</amount></payment>'), TRAIN, "denied"),
        (rsl(users), commercial, "denied"),
        (rsl(users), TRAIN, "unset"),
        (rsl(users), {**TRAIN, "commercial": False}, "allowed"),
        (rsl(places), {**TRAIN, "jurisdiction": "DE"}, "allowed"),
        (rsl(places), {**TRAIN, "jurisdiction": "JP"}, "denied"),
        (rsl(permits, "/a/*"), TRAIN, "allowed"),
        ({**rsl(permits, "/a/*"), "path": "/b"}, TRAIN, "unset"),
        (rsl('<prohibits type="usage">all</prohibits>'), TDM, "denied"),
        (rsl(permits), {"action": "display"}, "unset"),
    ):
        assert verdict(signal, use) == expected, (signal, use)


def test_licences_of_one_content_are_alternatives_but_a_prohibition_holds() -> None:
    free, train = '<permits type="usage">search</permits>', '<permits type="usage">ai-train</permits>'
    assert verdict(rsl(f"{free}</license><license>{train}")) == "allowed"
    assert verdict(rsl(f'{train}</license><license><prohibits type="usage">ai-all</prohibits>')) == "denied"


@pytest.mark.parametrize(
    "signal",
    [
        {"kind": "rsl", "text": '<!DOCTYPE a [<!ENTITY b "c">]><rsl>&b;</rsl>'},
        {"kind": "rsl", "text": "<rsl>" * 100_000},
        {"kind": "rsl", "text": "<a/>"},
        {"kind": "rsl", "text": "x" * 10_000_000},
        {"kind": "rsl"},
        {"kind": "tdmrep.json", "text": "[" * 200_000},
        {"kind": "tdmrep.json", "text": "{}"},
        {"kind": "tdmrep.json", "rules": [1, None, {"location": 3}], "path": "/"},
        {"kind": "tdmrep.json", "rules": [{}] * 20_000},
        {"kind": "content-usage", "value": "a" * 1_000_000},
        {"kind": "content-usage", "value": "a=(" * 100_000},
        {"kind": "content-usage", "value": b"train-ai=\xff"},
        {"kind": "robots.txt", "text": "<html>"},
        {"kind": "robots.txt", "text": "Content-Usage: /" + "*" * 5000 + " train-ai=n"},
        {"kind": "robots.txt"},
        {"kind": "cawg.training-mining", "entries": [1]},
        {"kind": "cawg.training-mining", "text": '{"a": [' * 100_000},
        {"kind": "cawg.training-mining", "entries": {"cawg.ai_training": {"use": ["allowed"]}}},
        {"kind": "tdmrep", "value": {"a": 1}},
        {"kind": "nobody's"},
        {"kind": 3},
        {},
        "tdmrep",
        None,
    ],
    ids=lambda signal: repr(signal)[:50],
)
def test_what_cannot_be_read_is_unset_and_says_so(signal: Any) -> None:
    found = evaluate_signals([signal], TRAIN)
    assert found.verdict == "unset"
    assert found.reasons
    assert all(len(reason.text) < 600 for reason in found.reasons)


@given(
    st.sampled_from(KINDS),
    st.dictionaries(
        st.sampled_from(["value", "text", "rules", "entries", "path", "agent", "policy"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.binary(max_size=20),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
            max_leaves=6,
        ),
    ),
)
def test_nothing_read_makes_it_fail(kind: str, signal: dict[str, Any]) -> None:
    assert evaluate_signals([{**signal, "kind": kind}], TRAIN).verdict in {"allowed", "denied", "unset"}


@given(st.lists(st.sampled_from([case[0][0] for case in CASES if case[0]]), max_size=4), st.randoms())
def test_the_order_of_signals_does_not_matter_and_a_denial_stays(signals: list[dict[str, Any]], chance: Any) -> None:
    found = evaluate_signals(signals, TRAIN).verdict
    assert evaluate_signals(chance.sample(signals, len(signals)), TRAIN).verdict == found
    assert evaluate_signals([*signals, {"kind": "content-usage", "value": "train-ai=n"}], TRAIN).verdict == "denied"


def test_signals_are_a_list_of_mappings() -> None:
    assert evaluate_signals({"kind": "tdmrep", "value": 1}, TRAIN).verdict == "denied"
    assert evaluate_signals([], TRAIN).verdict == "unset"
    for wrong in ("tdmrep", 3, None):
        with pytest.raises(UsageError, match="Signals are a list"):
            evaluate_signals(wrong, TRAIN)  # type: ignore[arg-type]
