"""A name as its words, so that spellings of one name compare equal as a whole. Nothing is searched inside a text."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)*|\+")
_ASCII_WORD = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)*|\+")  # the same for most texts, in less time
# What a name consists of, with what may stand between its words. Any other character makes it something else.
_NAME = re.compile(r"[\w\s\-,.:;()\[\]/&\"'`’‘“”–—‐‑−®™+]*")  # noqa: RUF001 - typographic marks are met
# Below, what is looked for stands first and what must be before it second: so a search skips to it.
_MASKED = re.compile(r"(?<=[a-z])\*(?=[a-z])")  # a letter left out of a rude word; elsewhere a star is a footnote
_VERSION = re.compile(r"v(?<=[a-z]v)(?=\d)")
_HYPHENATED = re.compile(r"[-_](?<=\d[-_])(?<!cc0[-_])(?=\d(?![\d.]))")  # apache-2-0, CC_BY_4_0: no full stop allowed
# The date in a text's own title: `Version 2.0, January 2004`, `Version 3, 29 June 2007`.
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_DATED = re.compile(rf"[ ,-](?<=\d[ ,-])[ ,-]*(?:\d\d? )?{_MONTH}(?: \d\d?(?:st|nd|rd|th)?,?)? \d{{4}}$")
_FILLERS = {"the", "license", "licence", "licenses", "licences", "licensed", "lizenz", "licencia", "licenza", "licença"}
_VERSION_WORDS = {"v", "version", "ver", "vers", "rev", "versions"}
_LATER = re.compile(
    r"(?: (?:or|and))?(?: \(?at your option\)?)?(?: any)? (?:later|newer|greater|higher|above)(?: versions?)?$"
)
_LATER_ENDS = {"later", "newer", "greater", "higher", "above", "version", "versions"}
# Writing R Extensions, section 1.1.2: `GPL (>= 2)`, `GPL (== 2)`
_AT_LEAST = re.compile(r"\(?(?:>=|≥) ?v?(\d+(?:\.\d+)*)\)?")
_EXACTLY = re.compile(r"\( ?==? ?v?(\d+(?:\.\d+)*) ?\)")
_ZEROS = re.compile(r"(?:\.0)+$")
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
    elif "=" in text:
        text = _EXACTLY.sub(r" \1 only", text)
    if " of the " in text:
        text = text.replace(" of the license", "").replace(" of the licence", "")
    if "*" in text:
        text = _MASKED.sub(" ", text)
    if not _NAME.fullmatch(text):
        return None
    if text[-4:].isdigit():
        text = _DATED.sub("", text)
    kept = [word for word in _split(text) if word not in _FILLERS]
    if kept and kept[-1] in _LATER_ENDS:
        joined = " " + " ".join(kept)
        later = _LATER.search(joined)
        if later:
            return (*joined[: later.start()].split(), "+")
    return tuple(kept)


def _split(text: str) -> list[str]:
    """The words of a text in lower case, less `version` and the like before a number."""
    text = _HYPHENATED.sub(".", _VERSION.sub(" v", text))
    found = (_ASCII_WORD if text.isascii() else _WORD).findall(text)
    if _VERSION_WORDS.isdisjoint(found):
        return found
    return [
        word
        for word, after in zip(found, (*found[1:], ""), strict=True)
        if word not in _VERSION_WORDS or not after[:1].isdigit()
    ]


def plain(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The words with `2.0` and `2` made the same."""
    if ".0" not in " ".join(parts):
        return parts
    return tuple([_ZEROS.sub("", word) if word.endswith(".0") else word for word in parts])


def is_version(word: str) -> bool:
    return word[:1].isdigit()
