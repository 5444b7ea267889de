from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stated import READ_AT, claims, problems

from origin.claims import UnreadableClaimsError, claims_of
from origin.claims.files import HEAD, MAX_FRONT_MATTER
from origin.claims.found import MAX_TEXT
from origin.claims.gather import MAX_ENTRIES, MAX_FILES
from origin.licenses.claims import MAX_CLAIM

ROOT = Path(__file__).parents[2]


def test_a_directory_gives_what_all_its_files_say(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("MIT License\n\nCopyright")
    (tmp_path / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n")
    (tmp_path / "croissant.json").write_text('{"license": "cc-by-sa-4.0", "sdLicense": "cc0-1.0"}')
    (tmp_path / "dataset_info.json").write_text('{"license": "CC BY 4.0"}')
    (tmp_path / "pyproject.toml").write_text("[project]\nlicense = 'MIT'\nlicense-files = ['LICENSE']")
    (tmp_path / "data.py").write_text("# SPDX-License-Identifier: GPL-3.0-only\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "LICENSE").write_text("ISC License")
    found = claims_of(tmp_path, READ_AT)
    assert claims(found) == [
        ("cc-by-4.0", "README.md, front matter, license"),
        ("cc-by-sa-4.0", "croissant.json, license"),
        ("CC BY 4.0", "dataset_info.json, license"),
        ("MIT", "pyproject.toml, project.license"),
        ("MIT License", "LICENSE, line 1"),
    ]
    assert [claim.text for claim in found.of_metadata] == ["cc0-1.0"]
    assert problems(found) == []


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("README.md", "---\nlicense: mit\n---", ("mit", "README.md, front matter, license")),
        ("my-croissant.json", '{"license": "mit"}', ("mit", "my-croissant.json, license")),
        ("METADATA", "License: MIT", ("MIT", "METADATA, License")),
        ("PKG-INFO", "License: MIT", ("MIT", "PKG-INFO, License")),
        ("COPYING.LESSER", "ISC License", ("ISC License", "COPYING.LESSER, line 1")),
        ("licence.txt", "ISC License", ("ISC License", "licence.txt, line 1")),
        ("LICENSE-MIT", "MIT License", ("MIT License", "LICENSE-MIT, line 1")),
        ("a.py", "# SPDX-License-Identifier: MIT", ("MIT", "a.py, line 1, SPDX-License-Identifier")),
        ("licensing.py", "# SPDX-License-Identifier: MIT", ("MIT", "licensing.py, line 1, SPDX-License-Identifier")),
    ],
)
def test_a_file_is_read_by_its_name(tmp_path: Path, name: str, content: str, expected: tuple[str, str]) -> None:
    (tmp_path / name).write_text(content)
    assert claims(claims_of(str(tmp_path / name), READ_AT)) == [expected]


def test_our_own_repository_says_mit_in_two_places() -> None:
    assert claims(claims_of(ROOT, READ_AT)) == [
        ("MIT", "pyproject.toml, project.license"),
        ("MIT License", "LICENSE, line 1"),
    ]


def test_the_limits_of_a_claim_are_those_of_the_reader_of_claims() -> None:
    assert MAX_TEXT == MAX_CLAIM


@pytest.mark.parametrize("path", ["nothing-here", "a\0b", "x" * 5_000])
def test_a_path_that_cannot_be_read_is_refused_in_one_line(path: str) -> None:
    with pytest.raises(
        UnreadableClaimsError, match=r"^[^\n]* cannot be read \([^\n]*\): check the path and its rights$"
    ):
        claims_of(path)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "LICENSE")
    with pytest.raises(UnreadableClaimsError, match=r"^LICENSE is no regular file: give a file or a directory$"):
        claims_of(tmp_path / "LICENSE")


