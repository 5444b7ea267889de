"""A session or a run as a CycloneDX 1.7 bill of materials; see `origin.export.cyclonedx`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.export import cyclonedx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession


def export(reader: Reader, session: StoredSession | Scope, now: datetime) -> Iterator[str]:
    return cyclonedx.export(reader, session, now, spec_version="1.7")
