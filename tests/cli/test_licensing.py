"""The commands about licences, on real records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cli.command import Ran, origin

from origin import ProvenanceDatabase
from origin.core.record import Claim
from origin.hooks.base import BaseHook

if TYPE_CHECKING:
    from pathlib import Path

NO_ADVICE = "it flags for human review and is no legal advice"


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
    assert text.startswith("no conflict by the known rules\n\nclaims for a person to look at:\n  news in session ")


def test_signals_are_kept_with_the_metadata(path: Path) -> None:
    news = origin(path, "inspect", sessions(path)[0], "--json").json["sources"][1]
    assert news["metadata"] == {"opt_out_signals": [{"kind": "tdmrep", "value": "1"}]}
