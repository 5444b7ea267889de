"""The form of a proof file (docs/trust.md): canonical JSON, one byte sequence for each proof, every field known.

So a changed byte is another proof or none: there is no white space, order or spelling to change.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any

from origin.core.merkle import HASH_SIZE
from origin.errors import OriginError

VERSION = "origin proof 1"
SAMPLE, NO_LICENSE, MODEL = "sample", "no license", "model"
LARGEST = 1 << 24
"""Bytes of a proof file."""

_MOST_HASHES = 64
_INT64 = 1 << 63
_HASH = re.compile("[0-9a-f]{64}", re.ASCII)

Test = Callable[[Any], bool]


class NoProofError(OriginError, ValueError):
    """A file is no proof that can be read."""


def written(document: dict[str, Any]) -> bytes:
    """The one way in which a proof is written."""
    return (json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n").encode("ascii")


def read(data: bytes) -> dict[str, Any]:
    """A proof whose form is right; nothing in it is proven. Raises NoProofError."""
    if len(data) > LARGEST:
        raise NoProofError(f"no proof: it has more than {LARGEST} bytes")
    try:
        document = json.loads(data.decode("ascii"))
        canonical = written(document)
    except (ValueError, RecursionError) as error:
        raise NoProofError(f"no proof: it is no JSON in ASCII ({type(error).__name__})") from error
    if canonical != data:
        raise NoProofError("no proof: it is not written as Origin writes it, so a byte of it was changed")
    if not isinstance(document, dict) or document.get("proof") != VERSION:
        raise NoProofError(f"no proof of a known version: this Origin reads {VERSION!r}")
    form = _FORMS.get(document["claim"]) if isinstance(document.get("claim"), str) else None
    if form is None or not form(document):
        raise NoProofError("no proof: a field is missing, unknown, or of another type than it must have")
    return document


def packed_path(hashes: list[bytes]) -> str:
    return base64.b64encode(b"".join(hashes)).decode()


def path(packed: str) -> list[bytes]:
    """The inverse of `packed_path`, for a text that has its form."""
    data = base64.b64decode(packed)
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def _number(least: int = 0) -> Test:
    return lambda value: type(value) is int and least <= value < _INT64


def _text(value: object) -> bool:
    return type(value) is str


def _hash(value: object) -> bool:
    return type(value) is str and _HASH.fullmatch(value) is not None


def _path(value: object) -> bool:
    if type(value) is not str or len(value) > _MOST_HASHES * HASH_SIZE * 2:
        return False
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(data) % HASH_SIZE == 0 and base64.b64encode(data).decode() == value


def _or_none(test: Test) -> Test:
    return lambda value: value is None or test(value)


def _object(**fields: Test) -> Test:
    return lambda value: (
        type(value) is dict
        and value.keys() == fields.keys()
        and all(test(value[name]) for name, test in fields.items())
    )


def _list(test: Test) -> Test:
    return lambda value: type(value) is list and all(map(test, value))


def _row(*tests: Test) -> Test:
    return lambda value: (
        type(value) is list
        and len(value) == len(tests)
        and all(test(one) for test, one in zip(tests, value, strict=True))
    )


_count, _signed = _number(), _number(-_INT64)
_ITEM = _object(
    entry=_count, entry_path=_path, items=_row(_text, _count, _count, _hash), kind=_count, path=_path, position=_count
)
_SIGHTING = _object(
    batch=_row(_text, _signed, _signed, _count, _count, _hash, _or_none(_hash)),
    entry=_count,
    entry_path=_path,
    index=_number(-1),
    item=_or_none(_ITEM),
    kind=_count,
    path=_path,
    position=_count,
    source=_count,
)
_INCLUDED = _object(count=_count, fingerprint=_hash, index=_count, path=_path, sightings=_list(_SIGHTING))
_NEIGHBOUR = _or_none(_object(count=_count, fingerprint=_hash, path=_path))
_ABSENT = _object(fingerprint=_hash, left=_NEIGHBOUR, place=_count, right=_NEIGHBOUR)
_COMMON: dict[str, Test] = {
    "checkpoint": _or_none(_text),
    "claim": _text,
    "end": _object(batches=_count, ended_at=_signed, gaps=_count, observations=_count, path=_path, status=_text),
    "proof": _text,
    "root": _hash,
    "set": _object(content=_text, path=_path),
    "size": _count,
}
_SAMPLES = _list(lambda value: _INCLUDED(value) or _ABSENT(value))
_FORMS = {
    SAMPLE: _object(**_COMMON, samples=_SAMPLES),
    MODEL: _object(**_COMMON, samples=_SAMPLES, model=_object(content=_text, entry=_count, path=_path)),
    NO_LICENSE: _object(**_COMMON, license=_text, licenses=_text),
}
