"""The trees of RFC 9162, section 2.1: known facts, the RFC's own recursion as an oracle, laws, and attacks."""

import hashlib
import itertools
import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from merkle_vectors import CONSISTENCY_PROOFS, HASHES, INCLUSION_PROOFS, LEAVES, ROOTS, hashes_named

from origin.core.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    merkle_root,
    node_hash,
    root_of_hashes,
    verify_consistency,
    verify_inclusion,
    verify_inclusion_hash,
)

SHARED_VECTORS = Path(__file__).parents[2].parent / "shared/vectors/rfc6962.json"
needs_shared_vectors = pytest.mark.skipif(not SHARED_VECTORS.exists(), reason=f"no vectors at {SHARED_VECTORS}")

NUMBERED = [b"leaf %d" % number for number in range(70)]
OTHER_HASH = hashlib.sha256(b"of no tree").digest()

law = settings(deadline=None)  # a busy machine breaks no law
few_leaves = st.lists(st.binary(max_size=3), max_size=70)
some_leaves = st.lists(st.binary(max_size=3), min_size=1, max_size=70)
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(0, 9),
    st.floats(),
    st.text(max_size=40),
    st.binary(max_size=40),
    st.binary(min_size=32, max_size=32),
    st.lists(st.one_of(st.none(), st.integers(), st.text(), st.binary(min_size=31, max_size=33)), max_size=4),
    st.dictionaries(st.integers(0, 3), st.binary(min_size=32, max_size=32), max_size=3),
)


# The definitions of RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1, word for word.


def split(size: int) -> int:
    k = 1
    while 2 * k < size:
        k *= 2
    return k


@cache
def rfc_mth(data: tuple[bytes, ...]) -> bytes:
    if len(data) == 0:
        return hashlib.sha256().digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = split(len(data))
    return hashlib.sha256(b"\x01" + rfc_mth(data[:k]) + rfc_mth(data[k:])).digest()


def rfc_path(m: int, data: tuple[bytes, ...]) -> list[bytes]:
    if len(data) == 1:
        return []
    k = split(len(data))
    if m < k:
        return [*rfc_path(m, data[:k]), rfc_mth(data[k:])]
    return [*rfc_path(m - k, data[k:]), rfc_mth(data[:k])]


def rfc_subproof(m: int, data: tuple[bytes, ...], *, b: bool = True) -> list[bytes]:
    if m == len(data):
        return [] if b else [rfc_mth(data)]
    k = split(len(data))
    if m <= k:
        return [*rfc_subproof(m, data[:k], b=b), rfc_mth(data[k:])]
    return [*rfc_subproof(m - k, data[k:], b=False), rfc_mth(data[:k])]


# On which side the hashes of a proof stand, lowest first: all that a proof tells of its index and sizes.


def inclusion_turns(index: int, size: int) -> str:
    if size == 1:
        return ""
    k = split(size)
    return inclusion_turns(index, k) + "R" if index < k else inclusion_turns(index - k, size - k) + "L"


def consistency_turns(old_size: int, new_size: int, *, whole: bool = True) -> str:
    """`=` stands for the node that a proof begins with when the old tree is no node of the new one."""
    if old_size == new_size:
        return "" if whole else "="
    k = split(new_size)
    if old_size <= k:
        return consistency_turns(old_size, k, whole=whole) + "R"
    return consistency_turns(old_size - k, new_size - k, whole=False) + "L"


# Known facts.


def test_the_empty_tree_a_leaf_and_a_node_hash_as_upstream_says() -> None:
    assert HASHES["0:0"] == EMPTY_ROOT
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def test_roots_of_up_to_eight_leaves_are_the_known_ones() -> None:
    assert [merkle_root(LEAVES[:size]) for size in range(9)] == ROOTS
    assert [root_of_hashes([leaf_hash(data) for data in LEAVES[:size]]) for size in range(9)] == ROOTS


def test_every_node_of_up_to_eight_leaves_is_the_known_one() -> None:
    ranges = {name: [int(bound) for bound in name.split(":")] for name in HASHES}
    assert {name: merkle_root(LEAVES[first:end]) for name, (first, end) in ranges.items()} == HASHES


