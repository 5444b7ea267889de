"""The hosts that samples came from, by volume (template of the AI Office, section 2.3): from keys that are URLs.

A host is what the URL says, in lower case: the list of registrable domains is no part of the standard library, and
changes. Memory stays flat: what is counted is sorted in files outside the record.
"""

from __future__ import annotations

import csv
import hashlib
import heapq
import io
import tempfile
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from origin.core.fingerprint import Kind
from origin.query import count
from origin.query.display import visible
from origin.regulators.record import CATEGORIES, CRAWL
from origin.storage import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from origin.storage.reads import Reader, StoredBatch, StoredSession

Sighting = tuple[str, bytes]
"""A host, and the fingerprint of a sample from it; empty where the sample has none."""

_SCHEMES = frozenset({"http", "https", "ftp"})
_HELD = 200_000
"""Sightings in memory at a time."""

_OPEN = 64
"""Files that are merged at a time."""


@dataclass(frozen=True, slots=True)
class Host:
    """samples: distinct, as far as they have fingerprints. observations: with repeats, as in several epochs."""

    name: str
    samples: int
    observations: int


@dataclass(frozen=True, slots=True)
class Hosts:
    """number: of all hosts. listed: the largest of them, that the list holds. share: in percent, at most `most`.

    elsewhere: observations whose key is a URL, from sources of which another category than web-crawl is stated.
    """

    number: int
    listed: int
    share: int
    most: int | None
    observations: int
    elsewhere: int
    sha256: str
    path: Path

    def csv(self) -> Iterator[str]:
        """The list, the largest first: a header line, then a line for each host."""
        return _csv(islice(_largest(self.path), self.listed))


@contextmanager
def hosts(
    reader: Reader, sessions: Iterable[StoredSession], *, small: bool = False, held: int = _HELD
) -> Iterator[Hosts]:
    """The hosts of what was crawled, as long as the context lasts. small: the provider is a small enterprise.

    A source counts unless another category than web-crawl is stated for it.
    """
    share, most = (5, 1000) if small else (10, None)
    with tempfile.TemporaryDirectory(prefix="origin-", dir=count.scratch()) as directory:
        folder = Path(directory)
        elsewhere: Counter[str] = Counter()
        sightings = _sightings(reader, sessions, elsewhere)
        lines = (f"{host}\t{digest.hex()}" for host, digest in sightings)
        counted = _per_host(_sorted(lines, folder, "sighting", held))
        ranked = folder / "ranked"
        number = observations = 0
        with ranked.open("w", encoding="utf-8", errors="surrogatepass") as stream:
            ordered = (f"{_LAST - one.samples:019}\t{one.name}\t{one.samples}\t{one.observations}" for one in counted)
            for line, _ in _sorted(ordered, folder, "host", held):
                stream.write(line + "\n")
                number += 1
                observations += int(line.rpartition("\t")[2])
        listed = min(-(-number * share // 100), number if most is None else most)
        digest = hashlib.sha256()
        for piece in _csv(islice(_largest(ranked), listed)):
            digest.update(piece.encode())
        yield Hosts(number, listed, share, most, observations, elsewhere["elsewhere"], digest.hexdigest(), ranked)


_LAST = 10**18


def _sightings(reader: Reader, sessions: Iterable[StoredSession], elsewhere: Counter[str]) -> Iterator[Sighting]:
    for session in sessions:
        left_out = {
            number
            for number, source in reader.sources(session.row)
            if source.category in CATEGORIES and source.category != CRAWL
        }
        for stored in reader.batches(session.row):
            if stored.keys is not None:
                yield from _of_batch(stored, left_out, elsewhere)


def _of_batch(stored: StoredBatch, left_out: set[int], elsewhere: Counter[str]) -> Iterator[Sighting]:
    keys = rows.unpack_keys(stored.keys) or []
    digests = rows.unpack_digests(stored.fingerprints)
    start = 0
    for kind, number, end in rows.unpack_runs(stored.runs):
        for position in range(start, min(end, len(keys))):
            host = host_of(keys[position])
            if host is None:
                continue
            if number in left_out:
                elsewhere["elsewhere"] += 1
            else:
                yield host, b"" if kind == Kind.UNFINGERPRINTABLE else digests[position]
        start = end


def host_of(key: str | None) -> str | None:
    """The host of a key that is a URL of the web, in lower case and without a last dot."""
    if not key or "://" not in key[:8]:
        return None
    try:
        parts = urlsplit(key)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES or not host:
        return None
    host = visible(host.removesuffix("."))
    return host or None


def _per_host(sightings: Iterable[tuple[str, int]]) -> Iterator[Host]:
    for name, group in groupby(sightings, key=lambda one: one[0].partition("\t")[0]):
        samples = observations = 0
        for line, times in group:
            samples += not line.endswith("\t")
            observations += times
        yield Host(name, samples, observations)


def _sorted(lines: Iterable[str], folder: Path, name: str, held: int) -> Iterator[tuple[str, int]]:
    """The distinct lines in order, each with how often it was there; no more than `held` of them in memory."""
    files: list[Path] = []
    counter: Counter[str] = Counter()

    def spill(counted: Iterable[tuple[str, int]]) -> Path:
        path = folder / f"{name}-{next(numbers)}"
        with path.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as stream:
            stream.writelines(f"{line}\t{times}\n" for line, times in counted)
        return path

    numbers = iter(range(1 << 62))
    for line in lines:
        counter[line] += 1
        if len(counter) >= held:
            files.append(spill(sorted(counter.items())))
            counter.clear()
            if len(files) >= _OPEN:
                files = [_merged_into(files, spill)]
    if not files:
        yield from sorted(counter.items())
        return
    files.append(spill(sorted(counter.items())))
    counter.clear()
    yield from _merged(files)


def _merged_into(files: Sequence[Path], spill: Callable[[Iterable[tuple[str, int]]], Path]) -> Path:
    merged = spill(_merged(files))
    for file in files:
        file.unlink()
    return merged


def _merged(files: Sequence[Path]) -> Iterator[tuple[str, int]]:
    with ExitStack() as stack:
        streams = [
            stack.enter_context(file.open(encoding="utf-8", errors="surrogatepass", newline="\n")) for file in files
        ]
        for line, group in groupby(heapq.merge(*map(_counted, streams)), key=lambda one: one[0]):
            yield line, sum(times for _, times in group)


def _counted(stream: Iterable[str]) -> Iterator[tuple[str, int]]:
    for written in stream:
        line, _, times = written.rstrip("\n").rpartition("\t")
        yield line, int(times)


def _largest(path: Path) -> Iterator[Host]:
    with path.open(encoding="utf-8", errors="surrogatepass") as stream:
        for line in stream:
            _, name, samples, observations = line.rstrip("\n").split("\t")
            yield Host(name, int(samples), int(observations))


def _csv(listed: Iterable[Host]) -> Iterator[str]:
    yield _row("host", "samples", "observations")
    for one in listed:
        yield _row(_harmless(one.name), str(one.samples), str(one.observations))


def _harmless(text: str) -> str:
    """With an apostrophe in front of what a spreadsheet would take for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _row(*cells: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()
