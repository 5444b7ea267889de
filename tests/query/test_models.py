"""The models of a session: in the order of their position, each with what its note states."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from origin import ProvenanceDatabase
from origin.core.fingerprint import Kind
from origin.core.record import Delivered, Source
from origin.query.models import Model, ModelFile, models
from origin.storage.models import MODEL

if TYPE_CHECKING:
    from pathlib import Path

    from origin.storage.database import Session

DIGEST = "ab" * 32


def content(**changes: Any) -> dict[str, Any]:
    files = [{"bytes": 3, "path": "a.pt", "sha256": DIGEST}]
    form = {"bytes": 3, "files": files, "how": "recorded", "name": "a", "path": "x/a.pt", "sha256": DIGEST, "steps": 7}
    return {name: value for name, value in {**form, **changes}.items() if value is not ...}


def found(db: ProvenanceDatabase, session: Session) -> list[Model]:
    db.flush()
    with db.reader() as reader:
        (stored,) = (one for one in reader.sessions() if one.begin.session_id == session.session_id)
        return models(reader, stored)


def deliver(db: ProvenanceDatabase, session: Session, step: int) -> None:
    batch = Delivered("loader", 0, step, [bytes(32)], ((Kind.BYTES, Source("s"), 1),), 1)
    db.put(db.recording(session.session_id), batch)


def test_a_note_is_a_model_at_its_place(db: ProvenanceDatabase) -> None:
    session = db.begin_session("c")
    db.note(session.session_id, MODEL, content())
    file = ModelFile("a.pt", DIGEST, 3)
    name = session.session_id
    assert found(db, session) == [Model(name, 1, "a", "x/a.pt", DIGEST, 3, (file,), "recorded", 7, 1, name)]


def test_a_note_that_was_written_later_stands_where_it_says(db: ProvenanceDatabase) -> None:
    session = db.begin_session("c")
    for step in range(4):
        deliver(db, session, step)
    for name, after in (("late", 4), ("early", 2), ("as late", 4)):
        db.note(session.session_id, MODEL, content(name=name, after=after))
    assert [(one.name, one.sequence, one.entry) for one in found(db, session)] == [
        ("early", 2, 7),
        ("late", 4, 6),
        ("as late", 4, 8),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": ...},
        {"sha256": "AB" * 32},
        {"sha256": 1},
        {"files": None},
        {"files": ["a"]},
        {"files": [{"path": "a", "sha256": DIGEST, "bytes": -1}]},
        {"name": None},
        {"bytes": "3"},
        {"steps": -1},
        {"steps": True},
        {"after": 2},
        {"after": "1"},
        {"after": 0},
        {"after": None},
    ],
)
def test_a_note_of_another_form_is_somebodys_own(db: ProvenanceDatabase, changes: dict[str, Any]) -> None:
    session = db.begin_session("c")
    db.note(session.session_id, MODEL, content(**changes))
    assert found(db, session) == []


def test_models_bound_afterwards_come_last_and_belong_to_one_session(db: ProvenanceDatabase, tmp_path: Path) -> None:
    file = tmp_path / "m.bin"
    file.write_bytes(b"weights")
    one, other = db.begin_session("one"), db.begin_session("other")
    db.note(one.session_id, MODEL, content(name="first"))
    one.end()
    other.end()
    db.bind(one.session_id, file)
    db.bind(other.session_id, file, name="of the other")
    assert [(model.name, model.sequence) for model in found(db, one)] == [("first", 1), ("m.bin", None)]
    assert [(model.name, model.sequence) for model in found(db, other)] == [("of the other", None)]


def test_a_binding_that_names_another_session_in_its_notes_binds_nothing(db: ProvenanceDatabase) -> None:
    one = db.begin_session("one")
    one.end()
    with db.begin_session("origin bind", {"origin": {"binds": one.session_id}}) as binding:
        db.note(binding.session_id, MODEL, content(session="f" * 32))
        db.note(binding.session_id, MODEL, content())
        db.note(binding.session_id, MODEL, content(session=one.session_id, name="right"))
    assert [model.name for model in found(db, one)] == ["right"]


@given(st.lists(st.one_of(st.just("batch"), st.integers(0, 3)), max_size=12))
@settings(max_examples=25, deadline=None)
def test_batches_before_a_position_are_those_delivered_before(
    tmp_path_factory: pytest.TempPathFactory, events: list[str | int]
) -> None:
    """An event is a batch, or a model that is saved now and noted some events later."""
    path = tmp_path_factory.mktemp("order") / "p.db"
    expected: dict[str, int] = {}
    waiting: list[tuple[int, dict[str, Any]]] = []
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("c")
        batches = 0
        for number, event in enumerate(events):
            if event == "batch":
                deliver(db, session, batches)
                batches += 1
            else:
                after = db.position(session.session_id)
                waiting.append((int(event), content(name=str(number), after=after)))
                expected[str(number)] = batches
            for left, note in waiting:
                if left == 0:
                    db.note(session.session_id, MODEL, note)
            waiting = [(left - 1, note) for left, note in waiting if left]
        for _, note in waiting:
            db.note(session.session_id, MODEL, note)
        session.end()
        with db.reader() as reader:
            stored = reader.sessions()[0]
            entries = [batch.sequence for batch in reader.batches(stored.row)]
            got = {one.name: sum(entry < (one.sequence or 0) for entry in entries) for one in models(reader, stored)}
    assert got == expected


def test_what_is_recorded_is_what_the_page_says(db: ProvenanceDatabase, tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(b"abc")
    session = db.begin_session("c")
    db.bind(session.session_id, str(tmp_path / "m.bin"), steps=9)
    db.flush()
    with db.reader() as reader:
        ((_, note),) = reader.notes(reader.sessions()[0].row, MODEL)
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc": FIPS 180-2, appendix B.1
    assert json.loads(note.content) == {
        "after": 1,
        "bytes": 3,
        "files": [{"bytes": 3, "path": "m.bin", "sha256": digest}],
        "how": "recorded",
        "name": "m.bin",
        "path": str(tmp_path / "m.bin"),
        "sha256": digest,
        "steps": 9,
    }
