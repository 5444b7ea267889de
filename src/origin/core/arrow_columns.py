"""The canonical bytes of Arrow columns, from the buffers as they lie in memory.

A column becomes streams of pieces, one piece a row from each stream: their sequence is the frame of the row's value
(see origin.core.encoding), with None among them where the value has no canonical bytes. Strings, binaries and lists of
numbers are cut from the buffers; a type that has no such path here goes through its Python value.
"""

from __future__ import annotations

import sys
from functools import lru_cache, partial
from itertools import pairwise, repeat
from typing import TYPE_CHECKING, Any

from origin.core.arrays import python_value
from origin.core.encoding import encode
from origin.core.frames import LARGE, Parts, encoders, head
from origin.errors import UnfingerprintableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Stream = Iterable["Piece | None"]
    Reader = Callable[[Any], list[Stream]]

Piece = bytes | memoryview

_UNREADABLE = (UnfingerprintableError, LookupError)
"""What lies under a null, which is seen later, may be anything, such as an index that its dictionary does not have."""

_NONE: bytes = encode(None)
_BOOLS = {value: encode(value) for value in (False, True, None)}


def item_streams(names: list[str], columns: list[Any]) -> list[Stream]:
    """The streams of the items of a dict, in the order of their keys' frames. Those of the keys have no end."""
    streams: list[Stream] = []
    for key, column in sorted(zip(map(encode, names), columns, strict=True), key=lambda item: item[0]):
        streams += [repeat(key), *_streams(column)]
    return streams


def _streams(array: Any) -> list[Stream]:
    """The frames of an array's values."""
    read: Reader = _READERS.get(type(array).__name__, _python)
    return read(array) if len(array) else []


def _python(array: Any) -> list[Stream]:
    """Through the Python values, for types that are rare or have no simple layout."""
    try:
        return [[_frame(value) for value in python_value(array)]]
    except _UNREADABLE:
        return [[_frame(scalar) for scalar in array]]


def _frame(value: Any) -> bytes | None:
    try:
        return encode(value)
    except _UNREADABLE:
        return None


def _nulls(array: Any) -> list[Stream]:
    return [[_NONE] * len(array)]


def _bools(array: Any) -> list[Stream]:
    return [list(map(_BOOLS.__getitem__, array.to_pylist()))]


def _ints(array: Any) -> list[Stream]:
    return [list(map(_int_frame, array.to_pylist()))]


@lru_cache(maxsize=4096)
def _int_frame(value: int | None) -> bytes:
    """Labels and the like come again and again. Ints only: in Python, True and 1.0 are the same key as 1."""
    return _scalar_frames([value])[0]


def _floats(array: Any) -> list[Stream]:
    return [_scalar_frames(array.to_pylist())]


def _scalar_frames(values: list[Any]) -> list[bytes]:
    """Each of these appends one piece: its frame."""
    frames = Parts()
    for value in values:
        encoders[type(value)](value, frames, 0)
    return frames


def _texts(array: Any) -> list[Stream]:
    try:
        array.validate(full=True)
    except ValueError:
        return [list(map(_text_frame, _cut(array)))]
    return _framed(_text_head, array)


def _text_frame(data: Piece | None) -> bytes | None:
    try:
        return encode(data if data is None else str(data, "utf-8"))
    except UnicodeDecodeError:
        return None


def _binaries(array: Any) -> list[Stream]:
    return _framed(_bytes_head, array)


def _framed(head_of: Callable[[int], bytes], array: Any) -> list[Stream]:
    data = _cut(array)
    if array.null_count == 0:
        return [list(map(head_of, map(len, data))), data]  # type: ignore[arg-type]
    heads = [_NONE if piece is None else head_of(len(piece)) for piece in data]
    return [heads, [b"" if piece is None else piece for piece in data]]


_text_head = lru_cache(maxsize=4096)(partial(head, b"s"))
_bytes_head = lru_cache(maxsize=4096)(partial(head, b"y"))


def _cut(array: Any) -> list[Piece | None]:
    """The bytes of each string or binary, None for null. Python checks the bounds, whatever the buffers say."""
    data = array.buffers()[2]
    ends = _ends(array)
    first, last = ends[0], ends[-1]
    view = memoryview(data if data is not None else b"").cast("B")[first:last]
    # A small piece costs less copied than looked at.
    span: Piece = bytes(view) if last - first <= LARGE * len(array) else view
    pieces: list[Piece | None] = [span[start - first : end - first] for start, end in pairwise(ends)]
    return _with_nulls(pieces, array)


def _ends(array: Any) -> list[int]:
    """Where each value of a string, binary or list array starts in what holds them, and where the last ends."""
    code, size = ("q", 8) if type(array).__name__.startswith("Large") else ("i", 4)
    start = size * array.offset
    stop = start + size * (len(array) + 1)
    return memoryview(array.buffers()[1]).cast("B")[start:stop].cast(code).tolist()  # type: ignore[call-overload,no-any-return]


