"""From what a worker observed to what is recorded: each sample under the source that its row belongs to."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from origin.core.fingerprint import NO_DIGEST, Kind
from origin.core.record import NO_INDEX, READ_FROM_DATASET, Delivered, Gap, Seen, Source, canonical_json
from origin.errors import OriginError, warn
from origin.hooks.lineage import Lineage, Reading
from origin.hooks.observe import runs_of
from origin.hooks.recorder import Loader, Recorder
from origin.hooks.tags import has_info, is_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from origin.hooks.lineage import Place
    from origin.hooks.observe import Observed
    from origin.hooks.padding import Padding
    from origin.hooks.tags import Tag
    from origin.storage.writer import Recording

T = TypeVar("T")

SEVERAL = "the data set has several sources, and which rows these are is not known: they are under the hook's"
"""What is told of rows that cannot be led back to one of several sources."""

MAX_FILES = 1000
"""Data files of one data set whose hashes are recorded with its source; of more, only how many there are."""


class PlacingRecorder(Recorder):
    """A Recorder of samples that were led back to rows of sources."""

    _notes: frozenset[str] = frozenset()
    _warned_of_changes = False

    @property
    def recording(self) -> Recording:
        return self._recording

    def note_once(self, kind: str, content: dict[str, Any]) -> bool:
        """Note a fact unless this hook did so before; whether it was noted."""
        name = canonical_json("content", {kind: content})
        if name in self._notes:
            return False
        self._notes |= {name}
        self.note(kind, content)
        return True

    def changed(self, loader: Loader, epoch: int, reason: str, what: str) -> None:
        """Record that a row is not what it was, and warn once. Raises only when strict."""
        if self.strict:
            raise OriginError(what)
        with contextlib.suppress(OriginError):
            self._put(Gap(reason, what, 0, 0, loader.name, epoch, loader.next_step - 1))
        if not self._warned_of_changes:
            self._warned_of_changes = True
            warn(f"{what}: every sample is fingerprinted from here on; give raw_of where transforms are random")

    def lineage(self, dataset: Any, loader: Loader) -> Lineage | None:
        """Where the rows of a data set come from; None where that cannot be told. Raises only when strict."""
        reading = Reading(self._tagged, self._described)
        try:
            lineage = reading.lineage(dataset)
        except Exception as error:
            if self.strict:
                raise
            self.doubt(loader, f"the data set's parts cannot be read ({type(error).__name__}: {error})"[:1000])
            return None
        for doubt in reading.doubts:
            self.doubt(loader, doubt)
        return lineage

    def safely(self, loader: Loader, do: Callable[[], T]) -> T | None:
        """What it gives; what fails is told, and raised only when strict."""
        try:
            return do()
        except Exception as error:
            if self.strict:
                raise
            self.doubt(loader, f"{type(error).__name__}: {error}"[:1000])
            return None

    def pad(self, loader: Loader, epoch: int, padding: Padding, lineage: Lineage | None) -> None:
        """Note the samples of an epoch that were delivered to make the ranks equal."""
        from origin.hooks.padding import NOTE  # noqa: PLC0415 - with torch alone

        samples = None
        if padding.last is not None and lineage is not None:
            places = lineage.places(list(padding.last))
            samples = [[(found.origin.source or loader.source).source_id, found.row] for found in places]
        content = {"loader": loader.name, "epoch": epoch, "count": padding.count, "samples": samples}
        self.note(NOTE, {**content, "rank": padding.rank, "world_size": padding.world_size})

    def source_of_dataset(self, info: Callable[[], Any]) -> Source:
        found: list[Any] = []

        def once() -> Any:
            found[:] = [info()]
            return found[0]

        source = super().source_of_dataset(once)
        # What cannot be read was told of by then.
        return self._with_files(source, lambda: found[0]) if found else source

    def _tagged(self, tag: Tag, dataset: Any) -> Source:
        source = tag.source
        if not tag.is_declared:
            source = self.db.source(source.source_id, source.license_id)
        if not has_info(dataset):
            return source
        described, problems = self._dataset_sources.of(source, dataset.info)
        for problem in problems:
            self._tell_of_license(problem)
        return self._with_files(described, lambda: dataset.info)

    def _described(self, dataset: Any) -> Source | None:
        if not is_table(dataset):
            return None
        source = self.source_of_dataset(lambda: dataset.info)
        return None if source is self.source else source

    def _with_files(self, source: Source, info: Callable[[], Any]) -> Source:
        try:
            files = _files(info())
        except Exception as error:
            if self.strict:
                raise
            self._tell_of_license(f"the hashes of the data set's files cannot be read ({type(error).__name__})")
            return source
        if not files:
            return source
        metadata = json.loads(source.metadata)
        about = {**metadata.get(READ_FROM_DATASET, {}), "files": files if len(files) <= MAX_FILES else len(files)}
        return replace(source, metadata=canonical_json("metadata", {**metadata, READ_FROM_DATASET: about}))

    def _delivered(self, loader: Loader, epoch: int, step: int, observed: Observed) -> Delivered:
        if observed.items is None and self.db.key is None:
            return super()._delivered(loader, epoch, step, observed)
        delivered = self._without_items(loader, epoch, step, observed)
        if observed.items is None:
            return delivered
        items = self._without_items(loader, epoch, step, observed.items)
        seen = Seen(observed.items_role, items.digests, items.runs, items.size, items.indices or ())
        return replace(delivered, items=seen)

    def _without_items(self, loader: Loader, epoch: int, step: int, observed: Observed) -> Delivered:
        delivered = super()._delivered(loader, epoch, step, observed)
        if self.db.key is None or all(kind != Kind.INDEX for kind, _ in observed.kinds):
            return delivered
        # Where nothing was hashed, there is nothing to put under the key.
        digests = list(delivered.digests)
        start = 0
        for kind, end in observed.kinds:
            if kind == Kind.INDEX:
                digests[start:end] = [NO_DIGEST] * (end - start)
            start = end
        return replace(delivered, digests=digests)


class Placing:
    """Puts the rows of one pass over a Hugging Face data set under the sources that they belong to."""

    def __init__(self, recorder: PlacingRecorder, loader: Loader, dataset: Any) -> None:
        lineage = recorder.lineage(dataset, loader)
        self._lineage = None if lineage is None or lineage.is_untagged else lineage
        self._recorder = recorder
        self._loader = loader
        self._tells_unknown = False

    def __call__(self, observed: Observed, positions: Sequence[int]) -> Observed:
        """positions: those in the data set that were asked for; if there are not as many, which is which is unknown.

        The observed indices stand where they count the rows of the data set itself: they know what was cut from what.
        """
        lineage = self._lineage
        if lineage is None:
            return observed
        count = len(observed.digests)
        asked = list(positions) if len(positions) == count else [NO_INDEX] * count
        if NO_INDEX in asked and lineage.sole is None and not self._tells_unknown:
            self._tells_unknown = True
            self._recorder.doubt(self._loader, SEVERAL)
        numbers = observed.indices or [NO_INDEX] * count
        return place(
            observed,
            [
                found._replace(row=number) if found.origin is lineage.origin else found
                for found, number in zip(lineage.places(asked), numbers, strict=True)
            ],
        )


def place(observed: Observed, places: list[Place]) -> Observed:
    """What was observed, each sample under its own source; what a sample says of itself stands over that."""
    sources: list[str | Source | None] = [found.origin.source for found in places]
    rows: list[int] | None = [found.row for found in places]
    if observed.asked is not None:
        sources, rows = _unless_said(observed, sources, rows or [])
    if rows is not None and all(row == NO_INDEX for row in rows):
        rows = None
    told = None if all(source is None for source in sources) else runs_of(sources)
    return replace(observed, sources=told, indices=rows, asked=None)


def _unless_said(
    observed: Observed, sources: list[str | Source | None], rows: list[int]
) -> tuple[list[str | Source | None], list[int]]:
    """For samples that were described: their own source and index where they say one."""
    count = len(observed.digests)
    said = [source for source, _ in _spread(observed.sources or [(None, count)])]
    own = observed.indices or [NO_INDEX] * count
    found_rows = [
        index if index != NO_INDEX or name is not None or source is None else row
        for index, name, source, row in zip(own, said, sources, rows, strict=True)
    ]
    return [source if name is None else name for name, source in zip(said, sources, strict=True)], found_rows


def _spread(runs: list[tuple[Any, int]]) -> list[tuple[Any, int]]:
    """One pair for each element of runs that give the end of each."""
    found: list[tuple[Any, int]] = []
    for value, end in runs:
        found += [(value, end)] * (end - len(found))
    return found


def _files(info: Any) -> dict[str, str]:
    """The hashes of data files that a DatasetInfo states."""
    stated = getattr(info, "download_checksums", None)
    if not isinstance(stated, dict):
        return {}
    hashes = {url: file.get("checksum") for url, file in stated.items() if isinstance(file, dict)}
    return {url: found for url, found in hashes.items() if isinstance(url, str) and isinstance(found, str) and found}
