"""Packed columns of a batch row, and back. Pure: no database here."""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from array import array
from typing import TYPE_CHECKING

from origin.core.fingerprint import Kind
from origin.core.pieces import pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from origin.core.entry import NumberedRun

_WIDTHS = (("B", 1 << 8), ("H", 1 << 16), ("I", 1 << 32), ("Q", 1 << 64))
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


def pack_digests(digests: Iterable[bytes]) -> bytes:
    return b"".join(digests)


def unpack_digests(packed: bytes) -> tuple[bytes, ...]:
    """Raises ValueError when the bytes are no whole number of digests."""
    if len(packed) % 32:
        raise ValueError(f"{len(packed)} bytes are no whole number of 32-byte fingerprints")
    return pieces(packed, 32)


def pack_observed(digests: Sequence[bytes], runs: Iterable[NumberedRun]) -> bytes:
    """The fingerprints of a batch; nothing for observations by index, which have none."""
    kept: list[bytes] = []
    start = 0
    for kind, _, end in runs:
        if kind != Kind.INDEX:
            kept += digests[start:end]
        start = end
    return b"".join(kept)


def unpack_observed(packed: bytes, runs: Iterable[NumberedRun]) -> bytes:
    """What `pack_observed` made, with 32 zero bytes again for each observation by index.

    Raises ValueError when the bytes are not those of the runs' observations.
    """
    pieces: list[bytes] = []
    start = at = 0
    for kind, _, end in runs:
        size = 32 * (end - start)
        if kind == Kind.INDEX:
            pieces.append(bytes(size))
        else:
            pieces.append(packed[at : at + size])
            at += size
        start = end
    if at != len(packed):
        raise ValueError(f"{len(packed)} bytes of fingerprints are not those of {start} observations")
    return b"".join(pieces)


def pack_runs(runs: Iterable[NumberedRun]) -> str:
    """JSON, so that a view can read it with SQLite's own functions."""
    return json.dumps(list(runs), separators=(",", ":"))


def unpack_runs(packed: str) -> tuple[NumberedRun, ...]:
    """Raises ValueError unless the runs are integers and their ends ascend."""
    # Nearly all batches of a loader have the same runs; long ones are of mixed batches, each its own.
    return _known_runs(packed) if type(packed) is str and len(packed) < _SHORT else _unpacked_runs(packed)


def _unpacked_runs(packed: str) -> tuple[NumberedRun, ...]:
    runs: list[NumberedRun] = []
    before = 0
    for run in json.loads(packed):
        if [type(number) for number in run] != [int, int, int] or run[2] <= before or not 0 <= run[0] <= 255:
            raise ValueError(f"{run} is no run of observations")
        kind, source, before = run
        runs.append((kind, source, before))
    return tuple(runs)


_SHORT = 200
_known_runs = functools.lru_cache(maxsize=256)(_unpacked_runs)


def pack_indices(indices: Sequence[int] | None) -> bytes | None:
    """Index plus one (0: not known), as `pack_numbers`; None when none is known."""
    return None if indices is None else pack_numbers([index + 1 for index in indices])


def unpack_indices(packed: bytes | None, count: int) -> Sequence[int] | None:
    """Raises ValueError when the bytes are not `count` numbers of one width."""
    return None if packed is None else [number - 1 for number in unpack_numbers(packed, count)]


def pack_numbers(numbers: Sequence[int]) -> bytes:
    """Numbers from 0 on, big-endian, all as wide as the largest needs: 1, 2, 4 or 8 bytes."""
    highest = max(numbers, default=0)
    code = next(code for code, limit in _WIDTHS if highest < limit)
    return big_endian(array(code, numbers)).tobytes()


def unpack_numbers(packed: bytes, count: int) -> Sequence[int]:
    """Raises ValueError when the bytes are not `count` numbers of one width."""
    width, rest = divmod(len(packed), count) if count else (0, len(packed))
    if rest or (count and width not in _CODES):
        raise ValueError(f"{len(packed)} bytes are no {count} numbers")
    return big_endian(array(_CODES[width], packed)) if count else []


def big_endian(numbers: array[int]) -> array[int]:
    """The same array with its bytes turned round where this machine keeps the lowest first."""
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def pack_keys(keys: Sequence[str | None] | None) -> str | None:
    return None if keys is None else json.dumps(list(keys), separators=(",", ":"))


def keys_digest(packed: str | None) -> bytes | None:
    """What a batch's entry commits to in place of the keys themselves."""
    return None if packed is None else hashlib.sha256(packed.encode()).digest()


def unpack_keys(packed: str | None) -> list[str | None] | None:
    return None if packed is None else json.loads(packed)


def to_sql(text: str | None) -> bytes | None:
    """Text as bytes for `CAST(? AS TEXT)`: the one way in for lone surrogates and NUL."""
    return None if text is None else text.encode("utf-8", "surrogatepass")


def from_sql(stored: bytes) -> str:
    """What `to_sql` made, read back (a connection's text_factory). Bytes that are no UTF-8 show as surrogates."""
    try:
        return stored.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return stored.decode("utf-8", "surrogateescape")
