"""`origin prove` and `origin verify-proof`: options, exit codes, what is told, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.command import Ran, origin
from query.recordings import record, sha

from origin.proofs import verify_origin_proof


def run(*arguments: str) -> Ran:
    return origin(None, *arguments)


@pytest.fixture
def recorded(path: Path) -> Path:
    record(path, [[b"cat", b"dog"], [b"cat"]])
    return path


def test_a_sample_is_proven_in_and_another_out(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "cat").write_bytes(b"cat")
    for given, count in ((["--file", str(tmp_path / "cat")], 2), (["--text=cow"], 0), ([sha(b"dog")[:8]], 1)):
        out = str(tmp_path / f"{count}.proof")
        made = run("--db", str(recorded), "prove", *given, "--session", "latest", "-o", out, "--json")
        assert made.code == 0
        document = json.loads(made.out)
        assert [sample["count"] for sample in document["proven"]["samples"]] == [count]
        assert (document["path"], document["size"]) == (out, (tmp_path / f"{count}.proof").stat().st_size)
        assert document["size"] < 4096
    root = json.loads(run("--db", str(recorded), "inspect", "latest", "--json").out)["root"]
    checked = run("verify-proof", str(tmp_path / "2.proof"), "--sample", str(tmp_path / "cat"), "--root", root)
    assert checked.code == 0
    assert f"proven: {sha(b'cat')} was observed 2 times" in checked.out
    assert "  loader loader-1, epoch 0, step 1, position 0 (entry " in checked.out
    assert checked.out.splitlines()[-1] == "anchored: the root was given, or is signed by the key"
    assert run("verify-proof", str(tmp_path / "0.proof"), "--text", "cow").code == 3
    assert run("verify-proof", str(tmp_path / "0.proof"), "--text", "cat").code == 1
    rejected = run("verify-proof", str(tmp_path / "0.proof"), "--text=cow", "--root", "0" * 64, "--json")
    assert (rejected.code, json.loads(rejected.out)["proven"]) == (1, None)


def test_a_licence_is_proven_absent_by_its_text_and_not_where_a_claim_means_it(recorded: Path, tmp_path: Path) -> None:
    def prove(license_id: str) -> tuple[int, str]:
        out = str(tmp_path / "l.proof")
        ran = run("--db", str(recorded), "prove", "--no-license", license_id, "--session=latest", "-o", out, "--force")
        return ran.code, ran.out

    assert prove("GPL-3.0-only")[0] == 0
    checked = run("verify-proof", str(tmp_path / "l.proof"), "--no-license", "GPL-3.0-only")
    assert checked.code == 3
    assert "  3 observations: MIT" in checked.out
    assert "what they mean is an interpretation, not proven" in checked.out
    assert run("verify-proof", str(tmp_path / "l.proof"), "--no-license", "MIT").code == 1
    code, told = prove("The MIT License")
    assert (code, "train claims 'MIT'" in told) == (1, True)


def test_a_keyed_record_needs_its_key_on_both_sides(path: Path, tmp_path: Path) -> None:
    record(path, [[b"cat"]], key=b"0123456789abcdef")
    (tmp_path / "key").write_bytes(b"0123456789abcdef\n")
    out, key = str(tmp_path / "k.proof"), ("--key-file", str(tmp_path / "key"))
    prove = ("--db", str(path), "prove", "--text=cat", "--session=latest", "-o", out)
    assert run(*prove).code == 2
    assert run(*prove, *key).code == 0
    assert run("verify-proof", out, "--text=cat").code == 2
    checked = run("verify-proof", out, "--text=cat", *key)
    assert checked.code == 3
    assert "was observed 1 time " in checked.out


def test_a_signed_checkpoint_goes_with_the_proof(recorded: Path, tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    (tmp_path / "keys").mkdir()
    made = run("keygen", "-o", str(tmp_path / "keys"), "--name", "example.org/team", "--json")
    assert made.code == 0, made.err
    facts = json.loads(made.out)
    key, private = facts["verifier_key"], facts["private_key"]
    signed = str(tmp_path / "c.checkpoint")
    command = ("--db", str(recorded), "checkpoint", "latest", "--key", private, "-o", signed, "--no-remember")
    assert run(*command).code == 0
    out = str(tmp_path / "c.proof")
    prove = ("--db", str(recorded), "prove", "--text=cow", "--session=latest", "-o", out)
    assert run(*prove, "--checkpoint", signed).code == 0
    assert run("verify-proof", out, "--text=cow", "--key", key).code == 0


def test_the_signed_checkpoint_that_is_remembered_goes_with_every_proof(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cryptography")
    monkeypatch.setenv("ORIGIN_STATE", str(tmp_path / "state.json"))
    (tmp_path / "keys").mkdir()
    made = json.loads(run("keygen", "-o", str(tmp_path / "keys"), "--json").out)

    def anchored(*given: str) -> int:
        out = str(tmp_path / "cat.proof")
        ran = run("--db", str(recorded), "prove", "--text=cow", "--session=latest", "-o", out, "--force", *given)
        assert ran.code == 0
        return run("verify-proof", out, "--text", "cow", "--key", made["verifier_key"]).code

    assert anchored() == 1
    bare = tmp_path / "bare"
    assert run("--db", str(recorded), "checkpoint", "latest", "-o", str(bare)).code == 0
    assert anchored() == 1
    assert run("--db", str(recorded), "checkpoint", "latest", "--key", made["private_key"]).code == 0
    assert anchored() == 0
    assert anchored("--checkpoint", str(bare)) == 1


@pytest.mark.parametrize(
    "given",
    [
        ["prove", "--session=latest", "-o", "x"],
        ["prove", "abcd", "--text=a", "--session=latest", "-o", "x"],
        ["prove", "--text=a", "--session=latest", "--sightings=-1", "-o", "x"],
        ["prove", "--text=a", "-o", "x"],
        ["prove", "--text=a", "--session=latest"],
        ["verify-proof"],
        ["verify-proof", "x"],
        ["verify-proof", "x", "--text=a"],
        ["verify-proof", "x", "--text=a", "--no-license=MIT"],
        ["verify-proof", "x", "--fingerprint=ab"],
    ],
)
def test_what_cannot_be_done_is_one_line_and_code_2(recorded: Path, given: list[str]) -> None:
    ran = run("--db", str(recorded), *given)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_a_proof_replaces_no_file_and_never_the_database(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    prove = ("--db", str(recorded), "prove", "--text=a", "--session=latest", "-o")
    assert run(*prove, str(tmp_path / "there")).code == 2
    assert (tmp_path / "there").read_text() == "mine"
    before = recorded.read_bytes()
    assert run(*prove, str(recorded), "--force").code == 2
    assert recorded.read_bytes() == before


def test_a_session_without_a_sealed_set_proves_nothing(path: Path, tmp_path: Path) -> None:
    record(path, [[b"cat"]], status=None)
    ran = run("--db", str(path), "prove", "--text=a", "--session=latest", "-o", str(tmp_path / "x"))
    assert ran.code == 1
    assert "has not ended" in ran.err
    assert not (tmp_path / "x").exists()


def test_the_verifier_that_stands_alone_can_be_had_from_the_command() -> None:
    assert run("verify-proof", "--print-verifier").out == Path(str(verify_origin_proof.__file__)).read_text("utf-8")
