"""Arrays, tensors, images and Arrow values: equal content has equal bytes in every library, and other content not."""

from __future__ import annotations

import copy
import ctypes
import datetime as dt
import io
import struct
import uuid
import warnings
from array import array
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from array_values import array_of, paletted
from by_hand import frames, leaf, node, numbers, sequence, sha256, text
from golden_fingerprints import ARRAYS
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from torch._subclasses.fake_tensor import FakeTensorMode

from origin.core.encoding import encode
from origin.core.fingerprint import Kind, fingerprint, identify
from origin.core.frames import LARGE
from origin.errors import UnfingerprintableError

if TYPE_CHECKING:
    from pathlib import Path

law = settings(deadline=None)  # a busy machine breaks no law

SIX = struct.Struct("<6i").pack(*range(6))
HALVES = [1.5, -2.0]


def same(*values: Any) -> bool:
    return len({encode(value) for value in values}) == 1


def all_different(*values: Any) -> bool:
    return len({encode(value) for value in values}) == len(values)


# What the docstring says: the golden table, written out by hand

SHAPE_2_3 = (2, 3)
ONES_BLOCKS = struct.pack("<8f", 1, 0, 0, 1, 1, 0, 0, 1)
BY_HAND: dict[str, bytes] = {
    "np.array(True)": numbers("bool", (), b"\1"),
    "np.int64(7)": numbers("int64", (), struct.pack("<q", 7)),
    "np.float64(1.5)": numbers("float64", (), struct.pack("<d", 1.5)),
    "np.float16(1.5)": numbers("float16", (), struct.pack("<e", 1.5)),
    'np.arange(6, dtype="i1").reshape(2, 3)': numbers("int8", SHAPE_2_3, bytes(range(6))),
    'np.arange(6, dtype="i2").reshape(2, 3)': numbers("int16", SHAPE_2_3, struct.pack("<6h", *range(6))),
    'np.arange(6, dtype="i4").reshape(2, 3)': numbers("int32", SHAPE_2_3, SIX),
    'np.arange(6, dtype="i8").reshape(2, 3)': numbers("int64", SHAPE_2_3, struct.pack("<6q", *range(6))),
    'np.arange(6, dtype="u1").reshape(2, 3)': numbers("uint8", SHAPE_2_3, bytes(range(6))),
    'np.arange(6, dtype="u2").reshape(2, 3)': numbers("uint16", SHAPE_2_3, struct.pack("<6H", *range(6))),
    'np.arange(6, dtype="u4").reshape(2, 3)': numbers("uint32", SHAPE_2_3, SIX),
    'np.arange(6, dtype="u8").reshape(2, 3)': numbers("uint64", SHAPE_2_3, struct.pack("<6Q", *range(6))),
    'np.arange(6, dtype="f2").reshape(2, 3)': numbers("float16", SHAPE_2_3, struct.pack("<6e", *range(6))),
    'np.arange(6, dtype="f4").reshape(2, 3)': numbers("float32", SHAPE_2_3, struct.pack("<6f", *range(6))),
    'np.arange(6, dtype="f8").reshape(2, 3)': numbers("float64", SHAPE_2_3, struct.pack("<6d", *range(6))),
    'np.array([1 + 2j], "c8")': numbers("complex64", (1,), struct.pack("<2f", 1, 2)),
    'np.array([1 + 2j], "c16")': numbers("complex128", (1,), struct.pack("<2d", 1, 2)),
    "np.array([True, False])": numbers("bool", (2,), b"\1\0"),
    'np.zeros((0, 3), "f4")': numbers("float32", (0, 3), b""),
    'np.arange(10000, dtype="i4")': numbers("int32", (10000,), struct.pack("<10000i", *range(10000))),
    'np.array(["2025-01-31"], "M8[D]")': numbers("datetime64[D]", (1,), struct.pack("<q", 20119)),
    'np.array([1, -1], "M8[ns]")': numbers("datetime64[ns]", (2,), struct.pack("<2q", 1, -1)),
    'np.array("NaT", "m8[s]")': numbers("timedelta64[s]", (), struct.pack("<q", -(2**63))),
    'np.array([b"12345678"], "V8")': numbers("void64", (1,), b"12345678"),
    'np.array(["a", "bc"])': node("o", frames((2,)), text("a"), text("bc")),
    'np.array(b"ab")': node("o", frames(()), leaf("y", b"ab")),
    'np.array(["a", b"a", None, 1, [1.5]], object)': node(
        "o", frames((5,)), text("a"), leaf("y", b"a"), leaf("n", b""), leaf("i", b"\1"), sequence([1.5])
    ),
    'np.array([(1, 2.5), (3, 4.5)], [("a", "i1"), ("b", "f8")])': node(
        "r",
        frames((2,)),
        text("a"),
        numbers("int8", (2,), b"\1\3"),
        text("b"),
        numbers("float64", (2,), struct.pack("<2d", 2.5, 4.5)),
    ),
    'np.array((1, [1, 2], "x"), [("a", "i4"), ("b", "i2", (2,)), ("c", "U4")])': node(
        "r",
        frames(()),
        text("a"),
        numbers("int32", (), struct.pack("<i", 1)),
        text("b"),
        numbers("int16", (2,), struct.pack("<2h", 1, 2)),
        text("c"),
        node("o", frames(()), text("x")),
    ),
    "torch.tensor(1.5)": numbers("float32", (), struct.pack("<f", 1.5)),
    "torch.tensor([1.5, -2.0], dtype=torch.bfloat16)": numbers("bfloat16", (2,), b"\xc0\x3f\x00\xc0"),
    "torch.tensor([1.5, -2.0], dtype=torch.float16)": numbers("float16", (2,), struct.pack("<2e", *HALVES)),
    "torch.tensor([1.5, -2.0]).to(torch.float8_e4m3fn)": numbers("float8_e4m3fn", (2,), b"\x3c\xc0"),
    "torch.tensor([1.5, -2.0]).to(torch.float8_e4m3fnuz)": numbers("float8_e4m3fnuz", (2,), b"\x44\xc8"),
    "torch.tensor([1.5, -2.0]).to(torch.float8_e5m2)": numbers("float8_e5m2", (2,), b"\x3e\xc0"),
    "torch.tensor([1.5, -2.0]).to(torch.float8_e5m2fnuz)": numbers("float8_e5m2fnuz", (2,), b"\x42\xc4"),
    "torch.tensor([1.0, 2.0]).to(torch.float8_e8m0fnu)": numbers("float8_e8m0fnu", (2,), b"\x7f\x80"),
    "torch.tensor([1 + 2j]).to(torch.complex32)": numbers("complex32", (1,), struct.pack("<2e", 1, 2)),
    "torch.tensor([1 + 2j]).conj()": numbers("complex64", (1,), struct.pack("<2f", 1, -2)),
    "torch.zeros(2, 0, 3, dtype=torch.uint8)": numbers("uint8", (2, 0, 3), b""),
    "torch.sparse_coo_tensor([[1, 0, 1]], [1.0, 2.0, 3.0], (3,))": node(
        "z",
        frames((3,)),
        text("sparse_coo"),
        numbers("int64", (1, 2), struct.pack("<2q", 0, 1)),
        numbers("float32", (2,), struct.pack("<2f", 2, 4)),
    ),
    "torch.sparse_csr_tensor([0, 1, 2], [1, 0], [1.0, 2.0], (2, 3))": node(
        "z",
        frames((2, 3)),
        text("sparse_csr"),
        numbers("int64", (3,), struct.pack("<3q", 0, 1, 2)),
        numbers("int64", (2,), struct.pack("<2q", 1, 0)),
        numbers("float32", (2,), struct.pack("<2f", 1, 2)),
    ),
    "torch.sparse_csc_tensor([0, 1, 2], [1, 0], [1.0, 2.0], (3, 2))": node(
        "z",
        frames((3, 2)),
        text("sparse_csc"),
        numbers("int64", (3,), struct.pack("<3q", 0, 1, 2)),
        numbers("int64", (2,), struct.pack("<2q", 1, 0)),
        numbers("float32", (2,), struct.pack("<2f", 1, 2)),
    ),
    "torch.eye(4).to_sparse_bsr((2, 2))": node(
        "z",
        frames((4, 4)),
        text("sparse_bsr"),
        numbers("int64", (3,), struct.pack("<3q", 0, 1, 2)),
        numbers("int64", (2,), struct.pack("<2q", 0, 1)),
        numbers("float32", (2, 2, 2), ONES_BLOCKS),
    ),
    "torch.nested.nested_tensor([torch.arange(3), torch.arange(2)], layout=torch.jagged)": node(
        "z",
        frames(()),
        text("nested int64"),
        numbers("int64", (3,), struct.pack("<3q", 0, 1, 2)),
        numbers("int64", (2,), struct.pack("<2q", 0, 1)),
    ),
    "torch.quantize_per_tensor(torch.tensor([0.0, 0.5, 1.0]), 0.25, 2, torch.quint8)": node(
        "z",
        frames((3,)),
        text("quantized per_tensor_affine quint8"),
        numbers("uint8", (3,), b"\2\4\6"),
        leaf("f", struct.pack("<d", 0.25)),
        leaf("i", b"\2"),
    ),
    "torch.quantize_per_channel(torch.ones(2, 2), torch.tensor([0.5, 0.25]), torch.tensor([0, 1]), 0, torch.qint8)": (
        node(
            "z",
            frames((2, 2)),
            text("quantized per_channel_affine qint8"),
            numbers("int8", (2, 2), b"\2\2\5\5"),
            numbers("float64", (2,), struct.pack("<2d", 0.5, 0.25)),
            numbers("int64", (2,), struct.pack("<2q", 0, 1)),
            leaf("i", b"\0"),
        )
    ),
    'Image.frombytes("1", (9, 2), bytes(4))': node("p", *map(frames, ("1", (9, 2), None, None, bytes(4)))),
    'Image.frombytes("L", (2, 3), bytes(range(6)))': node(
        "p", *map(frames, ("L", (2, 3), None, None, bytes(range(6))))
    ),
    "paletted(transparency=1)": node("p", *map(frames, ("P", (2, 1), [255, 0, 0, 255, 0, 255, 0, 255], 1, b"\0\1"))),
    'Image.new("I", (2, 1), -2)': node("p", *map(frames, ("I", (2, 1), None, None, struct.pack("<2i", -2, -2)))),
    'Image.new("F", (2, 1), 1.5)': node("p", *map(frames, ("F", (2, 1), None, None, struct.pack("<2f", 1.5, 1.5)))),
    'pa.scalar({"a": [1, None], "b": Decimal("1.50")})': frames({"a": [1, None], "b": Decimal("1.50")}),
    'pa.table({"text": ["hello", "bye"], "label": [3, 4]})': frames(
        [{"text": "hello", "label": 3}, {"text": "bye", "label": 4}]
    ),
    "(torch.zeros(3, 32, 32), torch.tensor(3))": node(
        "t", numbers("float32", (3, 32, 32), bytes(12288)), numbers("int64", (), struct.pack("<q", 3))
    ),
}


