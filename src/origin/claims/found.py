"""What a reader hands back: the claims, and what stood there and could not be read as one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from origin.core.record import Claim

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_TEXT = 1_000
"""Characters of a claim: what is longer is no name of a licence but may be its text, which is for a person to read
(as in origin.licenses.claims)."""


@dataclass(frozen=True, slots=True)
class Found:
    """claims: about the data or the package, the most specific place first.

    problems: what was there and could not be read as a claim, one line each: what, why, what to do.
    of_metadata: claims about the description alone (Croissant's sdLicense), never about the data.
    """

    claims: tuple[Claim, ...] = ()
    problems: tuple[str, ...] = ()
    of_metadata: tuple[Claim, ...] = ()

    def __add__(self, other: Found) -> Found:
        """Both, in order. A claim with the same words in the same place is one claim."""
        return Found(
            tuple(dict.fromkeys((*self.claims, *other.claims))),
            tuple(dict.fromkeys((*self.problems, *other.problems))),
            tuple(dict.fromkeys((*self.of_metadata, *other.of_metadata))),
        )

    def with_file(self, file: Found) -> Found:
        """With the claims of a licence file. That it says nothing is no problem where something else does."""
        return self + (Found(file.claims) if self.claims else file)


def together(found: Iterable[Found]) -> Found:
    total = Found()
    for one in found:
        total += one
    return total


def now() -> str:
    """The time of a reading: ISO 8601, UTC, in seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def statement(text: str, where: str, read_at: str) -> Found:
    """A claim, unless nothing is stated or the text is too long to be a name."""
    text = text.strip()
    if len(text) > MAX_TEXT:
        return Found(problems=(f"{where} holds a text of {len(text)} characters, no name: read it, give its SPDX id",))
    return Found((Claim(text, where, read_at),)) if text else Found()


def listed(texts: Sequence[str]) -> str:
    """Several names stated in one place. Whether they are a choice or all apply is not said there, nor here."""
    return texts[0] if len(texts) == 1 else json.dumps(list(texts), ensure_ascii=False)
