"""What a card is about: the report of a session or a run, with what several sections ask of it worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.cards.document import LEVELS
from origin.query.licensing import Conclusion, claimed_license, conclude, obstacles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.cards.document import Level
    from origin.core.record import Source
    from origin.query.compliance import SessionCheck
    from origin.query.licensing import Conflict
    from origin.query.report import Report, SourceUse

SETTLED = frozenset({"resolved", "custom"})
"""The statuses of a conclusion that names a licence."""

UNSETTLED = {"unknown": "unknown", "ambiguous": "ambiguous", "disputed": "disputed", "no-license": "none granted"}
"""The others, in words."""


@dataclass(frozen=True, slots=True)
class Used:
    """A declaration of a source that the loop got samples from. number: its place by share, from 1."""

    number: int
    use: SourceUse
    concluded: Conclusion

    @property
    def source(self) -> Source:
        return self.use.source

    @property
    def license_text(self) -> str:
        """The concluded licence, or in words why there is none."""
        return license_text(self.concluded.expression, self.concluded.status)


def license_text(expression: str | None, status: str) -> str:
    return expression or UNSETTLED.get(status, status)


@dataclass(frozen=True, slots=True)
class PolicyCheck:
    """What a policy says of the session or run, and the name that it was given by."""

    policy: str
    found: SessionCheck


@dataclass(frozen=True, slots=True)
class Subject:
    """used: the sources that samples came from, the largest share first. idle: declarations that nothing came from.

    alone: what stands in the way of something published whatever the other licences are.
    """

    report: Report
    policy: PolicyCheck | None
    used: tuple[Used, ...]
    idle: tuple[SourceUse, ...]

    alone: tuple[Conflict, ...] = ()

    def level(self, one: Used) -> Level:
        """How much the licence of a source asks of a person: the same in every section, and in `origin conflicts`."""
        severities = {conflict.severity for conflict in self.alone if _concerns(conflict, one)}
        if "blocker" in severities or one.concluded.status == "no-license":
            return "blocker"
        return "review" if severities or one.concluded.status not in SETTLED else "clear"

    def level_of(self, concluded: Iterable[Used]) -> Level:
        """The worst of several sources."""
        return min(map(self.level, concluded), key=LEVELS.index, default="clear")

    def observations(self, statuses: Iterable[str]) -> int:
        """The observations from sources whose licence was concluded with one of the statuses."""
        wanted = set(statuses)
        return sum(one.use.observations for one in self.used if one.concluded.status in wanted)


def subject(report: Report, policy: PolicyCheck | None = None) -> Subject:
    ordered = sorted(report.sources, key=lambda use: (-use.observations, use.sequence))
    used = [use for use in ordered if use.observations]
    return Subject(
        report,
        policy,
        tuple(Used(number, use, conclude(use.source)) for number, use in enumerate(used, 1)),
        tuple(use for use in ordered if not use.observations),
        tuple(obstacles(use.source for use in used)),
    )


def _concerns(conflict: Conflict, one: Used) -> bool:
    if one.source.source_id not in conflict.sources:
        return False
    return bool(conflict.supposes) or (claimed_license(one.source) or "") in (conflict.licenses or ("",))


def at_least(report: Report, text: str) -> str:
    """A total of the record: the least that it can be, where nobody knows how much gaps miss or other ranks got."""
    return f"at least {text}" if report.least else text
