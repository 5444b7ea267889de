"""Fingerprints of many samples that are made alike, column by column: the same as one by one, several times as fast.

A batch is mostly tuples, dicts or tensors of one shape. Small tensors of a column are stacked once, and labels read as
numbers, so that the checks and calls that each of them would cost are paid once a batch. Where torch's own collate
function has stacked them already, its stacks are read.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from itertools import repeat
from struct import Struct, pack
from typing import TYPE_CHECKING, Any

from origin.core.arrays import array_head
from origin.core.encoding import encode
from origin.core.fingerprint import value_hasher
from origin.core.frames import LARGE, head

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FEW = 4
"""Fewer samples are not worth the look."""

_SCALARS = {int, float, bool, str, type(None)}

_INTEGERS = {"int64": "q", "int32": "i", "int16": "h", "int8": "b", "uint8": "B"}
"""The struct module's letters for dtypes that are read as Python's whole numbers."""


def digests_alike(samples: Sequence[Any], collated: Any = None) -> tuple[list[bytes], int] | None:
    """The digests of samples of one type and make, all of Kind.VALUE, and how many bytes were hashed for them together.

    None where they are not alike, or have large parts. Equal to what `identify` gives one by one, whatever the samples.
    collated: what torch's default_collate has made of these very samples, untouched since; None where it did not.
    """
    kinds = set(map(type, samples))
    if len(kinds) != 1 or len(samples) < FEW:
        return None
    columns = _columns(kinds.pop(), samples, collated)
    if columns is None:
        return None
    start, parts = columns
    pieces: list[Iterable[bytes]] = []
    for before, column, stack in parts:
        framed = _framed(column, stack)
        if framed is None:
            return None
        constant, varying = framed
        if pieces:
            pieces.append(repeat(before + constant))
        else:
            start += before + constant
        pieces.append(varying)
    return _hashed(start, pieces)


def _columns(
    kind: type, samples: Sequence[Any], collated: Any
) -> tuple[bytes, list[tuple[bytes, Sequence[Any], Any]]] | None:
    """The bytes that all samples start with, then each column with the bytes before its elements, and its stack."""
    if kind in _array_types():
        return b"", [(b"", samples, collated)]
    first = samples[0]
    if kind is tuple and first and set(map(len, samples)) == {len(first)}:
        stacks = collated if type(collated) is list and len(collated) == len(first) else repeat(None)
        columns = zip(*samples, strict=True)
        return head(b"t", len(first)), [(b"", *both) for both in zip(columns, stacks, strict=False)]
    if kind is dict and first and set(map(type, first)) == {str}:
        names = tuple(first)
        if any(tuple(sample) != names for sample in samples):
            return None
        ordered = sorted((encode(name), name) for name in names)
        stack_of = collated.get if type(collated) is dict else lambda _name: None
        return head(b"d", len(names)), [
            (frame, [sample[name] for sample in samples], stack_of(name)) for frame, name in ordered
        ]
    return None


def _framed(column: Sequence[Any], stack: Any) -> tuple[bytes, Iterable[bytes]] | None:
    """The bytes that all frames of a column start with, and what follows in each."""
    kinds = set(map(type, column))
    if len(kinds) == 1 and stack is not None and not kinds <= _SCALARS:
        return _read(column, stack, *kinds)
    if kinds == {_tensor_type()}:
        return _tensors(column)
    if not kinds <= _SCALARS:
        return None
    return b"", list(map(_int_frame if kinds == {int} else encode, column))


# Labels and the like come again and again.
_int_frame = lru_cache(maxsize=4096)(encode)


def _tensor_type() -> Any:
    torch = sys.modules.get("torch")
    return None if torch is None else getattr(torch, "Tensor", None)


def _array_types() -> tuple[Any, ...]:
    return _tensor_type(), getattr(sys.modules.get("numpy"), "ndarray", None)


def _read(column: Sequence[Any], stack: Any, kind: type) -> tuple[bytes, Iterable[bytes]] | None:
    """What a collated column holds, where torch has neither changed the type of its elements nor the shape."""
    tensor = _tensor_type()
    if type(stack) is not tensor or not stack.is_contiguous() or not stack.is_cpu or len(stack) != len(column):
        return _tensors(column) if kind is tensor else None
    name = str(stack.dtype).removeprefix("torch.")
    size = stack.nbytes // len(column)
    if kind in _array_types():
        # Of mixed types, torch makes the widest.
        kept = {element.dtype for element in column}
        same = len(kept) == 1 and str(*kept).removeprefix("torch.") == name
    else:
        # NumPy's scalars are named for what they are.
        same = kind.__module__ == "numpy" and kind.__name__.rstrip("_") == name
    if not same or sys.byteorder != "little" or not 0 < size < LARGE:
        return None
    try:
        data = stack.detach().numpy()
    except (RuntimeError, TypeError):  # a type that NumPy does not have, or a layout that is no array
        return _tensors(column) if kind is tensor else None
    return array_head(name, stack.shape[1:], size), _rows(size, len(column)).unpack(data)


def _tensors(column: Sequence[Any]) -> tuple[bytes, Iterable[bytes]] | None:
    """Plain tensors of one dtype, shape and device; None for all others."""
    torch = sys.modules["torch"]
    first = column[0]
    size = first.nbytes if first.layout is torch.strided and not first.is_nested and not first.is_quantized else 0
    if (
        sys.byteorder != "little"
        or not 0 < size < LARGE
        or first.device.type == "meta"
        or len({tensor.dtype for tensor in column}) > 1
    ):
        return None
    name = str(first.dtype).removeprefix("torch.")
    try:
        data = _labels(column, name) if first.ndim == 0 and first.is_cpu else None
        if data is None:
            data = _stacked(column, size)
    except (RuntimeError, TypeError, NotImplementedError):
        # Of different shapes or devices, or of a dtype that cannot be stacked: each for itself.
        return None
    return None if data is None else (array_head(name, first.shape, size), _rows(size, len(column)).unpack(data))


def _labels(column: Sequence[Any], dtype: str) -> bytes | None:
    """The elements of 0-d tensors of whole numbers: to stack many tensors without a dimension is slow."""
    if dtype not in _INTEGERS:
        return None
    values = [tensor.tolist() for tensor in column]
    # A tensor with dimensions gives a list.
    return pack(f"<{len(values)}{_INTEGERS[dtype]}", *values) if set(map(type, values)) == {int} else None


def _stacked(column: Sequence[Any], size: int) -> Any:
    torch = sys.modules["torch"]
    with torch.no_grad():
        stack = torch.stack(column)
        if stack.layout is not torch.strided or stack.is_quantized or stack[0].nbytes != size:
            return None
        return stack.cpu().resolve_conj().resolve_neg().contiguous().reshape(-1).view(torch.uint8).numpy()


@lru_cache(maxsize=64)
def _rows(size: int, count: int) -> Struct:
    return Struct(f"{size}s" * count)


def _hashed(start: bytes, pieces: list[Iterable[bytes]]) -> tuple[list[bytes], int]:
    hasher = value_hasher()
    hasher.update(start)
    digests: list[bytes] = []
    append = digests.append
    copy = hasher.copy
    join = b"".join
    size = 0
    for row in zip(*pieces, strict=False):
        data = join(row)
        one = copy()
        one.update(data)
        append(one.digest())
        size += len(data)
    return digests, size + len(start) * len(digests)
