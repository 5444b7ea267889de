from __future__ import annotations

import hashlib
import io
import json
import pickle
import tarfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import webdataset as wds
from conftest import Seen, gaps, seen
from torch.utils.data import DataLoader

from origin import ProvenanceDatabase, fingerprint
from origin.core.fingerprint import Kind
from origin.hooks.webdataset import SampleKey, Tap, WebDatasetHook, shard_of
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

# torch forks its workers from a threaded test process; webdataset leaves it to the collector to close its shards.
pytestmark = [
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

KEYS = [f"a/sample{number}" for number in range(12)]


def members(number: int) -> dict[str, bytes]:
    array = io.BytesIO()
    np.save(array, np.full(3, number))
    return {"npy": array.getvalue(), "cls": str(number % 3).encode()}


PRINTS = {key: fingerprint(members(number)) for number, key in enumerate(KEYS)}


@pytest.fixture
def shards(tmp_path: Path) -> list[str]:
    """Twelve samples in three shards."""
    paths = []
    for shard in range(3):
        paths.append(str(tmp_path / f"train-{shard}.tar"))
        with tarfile.open(paths[-1], "w") as tar:
            for number in range(4 * shard, 4 * shard + 4):
                for suffix, data in members(number).items():
                    member = tarfile.TarInfo(f"{KEYS[number]}.{suffix}")
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))
    return paths


def opened(shards: list[str]) -> Any:
    return wds.WebDataset(shards, shardshuffle=False)


def hook_for(db: ProvenanceDatabase, **options: Any) -> WebDatasetHook:
    session = db.begin_session(config_hash="test")
    return WebDatasetHook(db, session.session_id, "images", "MIT", **options)


def recorded(path: Path, db: ProvenanceDatabase) -> list[Seen]:
    db.flush()
    return seen(path)


def pairs(batches: list[Seen]) -> list[tuple[str | None, str]]:
    return [pair for batch in batches for pair in zip(batch.keys or [], batch.fingerprints, strict=True)]


def shard_of_each(path: Path) -> list[tuple[str | None, str | None, Any]]:
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        return [
            (one.uri, one.license_id, json.loads(one.metadata).get("shard")) for _, one in reader.sources(session.row)
        ]


def test_a_sample_is_known_by_its_members_its_key_and_its_shard(
    db: ProvenanceDatabase, path: Path, shards: list[str]
) -> None:
    bare = list(opened(shards))
    received = list(hook_for(db).wrap(opened(shards)))
    assert received == bare
    assert {type(sample["__key__"]) for sample in received} == {str}
    batches = recorded(path, db)
    assert pairs(batches) == list(PRINTS.items())
    assert {source for batch in batches for source in batch.sources} == {("images", "MIT")}
    assert sorted(shard_of_each(path)) == [(url, "MIT", url) for url in shards]


@pytest.mark.parametrize("workers", [0, 2])
def test_decoded_shuffled_and_collated_batches_are_those_of_their_samples(
    db: ProvenanceDatabase, path: Path, shards: list[str], workers: int
) -> None:
    def made() -> Any:
        pipeline = opened(shards).shuffle(5, seed=3).decode().to_tuple("npy", "cls", "__key__").batched(3)
        return DataLoader(pipeline, batch_size=None, num_workers=workers)

    bare = list(made())
    received = list(hook_for(db).wrap(made()))
    assert len(received) == len(bare)
    for one, other in zip(received, bare, strict=True):
        assert torch.equal(one[0], other[0])
        assert list(one[2]) == list(other[2])
        assert {type(key) for key in one[2]} == {str}
    batches = recorded(path, db)
    assert [batch.keys for batch in batches] == [list(batch[2]) for batch in bare]
    assert dict(pairs(batches)) == PRINTS


@pytest.mark.parametrize("workers", [0, 2])
def test_a_web_loader_records_what_its_last_stage_delivers(
    db: ProvenanceDatabase, path: Path, shards: list[str], workers: int
) -> None:
    def made() -> Any:
        pipeline = opened(shards).decode().to_tuple("npy", "__key__").batched(2)
        loader = wds.WebLoader(pipeline, batch_size=None, num_workers=workers)
        return loader.unbatched().shuffle(6, seed=1).batched(4)

    bare = [list(keys) for _, keys in made()]
    iterator = iter(hook_for(db).wrap(made()))
    first = next(iterator)
    assert [batch.keys for batch in recorded(path, db)] == [list(first[1])]  # not what waits in the buffer
    rest = [list(keys) for _, keys in iterator]
    assert [list(first[1]), *rest] == bare
    assert dict(pairs(recorded(path, db))) == PRINTS


