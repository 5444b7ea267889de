from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any

import pytest
from conftest import gaps, seen

from origin import OriginWarning, ProvenanceDatabase, fingerprint
from origin.core.fingerprint import Kind, with_key
from origin.errors import UnfingerprintableError, UsageError
from origin.hooks.base import BaseHook, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def hook_for(db: ProvenanceDatabase, **options: Any) -> BaseHook:
    session = db.begin_session(config_hash="test")
    return BaseHook(db=db, session_id=session.session_id, source_id="lines", license_id="MIT", **options)


def test_the_loop_gets_the_very_objects_of_the_loader(db: ProvenanceDatabase) -> None:
    batches = [[b"a", b"b"], [b"c"]]
    received = list(hook_for(db).wrap(batches))
    assert [id(batch) for batch in received] == [id(batch) for batch in batches]


def test_each_sample_is_recorded_in_order_with_its_plain_sha256(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db).wrap([[b"a", "b"], [b"c"]]))
    db.flush()
    assert [batch.fingerprints for batch in seen(path)] == [[sha(b"a"), sha(b"b")], [sha(b"c")]]
    assert [batch.kinds for batch in seen(path)] == [[Kind.BYTES, Kind.TEXT], [Kind.BYTES]]


def test_two_epochs_of_the_same_batches_give_twice_the_batches(db: ProvenanceDatabase, path: Path) -> None:
    wrapped = hook_for(db).wrap([[b"a"], [b"b"]])
    for _ in range(2):
        list(wrapped)
    db.flush()
    assert [(batch.epoch, batch.step) for batch in seen(path)] == [(0, 0), (0, 1), (1, 2), (1, 3)]
    assert seen(path)[0].fingerprints == seen(path)[2].fingerprints


def test_the_same_sample_under_two_sources_keeps_both_licences(db: ProvenanceDatabase, path: Path) -> None:
    session = db.begin_session(config_hash="test")
    for source, license_id in (("one", "MIT"), ("two", "CC-BY-4.0")):
        list(BaseHook(db, session.session_id, source, license_id).wrap([[b"shared"]]))
    db.flush()
    assert [batch.sources for batch in seen(path)] == [[("one", "MIT")], [("two", "CC-BY-4.0")]]
    assert seen(path)[0].fingerprints == seen(path)[1].fingerprints


def test_a_break_records_only_what_was_delivered(db: ProvenanceDatabase, path: Path) -> None:
    for number, _ in enumerate(hook_for(db).wrap([[bytes([n])] for n in range(6)])):
        if number == 1:
            break
    db.flush()
    assert [batch.step for batch in seen(path)] == [0, 1]


def test_samples_may_carry_their_own_source_index_and_key(db: ProvenanceDatabase, path: Path) -> None:
    db.register_source("web", license_id="CC0-1.0", uri="https://example.org")
    batch = [Sample(b"a", source="web", index=7, key="k7"), Sample(b"b", index=0), b"c"]
    list(hook_for(db).wrap([batch]))
    db.flush()
    (recorded,) = seen(path)
    assert recorded.sources == [("web", "CC0-1.0"), ("lines", "MIT"), ("lines", "MIT")]
    assert recorded.indices == [7, 0, -1]
    assert recorded.keys == ["k7", None, None]
    assert recorded.fingerprints == [sha(b"a"), sha(b"b"), sha(b"c")]


def test_runs_of_kinds_and_sources_cross_without_mixing_up(db: ProvenanceDatabase, path: Path) -> None:
    batch = [Sample(b"a", "x"), Sample("b", "x"), Sample("c", "y"), Sample(object(), "y"), Sample(5, "x")]
    list(hook_for(db).wrap([batch]))
    db.flush()
    (recorded,) = seen(path)
    assert recorded.kinds == [Kind.BYTES, Kind.TEXT, Kind.TEXT, Kind.UNFINGERPRINTABLE, Kind.VALUE]
    assert [source for source, _ in recorded.sources] == ["x", "x", "y", "y", "x"]


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ([b"a", b"b"], [b"a", b"b"]),
        ((b"a",), [b"a"]),
        (b"ab", [b"ab"]),
        ("ab", ["ab"]),
        ({"x": 1}, [{"x": 1}]),
        (5, [5]),
        ([], []),
        (range(2), [0, 1]),
    ],
)
def test_a_batch_is_a_sequence_of_samples_or_one_sample(
    db: ProvenanceDatabase, path: Path, batch: Any, expected: list[Any]
) -> None:
    list(hook_for(db).wrap([batch]))
    db.flush()
    assert seen(path)[0].fingerprints == [fingerprint(sample) for sample in expected]


def test_rows_of_an_array_are_samples(db: ProvenanceDatabase, path: Path) -> None:
    import numpy as np

    batch = np.arange(6).reshape(2, 3)
    list(hook_for(db).wrap([batch]))
    db.flush()
    assert seen(path)[0].fingerprints == [fingerprint(batch[0]), fingerprint(batch[1])]


def test_an_iterator_as_batch_is_not_used_up(db: ProvenanceDatabase, path: Path) -> None:
    ((kept),) = hook_for(db).wrap([iter([1, 2])])
    assert list(kept) == [1, 2]
    db.flush()
    assert seen(path)[0].kinds == [Kind.UNFINGERPRINTABLE]


def test_samples_can_be_overridden_for_other_shapes(db: ProvenanceDatabase, path: Path) -> None:
    class TextHook(BaseHook):
        def samples(self, batch: Any) -> list[Any]:
            return batch["text"]

    session = db.begin_session(config_hash="test")
    list(TextHook(db, session.session_id, "s").wrap([{"text": ["a", "b"]}]))
    db.flush()
    assert seen(path)[0].fingerprints == [fingerprint("a"), fingerprint("b")]


