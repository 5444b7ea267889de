from __future__ import annotations

import datetime as dt
import math
import struct
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from origin.core.arrow_rows import identify_rows
from origin.core.fingerprint import UNKNOWN, identify

INTS = {pa.int8(): 7, pa.int16(): 15, pa.int32(): 31, pa.int64(): 63}
UNSIGNED = {pa.uint8(): 8, pa.uint16(): 16, pa.uint32(): 32, pa.uint64(): 64}
TEXTS = [pa.string(), pa.large_string(), pa.string_view()]
BINARIES = [pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(3)]
Made = tuple[pa.DataType, st.SearchStrategy[Any]]

text = st.text(max_size=12)
when = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))  # noqa: DTZ001 - a column without time zone


def leaves() -> list[Made]:
    made: list[Made] = [(pa.null(), st.none()), (pa.bool_(), st.booleans())]
    made += [(kind, st.integers(-(1 << bits), (1 << bits) - 1)) for kind, bits in INTS.items()]
    made += [(kind, st.integers(0, (1 << bits) - 1)) for kind, bits in UNSIGNED.items()]
    made += [(pa.float16(), st.floats(width=16)), (pa.float32(), st.floats(width=32)), (pa.float64(), st.floats())]
    made += [(kind, text) for kind in TEXTS]
    made += [(kind, st.binary(max_size=9)) for kind in BINARIES[:3]] + [
        (BINARIES[3], st.binary(min_size=3, max_size=3))
    ]
    made += [
        (pa.decimal128(12, 2), st.decimals(-999, 999, places=2)),
        (pa.date32(), st.dates()),
        (pa.date64(), st.dates()),
    ]
    made += [(pa.timestamp("us"), when), (pa.timestamp("ms", "Europe/Berlin"), when), (pa.timestamp("ns"), when)]
    made += [(pa.duration("us"), st.timedeltas(dt.timedelta(-999), dt.timedelta(999)))]
    made += [(pa.time32("s"), st.times().map(lambda time: time.replace(microsecond=0))), (pa.time64("us"), st.times())]
    made += [(pa.month_day_nano_interval(), st.tuples(*[st.integers(-99, 99)] * 3))]
    made += [(pa.dictionary(pa.int8(), pa.string()), text), (pa.dictionary(pa.int16(), pa.int64()), st.integers(-9, 9))]
    return made


def nested(made: Made) -> st.SearchStrategy[Made]:
    kind, values = made
    some = st.one_of(st.none(), values)
    several = st.lists(some, max_size=4)
    pairs = st.dictionaries(text, some, max_size=3).map(lambda items: list(items.items()))
    return st.sampled_from(
        [
            (pa.list_(kind), several),
            (pa.list_(kind), st.lists(values, max_size=6)),
            (pa.large_list(kind), several),
            (pa.list_(kind, 2), st.lists(some, min_size=2, max_size=2)),
            (pa.list_(kind, 2), st.lists(values, min_size=2, max_size=2)),
            (pa.map_(pa.string(), kind), pairs),
            (pa.struct([("b", kind), ("a", pa.string()), ("ab", pa.int64())]), structs(some)),
            (pa.struct([]), st.just({})),
        ]
    )


def structs(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"b": values, "a": st.one_of(st.none(), text), "ab": st.integers(-5, 5)})


columns = st.recursive(st.sampled_from(leaves()), lambda inner: inner.flatmap(nested), max_leaves=3)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    count = draw(st.integers(0, 12))
    arrays = []
    for _ in range(draw(st.integers(1, 4))):
        kind, values = draw(columns)
        some = st.one_of(values, st.none()) if draw(st.booleans()) else values
        column = pa.array(draw(st.lists(some, min_size=count, max_size=count)), kind)
        cut = draw(st.integers(0, count))
        arrays.append(pa.chunked_array([column[:cut], column[cut:]], kind) if draw(st.booleans()) else column)
    names = draw(st.lists(text, min_size=len(arrays), max_size=len(arrays), unique=True))
    table = pa.table(arrays, names=names)
    start = draw(st.integers(0, count))
    return table.slice(start, draw(st.integers(0, count - start)))


def expected(table: pa.Table) -> list[Any]:
    return [identify(row) for row in table.to_pylist()]


@settings(max_examples=400, deadline=None)
@given(tables())
def test_a_row_has_the_fingerprint_of_its_python_dict(table: pa.Table) -> None:
    assert identify_rows(table) == expected(table)
    for batch in table.to_batches():
        assert identify_rows(batch) == [identify(row) for row in batch.to_pylist()]


