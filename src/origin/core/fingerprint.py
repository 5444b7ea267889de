"""Fingerprints: which sample this is, as a SHA-256.

bytes and str hash to the plain SHA-256 of their content, so that a fingerprint equals `sha256sum FILE` and every
published SHA-256 of that content. Everything else is the SHA-256 of MAGIC and the canonical encoding.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from origin.core import arrays, encoding
from origin.core.frames import encoders, find

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAGIC = b"\xffORIGIN\x01"
"""Starts every encoding that is hashed. 0xff never occurs in UTF-8, so no text can look like one."""

_plain_hasher = hashlib.sha256().copy
value_hasher = hashlib.sha256(MAGIC).copy


class Kind(enum.IntEnum):
    """What a fingerprint is the hash of. Part of the leaf, so that equal bytes and text are told apart."""

    UNFINGERPRINTABLE = 0
    BYTES = 1
    TEXT = 2
    VALUE = 3
    INDEX = 4
    """Nothing was hashed: the sample's source and index stand for it, whose content was fingerprinted before."""
    ERASED = 5
    """It had a fingerprint, which was erased: the hash of the observation's leaf stands in its place."""


CONTENT_KINDS = (Kind.BYTES, Kind.TEXT, Kind.VALUE)
"""The kinds of observations that have a fingerprint."""


Identity = tuple[int, bytes, int]
"""A sample's kind, its 32-byte SHA-256, and how many bytes were hashed. A plain tuple: one is made for every sample."""

# Plain ints, since looking up an enum member is slow in a loop.
_BYTES, _TEXT, _VALUE = int(Kind.BYTES), int(Kind.TEXT), int(Kind.VALUE)

NO_DIGEST = bytes(32)
UNKNOWN: Identity = (Kind.UNFINGERPRINTABLE, NO_DIGEST, 0)
"""Stands for a sample that was seen but has no canonical bytes."""


def fingerprint(value: Any) -> str:
    """The SHA-256 fingerprint of `value`: 64 lower-case hexadecimal digits.

    bytes: the SHA-256 of the bytes. str: of its UTF-8 bytes. Everything else: of a tagged encoding (see
    origin.core.encoding), equal for equal content whatever the library, strides, byte order or device.

    Raises UnfingerprintableError (a TypeError) for a value without canonical bytes.
    """
    return identify(value)[1].hex()


def identify(value: Any) -> Identity:
    """Kind, digest and size of `value`; raises UnfingerprintableError as `fingerprint` does."""
    kind = type(value)
    encoder = encoders.get(kind) or find(kind)
    if encoder is encoding.put_bytes or (encoder is encoding.put_memoryview and encoding.is_bytes(value)):
        return _identify_bytes(value)
    if encoder is encoding.put_str:
        data = value.encode("utf-8", "surrogatepass")
        return (_TEXT, hashlib.sha256(data).digest(), len(data))
    if encoder is arrays.put_arrow:
        return identify(arrays.python_value(value))
    hasher = value_hasher()
    size = encoding.stream(value, hasher.update)
    return (_VALUE, hasher.digest(), size)


def _identify_bytes(value: Any) -> Identity:
    with memoryview(value) as view:
        data = view if view.c_contiguous else view.tobytes()
        return (_BYTES, hashlib.sha256(data).digest(), view.nbytes)


def identify_all_bytes(samples: Sequence[bytes]) -> list[bytes]:
    """The digests of samples that are all `bytes`, in the tightest loop that Python has."""
    digests: list[bytes] = []
    append = digests.append
    copy = _plain_hasher
    for sample in samples:
        hasher = copy()
        hasher.update(sample)
        append(hasher.digest())
    return digests


def with_key(key: bytes, kind: int, digest: bytes) -> bytes:
    """HMAC-SHA256(key, kind || digest): a fingerprint that nobody without the key can guess a sample for."""
    return hmac.digest(key, bytes((kind,)) + digest, "sha256")


def all_with_key(key: bytes, kind: int, digests: Iterable[bytes]) -> list[bytes]:
    return [with_key(key, kind, digest) for digest in digests]
