from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from query.hostile import STRINGS

from origin.errors import UsageError
from origin.export.clock import now

NOON = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31 12:00:00+00:00", NOON),
        ("2026-01-31T14:30:00+02:30", NOON),
        ("2026-01-31T12:00:00", NOON),
        ("2026-01-31T12:00:00.000007Z", NOON + timedelta(microseconds=7)),
        ("20260131T120000Z", NOON),
        ("2026-W05-6T12:00Z", NOON),
        ("2026-01-31", NOON - timedelta(hours=12)),
    ],
)
def test_a_time_that_was_given_is_the_clock_in_utc(
    text: str, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert now(text) == moment
    assert now(text).tzinfo is UTC


def test_source_date_epoch_is_the_clock_where_no_time_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1769860800")
    assert now(None) == NOON
    assert now(None).tzinfo is UTC


@pytest.mark.parametrize("variable", [None, ""])
def test_the_system_clock_serves_otherwise(variable: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if variable is None:
        monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    else:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", variable)
    before = datetime.now(UTC)
    assert before <= now(None) <= datetime.now(UTC)
    assert now(None).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *STRINGS.values(),
        "",
        "now",
        "12:00",
        "2026-02-30",
        "2026-01-31x12:00:00",
        "2026-01-31T25:00:00",
        "2026-01-31T12:00:00Z\n",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1769860800",
        "٢٠٢٦-01-31",
    ],
)
def test_what_is_no_time_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--now is .*: give a time as ISO 8601") as caught:
        now(text)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ["soon", "-1", "1.5", " 1", "1_000", "٣", "9" * 13, "9" * 5000, "1\n"])
def test_a_source_date_epoch_that_is_no_number_of_seconds_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    with pytest.raises(UsageError, match=r"^SOURCE_DATE_EPOCH is .*: it must be whole seconds") as caught:
        now(None)
    assert str(caught.value).isprintable()


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_as_iso_8601_comes_back(moment: datetime) -> None:
    assert now(moment.isoformat()) == moment


@given(st.text())
def test_any_text_gives_a_time_in_utc_or_a_usage_error(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert now(text).tzinfo is UTC
