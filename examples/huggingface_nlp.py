"""A Hugging Face data set in which every row states its own licence, and a small network that learns from it.

The texts are real: what the packages installed here say of themselves in their METADATA, cut into paragraphs. Each row
has the licence that the same METADATA state: an expression, some words, or nothing at all. `license_column` makes
that the licence of the sample, in the words of its makers; what it comes to is computed when somebody asks.

The network learns which package a paragraph is about. It trains on one split and is measured on the other: the record
tells the two apart. It takes about five seconds. Runs offline: python examples/huggingface_nlp.py
"""

from __future__ import annotations

import re
import sys
import tempfile
import zlib
from importlib.metadata import PackageNotFoundError, distribution
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from datasets import Dataset
from torch import nn

from origin import ProvenanceDatabase, fingerprint
from origin.cli.main import main as origin
from origin.hooks.huggingface import DatasetHook

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = (
    *("attrs", "beartype", "click", "filelock", "fsspec", "hypothesis", "idna", "joblib", "mlcroissant", "networkx"),
    *("packaging", "pluggy", "prov", "psutil", "python-debian", "rdflib", "scikit-learn", "sympy", "torch", "tqdm"),
)
EPOCHS, BATCH, WORDS = 6, 16, 4096


def paragraphs() -> Iterator[dict[str, Any]]:
    """The rows: a text, the package it is about, and the licence texts of that package."""
    for name in PACKAGES:
        try:
            package = distribution(name).metadata.json
        except PackageNotFoundError:
            print(f"{name} is not installed: left out")
            continue
        for text in re.split(r"\n\s*\n", str(package.get("description", ""))):
            if len(text) >= 80:
                yield {"text": text.strip(), "package": name, "license": stated(package)}


def stated(package: dict[str, Any]) -> list[str]:
    """What METADATA state as the licence, as it stands there; an empty list states nothing."""
    named = package.get("license_expression") or package.get("license", "")
    if named and "\n" not in named:
        return [named]
    return [line for line in package.get("classifier", []) if line.startswith("License ::")]


class Guess(nn.Module):
    """Which package a paragraph is about, by the words in it."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.EmbeddingBag(WORDS, 32)
        self.packages = nn.Linear(32, len(PACKAGES))

    def forward(self, texts: list[str]) -> torch.Tensor:
        found = [[zlib.crc32(word.encode()) % WORDS for word in re.findall(r"\w+", text)] for text in texts]
        starts = torch.tensor([0, *map(len, found[:-1])]).cumsum(0)
        guessed: torch.Tensor = self.packages(self.words(torch.tensor(list(chain(*found))), starts))
        return guessed


def targets(batch: dict[str, list[str]]) -> torch.Tensor:
    return torch.tensor([PACKAGES.index(name) for name in batch["package"]])


def train(database: Path) -> dict[str, Any]:
    """Train on one split and measure on the other; returns a row that was trained on."""
    torch.manual_seed(0)
    torch.set_num_threads(1)  # a network this small gains nothing from more
    model = Guess()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    dataset = Dataset.from_list(list(paragraphs()))
    with ProvenanceDatabase(database) as db, db.begin_session(config_hash="huggingface_nlp") as session:
        hook = DatasetHook(db, session.session_id, source_id="descriptions", license_column="license")
        splits = hook.wrap(dataset, name="paragraphs").train_test_split(0.2, seed=0)
        for epoch in range(EPOCHS):
            losses = []
            for batch in splits["train"].shuffle(seed=epoch).iter(BATCH):
                loss = nn.functional.cross_entropy(model(batch["text"]), targets(batch))
                optimizer.zero_grad()
                torch.autograd.backward(loss)
                optimizer.step()
                losses.append(loss.item())
            print(f"epoch {epoch}: loss {sum(losses) / len(losses):.2f}")
        with torch.no_grad():
            right = [(model(batch["text"]).argmax(1) == targets(batch)) for batch in splits["test"].iter(BATCH)]
    print(f"on paragraphs it has not seen: {torch.cat(right).float().mean():.0%} right, of {len(PACKAGES)} packages")
    # The bare data set: looking at a row of it is no delivery to the loop.
    row: dict[str, Any] = splits["train"].bare[0]
    return row


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        database = Path(directory) / "provenance.db"
        row = train(database)
        codes = []
        for command in (
            ["inspect", "latest"],
            ["query", "MIT"],
            ["query", "CC-BY-NC-4.0"],
            ["conflicts", "latest"],
            ["trace", fingerprint(row)],
        ):
            print("\n$ origin", *command)
            codes.append(origin(["--db", str(database), *command]))
            print(f"(exit code {codes[-1]})")
    print("\nLook at the licences of one data set: each row under its own, and unknown where METADATA state none. And")
    print("look at the trace: the index is the row in the table, whatever the order, and the loader names the split.")
    return 0 if codes == [0, 0, 1, 0, 0] else 1


if __name__ == "__main__":
    sys.exit(main())
