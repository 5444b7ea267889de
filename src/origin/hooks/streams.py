"""Which row of the files behind a streamed Hugging Face data set a position in the stream stands for.

That is known for the files as they come, one after the other, and for what skip, take and select_columns leave of them:
the row's number, counted through all files from 0. A stream that is shuffled, filtered, mapped, interleaved, joined,
repeated, sharded among nodes, resumed from a state, or in a later epoch (set_epoch shuffles the files) has no numbers,
nor has one that a function of the user's generates. The keys that datasets gives its examples repeat: they name no row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datasets import iterable_dataset

if TYPE_CHECKING:
    from collections.abc import Sequence

_READERS = {f"datasets.packaged_modules.{name}.{name}" for name in ("arrow", "csv", "json", "parquet", "text")}
"""The modules of datasets that read all rows of a file in order."""


_FILES = ("original_files", "base_files", "files")
"""What readers call the list of files that they were given."""


class StreamRows:
    """From positions in a stream to row numbers, as it stands when they are asked for."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __call__(self, positions: Sequence[int]) -> list[int] | None:
        """The row numbers; None where they cannot be known, or where this version of datasets hides them."""
        try:
            skipped = _skipped(self._stream)
        except (AttributeError, TypeError):
            return None
        return None if skipped is None else [skipped + position for position in positions]


def _skipped(stream: Any) -> int | None:
    """How many rows were skipped before the stream; None where a position tells no row."""
    if stream.epoch or stream._distributed is not None or stream._starting_state_dict is not None:  # noqa: SLF001
        return None
    examples = stream._ex_iterable  # noqa: SLF001 - there is no public way to it
    skipped = 0
    while type(examples) is not iterable_dataset.ArrowExamplesIterable:
        if type(examples) is iterable_dataset.SkipExamplesIterable:
            skipped += examples.n
        elif type(examples) not in {iterable_dataset.TakeExamplesIterable, iterable_dataset.SelectColumnsIterable}:
            return None
        examples = examples.ex_iterable
    return skipped if _reads_whole_files(examples) else None


def _reads_whole_files(examples: Any) -> bool:
    """Whether a stream begins with all files of a split: shard leaves some out, and there is no other sign of it."""
    reader = examples.generate_tables_fn.__self__
    if type(reader).__module__ not in _READERS or getattr(reader.config, "filters", None) is not None:
        return False
    files = next((examples.kwargs[name] for name in _FILES if name in examples.kwargs), None)
    return files is not None and any(list(files) == list(split) for split in reader.config.data_files.values())
