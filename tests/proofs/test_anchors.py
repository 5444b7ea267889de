from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proofs.signed_checkpoints import SESSION_ID, SIGNED, TEXT

from origin.errors import UsageError
from origin.proofs.anchors import Remembered, remember, remembered, state_path
from origin.proofs.checkpoint import Checkpoint

ONE = Remembered(TEXT, "/data/provenance.db", 1_700_000_000_000_000, "2026-01-02T03:04:05+00:00")


def with_fields(session_id: str, **changed: object) -> bytes:
    return json.dumps({"version": 1, "sessions": {session_id: {**asdict(ONE), **changed}}}).encode()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "deep" / "down" / "checkpoints.json"
    monkeypatch.setenv("ORIGIN_STATE", str(path))
    return path


def test_where_checkpoints_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ORIGIN_STATE", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    assert state_path() == Path("/home/me/.local/state/origin/checkpoints.json")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state_path() == Path("/home/me/.local/state/origin/checkpoints.json")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert state_path() == Path("/state/origin/checkpoints.json")
    monkeypatch.setenv("ORIGIN_STATE", "/elsewhere.json")
    assert state_path() == Path("/elsewhere.json")


def test_what_was_remembered_is_there_the_next_time_and_private(state: Path) -> None:
    assert remembered() == {}
    assert not state.parent.exists()
    assert remember({SESSION_ID: ONE}) == state
    assert remembered() == {SESSION_ID: ONE}
    assert state.stat().st_mode & 0o777 == 0o600
    assert state.parent.stat().st_mode & 0o777 == 0o700
    assert sorted(os.listdir(state.parent)) == ["checkpoints.json", "checkpoints.json-lock"]
    assert json.loads(state.read_text()) == {
        "version": 1,
        "sessions": {
            SESSION_ID: {
                "checkpoint": TEXT,
                "database": "/data/provenance.db",
                "created_at": 1_700_000_000_000_000,
                "remembered_at": "2026-01-02T03:04:05+00:00",
            }
        },
    }


def test_a_longer_checkpoint_replaces_a_shorter_one_and_never_the_other_way(state: Path) -> None:
    longer = replace(ONE, checkpoint=TEXT.replace("\n3\n", "\n4\n"))
    signed = replace(ONE, checkpoint=SIGNED)
    for given_one, kept in ((ONE, ONE), (signed, signed), (ONE, signed), (longer, longer), (signed, longer)):
        remember({SESSION_ID: given_one})
        assert remembered() == {SESSION_ID: kept}


def test_nothing_is_lost_when_many_remember_at_once(state: Path) -> None:
    others = {f"{number:032x}": Checkpoint.of_session(f"{number:032x}", 1, bytes(32)) for number in range(24)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: remember({one[0]: replace(ONE, checkpoint=str(one[1]))}), others.items()))
    assert {session_id: one.checkpoint for session_id, one in remembered().items()} == {
        session_id: str(checkpoint) for session_id, checkpoint in others.items()
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"version": 2, "sessions": {}}',
        b'{"version": 1, "sessions": []}',
        b'{"version": 1, "sessions": {"a": {}}}',
        b"[" * 100_000,
        with_fields("f" * 32),
        with_fields(SESSION_ID, created_at="1"),
        with_fields(SESSION_ID, database=1),
        with_fields(SESSION_ID, checkpoint="\udcff"),
        with_fields(SESSION_ID, more=1),
    ],
)
def test_a_damaged_state_file_is_refused_and_left_as_it_is(state: Path, content: bytes) -> None:
    state.parent.mkdir(parents=True)
    state.write_bytes(content)
    refused = r"the state file .* is damaged .*: restore it, remove it, or name another"
    for act in (remembered, lambda: remember({SESSION_ID: ONE})):
        with pytest.raises(UsageError, match=refused):
            act()
    assert state.read_bytes() == content


def test_a_state_file_that_cannot_be_read_is_not_taken_for_an_empty_one(state: Path) -> None:
    state.mkdir(parents=True)
    with pytest.raises(UsageError, match=r"the state file .* cannot be read"):
        remembered()


def test_a_link_is_not_written_through(state: Path, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text('{"version": 1, "sessions": {}}')
    state.parent.mkdir(parents=True)
    state.symlink_to(target)
    with pytest.raises(UsageError, match="is a link or a directory"):
        remember({SESSION_ID: ONE})
    assert target.read_text() == '{"version": 1, "sessions": {}}'


@given(
    st.dictionaries(
        st.text("0123456789abcdef", min_size=32, max_size=32),
        st.tuples(st.integers(1, 2**64 - 1), st.binary(min_size=32, max_size=32), st.text(), st.none() | st.integers()),
    )
)
def test_what_is_remembered_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, sessions: dict[str, tuple[int, bytes, str, int | None]]
) -> None:
    found = {
        session_id: Remembered(str(Checkpoint.of_session(session_id, size, root)), path, created_at, "now")
        for session_id, (size, root, path, created_at) in sessions.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORIGIN_STATE", str(tmp_path_factory.mktemp("state") / "checkpoints.json"))
        remember(found)
        assert remembered() == found
