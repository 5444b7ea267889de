from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin.cli.arguments import add_command
from origin.cli.output import answer, counted
from origin.cli.record import checked_key, opened
from origin.errors import NotFoundError, UsageError
from origin.export.files import write_whole
from origin.proofs.anchors import OutOfReachError, remembered
from origin.proofs.checkpoint import Checkpoint
from origin.proofs.prove import MODEL_SIGHTINGS, SIGHTINGS, fingerprint_of, prove_no_license, prove_sample
from origin.proofs.verify_proof import Asked, RejectedError
from origin.query.engine import find_session
from origin.query.models import models
from origin.query.presence import find_license
from origin.storage.models import digested, listed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from origin.cli.arguments import Parser, Subparsers
    from origin.proofs.verify_proof import Proven, ProvenModel
    from origin.storage.reads import Reader, StoredSession

_PRESENT = 1
_LISTED = 100
"""Sightings that are listed in the text."""
_ABOUT = """\
One small file, which `origin verify-proof` or the single file verify_origin_proof.py checks without the database: how
often the sample was observed, or that it never was. It proves what is recorded, against the root of the session's log;
whoever keeps that root, or a signed checkpoint of it, need trust nobody. Once `origin checkpoint --key` has signed the
ended session, its proofs carry that checkpoint.

With --model it says too whether the model, a checkpoint that was recorded while the session went on, had been delivered
the sample when it was saved: how many of its observations come before. Delivered is not trained on.

A session has a sealed set to prove from once it has ended. A licence is proven absent as the text that was claimed;
where a claim means that licence under another name, or may, none is written."""


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "prove",
        run,
        summary="prove to others that a sample was, or was not, among what a session recorded",
        usage="(SAMPLE | --file PATH | --text STRING | --no-license LICENSE) --session S [--model FILE] -o FILE",
        about=_ABOUT,
        examples="origin prove --file photo.png --session latest -o photo.proof\n"
        "origin prove 9f86d081 --session 3f2a --checkpoint run-7.checkpoint -o sample.proof\n"
        "origin prove --file photo.png --session latest --model model-500.pt -o not-in-500.proof\n"
        "origin prove --no-license GPL-3.0-only --session latest -o no-gpl.proof",
    )
    parser.add_argument("sample", metavar="SAMPLE", nargs="?", help="a fingerprint; its first digits if it is recorded")
    parser.add_argument("--file", metavar="PATH", help="the sample is what this file holds")
    parser.add_argument("--text", metavar="STRING", help="the sample is this text")
    parser.add_argument("--no-license", metavar="LICENSE", help="prove that no source was claimed to have it")
    parser.add_argument("--session", metavar="S", required=True, help="the start of a session id, or `latest`")
    parser.add_argument(
        "--model", metavar="FILE", help="prove whether this model had been delivered it: a file, or its SHA-256"
    )
    parser.add_argument("--checkpoint", metavar="FILE", help="carry this checkpoint, not one that is remembered")
    parser.add_argument(
        "--sightings",
        metavar="N",
        type=int,
        help=f"show the first N sightings in full (else {SIGHTINGS}, with --model all up to {MODEL_SIGHTINGS}; "
        "about 1 KB each)",
    )
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="write the proof to this file")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")
    return parser


