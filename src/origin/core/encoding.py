"""Canonical bytes of a value: the same on every platform, in every process, and different for different values.

Every value is a frame: one tag byte, a big-endian u64 length, a payload. The length of a container, marked *, counts
its elements (the items of a dict) and the payload is the elements' frames; all other lengths count the payload's bytes.
So the encoding is prefix-free and no two values share it.

    n   None: nothing
    b   bool: one byte, 00 or 01
    i   int: two's complement, big-endian, (bits of the magnitude + 8) // 8 bytes
    f   float: IEEE 754 binary64, little-endian, raw bits, so that -0.0 and the payloads of NaN differ
    c   complex: two of those
    s   str: UTF-8, surrogates passed
    y   bytes, bytearray, mmap, memoryview of bytes: the bytes
    l*  list: its elements
    I*  list that is not empty, all elements int (no subclass) within 64 bits: 8 bytes each, little-endian
    F*  list that is not empty, all elements float (no subclass): as in f, 8 bytes each
    t*  tuple, named ones too (Python calls them equal): its elements
    d*  dict and other mappings: key frame and value frame of each item, sorted by key frame, then by value frame
    S*  set, frozenset: its elements, sorted by frame
    w   date, time, datetime: the type's name, a space and .isoformat(), as in `date 2025-01-31`
        timedelta: `timedelta`, days, seconds, microseconds (pandas: nanoseconds, unless 0), separated by spaces
    g   Decimal: its text, with a capital E
    u   UUID: 16 bytes, big-endian
    e*  Enum: class, value
    D*  dataclass: class, then name and value of each field, then, if it is also a dict, an array or the like, that
    x*  a type with __origin_fingerprint__(): class, returned value
    a   array      o* array of objects or strings      r* array of records      z* sparse, nested or quantized tensor
    p*  PIL image      (origin.core.arrays describes these five)

Text is UTF-8. A class is the frame of its __qualname__ alone, a str: a script's module is `__main__` here and
`__mp_main__` in a spawned worker. A subclass is encoded as its base is; where it has several, __origin_fingerprint__()
goes first, then dataclass, Enum, the arrays, and the builtin types.
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
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from origin.core import arrays
from origin.core.frames import LARGE, Encoder, Parts, deeper, encoders, find, finders, head, put, put_all
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


def put_named(tag: bytes, kind: type, values: Sequence[Any], out: Parts, depth: int) -> None:
    """Append a frame that names a class, then holds values."""
    inside = deeper(depth)
    out.append(head(tag, 1 + len(values)))
    put_str(kind.__qualname__, out, inside)
    known = encoders.get
    for value in values:  # no call to put_all: each one between two levels takes from the depth that the stack allows
        member = type(value)
        encoder = known(member) or find(member)
        encoder(value, out, inside)


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
    return view.ndim == 1 and view.format in _BYTE_FORMATS


_BYTE_FORMATS = {order + code for order in ("", *arrays.BYTE_ORDERS) for code in "Bc"}


def _put_list(value: list[Any], out: Parts, depth: int) -> None:
    inside = deeper(depth)
    if type(value) is not list:
        value = list(value)  # a subclass may count and iterate as it likes
    kinds = set(map(type, value))
    packed = _packed(value, kinds) if len(kinds) == 1 else None
    if packed is not None:
        tag, numbers = packed
        out.append(head(tag, len(numbers)))
        out.large(memoryview(numbers).cast("B"), 8 * len(numbers))
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
    if type(value) is not tuple:
        value = tuple(value)
    out.append(head(b"t", len(value)))
    put_all(value, out, inside)


def _put_dict(value: Mapping[Any, Any], out: Parts, depth: int) -> None:
    inside = deeper(depth)
    keys = tuple(value)
    out.append(head(b"d", len(keys)))
    # The type counts: an Enum can equal a str.
    known = _columns.get(keys) if set(map(type, keys)) <= {str} else None
    ordered = known or _sort_keys(value, keys, inside)
    for frame, key in ordered:
        out.append(frame)
        put(value[key], out, inside)
    if len(out) > LARGE:
        out.flush()


_columns: dict[tuple[str, ...], list[tuple[bytes, str]]] = {}
"""Rows of a table share their keys: they are sorted and encoded once."""

_TABLES = 256
"""How many tables are remembered."""


def _sort_keys(value: Mapping[Any, Any], keys: tuple[Any, ...], depth: int) -> list[tuple[bytes, Any]]:
    frames = [_frame(key, depth) for key in keys]
    if len(set(frames)) < len(frames):
        # Keys that Python tells apart can have equal frames, such as two NaNs: then the values decide.
        values = [_frame(value[key], depth) for key in keys]
        triples = sorted(zip(frames, values, keys, strict=True), key=itemgetter(0, 1))
        return [(frame, key) for frame, _, key in triples]
    ordered = sorted(zip(frames, keys, strict=True), key=itemgetter(0))
    # Longer ones are data rather than column names: not worth remembering.
    if set(map(type, keys)) <= {str} and sum(map(len, frames)) <= LARGE:
        if len(_columns) >= _TABLES:
            _columns.clear()
        _columns[keys] = ordered
    return ordered


def _frame(value: Any, depth: int) -> bytes:
    pieces: list[bytes] = []
    parts = Parts()
    parts.update = lambda piece: pieces.append(bytes(piece))
    parts.size = 0
    kind = type(value)
    encoder = encoders.get(kind) or find(kind)
    encoder(value, parts, depth)
    parts.flush()
    return b"".join(pieces)


def _put_set(value: set[Any] | frozenset[Any], out: Parts, depth: int) -> None:
    inside = deeper(depth)
    frames = []
    for element in value:  # no generator: it would take from the depth that the stack allows
        frames.append(_frame(element, inside))  # noqa: PERF401
    frames.sort()
    out.append(head(b"S", len(frames)))
    out.extend(frames)
    if len(out) > LARGE:
        out.flush()


def _put_text(tag: bytes, text: str, out: Parts) -> None:
    data = text.encode()
    out.append(head(tag, len(data)) + data)


def _put_time(value: dt.date | dt.time, out: Parts, _depth: int) -> None:
    kind = next(base for base in (dt.datetime, dt.date, dt.time) if isinstance(value, base))
    _put_text(b"w", f"{kind.__name__} {value.isoformat()}", out)


def _put_timedelta(value: dt.timedelta, out: Parts, _depth: int) -> None:
    text = f"timedelta {value.days} {value.seconds} {value.microseconds}"
    nanoseconds = getattr(value, "nanoseconds", 0)
    _put_text(b"w", f"{text} {nanoseconds}" if nanoseconds else text, out)


def _put_decimal(value: Decimal, out: Parts, _depth: int) -> None:
    # The context of the thread decides between e and E.
    _put_text(b"g", str(value).replace("e", "E"), out)


def _put_uuid(value: uuid.UUID, out: Parts, _depth: int) -> None:
    out.append(head(b"u", 16) + value.bytes)


def _put_enum(value: enum.Enum, out: Parts, depth: int) -> None:
    put_named(b"e", type(value), (value.value,), out, depth)


def _put_dataclass(value: Any, out: Parts, depth: int) -> None:
    put_named(b"D", type(value), _fields(value), out, depth)


def _fields(value: Any) -> list[Any]:
    try:
        return [item for field in dataclasses.fields(value) for item in (field.name, getattr(value, field.name))]
    except AttributeError as error:
        raise UnfingerprintableError(f"a {type(value).__qualname__} lacks one of its fields: set it first") from error


def _put_both(base: Encoder) -> Encoder:
    """For a dataclass that holds more than its fields say: a dict, a list, an array."""

    def put_both(value: Any, out: Parts, depth: int) -> None:
        fields = _fields(value)
        inside = deeper(depth)
        out.append(head(b"D", 2 + len(fields)))
        for item in (type(value).__qualname__, *fields):
            put(item, out, inside)
        base(value, out, inside)

    return put_both


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
        base = arrays.find_encoder(kind) or _find_base(kind)
        return _put_both(base) if base else _put_dataclass
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
