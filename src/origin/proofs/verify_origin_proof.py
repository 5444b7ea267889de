#!/usr/bin/env python3
"""Verifies a proof file of Origin with the standard library of Python alone. It needs no Origin and no network.

    python verify_origin_proof.py PROOF --sample FILE | --text STRING | --fingerprint HEX | --no-license TEXT
                                        [--model FILE] [--root HEX] [--key VERIFIER_KEY] [--key-file FILE]

A recording has a log: a list of entries, hashed into a tree as in RFC 9162, whose root stands for all of it. The last
entry but one commits to the sorted set of all (fingerprint, count) that were observed, by the root of a tree of its
own; the last entry closes the log. The proof holds a member of the set, or the two neighbours between which a sample
that was never observed would have to stand, and the hashes that lead from there to the log's root.

Exit codes: 0 proven against a root that you gave, or that the key you gave has signed; 3 proven, but only against the
root that the proof itself states; 1 rejected; 2 it cannot be checked: no proof file, or something is missing.
"""

# It is read by people who check it, not called by Origin: no annotations, one file, plain names.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, B905, EXE001, N818, PTH123, T201

import argparse
import base64
import hashlib
import hmac
import json
import re
import struct
import sys

NOTHING = hashlib.sha256(b"").digest()


class Rejected(Exception):
    """The proof does not prove what it should."""


class Unusable(Exception):
    """There is nothing that could be checked."""


# --- Trees: RFC 9162, section 2.1 -------------------------------------------------------------------------------------


def sha256(data):
    return hashlib.sha256(data).digest()