def test_inclusion_proofs_of_up_to_eight_leaves_are_the_known_ones() -> None:
    known = {at: hashes_named(names) for at, names in INCLUSION_PROOFS.items()}
    assert {(index, size): inclusion_proof(LEAVES[:size], index) for index, size in known} == known
    assert len(known) == 36


def test_consistency_proofs_of_up_to_eight_leaves_are_the_known_ones() -> None:
    known = {sizes: hashes_named(names) for sizes, names in CONSISTENCY_PROOFS.items()}
    assert {(old, new): consistency_proof(LEAVES[:new], old) for old, new in known} == known
    assert len(known) == 36


def test_known_proofs_verify() -> None:
    for (index, size), names in INCLUSION_PROOFS.items():
        proof = hashes_named(names)
        assert verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
        assert verify_inclusion_hash(HASHES[f"{index}:{index + 1}"], index, size, proof, ROOTS[size])
    for (old, new), names in CONSISTENCY_PROOFS.items():
        assert verify_consistency(old, new, ROOTS[old], ROOTS[new], hashes_named(names))


def test_a_frontier_keeps_the_roots_of_the_full_subtrees_largest_first() -> None:
    frontier = Frontier()
    kept = [frontier.hashes.copy()]
    for data in LEAVES:
        frontier.append(data)
        kept.append(frontier.hashes.copy())
    names = ["", "0:1", "0:2", "0:2 2:3", "0:4", "0:4 4:5", "0:4 4:6", "0:4 4:6 6:7", "0:8"]
    assert kept == [hashes_named(at_size) for at_size in names]


# The whole file of upstream's facts and probes, where the workplace has it.


@pytest.fixture(scope="module")
def shared() -> dict:
    return json.loads(SHARED_VECTORS.read_text(encoding="utf-8"))


def unhex(digests: list[str]) -> list[bytes]:
    return [bytes.fromhex(digest) for digest in digests]


@needs_shared_vectors
def test_shared_hasher_facts_hold(shared: dict) -> None:
    ours = []
    for fact in shared["hasher"]:
        match fact["what"]:
            case "empty tree":
                ours.append(EMPTY_ROOT)
            case "leaf":
                ours.append(leaf_hash(bytes.fromhex(fact["data_hex"])))
            case "node":
                ours.append(node_hash(bytes.fromhex(fact["left_hex"]), bytes.fromhex(fact["right_hex"])))
    assert ours == unhex([fact["hash"] for fact in shared["hasher"]])


@needs_shared_vectors
def test_shared_leaves_roots_and_nodes_are_ours(shared: dict) -> None:
    leaves = unhex(shared["leaf_inputs_hex"])
    assert leaves == LEAVES
    assert [merkle_root(leaves[:size]) for size in range(9)] == unhex(shared["roots_by_size"])
    for level, digests in enumerate(shared["node_hashes_by_level"]):
        width = 1 << level
        nodes = [merkle_root(leaves[first : first + width]) for first in range(0, 8, width)]
        assert nodes == unhex(digests)


@needs_shared_vectors
def test_shared_proofs_are_ours(shared: dict) -> None:
    inclusion = shared["all_proofs_n_le_8"]["inclusion"]
    assert [inclusion_proof(LEAVES[: fact["size"]], fact["index"]) for fact in inclusion] == [
        unhex(fact["proof"]) for fact in inclusion
    ]
    consistency = shared["all_proofs_n_le_8"]["consistency"]
    assert [consistency_proof(LEAVES[: fact["size2"]], fact["size1"]) for fact in consistency] == [
        unhex(fact["proof"]) for fact in consistency
    ]
    assert (len(inclusion), len(consistency)) == (36, 36)


@needs_shared_vectors
def test_every_upstream_inclusion_probe_is_judged_as_upstream_judges_it(shared: dict) -> None:
    data_of = {leaf_hash(data): data for data in LEAVES}
    hashes_only = 0
    for probe in shared["upstream_probes"]["inclusion"]:
        hashed = bytes.fromhex(probe["leafHash"])
        rest = (probe["leafIdx"], probe["treeSize"], unhex(probe["proof"]), bytes.fromhex(probe["root"]))
        assert verify_inclusion_hash(hashed, *rest) is not probe["wantErr"], probe["file"]
        if hashed in data_of:
            assert verify_inclusion(data_of[hashed], *rest) is not probe["wantErr"], probe["file"]
        else:
            hashes_only += 1
    assert (len(shared["upstream_probes"]["inclusion"]), hashes_only) == (98, 21)


