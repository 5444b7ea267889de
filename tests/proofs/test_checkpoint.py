from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proofs.signed_checkpoints import KEY, SEED, SESSION_ID, SIGNED, SIGNED_BY_SSH, SSH_KEY, TEXT

from origin.core.merkle import merkle_root
from origin.errors import OriginError, UsageError
from origin.proofs.checkpoint import Checkpoint, SignedCheckpoint
from origin.proofs.note import SignatureError, VerifierKey

WAYS = pytest.mark.parametrize(("signed", "key"), [(SIGNED, KEY), (SIGNED_BY_SSH, SSH_KEY)], ids=["key", "ssh"])


def trusted(data: bytes, *keys: str) -> Checkpoint:
    signed = SignedCheckpoint.from_bytes(data)
    signed.verified(map(VerifierKey.from_text, keys))
    return signed.checkpoint


def test_the_example_of_the_specification_is_read() -> None:
    data = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\u2014 example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    ).encode()
    signed = SignedCheckpoint.from_bytes(data)
    assert signed.checkpoint.origin == "example.com/behind-the-sofa"
    assert signed.checkpoint.size == 20852163
    assert signed.checkpoint.root == base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert [line.key_id.hex() for line in signed.signatures] == ["033de0ae"]
    assert str(signed).encode() == data
    with pytest.raises(UsageError, match="which is no session's"):
        _ = signed.checkpoint.session_id


@WAYS
def test_a_signed_checkpoint_of_another_day_verifies_for_ever(signed: str, key: str) -> None:
    expected = Checkpoint.of_session(SESSION_ID, 3, merkle_root([b"a", b"b", b"c"]))
    assert trusted(signed.encode(), key) == expected
    assert expected.session_id == SESSION_ID
    assert str(expected) == TEXT
    assert SignedCheckpoint.from_bytes(TEXT.encode()) == SignedCheckpoint(expected)


def test_the_page_on_trust_has_these_vectors() -> None:
    page = (Path(__file__).parents[2] / "docs" / "trust.md").read_text()
    for line in [*SIGNED.splitlines(), *SIGNED_BY_SSH.splitlines(), KEY, SSH_KEY, SEED.hex()]:
        assert line in page


def test_cryptography_makes_and_verifies_the_same_signature() -> None:
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    private = ed25519.Ed25519PrivateKey.from_private_bytes(SEED)
    key = VerifierKey("example.org/team", private.public_key().public_bytes_raw())
    checkpoint = Checkpoint.from_text(TEXT)
    signature = key.signature(private.sign(TEXT.encode()))
    assert str(key) == KEY
    assert str(SignedCheckpoint(checkpoint, (signature,))) == SIGNED
    private.public_key().verify(SignedCheckpoint.from_bytes(SIGNED.encode()).signatures[0].signature, TEXT.encode())


def test_the_key_id_is_computed_as_the_specification_says() -> None:
    public = base64.b64decode(KEY.split("+", 2)[2])[1:]
    assert hashlib.sha256(b"example.org/team\n\x01" + public).hexdigest()[:8] == KEY.split("+")[1]
    other = b"example.org/team\n\xfforigin-checkpoint/sshsig-ed25519" + public
    assert hashlib.sha256(other).hexdigest()[:8] == SSH_KEY.split("+")[1]


@WAYS
@pytest.mark.parametrize("bit", range(8))
def test_every_flipped_bit_of_a_signed_checkpoint_is_rejected(signed: str, key: str, bit: int) -> None:
    data = signed.encode()
    for at in range(len(data)):
        flipped = data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1 :]
        with pytest.raises((UsageError, SignatureError)):
            trusted(flipped, key)


@WAYS
def test_every_cut_and_every_doubled_line_is_rejected(signed: str, key: str) -> None:
    data = signed.encode()
    for end in range(len(data)):
        with pytest.raises(OriginError):
            trusted(data[:end], key)
    lines = signed.splitlines(keepends=True)
    for at in range(4):
        with pytest.raises(OriginError):
            trusted("".join([*lines[:at], lines[at], *lines[at:]]).encode(), key)


