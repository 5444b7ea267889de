from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.core.pieces import pieces
from origin.storage import rows
from origin.storage.sealed_set import leaf_page, members

INDICES = st.lists(st.integers(-1, (1 << 63) - 1), min_size=1)


@given(INDICES)
def test_indices_come_back_as_they_went_in(indices: list[int]) -> None:
    packed = rows.pack_indices(indices)
    assert packed is not None
    assert list(rows.unpack_indices(packed, len(indices)) or []) == indices


@pytest.mark.parametrize(
    ("indices", "packed"),
    [
        (None, None),
        ([], b""),
        ([-1, 0, 254], b"\x00\x01\xff"),
        ([255], b"\x01\x00"),
        ([65534], b"\xff\xff"),
        ([65535], b"\x00\x01\x00\x00"),
        ([(1 << 32) - 1], b"\x00\x00\x00\x01\x00\x00\x00\x00"),
    ],
)
def test_indices_are_packed_big_endian_as_wide_as_the_largest_needs(
    indices: list[int] | None, packed: bytes | None
) -> None:
    assert rows.pack_indices(indices) == packed


@pytest.mark.parametrize(("packed", "count"), [(b"\1\2\3", 1), (b"\1\2\3", 2), (b"\1", 0), (b"", 1)])
def test_indices_of_no_width_are_refused(packed: bytes, count: int) -> None:
    with pytest.raises(ValueError, match="numbers"):
        rows.unpack_indices(packed, count)


def test_runs_are_json_that_a_view_can_read() -> None:
    assert rows.pack_runs([(1, 1, 3), (2, 7, 5)]) == "[[1,1,3],[2,7,5]]"
    assert rows.unpack_runs("[[1,1,3],[2,7,5]]") == ((1, 1, 3), (2, 7, 5))


@pytest.mark.parametrize(
    "packed", ["[[1,1,3],[2,7,3]]", "[[1,1,0]]", "[[1,1]]", '[["1",1,2]]', "[[1,1,true]]", "{", "[[300,1,2]]"]
)
def test_runs_that_do_not_ascend_or_are_no_numbers_are_refused(packed: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        rows.unpack_runs(packed)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_comes_back_through_sql_bytes(text: str) -> None:
    stored = rows.to_sql(text)
    assert stored is not None
    assert rows.from_sql(stored) == text


def test_bytes_that_are_no_text_are_still_readable() -> None:
    assert rows.from_sql(b"a\xff") == "a\udcff"


def test_digests_that_are_cut_are_refused() -> None:
    with pytest.raises(ValueError, match="33 bytes"):
        rows.unpack_digests(bytes(33))


@given(st.integers(1, 40), st.integers(0, 9), st.integers(0, 300) | st.just(5000))
def test_columns_are_cut_as_slices_would_cut_them(size: int, skip: int, count: int) -> None:
    data = random.Random(count).randbytes((size + skip) * count)
    assert list(pieces(data, size, skip)) == [data[at : at + size] for at in range(0, len(data), size + skip)]


@given(st.lists(st.tuples(st.integers(0, (1 << 32) - 1) | st.integers(0, 300), st.integers(0, 70_000)), min_size=1))
def test_a_page_of_places_reads_as_it_was_written(places: list[tuple[int, int]]) -> None:
    page = leaf_page(bytearray(b"".join(struct.pack(">II", *place) for place in places)), [1] * len(places))
    assert page[:2] == tuple(rows.pack_numbers(numbers) for numbers in zip(*places, strict=True))
    assert members(page, len(places)) == [(*place, 1) for place in places]