@needs_shared_vectors
def test_upstream_consistency_probes_are_judged_as_upstream_judges_them(shared: dict) -> None:
    for probe in shared["upstream_probes"]["consistency"]:
        roots = (bytes.fromhex(probe["root1"]), bytes.fromhex(probe["root2"]))
        accepted = verify_consistency(probe["size1"], probe["size2"], *roots, unhex(probe["proof"]))
        assert accepted is not probe["wantErr"], probe["file"]
    assert len(shared["upstream_probes"]["consistency"]) == 98


# Laws.


def test_up_to_seventy_leaves_roots_and_proofs_are_those_of_the_rfc_recursion() -> None:
    for size in range(71):
        leaves = tuple(NUMBERED[:size])
        assert merkle_root(leaves) == rfc_mth(leaves)
        assert [inclusion_proof(leaves, index) for index in range(size)] == [
            rfc_path(index, leaves) for index in range(size)
        ]
        assert [consistency_proof(leaves, old) for old in range(1, size + 1)] == [
            rfc_subproof(old, leaves) for old in range(1, size + 1)
        ]


@law
@given(few_leaves)
def test_any_leaves_have_the_root_of_the_rfc_recursion(leaves: list[bytes]) -> None:
    assert merkle_root(leaves) == rfc_mth(tuple(leaves))
    assert merkle_root(iter(leaves)) == rfc_mth(tuple(leaves))


@law
@given(few_leaves)
def test_a_frontier_has_the_root_of_its_leaves_after_each_of_them(leaves: list[bytes]) -> None:
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT
    for size, data in enumerate(leaves, 1):
        frontier.append(data)
        assert (frontier.size, frontier.root()) == (size, merkle_root(leaves[:size]))


@law
@given(few_leaves, st.sets(st.integers(0, 69)))
def test_a_frontier_rebuilt_from_its_size_and_hashes_at_any_points_goes_on(leaves: list[bytes], cuts: set[int]) -> None:
    frontier = Frontier()
    for at, data in enumerate(leaves):
        if at in cuts:
            frontier = Frontier(frontier.size, tuple(frontier.hashes))
        frontier.append(data)
    assert Frontier(frontier.size, frontier.hashes).root() == frontier.root() == merkle_root(leaves)


