from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from query.recordings import record, record_rich, tamper

from origin import ProvenanceDatabase
from origin.errors import AmbiguousError, NotFoundError
from origin.hooks.base import BaseHook
from origin.query.engine import (
    Status,
    find_conflicts,
    find_session,
    list_sessions,
    pick,
    status,
)
from origin.query.presence import find_license
from origin.query.report import GapCount, report
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path


def status_of(path: Path) -> Status:
    with Reader(path) as reader:
        return status(reader)


def test_status_of_an_empty_record_is_all_zeros(path: Path) -> None:
    ProvenanceDatabase(path).close()
    assert status_of(path) == Status(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_status_counts_samples_over_all_sessions_once(path: Path) -> None:
    record_rich(path)
    # 500 numbers, "far", "kept", "last", "held out", "new"; b"0" and "0" share a fingerprint.
    assert status_of(path) == Status(
        sessions=2,
        unfinished=1,
        batches=6,
        observations=511,
        samples=505,
        unfingerprintable=1,
        size=1390 + 1 + 1 + 3 + 4 + 4 + 1 + 1 + 8 + 1 + 3,
        sources=3,
        licenses=3,
        conflicts=1,
        gaps=1,
    )


@pytest.mark.parametrize("end", ["completed", None])
def test_status_of_one_session_is_the_same_sealed_or_not(path: Path, end: str | None) -> None:
    record(path, [[b"a", b"b"], [b"a", object()]], epochs=3, status=end)
    found = status_of(path)
    assert (found.batches, found.observations, found.samples, found.unfingerprintable) == (6, 12, 2, 3)


def test_sessions_are_listed_oldest_first_with_status_counts_and_root(path: Path) -> None:
    ids = [
        record(path, [[b"a"]]),
        record(path, [[b"a"], [b"b"]], status="failed"),
        record(path, [], status="interrupted"),
        record(path, [[b"c"]], status=None),
    ]
    with Reader(path) as reader:
        found = list_sessions(reader)
        roots = [session.root().hex() for session in reader.sessions()]
    assert [line.session.begin.session_id for line in found] == ids
    assert [line.session.status for line in found] == ["completed", "failed", "interrupted", "interrupted"]
    assert [(line.batches, line.observations) for line in found] == [(1, 1), (2, 2), (0, 0), (1, 1)]
    assert [line.root for line in found] == roots


def test_a_session_reads_as_running_while_its_process_lives(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        db.begin_session("x")
        with Reader(path) as reader:
            assert find_session(reader, "latest").status == "running"
    with Reader(path) as reader:
        assert find_session(reader, "latest").status == "interrupted"


def test_a_session_is_found_by_any_unambiguous_prefix_in_any_case(path: Path) -> None:
    first, second = record(path, []), record(path, [])
    tamper(
        path,
        f"UPDATE session SET session_id = 'abc0{'0' * 28}' WHERE session_id = '{first}'",
        f"UPDATE session SET session_id = 'abc1{'0' * 28}' WHERE session_id = '{second}'",
    )
    with Reader(path) as reader:
        assert find_session(reader, "abc0").row == 1
        assert find_session(reader, "ABC1").row == 2
        assert find_session(reader, "abc1" + "0" * 28).row == 2
        assert find_session(reader, "latest").row == 2
        with pytest.raises(AmbiguousError, match=r"start with 'a' \(abc000000000, abc100000000\): give more digits"):
            find_session(reader, "a")


@pytest.mark.parametrize("name", ["zz", "", "%", "' OR 1=1 --", "\udcff", "\0", "a" * 300, "LATEST"])
def test_a_name_that_fits_no_session_is_not_found(path: Path, name: str) -> None:
    record(path, [])
    with Reader(path) as reader, pytest.raises(NotFoundError):
        find_session(reader, name)


def test_latest_of_an_empty_record_is_not_found(path: Path) -> None:
    ProvenanceDatabase(path).close()
    with Reader(path) as reader, pytest.raises(NotFoundError, match="no session yet"):
        find_session(reader, "latest")


def test_a_pick_needs_exactly_one_that_fits() -> None:
    assert pick("ab", ["cd", "ab"]) == "ab"
    with pytest.raises(AmbiguousError):
        pick("ab", ["ab1", "ab2"])


def test_a_report_tells_what_came_from_each_source(path: Path) -> None:
    first, _ = record_rich(path)
    with Reader(path) as reader:
        found = report(reader, find_session(reader, first))
    assert [(use.source.source_id, use.source.license_id, use.observations, use.samples) for use in found.sources] == [
        ("train", "Apache-2.0", 505, 501),
        ("other", "CC-BY-4.0", 2, 2),
        ("valid", "GPL-2.0-only", 2, 2),
    ]
    assert (found.batches, found.observations, found.samples, found.unfingerprintable) == (4, 509, 504, 1)
    assert found.gaps == (GapCount("observer", 1, 1, None),)
    assert [conflict.rule for conflict in found.conflicts] == ["osadl"]


@pytest.mark.parametrize("end", ["completed", None])
def test_a_report_of_an_open_session_counts_the_same_as_of_a_sealed_one(path: Path, end: str | None) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("x")
        for source in ("one", "two"):
            list(BaseHook(db, session.session_id, source).wrap([[b"a", b"b", b"a"], [source]]))
        if end:
            session.end(end)
    with Reader(path) as reader:
        found = report(reader, find_session(reader, "latest"))
    assert (found.observations, found.samples) == (8, 4)
    assert [(use.observations, use.samples) for use in found.sources] == [(4, 3), (4, 3)]


def test_a_licence_is_found_by_its_whole_text_in_any_case(path: Path) -> None:
    first, second = record_rich(path)
    with Reader(path) as reader:
        found = find_license(reader, "apache-2.0")
        assert [(use.session.begin.session_id, use.observations, use.samples, use.sources) for use in found.uses] == [
            (first, 505, 501, ("train",)),
            (second, 2, 2, ("train",)),
        ]
        # An ambiguous question is one for each licence that it may mean.
        assert find_license(reader, "Apache").uses == found.uses
        for text in ("Apache-1.1", "", "%", "_pache-2.0"):
            assert find_license(reader, text).uses == (), text
            assert not find_license(reader, text).declared


@pytest.mark.parametrize("end", ["completed", None])
def test_samples_of_several_sources_under_one_licence_count_once(path: Path, end: str | None) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("x")
        for source, license_id in (("one", "MIT"), ("two", "mit"), ("three", "ISC")):
            list(BaseHook(db, session.session_id, source, license_id).wrap([[b"shared", source]]))
        if end:
            session.end(end)
    with Reader(path) as reader:
        (use,) = find_license(reader, "MIT").uses
    assert (use.observations, use.samples, use.sources) == (4, 3, ("one", "two"))


def test_a_licence_of_a_source_that_no_session_used_is_declared_but_not_present(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source("spare", license_id="ISC")
    with Reader(path) as reader:
        found = find_license(reader, "isc")
    assert (found.declared, found.uses) == (True, ())


def test_conflicts_are_those_within_a_session_not_between_sessions(path: Path) -> None:
    record(path, [[b"a"]], license_id="GPL-2.0-only")
    record(path, [[b"a"]], license_id="Apache-2.0", source="other")
    with Reader(path) as reader:
        assert find_conflicts(reader, reader.sessions()) == []
