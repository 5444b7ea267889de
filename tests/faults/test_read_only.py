"""Records in a directory that nobody may write: everything that reads them works, and leaves nothing there."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cli.command import READING, assert_one_line, origin
from faults.full_record import leave_half_written, record_full
from query.recordings import listing

from origin.storage.raw import RawReader

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write anywhere: be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that everybody can reach; in it `kept`, with a record, which nobody may write, and `out`."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        (directory / "kept").mkdir()
        (directory / "out").mkdir()
        (directory / "out").chmod(0o777)
        record_full(directory / "kept" / "provenance.db")
        (directory / "kept" / "provenance.db").chmod(0o444)
        (directory / "kept").chmod(0o555)
        yield directory
        (directory / "kept").chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users here")
def test_every_command_reads_a_record_where_nothing_may_be_written(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shared / "kept" / "provenance.db"
    copy = shutil.copy(path, shared / "out" / "provenance.db")
    expected = {arguments: origin(copy, *arguments) for arguments in READING}
    copy.unlink()
    before = listing(shared / "kept")
    monkeypatch.setattr(tempfile, "tempdir", str(shared / "out"))  # there are machines where nobody may not write /tmp
    with unprivileged():
        assert not os.access(path.parent, os.W_OK, effective_ids=True)
        for arguments in READING:
            ran = origin(path, *arguments)
            assert (ran.code, ran.err) == (expected[arguments].code, expected[arguments].err), (arguments, ran.err)
        with RawReader(path) as reader:
            (first, _) = (session.begin.session_id for session in reader.sessions())
        proof, merged = str(shared / "out" / "a.proof"), str(shared / "out" / "merged.db")
        assert origin(path, "prove", "--text", "cow", "--session", first, "-o", proof).code == 0
        assert origin(None, "verify-proof", proof, "--text", "cow").code == 3
        assert origin(None, "merge", merged, str(path)).code == 0
        assert origin(Path(merged), "verify").code == 3
    assert listing(shared / "kept") == before


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users here")
def test_a_record_that_was_half_written_is_refused_where_sqlite_cannot_take_that_back(shared: Path) -> None:
    path = shared / "kept" / "provenance.db"
    leave_half_written(path)
    before = listing(shared / "kept")
    with unprivileged():
        for arguments in READING:
            ran = origin(path, *arguments)
            assert_one_line(ran)
            assert "was being written when a process died" in ran.err
    assert listing(shared / "kept") == before
