"""Canonical bytes of a value: the same on every platform, in every process, and different for different values.

Every item is a frame: one tag byte, a big-endian u64 length, a payload. For containers the length counts their elements
and the payload is the elements' frames, so the encoding is prefix-free and no two values share it.

    n None            b bool (00 or 01)      i int (two's complement, big-endian, (bits + 8) // 8 bytes)
    f float (IEEE 754 binary64, little-endian, raw bits: -0.0 and NaN payloads differ)      c complex (two of those)
    s str (UTF-8, surrogates passed)          y bytes, bytearray, mmap, memoryview of bytes
    l list      t tuple (named ones too: Python calls them equal)
    I list whose elements are all int within 64 bits (8 bytes each, little-endian)
    F list whose elements are all float (8 bytes each, little-endian)
    d dict (key and value frames, sorted by key frame)      S set, frozenset (sorted by element frame)
    w date, time, datetime, timedelta      g Decimal      u UUID
    e Enum (class, value)      D dataclass (class, then name and value of each field)
    x a type's own __origin_fingerprint__() (class, returned value)
    a array      o array of objects or strings      r array of records      z sparse, nested or quantized tensor
    p PIL image      (origin.core.arrays has these five)

A class is named by its __qualname__ alone: a script's module is `__main__` here and `__mp_main__` in a spawned worker.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import mmap
import struct
import sys
import uuid
from array import array
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from origin.core import arrays
from origin.core.frames import LARGE, Encoder, Parts, deeper, encoders, finders, head, put, put_all
from origin.errors import UnfingerprintableError


def encode(value: Any) -> bytes:
    """The canonical bytes of `value`, in one piece.

    Raises UnfingerprintableError for a value that has none.
    """
    pieces: list[bytes] = []
    stream(value, lambda piece: pieces.append(bytes(piece)))
    return b"".join(pieces)


def stream(value: Any, update: Callable[[Any], object]) -> int:
    """Hand the canonical bytes of `value` to `update`, piece by piece; returns how many bytes there were."""
    parts = Parts()
    parts.update = update
    parts.size = 0
    try:
        put(value, parts, 0)
    except RecursionError as error:
        raise UnfingerprintableError("the value is nested too deep for the caller's stack: flatten it") from error
    parts.flush()
    return parts.size


def put_named(tag: bytes, kind: type, values: tuple[Any, ...], out: Parts, depth: int) -> None:
    """Append a frame that names a class, then holds values."""
    inside = deeper(depth)
    out.append(head(tag, 1 + len(values)))
    put_str(kind.__qualname__, out, inside)
    for value in values:
        put(value, out, inside)


def _put_none(_value: None, out: Parts, _depth: int) -> None:
    out.append(head(b"n", 0))


def _put_bool(value: bool, out: Parts, _depth: int) -> None:  # noqa: FBT001 - the value, not a flag
    out.append(head(b"b", 1) + (b"\1" if value else b"\0"))


def _put_int(value: int, out: Parts, _depth: int) -> None:
    size = (value.bit_length() + 8) // 8
    out.append(head(b"i", size) + value.to_bytes(size, "big", signed=True))


def _put_float(value: float, out: Parts, _depth: int) -> None:
    out.append(head(b"f", 8) + struct.pack("<d", value))


def _put_complex(value: complex, out: Parts, _depth: int) -> None:
    out.append(head(b"c", 16) + struct.pack("<dd", value.real, value.imag))


def put_str(value: str, out: Parts, _depth: int) -> None:
    data = value.encode("utf-8", "surrogatepass")
    out.append(head(b"s", len(data)))
    out.large(data, len(data))


def put_bytes(value: Any, out: Parts, _depth: int) -> None:
    with memoryview(value) as view:
        out.append(head(b"y", view.nbytes))
        out.large(view, view.nbytes)


def put_memoryview(value: memoryview, out: Parts, depth: int) -> None:
    if is_bytes(value):
        put_bytes(value if value.c_contiguous else value.tobytes(), out, depth)
    else:
        arrays.put_buffer(value, out, depth)


def is_bytes(view: memoryview) -> bool:
    """Whether a memoryview is a plain run of bytes rather than an array of numbers."""
    return view.format in {"B", "c"} and view.ndim == 1


def _put_list(value: list[Any], out: Parts, depth: int) -> None:
    inside = deeper(depth)
    kinds = set(map(type, value))
    packed = _packed(value, kinds) if len(kinds) == 1 else None
    if packed is not None:
        tag, numbers = packed
        out.append(head(tag, len(value)))
        out.large(memoryview(numbers).cast("B"), 8 * len(value))
        return
    out.append(head(b"l", len(value)))
    put_all(value, out, inside)


def _packed(value: list[Any], kinds: set[type]) -> tuple[bytes, array[Any]] | None:
    """A list of token ids or features as one run of 8-byte numbers: ten times faster than a frame for each."""
    try:
        if kinds == {int}:
            tag, numbers = b"I", array("q", value)
        elif kinds == {float}:
            tag, numbers = b"F", array("d", value)
        else:
            return None
    except OverflowError:
        return None
    if sys.byteorder == "big":
        numbers.byteswap()
    return tag, numbers


def _put_tuple(value: tuple[Any, ...], out: Parts, depth: int) -> None:
    inside = deeper(depth)
    out.append(head(b"t", len(value)))
    put_all(value, out, inside)


def _put_dict(value: Mapping[Any, Any], out: Parts, depth: int) -> None:
    inside = deeper(depth)
    out.append(head(b"d", len(value)))
    keys = tuple(value)
    if set(map(type, keys)) <= {str}:
        ordered = _sorted_names(keys) if len(keys) < LARGE else _sort_by_frame(keys, inside)
    else:
        ordered = _sort_by_frame(keys, inside)
    for frame, key in ordered:
        out.append(frame)
        put(value[key], out, inside)


@lru_cache(maxsize=256)
def _sorted_names(keys: tuple[str, ...]) -> list[tuple[bytes, str]]:
    """Rows of a table share their keys: sort and encode them once."""
    return _sort_by_frame(keys, 0)


def _sort_by_frame(keys: tuple[Any, ...], depth: int) -> list[tuple[bytes, Any]]:
    return sorted(((_frame(key, depth), key) for key in keys), key=lambda pair: pair[0])


def _frame(value: Any, depth: int) -> bytes:
    parts = Parts()
    pieces: list[bytes] = []
    parts.update = lambda piece: pieces.append(bytes(piece))
    parts.size = 0
    put(value, parts, depth)
    parts.flush()
    return b"".join(pieces)


def _put_set(value: set[Any] | frozenset[Any], out: Parts, depth: int) -> None:
    inside = deeper(depth)
    out.append(head(b"S", len(value)))
    out.extend(sorted(_frame(element, inside) for element in value))


def _put_text(tag: bytes, text: str, out: Parts) -> None:
    data = text.encode()
    out.append(head(tag, len(data)) + data)


def _put_time(value: dt.date | dt.time, out: Parts, _depth: int) -> None:
    kind = next(base for base in (dt.datetime, dt.date, dt.time) if isinstance(value, base))
    _put_text(b"w", f"{kind.__name__} {value.isoformat()}", out)


def _put_timedelta(value: dt.timedelta, out: Parts, _depth: int) -> None:
    _put_text(b"w", f"timedelta {value.days} {value.seconds} {value.microseconds}", out)


def _put_decimal(value: Decimal, out: Parts, _depth: int) -> None:
    _put_text(b"g", str(value), out)


def _put_uuid(value: uuid.UUID, out: Parts, _depth: int) -> None:
    out.append(head(b"u", 16) + value.bytes)


def _put_enum(value: enum.Enum, out: Parts, depth: int) -> None:
    put_named(b"e", type(value), (value.value,), out, depth)


def _put_dataclass(value: Any, out: Parts, depth: int) -> None:
    pairs = [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    put_named(b"D", type(value), tuple(item for pair in pairs for item in pair), out, depth)


def _put_own(value: Any, out: Parts, depth: int) -> None:
    put_named(b"x", type(value), (value.__origin_fingerprint__(),), out, depth)


_BUILTIN: dict[type, Encoder] = {
    type(None): _put_none,
    bool: _put_bool,
    int: _put_int,
    float: _put_float,
    complex: _put_complex,
    str: put_str,
    bytes: put_bytes,
    bytearray: put_bytes,
    mmap.mmap: put_bytes,
    memoryview: put_memoryview,
    array: arrays.put_buffer,
    list: _put_list,
    tuple: _put_tuple,
    dict: _put_dict,
    set: _put_set,
    frozenset: _put_set,
    dt.datetime: _put_time,
    dt.date: _put_time,
    dt.time: _put_time,
    dt.timedelta: _put_timedelta,
    Decimal: _put_decimal,
    uuid.UUID: _put_uuid,
}


def _find_own(kind: type) -> Encoder | None:
    """What a type says of itself goes before what its bases say."""
    if callable(getattr(kind, "__origin_fingerprint__", None)):
        return _put_own
    if dataclasses.is_dataclass(kind):
        return _put_dataclass
    if issubclass(kind, enum.Enum):
        return _put_enum
    return None


def _find_base(kind: type) -> Encoder | None:
    """A subclass is encoded as the builtin type it is: OrderedDict as dict, a named tuple as tuple."""
    for base, encoder in _BUILTIN.items():
        if issubclass(kind, base):
            return encoder
    return _put_dict if issubclass(kind, Mapping) else None


encoders.update(_BUILTIN)
finders += [_find_own, arrays.find_encoder, _find_base]
