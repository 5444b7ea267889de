"""A session or a run as an in-toto Statement v1 with a SLSA provenance v1 predicate (docs/exports/intoto.md).

The statement is JSON as the two specifications define it: https://in-toto.io/Statement/v1 and
https://slsa.dev/provenance/v1. `origin.export.dsse` signs it.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from origin.errors import UsageError, shown
from origin.export import jsonl
from origin.export.identity import link, plain_name
from origin.export.stated import NAMESPACE, inputs, log_statement, moment, portable, use_statement
from origin.query.report import report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from origin.core.record import Source
    from origin.query.report import Report
    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPES = {"session": f"{NAMESPACE}training-session:1", "run": f"{NAMESPACE}training-run:1"}
BUILDER = f"{NAMESPACE}recorder"
LOG_ROOT = "originLogRoot"
"""Our name in a DigestSet for the root of a session's log, or of a run.

An RFC 9162 tree with SHA-256, as lower-case hexadecimal.
"""

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}", re.ASCII)
_TOLD_APART = "a statement tells its subjects apart by their names"
_GIT = ("git+", "hf://", "https://huggingface.co/")


def export(
    reader: Reader, session: StoredSession | Scope, now: datetime, subjects: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The statement. subjects: names and SHA-256 (lower-case hexadecimal) of the files that the session or run made.

    Without subjects the statement is about the log itself. Raises UsageError for digests that are none.
    """
    about = None if subjects is None else _subjects(subjects)
    facts = report(reader, session)
    statement = _statement(facts, _manifest(reader, facts.of, now), about)
    yield json.dumps(statement, indent=1, sort_keys=True) + "\n"


def digests(files: Iterable[Path]) -> dict[str, str]:
    """Names and SHA-256 of files, for `subjects`. Raises UsageError for two of one name, OSError."""
    found: dict[str, str] = {}
    for path in files:
        if path.name in found:
            raise UsageError(f"two files are named {shown(path.name)}: {_TOLD_APART}")
        with path.open("rb") as stream:
            found[path.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def _subjects(subjects: Mapping[str, str]) -> list[dict[str, Any]]:
    found = {str(one["name"]): one for one in (_subject(*pair) for pair in sorted(subjects.items()))}
    if not found:
        raise UsageError("no file was named as the session's product: name at least one, or leave them out")
    if len(found) < len(subjects):
        raise UsageError(f"two files are named alike among {shown(sorted(subjects))}: {_TOLD_APART}")
    return list(found.values())


def _subject(name: str, digest: str) -> dict[str, Any]:
    if not isinstance(name, str) or not name:
        raise UsageError(f"{shown(name)} names no file: name what the session made")
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise UsageError(
            f"the digest of {shown(name)} is {shown(digest)}: a SHA-256 has 64 lower-case hexadecimal digits"
        )
    return {"name": portable(name), "digest": {"sha256": digest}}


def _manifest(reader: Reader, recorded: Scope, now: datetime) -> str:
    """The SHA-256 of the record as JSON lines, which everybody can compute with nothing of ours."""
    hasher = hashlib.sha256()
    for piece in jsonl.export(reader, recorded, now):
        hasher.update(piece.encode())
    return hasher.hexdigest()


def _statement(facts: Report, manifest: str, about: list[dict[str, Any]] | None) -> dict[str, Any]:
    name = f"origin-{plain_name(facts.of)}"
    log = {"name": name, "digest": {LOG_ROOT: facts.root}}
    lines = {"name": f"{name}.jsonl", "digest": {"sha256": manifest}}
    return {
        "_type": STATEMENT_TYPE,
        "subject": about or [log, lines],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": _definition(facts),
            "runDetails": {
                "builder": {"id": BUILDER, "version": {"origin": portable(facts.of.origin_version)}},
                "metadata": _metadata(facts.of),
                "byproducts": [{**log, "annotations": log_statement(facts)}, lines],
            },
        },
    }


def _definition(facts: Report) -> dict[str, Any]:
    about = facts.of
    parameters: dict[str, Any] = {"config_hash": about.config_hash, "metadata": about.metadata}
    if about.is_run:
        parameters |= {"run_id": about.id, "sessions": [one.begin.session_id for one in about.sessions]}
    else:
        begin = facts.session.begin
        parameters |= {"run_id": begin.run_id, "rank": begin.rank, "world_size": begin.world_size}
    return {
        "buildType": BUILD_TYPES[about.kind],
        "externalParameters": portable(parameters),
        "resolvedDependencies": [
            {**_reference(use.source), "annotations": use_statement(use)} for use in inputs(facts)
        ],
    }


def _reference(source: Source) -> dict[str, Any]:
    """What names a source to others: its name, where it is, and what fixes its content where that was stated."""
    reference: dict[str, Any] = {"name": portable(source.source_id)}
    if (uri := link(source.uri)) is not None:
        reference["uri"] = uri
    if digest := fixed(source.uri or "", source.revision or ""):
        reference["digest"] = digest
    return reference


def fixed(uri: str, revision: str) -> dict[str, str]:
    """A stated revision as a digest, where it is one beyond doubt: a commit of what lies in git, or `sha256:...`."""
    content = revision.removeprefix("sha256:")
    if content != revision and _SHA256.fullmatch(content):
        return {"sha256": content}
    return {"gitCommit": revision} if _COMMIT.fullmatch(revision) and uri.startswith(_GIT) else {}


def _metadata(about: Scope) -> dict[str, str]:
    times = {"startedOn": moment(about.started_at), "finishedOn": moment(about.ended_at)}
    known = {name: time for name, time in times.items() if time is not None}
    return {"invocationId": portable(about.id), **known}
