"""Samples that a DistributedSampler repeats so that all ranks get equally many: which of a rank's are such repeats.

The sampler appends the first indices of its list to the list, and gives every rank each world_size-th of it. So a
rank's repeats are the last of its epoch, and how many there are follows from the sampler's own attributes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch.utils.data import BatchSampler, DistributedSampler

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTE = "padding"
"""The kind of the note that tells of repeats, one for each epoch that was delivered to its end."""


@dataclass(slots=True)
class Padding:
    """The repeats of one rank in one epoch.

    count: how many are delivered. total: samples of the epoch. last: the indices that were delivered last, None where
    nothing tells which these were.
    """

    rank: int
    world_size: int
    count: int
    total: int
    last: deque[int] | None
    seen: int = field(default=0)

    def deliver(self, asked: Sequence[int] | None) -> None:
        """Samples were delivered, by the indices that the sampler asked for; None: these are not known."""
        if asked is None:
            self.last = None
        elif self.last is not None:
            self.last.extend(asked)
            self.seen += len(asked)

    @property
    def is_complete(self) -> bool:
        return self.last is not None and self.seen >= self.total


def padding_of(loader: Any) -> Padding | None:
    """The repeats that a torch DataLoader will deliver in an epoch; None where there are none, or none can be told."""
    batches = loader.batch_sampler
    sampler: Any = loader.sampler if batches is None else getattr(batches, "sampler", None)
    if type(batches) not in (BatchSampler, type(None)) or not _is_distributed(sampler):
        return None
    rows = len(sampler.dataset)
    # The rank's numbers in the padded list are rank, rank + world_size, ...: those from `rows` on are repeats.
    own = -((sampler.rank - rows) // sampler.num_replicas)
    repeats = sampler.num_samples - max(own, 0)
    dropped = 0 if batches is None or not batches.drop_last else sampler.num_samples % batches.batch_size
    count = repeats - dropped
    if sampler.drop_last or count <= 0:
        return None
    last = deque[int](maxlen=count) if getattr(loader, "in_order", True) else None
    return Padding(sampler.rank, sampler.num_replicas, count, sampler.num_samples - dropped, last)


def _is_distributed(sampler: Any) -> bool:
    """Whether it gives indices as torch's own class does, also in a subclass."""
    return isinstance(sampler, DistributedSampler) and type(sampler).__iter__ is DistributedSampler.__iter__
