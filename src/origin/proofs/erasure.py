"""Erasing samples from a record: their fingerprints go, every root stays, and a receipt says what was erased.

See docs/erasure.md for what remains: the hashes of leaves, which someone who has the sample can still recognise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.errors import MissingDatabaseError, NotFoundError, StorageError, UnreadableDatabaseError, UsageError
from origin.proofs.sealed_set import committed, stored_set
from origin.storage.connection import refuse_unusable, resolve
from origin.storage.erased import ErasedSample, Member
from origin.storage.erasing import copy, overwrite, places, refuse_remains, refuse_text
from origin.storage.lease import Lease
from origin.storage.raw import RawReader
from origin.storage.replacing import replacing
from origin.storage.sealed_set import FAN, leaf_hashes, members, read_page

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from origin.storage.reads import Reader, StoredSession

Check = Callable[[RawReader], str | None]
"""Says what is wrong with a file; None if nothing is."""


@dataclass(frozen=True, slots=True)
class ErasedSession:
    """What was erased of one session: samples, their observations, and items that were fingerprinted apart."""

    session_id: str
    samples: tuple[ErasedSample, ...]

    @property
    def observations(self) -> int:
        return sum(len(sample.observations) for sample in self.samples)

    @property
    def items(self) -> int:
        return sum(len(sample.items) for sample in self.samples)


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, the samples that are not in the record, and the session that holds the receipts, if any."""

    path: Path
    sessions: tuple[ErasedSession, ...]
    missing: tuple[bytes, ...]
    receipt: str | None


def erase(
    path: str | os.PathLike[str],
    digests: Collection[bytes],
    check: Check,
    reason: str | None = None,
    *,
    dry_run: bool = False,
) -> Erasure:
    """Erase fingerprints from every session of a file; every root stays as it was.

    check: asked about the file before, and about what it becomes before that takes its name. reason: is put into the
    receipt. dry_run: only tell what would be erased.
    Raises MissingDatabaseError, UnreadableDatabaseError (it does not pass the check), BusyDatabaseError (somebody
    records into it, or reads its log), UsageError (a fingerprint stands in it as text too), StorageError. The file is
    then as it was.
    """
    target = resolve(path)
    if not target.exists():
        raise MissingDatabaseError(f"{target} does not exist: check --db or ORIGIN_DB")
    refuse_unusable(target)
    # Who only asks writes nothing, and may not be able to.
    lease = None if dry_run else Lease(target)
    try:
        with RawReader(target) as reader:
            complaint = None if dry_run else check(reader)
            if complaint is not None:
                raise UnreadableDatabaseError(f"{target} is not what was recorded ({complaint}): run `origin verify`")
            found = {session: _of_session(reader, session, digests) for session in reader.all_sessions()}
            heads = _heads(reader)
            if any(found.values()):
                _refuse_reason(reason or "", digests)
                refuse_text(reader, digests)
        found = {session: samples for session, samples in found.items() if samples}
        sessions = tuple(
            ErasedSession(session.begin.session_id, tuple(samples.values())) for session, samples in found.items()
        )
        gone = {digest for samples in found.values() for digest in samples}
        missing = tuple(digest for digest in digests if digest not in gone)
        receipt = None
        if found and lease is not None:
            with replacing(target, "erase") as new:
                copy(target, new)
                receipt = overwrite(new, *_changes(found, reason), lease.token)
                refuse_remains(new, gone)
                _check_written(new, heads, check)
        return Erasure(target, sessions, missing, receipt)
    finally:
        if lease is not None:
            lease.release()


def _refuse_reason(reason: str, digests: Iterable[bytes]) -> None:
    for digest in digests:
        if digest.hex() in reason.lower():
            raise UsageError(f"the reason names the fingerprint {digest.hex()}, and would keep it: give another")


def _of_session(reader: Reader, session: StoredSession, digests: Collection[bytes]) -> dict[bytes, ErasedSample]:
    found = {}
    for digest in digests:
        where = places(reader, session.row, digest)
        if where.observations or where.items:
            member = _member(reader, session, digest)
            found[digest] = ErasedSample(where.observations, where.items, member)
    return found


def _member(reader: Reader, session: StoredSession, digest: bytes) -> Member | None:
    try:
        stored = stored_set(reader, session, committed(reader, session).samples)
        index = stored.place(digest)
    except NotFoundError:  # it has no set, or the place of an erased one: then this one is no member
        return None
    if index >= stored.size or stored.member(index)[0] != digest:
        return None
    page = read_page(reader, session.row, 0, index // FAN)
    if page is None:
        raise UnreadableDatabaseError(f"{reader.path} has lost a part of the sealed set: run `origin verify`")
    sequence, slot, count = members(page, min(FAN, stored.size - index // FAN * FAN))[index % FAN]
    return Member(index, leaf_hashes([digest], [count])[0], count, (sequence, slot))


def _changes(
    found: dict[StoredSession, dict[bytes, ErasedSample]], reason: str | None
) -> tuple[dict[int, list[tuple[int, int]]], list[dict[str, Any]]]:
    """The places to overwrite, by the row of their session, and the receipts."""
    overwritten: dict[int, list[tuple[int, int]]] = {}
    receipts: list[dict[str, Any]] = []
    for session, samples in found.items():
        some = samples.values()
        overwritten[session.row] = [one[:2] for sample in some for one in (*sample.observations, *sample.items)]
        receipts.append(
            {
                "reason": reason,
                "root": session.root().hex(),
                "samples": [one.stated() for one in some],
                "session": session.begin.session_id,
            }
        )
    return overwritten, receipts


def _heads(reader: Reader) -> dict[str, tuple[int, bytes]]:
    return {session.begin.session_id: (session.size, session.frontier) for session in reader.all_sessions()}


def _check_written(path: Path, heads: dict[str, tuple[int, bytes]], check: Check) -> None:
    with RawReader(path) as reader:
        complaint = check(reader)
        now = _heads(reader)
    if complaint is None and any(now.get(session_id) != head for session_id, head in heads.items()):
        complaint = "a session has another root"
    if complaint is not None:
        raise StorageError(f"{path} did not become what it must be ({complaint}) and was removed: nothing was erased")
