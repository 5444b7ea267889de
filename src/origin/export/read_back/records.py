"""The batches, observations and gaps of a record in a number of fixed size: counts, and digests over all of them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from origin.export.read_back.reading import MISSING, MOST_FLAWS, Discrepancy, Stated, is_digest, listed, mapping
from origin.export.stated import portable

if TYPE_CHECKING:
    from collections.abc import Mapping

_BATCH = ("session_id", "entry", "loader", "epoch", "step", "count", "bytes", "root")
_OBSERVATION = ("position", "fingerprint", "kind", "source_entry", "source_id", "license", "index", "key")
_GAP = ("session_id", "entry", "reason", "detail", "batches", "observations", "loader", "epoch", "step")
_OTHERS = ("used", "notes", "items")
_WHERE = ("session_id", "entry", "loader", "epoch", "step")


class Records:
    """Takes what a document lists of batches, observations and gaps, in its order, and keeps counts and digests."""

    def __init__(self) -> None:
        self.batches = 0
        self.observations = 0
        self.unfingerprintable = 0
        self.size = 0
        self.gaps = 0
        self.by_source: Counter[int] = Counter()
        self.flaws: list[Discrepancy] = []
        self._batches, self._observations, self._gaps = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
        self._others = {name: hashlib.sha256() for name in _OTHERS}

    def batch(self, facts: Mapping[str, Any]) -> None:
        self.batches += 1
        self.size += _whole(facts.get("bytes"))
        self._digest(facts, "root")
        self._batches.update(_line(facts, _BATCH))
        for one in listed(facts.get("observations")):
            self.observation(facts, mapping(one))

    def observation(self, batch: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        self.observations += 1
        self.unfingerprintable += facts.get("kind") == "unfingerprintable"
        if facts.get("fingerprint") is not None:
            self._digest(facts, "fingerprint")
        source = facts.get("source_entry")
        if type(source) is int:
            self.by_source[source] += 1
        self._observations.update(_line(batch, _WHERE) + _line(facts, _OBSERVATION))

    def gap(self, facts: Mapping[str, Any]) -> None:
        self.gaps += 1
        self._gaps.update(_line(facts, _GAP))

    def other(self, name: str, facts: Any) -> None:
        """An entry of another kind: `used`, `notes` or `items`."""
        bare = {key: value for key, value in mapping(facts).items() if key != "type"}
        self._others[name].update(json.dumps(bare, sort_keys=True).encode() + b"\n")

    def of_others(self) -> dict[str, Any]:
        return {f"{name}_sha256": digest.hexdigest() for name, digest in self._others.items()}

    def of_observations(self) -> dict[str, Any]:
        return {
            "observations": self.observations,
            "unfingerprintable": self.unfingerprintable,
            "observations_sha256": self._observations.hexdigest(),
        }

    def of_batches(self) -> dict[str, Any]:
        return {"batches": self.batches, "bytes": self.size, "batches_sha256": self._batches.hexdigest()}

    def of_gaps(self) -> dict[str, Any]:
        return {"gaps": self.gaps, "gaps_sha256": self._gaps.hexdigest()}

    def stated(self, place: str, session: Mapping[str, Any]) -> Stated:
        sources = tuple({"entry": entry, "observations": count} for entry, count in sorted(self.by_source.items()))
        return Stated(place, session, sources, inputs_only=True)

    def _digest(self, facts: Mapping[str, Any], name: str) -> None:
        value = facts.get(name)
        if not is_digest(value) and len(self.flaws) < MOST_FLAWS:
            place = f"the batch of entry {facts.get('entry')}" if name == "root" else "an observation"
            self.flaws.append(Discrepancy("digest syntax", place, "64 lower-case hexadecimal digits", value))


def _line(facts: Mapping[str, Any], names: tuple[str, ...]) -> bytes:
    values = [facts.get(name, MISSING) for name in names]
    return json.dumps([portable(value) if isinstance(value, str) else value for value in values]).encode() + b"\n"


def _whole(value: Any) -> int:
    return value if type(value) is int else 0
