"""One session, written for everybody who asks: each export is read back by the library of those who read it.

The rows are real and lie in the scikit-learn package: irises (declared as the data set of the Hub that holds the same
flowers), wines (a local file) and patients with diabetes (nothing there states a licence). A small network learns to
reconstruct them. Then `origin export` writes every format that it knows, and for each one the consumer's own library
says what it read. All of them must name the same root: that of the session's log.

MLflow and Weights & Biases get the session in a store of their own, offline. What is not installed is left out with a
line that says so. It takes about ten seconds. Runs offline: python examples/export_formats.py
"""

# ruff: noqa: PLC0415 - each reader imports a library of its own, which may not be installed

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import tempfile
import warnings
from contextlib import redirect_stdout
from functools import partial
from importlib.metadata import distribution
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from origin import ProvenanceDatabase
from origin.cli.export import FORMATS
from origin.cli.main import main as origin
from origin.hooks.base import BaseHook, Sample
from origin.query.engine import find_session

if TYPE_CHECKING:
    from collections.abc import Callable

TABLES = distribution("scikit-learn").locate_file("sklearn/datasets/data")
COLUMNS = 13
"""The widest table's: narrower rows are filled up with zeros."""


def rows(name: str) -> list[bytes]:
    """The lines of a table, without the heading that the .csv files have."""
    content = Path(str(TABLES), name).read_bytes()
    return gzip.decompress(content).splitlines() if name.endswith(".gz") else content.splitlines()[1:]


def register(db: ProvenanceDatabase) -> list[Sample]:
    """Three sources: on the Hub, on this disk, and one whose licence nobody stated."""
    db.register_source("iris", license_id="CC0-1.0", uri="hf://datasets/scikit-learn/iris", category="tables")
    wine = Path(str(TABLES), "wine_data.csv")
    db.register_source("wine", license_id="CC-BY-4.0", uri=wine.as_uri(), category="tables", owner="M. Forina et al.")
    db.register_source("diabetes", uri="https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html", category="tables")
    tables = {"iris": "iris.csv", "wine": "wine_data.csv", "diabetes": "diabetes_data_raw.csv.gz"}
    return [Sample(row, source, index) for source, file in tables.items() for index, row in enumerate(rows(file))]


def to_tensor(batch: list[Sample]) -> torch.Tensor:
    """Rows of whatever table as logarithms of their numbers, (N, COLUMNS)."""
    numbers = [[float(field) for field in sample.value.replace(b",", b" ").split()][:COLUMNS] for sample in batch]
    return torch.tensor([row + [0.0] * (COLUMNS - len(row)) for row in numbers]).abs().log1p()


