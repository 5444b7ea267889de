"""Files that are missing, not ours, damaged or out of reach: one line, exit code 2, nothing created or changed."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from cli.command import READING, assert_one_line, origin
from query.recordings import listing, record, record_rich, tamper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMANDS = pytest.mark.parametrize("arguments", READING, ids=" ".join)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "provenance.db"
    record(path, [[b"a", b"b"], ["a"]])
    return path.read_bytes()


def assert_refused(path: Path, *arguments: str) -> str:
    """The one line that refuses the file."""
    before = listing(path.parent)
    ran = origin(path, *arguments)
    assert_one_line(ran)
    assert listing(path.parent) == before
    return ran.err


@COMMANDS
def test_a_missing_file_is_not_created(path: Path, arguments: tuple[str, ...]) -> None:
    assert "does not exist" in assert_refused(path, *arguments)


@COMMANDS
def test_an_empty_file_is_left_alone(path: Path, arguments: tuple[str, ...]) -> None:
    path.touch()
    assert "is empty" in assert_refused(path, *arguments)


@COMMANDS
def test_random_bytes_are_no_database(path: Path, arguments: tuple[str, ...]) -> None:
    path.write_bytes(random.Random(1).randbytes(5000))
    assert_refused(path, *arguments)


@COMMANDS
@pytest.mark.parametrize(
    "mode",
    [
        "DELETE",
        "WAL",
    ],
)
def test_the_database_of_another_application_is_left_alone(path: Path, arguments: tuple[str, ...], mode: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute("CREATE TABLE session (id)")
        connection.commit()
    assert "no Origin database" in assert_refused(path, *arguments)


@COMMANDS
def test_a_directory_is_no_database(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert_refused(tmp_path, *arguments)


@COMMANDS
def test_a_newer_major_version_is_refused(path: Path, sound: bytes, arguments: tuple[str, ...]) -> None:
    path.write_bytes(sound)
    tamper(path, "PRAGMA user_version = 2000")
    assert "upgrade Origin" in assert_refused(path, *arguments)


@COMMANDS
def test_a_newer_minor_version_is_read(path: Path, sound: bytes, arguments: tuple[str, ...]) -> None:
    path.write_bytes(sound)
    expected = origin(path, *arguments)
    tamper(path, "PRAGMA user_version = 1007")
    before = listing(path.parent)
    assert origin(path, *arguments) == expected
    assert listing(path.parent) == before


@pytest.mark.parametrize("arguments", [("status",), ("trace", "--text", "a"), ("verify",), ("init",)], ids=" ".join)
def test_a_file_cut_off_anywhere_is_refused(path: Path, sound: bytes, arguments: tuple[str, ...]) -> None:
    for size in range(0, len(sound), 512):
        path.write_bytes(sound[:size])
        assert_refused(path, *arguments)


@COMMANDS
def test_a_file_cut_off_in_its_last_pages_is_refused(path: Path, sound: bytes, arguments: tuple[str, ...]) -> None:
    for size in (1, 99, 100, 511, 4095, 4096, 4097, len(sound) - 4097, len(sound) - 4096):
        path.write_bytes(sound[:size])
        assert_refused(path, *arguments)


@COMMANDS
def test_reading_a_sealed_record_changes_nothing(path: Path, sound: bytes, arguments: tuple[str, ...]) -> None:
    path.write_bytes(sound)
    origin(path, *arguments)
    assert listing(path.parent) == {path.name: sound}


@COMMANDS
def test_no_damage_within_a_file_gets_past_the_one_line(tmp_path: Path, rich: Path, arguments: tuple[str, ...]) -> None:
    path = tmp_path / "damaged.db"
    content = rich.read_bytes()
    generator = random.Random(str(arguments))
    for _ in range(60):
        start = generator.randrange(100, len(content))
        path.write_bytes(content[:start] + generator.randbytes(8) + content[start + 8 :])
        ran = origin(path, *arguments)
        if ran.err:
            assert ran.err.startswith("origin: ")
            assert ran.err.count("\n") == 1
            assert ran.code in {1, 2}


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rich") / "provenance.db"
    record_rich(path)
    return path


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE session SET frontier = 7",
        "UPDATE session SET size = 'x'",
        "UPDATE session SET started_at = 4611686018427387904, metadata = '{\"a\": NaN}'",
        "UPDATE session SET started_at = 'x', config_hash = x'00'",
        "UPDATE session SET metadata = replace(hex(zeroblob(100000)), '00', '[')",
        "UPDATE batch SET runs = '[[9,9,9]]'",
        "UPDATE batch SET runs = 7, indices = 'x', keys = '7'",
        "UPDATE batch SET fingerprints = 'x', count = 'y'",
        "UPDATE batch SET count = 4611686018427387904",
        "UPDATE source SET claims = '{}', license_id = x'ff', source_id = 7",
        "UPDATE source SET claims = '[['",
        "UPDATE tally SET observations = 'x'",
        "UPDATE lookup SET sightings = x'00'",
        "DELETE FROM lookup",
        "DELETE FROM source",
        "DELETE FROM file",
        "UPDATE ending SET ended_at = 'x', status = 7",
        "UPDATE gap SET batches = 'x'",
        "DROP TABLE batch",
        "DROP TABLE session",
        "DROP TABLE ending",
    ],
)
@COMMANDS
def test_rows_that_nobody_recorded_are_an_answer_or_one_line(
    path: Path, rich: Path, statement: str, arguments: tuple[str, ...]
) -> None:
    shutil.copy(rich, path)
    tamper(path, statement)
    ran = origin(path, *arguments)
    if arguments == ("verify",):
        assert (ran.code, ran.err) == (1, "")
    elif ran.err:
        assert ran.err.startswith("origin: ")
        assert ran.err.count("\n") == 1
        assert ran.code == 2
    assert "Traceback" not in ran.out + ran.err


@pytest.fixture
def unprivileged() -> Iterator[None]:
    if not hasattr(os, "geteuid"):
        pytest.skip("no users here")
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def reachable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory that another user can reach."""
    directory = tmp_path_factory.mktemp("shared")
    opened = [parent for parent in (directory, *directory.parents) if not parent.stat().st_mode & 0o001]
    modes = [parent.stat().st_mode for parent in opened]
    for parent in opened:
        parent.chmod(0o755)
    yield directory
    directory.chmod(0o755)
    for parent, mode in zip(opened, modes, strict=True):
        parent.chmod(mode)


@COMMANDS
def test_a_sealed_file_in_a_read_only_directory_is_read(
    reachable: Path, sound: bytes, arguments: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    path = reachable / "provenance.db"
    path.write_bytes(sound)
    expected = origin(path, *arguments)
    path.chmod(0o444)
    reachable.chmod(0o555)
    request.getfixturevalue("unprivileged")
    assert not os.access(reachable, os.W_OK, effective_ids=True)
    assert origin(path, *arguments) == expected


def test_a_file_that_may_not_be_read_is_refused(reachable: Path, sound: bytes, request: pytest.FixtureRequest) -> None:
    path = reachable / "provenance.db"
    path.write_bytes(sound)
    path.chmod(0o000)
    request.getfixturevalue("unprivileged")
    for arguments in READING:
        assert_one_line(origin(path, *arguments))
