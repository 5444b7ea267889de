"""Making proof files from a record, each checked as its reader will check it before it is handed out."""

from __future__ import annotations

from bisect import bisect_right
from itertools import islice
from typing import TYPE_CHECKING, Any

from origin.core.entry import entry_bytes, observation_hash
from origin.core.fingerprint import CONTENT_KINDS
from origin.core.merkle import leaf_hash
from origin.core.record import NO_INDEX, Note
from origin.errors import AmbiguousError, NotFoundError, UnreadableDatabaseError, UsageError
from origin.proofs.proof_file import MODEL, NO_LICENSE, SAMPLE, VERSION, packed_path, written
from origin.proofs.sealed_set import Committed, StoredSet, committed, stored_set
from origin.proofs.verify_proof import Asked, Proven, RejectedError, check, keyed
from origin.storage import rows
from origin.storage.by_index import Item, are_samples, one_name_each, read_entry, read_observations, read_places
from origin.storage.log import SEALED_SET
from origin.storage.log_leaves import known_path, levels, log_leaves, parts
from origin.storage.models import MODEL as MODEL_NOTE
from origin.storage.sealed_set import EDGE, license_counts, path, read_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.storage.reads import Reader, StoredBatch, StoredSession

SIGHTINGS = 8
"""Sightings that a proof shows in full unless it is told otherwise: about 1 KB each."""

MODEL_SIGHTINGS = 4000
"""The same for a proof about a model, which is whole only if it shows all of them."""

_MIN_DIGITS = 4
_KINDS = frozenset(map(int, CONTENT_KINDS))


def prove_sample(
    reader: Reader,
    session: StoredSession,
    asked: Asked,
    sightings: int = SIGHTINGS,
    checkpoint: str | None = None,
    model: int | None = None,
) -> tuple[bytes, Proven]:
    """A proof of how often a sample was observed in a session, or that it was not, and what it proves.

    sightings: how many of them are shown in full. checkpoint: the text of one of this session's log, signed or not.
    model: the number of the entry that binds a model, the one that is asked about: what had been delivered when it was
    saved is then proven.
    Raises NotFoundError for a session without a sealed set, UnreadableDatabaseError for a damaged record, UsageError.
    """
    found = committed(reader, session)
    stored = stored_set(reader, session, found.samples)
    log = _Log(reader, session)
    samples = []
    for digest in _fingerprints(found, asked):
        place = stored.place(digest)
        if place < stored.size and stored.member(place)[0] == digest:
            sample = {"index": place, **_member(stored, place), "sightings": []}
            for one in islice(_sightings(reader, session, digest), sightings):
                sample["sightings"].append(_with_entries(one, log))
        else:
            left = _member(stored, place - 1) if place else None
            right = _member(stored, place) if place < stored.size else None
            sample = {"fingerprint": digest.hex(), "left": left, "place": place, "right": right}
        samples.append(sample)
    claim = SAMPLE if model is None else MODEL
    document = {**_common(reader, session, found, claim, checkpoint), "samples": samples}
    if model is not None:
        document["model"] = _bound(reader, session, model, log)
    return _checked(reader, document, asked)


def prove_no_license(
    reader: Reader, session: StoredSession, license_id: str, checkpoint: str | None = None
) -> tuple[bytes, Proven]:
    """A proof that no observation of a session came from a source for which a licence text was claimed.

    Raises RejectedError where some did; otherwise as `prove_sample`.
    """
    found = committed(reader, session)
    tally = reader.tally(session.row) or {}
    counts = license_counts(reader.sources(session.row), {source: seen for source, (seen, _) in tally.items()})
    document = _common(reader, session, found, NO_LICENSE, checkpoint)
    asked = Asked(license=license_id)
    data = written({**document, "license": license_id, "licenses": counts})
    return data, check(data, asked)


