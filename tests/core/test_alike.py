from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from origin.core import alike as alike_module
from origin.core.alike import Waiting, digests_alike
from origin.core.fingerprint import Kind, identify
from origin.errors import UnfingerprintableError

SCALARS = st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.none())
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.int64, torch.uint8, torch.bool]
DTYPES += [torch.complex64, torch.float8_e4m3fn, torch.int32, torch.int16, torch.int8, torch.uint16]


def tensors(dtype: torch.dtype, shape: tuple[int, ...], count: int = 6) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [(torch.rand(shape, generator=generator) * 5).to(dtype) for _ in range(count)]


def hashed(samples: list[Any], collated: Any = None) -> tuple[list[bytes], int] | None:
    """Digests and size, the same whether they are made at once or later."""
    found = digests_alike(samples, collated)
    later = digests_alike(samples, collated, Waiting())
    assert (found is None) == (later is None)
    if found is None or later is None:
        return None
    assert len(later) == len(found) == len(samples)
    assert (list(later), later.size) == (found.digests(), found.size)
    return found.digests(), found.size


def alike(samples: list[Any]) -> bool:
    """Whether the samples took the fast way; their identities must be right if they did."""
    found = hashed(samples)
    if len(samples) > 3:
        with contextlib.suppress(TypeError, RuntimeError, ValueError):  # what torch cannot collate
            assert hashed(samples, torch.utils.data.default_collate(samples)) in (found, None)
    if found is not None:
        kinds, digests, sizes = zip(*map(identify, samples), strict=True)
        assert set(kinds) == {Kind.VALUE}
        assert found == (list(digests), sum(sizes))
    return found is not None


@given(st.lists(st.tuples(SCALARS, SCALARS), min_size=4), st.sampled_from([tuple, dict]))
def test_rows_of_scalars_are_identified_as_one_by_one(rows: list[tuple[Any, Any]], kind: type) -> None:
    samples = rows if kind is tuple else [{"b": first, "a": second} for first, second in rows]
    assert alike(samples)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (2, 1, 5)], ids=str)
def test_small_tensors_are_identified_as_one_by_one(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    column = tensors(dtype, shape)
    assert alike(column)
    assert alike([(tensor, number, "text") for number, tensor in enumerate(column)])
    assert alike([{"y": tensor, "x": tensor} for tensor in column])


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8], ids=str)
def test_labels_at_the_ends_of_their_range_are_identified_as_one_by_one(dtype: torch.dtype) -> None:
    ends = torch.iinfo(dtype)
    assert alike([torch.tensor(value, dtype=dtype) for value in (ends.min, ends.max, 0, 1)])


def test_views_gradients_and_lazy_bits_are_identified_as_one_by_one() -> None:
    column = tensors(torch.complex64, (3, 3))
    assert alike([tensor.T for tensor in column])
    assert alike([tensor.conj() for tensor in column])
    assert alike([tensor.conj().imag for tensor in column])
    assert alike([column[0].conj(), *column[1:]])
    assert alike([tensor.real.clone().requires_grad_() for tensor in column])
    assert alike([column[0][0].expand(3, 3) for _ in column])


@pytest.mark.filterwarnings("ignore:ComplexHalf support:UserWarning")
def test_a_dtype_that_cannot_be_stacked_is_left_to_the_long_way() -> None:
    alike(tensors(torch.complex32, ()))
    alike(tensors(torch.complex32, (2, 2)))


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
def test_what_is_not_alike_is_left_to_the_long_way() -> None:
    column = tensors(torch.float32, (2,))
    for samples in (
        column[:3],
        [*column, torch.rand(3)],
        [*column, torch.rand(2, dtype=torch.float64)],
        [*column, torch.nn.Parameter(torch.rand(2))],
        [torch.rand(2000) for _ in column],
        [torch.empty(0) for _ in column],
        [torch.empty(2, device="meta") for _ in column],
        [torch.eye(2).to_sparse() for _ in column],
        [torch.quantize_per_tensor(torch.rand(2), 0.1, 0, torch.qint8) for _ in column],
        [*column, torch.eye(2).to_sparse()],
        [*map(torch.tensor, range(5)), torch.tensor([5])],
        [*map(torch.tensor, range(5)), torch.tensor(5).to_sparse()],
        [*map(torch.tensor, range(5)), torch.empty((), dtype=torch.int64, device="meta")],
        [(tensor,) for tensor in column] + [(column[0], 1)],
        [{"a": 1, "b": 2}] * 4 + [{"b": 2, "a": 1}],
        [{1: 2}] * 5,
        [()] * 5,
        [{}] * 5,
        [[1, 2]] * 5,
        [(b"bytes",)] * 5,
        [(np.ones(2),)] * 5,
        ["text"] * 5,
    ):
        assert digests_alike(samples) is None


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "int16", "uint8", "bool", "complex64"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)], ids=str)
def test_arrays_that_torch_has_collated_are_identified_as_one_by_one(dtype: str, shape: tuple[int, ...]) -> None:
    column = [(np.random.default_rng(number).random(shape) * 9).astype(dtype) for number in range(6)]
    scalars = [np.dtype(dtype).type(number % 2) for number in range(6)]
    assert collated_alike(column) == (shape != ())  # a bare scalar is no array
    assert collated_alike([*zip(column, scalars, range(6), strict=True)])
    assert collated_alike(
        [{"y": array, "x": array.T, "z": scalar} for array, scalar in zip(column, scalars, strict=True)]
    )


