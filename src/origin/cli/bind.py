from __future__ import annotations

from typing import TYPE_CHECKING, Any

from origin.cli.arguments import add_command, key
from origin.cli.output import answer, counted
from origin.cli.progress import progress
from origin.cli.record import opened
from origin.core.record import RUNNING
from origin.errors import UsageError
from origin.query.engine import find_session
from origin.query.models import models
from origin.storage.database import ProvenanceDatabase
from origin.storage.models import BOUND

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from origin.cli.arguments import Parser, Subparsers
    from origin.query.models import Model

_MB = 1_000_000
_ABOUT = """\
Takes the SHA-256 of each file, of any kind, and records it beside the session: what was trained with its data. A folder
is one model: its files, also in folders below it, each have their digest. Nothing of a model is stored.

The session must have ended: its log takes no more, so the models are recorded in one of their own, which names it and
its root. Who trains has the better way: `torch.save`, safetensors, transformers and Lightning are seen while a session
records, and `hook.checkpoint(PATH)` takes any other; then the record holds which batches came before the checkpoint."""


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "bind",
        run,
        summary="record the digests of models that were trained with a session's data",
        usage="SESSION MODEL [MODEL ...] [--name NAME]",
        about=_ABOUT,
        examples="origin bind latest model.safetensors\n"
        "origin bind 3f2a out/checkpoint-500 --name digits-classifier\n"
        "origin inspect 3f2a",
    )
    parser.add_argument("session", metavar="SESSION", help="the start of a session id, or `latest`")
    parser.add_argument("models", metavar="MODEL", nargs="+", help="the file of a model, or the folder of its files")
    parser.add_argument("--name", metavar="NAME", help="what the model is called (else the name of its file)")
    return parser


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        session = find_session(reader, arguments.session)
    session_id = session.begin.session_id
    if session.status == RUNNING:
        raise UsageError(
            f"session {session_id[:12]} is still recorded: bind at its end, or by hook.checkpoint(PATH) in its process"
        )
    show, clear = progress(quiet=arguments.quiet, unit="MB")
    with ProvenanceDatabase(arguments.db, key=key(arguments), shard=False) as database:
        try:
            found = database.bind(
                session_id,
                list(arguments.models),
                how=BOUND,
                name=arguments.name,
                told=lambda done, total: show(done // _MB, total // _MB),
            )
        finally:
            clear()
    with opened(arguments) as reader:
        bound = models(reader, session)[-len(found) :]
    answer(arguments, {"session_id": session_id, "models": [model_facts(one) for one in bound]}, _lines(bound))
    return 0


def model_facts(model: Model) -> dict[str, Any]:
    """A model in JSON. `position`: how many entries of the log came before it, null if it was bound afterwards."""
    return {
        "name": model.name,
        "path": model.path,
        "sha256": model.sha256,
        "bytes": model.bytes,
        "position": model.sequence,
        "steps": model.steps,
        "how": model.how,
        "files": [{"path": file.path, "sha256": file.sha256, "bytes": file.bytes} for file in model.files],
        "recorded_in": model.noted_in,
        "entry": model.entry,
    }


def _lines(bound: list[Model]) -> Iterator[str]:
    for model in bound:
        yield f"bound: {model.name} to session {model.session_id}"
        yield f"  {model.sha256}  {model.path} ({counted(len(model.files), 'file')}, {model.bytes} bytes)"
        if len(model.files) > 1:
            yield from (f"  {file.sha256}  {file.path}" for file in model.files)