@pytest.mark.parametrize("made", leaves(), ids=lambda made: str(made[0]))
def test_every_type_is_read_alone_in_lists_and_in_structs(made: Made) -> None:
    kind, values = made

    @settings(max_examples=15, deadline=None)
    @given(st.lists(values, min_size=3, max_size=3))
    def check(drawn: list[Any]) -> None:
        column = pa.array(drawn, kind)
        lists = pa.ListArray.from_arrays([0, 2, 2, 3], column)
        packed = pa.StructArray.from_arrays([column, column], names=["x", "y"])
        table = pa.table({"alone": column, "list": lists, "struct": packed})
        assert identify_rows(table) == expected(table)
        assert identify_rows(table.slice(1)) == expected(table)[1:]

    check()


def test_what_lies_in_the_buffers_under_a_null_does_not_count() -> None:
    mask = pa.array([False, True, False])
    child = pa.array([1, 2, 3, 4])
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 3, 4], pa.int32()), child, mask=mask)
    fixed = pa.FixedSizeListArray.from_arrays(pa.array([1, 2, 3, 4, 5, 6]), 2, mask=mask)
    packed = pa.StructArray.from_arrays([pa.array(["a", "b", "c"])], names=["x"], mask=mask)
    validity = pa.array([1, 0, 1]).cast(pa.bool_()).buffers()[1]
    texts = pa.array(["a", "hidden", "c"])
    texts = pa.Array.from_buffers(pa.string(), 3, [validity, *texts.buffers()[1:]])
    table = pa.table({"l": lists, "f": fixed, "s": packed, "t": texts})
    assert table.to_pylist()[1] == {"l": None, "f": None, "s": None, "t": None}
    assert identify_rows(table) == expected(table)


def test_an_index_under_a_null_may_point_nowhere() -> None:
    words = pa.DictionaryArray.from_arrays(pa.array([0, 5]), pa.array(["a"]), safe=False)
    packed = pa.StructArray.from_arrays([words], names=["w"], mask=pa.array([False, True]))
    table = pa.table({"s": packed, "n": [1, 2]})
    assert identify_rows(table) == [identify({"s": {"w": "a"}, "n": 1}), identify({"s": None, "n": 2})]
    assert identify_rows(pa.table({"w": words})) == [identify({"w": "a"}), UNKNOWN]


def test_floats_keep_their_sign_and_their_not_a_number() -> None:
    odd = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_0123))[0]
    column = pa.array([0.0, -0.0, math.nan, odd, math.inf], pa.float64())
    table = pa.table({"x": column, "l": pa.ListArray.from_arrays([0, 1, 2, 3, 4, 5], column)})
    assert identify_rows(table) == expected(table)
    assert len(set(identify_rows(table))) == 5


def test_numbers_equal_to_python_are_told_apart() -> None:
    tables = [pa.table({"x": pa.array([value])}) for value in (1, True, 1.0)]
    assert [identify_rows(table) for table in tables] == [expected(table) for table in tables]
    assert len({identify_rows(table)[0] for table in tables}) == 3


def test_large_rows_and_many_rows() -> None:
    big = pa.table({"data": [b"x" * 100_000, b"", None], "n": [1, 2, 3], "tokens": [[1] * 9000, [], [2]]})
    assert identify_rows(big) == expected(big)
    many = pa.table({"n": range(3000), "text": [f"line {n}" for n in range(3000)]})
    assert identify_rows(many) == expected(many)


def test_rows_that_were_gathered_one_by_one() -> None:
    table = pa.table({"n": range(40), "text": [f"line {n}" for n in range(40)], "l": [[n] * 3 for n in range(40)]})
    gathered = pa.concat_tables([table.slice(row, 1) for row in (7, 0, 39, 7, *range(20))])
    assert gathered.column(0).num_chunks == 24
    assert identify_rows(gathered) == expected(gathered)
    union = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])])
    pieces = pa.concat_tables([pa.table({"u": union}).slice(row, 1) for row in (1, 0)])
    assert identify_rows(pieces) == expected(pieces)


def test_tables_without_columns_or_rows() -> None:
    empty = pa.table({"a": pa.array([], pa.int64()), "l": pa.array([], pa.list_(pa.string()))})
    assert identify_rows(empty) == []
    bare = pa.table({"a": [1, 2]}).drop(["a"])
    assert identify_rows(bare) == [identify({})] * 2


