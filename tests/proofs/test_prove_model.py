"""Proofs that a model had, or had not, been delivered a sample: both verifiers say what the recording did."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proofs.proof_sessions import ALONE, TRAIN, between, codes, digest, root

from origin import ProvenanceDatabase
from origin.core.fingerprint import Kind
from origin.core.record import Delivered, Note
from origin.errors import NotFoundError
from origin.proofs.proof_file import packed_path, written
from origin.proofs.prove import prove_sample
from origin.proofs.verify_proof import Asked, Proven, RejectedError, check
from origin.query.models import Model, models
from origin.storage.log_leaves import levels, log_leaves
from origin.storage.reads import Reader
from origin.storage.sealed_set import path as path_of

Document = dict[str, Any]
REFUSED = {(1, 1), (2, 2)}
ROOT = "d0dc0451d817a160574db3bc3a1e8aada6bebf580aa675bc64928169b70486db"


def sha256(number: int) -> bytes:
    return hashlib.sha256(b"weights %d" % number).digest()


def record(path: Path, events: list[list[int] | int], key: bytes | None = None) -> str:
    """A list is a batch of the digests with these numbers; a number is a model that is saved there."""
    file = path.with_name("w.bin")
    with ProvenanceDatabase(path, key=key) as db, db.begin_session("c") as session:
        for step, event in enumerate(events):
            if isinstance(event, int):
                file.write_bytes(b"weights %d" % event)
                db.bind(session.session_id, file, name=f"model {event}")
                continue
            digests = [digest(number) for number in event]
            runs = ((Kind.BYTES, TRAIN, len(digests)),) if digests else ()
            db.put(db.recording(session.session_id), Delivered("loader", 0, step, digests, runs, 7))
    return session.session_id


def proof(path: Path, asked: Asked, sightings: int = 100) -> bytes:
    with Reader(path) as reader:
        (session,) = reader.sessions()
        entry = next(one.entry for one in models(reader, session) if one.sha256 == (asked.model or b"").hex())
        return prove_sample(reader, session, asked, sightings, None, entry)[0]


def said(data: bytes, asked: Asked) -> str:
    """What the verifier that stands alone says of the model and the sample."""
    given = {
        "digest": asked.digest,
        "fingerprint": None if asked.fingerprint is None else asked.fingerprint.hex(),
        "no_license": None,
        "root": None,
        "key": None,
        "secret": asked.secret,
        "model": (asked.model or b"").hex(),
    }
    lines: list[str] = ALONE.check(data, type("Given", (), given))[0]
    return next(line.strip() for line in lines if line.startswith(("  it ", "  not proven")))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "p.db"
    record(path, [[1, 2, 5], 0, [5, 5], [3], 1, [5, 4], 2])
    return path


@pytest.mark.parametrize(
    ("number", "model", "expected"),
    [
        (5, 0, "HAD been delivered X: 1 of its 4 observations before"),
        (5, 1, "HAD been delivered X: 3 of its 4 observations before"),
        (5, 2, "HAD been delivered X: 4 of its 4 observations before"),
        (3, 0, "HAD NOT been delivered X: none of its 1 observations before"),
        (3, 1, "HAD been delivered X: 1 of its 1 observations before"),
        (4, 1, "HAD NOT been delivered X: none of its 1 observations before"),
        (9, 2, "HAD NOT been delivered X: none of its 0 observations before"),
    ],
)
def test_the_proof_says_what_had_been_delivered_before(recorded: Path, number: int, model: int, expected: str) -> None:
    asked = Asked(fingerprint=digest(number), root=root(recorded), model=sha256(model))
    data = proof(recorded, asked)
    assert codes(data, asked) == (0, 0)
    assert codes(data, replace(asked, root=None)) == (3, 3)
    assert said(data, asked) == f"it {expected.replace('X', digest(number).hex())}"
    found = check(data, asked)
    assert found.model is not None
    assert (found.model.name, found.model.sha256) == (f"model {model}", sha256(model).hex())


@given(
    st.lists(st.one_of(st.lists(st.integers(1, 4), max_size=4), st.just("save")), max_size=10),
    st.integers(1, 5),
    st.integers(0, 9),
)
@settings(max_examples=15, deadline=None)
def test_before_is_before_in_the_recording(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[int] | str], wanted: int, shown: int
) -> None:
    path = tmp_path_factory.mktemp("drawn") / "p.db"
    events: list[list[int] | int] = [at if isinstance(event, str) else event for at, event in enumerate(drawn)]
    events.append(len(events))
    record(path, events)
    for at, event in enumerate(events):
        if isinstance(event, int):
            before = [one for one in events[:at] if isinstance(one, list)]
            batches = [one for one in events if isinstance(one, list)]
            asked = Asked(fingerprint=digest(wanted), model=sha256(event))
            expected = sum(one.count(wanted) for one in before)
            count = sum(one.count(wanted) for one in batches)
            found = check(proof(path, asked), asked)
            assert found.before_model() == [(digest(wanted).hex(), count, count, expected)]
            some = check(proof(path, asked, shown), asked)
            assert some.before_model() == [(digest(wanted).hex(), count, min(shown, count), min(shown, expected))]


def test_what_is_not_shown_is_not_claimed(recorded: Path) -> None:
    asked = Asked(fingerprint=digest(5), model=sha256(1))
    name = digest(5).hex()
    assert said(proof(recorded, asked, 2), asked) == (
        f"it HAD been delivered {name}: at least 2 of its 4 observations before"
    )
    assert said(proof(recorded, asked, 0), asked) == f"not proven of {name}: only 0 of its 4 observations are shown"


def test_the_model_and_the_proof_must_belong_together(recorded: Path) -> None:
    asked = Asked(fingerprint=digest(5), model=sha256(1))
    data = proof(recorded, asked)
    assert codes(data, replace(asked, model=sha256(2))) == (1, 1)
    assert codes(data, replace(asked, model=None)) == (1, 1)
    with Reader(recorded) as reader:
        (session,) = reader.sessions()
        plain, _ = prove_sample(reader, session, Asked(fingerprint=digest(5)))
        with pytest.raises(NotFoundError, match="binds no model"):
            prove_sample(reader, session, asked, 8, None, 2)
    assert codes(plain, asked) == (1, 1)
    assert codes(plain, Asked(fingerprint=digest(5))) == (3, 3)


def test_a_file_of_a_folder_is_the_model(path: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.bin").write_bytes(b"a")
    (tmp_path / "out" / "b.bin").write_bytes(b"b")
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        db.bind(session.session_id, tmp_path / "out")
    with Reader(path) as reader:
        (model,) = models(reader, reader.sessions()[0])
        for wanted in (model.sha256, *(file.sha256 for file in model.files)):
            asked = Asked(fingerprint=digest(1), model=bytes.fromhex(wanted))
            data, _ = prove_sample(reader, reader.sessions()[0], asked, 8, None, model.entry)
            assert codes(data, asked) == (3, 3)
            assert said(data, asked).startswith("it HAD NOT been delivered")


def test_in_a_keyed_record_each_form_of_the_sample_is_told(path: Path) -> None:
    secret = b"0123456789abcdef"
    record(path, [[1], 0], secret)
    asked = Asked(digest=hashlib.sha256(b"x").digest(), secret=secret, model=sha256(0))
    data = proof(path, asked)
    assert codes(data, asked) == (3, 3)
    assert [one[1:] for one in check(data, asked).before_model()] == [(0, 0, 0), (0, 0, 0)]


def _moved(document: Document) -> None:
    document["model"]["entry"] += 1


def _at_the_set(document: Document) -> None:
    document["model"]["entry"] = document["size"] - 2


def _other_place(document: Document) -> None:
    document["model"]["content"] = document["model"]["content"].replace('"after":3', '"after":2')


def _other_digest(document: Document) -> None:
    document["model"]["content"] = document["model"]["content"].replace(sha256(0).hex(), sha256(2).hex())


def _more(document: Document) -> None:
    document["model"]["more"] = 1


def _none(document: Document) -> None:
    document["model"] = None


def _renamed(document: Document) -> None:
    document["claim"] = "sample"


@pytest.mark.parametrize("forge", [_moved, _at_the_set, _other_place, _other_digest, _more, _none, _renamed])
@pytest.mark.parametrize("wanted", [0, 2])
def test_what_was_forged_is_refused_by_both(recorded: Path, forge: Any, wanted: int) -> None:
    asked = Asked(fingerprint=digest(5), model=sha256(0))
    document = json.loads(proof(recorded, asked))
    forge(document)
    assert codes(written(document), replace(asked, model=sha256(wanted))) in REFUSED


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "[]",
        "nothing",
        '{"after":9,"files":[],"name":"a","sha256":"X"}',
        '{"after":0,"files":[],"name":"a","sha256":"X"}',
        '{"after":true,"files":[],"name":"a","sha256":"X"}',
        '{"after":null,"files":[],"name":"a","sha256":"X"}',
        '{"files":[],"name":1,"sha256":"X"}',
        '{"files":{"a":1},"name":"a","sha256":"X"}',
        '{"files":[{}],"name":"a","sha256":"X"}',
        '{"files":3,"name":"a","sha256":"X"}',
    ],
)
def test_a_note_that_is_in_the_log_but_of_another_form_is_rejected(path: Path, content: str) -> None:
    """A recorder can write any text: then it says nothing of a model."""
    text = content.replace("X", sha256(0).hex())
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        db.put(db.recording(session.session_id), Note("model", text))
    asked = Asked(fingerprint=digest(1), model=sha256(0))
    with Reader(path) as reader:
        plain = prove_sample(reader, reader.sessions()[0], Asked(fingerprint=digest(1)))[0]
        leaves = log_leaves(reader, reader.sessions()[0])
    document = json.loads(plain)
    document |= {"claim": "model", "model": {"content": text, "entry": 1, "path": packed_path(path_of(leaves, 1))}}
    assert codes(written(document), asked) == (1, 1)


@pytest.mark.parametrize("size", range(1, 20))
def test_levels_give_the_paths_of_the_tree(size: int) -> None:
    leaves = [hashlib.sha256(bytes([number])).digest() for number in range(size)]
    found = levels(leaves)
    for index in range(size):
        steps = [level[(index >> depth) ^ 1 : ((index >> depth) ^ 1) + 1] for depth, level in enumerate(found[:-1])]
        assert [one for step in steps for one in step] == path_of(leaves, index)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_changed_byte_is_refused_by_both(recorded: Path, data: st.DataObject) -> None:
    asked = Asked(fingerprint=digest(5), root=root(recorded), model=sha256(1))
    whole = proof(recorded, asked, 1)  # the second is one of two alike in a batch: either place is true
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    assert codes(bytes(changed), asked) in REFUSED


def test_an_absence_between_is_proven_of_a_model_too(recorded: Path) -> None:
    asked = Asked(fingerprint=between(2), model=sha256(2))
    found: Proven = check(proof(recorded, asked), asked)
    assert found.before_model() == [(between(2).hex(), 0, 0, 0)]
    with pytest.raises(RejectedError):
        check(proof(recorded, asked), replace(asked, fingerprint=digest(2)))


def test_a_proof_that_was_handed_out_is_one_for_ever() -> None:
    data = (Path(__file__).parent / "golden" / "model.proof").read_bytes()
    asked = Asked(fingerprint=digest(5), root=bytes.fromhex(ROOT), model=sha256(1))
    assert codes(data, asked) == (0, 0)
    assert said(data, asked) == f"it HAD been delivered {digest(5).hex()}: 3 of its 4 observations before"


def test_the_first_of_two_equal_models_is_the_one(path: Path) -> None:
    record(path, [[1], 0, [2], 0])
    with Reader(path) as reader:
        found: list[Model] = models(reader, reader.sessions()[0])
    assert [model.sha256 for model in found] == [sha256(0).hex()] * 2
    asked = Asked(fingerprint=digest(2), model=sha256(0))
    assert said(proof(path, asked), asked).startswith("it HAD NOT")
