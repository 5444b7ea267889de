from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest
from conftest import gaps, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from origin import OriginWarning, ProvenanceDatabase, fingerprint
from origin.core.fingerprint import Kind
from origin.errors import UsageError
from origin.hooks.tables import TableHook

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Seen

ROWS = [{"text": f"line {number}", "label": number % 2 or None, "tags": ["a"] * number} for number in range(6)]
PRINTS = [fingerprint(row) for row in ROWS]


@pytest.fixture
def lines() -> pa.Table:
    return pa.concat_tables([pa.Table.from_pylist(ROWS[:4]), pa.Table.from_pylist(ROWS[4:])])


def hook_for(db: ProvenanceDatabase, **options: Any) -> TableHook:
    session = db.begin_session(config_hash="test")
    return TableHook(db, session.session_id, "lines", "MIT", **options)


def recorded(path: Path, db: ProvenanceDatabase) -> list[Seen]:
    db.flush()
    return seen(path)


def flat(batches: list[Seen]) -> list[str]:
    return [print_ for batch in batches for print_ in batch.fingerprints]


def test_a_table_gives_its_batches_and_each_row_has_its_number(
    db: ProvenanceDatabase, path: Path, lines: pa.Table
) -> None:
    wrapped = hook_for(db).wrap(lines)
    for _ in range(2):
        assert list(wrapped) == lines.to_batches()
    batches = recorded(path, db)
    assert [(batch.epoch, batch.step, batch.indices) for batch in batches] == [
        (0, 0, [0, 1, 2, 3]),
        (0, 1, [4, 5]),
        (1, 2, [0, 1, 2, 3]),
        (1, 3, [4, 5]),
    ]
    assert flat(batches) == PRINTS * 2
    assert batches[0].sources == [("lines", "MIT")] * 4


def test_batches_share_the_memory_of_the_table(db: ProvenanceDatabase, lines: pa.Table) -> None:
    chunk = lines.column("text").chunk(0)
    batch = next(iter(hook_for(db).wrap(lines, batch_size=3)))
    assert batch.num_rows == 3
    assert batch.column(0).buffers()[2].address == chunk.buffers()[2].address


def test_a_batch_is_recorded_when_it_is_delivered(db: ProvenanceDatabase, path: Path, lines: pa.Table) -> None:
    for _ in hook_for(db).wrap(lines, batch_size=2):
        break
    assert flat(recorded(path, db)) == PRINTS[:2]


def test_the_rows_of_a_stream_have_no_number_unless_it_is_told(
    db: ProvenanceDatabase, path: Path, lines: pa.Table
) -> None:
    hook = hook_for(db)
    list(hook.wrap(lines.to_reader()))
    list(hook.wrap(lines.slice(2).to_reader(), first=2))
    list(hook.wrap(lines.slice(2), first=2))
    list(hook.wrap(iter(lines.to_batches())))
    assert [batch.indices for batch in recorded(path, db)] == [None, None, [2, 3], [4, 5], [2, 3], [4, 5], None, None]
    assert flat(recorded(path, db)) == PRINTS + PRINTS[2:] * 2 + PRINTS


def test_an_iterable_gives_the_very_objects_of_its_own(db: ProvenanceDatabase, path: Path, lines: pa.Table) -> None:
    items = [lines.slice(0, 2), lines.to_batches()[1], pl.from_arrow(lines.slice(1, 1)), lines.slice(0, 1).to_pandas()]
    received = list(hook_for(db).wrap(items, first=10))
    assert [id(item) for item in received] == [id(item) for item in items]
    batches = recorded(path, db)
    assert [batch.indices for batch in batches] == [[10, 11], [12, 13], [14], [15]]
    assert flat(batches)[:5] == [*PRINTS[:2], *PRINTS[4:], PRINTS[1]]


def test_datasets_and_scanners_are_streams_of_what_they_deliver(
    db: ProvenanceDatabase, path: Path, lines: pa.Table, tmp_path: Path
) -> None:
    pq.write_table(lines, tmp_path / "lines.parquet", row_group_size=2)
    files = pads.dataset(tmp_path / "lines.parquet")
    hook = hook_for(db)
    for stream in (files, files.scanner(), files.scanner(filter=pads.field("label") == 1, columns=["text"])):
        list(hook.wrap(stream))
    batches = recorded(path, db)
    assert flat(batches) == PRINTS * 2 + [fingerprint({"text": ROWS[number]["text"]}) for number in (1, 3, 5)]
    assert {batch.indices is None for batch in batches} == {True}
    wrapped = hook.wrap(files)
    assert list(wrapped) == list(wrapped)


def test_polars_and_pandas_frames_are_tables(db: ProvenanceDatabase, path: Path, lines: pa.Table) -> None:
    hook = hook_for(db)
    frame = pl.DataFrame(ROWS)
    assert pa.table(hook.wrap(frame)).to_pylist() == ROWS
    plain = pd.DataFrame({"text": ["a", None], "n": [1, 2]})
    list(hook.wrap(plain))
    list(hook.wrap(plain.set_index("text")))
    batches = recorded(path, db)
    assert flat(batches) == [
        *PRINTS,
        *[fingerprint({"text": "a", "n": 1}), fingerprint({"text": None, "n": 2})] * 2,  # the index is a column
    ]
    assert [batch.indices for batch in batches] == [list(range(6)), [0, 1], [0, 1]]


