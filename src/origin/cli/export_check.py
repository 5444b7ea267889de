"""`origin export --check`: whether the exports of a session or a run state the same facts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from origin.cli.output import answer, counted
from origin.errors import shown
from origin.export.consistency import check_file, check_format
from origin.export.recorded import Record

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from origin.export.consistency import Checked
    from origin.query.scope import Scope
    from origin.storage.reads import Reader

AGREE, DISCREPANCY, UNREADABLE = 0, 1, 2


def check_exports(
    arguments: argparse.Namespace, reader: Reader, about: Scope, clock: datetime, formats: Sequence[str]
) -> int:
    """Check the files that were named; without any, every format, written into a directory that goes away again."""
    record = Record(reader, about, clock)
    if arguments.check:
        checked = [check_file(record, Path(name)) for name in arguments.check]
    else:
        checked = [_fresh(record, reader, about, clock, name) for name in formats]
    document = {about.key: about.id, "checked": list(map(_facts, checked))}
    answer(arguments, document, _lines(checked))
    if any(one.unreadable is not None for one in checked):
        return UNREADABLE
    return AGREE if all(one.agrees for one in checked) else DISCREPANCY


def _fresh(record: Record, reader: Reader, about: Scope, clock: datetime, name: str) -> Checked:
    with TemporaryDirectory(prefix="origin-check-") as directory:
        return check_format(record, reader, about, clock, name, Path(directory))


def _facts(one: Checked) -> dict[str, Any]:
    facts = asdict(one)
    return {"format": facts.pop("format"), "path": facts.pop("path"), "agrees": one.agrees, **facts}


def _lines(checked: list[Checked]) -> Iterator[str]:
    for one in checked:
        form = one.format and (f"({one.format})" if one.path else one.format)
        name = " ".join(part for part in (one.path, form) if part)
        if one.unreadable is not None:
            yield f"{name}: {one.unreadable}"
        elif one.agrees:
            yield f"{name}: agrees with the record"
        else:
            yield f"{name}: {counted(len(one.discrepancies), 'discrepancy', 'discrepancies')}"
        for found in one.discrepancies:
            yield f"  {found.field}, in {found.place}: expected {shown(found.expected)}, found {shown(found.found)}"
        if one.not_stated:
            yield f"  not stated: {', '.join(one.not_stated)}"
