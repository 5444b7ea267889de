"""Proofs made from records: both verifiers accept each, and it states what the record holds."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proofs.proof_sessions import (
    TRAIN,
    between,
    codes,
    digest,
    proof,
    record,
    record_by_index,
    root,
)

from origin import ProvenanceDatabase
from origin.core.fingerprint import Kind, with_key
from origin.core.record import Delivered, Source
from origin.errors import AmbiguousError, NotFoundError, UnreadableDatabaseError, UsageError
from origin.proofs.checkpoint import Checkpoint, SignedCheckpoint
from origin.proofs.note import VerifierKey
from origin.proofs.prove import fingerprint_of, prove_no_license
from origin.proofs.verify_proof import Asked, Proven, RejectedError, check
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path


def proven(path: Path, one: bytes, sightings: int = 8) -> Proven:
    """What a proof of a fingerprint proves to both verifiers, against the recorded root."""
    asked = Asked(fingerprint=one, root=root(path))
    data = proof(path, asked, sightings)
    assert codes(data, asked) == (0, 0)
    assert codes(data, Asked(fingerprint=one)) == (3, 3)
    return check(data, asked)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 8, 130])
def test_every_member_is_proven_in_and_all_between_them_out(path: Path, size: int) -> None:
    record(path, [digest(number) for number in range(1, size + 1)])
    for number in {*range(min(size, 6)), size - 1, size} - {-1}:
        assert proven(path, between(number)).counts == ((between(number).hex(), 0),)
        if number:
            assert proven(path, digest(number)).counts == ((digest(number).hex(), 1),)
    for edge in (bytes(32), b"\xff" * 32):
        assert proven(path, edge).counts == ((edge.hex(), 0),)


@given(st.lists(st.lists(st.integers(0, 9), max_size=12), max_size=5), st.integers(0, 10), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_proven_count_and_sightings_are_those_of_the_recording(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]], wanted: int, is_between: bool
) -> None:
    path = tmp_path_factory.mktemp("counts") / "p.db"
    record(path, *([digest(number) for number in batch] for batch in batches))
    one = between(wanted) if is_between else digest(wanted)
    expected = [
        (step, position)
        for step, batch in enumerate(batches)
        for position, number in enumerate(batch)
        if digest(number) == one
    ]
    found = proven(path, one, sightings=100)
    assert found.counts == ((one.hex(), len(expected)),)
    assert [(epoch, position) for _, _, epoch, _, position, _ in found.sightings] == expected
    assert len(proven(path, one, sightings=1).sightings) == min(1, len(expected))


def test_sightings_tell_loader_epoch_step_and_place(path: Path) -> None:
    record(path, [digest(1), digest(2)], [digest(2)], [digest(2), digest(2)])
    found = proven(path, digest(2))
    name = digest(2).hex()
    assert found.sightings == (
        (name, "loader", 0, 0, 1, 2),
        (name, "loader", 1, 1, 0, 3),
        (name, "loader", 2, 2, 0, 4),
        (name, "loader", 2, 2, 1, 4),
    )
    assert (found.status, found.observations, found.without_fingerprint, found.gaps) == ("completed", 5, 0, 0)


def test_sightings_by_index_are_proven_by_the_item_that_they_name(path: Path) -> None:
    record_by_index(path)
    seen = {number: proven(path, digest(number)) for number in (1, 2, 3, 4)}
    places = {number: [(step, at) for _, _, _, step, at, _ in one.sightings] for number, one in seen.items()}
    assert places == {1: [(0, 0), (1, 2), (2, 1)], 2: [(0, 1)], 3: [(0, 2), (1, 0)], 4: [(1, 1)]}
    assert {number: one.counts[0][1] for number, one in seen.items()} == {1: 3, 2: 1, 3: 2, 4: 1}
    assert seen[1].without_fingerprint == 2


def test_text_that_is_hard_to_write_is_proven_as_it_is(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        runs = ((Kind.TEXT, TRAIN, 1),)
        batch = Delivered('l"\ud800\n\u2028é', -1, 0, [digest(1)], runs, 7, [1 << 40], ["key"])
        db.put(db.recording(session.session_id), batch)
    assert proven(path, digest(1)).sightings == ((digest(1).hex(), 'l"\ud800\n\u2028é', -1, 0, 0, 2),)


def test_a_keyed_record_is_proven_of_with_its_key_alone(path: Path) -> None:
    secret = b"0123456789abcdef"
    plain = hashlib.sha256(b"sample").digest()
    as_text = with_key(secret, Kind.TEXT, plain)
    record(path, [as_text, digest(1)], key=secret)
    asked = Asked(digest=plain, secret=secret, root=root(path))
    data = proof(path, asked)
    assert codes(data, asked) == (0, 0)
    as_bytes = with_key(secret, Kind.BYTES, plain)
    assert check(data, asked).counts == ((as_bytes.hex(), 0), (as_text.hex(), 1))
    assert codes(data, Asked(digest=plain)) == (2, 2)
    assert codes(data, Asked(digest=plain, secret=b"another key, 16+")) == (1, 1)
    assert codes(data, Asked(fingerprint=plain)) == (1, 1)
    with pytest.raises(UsageError, match="recorded with a key"):
        proof(path, Asked(digest=plain))


def test_a_signed_checkpoint_anchors_a_proof(path: Path) -> None:
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    key = VerifierKey("example.org/team", private.public_key().public_bytes_raw())
    session_id = record(path, [digest(1)])
    with Reader(path) as reader:
        (session,) = reader.sessions()
    head = Checkpoint.of_session(session_id, session.size, session.root())
    signed = str(SignedCheckpoint(head, (key.signature(private.sign(str(head).encode())),)))
    asked = Asked(fingerprint=digest(1), keys=(key,))
    data = proof(path, asked, checkpoint=signed)
    assert codes(data, asked) == (0, 0)
    assert codes(data, Asked(fingerprint=digest(1))) == (3, 3)
    assert codes(proof(path, Asked(fingerprint=digest(1)), checkpoint=str(head)), asked) == (1, 1)
    assert codes(proof(path, Asked(fingerprint=digest(1))), asked) == (1, 1)
    other = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    swapped = Asked(fingerprint=digest(1), keys=(VerifierKey("example.org/team", other),))
    assert codes(data, swapped) == (1, 1)
    for forged in (head.size + 1, head.size - 1):
        wrong = str(Checkpoint.of_session(session_id, forged, session.root()))
        with pytest.raises(UnreadableDatabaseError, match="another time"):
            proof(path, Asked(fingerprint=digest(1)), checkpoint=wrong)


def test_a_licence_that_nobody_claimed_is_proven_absent(path: Path) -> None:
    record(path, [digest(1), digest(2)])
    with Reader(path) as reader:
        (session,) = reader.sessions()
        data, found = prove_no_license(reader, session, "GPL-3.0-only")
        for present in ("MIT", " mit "):
            with pytest.raises(RejectedError, match="with that licence"):
                prove_no_license(reader, session, present)
    assert (found.license, found.claims, found.without_claim) == ("GPL-3.0-only", (("MIT", 2),), 0)
    assert codes(data, Asked(license="GPL-3.0-only", root=root(path))) == (0, 0)
    for wrong in (Asked(license="MIT"), Asked(license="gpl-3.0-only"), Asked(fingerprint=digest(3))):
        assert codes(data, wrong) == (1, 1)
    assert codes(proof(path, Asked(fingerprint=digest(1))), Asked(license="GPL-3.0-only")) == (1, 1)


def test_proofs_stay_small_however_many_licences_there_are(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        for number in range(300):
            runs = ((Kind.BYTES, Source("s", f"LicenseRef-{number}"), 1),)
            db.put(db.recording(session.session_id), Delivered("loader", 0, number, [digest(number)], runs, 7))
    assert len(proof(path, Asked(fingerprint=between(7)))) < 3000
    with Reader(path) as reader:
        data, found = prove_no_license(reader, reader.sessions()[0], "MIT")
    assert len(found.claims) == 300
    assert codes(data, Asked(license="MIT")) == (3, 3)


def test_a_session_without_a_set_says_so(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        db.begin_session("c")
    with pytest.raises(NotFoundError, match="has not ended"):
        proof(path, Asked(fingerprint=digest(1)))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM sealed_set WHERE level = 0 AND page = 1",
        "UPDATE sealed_set SET content = zeroblob(128) WHERE level = 0 AND page = 1",
        "UPDATE sealed_set SET content = randomblob(4096) WHERE level = 0 AND page = 1",
        "UPDATE sealed_set SET slots = NULL WHERE level = 0 AND page = 1",
        "UPDATE sealed_set SET content = x'' WHERE level = 0 AND page = 1",
        "UPDATE sealed_set SET counts = x'0102' WHERE level = 0 AND page = 1",
        "DELETE FROM sealed_set WHERE level = 1",
        "DELETE FROM sealed_set WHERE level = -1",
        "UPDATE sealed_set SET content = zeroblob(64) WHERE level = -1",
        "UPDATE note SET content = '{}'",
        "UPDATE note SET content = '[1]'",
        "UPDATE note SET content = replace(content, '300', '301')",
        "UPDATE batch SET root = zeroblob(32)",
        "UPDATE ending SET gaps = 7",
    ],
)
def test_a_damaged_record_proves_nothing(path: Path, statement: str) -> None:
    record(path, [digest(number) for number in range(300)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    with pytest.raises(UnreadableDatabaseError, match="origin verify"):
        proof(path, Asked(fingerprint=digest(200)))


def test_a_fingerprint_is_found_by_its_first_digits(path: Path) -> None:
    record(path, [digest(1), digest(2), b"\xab" * 32])
    with Reader(path) as reader:
        (session,) = reader.sessions()
        assert fingerprint_of(reader, session, "ABAB") == b"\xab" * 32
        assert fingerprint_of(reader, session, "cd" * 32) == b"\xcd" * 32
        with pytest.raises(AmbiguousError, match="several"):
            fingerprint_of(reader, session, "0000")
        with pytest.raises(NotFoundError, match="all 64 digits"):
            fingerprint_of(reader, session, "abac")
        for wrong in ("ab", "xyz1", "a" * 65):
            with pytest.raises(UsageError, match="is no fingerprint"):
                fingerprint_of(reader, session, wrong)


def test_a_proof_is_canonical_json(path: Path) -> None:
    record(path, [digest(1)])
    data = proof(path, Asked(fingerprint=digest(1)))
    document = json.loads(data)
    assert json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n" == data
    assert (document["proof"], document["claim"]) == ("origin proof 1", "sample")
