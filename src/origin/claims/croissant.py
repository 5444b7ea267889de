"""The licence in a Croissant file: schema.org's `license` of the data set, in JSON-LD.

Croissant 1.0 wants a URL or a text; schema.org also has a CreativeWork. `sdLicense` is the licence of the description
itself (schema.org), so it is no claim about the data and kept apart.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from origin.claims.files import MAX_JSON, UnreadableClaimsError, named, whole
from origin.claims.found import Found, listed, now, statement, together

if TYPE_CHECKING:
    from pathlib import Path

MAX_DATASETS = 64
"""Data sets described in one file of which claims are read."""

_PREFIXES = ("", "sc:", "schema:", "https://schema.org/", "http://schema.org/")


class _Twice:
    """Stands for a key with several values in one object: which one holds is not defined."""


def parsed(data: bytes, name: str) -> Any:
    """JSON of any origin; raises UnreadableClaimsError."""
    try:
        return json.loads(data, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise UnreadableClaimsError(f"{name} is no JSON that can be read ({type(error).__name__}): check it") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = _Twice() if key in found else value
    return found


def of_croissant(path: Path, read_at: str | None = None) -> Found:
    """The claims of a Croissant file. Raises UnreadableClaimsError when it is no JSON object."""
    document = parsed(whole(path, MAX_JSON), named(path))
    if not isinstance(document, dict):
        raise UnreadableClaimsError(f"{named(path)} is no JSON object: give a Croissant file")
    graph = document.get("@graph")
    datasets = [document]
    if isinstance(graph, list):
        datasets += [node for node in graph if isinstance(node, dict) and _is_dataset(node)]
    if len(datasets) > MAX_DATASETS:
        return Found(problems=(f"{named(path)} describes {len(datasets)} data sets: give the licence of one by hand",))
    return together(_of_dataset(one, named(path), read_at or now()) for one in datasets)


def _is_dataset(node: dict[str, Any]) -> bool:
    kinds = node.get("@type")
    return any(
        isinstance(kind, str) and kind.rpartition(":")[2].rpartition("/")[2] == "Dataset"
        for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def _of_dataset(node: dict[str, Any], name: str, read_at: str) -> Found:
    found = _stated(node, "license", name, read_at)
    apart = _stated(node, "sdLicense", name, read_at)
    return Found(found.claims, (*found.problems, *apart.problems), apart.claims)


def _stated(node: dict[str, Any], key: str, name: str, read_at: str) -> Found:
    return together(
        _value(node[prefix + key], f"{name}, {prefix}{key}", read_at) for prefix in _PREFIXES if prefix + key in node
    )


def _value(value: Any, where: str, read_at: str) -> Found:
    if isinstance(value, dict):
        return _work(value, where, read_at)
    if not isinstance(value, list):
        return _text(value, where, read_at)
    if len(value) == 1:
        return _value(value[0], where, read_at)
    texts = [_name_of(one) for one in value]
    if any(text is None for text in texts):
        return _not_understood(where)
    return statement(listed([text for text in texts if text]), where, read_at) if any(texts) else Found()


def _text(value: Any, where: str, read_at: str) -> Found:
    if value is None:
        return Found()
    return statement(value, where, read_at) if isinstance(value, str) else _not_understood(where)


def _work(value: dict[str, Any], where: str, read_at: str) -> Found:
    """A licence as an object: its name, URL and id are claims beside each other."""
    found = Found()
    for key in ("name", "url", "@id", "@value"):
        text = _member(value, key)
        if isinstance(text, str) and not (key == "@id" and text.startswith(("_:", "#"))):
            found += statement(text, f"{where}.{key}", read_at)
    return found if found != Found() else _not_understood(where)


def _name_of(value: Any) -> str | None:
    """One text for a member of a list, `` for null, None for what is not understood."""
    if value is None:
        return ""
    if isinstance(value, dict):
        names = (_member(value, key) for key in ("name", "url", "@id", "@value"))
        value = next((name for name in names if isinstance(name, str) and name.strip()), None)
    return value.strip() if isinstance(value, str) else None


def _member(value: dict[str, Any], key: str) -> Any:
    return next((value[prefix + key] for prefix in _PREFIXES if prefix + key in value), None)


def _not_understood(where: str) -> Found:
    return Found(problems=(f"{where} is not understood: write a URL, a text, or an object with a name or url",))
