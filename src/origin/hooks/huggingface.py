"""The hook for Hugging Face datasets: `Dataset`, `IterableDataset` and dictionaries of them.

A wrapped data set stands before the bare one, which does all the work: rows, batches, formats and random state are its
own. What it hands to the loop is recorded; what its methods read for themselves (`map`, `filter`, `to_pandas`) is not.

A torch DataLoader over a data set is DataLoaderHook's: wrap the loader, not the data set in it.
"""

from __future__ import annotations

import functools
import inspect
import operator
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import datasets
import pyarrow as pa

from origin.core.arrow_rows import identify_rows
from origin.core.record import text
from origin.errors import UsageError, shown, warn
from origin.hooks.arrow import ArrowRows
from origin.hooks.base import BaseHook
from origin.hooks.group import Group
from origin.hooks.observe import Observed, Sample, observe, put_together, with_licenses
from origin.hooks.placing import Placing, PlacingRecorder
from origin.hooks.stated import Unread, stated
from origin.hooks.streams import StreamRows
from origin.hooks.usage import evidence_now

if TYPE_CHECKING:
    from origin.hooks.expect import Expect
    from origin.hooks.group import Numbering, Row
    from origin.hooks.recorder import Loader
    from origin.hooks.stated import Stated
    from origin.hooks.usage import Iteration, Purpose
    from origin.storage.database import ProvenanceDatabase

__all__ = ["DatasetHook", "RecordedDataset", "RecordedIterableDataset"]

_KEY = "__key__"
"""The column in which WebDataset names its samples. The `_ex_iterable` keys of datasets name no sample: they repeat."""


