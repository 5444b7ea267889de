"""The sealed set: what it holds, how it is committed and stored, and that every change of it is found."""

from __future__ import annotations

import contextlib
import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proofs.proof_sessions import OTHER, TRAIN, between, digest, record, record_by_index

from origin import OriginWarning, ProvenanceDatabase
from origin.core.fingerprint import NO_DIGEST, Kind
from origin.core.merkle import EMPTY_ROOT, merkle_root, verify_inclusion
from origin.core.record import RAW, SAMPLE, Delivered, Seen, Source
from origin.errors import NotFoundError
from origin.proofs.sealed_set import StoredSet, committed
from origin.query.verify import verify
from origin.storage import seal
from origin.storage.merge import merge
from origin.storage.raw import RawReader
from origin.storage.reads import Reader
from origin.storage.sealed_set import SetPages, leaf, license_counts, members, read_page

if TYPE_CHECKING:
    from pathlib import Path


def note(path: Path) -> dict[str, Any]:
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        return committed(reader, session).stated


def sealed_members(path: Path) -> dict[bytes, int]:
    """All of the latest session's set, read back."""
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        stored = StoredSet(reader, session.row, committed(reader, session).samples)
        return dict(stored.member(index) for index in range(stored.size))


def findings(path: Path) -> list[tuple[str, str]]:
    with RawReader(path) as reader:
        return [(found.where, found.what) for found in verify(reader).findings]


@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(1, 1 << 33)), max_size=300), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_pages_give_the_root_of_the_whole_tree_however_they_are_filled(
    drawn: list[tuple[int, int]], at_once: int
) -> None:
    counts = dict(sorted((digest(number), count) for number, count in dict(drawn).items()))
    pages = SetPages(lambda *_page: None)
    for start in range(0, len(counts), at_once):
        some = dict(list(counts.items())[start : start + at_once])
        pages.add(list(some), list(some.values()), bytes(8 * len(some)))
    assert pages.close() == merkle_root([leaf(one, count) for one, count in counts.items()])
    assert (pages.samples, pages.observations) == (len(counts), sum(counts.values()))