def test_length_and_attributes_are_the_loaders_own(db: ProvenanceDatabase) -> None:
    class Loader(list[Any]):
        sampler = "theirs"

    wrapped: Any = hook_for(db).wrap(Loader([[1], [2]]))
    assert (len(wrapped), wrapped.sampler) == (2, "theirs")
    with pytest.raises(TypeError):
        len(hook_for(db).wrap(iter([])))  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        wrapped.no_such  # noqa: B018


def test_an_error_of_the_loader_reaches_the_loop_as_it_is(db: ProvenanceDatabase, path: Path) -> None:
    def broken() -> Iterator[list[bytes]]:
        yield [b"a"]
        raise KeyError("theirs")

    with pytest.raises(KeyError, match="theirs"):
        list(hook_for(db).wrap(broken()))
    db.flush()
    assert len(seen(path)) == 1


def test_random_state_is_untouched(db: ProvenanceDatabase) -> None:
    import numpy as np

    torch = pytest.importorskip("torch")
    states = (random.getstate(), np.random.get_state()[1].tobytes(), torch.get_rng_state().numpy().tobytes())  # type: ignore[union-attr] # noqa: NPY002
    list(hook_for(db).wrap([[b"a", 1.5, torch.ones(3), np.ones(3)]] * 3))
    db.flush()
    assert states == (
        random.getstate(),
        np.random.get_state()[1].tobytes(),  # type: ignore[union-attr] # noqa: NPY002
        torch.get_rng_state().numpy().tobytes(),
    )


class Hostile:
    def __origin_fingerprint__(self) -> Any:
        raise RuntimeError("always")


def test_an_observer_that_always_fails_is_a_gap_a_batch_and_one_warning(db: ProvenanceDatabase, path: Path) -> None:
    batches = [[Hostile()], [Hostile(), b"x"], [b"fine"]]
    with pytest.warns(OriginWarning, match="always") as caught:
        assert list(hook_for(db).wrap(batches)) == batches
    db.flush()
    assert len(caught) == 1
    assert gaps(path) == [("observer", 1, None), ("observer", 1, None)]
    assert [batch.step for batch in seen(path)] == [2]


def test_strict_raises_what_goes_wrong(db: ProvenanceDatabase) -> None:
    with pytest.raises(RuntimeError, match="always"):
        list(hook_for(db, strict=True).wrap([[Hostile()]]))


def test_warnings_as_errors_do_not_stop_the_loop(db: ProvenanceDatabase, capsys: pytest.CaptureFixture[str]) -> None:
    # pytest runs with warnings as errors here.
    assert len(list(hook_for(db).wrap([[Hostile()]] * 3))) == 3
    assert capsys.readouterr().err.count("origin: not all batches can be recorded") == 1


def test_a_sample_without_canonical_bytes_is_counted_and_seen(db: ProvenanceDatabase, path: Path) -> None:
    list(hook_for(db).wrap([[object(), b"a"]]))
    db.flush()
    (recorded,) = seen(path)
    assert recorded.kinds == [Kind.UNFINGERPRINTABLE, Kind.BYTES]
    assert recorded.fingerprints == ["00" * 32, sha(b"a")]
    with pytest.raises(UnfingerprintableError):
        fingerprint(object())


def test_a_hook_needs_an_open_session_and_a_usable_source(db: ProvenanceDatabase) -> None:
    with pytest.raises(UsageError, match="begin_session"):
        BaseHook(db, "no such", "s")
    session = db.begin_session(config_hash="test")
    for source in ("", None, 5):
        with pytest.raises(UsageError, match="source_id"):
            BaseHook(db, session.session_id, source)  # type: ignore[arg-type]


def test_a_licence_differing_from_the_registered_one_is_another_revision(db: ProvenanceDatabase, path: Path) -> None:
    db.register_source("web", license_id="MIT", uri="https://example.org")
    session = db.begin_session(config_hash="test")
    for license_id in ("MIT", "GPL-3.0-only", None):
        list(BaseHook(db, session.session_id, "web", license_id).wrap([[b"a"]]))
    db.flush()
    with db.reader() as reader:
        sources = reader.sources(1)
    assert [(source.license_id, source.uri) for _, source in sources] == [
        ("MIT", "https://example.org"),
        ("GPL-3.0-only", "https://example.org"),
    ]
    assert [batch.sources[0][1] for batch in seen(path)] == ["MIT", "GPL-3.0-only", "GPL-3.0-only"]


def test_with_a_key_fingerprints_are_hmacs_and_plain_hashes_are_nowhere(path: Path) -> None:
    key = bytes(range(32))
    with ProvenanceDatabase(path, key=key) as db, db.begin_session(config_hash="test") as session:
        list(BaseHook(db, session.session_id, "s").wrap([[b"a", "a", object()]]))
    digest = hashlib.sha256(b"a").digest()
    assert seen(path)[0].fingerprints == [with_key(key, 1, digest).hex(), with_key(key, 2, digest).hex(), "00" * 32]
    assert digest not in path.read_bytes()
    assert key not in path.read_bytes()


def test_loaders_of_a_session_have_their_own_names_and_steps(db: ProvenanceDatabase, path: Path) -> None:
    hook = hook_for(db)
    one, two = hook.wrap([[b"a"], [b"b"]]), hook.wrap([[b"c"]], name="validation", epoch=5)
    for _ in zip(one, two, strict=False):
        pass
    db.flush()
    assert [(batch.loader, batch.epoch, batch.step) for batch in seen(path)] == [
        ("loader-1", 0, 0),
        ("validation", 5, 0),
        ("loader-1", 0, 1),
    ]
