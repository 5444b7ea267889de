"""What a Hugging Face DatasetInfo says of a data set: its licence, and where the data are from.

Read by attribute: datasets itself is not imported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.claims.croissant import parsed
from origin.claims.files import MAX_JSON, UnreadableClaimsError, named, whole
from origin.claims.found import MAX_TEXT, Found, listed, now, statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from origin.core.record import Claim

WHERE = "DatasetInfo.license"

MAX_FILES = 100_000
"""Data files of which the address is looked at. With more, the revision is not told."""

_ON_THE_HUB = re.compile(r"hf://datasets/([^/@\s]+(?:/[^/@\s]+)?)@([0-9a-f]{40})/")
_NO_VERSION = "0.0.0"
"""What datasets puts where a data set has no version."""


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """claims, problems: as in Found. uri, revision: repository and commit of the Hub that all data files are from.

    about: further names as the object states them (name, configuration, version, homepage).
    """

    claims: tuple[Claim, ...] = ()
    problems: tuple[str, ...] = ()
    uri: str | None = None
    revision: str | None = None
    about: tuple[tuple[str, str], ...] = ()


def of_dataset_info(info: Any, read_at: str | None = None) -> DatasetFacts:
    """What a DatasetInfo states; what it leaves empty is not told, and nothing is made up for it."""
    found = _license(getattr(info, "license", None), WHERE, now() if read_at is None else read_at)
    uri, revision = _on_the_hub(getattr(info, "download_checksums", None))
    version = getattr(info, "version", None)
    version = getattr(version, "version_str", version)
    about = {
        "name": getattr(info, "dataset_name", None),
        "config": getattr(info, "config_name", None),
        "version": None if version == _NO_VERSION else version,
        "homepage": getattr(info, "homepage", None),
    }
    stated = tuple((key, text) for key, value in about.items() if (text := _short(value)))
    return DatasetFacts(found.claims, found.problems, uri, revision, stated)


def of_dataset_info_file(path: Path, read_at: str | None = None) -> Found:
    """The claim in a `dataset_info.json`, as `save_to_disk` writes it. Raises UnreadableClaimsError."""
    document = parsed(whole(path, MAX_JSON), named(path))
    if not isinstance(document, dict):
        raise UnreadableClaimsError(f"{named(path)} is no JSON object: give what save_to_disk wrote")
    return _license(document.get("license"), f"{named(path)}, license", read_at or now())


def _license(value: Any, where: str, read_at: str) -> Found:
    if isinstance(value, str):
        return statement(value, where, read_at)
    if isinstance(value, (list, tuple)) and value and all(isinstance(text, str) for text in value):
        return statement(listed(value), where, read_at)
    if value is None or value in ([], ()):
        return Found()
    return Found(problems=(f"{where} is a {type(value).__name__}, neither a text nor a list of texts: state it anew",))


def _short(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= MAX_TEXT else ""


def _on_the_hub(checksums: Mapping[Any, Any] | None) -> tuple[str | None, str | None]:
    """The one repository and commit that all data files come from, by their addresses."""
    if not isinstance(checksums, dict) or not 0 < len(checksums) <= MAX_FILES:
        return None, None
    found = {_ON_THE_HUB.match(key) if isinstance(key, str) else None for key in checksums}
    places = {None if match is None else match.groups() for match in found}
    place = places.pop()
    if places or place is None:
        return None, None
    return f"hf://datasets/{place[0]}", str(place[1])
