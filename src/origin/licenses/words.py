"""A name as its words, so that spellings of one name compare equal as a whole. Nothing is searched inside a text."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)*|\+")
# What may stand between the words of a name. Any other character makes the text something else than a name.
_BETWEEN = re.compile(r"[\s\-_,.:;()\[\]/&\"'`’‘“”–—‐‑−®™]*")  # noqa: RUF001 - typographic marks are met
_MASKED = re.compile(r"(?<=[a-z])\*(?=[a-z])")  # a letter left out of a rude word; elsewhere a star is a footnote
_VERSION = re.compile(r"(?<=[a-z])v(?=\d)")
_FILLERS = {"the", "license", "licence", "licenses", "licences", "licensed"}
_VERSION_WORDS = {"v", "version", "ver", "vers", "rev", "versions"}
_LATER = re.compile(
    r"(?: (?:or|and))?(?: \(?at your option\)?)?(?: any)? (?:later|newer|greater|higher|above)(?: versions?)?$"
)
_AT_LEAST = re.compile(r"\(?(?:>=|≥) ?v?(\d+(?:\.\d+)*)\)?")
MAX_NAME = 300


def words(name: str) -> tuple[str, ...] | None:
    """The words of a name in lower case, versions as written, or None for a text that is no name.

    Fillers (the, licence, version before a number) are left out; `or any later version`, `>=` and a last `+` become
    one `+`; a last `only` stays.
    """
    if len(name) > MAX_NAME:
        return None
    text = name.lower()
    if ">" in text or "≥" in text:
        text = _AT_LEAST.sub(r" \1 or later", text)
    if " of the " in text:
        text = text.replace(" of the license", "").replace(" of the licence", "")
    text = _VERSION.sub(" v", text)
    if "*" in text:
        text = _MASKED.sub(" ", text)
    found = []
    at = 0
    for match in _WORD.finditer(text):
        if not _BETWEEN.fullmatch(text, at, match.start()):
            return None
        found.append(match.group())
        at = match.end()
    if not _BETWEEN.fullmatch(text, at):
        return None
    kept = [
        word
        for word, after in zip(found, (*found[1:], ""), strict=False)
        if word not in _FILLERS and not (word in _VERSION_WORDS and after[:1].isdigit())
    ]
    joined = " " + " ".join(kept)
    later = _LATER.search(joined)
    if later:
        return (*joined[: later.start()].split(), "+")
    return tuple(kept)


def plain(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The words with `2.0` and `2` made the same."""
    return tuple(re.sub(r"(\.0)+$", "", word) if word[0].isdigit() else word for word in parts)


def is_version(word: str) -> bool:
    return word[:1].isdigit()
