"""Signatures by an SSH key of type Ed25519: what `ssh-keygen -Y sign` makes (OpenSSH, PROTOCOL.sshsig).

signed = "SSHSIG" || string namespace || string "" || string "sha512" || string SHA-512(message)
blob   = "SSHSIG" || u32 1 || string public key || string namespace || string "" || string "sha512" || string signature

where a string is its length (u32) and its bytes. The blob stands as it is, without its armour, in a note's signature.
"""

from __future__ import annotations

import binascii
import hashlib
import shutil
import subprocess
from base64 import b64decode
from struct import pack
from typing import TYPE_CHECKING

from origin.errors import OriginError, UsageError
from origin.proofs import ed25519

if TYPE_CHECKING:
    from pathlib import Path

NAMESPACE = b"origin-checkpoint"
"""What the signature is for: one made for Git or for a login is none of a checkpoint."""

_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"


def _string(data: bytes) -> bytes:
    return pack(">I", len(data)) + data


_TYPE = _string(b"ssh-ed25519")
_MIDDLE = _string(NAMESPACE) + _string(b"") + _string(b"sha512")
_BEFORE_KEY = b"SSHSIG" + pack(">II", 1, len(_TYPE) + 36) + _TYPE


def verify(public_key: bytes, message: bytes, blob: bytes) -> bool:
    """Whether `blob` is the signature of `message` under an Ed25519 key in our namespace. Malformed input is False."""
    signature = blob[-64:]
    # There is one blob for a key and a signature, so it is built and compared rather than read.
    if blob != _blob(public_key, signature):
        return False
    signed = b"SSHSIG" + _MIDDLE + _string(hashlib.sha512(message).digest())
    return ed25519.verify(public_key, signed, signature)


def sign(key: Path, message: bytes) -> tuple[bytes, bytes]:
    """Sign by `ssh-keygen` with the key in a file, or the agent's whose public part is in the file. It may ask for a
    passphrase. Returns the public key (32 bytes) and the blob; raises UsageError or OriginError.
    """
    program = shutil.which("ssh-keygen")
    if program is None:
        raise OriginError("ssh-keygen was not found: install OpenSSH, or sign with a key of `origin keygen`")
    if not key.is_file():
        raise UsageError(f"{key} is no file: name the SSH key to sign with")
    command = [program, "-Y", "sign", "-n", NAMESPACE.decode(), "-f", str(key.absolute())]
    ran = subprocess.run(command, input=message, capture_output=True, check=False)  # noqa: S603 - no shell
    if ran.returncode != 0:
        said = " ".join(ran.stderr.decode("utf-8", "replace").split())
        raise UsageError(f"ssh-keygen did not sign with {key} ({said:.200}): name an SSH key that you can use")
    blob = _unarmoured(ran.stdout)
    public_key = blob[len(_BEFORE_KEY) + 4 :][:32]
    if not verify(public_key, message, blob):
        raise UsageError(f"{key} is no SSH key of type Ed25519: make one with `ssh-keygen -t ed25519`")
    return public_key, blob


def _blob(public_key: bytes, signature: bytes) -> bytes:
    return _BEFORE_KEY + _string(public_key) + _MIDDLE + _string(_TYPE + _string(signature))


def _unarmoured(armoured: bytes) -> bytes:
    text = armoured.decode("ascii", "replace")
    try:
        return b64decode(text.partition(_BEGIN)[2].partition(_END)[0])
    except binascii.Error:
        return b""
