"""`make demo`: train a small network on scikit-learn's bundled digits and answer for the data afterwards.

The images are real (UCI hand-written digits, CC BY 4.0) and lie in the scikit-learn package as lines of a CSV file, 64
pixels and the digit. Each line is one sample, fingerprinted as the bytes it is; the collate function makes tensors.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from origin.cli.main import main as origin
from origin.hooks.pytorch import DataLoaderHook
from origin.storage.database import ProvenanceDatabase

EPOCHS = 3


class Digits(Dataset[bytes]):
    """1,797 images of 8 x 8 pixels, each as its line of the file."""

    def __init__(self) -> None:
        packed = files("sklearn.datasets.data").joinpath("digits.csv.gz").read_bytes()
        self.lines = gzip.decompress(packed).splitlines()

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, index: int) -> bytes:
        return self.lines[index]


def to_tensors(lines: list[bytes]) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (N, 1, 8, 8) with values from 0 to 1, and digits (N)."""
    numbers = torch.tensor([[float(field) for field in line.split(b",")] for line in lines])
    return numbers[:, :64].reshape(-1, 1, 8, 8) / 16, numbers[:, 64].long()


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 4 * 4, 10),
    )


def train(database: Path) -> float:
    """Train for three epochs under the hook; returns the accuracy on the images trained on."""
    torch.manual_seed(0)
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    dataloader = DataLoader(Digits(), batch_size=64, shuffle=True, num_workers=2, collate_fn=to_tensors)

    def train_step(batch: tuple[torch.Tensor, torch.Tensor]) -> float:
        images, digits = batch
        loss = nn.functional.cross_entropy(model(images), digits)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    db = ProvenanceDatabase(database)
    session = db.begin_session(config_hash="experiment_v1")
    hook = DataLoaderHook(db=db, session_id=session.session_id, source_id="uci-digits", license_id="CC-BY-4.0")
    wrapped = hook.wrap(dataloader)
    for epoch in range(EPOCHS):
        losses = [train_step(batch) for batch in wrapped]
        print(f"epoch {epoch}: loss {sum(losses) / len(losses):.3f}")
    db.end_session(session.session_id, status="completed")
    db.close()

    images, digits = to_tensors(Digits().lines)
    with torch.no_grad():
        return (model(images).argmax(1) == digits).float().mean().item()


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        database, image = Path(directory) / "provenance.db", Path(directory) / "image.csv"
        print(f"accuracy {train(database):.3f}")
        image.write_bytes(Digits().lines[42])
        codes = []
        for command in (["status"], ["inspect", "latest"], ["trace", "--file", str(image)], ["verify"]):
            print("\n$ origin", *command)
            codes.append(origin(["--db", str(database), *command]))
    # 3: consistent, but not compared with a root that was kept outside the file.
    return 0 if codes == [0, 0, 0, 3] else 1


if __name__ == "__main__":
    sys.exit(main())
