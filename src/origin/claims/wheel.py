"""The licence in a wheel: its METADATA, and its licence file if it has one. The wheel is not unpacked."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING

from origin.claims.files import HEAD, MAX_METADATA, UnreadableClaimsError, head_of, named
from origin.claims.found import Found, now
from origin.claims.metadata import metadata_text

if TYPE_CHECKING:
    from pathlib import Path

MAX_DIRECTORY = 1 << 24
"""Bytes of the table of contents, which zipfile reads into memory: about 100,000 files."""

_END = b"PK\5\6"
_END_SIZE = 22 + (1 << 16)
"""The end record of a ZIP file and its longest comment (APPNOTE 6.3.10, 4.3.16)."""
_ERRORS = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)
"""What zipfile raises for files that are broken, encrypted or packed in a way it does not know."""


def of_wheel(path: Path, read_at: str | None = None) -> Found:
    """The claims of a .whl file. Raises UnreadableClaimsError when it is no wheel."""
    head_of(path, 0)
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            return _claims(archive, path, read_at or now())
    except UnreadableClaimsError:
        raise
    except _ERRORS as error:
        why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise UnreadableClaimsError(f"{named(path)} is no wheel that can be read ({why}): fetch it again") from error


def _claims(archive: zipfile.ZipFile, path: Path, read_at: str) -> Found:
    names = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith(".dist-info/METADATA")]
    if len(names) != 1:
        raise UnreadableClaimsError(f"{named(path)} has {len(names)} METADATA files, not one: it is no wheel")
    data = _member(archive, names[0], MAX_METADATA + 1)
    if len(data) > MAX_METADATA:
        raise UnreadableClaimsError(f"{named(path)} has METADATA of more than {MAX_METADATA} bytes: read it by hand")
    folder = names[0].removesuffix("METADATA")
    every = frozenset(archive.namelist())

    def license_file(name: str) -> bytes | None:
        places = [folder + "licenses/" + name, folder + name]
        return next((_member(archive, place, HEAD) for place in places if place in every), None)

    return metadata_text(data, "METADATA", read_at, license_file)


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    with archive.open(name) as stream:
        return stream.read(limit)


def _check_directory(path: Path) -> None:
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _END_SIZE))
        tail = stream.read(_END_SIZE)
    end = tail.rfind(_END)
    if end >= 0 and int.from_bytes(tail[end + 12 : end + 16], "little") > MAX_DIRECTORY:
        raise UnreadableClaimsError(f"{named(path)} lists more files than a wheel has: read its METADATA by hand")