@pytest.mark.parametrize("expression", BY_HAND)
def test_an_encoding_written_out_by_hand_is_the_one_we_give(expression: str) -> None:
    assert encode(array_of(expression)) == BY_HAND[expression]


@pytest.mark.parametrize("expression", BY_HAND)
def test_a_golden_fingerprint_is_the_hash_of_the_frames_written_by_hand(expression: str) -> None:
    assert sha256(BY_HAND[expression]) == ARRAYS[expression]


@pytest.mark.parametrize("expression", ARRAYS)
def test_every_golden_fingerprint_still_holds(expression: str) -> None:
    assert fingerprint(array_of(expression)) == ARRAYS[expression]


# One content, many memories

PLAIN_TYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
plain_arrays = st.sampled_from(PLAIN_TYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)


@law
@given(plain_arrays)
def test_numpy_and_torch_agree_whatever_the_order_and_the_strides(value: np.ndarray) -> None:
    every_other = (*(slice(None, None, 2) for _ in value.shape), ...)
    spaced = np.zeros([2 * size for size in value.shape], value.dtype)[every_other]
    spaced[...] = value
    backwards = np.array(np.flip(value), order="C")
    tensor, turned = torch.from_numpy(value.copy()), tuple(reversed(range(value.ndim)))
    assert same(
        value,
        np.array(value, order="F"),
        spaced,
        np.flip(backwards),
        value.astype(value.dtype.newbyteorder(">")),
        value.astype(value.dtype.newbyteorder("<")),
        tensor,
        torch.from_numpy(spaced),
        tensor.permute(turned).contiguous().permute(turned),
        tensor.clone().as_subclass(torch.nn.Buffer),
    )


