"""The facts of a record as plain JSON values: the one place that names their keys."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NoReturn

from origin.core.fingerprint import CONTENT_KINDS, Kind
from origin.core.record import NO_INDEX
from origin.licenses.rule_set import RULE_SET
from origin.query.display import iso
from origin.query.licensing import claimed_license, conclude
from origin.storage import rows

if TYPE_CHECKING:
    from origin.core.record import Gap, Note, Source, Used
    from origin.query.licensing import Conflict
    from origin.query.report import Part, Report, SourceUse
    from origin.query.scope import Scope
    from origin.storage.reads import StoredBatch, StoredItems, StoredSession

FORMAT = "origin session export"
RUN_FORMAT = "origin run export"
FORMAT_VERSION = 1
RECORDED = "samples delivered to the loop"
"""What an observation means, and all that it means."""


def form(about: Scope) -> dict[str, Any]:
    """What a document of our own says that it is."""
    return {"format": RUN_FORMAT if about.is_run else FORMAT, "version": FORMAT_VERSION}


def line(fact: dict[str, Any]) -> str:
    """One line of JSON: ASCII only, so that no recorded string can disturb what shows it."""
    return json.dumps(fact, separators=(",", ":"))


def session_facts(report: Report) -> dict[str, Any]:
    """What the head of a session or of a run states, and the totals."""
    about = report.of
    return {
        **(_run(report) if about.is_run else _session(about.sessions[0])),
        "started_at": iso(about.started_at),
        "ended_at": ended_at(about),
        "origin_version": about.origin_version,
        "key_id": about.key_id,
        "recorded": RECORDED,
        "batches": report.batches,
        "observations": report.observations,
        "samples": report.samples,
        "unfingerprintable": report.unfingerprintable,
        "bytes": report.size,
        "entries": about.size,
        "root": report.root,
    }


def _session(session: StoredSession) -> dict[str, Any]:
    begin = session.begin
    return {
        "session_id": begin.session_id,
        "status": session.status,
        "config_hash": begin.config_hash,
        "metadata": metadata(begin.metadata),
        "run_id": begin.run_id,
        "rank": begin.rank,
        "world_size": begin.world_size,
    }


def _run(report: Report) -> dict[str, Any]:
    """What the sessions do not state alike is null; `sessions` has what each states."""
    about = report.of
    return {
        "run_id": about.id,
        "status": about.status,
        "config_hash": about.config_hash,
        "metadata": None if about.metadata is None else metadata(about.metadata),
        "ranks": {**asdict(about.ranks), "complete": about.ranks.complete},
        "sessions": [_part(part) for part in report.parts],
        "padding": report.padding,
    }


def _part(part: Part) -> dict[str, Any]:
    session = part.session
    begin = session.begin
    return {
        "session_id": begin.session_id,
        "rank": begin.rank,
        "world_size": begin.world_size,
        "status": session.status,
        "config_hash": begin.config_hash,
        "metadata": begin.metadata,
        "started_at": iso(begin.started_at),
        "ended_at": None if session.end is None else iso(session.end.ended_at),
        "origin_version": begin.origin_version,
        "key_id": begin.key_id,
        "batches": part.batches,
        "observations": part.observations,
        "samples": part.samples,
        "gaps": part.gaps,
        "uses": part.uses.facts,
        "entries": session.size,
        "root": session.root().hex(),
    }


def uses_facts(report: Report) -> dict[str, Any]:
    """What became of the observations, as far as it is known. Null: nobody looked for it, so it may be none or all."""
    steps = report.optimizer_steps if report.steps_seen else None
    return {"steps_seen": report.seen, "optimizer_steps": steps, **report.uses.facts}


def ended_at(about: Scope) -> str | None:
    return None if about.ended_at is None else iso(about.ended_at)


def source_facts(use: SourceUse) -> dict[str, Any]:
    return {
        "entry": use.sequence,
        **declaration_facts(use.source),
        "observations": use.observations,
        "samples": use.samples,
        "uses": use.uses.facts,
    }


def declaration_facts(source: Source) -> dict[str, Any]:
    concluded = conclude(source)
    return {
        "source_id": source.source_id,
        "license": claimed_license(source),
        "license_concluded": concluded.expression,
        "license_status": concluded.status,
        "uri": source.uri,
        "category": source.category,
        "revision": source.revision,
        "owner": source.owner,
        "acquired_at": source.acquired_at,
        "metadata": metadata(source.metadata),
        "claims": [{"text": claim.text, "where": claim.where, "read_at": claim.read_at} for claim in source.claims],
        "digest": source.digest().hex(),
    }


def conflicts_facts(report: Report) -> list[dict[str, Any]]:
    """The conflicts of a session or of a run, each with the id of that."""
    found = (conflict_facts(report.of.id, conflict) for conflict in report.conflicts)
    return [{report.of.key: one.pop("session_id"), **one} for one in found]


def conflict_facts(session_id: str, conflict: Conflict) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "licenses": list(conflict.licenses),
        "severity": conflict.severity,
        "rule": conflict.rule,
        "rule_set": RULE_SET,
        "authority": conflict.authority,
        "reason": conflict.reason,
        "remedy": conflict.remedy,
        "sources": list(conflict.sources),
        "affected": None if conflict.affected is None else asdict(conflict.affected),
    }


def gap_facts(sequence: int, gap: Gap) -> dict[str, Any]:
    return {
        "entry": sequence,
        "reason": gap.reason,
        "detail": gap.detail,
        "batches": gap.batches,
        "observations": gap.observations,
        "loader": gap.loader,
        "epoch": gap.epoch,
        "step": gap.step,
    }


def batch_facts(stored: StoredBatch, sources: dict[int, Source]) -> dict[str, Any]:
    batch = stored.batch
    return {
        "entry": stored.sequence,
        "loader": batch.loader,
        "epoch": batch.epoch,
        "step": batch.step,
        "count": batch.count,
        "bytes": batch.size,
        "root": batch.root.hex(),
        "observations": _observations(stored, sources),
    }


def used_facts(sequence: int, used: Used) -> dict[str, Any]:
    return {"entry": sequence, **asdict(used)}


def note_facts(sequence: int, note: Note) -> dict[str, Any]:
    return {"entry": sequence, "kind": note.kind, "content": metadata(note.content)}


def items_facts(stored: StoredItems) -> dict[str, Any]:
    """Items that were fingerprinted apart from batches; see origin.core.record.Items."""
    digests = rows.unpack_digests(stored.fingerprints)
    facts = []
    start = 0
    for kind, number, end in rows.unpack_runs(stored.runs):
        facts += [
            {
                "fingerprint": digests[at].hex() if kind in CONTENT_KINDS else None,
                "kind": kind_name(kind),
                "source_entry": number,
                "index": stored.indices[at],
            }
            for at in range(start, end)
        ]
        start = end
    return {"entry": stored.sequence, "role": stored.role, "items": facts}


def _observations(stored: StoredBatch, sources: dict[int, Source]) -> list[dict[str, Any]]:
    digests = rows.unpack_digests(stored.fingerprints)
    indices = rows.unpack_indices(stored.indices, stored.batch.count)
    keys = rows.unpack_keys(stored.keys)
    facts = []
    start = 0
    for kind, number, end in rows.unpack_runs(stored.runs):
        source = sources[number]
        claim = claimed_license(source)
        known = kind in CONTENT_KINDS
        name = kind_name(kind)
        for position in range(start, end):
            index = None if indices is None or indices[position] == NO_INDEX else indices[position]
            fact = {
                "position": position,
                "fingerprint": digests[position].hex() if known else None,
                "kind": name,
                "source_id": source.source_id,
                "license": claim,
                "source_entry": number,
                "index": index,
                "key": None if keys is None else keys[position],
            }
            facts.append(fact)
        start = end
    return facts


def kind_name(kind: int) -> str:
    return Kind(kind).name.lower()


def metadata(text: str) -> Any:
    """Metadata as the JSON that it is, or as a string if it is none."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
