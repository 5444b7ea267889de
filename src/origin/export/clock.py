"""The one clock of documents, so that the same record can give the same bytes again."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta

from origin.errors import UsageError, shown

EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"
"""Seconds since 1970-01-01 UTC (reproducible-builds.org, SOURCE_DATE_EPOCH specification)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"[0-9W-]+([T ][0-9:.,]+(Z|[+-][0-9:.]+)?)?", re.ASCII)


def now(text: str | None) -> datetime:
    """The time that documents state as their own, in UTC: `text` (ISO 8601), else SOURCE_DATE_EPOCH, else the system's.

    A time without an offset is UTC, a date its first moment. Raises UsageError for what is no time.
    """
    if text is not None:
        return _stated(text)
    seconds = os.environ.get(EPOCH_VARIABLE)
    return _since_epoch(seconds) if seconds else datetime.now(UTC)


def _stated(text: str) -> datetime:
    problem = UsageError(f"--now is {shown(text)}: give a time as ISO 8601, such as 2026-01-31T12:00:00Z")
    if not _ISO.fullmatch(text):
        raise problem
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise problem from None


def _since_epoch(text: str) -> datetime:
    problem = UsageError(
        f"{EPOCH_VARIABLE} is {shown(text)}: it must be whole seconds since 1970-01-01 UTC; correct or unset it"
    )
    if not (text.isascii() and text.isdigit()):
        raise problem
    try:
        return _EPOCH + timedelta(seconds=int(text))
    except (ValueError, OverflowError):
        raise problem from None