@law
@given(plain_arrays)
def test_a_memoryview_agrees_with_the_array_it_views(value: np.ndarray) -> None:
    if not (value.dtype == np.uint8 and value.ndim == 1):  # those are bytes
        assert same(value, memoryview(value), memoryview(np.array(value, order="F")))
        assert same(value, memoryview(value.astype(value.dtype.newbyteorder(">"))))


@law
@given(plain_arrays)
def test_the_bytes_tell_dtype_shape_and_elements(value: np.ndarray) -> None:
    little = value.astype(value.dtype.newbyteorder("<"))
    assert encode(value) == numbers(value.dtype.name, value.shape, little.tobytes())


@pytest.mark.parametrize("code", "bBhHiIlLqQfd")
def test_array_array_agrees_with_numpy_and_torch(code: str) -> None:
    value = array(code, [1, 2, 3])
    viewed = np.frombuffer(value, f"{np.dtype(code).kind}{value.itemsize}")
    if code == "B":
        assert same(value, viewed, torch.from_numpy(viewed.copy()))
    else:
        assert same(value, viewed, memoryview(value), torch.from_numpy(viewed.copy()))
        assert same(value[::-1], viewed[::-1], memoryview(value)[::-1])


@pytest.mark.parametrize("kind", [ctypes.c_int16, ctypes.c_uint64, ctypes.c_float, ctypes.c_double, ctypes.c_bool])
def test_a_view_of_c_memory_agrees_with_numpy(kind: Any) -> None:
    value = ((kind * 3) * 2)((1, 0, 1), (1, 1, 1))
    assert same(memoryview(value), np.array(value))
    big = (kind.__ctype_be__ * 3)(1, 0, 1) if hasattr(kind, "__ctype_be__") else (kind * 3)(1, 0, 1)
    assert same(memoryview(big), np.array((kind * 3)(1, 0, 1)))


def test_a_flat_view_of_unsigned_bytes_is_bytes_and_not_an_array() -> None:
    flat = np.arange(3, dtype="u1")
    assert identify(memoryview(flat)) == identify(bytes(range(3)))
    assert identify(memoryview((ctypes.c_ubyte * 3)(0, 1, 2))) == identify(bytes(range(3)))
    assert identify(flat)[0] == identify(array("B", [0, 1, 2]))[0] == Kind.VALUE
    assert same(flat.reshape(1, 3), memoryview(flat.reshape(1, 3)))


@pytest.mark.parametrize("big", [False, True])
def test_broadcast_arrays_have_the_bytes_of_their_copies(big: bool) -> None:
    shape = (500, 3, 7) if big else (2, 3, 7)
    value = np.broadcast_to(np.arange(3.0)[:, None], shape)
    assert value.strides[0] == 0
    assert same(value, value.copy(), torch.arange(3.0, dtype=torch.float64)[:, None].expand(*shape))


def test_views_of_a_larger_memory_show_their_own_part_alone() -> None:
    whole = torch.arange(10_000)
    assert same(whole[5000:6000], whole[5000:6000].clone(), whole[5000:6000].numpy(), np.arange(5000, 6000))
    assert same(whole[::7], whole.numpy()[::7], np.arange(0, 10_000, 7))
    assert same(whole.reshape(100, 100).T[3], np.arange(3, 10_000, 100))


@pytest.mark.parametrize("size", [4, LARGE, 4 * LARGE])
def test_byte_order_does_not_show_in_small_and_large_arrays(size: int) -> None:
    value = np.arange(size, dtype="<u4") * 3_000_001
    assert same(value, value.astype(">u4"), value.byteswap().view(">u4"), memoryview(value.astype(">u4")))


def test_the_payload_of_a_nan_survives_the_byte_order() -> None:
    bits = np.array([0x7FA00001, 0xFFC00000, 0x7F800001], "<u4")
    value = bits.view("<f4")
    assert encode(value) == encode(bits.byteswap().view(">f4")) == numbers("float32", (3,), bits.tobytes())
    assert encode(torch.from_numpy(value)) == encode(value)


@pytest.mark.parametrize("code", PLAIN_TYPES)
def test_numpy_scalars_are_arrays_without_dimensions(code: str) -> None:
    value = np.array([1, 0], code)
    assert same(value[0], value[0, ...], np.array(value[0]), torch.from_numpy(value)[0], memoryview(value[0, ...]))
    assert all_different(value[0], value[1], value[:1], value[0].item())


@pytest.mark.parametrize(
    "names",
    [("intc", "int32"), ("longlong", "int64"), ("ulonglong", "uint64"), ("single", "float32"), ("bool", "?")],
)
def test_two_names_of_one_dtype_are_the_same(names: tuple[str, str]) -> None:
    assert same(*(np.array([1, 0], name) for name in names))


ONE_BYTE = {
    str(dtype): dtype for dtype in vars(torch).values() if isinstance(dtype, torch.dtype) and dtype.itemsize == 1
}
NEED_A_SCALE = {"torch.qint8", "torch.quint8", "torch.quint4x2", "torch.quint2x4"}