def collated_alike(samples: list[Any]) -> bool:
    """Whether samples took the fast way with what torch has collated; their digests must be right if they did."""
    try:
        found = hashed(samples, torch.utils.data.default_collate(samples))
    except (RuntimeError, TypeError, ValueError):
        return False
    assert found is None or found[0] == [identify(sample)[1] for sample in samples]
    return found is not None


@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable:UserWarning")
def test_what_torch_changes_as_it_collates_is_left_to_the_long_way() -> None:
    column = tensors(torch.float32, (2,))
    arrays = [tensor.numpy() for tensor in column]
    assert collated_alike(column)
    for samples in (
        [*column, torch.rand(2, dtype=torch.float64)],
        [(torch.tensor(1),), (torch.tensor(2),), (torch.tensor(3),), (torch.tensor(1.0),)],
        [*arrays, np.ones(2)],
        [*arrays, column[0]],
        [np.float32(1), np.float32(2), np.float64(3), np.float32(4)],
        [np.ones(2, dtype=">f4")] * 5,
        [np.ones(0, dtype="f4")] * 5,
        [torch.nn.Parameter(torch.ones(2))] * 5,
        [torch.eye(2).to_sparse() for _ in column],
        [np.ma.masked_array([1.0, 2.0], [True, False])] * 5,
    ):
        assert not collated_alike(samples)
    assert collated_alike([torch.rand(2, 3, 4).permute(2, 0, 1) for _ in column])
    assert collated_alike([torch.rand(2, requires_grad=True) for _ in column])
    assert collated_alike([torch.rand(2, dtype=torch.bfloat16) for _ in column])


@pytest.mark.parametrize("dtype", ["float32", "complex128", "uint8", "bool", "float16"])
def test_large_parts_that_torch_has_collated_are_identified_as_one_by_one(dtype: str) -> None:
    column = [(np.random.default_rng(number).random((50, 100)) * 9).astype(dtype) for number in range(6)]
    assert collated_alike(column)
    assert collated_alike(
        [{"y": array, "x": number, "z": torch.from_numpy(array)} for number, array in enumerate(column)]
    )
    assert collated_alike([(torch.tensor(1.5), torch.from_numpy(array), "text") for array in column])
    assert collated_alike([torch.rand(2000, dtype=torch.bfloat16) for _ in column])


def test_copies_stay_what_the_samples_were() -> None:
    column = tensors(torch.float32, (3, 4))
    samples = [(tensor, tensor[0, 0], 7) for tensor in column]
    collated = torch.utils.data.default_collate(samples)
    expected = [identify(sample)[1] for sample in samples]
    later = digests_alike(samples, collated, Waiting())
    stacked = digests_alike(samples, None, Waiting())
    for tensor in (*column, *collated):
        tensor.zero_()
    assert later is not None
    assert stacked is not None
    assert list(later) == expected
    assert list(stacked) == expected


def test_what_would_take_too_much_memory_is_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    column = tensors(torch.uint8, (100,), count=10)
    collated = torch.utils.data.default_collate(column)
    monkeypatch.setattr(alike_module, "MAX_WAITING", 2500)
    waiting = Waiting()
    batches = [digests_alike(column, collated, waiting) for _ in range(3)]
    assert (waiting.copied, waiting.hashed) == (2000, 0)
    for batch in batches:
        assert batch is not None
        assert batch[0] == identify(column[0])[1]
        assert batch[2:4] == [identify(each)[1] for each in column[2:4]]
    assert (waiting.copied, waiting.hashed) == (2000, 2000)
    monkeypatch.setattr(alike_module, "MAX_COPIED", 999)
    assert digests_alike(column, collated, waiting) is not None
    assert waiting.copied == 2000


def test_bool_int_and_float_of_one_value_are_told_apart() -> None:
    assert alike([(1,), (True,), (1.0,), (0,), (False,), (-0.0,)])
    digests, _ = hashed([(1,), (True,), (1.0,), (1,)]) or ([], 0)
    assert len(set(digests)) == 3


def test_random_state_and_gradients_are_untouched() -> None:
    state = torch.get_rng_state()
    column = [torch.ones(2, requires_grad=True) for _ in range(5)]
    assert alike(column)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(tensor.grad_fn is None and tensor._version == 0 for tensor in column)


def test_an_unfingerprintable_sample_is_found_by_the_long_way() -> None:
    assert digests_alike([(object(),)] * 5) is None
    with pytest.raises(UnfingerprintableError):
        identify((object(),))
