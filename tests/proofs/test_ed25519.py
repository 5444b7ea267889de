from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from origin.proofs.ed25519 import is_public_key, verify

ORDER = 2**252 + 27742317777372353535851937790883648493
P = 2**255 - 19

# RFC 8032, section 7.1: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
            "655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        b"\x72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
            "b00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        b"\xaf\x82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
            "c027beceea1ec40a"
        ),
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").digest(),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17a"
            "d9bef1177331a704"
        ),
    ),
]
# Every encoding of a point of small order, those that are not canonical among them (C2SP/CCTV, ed25519/README.md).
SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]
WYCHEPROOF = json.loads((Path(__file__).parent / "ed25519_wycheproof.json").read_text())["vectors"]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_vectors_of_the_rfc(key: str, message: bytes, signature: str) -> None:
    public, signed = bytes.fromhex(key), bytes.fromhex(signature)
    assert verify(public, message, signed)
    assert not verify(public, message + b"\0", signed)
    assert not verify(bytes.fromhex(RFC_8032[0][0] if message else RFC_8032[1][0]), message, signed)


def test_the_verdicts_of_wycheproof_are_ours() -> None:
    """Where the RFC leaves it open (acceptable), a key of small order is refused and one of mixed order is not."""
    assert len(WYCHEPROOF) == 210
    for number, kind, verdict, key, message, signature in WYCHEPROOF:
        expected = verdict == "valid" or (verdict == "acceptable" and kind == "MixedOrderPublicKey")
        assert verify(*map(bytes.fromhex, (key, message, signature))) is expected, (number, kind)


@pytest.mark.parametrize("encoded", SMALL_ORDER)
def test_a_key_that_everybody_can_sign_under_is_none(encoded: str) -> None:
    # [0]B = R + [k]A holds for R = A = neutral, whatever the message: ref10 accepts it.
    forged = bytes.fromhex("01" + "00" * 31) + bytes(32)
    assert not is_public_key(bytes.fromhex(encoded))
    assert not verify(bytes.fromhex(encoded), b"anything", forged)


@pytest.mark.parametrize("y", [P, P + 1, P + 3, 2**255 - 1, 2**255 + P + 3])
def test_a_point_has_one_encoding(y: int) -> None:
    assert not is_public_key(y.to_bytes(32, "little"))


def test_every_multiple_of_the_order_added_to_s_is_refused() -> None:
    key, message, signature = RFC_8032[1]
    first, s = bytes.fromhex(signature)[:32], int.from_bytes(bytes.fromhex(signature)[32:], "little")
    assert verify(bytes.fromhex(key), message, first + s.to_bytes(32, "little"))
    for times in range(1, 15):
        assert not verify(bytes.fromhex(key), message, first + (s + times * ORDER).to_bytes(32, "little"))


def test_every_flipped_bit_is_refused() -> None:
    key, message, signature = RFC_8032[2]
    whole = bytes.fromhex(key) + message + bytes.fromhex(signature)
    for bit in range(0, 8 * len(whole), 3):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not verify(bytes(flipped[:32]), bytes(flipped[32:34]), bytes(flipped[34:])), bit


@given(st.binary(max_size=100), st.binary(max_size=40), st.binary(max_size=100))
def test_any_bytes_are_a_plain_no(key: bytes, message: bytes, signature: bytes) -> None:
    assert verify(key, message, signature) is False


@settings(max_examples=50, deadline=None)  # the first example imports the library
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.binary(min_size=1, max_size=4))
def test_what_cryptography_signs_is_verified_and_nothing_else(seed: bytes, message: bytes, other: bytes) -> None:
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert is_public_key(public)
    assert verify(public, message, signature)
    assert not verify(public, message + other, signature)
    assert not verify(public, message, signature[:-1])


def test_a_verification_takes_less_than_20_ms() -> None:
    key, message, signature = RFC_8032[3]
    taken = []
    for _ in range(10):
        start = time.perf_counter()
        assert verify(bytes.fromhex(key), message, bytes.fromhex(signature))
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.020
