"""Fingerprints: plain hashes of bytes and text, golden values, kinds, keys, and the same answer in every process."""

from __future__ import annotations

import enum
import hashlib
import hmac
import json
import mmap
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_hand import MAGIC as MAGIC_BY_HAND
from by_hand import frames, sha256
from golden_fingerprints import BUILTIN, BUILTIN_NAMES, Name, Own, Pair, builtin_fingerprints, value_of
from hypothesis import given, settings
from hypothesis import strategies as st

from origin.core.encoding import encode
from origin.core.fingerprint import (
    MAGIC,
    NO_DIGEST,
    UNKNOWN,
    Kind,
    all_with_key,
    fingerprint,
    identify,
    identify_all_bytes,
    with_key,
)
from origin.errors import UnfingerprintableError

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"
law = settings(deadline=None)  # a busy machine breaks no law
texts = st.text(st.characters(codec=None, categories=["L", "Nd", "Cs", "Zs", "Cc"]))


def plain(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Text(str):
    __slots__ = ()


class Raw(bytes):
    pass


# bytes and text


@law
@given(st.binary())
def test_bytes_have_the_plain_sha256_of_their_content(content: bytes) -> None:
    assert fingerprint(content) == plain(content)
    assert identify(content) == (Kind.BYTES, hashlib.sha256(content).digest(), len(content))


@law
@given(texts)
def test_text_has_the_plain_sha256_of_its_utf8(content: str) -> None:
    data = content.encode("utf-8", "surrogatepass")
    assert fingerprint(content) == plain(data)
    assert identify(content) == (Kind.TEXT, hashlib.sha256(data).digest(), len(data))


def test_a_fingerprint_equals_sha256sum_of_the_file(tmp_path: Path) -> None:
    content = "Grüße, \U0001f30d\n" * 1000
    (tmp_path / "file").write_text(content, encoding="utf-8")
    expected = subprocess.run(["sha256sum", tmp_path / "file"], capture_output=True, text=True, check=True).stdout[:64]
    assert fingerprint(content) == fingerprint((tmp_path / "file").read_bytes()) == expected


def test_published_hashes_are_met() -> None:
    assert fingerprint(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert fingerprint("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_lone_surrogates_have_the_bytes_that_surrogatepass_gives_them() -> None:
    assert fingerprint("a\ud800") == plain(b"a\xed\xa0\x80")
    assert fingerprint("\ud83d\ude00") != fingerprint("\U0001f600")


@pytest.mark.parametrize("size", [0, 1, 5, 4095, 4096, 10_000])
def test_everything_that_holds_plain_bytes_has_their_hash(size: int, tmp_path: Path) -> None:
    content = random.Random(size).randbytes(size)
    doubled = bytes(byte for byte in content for _ in "ab")
    holders = [content, bytearray(content), memoryview(content), memoryview(bytearray(content)), Raw(content)]
    holders += [np.bytes_(content), memoryview(doubled)[::2], memoryview(content[::-1])[::-1]]
    holders += [memoryview(content).cast("c"), np.frombuffer(content, "u1").data]
    if size:
        (tmp_path / "file").write_bytes(content)
        with (tmp_path / "file").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            holders.append(bytes(mapped))
            assert identify(mapped) == identify(content)
    for holder in holders:
        assert identify(holder) == (Kind.BYTES, hashlib.sha256(content).digest(), size)


@pytest.mark.parametrize("content", ["", "hello", "é\ud800", "x" * 5000])
def test_everything_that_is_text_has_its_hash(content: str) -> None:
    for holder in (content, Text(content), np.str_(content)):
        assert identify(holder) == identify(content)
        assert identify(holder)[0] == Kind.TEXT


def test_equal_bytes_and_text_share_the_fingerprint_and_differ_in_kind() -> None:
    assert fingerprint("hello") == fingerprint(b"hello")
    assert (identify("hello")[0], identify(b"hello")[0]) == (Kind.TEXT, Kind.BYTES) == (2, 1)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1,
        1.5,
        [],
        ["hello"],
        ("hello",),
        {"hello": 1},
        Name.ANN,
        Own("hello"),
        np.array("hello"),
        np.uint8(1),
    ],
    ids=range(12),
)
def test_every_other_value_has_the_hash_of_the_magic_and_its_encoding(value: Any) -> None:
    data = MAGIC + encode(value)
    assert identify(value) == (Kind.VALUE, hashlib.sha256(data).digest(), len(encode(value)))
    assert identify(value)[0] == 3


def test_an_enum_of_text_is_a_value_and_not_text() -> None:
    assert Name.ANN == "ann"
    assert identify(Name.ANN) == (Kind.VALUE, bytes.fromhex(sha256(frames(Name.ANN))), len(frames(Name.ANN)))


def test_no_text_can_look_like_an_encoded_value() -> None:
    assert MAGIC == MAGIC_BY_HAND == b"\xffORIGIN\x01"
    with pytest.raises(UnicodeDecodeError):
        MAGIC.decode("utf-8", "surrogatepass")
    assert fingerprint(MAGIC + encode(None)) == fingerprint(None)
    assert identify(MAGIC + encode(None))[0] != identify(None)[0]


def test_a_fingerprint_is_64_lower_case_hexadecimal_digits() -> None:
    for value in (b"", "", None, np.zeros(3)):
        found = fingerprint(value)
        assert len(found) == 64
        assert set(found) <= set("0123456789abcdef")


@law
@given(st.lists(st.binary()))
def test_the_tight_loop_over_bytes_gives_what_identify_gives(samples: list[bytes]) -> None:
    assert identify_all_bytes(samples) == [identify(sample)[1] for sample in samples]


@pytest.mark.parametrize(
    "value", [object(), [object()], {"a": {object()}}, int, len, range(3), iter("a")], ids=range(7)
)
def test_a_value_without_canonical_bytes_has_no_fingerprint(value: Any) -> None:
    for call in (fingerprint, identify):
        with pytest.raises(UnfingerprintableError) as caught:
            call(value)
        assert isinstance(caught.value, TypeError)


def test_what_is_unknown_has_a_kind_and_a_digest_of_its_own() -> None:
    assert UNKNOWN == (Kind.UNFINGERPRINTABLE, bytes(32), 0) == (0, NO_DIGEST, 0)
    assert list(Kind) == [0, 1, 2, 3, 4, 5]
    assert issubclass(Kind, enum.IntEnum)


# Keys


# The byte 02 and the output of `printf hello | openssl dgst -sha256 -binary`, given together to
# `openssl dgst -sha256 -mac HMAC -macopt key:'a key'`.
HELLO_KEYED = "66bf050af99c9cfd0d96834715c5fe33fb2fcef5b1db8f710760629cd15a2f28"


def test_a_keyed_fingerprint_is_the_hmac_of_kind_and_digest() -> None:
    digest = hashlib.sha256(b"hello").digest()
    for kind in Kind:
        expected = hmac.new(b"a key", bytes([kind]) + digest, hashlib.sha256).digest()
        assert with_key(b"a key", kind, digest) == expected
    assert with_key(b"a key", Kind.TEXT, digest).hex() == HELLO_KEYED


def test_another_key_kind_or_digest_gives_another_keyed_fingerprint() -> None:
    digests = [hashlib.sha256(content).digest() for content in (b"a", b"b")]
    keyed = {with_key(key, kind, digest) for key in (b"k", b"l") for kind in Kind for digest in digests}
    assert len(keyed) == 2 * 2 * len(Kind)
    assert all_with_key(b"k", Kind.BYTES, iter(digests)) == [with_key(b"k", Kind.BYTES, digest) for digest in digests]


# The golden table, in every process


@pytest.mark.parametrize("expression", BUILTIN)
def test_every_golden_fingerprint_still_holds(expression: str) -> None:
    assert fingerprint(value_of(expression, BUILTIN_NAMES)) == BUILTIN[expression]


@pytest.mark.parametrize(
    "expression",
    ["None", "2**63", "[1, 2, 3]", "[1, 1.0]", '{"text": "hello", "label": 3}', "Point(1)", "Color.RED", "Pair(1, 2)"],
)
def test_a_golden_fingerprint_is_the_hash_of_the_frames_written_by_hand(expression: str) -> None:
    assert sha256(frames(value_of(expression, BUILTIN_NAMES))) == BUILTIN[expression]


COMPUTE = "import json, golden_fingerprints as golden; print(json.dumps(golden.builtin_fingerprints()))"


def golden_in(interpreter: str | Path, **environment: str) -> dict[str, str]:
    paths = {"PYTHONPATH": f"{SOURCE}{os.pathsep}{HERE}", "PATH": os.environ["PATH"]}
    run = subprocess.run(
        [interpreter, "-W", "error", "-c", COMPUTE],
        capture_output=True,
        text=True,
        check=False,
        env=paths | environment,
    )
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))


