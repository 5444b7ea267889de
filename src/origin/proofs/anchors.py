"""The last checkpoint of each session, remembered in a file of the user's, outside every database.

It shows an older copy, or another history, of what was seen before. It is $ORIGIN_STATE, else
$XDG_STATE_HOME/origin/checkpoints.json (~/.local/state/...): one JSON object, {"version": 1, "sessions": {SESSION_ID:
{"checkpoint": its text, "database": where the file lay, "created_at": when that was created, "remembered_at": when}}}.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin.errors import UsageError
from origin.proofs.checkpoint import SignedCheckpoint
from origin.proofs.keys import write_private

try:
    import fcntl
except ImportError:  # Windows: two commands at once may forget what one of them remembered
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Remembered:
    """A checkpoint (its text), and of which file it was: the path, and when it was created in microseconds since 1970.

    created_at: None if the file did not tell. remembered_at: ISO 8601.
    """

    checkpoint: str
    database: str
    created_at: int | None
    remembered_at: str

    def read(self) -> SignedCheckpoint:
        return SignedCheckpoint.from_bytes(self.checkpoint.encode("utf-8", "surrogatepass"))


def state_path() -> Path | None:
    """Where checkpoints are remembered; None for a user without a home."""
    if named := os.environ.get("ORIGIN_STATE"):
        return Path(named)
    base = Path(os.environ.get("XDG_STATE_HOME") or "")
    if not base.is_absolute():  # the XDG specification: a relative path is ignored
        try:
            base = Path.home() / ".local" / "state"
        except RuntimeError:
            return None
    return base / "origin" / "checkpoints.json"


class OutOfReachError(UsageError):
    """The state file is another user's."""


def remembered() -> dict[str, Remembered]:
    """What is remembered, by session id; raises UsageError for a file that cannot be read or understood, which is an
    OutOfReachError where this user may not read it.
    """
    path = state_path()
    return {} if path is None else _read(path)


def remember(found: Mapping[str, Remembered]) -> Path:
    """Remember the checkpoints of some sessions, unless a longer or a signed one of that length is already.

    Who calls has compared them with what is remembered. Returns the file's path; raises UsageError or OSError.
    """
    path = state_path()
    if path is None:
        raise UsageError("there is no home directory to remember checkpoints in: name a file by ORIGIN_STATE")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(path):
        sessions = _read(path)
        for session_id, one in found.items():
            if session_id not in sessions or _weight(one) >= _weight(sessions[session_id]):
                sessions[session_id] = one
        listed = {session_id: asdict(sessions[session_id]) for session_id in sorted(sessions)}
        write_private(path, json.dumps({"version": _VERSION, "sessions": listed}, indent=1) + "\n", force=True)
    return path


def _weight(one: Remembered) -> tuple[int, bool]:
    signed = one.read()
    return signed.checkpoint.size, bool(signed.signatures)


def _read(path: Path) -> dict[str, Remembered]:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except PermissionError as error:
        raise OutOfReachError(
            f"the state file {path} is out of reach ({error.strerror}): name another by ORIGIN_STATE"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"the state file {path} cannot be read ({error}): name another by ORIGIN_STATE") from error
    try:
        return _sessions(json.loads(content))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"the state file {path} is damaged ({error!s:.200}): restore it, remove it, or name another by ORIGIN_STATE"
        ) from error


def _sessions(document: Any) -> dict[str, Remembered]:
    if document["version"] != _VERSION:
        raise ValueError(f"version {document['version']!r:.40}, known here is {_VERSION}")
    found = {}
    for session_id, fields in document["sessions"].items():
        one = found[session_id] = Remembered(**fields)
        texts = (one.database, one.remembered_at)
        if type(one.created_at) not in {int, type(None)} or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"session {session_id:.40} has fields of other types")
        if one.read().checkpoint.session_id != session_id:
            raise ValueError(f"session {session_id:.40} has the checkpoint of another")
    return found


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time reads, adds and writes."""
    if fcntl is None:
        yield
        return
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path.with_name(path.name + "-lock"), flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