@law
@given(some_leaves, st.data())
def test_every_inclusion_proof_verifies(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = inclusion_proof(leaves, index)
    assert proof == rfc_path(index, tuple(leaves))
    assert verify_inclusion(leaves[index], index, len(leaves), proof, merkle_root(leaves))


@law
@given(some_leaves, st.data())
def test_every_consistency_proof_verifies(leaves: list[bytes], data: st.DataObject) -> None:
    old_size = data.draw(st.integers(1, len(leaves)))
    proof = consistency_proof(leaves, old_size)
    assert proof == rfc_subproof(old_size, tuple(leaves))
    assert verify_consistency(old_size, len(leaves), merkle_root(leaves[:old_size]), merkle_root(leaves), proof)


@law
@given(st.integers(1, MAX_SIZE), st.data())
def test_an_inclusion_proof_verifies_in_a_tree_of_any_size_and_no_longer_or_shorter_one_does(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.one_of(st.just(size - 1), st.integers(0, size - 1)))
    turns = inclusion_turns(index, size)
    proof = [leaf_hash(b"%d" % level) for level in range(len(turns))]
    root = leaf_hash(b"data")
    for turn, sibling in zip(turns, proof, strict=True):
        root = node_hash(sibling, root) if turn == "L" else node_hash(root, sibling)
    assert verify_inclusion(b"data", index, size, proof, root)
    assert not verify_inclusion(b"data", index, size, [*proof, OTHER_HASH], root)
    assert not (proof and verify_inclusion(b"data", index, size, proof[:-1], root))


@law
@given(st.integers(1, MAX_SIZE), st.data())
def test_a_consistency_proof_verifies_between_trees_of_any_sizes_and_no_longer_or_shorter_one_does(
    new_size: int, data: st.DataObject
) -> None:
    old_size = data.draw(st.one_of(st.just(max(1, new_size - 1)), st.integers(1, new_size)))
    turns = consistency_turns(old_size, new_size)
    proof = [leaf_hash(b"%d" % level) for level in range(len(turns))]
    old_root = new_root = proof[0] if turns.startswith("=") else OTHER_HASH
    for turn, sibling in zip(turns, proof, strict=True):
        if turn == "L":
            old_root = node_hash(sibling, old_root)
            new_root = node_hash(sibling, new_root)
        elif turn == "R":
            new_root = node_hash(new_root, sibling)
    assert verify_consistency(old_size, new_size, old_root, new_root, proof)
    assert not verify_consistency(old_size, new_size, old_root, new_root, [*proof, OTHER_HASH])
    assert not (proof and verify_consistency(old_size, new_size, old_root, new_root, proof[:-1]))


def test_a_size_that_is_no_uint64_is_refused_though_the_path_fits() -> None:
    proof = [OTHER_HASH] * 64
    root = leaf_hash(b"data")
    for sibling in proof:
        root = node_hash(root, sibling)
    assert verify_inclusion(b"data", 0, 2**64 - 1, proof, root)
    assert not verify_inclusion(b"data", 0, 2**64, proof, root)
    assert verify_consistency(1, 2**64 - 1, leaf_hash(b"data"), root, proof)
    assert not verify_consistency(1, 2**64, leaf_hash(b"data"), root, proof)


def test_all_short_lists_of_confusable_leaves_have_different_roots() -> None:
    confusable = [b"", b"\x00", leaf_hash(b"") + leaf_hash(b""), b"\x01" + leaf_hash(b"") + leaf_hash(b"")]
    lists = [leaves for size in range(6) for leaves in itertools.product(confusable, repeat=size)]
    assert len({merkle_root(leaves) for leaves in lists}) == len(lists) == 1365


@law
@given(*[st.lists(st.sampled_from([b"", b"a", b"b"]), max_size=20)] * 2)
def test_two_lists_share_a_root_only_when_equal(one: list[bytes], other: list[bytes]) -> None:
    assert (merkle_root(one) == merkle_root(other)) == (one == other)


@law
@given(some_leaves)
def test_a_repeated_last_leaf_changes_the_root(leaves: list[bytes]) -> None:
    assert merkle_root([*leaves, leaves[-1]]) != merkle_root(leaves)


# What is not in the tree cannot be proved.


def test_an_inclusion_proof_is_refused_for_an_index_outside_the_list() -> None:
    for index, size in ((0, 0), (-1, 3), (3, 3), (4, 3)):
        with pytest.raises(IndexError, match=f"^no leaf {index} in a tree of {size}$"):
            inclusion_proof(LEAVES[:size], index)


def test_a_consistency_proof_is_refused_for_no_old_leaves_and_for_more_old_than_new() -> None:
    for old, new in ((0, 0), (0, 3), (-1, 3), (4, 3)):
        with pytest.raises(ValueError, match=f"^no consistency proof from {old} to {new} leaves: need 0 < old <= new$"):
            consistency_proof(LEAVES[:new], old)


def test_a_frontier_is_refused_when_its_hashes_do_not_fit_its_size() -> None:
    one = leaf_hash(b"")
    misfits = [(0, [one]), (1, []), (1, [one, one]), (2, [one, one]), (3, [one]), (-1, [one])]
    misfits += [(1, [one[:-1]]), (1, [one + b"\x00"]), (1, [one.hex()[:32]]), (3, [one, b""]), (1, [None])]
    for size, hashes in misfits:
        with pytest.raises(ValueError, match=f"^a frontier of {size} leaves needs {size.bit_count()} hashes"):
            Frontier(size, hashes)


def test_a_copied_frontier_grows_apart_from_the_first() -> None:
    first = Frontier()
    for data in LEAVES[:3]:
        first.append(data)
    second = first.copy()
    second.append(LEAVES[3])
    assert (first.size, first.root()) == (3, ROOTS[3])
    assert (second.size, second.root()) == (4, ROOTS[4])


def test_lists_given_to_the_tree_stay_as_they_were() -> None:
    given_hashes = hashes_named("0:2 2:3")
    frontier = Frontier(3, given_hashes)
    frontier.append(LEAVES[3])
    assert given_hashes == hashes_named("0:2 2:3")
    leaves = hashes_named("0:1 1:2 2:3")
    assert root_of_hashes(leaves) == ROOTS[3]
    assert leaves == hashes_named("0:1 1:2 2:3")


# Attacks. LEAVES and NUMBERED hold no leaf twice, so the hashes of a proof all differ.


def test_repeating_the_last_leaves_proves_nothing_about_the_shorter_tree() -> None:
    """CVE-2012-2459: Bitcoin's trees repeat an odd node, so [a, b, c] and [a, b, c, c] share a root."""
    for size, repeated in ((3, [2]), (5, [4]), (6, [4, 5]), (7, [6])):
        longer = LEAVES[:size] + [LEAVES[index] for index in repeated]
        assert merkle_root(longer) != ROOTS[size]
        for index in range(size, len(longer)):
            proof = inclusion_proof(longer, index)
            assert not verify_inclusion(longer[index], index, len(longer), proof, ROOTS[size])
        assert not verify_consistency(size, len(longer), ROOTS[size], ROOTS[size], consistency_proof(longer, size))


def test_the_children_of_a_node_are_no_leaf() -> None:
    """Without the RFC's prefixes, the data left || right would be a leaf of the tree one level lower."""
    above = {"0:2": (0, "2:4"), "2:4": (1, "0:2")}
    for name, (index, sibling) in above.items():
        first = int(name[0])
        children = leaf_hash(LEAVES[first]) + leaf_hash(LEAVES[first + 1])
        for data in (children, b"\x01" + children, HASHES[name]):
            assert not verify_inclusion(data, index, 2, hashes_named(sibling), ROOTS[4])
            assert not verify_inclusion(data, index, 4, hashes_named(sibling), ROOTS[4])


def test_a_node_hash_passes_for_a_leaf_hash_only_with_a_size_that_is_not_the_trees() -> None:
    """Why the docstrings ask for data that someone hashed and for a size from where the root comes from."""
    accepted = [
        (name, index, size)
        for name in ("0:2", "2:4")
        for size in range(1, 9)
        for index in range(size)
        if verify_inclusion_hash(HASHES[name], index, size, hashes_named("2:4" if name == "0:2" else "0:2"), ROOTS[4])
    ]
    # A leaf that stands alone at the end has a path of one hash in larger trees too.
    assert accepted == [("0:2", 0, 2), ("2:4", 1, 2), ("2:4", 2, 3), ("2:4", 4, 5)]


def test_another_leaf_is_not_at_the_index() -> None:
    proofs = {index: inclusion_proof(LEAVES, index) for index in range(8)}
    accepted = [
        (at, leaf)
        for leaf in range(8)
        for at in range(8)
        if verify_inclusion(LEAVES[leaf], at, 8, proofs[at], ROOTS[8])
    ]
    assert accepted == [(index, index) for index in range(8)]


def test_a_leaf_is_not_at_another_index() -> None:
    for size in range(1, 20):
        root = merkle_root(NUMBERED[:size])
        for index in range(size):
            proof = inclusion_proof(NUMBERED[:size], index)
            accepted = [at for at in range(-2, 25) if verify_inclusion(NUMBERED[index], at, size, proof, root)]
            assert accepted == [index]


def test_a_wrong_size_passes_only_where_the_leaf_has_the_same_path() -> None:
    places = [(index, size) for size in range(1, 17) for index in range(size)]
    for index, size in places:
        leaves = NUMBERED[:size]
        proof, root = inclusion_proof(leaves, index), merkle_root(leaves)
        for other_index, other_size in places:
            same_path = inclusion_turns(other_index, other_size) == inclusion_turns(index, size)
            assert verify_inclusion(leaves[index], other_index, other_size, proof, root) is same_path


def test_wrong_sizes_are_consistent_only_where_the_old_tree_has_the_same_path() -> None:
    pairs = [(old, new) for new in range(1, 17) for old in range(1, new + 1)]
    roots = [merkle_root(NUMBERED[:size]) for size in range(17)]
    for old, new in pairs:
        proof = consistency_proof(NUMBERED[:new], old)
        for other_old, other_new in pairs:
            same_path = consistency_turns(other_old, other_new) == consistency_turns(old, new)
            assert verify_consistency(other_old, other_new, roots[old], roots[new], proof) is same_path


def changed_proofs(proof: list[bytes], more: list[bytes]) -> list[list[bytes]]:
    """The proof with a hash missing, with a hash added (one of its own or of `more`), and in every other order."""
    missing = [proof[:at] + proof[at + 1 :] for at in range(len(proof))]
    added = [[*proof[:at], extra, *proof[at:]] for at in range(len(proof) + 1) for extra in {*proof, *more}]
    reordered = [list(order) for order in itertools.permutations(proof) if list(order) != proof]
    return missing + added + reordered


def test_an_inclusion_proof_with_a_missing_an_extra_or_a_moved_hash_fails() -> None:
    for index, size in INCLUSION_PROOFS:
        for proof in changed_proofs(inclusion_proof(LEAVES[:size], index), [*ROOTS, leaf_hash(LEAVES[index])]):
            assert not verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])


