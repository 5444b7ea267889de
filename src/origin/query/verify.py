"""Verification, first form: everything that the file states about itself is computed again, and every discrepancy told.

A file that agrees with itself may still have been rewritten as a whole, or be an older copy. Only a root that was kept
outside the file can show that it was not: with it, the session is *anchored*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.errors import UnreadableDatabaseError
from origin.query.check_file import check_file, check_session_rows, check_sources
from origin.query.check_log import LogCheck
from origin.query.check_lookup import LookupCheck
from origin.query.engine import pick
from origin.query.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from origin.core.record import Source
    from origin.storage.raw import RawReader


@dataclass(frozen=True, slots=True)
class Checked:
    """A session that was read. root: as computed again, None if that is not what the head states."""

    session_id: str
    entries: int
    batches: int
    observations: int
    root: str | None
    anchored: bool


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found. `anchored`: a root kept outside the file was given, and a session has it."""

    sessions: tuple[Checked, ...]
    findings: tuple[Finding, ...]

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
) -> Verification:
    """Check the whole file, or the file's own parts and one session.

    session: the start of its id, or `latest`. root: what a session's root must be, from outside the file. progress:
    called with how many entries were read, and about how many there are.
    Raises UnreadableDatabaseError for a file that cannot be read at all, NotFoundError and AmbiguousError.
    """
    findings = check_file(reader)
    sources, wrong = check_sources(reader)
    rows, unread = _session_rows(reader)
    keys = {row[9] for row in rows}
    findings += [*wrong, *unread, *check_session_rows([row[0] for row in rows], keys, reader)]
    chosen = rows if session is None else [_chosen(rows, session)]
    count = _Count(2 * sum(row[10] for row in chosen if type(row[10]) is int), progress)
    checked = []
    for row in chosen:
        one, found = _check_session(reader, row, sources, root, count)
        checked.append(one)
        findings += found
    if root is not None and not any(one.anchored for one in checked):
        findings.append(Finding(None, "root", f"no checked session has the given root {root.hex()}"))
    return Verification(tuple(checked), tuple(findings))


@dataclass(slots=True)
class _Count:
    """Each batch is read twice, by the log's check and the lookup's: hence twice the entries."""

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


def _check_session(
    reader: RawReader, row: tuple[Any, ...], sources: Mapping[int, Source], root: bytes | None, count: _Count
) -> tuple[Checked, list[Finding]]:
    log = LogCheck(reader, row, sources)
    log.run(count)
    lookup = LookupCheck(reader, row[0], log.findings)
    lookup.run(log.declared, log.counted.readable, ended=log.ended, progress=count)
    found = log.root()
    anchored = root is not None and found == root
    counted = log.counted
    stated = None if found is None else found.hex()
    session = Checked(
        log.findings.session_id or "", counted.entries, counted.batches, counted.observations, stated, anchored
    )
    return session, log.findings.found
