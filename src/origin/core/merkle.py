"""Merkle trees as in RFC 9162, section 2.1 (the same trees as RFC 6962), with SHA-256.

leaf = SHA256(0x00 || data), node = SHA256(0x01 || left || right), empty tree = SHA256("").
An odd node is promoted, never duplicated, so no two lists of leaves share a root (CVE-2012-2459 cannot happen here).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from origin.core.pieces import pieces

HASH_SIZE = 32
MAX_SIZE = 2**64 - 1  # a tree size is a uint64, RFC 9162 section 4.9
EMPTY_ROOT = hashlib.sha256(b"").digest()

# Copying a hasher that has already taken its prefix costs less than building one and joining bytes.
_leaf_hasher = hashlib.sha256(b"\x00").copy
_node_hasher = hashlib.sha256(b"\x01").copy


def leaf_hash(data: bytes) -> bytes:
    """SHA256(0x00 || data), RFC 9162 section 2.1.1."""
    hasher = _leaf_hasher()
    hasher.update(data)
    return hasher.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA256(0x01 || left || right), RFC 9162 section 2.1.1."""
    hasher = _node_hasher()
    hasher.update(left + right)
    return hasher.digest()


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Root of the tree over `leaves`, each the data of one leaf; 32 bytes."""
    return root_of_hashes([leaf_hash(data) for data in leaves])


def root_of_hashes(hashes: list[bytes]) -> bytes:
    """Root of the tree whose leaf hashes are given, level by level; O(n) hashes, fast as recording needs it."""
    if not hashes:
        return EMPTY_ROOT
    level = hashes
    copy = _node_hasher
    while len(level) > 1:
        pairs = len(level) // 2
        odd = level[2 * pairs :]
        # One join and one unpack make all `left || right` strings of the level without a Python step for each.
        joined = pieces(b"".join(level[: 2 * pairs]), 64)
        level = []
        append = level.append
        for both in joined:
            hasher = copy()
            hasher.update(both)
            append(hasher.digest())
        level += odd
    return level[0]


class Frontier:
    """The right-hand edge of a growing tree: append leaves and know the root, with at most 64 hashes kept.

    The k-th kept hash is the root of a full subtree; there is one for each set bit of `size`, largest first.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if size < 0 or len(self.hashes) != size.bit_count() or not _are_hashes(self.hashes):
            raise ValueError(f"a frontier of {size} leaves needs {size.bit_count()} hashes of {HASH_SIZE} bytes")

    def append(self, data: bytes) -> None:
        """Append one leaf's data."""
        carried = leaf_hash(data)
        size = self.size
        while size & 1:
            carried = node_hash(self.hashes.pop(), carried)
            size >>= 1
        self.hashes.append(carried)
        self.size += 1

    def root(self) -> bytes:
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> Frontier:
        return Frontier(self.size, self.hashes)


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (k of RFC 9162)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """PATH(index, leaves) of RFC 9162, section 2.1.3.1: the hashes that lead from the leaf to the root, lowest first.

    Raises IndexError when `index` is not in the list.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    level = [leaf_hash(data) for data in leaves]
    proof: list[bytes] = []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            proof.append(level[sibling])
        level = _parents(level)
        index >>= 1
    return proof


def _parents(level: list[bytes]) -> list[bytes]:
    parents = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return parents + level[2 * len(parents) :]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that the leaf with data `leaf` is number `index` in the tree of `size` leaves with `root`.

    RFC 9162, section 2.1.3.2. Malformed input is False, never an error. A root does not fix the size of its tree, so
    `size` must come from where `root` comes from: of two sizes in which the leaf has the same path, both verify.
    """
    return isinstance(leaf, bytes) and verify_inclusion_hash(leaf_hash(leaf), index, size, proof, root)


def verify_inclusion_hash(hashed: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """The same as `verify_inclusion` for who knows only the leaf's hash, `leaf_hash(data)`.

    Someone must have hashed that data: a `hashed` taken on trust can be an inner node, leaf of a smaller tree.
    """
    if not _well_formed((index, size), proof, hashed, root) or index >= size:
        return False
    at, last = index, size - 1
    current = hashed
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            current = node_hash(sibling, current)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            current = node_hash(current, sibling)
        at >>= 1
        last >>= 1
    return last == 0 and current == root


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """PROOF(old_size, leaves) of RFC 9162, section 2.1.4.1: that the first `old_size` leaves are a prefix of `leaves`.

    Raises ValueError unless 0 < old_size <= len(leaves).
    """
    if not 0 < old_size <= len(leaves):
        raise ValueError(f"no consistency proof from {old_size} to {len(leaves)} leaves: need 0 < old <= new")
    hashes = [leaf_hash(data) for data in leaves]
    return _subproof(old_size, hashes, whole=True)


def _subproof(old_size: int, hashes: list[bytes], *, whole: bool) -> list[bytes]:
    if old_size == len(hashes):
        return [] if whole else [root_of_hashes(hashes)]
    split = _split(len(hashes))
    if old_size <= split:
        return [*_subproof(old_size, hashes[:split], whole=whole), root_of_hashes(hashes[split:])]
    return [*_subproof(old_size - split, hashes[split:], whole=False), root_of_hashes(hashes[:split])]


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree (old_size, old_root) is a prefix of the tree (new_size, new_root).

    RFC 9162, section 2.1.4.2. Malformed input is False, never an error; so is an old size of 0, which proves nothing.
    Both sizes must come from where the roots come from, as for `verify_inclusion`.
    """
    if old_size == new_size and _well_formed((old_size,), proof):
        return old_size > 0 and not proof and isinstance(old_root, bytes) and old_root == new_root
    if not _well_formed((old_size, new_size), proof, old_root, new_root) or not 0 < old_size < new_size:
        return False
    # A complete old tree is a node of the new one, so its root is where the path starts.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at >>= 1
        last >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        at >>= 1
        last >>= 1
    return last == 0 and old == old_root and new == new_root


def _well_formed(sizes: Iterable[int], proof: Sequence[bytes], *hashes: bytes) -> bool:
    """Types too, as what comes from a file may hold anything; an iterator would be empty by the time it is verified."""
    return (
        all(isinstance(size, int) and 0 <= size <= MAX_SIZE for size in sizes)
        and isinstance(proof, Sequence)
        and _are_hashes((*proof, *hashes))
    )


def _are_hashes(values: Iterable[bytes]) -> bool:
    return all(isinstance(value, bytes) and len(value) == HASH_SIZE for value in values)