def fingerprint_of(reader: Reader, session: StoredSession, prefix: str) -> bytes:
    """The fingerprint that `prefix` is, or starts: 4 to 64 hexadecimal digits.

    Raises UsageError, AmbiguousError, and NotFoundError: what is not in the set must be given in full.
    """
    digits = prefix.lower()
    if not _MIN_DIGITS <= len(digits) <= 64 or set(digits) - set("0123456789abcdef"):
        raise UsageError(
            f"{prefix!r:.80} is no fingerprint: give 4 to 64 hexadecimal digits, or the sample by --file or --text"
        )
    if len(digits) == 64:
        return bytes.fromhex(digits)
    stored = stored_set(reader, session, committed(reader, session).samples)
    first = stored.first_from(bytes.fromhex(digits.ljust(64, "0")))
    there = (stored.member(place)[0] for place in range(first, stored.size) if place not in stored.erased)
    found = [digest for digest in islice(there, 2) if digest.hex().startswith(digits)]
    if not found:
        raise NotFoundError(f"no sample of the session starts with {digits}: an absence needs all 64 digits")
    if len(found) > 1:
        raise AmbiguousError(f"several samples of the session start with {digits}: give more digits")
    return found[0]


def _fingerprints(found: Committed, asked: Asked) -> list[bytes]:
    if asked.fingerprint is not None:
        return [asked.fingerprint]
    if asked.digest is None:
        raise UsageError("a proof is about one sample: give its fingerprint, or the sample")
    if found.stated.get("key_id") is None:
        return [asked.digest]
    if asked.secret is None:
        raise UsageError("the session was recorded with a key: give it by --key-file, or give a recorded fingerprint")
    return [bytes.fromhex(one) for one in keyed(asked.secret, asked.digest)]


def _common(
    reader: Reader, session: StoredSession, found: Committed, claim: str, checkpoint: str | None
) -> dict[str, Any]:
    end = session.end
    if end is None or session.size != found.entry + 2:
        raise UnreadableDatabaseError(f"{reader.path} has another head than its log: run `origin verify`")
    edge = read_page(reader, session.row, EDGE, 0)
    try:
        stored = edge.content if edge is not None and isinstance(edge.content, bytes) else b"?"
        known = parts(found.entry, rows.unpack_digests(stored))
    except ValueError as error:
        raise UnreadableDatabaseError(
            f"{reader.path} has lost a part of the sealed set: run `origin verify`"
        ) from error
    for number, entry in ((found.entry, Note(SEALED_SET, found.text)), (found.entry + 1, end)):
        known[number, number + 1] = leaf_hash(entry_bytes(entry))
    return {
        "checkpoint": checkpoint,
        "claim": claim,
        "end": {
            "batches": end.batches,
            "ended_at": end.ended_at,
            "gaps": end.gaps,
            "observations": end.observations,
            "path": packed_path(known_path(known, found.entry + 1, session.size)),
            "status": end.status,
        },
        "proof": VERSION,
        "root": session.root().hex(),
        "set": {"content": found.text, "path": packed_path(known_path(known, found.entry, session.size))},
        "size": session.size,
    }


def _member(stored: StoredSet, place: int) -> dict[str, Any]:
    digest, count = stored.member(place)
    return {"count": count, "fingerprint": digest.hex(), "path": packed_path(stored.path(place))}


def _sightings(reader: Reader, session: StoredSession, digest: bytes) -> Iterator[dict[str, Any]]:
    """The sightings of a sample that can be shown, in order, still without their entries' paths."""
    direct: list[int] = []
    items: list[Item] = []
    for sequence in reader.sightings(session.row, digest):
        stored = reader.batch(session.row, sequence)
        if stored is not None:
            direct.append(sequence)
        elif are_samples(reader, session.row, sequence):
            found = read_entry(reader, session.row, sequence)[1]
            items += [item for item in found if item.digest == digest and item.kind in _KINDS]
    if not items:
        for sequence in direct:
            yield from _in_batch(reader, session, sequence, _direct_positions(reader, session, sequence, digest), None)
        return
    yield from _mixed(reader, session, digest, direct, items)


def _mixed(
    reader: Reader, session: StoredSession, digest: bytes, direct: list[int], items: list[Item]
) -> Iterator[dict[str, Any]]:
    """With observations by index among them, which are found by the place that they name."""
    found: dict[int, list[tuple[int, Item | None]]] = {
        sequence: [(position, None) for position in _direct_positions(reader, session, sequence, digest)]
        for sequence in direct
    }
    names = one_name_each(reader.sources(session.row))
    for source, index in sorted({(names[item.source], item.index) for item in items}):
        same = {number for number, name in names.items() if name == source}
        history = sorted(read_places(reader, session.row, same, index), key=lambda item: (item.sequence, item.digest))
        before = [item.sequence for item in history]
        for sequence, position, seen_as in read_observations(reader, session.row, same, index):
            at = bisect_right(before, sequence)
            # What was declared anew in between is counted, but not shown: that would take both declarations.
            if at and history[at - 1].digest == digest and history[at - 1].source == seen_as:
                found.setdefault(sequence, []).append((position, history[at - 1]))
    for sequence in sorted(found):
        for position, item in sorted(found[sequence], key=lambda one: one[0]):
            yield from _in_batch(reader, session, sequence, [position], item)


