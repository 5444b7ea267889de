"""What was declared of two sessions and their sources, beside the data that they consumed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.core.record import Source
    from origin.storage.reads import StoredSession


@dataclass(frozen=True, slots=True)
class SourceChange:
    """A source that both sessions declare, otherwise: the names of the fields that differ."""

    source_id: str
    fields: tuple[str, ...]


def environment(a: StoredSession, b: StoredSession) -> Iterable[tuple[str, Any, Any]]:
    """What differs in how the sessions were begun, and between their metadata, key by key."""
    for name in ("config_hash", "run_id", "rank", "world_size", "origin_version"):
        yield from _if_different(name, getattr(a.begin, name), getattr(b.begin, name))
    yield from _if_different("status", a.status, b.status)
    metadata_a, metadata_b = json.loads(a.begin.metadata), json.loads(b.begin.metadata)
    for key in sorted(metadata_a.keys() | metadata_b.keys()):
        yield from _if_different(f"metadata.{key}", metadata_a.get(key), metadata_b.get(key))


def _if_different(name: str, one: Any, other: Any) -> Iterable[tuple[str, Any, Any]]:
    if one != other or type(one) is not type(other):
        yield name, one, other


def ids_of(sources: Iterable[Source]) -> set[str]:
    return {source.source_id for source in sources}


def changes(ones: Iterable[Source], others: Iterable[Source], ids: Iterable[str]) -> Iterable[SourceChange]:
    """The fields in which the declarations of a source differ; a source may have several in one session."""
    said_a, said_b = _said(ones), _said(others)
    for source_id in ids:
        one, other = said_a[source_id], said_b[source_id]
        fields = tuple(name for name in one if one[name] != other[name])
        if fields:
            yield SourceChange(source_id, fields)


def _said(sources: Iterable[Source]) -> dict[str, dict[str, set[Any]]]:
    found: dict[str, dict[str, set[Any]]] = {}
    for source in sources:
        said = found.setdefault(source.source_id, {name: set() for name in source.__slots__ if name != "source_id"})
        for name, values in said.items():
            values.add(getattr(source, name))
    return found
