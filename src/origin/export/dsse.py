"""Signing a statement: a DSSE envelope under an Ed25519 key, with securesystemslib and cryptography."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined] # its __init__ names no __all__

from origin.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def signed(statement: Iterable[str], key: Path) -> Iterator[str]:
    """The envelope of a statement, signed with the private key in a PEM file (PKCS #8, not encrypted).

    Raises UsageError for a file that holds no such key, OSError for one that cannot be read.
    """
    signer = CryptoSigner(_private_key(key))
    envelope = Envelope("".join(statement).encode(), PAYLOAD_TYPE, {})
    envelope.sign(signer)
    yield json.dumps(envelope.to_dict(), indent=1, sort_keys=True) + "\n"


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except TypeError:
        raise UsageError(
            f"the key in {path} is encrypted: give one that is not, from a place only you can read"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(
            f"{path} holds no private key as PEM: make one with `openssl genpkey -algorithm ed25519 -out FILE`"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"the key in {path} is no Ed25519 key: make one with `openssl genpkey -algorithm ed25519`")
    return key
