"""`origin impact`: ten thousand fingerprints, and a source, against a session of a million observations."""

from __future__ import annotations

import hashlib
import tracemalloc

from common import Result, recording, seconds

from origin.core.fingerprint import Kind
from origin.core.record import Delivered, Source
from origin.query.asked import Asked
from origin.query.impact import Impact, impact
from origin.storage.reads import Reader

BATCHES, SIZE, ASKED = 3907, 256, 10_000
SOURCES = (Source("kept", "MIT"), Source("withdrawn", "MIT"))


def digest(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def run() -> list[Result]:
    count = BATCHES * SIZE
    with recording() as (db, session_id, path):
        open_recording = db.recording(session_id)
        for step in range(BATCHES):
            digests = list(map(digest, range(step * SIZE, (step + 1) * SIZE)))
            runs = ((Kind.BYTES, SOURCES[0], SIZE - 6), (Kind.BYTES, SOURCES[1], SIZE))
            db.put(open_recording, Delivered("bench", 0, step, digests, runs, SIZE))
        db.end_session(session_id)
        db.close()
        listed = Asked(digests=frozenset(map(digest, range(0, 100 * ASKED, 100))))
        results = []
        for name, asked, expected in (
            (f"{ASKED:,} fingerprints", listed, ASKED),
            ("one fingerprint", Asked(digests=frozenset({digest(7)})), 1),
            ("a source", Asked(source_id="withdrawn"), 6 * BATCHES),
        ):
            found: list[Impact] = []

            def look(asked: Asked = asked, found: list[Impact] = found) -> None:
                with Reader(path) as reader:
                    found.append(impact(reader, asked, reader.sessions()))

            took = min(seconds(look) for _ in range(3))
            tracemalloc.start()
            look()
            peak = tracemalloc.get_traced_memory()[1] / 1e6
            tracemalloc.stop()
            assert found[0].sessions[0].share.observations == expected
            what = f"impact of {name} on {count:,} observations"
            results.append(Result(what, f"{took:.2f} s", "< 5 s", took < 5, f"at most {peak:.0f} MB of memory"))
    return results
