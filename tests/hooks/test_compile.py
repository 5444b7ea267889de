"""torch.compile follows a compiled step into the hooks of the optimizer: ours must stay outside of the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from outcome import Numbers, became, rows
from torch.utils.data import DataLoader

from origin.core.record import TRAINED
from origin.hooks.pytorch import DataLoaderHook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from origin import ProvenanceDatabase


# torch 2.13 uses it itself where it compiles an optimizer.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")


def train(wrap: Callable[[Any], Any], *, step_too: bool) -> tuple[list[float], list[torch.Tensor], int]:
    """Losses, weights, and how many graphs were compiled."""
    torch.manual_seed(0)
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    compiled = torch.compile(model, backend="aot_eager")
    step = torch.compile(optimizer.step, backend="aot_eager") if step_too else optimizer.step
    losses = []
    for batch in wrap(DataLoader(Numbers(), batch_size=2)):
        loss = compiled(batch).square().mean()
        loss.backward()
        step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses, [*model.parameters()], torch._dynamo.utils.counters["stats"]["unique_graphs"]


@pytest.mark.parametrize("step_too", [False, True])
def test_a_compiled_model_and_a_compiled_step_are_seen_and_compiled_as_without_the_hook(
    db: ProvenanceDatabase, path: Path, step_too: bool
) -> None:
    bare_losses, bare_weights, bare_graphs = train(lambda loader: loader, step_too=step_too)
    session = db.begin_session("compiled")
    hook = DataLoaderHook(db, session.session_id, "numbers")
    losses, weights, graphs = train(lambda loader: hook.wrap(loader, name="train"), step_too=step_too)
    session.end()
    assert losses == bare_losses
    assert all(map(torch.equal, weights, bare_weights))
    assert graphs == bare_graphs
    assert became(path) == [("train", 0, 5, TRAINED, 6)]


def test_a_loop_that_is_compiled_itself_gets_its_batches(db: ProvenanceDatabase, path: Path) -> None:
    session = db.begin_session("compiled")
    train = DataLoaderHook(db, session.session_id, "numbers").wrap(DataLoader(Numbers(), batch_size=2), name="train")

    @torch.compile(backend="aot_eager")
    def doubled(batch: torch.Tensor) -> torch.Tensor:
        return batch * 2

    received = [rows(doubled(batch)) for batch in train]
    session.end()
    assert received == [[2 * number, 2 * number + 2] for number in range(0, 12, 2)]
    assert became(path) == []
