"""What a record says of a session or a run, by the names and in the words that its exports are compared with."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from origin.cards.commands import verify_commands
from origin.core.record import COMPLETED, FAILED, RUNNING
from origin.export import jsonl
from origin.export.croissant import license_page
from origin.export.cyclonedx import meaning, scope
from origin.export.entries import logs
from origin.export.facts import conflicts_facts, form, session_facts, source_facts, uses_facts
from origin.export.hub import hub_dataset
from origin.export.huggingface import DIFFERS, ranks_text, sessions_text
from origin.export.identity import (
    conflict_text,
    expression,
    invocation_uuid,
    link,
    plain_name,
    session_urn,
    source_name,
)
from origin.export.intoto import BUILD_TYPES, fixed
from origin.export.openlineage import identifier
from origin.export.read_back.reading import as_stated
from origin.export.read_back.records import Records
from origin.export.stated import (
    NOASSERTION,
    delivered_text,
    held_out,
    inputs,
    moment,
    portable,
    trained_on,
    training_inputs,
)
from origin.export.summary import data_licenses, summary
from origin.licenses.rule_set import RULE_SET
from origin.query.licensing import affected_text
from origin.query.report import report
from origin.query.scope import UNKNOWN
from origin.query.uses import uses_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from origin.query.licensing import Conflict
    from origin.query.report import GapCount, SourceUse
    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession

_DIGESTS = tuple(f"{name}_sha256" for name in ("batches", "observations", "gaps", "used", "notes", "items"))


_NO_FACT = "(no fact of it)"
"""Stands for what only a run has, asked of a session, or the other way round: no document agrees with it."""

_OF_THE_SUMMARY = frozenset({"gap_observations", "recorded_by", "session_count", "incomplete"})


class Record:
    """The facts of one session or run, as the record has them, by the names that documents are compared by."""

    def __init__(self, reader: Reader, session: StoredSession | Scope, now: datetime) -> None:
        self._reader = reader
        self._now = now
        self.report = report(reader, session)
        self.sources = [self._source(use) for use in self.report.sources]
        self.inputs = [self._source(use) for use in inputs(self.report)]
        self.training = [self._source(use) for use in training_inputs(self.report)]

    def session(self, name: str) -> Any:
        """A fact of the session or run. Those that take a walk over all batches wait until they are asked for."""
        lazy: dict[str, Callable[[], Any]] = {
            "jsonl_sha256": lambda: self._lines,
            **{name: partial(self._from_records, name) for name in _DIGESTS},
        }
        return lazy[name]() if name in lazy else self._session.get(name, _NO_FACT)

    @cached_property
    def _session(self) -> dict[str, Any]:
        facts = self.report
        about = facts.of
        conflicts = conflicts_facts(facts)
        return {
            **session_facts(facts),
            "uses": uses_facts(facts),
            **facts.uses.facts,
            "uses_text": uses_text(facts.uses, facts.observations),
            "said": delivered_text(facts.uses, facts.observations),
            "flow_comment": delivered_text(facts.uses, facts.observations),
            **{name: value for name, value in summary(facts).items() if name in _OF_THE_SUMMARY},
            "metadata": about.metadata,
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
            "hub_ids": list(dict.fromkeys(one["hub"] for one in self.training if one["hub"])),
            "by_source_id": self._by_source_id(),
            "trained_on": list(map(source_name, trained_on(facts))),
            "tested_on": list(map(source_name, held_out(facts))),
            "session_depends_on": ["model", *map(source_name, held_out(facts))],
            "composed": ["model"],
            "meaning": meaning(facts),
            "annotation_subjects": [["session"], *map(self._subjects, facts.conflicts)],
            "record_license": NOASSERTION,
            "model_license": None,
            "model_license_concluded": None,
            **self._names(),
            **self._times(),
        }

    def _names(self) -> dict[str, Any]:
        facts = self.report
        about, plain = facts.of, plain_name(facts.of)
        cut_short = bool(facts.gap_count) or not about.closed
        ends = {COMPLETED: "COMPLETE", FAILED: "FAIL", RUNNING: "RUNNING", UNKNOWN: "OTHER"}
        return {
            "urn": session_urn(facts),
            **form(about),
            "type": about.kind,
            "about_id": about.id,
            "kind": about.kind,
            "name": about.name,
            "plain_name": plain,
            "session_name": f"training {about.name}",
            "workflow_name": f"training {about.name}",
            "activity_name": f"training {about.name}",
            "session_title": f"Origin training {about.name}",
            "model_name": f"model of training {about.name}",
            "log_name": f"origin-{plain}",
            "lines_name": f"origin-{plain}.jsonl",
            "build_type": BUILD_TYPES[about.kind],
            "parameters_sessions": [one.begin.session_id for one in about.sessions] if about.is_run else _NO_FACT,
            "commands": verify_commands(facts),
            "config_text": DIFFERS if about.config_hash is None else about.config_hash,
            "sessions_row": sessions_text(facts),
            "ranks_row": ranks_text(facts),
            "run_uuid": invocation_uuid(about),
            "event_type": ends.get(about.status, "ABORT"),
            "facet": f"origin_{about.kind}",
            "prov_session": f"origin:{plain}",
            "prov_log": f"origin:log-{facts.root}",
            "completeness": "incomplete" if cut_short else "unknown",
            "flow_completeness": "incomplete" if cut_short else "noAssertion",
        }

    def _times(self) -> dict[str, Any]:
        about = self.report.of
        started, ended = moment(about.started_at), moment(about.ended_at)
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
            "scope": scope(use),
            "said": delivered_text(use.uses, use.observations),
            "data_type": "dataset",
            **use.uses.facts,
            "fixed": fixed(source.uri or "", revision or "") or None,
            "hub": None if hub is None else hub.id,
            "share": f"{100 * use.observations / self.report.observations:.2f} %" if self.report.observations else None,
        }

    def _subjects(self, conflict: Conflict) -> list[str]:
        uses = [use for use in self.report.sources if use.source.source_id in conflict.sources]
        return list(map(source_name, uses)) or ["session"]

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
        for piece in jsonl.export(self._reader, self.report.of, self._now):
            digest.update(piece.encode())
        return digest.hexdigest()

    def _from_records(self, name: str) -> Any:
        return self._records[name]

    @cached_property
    def _records(self) -> dict[str, Any]:
        records = Records()
        for log in logs(self._reader, self.report):
            for batch in log.batches():
                records.batch(batch)
            for gap in log.gaps():
                records.gap(gap)
            for name, entries in (("used", log.used()), ("notes", log.notes()), ("items", log.items())):
                for entry in entries:
                    records.other(name, entry)
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
