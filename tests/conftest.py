from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from origin import ProvenanceDatabase
from origin.hooks.usage import Usage
from origin.storage import rows
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What the developer of this machine remembers of sessions is no matter of a test.
os.environ["ORIGIN_STATE"] = "/dev/null/origin"

# torch is installed for one Python version only: on others the core is tested without the libraries it works beside.
collect_ignore = (
    []
    if find_spec("torch") and find_spec("datasets")
    else [
        "test_docs.py",
        *(f"core/test_{name}.py" for name in ("alike", "arrays", "arrow_rows")),
        *(
            f"hooks/test_{name}.py"
            for name in (
                *("accelerate", "arrow", "behaviours", "checkpoints_saved", "compile", "dispatcher"),
                *("distributed", "expect", "expect_huggingface"),
                *("huggingface", "index_mode", "lightning", "lineage", "packing", "padding", "pytorch", "stateful"),
                *("streams", "tables", "trainers_page", "training", "transformers", "usage", "webdataset"),
            )
        ),
        *(
            f"export/test_{name}.py"
            for name in (
                *("croissant", "cyclonedx", "export_run", "hub", "huggingface_card", "identity", "intoto", "mlflow"),
                *("must_hold", "openlineage", "prov", "schemas", "spdx", "trained", "wandb"),
            )
        ),
    ]
)


@dataclass(frozen=True)
class Seen:
    """One recorded batch, unpacked."""

    loader: str
    epoch: int
    step: int
    fingerprints: list[str]
    kinds: list[int]
    sources: list[tuple[str, str | None]]
    indices: list[int] | None
    keys: list[str | None] | None


def seen(path: Path, session_id: str | None = None) -> list[Seen]:
    """All recorded batches of a session (the latest), in order."""
    found = []
    with Reader(path) as reader:
        session = reader.latest_session() if session_id is None else reader.sessions_by_prefix(session_id)[0]
        assert session is not None
        sources = dict(reader.sources(session.row))
        for stored in reader.batches(session.row):
            kinds: list[int] = []
            origins: list[tuple[str, str | None]] = []
            for kind, number, end in rows.unpack_runs(stored.runs):
                source = sources[number]
                origins += [(source.source_id, source.license_id)] * (end - len(kinds))
                kinds += [kind] * (end - len(kinds))
            indices = rows.unpack_indices(stored.indices, stored.batch.count)
            found.append(
                Seen(
                    stored.batch.loader,
                    stored.batch.epoch,
                    stored.batch.step,
                    [digest.hex() for digest in rows.unpack_digests(stored.fingerprints)],
                    kinds,
                    origins,
                    None if indices is None else list(indices),
                    rows.unpack_keys(stored.keys),
                )
            )
    return found


def gaps(path: Path) -> list[tuple[str, int, int | None]]:
    """Reason, batches and observations of the latest session's gaps."""
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        return [(gap.reason, gap.batches, gap.observations) for _, gap in reader.gaps(session.row)]


@pytest.fixture(autouse=True, scope="module")
def _without_torch(request: pytest.FixtureRequest) -> Iterator[None]:
    """Most tests are about records made without torch, which another test of the same process may have loaded: there,
    nobody looks for optimizer steps. The hooks' tests do.
    """
    with pytest.MonkeyPatch.context() as monkeypatch:
        if request.path.parent.name != "hooks":
            monkeypatch.setattr(Usage, "_watch", lambda _: None)
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "provenance.db"


@pytest.fixture
def db(path: Path) -> Iterator[ProvenanceDatabase]:
    with ProvenanceDatabase(path) as database:
        yield database