def test_a_duckdb_relation_is_a_stream_that_can_be_read_again(
    db: ProvenanceDatabase, path: Path, lines: pa.Table
) -> None:
    with duckdb.connect() as connection:
        relation = connection.from_arrow(lines).filter("label = 1")
        wrapped = hook_for(db).wrap(relation)
        assert [batch.to_pylist() for batch in wrapped] == [batch.to_pylist() for batch in wrapped]
    batches = recorded(path, db)
    assert sorted(flat(batches)) == sorted(PRINTS[1::2] * 2)
    assert [batch.indices for batch in batches if batch.indices] == []
    assert {batch.epoch for batch in batches} == {0, 1}


def test_what_reads_the_wrapped_stream_is_recorded(db: ProvenanceDatabase, path: Path, lines: pa.Table) -> None:
    hook = hook_for(db)
    assert pa.table(hook.wrap(lines)) == lines
    assert pl.DataFrame(hook.wrap(lines.to_reader(), name="polars")).to_dicts() == ROWS
    with duckdb.connect() as connection:
        assert len(connection.from_arrow(hook.wrap(lines.to_reader(), name="duckdb")).fetchall()) == 6
    batches = recorded(path, db)
    assert flat(batches) == PRINTS * 3
    assert {batch.loader for batch in batches} == {"loader-1", "polars", "duckdb"}


def test_a_table_that_is_used_whole_is_recorded_as_one_batch(
    db: ProvenanceDatabase, path: Path, lines: pa.Table
) -> None:
    hook = hook_for(db)
    assert hook.deliver(lines) is lines
    frame = pl.DataFrame(ROWS[:1])
    assert hook.deliver(frame, name="more", epoch=3, first=7) is frame
    whole, more = recorded(path, db)
    assert whole.fingerprints == PRINTS
    assert whole.indices == list(range(6))
    assert (more.loader, more.epoch, more.indices) == ("more", 3, [7])


def test_rows_name_themselves_and_state_their_own_licence(db: ProvenanceDatabase, path: Path) -> None:
    table = pa.table({"id": ["a", None, "c"], "terms": ["CC0-1.0", None, "x"], "n": [1, 2, 3]})
    list(hook_for(db, license_column="terms", key_column="id").wrap(table))
    (batch,) = recorded(path, db)
    assert batch.keys == ["a", None, "c"]
    assert [license_id for _, license_id in batch.sources] == ["CC0-1.0", "MIT", "x"]


def test_a_batch_without_the_licence_column_has_unknown_licences(
    db: ProvenanceDatabase, path: Path, lines: pa.Table
) -> None:
    with pytest.warns(OriginWarning, match="without the column 'terms'"):
        list(hook_for(db, license_column="terms").wrap([lines]))
    (batch,) = recorded(path, db)
    assert {license_id for _, license_id in batch.sources} == {None}
    assert [kind for kind, *_ in gaps(path)] == ["license"]


def test_what_cannot_be_wrapped_is_told_before_the_first_batch(db: ProvenanceDatabase, lines: pa.Table) -> None:
    hook = hook_for(db, license_column="terms")
    for loader in (lines, lines.to_reader(), pads.dataset(lines)):
        with pytest.raises(UsageError, match="there is no column 'terms'"):
            hook.wrap(loader)
    plain = hook_for(db)
    with pytest.raises(UsageError, match="a int holds no Arrow batches"):
        plain.wrap(5)
    with pytest.raises(UsageError, match="recorded already"):
        plain.wrap(plain.wrap(lines))


def test_what_is_no_table_is_a_gap_and_travels_on(db: ProvenanceDatabase, path: Path, lines: pa.Table) -> None:
    items = [lines, {"text": ["a"]}, lines]
    with pytest.warns(OriginWarning, match="a dict is no table"):
        assert list(hook_for(db).wrap(items, first=0)) == items
    assert [batch.indices for batch in recorded(path, db)] == [[0, 1, 2, 3, 4, 5], None]
    assert gaps(path) == [("observer", 1, None)]
    with pytest.raises(UsageError, match="is no table"):
        list(hook_for(db, strict=True).wrap(items))


def test_rows_without_canonical_bytes_are_counted(db: ProvenanceDatabase, path: Path) -> None:
    table = pa.table({"t": pa.array([1, 2], pa.time64("ns"))})
    assert list(hook_for(db).wrap(table)) == table.to_batches()
    (batch,) = recorded(path, db)
    assert batch.kinds == [Kind.UNFINGERPRINTABLE] * 2
    assert batch.indices == [0, 1]


def test_an_error_of_the_stream_is_the_loops_own(db: ProvenanceDatabase, path: Path, lines: pa.Table) -> None:
    def broken() -> Any:
        yield lines
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(hook_for(db).wrap(broken()))
    assert flat(recorded(path, db)) == PRINTS


@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.integers(0, 5), min_size=1, max_size=6), batch_size=st.integers(1, 7), start=st.integers(0, 4))
def test_however_a_table_is_cut_its_rows_keep_number_and_fingerprint(
    sizes: list[int], batch_size: int, start: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cut") / "origin.db"
    count = sum(sizes)
    numbers = iter(range(count))
    chunks = [pa.table({"n": pa.array([next(numbers) for _ in range(size)], pa.int64())}) for size in sizes]
    table = pa.concat_tables(chunks).slice(start)
    with ProvenanceDatabase(path) as db:
        list(hook_for(db).wrap(table, batch_size=batch_size))
    batches = seen(path)
    assert [index for batch in batches for index in batch.indices or []] == list(range(max(count - start, 0)))
    assert flat(batches) == [fingerprint({"n": n}) for n in range(start, count)]
