"""What `origin impact` should say of one session, worked out from plain lists of what happened, all in memory.

A session is a list of events in order. Import as `from query.plain_impact import ...`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from origin import ProvenanceDatabase
from origin.core.fingerprint import NO_DIGEST, Kind
from origin.core.record import EVALUATED, RAW, SAMPLE, TRAINED, Delivered, Gap, Seen, Source, Used

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = (Source("rows", "MIT"), Source("rows", "CC0-1.0"), Source("other"))
LOADERS = ("tracked", "plain")
CONTENT = (Kind.BYTES, Kind.VALUE)
GAPS = {
    "lost": Gap("observer", "lost a batch", 1, None),
    "attribution": Gap("observer", "whose rows these are", 0, 0, "tracked"),
    "harmless": Gap("license", "a licence was not kept", 0, 0),
}


@dataclass(frozen=True)
class Observed:
    """kind, which of a few samples (of those with a fingerprint), which source, which row (-1: not known)."""

    kind: Kind
    sample: int
    source: int
    row: int


@dataclass(frozen=True)
class Batch:
    """What a loader delivered, what its rows were before, and for what it was used."""

    loader: str
    observed: tuple[Observed, ...]
    items: tuple[Observed, ...]
    use: str | None


@dataclass(frozen=True)
class Model:
    name: str


Event = Batch | Model | str
"""A string: the name of a gap."""


def digest(sample: int) -> bytes:
    return bytes([sample + 1]) * 32


def put(path: Path, events: list[Event], *, end: bool) -> str:
    """Record the events as one session."""
    with ProvenanceDatabase(path) as db:
        session_id = db.begin_session("c").session_id
        recording = db.recording(session_id)
        db.note(session_id, "index-mode", {"loader": "tracked", "mode": "index"})
        db.note(session_id, "observer", {"observes": "optimizer steps"})
        steps = dict.fromkeys(LOADERS, 0)
        for event in events:
            if isinstance(event, Model):
                db.note(session_id, "model", model_note(event.name))
            elif isinstance(event, str):
                db.put(recording, GAPS[event])
            else:
                step = steps[event.loader]
                steps[event.loader] += 1
                db.put(recording, _delivered(event, step))
                if event.use is not None:
                    db.put(recording, Used(event.loader, step, step, event.use, int(event.use == TRAINED), "said"))
        if end:
            db.end_session(session_id)
    return session_id


def model_note(name: str, sha256: str = "ab" * 32) -> dict[str, Any]:
    file = {"bytes": 7, "path": name, "sha256": sha256}
    return {"bytes": 7, "files": [file], "how": "bind", "name": name, "path": name, "sha256": sha256, "steps": None}


def _delivered(event: Batch, step: int) -> Delivered:
    observed, items = event.observed, event.items
    seen = None
    if items:
        role = SAMPLE if step % 2 else RAW
        seen = Seen(role, [digest(one.sample) for one in items], _runs(items), 1, [one.row for one in items])
    digests = [digest(one.sample) if one.kind in CONTENT else NO_DIGEST for one in observed]
    return Delivered(event.loader, 0, step, digests, _runs(observed), 1, [one.row for one in observed], None, seen)


def _runs(some: tuple[Observed, ...]) -> tuple[tuple[int, Source, int], ...]:
    return tuple((int(one.kind), SOURCES[one.source], end) for end, one in enumerate(some, 1))


@dataclass
class Plain:
    """What is to be told of a session. doubts: from which event on, and of how many observations."""

    observations: int = 0
    trained: int = 0
    evaluated: int = 0
    first: tuple[str, int] | None = None
    samples: set[int] = field(default_factory=set)
    doubts: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    models: list[tuple[str, str]] = field(default_factory=list)

    def doubt(self, why: str, at: int, count: int | None = None) -> None:
        first, counted = self.doubts.get(why, (at, count and 0))
        self.doubts[why] = (min(first, at), None if count is None else (counted or 0) + count)


def of_source(events: list[Event], source_id: str, *, end: bool) -> Plain:
    found = Plain()
    affected = {id(one): -1 for one in _all(events) if SOURCES[one.source].source_id == source_id}
    return _told(found, events, affected, end=end)


def of_samples(events: list[Event], wanted: set[int], *, end: bool, of_files: bool) -> Plain:  # noqa: C901, PLR0912 - plain
    items = [one for _, event in _batches(events) for one in event.items]
    of_rows = {_row(one) for one in items}
    asked_rows = {_row(one) for one in items if one.sample in wanted} | {
        _row(one)
        for _, event in _batches(events)
        for one in event.observed
        if event.loader == "tracked" and one.kind in CONTENT and one.sample in wanted
    }
    found = Plain()
    contents: dict[Any, int] = {}
    decided: set[Any] = set()
    decided_as_files: set[Any] = set()
    open_kinds: set[Kind] = set()
    affected: dict[int, int] = {}
    for at, event in _batches(events):
        contents |= {_row(item): item.sample for item in event.items}
        decided |= {_row(item) for item in event.items}
        decided_as_files |= {_row(item) for item in event.items if item.kind == Kind.BYTES}
        for one in event.observed:
            row = _row(one) if event.loader == "tracked" else None
            if row is not None and one.kind in CONTENT and row not in of_rows:
                contents[row] = one.sample
            if one.kind in CONTENT and one.sample in wanted:
                affected[id(one)] = one.sample
            elif row in asked_rows and row is not None:
                if contents.get(row) in wanted:
                    affected[id(one)] = contents[row]
                else:
                    found.doubt("other-view", at, 1)
            if one.kind == Kind.UNFINGERPRINTABLE:
                found.doubt("no-fingerprint", at, 1)
            if one.kind == Kind.INDEX and (row is None or row not in decided):
                found.doubt("by-index", at, 1)
            elif of_files and one.kind in {Kind.VALUE, Kind.INDEX} and (row is None or row not in decided_as_files):
                found.doubt("value", at, 1)
                open_kinds.add(one.kind)
        if event.loader == "tracked":
            decided |= {_row(one) for one in event.observed if one.kind in CONTENT}
            decided_as_files |= {_row(one) for one in event.observed if one.kind == Kind.BYTES}
    # These hold from the first observation of the kind on, whichever of them it is that nobody can tell.
    for why, kinds in (("by-index", {Kind.INDEX}), ("value", open_kinds)):
        if why in found.doubts:
            first = next(at for at, event in _batches(events) if kinds & {one.kind for one in event.observed})
            found.doubts[why] = (first, found.doubts[why][1])
    return _told(found, events, affected, end=end)


def _told(found: Plain, events: list[Event], affected: dict[int, int], *, end: bool) -> Plain:
    for at, event in enumerate(events):
        if event in ("lost", "attribution"):
            found.doubt("gap" if event == "lost" else "loader", at)
    if not end:
        found.doubt("no-end", len(events))
    shaped = False
    steps = dict.fromkeys(LOADERS, 0)
    for at, event in enumerate(events):
        if isinstance(event, Model):
            unknown = any(first < at for first, _ in found.doubts.values())
            rest = "unknown" if unknown else "evaluated" if found.observations else "clean"
            found.models.append((event.name, "affected" if shaped else rest))
        elif isinstance(event, Batch):
            mine = [affected[id(one)] for one in event.observed if id(one) in affected]
            found.observations += len(mine)
            found.trained += len(mine) * (event.use == TRAINED)
            found.evaluated += len(mine) * (event.use == EVALUATED)
            found.samples |= set(mine)
            found.first = found.first or ((event.loader, steps[event.loader]) if mine else None)
            shaped = shaped or bool(mine and event.use != EVALUATED)
            steps[event.loader] += 1
    return found


def _row(one: Observed) -> tuple[str, int] | None:
    return None if one.row < 0 else (SOURCES[one.source].source_id, one.row)


def _batches(events: list[Event]) -> list[tuple[int, Batch]]:
    return [(at, event) for at, event in enumerate(events) if isinstance(event, Batch)]


def _all(events: list[Event]) -> list[Observed]:
    return [one for _, event in _batches(events) for one in event.observed]
