from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proofs.proof_sessions import OTHER, TRAIN, record

from origin import ProvenanceDatabase
from origin.core.fingerprint import NO_DIGEST, Kind, with_key
from origin.core.record import RAW, SAMPLE, Delivered, Gap, Seen
from origin.errors import (
    BusyDatabaseError,
    MissingDatabaseError,
    NotFoundError,
    StorageError,
    UnreadableDatabaseError,
    UsageError,
)
from origin.proofs import erasure
from origin.proofs.erasure import erase
from origin.proofs.prove import fingerprint_of, prove_sample
from origin.proofs.verify_proof import Asked, check
from origin.query.trace import trace
from origin.query.verify import verify
from origin.storage import replacing
from origin.storage.erased import ERASE, Member, receipts
from origin.storage.merge import merge
from origin.storage.raw import RawReader
from origin.storage.reads import Reader
from origin.storage.sealed_set import Page, SetPages, leaf_hashes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def digest(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def findings(path: Path) -> list[tuple[str, str]]:
    with RawReader(path) as reader:
        return [(found.where, found.what) for found in verify(reader).findings]


def complaint(reader: RawReader) -> str | None:
    return "; ".join(f"{found.where}: {found.what}" for found in verify(reader).findings) or None


def roots(path: Path) -> dict[str, bytes]:
    with RawReader(path) as reader:
        return {session.begin.session_id: session.root() for session in reader.all_sessions()}


def prove(path: Path, session_id: str, wanted: bytes) -> bytes:
    with RawReader(path) as reader:
        (session,) = reader.sessions_by_prefix(session_id)
        return prove_sample(reader, session, Asked(fingerprint=wanted))[0]


def counted(path: Path, session_id: str, wanted: bytes) -> int:
    return check(prove(path, session_id, wanted), Asked(fingerprint=wanted)).counts[0][1]


def test_the_fingerprint_is_gone_and_every_root_stays(path: Path) -> None:
    first = record(path, [digest(number) for number in range(300)], [digest(0), digest(5), digest(0)])
    second = record(path, [digest(0), digest(400)], source=OTHER)
    before, proofs = roots(path), {number: prove(path, first, digest(number)) for number in (0, 1, 5)}
    erased = erase(path, [digest(0), digest(900)], complaint, "asked by its owner")

    raw = path.read_bytes()
    assert (raw.count(digest(0)), raw.count(digest(0)[:7])) == (0, 0)
    assert raw.count(digest(1)) == 1
    assert findings(path) == []
    assert before.items() <= roots(path).items()
    assert [(one.session_id, one.observations, one.items) for one in erased.sessions] == [(first, 3, 0), (second, 1, 0)]
    assert erased.missing == (digest(900),)
    for number, file in proofs.items():
        assert check(file, Asked(fingerprint=digest(number))).root == before[first]
    assert [counted(path, first, digest(number)) for number in (1, 5, 299)] == [1, 2, 1]
    with Reader(path) as reader:
        assert trace(reader, digest(0).hex()).sightings == ()
        assert len(trace(reader, digest(5).hex()).sightings) == 2


def test_a_receipt_says_what_was_erased_and_not_which_sample(path: Path) -> None:
    session_id = record(path, [digest(1), digest(2)], [digest(2)])
    root = roots(path)[session_id]
    erased = erase(path, [digest(2)], complaint, "why")
    with RawReader(path) as reader:
        (own,) = (one for one in reader.all_sessions() if one.begin.config_hash == ERASE)
        ((_, note),) = reader.notes(own.row, "erased")
        assert receipts(reader) == {session_id: list(erased.sessions[0].samples)}
    assert own.begin.session_id == erased.receipt
    assert json.loads(own.begin.metadata) == {"origin": {"erases": [session_id]}}
    place = sorted([digest(1), digest(2)]).index(digest(2))
    leaf = hashlib.sha256(b"\0S" + digest(2) + (2).to_bytes(8, "big")).hexdigest()
    assert json.loads(note.content) == {
        "reason": "why",
        "root": root.hex(),
        "samples": [
            {
                "count": 2,
                "items": [],
                "kept": [3, 0],
                "leaf": leaf,
                "member": place,
                "observations": [[2, 1, 1, 1, -1], [3, 0, 1, 1, -1]],
            }
        ],
        "session": session_id,
    }


def test_whether_a_sample_beside_an_erased_one_was_there_cannot_be_proven(path: Path) -> None:
    session_id = record(path, [digest(number) for number in range(10)])
    order = sorted(digest(number) for number in range(10))
    erase(path, [order[4]], complaint)
    for unknown in (order[4], order[4][:-1] + b"\0", order[3][:-1] + b"\xff"):
        with pytest.raises(NotFoundError, match="was erased at the place"):
            prove(path, session_id, unknown)
    assert counted(path, session_id, order[3]) == counted(path, session_id, order[5]) == 1
    assert counted(path, session_id, order[6][:-1] + b"\0") == 0


@given(
    st.lists(st.lists(st.integers(0, 40), max_size=12), min_size=1, max_size=6),
    st.lists(st.sets(st.integers(0, 44), min_size=1, max_size=9), min_size=1, max_size=3),
)
@settings(max_examples=25, deadline=None)
def test_what_is_erased_is_gone_and_all_else_is_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]], rounds: list[set[int]]
) -> None:
    path = tmp_path_factory.mktemp("erase") / "p.db"
    session_id = record(path, *[[digest(number) for number in batch] for batch in batches])
    before = roots(path)[session_id]
    gone: set[int] = set()
    for some in rounds:
        erase(path, [digest(number) for number in sorted(some)], complaint)
        gone |= some
    observed = [number for batch in batches for number in batch]
    raw = path.read_bytes()
    assert roots(path)[session_id] == before
    assert findings(path) == []
    order = sorted(set(observed), key=digest)
    for number in set(observed):
        assert raw.count(digest(number)) == (0 if number in gone else observed.count(number))
        if number not in gone:
            assert counted(path, session_id, digest(number)) == observed.count(number)
    with Reader(path) as reader:
        left = [number for number in order if number not in gone]
        assert [bool(trace(reader, digest(number).hex()).sightings) for number in left] == [True] * len(left)
        (tally,) = [tally for row in (1,) if (tally := reader.tally(row)) is not None]
    assert tally[0] == (len(observed), len(left))


