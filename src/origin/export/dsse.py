"""Signing a statement: a DSSE envelope under an Ed25519 key, with securesystemslib and cryptography."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined] # its __init__ names no __all__

from origin.export.signing import private_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def signed(statement: Iterable[str], key: Path) -> Iterator[str]:
    """The envelope of a statement, signed with the private key in a PEM file (PKCS #8, not encrypted).

    Raises UsageError for a file that holds no such key, OSError for one that cannot be read.
    """
    signer = CryptoSigner(private_key(key))
    envelope = Envelope("".join(statement).encode(), PAYLOAD_TYPE, {})
    envelope.sign(signer)
    yield json.dumps(envelope.to_dict(), indent=1, sort_keys=True) + "\n"
