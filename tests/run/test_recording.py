"""What scripts that know nothing of Origin read is recorded, once, and nothing of theirs changes."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import seen
from run.running import origin_run, run, script, told

from origin.core.fingerprint import fingerprint
from origin.query.verify import verify
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("torch")
pytest.importorskip("datasets")

DIGITS = """
import sys
import numpy, random, torch
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

def train(workers, method):
    torch.manual_seed(7)
    numpy.random.seed(7)
    random.seed(7)
    images, labels = load_digits(return_X_y=True)
    data = TensorDataset(torch.tensor(images, dtype=torch.float32)[:200], torch.tensor(labels)[:200])
    train_set, valid_set = torch.utils.data.random_split(data, [160, 40])
    model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(32, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    options = {"num_workers": workers, "multiprocessing_context": method if workers else None}
    batches = DataLoader(train_set, batch_size=40, shuffle=True, **options)
    valid = DataLoader(valid_set, batch_size=40, **options)
    for _ in range(2):
        for x, y in batches:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            print(loss.item().hex())
        with torch.no_grad():
            print([model(x).sum().item().hex() for x, _ in valid])
    print(torch.rand(1).item(), numpy.random.random(), random.random())

if __name__ == "__main__":
    train(int(sys.argv[1]), sys.argv[2])
"""


@pytest.mark.parametrize(("workers", "method"), [(0, "none"), (2, "fork"), (2, "spawn")])
def test_losses_and_random_state_are_the_same_bit_for_bit(tmp_path: Path, workers: int, method: str) -> None:
    name = script(tmp_path, DIGITS)
    bare = run(tmp_path, name, str(workers), method, python=[sys.executable])
    recorded = origin_run(tmp_path, name, str(workers), method, python=[sys.executable])
    assert bare.code == 0, bare.err
    assert recorded == bare
    batches = seen(tmp_path / "provenance.db")
    assert [(one.loader, one.epoch, len(one.fingerprints)) for one in batches] == [
        *[("loader-1", 0, 40)] * 4,
        ("loader-2", 0, 40),
        *[("loader-1", 1, 40)] * 4,
        ("loader-2", 1, 40),
    ]
    # Both parts of the split are the one data set, and rows keep their numbers in it.
    assert {source for one in batches for source in one.sources} == {("TensorDataset-1", None)}
    assert sorted(index for one in batches[:5] for index in one.indices or ()) == list(range(200))
    record = told(tmp_path / "provenance.db")
    assert record.status == "completed"
    assert record.gaps == []
    assert {(loader, use) for loader, _, _, use in record.uses} == {("loader-1", "trained"), ("loader-2", "evaluated")}


SUBCLASSES = """
import torch
from torch.utils.data import DataLoader, IterableDataset
class Counted(DataLoader):
    def __iter__(self):
        for number, batch in enumerate(super().__iter__()):
            yield number, batch
class Stream(IterableDataset):
    def __iter__(self):
        yield from (b"a", b"b", b"c")
class Outer(torch.utils.data.Dataset):
    inner = DataLoader([b"x", b"y"], batch_size=None)
    def __len__(self): return 2
    def __getitem__(self, index): return list(self.inner)[index]
plain = lambda samples: samples
for _ in Counted([b"1", b"2", b"3"], batch_size=2, collate_fn=plain): pass
for _ in DataLoader(Stream(), batch_size=None): pass
for _ in DataLoader(Outer(), batch_size=2, collate_fn=plain): pass
loader = DataLoader([b"e"], batch_size=None, num_workers=1, persistent_workers=True)
for _ in range(2):
    for _ in loader: break
"""


def test_subclasses_streams_and_loaders_inside_of_data_sets(tmp_path: Path) -> None:
    name = script(tmp_path, SUBCLASSES)
    assert origin_run(tmp_path, name) == run(tmp_path, name)
    found = [(one.loader, one.epoch, one.fingerprints, one.sources[0][0]) for one in seen(tmp_path / "provenance.db")]
    of = {letter: fingerprint(letter.encode()) for letter in "123abcxye"}
    assert found == [
        ("loader-1", 0, [of["1"], of["2"]], "list-1"),
        ("loader-1", 0, [of["3"]], "list-1"),
        *[("loader-2", 0, [of[letter]], "Stream-1") for letter in "abc"],
        ("loader-3", 0, [of["x"], of["y"]], "Outer-1"),
        ("loader-4", 0, [of["e"]], "list-2"),
        ("loader-4", 1, [of["e"]], "list-2"),
    ]


HUGGING_FACE = """
import datasets, torch
from torch.utils.data import DataLoader
rows = datasets.Dataset.from_dict({"text": [f"row {n}" for n in range(6)]})
info = datasets.DatasetInfo(license="cc-by-4.0", dataset_name="tales", config_name="short")
named = datasets.Dataset(rows.data, info=info, split="train")
mapped = named.map(lambda row: {"length": len(row["text"])}).filter(lambda row: row["length"] == 5)
for _ in range(2):
    for row in mapped: pass
for row in mapped.shuffle(seed=0): pass
for batch in named.iter(4): pass
for row in rows.to_iterable_dataset(): pass
for batch in DataLoader(named, batch_size=3): pass
for batch in DataLoader(rows.to_iterable_dataset(num_shards=2), batch_size=3, num_workers=2): pass
"""


def test_hugging_face_data_sets_are_recorded_once(tmp_path: Path) -> None:
    name = script(tmp_path, HUGGING_FACE)
    assert origin_run(tmp_path, name, env={"HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}, python=[sys.executable]).code == 0
    found = [
        (one.loader, one.epoch, len(one.fingerprints), one.sources[0][0], sorted(one.indices or ()))
        for one in seen(tmp_path / "provenance.db")
    ]
    assert found == [
        ("loader-1", 0, 6, "tales/short/train", [0, 1, 2, 3, 4, 5]),
        ("loader-1", 1, 6, "tales/short/train", [0, 1, 2, 3, 4, 5]),
        ("loader-2", 0, 6, "tales/short/train", [0, 1, 2, 3, 4, 5]),
        ("loader-3", 0, 4, "tales/short/train", [0, 1, 2, 3]),
        ("loader-3", 0, 2, "tales/short/train", [4, 5]),
        ("loader-4", 0, 6, "IterableDataset-1", found[5][4]),
        ("loader-5", 0, 3, "tales/short/train", [0, 1, 2]),
        ("loader-5", 0, 3, "tales/short/train", [3, 4, 5]),
        ("loader-6", 0, 3, "IterableDataset-2", found[8][4]),
        ("loader-6", 0, 3, "IterableDataset-2", found[9][4]),
    ]
    with Reader(tmp_path / "provenance.db") as reader:
        (session,) = reader.sessions()
        claims = {claim.text for _, source in reader.sources(session.row) for claim in source.claims}
    assert claims == {"cc-by-4.0"}
    assert told(tmp_path / "provenance.db").gaps == []


HOOKED = """
from datasets import Dataset
from torch.utils.data import DataLoader
from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook
from origin.hooks.huggingface import DatasetHook
from origin.hooks.pytorch import DataLoaderHook
db = ProvenanceDatabase("own.db")
with db.begin_session("own") as session:
    hook = DataLoaderHook(db, session.session_id, "mine")
    for _ in hook.wrap(DataLoader([b"1", b"2"], batch_size=2, collate_fn=list)): pass
    for _ in BaseHook(db, session.session_id, "mine").wrap(DataLoader([b"3"], batch_size=None)): pass
    rows = DatasetHook(db, session.session_id, "mine").wrap(Dataset.from_dict({"a": [1, 2]}))
    for _ in rows: pass
    for _ in DataLoader(rows, batch_size=2): pass
"""


def test_what_the_script_records_itself_is_recorded_once(tmp_path: Path) -> None:
    name = script(tmp_path, HOOKED)
    assert origin_run(tmp_path, name, python=[sys.executable]).code == 0
    assert [len(one.fingerprints) for one in seen(tmp_path / "own.db")] == [2, 1, 2, 2]
    assert not (tmp_path / "provenance.db").exists()


RANK = """
import torch, torch.distributed as dist
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset
dist.init_process_group("gloo")
data = TensorDataset(torch.arange(16.0).reshape(16, 1))
for _ in DataLoader(data, batch_size=2, sampler=DistributedSampler(data), num_workers=1): pass
dist.destroy_process_group()
"""


def test_each_rank_of_torchrun_records_into_its_shard(tmp_path: Path) -> None:
    torchrun = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--rdzv-backend", "c10d")
    where = ("--rdzv-endpoint", "localhost:0", "--rdzv-id", "job-7")
    ran = origin_run(tmp_path, *torchrun, *where, script(tmp_path, RANK), python=[sys.executable])
    assert ran.code == 0, ran.err
    assert {one.name for one in tmp_path.iterdir()} == {
        "script.py",
        *(f"provenance.rank-{rank:05d}.db" for rank in (0, 1)),
    }
    indices = []
    for rank in (0, 1):
        path = tmp_path / f"provenance.rank-{rank:05d}.db"
        with RawReader(path) as raw:
            assert verify(raw).findings == ()
        with Reader(path) as reader:
            (session,) = reader.sessions()
            begin = session.begin
            assert (begin.run_id, begin.rank, begin.world_size) == ("job-7", rank, 2)
            assert session.status == "completed"
        indices += [index for one in seen(path) for index in one.indices or ()]
    assert len(indices) == 16
    assert sorted(set(indices)) == list(range(16))


FAMILY = """
import multiprocessing, os, subprocess, sys
from torch.utils.data import DataLoader

def read(letters):
    for _ in DataLoader([letter.encode() for letter in letters], batch_size=None): pass

if __name__ == "__main__":
    if len(sys.argv) > 1:
        read(sys.argv[1])
    else:
        subprocess.run([sys.executable, __file__, "ab"], check=True)
        read("cd")
        subprocess.run([sys.executable, __file__, "ef"], check=True)
        for method in ("fork", "spawn"):
            child = multiprocessing.get_context(method).Process(target=read, args=("gh",))
            child.start()
            child.join()
            assert child.exitcode == 0
"""


def test_each_process_that_trains_records_and_none_into_a_file_that_is_taken(tmp_path: Path) -> None:
    ran = origin_run(tmp_path, script(tmp_path, FAMILY))
    assert (ran.code, ran.out, ran.err) == (0, b"", b"")
    found = {}
    for path in tmp_path.glob("*.db"):
        name = re.sub(r"pid-\d+", "pid-N", path.name)
        with Reader(path) as reader:
            assert [session.status for session in reader.sessions()] == ["completed"] * len(list(reader.sessions()))
            found.setdefault(name, []).extend([len(list(reader.batches(session.row))) for session in reader.sessions()])
    # A child that came before its parent had begun left the file free again.
    assert found == {"provenance.db": [2, 2], "provenance.pid-N.db": [2, 2, 2]}


def test_autolog_is_idempotent_and_stops(tmp_path: Path) -> None:
    text = """
import origin
from torch.utils.data import DataLoader
loader = DataLoader([b"1", b"2"], batch_size=None)
with origin.autolog("my.db", config_hash="c1") as log:
    assert origin.autolog() is log
    assert len(log.session_id) == 32
    for _ in loader: pass
for _ in loader: pass
log.stop()
again = origin.autolog("my.db", config_hash="c2")
assert again is not log
for _ in loader: pass
"""
    assert run(tmp_path, script(tmp_path, text)) == run(tmp_path, script(tmp_path, "", "empty.py"))
    with Reader(tmp_path / "my.db") as reader:
        found = [(one.begin.config_hash, one.status, len(list(reader.batches(one.row)))) for one in reader.sessions()]
    assert found == [("c1", "completed", 2), ("c2", "completed", 2)]


def test_autolog_under_origin_run_is_the_run(tmp_path: Path) -> None:
    text = "import origin\nlog = origin.autolog('other.db')\nassert log.path.name == 'run.db'\n"
    ran = run(
        tmp_path, "-m", "origin", "run", "--quiet", "--db", "run.db", "--config-hash", "c", script(tmp_path, text)
    )
    assert (ran.code, ran.err) == (0, b"")
    assert not (tmp_path / "other.db").exists()
    assert told(tmp_path / "run.db").config_hash == "c"


def test_a_database_that_cannot_be_written_is_one_warning(tmp_path: Path) -> None:
    text = "from torch.utils.data import DataLoader\nfor _ in range(3): print(list(DataLoader([1, 2])))\n"
    (tmp_path / "provenance.db").write_text("no database")
    name = script(tmp_path, text)
    bare = run(tmp_path, name)
    recorded = origin_run(tmp_path, name)
    assert (recorded.code, recorded.out) == (bare.code, bare.out)
    assert recorded.err.count(b"nothing is recorded in") == 1
    assert (tmp_path / "provenance.db").read_text() == "no database"


def test_a_trainer_is_recorded_as_it_trains(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    text = """
import torch
from transformers import Trainer, TrainingArguments
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Linear(1, 1)
    def forward(self, x, labels=None):
        return {"loss": (self.weight(x) - labels).pow(2).mean(), "logits": x}
rows = [{"x": torch.tensor([float(n)]), "labels": torch.tensor([0.0])} for n in range(8)]
arguments = TrainingArguments("out", per_device_train_batch_size=2, num_train_epochs=1, report_to=[],
    save_strategy="no", eval_strategy="epoch", disable_tqdm=True, use_cpu=True)
Trainer(Model(), arguments, train_dataset=rows, eval_dataset=rows[:2]).train()
"""
    ran = origin_run(tmp_path, script(tmp_path, text), python=[sys.executable])
    assert ran.code == 0, ran.err
    record = told(tmp_path / "provenance.db")
    found = [(one.loader, len(one.fingerprints)) for one in seen(tmp_path / "provenance.db")]
    assert found == [*[("loader-1", 2)] * 4, ("loader-2", 2)]
    assert sorted({(one[0], one[3]) for one in record.uses}) == [("loader-1", "trained"), ("loader-2", "evaluated")]
    assert "transformers" in record.notes["packages"][0]["versions"]


def test_the_import_of_origin_run_imports_neither_torch_nor_datasets() -> None:
    code = "import sys, origin.run.autolog, origin.run.launch; print({'torch', 'datasets', 'numpy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
