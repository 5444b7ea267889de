"""The licence in a package's METADATA (core metadata 2.4): License-Expression, License, Classifier, License-File."""

from __future__ import annotations

import re
from email.parser import HeaderParser
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING, TypeAlias

from origin.claims.files import HEAD, MAX_METADATA, UnreadableClaimsError, head_of, is_file, named, text_of, whole
from origin.claims.found import Found, now, statement
from origin.claims.license_file import license_text
from origin.errors import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

LicenseReader: TypeAlias = "Callable[[str], bytes | None]"
"""The first bytes of a licence file by the name that License-File gives it; None where there is none."""

MAX_VALUES = 10
"""Fields of one name: the format has one of each."""

_UNSTATED = frozenset(("", "UNKNOWN"))
"""What setuptools wrote into `License` when nothing was stated."""
_APPROVALS = frozenset(("License :: OSI Approved", "License :: DFSG approved"))
"""Classifiers that say who approved a licence, not which it is."""
_HEADER_END = re.compile(r"\r?\n\r?\n")


def of_metadata(path: Path, read_at: str | None = None) -> Found:
    """The claims of a METADATA or PKG-INFO file, and of its licence file if it has exactly one.

    Raises UnreadableClaimsError when the file cannot be read or is no text.
    """

    def license_file(name: str) -> bytes | None:
        # PEP 639 puts them into `licenses/`; before, they stood beside METADATA.
        places = [path.parent / "licenses" / name, path.parent / name]
        return next((head_of(place, HEAD) for place in places if is_file(place)), None)

    return metadata_text(whole(path, MAX_METADATA), named(path), read_at or now(), license_file)


def of_distribution(name: str, read_at: str | None = None) -> Found:
    """The claims of an installed distribution. Raises UnreadableClaimsError when it is not installed."""
    try:
        found = distribution(name)
        text = found.read_text("METADATA") or found.read_text("PKG-INFO")
    except (PackageNotFoundError, ValueError, OSError) as error:
        raise UnreadableClaimsError(f"no distribution {shown(name)} is installed: check its name") from error
    if text is None:
        raise UnreadableClaimsError(f"distribution {shown(name)} has no METADATA: install it again")

    def license_file(file: str) -> bytes | None:
        beside = found.read_text(f"licenses/{file}") or found.read_text(file)
        return None if beside is None else beside.encode()[:HEAD]

    return metadata_text(text.encode(), "METADATA", read_at or now(), license_file)


def metadata_text(data: bytes, name: str, read_at: str, license_file: LicenseReader) -> Found:
    text = text_of(data)
    if text is None:
        raise UnreadableClaimsError(f"{name} is no text: give the METADATA of a package")
    # The description behind the headers may be long, and has nothing to say here.
    message = HeaderParser().parsestr(_HEADER_END.split(text, maxsplit=1)[0])
    found = Found()
    for key in ("License-Expression", "License"):
        values = [_unfolded(value) for value in message.get_all(key, ())]
        if len(values) > MAX_VALUES:
            found += Found(problems=(f"{name} has {len(values)} fields {key}, not one: give its licence by hand",))
            continue
        for value in values:
            found += Found() if value in _UNSTATED else statement(value, f"{name}, {key}", read_at)
    found += classified(map(str, message.get_all("Classifier", ())), f"{name}, Classifier", read_at)
    files = [_unfolded(value) for value in message.get_all("License-File", ())]
    return found.with_file(_file(files[0], read_at, license_file)) if len(files) == 1 else found


def classified(classifiers: Iterable[str], where: str, read_at: str) -> Found:
    """The licence classifiers as one claim, a line each: whether they are a choice or all apply is not said."""
    every = dict.fromkeys(" ".join(one.split()) for one in classifiers)
    licenses = [one for one in every if one.startswith("License ::")]
    exact = [one for one in licenses if one not in _APPROVALS] or licenses
    return statement("\n".join(exact), where, read_at)


def _file(name: str, read_at: str, license_file: LicenseReader) -> Found:
    """The top of the one licence file. One outside the package is not opened."""
    if ".." in re.split(r"[/\\]", name) or name.startswith(("/", "\\")) or ":" in name or "\0" in name:
        return Found(problems=(f"License-File {shown(name)} is outside the package: it was not opened",))
    try:
        data = license_file(name)
        return Found() if data is None else license_text(data, name, read_at)
    except (OSError, ValueError):
        return Found(problems=(f"License-File {shown(name)} cannot be read: check the package",))


def _unfolded(value: object) -> str:
    """A header's value without the white space, or `|`, that continues it on further lines."""
    first, *others = str(value).splitlines() or [""]
    return "\n".join((first.strip(), *(line.strip().removeprefix("|").strip() for line in others))).strip()