class DatasetHook(BaseHook):
    """Records the rows that a loop receives from a Hugging Face data set; see BaseHook for the parameters.

    A row is one sample. Its fingerprint is that of the row as the loop gets it: in the default and the Arrow format,
    of the Python dict; in another, of that format's row, which may be another sample (torch makes float32 of floats,
    NumPy float64 of a row's and float32 of a batch's). Its index is its row in the Arrow table behind the data set,
    also after shuffle, select or filter (see origin.hooks.arrow); that of a streamed row is its number in the files,
    where it can be known (see origin.hooks.streams). In a WebDataset the key is recorded.

    A row of a tagged data set is recorded under the tag's source (see origin.tag), also where it comes in a data set
    that was selected, filtered or concatenated from tagged ones; the others are under the hook's.

    What the data set's `info` says of its licence is a claim of the source, beside the declared one if there is any;
    its repository and commit on the Hub are the source's uri and revision where none was declared.

    license_column: the column in which each row states its own licence, which overrides the data set's: a text, a list
    of texts or a ClassLabel; an empty one states nothing. In a row that a format or transform gives without the
    column, nothing is stated either. Raises UsageError for a column that the data set does not have.
    """

    def __init__(
        self,
        db: ProvenanceDatabase,
        session_id: str,
        source_id: str,
        license_id: str | None = None,
        strict: bool = False,  # noqa: FBT001, FBT002 - declared interface
        license_column: str | None = None,
    ) -> None:
        super().__init__(db, session_id, source_id, license_id, strict)
        self.recorder: PlacingRecorder = PlacingRecorder(db, session_id, source_id, license_id, strict=strict)
        self.license_column = None if license_column is None else text("license_column", license_column)

    def wrap(
        self,
        loader: Iterable[Any],
        name: str | None = None,
        epoch: int | None = None,
        purpose: Purpose | None = None,
        expect: Expect | None = None,
    ) -> Any:
        """A data set that gives the same rows, and records those that the loop receives.

        Recorded are iterations, each of which is an epoch counted from `epoch` (0); `iter(batch_size)`; and rows by
        index, slice or list, which together make an epoch, since nothing tells where another one begins. Rows
        received one by one are recorded in groups of up to 256, so these are no training steps.

        A column (`wrapped["text"]`) holds no whole rows and is not recorded: wrap `select_columns("text")`.
        Everything else is the data set's own; a method that returns a data set returns it wrapped, under the same name
        and count of epochs. The dictionaries of `load_dataset` and `train_test_split` hold wrapped data sets, named
        `name/split`. `concatenate_datasets` and `interleave_datasets` take bare data sets only: wrap what they return.

        `name` tells loaders of one session apart. For `purpose` and `expect` see BaseHook.wrap; whether rows that are
        read by index were trained on is known only of a data set that is said to be for training. A data set that this
        hook has wrapped already is returned as it is; what is no data set is recorded as BaseHook does.
        """
        if isinstance(loader, _Recorded):
            if loader.recorded_by(self):
                if expect is not None:
                    raise UsageError("this data set is wrapped already: say what to expect where it is wrapped first")
                return loader
            loader = loader.bare
        if isinstance(loader, (datasets.DatasetDict, datasets.IterableDatasetDict)):
            name = name or self.recorder.name_loader()
            parts = loader.items()
            return type(loader)({key: self.wrap(part, f"{name}/{key}", epoch, purpose, expect) for key, part in parts})
        if not isinstance(loader, (datasets.Dataset, datasets.IterableDataset)):
            return super().wrap(loader, name, epoch, purpose, expect)
        self._check_column(loader)
        return self.recorded(loader, self.state(loader, name, epoch, purpose, expect))

    def state(
        self,
        dataset: Any,
        name: str | None = None,
        epoch: int | None = None,
        purpose: Purpose | None = None,
        expect: Expect | None = None,
    ) -> Loader:
        """What is known of the data set as a loader; parameters as for `wrap`."""
        source = self.recorder.source_of_dataset(lambda: dataset.info)
        return self.recorder.loader(name, epoch, source, purpose, expect, by_rows=True)

    def recorded(self, dataset: Any, state: Loader) -> RecordedDataset | RecordedIterableDataset:
        """The data set, recorded as the loader of that state."""
        if isinstance(dataset, datasets.Dataset):
            return RecordedDataset(self, dataset, state, ArrowRows(dataset))
        return RecordedIterableDataset(self, dataset, state)

    def samples(self, batch: Any) -> Sequence[Any]:
        """As BaseHook's, with the licence column of rows that are no data set's."""
        samples = super().samples(batch)
        if self.license_column is None:
            return samples
        # Unread is no text, but a sample may carry it: it reads as unknown.
        return [
            one if isinstance(one, Sample) else Sample(one, license=self.license_of(one))  # type: ignore[arg-type]
            for one in samples
        ]

    def license_of(self, row: Any, names: Sequence[str] | None = None) -> Stated:
        """What a row states in the licence column. names: of the column's classes, if it is a ClassLabel."""
        if self.license_column is None:
            return None
        if isinstance(row, Mapping):
            return stated(row.get(self.license_column), names)
        return Unread(f"rows that are a {type(row).__name__} show no columns")

    def _check_column(self, dataset: Any) -> None:
        columns = dataset.column_names
        if self.license_column is None or columns is None or self.license_column in columns or _is_transformed(dataset):
            return
        raise UsageError(f"there is no column {shown(self.license_column)}: license_column is one of {columns}"[:1000])


class _Group(Group):
    def __init__(self, placing: Placing, *given: Any) -> None:
        super().__init__(*given)
        self._placing = placing

    def _observed(self, rows: list[Row]) -> Observed:
        return self._placing(super()._observed(rows), [position for _, position, *_ in rows])


