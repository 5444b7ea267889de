"""Licences in DataLoaderHook: of single samples, and of a Hugging Face data set behind the loader."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from conftest import gaps, seen

from origin import OriginWarning, ProvenanceDatabase
from origin.errors import OriginError, UsageError
from origin.query.engine import find_session
from origin.storage.reads import Reader

torch = pytest.importorskip("torch")
hook_module = pytest.importorskip("origin.hooks.pytorch")
from torch.utils.data import DataLoader, Subset  # noqa: E402 - once it is known to be there

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")

SAMPLES = [{"n": number, "license": ("MIT", "ISC", "")[number % 3]} for number in range(10)]
STATED = [("MIT", "ISC", "CC-BY-4.0")[number % 3] for number in range(10)]


def own(sample: dict[str, Any]) -> Any:
    return sample["license"]


def hook_for(db: ProvenanceDatabase, license_of: Callable[[Any], Any] | None = own, **options: Any) -> Any:
    session = db.begin_session(config_hash="test")
    return hook_module.DataLoaderHook(db, session.session_id, "lines", "CC-BY-4.0", license_of=license_of, **options)


def licenses(path: Path, db: ProvenanceDatabase) -> list[str | None]:
    db.flush()
    return [license_id for batch in seen(path) for _, license_id in batch.sources]


def collated(batches: Any) -> list[Any]:
    return [(batch["n"].tolist(), batch["license"]) for batch in batches]


@pytest.mark.parametrize("context", [None, "fork", "spawn"])
def test_each_raw_sample_has_its_own_licence(db: ProvenanceDatabase, path: Path, context: str | None) -> None:
    workers = {"num_workers": 2, "multiprocessing_context": context} if context else {}
    loader = DataLoader(SAMPLES, batch_size=4, **workers)  # type: ignore[arg-type]
    expected = collated(loader)
    assert collated(hook_for(db).wrap(loader)) == expected
    assert licenses(path, db) == STATED


def test_a_loader_without_batches_is_read_too(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db).wrap(DataLoader(SAMPLES, batch_size=None)))  # type: ignore[arg-type]
    assert licenses(path, db) == STATED


def test_without_the_function_samples_are_under_their_source(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db, None).wrap(DataLoader(SAMPLES, batch_size=4)))  # type: ignore[arg-type]
    assert set(licenses(path, db)) == {"CC-BY-4.0"}


def test_several_licences_are_one_claim(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db, lambda _sample: ["mit", "isc"]).wrap(DataLoader(SAMPLES[:2])))  # type: ignore[arg-type]
    assert licenses(path, db) == ['["mit", "isc"]'] * 2


@pytest.mark.parametrize("workers", [0, 2])
def test_a_function_that_fails_costs_the_licence_and_not_the_sample(
    db: ProvenanceDatabase, path: Path, workers: int
) -> None:
    loader = DataLoader(SAMPLES, batch_size=5, num_workers=workers)  # type: ignore[arg-type]
    with pytest.warns(OriginWarning, match=r"license_of raised KeyError: 'licence'"):
        list(hook_for(db, lambda sample: sample["licence"]).wrap(loader))
    assert licenses(path, db) == [None] * 10
    assert gaps(path) == [("license", 0, 0)]


def test_strict_raises_what_cannot_be_told(db: ProvenanceDatabase) -> None:
    wrapped = hook_for(db, lambda sample: sample["licence"], strict=True).wrap(DataLoader(SAMPLES))  # type: ignore[arg-type]
    with pytest.raises(OriginError, match="license_of raised KeyError"):
        list(wrapped)


def test_a_function_that_cannot_be_sent_to_a_worker_does_not_stop_it(db: ProvenanceDatabase, path: Path) -> None:
    loader = DataLoader(SAMPLES[:4], batch_size=2, num_workers=1, multiprocessing_context="spawn")  # type: ignore[arg-type]
    with pytest.warns(OriginWarning, match="it cannot be sent to a worker process"):
        received = collated(hook_for(db, lambda sample: sample["license"]).wrap(loader))
    assert received == collated(DataLoader(SAMPLES[:4], batch_size=2))  # type: ignore[arg-type]
    assert licenses(path, db) == [None] * 4


def test_what_is_no_function_is_refused(db: ProvenanceDatabase) -> None:
    with pytest.raises(UsageError, match=r"^license_of is 'license': it must be a function of one sample$"):
        hook_for(db, "license")  # type: ignore[arg-type]


def test_a_loader_that_is_no_torch_loader_is_read_by_its_rows(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db).wrap([{"n": torch.arange(3), "license": ["MIT", "ISC", ""]}]))
    assert licenses(path, db) == STATED[:3]


def test_order_and_random_state_are_those_of_the_bare_loader(db: ProvenanceDatabase) -> None:
    def drawn(wrap: Callable[[Any], Any]) -> tuple[list[Any], Any, Any]:
        torch.manual_seed(0)
        random.seed(0)
        batches = collated(wrap(DataLoader(SAMPLES, batch_size=3, shuffle=True)))  # type: ignore[arg-type]
        return batches, torch.rand(1).item(), random.random()

    assert drawn(hook_for(db).wrap) == drawn(lambda loader: loader)


@pytest.mark.parametrize("inside", [False, True])
def test_a_hugging_face_data_set_behind_the_loader_says_its_licence(
    db: ProvenanceDatabase, path: Path, inside: bool
) -> None:
    datasets = pytest.importorskip("datasets")
    data: Any = datasets.Dataset.from_dict({"n": [1, 2]}, info=datasets.DatasetInfo(license="mit"))
    list(hook_for(db, None).wrap(DataLoader(Subset(data, [1, 0]) if inside else data)))
    db.flush()
    with Reader(path) as reader:
        ((_, source),) = reader.sources(find_session(reader, "latest").row)
    assert [(claim.text, claim.where) for claim in source.claims] == [
        ("CC-BY-4.0", "declared by the caller"),
        ("mit", "DatasetInfo.license"),
    ]
