"""Rows of a CSV file, each recorded with its line and its name, and found again years later by what they say.

The table is real: the chemical analysis of 178 Italian wines that scikit-learn brings along, written to a CSV file as a
team would keep it. A row is a sample as the `csv` module gives it, a list of strings: its fingerprint depends on what
the fields say, not on quotes or line ends. Around it stands what is known of it: its index in the file, and the name of
the wine as its key. Rows that the loop has no use for are dropped before the hook: only what it receives is recorded.

Runs offline: python examples/csv_data_pipeline.py
"""

from __future__ import annotations

import csv
import hashlib
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sklearn.datasets import load_wine

from origin import ProvenanceDatabase, fingerprint
from origin.cli.main import main as origin
from origin.hooks.base import BaseHook, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EPOCHS, BATCH = 2, 32
ALCOHOL, PROLINE = 1, 13
"""Columns of the table."""


def write_table(path: Path) -> None:
    """The wines with a name each; the header names the columns."""
    wines = load_wine()
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["wine", *wines.feature_names, "cultivator"])
        for number, (analysis, kind) in enumerate(zip(wines.data, wines.target, strict=True), 1):
            table.writerow([f"wine-{number:03}", *analysis.tolist(), wines.target_names[kind]])


def samples(path: Path) -> Iterator[Sample]:
    """The rows that the loop is to have: strong wines only, each with its place in the file and its name."""
    with path.open(newline="", encoding="utf-8") as file:
        table = csv.reader(file)
        next(table)
        for index, row in enumerate(table):
            if is_strong(row):
                yield Sample(row, index=index, key=row[0])


def is_strong(row: list[str]) -> bool:
    return float(row[ALCOHOL]) >= 12


def batches(path: Path) -> Iterator[list[Sample]]:
    rows = samples(path)
    while batch := list(islice(rows, BATCH)):
        yield batch


def mean_of_proline(received: Iterable[list[Sample]]) -> float:
    """What stands for training: it needs the rows and knows nothing of the record."""
    numbers = [float(sample.value[PROLINE]) for batch in received for sample in batch]
    return sum(numbers) / len(numbers)


def record(database: Path, table: Path) -> None:
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    with ProvenanceDatabase(database) as db:
        db.register_source(
            "wines",
            license_id="CC-BY-4.0",
            uri=table.as_uri(),
            category="tables",
            revision=f"sha256:{digest}",
            owner="M. Forina et al.",
        )
        with db.begin_session(config_hash="csv_data_pipeline") as session:
            hook = BaseHook(db=db, session_id=session.session_id, source_id="wines")
            for epoch in range(EPOCHS):
                # A generator is used up by one epoch: a new one is wrapped under the same name.
                received = hook.wrap(batches(table), name="train", epoch=epoch)
                print(f"epoch {epoch}: mean of proline {mean_of_proline(received):.1f}")


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        database, table = Path(directory) / "provenance.db", Path(directory) / "wines.csv"
        write_table(table)
        record(database, table)
        with table.open(newline="", encoding="utf-8") as file:
            _header, *rows = csv.reader(file)
        strong = [row for row in rows if is_strong(row)]
        seen, unseen = strong[-1], next(row for row in rows if not is_strong(row))
        codes = []
        for title, command in (
            ("Rows and batches", ["inspect", "latest"]),
            (f"Was {seen[0]} in it? Its fields tell, wherever they are written", ["trace", fingerprint(seen)]),
            (f"And {unseen[0]}?", ["trace", fingerprint(unseen)]),
        ):
            print(f"\n== {title}\n\n$ origin", *command)
            codes.append(origin(["--db", str(database), *command]))
            print(f"(exit code {codes[-1]})")
    print(
        f"\nLook at the index: {seen[0]} is the row {rows.index(seen)} of the file, counted from 0, though it was "
        f"sample {len(strong) - 1}\nof each epoch. {unseen[0]} has {unseen[ALCOHOL]} % of alcohol: it stands in the "
        "file and not in the record, since no loop had it."
    )
    return 0 if codes == [0, 0, 1] else 1


if __name__ == "__main__":
    sys.exit(main())