@pytest.mark.parametrize("size", [0, 1, 2, 127, 128, 129, 256, 300, 128 * 128, 128 * 128 + 1])
def test_each_member_is_found_with_a_path_that_proves_it(path: Path, size: int) -> None:
    record(path, [digest(number) for number in range(size)])
    root = bytes.fromhex(note(path)["root"])
    assert note(path)["samples"] == size
    assert root == merkle_root([leaf(digest(number), 1) for number in range(size)])
    with Reader(path) as reader:
        stored = StoredSet(reader, 1, size)
        for index in {0, 1, size // 3, size // 2, size - 2, size - 1} & set(range(size)):
            assert stored.member(index) == (digest(index), 1)
            assert (stored.place(digest(index)), stored.place(between(index))) == (index, index + 1)
            assert verify_inclusion(leaf(digest(index), 1), index, size, stored.path(index), root)
        assert stored.place(b"\xff" * 32) == size
    assert findings(path) == []


def test_the_note_states_all_that_a_proof_needs_and_stands_before_the_end(path: Path) -> None:
    session_id = record(path, [digest(1), digest(2)], [digest(1)], [], [digest(1), digest(3)])
    licenses = '{"claims":{"MIT":5},"without_claim":0}'
    assert note(path) == {
        "entry": 6,
        "key_id": None,
        "licenses": hashlib.sha256(licenses.encode()).hexdigest(),
        "observations": 5,
        "root": merkle_root([leaf(digest(1), 3), leaf(digest(2), 1), leaf(digest(3), 1)]).hex(),
        "samples": 3,
        "session_id": session_id,
        "without_fingerprint": 0,
    }
    with Reader(path) as reader:
        assert reader.sessions()[0].end_sequence == 7
    assert sealed_members(path) == {digest(1): 3, digest(2): 1, digest(3): 1}
    assert findings(path) == []


def test_a_fingerprint_stands_in_the_file_once_and_pages_hold_its_place(path: Path) -> None:
    record(path, [digest(2), digest(1)], [digest(3), digest(1)])
    with Reader(path) as reader:
        page = read_page(reader, 1, 0, 0)
    assert page == (b"\3\2\3", b"\1\0\0", b"\2\1\1")
    assert list(members(page, 3)) == [(3, 1, 2), (2, 0, 1), (3, 0, 1)]
    for number in (2, 3):
        assert path.read_bytes().count(digest(number)) == 1


def test_a_session_without_samples_has_the_empty_set(path: Path) -> None:
    record(path)
    assert (note(path)["samples"], note(path)["root"]) == (0, EMPTY_ROOT.hex())
    assert findings(path) == []


def test_a_keyed_session_names_its_key_in_the_note(path: Path) -> None:
    record(path, [digest(1)], key=b"0123456789abcdef")
    with Reader(path) as reader:
        assert note(path)["key_id"] == reader.key_id() is not None


def test_observations_by_index_count_for_the_item_that_they_name_at_that_time(path: Path) -> None:
    record_by_index(path)
    assert sealed_members(path) == {digest(1): 3, digest(2): 1, digest(3): 2, digest(4): 1}
    assert (note(path)["observations"], note(path)["without_fingerprint"]) == (9, 2)
    assert findings(path) == []


def test_items_count_under_another_declaration_of_their_source_and_not_as_raw_or_of_another_source(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        recording = db.recording(session.session_id)
        sample = Seen(SAMPLE, [digest(1)], ((Kind.VALUE, TRAIN, 1),), 9, [0])
        raw = Seen(RAW, [digest(2)], ((Kind.VALUE, TRAIN, 1),), 9, [1])
        again = Source("train", "Apache-2.0")
        named = ((Kind.INDEX, TRAIN, 2), (Kind.INDEX, again, 3), (Kind.INDEX, OTHER, 4))
        first = Delivered("loader", 0, 0, [NO_DIGEST] * 4, named, 0, [0, 1, 0, 0], None, sample)
        db.put(recording, first)
        db.put(recording, Delivered("loader", 0, 1, [digest(5)], ((Kind.VALUE, TRAIN, 1),), 0, [3], None, raw))
    assert sealed_members(path) == {digest(1): 2, digest(5): 1}
    assert (note(path)["observations"], note(path)["without_fingerprint"]) == (5, 2)
    assert findings(path) == []


@given(
    st.lists(
        st.tuples(st.booleans(), st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=5)),
        max_size=8,
    )
)
@settings(max_examples=30, deadline=None)
def test_by_index_counts_are_those_of_a_plain_replay(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, list[tuple[int, int]]]]
) -> None:
    path = tmp_path_factory.mktemp("replay") / "p.db"
    known: dict[int, bytes] = {}
    expected: Counter[bytes] = Counter()
    unknown = 0
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        for step, (with_items, drawn) in enumerate(steps):
            places = dict(drawn)
            items = None
            if with_items:
                known.update({place: digest(value) for place, value in places.items()})
                digests = [digest(value) for value in places.values()]
                items = Seen(SAMPLE, digests, ((Kind.VALUE, TRAIN, len(places)),), 9, list(places))
            named = [place for place, _ in drawn]
            for place in named:
                expected.update([known[place]] if place in known else [])
                unknown += place not in known
            runs = ((Kind.INDEX, TRAIN, len(named)),)
            db.put(
                db.recording(session.session_id),
                Delivered("loader", 0, step, [NO_DIGEST] * len(named), runs, 0, named, None, items),
            )
    assert sealed_members(path) == dict(expected)
    assert note(path)["without_fingerprint"] == unknown
    assert findings(path) == []


def test_a_set_that_is_sorted_on_disk_is_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "_SMALLEST_RUN", 64)
    batches = [
        [hashlib.sha256(b"%d" % (number % 700)).digest() for number in range(at, at + 90)] for at in range(9, 2000, 90)
    ]
    record(path, *batches)
    expected = Counter(one for batch in batches for one in batch)
    assert sealed_members(path) == dict(sorted(expected.items()))
    assert findings(path) == []


def test_observations_by_index_that_are_sorted_on_disk_are_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal, "_SMALLEST_RUN", 64)
    rows = list(range(500))
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        recording = db.recording(session.session_id)
        known = [hashlib.sha256(b"%d" % row).digest() for row in rows]
        items = Seen(SAMPLE, known, ((Kind.VALUE, TRAIN, 500),), 9, rows)
        for step in range(3):
            named = rows[step * 100 :]
            runs = ((Kind.INDEX, TRAIN, len(named)),)
            nothing = [NO_DIGEST] * len(named)
            db.put(recording, Delivered("l", step, step, nothing, runs, 0, named, None, None if step else items))
    assert sealed_members(path) == dict(sorted((known[row], 1 + (row >= 100) + (row >= 200)) for row in rows))
    assert findings(path) == []