def test_a_consistency_proof_with_a_missing_an_extra_or_a_moved_hash_fails() -> None:
    for old, new in CONSISTENCY_PROOFS:
        for proof in changed_proofs(consistency_proof(LEAVES[:new], old), ROOTS):
            assert not verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)


def with_each_bit_flipped(data: bytes) -> list[bytes]:
    number = int.from_bytes(data)
    return [(number ^ 1 << bit).to_bytes(len(data)) for bit in range(8 * len(data))]


def proofs_with_each_bit_flipped(proof: list[bytes]) -> list[list[bytes]]:
    return [
        [*proof[:at], flipped, *proof[at + 1 :]]
        for at in range(len(proof))
        for flipped in with_each_bit_flipped(proof[at])
    ]


def test_any_flipped_bit_of_leaf_proof_or_root_breaks_inclusion() -> None:
    tries = 0
    for index in range(7):
        leaf, proof = LEAVES[index], inclusion_proof(LEAVES[:7], index)
        tampered = [(leaf, changed, ROOTS[7]) for changed in proofs_with_each_bit_flipped(proof)]
        tampered += [(leaf, proof, root) for root in with_each_bit_flipped(ROOTS[7])]
        tampered += [(changed, proof, ROOTS[7]) for changed in with_each_bit_flipped(leaf)]
        assert not any(verify_inclusion(data, index, 7, changed, root) for data, changed, root in tampered)
        tries += len(tampered)
    assert tries == 256 * (6 * 3 + 2) + 256 * 7 + 8 * sum(len(leaf) for leaf in LEAVES[:7])


