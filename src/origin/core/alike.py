"""Fingerprints of many samples that are made alike, column by column: the same as one by one, several times as fast.

A batch is mostly tuples, dicts or tensors of one shape. Small tensors of a column are stacked once, and labels read as
numbers, so that the checks and calls that each of them would cost are paid once a batch. Where torch's own collate
function has stacked them already, its stacks are read; or copied, to be hashed later by another thread: that takes a
tenth of the time.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, repeat
from math import prod
from operator import attrgetter
from struct import Struct, pack
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from origin.core.arrays import array_head, chars
from origin.core.encoding import encode
from origin.core.fingerprint import value_hasher
from origin.core.frames import LARGE, head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FEW = 4
"""Fewer samples are not worth the look."""

MAX_COPIED = 1 << 20
"""Bytes of a batch that are copied to be hashed later: of more, the copies would take memory and time themselves."""

MAX_WAITING = 1 << 24
"""Bytes of one loader's batches that wait to be hashed; what would be more is hashed at once."""

_SCALARS = {int, float, bool, str, type(None)}

_INTEGERS = {"int64": "q", "int32": "i", "int16": "h", "int8": "b", "uint8": "B"}
"""The struct module's letters for dtypes that are read as Python's whole numbers."""

_PRIVATE = {list, bytes}

_Column: TypeAlias = "tuple[bytes, Any, int]"
"""Of each sample: bytes that are the same for all, then its own, in a buffer that holds `size` bytes of each. Where the
size is 0 they are a list, and differ in length."""


class Waiting:
    """Counts the bytes that were copied, and those of them that were hashed.

    Each number is written by one thread, so that no lock is needed: a fork could leave one held for ever.
    """

    __slots__ = ("copied", "hashed")

    def __init__(self) -> None:
        self.copied = self.hashed = 0


class Alike(Sequence[bytes]):
    """The digests of samples that are made alike, all of Kind.VALUE: hashed once the first of them is asked for.

    size: how many bytes are hashed for them together.
    """

    __slots__ = ("_columns", "_count", "_digests", "_held", "_start", "_waiting", "size")

    def __init__(self, start: bytes, columns: list[_Column], count: int) -> None:
        before, rest, size = columns[0]
        self._start = start + before
        self._columns = [(b"", rest, size), *columns[1:]]
        self._count = count
        self._digests: list[bytes] | None = None
        self._waiting: Waiting | None = None
        same, held = len(start), 0
        for before, rest, size in columns:
            same += len(before)
            held += count * size if size else sum(map(len, rest))
        self._held = held
        self.size = count * same + held

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> list[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | list[bytes]:
        return self.digests()[at]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.digests())

    def digests(self) -> list[bytes]:
        if self._digests is None:
            self._digests = _hashed(self._start, self._columns, self._count)
            self._columns.clear()
            if self._waiting is not None:
                self._waiting.hashed += self._held
        return self._digests

    def wait(self, waiting: Waiting) -> None:
        """Keep copies of the samples until somebody asks; hash at once where these would take too much memory."""
        if self._held > MAX_COPIED or waiting.copied - waiting.hashed + self._held > MAX_WAITING:
            self.digests()
            return
        self._columns = [
            (before, rest if type(rest) in _PRIVATE else rest.raw, size) for before, rest, size in self._columns
        ]
        self._waiting = waiting
        waiting.copied += self._held


def digests_alike(samples: Sequence[Any], collated: Any = None, waiting: Waiting | None = None) -> Alike | None:
    """The digests of samples of one type and make; None where they are not alike.

    They are what `identify` gives one by one, whatever the samples. collated: what torch's default_collate has made of
    these very samples, untouched since; None where it did not. waiting: if given, what is small is copied and hashed
    when it is asked for. Either way the samples may change as soon as this returns.
    """
    kinds = set(map(type, samples))
    if len(kinds) != 1 or len(samples) < FEW:
        return None
    found = _columns(kinds.pop(), samples, collated)
    if found is None:
        return None
    start, parts = found
    columns = []
    for before, elements, stack in parts:
        column = _framed(elements, stack)
        if column is None:
            return None
        if before:
            column = before + column[0], *column[1:]
        columns.append(column)
    alike = Alike(start, columns, len(samples))
    if waiting is None:
        alike.digests()
    else:
        alike.wait(waiting)
    return alike


def _columns(
    kind: type, samples: Sequence[Any], collated: Any
) -> tuple[bytes, Iterable[tuple[bytes, Sequence[Any], Any]]] | None:
    """The bytes that all samples start with, then each column with the bytes before its elements, and its stack."""
    first = samples[0]
    if kind is tuple and first and set(map(len, samples)) == {len(first)}:
        stacks = collated if type(collated) is list and len(collated) == len(first) else repeat(None)
        return head(b"t", len(first)), zip(repeat(b""), zip(*samples, strict=True), stacks, strict=False)
    if kind is dict and first and set(map(type, first)) == {str}:
        names = tuple(first)
        if any(tuple(sample) != names for sample in samples):
            return None
        ordered = sorted((encode(name), name) for name in names)
        stack_of = collated.get if type(collated) is dict else lambda _name: None
        return head(b"d", len(names)), [
            (frame, [sample[name] for sample in samples], stack_of(name)) for frame, name in ordered
        ]
    return (b"", [(b"", samples, collated)]) if kind in _array_types() else None