def _with_nulls(values: list[Any], array: Any) -> list[Any]:
    if array.null_count == 0:
        return values
    return [value if valid else None for value, valid in zip(values, array.is_valid().to_pylist(), strict=True)]


def _as(kind: str) -> Reader:
    """For types that have the values of another one. kind: its name."""

    def read(array: Any) -> list[Stream]:
        try:
            return _streams(array.cast(kind))
        except (NotImplementedError, ValueError):
            return _python(array)

    return read


def _dictionary(array: Any) -> list[Stream]:
    try:
        return _streams(array.dictionary_decode())
    except (NotImplementedError, IndexError):
        return _python(array)


def _struct(array: Any) -> list[Stream]:
    names = [field.name for field in array.type]
    if len(set(names)) < len(names):
        return _python(array)
    columns = [array.field(position) for position in range(len(names))]
    streams = [repeat(head(b"d", len(names)), len(array)), *item_streams(names, columns)]
    if array.null_count == 0:
        return streams
    return [_with_none(map(_joined, zip(*streams, strict=False)), array)]


def _list(array: Any) -> list[Stream]:
    return _elements(array, _ends(array))


def _fixed_list(array: Any) -> list[Stream]:
    size = array.type.list_size
    return _elements(array, [size * (array.offset + row) for row in range(len(array) + 1)])


def _elements(array: Any, ends: list[int]) -> list[Stream]:
    """The frames of lists, from those of all their elements. ends: where each one starts, and the last one ends."""
    first = ends[0]
    values = array.values.slice(first, ends[-1] - first)
    ends = [end - first for end in ends]
    kind = type(values).__name__
    read = _READERS.get(kind, _python)
    if read is _ints:
        return _number_lists(array, values, ends, b"I", "int64")
    if read is _floats:
        return _number_lists(array, values, ends, b"F", "float64")
    if kind not in _NEVER_NUMBERS:
        return _python(array)
    frames = list(map(_joined, zip(*_streams(values), strict=False)))
    lists = (_joined((head(b"l", end - start), *frames[start:end])) for start, end in pairwise(ends))
    return [_with_none(lists, array)]


def _number_lists(array: Any, values: Any, ends: list[int], tag: bytes, wide: str) -> list[Stream]:
    """Lists of numbers are runs of 8 bytes each, as the buffer of their elements is once all have 64 bits."""
    if values.null_count or sys.byteorder != "little":
        return _python(array)
    try:
        values = values.cast(wide)
    except ValueError:  # beyond int64
        return _python(array)
    heads = [head(tag if end > start else b"l", end - start) for start, end in pairwise(ends)]
    buffer = values.buffers()[1]
    view = memoryview(buffer if buffer is not None else b"").cast("B")[8 * values.offset :]
    runs: list[Piece | None] = [view[8 * start : 8 * end] for start, end in pairwise(ends)]
    if array.null_count == 0:
        return [heads, runs]
    valid = array.is_valid().to_pylist()
    return [
        [start if one else _NONE for start, one in zip(heads, valid, strict=True)],
        [run if one else b"" for run, one in zip(runs, valid, strict=True)],
    ]


def _joined(pieces: Iterable[Piece | None]) -> bytes | None:
    try:
        return b"".join(pieces)  # type: ignore[arg-type]
    except TypeError:
        return None


def _with_none(frames: Iterable[bytes | None], array: Any) -> list[Piece | None]:
    if array.null_count == 0:
        return list(frames)
    return [frame if valid else _NONE for frame, valid in zip(frames, array.is_valid().to_pylist(), strict=True)]


_READERS: dict[str, Any] = {
    "NullArray": _nulls,
    "BooleanArray": _bools,
    **dict.fromkeys((f"{sign}Int{bits}Array" for sign in ("", "U") for bits in (8, 16, 32, 64)), _ints),
    **dict.fromkeys(("FloatArray", "DoubleArray"), _floats),
    **dict.fromkeys(("StringArray", "LargeStringArray"), _texts),
    **dict.fromkeys(("BinaryArray", "LargeBinaryArray"), _binaries),
    "StringViewArray": _as("large_string"),
    **dict.fromkeys(("BinaryViewArray", "FixedSizeBinaryArray"), _as("large_binary")),
    "DictionaryArray": _dictionary,
    "StructArray": _struct,
    **dict.fromkeys(("ListArray", "LargeListArray"), _list),
    "FixedSizeListArray": _fixed_list,
}
"""By the exact class of the array: a map is a list to Arrow, but not to Python."""

_NEVER_NUMBERS = {name for name, read in _READERS.items() if read not in {_ints, _floats, _dictionary}}
"""A list of such values is one of frames. Of others, it may be a run of numbers: its Python value tells."""
