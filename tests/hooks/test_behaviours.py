"""What a wrapped loader must preserve: the list of 35, which test holds each, and the tests that stand nowhere else."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from outcome import Numbers, delivered, rows
from torch.utils.data import BatchSampler, DataLoader, Dataset, Sampler, SequentialSampler, get_worker_info

from origin.hooks.pytorch import DataLoaderHook
from origin.query.verify import verify
from origin.storage.raw import RawReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin import ProvenanceDatabase

HELD_BY = {
    1: "test_pytorch: the_wrapped_loader_is_a_data_loader_with_the_same_parts",
    2: "test_pytorch: the_wrapped_loader_is_a_data_loader_with_the_same_parts",
    3: "test_pytorch: the_wrapped_loader_is_a_data_loader_with_the_same_parts",
    4: "test_distributed: each_rank_records_what_it_received",  # the sampler's set_epoch
    5: "test_pytorch: two_iterators_of_one_loader_are_independent",
    6: "test_pytorch: batches_and_random_state_are_those_of_the_bare_loader",
    7: "test_pytorch: batches_and_random_state_are_those_of_the_bare_loader",
    8: "test_behaviours: workers_get_the_seeds_of_the_bare_loader",
    9: "test_behaviours: wrapping_asks_nothing_of_the_sampler",
    10: "test_pytorch: a_lambda_as_collate_function_works_with_forked_workers",
    11: "test_pytorch: workers_that_are_not_forked_fingerprint_alike",
    12: "test_pytorch: workers_that_are_not_forked_fingerprint_alike",
    13: "test_pytorch: persistent_workers_are_kept_and_their_epochs_counted",
    14: "test_pytorch: out_of_order_delivery_is_recorded_in_the_order_of_delivery",
    15: "test_behaviours: a_batch_sampler_of_ones_own_is_recorded_as_it_batches",
    16: "test_pytorch: getitems_is_called_once_a_batch_with_a_plain_list",
    17: "test_pytorch: an_iterable_data_set_is_recorded_as_delivered_with_unknown_indices",
    18: "test_pytorch: worker_init_generator_and_timeout_are_kept",
    19: "test_pytorch: a_lambda_as_collate_function_works_with_forked_workers",
    20: "test_pytorch: a_carrier_pins_its_batch_once",
    21: "test_pytorch: an_error_of_the_data_set_keeps_its_type_and_message",
    22: "test_behaviours: workers_exit_after_an_early_break",
    23: "test_stateful: its_state_is_that_of_the_bare_loader",
    24: "test_accelerate: each_batch_is_recorded_once_in_the_order_of_the_loop",
    25: "test_lightning: fit_trains_on_what_is_recorded_and_validation_is_kept_apart",
    26: "test_transformers: a_resumed_run_has_no_gap_and_no_repeat",
    27: "test_behaviours: a_subclass_with_an_iter_of_its_own_is_recorded",
    28: "test_pytorch: a_pickled_loader_gives_plain_batches_and_says_that_it_does_not_record",
    29: "test_pytorch: the_wrapped_loader_is_a_data_loader_with_the_same_parts",
    30: "test_training: a_full_disk_changes_no_loss",
    31: "test_pytorch: uninstalling_gives_torch_its_own_methods_back",
    32: "test_pytorch: a_loader_wrapped_twice_records_once",
    33: "test_pytorch: importing_origin_imports_no_third_party_module",
    34: "test_behaviours: a_job_that_is_stopped_leaves_a_record_that_can_be_read",
    35: "test_behaviours: memory_stays_flat_over_100_000_batches",
}


def test_every_behaviour_of_the_list_has_its_test() -> None:
    assert list(HELD_BY) == list(range(1, 36))
    for held in HELD_BY.values():
        file, name = held.split(": ")
        text = (Path(__file__).parent / f"{file}.py").read_text()
        assert re.search(rf"^def test_{name}\(", text, re.MULTILINE), held


def hook_for(db: ProvenanceDatabase) -> DataLoaderHook:
    return DataLoaderHook(db, db.begin_session("behaviours").session_id, "numbers")


class Seeds(Dataset[Any]):
    """Gives the seed of the worker that is asked."""

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> tuple[int, int]:
        worker = get_worker_info()
        assert worker is not None
        return worker.seed, torch.initial_seed()


def test_workers_get_the_seeds_of_the_bare_loader(db: ProvenanceDatabase) -> None:
    found = []
    for wrap in (hook_for(db).wrap, lambda bare: bare):
        torch.manual_seed(9)
        loader = DataLoader(Seeds(), batch_size=2, num_workers=2, collate_fn=list)
        found.append([wrap(loader).__iter__().__next__(), *wrap(loader)])
    assert found[0] == found[1]


def test_wrapping_asks_nothing_of_the_sampler(db: ProvenanceDatabase) -> None:
    class Asked(Sampler[int]):
        count = 0

        def __iter__(self) -> Iterator[int]:
            self.count += 1
            return iter(range(4))

        def __len__(self) -> int:
            return 4

    sampler = Asked()
    loader = hook_for(db).wrap(DataLoader(Numbers(4), sampler=sampler))
    assert (sampler.count, loader.sampler is sampler) == (0, True)
    assert len([*loader]) == 4
    assert sampler.count == 1


@pytest.mark.parametrize("workers", [0, 2])
def test_a_batch_sampler_of_ones_own_is_recorded_as_it_batches(
    db: ProvenanceDatabase, path: Path, workers: int
) -> None:
    class Growing(BatchSampler):
        """Batches of 1, 2, 3 rows."""

        def __iter__(self) -> Iterator[list[int]]:
            yield from ([0], [1, 2], [3, 4, 5])

        def __len__(self) -> int:
            return 3

    data = Numbers(6)
    bare = DataLoader(data, batch_sampler=Growing(SequentialSampler(data), 1, drop_last=False), num_workers=workers)
    loader = hook_for(db).wrap(bare, name="train")
    assert (len(loader), loader.batch_sampler is bare.batch_sampler) == (3, True)
    assert [rows(batch) for batch in loader] == [[0], [1, 2], [3, 4, 5]]
    db.flush()
    assert delivered(path, "train") == [[0], [1, 2], [3, 4, 5]]


def test_workers_exit_after_an_early_break(db: ProvenanceDatabase, path: Path) -> None:
    iterator = iter(hook_for(db).wrap(DataLoader(Numbers(), batch_size=2, num_workers=2), name="train"))
    next(iterator)
    workers = list(iterator._workers)
    assert [worker.is_alive() for worker in workers] == [True, True]
    del iterator
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0, 0]
    db.flush()
    assert delivered(path, "train") == [[0, 1]]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_subclass_with_an_iter_of_its_own_is_recorded(db: ProvenanceDatabase, path: Path, workers: int) -> None:
    class Doubled(DataLoader[Any]):
        """Gives every other batch, doubled."""

        def __iter__(self) -> Any:
            for number, batch in enumerate(super().__iter__()):
                if number % 2 == 0:
                    yield batch * 2

    loader = hook_for(db).wrap(Doubled(Numbers(), batch_size=2, num_workers=workers), name="train")
    assert type(loader) is Doubled
    assert [rows(batch) for batch in loader] == [[0, 2], [8, 10], [16, 18]]
    db.flush()
    # What its __iter__ does with the batches that torch gave it is its own affair.
    assert delivered(path, "train") == [[number, number + 1] for number in range(0, 12, 2)]


JOB = """
    import sys, time
    import torch
    from torch.utils.data import DataLoader, TensorDataset
    from origin import ProvenanceDatabase
    from origin.hooks.pytorch import DataLoaderHook

    if __name__ == "__main__":
        db = ProvenanceDatabase(sys.argv[1])
        hook = DataLoaderHook(db, db.begin_session("job").session_id, "numbers")
        loader = DataLoader(TensorDataset(torch.arange(4000.0)), batch_size=2, num_workers=int(sys.argv[2]))
        for number, batch in enumerate(hook.wrap(loader, name="train")):
            if number == 50:
                db.flush()
                print("recorded", flush=True)
            if number > 50:
                time.sleep(0.01)
