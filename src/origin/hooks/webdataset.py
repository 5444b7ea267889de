"""The hook for WebDataset: samples are known by their tar members, as they were before anything decoded them.

The wrapped pipeline is a shallow copy with one more stage, right behind the one that groups tar members by key. There,
in the worker process when there are workers, the members are fingerprinted, and what is known of the sample is tied to
its key: a str that knows its sample. It travels wherever the pipeline takes `__key__`, through decode, shuffle,
batched, a DataLoader and the stages of a WebLoader, and is a plain str again when the loop receives it. So what is
recorded is what was delivered, and never what waits in a buffer.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch.utils.data import DataLoader
from webdataset import tariterators
from webdataset.pipeline import DataPipeline

from origin.core.record import Source, canonical_json, text
from origin.hooks.base import BaseHook, WrappedLoader
from origin.hooks.observe import Observed, identity_of, observe, put_together, runs_of
from origin.hooks.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from origin.core.fingerprint import Identity
    from origin.hooks.expect import Expect
    from origin.hooks.usage import Purpose
    from origin.storage.database import ProvenanceDatabase

__all__ = ["WebDatasetHook"]

_KEY = "__key__"
_URL = "__url__"
_LONG = 1 << 12
"""Metadata of so many characters are not repeated for every shard: they stay with the source as it was declared."""

_DEPTH = 2
"""How many containers deep a key may stand: a list of samples that are tuples of lists."""

_GROUPING = {tariterators.group_by_keys, getattr(tariterators, "tarfile_samples", None)}


class WebDatasetHook(BaseHook):
    """Records the samples that a loop receives from a WebDataset pipeline; see BaseHook for the first parameters.

    A sample's key is its `__key__`. Its fingerprint is that of its member's bytes, if it has one member (what sha256sum
    prints for the file), else that of the dict of its members' bytes by suffix. Its source is the hook's, with the
    shard it came from in the metadata, and as the uri where none was declared; without user names, passwords, queries.

    member: the suffix, such as "jpg", of the member that stands for the sample, whatever else it has. A sample without
        it is recorded as unfingerprintable.

    What a pipeline delivers without `__key__` (`to_tuple("jpg", "cls")`) cannot be told to come from any sample: its
    own value is recorded, as BaseHook does. Keep the key: `to_tuple("jpg", "cls", "__key__")`. Each key in a batch
    stands for one sample.
    """

    def __init__(
        self,
        db: ProvenanceDatabase,
        session_id: str,
        source_id: str,
        license_id: str | None = None,
        strict: bool = False,  # noqa: FBT001, FBT002 - declared interface
        member: str | None = None,
    ) -> None:
        super().__init__(db, session_id, source_id, license_id, strict)
        self.recorder = Recorder(db, session_id, source_id, license_id, strict=strict)
        self._shards: dict[str | None, Source] = {}
        self.member = None if member is None else text("member", member)

    def wrap(
        self,
        loader: Iterable[Any],
        name: str | None = None,
        epoch: int | None = None,
        purpose: Purpose | None = None,
        expect: Expect | None = None,
    ) -> Iterable[Any]:
        """An iterable that gives what the pipeline gives, and records each batch or sample as the loop receives it.

        loader: a WebDataset or another DataPipeline, a WebLoader, or a torch DataLoader over one. It stays as it was.
        Wrap what the loop iterates over: stages that are added later would not be seen. Each iteration is an epoch.
        For `purpose` and `expect` see BaseHook.wrap.
        """
        return _WrappedPipeline(
            self, _tapped(loader, Tap(self.member)), self.recorder.loader(name, epoch, purpose=purpose, expect=expect)
        )

    def source_of(self, shard: str | None) -> Source:
        """The hook's source, as the shard has it."""
        source = self._shards.get(shard)
        if source is None:
            source = self.recorder.source
            if shard is not None:
                about = json.loads(source.metadata) if len(source.metadata) <= _LONG else {}
                metadata = canonical_json("metadata", {**about, "shard": shard})
                source = replace(source, uri=source.uri or shard, metadata=metadata)
            self._shards[shard] = source
        return source


