"""What a takedown asks for: a source, or samples by their fingerprints."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from origin.errors import AmbiguousError, UsageError
from origin.query.trace import trace
from origin.storage.searching import declares

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.storage.reads import Reader

_HEX = frozenset("0123456789abcdef")
_MIN_DIGITS = 4
_WAYS_OUT = {"source": "--source", "file": "--file", "fingerprint": "--fingerprint"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A source, by its id, or samples.

    declared: whether the record knows a source of that id. of_files: the fingerprints are of files or texts, so that
    what a loader makes of one (an array, a dict) has another. prefix: the first digits of a fingerprint of which none
    is recorded; then there is no digest.
    """

    source_id: str | None = None
    declared: bool = False
    digests: frozenset[bytes] = frozenset()
    of_files: bool = False
    prefix: str | None = None

    @property
    def kind(self) -> str:
        return "samples" if self.source_id is None else "source"


def by_source(reader: Reader, source_id: str) -> Asked:
    """A source, whether or not the record knows it."""
    return Asked(source_id=source_id, declared=declares(reader, source_id))


def by_file(path: Path) -> Asked:
    """A file's bytes; raises OSError."""
    with path.open("rb") as stream:
        return Asked(digests=frozenset({hashlib.file_digest(stream, "sha256").digest()}), of_files=True)


def by_text(text: str) -> Asked:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return Asked(digests=frozenset({digest}), of_files=True)


def by_fingerprint(reader: Reader, prefix: str) -> Asked:
    """A fingerprint, or the one recorded that starts so. Raises UsageError, and AmbiguousError where several do."""
    digits = prefix.lower()
    if not _is_prefix(digits):
        raise UsageError(
            f"{prefix!r:.80} is no fingerprint: give 4 to 64 hexadecimal digits, or the sample by --file or --text"
        )
    if len(digits) < 64:
        found = trace(reader, digits)
        if not found.sightings or found.fingerprint is None:
            return Asked(prefix=digits)
        digits = found.fingerprint
    return Asked(digests=frozenset({bytes.fromhex(digits)}))


def by_list(lines: Iterable[str], name: str) -> Asked:
    """Fingerprints, one a line and first in it; empty lines and those that start with # are left out.

    A line that goes on, as `sha256sum` prints them, names a file. Raises UsageError, which names the line.
    """
    digests: set[bytes] = set()
    of_files = False
    for number, line in enumerate(lines, 1):
        fields = line.split(maxsplit=1)
        if not fields or fields[0].startswith("#"):
            continue
        # sha256sum marks a line by a backslash if it had to escape the file's name.
        digits = fields[0].removeprefix("\\").lower()
        if len(digits) != 64 or set(digits) - _HEX:
            raise UsageError(
                f"line {number} of {name} starts with {fields[0]!r:.80}: a line must start with the 64 hexadecimal "
                "digits of a SHA-256, as `sha256sum` prints them"
            )
        digests.add(bytes.fromhex(digits))
        of_files = of_files or (len(fields) > 1 and not fields[1].startswith("#"))
    if not digests:
        raise UsageError(f"{name} holds no fingerprint: write one a line, as `sha256sum` prints them")
    return Asked(digests=frozenset(digests), of_files=of_files)


def by_name(reader: Reader, name: str) -> Asked:
    """The source of that id, the file at that path, or the fingerprint that starts so.

    Raises AmbiguousError where it is several of them, UsageError where it is none.
    """
    digits = name.lower()
    found: dict[str, Asked] = {}
    source = by_source(reader, name)
    if source.declared:
        found["source"] = source
    if _is_file(name):
        found["file"] = by_file(Path(name))
    if _is_prefix(digits) and (not found or len(digits) == 64 or _is_recorded(reader, digits)):
        found["fingerprint"] = by_fingerprint(reader, digits)
    if len(found) > 1:
        ways = " or ".join(_WAYS_OUT[each] for each in found)
        raise AmbiguousError(f"{name!r:.80} is a {' and a '.join(found)}: say which by {ways}")
    if not found:
        raise UsageError(
            f"{name!r:.80} is no source of this record, no file and no fingerprint: check the name; "
            "--source asks for a source whether or not it was recorded"
        )
    return next(iter(found.values()))


def _is_prefix(digits: str) -> bool:
    return _MIN_DIGITS <= len(digits) <= 64 and not set(digits) - _HEX


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def _is_recorded(reader: Reader, digits: str) -> bool:
    try:
        return bool(trace(reader, digits).sightings)
    except AmbiguousError:
        return True
