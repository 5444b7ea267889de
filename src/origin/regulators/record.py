"""What the sessions of a report hold together, and what their sources state of themselves in their metadata."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.export.facts import metadata
from origin.query import count
from origin.query.compliance import signals_of
from origin.query.report import report
from origin.query.run import incomplete, ranks_of
from origin.query.uses import NOTHING_DELIVERED, Uses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.core.record import Source
    from origin.query.report import Report
    from origin.storage.reads import Reader, StoredSession

PUBLIC, PRIVATE, CRAWL = "publicly-available", "third-party-private", "web-crawl"
USERS, SYNTHETIC, OTHER = "user-data", "synthetic", "other"
CATEGORIES = (PUBLIC, PRIVATE, CRAWL, USERS, SYNTHETIC, OTHER)
"""The words of Source.category that say where a source belongs. Other words are shown as they are."""

MODALITIES = ("text", "image", "audio", "video")
"""The words of the metadata key `modality` with a size band of their own; any other word is "other"."""

_LARGEST = 10**18
"""A larger amount is a mistake; neither is infinity one, nor what is not a number."""

_DATE = re.compile(r"(?P<year>\d{4})(-(?P<month>0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T.*)?)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Used:
    """A declaration that samples came from. samples: distinct; None where several sessions are reported together."""

    source: Source
    observations: int
    samples: int | None
    uses: Uses = NOTHING_DELIVERED

    @property
    def held_out(self) -> bool:
        """Whether all that it delivered was for evaluation."""
        return 0 < self.observations == self.uses.evaluated

    def stated(self) -> dict[str, Any]:
        found = metadata(self.source.metadata)
        return found if isinstance(found, dict) else {}

    def texts(self, key: str) -> list[str]:
        """A text or a list of texts of the metadata; values of other types are not used."""
        found = self.stated().get(key)
        listed = found if isinstance(found, list) else [found]
        return [text.strip() for text in listed if isinstance(text, str) and text.strip()]

    def amount(self, key: str) -> float | int | None:
        found = self.stated().get(key)
        if isinstance(found, bool) or not isinstance(found, int | float):
            return None
        return found if 0 <= found <= _LARGEST else None

    def modalities(self) -> list[str]:
        words = [text.lower() for text in self.texts("modality")]
        return list(dict.fromkeys(word if word in MODALITIES else "other" for word in words))

    def signals(self) -> list[dict[str, Any]]:
        return signals_of(self.source)


@dataclass(frozen=True, slots=True)
class Record:
    """Several sessions as one. samples: distinct over all of them. used: the largest share first."""

    sessions: tuple[Report, ...]
    samples: int
    used: tuple[Used, ...]

    @property
    def observations(self) -> int:
        return sum(one.observations for one in self.sessions)

    @property
    def missed(self) -> int | None:
        """The observations that gaps miss; None where a gap does not know how many."""
        counts = [one.missed for one in self.sessions]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def incomplete(self) -> tuple[str, ...]:
        """What of the run these sessions are not, in words."""
        ranks = ranks_of(one.session for one in self.sessions)
        return tuple(incomplete(ranks)) if ranks.present or ranks.world_sizes else ()

    def of(self, category: str) -> list[Used]:
        return [one for one in self.used if one.source.category == category]

    def uncategorised(self) -> list[Used]:
        """Sources of which the record does not say, in our words, where they belong."""
        return [one for one in self.used if one.source.category not in CATEGORIES]


def gather(reader: Reader, sessions: Iterable[StoredSession]) -> Record:
    reports = tuple(report(reader, session) for session in sessions)
    if len(reports) == 1:
        samples = reports[0].samples
    else:
        samples = count.samples_of_sessions(reader, [one.session.row for one in reports])
    observations: dict[bytes, int] = {}
    became: dict[bytes, Uses] = {}
    distinct: dict[bytes, int] = {}
    sources: dict[bytes, Source] = {}
    for use in (use for one in reports for use in one.sources if use.observations):
        digest = use.source.digest()
        sources[digest] = use.source
        observations[digest] = observations.get(digest, 0) + use.observations
        distinct[digest] = use.samples
        became[digest] = became.get(digest, NOTHING_DELIVERED) + use.uses
    used = [
        Used(source, observations[digest], distinct[digest] if len(reports) == 1 else None, became[digest])
        for digest, source in sources.items()
    ]
    used.sort(key=lambda one: (-one.observations, one.source.source_id, one.source.digest()))
    return Record(reports, samples, tuple(used))


def by_source(used: Iterable[Used]) -> dict[str, list[Used]]:
    """The declarations of each source together: revisions, and what samples stated for themselves, are one source."""
    found: dict[str, list[Used]] = {}
    for one in used:
        found.setdefault(one.source.source_id, []).append(one)
    return found


def observed(used: Iterable[Used]) -> int:
    return sum(one.observations for one in used)


def is_date(text: str | None) -> bool:
    """Whether it is a year, a month or a day as ISO 8601 writes them, or a day with a time."""
    return text is not None and _DATE.fullmatch(text) is not None


def month_of(text: str | None) -> tuple[int, int] | None:
    """Year and month of a date that states both."""
    found = _DATE.fullmatch(text or "")
    return (int(found["year"]), int(found["month"])) if found and found["month"] else None


def collected(one: Used, end: str) -> str | None:
    """When collection began (`from`) or ended (`to`), as the source states it."""
    return next((text for text in one.texts(f"collected_{end}") if is_date(text)), None)