def _direct_positions(reader: Reader, session: StoredSession, sequence: int, digest: bytes) -> list[int]:
    stored = _batch(reader, session, sequence)
    digests = rows.unpack_digests(stored.fingerprints)
    positions = []
    start = 0
    for kind, _, end in rows.unpack_runs(stored.runs):
        if kind in _KINDS:
            positions += [at for at in range(start, end) if digests[at] == digest]
        start = end
    return positions


def _in_batch(
    reader: Reader, session: StoredSession, sequence: int, positions: list[int], item: Item | None
) -> Iterator[dict[str, Any]]:
    if not positions:
        return
    stored = _batch(reader, session, sequence)
    batch = stored.batch
    observations = _observations(stored)
    hashes = [observation_hash(*observation) for observation in observations]
    keys = None if batch.keys is None else batch.keys.hex()
    for position in positions:
        kind, _, source, index = observations[position]
        yield {
            "batch": [batch.loader, batch.epoch, batch.step, batch.count, batch.size, batch.root.hex(), keys],
            "entry": sequence,
            "index": index,
            "item": None if item is None else _item(reader, session, item),
            "kind": kind,
            "path": packed_path(path(hashes, position)),
            "position": position,
            "source": source,
        }


def _batch(reader: Reader, session: StoredSession, sequence: int) -> StoredBatch:
    stored = reader.batch(session.row, sequence)
    if stored is None:
        raise UnreadableDatabaseError(f"{reader.path} has lost entry {sequence}: run `origin verify`")
    return stored


def _observations(stored: StoredBatch) -> list[tuple[int, bytes, int, int]]:
    count = stored.batch.count
    indices = rows.unpack_indices(stored.indices, count) or [NO_INDEX] * count
    digests = rows.unpack_digests(stored.fingerprints)
    found: list[tuple[int, bytes, int, int]] = []
    for kind, source, end in rows.unpack_runs(stored.runs):
        found += [(kind, digests[at], source, indices[at]) for at in range(len(found), end)]
    return found


def _item(reader: Reader, session: StoredSession, item: Item) -> dict[str, Any]:
    entry, items = read_entry(reader, session.row, item.sequence)
    hashes = [observation_hash(one.kind, one.digest, one.source, one.index, of_item=True) for one in items]
    return {
        "entry": item.sequence,
        "items": [entry.role, entry.count, entry.size, entry.root.hex()],
        "kind": item.kind,
        "path": packed_path(path(hashes, item.position)),
        "position": item.position,
    }


class _Log:
    """The tree of a session's log, hashed when the first path in it is asked for, and only then."""

    def __init__(self, reader: Reader, session: StoredSession) -> None:
        self._reader, self._session = reader, session
        self._levels: list[list[bytes]] = []

    def path(self, entry: int) -> str:
        if not self._levels:
            self._levels = levels(log_leaves(self._reader, self._session))
        found = []
        for level in self._levels[:-1]:
            found += level[entry ^ 1 : (entry ^ 1) + 1]
            entry >>= 1
        return packed_path(found)


def _bound(reader: Reader, session: StoredSession, entry: int, log: _Log) -> dict[str, Any]:
    for number, note in reader.notes(session.row, MODEL_NOTE):
        if number == entry:
            return {"content": note.content, "entry": entry, "path": log.path(entry)}
    raise NotFoundError(f"entry {entry} of the session binds no model: `origin inspect` lists them")


def _with_entries(sighting: dict[str, Any], log: _Log) -> dict[str, Any]:
    """Add the paths of the entries that a sighting names."""
    item = sighting["item"]
    if item is not None:
        sighting["item"] = {**item, "entry_path": log.path(item["entry"])}
    return {**sighting, "entry_path": log.path(sighting["entry"])}


def _checked(reader: Reader, document: dict[str, Any], asked: Asked) -> tuple[bytes, Proven]:
    data = written(document)
    try:
        return data, check(data, asked)
    except RejectedError as error:
        raise UnreadableDatabaseError(
            f"{reader.path} does not prove what it states ({error}): run `origin verify`, and check the checkpoint"
        ) from error