def test_licenses_are_counted_by_every_text_that_was_claimed() -> None:
    sources = [(1, Source("a", "MIT")), (2, Source("b")), (3, TRAIN), (4, Source("c", "GPL-3.0-only"))]
    counted = license_counts(sources, {0: 10, 1: 4, 2: 3, 3: 3})
    assert json.loads(counted) == {"claims": {"GPL-3.0-only": 0, "MIT": 7}, "without_claim": 3}


def test_a_disk_that_is_full_ends_the_session_without_a_set(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(seal, "sorted_partitions", full)
    with pytest.warns(OriginWarning, match="was ended but not sealed"):
        record(path, [digest(1)])
    monkeypatch.undo()
    with Reader(path) as reader:
        (session,) = reader.sessions()
        assert (session.status, list(reader.notes(1))) == ("completed", [])
        with pytest.raises(NotFoundError, match="without a sealed set"):
            committed(reader, session)
    assert findings(path) == []
    record(path, [digest(2)])
    assert findings(path) == []
    with Reader(path) as reader:
        assert reader.tally(1) == {0: (1, 1), 1: (1, 1)}
        assert reader.one("SELECT count(*) FROM sealed_set WHERE session = 1") == (0,)


_KILLED = """
import os, signal, sys
from origin.storage import log
def kill(*_): os.kill(os.getpid(), signal.SIGKILL)
log.SessionLog.add_end = kill
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from proofs.proof_sessions import digest, record
record(Path(sys.argv[1]), [digest(number) for number in range(300)])
"""


def test_a_crash_between_set_and_end_leaves_an_unended_session_that_can_go_on(path: Path) -> None:
    from pathlib import Path as AnyPath

    tests = str(AnyPath(__file__).parents[1])
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path), tests], check=False)
    assert killed.returncode == -signal.SIGKILL
    with Reader(path) as reader:
        (session,) = reader.sessions()
        assert (session.status, session.end) == ("interrupted", None)
        assert list(reader.notes(1)) == []
        assert reader.one("SELECT count(*) FROM sealed_set") == (0,)
        assert reader.tally(1) is None
        with pytest.raises(NotFoundError, match="has not ended"):
            committed(reader, session)
    with ProvenanceDatabase(path) as db:
        db.resume_session(session.begin.session_id).end()
    assert sealed_members(path) == {digest(number): 1 for number in range(300)}
    assert findings(path) == []


