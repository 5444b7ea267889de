"""Licences stated for single samples, in any hook."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
from conftest import gaps, seen
from hypothesis import given
from hypothesis import strategies as st

from origin import OriginWarning, ProvenanceDatabase, fingerprint
from origin.cli.main import main
from origin.core.record import Claim, Source
from origin.errors import OriginError
from origin.hooks import stated as stated_module
from origin.hooks.base import BaseHook, Sample
from origin.hooks.stated import MAX_LICENSES, StatedSources, Unread, license_runs, stated
from origin.query.engine import find_session
from origin.query.licensing import session_conflicts
from origin.query.presence import find_license
from origin.query.report import report
from origin.query.trace import trace_text
from origin.query.verify import verify
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

FOR_SAMPLE = "stated for the sample"


def hook_for(db: ProvenanceDatabase, license_id: str | None = "MIT", **options: Any) -> BaseHook:
    session = db.begin_session(config_hash="test")
    return BaseHook(db=db, session_id=session.session_id, source_id="web", license_id=license_id, **options)


def sources(path: Path) -> list[Source]:
    with Reader(path) as reader:
        return [source for _, source in reader.sources(find_session(reader, "latest").row)]


# What a value states


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("MIT", "MIT"),
        (" MIT\n", "MIT"),
        ("", None),
        ("  ", None),
        (None, None),
        (float("nan"), None),
        ([], None),
        (["MIT"], "MIT"),
        (["MIT", "", None], "MIT"),
        (["mit", "apache-2.0"], '["mit", "apache-2.0"]'),
        (("é", "b"), '["é", "b"]'),
        ("x" * 1_000, "x" * 1_000),
        ("x" * 1_001, Unread("a licence of 1001 characters: at most 1000 are recorded")),
        (["x" * 600, "y" * 600], Unread("a licence of 1208 characters: at most 1000 are recorded")),
        (["x"] * 101, Unread("101 licences for one sample: at most 100 are recorded")),
        (5, Unread("a licence that is a int: a text or a list of texts is recorded")),
        (b"MIT", Unread("a licence that is a bytes: a text or a list of texts is recorded")),
        ({"name": "MIT"}, Unread("a licence that is a dict: a text or a list of texts is recorded")),
        (["MIT", ["ISC"]], Unread("a licence that is a list: a text or a list of texts is recorded")),
        (Unread("as it was"), Unread("as it was")),
    ],
)
def test_a_value_states_a_licence_nothing_or_what_cannot_be_read(value: Any, expected: Any) -> None:
    assert stated(value) == expected


def test_numbers_are_read_by_the_names_of_their_classes() -> None:
    names = ["mit", "gpl"]
    assert [stated(value, names) for value in (0, 1, -1, [0, 1])] == ["mit", "gpl", None, '["mit", "gpl"]']
    assert isinstance(stated(2, names), Unread)
    assert isinstance(stated(True, names), Unread)  # noqa: FBT003 - the value under test


def test_values_of_numpy_pandas_and_torch_are_read() -> None:
    np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    torch = pytest.importorskip("torch")
    text = stated(np.str_("MIT"))
    assert (text, type(text)) == ("MIT", str)
    assert stated(np.array(["mit", "isc"])) == '["mit", "isc"]'
    assert stated(np.array([], dtype=object)) is None
    assert stated(pd.NA) is stated(np.float64("nan")) is None
    assert stated(np.int64(1), ["mit", "isc"]) == stated(torch.tensor(1), ["mit", "isc"]) == "isc"
    assert isinstance(stated(torch.zeros(3, 3), ["mit"]), Unread)


@given(st.lists(st.sampled_from(["MIT", None, "ISC"])))
def test_runs_unpack_to_what_was_packed(licenses: list[str | None]) -> None:
    runs = license_runs(licenses)
    if runs is None:
        assert set(licenses) <= {None}
        return
    unpacked: list[Any] = []
    for value, end in runs:
        unpacked += [value] * (end - len(unpacked))
    assert unpacked == licenses
    assert all(one != other for (one, _), (other, _) in itertools.pairwise(runs))


# In the record


def test_a_sample_s_own_licence_overrides_its_source_s(db: ProvenanceDatabase, path: Path) -> None:
    batch = ["a", Sample("b", license="GPL-3.0-only"), Sample("c", license="GPL-3.0-only"), Sample(b"d", license="ISC")]
    list(hook_for(db).wrap([batch, ["e"]]))
    db.flush()
    assert [batch.sources for batch in seen(path)] == [
        [("web", "MIT"), ("web", "GPL-3.0-only"), ("web", "GPL-3.0-only"), ("web", "ISC")],
        [("web", "MIT")],
    ]
    assert [source.claims for source in sources(path)] == [
        (Claim("MIT", "declared by the caller"),),
        (Claim("GPL-3.0-only", FOR_SAMPLE),),
        (Claim("ISC", FOR_SAMPLE),),
    ]


def test_a_sample_s_licence_stays_with_the_sample_s_own_source(db: ProvenanceDatabase, path: Path) -> None:
    db.register_source("books", license_id="CC0-1.0", uri="https://example.org", metadata={"n": 1})
    list(hook_for(db).wrap([[Sample("a", source="books", license="ISC"), Sample("b", source="books"), "c"]]))
    db.flush()
    assert seen(path)[0].sources == [("books", "ISC"), ("books", "CC0-1.0"), ("web", "MIT")]
    first = sources(path)[0]
    assert (first.uri, first.metadata, first.claims) == (
        "https://example.org",
        '{"n":1}',
        (Claim("ISC", FOR_SAMPLE),),
    )


def test_long_metadata_are_not_repeated_for_every_licence(db: ProvenanceDatabase, path: Path) -> None:
    db.register_source("web", license_id="MIT", metadata={"text": "x" * 5_000})
    list(hook_for(db).wrap([[Sample("a", license="ISC")]]))
    db.flush()
    assert [source.metadata for source in sources(path)] == ["{}"]


def test_a_sample_s_licence_says_nothing_of_the_source(db: ProvenanceDatabase) -> None:
    list(hook_for(db, None).wrap([[Sample("a", license="GPL-3.0-only"), Sample("b", license=5)]]))  # type: ignore[arg-type]
    db.flush()
    assert db.source("web") == Source("web")


@pytest.fixture
def recorded(db: ProvenanceDatabase, path: Path) -> Path:
    """Eight samples under MIT, of which two say GPL-2.0-only and one Apache-2.0 of themselves."""
    batch = [Sample(f"s{number}", license={2: "GPL-2.0-only", 3: "GPL-2.0-only", 5: "Apache-2.0"}.get(number))
             for number in range(8)]  # fmt: skip
    hook = hook_for(db)
    list(hook.wrap([batch]))
    with Reader(path) as reader:
        session = reader.latest_session()
    assert session is not None
    db.end_session(session.begin.session_id)
    return path


def test_trace_inspect_query_and_conflicts_know_the_licence_of_a_record(recorded: Path) -> None:
    with Reader(recorded) as reader:
        session = find_session(reader, "latest")
        assert [one.source.license_id for one in trace_text(reader, "s2").sightings] == ["GPL-2.0-only"]
        assert [one.source.license_id for one in trace_text(reader, "s0").sightings] == ["MIT"]
        assert [(use.source.license_id, use.observations) for use in report(reader, session).sources] == [
            ("MIT", 5),
            ("GPL-2.0-only", 2),
            ("Apache-2.0", 1),
        ]
        found = find_license(reader, "GPL-2.0-only")
        assert [(use.observations, use.samples, use.sources) for use in found.uses] == [(2, 2, ("web",))]
        assert not find_license(reader, "MPL-2.0").uses
        assert {"GPL-2.0-only", "Apache-2.0"} <= set(session_conflicts(reader, session)[0].licenses)


def test_the_command_line_shows_the_licence_of_a_record(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--db", str(recorded), "--json", "trace", fingerprint("s5")]) == 0
    (sighting,) = json.loads(capsys.readouterr().out)["sightings"]
    assert (sighting["source_id"], sighting["license"]) == ("web", "Apache-2.0")
    assert main(["--db", str(recorded), "--json", "inspect", "latest"]) == 0
    uses = json.loads(capsys.readouterr().out)["sources"]
    assert [(use["license"], use["observations"]) for use in uses] == [
        ("MIT", 5),
        ("GPL-2.0-only", 2),
        ("Apache-2.0", 1),
    ]
    assert main(["--db", str(recorded), "--json", "query", "Apache-2.0"]) == 0
    assert json.loads(capsys.readouterr().out)["present"] is True


def test_a_record_with_own_licences_verifies(recorded: Path) -> None:
    with RawReader(recorded) as reader:
        found = verify(reader)
    assert found.findings == ()


# Bounds


def test_different_licences_are_kept_up_to_a_bound_and_told_beyond_it(
    db: ProvenanceDatabase, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stated_module, "MAX_LICENSES", 3)
    batches = [[Sample(f"{batch} {one}", license=f"L{one}") for one in range(6)] for batch in range(3)]
    with pytest.warns(OriginWarning, match=r"licences of single samples of 'web' read as unknown") as warned:
        list(hook_for(db).wrap(batches))
    db.flush()
    assert len(warned) == 1
    expected = [("web", "L0"), ("web", "L1"), ("web", "L2"), ("web", None), ("web", None), ("web", None)]
    assert [batch.sources for batch in seen(path)] == [expected] * 3
    assert sources(path)[-1].claims == (Claim("NOASSERTION", "stated for the sample, not kept"),)
    assert gaps(path) == [("license", 0, 0)]


def test_a_flood_of_licences_is_bounded(db: ProvenanceDatabase, path: Path) -> None:
    batches = ([Sample(number, license=f"L{batch} {number}") for number in range(100)] for batch in range(50))
    with pytest.warns(OriginWarning, match="more than 1000 different ones"):
        for _ in hook_for(db).wrap(batches):
            pass
    db.flush()
    assert len(sources(path)) == MAX_LICENSES + 1
    assert len(gaps(path)) == 1


def test_a_licence_that_cannot_be_read_is_unknown_and_not_the_source_s(db: ProvenanceDatabase, path: Path) -> None:
    batch = [Sample("a", license="x" * 2_000), Sample("b", license=5), Sample("c", license="ISC")]  # type: ignore[arg-type]
    with pytest.warns(OriginWarning, match="at most 1000 are recorded") as warned:
        list(hook_for(db).wrap([batch] * 2))
    db.flush()
    assert len(warned) == 1
    assert [batch.sources for batch in seen(path)] == [[("web", None), ("web", None), ("web", "ISC")]] * 2
    assert gaps(path) == [("license", 0, 0)]


def test_strict_raises_for_a_licence_that_cannot_be_kept(db: ProvenanceDatabase) -> None:
    wrapped = hook_for(db, strict=True).wrap([[Sample("a", license=5)]])  # type: ignore[arg-type]
    with pytest.raises(OriginError, match="a licence that is a int"):
        list(wrapped)


def test_what_is_told_is_told_once_for_each_source() -> None:
    told: list[str] = []
    licensed = StatedSources(told.append)
    one, other = Source("one", "MIT"), Source("other", "MIT")
    for source in (one, other, one):
        assert licensed.of(source, Unread("why")).license_id is None
    assert licensed.of(one, None) is one
    assert licensed.of(one, "ISC") is licensed.of(one, "ISC")
    assert len(told) == 2


def test_any_text_is_a_licence_that_the_record_holds(db: ProvenanceDatabase, path: Path) -> None:
    texts = ["\ud800", "a\0b", "\x1b[31m", "'; DROP TABLE source; --", "NOASSERTION", '["x"]']
    list(hook_for(db).wrap([[Sample(text, license=text) for text in texts]]))
    db.flush()
    assert [license_id for _, license_id in seen(path)[0].sources] == texts
    assert db.source("web", "MIT").license_id == "MIT"


# What a hook's declared licence does to claims that were read


def test_a_declared_licence_stands_beside_the_claims_that_were_registered(db: ProvenanceDatabase, path: Path) -> None:
    read = Claim("cc-by-nc-4.0", "README.md, front matter, license", "2026-01-02T03:04:05Z")
    db.register_source("web", license_id="CC-BY-4.0", claims=[read])
    list(hook_for(db, "MIT").wrap([["a"]]))
    db.flush()
    (source,) = sources(path)
    assert source.license_id == "MIT"
    assert source.claims == (Claim("MIT", "declared by the caller"), read)