@pytest.mark.parametrize("seed", ["0", "1", "4294967295", "random"])
def test_the_hash_seed_of_a_process_does_not_show(seed: str) -> None:
    assert golden_in(sys.executable, PYTHONHASHSEED=seed) == BUILTIN == builtin_fingerprints()


@pytest.mark.parametrize(
    "environment", [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONINTMAXSTRDIGITS": "640"}, {"TZ": "Asia/Tokyo"}]
)
def test_locale_limits_and_time_zone_do_not_show(environment: dict[str, str]) -> None:
    assert golden_in(sys.executable, **environment) == BUILTIN


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_other_python_versions_give_the_same_fingerprints(version: str) -> None:
    found = interpreter(version)
    if found is None:
        pytest.skip(f"no Python {version} on this machine")
    assert golden_in(found) == BUILTIN


def interpreter(version: str) -> str | None:
    """A Python of that version: on the path, or as pyenv keeps it. A pyenv shim on the path may lead nowhere."""
    kept = [str(path) for path in Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
    for candidate in (*sorted(kept, reverse=True), shutil.which(f"python{version}")):
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


def test_the_core_imports_nothing_beyond_the_standard_library() -> None:
    program = f"""
import sys
sys.path.insert(0, {str(SOURCE)!r})
from origin.core.fingerprint import fingerprint
fingerprint([1, {{"a": 1.5}}])
print(*{{name.partition(".")[0] for name in sys.modules}})
"""
    run = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert loaded - sys.stdlib_module_names == {"origin", "__main__"} & loaded
    assert not loaded & {"numpy", "torch", "PIL", "pyarrow", "pandas"}


def test_a_value_of_numpy_needs_no_other_library() -> None:
    program = f"""
import sys
sys.path.insert(0, {str(SOURCE)!r})
import numpy
from origin.core.fingerprint import fingerprint
print(fingerprint(numpy.arange(3)))
assert not {{"torch", "PIL", "pyarrow"}} & set(sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == fingerprint(np.arange(3))


# Memory: nothing large is copied

# Not ru_maxrss: a new process begins with the peak of the one that started it.
MEASURE = """
{setup}
from origin.core.fingerprint import fingerprint

def mebibytes(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) >> 10 for line in status if line.startswith(name))

fingerprint(warm)
before = mebibytes("VmRSS")
assert mebibytes("VmHWM") - before < 8, "the setup took more memory than its value, which would hide a copy"
fingerprint(value)
print(mebibytes("VmHWM") - before)
"""
QUARTER_GIGABYTE = {
    "bytes": "make = lambda n: b'x' * n",
    "bytes in a dict": "make = lambda n: {'a': [b'x' * n]}",
    "a memoryview": "make = lambda n: memoryview(bytearray(b'x') * n).cast('i')",
    "an array": "from array import array; make = lambda n: array('b', [1]) * n",
    "a NumPy array": "import numpy; make = lambda n: numpy.ones((2, n // 16))",
    "a NumPy row": "import numpy; make = lambda n: numpy.ones((2, n // 4), 'f4')[1]",
    "times": "import numpy; make = lambda n: numpy.ones(n // 8, 'i8').view('M8[s]')",
    "records": "import numpy; make = lambda n: numpy.ones(n, 'i1').view([('a', 'i4', (n // 4,))])",
    "a tensor": "import torch; make = lambda n: torch.ones(2, n // 8)",
    "a Parameter": "import torch; make = lambda n: torch.nn.Parameter(torch.ones(n // 2, dtype=torch.bfloat16))",
}


def growth(setup: str) -> int:
    """How many MiB the peak of a process lies above what it held before it fingerprints a value of 256 MiB."""
    program = MEASURE.format(setup=f"{setup}\nwarm, value = make(1 << 14), make(1 << 28)")
    environment = {"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"]}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 0, run.stderr
    return int(run.stdout)


needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc/self/status")


@needs_proc
@pytest.mark.parametrize("name", QUARTER_GIGABYTE)
def test_a_quarter_of_a_gigabyte_is_hashed_without_a_copy(name: str) -> None:
    if "torch" in QUARTER_GIGABYTE[name]:
        pytest.importorskip("torch")
    assert growth(QUARTER_GIGABYTE[name]) < 8


@needs_proc
def test_a_copy_would_be_seen() -> None:
    assert growth("import numpy; make = lambda n: numpy.ones((2, n // 16)).T") > 250


def test_pairs_share_the_fingerprint_of_tuples() -> None:
    assert fingerprint(Pair(1, 2)) == fingerprint((1, 2)) != fingerprint([1, 2])
