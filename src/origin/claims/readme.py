"""The licence that a card states in its front matter.

Keys as on the Hugging Face Hub (huggingface.co/docs/hub/datasets-cards): `license`, a tag or a list of tags;
`license_name` and `license_link`, which say more where the tag is `other`; `licenses` on older cards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.claims.files import MAX_FRONT_MATTER, UnreadableClaimsError, head_of, named, text_of
from origin.claims.found import Found, listed, now, statement
from origin.claims.front_matter import NotUnderstoodError, entries, front_matter, texts

if TYPE_CHECKING:
    from pathlib import Path

_KEYS = ("license", "licenses", "license_name", "license_link")
_NAMED_ELSEWHERE = "other"
"""The tag that says: read `license_name`."""


def of_readme(path: Path, read_at: str | None = None) -> Found:
    """The claims of a card's front matter; nothing where there is none.

    Several tags are one claim, a JSON list: a card does not say whether they are a choice or all apply.
    Raises UnreadableClaimsError when the file cannot be read or is no text.
    """
    text = text_of(head_of(path, MAX_FRONT_MATTER))
    if text is None:
        raise UnreadableClaimsError(f"{named(path)} is no text: give the card itself")
    place = f"{named(path)}, front matter"
    try:
        lines = front_matter(text)
        stated = {} if lines is None else entries(lines, frozenset(_KEYS))
    except NotUnderstoodError as error:
        return Found(problems=(f"{place} is not understood ({error}): state its licence by hand",))
    found = {}
    for key in _KEYS:
        if key in stated:
            try:
                values = [text for text in texts(stated[key]) if text.strip()]
            except NotUnderstoodError as error:
                why = f"line {stated[key].line}: {error}"
                found[key] = Found(problems=(f"{place}, {key} is not understood ({why}): write one text or a list",))
                continue
            found[key] = statement(listed(values) if values else "", f"{place}, {key}", read_at or now())
    return _most_specific_first(found)


def _most_specific_first(found: dict[str, Found]) -> Found:
    tags = found.pop("license", Found())
    others = Found()
    for one in found.values():
        others += one
    named_elsewhere = [claim.text.lower() for claim in tags.claims] == [_NAMED_ELSEWHERE]
    return others + tags if named_elsewhere else tags + others
