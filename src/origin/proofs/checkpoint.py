"""Checkpoints (c2sp.org/tlog-checkpoint): the head of a log in three lines, as a file that is kept elsewhere.

    ORIGIN          names the log: origin/session/SESSION_ID
    SIZE            how many entries it has, in decimal
    ROOT            the root of their tree, in base64

A signed one is a note (origin.proofs.note) with this text. Ours have no extension lines; those of others are kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.core.merkle import HASH_SIZE, MAX_SIZE
from origin.errors import UsageError, shown
from origin.proofs.note import Note, base64_bytes, base64_text, readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.proofs.note import Signature, VerifierKey

_SESSION = "origin/session/"
_SIZE = re.compile("0|[1-9][0-9]{0,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's head. size: how many leaves; root: 32 bytes. Raises UsageError for what no checkpoint can state."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or readable(line.encode("utf-8", "surrogatepass")) != line or "\n" in line:
                raise UsageError(f"{shown(line)} is no line of a checkpoint: it is empty or holds line breaks")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_SIZE:
            raise UsageError(f"a checkpoint states at most {MAX_SIZE} entries and a root of {HASH_SIZE} bytes")

    @classmethod
    def of_session(cls, session_id: str, size: int, root: bytes) -> Checkpoint:
        return cls(_SESSION + session_id, size, root)

    @property
    def session_id(self) -> str:
        """The session whose log this is about; raises UsageError if it is another kind of log."""
        session_id = self.origin.removeprefix(_SESSION)
        if session_id == self.origin or not session_id:
            raise UsageError(f"the checkpoint is of the log {shown(self.origin)}, which is no session's")
        return session_id

    def __str__(self) -> str:
        lines = (self.origin, str(self.size), base64_text(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """The inverse of `str`; raises UsageError."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise UsageError("no checkpoint: its text must be three lines or more, none of them empty")
        origin, size, root, *extensions = lines
        if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
            raise UsageError(f"no checkpoint: {shown(size)} is no size of a log, in decimal without leading zeros")
        hashed = base64_bytes(root)
        if hashed is None or len(hashed) != HASH_SIZE:
            raise UsageError(f"no checkpoint: {shown(root)} is no root, {HASH_SIZE} bytes in base64")
        return cls(origin, int(size), hashed, tuple(extensions))


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint and what stands under it; `str` is the file. Without signatures it is the bare text."""

    checkpoint: Checkpoint
    signatures: tuple[Signature, ...] = ()

    def __str__(self) -> str:
        text = str(self.checkpoint)
        return str(Note(text, self.signatures)) if self.signatures else text

    @classmethod
    def from_bytes(cls, data: bytes) -> SignedCheckpoint:
        """Read a file; raises UsageError. No signature is verified."""
        text = readable(data)
        if "\n\n" in text:
            note = Note.from_bytes(data)
            return cls(Checkpoint.from_text(note.text), note.signatures)
        checkpoint = Checkpoint.from_text(text)
        if checkpoint.extensions:
            # Else a signed one that lost its empty line would read as one that never was signed.
            raise UsageError("no checkpoint: without signatures it has three lines, this has more")
        return cls(checkpoint)

    def verified(self, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
        """Those of `keys` that signed it; raises SignatureError if none did (see `Note.verified`)."""
        return Note(str(self.checkpoint), self.signatures).verified(keys)
