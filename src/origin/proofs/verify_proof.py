"""Checking a proof file against a sample, a root and a key: every step of docs/trust.md, "Proof files", in its order.

src/origin/proofs/verify_origin_proof.py does the same without Origin; tests hold the two against each other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from origin.core.entry import entry_bytes, observation_leaf
from origin.core.fingerprint import CONTENT_KINDS, NO_DIGEST, Kind, with_key
from origin.core.merkle import EMPTY_ROOT, verify_inclusion
from origin.core.record import SAMPLE as SAMPLE_ROLE
from origin.core.record import Batch, End, Items, Note
from origin.errors import OriginError, UsageError
from origin.proofs.checkpoint import Checkpoint, SignedCheckpoint
from origin.proofs.note import SignatureError
from origin.proofs.proof_file import MODEL, NO_LICENSE, SAMPLE, path, read
from origin.storage.log import SEALED_SET
from origin.storage.models import MODEL as MODEL_NOTE
from origin.storage.sealed_set import leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from origin.proofs.note import VerifierKey

_UINT32 = 1 << 32
_CONTENT_KINDS = frozenset(map(int, CONTENT_KINDS))
_FILE_KINDS = (Kind.BYTES, Kind.TEXT)
_CONTENT: dict[str, type | tuple[type, ...]] = {
    "entry": int,
    "key_id": (str, type(None)),
    "licenses": str,
    "observations": int,
    "root": str,
    "samples": int,
    "session_id": str,
    "without_fingerprint": int,
}


class RejectedError(OriginError, ValueError):
    """A proof does not prove what it states, or states something else than what was asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the proof must be about. Exactly one of the first three is given, with a sample perhaps a model.

    digest: the SHA-256 of a file or text. fingerprint: as recorded. license: whose absence is claimed. root, keys: what
    the log's root must be, or who must have signed it. secret: the key of a keyed record. model: the SHA-256 of a
    model, or of one of its files.
    """

    digest: bytes | None = None
    fingerprint: bytes | None = None
    license: str | None = None
    root: bytes | None = None
    keys: Sequence[VerifierKey] = ()
    secret: bytes | None = None
    model: bytes | None = None


@dataclass(frozen=True, slots=True)
class ProvenModel:
    """A model in the session's log: what was asked for has the SHA-256. entry: the number of its note. after: how many
    entries of the log were recorded before it was saved.
    """

    sha256: str
    name: str
    entry: int
    after: int


@dataclass(frozen=True, slots=True)
class Proven:
    """What was proven of a session, against `root`.

    counts: how often each fingerprint was observed; 0 is proven absence. sightings: those that are shown in full, as
    (fingerprint, loader, epoch, step, position in the batch, entry). claims: observations by licence text, and
    without_claim those of sources for which nothing is claimed. anchored: the root is one from outside the proof.
    """

    session_id: str
    root: bytes
    size: int
    status: str
    observations: int
    without_fingerprint: int
    gaps: int
    anchored: bool = False
    counts: tuple[tuple[str, int], ...] = ()
    sightings: tuple[tuple[str, str, int, int, int, int], ...] = ()
    license: str | None = None
    claims: tuple[tuple[str, int], ...] = ()
    without_claim: int = 0
    model: ProvenModel | None = None

    def before_model(self) -> list[tuple[str, int, int, int]]:
        """Of each fingerprint: its observations, how many of them are shown, and how many of these come before the
        model.
        """
        after = 0 if self.model is None else self.model.after
        entries: dict[str, list[int]] = {fingerprint: [] for fingerprint, _ in self.counts}
        for fingerprint, *_, entry in self.sightings:
            entries[fingerprint].append(entry)
        return [
            (fingerprint, count, len(shown), sum(entry < after for entry in shown))
            for fingerprint, count in self.counts
            for shown in (entries[fingerprint],)
        ]


def check(data: bytes, asked: Asked) -> Proven:
    """What a proof file proves.

    Raises NoProofError, RejectedError, or UsageError when the key of a keyed record is missing.
    """
    document = read(data)
    content = _sealed(document)
    end = document["end"]
    proven = Proven(
        content["session_id"],
        bytes.fromhex(document["root"]),
        document["size"],
        end["status"],
        end["observations"],
        content["without_fingerprint"],
        end["gaps"],
    )
    if document["claim"] == NO_LICENSE:
        proven = _no_license(document, content, asked, proven)
    else:
        proven = _samples(document, content, asked, proven)
    if (asked.model is not None) != (document["claim"] == MODEL):
        what = "a model too: give it by --model" if asked.model is None else "a sample or a licence alone, not a model"
        raise RejectedError(f"rejected: the proof is about {what}")
    if asked.model is not None:
        proven = replace(proven, model=_model(document, asked.model))
    return replace(proven, anchored=_anchored(document, content, asked))


def _sealed(document: dict[str, Any]) -> dict[str, Any]:
    """The set that the log commits, once it is proven that its note and the end are the last two entries."""
    size, end = document["size"], document["end"]
    note = Note(SEALED_SET, document["set"]["content"])
    closing = End(end["status"], end["ended_at"], end["batches"], end["observations"], end["gaps"])
    _entry(document, entry_bytes(note), size - 2, document["set"]["path"], "the sealed set")
    _entry(document, entry_bytes(closing), size - 1, end["path"], "the end")
    try:
        content: dict[str, Any] = json.loads(note.content)
    except (ValueError, RecursionError) as error:
        raise RejectedError("rejected: the log states no sealed set that can be read") from error
    well_formed = isinstance(content, dict) and content.keys() == _CONTENT.keys()
    if not well_formed or not all(
        isinstance(content[name], kind) and not isinstance(content[name], bool) for name, kind in _CONTENT.items()
    ):
        raise RejectedError("rejected: the log states no sealed set that can be read")
    if content["entry"] != size - 2 or content["observations"] != closing.observations:
        raise RejectedError("rejected: the sealed set was committed for a log of another size")
    return content


def _entry(document: dict[str, Any], data: bytes, number: int, packed: str, what: str) -> None:
    if not verify_inclusion(data, number, document["size"], path(packed), bytes.fromhex(document["root"])):
        raise RejectedError(f"rejected: {what} is not entry {number} of the log with the stated root")


def _samples(document: dict[str, Any], content: dict[str, Any], asked: Asked, proven: Proven) -> Proven:
    if asked.license is not None:
        raise RejectedError("rejected: the proof is about a sample, not about a licence")
    samples = document["samples"]
    if [sample["fingerprint"] for sample in samples] != _expected(content["key_id"], asked):
        raise RejectedError("rejected: the proof is about another sample")
    counts, sightings = [], []
    for sample in samples:
        if "left" in sample:
            _absent(sample, content)
            counts.append((sample["fingerprint"], 0))
            continue
        _member(sample, sample["index"], content)
        counts.append((sample["fingerprint"], sample["count"]))
        sightings += [_sighting(document, sample, one) for one in sample["sightings"]]
        places = [(one["entry"], one["position"]) for one in sample["sightings"]]
        if sorted(set(places)) != places or len(places) > sample["count"]:
            raise RejectedError("rejected: the sightings are not in order, or more than were counted")
    return replace(proven, counts=tuple(counts), sightings=tuple(sightings))


def _expected(key_id: str | None, asked: Asked) -> list[str]:
    if asked.fingerprint is not None:
        return [asked.fingerprint.hex()]
    if asked.digest is None:
        raise RejectedError("rejected: the proof is about a sample: give it, or its fingerprint")
    if key_id is None:
        return [asked.digest.hex()]
    if asked.secret is None:
        raise UsageError("the session was recorded with a key: give it by --key-file, or give the recorded fingerprint")
    if hmac.digest(asked.secret, b"origin key id", hashlib.sha256).hex()[:16] != key_id:
        raise RejectedError("rejected: the session was recorded with another key")
    return keyed(asked.secret, asked.digest)


def keyed(secret: bytes, digest: bytes) -> list[str]:
    """The fingerprints that a file or text of that SHA-256 can have in a keyed record: as bytes, as text."""
    return [with_key(secret, kind, digest).hex() for kind in _FILE_KINDS]


def _member(one: dict[str, Any], index: int, content: dict[str, Any]) -> None:
    data = leaf(bytes.fromhex(one["fingerprint"]), one["count"])
    root = _root(content)
    if one["count"] < 1 or not verify_inclusion(data, index, content["samples"], path(one["path"]), root):
        raise RejectedError(f"rejected: {one['fingerprint'][:12]} with its count is not number {index} of the set")


def _root(content: dict[str, Any]) -> bytes:
    try:
        return bytes.fromhex(content["root"])
    except ValueError as error:
        raise RejectedError("rejected: the log states no sealed set that can be read") from error


def _absent(sample: dict[str, Any], content: dict[str, Any]) -> None:
    """The neighbours are numbers place - 1 and place: between them there is nothing."""
    place, size, left, right = sample["place"], content["samples"], sample["left"], sample["right"]
    if (left is None) != (place == 0) or (right is None) != (place == size) or place > size:
        raise RejectedError("rejected: an absence needs both neighbours, but at the edge of the set")
    if size == 0 and _root(content) != EMPTY_ROOT:
        raise RejectedError("rejected: the set is said to be empty and has another root")
    if left is not None:
        _member(left, place - 1, content)
    if right is not None:
        _member(right, place, content)
    low = "" if left is None else left["fingerprint"]
    high = "g" if right is None else right["fingerprint"]
    if not low < sample["fingerprint"] < high:
        raise RejectedError("rejected: the sample does not lie between its neighbours")


def _sighting(
    document: dict[str, Any], sample: dict[str, Any], one: dict[str, Any]
) -> tuple[str, str, int, int, int, int]:
    loader, epoch, step, count, size, root, keys = one["batch"]
    batch = Batch(loader, epoch, step, count, size, bytes.fromhex(root), None if keys is None else bytes.fromhex(keys))
    if not 0 < one["entry"] < document["size"] - 2 or one["source"] >= _UINT32:
        raise RejectedError("rejected: a sighting names an entry that can be no batch")
    _entry(document, entry_bytes(batch), one["entry"], one["entry_path"], "a batch")
    fingerprint = bytes.fromhex(sample["fingerprint"])
    by_index = one["kind"] == Kind.INDEX
    if by_index != (one["item"] is not None) or not (by_index or one["kind"] in _CONTENT_KINDS):
        raise RejectedError("rejected: a sighting is of an unknown kind, or the item that it names is missing")
    data = observation_leaf(one["kind"], NO_DIGEST if by_index else fingerprint, one["source"], one["index"])
    if not verify_inclusion(data, one["position"], count, path(one["path"]), batch.root):
        raise RejectedError(f"rejected: the sample is not observation {one['position']} of entry {one['entry']}")
    if by_index:
        _item(document, fingerprint, one)
    return sample["fingerprint"], loader, epoch, step, one["position"], one["entry"]


def _item(document: dict[str, Any], fingerprint: bytes, one: dict[str, Any]) -> None:
    item = one["item"]
    role, count, size, root = item["items"]
    items = Items(role, count, size, bytes.fromhex(root))
    if role != SAMPLE_ROLE or item["kind"] not in _CONTENT_KINDS or not 0 < item["entry"] < one["entry"]:
        raise RejectedError("rejected: an observation by index names no sample that was recorded before it")
    _entry(document, entry_bytes(items), item["entry"], item["entry_path"], "the items")
    data = b"I" + observation_leaf(item["kind"], fingerprint, one["source"], one["index"])[1:]
    if not verify_inclusion(data, item["position"], count, path(item["path"]), items.root):
        raise RejectedError("rejected: the sample is not the item that the observation names")


def _model(document: dict[str, Any], asked: bytes) -> ProvenModel:
    """The model's note, which the log has before its end, and what it says of the asked one."""
    model = document["model"]
    entry = model["entry"]
    if not 0 < entry < document["size"] - 2:
        raise RejectedError("rejected: the model's note names an entry that can be none")
    _entry(document, entry_bytes(Note(MODEL_NOTE, model["content"])), entry, model["path"], "the model's note")
    try:
        stated = json.loads(model["content"])
        digests = [stated["sha256"], *(file["sha256"] for file in stated["files"])]
        name, after = stated["name"], stated.get("after", entry)
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise RejectedError("rejected: the model's note cannot be read") from error
    if type(name) is not str or type(after) is not int or not 0 < after <= entry:
        raise RejectedError("rejected: the model's note cannot be read")
    if asked.hex() not in digests:
        raise RejectedError("rejected: the proof is about another model")
    return ProvenModel(asked.hex(), name, entry, after)


