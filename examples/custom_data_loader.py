"""A loader of one's own, whose batches are no lists: one method tells the hook where the samples are in them.

The loader does what loaders for language models do: it packs texts of different lengths into rows of one length, and
hands out the rows with a note of where each text lies in them. The texts are real: the docstrings of Python's library.
`PackedHook.samples` unpacks a batch into `Sample` objects without changing it; everything else is `BaseHook`.

What is recorded is each text, not the row that it was packed into: so it has the same fingerprint whatever it is packed
with, and anybody who has the text can ask for it. Runs offline: python examples/custom_data_loader.py
"""

from __future__ import annotations

import ast
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from origin import ProvenanceDatabase, fingerprint
from origin.cli.main import main as origin
from origin.hooks.base import BaseHook, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LENGTH, ROWS, EPOCHS = 512, 4, 2
MODULES = ("argparse", "bisect", "contextlib", "csv", "functools", "heapq", "json", "pathlib", "random", "statistics")
LIBRARY = Path(sysconfig.get_path("stdlib"))


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a text lies in a packed row."""

    document: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch of the loader. rows: up to ROWS of LENGTH bytes, padded by zeros. pieces: the texts in each row."""

    rows: list[bytes]
    pieces: list[list[Piece]]


class PackingLoader:
    """Packs documents into rows: shuffled by its own generator, as many batches as it takes, no last one dropped."""

    def __init__(self, documents: Sequence[tuple[str, str]], seed: int) -> None:
        self.documents = documents
        self._random = Random(seed)  # noqa: S311 - the same order every time is wanted

    def __iter__(self) -> Iterator[Packed]:
        order = list(range(len(self.documents)))
        self._random.shuffle(order)
        rows: list[tuple[bytearray, list[Piece]]] = []
        for document in order:
            text = self.documents[document][1].encode()
            if not rows or len(rows[-1][0]) + len(text) > LENGTH:
                if len(rows) == ROWS:
                    yield self._batch(rows)
                    rows = []
                rows.append((bytearray(), []))
            row, pieces = rows[-1]
            pieces.append(Piece(document, len(row), len(row) + len(text)))
            row += text
        yield self._batch(rows)

    def _batch(self, rows: list[tuple[bytearray, list[Piece]]]) -> Packed:
        return Packed([bytes(row).ljust(LENGTH, b"\0") for row, _ in rows], [pieces for _, pieces in rows])


class PackedHook(BaseHook):
    """Records the documents in a packed batch, each with its index and its name in the loader's list."""

    def __init__(self, db: ProvenanceDatabase, session_id: str, source_id: str, names: Sequence[str]) -> None:
        super().__init__(db, session_id, source_id)
        self.names = names

    def samples(self, batch: Packed) -> list[Sample]:
        return [
            Sample(row[piece.start : piece.end].decode(), index=piece.document, key=self.names[piece.document])
            for row, pieces in zip(batch.rows, batch.pieces, strict=True)
            for piece in pieces
        ]


def docstrings() -> list[tuple[str, str]]:
    """Name and text of what the modules say of their own functions and classes, where it fits into a row."""
    found = [(f"{name}.{node}", text) for name in MODULES for node, text in described(name)]
    return [(name, text) for name, text in found if len(text.encode()) <= LENGTH]


def described(module: str) -> Iterator[tuple[str, str]]:
    path = next(path for path in (LIBRARY / f"{module}.py", LIBRARY / module / "__init__.py") if path.exists())
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and (text := ast.get_docstring(node)):
            yield node.name, text


def record(database: Path, documents: Sequence[tuple[str, str]]) -> None:
    with ProvenanceDatabase(database) as db:
        db.register_source(
            "docstrings",
            license_id="PSF-2.0",
            uri=LIBRARY.as_uri(),
            category="text",
            revision=f"Python {sys.version.split()[0]}",
            owner="Python Software Foundation",
        )
        loader = PackingLoader(documents, seed=0)
        with db.begin_session(config_hash="custom_data_loader") as session:
            names = [name for name, _ in documents]
            hook = PackedHook(db, session.session_id, "docstrings", names)
            batches = hook.wrap(loader)
            for epoch in range(EPOCHS):
                # A training step stands here: it gets the very objects of the loader.
                filled = [len(row.rstrip(b"\0")) / LENGTH for batch in batches for row in batch.rows]
                print(f"epoch {epoch}: {len(filled)} rows, {sum(filled) / len(filled):.0%} of them text")


def main() -> int:
    documents = docstrings()
    text = dict(documents)["bisect.insort_right"]
    with tempfile.TemporaryDirectory() as directory:
        database = Path(directory) / "provenance.db"
        record(database, documents)
        print("\nbisect.insort_right says:", text.splitlines()[0])
        codes = []
        for command in (["inspect", "latest"], ["trace", fingerprint(text)], ["verify"]):
            print("\n$ origin", *command)
            codes.append(origin(["--db", str(database), *command]))
    print(
        "\nLook at the positions: each epoch packed that text elsewhere, and it is the same sample with the same index "
        "and\nkey. The loader knew nothing of it, and what it handed out was not touched."
    )
    # 3: consistent, but not compared with a root that was kept outside the file.
    return 0 if codes == [0, 0, 3] else 1


if __name__ == "__main__":
    sys.exit(main())