def _framed(column: Sequence[Any], stack: Any) -> _Column | None:
    """The frames of a column's elements."""
    kinds = set(map(type, column))
    if kinds <= _SCALARS:
        return b"", list(map(_int_frame if kinds == {int} else encode, column)), 0
    if len(kinds) > 1:
        return None
    (kind,) = kinds
    if stack is not None:
        return _read(column, stack, kind)
    return _tensors(column) if kind is _tensor_type() else None


_dtype_of = attrgetter("dtype")

# Labels and the like come again and again.
_int_frame = lru_cache(maxsize=4096)(encode)


def _tensor_type() -> Any:
    torch = sys.modules.get("torch")
    return None if torch is None else getattr(torch, "Tensor", None)


def _array_types() -> tuple[Any, ...]:
    return _tensor_type(), getattr(sys.modules.get("numpy"), "ndarray", None)


def _read(column: Sequence[Any], stack: Any, kind: type) -> _Column | None:
    """What a collated column holds, where torch has neither changed the type of its elements nor the shape."""
    tensor = _tensor_type()
    if type(stack) is not tensor:
        return None
    address, (name, frame, size) = _address(stack), _stack_frame(stack.dtype, stack.shape)
    if not address or not size:
        return _tensors(column) if kind is tensor else None
    # Of mixed types, torch makes the widest.
    if kind is tensor:
        same = set(map(_dtype_of, column)) == {stack.dtype}
    elif kind in _array_types():
        same = set(map(_array_name, map(_dtype_of, column))) == {name}
    else:
        same = _scalar_name(kind) == name
    count = len(column)
    return (frame, chars(count * size).from_address(address), size) if same and stack.nbytes == count * size else None


def _address(stack: Any) -> int:
    """Where the elements of a tensor lie one after the other; 0 where they do not."""
    if not stack.is_cpu or stack.layout is not sys.modules["torch"].strided or not stack.is_contiguous():
        return 0
    if stack.is_conj() or stack.is_neg():
        return 0  # these bits are not in the storage yet
    try:
        return int(stack.data_ptr())
    except RuntimeError:  # it stands for a tensor, and has no storage of its own
        return 0


@lru_cache(maxsize=1024)
def _stack_frame(dtype: Any, shape: tuple[int, ...]) -> tuple[str, bytes, int]:
    """Of a stack's elements: the dtype's name, their frames up to their content, the size of that (0: not readable)."""
    name = str(dtype).removeprefix("torch.")
    size = dtype.itemsize * prod(shape[1:]) if sys.byteorder == "little" and "q" not in name else 0
    return name, array_head(name, tuple(shape[1:]), size), size


@lru_cache(maxsize=256)
def _array_name(dtype: Any) -> str:
    return str(dtype)


@lru_cache(maxsize=256)
def _scalar_name(kind: type) -> str | None:
    """The name of a NumPy scalar's dtype; None for any other type."""
    return kind.__name__.rstrip("_") if kind.__module__ == "numpy" else None


def _tensors(column: Sequence[Any]) -> _Column | None:
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
    return None if data is None else (array_head(name, first.shape, size), data, size)


def _labels(column: Sequence[Any], dtype: str) -> bytes | None:
    """The elements of 0-d tensors of whole numbers: to stack many tensors without a dimension is slow."""
    if dtype not in _INTEGERS:
        return None
    values = [tensor.tolist() for tensor in column]
    # A tensor with dimensions gives a list.
    return pack(f"<{len(values)}{_INTEGERS[dtype]}", *values) if set(map(type, values)) == {int} else None


def _stacked(column: Sequence[Any], size: int) -> bytes | None:
    torch = sys.modules["torch"]
    with torch.no_grad():
        stack = torch.stack(column)
        if stack.layout is not torch.strided or stack.is_quantized or stack[0].nbytes != size:
            return None
        plain = stack.cpu().resolve_conj().resolve_neg().contiguous()
        data: bytes = plain.reshape(-1).view(torch.uint8).numpy().tobytes()
        return data


@lru_cache(maxsize=64)
def _rows(size: int, count: int) -> Struct:
    return Struct(f"{size}s" * count)


def _hashed(start: bytes, columns: list[_Column], count: int) -> list[bytes]:
    hasher = value_hasher()
    hasher.update(start)
    copy = hasher.copy
    digests: list[bytes] = []
    append = digests.append
    if any(size >= LARGE for _, _, size in columns):
        for row in zip(*_pieces(columns, count), strict=False):
            one = copy()
            for piece in row:
                one.update(piece)
            append(one.digest())
        return digests
    for data in _joined(columns, count):
        one = copy()
        one.update(data)
        append(one.digest())
    return digests


def _pieces(columns: list[_Column], count: int) -> Iterator[Iterable[Any]]:
    for before, rest, size in columns:
        if before:
            yield repeat(before, count)
        if not size:
            yield rest
        elif size < LARGE:
            yield _rows(size, count).unpack(rest)
        else:
            view = memoryview(rest).cast("B")
            yield [view[at : at + size] for at in range(0, count * size, size)]


def _joined(columns: list[_Column], count: int) -> Iterable[bytes]:
    """What each sample has of its own, in one piece."""
    pieces = list(_pieces(columns, count))
    if len(pieces) == 1:
        return pieces[0]
    rows = zip(*pieces, strict=False)
    if any(not size for _, _, size in columns):
        return map(b"".join, rows)
    # One join and one unpack rather than a step for each.
    whole = sum(len(before) + size for before, _, size in columns)
    return _rows(whole, count).unpack(b"".join(chain.from_iterable(rows)))
