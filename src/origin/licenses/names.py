"""One licence by name: whole names only, compared word by word. What names several licences is ambiguous."""

from __future__ import annotations

import re
from functools import cache

from origin.licenses.aliases import ALIASES
from origin.licenses.creative_commons import Found, from_words
from origin.licenses.custom import CUSTOM
from origin.licenses.families import GNU, families
from origin.licenses.identifiers import exceptions, licenses, replacements
from origin.licenses.words import is_version, plain, words

_GNU_IDS = tuple(f"{family}-" for family in GNU)


def from_name(name: str) -> Found:
    """The licence a name means: one id (`+` for or later), the ids it may mean, or None."""
    found = words(name)
    if not found:
        return None
    gnu = _gnu(found)
    if gnu is not None:
        return gnu
    key = " ".join(plain(found))
    known = _named().get(key, _families().get(key))
    if known is not None:
        return known
    if found[-1] == "+" and len(found) > 1:
        return _or_later(" ".join(plain(found[:-1])))
    if found[-1] == "only" and is_version(found[-2:][0]):  # `Apache 2.0 only`
        return _named().get(key.removesuffix(" only"))
    return from_words(found)


def from_exception_name(name: str) -> tuple[str, ...]:
    """The listed exceptions that a name means, with or without `exception` after it."""
    key = re.sub("exceptions$", "exception", _key(name))
    return _exceptions().get(key) or _exceptions().get(key.removesuffix(" exception"), ())


def _or_later(key: str) -> Found:
    named = _named().get(key)
    if named is not None and named.lower() in licenses() and key[-1].isdigit():
        return f"{named}+"
    return None


def _gnu(found: tuple[str, ...]) -> Found:
    ending = found[-1] if found[-1] in {"+", "only"} else ""
    rest = found[:-1] if ending else found
    version = rest[-1] if rest and is_version(rest[-1]) else ""
    name = " ".join(rest[:-1] if version else rest)
    family = _gnu_families().get(name)
    if family is None:
        return None
    suffixes = {"+": ("or-later",), "only": ("only",)}.get(ending, ("only", "or-later"))
    versions = _gnu_versions(family, version, library="library" in rest and "lesser" not in rest)
    ids = tuple(f"{family}-{one}-{suffix}" for one in versions for suffix in suffixes)
    return ids[0] if len(ids) == 1 else ids or None


def _gnu_versions(family: str, version: str, *, library: bool) -> tuple[str, ...]:
    every = GNU[family][1]
    if library:  # the licence was called Library in version 2 and Lesser since 2.1
        return ("2.0",) if version in {"", "2", "2.0"} else ()
    if not version:
        return every
    if family == "LGPL" and version == "2":
        return ("2.0", "2.1")  # PEP 639: LGPLv2 may be either
    full = version if "." in version else f"{version}.0"
    return (full,) if full in every else ()


@cache
def _gnu_families() -> dict[str, str]:
    return {name: family for family, (names, _) in GNU.items() for name in names}


@cache
def _named() -> dict[str, str]:
    """Names that mean one licence, as their words: the list's ids and names, our own, and the aliases."""
    ids: dict[str, set[str]] = {}
    for row in licenses().values():
        if not row.id.startswith(_GNU_IDS) or "invariants" in row.id:
            meant = replacements().get(row.id, row.id)
            for name in (row.id, row.name):
                ids.setdefault(_key(name), set()).add(meant)
    for custom in CUSTOM:
        for name in (custom.id, custom.name, *custom.names):
            ids.setdefault(_key(name), set()).add(custom.same_as or custom.id)
    # A name that two entries share means neither, unless an alias says which.
    named = {key: one.copy().pop() for key, one in ids.items() if key and len(one) == 1}
    named.update({_key(name): meant for meant, names in ALIASES.items() for name in names})
    return named


@cache
def _families() -> dict[str, tuple[str, ...]]:
    """Names without the version that would tell which: our families, and listed names less the number at their end."""
    several: dict[str, dict[str, None]] = {}
    for row in licenses().values():
        for name in (row.id, row.name):
            stem, _, last = _key(name).rpartition(" ")
            if stem and is_version(last) and not row.deprecated and not row.id.startswith(_GNU_IDS):
                several.setdefault(stem, {})[row.id] = None
    found = {key: tuple(ids) for key, ids in several.items()}
    found.update({_key(name): members for name, members in families().items()})
    return found


@cache
def _exceptions() -> dict[str, tuple[str, ...]]:
    """Names of exceptions, whole and less the version at their end."""
    several: dict[str, dict[str, None]] = {}
    for row in exceptions().values():
        for name in (row.id, row.name):
            stem, _, last = _key(name).rpartition(" ")
            for key in {_key(name), stem if is_version(last) else _key(name)}:
                several.setdefault(key, {})[row.id] = None
    return {key: tuple(ids) for key, ids in several.items()}


def _key(name: str) -> str:
    return " ".join(plain(words(name) or ()))
