"""pyproject.toml, METADATA, wheels, REUSE.toml."""

from __future__ import annotations

import io
import zipfile
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from stated import READ_AT, claims, problems

from origin.claims import Found, UnreadableClaimsError, of_distribution, of_metadata, of_pyproject, of_reuse, of_wheel
from origin.claims.files import MAX_METADATA
from origin.claims.wheel import MAX_DIRECTORY

ROOT = Path(__file__).parents[2]

# pyproject.toml


def pyproject(folder: Path, text: str) -> Found:
    path = folder / "pyproject.toml"
    path.write_text(text)
    return of_pyproject(path, READ_AT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[project]\nlicense = 'MIT OR Apache-2.0'", [("MIT OR Apache-2.0", "project.license")]),
        ("[project]\nlicense = {text = 'BSD'}", [("BSD", "project.license.text")]),
        ("[tool.poetry]\nlicense = 'MIT'", [("MIT", "tool.poetry.license")]),
        (
            "[project]\nclassifiers = ['Typing :: Typed', 'License :: OSI Approved :: MIT License']",
            [("License :: OSI Approved :: MIT License", "project.classifiers")],
        ),
        (
            "[project]\nclassifiers = ['License :: OSI Approved', 'License :: A', 'License :: B']",
            [("License :: A\nLicense :: B", "project.classifiers")],
        ),
        ("[project]\nname = 'x'\ndynamic = ['license']", []),
        ("", []),
    ],
)
def test_a_project_states_its_licence(tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    found = pyproject(tmp_path, text)
    assert claims(found) == [(claim, f"pyproject.toml, {place}") for claim, place in expected]
    assert problems(found) == []


@pytest.mark.parametrize("line", ["license = {file = 'COPYING'}", "license-files = ['COPYING']"])
def test_the_one_licence_file_is_read_for_its_title(tmp_path: Path, line: str) -> None:
    (tmp_path / "COPYING").write_text("MIT License\n\nCopyright")
    assert claims(pyproject(tmp_path, f"[project]\n{line}")) == [("MIT License", "COPYING, line 1")]


@pytest.mark.parametrize("line", ["license-files = ['COPYING', 'A']", "license-files = ['C*']", "license-files = 5"])
def test_of_several_licence_files_none_is_about_the_whole(tmp_path: Path, line: str) -> None:
    (tmp_path / "COPYING").write_text("MIT License\n\nCopyright")
    assert claims(pyproject(tmp_path, f"[project]\n{line}")) == []


@pytest.mark.parametrize("file", ["../LICENSE", "a/../../LICENSE", "/etc/passwd", "x" * 5_000, "a\\u0000b"])
def test_no_file_outside_the_directory_is_opened(tmp_path: Path, file: str) -> None:
    (tmp_path / "LICENSE").write_text("MIT License")
    folder = tmp_path / "package"
    folder.mkdir()
    found = pyproject(folder, f'[project]\nlicense = {{file = "{file}"}}')
    assert claims(found) == []
    (problem,) = problems(found)
    assert problem.startswith("pyproject.toml, project.license names the file ")
    assert problem.endswith(", of which no claim was read: read it, give its SPDX id")
    assert pyproject(folder, f'[project]\nlicense-files = ["{file}"]') == Found()


@pytest.mark.parametrize("text", [None, "", "Our own rules"])
def test_the_file_that_a_project_names_as_its_licence_is_told_where_it_says_nothing(
    tmp_path: Path, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "LICENSE").write_text(text)
    classifier = 'classifiers = ["License :: OSI Approved :: MIT License"]'
    for line, count in (("", 0), (classifier, 1)):
        found = pyproject(tmp_path, f'[project]\nlicense = {{file = "LICENSE"}}\n{line}')
        assert (len(claims(found)), len(problems(found))) == (count, 1)
        assert "LICENSE" in problems(found)[0]


def test_our_own_pyproject_is_read() -> None:
    assert claims(of_pyproject(ROOT / "pyproject.toml", READ_AT)) == [("MIT", "pyproject.toml, project.license")]


def test_a_licence_of_another_type_is_told(tmp_path: Path) -> None:
    assert problems(pyproject(tmp_path, "[project]\nlicense = ['MIT']")) == [
        "pyproject.toml, project.license is neither a text nor a table: see PEP 639"
    ]


@pytest.mark.parametrize(
    "text", ["a = ", "= 1", "a = " + "[" * 50_000, "a = 1\na = 2", "\udcff", "x" * (1 << 20) + "y"]
)
def test_what_is_no_toml_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UnreadableClaimsError, match=r"^pyproject\.toml (is no TOML|has more than)[^\n]*$"):
        of_pyproject(tmp_path / "pyproject.toml")