def test_one_member_may_stand_for_the_sample(db: ProvenanceDatabase, path: Path, shards: list[str]) -> None:
    list(hook_for(db, member="cls").wrap(opened(shards[:1]).decode()))
    batches = recorded(path, db)
    assert pairs(batches) == [(key, hashlib.sha256(members(n)["cls"]).hexdigest()) for n, key in enumerate(KEYS[:4])]
    list(hook_for(db, member="jpg").wrap(opened(shards[:1])))
    assert {kind for batch in recorded(path, db) for kind in batch.kinds} == {Kind.UNFINGERPRINTABLE}


def test_a_sample_of_one_file_has_the_hash_of_the_file(db: ProvenanceDatabase, path: Path, shards: list[str]) -> None:
    only = wds.WebDataset(shards[:1], shardshuffle=False, select_files=lambda name: name.endswith("npy"))
    list(hook_for(db).wrap(only))
    assert [batch.kinds for batch in recorded(path, db)] == [[Kind.BYTES]] * 4
    assert recorded(path, db)[2].fingerprints == [hashlib.sha256(members(2)["npy"]).hexdigest()]


def test_what_is_delivered_without_its_key_is_recorded_as_it_is(
    db: ProvenanceDatabase, path: Path, shards: list[str]
) -> None:
    list(hook_for(db).wrap(opened(shards[:1]).decode().to_tuple("cls").batched(4)))
    (batch,) = recorded(path, db)
    assert batch.keys is None
    assert batch.indices is None
    assert gaps(path) == []


def test_a_pipeline_of_stages_and_the_steps_of_epochs(db: ProvenanceDatabase, path: Path, shards: list[str]) -> None:
    pipeline = wds.DataPipeline(
        wds.SimpleShardList(shards), wds.tarfile_to_samples(), wds.batched(5, collation_fn=None)
    )
    wrapped = hook_for(db).wrap(pipeline, name="train")
    bare = list(pipeline)
    for _ in range(2):
        assert list(wrapped) == bare
    batches = recorded(path, db)
    assert [(batch.epoch, batch.step, len(batch.fingerprints)) for batch in batches] == [
        (epoch, 3 * epoch + step, size) for epoch in (0, 1) for step, size in enumerate((5, 5, 2))
    ]
    assert pairs(batches) == list(PRINTS.items()) * 2
    assert len(pipeline.pipeline) == 3


def test_the_wrapped_pipeline_leaves_the_bare_one_as_it_was(
    db: ProvenanceDatabase, path: Path, shards: list[str]
) -> None:
    bare = opened(shards)
    hook_for(db).wrap(bare)
    assert not any(isinstance(stage, Tap) for stage in bare.pipeline)
    assert {type(sample["__key__"]) for sample in bare} == {str}
    assert recorded(path, db) == []


def test_a_declared_address_stays_beside_the_shard(db: ProvenanceDatabase, path: Path, shards: list[str]) -> None:
    db.register_source("images", "MIT", uri="https://example.org/images", metadata={"n": 1})
    list(hook_for(db).wrap(opened(shards[:1])))
    recorded(path, db)
    assert ("https://example.org/images", "MIT", shards[0]) in shard_of_each(path)


def test_a_key_is_its_text_and_travels_through_a_pickle() -> None:
    key = SampleKey("a/b", (1, bytes(32), 5), "shard.tar")
    again = pickle.loads(pickle.dumps(key))
    assert (again, type(again), again.identity, again.shard) == ("a/b", SampleKey, key.identity, "shard.tar")
    assert key == "a/b"
    assert hash(key) == hash("a/b")
    assert type(str(key)) is str


@pytest.mark.parametrize(
    ("url", "shard"),
    [
        ("/data/train-{000..009}.tar", "/data/train-{000..009}.tar"),
        ("https://user:secret@example.org/a.tar?token=secret#x", "https://example.org/a.tar"),
        ("pipe:curl -s -H 'Authorization: secret' 'https://example.org/a.tar?sig=secret'", "https://example.org/a.tar"),
        ("pipe:cat a.tar b.tar", None),
        ("pipe:generate --secret x", None),
        (None, None),
        ("", None),
    ],
)
def test_the_address_of_a_shard_holds_no_secret(url: str | None, shard: str | None) -> None:
    assert shard_of(url) == shard
