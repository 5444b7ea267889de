"""Canonical bytes of arrays, tensors, images and Arrow values, for libraries that the caller has already imported.

Nothing here imports NumPy, torch, PIL or pyarrow: a value of theirs can only exist once they are in `sys.modules`.

    a   dtype name, number of dimensions, each dimension, then the elements little-endian in C order. NumPy, torch,
        array.array and memoryview share it, whatever the strides, byte order or device; NumPy scalars are 0-d arrays.
    o   shape, then the element's frames: object arrays, and string arrays (their width is storage, not content).
    r   shape, then name and array of each field: record arrays, so that padding bytes do not count.
    z   layout name, then its components: sparse, nested and quantized tensors.
    p   mode, size, palette, transparency, pixels of a PIL image.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from array import array
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from origin.core.frames import deeper, head, put
from origin.errors import UnfingerprintableError

if TYPE_CHECKING:
    from origin.core.frames import Encoder, Parts

_FORMATS = {"b": "int", "h": "int", "i": "int", "l": "int", "q": "int", "n": "int", "B": "uint", "H": "uint"}
_FORMATS |= {"I": "uint", "L": "uint", "Q": "uint", "N": "uint", "e": "float", "f": "float", "d": "float", "?": "bool"}


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
    view = memoryview(value)
    family = _FORMATS.get((view.format or "").lstrip("@="))
    if family is None:
        raise UnfingerprintableError(f"a buffer of format {view.format!r} has no canonical bytes: use bytes or numbers")
    name = "bool" if family == "bool" else f"{family}{8 * view.itemsize}"
    data = view if view.c_contiguous else memoryview(view.tobytes())
    out.append(array_head(name, view.shape, view.nbytes))
    if view.nbytes:
        flat = data.cast("B") if data.format != "B" or data.ndim != 1 else data
        out.large(_little(flat, view.itemsize), view.nbytes)


def _little(data: Any, width: int) -> Any:
    """Little-endian bytes of native ones."""
    if sys.byteorder == "little" or width == 1:
        return data
    swapped = array({2: "H", 4: "I", 8: "Q"}[width], bytes(data))
    swapped.byteswap()
    return swapped.tobytes()


def _put_shaped(tag: bytes, shape: tuple[int, ...], values: list[Any], out: Parts, depth: int) -> None:
    inside = deeper(depth)
    out.append(head(tag, 1 + len(values)))
    put(tuple(map(int, shape)), out, inside)
    for value in values:
        put(value, out, inside)


def _put_numpy(value: Any, out: Parts, depth: int) -> None:
    numpy = sys.modules["numpy"]
    if isinstance(value, numpy.ma.MaskedArray):
        raise UnfingerprintableError("a masked array hides elements: use its .filled() values")
    data = numpy.asarray(value)
    dtype = data.dtype
    if dtype.names is not None:
        fields = [item for name in dtype.names for item in (name, data[name])]
        _put_shaped(b"r", data.shape, fields, out, depth)
    elif dtype.kind in "OUST":
        _put_shaped(b"o", data.shape, data.reshape(-1).tolist(), out, depth)
    elif dtype.char in "gG":
        raise UnfingerprintableError(f"{dtype.name} differs between platforms: convert it to float64")
    else:
        _put_plain_numpy(data, out)


def _put_plain_numpy(data: Any, out: Parts) -> None:
    numpy = sys.modules["numpy"]
    if data.dtype.byteorder == ">" or (data.dtype.byteorder == "=" and sys.byteorder == "big"):
        data = data.astype(data.dtype.newbyteorder("<"))
    out.append(array_head(data.dtype.name, data.shape, data.nbytes))
    if data.nbytes:
        flat = numpy.ascontiguousarray(data).reshape(-1)
        out.large(memoryview(flat.view(numpy.uint8)), data.nbytes)


def _put_tensor(value: Any, out: Parts, depth: int) -> None:
    torch = sys.modules["torch"]
    if type(value) is not torch.Tensor and not value.is_nested:
        value = value.as_subclass(torch.Tensor)
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
    out.append(array_head(_dtype_name(value.dtype), value.shape, size))
    if size:
        out.large(_storage(value, size), size)


def _storage(value: Any, size: int) -> Any:
    """The raw storage, whatever the dtype: bfloat16, fp8 and complex32 have no NumPy counterpart."""
    address = value.data_ptr()
    if not address:
        raise UnfingerprintableError(f"a tensor of type {type(value).__qualname__} has no storage of its own")
    buffer = (ctypes.c_char * size).from_address(address)
    return buffer if sys.byteorder == "little" else _little(buffer, _component_size(value))


@lru_cache(maxsize=256)
def _dtype_name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _component_size(value: Any) -> int:
    return int(value.element_size()) // (2 if value.is_complex() else 1)


def _to_cpu(value: Any) -> Any:
    if value.device.type == "meta":
        raise UnfingerprintableError("a meta tensor holds no data")
    return value.cpu()


def _put_composite(value: Any, out: Parts, depth: int) -> None:
    """Sparse, nested and quantized tensors: the layout's name, then the tensors it is made of."""
    torch = sys.modules["torch"]
    components: list[Any]
    if value.is_nested:
        name, components = "nested", list(value.unbind())
    elif value.is_quantized:
        name, components = f"quantized {value.qscheme()} {value.dtype}", _quantized(value)
    elif value.layout is torch.sparse_coo:
        coalesced = value.coalesce()
        name, components = "sparse_coo", [coalesced.indices(), coalesced.values()]
    elif value.layout in {torch.sparse_csr, torch.sparse_bsr}:
        name, components = _dtype_name(value.layout), [value.crow_indices(), value.col_indices(), value.values()]
    elif value.layout in {torch.sparse_csc, torch.sparse_bsc}:
        name, components = _dtype_name(value.layout), [value.ccol_indices(), value.row_indices(), value.values()]
    else:
        raise UnfingerprintableError(f"a tensor of layout {value.layout} has no canonical bytes: make it dense")
    shape = () if value.is_nested else tuple(value.shape)
    _put_shaped(b"z", shape, [name, *components], out, depth)


def _quantized(value: Any) -> list[Any]:
    torch = sys.modules["torch"]
    if value.qscheme() in {torch.per_tensor_affine, torch.per_tensor_symmetric}:
        return [value.int_repr(), value.q_scale(), value.q_zero_point()]
    scales, zeros = value.q_per_channel_scales(), value.q_per_channel_zero_points()
    return [value.int_repr(), scales, zeros, value.q_per_channel_axis()]


def _put_image(value: Any, out: Parts, depth: int) -> None:
    pixels = value.tobytes()
    palette = value.getpalette("RGBA") if value.mode in {"P", "PA"} else None
    fields = (value.mode, tuple(value.size), palette, value.info.get("transparency"), pixels)
    inside = deeper(depth)
    out.append(head(b"p", len(fields)))
    for field in fields:
        put(field, out, inside)


def put_arrow(value: Any, out: Parts, depth: int) -> None:
    put(python_value(value), out, depth)


def python_value(value: Any) -> Any:
    """The Python row, or list of rows, that an Arrow value stands for."""
    return value.as_py() if hasattr(value, "as_py") else value.to_pylist()


_LIBRARIES: dict[str, dict[str, Encoder]] = {
    "numpy": {"ndarray": _put_numpy, "generic": _put_numpy},
    "torch": {"Tensor": _put_tensor},
    "PIL.Image": {"Image": _put_image},
    "pyarrow": dict.fromkeys(("Scalar", "Array", "ChunkedArray", "RecordBatch", "Table"), put_arrow),
}
