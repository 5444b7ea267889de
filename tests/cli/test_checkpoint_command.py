"""`origin keygen`, `origin checkpoint`, and `origin verify` against what they made."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from itertools import takewhile
from pathlib import Path

import pytest
from cli.command import Ran, assert_one_line, origin
from proofs.signed_checkpoints import KEY, SIGNED
from query.recordings import listing, record, tamper

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook
from origin.proofs.anchors import remembered
from origin.proofs.checkpoint import Checkpoint, SignedCheckpoint
from origin.proofs.note import KeyType, VerifierKey
from origin.storage.reads import Reader

NEEDS_SSH_KEYGEN = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "state" / "checkpoints.json"
    monkeypatch.setenv("ORIGIN_STATE", str(path))
    return path


@pytest.fixture
def keys(tmp_path: Path) -> tuple[str, str]:
    """A private key's file, and the verifier key."""
    pytest.importorskip("cryptography")
    (tmp_path / "keys").mkdir()
    ran = origin(None, "keygen", "-o", str(tmp_path / "keys"), "--name", "example.org/team")
    assert ran.code == 0, ran
    return str(tmp_path / "keys" / "origin.key"), ran.out.strip()


def size_and_root(path: Path) -> tuple[int, bytes]:
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        return session.size, session.root()


def grown(path: Path, session_id: str, *batches: list[bytes]) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.resume_session(session_id)
        list(BaseHook(db, session.session_id, "train", "MIT").wrap(batches))


