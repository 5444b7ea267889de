"""Fingerprints of the rows of Arrow tables, column by column, from the buffers as they lie in memory.

A row is the dict that to_pylist() gives for it, and has that dict's fingerprint; or it is unfingerprintable, where
Arrow's Python value would lose something (see origin.core.arrays). Nothing here imports pyarrow.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import repeat
from typing import TYPE_CHECKING, Any

from origin.core.arrow_columns import item_streams
from origin.core.fingerprint import UNKNOWN, Identity, Kind, identify, value_hasher
from origin.core.frames import LARGE, MAX_DEPTH, head
from origin.errors import UnfingerprintableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.core.arrow_columns import Piece

_AT_ONCE = 1024
"""Rows whose pieces are in memory at the same time."""

_FEW = 16
"""Batches of fewer rows are joined first: each one costs as much as many rows do."""


def identify_rows(rows: Any) -> list[Identity]:
    """The identities of the rows of a pyarrow Table or RecordBatch, in order, UNKNOWN where a row has none.

    Equal to `[identify(row) for row in rows.to_pylist()]` where that says all that Arrow holds.
    """
    if len(set(rows.schema.names)) < len(rows.schema.names):
        return [UNKNOWN] * int(rows.num_rows)  # a dict would hold only one of two columns of one name
    identities: list[Identity] = []
    for batch in _batches(rows):
        for start in range(0, batch.num_rows, _AT_ONCE):
            identities += _identify_batch(batch.slice(start, _AT_ONCE))
    return identities


def _batches(rows: Any) -> list[Any]:
    if not hasattr(rows, "to_batches"):
        return [rows]
    chunks = max((column.num_chunks for column in rows.columns), default=0)
    # Rows that were gathered one by one (a shuffled data set's) are worth a copy, unless they look large.
    if chunks > 1 and chunks * _FEW > rows.num_rows and not _is_large(rows.slice(0, 1)):
        with suppress(NotImplementedError, ValueError):
            rows = rows.combine_chunks()
    batches: list[Any] = rows.to_batches()
    return batches


def _identify_batch(batch: Any) -> list[Identity]:
    if any(str(kind).count("<") >= MAX_DEPTH - 2 for kind in batch.schema.types):
        return [_identity(row) for row in batch.to_struct_array()]  # how deep is too deep, the encoding says
    start = head(b"d", batch.num_columns)
    pieces = zip(*item_streams(batch.schema.names, batch.columns), repeat(b"", batch.num_rows), strict=False)
    return (_hashed_apart if _is_large(batch) else _hashed)(start, pieces)


def _is_large(batch: Any) -> bool:
    """Whether joining the pieces of a row would copy much."""
    try:
        return bool(batch.nbytes > LARGE * batch.num_rows)
    except (TypeError, NotImplementedError):  # pyarrow 20 cannot tell of views and runs
        return False


def _identity(row: Any) -> Identity:
    try:
        return identify(row)
    except UnfingerprintableError:
        return UNKNOWN


def _hashed(start: bytes, rows: Iterable[tuple[Piece | None, ...]]) -> list[Identity]:
    hasher = value_hasher()
    hasher.update(start)
    copy = hasher.copy
    join = b"".join
    before = len(start)
    kind = int(Kind.VALUE)
    identities: list[Identity] = []
    append = identities.append
    for row in rows:
        try:
            data = join(row)  # type: ignore[arg-type]
        except TypeError:  # None stands for a value without canonical bytes
            append(UNKNOWN)
            continue
        one = copy()
        one.update(data)
        append((kind, one.digest(), before + len(data)))
    return identities


def _hashed_apart(start: bytes, rows: Iterable[tuple[Piece | None, ...]]) -> list[Identity]:
    """The same for large rows, without joining their pieces."""
    identities: list[Identity] = []
    for row in rows:
        hasher = value_hasher()
        hasher.update(start)
        size = len(start)
        for piece in row:
            if piece is None:
                identities.append(UNKNOWN)
                break
            hasher.update(piece)
            size += len(piece)
        else:
            identities.append((int(Kind.VALUE), hasher.digest(), size))
    return identities