@pytest.mark.parametrize("name", sorted(ONE_BYTE.keys() - NEED_A_SCALE))
def test_every_one_byte_dtype_of_torch_has_bytes_of_its_own(name: str) -> None:
    value = torch.arange(2, dtype=torch.uint8).view(ONE_BYTE[name])
    assert encode(value) == numbers(name.removeprefix("torch."), (2,), b"\0\1")


@pytest.mark.parametrize(
    "dtype",
    [torch.bfloat16, torch.float8_e4m3fn, torch.float8_e4m3fnuz, torch.float8_e5m2, torch.float8_e5m2fnuz],
)
def test_small_floats_are_read_from_their_storage(dtype: torch.dtype) -> None:
    value = torch.linspace(-2, 2, 12).to(dtype).reshape(3, 4)
    name = str(dtype).removeprefix("torch.")
    raw = value.view(torch.uint8 if dtype.itemsize == 1 else torch.int16).numpy()
    assert encode(value) == numbers(name, (3, 4), raw.tobytes())
    assert encode(value.T) == numbers(name, (4, 3), raw.T.tobytes())
    assert encode(value[:, ::2]) == numbers(name, (3, 2), raw[:, ::2].tobytes())


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
def test_half_precision_complex_numbers_are_read_from_their_storage() -> None:
    value = torch.tensor([1 + 2j, 3.5 - 4j]).to(torch.complex32)
    assert value.dtype is torch.chalf
    assert encode(value) == numbers("complex32", (2,), struct.pack("<4e", 1, 2, 3.5, -4))
    assert encode(value.conj()) == numbers("complex32", (2,), struct.pack("<4e", 1, -2, 3.5, 4))
    assert encode(value[::2]) == numbers("complex32", (1,), struct.pack("<2e", 1, 2))


@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"])
def test_ml_dtypes_agree_with_torch(name: str) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = np.linspace(-2, 2, 12).astype(getattr(ml_dtypes, name)).reshape(3, 4)
    raw = torch.from_numpy(values.view(f"i{values.itemsize}").copy())
    assert same(values, np.asfortranarray(values), raw.view(getattr(torch, name)))
    assert same(values[0, 0], raw.view(getattr(torch, name))[0, 0])


def test_arrays_differ_by_dtype_by_shape_and_by_content() -> None:
    assert all_different(
        *(np.zeros(4, code) for code in PLAIN_TYPES),
        *(np.zeros(shape, "f4") for shape in [(), (1,), (1, 1), (2,), (2, 1), (1, 2), (2, 2), (0,), (0, 2), (2, 0)]),
        np.ones(4),
        np.array([0.0, 0, 0, -0.0]),
        torch.zeros(4, dtype=torch.bfloat16),
        np.zeros(4, "M8[s]"),
        np.zeros(4, "M8[ms]"),
        np.zeros(4, "m8[s]"),
        np.zeros(4, "M8[10s]"),
        np.zeros(4, "V4"),
        np.zeros(4, "V8"),
        [0.0] * 4,
        bytes(4),
    )


@pytest.mark.parametrize("shape", [(0,), (0, 0), (0, 3), (3, 0), (2, 0, 3), (1, 0)])
def test_empty_arrays_agree_between_libraries_and_differ_by_shape(shape: tuple[int, ...]) -> None:
    others = [other for other in [(0,), (0, 0), (0, 3), (3, 0), (2, 0, 3), (1, 0)] if other != shape]
    value = np.zeros(shape, "f4")
    assert same(value, torch.zeros(shape), torch.zeros((*shape[::-1],)).permute(*reversed(range(len(shape)))))
    assert all_different(value, *(np.zeros(other, "f4") for other in others))


# NumPy's other arrays


def test_string_arrays_are_object_arrays_whatever_their_width() -> None:
    words = ["a", "", "b\u00e9", "\U0001f600"]
    assert same(
        np.array(words),
        np.array(words, "U100"),
        np.array(words).astype(">U7"),
        np.array(words, object),
        np.array(words, np.dtypes.StringDType()),
        np.asfortranarray(np.array(words)),
    )
    assert same(np.array([b"a", b"bc"]), np.array([b"a", b"bc"], "S9"), np.array([b"a", b"bc"], object))
    assert all_different(np.array(["a"]), np.array([b"a"]), np.array("a"), np.array([["a"]]), ["a"], "a")


def test_object_arrays_are_encoded_element_by_element() -> None:
    inner = np.arange(3)
    value = np.empty((2, 2), object)
    value[...] = [[inner, "a"], [None, {"b": 1}]]
    elements = [encode(inner), text("a"), leaf("n", b""), frames({"b": 1})]
    assert encode(value) == encode(np.asfortranarray(value)) == node("o", frames((2, 2)), *elements)
    assert encode(value.T) != encode(value)


def test_an_object_array_that_holds_itself_or_an_unknown_type_is_refused() -> None:
    endless = np.empty(1, object)
    endless[0] = endless
    with pytest.raises(UnfingerprintableError, match="or holds itself"):
        encode(endless)
    with pytest.raises(UnfingerprintableError, match=r"builtins\.object"):
        encode(np.array([object()]))


def test_record_arrays_ignore_their_padding() -> None:
    packed = np.zeros(2, [("a", "i1"), ("b", "f8")])
    aligned = np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    dirty = np.frombuffer(bytearray(b"\xff" * aligned.nbytes), aligned.dtype)
    for value in (packed, aligned, dirty):
        value["a"], value["b"] = [1, 2], [0.5, 1.5]
    assert aligned.tobytes() != dirty.tobytes()
    assert same(packed, aligned, dirty, packed.view(np.recarray), packed.astype([("a", "i1"), ("b", ">f8")]))
    assert same(packed[1], aligned[1], dirty[1:][0])
    assert all_different(packed, packed[["b", "a"]], packed[["a"]], packed.astype([("a", "i1"), ("c", "f8")]))


