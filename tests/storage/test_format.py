"""Format 1.1: what files of 1.0 become when they are written again, and the entries that it added."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin import ProvenanceDatabase
from origin.core.entry import batch_root, items_root
from origin.core.fingerprint import NO_DIGEST, Kind
from origin.core.merkle import merkle_root
from origin.core.record import EVALUATED, RAW, SAMPLE, SKIPPED, TRAINED, Delivered, Gap, Note, Seen, Source, Used
from origin.errors import UnreadableDatabaseError, UsageError
from origin.query.count import samples_of_sessions, tally
from origin.query.verify import verify
from origin.storage import rows
from origin.storage.connection import definitions, stored_definitions
from origin.storage.raw import RawReader
from origin.storage.reads import Reader
from origin.storage.schema import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

GOLDEN = Path(__file__).parents[1] / "golden" / "format-1.0.sqlite"
A, B, C, D = (bytes([number]) * 32 for number in (1, 2, 3, 4))
IMAGES, TEXTS = Source("images", "MIT"), Source("texts")


def findings(path: Path) -> list[tuple[str, str]]:
    with RawReader(path) as reader:
        return [(found.where, found.what) for found in verify(reader).findings]


def batch(step: int, kinds: Sequence[int], digests: list[bytes], indices: list[int]) -> Delivered:
    runs = tuple((kind, IMAGES, end + 1) for end, kind in enumerate(kinds))
    return Delivered("train", 0, step, digests, runs, 5, indices)


def roots(path: Path) -> list[str]:
    with Reader(path) as reader:
        return [session.root().hex() for session in reader.sessions()]


def version(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_file_of_format_1_0_becomes_one_of_1_1_and_keeps_its_roots(path: Path) -> None:
    shutil.copy(GOLDEN, path)
    before = roots(path)
    assert version(path) == 1000
    with ProvenanceDatabase(path) as db, db.begin_session("more") as session:
        db.note(session.session_id, "acme:seed", {"seed": 1})
    assert version(path) == VERSION
    assert roots(path)[:2] == before
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert stored_definitions(connection) == definitions()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert findings(path) == []


def test_a_file_of_format_1_0_is_read_without_being_changed(path: Path) -> None:
    shutil.copy(GOLDEN, path)
    content = path.read_bytes()
    with Reader(path) as reader:
        session = reader.sessions()[0]
        assert (
            list(reader.uses(session.row)) == list(reader.notes(session.row)) == list(reader.items(session.row)) == []
        )
    assert findings(path) == []
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE added (a)", "DROP VIEW samples", "CREATE TRIGGER t AFTER INSERT ON gap BEGIN DELETE FROM gap; END"],
)
def test_a_changed_file_of_format_1_0_is_not_taken_further(path: Path, statement: str) -> None:
    shutil.copy(GOLDEN, path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
    content = path.read_bytes()
    with pytest.raises(UnreadableDatabaseError, match="not the tables of its format"):
        ProvenanceDatabase(path)
    assert path.read_bytes() == content


def test_observations_by_index_have_no_fingerprint_and_take_no_room(path: Path) -> None:
    kinds = [Kind.INDEX, Kind.VALUE, Kind.INDEX, Kind.UNFINGERPRINTABLE, Kind.VALUE]
    digests = [NO_DIGEST, A, NO_DIGEST, NO_DIGEST, B]
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        db.put(db.recording(session.session_id), batch(0, kinds, digests, [7, 8, 9, 10, 11]))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT length(fingerprints), count FROM batch").fetchone() == (96, 5)
        seen = connection.execute('SELECT position, fingerprint, kind, "index" FROM observations ORDER BY 1').fetchall()
        samples = connection.execute("SELECT fingerprint, observations FROM samples ORDER BY 1").fetchall()
    assert seen == [
        (0, None, "by index", 7),
        (1, A.hex(), "value", 8),
        (2, None, "by index", 9),
        (3, NO_DIGEST.hex(), "unfingerprintable", 10),
        (4, B.hex(), "value", 11),
    ]
    assert samples == [(A.hex(), 1), (B.hex(), 1)]
    with Reader(path) as reader:
        (stored,) = reader.batches(1)
        assert stored.fingerprints == b"".join(digests)
        runs = [(int(kind), 1, end + 1) for end, kind in enumerate(kinds)]
        assert stored.batch.root == batch_root(digests, runs, [7, 8, 9, 10, 11])
        assert tally(reader, 1) == {0: (5, 2), 1: (5, 2)}
    assert findings(path) == []


def test_items_are_committed_found_by_the_lookup_and_counted_as_their_role_says(path: Path) -> None:
    def seen(role: str, digests: list[bytes], indices: list[int]) -> Seen:
        return Seen(role, digests, ((Kind.VALUE, IMAGES, 1), (Kind.VALUE, TEXTS, 2)), 7, indices)

    with ProvenanceDatabase(path) as db:
        for role in (SAMPLE, RAW):
            with db.begin_session("c") as session:
                first = batch(0, [Kind.INDEX, Kind.VALUE], [NO_DIGEST, C], [0, 1])
                db.put(db.recording(session.session_id), replace(first, items=seen(role, [A, B], [0, 5])))
    with Reader(path) as reader:
        for row, samples in ((1, {0: (2, 3), 1: (2, 2), 2: (0, 1)}), (2, {0: (2, 1), 1: (2, 1)})):
            (stored,) = reader.items(row)
            runs = rows.unpack_runs(stored.runs)
            assert runs == ((3, 1, 1), (3, 2, 2))
            root = reader.one("SELECT root FROM items WHERE session = ?", row)[0]
            assert root == items_root([A, B], runs, [0, 5])
            leaves = [
                b"I\3" + A + (1).to_bytes(4, "big") + (0).to_bytes(8, "big"),
                b"I\3" + B + (2).to_bytes(4, "big") + (5).to_bytes(8, "big"),
            ]
            assert root == merkle_root(leaves)
            assert list(stored.indices) == [0, 5]
            assert reader.sightings(row, B) == [stored.sequence]
            assert {number: counts for number, counts in tally(reader, row).items() if any(counts)} == samples
        assert samples_of_sessions(reader, [1, 2]) == 3
    assert findings(path) == []


def test_steps_of_one_group_size_are_one_entry_and_notes_stand_after_what_came_before(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        recording = db.recording(session.session_id)
        for step in range(4):
            db.put(recording, batch(step, [Kind.VALUE], [A], [0]))
            db.put(recording, Used("train", step, step, TRAINED, 1, "optimizer step"))
        db.put(recording, Note("checkpoint", "{}"))
        db.put(recording, Used("train", 4, 5, TRAINED, 1, "optimizer step"))
        db.put(recording, Used("train", 6, 7, TRAINED, 1, "optimizer step"))
        db.put(recording, Used("train", 8, 8, SKIPPED, 1, "optimizer step"))
        db.put(recording, Used("valid", 0, 0, EVALUATED, 0, "declared"))
        db.put(recording, Used("valid", 1, 1, EVALUATED, 0, "declared"))
    with Reader(path) as reader:
        uses = list(reader.uses(1))
        assert [used for _, used in uses] == [
            Used("train", 0, 3, TRAINED, 4, "optimizer step"),
            Used("train", 4, 7, TRAINED, 2, "optimizer step"),
            Used("train", 8, 8, SKIPPED, 1, "optimizer step"),
            Used("valid", 0, 1, EVALUATED, 0, "declared"),
        ]
        ((number, note),) = reader.notes(1, "checkpoint")
        assert (note, uses[0][0] < number < uses[1][0]) == (Note("checkpoint", "{}"), True)
        assert list(reader.notes(1, "other")) == []
        last = list(reader.batches(1))[-1]
        assert reader.batch_number(1, last.sequence) == 3
    assert findings(path) == []


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.integers(0, 2)), max_size=30))
def test_joined_uses_say_of_every_batch_what_the_single_ones_said(groups: list[tuple[str, int, int]]) -> None:
    def told(uses: list[Used]) -> list[tuple[str, int, int]]:
        """Loader, batch, and how many batches its step closed over."""
        return [
            (used.loader, number, (used.last + 1 - used.first) // used.steps)
            for used in uses
            for number in range(used.first, used.last + 1)
        ]

    at = {"a": 0, "b": 0}
    singles: list[Used] = []
    for loader, size, skipped in groups:
        first = at[loader] + skipped
        at[loader] = first + size
        singles.append(Used(loader, first, first + size - 1, TRAINED, 1, "optimizer step"))
    joined: list[Used] = []
    for used in singles:
        more = joined[-1].followed_by(used) if joined else None
        joined[len(joined) - (more is not None) :] = [more or used]
    assert told(joined) == told(singles)
    assert sum(used.steps for used in joined) == len(singles)


def test_a_note_that_is_no_json_is_refused_and_the_session_goes_on(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        with pytest.raises(UsageError, match="content is no JSON"):
            db.note(session.session_id, "acme:thing", {"a": object()})
        with pytest.raises(UsageError, match="kind is ''"):
            db.note(session.session_id, "", {})
        db.note(session.session_id, "acme:thing", {"b": "\ud800", "a": [1]})
    with Reader(path) as reader:
        ((_, note),) = reader.notes(1, "acme:thing")
    assert (note.kind, json.loads(note.content)) == ("acme:thing", {"a": [1], "b": "\ud800"})


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE used SET last = last + 1", "entries 0 to 7"),
        ("UPDATE used SET use = 'evaluated'", "entries 0 to 7"),
        ("UPDATE used SET how = 'declared'", "entries 0 to 7"),
        ("UPDATE note SET content = '{}'", "entries 0 to 7"),
        ("UPDATE note SET kind = 'x'", "entries 0 to 7"),
        ("UPDATE items SET role = 'raw'", "entries 0 to 7"),
        ("UPDATE items SET fingerprints = zeroblob(32)", "entry 3 (items)"),
        ("UPDATE items SET indices = x'09'", "entry 3 (items)"),
        ("UPDATE items SET indices = x'0004'", "entry 3 (items)"),
        ("DELETE FROM items", "entry 3"),
        ("UPDATE batch SET runs = '[[3,2,1]]'", "entry 4 (batch)"),
        ("UPDATE batch SET indices = NULL", "entry 4 (batch)"),
        ("DELETE FROM used", "entry 5"),
        ("DELETE FROM note", "entries 6 to 7"),
    ],
)
def test_every_edit_of_what_1_1_added_is_found(path: Path, statement: str, where: str) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        recording = db.recording(session.session_id)
        seen = Seen(SAMPLE, [A], ((Kind.VALUE, IMAGES, 1),), 7, [3])
        db.put(recording, Gap("observer", "one", 0, 0))
        db.put(recording, Delivered("train", 0, 0, [NO_DIGEST], ((Kind.INDEX, IMAGES, 1),), 0, [3], None, seen))
        db.put(recording, Used("train", 0, 0, TRAINED, 1, "optimizer step"))
        db.put(recording, Note("checkpoint", '{"a":1}'))
    assert findings(path) == []
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    assert where in [found for found, _ in findings(path)]
