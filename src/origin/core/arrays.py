"""Canonical bytes of arrays, tensors, images and Arrow values, for libraries that the caller has already imported.

Nothing here imports NumPy, torch, PIL or pyarrow: a value of theirs can only exist once they are in `sys.modules`.
Frames as in origin.core.encoding; a shape is the frame of a tuple of ints, a name that of a str.

    a   u64 length of the dtype's name, the name, u64 number of dimensions, u64 for each dimension (all big-endian),
        then the elements, little-endian, in C order. The name is NumPy's or torch's, which agree: bool, int8 to int64,
        uint8 to uint64, float16, float32, float64, bfloat16, float8_e5m2 and the like, complex32, complex64,
        complex128, datetime64[ns] and the like, void64 (bits). NumPy, torch, array.array and memoryview share this
        frame, whatever the strides, byte order or device; NumPy scalars are 0-d arrays.
    o*  shape, then each element in C order: arrays of objects, and of strings (their width is storage, not content).
    r*  shape, then name and array of each field: record arrays, so that padding bytes do not count.
    z*  shape, layout name, then its components:
            sparse_coo: indices and values, coalesced (stored zeros count)
            sparse_csr, sparse_bsr: row pointers, column indices, values; sparse_csc, sparse_bsc: with columns for rows
            nested DTYPE, shape (): the tensors
            quantized SCHEME DTYPE: integers, then scale and zero point, or scales, zero points and axis
        Indices and pointers are int64.
    p*  mode, size, palette (list of R, G, B, A of each colour, or None), transparency (or None), pixels: the frame that
        a PIL image shows now. Metadata does not count. Pixels are as Image.tobytes() gives them, numbers little-endian.

Arrow values are the Python value of their as_py() or to_pylist().
"""

from __future__ import annotations

import ctypes
import io
import struct
import sys
from array import array
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from origin.core.frames import LARGE, deeper, encoders, find, head, put, put_all
from origin.errors import UnfingerprintableError

if TYPE_CHECKING:
    from origin.core.frames import Encoder, Parts

BYTE_ORDERS = {"@": sys.byteorder, "=": sys.byteorder, "<": "little", ">": "big", "!": "big"}
"""What may stand before a buffer's format, as in the struct module."""

_FORMATS = dict.fromkeys("bhilqn", "int") | dict.fromkeys("BHILQN", "uint") | dict.fromkeys("efd", "float")
_FORMATS |= {"?": "bool", "Zf": "complex", "Zd": "complex"}


def find_encoder(kind: type) -> Encoder | None:
    """The encoder for a type of a supported library that is already imported, or None."""
    for module, names in _LIBRARIES.items():
        library = sys.modules.get(module)
        if library is None:
            continue
        for name, encoder in names.items():
            base = getattr(library, name, None)
            # np.str_ and np.bytes_ are text and bytes before they are scalars.
            if base is not None and issubclass(kind, base) and not issubclass(kind, (str, bytes)):
                return encoder
    return None


@lru_cache(maxsize=4096)
def array_head(dtype: str, shape: tuple[int, ...], nbytes: int) -> bytes:
    """All of an array's frame that comes before its elements."""
    name = dtype.encode()
    described = struct.pack(">Q", len(name)) + name + struct.pack(f">{1 + len(shape)}Q", len(shape), *shape)
    return head(b"a", len(described) + nbytes) + described


def put_buffer(value: array[Any] | memoryview, out: Parts, _depth: int) -> None:
    """array.array, and a memoryview that is not plain bytes."""
    with memoryview(value) as view:
        order, code = BYTE_ORDERS.get(view.format[:1]), view.format.lstrip("@=<>!")
        family = _FORMATS.get(code)
        if family is None:
            raise UnfingerprintableError(
                f"a buffer of format {view.format!r} has no canonical bytes: hand over bytes or numbers"
            )
        name = "bool" if family == "bool" else f"{family}{8 * view.itemsize}"
        out.append(array_head(name, view.shape, view.nbytes))
        if view.nbytes:
            width = view.itemsize // 2 if family == "complex" else view.itemsize
            # cast() knows only the formats of one letter, in native order.
            data = view.cast("B") if view.c_contiguous and view.format == code and len(code) == 1 else view.tobytes()
            out.large(_little(data, width, order or sys.byteorder), view.nbytes)


def _little(data: Any, width: int, order: str = sys.byteorder) -> Any:
    """The little-endian bytes of numbers of `width` bytes, given in the byte order `order`."""
    if order == "little" or width == 1:
        return data
    swapped = array({2: "H", 4: "I", 8: "Q"}[width], bytes(data))
    swapped.byteswap()
    return swapped.tobytes()


def _put_shaped(tag: bytes, shape: tuple[int, ...], values: list[Any], out: Parts, depth: int) -> None:
    inside = deeper(depth)
    out.append(head(tag, 1 + len(values)))
    put(tuple(map(int, shape)), out, inside)
    for value in values:  # as in put_named: no call between two levels
        kind = type(value)
        encoder = encoders.get(kind) or find(kind)
        encoder(value, out, inside)


