"""The hook for packed sequences: which documents, and which of their tokens, each sequence is made of.

Packing joins tokenized documents and cuts them anew, so that rows of the packed data set are no documents any more.
What survives it is what lies beside the tokens, one value for each: two columns, the document's number and the token's
place in it, which `number_tokens` makes before packing and which every packer treats as it treats the tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from origin.core.record import text
from origin.errors import UsageError, shown
from origin.hooks.base import BaseHook, WrappedLoader
from origin.hooks.observe import Observed, identity_of, put_together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.core.fingerprint import Identity
    from origin.hooks.expect import Expect
    from origin.hooks.usage import Purpose
    from origin.storage.database import ProvenanceDatabase

__all__ = ["DOCUMENT", "PLACE", "PackedHook", "number_tokens"]

DOCUMENT = "document"
"""The column that tells for each token the number of its document, from 0; a negative number marks padding."""

PLACE = "place"
"""The column that tells for each token its place in its document, from 0."""


def number_tokens(row: Mapping[str, Any], number: int, tokens: str = "input_ids") -> dict[str, list[int]]:
    """The two columns for one tokenized document; for `dataset.map(number_tokens, with_indices=True)`."""
    count = len(row[tokens])
    return {DOCUMENT: [number] * count, PLACE: list(range(count))}


class PackedHook(BaseHook):
    """Records the documents in the packed sequences that a loop receives; see BaseHook for the first parameters.

    A sample is a run of a document's tokens that stand one after the other in a sequence. Its index is the document's
    number and its key the places in it, "start:end", the end left out. Its fingerprint is that of the list of its token
    ids, so that a document which stands in one sequence as a whole has that of its own list.

    tokens: the column of token ids.
    documents: what the documents are, by number, such as their texts or files: then a sample's fingerprint is that of
        its document, however it was cut. They are read here, once. That they are what was tokenized is the caller's
        word; a document that is not among them is recorded as unfingerprintable.
    """

    def __init__(
        self,
        db: ProvenanceDatabase,
        session_id: str,
        source_id: str,
        license_id: str | None = None,
        strict: bool = False,  # noqa: FBT001, FBT002 - declared interface
        tokens: str = "input_ids",
        documents: Iterable[Any] | None = None,
    ) -> None:
        super().__init__(db, session_id, source_id, license_id, strict)
        self.tokens = text("tokens", tokens)
        self._documents = None if documents is None else list(map(identity_of, documents))

    def wrap(
        self,
        loader: Iterable[Any],
        name: str | None = None,
        epoch: int | None = None,
        purpose: Purpose | None = None,
        expect: Expect | None = None,
    ) -> Iterable[Any]:
        """An iterable that gives the loader's own batches and records the documents of each; see BaseHook.wrap.

        A batch is a mapping of columns, of one sequence or of several, as lists, arrays or tensors; or a list of such
        mappings.
        """
        return _WrappedPacked(self, loader, self.recorder.loader(name, epoch, purpose=purpose, expect=expect))

    def observe(self, batch: Any) -> Observed:
        """The documents in a batch. Raises UsageError for one without the columns."""
        identities: list[Identity] = []
        numbers: list[int] = []
        keys: list[str | None] = []
        for sequence in self._sequences(batch):
            for number, start, ids in _spans(*sequence):
                identities.append(self._identity(number, ids))
                numbers.append(number)
                keys.append(f"{start}:{start + len(ids)}")
        return put_together(identities, numbers, keys)

    def _identity(self, number: int, ids: Any) -> Identity:
        if self._documents is None:
            return identity_of(ids.tolist())
        return self._documents[number] if number < len(self._documents) else identity_of(NotImplemented)

    def _sequences(self, batch: Any) -> Iterator[tuple[Any, Any, Any]]:
        """Token ids, document numbers and places of each sequence."""
        if isinstance(batch, (list, tuple)):
            for row in batch:
                yield from self._sequences(row)
            return
        names = (self.tokens, DOCUMENT, PLACE)
        if not isinstance(batch, Mapping) or not all(name in batch for name in names):
            there = sorted(map(str, batch)) if isinstance(batch, Mapping) else type(batch).__name__
            raise UsageError(f"a packed batch has the columns {names}, not {shown(there)}: see number_tokens")
        columns = [_rows(batch[name]) for name in names]
        if len({tuple(map(len, column)) for column in columns}) > 1:
            raise UsageError("the columns of a packed batch differ in length: pack and pad all of them alike")
        yield from zip(*columns, strict=True)


class _WrappedPacked(WrappedLoader):
    _hook: PackedHook

    def _observe(self, batch: Any) -> Observed:
        return self._hook.observe(batch)


def _rows(column: Any) -> list[Any]:
    """One array for each sequence in a column."""
    several = len(column) > 0 and (isinstance(column[0], Sequence) or getattr(column[0], "ndim", 0) > 0)
    return [np.asarray(row) for row in (column if several else [column])]


def _spans(ids: Any, documents: Any, places: Any) -> Iterator[tuple[int, int, Any]]:
    """Document, first place, and token ids of each run of a document's tokens in a sequence."""
    broken = (np.diff(documents) != 0) | (np.diff(places) != 1)
    cuts = [0, *(np.flatnonzero(broken) + 1).tolist(), len(documents)]
    for start, end in pairwise(cuts):
        if end > start and documents[start] >= 0:
            yield int(documents[start]), int(places[start]), ids[start:end]
