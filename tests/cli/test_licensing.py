"""The commands about licences, on real records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
from cli.command import Ran, origin

from origin import ProvenanceDatabase
from origin.core.record import Claim
from origin.hooks.base import BaseHook
from origin.licenses.combination import Mode, combine
from origin.licenses.reading import read
from origin.licenses.rule_set import RULE_SET

if TYPE_CHECKING:
    from pathlib import Path

NO_ADVICE = f"rule set {RULE_SET}: a flag for human review, never legal advice"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "provenance.db"
    with ProvenanceDatabase(path) as db:
        db.register_source("text", license_id="CC-BY-4.0", owner="Jane | Doe", uri="https://example.org/text")
        db.register_source(
            "news",
            license_id="cc-by-nc-4.0",
            claims=[Claim("CC-BY-4.0", "README.md, front matter, license", "2026-01-02T03:04:05Z")],
            signals=[{"kind": "tdmrep", "value": "1"}],
        )
        with db.begin_session("mixed") as session:
            list(BaseHook(db, session.session_id, "text").wrap([[b"a", b"b"], [b"a"]]))
            list(BaseHook(db, session.session_id, "news").wrap([[b"n"]]))
        with db.begin_session("clean") as session:
            list(BaseHook(db, session.session_id, "text").wrap([[b"a"]]))
        with db.begin_session("unknown") as session:
            list(BaseHook(db, session.session_id, "web").wrap([[b"w"]]))
            list(BaseHook(db, session.session_id, "code", "bsd").wrap([[b"c"]]))
    return path


def sessions(path: Path) -> list[str]:
    return [one["session_id"] for one in origin(path, "sessions", "--json").json["sessions"]]


def test_license_explains_what_a_claim_means_with_a_clause_for_each_term(tmp_path: Path) -> None:
    ran = origin(tmp_path / "none.db", "license", "cc-by-sa-4.0", "--json")
    assert (ran.code, ran.json["status"], ran.json["expression"]) == (0, "resolved", "CC-BY-SA-4.0")
    (found,) = ran.json["licenses"]
    assert found["name"] == "Creative Commons Attribution Share Alike 4.0 International"
    assert found["url"] == "https://creativecommons.org/licenses/by-sa/4.0/legalcode"
    assert found["terms"]["actions"]["commercial-use"]["value"] == "yes"
    assert found["terms"]["duties"]["share-alike"]["clause"].startswith("section 3(b)")
    assert all(cell["clause"] for part in found["terms"].values() for cell in part.values())
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [("MIT OR GPL-3.0-or-later", 0, "resolved"), ("gemma", 0, "custom"), ("bsd", 1, "ambiguous"), ("", 1, "unknown")],
)
def test_license_exits_with_1_where_no_licence_is_named_for_sure(path: Path, text: str, code: int, status: str) -> None:
    assert origin(path, "license", text).code == code
    assert origin(path, "license", text, "--json").json["status"] == status


def test_license_shows_the_choices_and_the_candidates(path: Path) -> None:
    text = origin(path, "license", "MIT OR (ISC AND Zlib)").out
    assert "choices     MIT; or ISC AND Zlib\n" in text
    assert "section 3(a)(1)(A)" in origin(path, "license", "CC-BY-4.0").out
    assert "BSD-3-Clause, BSD-3-Clause-Clear" in origin(path, "license", "bsd").out


def test_license_of_one_without_a_record_says_so(path: Path) -> None:
    ran = origin(path, "license", "Glide")
    assert (ran.code, "no record of its terms: read the text" in ran.out) == (0, True)
    assert origin(path, "license", "Glide", "--json").json["licenses"][0]["terms"] is None


def test_check_denies_what_a_claim_or_a_signal_forbids(path: Path) -> None:
    ran = origin(path, "check", sessions(path)[0], "--policy", "commercial", "--json")
    assert (ran.code, ran.json["verdict"], ran.json["policy"]) == (1, "denied", "commercial")
    assert ran.json["use"] == {"action": "train", "commercial": True, "share": "none"}
    by_source = {one["source_id"]: one for one in ran.json["sources"]}
    assert {name: one["verdict"] for name, one in by_source.items()} == {"text": "allowed", "news": "denied"}
    blockers = [reason for reason in by_source["news"]["reasons"] if reason["severity"] == "blocker"]
    assert {reason["rule"] for reason in blockers} == {"forbids-commercial-use", "signal-tdmrep-reserved"}
    (finding,) = by_source["news"]["claims"]["findings"]
    assert finding["kind"] == "disagreement"
    assert finding["where"] == ["declared by the caller", "README.md, front matter, license"]


def test_check_of_a_clean_session_allows(path: Path) -> None:
    ran = origin(path, "check", sessions(path)[1], "--policy", "commercial", "--strict")
    assert ran == Ran(0, ran.out, "")
    assert ran.out.startswith("allowed by policy commercial: 1 source\n")
    assert ran.out.endswith(f"{NO_ADVICE}\n")


def test_what_is_unknown_needs_a_review_which_strict_fails(path: Path) -> None:
    for policy in ("research", "commercial"):
        assert origin(path, "check", "latest", "--policy", policy, "--json").json["verdict"] == "needs-review"
        assert origin(path, "check", "latest", "--policy", policy).code == 0
        assert origin(path, "check", "latest", "--policy", policy, "--strict").code == 1


def test_sharing_what_is_unknown_is_denied(path: Path) -> None:
    ran = origin(path, "check", "latest", "--policy", "research", "--use", "share=weights", "--json")
    assert (ran.code, ran.json["verdict"], ran.json["mix"]["mode"]) == (1, "denied", "share-weights")


def test_a_use_given_in_the_command_line_counts(path: Path) -> None:
    session = sessions(path)[1]
    arguments = ["check", session, "--policy", "research", "--use", "action=publish-dataset"]
    assert origin(path, *arguments).code == 0
    assert origin(path, *arguments, "--use", "attribution_given=false").code == 1
    due = origin(path, *arguments, "--use", "attribution_given=true", "--json").json["sources"][0]["obligations"]
    assert "attribution" in due


def test_a_policy_file_of_the_team_decides(path: Path, tmp_path: Path) -> None:
    policy = tmp_path / "ours.toml"
    policy.write_text('name = "ours"\n[use]\naction = "train"\n[licenses]\ndeny = ["CC-BY-*"]\n', encoding="utf-8")
    ran = origin(path, "check", sessions(path)[1], "--policy", str(policy))
    assert ran.code == 1
    assert "CC-BY-* is on the list 'deny'" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "latest"),
        ("check", "latest", "--policy", "nothing"),
        ("check", "latest", "--policy", "research", "--use", "share"),
        ("check", "latest", "--policy", "research", "--use", "colour=red"),
        ("check", "latest", "--policy", "research", "--use", "commercial=perhaps"),
        ("conflicts", "--mode", "magic"),
        ("license",),
    ],
)
def test_what_cannot_be_checked_is_one_line_and_exit_code_2(path: Path, arguments: tuple[str, ...]) -> None:
    ran = origin(path, *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_a_policy_that_is_broken_names_file_and_key(path: Path, tmp_path: Path) -> None:
    policy = tmp_path / "ours.toml"
    policy.write_text('name = "ours"\n[use]\naction = "fly"\n', encoding="utf-8")
    ran = origin(path, "check", "latest", "--policy", str(policy))
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "ours.toml" in ran.err
    assert "action" in ran.err


def test_conflicts_in_a_collection_are_fewer(tmp_path: Path) -> None:
    path = tmp_path / "provenance.db"
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        for claim in ("CC-BY-SA-4.0", "CC-BY-ND-4.0", "MIT", None):
            list(BaseHook(db, session.session_id, str(claim), claim).wrap([[b"a"]]))
    (found,) = origin(path, "conflicts", "--json").json["conflicts"]
    assert found["licenses"] == ["CC-BY-ND-4.0", "CC-BY-SA-4.0", "MIT"]
    assert found["affected"] == {"observations": 3, "samples": 1, "batches": 3, "mixed": 0}
    assert "collection" in found["remedy"]
    assert origin(path, "conflicts", "--mode", "collection", "--json").json["conflicts"] == []


def test_a_notice_credits_every_source_and_sets_the_unclear_apart(path: Path) -> None:
    text = origin(path, "notice", sessions(path)[1]).out
    assert text.startswith("# Notice\n")
    assert "## text\n\n- by: Jane \\| Doe\n- from: https" in text
    assert "Creative Commons Attribution 4.0 International" in text
    assert "- attribution, due on" in text
    assert "Not settled" not in text
    unclear = origin(path, "notice", "latest").out
    assert "- web: no licence is recorded\n" in unclear
    assert "- code: the claim bsd names no licence for sure\n" in unclear


def test_a_notice_as_json_and_as_a_file(path: Path, tmp_path: Path) -> None:
    ran = origin(path, "notice", sessions(path)[0], "--json")
    assert [credit["source_id"] for credit in ran.json["credits"]] == ["text", "news"]
    assert [credit["known"] for credit in ran.json["credits"]] == [True, True]
    assert ran.json["credits"][0]["licenses"][0]["id"] == "CC-BY-4.0"
    file = tmp_path / "NOTICE.md"
    assert origin(path, "notice", "latest", "-o", str(file)).code == 0
    assert file.read_text(encoding="utf-8").startswith("# Notice\n")
    assert origin(path, "notice", "latest", "-o", str(file)).code == 2


def test_claims_for_a_person_to_look_at_are_listed_beside_the_conflicts(path: Path) -> None:
    found = origin(path, "conflicts", "--json").json["findings"]
    assert [(one["source_id"], one["kind"]) for one in found] == [
        ("news", "disagreement"),
        ("code", "ambiguous"),
        ("web", "missing"),
    ]
    assert found[0]["where"] == ["declared by the caller", "README.md, front matter, license"]
    text = origin(path, "conflicts").out
    assert text.startswith("no conflict among the licences that are known; what is not known may conflict with any\n")
    assert "\nclaims for a person to look at:\n  news in session " in text
    assert text.endswith(f"web in session {sessions(path)[2][:12]}: missing: no licence is stated\n\n{NO_ADVICE}\n")


def test_signals_are_kept_with_the_metadata(path: Path) -> None:
    news = origin(path, "inspect", sessions(path)[0], "--json").json["sources"][1]
    assert news["metadata"] == {"opt_out_signals": [{"kind": "tdmrep", "value": "1"}]}


@pytest.fixture
def disputed(tmp_path: Path) -> Path:
    """One source without a licence, one whose README says another one than was declared, and one under the GPL."""
    path = tmp_path / "disputed.db"
    with ProvenanceDatabase(path) as db:
        db.register_source("v", license_id="CC-BY-4.0", claims=[Claim("CC-BY-NC-4.0", "README.md", "2026-01-02")])
        with db.begin_session("x") as session:
            for name, claim in (("u", None), ("v", None), ("w", "GPL-3.0-only")):
                list(BaseHook(db, session.session_id, name, claim).wrap([[name, f"{name} again"]]))
    return path


def test_the_gate_fails_for_a_source_without_a_known_licence_and_counts_no_conflict(tmp_path: Path) -> None:
    path = tmp_path / "provenance.db"
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        for name, claim in (("web", None), ("code", "MIT")):
            list(BaseHook(db, session.session_id, name, claim).wrap([[b"a", name], [name]]))
    ran = origin(path, "conflicts", "--fail", "--json")
    assert (ran.code, ran.json["conflicts"]) == (1, [])
    (found,) = ran.json["blocking"]
    del found["session_id"]
    assert found == {
        "licenses": [],
        "severity": "blocker",
        "rule": "unknown-license",
        "rule_set": RULE_SET,
        "authority": "none",
        "reason": "no licence is stated",
        "remedy": "find out what the source's own page says",
        "sources": ["web"],
        "affected": {"observations": 3, "samples": 2, "batches": 2, "mixed": 0},
        "supposes": [],
    }
    assert origin(path, "conflicts", "--json").code == 0
    assert origin(path, "status", "--json").json["conflicts"] == 0
    assert origin(path, "inspect", "latest", "--json").json["conflicts"] == []


@pytest.mark.parametrize(
    ("claims", "modes"),
    [
        (["MIT", "Apache-2.0"], ""),
        (["MIT", None], "remix collection share-weights produced-work"),
        (["house rules"], "remix collection share-weights produced-work"),
        (["bsd", "MIT"], "remix collection share-weights produced-work"),
        (["all rights reserved", "MIT"], "remix collection share-weights produced-work"),
        (["CC-BY-ND-4.0"], "remix produced-work"),
    ],
)
def test_the_gate_fails_where_the_combination_is_a_conflict(tmp_path: Path, claims: list[Any], modes: str) -> None:
    path = tmp_path / "provenance.db"
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        for claim in claims:
            list(BaseHook(db, session.session_id, f"source {claim}", claim).wrap([[b"a"]]))
    for mode in get_args(Mode):
        if mode in {"internal", "train-on-outputs", "adaptation"}:  # no modes of the command, and the same as remix
            continue
        ran = origin(path, "conflicts", "--fail", "--mode", mode)
        assert (ran.code, combine(claims, mode).conflict) == (int(mode in modes.split()), mode in modes.split()), mode
        assert ran.out.startswith("no conflict by the known rules\n") == (ran.code == 0)


def test_a_claim_that_disagrees_takes_part_in_the_conflicts_as_a_review(disputed: Path) -> None:
    ran = origin(disputed, "conflicts", "--fail", "--json")
    (found,) = ran.json["conflicts"]
    assert (ran.code, found["severity"], found["rule"], found["sources"]) == (1, "review", "cc-nc", ["v", "w"])
    assert found["licenses"] == ["GPL-3.0-only", "CC-BY-NC-4.0"]
    assert found["supposes"] == [{"text": "CC-BY-NC-4.0", "where": "README.md", "read_at": "2026-01-02"}]
    assert found["reason"].startswith("if the claim 'CC-BY-NC-4.0' read at README.md for v is right: GPL-3.0-only and")
    assert found["remedy"].startswith("find out which claim is right; if it is this one, leave one of them out")
    assert found["affected"] == {"observations": 4, "samples": 4, "batches": 2, "mixed": 0}
    assert [one["sources"] for one in ran.json["blocking"]] == [["u"]]
    assert origin(disputed, "status", "--json").json["conflicts"] == 1


def test_check_names_what_stands_against_the_mix_if_another_claim_is_right(disputed: Path) -> None:
    use = ["--use", "action=publish-dataset", "--use", "attribution_given=true"]
    ran = origin(disputed, "check", "latest", "--policy", "research", *use, "--json")
    (found,) = ran.json["supposed"]
    assert (found["rule"], found["supposes"][0]["text"]) == ("cc-nc", "CC-BY-NC-4.0")
    text = origin(disputed, "check", "latest", "--policy", "research", *use).out
    assert "  review   if the claim 'CC-BY-NC-4.0' read at README.md for v is right: " in text
    assert origin(disputed, "check", "latest", "--policy", "research", "--json").json["supposed"] == []


def test_notice_and_inspect_name_the_claims_that_disagree(disputed: Path) -> None:
    text = origin(disputed, "notice", "latest").out
    assert "- claimed otherwise: CC-BY-NC-4.0, read at README.md, on 2026-01-02\n- attribution, due on" in text
    assert "- u: no licence is recorded\n" in text
    assert "- v: against CC-BY-4.0 stands the claim of CC-BY-NC-4.0\n" in text
    by_source = {one["source_id"]: one for one in origin(disputed, "notice", "latest", "--json").json["credits"]}
    other = {"text": "CC-BY-NC-4.0", "where": "README.md", "read_at": "2026-01-02"}
    assert {name: one["claimed_otherwise"] for name, one in by_source.items()} == {"u": [], "v": [other], "w": []}
    assert [one["id"] for one in by_source["v"]["licenses"]] == ["CC-BY-4.0"]
    said = "'CC-BY-4.0' and 'CC-BY-NC-4.0' are not the same licence"
    ran = origin(disputed, "inspect", "latest")
    assert f"v: claims disagree: {said} (declared by the caller; README.md)" in ran.out.splitlines()
    assert ran.out.endswith(f"\n\n{NO_ADVICE}\n")
    assert ["sources", "without", "a", "known", "licence", "1"] in [line.split() for line in ran.out.splitlines()]
    findings = origin(disputed, "inspect", "latest", "--json").json["findings"]
    assert [(one["source_id"], one["kind"]) for one in findings] == [("u", "missing"), ("v", "disagreement")]


@pytest.mark.parametrize(
    ("signals", "said"),
    [
        ("garbage", ["no mapping with 'kind': 'garbage'"]),
        ({"value": "1"}, [": a kind of signal that is not known: None"]),
        ([5, {"kind": [1]}], ["a kind of signal that is not known: [1]", "no mapping with 'kind': 5"]),
        ([{"kind": "tdmrep", "value": "0"}, {"kind": "rsl", "text": "<"}], ["rsl: unreadable: no XML"]),
    ],
)
def test_a_signal_that_nobody_can_read_needs_a_review(tmp_path: Path, signals: Any, said: list[str]) -> None:
    path = tmp_path / "provenance.db"
    with ProvenanceDatabase(path) as db:
        db.register_source("b", license_id="CC0-1.0", metadata={"opt_out_signals": signals})
        with db.begin_session("x") as session:
            list(BaseHook(db, session.session_id, "b").wrap([[b"a"]]))
    arguments = ["check", "latest", "--policy", "commercial"]
    (source,) = origin(path, *arguments, "--json").json["sources"]
    reviews = [reason for reason in source["reasons"] if reason["severity"] == "review"]
    assert source["verdict"] == "needs-review"
    assert {reason["rule"] for reason in reviews} <= {"signal-unreadable", "signal-unknown-kind"}
    assert len(reviews) == len(said)
    for text in said:
        assert any(text.removeprefix(": ") in reason["text"] for reason in reviews)
    text = origin(path, *arguments).out
    assert text.count("\n  review   -: an opt-out signal cannot be read: ") == len(said)
    assert (origin(path, *arguments).code, origin(path, *arguments, "--strict").code) == (0, 1)


def test_a_policy_that_ignores_signals_ignores_those_that_cannot_be_read(tmp_path: Path) -> None:
    path, policy = tmp_path / "provenance.db", tmp_path / "ours.toml"
    policy.write_text('name = "ours"\n[use]\naction = "train"\n[signals]\ndenied = "ignore"\n', encoding="utf-8")
    with ProvenanceDatabase(path) as db:
        db.register_source("b", license_id="CC0-1.0", metadata={"opt_out_signals": "garbage"})
        with db.begin_session("x") as session:
            list(BaseHook(db, session.session_id, "b").wrap([[b"a"]]))
    assert origin(path, "check", "latest", "--policy", str(policy), "--json").json["verdict"] == "allowed"


def test_query_finds_the_sources_without_a_known_licence(tmp_path: Path) -> None:
    path = tmp_path / "provenance.db"
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        for name, claim in (("web", None), ("house", "house rules"), ("books", "All rights reserved"), ("code", "MIT")):
            list(BaseHook(db, session.session_id, name, claim).wrap([[name]]))
    for name in ("unknown", "NOASSERTION"):
        ran = origin(path, "query", name, "--json")
        (found,) = ran.json["sessions"]
        assert (ran.code, ran.json["lacking"], found["sources"]) == (0, "unknown", ["house", "web"])
        assert (found["observations"], found["samples"]) == (2, 2)
    assert "house: 'house rules' is claimed\nweb: nothing is claimed\n" in origin(path, "query", "unknown").out
    for name in ("none", "NONE", "no-license"):
        ran = origin(path, "query", name, "--json")
        assert (ran.code, ran.json["lacking"], ran.json["sessions"][0]["sources"]) == (0, "no-license", ["books"])
    text = origin(path, "query", "none").out
    assert text.startswith("none (it is claimed that no licence is granted) is present in 1 session:\n")
    assert text.endswith(f"\nbooks: 'All rights reserved' is claimed\n\n{NO_ADVICE}\n")


def test_an_ambiguous_claim_is_listed_with_its_candidates_and_how_many_more(tmp_path: Path) -> None:
    path = tmp_path / "provenance.db"
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        list(BaseHook(db, session.session_id, "code", "bsd").wrap([[b"c"]]))
    (found,) = origin(path, "conflicts", "--json").json["findings"]
    names = list(read("bsd").candidates)
    assert (found["kind"], found["candidates"]) == ("ambiguous", names)
    shown = f"ambiguous: it may mean {', '.join(names[:6])} and {len(names) - 6} more (declared by the caller)"
    assert shown in origin(path, "conflicts").out


def test_a_claim_that_states_nothing_is_told_from_no_claim(tmp_path: Path) -> None:
    path = tmp_path / "provenance.db"
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        for name, claim in (("web", None), ("books", "unknown")):
            list(BaseHook(db, session.session_id, name, claim).wrap([[name]]))
    found = origin(path, "conflicts", "--json").json["findings"]
    assert [(one["source_id"], one["text"], one["where"]) for one in found] == [
        ("books", "'unknown' states no licence", ["declared by the caller"]),
        ("web", "no licence is stated", []),
    ]


def test_a_long_claim_is_shortened_in_rows_of_text_alone(tmp_path: Path) -> None:
    path, claim = tmp_path / "provenance.db", " OR ".join(f"LicenseRef-{number}" for number in range(20))
    with ProvenanceDatabase(path) as db, db.begin_session("x") as session:
        list(BaseHook(db, session.session_id, "s", claim).wrap([["sample"]]))
    cut = f"{claim[:44]} ..."
    for arguments in (["inspect", "latest"], ["trace", "--text", "sample"], ["query", "LicenseRef-3"]):
        text = origin(path, *arguments).out
        assert (cut in text, claim in text) == (True, False)
    assert origin(path, "inspect", "latest", "--json").json["sources"][0]["license"] == claim
    assert origin(path, "trace", "--text", "sample", "--json").json["sightings"][0]["license"] == claim
