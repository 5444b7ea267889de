"""The card as a value: both its forms, and what a notebook shows of it."""

from __future__ import annotations

import html as entities
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.cards.html import card as html_card
from origin.cards.markdown import card as markdown_card
from origin.cards.subject import PolicyCheck
from origin.licenses.policy import load_policy
from origin.query.compliance import check
from origin.query.engine import LATEST, find_session
from origin.query.report import report
from origin.query.scope import find_run_scope, scope_of
from origin.query.together import Together
from origin.storage.connection import resolve
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from origin.query.report import Report
    from origin.query.scope import Scope
    from origin.storage.reads import StoredSession

_FRAME_HEIGHT = 720


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """The provenance card of a session or a run. The last value of a notebook's cell is shown as HTML, in a frame."""

    report: Report
    policy: PolicyCheck | None = None

    def __repr__(self) -> str:
        return f"<Card of {self.report.of.name}>"

    @property
    def markdown(self) -> str:
        return markdown_card(self.report, self.policy)

    @property
    def html(self) -> str:
        """One file that needs no other."""
        return html_card(self.report, self.policy)

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _repr_html_(self) -> str:
        # In a frame, so that neither the page's style nor the card's reaches the other; sandboxed, as it needs nothing.
        page = entities.escape(html_card(self.report, self.policy, framed=True))
        return (
            f'<iframe sandbox="" title="Provenance card" width="100%" height="{_FRAME_HEIGHT}" frameborder="0" '
            f'srcdoc="{page}"></iframe>'
        )


def card_of(db_path: str | Path, session: str = LATEST, policy: str | Path | None = None) -> Card:
    """The card of a session in a database.

    session: the start of its id, or `latest`. policy: a built-in policy by name, or a TOML file; its verdict is then in
    the card. Raises MissingDatabaseError, UnreadableDatabaseError, NotFoundError, AmbiguousError, UsageError.
    """
    with Reader(resolve(db_path)) as reader:
        return card_from(reader, find_session(reader, session), policy)


def run_card_of(db_path: str | Path, run: str = LATEST, policy: str | Path | None = None) -> Card:
    """The card of a run in a database: of the sessions of all its ranks.

    run: the start of its id, or `latest`. The rest is as for `card_of`.
    """
    with Reader(resolve(db_path)) as reader:
        return card_from(reader, find_run_scope(reader, run), policy)


def card_from(reader: Reader, session: StoredSession | Scope, policy: str | Path | None = None) -> Card:
    """The same, of a session or a run that was found already."""
    checked = None
    if policy is not None:
        loaded, about = load_policy(policy), scope_of(session)
        whole = Together(reader, about.sessions).reader if about.is_run else reader
        checked = PolicyCheck(loaded.name, check(whole, about.sessions[0], loaded, {}))
    return Card(report(reader, session), checked)
