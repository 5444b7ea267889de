"""Delivered, trained, evaluated: what the record says became of batches, in real loops with real optimizers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from origin import OriginWarning, ProvenanceDatabase  # noqa: E402
from origin.core.record import EVALUATED, SKIPPED, TRAINED, Used  # noqa: E402
from origin.errors import UsageError  # noqa: E402
from origin.hooks import usage  # noqa: E402
from origin.hooks.base import BaseHook  # noqa: E402
from origin.hooks.pytorch import DataLoaderHook  # noqa: E402
from origin.query.verify import verify  # noqa: E402
from origin.storage.raw import RawReader  # noqa: E402
from origin.storage.reads import Reader  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from origin.storage.database import Session

SET = TensorDataset(torch.arange(12.0).reshape(12, 1))


class Model:
    """One weight and its optimizer."""

    def __init__(self) -> None:
        self.weight = torch.nn.Parameter(torch.zeros(1, 1))
        self.optimizer = torch.optim.SGD([self.weight], lr=0.01)

    def backward(self, batch: Any) -> None:
        (batch[0] @ self.weight).sum().backward()

    def train(self, batch: Any) -> None:
        self.backward(batch)
        self.optimizer.step()
        self.optimizer.zero_grad()


@pytest.fixture
def db(path: Path) -> Iterator[ProvenanceDatabase]:
    with ProvenanceDatabase(path) as database:
        yield database


@pytest.fixture
def session(db: ProvenanceDatabase) -> Session:
    return db.begin_session("c")


def hooked(db: ProvenanceDatabase, session: Session) -> DataLoaderHook:
    return DataLoaderHook(db, session.session_id, "data")


def loader(**options: Any) -> Any:
    return DataLoader(SET, **{"batch_size": 2, **options})


def ended(db: ProvenanceDatabase, session: Session, path: Path) -> list[tuple[str, int, int, str, int]]:
    """Ends the session; what the record says became of which batches, without the evidence."""
    session.end()
    with RawReader(path) as raw:
        assert verify(raw).findings == ()
    with Reader(path) as reader:
        row = reader.latest_session().row  # type: ignore[union-attr]
        joined: list[Used] = []
        for _, used in reader.uses(row):  # a transaction may end between two of them
            more = joined[-1].followed_by(used) if joined else None
            joined[len(joined) - (more is not None) :] = [more or used]
    return [(one.loader, one.first, one.last, one.use, one.steps) for one in joined]


@pytest.mark.parametrize("workers", [0, 2])
def test_each_step_closes_over_what_was_delivered_since_the_one_before(
    db: ProvenanceDatabase, session: Session, path: Path, workers: int
) -> None:
    model, wrapped = Model(), hooked(db, session).wrap(loader(num_workers=workers), name="train")
    for _ in range(2):
        for batch in wrapped:
            model.train(batch)
    assert ended(db, session, path) == [("train", 0, 11, TRAINED, 12)]


def test_accumulated_batches_are_one_group_and_the_rest_of_an_epoch_another(
    db: ProvenanceDatabase, session: Session, path: Path
) -> None:
    model, wrapped = Model(), hooked(db, session).wrap(loader(), name="train")
    for number, batch in enumerate(wrapped):
        model.backward(batch)
        if number % 4 == 3:
            model.optimizer.step()
    model.optimizer.step()
    assert ended(db, session, path) == [("train", 0, 3, TRAINED, 1), ("train", 4, 5, TRAINED, 1)]


def test_what_no_step_follows_is_delivered_and_no_more(db: ProvenanceDatabase, session: Session, path: Path) -> None:
    model = Model()
    for number, batch in enumerate(hooked(db, session).wrap(loader(), name="train")):
        if number == 3:
            break
        if number < 2:
            model.train(batch)
    assert ended(db, session, path) == [("train", 0, 1, TRAINED, 2)]


def test_validation_without_gradients_is_evaluated(db: ProvenanceDatabase, session: Session, path: Path) -> None:
    hook, model = hooked(db, session), Model()
    train, valid = hook.wrap(loader(), name="train"), hook.wrap(loader(batch_size=6), name="valid")
    for batch in train:
        model.train(batch)
        with torch.no_grad():
            list(valid)
    with torch.inference_mode():
        list(valid)
    found = ended(db, session, path)
    assert {(name, use) for name, _, _, use, _ in found} == {("train", TRAINED), ("valid", EVALUATED)}
    assert sum(last + 1 - first for name, first, last, _, _ in found if name == "valid") == 14


def test_a_validation_loop_with_gradients_on_is_never_taken_for_training(
    db: ProvenanceDatabase, session: Session, path: Path
) -> None:
    hook, model = hooked(db, session), Model()
    train, valid = hook.wrap(loader(), name="train"), hook.wrap(loader(), name="valid")
    for _ in range(2):
        for batch in train:
            model.train(batch)
        for _batch in valid:  # gradients are on where the loader is asked
            with torch.no_grad():
                pass
    assert ended(db, session, path) == [("train", 0, 11, TRAINED, 12)]


def test_an_epoch_that_ends_before_its_only_step_is_not_known_unless_it_is_declared(
    db: ProvenanceDatabase, session: Session, path: Path
) -> None:
    hook, model = hooked(db, session), Model()
    for name, purpose in (("unknown", None), ("declared", "training")):
        for batch in hook.wrap(loader(), name=name, purpose=purpose):  # type: ignore[arg-type]
            model.backward(batch)
        model.optimizer.step()
    assert ended(db, session, path) == [("declared", 0, 5, TRAINED, 1)]


def test_a_declared_purpose_stands_over_what_gradients_suggest(
    db: ProvenanceDatabase, session: Session, path: Path
) -> None:
    hook, model = hooked(db, session), Model()
    with torch.no_grad():
        rollout = iter(hook.wrap(loader(), name="rollout", purpose="training"))
        first = next(rollout)
    model.train(first)
    for batch in hook.wrap(loader(batch_size=12), name="held out", purpose="evaluation"):
        model.train(batch)
    assert ended(db, session, path) == [("rollout", 0, 0, TRAINED, 1), ("held out", 0, 0, EVALUATED, 0)]


def test_another_purpose_is_refused_before_anything_is_read(db: ProvenanceDatabase, session: Session) -> None:
    with pytest.raises(UsageError, match="purpose is 'fun'"):
        hooked(db, session).wrap(loader(), purpose="fun")  # type: ignore[arg-type]


def test_two_optimizers_close_over_the_same_batches_once(db: ProvenanceDatabase, session: Session, path: Path) -> None:
    one, two = Model(), Model()
    for batch in hooked(db, session).wrap(loader(), name="gan"):
        one.train(batch)
        two.train(batch)
    assert ended(db, session, path) == [("gan", 0, 5, TRAINED, 6)]


def test_a_step_that_a_gradient_scaler_leaves_out_trained_on_nothing(
    db: ProvenanceDatabase, session: Session, path: Path
) -> None:
    model = Model()
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    for number, batch in enumerate(hooked(db, session).wrap(loader(), name="train")):
        loss = (batch[0] @ model.weight).sum() * (float("inf") if number in {1, 2} else 1.0)
        scaler.scale(loss).backward()
        before = model.weight.detach().clone()
        scaler.step(model.optimizer)
        scaler.update()
        model.optimizer.zero_grad()
        assert bool((model.weight == before).all()) == (number in {1, 2})
    assert ended(db, session, path) == [
        ("train", 0, 0, TRAINED, 1),
        ("train", 1, 2, SKIPPED, 2),
        ("train", 3, 5, TRAINED, 3),
    ]


def test_any_loader_and_any_row_wise_data_set_is_closed_over(
    db: ProvenanceDatabase, session: Session, path: Path
) -> None:
    datasets = pytest.importorskip("datasets")
    from origin.hooks.huggingface import DatasetHook

    model = Model()
    for batch in BaseHook(db, session.session_id, "lists").wrap([[b"a"], [b"b"]], name="lists"):
        assert batch
        model.train(SET[:2])
    rows = DatasetHook(db, session.session_id, "rows").wrap(datasets.Dataset.from_dict({"x": [1, 2, 3]}), name="rows")
    for number, _row in enumerate(rows):
        if number != 1:
            model.train(SET[:2])
    assert ended(db, session, path) == [
        ("lists", 0, 1, TRAINED, 2),
        # Rows that are closed over by one step are one batch of the record.
        ("rows", 0, 1, TRAINED, 2),
    ]


def test_the_note_says_that_steps_are_seen_and_how_uses_are_known(
    db: ProvenanceDatabase, session: Session, path: Path
) -> None:
    model = Model()
    for batch in hooked(db, session).wrap(loader(batch_size=12), name="train"):
        model.train(batch)
    session.end()
    with Reader(path) as reader:
        ((number, note),) = reader.notes(1, usage.NOTE)
        assert note.content == f'{{"observes":"optimizer steps","torch":"{torch.__version__}"}}'
        ((later, used),) = reader.uses(1)
    assert number < later
    assert used == Used("train", 0, 0, TRAINED, 1, "optimizer step")


def test_what_fails_while_a_step_is_recorded_does_not_reach_the_optimizer(
    db: ProvenanceDatabase, session: Session, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, bare = Model(), Model()
    for batch in loader():
        bare.train(batch)
    put = db.put

    def refuse(recording: Any, item: Any) -> None:
        if type(item) is Used:
            raise RuntimeError("no uses today")
        put(recording, item)

    monkeypatch.setattr(db, "put", refuse)
    with pytest.warns(OriginWarning, match="no uses today"):
        for batch in hooked(db, session).wrap(loader(), name="train"):
            model.train(batch)
    assert torch.equal(model.weight, bare.weight)
    assert ended(db, session, path) == []
    with Reader(path) as reader:
        assert {(gap.reason, gap.batches) for _, gap in reader.gaps(1)} == {("observer", 0)}


def test_steps_after_the_end_of_a_session_are_nobodys(db: ProvenanceDatabase, session: Session, path: Path) -> None:
    model = Model()
    iterator = iter(hooked(db, session).wrap(loader(), name="train"))
    batch = next(iterator)
    found = ended(db, session, path)
    model.train(batch)
    assert found == []
    with Reader(path) as reader:
        assert list(reader.uses(1)) == []


def test_torch_gets_its_own_methods_back(db: ProvenanceDatabase, session: Session) -> None:
    hooks = torch.optim.optimizer._global_optimizer_post_hooks if hasattr(torch.optim, "optimizer") else None
    list(hooked(db, session).wrap(loader()))
    assert torch.amp.GradScaler.step.__name__ == "step"
    usage.forget_steps()
    assert not hasattr(torch.amp.GradScaler.step, "__wrapped__")
    assert hooks is None or usage._stepped not in hooks.values()
    usage.forget_steps()
