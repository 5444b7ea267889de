"""Which format a file is in, told from its content: names may have been changed on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from origin.export.facts import FORMAT, RUN_FORMAT
from origin.export.read_back import croissant, cyclonedx, huggingface, intoto, json, jsonl, openlineage, prov, spdx
from origin.export.read_back.reading import Loader, Reading, UnreadableExportError, mapping, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LARGEST_HEAD = 1 << 20
_FORMATS = tuple(f'"format":"{name}"'.encode() for name in (FORMAT, RUN_FORMAT))
_OBJECT = tuple(b"{" + form for form in _FORMATS)
_LINES = tuple(b'{"type":"%b",%b' % pair for pair in zip((b"session", b"run"), _FORMATS, strict=True))


def read_back(path: Path) -> Reading:
    """What the export at `path` states; a directory is one in Croissant.

    Raises UnreadableExportError for what is none that we know, OSError.
    """
    path = path / "metadata.json" if path.is_dir() else path
    with path.open("rb") as stream:
        first = stream.readline(_LARGEST_HEAD)
    start = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    if first.startswith(_LINES) or b'"type":"end"' in first:
        return jsonl.facts(path)
    if first.startswith(_OBJECT):
        return json.facts(path)
    if start and not start.startswith((b"{", b"[")):
        return huggingface.facts(_text(path))
    return _document(path)


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise UnreadableExportError("is no UTF-8 text") from error
    if "origin_provenance:" not in text and "## Training data provenance" not in text:
        raise UnreadableExportError("is no export that we know")
    return text


def _document(path: Path) -> Reading:
    loader = Loader()
    content = path.read_bytes()
    try:
        found = _known(mapping(loader.load(content)), path, loader)
    except UnreadableExportError:
        loader = Loader()
        events = [mapping(loader.load(line)) for line in content.splitlines() if line.strip()]
        if events and all("eventType" in event for event in events):
            found = openlineage.facts(events)
        elif events and "type" in events[0] and "format" in events[0]:
            return jsonl.facts(path)
        else:
            raise
    return Reading(found.format, found.stated, (*loader.flaws, *found.flaws))


def _known(document: dict[str, Any], path: Path, loader: Loader) -> Reading:
    if document.get("format") in (FORMAT, RUN_FORMAT) and "type" not in document:
        return json.facts(path)
    if "payloadType" in document:
        return intoto.in_envelope(document, loader)
    if "conformsTo" in document:
        return croissant.facts(document, path.parent)
    for facts, is_so in _BY_CONTENT:
        if is_so(document):
            return facts(document)
    raise UnreadableExportError("is no export that we know")


_BY_CONTENT: tuple[tuple[Callable[[dict[str, Any]], Reading], Callable[[dict[str, Any]], bool]], ...] = (
    (cyclonedx.facts, lambda document: document.get("bomFormat") == "CycloneDX"),
    (spdx.facts, lambda document: "@graph" in document and "spdx" in text_of(document.get("@context"))),
    (intoto.facts, lambda document: text_of(document.get("_type")).startswith("https://in-toto.io/Statement/")),
    (prov.facts, lambda document: "activity" in document and "entity" in document),
)
