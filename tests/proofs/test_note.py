from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.errors import UsageError
from origin.proofs.note import Note, Signature, SignatureError, VerifierKey

# The keys, signatures and texts that implementations of signed notes test with: C2SP's and those of Go's sumdb/note.
PETER = VerifierKey.from_text("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
ENOCH = VerifierKey.from_text("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop")
FOO = VerifierKey.from_text("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
FOO_NOTE = (
    "This is an example message.\n\n\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
BOTH = f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}".encode()


def signers(data: bytes, *keys: VerifierKey) -> list[str]:
    return [key.name for key in Note.from_bytes(data).verified(keys)]


def test_published_notes_verify_under_published_keys() -> None:
    assert signers(BOTH, PETER) == ["PeterNeumann"]
    assert signers(BOTH, ENOCH) == ["EnochRoot"]
    assert signers(BOTH, FOO, ENOCH, PETER) == ["PeterNeumann", "EnochRoot"]
    assert signers(FOO_NOTE.encode(), FOO) == ["example.com/foo"]
    assert str(Note.from_bytes(BOTH)).encode() == BOTH


def test_the_text_ends_at_the_last_empty_line() -> None:
    note = Note.from_bytes(f"a\n\nb\n\n{PETER_LINE}".encode())
    assert note.text == "a\n\nb\n"


def test_signatures_of_unknown_keys_are_ignored_whatever_they_are() -> None:
    unknown = "\u2014 somebody AAAAAAA=\n"
    assert signers(f"{TEXT}\n{unknown}{PETER_LINE}{unknown}".encode(), PETER) == ["PeterNeumann"]
    with pytest.raises(SignatureError, match=r"signed by PeterNeumann \(c74f20a3\).*not by EnochRoot \(af0cfe78\)"):
        signers(f"{TEXT}\n{PETER_LINE}".encode(), ENOCH)


def test_a_name_or_an_id_alone_does_not_make_a_key_known() -> None:
    signature = Note.from_bytes(BOTH).signatures[0]
    renamed = Signature("PeterNewman", signature.key_id, signature.signature)
    renumbered = Signature("PeterNeumann", b"\0\0\0\0", signature.signature)
    for line in (renamed, renumbered):
        with pytest.raises(SignatureError, match="not by PeterNeumann"):
            Note(TEXT, (line,)).verified([PETER])


def test_one_bad_signature_of_a_known_key_rejects_the_note() -> None:
    good, other = Note.from_bytes(BOTH).signatures
    swapped = Signature(good.name, good.key_id, other.signature)
    for lines in ((swapped,), (good, swapped), (swapped, good)):
        with pytest.raises(SignatureError, match="the signature of PeterNeumann is not one of this text"):
            Note(TEXT, lines).verified([PETER, ENOCH])


def test_a_note_nobody_signed_is_signed_by_nobody() -> None:
    with pytest.raises(SignatureError, match="signed by nobody"):
        Note(TEXT, ()).verified([PETER])


def test_sixteen_large_signatures_are_read() -> None:
    lines = tuple(Signature(f"k{number}", bytes(4), bytes(5000)) for number in range(16))
    note = Note(TEXT, lines)
    assert Note.from_bytes(str(note).encode()) == note


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"text\n",
        TEXT.encode(),
        f"{TEXT}\n".encode(),
        f"{TEXT}\n{PETER_LINE[:-1]}".encode(),
        f"{TEXT}\n\n{PETER_LINE}\n".encode(),
        f"{TEXT}{PETER_LINE}".encode(),
        f"\n\n{PETER_LINE}".encode(),
        f"{TEXT}\n{PETER_LINE}text\n".encode(),
        f"{TEXT}\n{PETER_LINE}".replace("\n", "\r\n").encode(),
        f"{TEXT}\t\n\n{PETER_LINE}".encode(),
        f"{TEXT}\n{PETER_LINE}".replace("\u2014", "-").encode(),
        f"{TEXT}\n{PETER_LINE}".replace("PeterNeumann", "Peter Neumann").encode(),
        f"{TEXT}\n{PETER_LINE}".replace("PeterNeumann", "Peter+Neumann").encode(),
        f"{TEXT}\n{PETER_LINE}".replace("PeterNeumann", "Peter\u2003Neumann").encode(),
        f"{TEXT}\n{PETER_LINE}".replace("PeterNeumann", "").encode(),
        f"{TEXT}\n{PETER_LINE}".replace("nAM=", "nAN=").encode(),
        f"{TEXT}\n{PETER_LINE}".replace("nAM=", "nAM").encode(),
        f"{TEXT}\n{PETER_LINE}".replace("nAM=", "n AM=").encode(),
        f"{TEXT}\n\u2014 a AAAA\n".encode(),
        f"{TEXT}\n\u2014 a ====\n".encode(),
        f"{TEXT}\n{PETER_LINE}".encode("utf-16"),
        b"\xff" + BOTH,
        BOTH + b"\xc0",
        f"{TEXT}\n{PETER_LINE * 101}".encode(),
        b"a\n" * (1 << 19) + BOTH,
    ],
)
def test_what_is_no_note_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        Note.from_bytes(data)
    assert "\n" not in str(caught.value)


TEXTS = st.lists(st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]))).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters="+"), min_size=1)
LINES = st.builds(Signature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=99))


@given(TEXTS.filter(lambda text: text not in {"", "\n"}), st.lists(LINES, min_size=1, max_size=20))
def test_a_note_that_is_written_is_read_back(text: str, lines: list[Signature]) -> None:
    note = Note(text, tuple(lines))
    assert Note.from_bytes(str(note).encode()) == note


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_what_is_read_is_what_is_written(data: bytes) -> None:
    try:
        note = Note.from_bytes(data)
    except UsageError:
        return
    assert str(note).encode() == data


def test_a_verifier_key_is_its_text() -> None:
    for key in (PETER, ENOCH, FOO):
        assert VerifierKey.from_text(str(key)) == key
    assert str(PETER) == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "++",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNewman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TX",
        "PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        " PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "\udcff+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "\u00e9" * 5000,
    ],
)
def test_what_is_no_verifier_key_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        VerifierKey.from_text(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("public_key", [bytes(32), b"\x01" + bytes(31), b"\xff" * 32, b"", PETER.public_key[:31]])
def test_a_key_that_verifies_anything_or_nothing_is_refused(public_key: bytes) -> None:
    with pytest.raises(UsageError, match="is none of Ed25519"):
        VerifierKey("name", public_key)