def train(database: Path, model_file: Path) -> str:
    """Train, keep the model, and return the root of the session's log."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(COLUMNS, 6), nn.Tanh(), nn.Linear(6, COLUMNS))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with ProvenanceDatabase(database) as db:
        samples = register(db)
        Random(0).shuffle(samples)  # noqa: S311 - the same order every time is wanted
        batches = [samples[start : start + 32] for start in range(0, len(samples), 32)]
        with db.begin_session(config_hash="export_formats") as session:
            hook = BaseHook(db=db, session_id=session.session_id, source_id="tables")
            for batch in hook.wrap(batches):
                numbers = to_tensor(batch)
                loss = nn.functional.mse_loss(model(numbers), numbers)
                optimizer.zero_grad()
                torch.autograd.backward(loss)
                optimizer.step()
        torch.save(model.state_dict(), model_file)
        with db.reader() as reader:
            return find_session(reader, "latest").root().hex()


def read_json(path: Path) -> tuple[str, str]:
    session = json.loads(path.read_text(encoding="ascii"))
    return session["root"], f"json: {len(session['batches'])} batches, sources {names(session['sources'], 'source_id')}"


def read_jsonl(path: Path) -> tuple[str, str]:
    first, *rest = (json.loads(line) for line in path.read_text(encoding="ascii").splitlines())
    seen = sum(len(line["observations"]) for line in rest if line["type"] == "batch")
    return first["root"], f"json: a line at a time, {seen} observations, the end says {rest[-1]['observations']}"


def read_model_card(path: Path) -> tuple[str, str]:
    from huggingface_hub import ModelCard

    card = ModelCard.load(path)
    return card.data["origin_provenance"][
        "root"
    ], f"huggingface_hub: data sets of the Hub: {', '.join(card.data.datasets or [])}"


def read_cyclonedx(path: Path) -> tuple[str, str]:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = path.read_text(encoding="utf-8")
    bill = json.loads(text)
    problem = JsonStrictValidator(SchemaVersion.from_version(bill["specVersion"])).validate_str(text)
    told = {one["name"]: one["value"] for one in bill["metadata"]["properties"]}
    unlicensed = names([one for one in bill["components"][1:] if "licenses" not in one])
    found = f"cyclonedx: {bill['specVersion']}, {problem or 'valid'}, sources without a licence: {unlicensed}"
    return told["origin:root"], found


def read_croissant(path: Path) -> tuple[str, str]:
    import mlcroissant

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mlcroissant 1.1 uses what rdflib 7.6 deprecates
        dataset = mlcroissant.Dataset(path / "metadata.json")
    count = sum(1 for _ in dataset.records("observations"))
    sources = ", ".join(sorted(one["sources/source_id"].decode() for one in dataset.records("sources")))
    identifier = json.loads((path / "metadata.json").read_text(encoding="utf-8"))["identifier"]
    return identifier, f"mlcroissant: SHA-256 of all files right, {count} records, sources {sources}"


def read_statement(path: Path) -> tuple[str, str]:
    from google.protobuf.json_format import Parse
    from in_toto_attestation.v1.statement import Statement
    from in_toto_attestation.v1.statement_pb2 import Statement as Message

    statement = Statement.copy_from_pb(Parse(path.read_text(encoding="utf-8"), Message()))
    statement.validate()
    run = json.loads(path.read_text(encoding="utf-8"))["predicate"]["runDetails"]
    made = [f"{one.name} {one.digest['sha256'][:12]}" for one in statement.pb.subject]
    return run["byproducts"][0]["digest"]["originLogRoot"], f"in-toto-attestation: valid, made {', '.join(made)}"


def read_spdx(path: Path) -> tuple[str, str]:
    import spdx_python_model

    model, document = spdx_python_model.load(path)
    document.link()
    sources = list(document.foreach_type(model.dataset_DatasetPackage))
    build = next(iter(document.foreach_type(model.build_Build)))
    told = next(json.loads(note.statement) for note in document.foreach_type(model.Annotation) if note.subject is build)
    found = f"spdx-python-model: {len(sources)} data sets: {', '.join(sorted(one.name for one in sources))}"
    return told["root"], found


def read_events(path: Path) -> tuple[str, str]:
    from openlineage.client.event_v2 import InputDataset

    events = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    inputs = [InputDataset(one["namespace"], one["name"]) for one in events[-1]["inputs"]]
    rows_of = {one["name"]: one["inputFacets"]["inputStatistics"]["rowCount"] for one in events[-1]["inputs"]}
    counts = ", ".join(f"{one.name} {rows_of[one.name]}" for one in inputs)
    states = " then ".join(event["eventType"] for event in events)
    return events[-1]["run"]["facets"]["origin_session"]["root"], f"openlineage-python: {states}; {counts}"


def read_prov(path: Path) -> tuple[str, str]:
    from prov.model import ProvDocument, ProvGeneration, ProvUsage

    with path.open(encoding="ascii") as file:
        document = ProvDocument.deserialize(file, format="json")
    (log,) = (made.args[0].localpart for made in document.get_records(ProvGeneration))
    used = [document.get_record(one.args[1])[0].label for one in document.get_records(ProvUsage)]
    return log.removeprefix("log-"), f"prov: the session used {', '.join(sorted(used))}"


def names(found: Any, key: str = "name") -> str:
    return ", ".join(sorted(str(one[key]) for one in found))


READERS: dict[str, Callable[[Path], tuple[str, str]]] = {
    "json": read_json,
    "jsonl": read_jsonl,
    "huggingface": read_model_card,
    "cyclonedx": read_cyclonedx,
    "cyclonedx17": read_cyclonedx,
    "croissant": read_croissant,
    "intoto": read_statement,
    "spdx": read_spdx,
    "openlineage": read_events,
    "prov": read_prov,
}
"""For each format a reader that gives the root it found, and what else it read."""


def through_mlflow(database: Path) -> tuple[str, str]:
    import mlflow.data
    from mlflow import MlflowClient

    store = f"sqlite:///{database.with_name('mlflow.db')}"
    with warnings.catch_warnings():
        # SQLAlchemy 2.1 deprecates a strategy with which MLflow 3.17 maps its own tables.
        warnings.simplefilter("ignore")
        run_id = logged(database, "--to-mlflow", "new", "--tracking-uri", store)["run_id"]
        run = MlflowClient(store).get_run(run_id)
    inputs = run.inputs.dataset_inputs if run.inputs else []
    kinds = {one.dataset.name: type(mlflow.data.get_source(one)).__name__ for one in inputs}
    found = ", ".join(f"{name} ({kind})" for name, kind in sorted(kinds.items()))
    return run.data.tags["origin.root"], f"mlflow: {found}"


def through_wandb(database: Path) -> tuple[str, str]:
    import wandb

    folder = Path(logged(database, "--to-wandb", "examples")["directory"])
    wandb.teardown()
    (log,), (file,) = folder.glob("run-*.wandb"), folder.glob("origin/*/session.json")
    root = json.loads(file.read_text(encoding="ascii"))["root"]
    told = "names" if root.encode() in log.read_bytes() else "does not name"
    return root, f"wandb: {file.name} beside the log of an offline run, which {told} its root"


STORES: dict[str, Callable[[Path], tuple[str, str]]] = {"mlflow": through_mlflow, "wandb": through_wandb}


def logged(database: Path, *command: str) -> Any:
    """The answer of `origin export` with these options, as JSON."""
    answer = io.StringIO()
    with redirect_stdout(answer):
        code = origin(["--db", str(database), "--json", "export", "latest", *command])
    if code:
        raise SystemExit(code)
    return json.loads(answer.getvalue())


def show(name: str, read: Callable[[], tuple[str, str]], root: str) -> bool:
    """Print what a consumer read; False if it read the root of another log."""
    try:
        found, words = read()
    except ImportError as error:
        print(f"{name:12} left out: {error.name or error} is not installed")
        return True
    print(f"{name:12} {'root' if found == root else 'ANOTHER ROOT'} {found[:12]}  {words}")
    return found == root


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        database, model = directory / "provenance.db", directory / "model.pt"
        # All that these tools write stays in the directory, and neither asks a server.
        homes = {f"WANDB_{kind}": name for kind in ("CONFIG_DIR", "CACHE_DIR", "DATA_DIR", "DIR")}
        os.environ.update(homes, WANDB_MODE="offline", WANDB_SILENT="true", MLFLOW_LOGGING_LEVEL="WARNING")
        root = train(database, model)
        print(f"root of the session's log: {root}\n")
        same = []
        for form in FORMATS:
            path = directory / f"session.{form}"
            made = ["--model", str(model)] if form == "intoto" else []
            command = ["export", "latest", "--format", form, "--now", "2026-01-15", "-o", str(path), *made]
            if code := origin(["--db", str(database), "--quiet", *command]):
                return code
            same.append(show(form, partial(READERS[form], path), root))
        same += [show(store, partial(through, database), root) for store, through in STORES.items()]
    print(f"\nLook at the roots: {'all are the same' if all(same) else 'THEY DIFFER'}. With it, anybody can check the")
    print("record, by `origin verify SESSION --root ROOT`. And look at diabetes: a licence that nobody stated is")
    print("unknown in every format, and free in none. docs/exports tells what each of them holds.")
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
