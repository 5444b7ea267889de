"""Each byte of a small record changed in turn: it is found, or refused, or it changes nothing that the record says."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from cli.command import READING, origin
from faults.full_record import Dump, digest, dump, findings, record_full

from origin import ProvenanceDatabase
from origin.errors import OriginError
from origin.proofs.erasure import erase
from origin.query.verify import complaint
from origin.storage.schema import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NOT_COMMITTED = {("file", "created_at"), ("file", "origin_version"), ("session", "writer")}
"""What no root covers (docs/trust.md): when and by which version the file was made, and which process writes."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Both sessions, a model bound afterwards and a sample erased, in pages of 512 bytes: there are inner pages,
    overflow pages, and little that is unused.
    """
    path = tmp_path_factory.mktemp("sound") / "provenance.db"
    ended, _ = record_full(path)
    model = path.with_name("model")
    model.write_bytes(b"weights")
    with ProvenanceDatabase(path) as db:
        db.bind(ended, model)
    assert len(erase(path, [digest("b"), digest("0"), digest("raw")], complaint).sessions) == 2
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA page_size = 512")
        connection.execute("VACUUM")
    assert findings(path) == []
    said = dump(path)
    assert [name for name, rows in said.items() if not rows] == []
    return path.read_bytes()


class Flipped:
    """A copy of the record, of which one byte at a time is another."""

    def __init__(self, path: Path, sound: bytes) -> None:
        self.path = path
        self.sound = sound
        path.write_bytes(sound)
        self.said = dump(path)

    def each(self, flips: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        with self.path.open("r+b", buffering=0) as file:
            for at, mask in flips:
                file.seek(at)
                file.write(bytes([self.sound[at] ^ mask]))
                yield at, mask
                file.seek(at)
                file.write(self.sound[at : at + 1])
                for beside in self.path.parent.glob(f"{self.path.name}-*"):
                    beside.unlink()

    def outcome(self) -> str:
        try:
            if findings(self.path):
                return "found"
        except OriginError:
            return "refused"
        except Exception as error:  # noqa: BLE001 - it is what the test looks for
            return f"{type(error).__name__}: {error}"
        changed = different(self.said, dump(self.path))
        return f"not found: {changed}" if changed else "nothing changed"


def different(before: Dump, after: Dump) -> list[str]:
    """What two files say differently, apart from what is not committed."""
    changed = [] if before.keys() == after.keys() else ["tables"]
    for table in before.keys() & after.keys():
        if len(before[table]) != len(after[table]):
            changed.append(f"rows of {table}")
        for one, other in zip(before[table], after[table], strict=False):
            changed += [f"{table}.{column}" for column in one if one[column] != other[column]]
    if VERSION < int(after["user_version"][0]["user_version"]) < VERSION // 1000 * 1000 + 1000:
        # A later 1.x with the same tables is read as this one; the version is the file's own, as who made it is.
        changed.remove("user_version.user_version")
    return sorted(set(changed) - {f"{table}.{column}" for table, column in NOT_COMMITTED})


def check(path: Path, sound: bytes, flips: Iterable[tuple[int, int]]) -> dict[str, int]:
    """How many flips had which outcome; fails with those that should have none."""
    flipped = Flipped(path, sound)
    counted = {"found": 0, "refused": 0, "nothing changed": 0}
    wrong = []
    for at, mask in flipped.each(flips):
        outcome = flipped.outcome()
        if outcome in counted:
            counted[outcome] += 1
        else:
            wrong.append(f"byte {at} ^ {mask}: {outcome}")
    assert wrong == []
    return counted


def test_a_flipped_byte_is_found_or_refused_or_means_nothing(path: Path, sound: bytes) -> None:
    chance = random.Random(1)
    header = [(at, 1 << bit) for at in range(100) for bit in range(0, 8, 3)]
    others = [(chance.randrange(100, len(sound)), 1 << chance.randrange(8)) for _ in range(300)]
    counted = check(path, sound, header + others)
    assert counted["found"] > 80
    assert counted["refused"] > 80


@pytest.mark.faults
@pytest.mark.parametrize("quarter", range(4))
def test_every_byte_that_is_flipped_is_found_or_refused_or_means_nothing(
    path: Path, sound: bytes, quarter: int
) -> None:
    chance = random.Random(quarter)
    places = range(len(sound) * quarter // 4, len(sound) * (quarter + 1) // 4)
    counted = check(path, sound, [(at, mask) for at in places for mask in (1 << chance.randrange(8), 0xFF)])
    assert counted["found"] + counted["refused"] > len(places) // 2


def test_what_is_not_committed_can_be_changed_and_nothing_else_is_said_to_be(path: Path, sound: bytes) -> None:
    for table, column in sorted(NOT_COMMITTED):
        path.write_bytes(sound)
        value = 7 if column == "created_at" else "'other'"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(f"UPDATE {table} SET {column} = {value}")
        assert findings(path) == []


def reading_is_an_answer_or_one_line(path: Path, sound: bytes, seed: int, flips: int) -> None:
    chance = random.Random(seed)
    flipped = Flipped(path, sound)
    for _ in flipped.each((chance.randrange(len(sound)), 1 << chance.randrange(8)) for _ in range(flips)):
        for arguments in READING:
            ran = origin(path, *arguments)
            assert ran.code in {0, 1, 2, 3}
            assert "Traceback" not in ran.out + ran.err
            if ran.err:
                assert ran.err.startswith("origin: ")
                assert ran.err.count("\n") == 1


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(4))
def test_every_command_answers_from_a_flipped_record_or_says_in_one_line_why_not(
    path: Path, sound: bytes, seed: int
) -> None:
    reading_is_an_answer_or_one_line(path, sound, seed, flips=50)


def test_commands_answer_from_a_flipped_record_or_say_in_one_line_why_not(path: Path, sound: bytes) -> None:
    reading_is_an_answer_or_one_line(path, sound, seed=9, flips=3)
