from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from query.recordings import record, record_rich, sha, tamper

from origin import ProvenanceDatabase
from origin.core.fingerprint import NO_DIGEST, Kind, fingerprint, with_key
from origin.core.record import RAW, SAMPLE, Delivered, Seen, Source
from origin.errors import AmbiguousError, UnreadableDatabaseError, UsageError
from origin.query.trace import trace, trace_file, trace_place, trace_text
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

KEY = b"k" * 32


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    path = tmp_path_factory.mktemp("rich") / "provenance.db"
    return (path, *record_rich(path))


def test_every_sighting_is_told_in_order_with_all_that_is_known(rich: tuple[Path, str, str]) -> None:
    path, first, second = rich
    with Reader(path) as reader:
        found = trace(reader, sha("0"))
        # Where torch is loaded, a session notes that optimizer steps are seen.
        notes = {row: [entry for entry, _ in reader.notes(row)] for row in (1, 2)}
    assert found.fingerprint == sha("0")
    assert [
        (
            each.session.begin.session_id,
            each.loader,
            each.epoch,
            each.batch,
            each.step,
            each.entry - sum(entry < each.entry for entry in notes[each.session.row]),
            each.position,
            each.source.source_id,
            each.source.license_id,
            each.kind,
        )
        for each in found.sightings
    ] == [
        (first, "loader-1", 0, 0, 0, 2, 0, "train", "Apache-2.0", Kind.BYTES),
        (first, "loader-1", 0, 1, 1, 4, 0, "train", "Apache-2.0", Kind.BYTES),
        (first, "loader-1", 0, 1, 1, 4, 1, "train", "Apache-2.0", Kind.TEXT),
        (first, "loader-1", 0, 2, 3, 6, 1, "train", "Apache-2.0", Kind.BYTES),
        (first, "loader-2", 0, 3, 0, 8, 0, "valid", "GPL-2.0-only", Kind.BYTES),
        (second, "loader-1", 0, 0, 0, 2, 0, "train", "Apache-2.0", Kind.BYTES),
    ]


def test_index_and_key_are_told_where_they_are_known(rich: tuple[Path, str, str]) -> None:
    with Reader(rich[0]) as reader:
        (far,) = trace(reader, sha("far")).sightings
        (kept,) = trace(reader, sha("kept")).sightings
        (last,) = trace(reader, sha("last")).sightings
    assert (far.index, far.key, far.source.uri) == (7, "row-7", "https://example.org/other")
    assert (kept.index, kept.key, kept.kind) == (8, "row-8", Kind.TEXT)
    assert (last.index, last.key) == (None, None)


@pytest.mark.parametrize("digits", [*range(6, 12), 63, 64])
@pytest.mark.parametrize("sample", ["held out", "new", "499"])
def test_a_prefix_finds_what_the_whole_fingerprint_finds(rich: tuple[Path, str, str], sample: str, digits: int) -> None:
    with Reader(rich[0]) as reader:
        assert trace(reader, sha(sample)[:digits].upper()) == trace(reader, sha(sample))
        assert len(trace(reader, sha(sample)).sightings) == 1


@pytest.mark.parametrize("end", ["completed", None])
def test_a_prefix_of_several_fingerprints_is_ambiguous_and_lists_them(path: Path, end: str | None) -> None:
    by_prefix: dict[str, list[str]] = {}
    number = 0
    while not any(len(samples) > 1 for samples in by_prefix.values()):
        by_prefix.setdefault(sha(str(number))[:4], []).append(str(number))
        number += 1
    prefix, samples = next((prefix, samples) for prefix, samples in by_prefix.items() if len(samples) > 1)
    record(path, [samples, samples], status=end)
    with Reader(path) as reader:
        with pytest.raises(AmbiguousError) as caught:
            trace(reader, prefix)
        for sample in samples:
            assert sha(sample)[:12] in str(caught.value)
        assert len(trace(reader, sha(samples[0])[:20]).sightings) == 2


def test_what_was_never_seen_has_no_sightings(rich: tuple[Path, str, str]) -> None:
    with Reader(rich[0]) as reader:
        assert trace(reader, sha("never")).sightings == ()
        assert trace(reader, "00000000000000").sightings == ()
        assert trace_text(reader, "never").fingerprint == sha("never")


@pytest.mark.parametrize("end", ["completed", None])
def test_what_has_no_fingerprint_cannot_be_traced_by_the_zeros_that_stand_for_it(path: Path, end: str | None) -> None:
    record(path, [[object(), b"a", object()]], status=end)
    with Reader(path) as reader:
        assert trace(reader, "0" * 64).sightings == ()
        assert trace(reader, "0000").sightings == ()


