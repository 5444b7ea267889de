"""Reads the `json` export back, a line at a time; one that somebody wrote anew in another layout is read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from origin.export.read_back.reading import (
    SOURCE_FACTS,
    Loader,
    Reading,
    Stated,
    UnreadableExportError,
    as_recorded,
    digest_flaws,
    facts_of,
    listed,
    mapping,
    required,
)
from origin.export.read_back.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = ("format", "version")
_LISTS = ("sources", "conflicts", "gaps", "used", "notes", "items", "batches")


def facts(path: Path) -> Reading:
    loader = Loader()
    try:
        return _reading(_lines(path, loader), loader)
    except UnreadableExportError:
        loader = Loader()
        return _reading(_whole(path, loader), loader)


def _lines(path: Path, loader: Loader) -> Iterator[tuple[str, Any]]:
    """The head, then each item of each list with the list's name. Raises UnreadableExportError for another layout."""
    other = UnreadableExportError("is laid out otherwise")
    with path.open("rb") as stream:
        head = stream.readline().rstrip(b"\n")
        if not head.endswith(b","):
            raise other
        found = mapping(loader.load(head[:-1] + b"}"))
        if set(_LISTS) & set(found):
            raise other
        yield "", found
        for name in _LISTS:
            last = name == _LISTS[-1]
            if (line := stream.readline().rstrip(b"\n")) == f'"{name}":[]'.encode() + (b"" if last else b","):
                continue
            if line != f'"{name}":['.encode():
                raise other
            more = True
            while more:
                line = stream.readline().rstrip(b"\n")
                more = line.endswith(b"},")
                if not more and not line.endswith(b"}]" if last else b"}],"):
                    raise other
                yield name, loader.load(line[: line.rindex(b"}") + 1])
        if stream.read().strip() != b"}":
            raise other


def _whole(path: Path, loader: Loader) -> Iterator[tuple[str, Any]]:
    document = mapping(loader.load(path.read_bytes()))
    yield "", {name: value for name, value in document.items() if name not in _LISTS}
    for name in _LISTS:
        for item in listed(document.get(name)):
            yield name, item


def _reading(items: Iterator[tuple[str, Any]], loader: Loader) -> Reading:
    head = mapping(next(items)[1])
    sources: list[dict[str, Any]] = []
    conflicts: list[Any] = []
    records = Records()
    for name, item in items:
        if name == "batches":
            records.batch(mapping(item))
        elif name == "gaps":
            records.gap(mapping(item))
        elif name == "sources":
            sources.append(required(item, SOURCE_FACTS))
        elif name == "conflicts":
            conflicts.append(item)
        else:
            records.other(name, item)
    said = required(head, (*HEAD, *(name for name in facts_of(head) if name != "batches")))
    flaws = [
        *loader.flaws,
        *digest_flaws(head),
        *digest_flaws(sources, "sources"),
        *records.flaws,
    ]
    listed_facts = {**records.of_batches(), **records.of_observations(), **records.of_gaps(), **records.of_others()}
    stated = (
        Stated("the head", said, form=as_recorded),
        Stated("sources", {}, tuple(sources), form=as_recorded),
        Stated("conflicts", {"conflicts": len(conflicts), "conflicts_listed": conflicts}, form=as_recorded),
        records.stated("what it lists", listed_facts),
    )
    return Reading("json", stated, tuple(flaws))
