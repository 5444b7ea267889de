"""What SQLite's log needs of a file system: shared memory and locks that work, which network mounts do not give."""

from __future__ import annotations

import os
from pathlib import Path

from origin.errors import warn

_REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "ceph", "glusterfs", "afs", "9p"}
_MOUNTS = Path("/proc/self/mounts")


def kind_of(path: Path, mounts: str) -> str | None:
    """The type of the file system that holds `path`, from the text of a mount table (proc(5)); None if not listed."""
    best: tuple[int, str] | None = None
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].encode().decode("unicode_escape")
        if path.is_relative_to(point) and (best is None or len(point) >= best[0]):
            best = (len(point), fields[2])
    return best[1] if best else None


def warn_if_remote(path: Path) -> None:
    try:
        mounts = os.fsdecode(_MOUNTS.read_bytes())
    except OSError:
        return
    kind = kind_of(path, mounts)
    if kind in _REMOTE or (kind or "").startswith("fuse.sshfs"):
        warn(f"{path} is on a network file system ({kind}): record on a local disk and copy the file afterwards")