def run(arguments: argparse.Namespace) -> int:
    given = [arguments.sample, arguments.file, arguments.text, arguments.no_license]
    if sum(value is not None for value in given) != 1 or (arguments.sightings or 0) < 0:
        raise UsageError("prove needs one of SAMPLE, --file PATH, --text STRING, --no-license LICENSE; N is at least 0")
    if arguments.model is not None and arguments.no_license is not None:
        raise UsageError("--model is about a sample: give SAMPLE, --file or --text with it, not --no-license")
    with opened(arguments) as reader:
        session = find_session(reader, arguments.session)
        checkpoint = _remembered(session) if arguments.checkpoint is None else _text(arguments.checkpoint)
        if arguments.no_license is not None:
            refusal = _claimed(reader, session, arguments.no_license)
            if refusal:
                return _refused(arguments, session, refusal)
            try:
                data, proven = prove_no_license(reader, session, arguments.no_license, checkpoint)
            except RejectedError as error:
                return _refused(arguments, session, [str(error)])
        else:
            asked = _asked(arguments, reader, session)
            model = _model(reader, session, asked.model)
            shown = SIGHTINGS if model is None else MODEL_SIGHTINGS
            shown = shown if arguments.sightings is None else arguments.sightings
            data, proven = prove_sample(reader, session, asked, shown, checkpoint, model)
        database = reader.path
    path = Path(arguments.output)
    if path.exists() and database.samefile(path):
        raise UsageError(f"{path} is the database itself: name another file")
    write_whole(path, [data.decode("ascii")], force=arguments.force)
    document = {
        "session_id": proven.session_id,
        "path": str(path),
        "size": len(data),
        "proven": facts(proven),
    }
    answer(arguments, document, [*lines(proven), f"{path} was written: {len(data)} bytes"])
    return 0


def facts(proven: Proven) -> dict[str, Any]:
    """What a proof proves, as JSON."""
    names = ("fingerprint", "loader", "epoch", "step", "position", "entry")
    return {
        "samples": [{"fingerprint": fingerprint, "count": count} for fingerprint, count in proven.counts],
        "sightings": [dict(zip(names, sighting, strict=True)) for sighting in proven.sightings],
        "model": None if proven.model is None else _model_facts(proven, proven.model),
        "license": proven.license,
        "claims": dict(proven.claims),
        "without_claim": proven.without_claim,
        "session_id": proven.session_id,
        "status": proven.status,
        "observations": proven.observations,
        "without_fingerprint": proven.without_fingerprint,
        "gaps": proven.gaps,
        "root": proven.root.hex(),
        "entries": proven.size,
    }


def lines(proven: Proven) -> list[str]:
    """What a proof proves, and what it does not."""
    found = []
    for fingerprint, count in proven.counts:
        times = f"observed {counted(count, 'time')}" if count else "not observed"
        found.append(f"proven: {fingerprint} was {times} in session {proven.session_id}")
    found += [
        f"  loader {loader}, epoch {epoch}, step {step}, position {position} (entry {entry})"
        for _, loader, epoch, step, position, entry in proven.sightings[:_LISTED]
    ]
    if len(proven.sightings) > _LISTED:
        found.append(f"  and {len(proven.sightings) - _LISTED} more (--json lists all)")
    if proven.model is not None:
        found += _model_lines(proven, proven.model)
    if any(count == 0 for _, count in proven.counts):
        found.append("  in this form: what a loader makes of a sample, and delivers, has another fingerprint")
    if proven.license is not None:
        found.append(
            f"proven: in session {proven.session_id} no observation came from a source for which the text "
            f"{proven.license!r} was claimed"
        )
        found += [f"  {counted(count, 'observation')}: {text}" for text, count in proven.claims]
        found.append(f"  {counted(proven.without_claim, 'observation')}: nothing was claimed")
        found.append("the texts are as they were claimed: what they mean is an interpretation, not proven")
    found.append(f"session: {proven.status}, {counted(proven.observations, 'observation')}")
    if proven.without_fingerprint or proven.gaps:
        found.append(
            f"nothing is proven of {counted(proven.without_fingerprint, 'observation')} without a fingerprint, and of "
            f"what {counted(proven.gaps, 'gap')} may hide"
        )
    return [*found, f"root: {proven.root.hex()} ({proven.size} entries)"]


def _model_facts(proven: Proven, model: ProvenModel) -> dict[str, Any]:
    names = ("fingerprint", "count", "shown", "before")
    delivered = [dict(zip(names, one, strict=True)) for one in proven.before_model()]
    return {
        "name": model.name,
        "sha256": model.sha256,
        "position": model.after,
        "entry": model.entry,
        "delivered": delivered,
    }


