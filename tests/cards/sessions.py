"""A session with everything that a card has a place for. Import as `from cards.sessions import ...`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from query.recordings import FailingHook

from origin import OriginWarning, ProvenanceDatabase
from origin.cards import Card, card_of
from origin.core.record import Claim
from origin.hooks.base import BaseHook

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = "9f2c" * 16
REVISION = "b04c8d1ceb2f5cd4588862100d08de323dccfbaa"


def record_all(path: Path) -> str:
    """Sources of each status of licence, a conflict, a choice, opt-outs, a gap, a blind observation, two loaders, two
    epochs, and a source that was declared and not used. Returns the session's id.

    Observations: wiki 60, news 20, stack 8, photos 6, gov 4, books 2, probe 2 (of gov, 1 without a fingerprint).
    """
    with ProvenanceDatabase(path) as db:
        db.register_source(
            "wiki",
            license_id="CC-BY-SA-4.0",
            uri="https://example.org/wiki",
            category="publicly-available",
            revision=REVISION,
            owner="Wikimedia",
            acquired_at="2026-01-15",
        )
        db.register_source("news", metadata={"opt_out_signals": [{"kind": "tdmrep", "value": "1"}]})
        claim = Claim("Apache-2.0", "README.md, front matter, license", "2026-01-02T03:04:05Z")
        db.register_source("stack", license_id="MIT", claims=[claim])
        db.register_source("a|b", license_id="CC-BY-NC-4.0", owner="Studio <b>Müller</b>")
        db.register_source("gov", license_id="CC0-1.0 OR MIT")
        db.register_source("books", license_id="All rights reserved")
        session = db.begin_session(CONFIG, metadata={"seed": 1}, run_id="run 7", rank=0, world_size=2)
        for name, count in (("wiki", 30), ("news", 10), ("stack", 4), ("a|b", 3), ("gov", 2), ("books", 1)):
            wrapped = BaseHook(db, session.session_id, name).wrap([[f"{name} {n}"] for n in range(count)], name=name)
            for _ in range(2):
                list(wrapped)
        probe = FailingHook(db, session.session_id, "gov")
        with pytest.warns(OriginWarning, match="cannot look at this"):
            list(probe.wrap([[object(), "gov 0"], "broken"], name="probe"))
        session.end()
    return session.session_id


def card_with(path: Path, text: str) -> Card:
    """The card of a session in which every recorded string is `text`."""
    with ProvenanceDatabase(path) as db:
        claim = Claim(text, text, text)
        db.register_source(
            text, license_id=text, uri=text, category=text, revision=text, owner=text, acquired_at=text, claims=[claim]
        )
        db.register_source(f"idle {text}", license_id=text)
        with db.begin_session(text, run_id=text, metadata={text: text}) as session:
            list(BaseHook(db, session.session_id, text).wrap([[b"a"]], name=text))
            list(BaseHook(db, session.session_id, "other", "CC-BY-4.0").wrap([[b"a"]]))
    return card_of(path)
