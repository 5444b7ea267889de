from __future__ import annotations

import base64
import shutil
import subprocess
from struct import pack
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proofs.signed_checkpoints import SIGNED_BY_SSH, SSH_KEY, TEXT

from origin.errors import OriginError, UsageError
from origin.proofs import ssh
from origin.proofs.checkpoint import SignedCheckpoint
from origin.proofs.note import KeyType, VerifierKey

if TYPE_CHECKING:
    from pathlib import Path

NEEDS_SSH_KEYGEN = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
BLOB = SignedCheckpoint.from_bytes(SIGNED_BY_SSH.encode()).signatures[0].signature
PUBLIC = VerifierKey.from_text(SSH_KEY).public_key


def new_key(path: Path, kind: str = "ed25519") -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", path], check=True, capture_output=True)
    return path


def armoured(blob: bytes) -> str:
    encoded = base64.b64encode(blob).decode()
    lines = [encoded[at : at + 70] for at in range(0, len(encoded), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])


def test_a_signature_is_verified_with_the_standard_library() -> None:
    assert ssh.verify(PUBLIC, TEXT.encode(), BLOB)
    assert not ssh.verify(PUBLIC, TEXT.encode() + b"\n", BLOB)


def test_every_flipped_bit_and_every_other_length_is_refused() -> None:
    for bit in range(8 * len(BLOB)):
        flipped = bytearray(BLOB)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not ssh.verify(PUBLIC, TEXT.encode(), bytes(flipped)), bit
    for end in range(len(BLOB)):
        assert not ssh.verify(PUBLIC, TEXT.encode(), BLOB[:end])
    assert not ssh.verify(PUBLIC, TEXT.encode(), BLOB + b"\0")


@given(st.binary(max_size=40), st.binary(max_size=300))
def test_any_bytes_are_a_plain_no(key: bytes, blob: bytes) -> None:
    assert ssh.verify(key, b"", blob) is False


@NEEDS_SSH_KEYGEN
def test_ssh_keygen_signs_what_is_verified_here(tmp_path: Path) -> None:
    key = new_key(tmp_path / "id")
    public, blob = ssh.sign(key, TEXT.encode())
    line = (tmp_path / "id.pub").read_text().split()
    assert base64.b64decode(line[1]) == pack(">I", 11) + b"ssh-ed25519" + pack(">I", 32) + public
    assert ssh.verify(public, TEXT.encode(), blob)
    assert not ssh.verify(PUBLIC, TEXT.encode(), blob)
    verifier = VerifierKey("example.org/team", public, KeyType.SSH)
    assert verifier.verifies(TEXT, blob)
    assert VerifierKey.from_text(str(verifier)) == verifier


@NEEDS_SSH_KEYGEN
def test_ssh_keygen_verifies_the_blob_in_a_note(tmp_path: Path) -> None:
    """The golden one too: it was put together by hand, from the text of PROTOCOL.sshsig."""
    _, blob = ssh.sign(new_key(tmp_path / "id"), TEXT.encode())
    own = (tmp_path / "id.pub").read_text()
    golden = f"ssh-ed25519 {base64.b64encode(pack('>I', 11) + b'ssh-ed25519' + pack('>I', 32) + PUBLIC).decode()}"
    for line, signature in ((own, blob), (golden, BLOB)):
        (tmp_path / "allowed").write_text(f"team {line}\n")
        (tmp_path / "signature").write_text(armoured(signature))
        command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "team", "-n", "origin-checkpoint"]
        ran = subprocess.run(
            [*command, "-s", "signature"], input=TEXT.encode(), cwd=tmp_path, capture_output=True, check=False
        )
        assert ran.returncode == 0, ran.stderr


@NEEDS_SSH_KEYGEN
def test_a_signature_made_for_something_else_is_none_of_a_checkpoint(tmp_path: Path) -> None:
    key = new_key(tmp_path / "id")
    public, _ = ssh.sign(key, b"")
    for options in (["-n", "git"], ["-n", "origin-checkpoint", "-O", "hashalg=sha256"]):
        command = ["ssh-keygen", "-Y", "sign", *options, "-f", key]
        made = subprocess.run(command, input=TEXT.encode(), capture_output=True, check=True).stdout.decode()
        blob = base64.b64decode("".join(made.splitlines()[1:-1]))
        assert blob.startswith(b"SSHSIG")
        assert not ssh.verify(public, TEXT.encode(), blob)


@NEEDS_SSH_KEYGEN
@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_a_key_of_another_type_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(UsageError, match="is no SSH key of type Ed25519"):
        ssh.sign(new_key(tmp_path / "id", kind), b"")


@NEEDS_SSH_KEYGEN
def test_a_file_that_is_no_key_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "-n").write_text("no key\n")
    for path in (tmp_path / "-n", tmp_path / "missing", tmp_path):
        with pytest.raises(UsageError) as caught:
            ssh.sign(path, b"")
        assert "\n" not in str(caught.value)


def test_without_ssh_keygen_the_error_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OriginError, match="ssh-keygen was not found: install OpenSSH"):
        ssh.sign(tmp_path / "id", b"")