OTHER_SAMPLES = "its samples are not those of the batches"
TAMPERS = {
    "a member dropped": (
        "UPDATE sealed_set SET content = CAST(substr(content, 2) AS BLOB) WHERE level = 0 AND page = 1",
        ("sealed set, page 1 of level 0", OTHER_SAMPLES),
    ),
    "a member added": (
        """
        UPDATE sealed_set SET content = CAST(content || x'02' AS BLOB), slots = CAST(slots || x'0007' AS BLOB)
        WHERE level = 0 AND page = 2
        """,
        ("sealed set, page 2 of level 0", OTHER_SAMPLES),
    ),
    "two members swapped": (
        """
        UPDATE sealed_set SET slots =
            CAST(substr(slots, 3, 2) || substr(slots, 1, 2) || substr(slots, 5) AS BLOB)
        WHERE level = 0 AND page = 2
        """,
        ("sealed set, page 2 of level 0", OTHER_SAMPLES),
    ),
    "a place changed": (
        "UPDATE sealed_set SET slots = CAST(substr(slots, 3, 2) || substr(slots, 3) AS BLOB) WHERE page = 1",
        ("sealed set, page 1 of level 0", OTHER_SAMPLES),
    ),
    "places dropped": (
        "UPDATE sealed_set SET slots = NULL WHERE level = 0 AND page = 1",
        ("sealed set, page 1 of level 0", OTHER_SAMPLES),
    ),
    "a count set": (
        "UPDATE sealed_set SET counts = zeroblob(128) WHERE level = 0 AND page = 1",
        ("sealed set, page 1 of level 0", OTHER_SAMPLES),
    ),
    "counts dropped": (
        "UPDATE sealed_set SET counts = NULL WHERE level = 0 AND page = 0",
        ("sealed set, page 0 of level 0", OTHER_SAMPLES),
    ),
    "counts that do not fit": (
        "UPDATE sealed_set SET counts = x'0102' WHERE level = 0 AND page = 1",
        ("sealed set, page 1 of level 0", OTHER_SAMPLES),
    ),
    "a hash changed": (
        "UPDATE sealed_set SET content = CAST(zeroblob(32) || substr(content, 33) AS BLOB) WHERE level = 1",
        ("sealed set, page 0 of level 1", "its hashes are not those of the pages below it"),
    ),
    "a page deleted": (
        "DELETE FROM sealed_set WHERE level = 0 AND page = 1",
        ("sealed set, page 1 of level 0", "is missing"),
    ),
    "all pages deleted": ("DELETE FROM sealed_set", ("sealed set, page 0 of level -1", "is missing")),
    "a page added": (
        "INSERT INTO sealed_set SELECT session, 0, 7, content, slots, counts FROM sealed_set WHERE page = 2",
        ("sealed set, page 7 of level 0", "is none that was committed"),
    ),
    "a page of another level added": (
        "INSERT INTO sealed_set SELECT session, 5, 0, content, NULL, NULL FROM sealed_set WHERE level = 1",
        ("sealed set, page 0 of level 5", "is none that was committed"),
    ),
    "text for bytes": (
        "PRAGMA ignore_check_constraints = ON; UPDATE sealed_set SET content = 'x' WHERE level = 1",
        ("sealed set, page 0 of level 1", "its hashes are not those of the pages below it"),
    ),
    "the edge changed": (
        "UPDATE sealed_set SET content = CAST(zeroblob(32) || substr(content, 33) AS BLOB) WHERE level = -1",
        ("sealed set, page 0 of level -1", "is not the edge of the log before its last two entries"),
    ),
    "the edge cut": (
        "UPDATE sealed_set SET content = x'' WHERE level = -1",
        ("sealed set, page 0 of level -1", "is no edge of a tree"),
    ),
    "counts at the edge": (
        "UPDATE sealed_set SET counts = x'00' WHERE level = -1",
        ("sealed set, page 0 of level -1", "is not the edge of the log before its last two entries"),
    ),
    "the note edited": (
        "UPDATE note SET content = replace(content, '\"samples\":300', '\"samples\":299')",
        ("sealed set", "what the log commits is not what the batches give"),
    ),
    "a set for a session without": (
        "INSERT INTO sealed_set SELECT 2, level, page, content, slots, counts FROM sealed_set WHERE level = 1",
        ("sealed set, page 0 of level 1", "is none that was committed"),
    ),
}


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """300 samples, the first of them seen twice, and a session that was never ended."""
    path = tmp_path_factory.mktemp("sealed") / "p.db"
    record(path, [digest(number) for number in range(300)], [digest(0)])
    with ProvenanceDatabase(path) as db:
        db.begin_session("unended")
    return path.read_bytes()


@pytest.mark.parametrize("name", TAMPERS)
def test_every_tamper_of_the_set_is_found(path: Path, sealed: bytes, name: str) -> None:
    path.write_bytes(sealed)
    assert findings(path) == []
    statements, expected = TAMPERS[name]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(statements)
        connection.commit()
    assert expected in findings(path)


def test_a_set_that_was_committed_wrong_is_found_whatever_the_tree_says(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = SetPages.close

    def forged(pages: SetPages) -> bytes:
        root = close(pages)
        pages.samples += 1
        return root

    with monkeypatch.context() as patched:
        patched.setattr(SetPages, "close", forged)
        record(path, [digest(1)])
    assert findings(path) == [("sealed set", "what the log commits is not what the batches give")]


def test_a_merged_file_keeps_the_set_of_each_session(tmp_path: Path) -> None:
    shards = [tmp_path / "a.db", tmp_path / "b.db"]
    for number, shard in enumerate(shards):
        record(shard, [digest(number), digest(number + 1)])
    merge(tmp_path / "all.db", shards, lambda _reader: None)
    assert findings(tmp_path / "all.db") == []
    with Reader(tmp_path / "all.db") as reader:
        sizes = [StoredSet(reader, session.row, 2).member(0) for session in reader.sessions()]
    assert sorted(sizes) == [(digest(0), 1), (digest(1), 1)]