def _put_numpy(value: Any, out: Parts, depth: int) -> None:
    numpy = sys.modules["numpy"]
    if type(value) is not numpy.ndarray:
        if isinstance(value, numpy.ma.MaskedArray):
            raise UnfingerprintableError("a masked array hides elements: use its .filled() values")
        value = numpy.asarray(value)
    dtype = value.dtype
    if dtype.kind in "OUST":
        _put_shaped(b"o", value.shape, value.reshape(-1).tolist(), out, depth)
    elif dtype.names is not None:
        fields = [item for name in dtype.names for item in (name, value[name])]
        _put_shaped(b"r", value.shape, fields, out, depth)
    else:
        name, little = _numpy_dtype(dtype)
        _put_numbers(name, value if little is None else value.astype(little), out)


def _put_numbers(name: str, value: Any, out: Parts) -> None:
    size = value.nbytes
    out.append(array_head(name, value.shape, size))
    if size < LARGE:
        out.append(value.tobytes())
    else:
        out.large(value.ravel().view("uint8"), size)


@lru_cache(maxsize=256)
def _numpy_dtype(dtype: Any) -> tuple[str, Any]:
    """The name of a dtype of plain numbers, and its little-endian form if it is not little-endian itself."""
    if dtype.num in _LONG_DOUBLES:
        raise UnfingerprintableError(f"{dtype.name} differs between platforms: convert it to float64 or complex128")
    # Above those built in are those that ml_dtypes registers (2); a new-style one may hold pointers.
    if not 0 <= dtype.num < _BUILTIN_DTYPES and dtype.isbuiltin != 2:
        raise UnfingerprintableError(f"an array of dtype {dtype!r} has no canonical bytes: convert it to numbers")
    little = dtype.newbyteorder("<")
    return dtype.name, None if little.byteorder == "|" or little == dtype else little


_LONG_DOUBLES = {13, 16}  # NPY_LONGDOUBLE, NPY_CLONGDOUBLE; their letters also name an fp8 of ml_dtypes
_BUILTIN_DTYPES = 24  # NPY_NTYPES_LEGACY


def _put_tensor(value: Any, out: Parts, depth: int) -> None:
    torch = sys.modules["torch"]
    try:
        if type(value) is not torch.Tensor:
            value = _plain_tensor(value)
        if value.requires_grad:
            value = value.detach()
        if value.layout is not torch.strided or value.is_nested or value.is_quantized:
            _put_composite(value, out, depth)
            return
        if not value.is_cpu:
            value = _to_cpu(value)
        # Lazy conjugate and negative bits are not in the storage yet.
        if value.is_conj() or value.is_neg():
            value = value.resolve_conj().resolve_neg()
        if not value.is_contiguous():
            value = value.contiguous()
        size = value.nbytes
        out.append(array_head(_name(value.dtype), value.shape, size))
        if size:
            out.large(_storage(value, size), size)
    except NotImplementedError as error:
        # What torch lacks for a dtype, such as coalescing fp8.
        raise UnfingerprintableError(f"torch cannot lay out this {value.dtype} tensor: make it dense") from error


def _plain_tensor(value: Any) -> Any:
    """A Parameter, or another subclass, as the tensor it is; a subclass's own functions are not asked."""
    torch = sys.modules["torch"]
    with torch._C.DisableTorchFunctionSubclass():  # noqa: SLF001 - the name that torch's documentation gives
        plain = value if value.is_nested else value.as_subclass(torch.Tensor)
    if type(plain) is not torch.Tensor and not plain.is_nested:
        raise UnfingerprintableError(f"a tensor of type {type(value).__qualname__} has no storage of its own")
    return plain


def _storage(value: Any, size: int) -> Any:
    """The raw storage, whatever the dtype: bfloat16, fp8 and complex32 have no NumPy counterpart."""
    try:
        address = value.data_ptr()
    except RuntimeError:
        address = 0
    if not address and value._is_zerotensor():  # noqa: SLF001 - zeros of autograd that nobody has laid out yet
        return bytes(size)
    if not address:
        raise UnfingerprintableError("a tensor without storage of its own has no canonical bytes: clone it")
    buffer = chars(size).from_address(address)
    return buffer if sys.byteorder == "little" else _little(buffer, _component_size(value))


@lru_cache(maxsize=1024)
def chars(size: int) -> type[ctypes.Array[ctypes.c_char]]:
    """The type of a buffer of that many bytes."""
    return ctypes.c_char * size


@lru_cache(maxsize=256)
def _name(dtype: Any) -> str:
    """The name of a dtype, layout or quantization scheme."""
    return str(dtype).removeprefix("torch.")


def _component_size(value: Any) -> int:
    return int(value.element_size()) // (2 if value.is_complex() else 1)


def _to_cpu(value: Any) -> Any:
    if value.device.type == "meta":
        raise UnfingerprintableError("a meta tensor holds no data")
    return value.cpu()


