"""Heads kept outside the file: older copies, cut and rewritten logs. And a record that is checked in parts."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from query.recordings import record, record_rich, tamper, tampering

from origin import ProvenanceDatabase
from origin.core.merkle import merkle_root
from origin.hooks.base import BaseHook
from origin.query.anchoring import Anchor, Part
from origin.query.verify import verify, verify_log
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from origin.query.verify import Verification


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    path = tmp_path_factory.mktemp("rich") / "provenance.db"
    return (path, *record_rich(path))


def verified(path: Path, *anchors: Anchor, session: str | None = None, part: Part | None = None) -> Verification:
    with RawReader(path) as reader:
        return verify(reader, session, anchors=anchors, part=part or Part())


def head(path: Path, session_id: str) -> Anchor:
    with Reader(path) as reader:
        (session,) = reader.sessions_by_prefix(session_id)
        return Anchor(session_id, session.size, session.root(), "the head of yesterday")


def findings(found: Verification) -> list[tuple[str, str]]:
    return [(finding.where, finding.what) for finding in found.findings]


def recorded_in_steps(path: Path, steps: int) -> list[Anchor]:
    """The heads of one session after each of some batches."""
    heads = []
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("grows")
        hook = BaseHook(db, session.session_id, "train", "MIT")
        for number, _ in enumerate(hook.wrap([[b"%d" % step] for step in range(steps)])):
            if number:
                db.flush()
                heads.append(head(path, session.session_id))
    return heads


def test_every_earlier_head_of_a_session_that_grew_still_holds(path: Path) -> None:
    heads = recorded_in_steps(path, 9)
    sizes = [one.size for one in heads]
    assert sizes == sorted(set(sizes))
    for one in heads:
        found = verified(path, one)
        assert (found.consistent, found.anchored) == (True, True)
        assert found.sessions[0].anchored_entries == one.size
    assert verified(path, *heads).sessions[0].anchored_entries == sizes[-1]


def test_the_root_at_every_size_is_that_of_the_first_entries(
    rich: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, first, _ = rich
    entries: list[bytes] = []
    from origin.query import check_log

    original = check_log.entry_bytes
    monkeypatch.setattr(check_log, "entry_bytes", lambda entry: entries.append(original(entry)) or entries[-1])
    assert verified(path, session=first).consistent
    monkeypatch.undo()
    assert len(entries) == head(path, first).size
    for size in range(1, len(entries) + 1):
        anchor = Anchor(first, size, merkle_root(entries[:size]), "the head")
        found = verified(path, anchor, session=first)
        assert found.anchored
        assert found.sessions[0].anchored_entries == size
        assert not verified(path, replace(anchor, root=merkle_root(entries[: size - 1])), session=first).anchored


def test_an_older_copy_put_back_is_found(path: Path, tmp_path: Path) -> None:
    older = tmp_path / "older.db"
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("grows")
        list(BaseHook(db, session.session_id, "train", "MIT").wrap([[b"a"], [b"b"]]))
    shutil.copy(path, older)
    with ProvenanceDatabase(path) as db:
        resumed = db.resume_session(session.session_id)
        list(BaseHook(db, resumed.session_id, "train", "MIT").wrap([[b"c"]]))
        resumed.end()
    later = head(path, session.session_id)
    earlier = head(older, session.session_id)
    assert verified(path, later).anchored
    assert verified(path, earlier).anchored
    assert verified(older).consistent  # the file alone cannot tell
    found = verified(older, later)
    assert findings(found) == [
        (
            "log",
            f"the head of yesterday covers {later.size} entries, the file {earlier.size}: it is an older copy or cut",
        )
    ]
    assert [(fork.size, fork.root) for fork in found.forks] == [(earlier.size, earlier.root)]


def test_a_record_that_was_made_again_as_a_whole_is_found(path: Path, tmp_path: Path) -> None:
    ids = []
    for name, license_id in (("true.db", "GPL-2.0-only"), ("false.db", "MIT")):
        ids.append(record(tmp_path / name, [[b"a"], [b"b"]], license_id=license_id))
    true = head(tmp_path / "true.db", ids[0])
    # Another session under the id of the first, with roots that fit: nothing in the file shows it.
    forged = tmp_path / "false.db"
    other = head(forged, ids[1])
    found = verified(forged, replace(true, session_id=ids[1]))
    assert findings(found) == [
        (
            "log",
            (
                f"the first {true.size} entries are another history than the head of yesterday states: "
                "the record was rewritten"
            ),
        )
    ]
    assert [(fork.size, fork.root) for fork in found.forks] == [(other.size, other.root)]
    assert not found.anchored


def test_a_session_that_is_gone_is_found_if_it_was_in_this_file(rich: tuple[Path, str, str]) -> None:
    path, first, _ = rich
    gone = replace(head(path, first), session_id="0" * 32)
    lost = ("session rows", "the session of the head of yesterday is not in the file")
    assert findings(verified(path, gone)) == [lost]
    elsewhere = verified(path, replace(gone, expected=False))
    assert (elsewhere.consistent, elsewhere.anchored) == (True, False)


def test_entries_that_are_missing_are_no_agreement(rich: tuple[Path, str, str], path: Path) -> None:
    shutil.copy(rich[0], path)
    anchor = head(path, rich[1])
    tamper(path, "DELETE FROM batch WHERE session = 1 AND sequence = 4")
    found = verified(path, anchor, replace(anchor, size=6), replace(anchor, size=3))
    assert findings(found).count(("log", "its entries are not all there to compare with the head of yesterday")) == 2
    assert not found.anchored
    assert found.forks[0].anchor.size == 3


@pytest.mark.parametrize("size", [0, 1, 2**63 - 1])
def test_a_head_that_was_tampered_with_is_no_agreement(rich: tuple[Path, str, str], path: Path, size: int) -> None:
    shutil.copy(rich[0], path)
    anchor = head(path, rich[1])
    tamper(path, f"UPDATE session SET size = {size} WHERE id = 1")
    found = verified(path, anchor)
    assert not found.consistent
    assert not found.anchored


def test_the_root_must_be_that_of_a_checked_session_whatever_else_is_anchored(rich: tuple[Path, str, str]) -> None:
    path, first, _ = rich
    with RawReader(path) as reader:
        found = verify(reader, first, bytes(32), anchors=[head(path, first)])
    assert [finding.where for finding in found.findings] == ["root"]


def test_the_entries_alone_tell_what_was_edited_in_them(rich: tuple[Path, str, str], path: Path) -> None:
    shutil.copy(rich[0], path)
    _, first, second = rich
    with RawReader(path) as reader:
        assert verify_log(reader, first, [head(path, first)]) == ([], [])
    tamper(path, "UPDATE batch SET step = 99 WHERE session = 2 AND sequence = 2")
    with RawReader(path) as reader:
        assert verify_log(reader, first, []) == ([], [])
        found, _ = verify_log(reader, second, [])
    assert [finding.what for finding in found] == ["are not all what was committed: the head states another root"]


def test_all_parts_together_find_what_the_whole_finds(rich: tuple[Path, str, str], path: Path) -> None:
    shutil.copy(rich[0], path)
    with tampering(path) as connection:
        for (row,) in connection.execute("SELECT id FROM batch").fetchall():
            connection.execute("UPDATE batch SET fingerprints = randomblob(length(fingerprints)) WHERE id = ?", (row,))
    whole = set(verified(path).findings)
    assert len([one for one in whole if one.what == "its observations do not give its root"]) == 6
    for total in (1, 2, 3, 7, 100):
        parts = [set(verified(path, part=Part(number, total)).findings) for number in range(1, total + 1)]
        assert set.union(*parts) == whole
        assert sum("observations do not give" in one.what for part in parts for one in part) == 6


def test_a_part_hashes_every_entry(rich: tuple[Path, str, str], path: Path) -> None:
    shutil.copy(rich[0], path)
    tamper(path, "UPDATE batch SET step = 99 WHERE session = 1 AND sequence = 2")
    for number in (1, 2, 3):
        assert "entries 0 to 7" in [where for where, _ in findings(verified(path, part=Part(number, 3)))]


@given(st.integers(1, 50), st.integers(0, 2**40))
def test_each_batch_is_in_one_part(total: int, sequence: int) -> None:
    assert [Part(number, total).covers(sequence) for number in range(1, total + 1)].count(True) == 1
