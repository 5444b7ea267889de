"""Signed notes (c2sp.org/signed-note v1.0.0): a text, an empty line, and a line for each signature.

    — NAME base64(KEY_ID || SIGNATURE)

KEY_ID = SHA-256(NAME || 0x0A || TYPE || public key)[:4], where TYPE is one of `KeyType`. What others verify with is the
verifier key NAME+hex(KEY_ID)+base64(TYPE || public key).
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from origin.errors import OriginError, UsageError, shown
from origin.proofs import ed25519, ssh

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST = 1 << 20
"""Bytes of a note. The format asks for room for 16 signatures, of 5 kB at most."""

_MOST_SIGNATURES = 100
_DASH = "\u2014 "
_KEY_ID_SIZE = 4


class SignatureError(OriginError, ValueError):
    """A note is not signed by a key that is trusted."""


class KeyType(Enum):
    """How a key signs: the bytes that stand for it in a key id and before the public key in a verifier key."""

    ED25519 = b"\x01"
    SSH = b"\xfforigin-checkpoint/sshsig-ed25519"
    """An SSHSIG over the text (origin.proofs.ssh). The format reserves 0xff and a name for types of one's own."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key, and the name that its signatures carry. Raises UsageError for one that cannot verify anything."""

    name: str
    public_key: bytes
    type: KeyType = KeyType.ED25519

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise UsageError(
                f"{shown(self.name)} is no key name: it needs a character, and no white space, no plus and no control "
                "character, as in example.org/team"
            )
        if not ed25519.is_public_key(self.public_key):
            raise UsageError(f"the public key of {self.name} is none of Ed25519: make one with `origin keygen`")

    @property
    def key_id(self) -> bytes:
        hashed = hashlib.sha256(self.name.encode() + b"\n" + self.type.value + self.public_key)
        return hashed.digest()[:_KEY_ID_SIZE]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64_text(self.type.value + self.public_key)}"

    @classmethod
    def from_text(cls, text: str) -> VerifierKey:
        """The inverse of `str`; raises UsageError."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        typed = base64_bytes(encoded) or b""
        for kind in KeyType:
            if typed.startswith(kind.value):
                key = cls(name, typed.removeprefix(kind.value), kind)
                if key.key_id.hex() != key_id:
                    raise UsageError(f"{shown(text)} is no verifier key: its id does not belong to its name and key")
                return key
        raise UsageError(
            f"{shown(text)} is no verifier key for Ed25519: it must be NAME+ID+KEY, as `origin keygen` prints it"
        )

    def verifies(self, text: str, signature: bytes) -> bool:
        if self.type is KeyType.SSH:
            return ssh.verify(self.public_key, text.encode(), signature)
        return ed25519.verify(self.public_key, text.encode(), signature)

    def signature(self, signature: bytes) -> Signature:
        """The line for a signature that this key's owner made."""
        return Signature(self.name, self.key_id, signature)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who, the 4 bytes that tell which key, and what was made with it."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64_text(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends in a newline, and its signatures, none of them verified."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return "".join([self.text, "\n", *map(str, self.signatures)])

    @classmethod
    def from_bytes(cls, data: bytes) -> Note:
        """Read a note; raises UsageError, which says what is wrong with it."""
        text, blank, lines = readable(data).rpartition("\n\n")
        if not blank or not text:
            raise UsageError("no signed note: it has no empty line between a text and signatures")
        if not lines.endswith("\n"):
            raise UsageError("no signed note: the last signature line does not end, so the file may be cut off")
        signed = lines[:-1].split("\n")
        if len(signed) > _MOST_SIGNATURES:
            raise UsageError(f"no signed note: {len(signed)} signatures are more than {_MOST_SIGNATURES}")
        return cls(text + "\n", tuple(map(_signature, signed)))

    def verified(self, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
        """Those of `keys` that signed the text. Signatures of other keys are ignored, as the format demands.

        Raises SignatureError if none of them did, or if a signature that names one of them is not its.
        """
        known = {(key.name, key.key_id): key for key in keys}
        found: dict[VerifierKey, None] = {}
        for line in self.signatures:
            key = known.get((line.name, line.key_id))
            if key is None:
                continue
            if not key.verifies(self.text, line.signature):
                raise SignatureError(f"the signature of {key.name} is not one of this text: do not trust it")
            found[key] = None
        if not found:
            signers = ", ".join(f"{line.name} ({line.key_id.hex()})" for line in self.signatures[:3]) or "nobody"
            wanted = ", ".join(f"{name} ({key_id.hex()})" for name, key_id in known)
            raise SignatureError(f"it is signed by {signers:.300}, not by {wanted:.300}: do not trust it")
        return tuple(found)


def readable(data: bytes) -> str:
    """The text of a note: UTF-8 without control characters but newlines. Raises UsageError."""
    if len(data) > LARGEST:
        raise UsageError(f"no note: it has more than {LARGEST} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"no note: it is no UTF-8 at byte {error.start}") from error
    if any(character < " " and character != "\n" for character in text):
        raise UsageError("no note: it holds control characters (were its line ends changed?)")
    return text


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    signed = base64_bytes(encoded)
    if not line.startswith(_DASH) or not _is_name(name) or signed is None or len(signed) <= _KEY_ID_SIZE:
        raise UsageError(f"no signed note: {shown(line)} is no signature line")
    return Signature(name, signed[:_KEY_ID_SIZE], signed[_KEY_ID_SIZE:])


def _is_name(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return bool(name) and not any(character == "+" or character < " " or character.isspace() for character in name)


def base64_text(data: bytes) -> str:
    return b64encode(data).decode()


def base64_bytes(encoded: str) -> bytes | None:
    """The inverse of `base64_text`, and None for all that it never writes: one value has one text."""
    try:
        data = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64_text(data) == encoded else None
