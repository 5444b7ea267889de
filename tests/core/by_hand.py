"""The encoding once more, written from the docstrings of origin.core.encoding and origin.core.arrays alone.

`frames` writes, `read` reads back; neither uses anything of Origin. `meaning` says which values are the same to Origin.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import hashlib
import mmap
import struct
import uuid
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

MAGIC = b"\xffORIGIN\x01"


def sha256(*frames: bytes) -> str:
    return hashlib.sha256(MAGIC + b"".join(frames)).hexdigest()


def leaf(tag: str, payload: bytes) -> bytes:
    return struct.pack(">cQ", tag.encode(), len(payload)) + payload


def node(tag: str, *elements: bytes) -> bytes:
    return struct.pack(">cQ", tag.encode(), len(elements)) + b"".join(elements)


def frames(value: Any) -> bytes:
    if isinstance(value, enum.Enum):
        return node("e", text(type(value).__qualname__), frames(value.value))
    if dataclasses.is_dataclass(value):
        fields = [part for f in dataclasses.fields(value) for part in (text(f.name), frames(getattr(value, f.name)))]
        return node("D", text(type(value).__qualname__), *fields)
    for kinds, write in WRITERS.items():
        if isinstance(value, kinds):
            return write(value)
    raise TypeError(type(value))


def text(value: str) -> bytes:
    return leaf("s", value.encode("utf-8", "surrogatepass"))


def integer(value: int) -> bytes:
    magnitude_bits = len(f"{abs(value):b}") if value else 0
    size = (magnitude_bits + 8) // 8
    return leaf("i", (value % (1 << (8 * size))).to_bytes(size, "big"))


def sequence(value: list[Any]) -> bytes:
    if value and all(type(element) is int and -(2**63) <= element < 2**63 for element in value):
        return struct.pack(">cQ", b"I", len(value)) + struct.pack(f"<{len(value)}q", *value)
    if value and all(type(element) is float for element in value):
        return struct.pack(">cQ", b"F", len(value)) + struct.pack(f"<{len(value)}d", *value)
    return node("l", *map(frames, value))


def mapping(value: Mapping[Any, Any]) -> bytes:
    items = sorted((frames(key), frames(value[key])) for key in value)
    return struct.pack(">cQ", b"d", len(items)) + b"".join(key + item for key, item in items)


def moment(value: dt.date | dt.time) -> bytes:
    name = next(kind.__name__ for kind in (dt.datetime, dt.date, dt.time) if isinstance(value, kind))
    return leaf("w", f"{name} {value.isoformat()}".encode())


def duration(value: dt.timedelta) -> bytes:
    return leaf("w", f"timedelta {value.days} {value.seconds} {value.microseconds}".encode())


def decimal(value: Decimal) -> bytes:
    return leaf("g", str(value).encode())


WRITERS: dict[Any, Any] = {
    type(None): lambda _: leaf("n", b""),
    bool: lambda value: leaf("b", b"\1" if value else b"\0"),
    int: integer,
    float: lambda value: leaf("f", struct.pack("<d", value)),
    complex: lambda value: leaf("c", struct.pack("<dd", value.real, value.imag)),
    str: text,
    (bytes, bytearray, memoryview): lambda value: leaf("y", bytes(value)),
    mmap.mmap: lambda value: leaf("y", value[:]),
    list: sequence,
    tuple: lambda value: node("t", *map(frames, value)),
    Mapping: mapping,
    (set, frozenset): lambda value: node("S", *sorted(map(frames, value))),
    (dt.date, dt.time): moment,
    dt.timedelta: duration,
    Decimal: decimal,
    uuid.UUID: lambda value: leaf("u", value.bytes),
}


def numbers(dtype: str, shape: tuple[int, ...], elements: bytes) -> bytes:
    """The frame of an array."""
    dimensions = b"".join(struct.pack(">Q", size) for size in shape)
    name = dtype.encode()
    return leaf("a", struct.pack(">Q", len(name)) + name + struct.pack(">Q", len(shape)) + dimensions + elements)


def read(data: bytes) -> tuple[Any, bytes]:
    """The meaning of the first frame, and the rest."""
    tag, length = struct.unpack_from(">cQ", data)
    tag, rest = tag.decode(), data[9:]
    if tag in "IF":
        code = "q" if tag == "I" else "d"
        elements = struct.unpack_from(f"<{length}{code}", rest)
        return ("l", tuple(meaning(element) for element in elements)), rest[8 * length :]
    if tag in "ltS":
        parts, rest = read_many(length, rest)
        return (tag, Counter(parts) if tag == "S" else tuple(parts)), rest
    if tag == "d":
        parts, rest = read_many(2 * length, rest)
        return (tag, Counter(zip(parts[::2], parts[1::2], strict=True))), rest
    return (tag, READERS.get(tag, bytes)(rest[:length])), rest[length:]


READERS: dict[str, Any] = {
    "i": lambda payload: int.from_bytes(payload, "big", signed=True),
    "s": lambda payload: payload.decode("utf-8", "surrogatepass"),
    "b": lambda payload: payload == b"\1",
}


def read_many(count: int, rest: bytes) -> tuple[list[Any], bytes]:
    parts = []
    for _ in range(count):
        part, rest = read(rest)
        parts.append(hashable(part))
    return parts, rest


def hashable(part: tuple[str, Any]) -> tuple[str, Any]:
    return (part[0], frozenset(part[1].items())) if isinstance(part[1], Counter) else part


def meaning(value: Any) -> Any:
    """Equal for two builtin values exactly if they are the same to Origin."""
    if isinstance(value, list):
        return "l", tuple(hashable(meaning(element)) for element in value)
    if isinstance(value, tuple):
        return "t", tuple(hashable(meaning(element)) for element in value)
    if isinstance(value, (set, frozenset)):
        return "S", Counter(hashable(meaning(element)) for element in value)
    if isinstance(value, Mapping):
        return "d", Counter((hashable(meaning(key)), hashable(meaning(item))) for key, item in value.items())
    if type(value) in (bool, int, str):
        return type(value).__name__[0], value
    frame = frames(value)
    return frame[:1].decode(), frame[9:]
