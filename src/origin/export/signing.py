"""Ed25519 keys of one's own, with cryptography: making them, and signing with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from origin.errors import UsageError
from origin.proofs.keys import DEFAULT_NAME, first_line
from origin.proofs.note import VerifierKey

if TYPE_CHECKING:
    from pathlib import Path

    from origin.proofs.note import Signature

_TITLE = "Origin signing key of "


def new_key(name: str) -> tuple[VerifierKey, str]:
    """A new key under a name: what others verify with, and the private key's file.

    The file is PEM (PKCS #8), as OpenSSL and `origin export --sign` read it; a line before it (RFC 7468, section 2)
    holds the verifier key and with it the name. Raises UsageError for what is no name.
    """
    key = Ed25519PrivateKey.generate()
    public = VerifierKey(name, key.public_key().public_bytes_raw())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return public, f"{_TITLE}{public}\n{pem}"


def sign(text: str, path: Path, name: str | None = None) -> tuple[VerifierKey, Signature]:
    """Sign a note's text with the key in a file; name: another than the file tells.

    Raises UsageError for a file that holds no such key, OSError for one that cannot be read.
    """
    key = private_key(path)
    public = VerifierKey(name or _name(path, key), key.public_key().public_bytes_raw())
    return public, public.signature(key.sign(text.encode()))


def private_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a PEM file (PKCS #8, not encrypted); raises as `sign` does."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except TypeError:
        raise UsageError(
            f"the key in {path} is encrypted: give one that is not, from a place only you can read"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path} holds no private key as PEM: make one with `origin keygen`") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"the key in {path} is no Ed25519 key: make one with `origin keygen`")
    return key


def _name(path: Path, key: Ed25519PrivateKey) -> str:
    title = first_line(path)
    if not title.startswith(_TITLE):
        return DEFAULT_NAME
    public = VerifierKey.from_text(title.removeprefix(_TITLE))
    if public.public_key != key.public_key().public_bytes_raw():
        raise UsageError(f"{path} holds another key than its first line says: name the signer by --name")
    return public.name
