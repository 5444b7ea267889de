"""Writing a document to a file, or several to a directory: all of it or nothing, and never over what somebody else put
there.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from origin.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def write_whole(path: Path, pieces: Iterable[str], *, force: bool = False) -> None:
    """Write UTF-8 text to `path` by a temporary file beside it. A link at `path` is never followed.

    force: replace what is there; a file keeps its permissions. Raises UsageError if something is there otherwise,
    OSError if it cannot be written.
    """
    if "\0" in str(path) or not path.name:
        raise UsageError(f"{str(path)!r:.80} names no file: name one")
    if os.path.lexists(path) and (not force or path.is_dir()):
        raise UsageError(_taken(path))
    temporary = _beside(path)
    try:
        with _told_of(path):
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(descriptor, "w", encoding="utf-8", newline="\n") as stream:  # noqa: PTH123 - a descriptor, no path
            _permit_as(path, temporary)
            stream.writelines(pieces)
            stream.flush()
            os.fsync(stream.fileno())
        if force:
            temporary.replace(path)
        else:
            _place(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_directory(path: Path, files: Iterable[tuple[str, Iterable[str]]], *, force: bool = False) -> None:
    """Write files of UTF-8 text into a directory that is made for them; a link at `path` is never followed.

    force: an existing directory keeps what else is in it; of its files those of the same names are replaced, each at
    once. Raises UsageError if something is there otherwise, OSError if it cannot be written: then nothing is left.
    """
    if "\0" in str(path) or not path.name:
        raise UsageError(f"{str(path)!r:.80} names no directory: name one")
    if os.path.lexists(path) and (path.is_symlink() or not path.is_dir()):
        raise UsageError(f"{path} is no directory: name another")
    if path.is_dir() and not force:
        raise UsageError(f"{path} exists already: name another directory, or give --force to write into it")
    temporary = _beside(path)
    try:
        with _told_of(path):
            temporary.mkdir()
        for name, pieces in files:
            write_whole(temporary / _checked(name), pieces)
        if path.is_dir():
            _move_all(temporary, path)
        else:
            temporary.rename(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _beside(path: Path) -> Path:
    """A name for what is not whole yet. A process that is killed outright leaves it: nobody reads it, or waits for it,
    and to delete it harms nobody. We never do: it may be another machine's that still writes.
    """
    return path.with_name(f".origin-{secrets.token_hex(8)}.partial")


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """An error names the file that was asked for, not the one that stands for it meanwhile."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


def _checked(name: str) -> str:
    if not _FILE_NAME.fullmatch(name):
        raise UsageError(f"{name!r:.80} leads elsewhere: the names of files in a directory are plain")
    return name


def _move_all(temporary: Path, path: Path) -> None:
    for file in temporary.iterdir():
        if (path / file.name).is_dir():
            raise UsageError(_taken(path / file.name))
    for file in temporary.iterdir():
        file.replace(path / file.name)
    temporary.rmdir()


_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")


def _permit_as(path: Path, temporary: Path) -> None:
    """Give the temporary file the permissions of the file that it is to replace, before anything is in it."""
    if path.is_file() and not path.is_symlink():
        mode = path.stat().st_mode & 0o777
        if temporary.stat().st_mode & 0o777 != mode:  # a file system without permissions refuses even the same ones
            temporary.chmod(mode)


def _place(temporary: Path, path: Path) -> None:
    """Give the file its name, unless the name was taken meanwhile."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise UsageError(_taken(path)) from None
    except OSError:  # a file system without links
        temporary.replace(path)
    else:
        temporary.unlink()


def _taken(path: Path) -> str:
    if path.is_dir() and not path.is_symlink():
        return f"{path} is a directory: name a file"
    return f"{path} exists already: name another file, or give --force to replace it"
