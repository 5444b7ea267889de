"""How format-1.1.sqlite was made, once. Not run again: the file must be read and verified by every later version."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from pathlib import Path

from origin import ProvenanceDatabase
from origin.core.fingerprint import NO_DIGEST, Kind
from origin.core.record import EVALUATED, RAW, SAMPLE, SKIPPED, TRAINED, Delivered, Gap, Seen, Source, Used
from origin.hooks.base import BaseHook, Sample
from origin.proofs.erasure import erase
from origin.proofs.prove import prove_sample
from origin.proofs.verify_proof import Asked
from origin.query.verify import complaint
from origin.storage.reads import Reader

IMAGES = Source("images", "MIT", "https://example.org/images", revision="r1")


def digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def main() -> None:
    path = Path(__file__).with_name("format-1.1.sqlite")
    with ProvenanceDatabase(path) as db, tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        db.register_source("web", license_id="CC-BY-4.0", uri="https://example.org/data", metadata={"pages": 3})
        model = Path("model.bin")
        model.write_bytes(b"weights")
        with db.begin_session(
            config_hash="golden", metadata={"seed": 1}, run_id="run", rank=0, world_size=2
        ) as session:
            hook = BaseHook(db, session.session_id, "lines", "MIT")
            batches = [[b"a", "a", 5, Sample("b", source="web", index=300, key="k")], [object()], [[1, 2], {"x": 1.5}]]
            for _epoch in range(2):
                list(hook.wrap(batches, name="train"))
            for loader in ("rows", "views"):
                db.note(session.session_id, "index-mode", {"loader": loader})
            recording = db.recording(session.session_id)
            items = Seen(SAMPLE, [digest("row 0"), digest("row 1")], ((Kind.VALUE, IMAGES, 2),), 20, [0, 1])
            named = ((Kind.INDEX, IMAGES, 3),)
            raw = Seen(RAW, [digest("raw 7")], ((Kind.BYTES, IMAGES, 1),), 4, [7])
            for entry in (
                Delivered("rows", 0, 0, [NO_DIGEST] * 3, named, 0, [0, 1, 0], None, items),
                Delivered("views", 0, 0, [digest("view 7")], ((Kind.VALUE, IMAGES, 1),), 9, [7], None, raw),
                Used("rows", 0, 0, TRAINED, 1, "optimizer step"),
                Used("train", 0, 1, SKIPPED, 1, "gradient scaler"),
                Used("train", 2, 5, EVALUATED, 0, "declared"),
                Gap("observer", "cannot look at this", 1, None, "rows", 0, 1),
            ):
                db.put(recording, entry)
            db.note(session.session_id, "acme:note", {"said": "once"})
            db.bind(session.session_id, model, how="recorded", steps=1)
            list(hook.wrap([[b"late", b"a"]], name="later"))
        db.bind(session.session_id, model, how="bind")
        db.begin_session(config_hash="never ended")
    with Reader(path) as reader:
        (found,) = reader.sessions_by_prefix(session.session_id)
        path.with_name("format-1.1.proof").write_bytes(prove_sample(reader, found, Asked(fingerprint=digest("a")))[0])
    erase(path, [digest("a"), digest("row 1")], complaint, "golden")


if __name__ == "__main__":
    main()
