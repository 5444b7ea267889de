"""Verification: everything that the file states about itself is computed again, and every discrepancy told.

A file that agrees with itself may still have been rewritten as a whole, or be an older copy. Only a root or a
checkpoint that was kept outside the file can show that it was not: with it, the session is *anchored*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.errors import UnreadableDatabaseError
from origin.query.anchoring import Fork, Part, compare
from origin.query.check_file import check_file, check_session_rows, check_sources
from origin.query.check_log import LogCheck
from origin.query.check_lookup import LookupCheck
from origin.query.engine import pick
from origin.query.findings import Finding
from origin.storage.erased import receipts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from origin.query.anchoring import Anchor
    from origin.storage.erased import ErasedSample
    from origin.storage.raw import RawReader


@dataclass(frozen=True, slots=True)
class Checked:
    """A session that was read. root: as computed again, None if that is not what the head states.

    anchored_entries: how many of its entries, from the first, are what an anchor outside the file states.
    """

    session_id: str
    entries: int
    batches: int
    observations: int
    root: str | None
    anchored: bool
    anchored_entries: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found. `anchored`: what was kept outside the file was given, and a session agrees with it."""

    sessions: tuple[Checked, ...]
    findings: tuple[Finding, ...]
    forks: tuple[Fork, ...] = ()

    @property
    def consistent(self) -> bool:
        return not self.findings

    @property
    def anchored(self) -> bool:
        return self.consistent and any(session.anchored for session in self.sessions)


def verify(
    reader: RawReader,
    session: str | None = None,
    root: bytes | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    anchors: Sequence[Anchor] = (),
    part: Part = Part(),  # noqa: B008 - frozen
) -> Verification:
    """Check the whole file, or the file's own parts and one session.

    session: the start of its id, or `latest`. root: what a session's root must be, from outside the file. progress:
    called with how many entries were read, and about how many there are. anchors: heads that sessions must continue.
    part: of which batches the observations are hashed again; of all others the entries alone.
    Raises UnreadableDatabaseError for a file that cannot be read at all, NotFoundError and AmbiguousError.
    """
    findings = check_file(reader)
    sources, wrong = check_sources(reader)
    rows, unread = _session_rows(reader)
    keys = {row[9] for row in rows}
    findings += [*wrong, *unread, *check_session_rows([row[0] for row in rows], keys, reader)]
    findings += _lost(rows, anchors)
    chosen = rows if session is None else [_chosen(rows, session)]
    count = _Count((1 + part.is_last) * sum(row[10] for row in chosen if type(row[10]) is int), progress)
    checked = []
    forks: list[Fork] = []
    erased = _receipts(reader)
    for row in chosen:
        log = LogCheck(reader, row, sources, _sizes(row, anchors), part.covers, erased.get(row[1], ()))
        log.run(count)
        if part.is_last:
            lookup = LookupCheck(reader, row[0], log.findings, erased.get(row[1], ()))
            lookup.run(log.declared, log.counted.readable, ended=log.ended, progress=count)
        held = _held(log, row, root, anchors, forks)
        checked.append(_checked(log, held))
        findings += log.findings.found
    if root is not None and all(one.root != root.hex() for one in checked):
        findings.append(Finding(None, "root", f"no checked session has the given root {root.hex()}"))
    return Verification(tuple(checked), tuple(findings), tuple(forks))


def complaint(reader: RawReader) -> str | None:
    """What is wrong with a file, in one line; None if nothing is."""
    found = verify(reader).findings
    if not found:
        return None
    first = f"{found[0].where}: {found[0].what}"
    return first if len(found) == 1 else f"{first}, and {len(found) - 1} more"


def verify_log(reader: RawReader, session_id: str, anchors: Sequence[Anchor]) -> tuple[list[Finding], list[Fork]]:
    """Check the entries of one session's log alone, not what its batches hold, and compare them with `anchors`."""
    rows, findings = _session_rows(reader)
    row = _chosen(rows, session_id)
    log = LogCheck(reader, row, check_sources(reader)[0], _sizes(row, anchors), lambda _sequence: False)
    log.run(lambda _more: None)
    forks: list[Fork] = []
    _held(log, row, None, anchors, forks)
    return findings + log.findings.found, forks


def _receipts(reader: RawReader) -> dict[str, list[ErasedSample]]:
    try:
        return receipts(reader)
    except UnreadableDatabaseError:
        return {}  # the check of the notes tells


@dataclass(slots=True)
class _Count:
    """Each batch is read twice, by the log's check and the lookup's, if both are made: hence twice the entries."""

    total: int
    progress: Callable[[int, int], None]
    done: int = 0

    def __call__(self, more: int) -> None:
        self.done += more
        self.progress(self.done, self.total)


def _session_rows(reader: RawReader) -> tuple[list[tuple[Any, ...]], list[Finding]]:
    rows = []
    try:
        for row in reader.session_rows():
            rows.append(row)  # noqa: PERF402 - what was read before an error counts
    except UnreadableDatabaseError as error:
        return rows, [Finding(None, "session rows", str(error))]
    return rows, []


def _chosen(rows: list[tuple[Any, ...]], name: str) -> tuple[Any, ...]:
    ids = [str(row[1]) for row in rows]
    return rows[ids.index(pick(name, ids))]


def _lost(rows: list[tuple[Any, ...]], anchors: Sequence[Anchor]) -> list[Finding]:
    ids = {row[1] for row in rows}
    return [
        Finding(anchor.session_id, "session rows", f"the session of {anchor.source} is not in the file")
        for anchor in anchors
        if anchor.expected and anchor.session_id not in ids
    ]


def _sizes(row: tuple[Any, ...], anchors: Sequence[Anchor]) -> set[int]:
    """The sizes at which the log's root is wanted: its own too, as the evidence if an anchor is longer."""
    sizes = {anchor.size for anchor in anchors if anchor.session_id == row[1]}
    return {*sizes, row[10]} if sizes else sizes


def _held(log: LogCheck, row: tuple[Any, ...], root: bytes | None, anchors: Sequence[Anchor], forks: list[Fork]) -> int:
    """How many entries are what an anchor states; what contradicts one becomes a finding, and a fork."""
    held = log.counted.entries if root is not None and log.root() == root else 0
    for anchor in anchors:
        if anchor.session_id == row[1]:
            before = len(log.findings.found)
            fork = compare(anchor, row[10] if type(row[10]) is int else 0, log.roots, log.findings)
            if fork is not None:
                forks.append(fork)
            if len(log.findings.found) == before:
                held = max(held, anchor.size)
    return held


def _checked(log: LogCheck, held: int) -> Checked:
    root = log.root()
    return Checked(
        log.findings.session_id or "",
        log.counted.entries,
        log.counted.batches,
        log.counted.observations,
        None if root is None else root.hex(),
        anchored=held > 0,
        anchored_entries=held,
    )