"""


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_job_that_is_stopped_leaves_a_record_that_can_be_read(
    path: Path, tmp_path: Path, number: signal.Signals, workers: int
) -> None:
    script = tmp_path / "job.py"
    script.write_text(textwrap.dedent(JOB))
    job = subprocess.Popen(
        [sys.executable, script, path, str(workers)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert job.stdout is not None
    with job.stdout:
        assert job.stdout.readline() == "recorded\n"
        time.sleep(0.3)
        os.kill(job.pid, number)
        assert job.wait(60) != 0
    batches = delivered(path, "train")
    # What was flushed, and no batch that was not delivered.
    assert 51 <= len(batches) < 2000
    assert batches == [[2 * step, 2 * step + 1] for step in range(len(batches))]
    with RawReader(path) as raw:
        assert verify(raw).findings == ()


def test_memory_stays_flat_over_100_000_batches(tmp_path: Path) -> None:
    script = """
        import os, sys
        import torch
        from torch.utils.data import DataLoader, Dataset
        from origin import ProvenanceDatabase
        from origin.hooks.pytorch import DataLoaderHook

        class Numbers(Dataset):
            def __len__(self):
                return 130_000
            def __getitem__(self, index):
                return index

        def megabytes():
            return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

        with ProvenanceDatabase(sys.argv[1]) as db, db.begin_session("long") as session:
            hook = DataLoaderHook(db, session.session_id, "numbers")
            for number, batch in enumerate(hook.wrap(DataLoader(Numbers(), batch_size=1, collate_fn=len))):
                if number % 2_000 == 0:
                    db.flush()  # what waits to be written is no growth
                if number == 30_000:
                    before = megabytes()
            print(number + 1, megabytes() - before)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "long.db")]
    batches, grown = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert int(batches) == 130_000
    # To keep one object for each batch would take a hundred bytes and more: 10 MB.
    assert float(grown) < 5
