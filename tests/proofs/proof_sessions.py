"""Recorded sessions to prove things of, and both verifiers. Import as `from proofs.proof_sessions import ...`."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin import ProvenanceDatabase
from origin.core.fingerprint import NO_DIGEST, Kind
from origin.core.record import SAMPLE, Delivered, Seen, Source
from origin.errors import OriginError
from origin.proofs import verify_origin_proof
from origin.proofs.prove import prove_sample
from origin.proofs.verify_proof import Asked, RejectedError, check
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from types import ModuleType

TRAIN, OTHER = Source("train", "MIT"), Source("other")
SCRIPT = Path(str(verify_origin_proof.__file__))


def digest(number: int) -> bytes:
    """Fingerprints in the order of their numbers, with room between them."""
    return (number << 8).to_bytes(4, "big") + bytes(28)


def between(number: int) -> bytes:
    """A fingerprint that stands directly behind `digest(number)` and is none of them."""
    return (number << 8).to_bytes(4, "big") + bytes(27) + b"\1"


def record(path: Path, *batches: list[bytes], source: Source = TRAIN, key: bytes | None = None) -> str:
    """A session with these batches, each an epoch of its own."""
    with ProvenanceDatabase(path, key=key) as db, db.begin_session("c") as session:
        for step, digests in enumerate(batches):
            runs = ((Kind.BYTES, source, len(digests)),) if digests else ()
            db.put(db.recording(session.session_id), Delivered("loader", step, step, digests, runs, 7))
    return session.session_id


def record_by_index(path: Path) -> str:
    """Items 0 to 2 are digests 1 to 3; each is named twice, item 1 after it changed; others have no fingerprint."""
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        recording = db.recording(session.session_id)
        items = Seen(SAMPLE, [digest(1), digest(2), digest(3)], ((Kind.VALUE, TRAIN, 3),), 9, [0, 1, 2])
        named = ((Kind.INDEX, TRAIN, 3),)
        db.put(recording, Delivered("loader", 0, 0, [NO_DIGEST] * 3, named, 0, [0, 1, 2], None, items))
        changed = Seen(SAMPLE, [digest(4)], ((Kind.VALUE, TRAIN, 1),), 9, [1])
        db.put(recording, Delivered("loader", 1, 1, [NO_DIGEST] * 3, named, 0, [2, 1, 0], None, changed))
        mixed = ((Kind.INDEX, TRAIN, 1), (Kind.VALUE, TRAIN, 2), (Kind.UNFINGERPRINTABLE, TRAIN, 3))
        db.put(recording, Delivered("loader", 2, 2, [NO_DIGEST, digest(1), NO_DIGEST], mixed, 0, [9, 0, 5]))
    return session.session_id


def proof(path: Path, asked: Asked, sightings: int = 8, checkpoint: str | None = None) -> bytes:
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        return prove_sample(reader, session, asked, sightings, checkpoint)[0]


def root(path: Path) -> bytes:
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        return session.root()


def alone() -> ModuleType:
    """The verifier that stands alone, loaded from its file."""
    spec = importlib.util.spec_from_file_location("alone", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ALONE = alone()


def codes(data: bytes, asked: Asked) -> tuple[int, int]:
    """What both verifiers say, as exit codes: 0 anchored, 1 rejected, 2 unusable, 3 not anchored."""
    return _origin(data, asked), _alone(data, asked)


def _origin(data: bytes, asked: Asked) -> int:
    try:
        return 0 if check(data, asked).anchored else 3
    except RejectedError:
        return 1
    except OriginError:
        return 2


def _alone(data: bytes, asked: Asked) -> int:
    given: dict[str, Any] = {
        "digest": asked.digest,
        "fingerprint": None if asked.fingerprint is None else asked.fingerprint.hex(),
        "no_license": asked.license,
        "root": None if asked.root is None else asked.root.hex(),
        "key": (asked.keys[0].name, asked.keys[0].public_key) if asked.keys else None,
        "secret": asked.secret,
        "model": None if asked.model is None else asked.model.hex(),
    }
    try:
        return 0 if ALONE.check(data, argparse.Namespace(**given))[1] else 3
    except ALONE.Rejected:
        return 1
    except ALONE.Unusable:
        return 2
