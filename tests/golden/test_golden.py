"""Databases of every format that was ever written: each must be read, traced and verified for ever."""

from __future__ import annotations

from pathlib import Path

from origin import fingerprint
from origin.query.trace import trace, trace_text
from origin.query.verify import verify
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

FORMAT_1_0 = Path(__file__).with_name("format-1.0.sqlite")
ROOT_1_0 = "1c45443a7892fa9cf22f6dd8fd341265dbda073857228aac1683af95a903a89f"


def test_format_1_0_verifies_against_the_root_that_was_printed_when_it_was_written() -> None:
    with RawReader(FORMAT_1_0) as reader:
        result = verify(reader, "1331624ade2b", bytes.fromhex(ROOT_1_0))
    assert (result.findings, result.anchored) == ((), True)


def test_format_1_0_is_read_as_it_was_written() -> None:
    with Reader(FORMAT_1_0) as reader:
        ended, open_one = reader.sessions()
        sources = [(source.source_id, source.license_id, source.uri) for _, source in reader.sources(ended.row)]
        found = trace_text(reader, "a").sightings
        value = trace(reader, fingerprint({"x": 1.5})).sightings
        keyed = trace_text(reader, "b").sightings
    assert (ended.status, open_one.status) == ("completed", "interrupted")
    assert (ended.begin.run_id, ended.begin.rank, ended.begin.world_size) == ("run", 0, 2)
    assert sources == [("lines", "MIT", None), ("web", "CC-BY-4.0", "https://example.org/data")]
    assert [(each.epoch, each.step, each.position, each.kind.name) for each in found] == [
        (0, 0, 0, "BYTES"),
        (0, 0, 1, "TEXT"),
        (1, 3, 0, "BYTES"),
        (1, 3, 1, "TEXT"),
    ]
    assert [(each.epoch, each.batch, each.position) for each in value] == [(0, 2, 1), (1, 5, 1)]
    assert [(each.source.source_id, each.index, each.key) for each in keyed] == [("web", 300, "k")] * 2