def _no_license(document: dict[str, Any], content: dict[str, Any], asked: Asked, proven: Proven) -> Proven:
    if asked.license is None or document["license"] != asked.license:
        raise RejectedError("rejected: the proof is about a licence: give the same by --no-license")
    if hashlib.sha256(document["licenses"].encode("utf-8", "surrogatepass")).hexdigest() != content["licenses"]:
        raise RejectedError("rejected: the counts of licences are not those that the log commits")
    claims, without = _counts(document["licenses"])
    if any(same_text(text, asked.license) and count for text, count in claims):
        raise RejectedError("rejected: observations came from sources with that licence")
    return replace(proven, license=asked.license, claims=claims, without_claim=without)


def _counts(licenses: str) -> tuple[tuple[tuple[str, int], ...], int]:
    try:
        stated = json.loads(licenses)
        claims = tuple(sorted(stated["claims"].items()))
        counts = [stated["without_claim"], *(count for _, count in claims)]
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise RejectedError("rejected: the counts of licences cannot be read") from error
    if any(type(count) is not int or count < 0 for count in counts):
        raise RejectedError("rejected: the counts of licences cannot be read")
    return claims, counts[0]


def same_text(one: str, other: str) -> bool:
    """Whether two licence texts are the same, whatever their case and the white space around them."""
    return one.strip().casefold() == other.strip().casefold()


