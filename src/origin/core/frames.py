"""Frames: the pieces that canonical bytes are made of, and the table of who encodes which type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any

from origin.errors import UnfingerprintableError

MAX_DEPTH = 256
"""Containers nested deeper are refused: a fixed number, so that the answer does not depend on the caller's stack."""

LARGE = 4096
"""Buffers of at least this many bytes go to the hasher as they are; what is smaller, or fewer, is joined first."""

MAX_TYPES = 1024
"""How many types are remembered, then the newest makes room: a class made for every batch must not fill the memory."""

head = Struct(">cQ").pack
"""The head of a frame: tag and length."""

Encoder = Callable[[Any, "Parts", int], None]

encoders: dict[type, Encoder] = {}
"""Who appends the frame of a value of exactly this type."""

finders: list[Callable[[type], Encoder | None]] = []
"""Asked in order, once, for a type that is not in the table."""


class Parts(list[bytes]):
    """The frames of one value on their way to a hasher: small ones are joined, large ones not copied."""

    # Set by whoever makes one: an __init__ would cost a tenth of a small sample's time.
    __slots__ = ("size", "update")
    update: Callable[[Any], object]
    size: int

    def large(self, buffer: Any, size: int) -> None:
        """Take a buffer of `size` bytes; it may change once this returns, so nothing keeps it."""
        if size < LARGE:
            self.append(bytes(buffer))
        else:
            self.flush()
            self.update(buffer)
            self.size += size

    def flush(self) -> None:
        joined = b"".join(self)
        self.update(joined)
        self.size += len(joined)
        self.clear()


def put(value: Any, out: Parts, depth: int) -> None:
    """Append the frame of `value`, which stands `depth` containers deep."""
    kind = type(value)
    encoder = encoders.get(kind) or find(kind)
    encoder(value, out, depth)


def put_all(values: Sequence[Any], out: Parts, depth: int) -> None:
    """Append the frames of all elements of a container."""
    if len(values) > LARGE:
        for start in range(0, len(values), LARGE):
            put_all(values[start : start + LARGE], out, depth)
        return
    known = encoders.get
    for value in values:
        kind = type(value)
        encoder = known(kind) or find(kind)
        encoder(value, out, depth)
    if len(out) > LARGE:
        out.flush()


def deeper(depth: int) -> int:
    """The depth of a container's elements; raises UnfingerprintableError where it would pass MAX_DEPTH."""
    if depth >= MAX_DEPTH:
        raise UnfingerprintableError(f"the value is nested deeper than {MAX_DEPTH} levels, or holds itself: flatten it")
    return depth + 1


def find(kind: type) -> Encoder:
    """The encoder of a type met for the first time; remembered, so that the search happens once a type."""
    for finder in finders:
        encoder = finder(kind)
        if encoder is not None:
            if len(encoders) >= MAX_TYPES:
                encoders.popitem()
            encoders[kind] = encoder
            return encoder
    raise UnfingerprintableError(
        f"a value of type {kind.__module__}.{kind.__qualname__} has no canonical bytes: "
        "hand over bytes, text, numbers, containers or arrays, or give the type an __origin_fingerprint__() method"
    )