def test_any_flipped_bit_of_proof_or_roots_breaks_consistency() -> None:
    for old in range(1, 8):
        proof = consistency_proof(LEAVES[:7], old)
        tampered = [(ROOTS[old], ROOTS[7], changed) for changed in proofs_with_each_bit_flipped(proof)]
        tampered += [(root, ROOTS[7], proof) for root in with_each_bit_flipped(ROOTS[old])]
        tampered += [(ROOTS[old], root, proof) for root in with_each_bit_flipped(ROOTS[7])]
        assert len(tampered) == 256 * (len(proof) + 2)
        assert not any(verify_consistency(old, 7, *changed) for changed in tampered)


def test_a_proof_fails_against_the_root_of_any_other_tree() -> None:
    others = [*ROOTS[:7], ROOTS[8], merkle_root(NUMBERED[:7]), merkle_root(LEAVES[6::-1]), OTHER_HASH]
    for index in range(7):
        proof = inclusion_proof(LEAVES[:7], index)
        assert [root for root in others if verify_inclusion(LEAVES[index], index, 7, proof, root)] == []
    for old in range(1, 7):
        proof = consistency_proof(LEAVES[:7], old)
        assert [root for root in others if verify_consistency(old, 7, ROOTS[old], root, proof)] == []
        assert [
            root for root in {*others, ROOTS[7]} - {ROOTS[old]} if verify_consistency(old, 7, root, ROOTS[7], proof)
        ] == []


def test_a_tree_that_rewrote_an_old_leaf_is_not_consistent() -> None:
    for old, new in CONSISTENCY_PROOFS:
        for rewritten in range(old):
            past = [*LEAVES[:rewritten], b"since rewritten", *LEAVES[rewritten + 1 :]]
            for proof in (consistency_proof(LEAVES[:new], old), consistency_proof(past[:new], old)):
                assert not verify_consistency(old, new, merkle_root(past[:old]), ROOTS[new], proof)


