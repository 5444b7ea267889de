from __future__ import annotations

from pathlib import Path

import pytest
from stated import READ_AT, claims, problems

from origin.claims import UnreadableClaimsError, of_license_file, of_source_file, titles
from origin.licenses import parse_claim
from origin.licenses.identifiers import licenses

MIT = "MIT License\n\nCopyright (c) 2020 A. Person\n\nPermission is hereby granted, free of charge, to any person\n"


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MIT, [("MIT License", "LICENSE, line 1")]),
        ("\n\n# The MIT License (MIT)\n\nCopyright", [("The MIT License (MIT)", "LICENSE, line 3")]),
        (
            "                                 Apache License\n                           Version 2.0, January 2004\n",
            [("Apache License Version 2.0, January 2004", "LICENSE, line 1")],
        ),
        (
            "GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007\n\n Copyright (C) 2007",
            [("GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007", "LICENSE, line 1")],
        ),
        ("Attribution-ShareAlike 2.0\n\n====", [("Attribution-ShareAlike 2.0", "LICENSE, line 1")]),
        ("Creative Commons Legal Code\n\nCC0 1.0 Universal\n", [("CC0 1.0 Universal", "LICENSE, line 3")]),
        (
            "Community Data License Agreement \u2013 Permissive \u2013 Version 2.0\n",
            [("Community Data License Agreement \u2013 Permissive \u2013 Version 2.0", "LICENSE, line 1")],
        ),
        ("SPDX-License-Identifier: ISC\n" + MIT, [("ISC", "LICENSE, line 1, SPDX-License-Identifier")]),
    ],
)  # fmt: skip
def test_a_licence_file_says_which_it_is(tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    found = of_license_file(written(tmp_path / "LICENSE", text), READ_AT)
    assert claims(found) == expected
    assert problems(found) == []
    assert parse_claim(expected[0][0]).status in {"resolved", "ambiguous"}


@pytest.mark.parametrize(
    "text",
    [
        "Copyright (c) 2020 A. Person. All rights reserved.\n\nRedistribution and use in source and binary forms",
        "GNU GENERAL PUBLIC LICENSE\n\nVersion 4, 1 April 2030",
        "MIT License, but not quite\n",
        "This software is under the MIT License\n",
        "Permission is hereby granted, free of charge",
    ],
)
def test_a_text_is_not_recognised_by_its_wording(tmp_path: Path, text: str) -> None:
    found = of_license_file(written(tmp_path / "LICENSE", text), READ_AT)
    assert claims(found) == []
    assert problems(found) == ["LICENSE has neither an SPDX header nor a known title: read it, give its SPDX id"]


def test_an_empty_file_states_nothing(tmp_path: Path) -> None:
    assert of_license_file(written(tmp_path / "LICENSE", " \n")).problems == ()


def test_every_title_names_a_licence() -> None:
    listed = {titles.plain(row.name) for row in licenses().values()}
    ours = [*(titles.one_line() - listed), *(" ".join(pair) for pair in titles.two_lines())]
    assert [title for title in ours if parse_claim(title).status in {"unknown", "no-license"}] == []
    assert len(listed) > 600
    assert len(ours) > 70


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# SPDX-License-Identifier: MIT", "MIT"),
        ("/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */", "GPL-2.0-only WITH Linux-syscall-note"),
        ("<!-- SPDX-License-Identifier: CC-BY-4.0 -->", "CC-BY-4.0"),
        ("    // spdx-license-identifier:Apache-2.0", "Apache-2.0"),
        ("REM SPDX-License-Identifier: MIT", "MIT"),
        ("{# SPDX-License-Identifier: MIT #}", "MIT"),
    ],
)
def test_a_header_is_read_in_any_comment(tmp_path: Path, line: str, expected: str) -> None:
    path = written(tmp_path / "a.py", f"#!/usr/bin/env python\n{line}\nimport os\n")
    assert claims(of_source_file(path, READ_AT)) == [(expected, "a.py, line 2, SPDX-License-Identifier")]


def test_text_that_only_speaks_of_a_header_is_none(tmp_path: Path) -> None:
    path = written(tmp_path / "a.py", 'TAG = "SPDX-License-Identifier: MIT"\nx = 1  # SPDX-License-Identifier: MIT\n')
    assert claims(of_source_file(path, READ_AT)) == []


def test_two_headers_are_two_claims_and_the_same_one_twice_is_one(tmp_path: Path) -> None:
    path = written(tmp_path / "a.py", "".join(f"# SPDX-License-Identifier: {one}\n" for one in ("MIT", "ISC", "MIT")))
    assert claims(of_source_file(path, READ_AT)) == [
        ("MIT", "a.py, line 1, SPDX-License-Identifier"),
        ("ISC", "a.py, line 2, SPDX-License-Identifier"),
    ]


def test_a_list_of_many_headers_is_no_header(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", "".join(f"SPDX-License-Identifier: X{one}\n" for one in range(33)))
    found = of_source_file(path, READ_AT)
    assert claims(found) == []
    assert problems(found) == ["a.txt has 33 SPDX headers: give its licence by hand"]


def test_a_binary_file_has_the_claim_of_the_file_beside_it(tmp_path: Path) -> None:
    path = written(tmp_path / "photo.png", b"\x89PNG\0\0# SPDX-License-Identifier: GPL-2.0-only\n")
    assert claims(of_source_file(path, READ_AT)) == []
    written(tmp_path / "photo.png.license", "SPDX-FileCopyrightText: A\nSPDX-License-Identifier: CC-BY-SA-4.0\n")
    place = "photo.png.license, line 2, SPDX-License-Identifier"
    assert claims(of_source_file(path, READ_AT)) == [("CC-BY-SA-4.0", place)]


def test_a_binary_licence_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableClaimsError, match=r"^LICENSE is no text: give the licence as text$"):
        of_license_file(written(tmp_path / "LICENSE", b"\0"))


def test_our_own_licence_file_is_read() -> None:
    root = Path(__file__).parents[2]
    assert claims(of_license_file(root / "LICENSE", READ_AT)) == [("MIT License", "LICENSE, line 1")]
