"""How what a list or a question names meets a claimed licence: by its name, or as the same one written otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from origin.licenses.bridges import versions
from origin.licenses.creative_commons import unported
from origin.licenses.custom import custom_licenses

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.licenses.grammar import Element

PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*\*")
"""The beginning of an id, and `*` at its end."""

_SCOPE = re.compile(r"(?:-only|-or-later|\+)$")

Kinship = Literal["same", "kin"]


def names(element: Element) -> tuple[str, ...]:
    """The licence under its id, under the one that SPDX has for the same text, and a port to a jurisdiction that SPDX
    does not list as it would write it.
    """
    own = custom_licenses().get(element.license.lower())
    if own is not None and own.same_as:
        return str(element), own.same_as
    if element.license.startswith("LicenseRef-") and unported(element.license) is not None:
        return str(element), str(element).removeprefix("LicenseRef-")
    return (str(element),)


def matches(pattern: str, element: Element) -> bool:
    """Without regard to case, as SPDX compares ids. An id without exception does not match the one with it."""
    lowered = pattern.lower()
    if lowered.endswith("*"):
        return any(name.lower().startswith(lowered[:-1]) for name in names(element))
    return lowered in (name.lower() for name in names(element))


def kinship(listed: str, element: Element, is_listed: Callable[[str], bool]) -> Kinship | None:
    """What a licence is to an exact id that it does not match: the same text with or without later versions, or a port.

    It is the same where it is offered under the version listed or a later one, and `is_listed` holds for all of them
    that there are: then no choice leads past the list. Exceptions must be equal.
    """
    name = str(element)
    if "*" in listed or name.partition(" WITH ")[2].lower() != listed.partition(" WITH ")[2].lower():
        return None
    if _SCOPE.sub("", element.license + "+" * element.or_later).lower() == _stem(listed):
        offered = versions(element.license, or_later=element.or_later)
        return "same" if all(map(is_listed, offered)) else "kin"
    family = unported(element.license)
    return "kin" if family is not None and family.lower() == listed.lower() else None


def _stem(listed: str) -> str:
    return _SCOPE.sub("", listed.partition(" WITH ")[0]).lower()