def _put_composite(value: Any, out: Parts, depth: int) -> None:
    """Sparse, nested and quantized tensors: the layout's name, then the tensors it is made of."""
    if value.is_nested:
        _put_shaped(b"z", (), [f"nested {_name(value.dtype)}", *value.unbind()], out, depth)
    elif value.is_quantized:
        name = f"quantized {_name(value.qscheme())} {_name(value.dtype)}"
        _put_shaped(b"z", value.shape, [name, *_quantized(value)], out, depth)
    else:
        _put_shaped(b"z", value.shape, [_name(value.layout), *_sparse(value)], out, depth)


def _sparse(value: Any) -> list[Any]:
    torch = sys.modules["torch"]
    if value.layout is torch.sparse_coo:
        value = value.coalesce()
        return [value.indices(), value.values()]
    if value.layout in {torch.sparse_csr, torch.sparse_bsr}:
        indices = [value.crow_indices(), value.col_indices()]
    elif value.layout in {torch.sparse_csc, torch.sparse_bsc}:
        indices = [value.ccol_indices(), value.row_indices()]
    else:
        raise UnfingerprintableError(f"a tensor of layout {value.layout} has no canonical bytes: make it dense")
    # Whether an index takes 4 or 8 bytes is storage, not content.
    return [*(index.to(torch.int64) for index in indices), value.values()]


def _quantized(value: Any) -> list[Any]:
    torch = sys.modules["torch"]
    if value.qscheme() in {torch.per_tensor_affine, torch.per_tensor_symmetric}:
        return [value.int_repr(), value.q_scale(), value.q_zero_point()]
    scales, zeros = value.q_per_channel_scales(), value.q_per_channel_zero_points()
    return [value.int_repr(), scales, zeros, value.q_per_channel_axis()]


def _put_image(value: Any, out: Parts, depth: int) -> None:
    value = _decoded(value)
    pixels = _little(value.tobytes(), {"I": 4, "F": 4, "I;16N": 2}.get(value.mode, 1))
    palette = value.getpalette("RGBA") if value.mode in {"P", "PA"} else None
    fields = (value.mode, tuple(value.size), palette, value.info.get("transparency"), pixels)
    inside = deeper(depth)
    out.append(head(b"p", len(fields)))
    put_all(fields, out, inside)


def _decoded(value: Any) -> Any:
    """An image to read pixels from.

    A JPEG that nobody loaded yet can still be told to decode at a smaller size, as thumbnail() does, and gives other
    pixels then. Loading it would change what the program sees: a second one is opened on the same bytes.
    """
    image = sys.modules["PIL.Image"]
    if type(value).draft is image.Image.draft or not value.tile or value.fp is None:
        return value
    position = value.fp.tell()
    value.fp.seek(0)
    again = type(value)(io.BytesIO(value.fp.read()))
    value.fp.seek(position)
    return again if (again.mode, again.size, again.tile) == (value.mode, value.size, value.tile) else value


def put_arrow(value: Any, out: Parts, depth: int) -> None:
    put(python_value(value), out, depth)


def python_value(value: Any) -> Any:
    """The Python row, or list of rows, that an Arrow value stands for."""
    halves = _has_halves(value.schema if hasattr(value, "schema") else value.type)
    try:
        python = value.as_py() if hasattr(value, "as_py") else value.to_pylist()
    except (ValueError, OverflowError, NotImplementedError) as error:
        # Fields of one name in a struct, a year beyond 9999, nanoseconds without pandas, text that is not UTF-8.
        raise UnfingerprintableError(f"an Arrow {type(value).__name__} has no Python value: {error}") from error
    return _without_halves(python) if halves else python


@lru_cache(maxsize=256)
def _has_halves(kind: Any) -> bool:
    """Whether an Arrow type or schema has half floats in it; raises for one whose Python value loses something."""
    if hasattr(kind, "names") and len(set(kind.names)) < len(kind.names):
        raise UnfingerprintableError("an Arrow value with two fields of one name has no Python rows: rename one")
    described = str(getattr(kind, "types", kind))
    if "time64[ns]" in described:
        raise UnfingerprintableError("Arrow's time64[ns] loses its nanoseconds in Python: cast it to time64[us]")
    return "halffloat" in described


def _without_halves(value: Any) -> Any:
    """Half floats as float, which pyarrow 26 gives; pyarrow 20 gave NumPy scalars."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_without_halves, value))
    if isinstance(value, dict):
        return {key: _without_halves(item) for key, item in value.items()}
    return float(value) if type(value).__module__ == "numpy" else value


_LIBRARIES: dict[str, dict[str, Encoder]] = {
    "numpy": {"ndarray": _put_numpy, "generic": _put_numpy},
    "torch": {"Tensor": _put_tensor},
    "PIL.Image": {"Image": _put_image},
    "pyarrow": dict.fromkeys(("Scalar", "Array", "ChunkedArray", "RecordBatch", "Table"), put_arrow),
}
