"""What a power cut leaves of SQLite's log: a beginning of what was recorded, which verifies and can be continued.

The log is written without waiting for the disk, so any end of it may be missing, or stand there torn.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from faults.full_record import ENTRIES, IMAGES, digest, findings, logs, put_each

from origin import ProvenanceDatabase
from origin.core.fingerprint import Kind
from origin.core.record import Delivered, Source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HEADER, FRAME_HEADER = 32, 24
"""Bytes of the log's header, and of that of each frame (SQLite's file format, section 4.1)."""


MANY = Delivered("many", 0, 0, [digest(str(number)) for number in range(400)], ((Kind.BYTES, IMAGES, 400),), 4)
"""So many that the file must grow."""


@dataclass(frozen=True)
class Recorded:
    """A file and its log while two sessions were recorded, of which the first had ended; and what the logs hold."""

    file: bytes
    wal: bytes
    logs: dict[str, list[bytes]]

    @property
    def frame(self) -> int:
        return FRAME_HEADER + int.from_bytes(self.wal[8:12])

    @property
    def frames(self) -> range:
        """Where each frame starts, and where the last ends."""
        return range(HEADER, len(self.wal) + 1, self.frame)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    path = tmp_path_factory.mktemp("recorded") / "provenance.db"
    with ProvenanceDatabase(path) as db:
        first, second = db.begin_session("x"), db.begin_session("x")
        put_each(db, first.session_id, ENTRIES)
        put_each(db, second.session_id, ENTRIES[:3])
        first.end()
        put_each(db, second.session_id, [*ENTRIES[3:], MANY])
        found = Recorded(path.read_bytes(), path.with_name(f"{path.name}-wal").read_bytes(), logs(path))
    assert (len(found.wal) - HEADER) % found.frame == 0
    assert len(found.frames) > 50
    return found


def after_power_cut(path: Path, file: bytes, wal: bytes) -> dict[str, list[bytes]]:
    """What the sessions' logs hold once power is back."""
    for beside in path.parent.glob(f"{path.name}-*"):
        beside.unlink()
    path.write_bytes(file)
    path.with_name(f"{path.name}-wal").write_bytes(wal)
    assert findings(path) == []
    return logs(path)


def total(found: dict[str, list[bytes]]) -> int:
    return sum(map(len, found.values()))


def assert_beginnings(found: dict[str, list[bytes]], whole: dict[str, list[bytes]]) -> None:
    for session_id, log in found.items():
        assert log == whole[session_id][: len(log)]


def test_a_log_cut_at_any_frame_or_within_it_is_a_beginning_of_what_was_recorded(
    path: Path, recorded: Recorded
) -> None:
    reached = []
    for start in recorded.frames:
        for size in (start, start + 1, start + FRAME_HEADER, start + recorded.frame - 1):
            found = after_power_cut(path, recorded.file, recorded.wal[:size])
            assert_beginnings(found, recorded.logs)
            reached.append(total(found))
    assert reached == sorted(reached)
    assert (reached[0], reached[-1]) == (0, total(recorded.logs))
    commits = 2 + len(ENTRIES) * 2 + 1 + 1
    assert len(set(reached)) == commits + 1


def torn(recorded: Recorded, chance: random.Random) -> bytes:
    """The log with a part that never reached the disk: other bytes, or zeros, with what follows it in place."""
    start = chance.randrange(len(recorded.wal))
    size = chance.choice((1, 512, 4096))
    lost = bytes(size) if chance.random() < 0.5 else chance.randbytes(size)
    return (recorded.wal[:start] + lost + recorded.wal[start + size :])[: len(recorded.wal)]


def test_a_torn_log_is_a_beginning_of_what_was_recorded(path: Path, recorded: Recorded) -> None:
    chance = random.Random(1)
    for _ in range(100):
        found = after_power_cut(path, recorded.file, torn(recorded, chance))
        assert_beginnings(found, recorded.logs)


def folded_in_part(recorded: Recorded, frames: Iterable[int]) -> bytes:
    """The file with the pages of some frames copied into it, as a checkpoint does before it is cut short."""
    size = recorded.frame - FRAME_HEADER
    file = bytearray(recorded.file)
    for start in frames:
        page = int.from_bytes(recorded.wal[start : start + 4])
        file.extend(bytes(max(0, page * size - len(file))))
        file[(page - 1) * size : page * size] = recorded.wal[start + FRAME_HEADER : start + recorded.frame]
    return bytes(file)


def test_a_checkpoint_that_was_cut_short_loses_nothing(path: Path, recorded: Recorded) -> None:
    last = sorted({recorded.wal[start : start + 4]: start for start in recorded.frames[:-1]}.values())
    for count in range(len(last) + 1):
        some = random.Random(count).sample(last, count)
        assert after_power_cut(path, folded_in_part(recorded, some), recorded.wal) == recorded.logs


@pytest.mark.parametrize("seed", range(8))
def test_recording_goes_on_after_a_power_cut(path: Path, recorded: Recorded, seed: int) -> None:
    cut = random.Random(seed).choice(recorded.frames)
    before = after_power_cut(path, recorded.file, recorded.wal[:cut])
    more = Delivered("more", 0, 0, [digest("more")], ((Kind.BYTES, Source("more"), 1),), 4)
    with ProvenanceDatabase(path) as db:
        with db.reader() as reader:
            opened = [session.begin.session_id for session in reader.sessions() if session.end is None]
        for session in [db.begin_session("x"), *map(db.resume_session, opened)]:
            put_each(db, session.session_id, [more])
            session.end()
    assert findings(path) == []
    after = logs(path)
    assert_beginnings(before, after)
    # The source and the batch, the note of the sealed set and the end.
    assert all(len(after[session_id]) == len(before[session_id]) + 4 for session_id in opened)