# REUSE.toml


def test_the_annotation_of_all_files_is_about_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "REUSE.toml"
    path.write_text(
        "version = 1\n"
        '[[annotations]]\npath = "docs/**"\nSPDX-License-Identifier = "CC0-1.0"\n'
        '[[annotations]]\npath = ["**"]\nSPDX-License-Identifier = "MIT"\n'
        '[[annotations]]\npath = "**"\nSPDX-License-Identifier = ["MIT", "ISC"]\n'
    )
    assert claims(of_reuse(path, READ_AT)) == [
        ("MIT", "REUSE.toml, annotations[1], SPDX-License-Identifier"),
        ('["MIT", "ISC"]', "REUSE.toml, annotations[2], SPDX-License-Identifier"),
    ]


# METADATA


def metadata(folder: Path, text: str | bytes, name: str = "METADATA") -> Found:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return of_metadata(path, READ_AT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("License-Expression: MIT", [("MIT", "License-Expression")]),
        ("License: Apache 2.0\nClassifier: License :: OSI Approved :: Apache Software License",
         [("Apache 2.0", "License"), ("License :: OSI Approved :: Apache Software License", "Classifier")]),
        ("License: UNKNOWN", []),
        ("License:", []),
        ("license: MIT", [("MIT", "License")]),
        ("License: Dual\n        MIT\n       |ISC", [("Dual\nMIT\nISC", "License")]),
        ("License: é", [("é", "License")]),
        ("Name: x\n\nLicense: in the description", []),
        ("Name: x\r\nLicense: MIT\r\n\r\nLicense: GPL", [("MIT", "License")]),
        ("Classifier: License :: DFSG approved\nClassifier: License :: OSI Approved :: MIT License",
         [("License :: OSI Approved :: MIT License", "Classifier")]),
        ("Classifier: License :: OSI Approved", [("License :: OSI Approved", "Classifier")]),
        ("no header at all", []),
        ("", []),
    ],
)  # fmt: skip
def test_metadata_states_its_licence(tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    found = metadata(tmp_path, text)
    assert claims(found) == [(claim, f"METADATA, {place}") for claim, place in expected]
    assert problems(found) == []


@pytest.mark.parametrize("place", ["licenses/LICENSE.txt", "LICENSE.txt"])
def test_the_one_licence_file_of_a_package_is_read(tmp_path: Path, place: str) -> None:
    (tmp_path / "licenses").mkdir()
    (tmp_path / place).write_text("ISC License\n\nCopyright")
    assert claims(metadata(tmp_path, "License-File: LICENSE.txt")) == [("ISC License", "LICENSE.txt, line 1")]


def test_a_licence_file_without_a_title_is_a_problem_only_where_nothing_else_is_stated(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("Redistribution and use")
    assert problems(metadata(tmp_path, "License-File: LICENSE\nLicense: BSD")) == []
    assert problems(metadata(tmp_path, "License-File: LICENSE")) == [
        "LICENSE has neither an SPDX header nor a known title: read it, give its SPDX id"
    ]


@pytest.mark.parametrize("file", ["../LICENSE", "a/../../LICENSE", "/etc/passwd", "..\\LICENSE", "c:\\LICENSE"])
def test_a_licence_file_outside_the_package_is_not_opened(tmp_path: Path, file: str) -> None:
    (tmp_path / "LICENSE").write_text("MIT License")
    folder = tmp_path / "x.dist-info"
    folder.mkdir()
    found = metadata(folder, f"License-File: {file}")
    assert claims(found) == []
    assert problems(found) == [f"License-File {file!r} is outside the package: it was not opened"]


def test_a_licence_text_in_the_field_is_for_a_person(tmp_path: Path) -> None:
    found = metadata(tmp_path, "License: " + "word " * 300 + "\nClassifier: License :: Free To Use But Restricted")
    assert claims(found) == [("License :: Free To Use But Restricted", "METADATA, Classifier")]
    assert problems(found) == ["METADATA, License holds a text of 1499 characters, no name: read it, give its SPDX id"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    [
        b"License: x\n" * (MAX_METADATA // 11),
        b"License-File: x\n" * (MAX_METADATA // 16),
        b"Classifier: License :: A\n" * (MAX_METADATA // 25),
        b"License:" + b"\n " * (MAX_METADATA // 2 - 10),
        b"\xff\xfe" * 1000,
        b":" * 100_000,
    ],
)
def test_hostile_metadata_neither_hangs_nor_raises(tmp_path: Path, text: bytes) -> None:
    assert len(problems(metadata(tmp_path, text))) <= 1


@pytest.mark.parametrize("text", [b"License: MIT\0", b"x" * (MAX_METADATA + 1)])
def test_what_is_no_metadata_is_refused(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(UnreadableClaimsError, match=r"^METADATA (is no text|has more than)"):
        metadata(tmp_path, text)


# Installed distributions


def test_every_installed_distribution_is_read() -> None:
    names = sorted({found.name for found in distributions() if found.name})
    found = {name: of_distribution(name, READ_AT) for name in names}
    stated = [name for name in names if claims(found[name])]
    assert len(names) > 10
    assert len(stated) >= 0.9 * len(names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hypothesis", [("MPL-2.0", "METADATA, License-Expression")]),
        ("numpy", [("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", "METADATA, License-Expression")]),
        (
            "datasets",
            [
                ("Apache 2.0", "METADATA, License"),
                ("License :: OSI Approved :: Apache Software License", "METADATA, Classifier"),
            ],
        ),
        (
            "cloudpickle",
            [
                ("BSD-3-Clause", "METADATA, License"),
                ("License :: OSI Approved :: BSD License", "METADATA, Classifier"),
            ],
        ),
        ("origin-provenance", [("MIT", "METADATA, License-Expression")]),
        (
            "psutil",
            [("BSD-3-Clause", "METADATA, License"), ("BSD 3-Clause License", "LICENSE, line 1")],
        ),
    ],
)
def test_a_real_distribution_says_what_its_metadata_say(name: str, expected: list[tuple[str, str]]) -> None:
    try:
        found = of_distribution(name, READ_AT)
    except UnreadableClaimsError:
        pytest.skip(f"{name} is not installed")
    assert claims(found) == expected


def test_a_distribution_that_is_not_installed_is_refused() -> None:
    with pytest.raises(UnreadableClaimsError, match=r"^no distribution 'origin-no-such' is installed: check its name$"):
        of_distribution("origin-no-such")


# Wheels


def wheel(folder: Path, files: dict[str, str | bytes], **options: Any) -> Path:
    path = folder / "pack-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_wheel_states_its_licence(tmp_path: Path) -> None:
    files = {
        "pack/__init__.py": "",
        "pack-1.0.dist-info/METADATA": "Name: pack\nLicense: Apache 2.0\nLicense-File: LICENSE\n\nText",
        "pack-1.0.dist-info/licenses/LICENSE": "Apache License\nVersion 2.0, January 2004\n",
    }
    assert claims(of_wheel(wheel(tmp_path, files), READ_AT)) == [
        ("Apache 2.0", "METADATA, License"),
        ("Apache License Version 2.0, January 2004", "LICENSE, line 1"),
    ]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    files = {"pack-1.0.dist-info/METADATA": bytes(200 << 20)}
    path = wheel(tmp_path, files, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(UnreadableClaimsError, match="has METADATA of more than"):
        of_wheel(path)


@pytest.mark.parametrize(
    "files", [{}, {"pack/METADATA": ""}, {"a-1.dist-info/METADATA": "", "b-1.dist-info/METADATA": ""}]
)
def test_an_archive_without_one_metadata_is_no_wheel(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    with pytest.raises(UnreadableClaimsError, match=r"METADATA files, not one: it is no wheel$"):
        of_wheel(wheel(tmp_path, files))


def damaged() -> list[bytes]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pack-1.0.dist-info/METADATA", "License: MIT\n" * 100)
    whole = buffer.getvalue()
    encrypted = bytearray(whole)
    encrypted[6] |= 1
    encrypted[whole.find(b"PK\1\2") + 8] |= 1
    return [
        b"",
        b"PK",
        whole[:-10],
        whole[:40] + bytes(20) + whole[60:],
        bytes(encrypted),
        whole.replace(b"\x08\x00", b"\x63\x00"),
        whole[: whole.find(b"PK\5\6") + 12] + (MAX_DIRECTORY + 1).to_bytes(4, "little") + bytes(6),
    ]


@pytest.mark.parametrize("content", damaged())
def test_a_damaged_wheel_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.whl"
    path.write_bytes(content)
    with pytest.raises(UnreadableClaimsError, match=r"^x\.whl [^\n]*$"):
        of_wheel(path)
