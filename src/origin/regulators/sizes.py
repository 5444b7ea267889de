"""The size bands of the EU template, section 1.3, from amounts that sources state of themselves.

Origin counts samples and bytes. Tokens, images and hours are what a source's metadata says; a band is filled in only if
every source says so, so that none is left out of the sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.regulators.record import by_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from origin.regulators.record import Record, Used

TEXT = ("less than 1 billion tokens", "1 billion to 10 trillion tokens", "more than 10 trillion tokens")
IMAGE = ("less than 1 million images", "1 million to 1 billion images", "more than 1 billion images")
HOURS = ("less than 10,000 hours", "10,000 to 1 million hours", "more than 1 million hours")


@dataclass(frozen=True, slots=True)
class Scale:
    """key: of the metadata. low, high: the limits between the bands, in the unit of the key."""

    key: str
    bands: tuple[str, str, str]
    low: int
    high: int

    def band(self, amount: float) -> str:
        return self.bands[(amount >= self.low) + (amount > self.high)]


SCALES = {
    "text": Scale("tokens", TEXT, 10**9, 10**13),
    "image": Scale("images", IMAGE, 10**6, 10**9),
    "audio": Scale("seconds", HOURS, 10**4 * 3600, 10**6 * 3600),
    "video": Scale("seconds", HOURS, 10**4 * 3600, 10**6 * 3600),
}


@dataclass(frozen=True, slots=True)
class Size:
    """What the sources of a modality state. amount: of those that do. complete: nothing is left out of it."""

    modality: str
    amount: float
    stating: int
    sources: int
    complete: bool

    @property
    def band(self) -> str | None:
        return SCALES[self.modality].band(self.amount) if self.complete else None


def size(record: Record, modality: str) -> Size:
    everything = by_source(record.used)
    concerned = [uses for uses in everything.values() if any(modality in one.modalities() for one in uses)]
    amounts = [_amount(uses, modality) for uses in concerned]
    stated = [amount for amount in amounts if amount is not None]
    unclear = any(not one.modalities() for one in record.used)
    complete = bool(stated) and len(stated) == len(amounts) and not unclear
    return Size(modality, sum(stated), len(stated), len(amounts), complete)


def _amount(uses: Sequence[Used], modality: str) -> float | None:
    """What the declarations of one source state, if they agree."""
    found = {one.amount(SCALES[modality].key) for one in uses}
    if modality in ("audio", "video") and any({"audio", "video"} <= set(one.modalities()) for one in uses):
        return None  # the seconds may be of either
    return found.pop() if len(found) == 1 else None
