"""All claims of a file or a directory, from every place that this package can read."""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from origin.claims.croissant import of_croissant
from origin.claims.dataset_info import of_dataset_info_file
from origin.claims.files import UnreadableClaimsError, named
from origin.claims.found import Found, now
from origin.claims.license_file import of_license_file, of_source_file
from origin.claims.metadata import of_metadata
from origin.claims.pyproject import of_pyproject
from origin.claims.readme import of_readme
from origin.claims.reuse import of_reuse
from origin.claims.wheel import of_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ENTRIES = 10_000
"""Names of a directory that are looked at; what stands in its subdirectories is not."""

MAX_FILES = 100
"""Files of a directory that are read."""

# By the file's name, in the order in which a data set's own words come before those of what surrounds it.
_READERS: tuple[tuple[re.Pattern[str], Callable[[Path, str], Found]], ...] = (
    (re.compile(r"README\.md", re.IGNORECASE), of_readme),
    (re.compile(r".*croissant.*\.json(?:ld)?|.*\.jsonld", re.IGNORECASE), of_croissant),
    (re.compile(r"dataset_info\.json"), of_dataset_info_file),
    (re.compile(r"METADATA|PKG-INFO"), of_metadata),
    (re.compile(r"pyproject\.toml"), of_pyproject),
    (re.compile(r"REUSE\.toml"), of_reuse),
    (re.compile(r"(?:LICEN[CS]E|COPYING|UNLICENSE)(?:[-._].*)?", re.IGNORECASE | re.DOTALL), of_license_file),
)
_WHEEL = re.compile(r".*\.whl", re.IGNORECASE)


def claims_of(path: str | os.PathLike[str], read_at: str | None = None) -> Found:
    """The claims that stand in a file, or in the files of a directory that are known to hold some.

    read_at: the time to state for the reading, ISO 8601; now without it. All claims of one call have the same.

    A directory's unreadable files are problems of what is found; subdirectories are not entered.
    Raises UnreadableClaimsError when the path itself cannot be read.
    """
    place = Path(path)
    read_at = read_at or now()
    try:
        if place.is_dir():
            return _of_directory(place, read_at)
    except (OSError, ValueError) as error:
        raise UnreadableClaimsError(
            f"{named(place)} cannot be read ({error}): check the path and its rights"
        ) from error
    reader = of_wheel if _WHEEL.fullmatch(place.name) else _reader(place.name)
    if reader is None:
        return of_source_file(place, read_at)
    return reader(place, read_at)


def _of_directory(directory: Path, read_at: str) -> Found:
    with os.scandir(directory) as entries:
        names = [entry.name for entry in islice(entries, MAX_ENTRIES + 1)]
    found = Found()
    if len(names) > MAX_ENTRIES:
        names.pop()
        found += Found(problems=(f"{named(directory)} has more than {MAX_ENTRIES} files: the rest was not looked at",))
    chosen = [name for pattern, _ in _READERS for name in sorted(names) if pattern.fullmatch(name)]
    if len(chosen) > MAX_FILES:
        chosen = chosen[:MAX_FILES]
        found += Found(problems=(f"{named(directory)} has more than {MAX_FILES} such files: the rest was not read",))
    for name in chosen:
        found += _shielded(directory / name, read_at)
    return found


def _shielded(path: Path, read_at: str) -> Found:
    reader = _reader(path.name)
    try:
        return Found() if reader is None or path.is_dir() else reader(path, read_at)
    except UnreadableClaimsError as error:
        return Found(problems=(str(error),))
    except OSError as error:
        return Found(problems=(f"{named(path)} cannot be read ({error.strerror}): check its rights",))


def _reader(name: str) -> Callable[[Path, str], Found] | None:
    return next((reader for pattern, reader in _READERS if pattern.fullmatch(name)), None)