def broken_text(kind: pa.DataType, values: list[bytes]) -> pa.Array:
    binary = pa.array(values, pa.large_binary() if kind == pa.large_string() else pa.binary())
    return pa.Array.from_buffers(kind, len(values), binary.buffers())


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_text_that_is_not_utf_8_leaves_the_other_rows_their_fingerprints(kind: pa.DataType) -> None:
    # Together the halves of a character are UTF-8; each alone is not.
    texts = broken_text(kind, [b"fine", b"\xc3", b"\xbc", "ü".encode(), b"\xed\xa0\x80"])
    table = pa.table({"text": texts, "n": range(5)})
    fine = [identify({"text": "fine", "n": 0}), identify({"text": "ü", "n": 3})]
    assert identify_rows(table) == [fine[0], UNKNOWN, UNKNOWN, fine[1], UNKNOWN]
    inside = pa.table({"l": pa.ListArray.from_arrays([0, 1, 3, 5], texts)})
    assert identify_rows(inside) == [identify({"l": ["fine"]}), UNKNOWN, UNKNOWN]
    large = pa.table({"text": broken_text(kind, [b"a" * 9000, b"\xc3" * 9000])})
    assert identify_rows(large) == [identify({"text": "a" * 9000}), UNKNOWN]


def test_what_python_cannot_hold_is_unfingerprintable() -> None:
    nanoseconds = pa.table({"t": pa.array([1, None], pa.time64("ns")), "n": [1, 2]})
    assert identify_rows(nanoseconds) == [UNKNOWN] * 2
    late = pa.table({"t": pa.array([0, 1 << 60], pa.timestamp("s"))})
    assert identify_rows(late) == [identify({"t": dt.datetime(1970, 1, 1)}), UNKNOWN]  # noqa: DTZ001 - as Arrow's
    twice = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert identify_rows(twice) == [UNKNOWN]
    inside = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], fields=[pa.field("a", pa.int64())] * 2)
    assert identify_rows(pa.table({"s": inside})) == [UNKNOWN]


def test_values_of_extension_types_are_those_that_python_gives() -> None:
    names = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([uuid.UUID(int=5).bytes], pa.binary(16)))
    flags = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1], pa.int8()))
    matrix = pa.ExtensionArray.from_storage(
        pa.fixed_shape_tensor(pa.int64(), [2]), pa.array([[1, 2]], pa.list_(pa.int64(), 2))
    )
    table = pa.table({"u": names, "b": flags, "l": pa.ListArray.from_arrays([0, 1], flags), "m": matrix})
    assert identify_rows(table) == [UNKNOWN if row is None else identify(row) for row in table.to_pylist()]


def test_lists_of_an_extension_type_over_numbers_are_those_of_the_numbers() -> None:
    class Celsius(pa.ExtensionType):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(pa.float64(), "origin.test.celsius")

        def __arrow_ext_serialize__(self) -> bytes:
            return b""

    warm = pa.ExtensionArray.from_storage(Celsius(), pa.array([20.5, 21.0]))
    table = pa.table({"l": pa.ListArray.from_arrays([0, 2], warm)})
    assert table.to_pylist() == [{"l": [20.5, 21.0]}]
    assert identify_rows(table) == expected(table)


def test_unions_list_views_and_runs_go_through_python() -> None:
    union = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])])
    views = pa.array([[1, 2], None], pa.list_view(pa.int64()))
    runs = pc.run_end_encode(pa.array([3, 3]))
    lists = pa.ListArray.from_arrays([0, 1, 2], runs)
    table = pa.table({"u": union, "v": views, "d": pa.array([Decimal("1.5"), None]), "r": runs, "l": lists})
    assert identify_rows(table) == expected(table)


def test_a_dictionary_with_a_null_in_it_and_one_of_lists() -> None:
    words = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2]), pa.array(["a", None, "b"]))
    lists = pa.DictionaryArray.from_arrays(pa.array([1, 0, None, 1]), pa.array([[1], [2, 3]]))
    table = pa.table({"w": words, "l": lists, "in": pa.ListArray.from_arrays([0, 1, 2, 3, 4], words)})
    assert identify_rows(table) == expected(table)
    assert identify_rows(table.slice(1, 2)) == expected(table)[1:3]


@pytest.mark.parametrize("depth", [3, 253, 254, 255, 256, 300])
def test_nesting_is_as_deep_as_a_python_row_may_be(depth: int) -> None:
    column = pa.array([7])
    for _ in range(depth):
        column = pa.ListArray.from_arrays([0, 1], column)
    value: Any = 7
    for _ in range(depth):
        value = [value]
    row = {"x": value}
    try:
        known = identify(row)
    except TypeError:
        known = UNKNOWN
    assert identify_rows(pa.table({"x": column})) == [known]
    assert (known == UNKNOWN) == (depth > 255)
