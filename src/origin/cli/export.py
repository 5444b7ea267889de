from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin.cards.card import card_from
from origin.cli.arguments import add_command
from origin.cli.export_check import check_exports
from origin.cli.orderly import orderly
from origin.cli.output import answer, document
from origin.cli.record import opened
from origin.cli.scope import USAGE, add_scope, asked, written
from origin.cli.writing import add_output
from origin.errors import OriginError, UsageError
from origin.export.clock import now
from origin.export.files import write_directory

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from datetime import datetime
    from types import ModuleType

    from origin.cli.arguments import Parser, Subparsers
    from origin.query.scope import Scope
    from origin.storage.reads import Reader

FORMATS = (
    "json",
    "jsonl",
    "huggingface",
    "cyclonedx",
    "cyclonedx17",
    "croissant",
    "intoto",
    "spdx",
    "openlineage",
    "prov",
)
_ABOUT = """
json is one object with every observation; jsonl is a line each for the session, its sources, gaps and batches in the
order of its log, and its end. huggingface is a model card, merged into FILE where that is one already. cyclonedx (1.6)
and cyclonedx17 are bills of materials, spdx is SPDX 3.0.1, croissant a directory with records, intoto an in-toto
statement with SLSA provenance, openlineage events, prov W3C PROV-JSON. docs/exports tells who reads each of them.

The same record gives the same bytes, at the same --now where a format demands a time.

With --run the document is of all ranks of a run together: totals and distinct samples over the run, each declaration
of a source once, the session of each rank with its root, and which ranks are missing.

--check reads exports back and compares every fact they state with the record: the files that are named, told apart by
their content, or without any each format as it is written now. Exit code 1 when one says something else.
"""
# Both call their makers' servers unless they are told not to; the core opens no connection (docs/architecture.md).
# And stderr is for what went wrong: MLflow tells there that it makes its tables.
_SILENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_LOGGING_LEVEL": "WARNING", "WANDB_ERROR_REPORTING": "false"}


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "export",
        run,
        summary="export a session or a run for people and tools that read other formats",
        usage=f"{USAGE} [--format FORMAT] [-o FILE|DIR [--force]] | --to-mlflow RUN | --to-wandb PROJECT | "
        "--check [FILE|DIR ...]",
        about=_ABOUT,
        examples="origin export latest\norigin export 3f2a --format jsonl -o session.jsonl\n"
        "origin export latest --format huggingface -o README.md\n"
        "origin export latest --format intoto --model model.safetensors --sign key.pem -o model.dsse.json\n"
        "origin export latest --to-mlflow new --tracking-uri sqlite:///mlflow.db\n"
        "origin export latest --check bom.json README.md training-data\n"
        "origin export --run job-7 --format cyclonedx -o bom.json",
    )
    add_scope(parser)
    parser.add_argument("--format", choices=FORMATS, metavar="FORMAT", help=f"{', '.join(FORMATS)} (default: json)")
    parser.add_argument("--now", metavar="TIME", help="the export's clock (else SOURCE_DATE_EPOCH, else the system's)")
    parser.add_argument(
        "--model", metavar="FILE", action="append", default=[], help="intoto: a file that the session made; repeatable"
    )
    parser.add_argument("--sign", metavar="KEY", help="intoto: sign with this Ed25519 key (PEM) as a DSSE envelope")
    parser.add_argument("--to-mlflow", metavar="RUN", help="log inputs, tags and files to this run, or a `new` one")
    parser.add_argument("--tracking-uri", metavar="URI", help="with --to-mlflow: the store (else MLflow's own choice)")
    parser.add_argument("--to-wandb", metavar="PROJECT", help="log an artifact to this project")
    parser.add_argument(
        "--check", metavar="FILE|DIR", nargs="*", help="compare these exports with the record, else each format's"
    )
    add_output(parser)
    return parser


@orderly
def run(arguments: argparse.Namespace) -> int:
    _check(arguments)
    clock = now(arguments.now)
    with opened(arguments) as reader:
        about = asked(arguments, reader)
        if arguments.check is not None:
            return check_exports(arguments, reader, about, clock, FORMATS)
        if arguments.to_mlflow is not None:
            return _to_mlflow(arguments, reader, about, clock)
        if arguments.to_wandb is not None:
            return _to_wandb(arguments, reader, about, clock)
        return _to_file(arguments, reader, about, clock)


