"""The values that a record is made of. Frozen: a fact, once stated, does not change.

Times are microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from origin.core.encoding import encode
from origin.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMPLETED, FAILED, INTERRUPTED, RUNNING = "completed", "failed", "interrupted", "running"
END_STATUSES = (COMPLETED, FAILED, INTERRUPTED)
"""How a session can be ended. `running`, and `interrupted` for a dead process, are what a reader concludes."""

SIGNALS = "opt_out_signals"
"""The key of a source's metadata under which opt-out signals are recorded."""

NO_INDEX = -1
"""Stands for an index that the loader did not tell."""

_TEXT_LIMIT = 1 << 16
_METADATA_LIMIT = 1 << 24
_METADATA_REPEATED = 1 << 12


@dataclass(frozen=True, slots=True)
class Claim:
    """A licence as somebody stated it: the text, where it was read, and when (ISO 8601), if that is known."""

    text: str
    where: str
    read_at: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One declaration of where samples come from. A declaration that differs in anything is another revision."""

    source_id: str
    license_id: str | None = None
    uri: str | None = None
    category: str | None = None
    revision: str | None = None
    owner: str | None = None
    acquired_at: str | None = None
    metadata: str = "{}"
    claims: tuple[Claim, ...] = ()

    def digest(self) -> bytes:
        """Names the revision: the SHA-256 of the declaration's canonical bytes."""
        return hashlib.sha256(encode(("origin source", 1, *self.fields()))).digest()

    def fields(self) -> tuple[Any, ...]:
        """The declaration in the order in which it is committed and stored."""
        claims = [[claim.text, claim.where, claim.read_at] for claim in self.claims]
        return (
            self.source_id,
            self.license_id,
            self.uri,
            self.category,
            self.revision,
            self.owner,
            self.acquired_at,
            self.metadata,
            json.dumps(claims),
        )

    @classmethod
    def from_fields(cls, fields: Sequence[Any]) -> Source:
        """The inverse of `fields`."""
        claims = tuple(Claim(*claim) for claim in json.loads(fields[-1]))
        return cls(*(*fields[:-1], claims))

    def with_license(self, license_id: str) -> Source:
        """The same source under another declared licence; what was read elsewhere stays beside it."""
        others = (claim for claim in self.claims if claim.where != DECLARED)
        return replace(self, license_id=license_id, claims=(declared(license_id), *others))

    def for_sample(self, license_id: str | None) -> Source:
        """The same source for a sample that states its own licence: no other claim is made for that sample.

        None: it states one that is not kept, so the licence is unknown. Long metadata stay with the source itself:
        repeated for every licence, they could fill a disk.
        """
        text = "NOASSERTION" if license_id is None else license_id  # SPDX 2.3, clause 7.15
        where = STATED_FOR_SAMPLE if license_id is not None else f"{STATED_FOR_SAMPLE}, not kept"
        metadata = self.metadata if len(self.metadata) <= _METADATA_REPEATED else "{}"
        return replace(self, license_id=license_id, metadata=metadata, claims=(Claim(text, where),))


DECLARED = "declared by the caller"
STATED_FOR_SAMPLE = "stated for the sample"
"""`where` of claims that are about samples; a source that has such a claim first is no declaration of the source."""

READ_FROM_DATASET = "read_from_dataset"
"""The key of a source's metadata that holds what a hook read from the data set itself. Such a source is what that data
set said, and no declaration that would hold for the next one.
"""


def declared(license_id: str) -> Claim:
    """The claim that a caller makes in code."""
    return Claim(license_id, DECLARED)


