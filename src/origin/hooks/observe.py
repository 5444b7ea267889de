"""From samples to fingerprints: what a hook, or the worker process of a loader, does with one batch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from struct import unpack
from typing import TYPE_CHECKING, Any

from origin.core.alike import digests_alike
from origin.core.fingerprint import UNKNOWN, Identity, Kind, identify, identify_all_bytes
from origin.core.record import NO_INDEX, RAW
from origin.errors import UnfingerprintableError
from origin.hooks.stated import license_runs, stated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from origin.core.alike import Waiting
    from origin.core.record import Source
    from origin.hooks.stated import Stated


_VALUE = int(Kind.VALUE)


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample, with what is known of it beyond its value, so that one batch can mix sources.

    source: the id of the source it came from, if not the hook's. index: its place in the source, from 0.
    key: the name that the source gives it, such as a webdataset key. license: the licence claimed for this one sample,
    which overrides its source's; None where nothing is stated for it.
    """

    value: Any
    source: str | None = None
    index: int | None = None
    key: str | None = None
    license: str | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """The fingerprints of a batch's samples in order; small, and made to be sent from a worker process.

    kinds: (kind, end) of consecutive samples of one kind. sources: (id, source or None, end) likewise; None: the
    hook's. licenses: (licence or None, end) likewise; None: no sample states one of its own. asked: the indices that
    the sampler asked for, where `indices` are what samples say of themselves. items: what was fingerprinted beside the
    batch, as `items_role` (see origin.core.record.Items). problem: what kept it from being fingerprinted.
    """

    digests: Sequence[bytes]
    kinds: list[tuple[int, int]]
    size: int
    indices: list[int] | None = None
    keys: list[str | None] | None = None
    sources: list[tuple[str | Source | None, int]] | None = None
    licenses: list[tuple[Stated, int]] | None = None
    asked: list[int] | None = None
    items: Observed | None = None
    items_role: str = RAW
    problem: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # By position, and the fingerprints in one piece: the loop waits while it is unpickled.
        names = self.__slots__[1:]
        return _unpacked, (b"".join(self.digests), *[getattr(self, name) for name in names])


def _unpacked(digests: bytes, *others: Any) -> Observed:
    return Observed(list(unpack("32s" * (len(digests) // 32), digests)), *others)


def observe(
    samples: Sequence[Any],
    indices: Sequence[Any] | None = None,
    collated: Any = None,
    waiting: Waiting | None = None,
) -> Observed:
    """Fingerprint samples; one without canonical bytes is counted as unfingerprintable, and seen as such.

    indices: each sample's place in its source, where the loader knows it. collated, waiting: see `digests_alike`; with
    `waiting`, the fingerprints may be made when they are asked for.
    """
    types = set(map(type, samples))
    if types == {bytes}:
        digests = identify_all_bytes(samples)
        return Observed(digests, [(int(Kind.BYTES), len(digests))], sum(map(len, samples)), plain_indices(indices))
    if Sample in types:
        return _observe_described(samples, plain_indices(indices))
    return _observed(samples, plain_indices(indices), collated=collated, waiting=waiting)


def _observed(
    values: Sequence[Any],
    indices: list[int] | None,
    keys: list[str | None] | None = None,
    sources: list[tuple[str | Source | None, int]] | None = None,
    collated: Any = None,
    waiting: Waiting | None = None,
) -> Observed:
    found = digests_alike(values, collated, waiting)
    if found is not None:
        digests = found.digests() if waiting is None else found
        return Observed(digests, [(_VALUE, len(found))], found.size, indices, keys, sources)
    return put_together([identity_of(value) for value in values], indices, keys, sources)


def put_together(
    identities: Sequence[Identity],
    indices: list[int] | None,
    keys: list[str | None] | None = None,
    sources: list[tuple[str | Source | None, int]] | None = None,
) -> Observed:
    """What was observed of samples whose identities are known."""
    kinds = runs_of([kind for kind, _, _ in identities])
    digests = [digest for _, digest, _ in identities]
    return Observed(digests, kinds, sum(size for _, _, size in identities), indices, keys, sources)


def with_licenses(observed: Observed, licenses: Sequence[Stated]) -> Observed:
    """What was observed, with the licence that each sample states for itself."""
    runs = license_runs(licenses)
    return observed if runs is None else replace(observed, licenses=runs)


def identity_of(value: Any) -> Identity:
    """A sample's identity, UNKNOWN for one without canonical bytes."""
    try:
        return identify(value)
    except UnfingerprintableError:
        return UNKNOWN


def _observe_described(samples: Sequence[Any], asked: list[int] | None) -> Observed:
    described = [sample if type(sample) is Sample else Sample(sample) for sample in samples]
    indices = plain_indices([sample.index for sample in described])
    keys = [sample.key for sample in described]
    observed = _observed(
        [sample.value for sample in described],
        indices,
        keys if any(key is not None for key in keys) else None,
        runs_of([sample.source for sample in described]),
    )
    observed = replace(observed, asked=asked)
    licenses = [sample.license for sample in described]
    if set(map(type, licenses)) <= {type(None)}:
        return observed
    return with_licenses(observed, list(map(stated, licenses)))


def runs_of(values: list[Any]) -> list[tuple[Any, int]]:
    """(value, end position) of each run of equal values."""
    runs = []
    end = 0
    for value, group in groupby(values):
        end += sum(1 for _ in group)
        runs.append((value, end))
    return runs


def plain_indices(indices: Sequence[Any] | None) -> list[int] | None:
    """Indices as integers, NO_INDEX for what is none; None when none is known."""
    if indices is None:
        return None
    if set(map(type, indices)) == {int} and min(indices) >= 0 and max(indices) < 1 << 63:
        return list(indices)
    plain = [_plain_index(index) for index in indices]
    return plain if any(index != NO_INDEX for index in plain) else None


def _plain_index(index: Any) -> int:
    try:
        number = index.__index__()
    except (AttributeError, TypeError):
        return NO_INDEX
    return number if 0 <= number < 1 << 63 else NO_INDEX