def _model_lines(proven: Proven, model: ProvenModel) -> Iterator[str]:
    yield f"proven: model {model.name!r} ({model.sha256}) was saved after the first {model.after} entries of the log"
    for fingerprint, count, shown, before in proven.before_model():
        observations = counted(count, "observation")
        if before:
            least = "" if shown == count else "at least "
            yield f"  it had been delivered {fingerprint}: {least}{before} of its {observations} come before it"
        elif shown == count:
            yield f"  it had not been delivered {fingerprint}: none of its {observations} comes before it"
        else:
            yield f"  nothing is proven of {fingerprint}: of its {observations} only {shown} shown (--sightings)"


def _asked(arguments: argparse.Namespace, reader: Reader, session: StoredSession) -> Asked:
    model = model_digest(arguments.model)
    if arguments.sample is not None:
        return Asked(fingerprint=fingerprint_of(reader, session, arguments.sample), model=model)
    return Asked(digest=digest_of(arguments.file, arguments.text), secret=checked_key(arguments), model=model)


def _model(reader: Reader, session: StoredSession, digest: bytes | None) -> int | None:
    """The entry of the model that was recorded first with that digest, as its own or that of one of its files."""
    if digest is None:
        return None
    name = session.begin.session_id[:12]
    wanted = digest.hex()
    found = [
        model for model in models(reader, session) if wanted in (model.sha256, *(file.sha256 for file in model.files))
    ]
    if not found:
        raise NotFoundError(f"session {name} has no model with SHA-256 {wanted}: `origin inspect {name}` lists them")
    for model in found:
        if model.sequence is not None:
            return model.entry
    raise NotFoundError(
        f"model {found[0].name!r:.80} was bound after session {name} had ended: which batches came before it is not "
        "recorded; prove the sample without --model"
    )


def model_digest(given: str | None) -> bytes | None:
    """The SHA-256 of a model: of a file, of a folder as `origin bind` takes it, or as 64 hexadecimal digits."""
    if given is None:
        return None
    if len(given) == 64 and not set(given.lower()) - set("0123456789abcdef") and not Path(given).exists():
        return bytes.fromhex(given)
    return bytes.fromhex(digested(listed(given)).sha256)


def digest_of(file: str | None, text: str | None) -> bytes:
    """The SHA-256 of a file or a text."""
    if file is None:
        return hashlib.sha256(str(text).encode("utf-8", "surrogatepass")).digest()
    with Path(file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def _remembered(session: StoredSession) -> str | None:
    """The signed checkpoint of the whole session that `origin checkpoint` remembered, if there is one."""
    try:
        one = remembered().get(session.begin.session_id)
    except OutOfReachError:
        return None
    if one is None:
        return None
    signed = one.read()
    head = Checkpoint.of_session(session.begin.session_id, session.size, session.root())
    return str(signed) if signed.signatures and signed.checkpoint == head else None


def _text(name: str) -> str:
    try:
        return Path(name).read_bytes().decode()
    except UnicodeDecodeError:
        raise UsageError(f"{name} is no checkpoint: it is no text") from None


def _claimed(reader: Reader, session: StoredSession, license_id: str) -> list[str]:
    """Why absence is not to be proven: claims that mean the licence, whatever their text, or that may mean it."""
    found = find_license(reader, license_id)
    used = [use for use in found.uses if use.session.row == session.row and use.observations]
    claims = [
        f"{branch.source_id} claims {branch.claim!r}" if branch.claim else f"{branch.source_id} claims nothing"
        for use in used
        for branch in use.branches
    ]
    tally = reader.tally(session.row) or {}
    texts = {
        text
        for number, source in reader.sources(session.row)
        if tally.get(number, (0, 0))[0]
        for text in (source.license_id, *(claim.text for claim in source.claims))
    }
    return [*claims, *(f"{claim!r} may mean it" for claim in found.possible if claim in texts)]


def _refused(arguments: argparse.Namespace, session: StoredSession, reasons: list[str]) -> int:
    document = {"session_id": session.begin.session_id, "path": None, "size": 0, "proven": None, "present": reasons}
    shown = [f"the absence of {arguments.no_license} cannot be proven:", *(f"  {reason}" for reason in reasons)]
    answer(arguments, document, shown)
    return _PRESENT