@pytest.mark.parametrize("sample", ["", "abc", "xyz0", "12 34", "f" * 65, "0x1234", "१२३४", "'; DROP TABLE batch; --"])
def test_what_is_no_prefix_is_refused(rich: tuple[Path, str, str], sample: str) -> None:
    with Reader(rich[0]) as reader, pytest.raises(UsageError, match="hexadecimal"):
        trace(reader, sample)


def test_a_file_is_traced_by_its_bytes(rich: tuple[Path, str, str], tmp_path: Path) -> None:
    file = tmp_path / "sample"
    file.write_bytes(b"held out")
    with Reader(rich[0]) as reader:
        assert trace_file(reader, file) == trace(reader, sha("held out"))


def test_text_is_traced_by_its_utf_8_bytes(path: Path) -> None:
    record(path, [["é", "e\u0301", "\udcff"]])
    with Reader(path) as reader:
        assert [
            [each.position for each in trace_text(reader, text).sightings] for text in ("é", "e\u0301", "\udcff")
        ] == [
            [0],
            [1],
            [2],
        ]


def test_a_keyed_record_is_traced_with_its_key_as_bytes_and_as_text(path: Path, tmp_path: Path) -> None:
    record(path, [[b"a", "a", 7]], key=KEY)
    file = tmp_path / "sample"
    file.write_bytes(b"a")
    with Reader(path) as reader:
        for found in (trace_text(reader, "a", KEY), trace_file(reader, file, KEY), trace(reader, sha("a"), KEY)):
            assert [(each.position, each.kind) for each in found.sightings] == [(0, Kind.BYTES), (1, Kind.TEXT)]
            assert found.fingerprint == sha("a")
        assert [each.position for each in trace(reader, fingerprint(7), KEY).sightings] == [2]
        recorded = with_key(KEY, Kind.TEXT, bytes.fromhex(sha("a"))).hex()
        assert trace(reader, recorded[:8]).sightings == trace(reader, recorded, KEY).sightings
        assert trace(reader, recorded[:8]).fingerprint == recorded
        assert trace(reader, sha("a")).sightings == ()


def test_the_sample_itself_cannot_be_traced_in_a_keyed_record_without_the_key(path: Path) -> None:
    record(path, [[b"a"]], key=KEY)
    with Reader(path) as reader, pytest.raises(UsageError, match="--key-file"):
        trace_text(reader, "a")


def test_a_key_changes_nothing_for_a_record_without_one(rich: tuple[Path, str, str]) -> None:
    with Reader(rich[0]) as reader:
        assert trace_text(reader, "new", KEY) == trace_text(reader, "new")


def test_sightings_are_found_across_lookup_pages(path: Path, rich: tuple[Path, str, str]) -> None:
    shutil.copy(rich[0], path)
    with Reader(path) as reader:
        assert [len(trace(reader, sha(str(number))).sightings) for number in range(1, 500)] == [1] * 499


A, B, C, D = (bytes([number]) * 32 for number in (1, 2, 3, 4))
ROWS, OTHER = Source("rows", "MIT"), Source("other")


def tell(db: ProvenanceDatabase, session: str, mode: str = "index", **more: object) -> None:
    db.note(session, "index-mode", {"loader": "train", "mode": mode, **more})


def batch(
    step: int,
    observed: list[bytes | None],
    indices: list[int],
    items: dict[int, bytes] | None = None,
    *,
    role: str = SAMPLE,
    loader: str = "train",
    source: Source = ROWS,
) -> Delivered:
    """Observations by fingerprint, or by index where there is None."""
    runs = tuple((Kind.INDEX if one is None else Kind.VALUE, source, end + 1) for end, one in enumerate(observed))
    seen = None
    if items is not None:
        seen = Seen(role, list(items.values()), ((Kind.VALUE, source, len(items)),), 1, list(items))
    return Delivered(loader, 0, step, [one or NO_DIGEST for one in observed], runs, 1, indices, None, seen)


def put(path: Path, *batches: Delivered, told: bool = True, end: bool = True, **more: object) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("c")
        if told:
            tell(db, session.session_id, **more)  # type: ignore[arg-type]
        for one in batches:
            db.put(db.recording(session.session_id), one)
        if end:
            session.end()


def traced(path: Path, digest: bytes) -> list[tuple[int, int, str, str]]:
    """Step, position, kind and match of each sighting; found alike by the whole and by a prefix."""
    with Reader(path) as reader:
        found = trace(reader, digest.hex())
        assert trace(reader, digest.hex()[:12]).sightings == found.sightings
    return [(each.step, each.position, each.kind.name, each.matched) for each in found.sightings]