@dataclass(frozen=True, slots=True)
class Begin:
    """The first entry of a session's log. `key_id` names the key of keyed fingerprints, without telling it."""

    session_id: str
    config_hash: str
    metadata: str
    run_id: str | None
    rank: int | None
    world_size: int | None
    started_at: int
    origin_version: str
    key_id: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step of the loop received. `keys` is the SHA-256 of the packed sample keys, where samples had keys."""

    loader: str
    epoch: int
    step: int
    count: int
    size: int
    root: bytes
    keys: bytes | None


@dataclass(frozen=True, slots=True)
class Items:
    """Fingerprints of `count` items of sources, each with its index, taken once and not for each batch.

    role: SAMPLE, the samples themselves, which batches then name by their index; or RAW, what samples were before
    random transforms, when batches hold fingerprints of what became of them. `size` is in bytes that were hashed.
    """

    role: str
    count: int
    size: int
    root: bytes


SAMPLE, RAW = "sample", "raw"


@dataclass(frozen=True, slots=True)
class Used:
    """What became of the batches `first` to `last` (numbers of steps) of a loader, after they were delivered.

    use: TRAINED: optimizer steps closed over them, `steps` of them, each over equally many batches in order. SKIPPED:
    the same, but the optimizer took no step (a gradient scaler found infinite gradients). EVALUATED: they were
    delivered for evaluation. how: on what evidence.
    """

    loader: str
    first: int
    last: int
    use: str
    steps: int
    how: str

    def followed_by(self, other: Used) -> Used | None:
        """Both as one, when the other goes on where this ends, in the same way and with equally many batches a step."""
        if other.first != self.last + 1 or (other.loader, other.use, other.how) != (self.loader, self.use, self.how):
            return None
        if (self.last + 1 - self.first) * other.steps != (other.last + 1 - other.first) * self.steps:
            return None
        return replace(self, last=other.last, steps=self.steps + other.steps)


TRAINED, SKIPPED, EVALUATED = "trained", "skipped", "evaluated"
USES = (TRAINED, SKIPPED, EVALUATED)


@dataclass(frozen=True, slots=True)
class Note:
    """Something else that is known of the session from here on. `content` is canonical JSON; `kind` says of what."""

    kind: str
    content: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Something was not recorded: why, and how much. None stands for a number that is not known."""

    reason: str
    detail: str
    batches: int
    observations: int | None
    loader: str | None = None
    epoch: int | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The last entry of a session's log, with the totals that it closes over."""

    status: str
    ended_at: int
    batches: int
    observations: int
    gaps: int


Entry = Begin | Source | Items | Batch | Used | Note | Gap | End

Run = tuple[int, Source, int]
"""Kind and source of consecutive observations of a batch, and the position after the last of them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Items that were fingerprinted, on their way to storage; see Items."""

    role: str
    digests: Sequence[bytes]
    runs: tuple[Run, ...]
    size: int
    indices: Sequence[int]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A batch on its way from a hook to storage: the fingerprints in order, and what is known of each sample."""

    loader: str
    epoch: int
    step: int
    digests: Sequence[bytes]
    runs: tuple[Run, ...]
    size: int
    indices: Sequence[int] | None = None
    keys: Sequence[str | None] | None = None
    items: Seen | None = None


def text(name: str, value: object) -> str:
    """A non-empty string for an identifier; raises UsageError."""
    if not isinstance(value, str) or not value:
        raise UsageError(f"{name} is {shown(value)}: it must be a non-empty string")
    if len(value) > _TEXT_LIMIT:
        raise UsageError(f"{name} has {len(value)} characters: at most {_TEXT_LIMIT} can be recorded; shorten it")
    return value


def optional_text(name: str, value: object) -> str | None:
    return None if value is None else text(name, value)


def canonical_json(name: str, value: Mapping[str, Any] | None) -> str:
    """Metadata in the one form that is stored and committed: sorted keys, no NaN, ASCII; raises UsageError."""
    try:
        written = json.dumps(value or {}, sort_keys=True, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{name} is no JSON ({error}): use plain numbers, strings, lists, dicts") from error
    if len(written) > _METADATA_LIMIT:
        raise UsageError(f"{name} takes {len(written)} bytes as JSON: at most {_METADATA_LIMIT} can be recorded")
    return written