def test_unreadable_files_of_a_directory_are_problems_and_hide_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "LICENSE.a")
    (tmp_path / "LICENSE.b").symlink_to("LICENSE.b")
    (tmp_path / "LICENSE.c").symlink_to(tmp_path)
    (tmp_path / "LICENSE.d").write_bytes(b"\0\1")
    (tmp_path / "LICENSE.e").write_text("MIT License")
    (tmp_path / "LICENSE.f\nx").write_text("Redistribution")
    (tmp_path / "croissant.json").write_text("{")
    (tmp_path / "pyproject.toml").write_text("{")
    found = claims_of(tmp_path, READ_AT)
    assert claims(found) == [("MIT License", "LICENSE.e, line 1")]
    assert [problem.split(" ")[0] for problem in problems(found)] == [
        "croissant.json",
        "pyproject.toml",
        "LICENSE.a",
        "LICENSE.b",
        "LICENSE.d",
        r"'LICENSE.f\nx'",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_the_right_to_read_it_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("MIT License")
    (tmp_path / "LICENSE").chmod(0)
    assert problems(claims_of(tmp_path)) == [
        "LICENSE cannot be read (Permission denied): check the path and its rights"
    ]


def test_only_so_many_files_of_a_directory_are_read(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 1):
        (tmp_path / f"LICENSE.{number:03}").write_text(f"SPDX-License-Identifier: X{number}")
    found = claims_of(tmp_path, READ_AT)
    assert len(claims(found)) == MAX_FILES
    assert len(problems(found)) == 1


def test_only_so_many_names_of_a_directory_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_ENTRIES == 10_000
    monkeypatch.setattr("origin.claims.gather.MAX_ENTRIES", 2)
    for number in range(3):
        (tmp_path / f"LICENSE.{number}").write_text("MIT License")
    found = claims_of(tmp_path, READ_AT)
    assert len(claims(found)) == 2
    assert problems(found) == [f"{tmp_path.name} has more than 2 files: the rest was not looked at"]


def front_matters() -> list[bytes]:
    size = MAX_FRONT_MATTER - 20
    return [
        b"---\na: " + b"[" * size + b"\n---\n",
        b"---\na: " + b"[ " * (size // 2) + b"\n---\n",
        b"---\na:\n  " + b"- " * (size // 2) + b"\n---\n",
        b"---\na: " + b"\"'" * (size // 2) + b"\n---\n",
        b"---\na: " + b'"' + b"\\" * size + b"\n---\n",
        b"---\na: " + b"&" * size + b"\n---\n",
        b"---\na: " + b"! " * (size // 2) + b"\n---\n",
        b"---\n" + b"a: b\n" * (size // 5) + b"---\n",
        b"---\n" + b"a:\n" * (size // 3) + b"---\n",
        b"---\n" + b" " * size + b"\n---\n",
        b"---\na" + b" " * size + b"x\n---\n",
        b"---\na: x" + b" #" * (size // 2) + b"\n---\n",
        b"---\nlicense: [" + b"a," * (size // 2) + b"]\n---\n",
        b"---\nlicense:\n" + b"- a\n" * (size // 4) + b"---\n",
        b"---\na: &a [x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nlicense: *c\n---\n",
        b"---\n" * (size // 4),
        b"---" + b"\n" * size,
        b"---\nlicense: \xff\xfe\n---\n",
    ]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("content", front_matters())
def test_hostile_front_matter_neither_hangs_nor_gives_a_claim(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "README.md").write_bytes(content)
    assert [claim.text for claim in claims_of(tmp_path).claims] in ([], ["\ufffd\ufffd"])


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["LICENSE", "a.py", "README.md"])
@pytest.mark.parametrize(
    "content",
    [b"#" * (10 * HEAD), b"\n" * (10 * HEAD), b"SPDX-License-Identifier:" * HEAD, b"# " * HEAD, b" *=_" * HEAD],
)
def test_hostile_text_neither_hangs_nor_gives_a_claim(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert claims_of(tmp_path / name).claims == ()


NAMES = (
    "README.md",
    "croissant.json",
    "dataset_info.json",
    "METADATA",
    "pyproject.toml",
    "REUSE.toml",
    "LICENSE",
    "x.whl",
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(NAMES), st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8")))
def test_any_bytes_under_any_name_are_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    try:
        found = claims_of(path, READ_AT)
    except UnreadableClaimsError as error:
        assert "\n" not in str(error)  # noqa: PT017 - it need not be raised
    else:
        claims(found)
        problems(found)