def test_an_old_size_of_nothing_proves_nothing() -> None:
    for new in range(9):
        for proof in ([], [ROOTS[new]], [EMPTY_ROOT]):
            assert not verify_consistency(0, new, EMPTY_ROOT, ROOTS[new], proof)
            assert not verify_consistency(0, new, ROOTS[new], ROOTS[new], proof)


def test_a_tree_is_not_consistent_with_a_smaller_one() -> None:
    for old, new in itertools.combinations(range(1, 9), 2):
        for proof in ([], consistency_proof(LEAVES[:new], old)):
            assert not verify_consistency(new, old, ROOTS[new], ROOTS[old], proof)
            assert not verify_consistency(new, old, ROOTS[old], ROOTS[new], proof)
            assert not verify_consistency(new, old, ROOTS[old], ROOTS[old], proof)


# Malformed input is refused, never an error.


NO_COUNTS = [-1, -(2**64), None, "1", 1.0, float("nan"), b"\x01", [1], 2**64, 2**200_000]
NO_HASHES = [None, "", b"", 0, b"\x00" * 31, b"\x00" * 33, "0" * 32, [0] * 32, bytearray(32), memoryview(bytes(32))]


def no_proofs(proof: list[bytes]) -> list[object]:
    shapes = [None, 0, b"".join(proof), proof[0].hex(), iter(proof), set(proof), dict.fromkeys(proof)]
    return shapes + [[*proof[:-1], wrong] for wrong in NO_HASHES] + [[wrong, *proof[1:]] for wrong in NO_HASHES]


def test_malformed_inclusion_input_is_false() -> None:
    leaf, index, size, proof, root = LEAVES[2], 2, 5, inclusion_proof(LEAVES[:5], 2), ROOTS[5]
    assert verify_inclusion(leaf, index, size, tuple(proof), root)
    for count in NO_COUNTS:
        assert verify_inclusion(leaf, count, size, proof, root) is False
        assert verify_inclusion(leaf, index, count, proof, root) is False
    for wrong in no_proofs(proof):
        assert verify_inclusion(leaf, index, size, wrong, root) is False
    for wrong in NO_HASHES:
        assert verify_inclusion(leaf, index, size, proof, wrong) is False
        assert verify_inclusion_hash(wrong, index, size, proof, root) is False
    for wrong in (None, 2, "10", leaf.hex(), [16], bytearray(leaf)):
        assert verify_inclusion(wrong, index, size, proof, root) is False
    assert verify_inclusion(leaf, 5, 5, proof, root) is False
    assert verify_inclusion(leaf, 0, 0, [], EMPTY_ROOT) is False
    assert verify_inclusion(b"", 0, 0, [], leaf_hash(b"")) is False


def test_malformed_consistency_input_is_false() -> None:
    old, new, old_root, new_root, proof = 3, 7, ROOTS[3], ROOTS[7], consistency_proof(LEAVES[:7], 3)
    assert verify_consistency(old, new, old_root, new_root, tuple(proof))
    for count in NO_COUNTS:
        assert verify_consistency(count, new, old_root, new_root, proof) is False
        assert verify_consistency(old, count, old_root, new_root, proof) is False
        assert verify_consistency(count, count, old_root, old_root, []) is False
    for wrong in no_proofs(proof):
        assert verify_consistency(old, new, old_root, new_root, wrong) is False
    for wrong in NO_HASHES:
        assert verify_consistency(old, new, wrong, new_root, proof) is False
        assert verify_consistency(old, new, old_root, wrong, proof) is False
        # Upstream compares the roots of equal sizes as the bytes they are.
        assert verify_consistency(old, old, wrong, wrong, []) is isinstance(wrong, bytes)


def test_an_iterator_that_is_used_up_while_checked_is_no_empty_proof() -> None:
    assert verify_inclusion(b"", 0, 1, iter([OTHER_HASH]), ROOTS[1]) is False
    assert verify_consistency(1, 1, ROOTS[1], ROOTS[1], iter([OTHER_HASH])) is False


@law
@given(anything, anything, anything, anything, anything)
def test_verification_never_raises_whatever_it_is_given(a: object, b: object, c: object, d: object, e: object) -> None:
    assert verify_inclusion(a, b, c, d, e) is False
    assert verify_inclusion_hash(a, b, c, d, e) in (False, a == e)
    assert verify_consistency(a, b, c, d, e) in (False, c == d)