def by_index(path: Path) -> str:
    """Items 0 to 2 are digests 1 to 3; item 1 was digest 9 first; a raw item of digest 7 stands behind a view."""
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        recording = db.recording(session.session_id)
        db.note(session.session_id, "index-mode", {"loader": "loader"})
        named = ((Kind.INDEX, TRAIN, 3),)
        first = Seen(SAMPLE, [digest(1), digest(9), digest(3)], ((Kind.VALUE, TRAIN, 3),), 9, [0, 1, 2])
        db.put(recording, Delivered("loader", 0, 0, [NO_DIGEST] * 3, named, 0, [0, 1, 2], None, first))
        changed = Seen(SAMPLE, [digest(2)], ((Kind.VALUE, TRAIN, 1),), 9, [1])
        db.put(recording, Delivered("loader", 1, 1, [NO_DIGEST] * 3, named, 0, [2, 1, 0], None, changed))
        mixed = ((Kind.INDEX, TRAIN, 1), (Kind.VALUE, TRAIN, 2), (Kind.UNFINGERPRINTABLE, TRAIN, 3))
        db.put(recording, Delivered("loader", 2, 2, [NO_DIGEST, digest(1), NO_DIGEST], mixed, 0, [9, 0, 5]))
        raw = Seen(RAW, [digest(7)], ((Kind.VALUE, TRAIN, 1),), 9, [4])
        views = ((Kind.VALUE, TRAIN, 1),)
        db.put(recording, Delivered("loader", 3, 3, [digest(8)], views, 0, [4], None, raw))
    return session.session_id