class _Recorded:
    """What wrapped data sets of both styles have in common."""

    def __init__(self, hook: DatasetHook, bare: Any, loader: Loader) -> None:
        self.bare = bare
        """The data set behind this one."""
        self._hook = hook
        self._loader = loader
        self._license_names = None if hook.license_column is None else _class_names(bare, hook.license_column)

    def recorded_by(self, hook: DatasetHook) -> bool:
        return self._hook is hook

    def __iter__(self) -> Iterator[Any]:
        group = self._group(self._hook.recorder.iteration(self._loader), self._placing())
        try:
            for position, row in enumerate(self.bare):
                group.add(row, position)
                yield row
        finally:
            group.hand_over()
        group.end_epoch()

    def iter(self, batch_size: int, drop_last_batch: bool = False) -> Iterator[Any]:  # noqa: FBT001, FBT002 - theirs
        """As the data set's own; a batch of the record is what the loop receives at once."""
        self._hook.recorder.hand_over()
        epoch = self._loader.start_epoch()
        iteration = self._hook.recorder.iteration(self._loader)
        placing = self._placing()
        start = 0
        for batch in self.bare.iter(batch_size, drop_last_batch=drop_last_batch):
            self._record(epoch, batch, self._positions(start, batch_size), iteration, placing)
            start += batch_size
            yield batch
        self._hook.recorder.end_epoch(self._loader, epoch)

    def __getattr__(self, name: str) -> Any:
        if name == "bare":
            raise AttributeError(name)
        value = getattr(self.bare, name)
        if name.startswith("_") or not inspect.ismethod(value) or value.__self__ is not self.bare:
            return value

        @functools.wraps(value)
        def method(*args: Any, **kwargs: Any) -> Any:
            return self._wrapped(value(*args, **kwargs))

        return method

    def __repr__(self) -> str:
        return repr(self.bare)

    def __reduce__(self) -> tuple[Any, ...]:
        # The record is written by one process: a copy in another one gives plain rows.
        return _unpickled, (self.bare,)

    def _wrapped(self, result: Any) -> Any:
        """A data set made from this one, recorded as this one is; anything else as it is."""
        if result is self.bare:
            return self
        if isinstance(result, datasets.Dataset):
            whole = self._rows()
            rows = ArrowRows(result, whole if isinstance(whole, ArrowRows) else None)
            return RecordedDataset(self._hook, result, self._loader, rows)
        if isinstance(result, datasets.IterableDataset):
            return RecordedIterableDataset(self._hook, result, self._loader)
        if isinstance(result, (datasets.DatasetDict, datasets.IterableDatasetDict)):
            return self._hook.wrap(result, self._loader.name, purpose=self._loader.purpose)
        return result

    def _placing(self) -> Placing:
        return Placing(self._hook.recorder, self._loader, self.bare)

    def _group(self, iteration: Iteration | None, placing: Placing) -> Group:
        epoch = self._loader.start_epoch()
        return _Group(placing, self._hook.recorder, self._loader, epoch, self._rows(), self._described, iteration)

    def _record(
        self, epoch: int, batch: Any, positions: Sequence[int], iteration: Iteration | None, placing: Placing
    ) -> None:
        def observe() -> Observed:
            return placing(self._observe(batch, positions), positions)

        self._hook.recorder.record(self._loader, epoch, observe, iteration, evidence_now())

    def _observe(self, batch: Any, positions: Sequence[int]) -> Observed:
        if isinstance(batch, pa.Table):
            return self._observe_table(batch, positions)
        samples = _samples(batch)
        observed = observe(samples, self._numbers(positions, len(samples)))
        keys = [_key(sample) for sample in samples]
        observed = replace(observed, keys=keys) if any(keys) else observed
        if self._hook.license_column is None:
            return observed
        return with_licenses(observed, [self._hook.license_of(sample, self._license_names) for sample in samples])

    def _observe_table(self, table: pa.Table, positions: Sequence[int]) -> Observed:
        observed = put_together(identify_rows(table), self._numbers(positions, table.num_rows))
        if _KEY in table.column_names:
            keys = [key if isinstance(key, str) else None for key in table.column(_KEY).to_pylist()]
            observed = replace(observed, keys=keys) if any(keys) else observed
        column = self._hook.license_column
        if column is None:
            return observed
        values = table.column(column).to_pylist() if column in table.column_names else [None] * table.num_rows
        return with_licenses(observed, [stated(value, self._license_names) for value in values])

    def _described(self, row: Any) -> tuple[Any, str | None, Stated]:
        """A row in whatever format it was delivered, as one sample, with its key and its own licence."""
        if isinstance(row, Mapping):
            sample = row
        else:
            samples = _samples(row)
            sample = samples[0] if len(samples) == 1 else row
        if self._hook.license_column is None:
            return sample, _key(sample), None
        return sample, _key(sample), self._hook.license_of(sample, self._license_names)

    def _rows(self) -> Numbering:
        raise NotImplementedError

    def _numbers(self, positions: Sequence[int], count: int) -> list[int] | None:
        """The indices of `count` rows that were delivered for the positions that were asked for."""
        # A transform may give another number of rows than it was given: then which is which is not known.
        return self._rows()(positions) if count == len(positions) else None

    def _positions(self, start: int, count: int) -> Sequence[int]:
        return range(start, start + count)


