"""Do the exports of a session state the same facts? Each is read back and compared with the record."""

from __future__ import annotations

import hashlib
import importlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from uuid import uuid5

from origin.core.record import COMPLETED, FAILED, RUNNING
from origin.export import jsonl
from origin.export.croissant import license_page
from origin.export.facts import (
    batch_facts,
    conflict_facts,
    gap_facts,
    items_facts,
    note_facts,
    session_facts,
    source_facts,
    used_facts,
    uses_facts,
)
from origin.export.files import write_directory, write_whole
from origin.export.hub import hub_dataset
from origin.export.identity import NAMESPACE, conflict_text, expression, link, session_urn, source_name
from origin.export.intoto import fixed
from origin.export.openlineage import identifier
from origin.export.read_back.detection import read_back
from origin.export.read_back.reading import Discrepancy, UnreadableExportError, as_stated, repeated
from origin.export.read_back.records import Records
from origin.export.stated import NOASSERTION, inputs, moment, portable, trained_on
from origin.export.summary import data_licenses, summary
from origin.licenses.rule_set import RULE_SET
from origin.query.licensing import affected_text
from origin.query.report import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from origin.export.read_back.reading import Reading, Stated
    from origin.query.licensing import Conflict
    from origin.query.report import GapCount, SourceUse
    from origin.storage.reads import Reader, StoredSession

SESSION_CORE = ("session_id", "status", "batches", "observations", "samples", "bytes", "gaps", "root", "conflicts")
SOURCE_CORE = ("digest", "revision", "license", "license_concluded", "license_status", "observations", "samples")
"""What every format should state, as far as it has room for it."""

_DIGESTS = tuple(f"{name}_sha256" for name in ("batches", "observations", "gaps", "used", "notes", "items"))
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


class Record:
    """The facts of one session, as the record has them, by the names that documents are compared by."""

    def __init__(self, reader: Reader, session: StoredSession, now: datetime) -> None:
        self._reader = reader
        self._now = now
        self.report = report(reader, session)
        self.sources = [self._source(use) for use in self.report.sources]
        self.inputs = [self._source(use) for use in inputs(self.report)]

    def session(self, name: str) -> Any:
        """A fact of the session. Those that take a walk over all batches are computed when they are asked for."""
        lazy: dict[str, Callable[[], Any]] = {
            "jsonl_sha256": lambda: self._lines,
            **{name: partial(self._from_records, name) for name in _DIGESTS},
        }
        return lazy[name]() if name in lazy else self._session[name]

    @cached_property
    def _session(self) -> dict[str, Any]:
        facts = self.report
        begin = facts.session.begin
        conflicts = [conflict_facts(begin.session_id, conflict) for conflict in facts.conflicts]
        return {
            **session_facts(facts),
            "uses": uses_facts(facts),
            **{name: summary(facts)[name] for name in ("gap_observations", "recorded_by")},
            "metadata": begin.metadata,
            "gaps": facts.gap_count,
            "gaps_by_reason": [asdict(gap) for gap in facts.gaps],
            "gap_sentence": "; ".join(map(_gap_text, facts.gaps)) or "No gap was recorded",
            "gap_rows": [
                [gap.reason, str(gap.gaps), str(gap.batches), _or_unknown(gap.observations)] for gap in facts.gaps
            ],
            "conflicts": len(conflicts),
            "conflicts_listed": conflicts,
            "conflict_texts": list(map(conflict_text, facts.conflicts)),
            "conflict_rows": [_conflict_row(one) for one in facts.conflicts],
            "rule_set": RULE_SET,
            "inputs": len(self.inputs),
            "data_licenses": data_licenses(facts),
            "hub_ids": list(dict.fromkeys(one["hub"] for one in self.inputs if one["hub"])),
            "by_source_id": self._by_source_id(),
            "trained_on": [source_name(use) for use in trained_on(facts)],
            "record_license": NOASSERTION,
            "model_license": None,
            "model_license_concluded": None,
            **self._names(),
            **self._times(),
        }

    def _names(self) -> dict[str, Any]:
        facts = self.report
        session_id = facts.session.begin.session_id
        plain = session_id.isascii() and session_id.isalnum()
        status = facts.session.status
        cut_short = bool(facts.gap_count) or facts.session.end is None
        ends = {COMPLETED: "COMPLETE", FAILED: "FAIL", RUNNING: "RUNNING"}
        return {
            "urn": session_urn(facts),
            "session_name": f"training session {session_id}",
            "workflow_name": f"training session {session_id}",
            "activity_name": f"training session {session_id}",
            "session_title": f"Origin training session {session_id}",
            "model_name": f"model of training session {session_id}",
            "log_name": f"origin-session-{session_id}",
            "lines_name": f"origin-session-{session_id}.jsonl",
            "run_uuid": str(uuid5(NAMESPACE, portable(session_id))),
            "event_type": ends.get(status, "ABORT"),
            "prov_session": f"origin:session-{session_id if plain else uuid5(NAMESPACE, portable(session_id)).hex}",
            "prov_log": f"origin:log-{facts.root}",
            "completeness": "incomplete" if cut_short else "unknown",
            "flow_completeness": "incomplete" if cut_short else "noAssertion",
        }

    def _times(self) -> dict[str, Any]:
        begin, end = self.report.session.begin, self.report.session.end
        started, ended = moment(begin.started_at), None if end is None else moment(end.ended_at)
        return {
            "start_time": started,
            "end_time": ended,
            "start_second": started and f"{started[:19]}Z",
            "end_second": ended and f"{ended[:19]}Z",
            "time_frame": [time for time in (started, ended) if time is not None],
        }

    def _source(self, use: SourceUse) -> dict[str, Any]:
        source = use.source
        facts = source_facts(use)
        hub = hub_dataset(source)
        revision = source.revision
        fits = revision is not None and len(portable(revision)) <= 1024
        return {
            **facts,
            "metadata": source.metadata,
            "name": source_name(use),
            "link": link(source.uri),
            "license_page": license_page(source),
            "license_read": _spelled(facts["license"]),
            "license_concluded_read": _spelled(facts["license_concluded"]),
            "short_revision": revision if fits else None,
            "scope": "required" if use.observations else "excluded",
            "fixed": fixed(source.uri or "", revision or "") or None,
            "hub": None if hub is None else hub.id,
            "share": f"{100 * use.observations / self.report.observations:.2f} %" if self.report.observations else None,
        }

    def _by_source_id(self) -> list[dict[str, Any]]:
        grouped: dict[str, list[dict[str, Any]]] = {}
        for one in self.inputs:
            grouped.setdefault(portable(one["source_id"]), []).append(one)
        return [
            {
                "source_id": name,
                "observations": sum(one["observations"] for one in uses),
                **{field: _only(one[field] for one in uses) for field in ("revision", "owner")},
                **_place(link(_only(one["uri"] for one in uses))),
                "tags": [list(tag) for tag in sorted(_tags(uses))],
            }
            for name, uses in sorted(grouped.items())
        ]

    @cached_property
    def _lines(self) -> str:
        digest = hashlib.sha256()
        for piece in jsonl.export(self._reader, self.report.session, self._now):
            digest.update(piece.encode())
        return digest.hexdigest()

    def _from_records(self, name: str) -> Any:
        return self._records[name]

    @cached_property
    def _records(self) -> dict[str, Any]:
        records = Records()
        row = self.report.session.row
        sources = {use.sequence: use.source for use in self.report.sources}
        for stored in self._reader.batches(row):
            records.batch(batch_facts(stored, sources))
        for sequence, gap in self._reader.gaps(row):
            records.gap(gap_facts(sequence, gap))
        for sequence, used in self._reader.uses(row):
            records.other("used", used_facts(sequence, used))
        for sequence, note in self._reader.notes(row):
            records.other("notes", note_facts(sequence, note))
        for items in self._reader.items(row):
            records.other("items", items_facts(items))
        return {**records.of_batches(), **records.of_observations(), **records.of_gaps(), **records.of_others()}


