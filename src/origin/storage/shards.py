"""Which process of a distributed run this is, and the file of its own that it records into: its shard."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

READ_FROM_ENVIRONMENT = "read_from_environment"
"""The key of a session's metadata that tells which of run_id, rank and world_size nobody gave: by their variables."""

_RUN_ID, _RANK, _WORLD_SIZE = "TORCHELASTIC_RUN_ID", "RANK", "WORLD_SIZE"
_NO_RUN_ID = "none"
"""What torchrun gives to every run that was started without --rdzv-id: no name, as all of them share it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A process among those of a run; None stands for what is not known. `read`: the variable of each field that has
    its value from the environment.
    """

    run_id: str | None = None
    rank: int | None = None
    world_size: int | None = None
    read: tuple[tuple[str, str], ...] = ()

    def given(self, run_id: str | None, rank: int | None, world_size: int | None) -> Place:
        """The same with what a caller knows. Rank and world size count together: one of them alone is not filled up
        with the other from elsewhere, which may count other processes.
        """
        own = {"run_id"} if run_id is not None else set()
        if rank is not None or world_size is not None:
            own |= {"rank", "world_size"}
        else:
            rank, world_size = self.rank, self.world_size
        read = tuple(pair for pair in self.read if pair[0] not in own)
        return Place(self.run_id if run_id is None else run_id, rank, world_size, read)

    def marked(self, metadata: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """A session's metadata, with the mark of what was read from the environment; raises UsageError."""
        if not self.read:
            return metadata
        if metadata is not None and not isinstance(metadata, dict):
            raise UsageError(f"metadata is {shown(metadata)}: use a dict of plain numbers, strings, lists, dicts")
        return {**(metadata or {}), READ_FROM_ENVIRONMENT: dict(self.read)}

    def shard(self, path: Path) -> Path:
        """The file for this process: `provenance.rank-00003.db` for `provenance.db`, `path` for one that is alone."""
        if self.rank is None or self.world_size == 1:
            return path
        return path.with_name(f"{path.stem}.rank-{self.rank:05d}{path.suffix}")


def from_environment(environment: Mapping[str, str] | None = None) -> Place:
    """What torchrun, and what starts processes as it does, says of this one. What is no number is not known."""
    environment = os.environ if environment is None else environment
    run_id = environment.get(_RUN_ID) or None
    if run_id == _NO_RUN_ID:
        run_id = None
    rank, world_size = (_number(environment.get(name)) for name in (_RANK, _WORLD_SIZE))
    found = (("run_id", _RUN_ID, run_id), ("rank", _RANK, rank), ("world_size", _WORLD_SIZE, world_size))
    read = tuple((field, variable) for field, variable, value in found if value is not None)
    return Place(run_id, rank, world_size, read)


def _number(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    return int(text)
