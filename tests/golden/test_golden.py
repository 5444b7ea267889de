"""Databases of every format that was ever written: each must be read, traced and verified for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from origin import fingerprint
from origin.proofs.prove import prove_sample
from origin.proofs.verify_proof import Asked, check
from origin.query.report import report
from origin.query.trace import trace, trace_text
from origin.query.verify import verify
from origin.storage.erased import receipts
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

FORMAT_1_0 = Path(__file__).with_name("format-1.0.sqlite")
FORMAT_1_1 = Path(__file__).with_name("format-1.1.sqlite")
SESSION_1_1 = "bf3d8018b8d87389dfb69a70649912b5"
ROOT_1_1 = "28158e730c717e021b529027f29822547b2b36ef99936c93f04e9b6a806423d6"
ROOT_1_0 = "1c45443a7892fa9cf22f6dd8fd341265dbda073857228aac1683af95a903a89f"


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


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


def test_format_1_1_verifies_against_the_root_that_was_printed_when_it_was_written() -> None:
    with RawReader(FORMAT_1_1) as reader:
        result = verify(reader, SESSION_1_1, bytes.fromhex(ROOT_1_1))
        everything = verify(reader)
    assert (result.findings, result.anchored) == ((), True)
    assert (everything.findings, len(everything.sessions)) == ((), 4)


def test_format_1_1_is_read_as_it_was_written() -> None:
    with Reader(FORMAT_1_1) as reader:
        ended, open_one = reader.sessions()
        found = report(reader, ended)
        erased = receipts(reader)[ended.begin.session_id]
        row_0 = trace(reader, digest("row 0")).sightings
        gone = [trace(reader, digest(name)).sightings for name in ("a", "row 1")]
        raw = trace(reader, digest("raw 7")).sightings
    assert (ended.status, open_one.status) == ("completed", "interrupted")
    assert (found.batches, found.observations, found.samples, found.unfingerprintable) == (9, 20, 7, 2)
    assert (found.uses.trained, found.uses.skipped, found.uses.evaluated) == (3, 5, 9)
    assert [(gap.reason, gap.batches, gap.observations) for gap in found.gaps] == [("observer", 1, None)]
    assert [(model.name, model.sequence, model.steps, model.how) for model in found.models] == [
        ("model.bin", 21, 1, "recorded"),
        ("model.bin", None, None, "bind"),
    ]
    assert [(len(one.observations), len(one.items)) for one in erased] == [(5, 0), (0, 1)]
    assert [(one.loader, one.position, one.matched) for one in row_0] == [("rows", 0, "item"), ("rows", 2, "item")]
    assert gone == [(), ()]
    assert [one.loader for one in raw] == ["views"]


@pytest.mark.parametrize(("name", "count"), [("b", 2), ("view 7", 1), ("row 0", 2), ("late", 1), ("nothing", 0)])
def test_format_1_1_proves_what_it_holds(name: str, count: int) -> None:
    asked = Asked(fingerprint=bytes.fromhex(digest(name)))
    with Reader(FORMAT_1_1) as reader:
        (session,) = reader.sessions_by_prefix(SESSION_1_1)
        proof, _ = prove_sample(reader, session, asked)
    proven = check(proof, asked)
    assert (proven.counts[0][1], proven.root.hex()) == (count, ROOT_1_1)


def test_a_proof_made_before_its_sample_was_erased_holds_for_ever() -> None:
    data = FORMAT_1_1.with_suffix(".proof").read_bytes()
    proven = check(data, Asked(digest=bytes.fromhex(digest("a"))))
    assert (proven.counts[0][1], proven.root.hex()) == (5, ROOT_1_1)