def test_a_record_of_text_numbers_and_records_is_read_field_by_field() -> None:
    value = np.array([("x", ([1, 2], None))], [("s", "U9"), ("r", [("v", ">i2", (2,)), ("o", object)])])
    wide = np.array([("x", ([1, 2], None))], [("s", "U2"), ("r", [("v", "<i2", (2,)), ("o", object)])])
    assert same(value, wide)


def test_times_without_a_zone_keep_their_unit() -> None:
    assert encode(np.datetime64("2025-01-31")) == numbers("datetime64[D]", (), struct.pack("<q", 20119))
    assert same(np.datetime64("2025-01-31", "ns"), np.array("2025-01-31", "M8[ns]"), np.array("2025-01-31", ">M8[ns]"))
    assert all_different(*(np.datetime64("2025-01-31", unit) for unit in ("D", "s", "ms", "us", "ns")))
    assert all_different(np.datetime64("NaT", "s"), np.timedelta64("NaT", "s"), np.datetime64(0, "s"))


class Tagged(np.ndarray):
    pass


def test_subclasses_of_arrays_are_the_arrays_they_are(tmp_path: Path) -> None:
    value = np.arange(6.0).reshape(2, 3)
    file = np.memmap(tmp_path / "array", "f8", "w+", shape=(2, 3))
    file[:] = value
    assert same(value, value.view(Tagged), file)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ma.masked_array([1, 2], [True, False]), "a masked array hides elements: use its .filled"),
        (np.ma.masked_array([1, 2]), "a masked array"),
        (np.ma.masked, "a masked array"),
        (np.array([1.0], np.longdouble), "differs between platforms: convert it to float64"),
        (np.longdouble(1), "differs between platforms"),
        (np.array([1j], np.clongdouble), "differs between platforms"),
        (np.zeros(1, [("a", np.longdouble)]), "differs between platforms"),
        (memoryview(np.array([1.0], np.longdouble)), "a buffer of format 'g' has no canonical bytes"),
        (memoryview(np.zeros(1, [("a", "i4"), ("b", "i2")])), "a buffer of format 'T{.*}' has no canonical bytes"),
        (pd.DataFrame({"a": [1]}), "pandas.DataFrame has no canonical bytes"),
        (pd.Series([1]), "Series has no canonical bytes"),
        (pd.array([1, None]), "IntegerArray has no canonical bytes"),
        (pd.NA, "NAType has no canonical bytes"),
        (np.dtype("f4"), "no canonical bytes"),
        (np.random.default_rng(0), "no canonical bytes"),
        (torch.float32, r"torch\.dtype has no canonical bytes"),
        (torch.device("cpu"), r"torch\.device has no canonical bytes"),
        (torch.zeros(2).untyped_storage(), "no canonical bytes"),
        (torch.nn.Linear(1, 1), "no canonical bytes"),
        (pa.py_buffer(b"a"), "no canonical bytes"),
        (pa.int64(), "no canonical bytes"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_bytes_of_its_own_is_refused_with_a_reason(value: Any, message: str) -> None:
    for holder in (value, [value], {"a": (value,)}):
        with pytest.raises(UnfingerprintableError, match=message):
            encode(holder)


def test_times_of_pandas_are_those_of_python_with_their_nanoseconds() -> None:
    assert same(pd.Timestamp("2025-01-31 12:30"), dt.datetime(2025, 1, 31, 12, 30))  # noqa: DTZ001
    assert same(pd.Timedelta(days=-1, seconds=5), dt.timedelta(days=-1, seconds=5))
    assert encode(pd.Timedelta(1, "ns")) == leaf("w", b"timedelta 0 0 0 1")
    assert encode(pd.Timestamp(1)) == leaf("w", b"datetime 1970-01-01T00:00:00.000000001")
    assert all_different(*(pd.Timedelta(count, "ns") for count in range(3)), pd.NaT)
    assert all_different(*(pd.Timestamp(count) for count in range(3)), pd.NaT)


# torch's other tensors


class Plain(torch.Tensor):
    pass


class Nosy(torch.Tensor):
    """Refuses every function that is called on it."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise RuntimeError("asked")


def test_parameters_gradients_and_subclasses_do_not_show() -> None:
    value = torch.arange(3.0)
    with torch._C.DisableTorchFunctionSubclass():
        nosy = value.as_subclass(Nosy)
    scaled = (torch.ones(3, requires_grad=True) * value).as_subclass(Plain)
    assert scaled.grad_fn is not None
    assert same(
        value,
        value.clone().requires_grad_(),
        torch.nn.Parameter(value),
        torch.nn.Buffer(value),
        value.as_subclass(Plain),
        nosy,
        scaled,
        np.arange(3, dtype="f4"),
    )


def test_lazy_conjugates_and_negatives_are_resolved() -> None:
    value = torch.tensor([1 + 2j, 3 - 4j])
    assert value.conj().is_conj()
    assert value.conj().imag.is_neg()
    assert same(value.conj(), value.conj().resolve_conj(), np.array([1 - 2j, 3 + 4j], "c8"))
    assert same(value.conj().imag, np.array([-2, 4], "f4"))
    assert same(value.conj()[::2], np.array([1 - 2j], "c8"))
    assert same(value.conj().requires_grad_(), value.conj())
    assert same(value.conj().to_sparse(), value.to_sparse().conj())


def test_memory_formats_do_not_show() -> None:
    value = torch.arange(48.0).reshape(2, 3, 4, 2)
    assert same(value, value.to(memory_format=torch.channels_last), value.numpy())
    assert same(value[:, 1], value.to(memory_format=torch.channels_last)[:, 1])


def test_an_inference_tensor_is_a_tensor() -> None:
    with torch.inference_mode():
        value = torch.arange(3.0)
        assert same(value, np.arange(3, dtype="f4"))
    assert same(value, np.arange(3, dtype="f4"))


def sparse(indices: Any, values: Any, shape: Any) -> torch.Tensor:
    return torch.sparse_coo_tensor(indices, torch.as_tensor(values), shape, check_invariants=True)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.cfloat])
def test_an_uncoalesced_sparse_tensor_equals_the_coalesced_one(dtype: torch.dtype) -> None:
    loose = sparse([[2, 0, 2], [1, 0, 1]], torch.tensor([1, 2, 3]).to(dtype), (3, 2))
    assert not loose.is_coalesced()
    assert same(
        loose, loose.coalesce(), loose.clone().requires_grad_(dtype.is_floating_point), loose.to_dense().to_sparse()
    )
    assert not loose.is_coalesced()


def test_sparse_tensors_differ_by_shape_by_layout_and_by_content() -> None:
    dense = torch.eye(4)
    layouts = [
        array_of("torch.eye(4).to_sparse()"),
        array_of("torch.eye(4).to_sparse_csr()"),
        array_of("torch.eye(4).to_sparse_csc()"),
        array_of("torch.eye(4).to_sparse_bsr((2, 2))"),
        array_of("torch.eye(4).to_sparse_bsr((1, 1))"),
        array_of("torch.eye(4).to_sparse_bsc((2, 2))"),
    ]
    hybrid = dense.to_sparse(1)
    others = [sparse([[0]], [1.0], (size,)) for size in (1, 2)] + [sparse([[0]], [2.0], (1,))]
    assert all_different(dense, *layouts, hybrid, *others, dense.double().to_sparse())


def test_the_width_of_sparse_indices_does_not_show() -> None:
    wide = array_of("torch.sparse_csr_tensor([0, 1, 2], [1, 0], [1.0, 2.0], (2, 3))")
    narrow = torch.sparse_csr_tensor(
        wide.crow_indices().int(), wide.col_indices().int(), wide.values(), (2, 3), check_invariants=True
    )
    assert narrow.crow_indices().dtype is torch.int32
    assert same(wide, narrow)


def test_a_sparse_tensor_that_torch_cannot_coalesce_is_refused() -> None:
    loose = sparse([[0, 0]], torch.ones(2).to(torch.float8_e4m3fn), (1,))
    with pytest.raises(
        UnfingerprintableError, match="torch cannot lay out this torch.float8_e4m3fn tensor".replace(".", r"\.")
    ):
        encode([loose])


def test_nested_tensors_agree_whatever_their_layout() -> None:
    parts = [torch.arange(6.0).reshape(3, 2), torch.arange(2.0).reshape(1, 2)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        strided = torch.nested.nested_tensor(parts)
        graded = torch.nested.nested_tensor(parts, requires_grad=True)
        empty = torch.nested.nested_tensor([])
        whole = torch.nested.nested_tensor([], dtype=torch.int64)
    jagged = torch.nested.nested_tensor(parts, layout=torch.jagged)
    view = torch.nested.narrow(
        torch.stack([torch.arange(6.0).reshape(3, 2)] * 2), 1, torch.tensor([0, 0]), torch.tensor([3, 1]), torch.jagged
    )
    assert same(
        strided, graded, jagged, view, torch.nested.nested_tensor(parts, layout=torch.jagged, requires_grad=True)
    )
    assert all_different(jagged, parts, torch.nested.nested_tensor(parts[::-1], layout=torch.jagged))
    assert all_different(empty, whole)


def test_quantized_tensors_show_their_integers_and_their_scales() -> None:
    def quantized(scale: float = 0.5, zero: int = 1, dtype: str = "quint8") -> torch.Tensor:
        return array_of(f"torch.quantize_per_tensor(torch.arange(6.0).reshape(2, 3), {scale}, {zero}, torch.{dtype})")

    def by_channel(axis: int = 0, scale: float = 0.5) -> torch.Tensor:
        scales = f"torch.tensor([{scale}, 0.25]), torch.tensor([0, 1])"
        return array_of(f"torch.quantize_per_channel(torch.ones(2, 2), {scales}, {axis}, torch.qint8)")

    assert same(quantized(), quantized(), quantized().clone(), quantized().t().contiguous().t())
    others = [quantized(0.25), quantized(0.5, 2), quantized(0.5, 1, "qint8"), quantized(0.5, 1, "qint32")]
    assert all_different(quantized(), *others, by_channel(), by_channel(1), by_channel(0, 0.125))
    assert all_different(quantized(), quantized().int_repr(), quantized().dequantize())


class Wrapper(torch.Tensor):
    """A tensor that holds another and has no storage, as DTensor and the quantized ones of torchao do."""

    @staticmethod
    def __new__(cls: type, inner: torch.Tensor) -> Any:
        return torch.Tensor._make_wrapper_subclass(cls, inner.shape, dtype=inner.dtype)

    def __init__(self, inner: torch.Tensor) -> None:
        self.inner = inner

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return cls(func(args[0].inner, *args[1:], **(kwargs or {})))


def test_tensors_without_data_are_refused() -> None:
    with FakeTensorMode():
        fake = torch.zeros(3)
    refused = {
        "a meta tensor holds no data": [torch.zeros(3, device="meta"), torch.zeros(0, device="meta")],
        "a tensor of type FakeTensor has no storage of its own": [fake, torch.nn.Parameter(fake)],
        "a tensor of type Wrapper has no storage of its own": [Wrapper(torch.zeros(3))],
        "a tensor of layout torch._mkldnn has no canonical bytes: make it dense": [torch.zeros(3).to_mkldnn()],
    }
    for message, values in refused.items():
        for value in values:
            with pytest.raises(UnfingerprintableError, match=message):
                encode({"a": [value]})


def test_zeros_that_torch_has_not_laid_out_are_zeros() -> None:
    assert torch._efficientzerotensor(3).data_ptr() == 0
    assert same(torch._efficientzerotensor(3), torch.zeros(3))


def test_a_tensor_inside_vmap_is_refused() -> None:
    def inside(value: torch.Tensor) -> torch.Tensor:
        with pytest.raises(UnfingerprintableError, match="without storage of its own"):
            encode(value)
        return value

    torch.vmap(inside)(torch.zeros(2, 3))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an accelerator")
def test_the_device_does_not_show() -> None:
    value = torch.arange(10_000.0)
    assert same(value, value.cuda(), value.cuda()[::1], value.bfloat16().cuda().float())
    assert same(value[::3], value.cuda()[::3])
    assert same(value.to_sparse(), value.cuda().to_sparse())


# Images

BYTES = bytes(range(48))
MODES = {"1": 8, "L": 48, "P": 48, "LA": 24, "RGB": 16, "RGBA": 12, "I;16": 24, "I": 12, "F": 12, "CMYK": 12, "HSV": 16}


def image(mode: str) -> Image.Image:
    if mode == "1":
        return Image.frombytes("1", (8, 6), BYTES[:6])
    picture = Image.frombytes(mode, (MODES[mode] // 4, 4), BYTES)
    if mode == "P":
        picture.putpalette([255 - shade // 3 for shade in range(3 * 48)])
    return picture


def file_of(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", MODES)
def test_an_image_shows_mode_size_and_pixels(mode: str) -> None:
    picture = image(mode)
    palette = picture.getpalette("RGBA") if mode == "P" else None
    expected = node("p", *map(frames, (mode, picture.size, palette, None, picture.tobytes())))
    assert encode(picture) == encode(picture.copy()) == expected


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        *((mode, "PNG") for mode in ("1", "L", "P", "LA", "RGB", "RGBA", "I;16")),
        *((mode, "TIFF") for mode in ("L", "RGB", "CMYK", "I;16", "I", "F")),
        *((mode, "BMP") for mode in ("1", "L", "RGB")),
        ("L", "GIF"),
    ],
)
def test_an_image_opened_lazily_equals_the_loaded_one(mode: str, kind: str, tmp_path: Path) -> None:
    content = file_of(image(mode), kind)
    (tmp_path / "image").write_bytes(content)
    loaded = Image.open(io.BytesIO(content))
    loaded.load()
    with Image.open(tmp_path / "image") as lazy:
        assert same(lazy, loaded, Image.open(io.BytesIO(content)), loaded.copy())
    if kind != "GIF":
        assert same(loaded, image(mode))


def test_images_differ_by_mode_size_palette_transparency_and_pixels() -> None:
    other_palette = paletted()
    other_palette.putpalette([255, 0, 0, 0, 0, 255])
    see_through = paletted()
    see_through.putpalette([255, 0, 0, 255, 0, 255, 0, 128], "RGBA")
    swapped = paletted()
    swapped.putdata([1, 0])
    assert all_different(
        paletted(),
        other_palette,
        see_through,
        swapped,
        paletted(transparency=0),
        paletted(transparency=1),
        paletted(transparency=b"\x00\x80"),
        paletted().convert("RGB"),
        paletted().convert("L"),
        paletted().transpose(Image.Transpose.ROTATE_90),
        Image.new("L", (0, 3)),
        Image.new("L", (3, 0)),
        np.asarray(paletted()),
        paletted().tobytes(),
    )


def test_metadata_of_an_image_does_not_count() -> None:
    noted = image("RGB")
    noted.info["comment"] = "taken on a Sunday"
    assert same(noted, image("RGB"))


def test_an_animation_shows_the_frame_it_stands_at() -> None:
    shades = [Image.new("L", (2, 2), shade) for shade in (0, 100, 200)]
    moving = Image.open(io.BytesIO(file_of(shades[0], "GIF", save_all=True, append_images=shades[1:])))
    seen = []
    for frame in range(3):
        moving.seek(frame)
        seen.append(encode(moving))
        assert moving.tell() == frame
    assert len(set(seen)) == 3


@pytest.mark.parametrize("drafted", [False, True])
def test_a_photograph_that_nobody_loaded_can_still_be_opened_at_a_smaller_size(drafted: bool) -> None:
    noise = Image.effect_noise((256, 256), 100).convert("RGB")
    content = file_of(noise, "JPEG")
    seen, unseen = Image.open(io.BytesIO(content)), Image.open(io.BytesIO(content))
    if drafted:
        seen.draft("L", (128, 128))
        unseen.draft("L", (128, 128))
    position = seen.fp.tell()
    before = encode(seen)
    assert drafted or seen.fp.tell() == position
    if not drafted:
        seen.thumbnail((32, 32))
        unseen.thumbnail((32, 32))
    assert seen.tobytes() == unseen.tobytes()
    assert before == encode(unseen) if drafted else before == encode(Image.open(io.BytesIO(content)))


def test_a_photograph_has_the_same_bytes_loaded_and_unloaded() -> None:
    content = file_of(Image.effect_noise((64, 64), 100), "JPEG")
    loaded = Image.open(io.BytesIO(content))
    loaded.load()
    assert same(loaded, Image.open(io.BytesIO(content)), loaded.copy())


# Arrow

ROWS = [
    {
        "text": "hello",
        "label": 3,
        "score": 0.5,
        "raw": b"\xff",
        "flag": True,
        "words": ["a", None],
        "box": {"x": 1, "y": [1.5]},
        "price": Decimal("1.50"),
        "day": dt.date(2025, 1, 31),
        "at": dt.datetime(2025, 1, 31, 12, 30, 0, 5, dt.UTC),
        "clock": dt.time(12, 30, 0, 5),
        "span": dt.timedelta(1, 2, 3),
        "none": None,
    },
    dict.fromkeys(
        ("text", "label", "score", "raw", "flag", "words", "box", "price", "day", "at", "clock", "span", "none")
    ),
]


def test_arrow_values_equal_the_python_rows_they_stand_for() -> None:
    table = pa.Table.from_pylist(ROWS)
    assert table.to_pylist() == ROWS
    batch = table.to_batches()[0]
    assert same(table, batch, ROWS, pa.concat_tables([table.slice(0, 1), table.slice(1)]))
    for name in table.column_names:
        column = [values[name] for values in ROWS]
        assert same(table[name], table[name].combine_chunks(), batch[name], column)
        assert same(table[name][0], column[0])
        assert same(table[name][1], None)
    assert same(pa.scalar(ROWS[0]["box"]), ROWS[0]["box"])
    assert same({"rows": table}, {"rows": ROWS})


def test_the_width_of_arrow_types_does_not_show() -> None:
    assert same(*(pa.array([1, 2], kind) for kind in (pa.int8(), pa.uint64(), pa.int64())), [1, 2])
    assert same(*(pa.array(["a"], kind) for kind in (pa.string(), pa.large_string(), pa.string_view())), ["a"])
    assert same(pa.array(["a", "a"]).dictionary_encode(), ["a", "a"])
    assert same(pa.array([1.5], pa.float32()), pa.array([np.float16(1.5)], pa.float16()), [1.5])
    assert same(pa.array([[np.float16(1.5)]], pa.list_(pa.float16())), [[1.5]])
    assert same(pa.scalar({"a": np.float16(1.5)}, pa.struct([("a", pa.float16())])), {"a": 1.5})
    assert same(pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), [[("a", 1)]])


def test_arrow_text_and_bytes_have_the_kinds_of_text_and_bytes() -> None:
    assert identify(pa.scalar("hello")) == identify("hello")
    assert identify(pa.scalar("hello"))[0] == Kind.TEXT
    assert identify(pa.scalar("hello", pa.large_string())) == identify("hello")
    assert identify(pa.scalar(b"hello")) == identify(b"hello")
    assert identify(pa.scalar(b"hello"))[0] == Kind.BYTES
    assert identify(pa.array(["hello"]).dictionary_encode()[0]) == identify("hello")
    assert identify(pa.scalar(uuid.UUID(int=1).bytes, pa.uuid())) == identify(uuid.UUID(int=1))
    assert identify(pa.scalar(None, pa.string())) == identify(None)


def test_sliced_and_empty_arrow_values_show_their_own_part_alone() -> None:
    values = pa.array(range(10))
    assert same(values[2:4], [2, 3])
    assert same(values[:0], pa.table({"a": []}), [])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (pa.table([[1], [2]], names=["a", "a"]), "two fields of one name"),
        (pa.record_batch([pa.array([1]), pa.array([2])], names=["a", "a"]), "two fields of one name"),
        (pa.StructArray.from_arrays([[1], [2]], names=["a", "a"]), "fields of one name|duplicate field names"),
        (pa.StructArray.from_arrays([[1], [2]], names=["a", "a"])[0], "fields of one name|duplicate field names"),
        (pa.array([1, 2], pa.time64("ns")), r"time64\[ns\] loses its nanoseconds"),
        (pa.scalar(1, pa.time64("ns")), r"time64\[ns\] loses its nanoseconds"),
        (pa.table({"a": pa.array([[1]], pa.list_(pa.time64("ns")))}), r"time64\[ns\] loses its nanoseconds"),
        (pa.scalar(10**15, pa.timestamp("s")), "an Arrow TimestampScalar has no Python value"),
        (
            pa.scalar(b"\xff").cast(pa.binary()).cast(pa.string(), safe=False),
            "an Arrow StringScalar has no Python value",
        ),
    ],
    ids=range(9),
)
def test_an_arrow_value_that_python_cannot_hold_is_refused(value: Any, message: str) -> None:
    for call in (encode, identify, lambda value: encode([value])):
        with pytest.raises(UnfingerprintableError, match=message):
            call(value)


def test_nanoseconds_of_arrow_count() -> None:
    assert all_different(*pa.array([0, 1, 1000], pa.timestamp("ns")))
    assert all_different(*pa.array([0, 1, 1000], pa.duration("ns")))
    microsecond = dt.datetime(1970, 1, 1, 0, 0, 0, 1)  # noqa: DTZ001
    assert same(pa.scalar(1000, pa.timestamp("ns")), pa.scalar(1, pa.timestamp("us")), microsecond)


# Nothing of the value changes


def test_an_array_is_left_as_it_was() -> None:
    for value in (np.arange(5000.0), np.asfortranarray(np.ones((70, 70))), np.arange(5000, dtype=">i4")[::-1]):
        before, flags, dtype, strides = value.tobytes(), str(value.flags), value.dtype, value.strides
        encode(value)
        assert (value.tobytes(), str(value.flags), value.dtype, value.strides) == (before, flags, dtype, strides)
    locked = np.arange(5000)
    locked.flags.writeable = False
    assert same(locked, np.arange(5000))
    assert not locked.flags.writeable


def test_a_tensor_is_left_as_it_was() -> None:
    value = torch.arange(5000.0).requires_grad_()
    (value * 2).sum().backward()
    scaled = value * 3
    for tensor in (value, scaled, torch.nn.Parameter(torch.ones(5000)), torch.ones(70, 70).T):
        before = (tensor._version, tensor.requires_grad, tensor.grad_fn, tensor.data_ptr(), tensor.stride())
        content = tensor.detach().clone()
        encode(tensor)
        assert (tensor._version, tensor.requires_grad, tensor.grad_fn, tensor.data_ptr(), tensor.stride()) == before
        assert torch.equal(tensor.detach(), content)
    assert value.grad is not None
    assert torch.equal(value.grad, torch.full((5000,), 2.0))
    scaled.sum().backward()
    assert torch.equal(value.grad, torch.full((5000,), 5.0))


def test_an_image_is_left_as_it_was() -> None:
    picture = paletted(transparency=1)
    before = (picture.tobytes(), picture.mode, picture.size, copy.deepcopy(picture.info), picture.getpalette("RGBA"))
    encode(picture)
    assert before == (picture.tobytes(), picture.mode, picture.size, picture.info, picture.getpalette("RGBA"))


def test_no_random_numbers_of_numpy_or_torch_are_drawn() -> None:
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    legacy, state = np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    for expression in ARRAYS:
        encode(array_of(expression))
    assert str(np.random.get_state()) == str(legacy)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), state)


def test_a_default_device_does_not_show() -> None:
    values = [torch.arange(3.0)[::2], sparse([[0, 0]], [1.0, 2.0], (1,)), torch.tensor([1j]).conj()]
    expected = encode(values)
    with torch.device("meta"):
        assert encode(values) == expected