@pytest.mark.parametrize("number", [1, 2, 3, 7, 8, 9])
def test_samples_known_by_their_index_are_erased_where_they_were_taken(path: Path, number: int) -> None:
    session_id = by_index(path)
    before = roots(path)[session_id]
    counts = {1: 3, 2: 1, 3: 2, 8: 1, 9: 1}
    assert {one: counted(path, session_id, digest(one)) for one in counts} == counts
    erase(path, [digest(number)], complaint)
    assert digest(number) not in path.read_bytes()
    assert findings(path) == []
    assert roots(path)[session_id] == before
    if number == 2:  # the row still is another one than it was: who looks for what it was finds no more than before
        with Reader(path) as reader:
            assert [one.batch for one in trace(reader, digest(9).hex()).sightings if one.matched == "item"] == [0]
    rest = {one: count for one, count in counts.items() if one != number}
    assert {one: counted(path, session_id, digest(one)) for one in rest} == rest


def test_a_session_that_was_never_ended_is_erased_from_and_can_still_be_sealed(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("c")
        runs = ((Kind.BYTES, TRAIN, 3),)
        db.put(db.recording(session.session_id), Delivered("l", 0, 0, [digest(1), digest(2), digest(1)], runs, 7))
    erase(path, [digest(1)], complaint)
    assert (digest(1) in path.read_bytes(), findings(path)) == (False, [])
    with ProvenanceDatabase(path) as db:
        db.resume_session(session.session_id).end()
    assert findings(path) == []
    assert counted(path, session.session_id, digest(2)) == 1
    for unknown in (digest(1), digest(3)):
        with pytest.raises(NotFoundError, match="erased from this session before its set was made"):
            prove(path, session.session_id, unknown)


def test_the_start_of_a_fingerprint_finds_the_one_behind_an_erased_one(path: Path) -> None:
    session_id = record(path, [digest(number) for number in range(10)])
    order = sorted(digest(number) for number in range(10))
    erase(path, [order[4]], complaint)
    with RawReader(path) as reader:
        (session,) = reader.sessions_by_prefix(session_id)
        assert fingerprint_of(reader, session, order[5].hex()[:8]) == order[5]
        with pytest.raises(NotFoundError, match="no sample of the session starts with"):
            fingerprint_of(reader, session, order[4].hex()[:8])


def test_copies_that_were_each_erased_from_state_it_once_when_they_are_merged(path: Path, tmp_path: Path) -> None:
    session_id = record(path, [digest(1), digest(2)], [digest(1)])
    copy = tmp_path / "copy.db"
    copy.write_bytes(path.read_bytes())
    for one in (path, copy):
        erase(one, [digest(1)], complaint)
    merge(path, [copy], complaint)
    assert findings(path) == []
    with Reader(path) as reader:
        assert [len(sample.observations) for sample in receipts(reader)[session_id]] == [2]


def test_a_keyed_record_is_erased_from_by_its_own_fingerprints(path: Path) -> None:
    session_id = record(path, [digest(1), digest(2)], key=b"k" * 16)
    erase(path, [digest(1)], complaint)
    assert (findings(path), len(roots(path))) == ([], 2)
    with Reader(path) as reader:
        assert {session.begin.key_id for session in reader.all_sessions()} == {reader.key_id()}
    assert counted(path, session_id, digest(2)) == 1


def test_another_process_may_read_meanwhile_and_none_may_write(path: Path) -> None:
    record(path, [digest(1)])
    with ProvenanceDatabase(path), pytest.raises(BusyDatabaseError, match="is being recorded into"):
        erase(path, [digest(1)], complaint)
    with Reader(path) as reader:
        erase(path, [digest(1)], complaint)
        assert len(trace(reader, digest(1).hex()).sightings) == 1
    assert digest(1) not in path.read_bytes()


def test_a_session_that_only_lost_data_is_no_annex_whatever_it_says(path: Path) -> None:
    for config_hash, metadata in (("origin erase", {"erases": []}), ("origin bind", {"binds": "a" * 32})):
        with ProvenanceDatabase(path) as db, db.begin_session(config_hash, {"origin": metadata}) as session:
            db.put(db.recording(session.session_id), Gap("storage", "lost", 5, 500))
    with Reader(path) as reader:
        assert [session.begin.config_hash for session in reader.sessions()] == ["origin erase", "origin bind"]


def test_what_stands_as_text_in_the_record_is_not_erased(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        runs = ((Kind.BYTES, TRAIN, 1),)
        keyed = Delivered("l", 0, 0, [digest(1)], runs, 7, None, [digest(1).hex().upper()])
        db.put(db.recording(session.session_id), keyed)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="stands in the record as text too"):
        erase(path, [digest(1)], complaint)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("dry_run", [False, True])
def test_text_is_found_where_sqlite_cuts_it_at_the_end_of_a_page(path: Path, *, dry_run: bool) -> None:
    digests = [digest(number) for number in range(200)]
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        keyed = Delivered("l", 0, 0, digests, ((Kind.BYTES, TRAIN, 200),), 7, None, [one.hex() for one in digests])
        db.put(db.recording(session.session_id), keyed)
    before = path.read_bytes()
    cut = [one for one in digests if one.hex().encode() not in before]
    assert cut
    with pytest.raises(UsageError, match=f"{cut[0].hex()} stands in the record as text too"):
        erase(path, cut[:1], complaint, dry_run=dry_run)
    assert path.read_bytes() == before


def test_in_a_keyed_record_the_plain_fingerprint_stands_as_text_too(path: Path) -> None:
    key, plain = b"k" * 16, digest(1)
    with ProvenanceDatabase(path, key=key) as db, db.begin_session("c") as session:
        keyed = Delivered("l", 0, 0, [plain], ((Kind.BYTES, TRAIN, 1),), 7, None, [plain.hex()])
        db.put(db.recording(session.session_id), keyed)
    with pytest.raises(UsageError, match=f"{plain.hex()} stands in the record as text too"):
        erase(path, [plain, with_key(key, Kind.BYTES, plain)], complaint)


def test_a_reason_that_names_the_fingerprint_is_refused(path: Path) -> None:
    record(path, [digest(1)])
    with pytest.raises(UsageError, match="the reason names the fingerprint"):
        erase(path, [digest(1)], complaint, f"request of {digest(1).hex().upper()}")


def test_a_disk_that_does_not_confirm_the_new_name_is_told_as_that(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(path, [digest(1)])

    def refused(what: Path) -> None:
        if what.is_dir():
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(replacing, "sync", refused)
    with pytest.raises(StorageError, match="may be the old file again after a loss of power"):
        erase(path, [digest(1)], complaint)
    assert (digest(1) in path.read_bytes(), findings(path)) == (False, [])


def test_nothing_is_erased_from_a_record_that_was_tampered_with(path: Path) -> None:
    record(path, [digest(1), digest(2)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE batch SET epoch = 7")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(UnreadableDatabaseError, match="is not what was recorded"):
        erase(path, [digest(1)], complaint)
    assert path.read_bytes() == before


def test_nothing_changes_for_what_is_not_there_or_on_a_dry_run(path: Path) -> None:
    session_id = record(path, [digest(1)])
    before = path.read_bytes()
    assert erase(path, [digest(2)], complaint) == erasure.Erasure(path, (), (digest(2),), None)
    told = erase(path, [digest(1)], complaint, dry_run=True)
    assert [(one.session_id, one.observations) for one in told.sessions] == [(session_id, 1)]
    assert told.receipt is None
    assert path.read_bytes() == before
    with pytest.raises(MissingDatabaseError):
        erase(path.with_name("none.db"), [digest(1)], complaint)


def test_an_erasure_without_a_receipt_is_found(path: Path) -> None:
    record(path, [digest(number) for number in range(200)])
    whole = path.read_bytes()
    erase(path, [digest(3), digest(4)], complaint)
    with closing(sqlite3.connect(path)) as connection:
        fingerprints, runs = connection.execute("SELECT fingerprints, runs FROM batch").fetchone()
    path.write_bytes(whole)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE batch SET fingerprints = ?, runs = ?", (fingerprints, runs))
        connection.commit()
    assert ("entry 2", "2 fingerprints are erased, and no receipt states it with that source and index") in findings(
        path
    )


TAMPERS = {
    "another member": ('"member":', '"member":1'),
    "another place": ('"observations":[[2,3,', '"observations":[[2,4,'),
    "another leaf": ('"leaf":"', '"leaf":"00'),
    "no session": ('"session":"', '"session":"0'),
}


@pytest.mark.parametrize("name", TAMPERS)
def test_a_changed_receipt_is_found(path: Path, name: str) -> None:
    record(path, [digest(number) for number in range(200)])
    erase(path, [digest(3)], complaint)
    was, becomes = TAMPERS[name]
    with closing(sqlite3.connect(path)) as connection:
        changed = connection.execute(
            "UPDATE note SET content = replace(content, ?, ?) WHERE kind = 'erased' AND instr(content, ?)",
            (was, becomes, was),
        )
        assert changed.rowcount == 1
        connection.commit()
    assert findings(path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE batch SET indices = x'09090103' WHERE sequence = 4",
        "UPDATE batch SET runs = '[[5,1,1],[1,3,4]]' WHERE sequence = 4",
        "UPDATE batch SET runs = '[[5,3,2],[1,3,4]]' WHERE sequence = 4",
    ],
)
def test_an_erased_observation_keeps_its_source_and_index(path: Path, change: str) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        recording = db.recording(session.session_id)
        db.put(recording, Delivered("l", 0, 1, [digest(9)], ((Kind.BYTES, OTHER, 1),), 7))
        samples = [digest(number) for number in range(4)]
        db.put(recording, Delivered("l", 0, 0, samples, ((Kind.BYTES, TRAIN, 4),), 7, [7, 8, 0, 2]))
    erase(path, [digest(0)], complaint)
    assert findings(path) == []
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT sequence, hex(indices), runs FROM batch").fetchall()[1]
        assert found == (4, "08090103", "[[5,3,1],[1,3,4]]")
        connection.execute(change)
        connection.commit()
    assert "no receipt states it with that source and index" in str(findings(path))


def test_a_fingerprint_put_back_is_found(path: Path) -> None:
    record(path, [digest(number) for number in range(200)])
    whole = path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        columns = connection.execute("SELECT fingerprints, runs FROM batch").fetchone()
    erase(path, [digest(3)], complaint)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE batch SET fingerprints = ?, runs = ?", columns)
        connection.commit()
    assert ("entry 2", "1 fingerprint is stated by a receipt, but not erased with that source and index") in findings(
        path
    )
    assert whole != path.read_bytes()


def placed(slots: Iterable[int]) -> bytes:
    return b"".join(struct.pack(">II", 2, slot) for slot in slots)


@given(st.sets(st.integers(0, 399), max_size=400), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_pages_with_erased_members_are_those_of_the_whole_set(gone: set[int], seed: int) -> None:
    chance = random.Random(seed)
    counts = {number.to_bytes(32, "big"): chance.choice([1, 1, 2, 300]) for number in range(400)}
    whole: dict[tuple[int, int], Page] = {}
    every = SetPages(lambda level, number, page: whole.update({(level, number): page}))
    every.add(list(counts), list(counts.values()), placed(range(400)))
    root = every.close()
    erased = {
        number: Member(number, leaf_hashes([one], [counts[one]])[0], counts[one], (2, number))
        for number, one in enumerate(counts)
        if number in gone
    }
    left: dict[tuple[int, int], Page] = {}
    some = SetPages(lambda level, number, page: left.update({(level, number): page}), erased)
    kept = [number for number in range(400) if number not in gone]
    while kept:
        at = chance.randrange(1, 200)
        digests = [number.to_bytes(32, "big") for number in kept[:at]]
        some.add(digests, [counts[one] for one in digests], placed(kept[:at]))
        kept = kept[at:]
    assert (some.close(), some.samples, some.observations) == (root, every.samples, every.observations)
    assert left == whole