def _anchored(document: dict[str, Any], content: dict[str, Any], asked: Asked) -> bool:
    root = bytes.fromhex(document["root"])
    if asked.root is not None and asked.root != root:
        raise RejectedError(f"rejected: the proof is against the root {root.hex()}, not the given one")
    if document["checkpoint"] is None:
        if asked.keys:
            raise RejectedError("rejected: the proof holds no checkpoint that the key could have signed")
        return asked.root is not None
    _signed(document["checkpoint"], Checkpoint.of_session(content["session_id"], document["size"], root), asked.keys)
    return asked.root is not None or bool(asked.keys)


def _signed(text: str, wanted: Checkpoint, keys: Iterable[VerifierKey]) -> None:
    try:
        checkpoint = SignedCheckpoint.from_bytes(text.encode())
    except (UsageError, UnicodeEncodeError) as error:
        raise RejectedError("rejected: the checkpoint cannot be read") from error
    found = checkpoint.checkpoint
    if (found.origin, found.size, found.root) != (wanted.origin, wanted.size, wanted.root):
        raise RejectedError("rejected: the checkpoint is of another log, or of this one at another time")
    if keys:
        try:
            checkpoint.verified(keys)
        except SignatureError as error:
            raise RejectedError(f"rejected: {error}") from error


__all__ = ["NO_LICENSE", "SAMPLE", "Asked", "Proven", "ProvenModel", "RejectedError", "check", "keyed", "same_text"]
