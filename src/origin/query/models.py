"""The models that were bound to a session's data, and where they stand among its batches (docs/models.md)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.storage.models import MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.core.record import Note
    from origin.storage.reads import Reader, StoredSession

_DIGEST = re.compile("[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model; `path` is relative to the model's where that is a folder."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Model:
    """A model or checkpoint: what was on the disk, and when.

    sequence: its position: entries of the session's log with a smaller number were recorded before it, all others
        after it; None for one that was bound after the session's end.
    sha256: of the file; of a folder, that of the list of its files as `sha256sum` prints it. steps: optimizer steps
        that were seen by then, None where that is not known. how: who recorded it. entry: the number of the note in
        the log of the session `noted_in`.
    """

    session_id: str
    sequence: int | None
    name: str
    path: str
    sha256: str
    bytes: int
    files: tuple[ModelFile, ...]
    how: str
    steps: int | None
    entry: int = -1
    noted_in: str = ""


def models(reader: Reader, session: StoredSession) -> list[Model]:
    """The models of a session in the order of their position; those that were bound afterwards last.

    A note of that kind which is not in our form is somebody's own: it binds nothing.
    """
    session_id = session.begin.session_id
    found = sorted(_of_log(reader, session, session_id), key=lambda model: (model.sequence or 0, model.entry))
    for binding in reader.bindings():
        if binding.binds == session_id:
            found += _of_log(reader, binding, session_id)
    return found


def _of_log(reader: Reader, log: StoredSession, session_id: str) -> Iterator[Model]:
    for entry, note in reader.notes(log.row, MODEL):
        model = _read(note, entry, log.begin.session_id, session_id)
        if model is not None:
            yield model


def _read(note: Note, entry: int, noted_in: str, session_id: str) -> Model | None:
    try:
        stated: dict[str, Any] = json.loads(note.content)
        files = tuple(ModelFile(one["path"], one["sha256"], one["bytes"]) for one in stated["files"])
        after = stated.get("after", entry) if noted_in == session_id else None
        names = stated["name"], stated["path"], stated["how"]
        model = Model(
            session_id, after, names[0], names[1], stated["sha256"], stated["bytes"], files, names[2],
            stated["steps"], entry, noted_in,
        )  # fmt: skip
        if noted_in != session_id and stated["session"] != session_id:
            return None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return model if _is_well_formed(model) else None


def _is_well_formed(model: Model) -> bool:
    texts = (model.name, model.path, model.how, *(file.path for file in model.files))
    digests = (model.sha256, *(file.sha256 for file in model.files))
    numbers = (model.bytes, *(file.bytes for file in model.files), *_known(model.steps), *_known(model.sequence))
    return (
        all(type(text) is str for text in texts)
        and all(type(digest) is str and _DIGEST.fullmatch(digest) for digest in digests)
        and all(type(number) is int and number >= 0 for number in numbers)
        and (model.noted_in != model.session_id or (model.sequence is not None and 0 < model.sequence <= model.entry))
    )


def _known(number: int | None) -> tuple[int, ...]:
    return () if number is None else (number,)