class SampleKey(str):
    """The key of a sample, and what is known of the sample it names."""

    __slots__ = ("identity", "shard")
    identity: Identity
    shard: str | None

    def __new__(cls, key: str, identity: Identity, shard: str | None) -> SampleKey:  # noqa: PYI034 - not for subclasses
        made = super().__new__(cls, key)
        made.identity = identity
        made.shard = shard
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return SampleKey, (str(self), self.identity, self.shard)

    def __str__(self) -> str:
        return str.__str__(self)


class Tap:
    """The stage that ties what is known of each sample to its key."""

    def __init__(self, member: str | None) -> None:
        self.member = member

    def __call__(self, samples: Iterable[Any]) -> Iterator[Any]:
        for sample in samples:
            key = sample.get(_KEY) if isinstance(sample, dict) else None
            if isinstance(key, str):
                sample[_KEY] = SampleKey(key, identity_of(self._value(sample)), shard_of(sample.get(_URL)))
            yield sample

    def _value(self, sample: dict[str, Any]) -> Any:
        if self.member is not None:
            return sample.get(self.member, NotImplemented)
        members = {suffix: value for suffix, value in sample.items() if not suffix.startswith("__")}
        return next(iter(members.values())) if len(members) == 1 else members


def shard_of(url: Any) -> str | None:
    """The address of a shard without what may be secret in it; None where it cannot be told.

    Of a `pipe:` command, only the word that names a tar file is kept.
    """
    if not isinstance(url, str):
        return None
    if url.startswith("pipe:"):
        words = [word.strip("'\"") for word in url.split() if ".tar" in word]
        if len(words) != 1:
            return None
        url = words[0]
    if "://" in url:
        url = re.sub(r"(?<=://)[^/@]*@", "", re.split(r"[?#]", url, maxsplit=1)[0])
    return url or None


def _tapped(loader: Any, tap: Tap) -> Any:
    """A shallow copy of a pipeline or loader in which the tap stands behind each stage that groups members."""
    tapped: Any
    if isinstance(loader, DataLoader):
        tapped = copy.copy(loader)
        # torch refuses a new data set; persistent workers belong to the loader they were started for.
        object.__setattr__(tapped, "dataset", _tapped(loader.dataset, tap))
        tapped._iterator = None  # noqa: SLF001
        return tapped
    if not isinstance(loader, DataPipeline):
        return loader
    tapped = copy.copy(loader)
    tapped.pipeline = []
    for stage in loader.pipeline:
        tapped.pipeline.append(_tapped(stage, tap))
        if getattr(stage, "f", stage) in _GROUPING:
            tapped.pipeline.append(tap)
    return tapped


class _WrappedPipeline(WrappedLoader):
    _hook: WebDatasetHook

    def __iter__(self) -> Iterator[Any]:
        for batch in super().__iter__():
            yield plain(batch)

    def _observe(self, batch: Any) -> Observed:
        keys = list(_keys(batch))
        if not keys:
            return observe(self._hook.samples(batch))
        sources = [self._hook.source_of(key.shard) for key in keys]
        return put_together([key.identity for key in keys], None, [str(key) for key in keys], runs_of(sources))


def _keys(batch: Any, depth: int = 0) -> Iterator[SampleKey]:
    """The keys in a sample, in a batch of columns, or in a list of samples."""
    if isinstance(batch, SampleKey):
        yield batch
    elif _may_hold_keys(batch, depth):
        for value in batch.values() if isinstance(batch, dict) else batch:
            yield from _keys(value, depth + 1)


def _may_hold_keys(value: Any, depth: int) -> bool:
    if not isinstance(value, (dict, list, tuple)) or depth > _DEPTH:
        return False
    # Not every token of a sample is looked at.
    return not (depth and isinstance(value, list) and value and isinstance(value[0], (int, float)))


def plain(batch: Any, depth: int = 0) -> Any:
    """The batch with its keys as the str that they were: dicts and lists are changed in place."""
    if isinstance(batch, SampleKey):
        return str(batch)
    if not _may_hold_keys(batch, depth):
        return batch
    if isinstance(batch, tuple):
        values = [plain(value, depth + 1) for value in batch]
        same = all(one is other for one, other in zip(values, batch, strict=True))
        return batch if same or type(batch) is not tuple else tuple(values)
    for place, value in batch.items() if isinstance(batch, dict) else enumerate(batch):
        new = plain(value, depth + 1)
        if new is not value:
            batch[place] = new
    return batch
