"""Both verifiers against forged and damaged proofs: each is refused, and they agree on every one."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proofs.proof_sessions import ALONE, SCRIPT, between, codes, digest, proof, record, record_by_index, root

from origin.core.encoding import encode
from origin.core.merkle import EMPTY_ROOT, leaf_hash, merkle_root
from origin.proofs.checkpoint import Checkpoint, SignedCheckpoint
from origin.proofs.ed25519 import verify as verify_ed25519
from origin.proofs.note import VerifierKey
from origin.proofs.proof_file import packed_path, written
from origin.proofs.proof_file import path as unpacked
from origin.proofs.prove import prove_no_license
from origin.proofs.verify_proof import Asked
from origin.storage.reads import Reader
from origin.storage.sealed_set import leaf

if TYPE_CHECKING:
    from collections.abc import Callable

REFUSED = {(1, 1), (2, 2)}
Document = dict[str, Any]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "p.db"
    record(path, [digest(number) for number in range(1, 12)], [digest(5)], [digest(6)])
    return path


@pytest.fixture(scope="module")
def proofs(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, Asked]]:
    """A proof of each form, with what it is held against."""
    by_index = tmp_path_factory.mktemp("named") / "p.db"
    record_by_index(by_index)
    given = {
        name: Asked(fingerprint=one, root=root(recorded))
        for name, one in (("inclusion", digest(5)), ("absence", between(5)), ("edge", between(11)))
    }
    found = {name: (proof(recorded, asked), asked) for name, asked in given.items()}
    named = Asked(fingerprint=digest(1), root=root(by_index))
    found["by index"] = (proof(by_index, named), named)
    with Reader(recorded) as reader:
        data, _ = prove_no_license(reader, reader.sessions()[0], "GPL-3.0-only")
    found["licence"] = (data, Asked(license="GPL-3.0-only", root=root(recorded)))
    return found


@pytest.mark.parametrize("name", ["inclusion", "absence", "edge", "by index", "licence"])
def test_every_changed_byte_is_refused_by_both(proofs: dict[str, tuple[bytes, Asked]], name: str) -> None:
    data, asked = proofs[name]
    assert codes(data, asked) == (0, 0)
    chance = random.Random(name)
    accepted = []
    for at in range(len(data)):
        for mask in (1 << chance.randrange(8), chance.randrange(1, 256), 0x20):
            changed = data[:at] + bytes((data[at] ^ mask,)) + data[at + 1 :]
            if codes(changed, asked) not in REFUSED:
                accepted.append((at, mask))
    assert accepted == []


@pytest.mark.parametrize("name", ["inclusion", "absence", "by index", "licence"])
def test_every_cut_and_every_addition_is_refused_by_both(proofs: dict[str, tuple[bytes, Asked]], name: str) -> None:
    data, asked = proofs[name]
    for at in range(0, len(data), 7):
        assert codes(data[:at], asked) == (2, 2)
        assert codes(data[:at] + b" " + data[at:], asked) in REFUSED
    for more in (b"\n", b" ", b"\0", data):
        assert codes(data + more, asked) == (2, 2)


def test_every_changed_byte_of_a_signed_checkpoint_is_refused(path: Path) -> None:
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    key = VerifierKey("example.org/team", private.public_key().public_bytes_raw())
    session_id = record(path, [digest(1)])
    with Reader(path) as reader:
        (session,) = reader.sessions()
    head = Checkpoint.of_session(session_id, session.size, session.root())
    signed = str(SignedCheckpoint(head, (key.signature(private.sign(str(head).encode())),)))
    asked = Asked(fingerprint=digest(1), keys=(key,))
    document = json.loads(proof(path, asked, 0, signed))
    chance = random.Random(1)
    accepted = []
    for at, letter in enumerate(signed):
        changed = signed[:at] + chr(ord(letter) ^ (1 << chance.randrange(7))) + signed[at + 1 :]
        if codes(written({**document, "checkpoint": changed}), asked) not in REFUSED:
            accepted.append((at, changed))
    assert accepted == []
    for forged in (signed + "\n", signed[:-1], str(head) + "\n", str(head)[:-1], "", "\n\n"):
        assert codes(written({**document, "checkpoint": forged}), asked) in REFUSED
        assert codes(written({**document, "checkpoint": forged}), Asked(fingerprint=digest(1))) == (1, 1)


def test_the_verifier_that_stands_alone_knows_the_same_signatures() -> None:
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    chance = random.Random(2)
    for size in (0, 1, 100):
        private = ed25519.Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        public, message = private.public_key().public_bytes_raw(), chance.randbytes(size)
        signed = private.sign(message)
        assert ALONE.ed25519(public, message, signed)
        for wrong in (bytes(64), signed[:63], signed[:32] + bytes(32), b"\xff" * 64):
            assert ALONE.ed25519(public, message, wrong) is verify_ed25519(public, message, wrong) is False
        for weak in (bytes(32), b"\1" + bytes(31), b"\xff" * 32):
            assert ALONE.ed25519(weak, message, signed) is verify_ed25519(weak, message, signed) is False
        above = signed[:32] + (int.from_bytes(signed[32:], "little") + ALONE.L).to_bytes(32, "little")
        assert ALONE.ed25519(public, message, above) is verify_ed25519(public, message, above) is False


def forged(data: bytes, change: Callable[[Document], object]) -> bytes:
    document = json.loads(data)
    change(document)
    return written(document)


def test_neighbours_that_are_not_adjacent_are_refused(recorded: Path, proofs: dict[str, tuple[bytes, Asked]]) -> None:
    data, asked = proofs["absence"]
    others = {number: json.loads(proof(recorded, Asked(fingerprint=between(number)))) for number in range(12)}

    def swap(side: str, number: int, place: int | None = None) -> bytes:
        def change(document: Document) -> None:
            sample = document["samples"][0]
            sample[side] = others[number]["samples"][0][side]
            sample["place"] = sample["place"] if place is None else place

        return forged(data, change)

    assert codes(data, asked) == (0, 0)
    for number in (3, 4, 6, 7):
        for place in (None, number, number + 1):
            assert codes(swap("left", number, place), asked) == (1, 1)
            assert codes(swap("right", number, place), asked) == (1, 1)


def test_a_member_cannot_be_proven_absent_between_its_neighbours(recorded: Path) -> None:
    left = json.loads(proof(recorded, Asked(fingerprint=between(4))))["samples"][0]["left"]
    right = json.loads(proof(recorded, Asked(fingerprint=between(5))))["samples"][0]["right"]
    data = proof(recorded, Asked(fingerprint=digest(5)))
    asked = Asked(fingerprint=digest(5))
    for place in range(13):
        absent = {"fingerprint": digest(5).hex(), "left": left, "place": place, "right": right}
        assert codes(forged(data, lambda document, one=absent: document.update(samples=[one])), asked) == (1, 1)


@pytest.mark.parametrize("edge", ["left", "right", "both"])
def test_the_edge_of_the_set_and_an_empty_set_cannot_be_claimed(
    proofs: dict[str, tuple[bytes, Asked]], edge: str
) -> None:
    data, asked = proofs["absence"]

    def change(document: Document) -> None:
        sample = document["samples"][0]
        sample.update({side: None for side in ("left", "right") if edge in {side, "both"}})
        sample["place"] = {"left": 0, "right": 11, "both": 0}[edge]

    assert codes(forged(data, change), asked) == (1, 1)
    empty = EMPTY_ROOT.hex()

    def claim(document: Document) -> None:
        change(document)
        content = json.loads(document["set"]["content"])
        content.update(samples=0, root=empty)
        document["set"]["content"] = json.dumps(content, sort_keys=True, separators=(",", ":"))

    assert codes(forged(data, claim), asked) == (1, 1)


def test_an_empty_set_with_another_root_is_refused(path: Path) -> None:
    record(path)
    asked = Asked(fingerprint=digest(1))
    data = proof(path, asked)
    assert codes(data, asked) == (3, 3)
    for change in ({"place": 1}, {"left": {"count": 1, "fingerprint": digest(0).hex(), "path": ""}}):
        assert codes(forged(data, lambda document, some=change: document["samples"][0].update(some)), asked) == (1, 1)


@pytest.mark.parametrize("name", ["inclusion", "absence", "licence"])
def test_forged_sizes_are_refused_though_the_paths_fit(proofs: dict[str, tuple[bytes, Asked]], name: str) -> None:
    data, asked = proofs[name]
    size = json.loads(data)["size"]
    for forged_size in {*range(40), 2**32, 2**63 - 1} - {size}:
        assert codes(forged(data, lambda document, to=forged_size: document.update(size=to)), asked) in REFUSED


def test_counts_that_were_changed_are_refused(proofs: dict[str, tuple[bytes, Asked]]) -> None:
    data, asked = proofs["inclusion"]
    for count in (0, 1, 3, 2**62):
        assert codes(forged(data, lambda document, to=count: document["samples"][0].update(count=to)), asked) == (1, 1)
    for name in ("batches", "observations", "gaps", "ended_at"):
        more = forged(data, lambda document, of=name: document["end"].update({of: document["end"][of] + 1}))
        assert codes(more, asked) == (1, 1)
    assert codes(forged(data, lambda document: document["end"].update(status="failed")), asked) == (1, 1)


def test_sightings_that_were_doubled_swapped_or_borrowed_are_refused(
    recorded: Path, proofs: dict[str, tuple[bytes, Asked]]
) -> None:
    data, asked = proofs["inclusion"]
    borrowed = json.loads(proof(recorded, Asked(fingerprint=digest(6))))["samples"][0]["sightings"]
    for change in (
        lambda shown: shown.append(shown[0]),
        lambda shown: shown.insert(0, shown[0]),
        lambda shown: shown.reverse(),
        lambda shown: shown.append(borrowed[1]),
        lambda shown: shown[0].update(kind=4),
        lambda shown: shown[0].update(kind=2),
        lambda shown: shown[0].update(kind=0),
        lambda shown: shown[0].update(source=2),
        lambda shown: shown[0].update(source=2**32),
        lambda shown: shown[0].update(index=3),
        lambda shown: shown[0].update(entry=0),
    ):
        assert codes(forged(data, lambda document, do=change: do(document["samples"][0]["sightings"])), asked) == (1, 1)
    fewer = forged(data, lambda document: document["samples"][0]["sightings"].pop())
    assert codes(fewer, asked) == (0, 0)


def test_an_item_that_an_observation_does_not_name_is_refused(proofs: dict[str, tuple[bytes, Asked]]) -> None:
    data, asked = proofs["by index"]
    for change in (
        lambda item: item.update(entry=4),
        lambda item: item.update(position=1),
        lambda item: item.update(kind=1),
        lambda item: item.update(kind=4),
        lambda item: item["items"].__setitem__(0, "raw"),
        lambda item: item["items"].__setitem__(1, 4),
    ):
        changed = forged(data, lambda document, do=change: do(document["samples"][0]["sightings"][0]["item"]))
        assert codes(changed, asked) == (1, 1)
    none = forged(data, lambda document: document["samples"][0]["sightings"][0].update(item=None))
    assert codes(none, asked) == (1, 1)


def test_a_proof_of_another_session_sample_or_root_is_refused(
    path: Path, proofs: dict[str, tuple[bytes, Asked]]
) -> None:
    for name in ("inclusion", "absence"):
        data, asked = proofs[name]
        assert codes(data, Asked(fingerprint=digest(7), root=asked.root)) == (1, 1)
        assert codes(data, Asked(fingerprint=asked.fingerprint, root=bytes(32))) == (1, 1)
        record(path, [digest(number) for number in range(1, 12)])
        other = Asked(fingerprint=asked.fingerprint)
        spliced = json.loads(proof(path, other))
        assert codes(data, Asked(fingerprint=asked.fingerprint, root=root(path))) == (1, 1)
        for part in ("samples", "set", "end", "root", "size"):
            mixed = forged(data, lambda document, of=part, other=spliced: document.update({of: other[of]}))
            assert codes(mixed, asked) == ((0, 0) if mixed == data else (1, 1))


def test_paths_that_are_longer_shorter_or_shuffled_are_refused(proofs: dict[str, tuple[bytes, Asked]]) -> None:
    data, asked = proofs["inclusion"]
    hashes = unpacked(json.loads(data)["samples"][0]["path"])
    for some in (hashes[1:], hashes[:-1], [*hashes, hashes[0]], hashes[::-1], [], hashes * 40):
        packed = packed_path(some)
        changed = forged(data, lambda document, to=packed: document["samples"][0].update(path=to))
        assert codes(changed, asked) in REFUSED


def test_hostile_json_is_unusable_and_never_an_error(proofs: dict[str, tuple[bytes, Asked]]) -> None:
    data, asked = proofs["inclusion"]
    document = json.loads(data)
    deep: Any = None
    for _ in range(300):
        deep = [deep]
    hostile = [
        b"",
        b"\n",
        b"null\n",
        b"[]\n",
        b"{}\n",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"9" * 5000 + b"\n",
        b"\xff\xfe",
        b"NaN\n",
        data.replace(b'"size":', b'"size":1,"size":'),
        data.replace(b'"count":2', b'"count":2.0'),
        data.replace(b'"count":2', b'"count":' + b"9" * 5000),
        data.replace(b'"count":2', b'"count":18446744073709551618'),
        data.replace(b'"count":2', b'"count":true'),
        data.replace(b'"count":2', b'"count":-2'),
        written({**document, "samples": deep}),
        written({**document, "samples": [*document["samples"], {}]}),
        written({**document, "more": 1}),
        written({**document, "claim": ["sample"]}),
        written({**document, "claim": "no license"}),
        written({**document, "proof": "origin proof 2"}),
        written({**document, "root": document["root"].upper()}),
        b" " * ((1 << 24) + 1),
    ]
    assert [codes(one, asked) for one in hostile] == [(2, 2)] * len(hostile)


def _places(value: Any, where: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [where] + [place for key, one in inside for place in _places(one, (*where, key))]


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_both_verifiers_agree_on_every_change_of_the_document(
    proofs: dict[str, tuple[bytes, Asked]], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(proofs)))
    original, asked = proofs[name]
    document = json.loads(original)
    place = data.draw(st.sampled_from([one for one in _places(document) if one]))
    parent: Any = document
    for key in place[:-1]:
        parent = parent[key]
    old = parent[place[-1]]
    values = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 20),
        st.sampled_from([2**32, 2**63, 2**64, "", "sample", "é", [], {}, 1.5, "0" * 64, "A" * 44]),
        st.just([old]),
        st.just(old + 1 if type(old) is int else old),
        st.sampled_from([one for proven, _ in proofs.values() for one in json.loads(proven).values()]),
    )
    parent[place[-1]] = data.draw(values)
    changed = written(document)
    found = codes(changed, asked)
    assert found in REFUSED or changed == original or _only_fewer_sightings(json.loads(original), document)


def _only_fewer_sightings(original: Document, changed: Document) -> bool:
    """To show none of the sightings proves less, and that is no forgery."""
    for sample in (*original.get("samples", ()), *changed.get("samples", ())):
        sample.pop("sightings", None)
    return original == changed


def test_the_script_runs_alone_and_answers_by_its_exit_code(
    tmp_path: Path, recorded: Path, proofs: dict[str, tuple[bytes, Asked]]
) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-I", "-S", str(SCRIPT), *arguments]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.stderr == ""
        return ran.returncode, ran.stdout

    file = tmp_path / "a.proof"
    file.write_bytes(proofs["inclusion"][0])
    name, head = digest(5).hex(), root(recorded).hex()
    code, told = run(str(file), "--fingerprint", name, "--root", head)
    assert (code, told.splitlines()[0]) == (0, f"PROVEN: {name} was observed 2 times")
    code, told = run(str(file), "--fingerprint", name.upper())
    assert (code, told.splitlines()[-1][:12]) == (3, "NOT ANCHORED")
    assert run(str(file), "--fingerprint", digest(6).hex())[0] == 1
    assert run(str(file), "--text", "another")[0] == 1
    assert run(str(file), "--fingerprint", "xyz")[0] == 2
    assert run(str(file), "--fingerprint", name, "--key", "a+b+c")[0] == 2
    assert run(str(tmp_path / "none"), "--fingerprint", name)[0] == 2
    file.write_bytes(proofs["absence"][0])
    code, told = run(str(file), "--fingerprint", between(5).hex(), "--root", head)
    assert (code, told.startswith(f"PROVEN: {between(5).hex()} was not observed")) == (0, True)
    file.write_bytes(proofs["licence"][0])
    code, told = run(str(file), "--no-license", "GPL-3.0-only")
    assert (code, told.splitlines()[1]) == (3, "  13 observations: 'MIT'")


def test_the_script_imports_nothing_but_the_standard_library() -> None:
    import ast

    names = {
        alias.name
        for node in ast.walk(ast.parse(SCRIPT.read_text()))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert names <= sys.stdlib_module_names
    assert "origin" not in names
    assert not [node for node in ast.walk(ast.parse(SCRIPT.read_text())) if isinstance(node, ast.ImportFrom)]


GOLDEN = Path(__file__).parent / "golden"
ROOT = "76ff9b8c1db1f388b6735b0b2b93188382f9e4b426f8c9ada2b55397672927ca"
ROOT_BY_INDEX = "8dfd0ec7fcea52b41ae67b5142f7af553898ab2412387ab8780628e99b729eb4"


@pytest.mark.parametrize(
    ("name", "asked", "head"),
    [
        ("inclusion", Asked(fingerprint=digest(5)), ROOT),
        ("absence", Asked(fingerprint=between(5)), ROOT),
        ("by-index", Asked(fingerprint=digest(1)), ROOT_BY_INDEX),
        ("no-license", Asked(license="GPL-3.0-only"), ROOT),
    ],
)
def test_proofs_that_were_handed_out_are_proofs_for_ever(name: str, asked: Asked, head: str) -> None:
    data = (GOLDEN / f"{name}.proof").read_bytes()
    assert codes(data, replace(asked, root=bytes.fromhex(head))) == (0, 0)
    assert codes(data, replace(asked, root=bytes(32))) == (1, 1)


def test_the_vectors_of_the_manual_are_true() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "trust.md").read_text("utf-8")
    one, other = bytes([1]) * 32, bytes([2]) * 32
    content = encode(("origin entry", 1, "note", "sealed set", "{}"))
    for data, hashed in (
        (leaf(one, 1), leaf_hash(leaf(one, 1))),
        (leaf(other, 3), leaf_hash(leaf(other, 3))),
        (content, leaf_hash(content)),
    ):
        assert f"    {data.hex()}\n" in manual
        assert f"    {hashed.hex()}\n" in manual
    assert f"    {merkle_root([leaf(one, 1), leaf(other, 3)]).hex()}\n" in manual
