"""Files that the process reads, as Python's `open` event tells: evidence of where data came from, never complete."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from origin.run import events

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_FILES = 10_000
_CHUNK = 500
_BLOCK = 1 << 20

NOT_SEEN = (
    "files opened without Python's open() (pyarrow, pandas.read_parquet, polars, duckdb, safetensors), unless mapped",
    "files of processes that were killed or are no Python",
)

_CODE = (".py", ".pyc", ".pyi", ".pyd", ".so", ".pth", ".egg-link", ".dll", ".dylib", ".mo", ".ttf")
_DATA = (
    *(".arrow", ".avro", ".bin", ".bz2", ".csv", ".feather", ".gz", ".h5", ".hdf5", ".jpeg", ".jpg", ".json", ".jsonl"),
    *(".mat", ".npy", ".npz", ".parquet", ".pkl", ".png", ".pt", ".pth.tar", ".safetensors", ".tar", ".tfrecord"),
    *(".tsv", ".txt", ".wav", ".xz", ".zip", ".zst"),
)
_CODE_FOLDERS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_METADATA = (".dist-info", ".egg-info")
_SYSTEM = (
    "/proc/",
    "/sys/",
    "/dev/",
    "/etc/",
    "/run/",
    "/lib/",
    "/lib64/",
    "/usr/lib",
    "/usr/share/",
    "/bin/",
    "/usr/bin/",
)
_SECRET = (".env", ".netrc", ".pem", ".key", "credentials", "id_rsa", "id_ed25519", "token", "stored_tokens", ".pgpass")


class Seen(NamedTuple):
    """A file as it was when it was first opened."""

    size: int
    changed_ns: int
    how: str


seen: dict[str, Seen] = {}
"""By path, in the order in which they were opened."""
_left_out = 0
"""How often files were opened for which there was no room."""
_libraries: tuple[str, ...] = ()
_apart: tuple[str, ...] = ()


def watch() -> None:
    global _libraries  # noqa: PLW0603 - once
    programs = (f"{prefix}{os.sep}bin{os.sep}" for prefix in (sys.prefix, sys.base_prefix))
    _libraries = (os.path.dirname(os.__file__), *programs)  # noqa: PTH120
    events.follow(_opened, "open")


def keep_apart(*paths: str) -> None:
    """Files whose paths begin so are our own."""
    global _apart  # noqa: PLW0603
    _apart = paths
    for path in [path for path in list(seen) if path.startswith(paths)]:
        del seen[path]


def forget() -> None:
    """In a forked child, whose parent reports what it has read itself."""
    global _left_out  # noqa: PLW0603
    seen.clear()
    _left_out = 0


def _opened(_event: str, arguments: tuple[Any, ...]) -> None:
    path, mode, flags = arguments
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    # First what most files are: an import opens many.
    if type(path) is str and not path.endswith(_CODE) and path not in seen and _reads(mode, flags):
        models: Any = sys.modules.get("origin.storage.models")
        if models is None or path not in models.opened_here:
            _see(path, "open")


def _reads(mode: str | None, flags: int) -> bool:
    if mode is not None:
        return "r" in mode or "+" in mode
    return flags & os.O_ACCMODE != os.O_WRONLY


def _see(path: str, how: str) -> None:
    global _left_out  # noqa: PLW0603
    whole = os.path.normpath(os.path.join(os.getcwd(), path))  # noqa: PTH109, PTH118 - in the path of every open
    if whole in seen or not _is_data(whole):
        return
    if len(seen) >= MAX_FILES:
        _left_out += 1
        return
    try:
        found = os.stat(whole)  # noqa: PTH116
    except OSError:
        return  # it is not there: the script will hear of it
    if stat.S_ISREG(found.st_mode):
        seen[whole] = Seen(found.st_size, found.st_mtime_ns, how)


def _is_data(path: str) -> bool:
    if path.endswith(_CODE) or path.startswith((*_SYSTEM, *_apart)) or os.path.basename(path).endswith(_SECRET):  # noqa: PTH119
        return False
    if path.startswith(_libraries) or any(folder in path for folder in _CODE_FOLDERS):
        # Some packages bring data along.
        return path.endswith(_DATA) and not any(f"{mark}{os.sep}" in path for mark in _METADATA)
    return True


def look_at_maps() -> None:
    """Note the files that are mapped into memory now, which is how Arrow reads; nothing where the system hides them."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:  # noqa: PTH123
            lines = [line.rstrip("\n").split(None, 5) for line in maps]
    except OSError:
        return
    mapped = {fields[5] for fields in lines if len(fields) == 6 and fields[5].startswith("/")}
    code = {fields[5] for fields in lines if len(fields) == 6 and "x" in fields[1]}
    for path in mapped - code:
        if not path.endswith(" (deleted)"):
            _see(path, "memory map")


def listed() -> list[tuple[str, int, int, str]]:
    """What was seen, for another process."""
    return [(path, *one) for path, one in list(seen.items())]


def add(others: Iterable[tuple[str, int, int, str]]) -> None:
    """What another process of this loop's has seen."""
    global _left_out  # noqa: PLW0603
    for path, size, changed_ns, how in others:
        if path in seen or path.startswith(_apart):
            continue
        if len(seen) >= MAX_FILES:
            _left_out += 1
        else:
            seen[path] = Seen(size, changed_ns, how)


def report(limit: int) -> Iterator[dict[str, Any]]:
    """Notes of the files, each of at most 500; at least one. limit: bytes to digest, of all files together."""
    from origin.run.masking import masked  # noqa: PLC0415 - this module is loaded at every start

    found = list(seen.items())
    about = {"complete": False, "not_seen": list(NOT_SEEN), "left_out": _left_out, "digest_limit": limit}
    for start in range(0, max(len(found), 1), _CHUNK):
        files = []
        for path, one in found[start : start + _CHUNK]:
            digest, limit = _digested(path, one, limit)
            files.append(
                {"path": masked(path), "size": one.size, "mtime_us": one.changed_ns // 1000, "seen": one.how, **digest}
            )
        yield {**about, "files": files}


def _digested(path: str, one: Seen, limit: int) -> tuple[dict[str, str | None], int]:
    """The SHA-256, or why there is none; and what is left of the limit."""
    if one.size > limit:
        return {"sha256": None, "why": "not digested: beyond the limit"}, limit
    try:
        now = os.stat(path)  # noqa: PTH116
        if (now.st_size, now.st_mtime_ns) != (one.size, one.changed_ns):
            return {"sha256": None, "why": "not digested: it has changed since it was opened"}, limit
        return {"sha256": _sha256(path, one.size)}, limit - one.size
    except OSError as error:
        return {"sha256": None, "why": f"not digested: {error.strerror}"}, limit


def _sha256(path: str, size: int) -> str:
    import hashlib  # noqa: PLC0415 - this module is loaded at every start

    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        while size > 0 and (block := file.read(min(size, _BLOCK))):
            digest.update(block)
            size -= len(block)
    return digest.hexdigest()