def _check(arguments: argparse.Namespace) -> None:
    """Refuse options that would do nothing."""
    writing = ("format", "output", "force", "model", "sign", "to_mlflow", "to_wandb", "tracking_uri")
    if arguments.check is not None and any(getattr(arguments, name) for name in writing):
        raise UsageError("--check compares and writes nothing: leave --format, -o, --force and their like out")
    stores = [name for name in ("to_mlflow", "to_wandb") if getattr(arguments, name) is not None]
    named = [f"--{name.replace('_', '-')}" for name in stores]
    if len(stores) > 1 or (stores and (arguments.format or arguments.output or arguments.force)):
        raise UsageError(f"{' and '.join(named)} goes into a store: leave --format, -o, --force and other stores out")
    if arguments.force and arguments.output is None:
        raise UsageError("--force replaces what is there: name it by -o FILE or -o DIR")
    if arguments.tracking_uri is not None and arguments.to_mlflow is None:
        raise UsageError("--tracking-uri names a store of MLflow: give --to-mlflow too")
    if (arguments.model or arguments.sign) and arguments.format != "intoto":
        raise UsageError("--model and --sign are of --format intoto: give that too")


def _to_file(arguments: argparse.Namespace, reader: Reader, about: Scope, clock: datetime) -> int:
    form = _module(arguments.format or "json")
    named = {about.key: about.id}
    if hasattr(form, "files"):
        if arguments.output is None:
            raise UsageError(f"{arguments.format} is several files: name a directory for them by -o DIR")
        write_directory(Path(arguments.output), form.files(reader, about, clock), force=arguments.force)
        answer(arguments, {**named, "path": arguments.output}, [f"{arguments.output} was written"])
    elif arguments.format == "huggingface" and arguments.output is not None and Path(arguments.output).is_file():
        _module("model_card").merge(Path(arguments.output), reader, about, force=arguments.force)
        answer(arguments, {**named, "path": arguments.output}, [f"{arguments.output} was merged"])
    elif arguments.output is not None:
        written(arguments, reader.path, _pieces(arguments, form, reader, about, clock), about)
    elif arguments.json and arguments.format not in {None, "json", "jsonl"}:
        text = "".join(_pieces(arguments, form, reader, about, clock))
        answer(arguments, {**named, "format": arguments.format, "document": text}, [])
    else:
        document(arguments, _pieces(arguments, form, reader, about, clock))
    return 0


def _pieces(
    arguments: argparse.Namespace, form: ModuleType, reader: Reader, about: Scope, clock: datetime
) -> Iterable[str]:
    options: dict[str, Any] = {}
    if arguments.model:
        options["subjects"] = form.digests(map(Path, arguments.model))
    pieces: Iterable[str] = form.export(reader, about, clock, **options)
    return _module("dsse").signed(pieces, Path(arguments.sign)) if arguments.sign else pieces


def _to_mlflow(arguments: argparse.Namespace, reader: Reader, about: Scope, clock: datetime) -> int:
    run_id = None if arguments.to_mlflow == "new" else arguments.to_mlflow
    card = card_from(reader, about).markdown
    logged = _module("mlflow").log_to_mlflow(reader, about, clock, run_id, arguments.tracking_uri, card=card)
    # A run of ours has the key `run_id` in all other answers, and MLflow's has had it in this one.
    facts = {"origin_run_id": about.id} if about.is_run else {"session_id": about.id}
    facts["run_id"] = logged
    answer(arguments, facts, [f"logged to the MLflow run {logged}"])
    return 0


def _to_wandb(arguments: argparse.Namespace, reader: Reader, about: Scope, clock: datetime) -> int:
    card = card_from(reader, about).markdown
    directory = _module("wandb").log_to_wandb(reader, about, clock, arguments.to_wandb, card=card)
    facts = {about.key: about.id, "directory": str(directory)}
    answer(arguments, facts, [f"logged to W&B; the run lies in {directory}"])
    return 0


_EXTRAS = {"mlflow": "mlflow", "wandb": "wandb", "model_card": "huggingface", "dsse": "crypto"}


def _module(name: str) -> ModuleType:
    for variable, value in _SILENT.items():
        os.environ.setdefault(variable, value)
    try:
        return importlib.import_module(f"origin.export.{name}")
    except ImportError as error:
        extra = _EXTRAS.get(name, name)
        raise OriginError(
            f"this export needs {error.name or error}: pip install 'origin-provenance[{extra}]'"
        ) from error
