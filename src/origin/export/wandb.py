"""A session or a run as an artifact of Weights & Biases, of type `provenance`: the whole export as a file, and what it
comes to as metadata. Works offline.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import wandb
from wandb.errors import Error

from origin.errors import StorageError
from origin.export import json as json_export
from origin.export.facts import declaration_facts
from origin.export.files import write_whole
from origin.export.identity import plain_name
from origin.export.stated import NOASSERTION, inputs
from origin.export.summary import data_licenses, summary
from origin.licenses.rule_set import RULE_SET
from origin.query.display import visible
from origin.query.report import report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from origin.query.report import Report, SourceUse
    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession

TYPE = "provenance"
_FOLDER = "origin"
_TEXT = 2000
"""Characters of a recorded string in metadata; the files hold the whole."""

_LICENSES = 100


def log_to_wandb(
    reader: Reader,
    session: StoredSession | Scope,
    now: datetime,
    project: str,
    *,
    run: wandb.Run | None = None,
    directory: Path | None = None,
    card: str | None = None,
) -> Path:
    """Log a session, or a run of ours, as an artifact; returns the local directory of W&B's run, which holds the files.

    run: the run of the training, if it is still open; None makes one in `project` and ends it. directory: where W&B
    keeps local runs. card: the text of a provenance card, stored as `card.md`.
    WANDB_MODE=offline keeps all of it local, to be sent by `wandb sync`. Online, each source is also declared as an
    input of the run; W&B can do that online only.

    Our files are complete when this returns. W&B's own log of the run is so a moment later, and when the process ends.

    Raises StorageError where W&B refuses.
    """
    facts = report(reader, session)
    documents: dict[str, Iterable[str]] = {f"{facts.of.kind}.json": json_export.export(reader, facts.of, now)}
    if card is not None:
        documents["card.md"] = [card]
    with _errors():
        if run is not None:
            return _logged(run, facts, documents)
        settings = wandb.Settings(
            console="off",
            disable_code=True,
            disable_git=True,
            x_disable_meta=True,
            x_disable_stats=True,
            x_disable_machine_info=True,
            x_save_requirements=False,
        )
        own = wandb.init(
            project=project,
            dir=directory,
            job_type=TYPE,
            name=artifact_name(facts),
            settings=settings,
            reinit="create_new",
        )
        try:
            found = _logged(own, facts, documents)
        except BaseException:
            own.finish(exit_code=1)
            raise
        own.finish()
        return found


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (Error, ValueError, TypeError) as error:
        raise StorageError(
            f"Weights & Biases refused ({' '.join(str(error).split())[:200]}): check the project and the login, or set "
            "WANDB_MODE=offline"
        ) from error


def artifact_name(facts: Report) -> str:
    return f"origin-{plain_name(facts.of)}" if facts.of.is_run else f"origin-{_safe(facts.of.id)}"


def artifact(facts: Report, files: Iterable[Path]) -> wandb.Artifact:
    """The artifact with its files, which stay where they are and must not change.

    The digests of W&B are MD5 or XXH128, which prove nothing against an attacker: the SHA-256 of each file is in the
    metadata.
    """
    listed = list(files)
    metadata = {**_shown(summary(facts)), "sha256": {path.name: _sha256(path) for path in listed}}
    licenses = data_licenses(facts)
    metadata["licenses"] = [_shown(one) for one in licenses[:_LICENSES]]
    metadata["licenses_left_out"] = max(0, len(licenses) - _LICENSES)
    found = wandb.Artifact(artifact_name(facts), TYPE, summary(facts)["recorded"], metadata)
    for path in listed:
        found.add_file(str(path), path.name, policy="immutable")
    return found


def input_artifact(use: SourceUse) -> wandb.Artifact:
    """A source as an input: no files, the declaration as metadata. Its name is that of the revision."""
    facts = declaration_facts(use.source)
    facts["license"] = facts["license"] or NOASSERTION
    facts["license_concluded"] = facts["license_concluded"] or NOASSERTION
    facts["metadata"] = use.source.metadata
    facts["claims"] = [_shown(claim) for claim in facts["claims"][:_LICENSES]]
    name = f"{_safe(use.source.source_id)[:60]}-{facts['digest'][:16]}"
    return wandb.Artifact(name, "dataset", metadata={**_shown(facts), "rule_set": RULE_SET})


def _logged(run: wandb.Run, facts: Report, documents: dict[str, Iterable[str]]) -> Path:
    folder = Path(run.dir).parent
    target = folder / _FOLDER / _safe(facts.root)
    target.mkdir(parents=True, exist_ok=True)
    for name, pieces in documents.items():
        write_whole(target / name, pieces, force=True)
    if not run.offline:
        for use in inputs(facts):
            run.use_artifact(input_artifact(use))
    run.log_artifact(
        artifact(facts, [target / name for name in documents]), aliases=["latest", f"root-{facts.root[:16]}"]
    )
    return folder


def _shown(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: visible(value)[:_TEXT] if isinstance(value, str) else value for name, value in facts.items()}


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:100]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