class RecordedDataset(_Recorded):
    """A map-style data set whose rows are recorded as the loop receives them; `bare` is the data set itself."""

    def __init__(self, hook: DatasetHook, bare: Any, loader: Loader, rows: ArrowRows) -> None:
        super().__init__(hook, bare, loader)
        self._arrow_rows = rows
        self._reads: Group | None = None
        self._reads_epoch = 0
        self._reads_placing: Placing | None = None
        # Nothing tells when reading by index ends: a validation loop's could be taken for training.
        self._pass = None if loader.purpose is None else hook.recorder.iteration(loader)

    def __len__(self) -> int:
        return len(self.bare)

    def __getitem__(self, key: Any) -> Any:
        value = self.bare[key]
        if isinstance(key, str):
            return value
        reads, placing = self._reading()
        position = _position(key, len(self.bare))
        if position is not None:
            reads.add(value, position)
        else:
            reads.hand_over()
            self._record(self._reads_epoch, value, _positions(key, len(self.bare)), self._pass, placing)
        return value

    def __getitems__(self, keys: list[int]) -> list[Any]:
        """What a torch DataLoader asks for."""
        rows: list[Any] = self.bare.__getitems__(keys)
        reads, placing = self._reading()
        reads.hand_over()
        self._record(self._reads_epoch, rows, _positions(keys, len(self.bare)), self._pass, placing)
        return rows

    def _reading(self) -> tuple[Group, Placing]:
        if self._reads is None or self._reads_placing is None:
            self._reads_epoch = self._loader.next_epoch
            self._reads_placing = self._placing()
            self._reads = self._group(self._pass, self._reads_placing)
        return self._reads, self._reads_placing

    def _rows(self) -> ArrowRows:
        return self._arrow_rows

    def _positions(self, start: int, count: int) -> Sequence[int]:
        return range(start, min(start + count, len(self.bare)))


class RecordedIterableDataset(_Recorded):
    """A streamed data set whose rows are recorded as the loop receives them; `bare` is the data set itself."""

    def __getitem__(self, column: str) -> Any:
        return self.bare[column]

    def _rows(self) -> StreamRows:
        return StreamRows(self.bare)

    def _numbers(self, positions: Sequence[int], count: int) -> list[int] | None:
        return self._rows()(positions[:count])  # fewer come at the end of the stream


def _unpickled(bare: Any) -> Any:
    warn(f"this data set was wrapped elsewhere: process {os.getpid()} does not record what the copy delivers")
    return bare


def _position(key: Any, length: int) -> int | None:
    """The position, from 0, of the one row that was asked for; None when rows were."""
    try:
        return operator.index(key) % length
    except TypeError:
        return None


def _positions(key: Any, length: int) -> Sequence[int]:
    """The positions, from 0, of the rows that were asked for; none where that cannot be told."""
    if isinstance(key, slice):
        return range(*key.indices(length))
    try:
        return [operator.index(position) % length for position in key]
    except TypeError:
        return []


def _is_transformed(dataset: Any) -> bool:
    """Whether rows come from a function of the user's, which may give other columns."""
    return getattr(dataset, "format", {}).get("type") == "custom"


def _class_names(dataset: Any, column: str) -> Sequence[str] | None:
    """The names of a ClassLabel column, or of a list of class labels."""
    feature = (dataset.features or {}).get(column)
    names = getattr(getattr(feature, "feature", feature), "names", None)
    return names if isinstance(names, list) else None


def _key(sample: Any) -> str | None:
    key = sample.get(_KEY) if isinstance(sample, Mapping) else None
    return key if isinstance(key, str) else None


def _samples(batch: Any) -> Sequence[Any]:
    """The rows of a batch in whatever format it was delivered; a batch that shows none is one sample."""
    if isinstance(batch, list):
        return batch
    rows: list[Any] = [batch]
    pandas: Any = sys.modules.get("pandas")
    if isinstance(batch, pa.Table):
        rows = batch.to_pylist()
    elif pandas is not None and isinstance(batch, pandas.DataFrame):
        rows = batch.to_dict("records")
    elif isinstance(batch, Mapping):
        count = _common_length(batch.values())
        if count is not None:
            rows = [{name: column[number] for name, column in batch.items()} for number in range(count)]
    return rows


def _common_length(columns: Iterable[Any]) -> int | None:
    try:
        counts = {len(column) for column in columns}
    except TypeError:
        return None
    return counts.pop() if len(counts) == 1 else None
