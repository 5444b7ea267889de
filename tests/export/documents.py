"""Records with every kind of licence claim, and exports of them. Import as `from export.documents import ...`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from origin import ProvenanceDatabase
from origin.core.record import Claim, Source
from origin.hooks.base import BaseHook
from origin.query.engine import find_session
from origin.query.report import Report, SourceUse, report
from origin.storage.reads import Reader, StoredSession

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

LICENSES = {
    "listed": "Apache-2.0",
    "lower": "mit",
    "named": "The MIT License",
    "choice": "MIT OR Apache-2.0",
    "exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "later": "Apache-2.0+",
    "deprecated": "GPL-2.0",
    "newer": "CC-BY-NC-3.0-IGO",
    "custom": "llama3",
    "reference": "LicenseRef-Our-Terms",
    "both": "LicenseRef-Our-Terms AND MIT",
    "document": "DocumentRef-other:LicenseRef-x",
    "ambiguous": "GPL",
    "denied": "no license",
    "text": "ask | Bob (he knows)",
    "unlisted": "Foo-1.0 OR MIT",
    "unknown": None,
}
"""A source of each kind of claim."""


def record_licenses(path: Path) -> None:
    """One sample from a source of each kind, and from one whose claims contradict each other."""
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("experiment")
        db.register_source("disputed", "MIT", claims=[Claim("GPL-3.0-only", "repository")])
        for name, license_id in {**LICENSES, "disputed": "MIT"}.items():
            given = None if name == "disputed" else license_id
            list(BaseHook(db, session.session_id, name, given).wrap([[name.encode()]]))
        session.end()


def exported(path: Path, module: Any, session: str = "latest", **options: Any) -> str:
    with Reader(path) as reader:
        return "".join(module.export(reader, find_session(reader, session), NOW, **options))


def with_idle_source(reader: Reader, session: StoredSession) -> Report:
    """The report, with a source that delivered nothing besides: the log may hold one, though no hook writes it."""
    facts = report(reader, session)
    return replace(facts, sources=(*facts.sources, SourceUse(99, Source("idle", "MIT"), 0, 0)))
