"""What the tests of this room compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from origin.claims import Found

READ_AT = "2026-01-02T03:04:05Z"


def claims(found: Found) -> list[tuple[str, str]]:
    """Text and place of each claim; all read at READ_AT."""
    assert {claim.read_at for claim in found.claims} <= {READ_AT}
    return [(claim.text, claim.where) for claim in found.claims]


def problems(found: Found) -> list[str]:
    assert not any("\n" in problem for problem in found.problems)
    return list(found.problems)