@pytest.mark.parametrize("end", [True, False])
def test_a_fingerprint_leads_to_every_batch_that_names_its_row_by_index(path: Path, end: bool) -> None:
    put(path, batch(0, [A, B], [7, 8]), batch(1, [None, None], [8, 7]), batch(2, [None, C], [7, 9]), end=end)
    assert traced(path, A) == [(0, 0, "VALUE", "fingerprint"), (1, 1, "INDEX", "item"), (2, 0, "INDEX", "item")]
    assert traced(path, C) == [(2, 1, "VALUE", "fingerprint")]
    with Reader(path) as reader:
        (first, second, _) = trace(reader, A.hex()).sightings
    assert (first.fingerprint, first.index, first.batch) == (A.hex(), 7, 0)
    assert (second.fingerprint, second.index, second.batch) == (None, 7, 1)


@pytest.mark.parametrize("end", [True, False])
def test_an_item_leads_to_the_batches_of_its_row(path: Path, end: bool) -> None:
    put(path, batch(0, [None, None], [7, 8], {7: A, 8: B}), batch(1, [None], [7]), end=end)
    assert traced(path, A) == [(0, 0, "INDEX", "item"), (1, 0, "INDEX", "item")]
    assert traced(path, B) == [(0, 1, "INDEX", "item")]
    assert traced(path, C) == []


def test_views_of_a_row_are_told_apart_from_the_view_that_was_asked_for(path: Path) -> None:
    put(path, batch(0, [B, D], [7, 8], {7: A}, role=RAW), batch(1, [C], [7]), batch(2, [B], [7]), mode="full")
    assert traced(path, A) == [(0, 0, "VALUE", "item"), (1, 0, "VALUE", "item"), (2, 0, "VALUE", "item")]
    assert traced(path, B) == [(0, 0, "VALUE", "fingerprint"), (1, 0, "VALUE", "index"), (2, 0, "VALUE", "fingerprint")]


def test_what_a_row_held_is_what_was_fingerprinted_last_before(path: Path) -> None:
    put(path, batch(0, [A], [7]), batch(1, [None], [7]), batch(2, [B], [7]), batch(3, [None], [7]))
    steps = [(0, "fingerprint"), (1, "item"), (2, "index"), (3, "index")]
    assert [(step, matched) for step, _, _, matched in traced(path, A)] == steps
    steps = [(0, "index"), (1, "index"), (2, "fingerprint"), (3, "item")]
    assert [(step, matched) for step, _, _, matched in traced(path, B)] == steps


def test_an_index_leads_nowhere_else_in_loaders_that_do_not_say_what_it_names(path: Path) -> None:
    others = batch(1, [B], [7], loader="valid"), batch(1, [C], [7], source=OTHER)
    put(path, batch(0, [A], [7]), *others)
    assert traced(path, A) == [(0, 0, "VALUE", "fingerprint")]
    assert traced(path, B) == [(1, 0, "VALUE", "fingerprint")]


def test_without_the_note_a_fingerprint_finds_itself_alone(path: Path) -> None:
    put(path, batch(0, [A], [7]), batch(1, [B], [7]), told=False)
    put(path, batch(0, [A], [7]), batch(1, [B], [7]), why="no index")
    assert [step for step, _, _, _ in traced(path, A)] == [0, 0]


def test_a_row_is_traced_by_source_and_number_in_all_sessions(path: Path) -> None:
    put(path, batch(0, [A, None], [7, 7]), batch(1, [B], [7], source=OTHER), batch(2, [C], [8]))
    put(path, batch(0, [D], [7], loader="valid"), told=False)
    with Reader(path) as reader:
        found = trace_place(reader, "rows", 7)
        assert trace_place(reader, "rows", 9).sightings == trace_place(reader, "nothing", 7).sightings == ()
    assert found.fingerprint is None
    assert {each.matched for each in found.sightings} == {"index"}
    assert [(each.session.row, each.batch, each.position, each.fingerprint) for each in found.sightings] == [
        (1, 0, 0, A.hex()),
        (1, 0, 1, None),
        (2, 0, 0, D.hex()),
    ]


def test_a_note_that_is_no_json_is_an_unreadable_record(path: Path) -> None:
    put(path, batch(0, [A], [7]))
    tamper(path, "UPDATE note SET content = '{'")
    with Reader(path) as reader, pytest.raises(UnreadableDatabaseError, match="no JSON"):
        trace(reader, A.hex())
