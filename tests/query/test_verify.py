from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from query.recordings import record, record_rich, tamper, tampering

from origin import ProvenanceDatabase
from origin.core.entry import entry_bytes
from origin.core.merkle import Frontier
from origin.core.record import Source
from origin.errors import NotFoundError, UnreadableDatabaseError
from origin.hooks.base import BaseHook
from origin.query.verify import verify
from origin.storage.raw import RawReader
from origin.storage.reads import Reader
from origin.storage.schema import VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from origin.query.verify import Verification


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    path = tmp_path_factory.mktemp("rich") / "provenance.db"
    return (path, *record_rich(path))


@pytest.fixture
def copy(rich: tuple[Path, str, str], path: Path) -> Path:
    shutil.copy(rich[0], path)
    return path


def verified(path: Path, session: str | None = None, root: bytes | None = None) -> Verification:
    with RawReader(path) as reader:
        return verify(reader, session, root)


def found(path: Path) -> list[tuple[str, str]]:
    return [(finding.where, finding.what) for finding in verified(path).findings]


def unlisted(expected: list[tuple[str, str]], listed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the expected findings, which tell how they start, that are not listed."""
    return [
        (where, what)
        for where, what in expected
        if not any(where == other and told.startswith(what) for other, told in listed)
    ]


BATCH = "WHERE session = 1 AND sequence = 4"
OPEN = "WHERE session = 2 AND sequence = 3"
REST = "loader, epoch, step, count, size, root, runs, indices, keys, fingerprints FROM batch"
BIT = "CAST(x'ff' || substr(fingerprints, 2) AS BLOB)"

TAMPERS: dict[str, tuple[list[str], list[tuple[str, str]]]] = {
    "a fingerprint's bit": (
        [f"UPDATE batch SET fingerprints = {BIT} {BATCH}"],
        [
            ("entry 4 (batch)", "its observations do not give its root"),
            (
                "tally of entry 1",
                "it states 505 observations of 501 samples, the batches give 505 observations of 502",
            ),
        ],
    ),
    "a batch deleted": (
        [f"DELETE FROM batch {BATCH}"],
        [("entry 4", "is missing"), ("entry 10 (end)", "it closes over 4 batches, the log holds 3")],
    ),
    "a batch's samples deleted": (
        [f"UPDATE batch SET count = 0, fingerprints = x'', runs = '[]', indices = NULL, keys = NULL {BATCH}"],
        [
            ("entry 4 (batch)", "its observations do not give its root"),
            ("entry 10 (end)", "it closes over 509 observations, the log holds 504"),
            ("entries 0 to 7", "are not all what was committed: the head states another root"),
        ],
    ),
    "two batches swapped": (
        [
            "UPDATE batch SET sequence = -1 WHERE session = 1 AND sequence = 2",
            "UPDATE batch SET sequence = 2 WHERE session = 1 AND sequence = 6",
            "UPDATE batch SET sequence = 6 WHERE session = 1 AND sequence = -1",
        ],
        [("entries 0 to 7", "are not all what was committed: the head states another root")],
    ),
    "an extra batch at the end": (
        [f"INSERT INTO batch SELECT NULL, 1, 11, {REST} {BATCH}"],
        [
            ("entry 11 (batch)", "lies beyond the head, which covers 11 entries"),
            ("entry 11 (batch)", "follows the end of the session, entry 10"),
        ],
    ),
    "an extra row under a number that is taken": (
        ["INSERT INTO gap VALUES (1, 4, 'observer', 'x', 1, 1, NULL, NULL, NULL)"],
        [("entry 4 (gap)", "its number is taken")],
    ),
    "an extra batch in an open session": (
        [f"INSERT INTO batch SELECT NULL, 2, 4, {REST} {OPEN}"],
        [("entry 4 (batch)", "lies beyond the head, which covers 4 entries")],
    ),
    "the last entries deleted and the head left": (
        ["DELETE FROM ending", "DELETE FROM batch WHERE session = 1 AND sequence = 8"],
        [("entry 8", "is missing"), ("entry 10", "is missing"), ("tally", "the session is sealed but has no end")],
    ),
    "the last entry of an open session deleted": (
        ["DELETE FROM batch WHERE session = 2 AND sequence = 3"],
        [("entry 3", "is missing")],
    ),
    "the head states another size": (
        ["UPDATE session SET size = 3 WHERE id = 2"],
        [
            ("entry 3 (batch)", "lies beyond the head, which covers 3 entries"),
            ("head", "it is malformed: 3 entries need 2 hashes"),
        ],
    ),
    "the head states another root": (
        ["UPDATE session SET frontier = randomblob(96) WHERE id = 1"],
        [
            ("entries 0 to 7", "are not all what was committed: the head states another root"),
            ("entries 8 to 9", "are not all what was committed: the head states another root"),
            ("entry 10", "is not what was committed: the head states another root"),
        ],
    ),
    "a head of no kind": (
        ["UPDATE session SET size = 'x', frontier = 7 WHERE id = 1"],
        [
            ("session row", "size holds text where integer belongs"),
            ("session row", "frontier holds integer where blob belongs"),
            ("head", "it covers 'x' entries, but every session has at least one"),
        ],
    ),
    "a head of absurd size": (
        ["UPDATE session SET size = 4611686018427387904 WHERE id = 1"],
        [("entries 11 to 4611686018427387903", "are missing")],
    ),
    "a licence edited": (
        ["UPDATE source SET license_id = 'MIT' WHERE source_id = 'other'"],
        [
            ("source row 1", "the declaration of 'other' is not the one that its digest names"),
            ("entries 0 to 7", "are not all what was committed: the head states another root"),
        ],
    ),
    "a claim removed": (
        ["UPDATE source SET claims = '[]' WHERE source_id = 'other'"],
        [("source row 1", "the declaration of 'other' is not the one that its digest names")],
    ),
    "a claim reworded without another meaning": (
        ["UPDATE source SET claims = ' ' || claims WHERE source_id = 'other'"],
        [("source row 1", "the claims are not written as Origin writes them")],
    ),
    "a claim made unreadable": (
        ["UPDATE source SET claims = '[[' WHERE source_id = 'other'"],
        [("entry 3 (source)", "names source row 1, which cannot be read or does not exist")],
    ),
    "metadata of a source edited": (
        ["""UPDATE source SET metadata = '{"rows":8}' WHERE source_id = 'other'"""],
        [("source row 1", "the declaration of 'other' is not the one that its digest names")],
    ),
    "a source deleted": (
        ["DELETE FROM source WHERE source_id = 'other'"],
        [
            ("SQLite", "rows of session_source that refer to a row of source that does not exist: 1"),
            ("source rows", "row 1 is missing before source row 2"),
            ("entry 3 (source)", "names source row 1, which cannot be read or does not exist"),
        ],
    ),
    "a session's source exchanged": (
        ["UPDATE session_source SET source = 2 WHERE session = 1 AND sequence = 3"],
        [("entries 0 to 7", "are not all what was committed: the head states another root")],
    ),
    "a sample relabelled as text": (
        [f"UPDATE batch SET runs = replace(runs, '[1,1,1]', '[2,1,1]') {BATCH}"],
        [("entry 4 (batch)", "its observations do not give its root")],
    ),
    "a sample moved to another source": (
        [f"UPDATE batch SET runs = replace(runs, '[1,3,4]', '[1,1,4]') {BATCH}"],
        [
            ("entry 4 (batch)", "its observations do not give its root"),
            ("tally of entry 3", "it states 2 observations of 2 samples, the batches give 1 observations of 1 samples"),
        ],
    ),
    "a sample moved to no source": (
        [f"UPDATE batch SET runs = replace(runs, '[1,3,4]', '[1,8,4]') {BATCH}"],
        [("entry 4 (batch)", "a run names entry 8, which declares no source before this batch")],
    ),
    "a sample of an unknown kind": (
        [f"UPDATE batch SET runs = replace(runs, '[1,3,4]', '[9,3,4]') {BATCH}"],
        [("entry 4 (batch)", "a run has the unknown kind 9")],
    ),
    "runs that leave samples out": (
        [f"UPDATE batch SET runs = '[[1,1,4]]' {BATCH}"],
        [("entry 4 (batch)", "runs cover 4 of 5 observations")],
    ),
    "runs that are no JSON": (
        [f"UPDATE batch SET runs = '[[' {BATCH}"],
        [("entry 4 (batch)", "runs are malformed (Expecting value: line 1 column 3 (char 2))")],
    ),
    "runs nested too deep": (
        [f"UPDATE batch SET runs = replace(hex(zeroblob(100000)), '00', '[') {BATCH}"],
        [("entry 4 (batch)", "runs are malformed")],
    ),
    "runs with a space": (
        [f"UPDATE batch SET runs = replace(runs, ',', ', ') {BATCH}"],
        [("entry 4 (batch)", "runs are not written as Origin writes them")],
    ),
    "an index edited": (
        [f"UPDATE batch SET indices = CAST(x'00000008' || x'0a' AS BLOB) {BATCH}"],
        [("entry 4 (batch)", "its observations do not give its root")],
    ),
    "indices widened": (
        [f"UPDATE batch SET indices = x'00000000000000080009' {BATCH}"],
        [("entry 4 (batch)", "indices are not written as Origin writes them")],
    ),
    "indices of a wrong number": (
        [f"UPDATE batch SET indices = x'000000' {BATCH}"],
        [("entry 4 (batch)", "indices are malformed (3 bytes are no 5 numbers)")],
    ),
    "indices larger than any": (
        [f"UPDATE batch SET indices = CAST(zeroblob(32) || x'ffffffffffffffff' AS BLOB) {BATCH}"],
        [("entry 4 (batch)", "indices are malformed (larger than any index can be)")],
    ),
    "a key edited": (
        [f"UPDATE batch SET keys = replace(keys, 'row-7', 'row-9') {BATCH}"],
        [("entries 0 to 7", "are not all what was committed: the head states another root")],
    ),
    "keys that are no list": (
        [f"UPDATE batch SET keys = '7' {BATCH}"],
        [("entry 4 (batch)", "keys are malformed ('int' object is not iterable)")],
    ),
    "keys of a wrong number": (
        [f"""UPDATE batch SET keys = '["a"]' {BATCH}"""],
        [("entry 4 (batch)", "1 keys are not those of 5 observations")],
    ),
    "an absurd count": (
        [f"UPDATE batch SET count = 1152921504606846976 {BATCH}"],
        [("entry 4 (batch)", "160 bytes of fingerprints are not those of 1152921504606846976 observations")],
    ),
    "the step edited": (
        [f"UPDATE batch SET step = 7, epoch = 1, loader = 'x', size = 1 {BATCH}"],
        [("entries 0 to 7", "are not all what was committed: the head states another root")],
    ),
    "the root edited": (
        [f"UPDATE batch SET root = randomblob(32) {BATCH}"],
        [
            ("entry 4 (batch)", "its observations do not give its root"),
            ("entries 0 to 7", "are not all what was committed: the head states another root"),
        ],
    ),
    "bytes turned into text": (
        [f"UPDATE batch SET fingerprints = CAST(fingerprints AS TEXT), root = lower(hex(root)) {BATCH}"],
        [
            ("entry 4 (batch)", "fingerprints holds text that is no UTF-8 where blob belongs"),
            ("entry 4 (batch)", "root holds text where blob belongs"),
        ],
    ),
    "text turned into bytes, numbers into others": (
        [
            f"UPDATE batch SET loader = CAST(loader AS BLOB), epoch = 'x', step = 1.5, runs = x'00', keys = 7 {BATCH}",
            "UPDATE session SET config_hash = CAST(config_hash AS BLOB), started_at = 'x' WHERE id = 1",
            "UPDATE gap SET detail = CAST(detail AS BLOB), batches = 'x'",
            "UPDATE ending SET ended_at = 'x'",
            "UPDATE file SET created_at = 'x'",
            "UPDATE source SET source_id = CAST(x'ff' AS TEXT) WHERE id = 1",
        ],
        [
            ("entry 4 (batch)", "loader holds blob where text belongs"),
            ("entry 4 (batch)", "epoch holds text where integer belongs"),
            ("entry 4 (batch)", "step holds a real number where integer belongs"),
            ("entry 4 (batch)", "runs holds blob where text belongs"),
            ("session row", "config_hash holds blob where text belongs"),
            ("session row", "started_at holds text where integer belongs"),
            ("entry 5 (gap)", "detail holds blob where text belongs"),
            ("entry 5 (gap)", "batches holds text where integer belongs"),
            ("entry 10 (end)", "ended_at holds text where integer belongs"),
            ("file", "created_at holds text where integer belongs"),
            ("source row 1", "source_id holds text that is no UTF-8 where text belongs"),
        ],
    ),
    "sequences that are none": (
        [
            "UPDATE batch SET sequence = 'x' WHERE session = 1 AND sequence = 8",
            "UPDATE batch SET sequence = -5 WHERE session = 1 AND sequence = 6",
            "UPDATE batch SET sequence = 4611686018427387904 WHERE session = 2 AND sequence = 3",
        ],
        [
            ("batch rows", "a row has the sequence 'x', which is no number"),
            ("entry -5 (batch)", "no entry has such a number"),
            ("entry 4611686018427387904 (batch)", "lies beyond the head, which covers 4 entries"),
            ("entry 8", "is missing"),
            ("entry 6", "is missing"),
            ("entry 3", "is missing"),
        ],
    ),
    "the session's facts edited": (
        ["UPDATE session SET config_hash = 'better', metadata = '{}' WHERE id = 1"],
        [("entries 0 to 7", "are not all what was committed: the head states another root")],
    ),
    "a session moved to another id": (
        ["UPDATE session SET session_id = session_id || '0' WHERE id = 2"],
        [("entries 0 to 3", "are not all what was committed: the head states another root")],
    ),
    "a gap edited": (
        ["UPDATE gap SET batches = 0, observations = 0"],
        [("entries 0 to 7", "are not all what was committed: the head states another root")],
    ),
    "a gap deleted": (
        ["DELETE FROM gap"],
        [("entry 5", "is missing"), ("entry 10 (end)", "it closes over 1 gaps, the log holds 0")],
    ),
    "the end edited": (
        ["UPDATE ending SET status = 'perfect', batches = 7, observations = 8, gaps = 9"],
        [
            ("entry 10 (end)", "'perfect' is no status that a session ends with"),
            ("entry 10 (end)", "it closes over 7 batches, the log holds 4"),
            ("entry 10 (end)", "it closes over 8 observations, the log holds 509"),
            ("entry 10 (end)", "it closes over 9 gaps, the log holds 1"),
            ("entry 10", "is not what was committed: the head states another root"),
        ],
    ),
    "an end added to an open session": (
        ["INSERT INTO ending VALUES (2, 4, 'completed', 0, 2, 2, 0)"],
        [("entry 4 (end)", "lies beyond the head, which covers 4 entries")],
    ),
    "an end before the last entry": (
        ["UPDATE ending SET sequence = 8", "UPDATE batch SET sequence = 9 WHERE session = 1 AND sequence = 8"],
        [("entry 9 (batch)", "follows the end of the session, entry 8")],
    ),
    "a sighting dropped": (
        ["UPDATE lookup SET sightings = CAST(substr(sightings, 12) AS BLOB) WHERE page = 0"],
        [("lookup page 0", "differs from the batches: sightings lost 1, added 0")],
    ),
    "sightings out of order": (
        ["UPDATE lookup SET sightings = CAST(substr(sightings, 12) || substr(sightings, 1, 11) AS BLOB)"],
        [("lookup page 0", "its sightings are not in order")],
    ),
    "a lookup page dropped": (
        ["DELETE FROM lookup WHERE page = 0"],
        [("lookup page 0", "is missing: sightings lost 360")],
    ),
    "a lookup page added": (
        ["INSERT INTO lookup SELECT session, 7, first, sightings FROM lookup WHERE page = 0"],
        [("lookup page 7", "is none that the batches give")],
    ),
    "a lookup page that starts elsewhere": (
        ["UPDATE lookup SET first = x'00000000000000' WHERE page = 1"],
        [("lookup page 1", "does not start where it says")],
    ),
    "a lookup page of no kind": (
        ["UPDATE lookup SET sightings = 'x' WHERE page = 1"],
        [("lookup page 1", "sightings holds text where blob belongs")],
    ),
    "a tally edited": (
        ["UPDATE tally SET samples = 1 WHERE sequence = 3"],
        [("tally of entry 3", "it states 2 observations of 1 samples, the batches give 2 observations of 2 samples")],
    ),
    "the tally of all dropped": (
        ["DELETE FROM tally WHERE sequence = 0"],
        [("tally of all sources", "it states nothing, the batches give 509 observations of 504 samples")],
    ),
    "a tally added": (
        ["INSERT INTO tally VALUES (1, 5, 1, 1)"],
        [("tally of entry 5", "it states 1 observations of 1 samples, the batches give nothing")],
    ),
    "a trigger added": (
        ["CREATE TRIGGER hide AFTER INSERT ON batch BEGIN DELETE FROM gap; END"],
        [("trigger hide", "is none of Origin's: it was added")],
    ),
    "a view, a table and an index added": (
        ["CREATE VIEW v AS SELECT 1", "CREATE TABLE t (a)", "CREATE INDEX i ON batch (epoch)"],
        [
            ("view v", "is none of Origin's: it was added"),
            ("table t", "is none of Origin's: it was added"),
            ("index i", "is none of Origin's: it was added"),
        ],
    ),
    "a view exchanged and an index dropped": (
        ["DROP VIEW sources", "CREATE VIEW sources AS SELECT 'MIT' AS license_id", "DROP INDEX source_by_name"],
        [("view sources", "has another definition than Origin gave it"), ("index source_by_name", "is missing")],
    ),
    "rows without a session": (
        [
            "INSERT INTO gap VALUES (99, 1, 'observer', 'x', 1, 1, NULL, NULL, NULL)",
            "INSERT INTO tally VALUES (98, 1, 1, 1)",
            "INSERT INTO lookup SELECT 97, page, first, sightings FROM lookup",
            f"INSERT INTO batch SELECT NULL, 96, sequence, {REST} {BATCH}",
        ],
        [
            ("gap rows", "1 row belongs to session row 99, which does not exist"),
            ("tally rows", "1 row belongs to session row 98, which does not exist"),
            ("lookup rows", "2 rows belong to session row 97, which does not exist"),
            ("batch rows", "1 row belongs to session row 96, which does not exist"),
            ("SQLite", "rows of lookup that refer to a row of session that does not exist: 2"),
        ],
    ),
    "a session deleted and its rows left": (
        ["DELETE FROM session WHERE id = 1"],
        [
            ("session rows", "row 1 is missing before session row 2"),
            ("batch rows", "4 rows belong to session row 1, which does not exist"),
        ],
    ),
    "a session deleted with all its rows": (
        [
            f"DELETE FROM {table} WHERE session = 1"
            for table in ("session_source", "batch", "gap", "ending", "lookup", "tally")
        ]
        + ["DELETE FROM session WHERE id = 1"],
        [("session rows", "row 1 is missing before session row 2")],
    ),
    "the file's description gone": (
        ["DELETE FROM file"],
        [("file", "it has 0 descriptions of itself where one belongs")],
    ),
    "the file's key exchanged": (
        ["UPDATE file SET key_id = 'another'"],
        [("file", "its key is not the one that its sessions were recorded with")],
    ),
    "a table dropped": (
        ["DROP TABLE batch"],
        [("table batch", "is missing"), ("entry 4", "is missing")],
    ),
}


@pytest.mark.parametrize("name", TAMPERS)
def test_every_direct_tamper_is_found_without_a_root_from_outside(name: str, copy: Path) -> None:
    statements, expected = TAMPERS[name]
    tamper(copy, *statements)
    assert unlisted(expected, found(copy)) == []


def test_all_tampers_at_once_are_all_listed(copy: Path) -> None:
    together = [
        "rows without a session",
        "an index edited",
        "a gap edited",
        "a licence edited",
        "a tally added",
        "an extra batch at the end",
        "an extra batch in an open session",
        "the end edited",
        "an extra row under a number that is taken",
        "the file's key exchanged",
        "a lookup page added",
        "a lookup page dropped",
        "a trigger added",
    ]
    tamper(copy, *(statement for name in together for statement in TAMPERS[name][0]))
    assert unlisted([finding for name in together for finding in TAMPERS[name][1]], found(copy)) == []


def test_a_head_rewound_to_an_earlier_state_leaves_rows_beyond_it(copy: Path) -> None:
    with Reader(copy) as reader:
        session = reader.sessions()[1]
        source = dict(reader.sources(session.row))[1]
    edge = Frontier()
    edge.append(entry_bytes(session.begin))
    edge.append(entry_bytes(source))
    with tampering(copy) as connection:
        connection.execute("UPDATE session SET size = 2, frontier = ? WHERE id = 2", (b"".join(edge.hashes),))
    beyond = "lies beyond the head, which covers 2 entries"
    assert found(copy) == [("entry 2 (batch)", beyond), ("entry 3 (batch)", beyond)]


def test_a_source_and_its_digest_edited_together_are_found_by_the_tree(copy: Path) -> None:
    with Reader(copy) as reader:
        source = next(each for _, each in reader.sources(1) if each.source_id == "other")
    forged = Source(**{**{name: getattr(source, name) for name in Source.__slots__}, "license_id": "MIT"})
    with tampering(copy) as connection:
        connection.execute("UPDATE source SET license_id = 'MIT', digest = ? WHERE id = 1", (forged.digest(),))
    assert found(copy) == [
        ("entries 0 to 7", "are not all what was committed: the head states another root"),
        ("sealed set", "what the log commits is not what the batches give"),  # it counts the licences
    ]


@pytest.mark.parametrize("table", ["session", "source"])
def test_a_table_whose_numbers_are_no_numbers_any_more_is_found(copy: Path, table: str) -> None:
    with tampering(copy) as connection:
        connection.execute("PRAGMA writable_schema = 1")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'INTEGER PRIMARY KEY', 'TEXT') WHERE name = ?", (table,)
        )
    with tampering(copy) as connection:
        connection.execute(f"UPDATE {table} SET id = 'one' WHERE rowid = 1")
    listed = found(copy)
    assert (f"table {table}", "has another definition than Origin gave it") in listed
    assert any(what == "id holds text where integer belongs" for _, what in listed)


def test_text_with_the_same_reading_but_other_bytes_is_found(path: Path) -> None:
    # The recorded name is a lone surrogate, as of a file name that is no UTF-8: its stored bytes are ed b3 bf.
    record(path, [[b"a"]], source="\udcff")
    assert verified(path).findings == ()
    tamper(path, "UPDATE source SET source_id = CAST(x'ff' AS TEXT)")
    assert ("source row 1", "source_id holds text that is no UTF-8 where text belongs") in found(path)


def test_an_untouched_record_has_no_finding(rich: tuple[Path, str, str]) -> None:
    result = verified(rich[0])
    assert result.findings == ()
    assert [(each.session_id, each.entries, each.batches, each.observations) for each in result.sessions] == [
        (rich[1], 11, 4, 509),
        (rich[2], 4, 2, 2),
    ]
    assert result.consistent
    assert not result.anchored


def test_the_root_is_the_one_that_a_reader_tells(rich: tuple[Path, str, str]) -> None:
    with Reader(rich[0]) as reader:
        roots = [session.root().hex() for session in reader.sessions()]
    assert [session.root for session in verified(rich[0]).sessions] == roots


@pytest.mark.parametrize("status", ["completed", "failed", "interrupted", None])
def test_a_record_that_ended_in_any_way_has_no_finding(path: Path, status: str | None) -> None:
    record(path, [[b"a", "b"], []], status=status, epochs=2)
    assert verified(path).findings == ()


def test_a_keyed_record_has_no_finding_and_needs_no_key(path: Path) -> None:
    record(path, [[b"a", "b"]], key=b"k" * 32)
    record(path, [[b"c"]], key=b"k" * 32, status=None)
    assert verified(path).findings == ()


def test_a_file_without_sessions_is_consistent(path: Path) -> None:
    ProvenanceDatabase(path).close()
    result = verified(path)
    assert (result.sessions, result.findings) == ((), ())


def test_a_session_is_checked_alone_but_the_file_with_it(copy: Path, rich: tuple[Path, str, str]) -> None:
    tamper(copy, f"UPDATE batch SET step = 7 {BATCH}", "CREATE TABLE t (a)")
    alone = verified(copy, rich[2][:8])
    assert [session.session_id for session in alone.sessions] == [rich[2]]
    assert [(each.session_id, each.where) for each in alone.findings] == [(None, "table t")]
    assert verified(copy, "latest").sessions == alone.sessions


def test_a_session_that_is_not_there_is_not_found(rich: tuple[Path, str, str]) -> None:
    with pytest.raises(NotFoundError):
        verified(rich[0], "zz")


def test_the_right_root_anchors_its_session_alone(rich: tuple[Path, str, str]) -> None:
    root = bytes.fromhex(verified(rich[0]).sessions[0].root or "")
    result = verified(rich[0], root=root)
    assert result.anchored
    assert [session.anchored for session in result.sessions] == [True, False]


def test_a_root_that_no_session_has_is_a_finding(rich: tuple[Path, str, str]) -> None:
    result = verified(rich[0], root=bytes(32))
    assert [(each.where, each.what) for each in result.findings] == [
        ("root", f"no checked session has the given root {'00' * 32}")
    ]
    assert not result.anchored


def test_a_consistent_rewrite_is_found_by_the_root_alone(path: Path, tmp_path: Path) -> None:
    record(path, [[b"a"], [b"b"]])
    root = bytes.fromhex(verified(path).sessions[0].root or "")
    forged = tmp_path / "forged.db"
    record(forged, [[b"a"]])
    assert verified(forged).consistent
    assert not verified(forged, root=root).consistent


def test_pages_of_a_seal_that_broke_off_are_no_finding(copy: Path) -> None:
    tamper(copy, "DELETE FROM tally", "DELETE FROM lookup WHERE page = 1")
    assert found(copy) == []


def test_progress_counts_up_to_about_the_total(rich: tuple[Path, str, str]) -> None:
    calls: list[tuple[int, int]] = []
    with RawReader(rich[0]) as reader:
        verify(reader, progress=lambda done, total: calls.append((done, total)))
    assert calls[0] == (1, 30)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert calls[-1][0] <= 30


def test_a_damaged_page_is_a_finding_or_an_error_never_anything_else(rich: tuple[Path, str, str], path: Path) -> None:
    sound = rich[0].read_bytes()
    quiet = []
    for start in range(4096, len(sound), 4096):
        path.write_bytes(sound[:start] + b"\xff" * 64 + sound[start + 64 :])
        with contextlib.suppress(UnreadableDatabaseError):
            quiet += [] if verified(path).findings else [start]
    assert quiet == []


def test_a_newer_minor_version_with_our_tables_is_verified_and_with_others_refused(copy: Path) -> None:
    tamper(copy, f"PRAGMA user_version = {VERSION + 1}")
    assert verified(copy).findings == ()
    tamper(copy, "CREATE TABLE novelty (a)")
    with pytest.raises(UnreadableDatabaseError, match="newer Origin"):
        verified(copy)


def test_a_session_being_recorded_in_this_process_is_consistent(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("running")
        for number, _ in enumerate(BaseHook(db, session.session_id, "train").wrap([b"%d" % n for n in range(60)])):
            if number % 20 == 0:
                db.flush()
                assert verified(path).findings == ()


WRITER = """
import sys
from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook
with ProvenanceDatabase(sys.argv[1]) as db, db.begin_session("running") as session:
    print("begun", flush=True)
    hook = BaseHook(db, session.session_id, "train", "MIT")
    for _ in hook.wrap([b"%d %d" % (n, m) for m in range(64)] for n in range(10**9)):
        pass
"""


def test_a_session_being_recorded_by_another_process_is_consistent(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"begun\n"
            results = [verified(path)]
            while results[-1].sessions[0].entries < 1000:
                results.append(verified(path))
        finally:
            writer.kill()
    assert {result.findings for result in results} == {()}
    assert verified(path).findings == ()