def included(leaf, index, size, path, root):
    """RFC 9162, section 2.1.3.2: the leaf is number `index` of the `size` leaves of the tree with that root."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, sha256(b"\0" + leaf)
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = sha256(b"\1" + sibling + found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = sha256(b"\1" + found + sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


# --- What is hashed ---------------------------------------------------------------------------------------------------


def frame(value):
    """The canonical bytes of a value: a letter for its type, its length, its content."""
    if value is None:
        return b"n" + bytes(8)
    if isinstance(value, tuple):
        return b"t" + struct.pack(">Q", len(value)) + b"".join(map(frame, value))
    if isinstance(value, int):
        letter, data = b"i", value.to_bytes((value.bit_length() + 8) // 8, "big", signed=True)
    elif isinstance(value, str):
        letter, data = b"s", value.encode("utf-8", "surrogatepass")
    else:
        letter, data = b"y", value
    return letter + struct.pack(">Q", len(data)) + data


def entry(kind, *fields):
    return frame(("origin entry", 1, kind, *fields))


def observation(letter, kind, fingerprint, source, index):
    return letter + struct.pack(">B32sIq", kind, fingerprint, source, index)


def member(fingerprint, count):
    return b"S" + fingerprint + struct.pack(">Q", count)


# --- The file: canonical JSON of a fixed form -------------------------------------------------------------------------


def number(least=0):
    return lambda value: type(value) is int and least <= value < 2**63


def text(value):
    return type(value) is str


def hash32(value):
    return type(value) is str and re.fullmatch("[0-9a-f]{64}", value) is not None


def path(value):
    if type(value) is not str or len(value) > 4096:
        return False
    try:
        data = base64.b64decode(value, validate=True)
    except ValueError:
        return False
    return len(data) % 32 == 0 and base64.b64encode(data).decode() == value


def or_none(test):
    return lambda value: value is None or test(value)


def record(**tests):
    return lambda value: (
        type(value) is dict and value.keys() == tests.keys() and all(tests[name](value[name]) for name in tests)
    )


def row(*tests):
    return lambda value: (
        type(value) is list and len(value) == len(tests) and all(test(one) for test, one in zip(tests, value))
    )


def many(test):
    return lambda value: type(value) is list and all(map(test, value))


COUNT, SIGNED = number(), number(-(2**63))
ITEM = record(
    entry=COUNT, entry_path=path, items=row(text, COUNT, COUNT, hash32), kind=COUNT, path=path, position=COUNT
)
SIGHTING = record(
    batch=row(text, SIGNED, SIGNED, COUNT, COUNT, hash32, or_none(hash32)),
    entry=COUNT,
    entry_path=path,
    index=number(-1),
    item=or_none(ITEM),
    kind=COUNT,
    path=path,
    position=COUNT,
    source=COUNT,
)
NEIGHBOUR = or_none(record(count=COUNT, fingerprint=hash32, path=path))
PRESENT = record(count=COUNT, fingerprint=hash32, index=COUNT, path=path, sightings=many(SIGHTING))
ABSENT = record(fingerprint=hash32, left=NEIGHBOUR, place=COUNT, right=NEIGHBOUR)
END = record(batches=COUNT, ended_at=SIGNED, gaps=COUNT, observations=COUNT, path=path, status=text)
ALWAYS = {
    "checkpoint": or_none(text),
    "claim": text,
    "end": END,
    "proof": text,
    "root": hash32,
    "set": record(content=text, path=path),
    "size": COUNT,
}
FORMS = {
    "sample": record(**ALWAYS, samples=many(lambda value: PRESENT(value) or ABSENT(value))),
    "model": record(
        **ALWAYS,
        samples=many(lambda value: PRESENT(value) or ABSENT(value)),
        model=record(content=text, entry=COUNT, path=path),
    ),
    "no license": record(**ALWAYS, license=text, licenses=text),
}


def read(data):
    if len(data) > 2**24:
        raise Unusable("the file is too large for a proof")
    try:
        document = json.loads(data.decode("ascii"))
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"
    except (ValueError, RecursionError):
        raise Unusable("the file is no JSON in ASCII") from None
    if canonical.encode() != data:
        raise Unusable("the file is not written as Origin writes it: a byte of it was changed")
    if not isinstance(document, dict) or document.get("proof") != "origin proof 1":
        raise Unusable("the file is no proof of version 1")
    form = FORMS.get(document["claim"]) if isinstance(document.get("claim"), str) else None
    if form is None or not form(document):
        raise Unusable("a field of the proof is missing, unknown, or of another type")
    return document


# --- The proof --------------------------------------------------------------------------------------------------------


def check(data, asked):
    """What the proof says, as lines, and whether its root is one that was given or signed."""
    proof = read(data)
    content = sealed_set(proof)
    lines = no_license(proof, content, asked) if proof["claim"] == "no license" else samples(proof, content, asked)
    if (asked.model is not None) != (proof["claim"] == "model"):
        raise Rejected("the proof is about a model too: give it by --model" if asked.model is None else "no model")
    if asked.model is not None:
        lines += model(proof, asked.model)
    anchored = anchor(proof, content, asked)
    end = proof["end"]
    lines.append(f"session {content['session_id']}: {end['status']}, {end['observations']} observations")
    if content["without_fingerprint"] or end["gaps"]:
        lines.append(
            f"nothing is said of {content['without_fingerprint']} observations without a fingerprint, "
            f"and of what {end['gaps']} gaps in the record may hide"
        )
    lines.append(f"root {proof['root']}, {proof['size']} entries")
    return lines, anchored


def in_log(proof, data, index, hashes, what):
    if not included(data, index, proof["size"], unpacked(hashes), bytes.fromhex(proof["root"])):
        raise Rejected(f"{what} is not entry {index} of the log with the stated root")


def unpacked(hashes):
    data = base64.b64decode(hashes)
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def sealed_set(proof):
    """Step 1: the log's last two entries are the set's note and the end."""
    size, end, note = proof["size"], proof["end"], proof["set"]["content"]
    closing = [end[name] for name in ("status", "ended_at", "batches", "observations", "gaps")]
    in_log(proof, entry("note", "sealed set", note), size - 2, proof["set"]["path"], "the sealed set")
    in_log(proof, entry("end", *closing), size - 1, end["path"], "the end")
    whole = ("entry", "observations", "samples", "without_fingerprint")
    try:
        content = json.loads(note)
        good = all(type(content[name]) is int for name in whole) and len(content) == 8
        good = good and all(type(content[name]) is str for name in ("licenses", "root", "session_id"))
        good = good and type(content["key_id"]) in (str, type(None))
        bytes.fromhex(content["root"])
    except (ValueError, TypeError, KeyError, RecursionError):
        good = False
    if not good:
        raise Rejected("the log states no sealed set that can be read")
    if content["entry"] != size - 2 or content["observations"] != end["observations"]:
        raise Rejected("the sealed set was committed for a log of another size")
    return content


def samples(proof, content, asked):
    """Step 2: each fingerprint that the sample can have is a member of the set, or is proven to be none."""
    if asked.no_license is not None:
        raise Rejected("the proof is about a sample, not about a licence")
    if [sample["fingerprint"] for sample in proof["samples"]] != expected(content["key_id"], asked):
        raise Rejected("the proof is about another sample")
    lines = []
    for sample in proof["samples"]:
        name = sample["fingerprint"]
        if "left" in sample:
            absent(sample, content)
            lines.append(f"PROVEN: {name} was not observed (in this form: what a loader made of it has another one)")
            continue
        in_set(sample, sample["index"], content)
        lines.append(f"PROVEN: {name} was observed {sample['count']} times")
        lines += [sighting(proof, bytes.fromhex(name), one) for one in sample["sightings"]]
        places = [(one["entry"], one["position"]) for one in sample["sightings"]]
        if sorted(set(places)) != places or len(places) > sample["count"]:
            raise Rejected("the sightings are not in order, or more than were counted")
    return lines


def expected(key_id, asked):
    if asked.fingerprint is not None:
        return [asked.fingerprint]
    if asked.digest is None:
        raise Rejected("the proof is about a sample: give it, or its fingerprint")
    if key_id is None:
        return [asked.digest.hex()]
    if asked.secret is None:
        raise Unusable("the session was recorded with a key: give it by --key-file, or the recorded fingerprint")
    if hmac.digest(asked.secret, b"origin key id", "sha256").hex()[:16] != key_id:
        raise Rejected("the session was recorded with another key")
    return [hmac.digest(asked.secret, bytes([kind]) + asked.digest, "sha256").hex() for kind in (1, 2)]


def in_set(one, index, content):
    data, root = member(bytes.fromhex(one["fingerprint"]), one["count"]), bytes.fromhex(content["root"])
    if one["count"] < 1 or not included(data, index, content["samples"], unpacked(one["path"]), root):
        raise Rejected(f"{one['fingerprint']} with its count is not number {index} of the set")


def absent(sample, content):
    """The members number place - 1 and place are neighbours: nothing stands between them."""
    place, size, left, right = sample["place"], content["samples"], sample["left"], sample["right"]
    if (left is None) != (place == 0) or (right is None) != (place == size) or place > size:
        raise Rejected("an absence needs both neighbours, but at the edge of the set")
    if size == 0 and bytes.fromhex(content["root"]) != NOTHING:
        raise Rejected("the set is said to be empty and has another root")
    if left is not None:
        in_set(left, place - 1, content)
    if right is not None:
        in_set(right, place, content)
    if left is not None and not left["fingerprint"] < sample["fingerprint"]:
        raise Rejected("the sample does not lie between its neighbours")
    if right is not None and not sample["fingerprint"] < right["fingerprint"]:
        raise Rejected("the sample does not lie between its neighbours")


def sighting(proof, fingerprint, one):
    """Step 3: an observation, in its batch, in the log."""
    loader, epoch, step, count, size, root, keys = one["batch"]
    fields = (loader, epoch, step, count, size, bytes.fromhex(root), None if keys is None else bytes.fromhex(keys))
    if not 0 < one["entry"] < proof["size"] - 2 or one["source"] >= 2**32:
        raise Rejected("a sighting names an entry that can be no batch")
    in_log(proof, entry("batch", *fields), one["entry"], one["entry_path"], "a batch")
    item, by_index = one["item"], one["kind"] == 4
    if by_index != (item is not None) or one["kind"] not in (1, 2, 3, 4):
        raise Rejected("a sighting is of an unknown kind, or the item that it names is missing")
    data = observation(b"O", one["kind"], bytes(32) if by_index else fingerprint, one["source"], one["index"])
    if not included(data, one["position"], count, unpacked(one["path"]), bytes.fromhex(root)):
        raise Rejected(f"the sample is not observation {one['position']} of entry {one['entry']}")
    if by_index:  # the batch names a source and an index; an earlier entry gives that sample's fingerprint
        role, count, size, root = item["items"]
        if role != "sample" or item["kind"] not in (1, 2, 3) or not 0 < item["entry"] < one["entry"]:
            raise Rejected("an observation by index names no sample that was recorded before it")
        in_log(
            proof,
            entry("items", role, count, size, bytes.fromhex(root)),
            item["entry"],
            item["entry_path"],
            "the items",
        )
        data = observation(b"I", item["kind"], fingerprint, one["source"], one["index"])
        if not included(data, item["position"], count, unpacked(item["path"]), bytes.fromhex(root)):
            raise Rejected("the sample is not the item that the observation names")
    return f"  loader {loader!a}, epoch {epoch}, step {step}, position {one['position']} (entry {one['entry']})"


def model(proof, digest):
    """Step 4: the model's note is in the log. It says how many entries came before the model was saved; the sightings
    tell which of them held the sample, and the count whether all sightings are shown.
    """
    at, content = proof["model"]["entry"], proof["model"]["content"]
    if not 0 < at < proof["size"] - 2:
        raise Rejected("the model's note names an entry that can be none")
    in_log(proof, entry("note", "model", content), at, proof["model"]["path"], "the model's note")
    try:
        stated = json.loads(content)
        digests = [stated["sha256"], *(file["sha256"] for file in stated["files"])]
        name, after = stated["name"], stated.get("after", at)
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        raise Rejected("the model's note cannot be read") from None
    if type(name) is not str or type(after) is not int or not 0 < after <= at:
        raise Rejected("the model's note cannot be read")
    if digest not in digests:
        raise Rejected("the proof is about another model")
    lines = [f"PROVEN: model {name!a} ({digest}) was saved after the first {after} entries of the log"]
    for sample in proof["samples"]:
        count, shown = sample.get("count", 0), sample.get("sightings", [])
        before = sum(one["entry"] < after for one in shown)
        if before:
            least = "" if len(shown) == count else "at least "
            said = f"it HAD been delivered {sample['fingerprint']}: {least}{before} of its {count} observations before"
        elif len(shown) == count:
            said = f"it HAD NOT been delivered {sample['fingerprint']}: none of its {count} observations before"
        else:
            said = f"not proven of {sample['fingerprint']}: only {len(shown)} of its {count} observations are shown"
        lines.append(f"  {said}")
    return lines


def no_license(proof, content, asked):
    if asked.no_license is None or proof["license"] != asked.no_license:
        raise Rejected("the proof is about a licence: give the same by --no-license")
    if sha256(proof["licenses"].encode("utf-8", "surrogatepass")).hex() != content["licenses"]:
        raise Rejected("the counts of licences are not those that the log commits")
    try:
        stated = json.loads(proof["licenses"])
        counts = sorted(stated["claims"].items())
        without = stated["without_claim"]
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        raise Rejected("the counts of licences cannot be read") from None
    if any(type(count) is not int or count < 0 for count in [without, *(count for _, count in counts)]):
        raise Rejected("the counts of licences cannot be read")
    wanted = asked.no_license.strip().casefold()
    if any(claim.strip().casefold() == wanted and count for claim, count in counts):
        raise Rejected("observations came from sources with that licence")
    lines = [f"PROVEN: no observation came from a source for which the text {asked.no_license!a} was claimed"]
    lines += [f"  {count} observations: {claim!a}" for claim, count in counts]
    return [*lines, f"  {without} observations: nothing was claimed", "What these texts mean is for you to read."]


# --- The anchor: a root from outside, or a signed checkpoint (c2sp.org/tlog-checkpoint, c2sp.org/signed-note) ---------


def anchor(proof, content, asked):
    if asked.root is not None and asked.root != proof["root"]:
        raise Rejected(f"the proof is against the root {proof['root']}, not the given one")
    if proof["checkpoint"] is None:
        if asked.key is not None:
            raise Rejected("the proof holds no checkpoint that the key could have signed")
        return asked.root is not None
    body, blank, signatures = proof["checkpoint"].partition("\n\n")
    root = base64.b64encode(bytes.fromhex(proof["root"])).decode()
    head = [f"origin/session/{content['session_id']}", str(proof["size"]), root]
    lines = body.split("\n") if blank else body.removesuffix("\n").split("\n")
    if lines[:3] != head or not all(lines) or (not blank and proof["checkpoint"] != "\n".join(head) + "\n"):
        raise Rejected("the checkpoint cannot be read, or is of another log, or of this one at another time")
    if blank and not all(map(signature, signatures.removesuffix("\n").split("\n"))):
        raise Rejected("the checkpoint cannot be read")
    if blank and not signatures.endswith("\n"):
        raise Rejected("the checkpoint cannot be read")
    if asked.key is not None:
        signed_by(asked.key, body + "\n", signatures)
    return asked.root is not None or asked.key is not None


def signature(line):
    """Name and signed bytes of a signature line; None for another line."""
    found = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
    try:
        data = base64.b64decode(found[2], validate=True) if found else b""
    except ValueError:
        return None
    return (found[1], data) if len(data) > 4 and base64.b64encode(data).decode() == found[2] else None


def signed_by(verifier_key, body, signatures):
    name, public = verifier_key
    key_id = sha256(name.encode() + b"\n\1" + public)[:4]
    lines = [signature(line) for line in signatures.split("\n") if line]
    mine = [data[4:] for who, data in lines if who == name and data[:4] == key_id]
    if not mine or not all(ed25519(public, body.encode(), one) for one in mine):
        raise Rejected(f"the checkpoint is not signed by {name}")


def given_key(given):
    """NAME+ID+base64(0x01 || public key), as `origin keygen` prints it."""
    name, _, rest = given.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError:
        data = b""
    if len(data) != 33 or data[:1] != b"\1":
        raise Unusable("--key is no verifier key for Ed25519 (`origin verify-proof` takes SSH keys too)")
    if sha256(name.encode() + b"\n" + data)[:4].hex() != key_id:
        raise Unusable("--key is no verifier key: its id does not belong to its name and key")
    return name, data[1:]


# --- Ed25519: RFC 8032, section 5.1.7, in affine coordinates, which are slow and short --------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(one, other):
    (x1, y1), (x2, y2) = one, other
    k = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P


def times(k, point):
    found = (0, 1)
    while k:
        if k & 1:
            found = add(found, point)
        point, k = add(point, point), k >> 1
    return found


def decode(data):
    """The point with these 32 bytes (section 5.1.3), None if there is none."""
    y = int.from_bytes(data, "little") & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and data[31] >> 7):
        return None
    return (P - x if x & 1 != data[31] >> 7 else x), y


def ed25519(public, message, signed):
    if len(signed) != 64:
        return False
    a, r, s = decode(public), decode(signed[:32]), int.from_bytes(signed[32:], "little")
    if a is None or r is None or s >= L or times(8, a) == (0, 1):
        return False
    y = 4 * pow(5, -1, P) % P
    base = decode(y.to_bytes(32, "little"))
    k = int.from_bytes(hashlib.sha512(signed[:32] + public + message).digest(), "little") % L
    return times(s, base) == add(r, times(k, a))


# --- The command ------------------------------------------------------------------------------------------------------


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("proof")
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("--sample", help="the file that was, or was not, in the training data")
    about.add_argument("--text", help="the same for a text")
    about.add_argument("--fingerprint", help="the same for a recorded fingerprint")
    about.add_argument("--no-license", help="the licence text whose absence is claimed")
    parser.add_argument("--model", help="the model's file, or its SHA-256: had it been delivered the sample?")
    parser.add_argument("--root", help="the root that you keep, 64 hexadecimal digits")
    parser.add_argument("--key", help="the verifier key of who signed the checkpoint")
    parser.add_argument("--key-file", help="the key of a keyed record")
    return parser.parse_args(argv)


def prepare(asked):
    asked.digest = asked.secret = None
    if asked.sample is not None:
        with open(asked.sample, "rb") as stream:
            asked.digest = hashlib.file_digest(stream, "sha256").digest()
    if asked.model is not None and not hash32(asked.model):
        with open(asked.model, "rb") as stream:
            asked.model = hashlib.file_digest(stream, "sha256").hexdigest()
    if asked.text is not None:
        asked.digest = sha256(asked.text.encode("utf-8", "surrogatepass"))
    for name in ("fingerprint", "root"):
        value = getattr(asked, name)
        if value is not None:
            setattr(asked, name, value.lower())
            if not hash32(value.lower()):
                raise Unusable(f"--{name} must be 64 hexadecimal digits")
    if asked.key is not None:
        asked.key = given_key(asked.key)
    if asked.key_file is not None:
        with open(asked.key_file, "rb") as stream:
            secret = stream.read()
        is_text = all(byte in b"\t\n\r\f\v" or 0x20 <= byte < 0x7F for byte in secret)
        asked.secret = secret.strip() if is_text else secret


def main(argv=None):
    asked = arguments(argv)
    try:
        prepare(asked)
        with open(asked.proof, "rb") as stream:
            lines, anchored = check(stream.read(2**24 + 1), asked)
    except Rejected as error:
        print(f"REJECTED: {error}")
        return 1
    except (Unusable, OSError) as error:
        print(f"cannot be checked: {error}")
        return 2
    print("\n".join(lines))
    if not anchored:
        print("NOT ANCHORED: this root is the proof's own word: give the one that you keep by --root, or --key")
    return 0 if anchored else 3


if __name__ == "__main__":
    sys.exit(main())
