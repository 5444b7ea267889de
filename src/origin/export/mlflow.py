"""A session or a run in an MLflow tracking store: its sources as dataset inputs of a run there, what it comes to as
tags, and the whole of it as artifacts.

MLflow keeps one data set for each name and digest of an experiment, as it was logged first. So what is said of a data
set is its declaration alone; what one session got from it, and what rules conclude, is on the input of the run.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, RunStatus
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT, MLFLOW_RUN_NAME

from origin.core.record import COMPLETED, FAILED, RUNNING
from origin.errors import StorageError, UsageError
from origin.export import json as json_export
from origin.export.facts import RECORDED, declaration_facts, line
from origin.export.files import write_whole
from origin.export.hub import hub_dataset
from origin.export.mlflow_source import TYPE, OriginDatasetSource
from origin.export.mlflow_store import artifact_root, place_of
from origin.export.stated import NOASSERTION, inputs
from origin.export.summary import data_licenses, summary
from origin.licenses.rule_set import RULE_SET
from origin.query.display import visible
from origin.query.licensing import claimed_license, conclude
from origin.query.report import report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from mlflow.entities import Run

    from origin.core.record import Source
    from origin.query.report import Report, SourceUse
    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession

_FOLDER = "origin"
"""Where the artifacts are in those of the run."""

# MLflow's limits: what is longer is refused, by some stores cut.
_NAME, _DIGEST, _INPUT_TAG, _TAG, _SOURCE, _PROFILE = 500, 36, 500, 5000, 65535, 16777215
_INPUTS_AT_ONCE = 100
_SESSION_NAME, _RUN_NAME = 12, 80
"""Characters of an id in the name of a run of MLflow."""

_EVALUATION = "evaluation"
_CONCLUDED = frozenset({"license_concluded", "license_status"})


def log_to_mlflow(
    reader: Reader,
    session: StoredSession | Scope,
    now: datetime,
    run_id: str | None = None,
    tracking_uri: str | None = None,
    *,
    experiment: str = "Default",
    context: str = "training",
    card: str | None = None,
) -> str:
    """Log a session, or a run of ours, to a run of MLflow, and return the id of that.

    run_id: the run of the training; None makes a new one in `experiment`, with the times and the status of the session.
    tracking_uri: the store; None takes MLflow's own choice (MLFLOW_TRACKING_URI). A new one in an SQLite file keeps its
    artifacts beside the file.
    context: what MLflow shows as the use of the data sets; those that gave samples for evaluation alone have
    `evaluation` instead. Where it is not known what became of samples, it is what the caller says.
    card: the text of a provenance card, logged as `card.md`.

    A run of MLflow holds one session, or one run. Logging the same one again changes nothing; once it has grown, or for
    another one, it takes another run of MLflow, which keeps the inputs as they were logged first.
    Raises UsageError for a run that cannot take the session, StorageError where the store refuses.
    """
    facts = report(reader, session)
    with _errors():
        root = artifact_root(tracking_uri)
        client = MlflowClient(tracking_uri=tracking_uri)
        run = client.get_run(run_id) if run_id is not None else _new_run(client, facts, experiment, root)
        _check(run, facts)
        try:
            _log(client, run.info.run_id, facts, context)
            with tempfile.TemporaryDirectory(prefix="origin-") as folder:
                pieces = {f"{facts.of.kind}.json": json_export.export(reader, facts.of, now)}
                for path in _written(Path(folder), pieces | ({"card.md": [card]} if card is not None else {})):
                    client.log_artifact(run.info.run_id, str(path), _FOLDER)
        except BaseException:
            if run_id is None:
                with suppress(MlflowException):
                    client.delete_run(run.info.run_id)
            raise
        if run_id is None:
            _end(client, run.info.run_id, facts.of)
    return str(run.info.run_id)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except MlflowException as error:
        raise StorageError(
            f"MLflow refused ({' '.join(str(error).split())[:200]}): check the run and the tracking URI"
        ) from error


def _new_run(client: MlflowClient, facts: Report, experiment: str, root: str | None) -> Run:
    found = client.get_experiment_by_name(experiment)
    experiment_id = (
        client.create_experiment(experiment, place_of(root, experiment)) if found is None else found.experiment_id
    )
    about = facts.of
    name = f"origin {visible(about.id)[: _RUN_NAME if about.is_run else _SESSION_NAME]}"
    return client.create_run(experiment_id, start_time=about.started_at // 1000, tags={MLFLOW_RUN_NAME: name})


def _end(client: MlflowClient, run_id: str, about: Scope) -> None:
    """The status of a run that is there for the record alone. MLflow has no word for one that is not known."""
    if about.status == RUNNING:
        return
    status = {COMPLETED: RunStatus.FINISHED, FAILED: RunStatus.FAILED}.get(about.status, RunStatus.KILLED)
    ended = None if about.ended_at is None else about.ended_at // 1000
    client.set_terminated(run_id, RunStatus.to_string(status), ended)


def _check(run: Run, facts: Report) -> None:
    run_id, tags = run.info.run_id, run.data.tags
    if run.info.lifecycle_stage != "active":
        raise UsageError(f"run {run_id} was deleted: restore it or name another")
    about = facts.of
    for kind in ("session", "run"):
        held = tags.get(f"origin.{kind}_id")
        if held is not None and (kind, held) != (about.kind, _cut(about.id, _TAG)):
            raise UsageError(f"run {run_id} holds {kind} {held[:12]}: log to another run")
    if tags.get("origin.root", facts.root) != facts.root:
        raise UsageError(f"run {run_id} holds this {about.kind} as it was before it went on: log to another run")


def _log(client: MlflowClient, run_id: str, facts: Report, context: str) -> None:
    # The tags first: they tell a later call what the inputs are of.
    for name, value in _run_tags(facts):
        client.set_tag(run_id, f"origin.{name}", value)
    logged = [_input(use, facts, context) for use in inputs(facts)]
    for start in range(0, len(logged), _INPUTS_AT_ONCE):
        client.log_inputs(run_id, logged[start : start + _INPUTS_AT_ONCE])


def _run_tags(facts: Report) -> Iterator[tuple[str, str]]:
    """What the record comes to. A number that is not known has no tag."""
    for name, value in summary(facts).items():
        if value is not None:
            yield name, _cut(line(value) if isinstance(value, dict) else str(value), _TAG)
    licenses = data_licenses(facts)
    shown = licenses
    while len(text := line({"licenses": shown, "left_out": len(licenses) - len(shown)})) > _TAG:
        shown = shown[: len(shown) // 2]
    yield "data_licenses", text


def _input(use: SourceUse, facts: Report, context: str) -> DatasetInput:
    source, concluded = use.source, conclude(use.source)
    tags = {
        MLFLOW_DATASET_CONTEXT: _EVALUATION if use.held_out else context,
        "origin.digest": source.digest().hex(),
        f"origin.{facts.of.key}": facts.of.id,
        "origin.entry": use.sequence,
        "origin.observations": use.observations,
        "origin.samples": use.samples,
        "origin.uses": line(use.uses.facts),
        "origin.recorded": RECORDED,
        "origin.license_declared": claimed_license(source) or NOASSERTION,
        "origin.license_concluded": concluded.expression or NOASSERTION,
        "origin.license_status": concluded.status,
        "origin.rule_set": RULE_SET,
    }
    return DatasetInput(dataset(source), [InputTag(name, _cut(str(value), _INPUT_TAG)) for name, value in tags.items()])


def dataset(source: Source) -> Dataset:
    """A declaration as MLflow's data set. The digest starts that of the declaration, for which MLflow has no room."""
    digest = source.digest().hex()
    name = visible(source.source_id)
    if len(name) > _NAME:
        name = f"{name[: _NAME - 13]}~{digest[:12]}"
    profile = {name: value for name, value in declaration_facts(source).items() if name not in _CONCLUDED}
    if len(line(profile)) > _PROFILE:
        profile = {"digest": digest}
    return Dataset(name, digest[:_DIGEST], *_place(source), profile=line(profile))


def _place(source: Source) -> tuple[str, str]:
    """The kind of source, one that MLflow can open where that is true, and its JSON."""
    digest, uri = source.digest().hex(), source.uri or ""
    own = OriginDatasetSource(visible(source.source_id)[:_NAME], digest, source.uri, source.revision)
    kind, found = TYPE, own.to_dict()
    if hub := hub_dataset(source):
        kind = "hugging_face"
        found = {"path": hub.id, "revision": hub.revision, "config_name": None, "data_dir": None, "data_files": None}
        found["split"] = None
    elif uri.startswith(("http://", "https://")):
        kind, found = "http", {"url": uri}
    elif uri.startswith("s3://"):
        kind, found = "s3", {"uri": uri}
    if len(json.dumps(found)) > _SOURCE:
        kind, found = TYPE, {**own.to_dict(), "uri": None, "revision": None}
    return kind, json.dumps(found)


def _cut(text: str, limit: int) -> str:
    shown = visible(text)
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def _written(folder: Path, documents: dict[str, Iterable[str]]) -> Iterator[Path]:
    """Each document as a file, one at a time: a session may be large."""
    for name, pieces in documents.items():
        path = folder / name
        write_whole(path, pieces)
        yield path
        path.unlink()
