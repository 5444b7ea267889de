"""Where a store in an SQLite file keeps its artifacts: beside the file. MLflow's own choice is `./mlruns`, in whichever
folder the process happens to be.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import mlflow
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


def artifact_root(tracking_uri: str | None) -> str | None:
    """The URI of the folder; None for a store of another kind, which knows its own place.

    It is written into the file for the experiment `Default`, if the file has none yet.
    """
    uri = mlflow.get_tracking_uri() if tracking_uri is None else tracking_uri
    file = _sqlite_file(uri)
    if file is None:
        return None
    root = file.with_name(f"{file.stem}-artifacts").as_uri()
    SqlAlchemyStore(uri, root)  # type: ignore[no-untyped-call]
    return root


def place_of(root: str | None, experiment: str) -> str | None:
    """Where a new experiment of that name keeps its artifacts: MLflow's choice is made per experiment, once."""
    return root and f"{root}/{hashlib.sha256(experiment.encode()).hexdigest()[:16]}"


def _sqlite_file(uri: str) -> Path | None:
    try:
        url = make_url(uri)
    except ArgumentError:  # a path
        return None
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:" or "uri" in url.query:
        return None
    return Path(url.database).resolve()
