"""Sealing ten million observations, the file that comes of it, and proofs from it: built, checked, their size."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from common import Result, recording, seconds

from origin.core.fingerprint import Kind
from origin.core.record import Delivered, Source
from origin.proofs.prove import prove_sample
from origin.proofs.verify_proof import Asked, check
from origin.query.verify import verify
from origin.storage.raw import RawReader
from origin.storage.reads import Reader

SIZE = 4096
SCRIPT = Path(__file__).parents[1] / "src/origin/proofs/verify_origin_proof.py"


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def run(observations: int = 10_000_000) -> list[Result]:
    chance = random.Random(1)
    batches = -(-observations // SIZE)
    count = batches * SIZE
    with recording() as (db, session_id, path):
        source, open_recording = Source("bench", "MIT"), db.recording(session_id)
        for step in range(batches):
            blob = chance.randbytes(32 * SIZE)
            digests = [blob[at : at + 32] for at in range(0, len(blob), 32)]
            if step == batches // 2:
                wanted = digests[17]
            db.put(open_recording, Delivered("bench", 0, step, digests, ((Kind.BYTES, source, SIZE),), SIZE))
        db.flush()
        before = resident_mb()
        sealed_s = seconds(lambda: db.end_session(session_id))
        grown = resident_mb() - before
        db.close()
        each = path.stat().st_size / count
        sealing = [
            Result(
                f"sealing {count:,} observations",
                f"{sealed_s:.1f} s",
                "< 60 s",
                sealed_s < 60,
                f"+{grown:.0f} MB after",
            ),
            Result("file size per distinct sample, one epoch, sealed", f"{each:.1f} B", "<= 100 B", each <= 100),
        ]
        return [*sealing, *proofs(path, wanted), verified(path, count)]


def proofs(path: Path, wanted: bytes) -> list[Result]:
    results = []
    for name, one, sightings in (("inclusion", wanted, 0), ("exposure", wanted, 8), ("absence", bytes(32), 0)):
        asked = Asked(fingerprint=one)
        made: list[bytes] = []

        def build(asked: Asked = asked, sightings: int = sightings, made: list[bytes] = made) -> None:
            with Reader(path) as reader:
                (session,) = reader.sessions()
                made.append(prove_sample(reader, session, asked, sightings)[0])

        built = seconds(build)
        checked = min(seconds(lambda asked=asked, made=made: check(made[0], asked)) for _ in range(5))  # type: ignore[misc]
        results += [
            Result(f"proof of {name} built", f"{built:.2f} s", "< 1 s", built < 1),
            Result(f"proof of {name} checked", f"{1000 * checked:.1f} ms", "< 50 ms", checked < 0.05),
        ]
        if not sightings:
            size = len(made[0])
            results.append(Result(f"proof of {name}", f"{size:,} B", "<= 4,096 B", size <= 4096))
    file = path.with_name("absence.proof")
    file.write_bytes(made[0])
    command = [sys.executable, "-I", str(SCRIPT), str(file), "--fingerprint", bytes(32).hex()]
    whole = seconds(lambda: subprocess.run(command, check=False, capture_output=True))
    note = "with the start of Python"
    return [*results, Result("the verifier that stands alone", f"{1000 * whole:.0f} ms", "< 500 ms", whole < 0.5, note)]


def verified(path: Path, count: int) -> Result:
    with RawReader(path) as reader:
        start = time.process_time()
        wall = seconds(lambda: verify(reader))
        took = time.process_time() - start
    rate = count / took
    note = f"of one core's time; {wall:.1f} s by the clock"
    return Result("`origin verify`", f"{rate:,.0f} observations/s", ">= 500,000", rate >= 500_000, note)
