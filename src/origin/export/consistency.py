"""Do the exports of a session or a run state the same facts? Each is read back and compared with the record."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.export.files import write_directory, write_whole
from origin.export.read_back.detection import read_back
from origin.export.read_back.reading import Discrepancy, UnreadableExportError, repeated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from origin.export.read_back.reading import Reading, Stated
    from origin.export.recorded import Record
    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession

SESSION_CORE = (*("status", "batches", "observations", "samples", "bytes", "uses", "gaps", "root", "conflicts"),)
SOURCE_CORE = ("digest", "revision", "license", "license_concluded", "license_status", "observations", "samples")
"""What every format should state, as far as it has room for it."""

_ABSENT = "absent"
_PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Checked:
    """One export, compared. format: None for a file that cannot be read; `unreadable` then says why."""

    format: str | None
    path: str | None
    discrepancies: tuple[Discrepancy, ...] = ()
    not_stated: tuple[str, ...] = ()
    unreadable: str | None = None

    @property
    def agrees(self) -> bool:
        return self.unreadable is None and not self.discrepancies


def check_file(record: Record, path: Path) -> Checked:
    """Compare an export that was handed out. One that cannot be read is told, and raises nothing."""
    if path.exists() and not (path.is_file() or path.is_dir()):  # to read a pipe would wait for somebody to write
        return Checked(None, str(path), unreadable="is no file and no directory")
    try:
        reading = read_back(path)
    except UnreadableExportError as error:
        return Checked(None, str(path), unreadable=str(error))
    except OSError as error:
        return Checked(None, str(path), unreadable=f"cannot be read: {error.strerror or error}")
    return compared(record, reading, str(path))


def check_format(
    record: Record, reader: Reader, session: StoredSession | Scope, now: datetime, name: str, directory: Path
) -> Checked:
    """Write the session or run in a format into an empty place within `directory`, and compare what stands there."""
    form = importlib.import_module(f"origin.export.{name}")
    path = directory / name
    if hasattr(form, "files"):
        write_directory(path, form.files(reader, session, now))
    else:
        write_whole(path, form.export(reader, session, now))
    found = compared(record, read_back(path), None)
    if found.format != name:
        raise AssertionError(f"{name} was read as {found.format}")
    return found


def compared(record: Record, reading: Reading, path: str | None) -> Checked:
    found = [*reading.flaws]
    for stated in reading.stated:
        found += _session(record, stated)
        found += _sources(record, stated)
    return Checked(reading.format, path, tuple(found), tuple(_not_stated(record, reading)))


def _session(record: Record, stated: Stated) -> Iterator[Discrepancy]:
    for name, value in stated.session.items():
        expected = stated.form(name, record.session(name))
        if not _same(expected, value):
            yield Discrepancy(name, stated.place, expected, value)


def _sources(record: Record, stated: Stated) -> Iterator[Discrepancy]:
    if stated.sources is None:
        return
    recorded = record.inputs if stated.inputs_only else record.sources
    recorded = record.training if stated.training_only else recorded
    expected = {_key(stated.form(stated.key, one[stated.key])): one for one in recorded}
    found = {_key(one.get(stated.key)): one for one in stated.sources}
    for name in repeated(_key(one.get(stated.key)) for one in stated.sources):
        yield Discrepancy("duplicate source", stated.place, "each once", name)
    for name in sorted(expected.keys() - found.keys()):
        yield Discrepancy(f"source {name}", stated.place, _PRESENT, _ABSENT)
    for name in sorted(found.keys() - expected.keys()):
        yield Discrepancy(f"source {name}", stated.place, _ABSENT, _PRESENT)
    for name in sorted(expected.keys() & found.keys()):
        yield from _source(f"source {name}", stated, expected[name], found[name])


def _source(label: str, stated: Stated, recorded: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Discrepancy]:
    for name, value in found.items():
        expected = stated.form(name, recorded[name])
        if not _same(expected, value):
            yield Discrepancy(f"{label}: {name}", stated.place, expected, value)


def _key(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _same(expected: Any, found: Any) -> bool:
    """Of one value and one type: 1 is neither 1.0 nor true."""
    return json.dumps(expected, sort_keys=True) == json.dumps(found, sort_keys=True)


def _not_stated(record: Record, reading: Reading) -> Iterator[str]:
    session = {name for stated in reading.stated for name in stated.session}
    sources = {name for stated in reading.stated for one in stated.sources or () for name in one}
    yield from (name for name in (record.report.of.key, *SESSION_CORE) if name not in session)
    if sources:
        yield from (f"sources: {name}" for name in SOURCE_CORE if name not in sources)
