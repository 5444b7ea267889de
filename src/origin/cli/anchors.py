"""What is kept outside the record to compare it with: checkpoint files, and the user's own state file."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin.errors import OriginError, UnreadableDatabaseError, UsageError
from origin.proofs.anchors import OutOfReachError, Remembered, remember, remembered
from origin.proofs.checkpoint import Checkpoint, SignedCheckpoint
from origin.proofs.note import LARGEST, SignatureError
from origin.query.anchoring import Anchor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from origin.proofs.note import VerifierKey
    from origin.query.anchoring import Fork
    from origin.storage.raw import RawReader


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint kept outside the record. signers: whose signatures were verified; wrong: why it is not trusted."""

    anchor: Anchor
    checkpoint: SignedCheckpoint
    signers: tuple[VerifierKey, ...] = ()
    wrong: str | None = None


def from_file(file: str, keys: Sequence[VerifierKey]) -> Kept:
    """A checkpoint file, verified if there are keys; raises UsageError for what is no checkpoint of a session."""
    try:
        with Path(file).open("rb") as stream:
            signed = SignedCheckpoint.from_bytes(stream.read(LARGEST + 1))
        head = signed.checkpoint
        anchor = Anchor(head.session_id, head.size, head.root, f"the checkpoint {file}")
    except ValueError as error:
        raise UsageError(f"{file}: {error}") from error
    if head.size == 0:
        raise UsageError(f"{file}: a checkpoint of no entries says nothing: keep one that `origin checkpoint` made")
    try:
        return Kept(anchor, signed, signed.verified(keys) if keys else ())
    except SignatureError as error:
        return Kept(anchor, signed, wrong=str(error))


def from_memory(reader: RawReader) -> tuple[list[Kept], str | None]:
    """What the state file remembers, and why it is not known where this user may not read that.

    Of this very file each session must still be there: the file at the same path that was created at the same time, or
    that has another session remembered with it.
    """
    path, created_at, present = str(reader.path), _created_at(reader), _session_ids(reader)
    kept: list[Kept] = []
    try:
        known = remembered()
    except OutOfReachError as error:
        return kept, str(error)
    here = {one.created_at for name, one in known.items() if one.database == path and name in present} | {created_at}
    for session_id, one in known.items():
        signed = one.read()
        head = signed.checkpoint
        is_here = one.database == path and one.created_at is not None and one.created_at in here
        source = f"the checkpoint remembered at {one.remembered_at}"
        kept.append(Kept(Anchor(session_id, head.size, head.root, source, expected=is_here), signed))
    return kept, None


def keep_in_memory(reader: RawReader, checkpoints: Iterable[SignedCheckpoint]) -> Path:
    """Remember checkpoints of this file; returns the path of the state file."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    path, created_at = str(reader.path), _created_at(reader)
    return remember(
        {one.checkpoint.session_id: Remembered(str(one), path, created_at, now) for one in checkpoints},
    )


def fork_facts(fork: Fork, kept: Iterable[Kept]) -> dict[str, str]:
    """Both checkpoints of two histories: each is evidence against the other."""
    found = Checkpoint.of_session(fork.anchor.session_id, fork.size, fork.root)
    other = next(one for one in kept if one.anchor is fork.anchor)
    return {
        "session_id": fork.anchor.session_id,
        "kept_in": fork.anchor.source,
        "kept": str(other.checkpoint),
        "found": str(found),
    }


def fork_lines(fork: dict[str, str]) -> list[str]:
    lines = [f"two histories of session {fork['session_id'][:12]}; keep both:", f"  {fork['kept_in']}:"]
    lines += [f"    {line}" for line in fork["kept"].splitlines()]
    return [*lines, "  this file:", *(f"    {line}" for line in fork["found"].splitlines())]


def signing() -> Any:
    """origin.export.signing; raises OriginError where the extra that it needs is not installed."""
    try:
        return importlib.import_module("origin.export.signing")
    except ImportError as error:
        raise OriginError(
            f"a key of one's own needs {error.name or error}: pip install 'origin-provenance[crypto]', or give an SSH "
            "key by --ssh"
        ) from error


def _session_ids(reader: RawReader) -> set[object]:
    try:
        return {row[1] for row in reader.session_rows()}
    except UnreadableDatabaseError:  # the verification tells what is wrong with them
        return set()


def _created_at(reader: RawReader) -> int | None:
    try:
        row = next(reader.file_rows(), None)
    except UnreadableDatabaseError:
        return None
    return row[1] if row is not None and type(row[1]) is int else None
