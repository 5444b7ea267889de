"""Cutting packed columns into their elements: one call for all of them rather than a step for each."""

from __future__ import annotations

from functools import lru_cache
from struct import Struct

_MANY = 4096


def pieces(data: bytes | bytearray, size: int, skip: int = 0) -> tuple[bytes, ...]:
    """The pieces of `size` bytes that stand in `data`, each followed by `skip` bytes that are left out.

    Raises struct.error unless the data consists of these.
    """
    count = len(data) // (size + skip)
    cut = _cut(size, skip, count) if count <= _MANY else _cut.__wrapped__(size, skip, count)
    return cut.unpack(data)


@lru_cache(maxsize=64)
def _cut(size: int, skip: int, count: int) -> Struct:
    return Struct(f"{size}s{skip}x" * count)