def _spelled(text: str | None) -> str | None:
    """A licence as formats for machines spell it: as an expression where it is one. An empty one is not known."""
    found = expression(text)
    return (text or None) if found is None else str(found)


def _gap_text(gap: GapCount) -> str:
    missed = "an unknown number of" if gap.observations is None else gap.observations
    return f"{gap.reason}: {gap.gaps} gaps, {gap.batches} batches, {missed} observations"


def _conflict_row(one: Conflict) -> list[str]:
    names = " and ".join(one.licenses), ", ".join(one.sources)
    return [*names, one.severity, one.rule, one.authority, affected_text(one)]


def _or_unknown(count: int | None) -> str:
    return "unknown" if count is None else str(count)


def _only(values: Iterator[Any]) -> Any:
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _place(url: str | None) -> dict[str, Any]:
    return {"link": url, "symlink": None if url is None else identifier(url)}


def _tags(uses: list[dict[str, Any]]) -> set[tuple[str, str]]:
    names = ("license", "license_concluded", "license_status", "category")
    found = {(name, as_stated(name, one[name])) for one in uses for name in names}
    return {(name, value) for name, value in found if value is not None}


def check_file(record: Record, path: Path) -> Checked:
    """Compare an export that was handed out. One that cannot be read is told, and raises nothing."""
    try:
        reading = read_back(path)
    except UnreadableExportError as error:
        return Checked(None, str(path), unreadable=str(error))
    except OSError as error:
        return Checked(None, str(path), unreadable=f"cannot be read: {error.strerror or error}")
    return compared(record, reading, str(path))


def check_format(
    record: Record, reader: Reader, session: StoredSession, now: datetime, name: str, directory: Path
) -> Checked:
    """Write the session in a format into an empty place within `directory`, and compare what stands there."""
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
    return Checked(reading.format, path, tuple(found), tuple(_not_stated(reading)))


def _session(record: Record, stated: Stated) -> Iterator[Discrepancy]:
    for name, value in stated.session.items():
        expected = stated.form(name, record.session(name))
        if not _same(expected, value):
            yield Discrepancy(name, stated.place, expected, value)


def _sources(record: Record, stated: Stated) -> Iterator[Discrepancy]:
    if stated.sources is None:
        return
    recorded = record.inputs if stated.inputs_only else record.sources
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


def _not_stated(reading: Reading) -> Iterator[str]:
    session = {name for stated in reading.stated for name in stated.session}
    sources = {name for stated in reading.stated for one in stated.sources or () for name in one}
    yield from (name for name in SESSION_CORE if name not in session)
    if sources:
        yield from (f"sources: {name}" for name in SOURCE_CORE if name not in sources)