@WAYS
def test_forged_sizes_roots_and_names_are_rejected(signed: str, key: str) -> None:
    for old, new in (
        ("\n3\n", "\n2\n"),
        ("\n3\n", "\n30\n"),
        ("ddeeff", "ddeefe"),
        ("NmQu", "NmQv"),
        ("\n3\n", "\n3\nmore\n"),
        ("HsE=\n", "HsE=\nmore\n"),
    ):
        forged = signed.replace(old, new, 1)
        assert forged != signed
        with pytest.raises((UsageError, SignatureError)):
            trusted(forged.encode(), key)


@WAYS
def test_the_keys_of_the_two_ways_are_not_the_same_key(signed: str, key: str) -> None:
    other = SSH_KEY if key == KEY else KEY
    with pytest.raises(SignatureError, match="not by example"):
        trusted(signed.encode(), other)
    assert trusted(signed.encode(), other, key).size == 3


def test_a_signature_of_one_way_is_none_of_the_other() -> None:
    one, other = (SignedCheckpoint.from_bytes(text.encode()) for text in (SIGNED, SIGNED_BY_SSH))
    key, ssh_key = map(VerifierKey.from_text, (KEY, SSH_KEY))
    for wrong, signature in ((key, other.signatures[0]), (ssh_key, one.signatures[0])):
        swapped = SignedCheckpoint(one.checkpoint, (wrong.signature(signature.signature),))
        with pytest.raises(SignatureError):
            swapped.verified([wrong])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a\n1\n",
        TEXT[:-1],
        "\n" + TEXT,
        TEXT.replace("\n3\n", "\n03\n"),
        TEXT.replace("\n3\n", "\n+3\n"),
        TEXT.replace("\n3\n", "\n-3\n"),
        TEXT.replace("\n3\n", "\n 3\n"),
        TEXT.replace("\n3\n", "\n3_0\n"),
        TEXT.replace("\n3\n", "\n\u0663\n"),
        TEXT.replace("\n3\n", f"\n{2**64}\n"),
        TEXT.replace("\n3\n", f"\n{'9' * 5000}\n"),
        TEXT.replace("HsE=", "HsF="),
        TEXT.replace("HsE=", "HsE"),
        TEXT.replace("NmQu", ""),
        TEXT.replace("NmQu", "NmQuNmQu"),
        TEXT.replace("NmQu", "NmQ\u00fc"),
        TEXT + "extension\n",
        TEXT + "\u2014 example.org/team JR0e\n",
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("origin", "orig\x1bin"),
        TEXT.replace("origin", "orig\0in"),
    ],
)
def test_what_is_no_checkpoint_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        SignedCheckpoint.from_bytes(text.encode())
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_extension_lines_of_others_are_kept_under_a_signature() -> None:
    data = SIGNED.replace("\n\n", "\nextension 1\nextension 2\n\n").encode()
    signed = SignedCheckpoint.from_bytes(data)
    assert signed.checkpoint.extensions == ("extension 1", "extension 2")
    assert str(signed).encode() == data


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 1, bytes(32), ()),
        ("a\nb", 1, bytes(32), ()),
        ("a\x1b", 1, bytes(32), ()),
        ("\udcff", 1, bytes(32), ()),
        ("a", -1, bytes(32), ()),
        ("a", 2**64, bytes(32), ()),
        ("a", 1, bytes(31), ()),
        ("a", 1, bytes(32), ("",)),
        ("a", 1, bytes(32), ("x\ny",)),
    ],
)
def test_what_no_checkpoint_can_state_is_not_made(
    origin: str, size: int, root: bytes, extensions: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError):
        Checkpoint(origin, size, root, extensions)


LINES = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]), min_size=1)
CHECKPOINTS = st.builds(
    Checkpoint, LINES, st.integers(0, 2**64 - 1), st.binary(min_size=32, max_size=32), st.lists(LINES).map(tuple)
)


@given(CHECKPOINTS)
def test_a_checkpoint_that_is_written_is_read_back(checkpoint: Checkpoint) -> None:
    assert Checkpoint.from_text(str(checkpoint)) == checkpoint


@given(st.text(max_size=200) | st.builds("\n".join, st.lists(st.sampled_from(TEXT.split("\n")), max_size=6)))
def test_what_is_read_is_what_is_written(text: str) -> None:
    try:
        signed = SignedCheckpoint.from_bytes(text.encode("utf-8", "surrogatepass"))
    except UsageError:
        return
    assert str(signed) == text
