"""Which sources lie on the Hugging Face Hub. Told from the URI alone: a name that looks like an id proves nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from origin.core.record import Source

_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_PAGES = frozenset(
    {"tree", "blob", "resolve", "raw", "viewer", "embed", "discussions", "commit", "commits", "settings"}
)
"""What follows a data set's id in an address of the Hub. `viewer` and the like name no revision."""

_WITH_REVISION = frozenset({"tree", "blob", "resolve", "raw", "commit", "commits"})
_REVISION = r"(refs/(?:convert|pr)/[^/]+|[^/]+)"
_FILE = re.compile(r"(?i)\.(csv|tsv|jsonl?|ndjson|parquet|arrow|txt|gz|zst|xz|zip|tar)$")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


class HubDataset(NamedTuple):
    """id: `owner/name`, or `name` for the oldest data sets. revision: a branch, tag or commit, as declared."""

    id: str
    revision: str | None


def hub_dataset(source: Source) -> HubDataset | None:
    """The data set of the Hub that the source's URI names: an `hf://datasets/` path or a page of the Hub."""
    uri = source.uri or ""
    if not uri.isascii() or not uri.isprintable() or " " in uri:
        return None
    found = _path(uri) if uri.startswith("hf://") else _page(uri)
    if found is None or not _is_id(found.id):
        return None
    return found._replace(revision=found.revision or source.revision)


def _path(uri: str) -> HubDataset | None:
    """`hf://datasets/owner/name@revision/file`. `name/data.csv` may be a file of an old data set: not told."""
    found = re.fullmatch(rf"hf://datasets/([^@/]+)(?:/([^@/]+))?(?:@{_REVISION})?(/.*)?", unquote(uri))
    if found is None:
        return None
    owner, name, revision, _ = found.groups()
    if name is not None and _FILE.search(name):
        return None
    return HubDataset(owner if name is None else f"{owner}/{name}", revision)


def _page(uri: str) -> HubDataset | None:
    """`https://huggingface.co/datasets/owner/name/tree/revision/file`."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or parts.netloc.lower() not in _HOSTS:
        return None
    root, *segments = parts.path.strip("/").split("/")
    length = 1 if len(segments) == 1 or (segments[1:2] and segments[1] in _PAGES) else 2
    name, rest = segments[:length], segments[length:]
    if root != "datasets" or not name or (rest and rest[0] not in _PAGES):
        return None
    found = re.match(_REVISION, unquote("/".join(rest[1:]))) if rest and rest[0] in _WITH_REVISION else None
    return HubDataset("/".join(name), found[0] if found else None)


def _is_id(text: str) -> bool:
    """The Hub's rule for ids: a name of at most 96 characters, no part with `-` or `.` at an end, no `--`, no `..`."""
    parts = text.split("/")
    return (
        len(parts[-1]) <= 96
        and len(parts) <= 2
        and all(_NAME.fullmatch(part) and part[0] not in "-." and part[-1] not in "-." for part in parts)
        and "--" not in text
        and ".." not in text
        and not text.endswith(".git")
    )
