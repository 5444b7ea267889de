"""What a comparison of two sessions says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.core import difference

if TYPE_CHECKING:
    from origin.core.difference import Observation
    from origin.query.declared import SourceChange
    from origin.storage.reads import StoredSession

SAME, DIFFERENT, UNCERTAIN = "same", "different", "uncertain"

GAP, UNFINISHED, LICENSE, NOTHING = "gap", "unfinished", "license", "nothing"
DOUBTS = {
    GAP: "some of what was delivered was not recorded: its gaps are compared with nothing",
    UNFINISHED: "it was not ended: what it consumed last may be missing",
    LICENSE: "licences that were stated could not be kept: they are compared as unknown",
    NOTHING: "no batch was recorded",
    difference.UNFINGERPRINTABLE: "samples without a fingerprint stand beside each other: their content is unknown",
    difference.PLACE: "samples whose index or key one side alone knows: what it knows is compared with nothing",
    difference.ERASED: "samples whose fingerprints were erased: their content is unknown",
    difference.BY_INDEX: "samples known by their index alone: their fingerprints are not in the record",
}
"""What keeps an answer from being certain. The first four are said of one session."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """`side` is "a" or "b", None for what stands between both."""

    kind: str
    side: str | None

    @property
    def text(self) -> str:
        return DOUBTS[self.kind]


@dataclass(frozen=True, slots=True)
class Steps:
    """How many steps of both sessions were compared, and how that came out; and how many only one has.

    uncertain: compared, and no difference is certain. unknown: a gap or a lost end stands on the other side.
    """

    compared: int = 0
    equal: int = 0
    divergent: int = 0
    uncertain: int = 0
    only_a: int = 0
    only_b: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class FirstDivergence:
    """The first divergent step, by the log of A, and the first sample in it that differs.

    step: its number in the epoch, from 0. step_a, step_b: its number in the loader. position: in the batch; None where
    one side has no batch. a, b: what stands there; None where nothing does.
    """

    loader: str
    epoch: int
    step: int
    step_a: int | None
    step_b: int | None
    position: int | None
    reasons: tuple[str, ...]
    a: Observation | None
    b: Observation | None


@dataclass(frozen=True, slots=True)
class EpochDifference:
    """An epoch of a loader in which steps diverge. same_samples: its multisets of observations agree; None: unknown."""

    loader: str
    epoch: int
    divergent: int
    reasons: tuple[str, ...]
    same_samples: bool | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Two sessions side by side. same_samples: of the sessions as wholes; None: unknown.

    environment: what was said of them beside their data: (name, in A, in B). sources_a, sources_b: ids of one alone.
    """

    a: StoredSession
    b: StoredSession
    verdict: str
    reasons: tuple[str, ...]
    doubts: tuple[Doubt, ...]
    steps: Steps
    same_samples: bool | None
    first: FirstDivergence | None
    epochs: tuple[EpochDifference, ...]
    environment: tuple[tuple[str, Any, Any], ...]
    sources_a: tuple[str, ...]
    sources_b: tuple[str, ...]
    sources_changed: tuple[SourceChange, ...]
