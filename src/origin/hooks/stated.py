"""Licences that are stated beside the data: for single samples, which override their source's, and by the data set."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from origin.claims.dataset_info import DatasetFacts, of_dataset_info
from origin.claims.found import MAX_TEXT, listed
from origin.core.record import READ_FROM_DATASET, canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from origin.core.record import Source

MAX_LICENSES = 1_000
"""Distinct licences that one hook keeps for the samples of one source. Each is a revision of the source, so a row in
the database and at most some kilobytes of memory; further ones read as unknown."""

MAX_LISTED = 100
"""Licences stated for one sample."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A sample states a licence, but not one that can be recorded: its source's does not hold for it either."""

    why: str


Stated = str | Unread | None
"""What a sample says of its licence; None: nothing, its source's holds."""


def stated(value: Any, names: Sequence[str] | None = None) -> Stated:
    """The claim that a value makes for one sample: a text; several texts as a JSON list; None for nothing.

    names: of the classes that numbers stand for, where the column has numbers (a ClassLabel of datasets).
    """
    text = value if isinstance(value, Unread) else _text(value, names)
    if isinstance(text, str) and len(text) > MAX_TEXT:
        return Unread(f"a licence of {len(text)} characters: at most {MAX_TEXT} are recorded")
    return text or None


def _text(value: Any, names: Sequence[str] | None) -> Stated:
    if isinstance(value, str):
        return str.__str__(value).strip()
    if value is None or _is_missing(value):
        return None
    if isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) == 1:
        return _several(value, names)
    if names is not None and (number := _index(value)) is not None:
        return names[number] if 0 <= number < len(names) else None if number == -1 else _unread(value)
    return _unread(value)


def _several(values: Any, names: Sequence[str] | None) -> Stated:
    if len(values) > MAX_LISTED:
        return Unread(f"{len(values)} licences for one sample: at most {MAX_LISTED} are recorded")
    texts = []
    for value in values:
        text = _text(value, names) if not isinstance(value, (list, tuple)) else _unread(value)
        if isinstance(text, Unread):
            return text
        if text:
            texts.append(text)
    return listed(texts) if texts else None


def _is_missing(value: Any) -> bool:
    """What pandas has for nothing: NaN, which is not equal to itself, and NA, which is not even that."""
    pandas: Any = sys.modules.get("pandas")
    return (isinstance(value, float) and value != value) or (pandas is not None and value is pandas.NA)  # noqa: PLR0124 - NaN


def _index(value: Any) -> int | None:
    try:
        return None if isinstance(value, bool) else int(value.__index__())
    except (AttributeError, TypeError, ValueError):
        return None


def _unread(value: Any) -> Unread:
    return Unread(f"a licence that is a {type(value).__name__}: a text or a list of texts is recorded")


def license_runs(licenses: Iterable[Stated]) -> list[tuple[Stated, int]] | None:
    """(licence, end position) of consecutive samples that state the same; None where none states any."""
    runs: list[tuple[Stated, int]] = []
    end = 0
    for value, group in groupby(licenses):
        end += sum(1 for _ in group)
        runs.append((value, end))
    return runs if any(value is not None for value, _ in runs) else None


class StatedSources:
    """The revisions of sources that samples' own licences make: one for each distinct text, up to a bound.

    tell: is told, once for a source, what cannot be kept; may raise.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._known: dict[Source, dict[str, Source]] = {}
        self._source: Source | None = None
        self._licenses: dict[str, Source] = {}
        self._not_kept: dict[Source, Source] = {}
        self._told: set[str] = set()

    def of(self, source: Source, license_id: Stated) -> Source:
        """The source as a sample under that licence has it."""
        if license_id is None:
            return source
        if isinstance(license_id, Unread):
            return self._lose(source, license_id.why)
        if source is not self._source:  # hashing a source takes longer than all the rest
            self._source, self._licenses = source, self._known.setdefault(source, {})
        known = self._licenses
        found = known.get(license_id)
        if found is None:
            if len(known) >= MAX_LICENSES:
                return self._lose(source, f"more than {MAX_LICENSES} different ones")
            found = known[license_id] = source.for_sample(license_id)
        return found

    def _lose(self, source: Source, why: str) -> Source:
        if source.source_id not in self._told:
            self._tell(f"licences of single samples of {source.source_id!r:.80} read as unknown ({why})")
            self._told.add(source.source_id)
        found = self._not_kept.get(source)
        if found is None:
            found = self._not_kept[source] = source.for_sample(None)
        return found


class DatasetSources:
    """A hook's source as the data sets that it wraps describe it: each distinct description is one revision."""

    def __init__(self) -> None:
        self._known: dict[tuple[Source, DatasetFacts], Source] = {}

    def of(self, source: Source, info: Any) -> tuple[Source, tuple[str, ...]]:
        """The source with what a DatasetInfo says, and what in it could not be read.

        What was declared stays: a claim is put beside it, and only fields that are empty are filled.
        """
        timeless = of_dataset_info(info, read_at="")
        key = (source, timeless)
        if key not in self._known:
            self._known[key] = _described(source, of_dataset_info(info))
        return self._known[key], timeless.problems


def _described(source: Source, facts: DatasetFacts) -> Source:
    about = dict(facts.about)
    if not facts.claims and not about and facts.uri is None:
        return source
    metadata = {**json.loads(source.metadata), READ_FROM_DATASET: about}
    fill = source.uri is None and source.revision is None
    return replace(
        source,
        uri=facts.uri if fill else source.uri,
        revision=facts.revision if fill else source.revision,
        metadata=canonical_json("metadata", metadata),
        claims=(*source.claims, *facts.claims),
    )
