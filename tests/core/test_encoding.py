"""Canonical bytes of builtin values: the docstring as an oracle, laws, limits, and what is refused."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import io
import math
import random
import re
import string
import struct
import sys
import tempfile
import types
import uuid
from array import array
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from by_hand import frames, leaf, mapping, meaning, node, read, text
from golden_fingerprints import BUILTIN, BUILTIN_NAMES, Color, Level, Name, Own, Pair, Point, Words, real, row, value_of
from hypothesis import given, settings
from hypothesis import strategies as st

from origin.core import encoding
from origin.core.encoding import encode, stream
from origin.core.frames import LARGE, MAX_DEPTH, MAX_TYPES, encoders
from origin.errors import OriginError, UnfingerprintableError

law = settings(deadline=None)  # a busy machine breaks no law

# Few different ones, so that equal and almost equal values meet.
alike = st.sampled_from([None, False, True, 0, 1, 0.0, -0.0, 1.0, 1j, "", "a", b"", b"a", (), frozenset()])
surrogates = st.text(st.characters(codec=None, categories=[*["L", "Nd", "Cs", "Zs"]]), max_size=6)
scalars = st.one_of(
    alike,
    st.integers(),
    st.integers(-(2**65), 2**65),
    st.sampled_from([sign * 2**63 + step for sign in (-1, 1) for step in (-1, 0, 1)]),
    st.integers(0, 2**64 - 1).map(real),
    st.complex_numbers(),
    surrogates,
    st.binary(max_size=6),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.none() | st.just(dt.UTC) | st.just(ZoneInfo("Europe/Berlin"))),
    st.timedeltas(),
    st.decimals(),
    st.uuids(),
    st.sampled_from([Color.RED, Color.BLUE, Level.HIGH, Name.ANN]),
)
keys = st.recursive(
    scalars.filter(lambda value: not (isinstance(value, Decimal) and value.is_snan())),  # unhashable
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(st.integers(-(2**64), 2**64), max_size=4),
        st.lists(st.floats(), max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(keys, inner, max_size=4),
        st.sets(keys, max_size=4),
        st.builds(Pair, inner, inner),
        st.builds(Point, inner, inner),
    ),
    max_leaves=12,
)


def encoded_in_pieces(value: Any) -> tuple[list[bytes], int]:
    pieces: list[bytes] = []
    size = stream(value, lambda piece: pieces.append(bytes(piece)))
    return pieces, size


# What the docstring says


@law
@given(values)
def test_the_docstring_is_all_one_needs_to_write_the_encoding(value: Any) -> None:
    assert encode(value) == frames(value)


@law
@given(values)
def test_the_bytes_can_be_read_back_so_no_two_values_share_them(value: Any) -> None:
    if not contains_point(value):
        assert read(encode(value)) == (meaning(value), b"")


def contains_point(value: Any) -> bool:
    """Whether `value` holds a dataclass or an Enum, whose class cannot be read back."""
    if isinstance(value, dict):
        return any(map(contains_point, [*value, *value.values()]))
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(contains_point, value))
    return isinstance(value, (Point, enum.Enum))


@law
@given(st.lists(values, min_size=2, max_size=2))
def test_values_have_equal_bytes_exactly_if_they_mean_the_same(pair: list[Any]) -> None:
    one, other = pair
    assert (encode(one) == encode(other)) == (meaning(one) == meaning(other))


@law
@given(alike, alike)
def test_values_that_python_calls_equal_keep_their_types_apart(one: Any, other: Any) -> None:
    same = type(one) is type(other) and repr(one) == repr(other)
    assert (encode(one) == encode(other)) == same


@law
@given(values, values)
def test_no_encoding_begins_with_another(one: Any, other: Any) -> None:
    short, long = encode(one), encode(other)
    assert not long.startswith(short) or short == long


@law
@given(values)
def test_the_pieces_of_a_stream_are_the_encoding_and_their_size_is_returned(value: Any) -> None:
    pieces, size = encoded_in_pieces(value)
    assert b"".join(pieces) == encode(value)
    assert size == len(encode(value))


@pytest.mark.parametrize(
    "value",
    [
        ["x" * LARGE, "y", b"z" * (LARGE - 1), b"z" * LARGE],
        list(range(LARGE)),
        [str(number) for number in range(3 * LARGE + 1)],
        {str(number): b"v" * (number % 7) for number in range(2 * LARGE)},
        {number: [number] for number in range(LARGE)},
        set(range(3 * LARGE)),
        (1.5,) * (2 * LARGE),
    ],
    ids=range(7),
)
def test_large_values_stream_in_several_pieces_with_the_same_bytes(value: Any) -> None:
    pieces, size = encoded_in_pieces(value)
    assert len(pieces) > 1
    assert b"".join(pieces) == frames(value)
    assert size == len(frames(value))


def test_a_long_list_is_not_held_in_pieces() -> None:
    pieces, _ = encoded_in_pieces(["word"] * (10 * LARGE))
    assert max(map(len, pieces)) < 20 * LARGE


BY_HAND = {
    "None": b"n" + bytes(8),
    "True": b"b" + bytes(7) + b"\1\1",
    "-129": b"i" + bytes(7) + b"\2\xff\x7f",
    "0.1": b"f" + bytes(7) + b"\x08\x9a\x99\x99\x99\x99\x99\xb9\x3f",
    "[1, 2, 3]": b"I" + bytes(7) + b"\3" + b"".join(bytes([number, *bytes(7)]) for number in (1, 2, 3)),
    '("image", 7)': node("t", text("image"), leaf("i", b"\7")),
    "Color.BLUE": node("e", text("Color"), text("blue")),
    "Level.HIGH": node("e", text("Level"), leaf("i", b"\3")),
    "Access.READ | Access.WRITE": node("e", text("Access"), leaf("i", b"\3")),
    "Point(1)": node("D", text("Point"), text("x"), leaf("i", b"\1"), text("y"), leaf("i", b"\0")),
    "row(a=1)": node("D", text("Row"), text("name"), text("a row"), mapping({"a": 1})),
    'Own("content")': node("x", text("Own"), text("content")),
    "Own(None)": node("x", text("Own"), leaf("n", b"")),
    "dt.date(2025, 1, 31)": leaf("w", b"date 2025-01-31"),
    "dt.time(12, 30, 0, 5, dt.timezone.utc)": leaf("w", b"time 12:30:00.000005+00:00"),
    "dt.datetime(2025, 1, 31)": leaf("w", b"datetime 2025-01-31T00:00:00"),
    "dt.timedelta(-1, 2, 3)": leaf("w", b"timedelta -1 2 3"),
    'Decimal("1E+400")': leaf("g", b"1E+400"),
    'Decimal("-Infinity")': leaf("g", b"-Infinity"),
}


@pytest.mark.parametrize("expression", BY_HAND)
def test_an_encoding_written_out_by_hand_is_the_one_we_give(expression: str) -> None:
    assert encode(value_of(expression, BUILTIN_NAMES)) == BY_HAND[expression]


# Same content, same bytes


@law
@given(st.dictionaries(keys, scalars, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_a_dict_does_not_matter(value: dict[Any, Any], shuffle: random.Random) -> None:
    items = list(value.items())
    shuffle.shuffle(items)
    assert encode(dict(items)) == encode(value)
    assert encode(collections.OrderedDict(items)) == encode(value)
    assert encode(types.MappingProxyType(dict(items))) == encode(value)
    assert encode(collections.UserDict(items)) == encode(value)


@law
@given(st.lists(keys, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_a_set_does_not_matter(elements: list[Any], shuffle: random.Random) -> None:
    value = set(elements)
    shuffled = list(value)
    shuffle.shuffle(shuffled)
    assert encode(set(shuffled)) == encode(value) == encode(frozenset(shuffled))


def test_keys_with_equal_frames_are_ordered_by_their_values() -> None:
    one, other = float("nan"), float("nan")
    assert encode({one: 1, other: 2}) == encode({one: 2, other: 1})
    assert encode({one: 1, other: 2}) != encode({one: 1, other: 1})


def test_the_columns_of_a_row_are_remembered_by_type_and_not_by_equality() -> None:
    as_text = encode({"ann": 1})
    assert encode({Name.ANN: 1}) == frames({Name.ANN: 1}) != as_text
    assert encode({"ann": 1}) == as_text


def test_rows_of_ever_new_columns_do_not_fill_the_memory() -> None:
    for number in range(1000):
        encode({f"column {number}": 1})
        encode({"x" * 5000 + str(number): 1})
    assert len(encoding._columns) <= 256
    assert max(len(key) for names in encoding._columns for key in names) < LARGE


def test_types_made_for_every_row_do_not_fill_the_memory() -> None:
    for _ in range(MAX_TYPES + 10):
        encode(collections.namedtuple("Row", "a")(1))  # noqa: PYI024 - as DataFrame.itertuples makes them
    assert len(encoders) <= MAX_TYPES
    while len(encoders) >= MAX_TYPES:
        encoders.popitem()
    assert encode(Pair(1, 2)) == encode((1, 2))


SAME = {
    "bytes-like": [b"ab", bytearray(b"ab"), memoryview(b"ab"), memoryview(b"xaxb")[1::2], memoryview(b"ab").cast("c")],
    "byte formats": [b"ab", memoryview(b"ab").cast("@B"), memoryview(array("B", b"ab"))],
    "tuples": [(1, 2), Pair(1, 2)],
    "lists": [[1, 2], Words([1, 2])],
    "sets": [{1, 2}, frozenset({1, 2})],
    "mappings": [{"a": 1}, collections.OrderedDict(a=1), collections.defaultdict(int, a=1), collections.Counter("a")],
    "zones of one offset": [
        dt.datetime(2025, 1, 31, tzinfo=dt.UTC),
        dt.datetime(2025, 1, 31, tzinfo=ZoneInfo("Europe/London")),
        dt.datetime(2025, 1, 31, tzinfo=dt.timezone(dt.timedelta(), "GMT")),
    ],
    "fold of a naive time": [dt.datetime(2025, 1, 31), dt.datetime(2025, 1, 31, fold=1)],  # noqa: DTZ001
}


@pytest.mark.parametrize("name", SAME)
def test_what_holds_the_same_has_the_same_bytes_at_any_depth(name: str) -> None:
    assert len({encode(value) for value in SAME[name]}) == 1
    assert len({encode([{"a": (value,)}]) for value in SAME[name]}) == 1


class Liar(list):  # type: ignore[type-arg]
    """A list that makes its elements when asked for them."""

    def __iter__(self) -> Any:
        return iter(["made", "later"])


class Renamed(dict):  # type: ignore[type-arg]
    def __len__(self) -> int:
        return 7


def test_a_subclass_is_encoded_by_what_it_gives_when_read() -> None:
    assert encode(type("Text", (str,), {})("a")) == encode("a")
    assert encode(Liar([1])) == encode(["made", "later"])
    assert encode(Renamed(a=1)) == encode({"a": 1})
    assert encode(type("Whole", (int,), {})(5)) == encode(5)
    assert encode(type("Real", (float,), {})(5.0)) == encode(5.0)
    assert encode(type("Raw", (bytes,), {})(b"a")) == encode(b"a")


# Different content, different bytes

DIFFERENT = {
    "numbers": [True, 1, 1.0, 1 + 0j, "1", b"1", Decimal(1), [1], (1,), {1}, {1: 1}],
    "nothing": [None, False, 0, 0.0, -0.0, 0j, "", b"", [], (), {}, set()],
    "NaN payloads": [real(bits) for bits in (0x7FF8 << 48, 0xFFF8 << 48, (0x7FF8 << 48) + 1, (0x7FF0 << 48) + 1)],
    "lists of NaN payloads": [[real(bits)] for bits in (0x7FF8 << 48, 0xFFF8 << 48, (0x7FF0 << 48) + 1)],
    "signed zeros": [[0.0], [-0.0], (0.0,), (-0.0,), {0.0}, {-0.0}],
    "complex zeros": [complex(0.0, 0.0), complex(-0.0, 0.0), complex(0.0, -0.0)],
    "nesting": [[1, [2]], [[1], 2], [[1, 2]], [1, 2], [[1], [2]], [], [[]], [[], []], [[[]]]],
    "boundaries": [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"]],
    "text": ["é", "e\u0301", "\ud800", "\udc00", "\U0001f600", "\ud83d\ude00", "a\0", "a"],
    "dict or pairs": [{"a": 1}, [("a", 1)], (("a", 1),), {("a", 1)}, ["a", 1], ("a", 1)],
    "swapped": [{"a": "b", "c": "d"}, {"a": "d", "c": "b"}, {"b": "a", "d": "c"}, {"a": "c", "b": "d"}],
    "times": [
        dt.date(2025, 1, 31),
        dt.datetime(2025, 1, 31),  # noqa: DTZ001
        dt.datetime(2025, 1, 31, tzinfo=dt.UTC),
        dt.datetime(2025, 1, 31, tzinfo=ZoneInfo("Europe/Berlin")),
        dt.time(0, 0),
        "2025-01-31",
    ],
    "durations": [dt.timedelta(1), dt.timedelta(0, 1), dt.timedelta(0, 0, 1), dt.timedelta(1, 1)],
    "decimals": [Decimal(digits) for digits in ("1", "1.0", "1.00", "1E+1", "10", "-0", "0")],
    "decimals that are no numbers": [Decimal(name) for name in ("NaN", "sNaN", "NaN1", "-NaN", "Infinity")],
    "enums": [Color.RED, Color.BLUE, Level.HIGH, Name.ANN, 1, 3, "blue", "ann"],
    "own": [Own("a"), Own(b"a"), Own(["a"]), "a", ("Own", "a")],
    "uuid": [uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=1).bytes, str(uuid.UUID(int=1))],
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_has_different_bytes_at_any_depth(name: str) -> None:
    assert len({encode(value) for value in DIFFERENT[name]}) == len(DIFFERENT[name])
    assert len({encode([{"a": (value,)}]) for value in DIFFERENT[name]}) == len(DIFFERENT[name])


def test_dataclasses_differ_by_class_by_field_name_and_by_value() -> None:
    def made(name: str, **fields: Any) -> bytes:
        return encode(dataclasses.make_dataclass(name, list(fields))(**fields))

    assert made("A", x=1) == made("A", x=1)
    assert len({made("A", x=1), made("B", x=1), made("A", y=1), made("A", x=2), made("A", x=1, y=2), made("A")}) == 6


def test_a_dataclass_that_is_also_a_container_shows_its_content_too() -> None:
    assert encode(row(a=1)) != encode(row(a=2))
    assert encode(row(a=1)) != encode(row())
    assert encode(row(a=1)) == encode(row(a=1))


def test_a_dataclass_with_an_unset_field_is_refused() -> None:
    @dataclasses.dataclass
    class Lazy:
        cache: Any = dataclasses.field(init=False)

    with pytest.raises(UnfingerprintableError, match="lacks one of its fields"):
        encode(Lazy())


def test_the_capitals_of_a_threads_decimal_context_do_not_show() -> None:
    with decimal.localcontext(decimal.Context(capitals=0)):
        assert encode(Decimal("1E+400")) == leaf("g", b"1E+400")


# Packed lists


@law
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_a_list_of_ints_within_64_bits_is_packed(value: list[int]) -> None:
    assert encode(value) == struct.pack(">cQ", b"I", len(value)) + struct.pack(f"<{len(value)}q", *value)


@law
@given(st.lists(st.floats(), min_size=1))
def test_a_list_of_floats_is_packed(value: list[float]) -> None:
    assert encode(value) == struct.pack(">cQ", b"F", len(value)) + struct.pack(f"<{len(value)}d", *value)


@law
@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4),
    st.sampled_from([2**63, -(2**63) - 1, True, 1.0, Level.HIGH, type("Whole", (int,), {})(1), None, "1"]),
    st.integers(0, 4),
)
def test_one_other_element_makes_it_a_general_list(numbers: list[Any], odd: Any, place: int) -> None:
    numbers.insert(place, odd)
    if set(map(type, numbers)) == {float}:
        numbers.append(0)
    assert encode(numbers) == struct.pack(">cQ", b"l", len(numbers)) + b"".join(map(encode, numbers))


@pytest.mark.parametrize(
    "value",
    [[], [True], [False, True], [Level.HIGH], [type("Real", (float,), {})(1.0)], [2**64], [1j]],
)
def test_only_exact_ints_and_floats_are_packed(value: list[Any]) -> None:
    assert encode(value)[:1] == b"l"


def test_tuples_are_never_packed() -> None:
    assert encode((1, 2)) == struct.pack(">cQ", b"t", 2) + encode(1) + encode(2)


@pytest.mark.parametrize("digits", [4300, 4301, 100_000])
def test_ints_of_more_digits_than_python_prints_have_bytes(digits: int) -> None:
    value = 10**digits
    assert encode(value) == frames(value)
    assert encode(-value) == frames(-value)
    assert encode([value]) == node("l", frames(value))


# What is refused


def generator() -> Any:
    yield 1


class Plain:
    pass


REFUSED = {
    "object": object(),
    "a function": len,
    "a lambda": lambda: 1,
    "a method": "".join,
    "a module": sys,
    "a generator": generator(),
    "an iterator": iter([1]),
    "a map": map(str, [1]),
    "a range": range(3),
    "a class": int,
    "a class with its own fingerprint": Own,
    "a dataclass type": Point,
    "an Enum type": Color,
    "an instance of a plain class": Plain(),
    "Ellipsis": ...,
    "a file": io.BytesIO(b"a"),
    "a text file": io.StringIO("a"),
    "a template": string.Template("a"),
    "a pattern": re.compile("a"),
    "a deque": collections.deque([1]),
    "a slice": slice(1),
    "an exception": ValueError("a"),
    "a zone": dt.UTC,
    "dict keys": {"a": 1}.keys(),
    "a namespace": types.SimpleNamespace(a=1),
    # The letter "u" is on its way out, "w" came with 3.13.
    "text in an array": array("u" if sys.version_info < (3, 13) else "w", "ab"),
    "a memoryview of pointers": memoryview(bytes(8)).cast("P"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_value_without_canonical_bytes_is_refused_at_any_depth(name: str, depth: int) -> None:
    value = REFUSED[name]
    for _ in range(depth):
        value = {"a": [1, value]}
    with pytest.raises(UnfingerprintableError) as caught:
        encode(value)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, OriginError)


@pytest.mark.parametrize(
    "holder",
    [
        lambda value: [value],
        lambda value: (value,),
        lambda value: {"a": value},
        lambda value: {value: 1},
        lambda value: {value, 1},
        lambda value: frozenset([value]),
        Point,
        Own,
        lambda value: Pair(value, value),
        lambda value: row(a=value),
        lambda value: types.MappingProxyType({"a": value}),
    ],
    ids=range(11),
)
def test_every_container_refuses_what_it_holds(holder: Any) -> None:
    with pytest.raises(UnfingerprintableError, match=r"test_encoding\.Plain has no canonical bytes"):
        encode(holder(Plain()))


def test_an_open_file_is_refused() -> None:
    with tempfile.TemporaryFile() as file, pytest.raises(UnfingerprintableError):
        encode(file)


def test_the_message_names_the_type_and_says_what_to_do() -> None:
    with pytest.raises(UnfingerprintableError) as caught:
        encode(collections.deque())
    assert str(caught.value) == (
        "a value of type collections.deque has no canonical bytes: "
        "hand over bytes, text, numbers, containers or arrays, or give the type an __origin_fingerprint__() method"
    )


def test_an_own_fingerprint_that_fails_shows_its_own_error() -> None:
    class Broken:
        def __origin_fingerprint__(self) -> Any:
            raise LookupError("the file is gone")

    with pytest.raises(LookupError, match="the file is gone"):
        encode([Broken()])


def test_an_own_fingerprint_goes_before_what_the_bases_say() -> None:
    class Mine(dict):  # type: ignore[type-arg]
        def __origin_fingerprint__(self) -> Any:
            return "mine"

    assert encode(Mine(a=1)) == node("x", text(Mine.__qualname__), text("mine"))


def test_an_own_fingerprint_that_is_itself_is_refused() -> None:
    class Endless:
        def __origin_fingerprint__(self) -> Any:
            return self

    with pytest.raises(UnfingerprintableError, match="nested deeper than 256 levels, or holds itself"):
        encode(Endless())


# Depth

HOLDERS: dict[str, Any] = {
    "list": lambda inner: [inner],
    "tuple": lambda inner: (inner,),
    "dict": lambda inner: {"a": inner},
    "dict of many types": lambda inner: {1: 1, "a": inner},
    "frozenset": lambda inner: frozenset([inner]),
    "named tuple": lambda inner: Pair(inner, 1),
    "dataclass": Point,
    "dataclass and dict": lambda inner: row(a=inner),
    "own": Own,
    "mapping": lambda inner: types.MappingProxyType({"a": inner}),
    "enum": lambda inner: enum.Enum("Deep", {"A": inner}).A,
}


def nested(holder: Any, levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = holder(value)
    return value


def from_deep(frames_deep: int, call: Any) -> Any:
    return call() if frames_deep == 0 else from_deep(frames_deep - 1, call)


@pytest.mark.parametrize("name", HOLDERS)
def test_nesting_is_refused_one_level_beyond_the_limit(name: str) -> None:
    levels = MAX_DEPTH // 2 if name == "dataclass and dict" else MAX_DEPTH
    encode(nested(HOLDERS[name], levels))
    with pytest.raises(UnfingerprintableError, match="nested deeper than 256 levels, or holds itself: flatten it"):
        encode(nested(HOLDERS[name], levels + 1))


@pytest.mark.parametrize("name", HOLDERS)
def test_the_limit_is_the_same_for_a_caller_deep_in_the_stack(name: str) -> None:
    levels = MAX_DEPTH // 2 if name == "dataclass and dict" else MAX_DEPTH
    value, deeper = nested(HOLDERS[name], levels), nested(HOLDERS[name], levels + 1)
    assert sys.getrecursionlimit() == 1000
    expected = encode(value)
    assert from_deep(300, lambda: encode(value)) == expected
    with pytest.raises(UnfingerprintableError, match="nested deeper than 256 levels"):
        from_deep(300, lambda: encode(deeper))


def test_a_caller_with_no_stack_left_gets_the_same_kind_of_error() -> None:
    def descend() -> Any:
        try:
            return descend()
        except RecursionError:
            return encode(nested(HOLDERS["list"], 100))

    with pytest.raises(UnfingerprintableError, match="nested too deep for the caller's stack"):
        descend()


def test_containers_that_hold_themselves_are_refused() -> None:
    endless_list: list[Any] = [1]
    endless_list.append(endless_list)
    endless_dict: dict[str, Any] = {}
    endless_dict["a"] = [endless_dict]
    for value in (endless_list, endless_dict, (endless_list,), Point(endless_dict)):
        with pytest.raises(UnfingerprintableError, match="or holds itself"):
            encode(value)
        with pytest.raises(UnfingerprintableError):
            from_deep(700, lambda value=value: encode(value))


# Nothing of the value changes


@law
@given(values)
def test_encoding_twice_gives_the_same_and_leaves_the_value_as_it_was(value: Any) -> None:
    before = meaning(value)
    assert encode(value) == encode(value)
    assert meaning(value) == before


def test_no_random_numbers_are_drawn() -> None:
    state = random.getstate()
    encode([1, {2.5: {"a", "b"}}, math.pi])
    assert random.getstate() == state


def test_a_buffer_is_free_again_afterwards() -> None:
    buffer = bytearray(b"x" * 10_000)
    numbers = array("d", [0.0]) * 10_000
    encode([buffer, numbers])
    buffer.append(1)
    numbers.append(1.0)


@pytest.mark.parametrize("expression", BUILTIN)
def test_every_builtin_row_of_the_golden_table_has_bytes_that_follow_the_docstring(expression: str) -> None:
    value = value_of(expression, BUILTIN_NAMES)
    if not isinstance(value, (array, Own)) and expression != "row(a=1)" and not is_array(value):
        assert encode(value) == frames(value)


def is_array(value: Any) -> bool:
    return isinstance(value, memoryview) and (value.format not in "Bc" or value.ndim != 1)
