"""A training step with and without the hook: a small CNN on digits and a small GPT, interleaved epoch by epoch."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from common import Result, recording
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from origin.hooks.pytorch import DataLoaderHook
from origin.hooks.usage import forget_steps, observe_steps

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from pytorch_training import network

if TYPE_CHECKING:
    from collections.abc import Callable

TOKENS, VOCABULARY = 1024, 512
REACH = 1.02


class Images(Dataset[Any]):
    """The digits as NumPy gives them: an array and a number."""

    def __init__(self) -> None:
        digits = load_digits()
        self.images = (digits.images / 16).astype("float32")[:, None]
        self.labels = digits.target

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Any:
        return self.images[index], self.labels[index]


class Sequences(Dataset[Any]):
    """Token ids, as a tokenised text set gives them."""

    def __init__(self, count: int) -> None:
        self.tokens = torch.randint(VOCABULARY, (count, TOKENS), generator=torch.Generator().manual_seed(0))

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, index: int) -> Any:
        return {"input_ids": self.tokens[index]}


class Gpt(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 64)
        layer = nn.TransformerEncoderLayer(64, 2, 128, dropout=0.0, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(64, VOCABULARY)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1])
        return self.head(self.layers(self.embedding(tokens), mask=mask, is_causal=True))


def classify(model: nn.Module, batch: Any) -> torch.Tensor:
    images, labels = batch
    return nn.functional.cross_entropy(model(images), labels)


def predict(model: nn.Module, batch: Any) -> torch.Tensor:
    tokens = batch["input_ids"]
    return nn.functional.cross_entropy(model(tokens)[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())


def run() -> list[Result]:
    torch.set_num_threads(1)
    images = Images()
    tensors = TensorDataset(torch.from_numpy(images.images), torch.from_numpy(images.labels))
    return [
        measured(what, model, loss, data, workers, batch_size, rounds)
        for what, model, loss, data, batch_size, rounds in (
            ("CNN, digits as tensors", network, classify, tensors, 64, 24),
            ("CNN, digits as arrays", network, classify, images, 64, 24),
            ("2-layer GPT, 1,024 tokens", Gpt, predict, Sequences(32), 4, 10),
        )
        for workers in (0, 2)
    ]


def measured(
    what: str,
    model: Callable[[], nn.Module],
    loss: Callable[[nn.Module, Any], torch.Tensor],
    data: Any,
    workers: int,
    batch_size: int,
    rounds: int,
) -> Result:
    net = model()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    bare = DataLoader(data, batch_size=batch_size, shuffle=True, num_workers=workers, persistent_workers=workers > 0)

    def epoch(loader: Any) -> tuple[float, float]:
        """The median and the mean step of an epoch, fetching its batch included; the start of workers is not."""
        times = []
        # Without the hook nothing of ours may be there, in the optimizer either.
        forget_steps() if loader is bare else observe_steps()
        iterator = iter(loader)
        for _ in range(len(loader)):
            start = time.perf_counter()
            step(next(iterator))
            times.append(time.perf_counter() - start)
        return statistics.median(times), statistics.mean(times)

    def step(batch: Any) -> None:
        optimizer.zero_grad()
        loss(net, batch).backward()
        optimizer.step()

    with recording() as (db, session_id, _):
        hooked = DataLoaderHook(db=db, session_id=session_id, source_id="bench").wrap(bare)
        epoch(bare), epoch(hooked)
        # Which of the two comes first changes from round to round.
        pairs = [
            (epoch(bare), epoch(hooked)) if number % 2 else (epoch(hooked), epoch(bare))[::-1]
            for number in range(rounds)
        ]
        db.end_session(session_id)
    # The mean has in it the steps beside which a group of batches is written; the median step is one without.
    ratio, mean_ratio = (statistics.median(ours[at] / plain[at] for plain, ours in pairs) for at in (0, 1))
    without, with_hook = (statistics.median(median for median, _ in times) * 1e3 for times in zip(*pairs, strict=True))
    return Result(
        f"training step with / without the hook: {what}, {workers} workers",
        f"{ratio:.3f}",
        f"<= {REACH}",
        ratio <= REACH,
        f"{without:.2f} ms bare, {with_hook:.2f} ms with the hook, batches of {batch_size}, {rounds} rounds; "
        f"mean steps {mean_ratio:.3f}",
    )