def without_memory(path: Path, *arguments: str) -> Ran:
    """As on another machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORIGIN_STATE", str(path.parent / "nothing-is-remembered"))
        return origin(path, *arguments)


def test_keygen_writes_a_key_that_only_its_owner_reads(tmp_path: Path, keys: tuple[str, str]) -> None:
    private, verifier = keys
    key = VerifierKey.from_text(verifier)
    assert key.name == "example.org/team"
    assert stat.S_IMODE(os.stat(private).st_mode) == 0o600  # noqa: PTH116
    assert (tmp_path / "keys" / "origin.pub").read_text() == f"{verifier}\n"
    assert sorted(listing(tmp_path / "keys")) == ["origin.key", "origin.pub"]
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    with open(private, "rb") as file:  # noqa: PTH123
        loaded = serialization.load_pem_private_key(file.read(), password=None)
    assert loaded.public_key().public_bytes_raw() == key.public_key


def test_keygen_tells_where_the_keys_are(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    ran = origin(None, "keygen", "-o", str(tmp_path), "--json")
    key = VerifierKey.from_text(ran.json["verifier_key"])
    assert ran.json == {
        "verifier_key": str(key),
        "name": "origin",
        "key_id": key.key_id.hex(),
        "private_key": str(tmp_path / "origin.key"),
        "public_key": str(tmp_path / "origin.pub"),
    }


def test_keygen_replaces_keys_only_by_force(tmp_path: Path, keys: tuple[str, str]) -> None:
    before = listing(tmp_path / "keys")
    arguments = ("keygen", "-o", str(tmp_path / "keys"))
    assert_one_line(origin(None, *arguments))
    (tmp_path / "keys" / "origin.pub").unlink()
    assert_one_line(origin(None, *arguments))
    assert (tmp_path / "keys" / "origin.key").read_bytes() == before["origin.key"]
    assert not (tmp_path / "keys" / "origin.pub").exists()
    forced = origin(None, *arguments, "--force")
    assert forced.code == 0
    assert forced.out.strip() != keys[1]
    assert (tmp_path / "keys" / "origin.pub").read_text() == forced.out
    assert stat.S_IMODE((tmp_path / "keys" / "origin.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["origin.key", "origin.pub"])
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_keygen_writes_through_no_link(tmp_path: Path, name: str, force: list[str]) -> None:
    pytest.importorskip("cryptography")
    target = tmp_path / "precious"
    target.write_text("precious")
    (tmp_path / name).symlink_to(target)
    assert_one_line(origin(None, "keygen", "-o", str(tmp_path), *force))
    assert target.read_text() == "precious"
    assert sorted(listing(tmp_path)) == sorted(["precious", name])


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\tb", "a\u2003b", "\x1b[31m", "\udcff"])
def test_keygen_refuses_what_is_no_name(tmp_path: Path, name: str) -> None:
    pytest.importorskip("cryptography")
    assert_one_line(origin(None, "keygen", "-o", str(tmp_path), "--name", name))
    assert listing(tmp_path) == {}


def test_keygen_makes_no_directory(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    assert_one_line(origin(None, "keygen", "-o", str(tmp_path / "missing")))
    assert listing(tmp_path) == {}


def test_without_cryptography_the_error_names_the_extra(path: Path, tmp_path: Path) -> None:
    record(path, [[b"a"]])
    (tmp_path / "origin.key").write_text("")
    script = "import sys; sys.modules['cryptography'] = None; from origin.cli.main import main; sys.exit(main())"
    for arguments in (["keygen"], ["checkpoint", "latest", "--key", "origin.key"]):
        ran = subprocess.run(
            [sys.executable, "-c", script, "--db", path, *arguments],
            cwd=tmp_path,
            capture_output=True,
            check=False,
            text=True,
        )
        assert ran.returncode == 2
        assert ran.stderr.startswith("origin: a key of one's own needs cryptography")
        assert "pip install 'origin-provenance[crypto]', or give an SSH key by --ssh" in ran.stderr
        assert ran.stderr.count("\n") == 1
    for arguments in (["checkpoint", "latest"], ["verify"]):
        command = [sys.executable, "-c", script, "--db", path, *arguments]
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stderr == b""


def test_a_checkpoint_states_the_head_of_the_log(path: Path, state: Path) -> None:
    session_id = record(path, [[b"a"], [b"b"]])
    before = listing(path.parent)
    size, root = size_and_root(path)
    expected = str(Checkpoint.of_session(session_id, size, root))
    assert origin(path, "checkpoint", "latest", "--no-remember") == Ran(0, expected, "")
    assert listing(path.parent) == before
    ran = origin(path, "checkpoint", session_id[:6], "--json")
    assert ran == Ran(0, ran.out, "")
    assert ran.json == {
        "session_id": session_id,
        "size": size,
        "root": root.hex(),
        "checkpoint": expected,
        "verifier_key": None,
        "path": None,
        "state": str(state),
        "findings": [],
        "forks": [],
    }
    assert {name: one.checkpoint for name, one in remembered().items()} == {session_id: expected}


def test_a_signed_checkpoint_anchors_its_session(path: Path, tmp_path: Path, keys: tuple[str, str]) -> None:
    session_id = record(path, [[b"a"], [b"b"]])
    file = tmp_path / "run.checkpoint"
    ran = origin(path, "checkpoint", "latest", "--key", keys[0], "-o", str(file))
    assert ran == Ran(0, f"{file} was written\n", "")
    signed = SignedCheckpoint.from_bytes(file.read_bytes())
    assert [key.name for key in signed.verified([VerifierKey.from_text(keys[1])])] == ["example.org/team"]
    (tmp_path / "team.pub").write_text(keys[1] + "\n")
    for key in (keys[1], str(tmp_path / "team.pub"), str(tmp_path / "keys" / "origin.pub")):
        ran = without_memory(path, "verify", "--checkpoint", str(file), "--key", key)
        assert ran.code == 0
        assert f"the checkpoint {file} is signed by example.org/team" in ran.out.splitlines()
        assert f"verified: session {session_id[:12]} is what was kept outside, and the file agrees with it" in ran.out
    size, root = size_and_root(path)
    ran = without_memory(path, "verify", "--checkpoint", str(file), "--key", keys[1], "--json")
    assert ran.json["checkpoints"] == [
        {"file": str(file), "session_id": session_id, "size": size, "root": root.hex(), "signers": [keys[1]]}
    ]
    assert ran.json["sessions"][0]["anchored_entries"] == size
    assert (ran.json["anchored"], ran.json["forks"], ran.json["subset"], ran.json["state"]) == (True, [], None, None)


def test_without_a_key_a_checkpoint_is_as_good_as_its_place(path: Path, tmp_path: Path, keys: tuple[str, str]) -> None:
    record(path, [[b"a"]])
    signed, bare = tmp_path / "signed", tmp_path / "bare"
    origin(path, "checkpoint", "latest", "--key", keys[0], "-o", str(signed))
    origin(path, "checkpoint", "latest", "-o", str(bare))
    ran = without_memory(path, "verify", "--checkpoint", str(signed))
    assert ran.code == 0
    assert f"the checkpoint {signed}: who signed it was not checked, as no --key was given" in ran.out.splitlines()
    ran = without_memory(path, "verify", "--checkpoint", str(bare))
    assert ran.code == 0
    assert f"the checkpoint {bare} is not signed: it shows as much as the place where it was kept" in ran.out
    ran = without_memory(path, "verify", "--checkpoint", str(bare), "--key", keys[1])
    assert ran.code == 1
    assert "it is signed by nobody, not by example.org/team" in ran.out


def test_a_checkpoint_of_a_session_that_grew_still_holds(path: Path, tmp_path: Path, keys: tuple[str, str]) -> None:
    session_id = record(path, [[b"a"], [b"b"]], status=None)
    file = str(tmp_path / "early")
    assert origin(path, "checkpoint", "latest", "--key", keys[0], "-o", file).code == 0
    early, _ = size_and_root(path)
    grown(path, session_id, [b"c"], [b"d"])
    late, _ = size_and_root(path)
    assert late > early
    ran = without_memory(path, "verify", "--checkpoint", file, "--key", keys[1])
    assert ran.code == 0
    assert (
        f"verified: the first {early} of {late} entries of session {session_id[:12]} are what was kept outside, and "
        "the file agrees with them; the later ones are not anchored"
    ) in ran.out.splitlines()
    assert f"first {early}" in ran.out.splitlines()[1]
    assert origin(path, "checkpoint", "latest", "--key", keys[0]).code == 0


def test_a_rolled_back_copy_is_found_through_the_checkpoint_and_through_the_state_file(
    path: Path, tmp_path: Path, keys: tuple[str, str]
) -> None:
    session_id = record(path, [[b"a"], [b"b"]], status=None)
    older = tmp_path / "older"
    shutil.copy(path, older)
    grown(path, session_id, [b"c"])
    file = tmp_path / "late"
    assert origin(path, "checkpoint", "latest", "--key", keys[0], "-o", str(file)).code == 0
    assert origin(path, "verify").code == 0
    late, _ = size_and_root(path)
    shutil.copy(older, path)
    early, root = size_and_root(path)
    assert without_memory(path, "verify").code == 3  # the file alone cannot tell
    for ran in (
        origin(path, "verify"),
        origin(path, "verify", session_id),
        without_memory(path, "verify", "--checkpoint", str(file), "--key", keys[1]),
    ):
        assert ran.code == 1
        assert f"covers {late} entries, the file {early}: it is an older copy or cut" in ran.out
        assert ran.out.splitlines()[-1] == "TAMPERED OR DAMAGED: 1 discrepancy found"
        assert "verified" not in ran.out
        for line in [*file.read_text().splitlines(), *str(Checkpoint.of_session(session_id, early, root)).splitlines()]:
            assert f"    {line}" in ran.out.splitlines()
    (fork,) = origin(path, "verify", "--json").json["forks"]
    assert fork["session_id"] == session_id
    assert fork["kept_in"].startswith("the checkpoint remembered at 20")
    assert fork["kept"] == file.read_text()
    assert fork["found"] == str(Checkpoint.of_session(session_id, early, root))


def test_nothing_is_signed_that_contradicts_what_is_remembered(
    path: Path, tmp_path: Path, keys: tuple[str, str]
) -> None:
    session_id = record(path, [[b"a"], [b"b"]], status=None)
    older = tmp_path / "older"
    shutil.copy(path, older)
    grown(path, session_id, [b"c"])
    first = origin(path, "checkpoint", "latest", "--key", keys[0]).out
    shutil.copy(older, path)
    grown(path, session_id, [b"not c"], [b"d"])  # as long, and another history
    before = remembered()
    ran = origin(path, "checkpoint", "latest", "--key", keys[0], "-o", str(tmp_path / "forked"))
    assert ran.code == 1
    assert "are another history than the checkpoint remembered at" in ran.out
    assert ran.out.splitlines()[-1].startswith("NO CHECKPOINT WAS MADE")
    assert not (tmp_path / "forked").exists()
    assert remembered() == before
    ran = origin(path, "checkpoint", "latest", "--json")
    assert (ran.code, ran.json["checkpoint"], ran.json["forks"][0]["kept"]) == (1, None, first)
    assert origin(path, "verify").code == 1


def test_nothing_is_signed_of_a_log_that_was_edited(path: Path, keys: tuple[str, str]) -> None:
    record(path, [[b"a"], [b"b"]])
    tamper(path, "UPDATE batch SET step = 9 WHERE id = 1")
    ran = origin(path, "checkpoint", "latest", "--key", keys[0])
    assert ran.code == 1
    assert "\u2014" not in ran.out
    assert "the head states another root" in ran.out
    assert remembered() == {}


def test_verify_remembers_only_when_asked_and_only_what_agrees(path: Path, state: Path) -> None:
    first, second = (record(path, [[b"a"], [b"b"]]) for _ in range(2))
    assert origin(path, "verify").code == 3
    assert not state.parent.exists()
    ran = origin(path, "verify", "--remember")
    assert ran.code == 3  # there was nothing to compare with before
    assert ran.out.splitlines()[-1] == f"remembered in {state}"
    assert set(remembered()) == {first, second}
    ran = origin(path, "verify", "--json")
    assert (ran.code, ran.json["anchored"], ran.json["state"]) == (0, True, None)
    before = state.read_bytes()
    tamper(path, "UPDATE batch SET step = 9 WHERE id = 1")
    ran = origin(path, "verify", "--remember", "--json")
    assert (ran.code, ran.json["state"]) == (1, None)
    assert state.read_bytes() == before


def test_a_session_that_is_gone_from_a_remembered_file_is_missed(path: Path, tmp_path: Path) -> None:
    record(path, [[b"a"]])
    older = tmp_path / "older"
    shutil.copy(path, older)
    gone = record(path, [[b"b"]])
    assert origin(path, "verify", "--remember").code == 3
    assert origin(older, "verify", "--json").json["findings"] == []  # that copy lies elsewhere, it may be an archive
    shutil.copy(older, path)
    ran = origin(path, "verify", "--json")
    assert ran.code == 1
    assert [(one["session_id"], one["where"]) for one in ran.json["findings"]] == [(gone, "session rows")]
    tamper(path, "UPDATE file SET created_at = created_at + 1")
    assert origin(path, "verify", "--json").json["findings"] == ran.json["findings"]
    path.unlink()
    record(path, [[b"c"]])
    assert origin(path, "verify").code == 3  # another file under the name of the first


def test_a_session_can_have_a_checkpoint_while_it_is_recorded(path: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "running")
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("runs")
        for number, _ in enumerate(BaseHook(db, session.session_id, "train", "MIT").wrap([[b"a"], [b"b"], [b"c"]])):
            db.flush()
            assert origin(path, "checkpoint", "latest", "-o", file, "--force").code == 0
            assert origin(path, "verify", "--checkpoint", file).code == 0
            assert SignedCheckpoint.from_bytes((tmp_path / "running").read_bytes()).checkpoint.size >= 1 + number
        session.end()
    ran = origin(path, "verify", "--checkpoint", file, "--json")
    assert (ran.code, ran.json["sessions"][0]["anchored_entries"]) == (0, remembered_size(session.session_id))


def remembered_size(session_id: str) -> int:
    return remembered()[session_id].read().checkpoint.size


def test_a_checkpoint_of_a_golden_database_verifies_for_ever() -> None:
    golden = Path(__file__).parents[1]
    file = golden / "proofs" / "format-1.0.checkpoint"
    ran = origin(golden / "golden" / "format-1.0.sqlite", "verify", "--checkpoint", str(file), "--key", KEY, "--json")
    assert ran.code == 0
    assert ran.json["checkpoints"][0]["signers"] == [KEY]
    assert ran.json["sessions"][0]["anchored_entries"] == ran.json["sessions"][0]["entries"]


def test_a_damaged_state_file_is_told_and_never_taken_for_none(path: Path, state: Path) -> None:
    record(path, [[b"a"]])
    state.parent.mkdir()
    state.write_text("{}")
    for arguments in (("verify",), ("verify", "--remember"), ("checkpoint", "latest")):
        assert_one_line(origin(path, *arguments))
    assert state.read_text() == "{}"
    assert origin(path, "status").code == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else")
def test_a_state_file_of_somebody_else_is_unknown_and_said_to_be(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(path, [[b"a"]])
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    monkeypatch.setenv("ORIGIN_STATE", str(hidden / "checkpoints.json"))
    ours = takewhile(lambda directory: directory != Path(tempfile.gettempdir()), tmp_path.parents)
    for directory in (tmp_path, *ours):
        directory.chmod(0o755)
    for arguments in (("verify",), ("checkpoint", "latest")):
        origin(path, *arguments)  # what is imported late may lie where somebody else cannot read it
    os.seteuid(65534)
    try:
        text, ran = origin(path, "verify"), origin(path, "verify", "--json")
        refused = [origin(path, "checkpoint", "latest"), origin(path, "verify", "--remember")]
        made = origin(path, "checkpoint", "latest", "--no-remember")
    finally:
        os.seteuid(0)
    assert (text.code, ran.code, made.code) == (3, 3, 0)
    assert f"the state file {hidden / 'checkpoints.json'} is out of reach" in ran.json["state_error"]
    assert text.out.splitlines()[-1].startswith("not compared with what is remembered: the state file")
    for one in refused:
        assert_one_line(one)


def test_every_flipped_byte_of_the_file_is_rejected(path: Path, tmp_path: Path, keys: tuple[str, str]) -> None:
    record(path, [[b"a"]])
    text = origin(path, "checkpoint", "latest", "--key", keys[0], "--no-remember").out.encode()
    file = tmp_path / "flipped"
    for at in range(len(text)):
        for bit in (1, 0x80):
            file.write_bytes(text[:at] + bytes((text[at] ^ bit,)) + text[at + 1 :])
            ran = origin(path, "verify", "--checkpoint", str(file), "--key", keys[1], "--quiet")
            assert ran.code in {1, 2}, (at, bit)


def test_swapped_keys_and_checkpoints_of_others_are_rejected(path: Path, tmp_path: Path, keys: tuple[str, str]) -> None:
    record(path, [[b"a"]])
    file = tmp_path / "mine"
    origin(path, "checkpoint", "latest", "--key", keys[0], "-o", str(file))
    ran = without_memory(path, "verify", "--checkpoint", str(file), "--key", KEY, "--json")
    assert ran.code == 1
    assert ran.json["checkpoints"][0]["signers"] == []
    assert "not by example.org/team (251d1e7c)" in ran.json["findings"][0]["what"]
    theirs = tmp_path / "theirs"
    theirs.write_text(SIGNED)
    ran = without_memory(path, "verify", "--checkpoint", str(theirs), "--key", KEY)
    assert ran.code == 1
    assert f"the session of the checkpoint {theirs} is not in the file" in ran.out
    both = ("--checkpoint", str(file), "--key", KEY, "--key", keys[1])
    assert without_memory(path, "verify", *both).code == 0


def test_a_forged_size_under_the_true_root_is_found_without_a_key_too(path: Path, tmp_path: Path) -> None:
    session_id = record(path, [[b"a"], [b"b"]])
    size, root = size_and_root(path)
    for forged in (1, size - 1, size + 1, 2**64 - 1):
        (tmp_path / "forged").write_text(str(Checkpoint.of_session(session_id, forged, root)))
        ran = origin(path, "verify", "--checkpoint", str(tmp_path / "forged"))
        assert ran.code == 1, forged
    (tmp_path / "forged").write_text(str(Checkpoint.of_session(session_id, 0, root)))
    assert_one_line(origin(path, "verify", "--checkpoint", str(tmp_path / "forged")))


def test_a_checkpoint_of_another_session_than_the_one_named_is_not_passed_over(path: Path, tmp_path: Path) -> None:
    first, second = (record(path, [[b"a"]]) for _ in range(2))
    file = str(tmp_path / "first")
    origin(path, "checkpoint", first, "-o", file, "--no-remember")
    assert origin(path, "verify", first, "--checkpoint", file).code == 0
    assert_one_line(origin(path, "verify", second, "--checkpoint", file))


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "--key", KEY],
        ["verify", "--checkpoint", "missing"],
        ["verify", "--checkpoint", "."],
        ["verify", "--checkpoint", "bare", "--key", "nonsense"],
        ["verify", "--checkpoint", "bare", "--key", "a+b+c"],
        ["verify", "--checkpoint", "bare", "--key", "bare"],
        ["verify", "--checkpoint", "hostile"],
        ["verify", "--checkpoint", "log"],
        *(["verify", "--subset", part] for part in ("", "1", "0/3", "4/3", "1/0", "-1/3", "1/3/5", "a/b", "9" * 5000)),
        ["checkpoint", "latest", "--key", "bare", "--ssh", "bare"],
        ["checkpoint", "latest", "--name", "me"],
        ["checkpoint", "latest", "--key", "bare"],
        ["checkpoint", "latest", "--key", "missing"],
        ["checkpoint", "latest", "-o", "bare"],
        ["checkpoint", "latest", "-o", "provenance.db", "--force"],
        ["checkpoint", "latest", "--ssh", "missing"],
    ],
    ids=lambda arguments: " ".join(arguments)[:60],
)
def test_what_cannot_be_done_is_one_line_and_code_2(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    pytest.importorskip("cryptography")
    monkeypatch.chdir(tmp_path)
    record(path, [[b"a"]])
    (tmp_path / "bare").write_text(origin(path, "checkpoint", "latest", "--no-remember").out)
    (tmp_path / "hostile").write_text("\x1b]0;owned\x07\u202e\n1\nAA==\n")
    (tmp_path / "log").write_text(str(Checkpoint("example.org/log", 1, bytes(32))))
    before = listing(tmp_path)
    assert_one_line(origin(path, *arguments))
    assert listing(tmp_path) == before


def test_a_session_that_does_not_exist_has_no_checkpoint(path: Path) -> None:
    record(path, [[b"a"]])
    assert_one_line(origin(path, "checkpoint", "zzzz"), code=1)
    assert remembered() == {}


@pytest.mark.parametrize("kind", ["openssl", "encrypted", "other"])
def test_keys_of_openssl_sign_and_others_are_refused(path: Path, tmp_path: Path, kind: str) -> None:
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    private = ec.generate_private_key(ec.SECP256R1()) if kind == "other" else ed25519.Ed25519PrivateKey.generate()
    secret = serialization.BestAvailableEncryption(b"x") if kind == "encrypted" else serialization.NoEncryption()
    file = tmp_path / "key.pem"
    file.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret))
    record(path, [[b"a"]])
    ran = origin(path, "checkpoint", "latest", "--key", str(file), "--name", "me.example", "--json")
    if kind != "openssl":
        assert_one_line(ran)
        assert "key" in ran.err
        return
    key = VerifierKey.from_text(ran.json["verifier_key"])
    assert (key.name, key.public_key) == ("me.example", private.public_key().public_bytes_raw())
    assert SignedCheckpoint.from_bytes(ran.json["checkpoint"].encode()).verified([key]) == (key,)
    ran = origin(path, "checkpoint", "latest", "--key", str(file), "--json")
    assert VerifierKey.from_text(ran.json["verifier_key"]).name == "origin"


def test_a_key_file_whose_first_line_is_of_another_key_is_refused(path: Path, keys: tuple[str, str]) -> None:
    record(path, [[b"a"]])
    with open(keys[0]) as file:  # noqa: PTH123
        _, rest = file.read().split("\n", 1)
    with open(keys[0], "w") as file:  # noqa: PTH123
        file.write(f"Origin signing key of {KEY}\n{rest}")
    assert_one_line(origin(path, "checkpoint", "latest", "--key", keys[0]))
    assert origin(path, "checkpoint", "latest", "--key", keys[0], "--name", "me").code == 0


@NEEDS_SSH_KEYGEN
def test_an_ssh_key_signs_and_is_verified_without_ssh(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    ran = origin(None, "keygen", "--ssh", str(key), "--name", "me.example", "--json")
    verifier = ran.json["verifier_key"]
    assert VerifierKey.from_text(verifier).type is KeyType.SSH
    assert (ran.json["private_key"], ran.json["public_key"]) == (None, None)
    assert origin(None, "keygen", "--ssh", str(key), "--name", "me.example", "-o", str(tmp_path)).out == f"{verifier}\n"
    assert (tmp_path / "origin.pub").read_text() == f"{verifier}\n"
    record(path, [[b"a"], [b"b"]])
    file = str(tmp_path / "checkpoint")
    ran = origin(path, "checkpoint", "latest", "--ssh", str(key), "--name", "me.example", "-o", file, "--json")
    assert (ran.code, ran.json["verifier_key"]) == (0, verifier)
    monkeypatch.setenv("PATH", "")
    assert without_memory(path, "verify", "--checkpoint", file, "--key", verifier).code == 0
    assert without_memory(path, "verify", "--checkpoint", file, "--key", KEY).code == 1


def test_a_part_says_that_it_is_one(path: Path) -> None:
    record(path, [[b"%d" % number] for number in range(9)])
    ran = origin(path, "verify", "--subset", "2/3")
    assert ran.code == 3
    assert ran.out.splitlines()[-1] == (
        "checked in part: the observations of part 2 of 3 of the batches; the lookup and the sealed set are checked "
        "with part 3"
    )
    ran = origin(path, "verify", "--subset", "3/3", "--json")
    assert (ran.code, ran.json["subset"]) == (3, "3/3")
    tamper(path, "UPDATE batch SET fingerprints = randomblob(length(fingerprints)) WHERE sequence = 4")
    assert [origin(path, "verify", "--subset", f"{number}/2").code for number in (1, 2)] == [3, 1]


def test_the_state_file_holds_signed_evidence(path: Path, state: Path, keys: tuple[str, str]) -> None:
    session_id = record(path, [[b"a"]])
    signed = origin(path, "checkpoint", "latest", "--key", keys[0]).out
    assert origin(path, "verify", "--remember").code == 0
    stored = json.loads(state.read_text())["sessions"][session_id]
    assert stored["checkpoint"] == signed
    assert stored["database"] == str(path)
