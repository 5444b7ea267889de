"""The lines that licence texts start with: their titles, and nothing of their wording.

The full names of the SPDX License List are titles too; these are the ones that stand otherwise in the texts themselves.
"""

from __future__ import annotations

from functools import cache

from origin.licenses.identifiers import licenses

_ONE_LINE = """
The MIT License
The MIT License (MIT)
MIT License (MIT)
MIT No Attribution
The ISC License
ISC License (ISC)
BSD 2-Clause License
BSD 3-Clause License
BSD Zero Clause License
New BSD License
The 3-Clause BSD License
The 2-Clause BSD License
Apache License, Version 2.0
Apache License Version 2.0
Mozilla Public License Version 2.0
Mozilla Public License, version 2.0
Boost Software License - Version 1.0 - August 17th, 2003
Eclipse Public License - v 1.0
Eclipse Public License - v 2.0
Eclipse Distribution License - v 1.0
EUROPEAN UNION PUBLIC LICENCE v. 1.2
European Union Public Licence V. 1.1
The Artistic License 2.0
The Unlicense
zlib License
PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2
CC0 1.0 Universal
Community Data License Agreement - Permissive - Version 2.0
Community Data License Agreement - Permissive, Version 2.0
Community Data License Agreement - Permissive - Version 1.0
Community Data License Agreement - Sharing - Version 1.0
Open Data Commons Open Database License (ODbL)
Open Database License (ODbL) v1.0
ODC Attribution License (ODC-By)
Open Data Commons Attribution License (ODC-By) v1.0
ODC Public Domain Dedication and Licence (PDDL)
LLAMA 2 COMMUNITY LICENSE AGREEMENT
META LLAMA 3 COMMUNITY LICENSE AGREEMENT
LLAMA 3.1 COMMUNITY LICENSE AGREEMENT
LLAMA 3.2 COMMUNITY LICENSE AGREEMENT
LLAMA 3.3 COMMUNITY LICENSE AGREEMENT
LLAMA 4 COMMUNITY LICENSE AGREEMENT
Gemma Terms of Use
BigScience RAIL License v1.0
CreativeML Open RAIL-M
"""

_TWO_LINES = """
Apache License | Version 2.0, January 2004
Apache License | Version 2.0
GNU GENERAL PUBLIC LICENSE | Version 3, 29 June 2007
GNU GENERAL PUBLIC LICENSE | Version 2, June 1991
GNU LESSER GENERAL PUBLIC LICENSE | Version 3, 29 June 2007
GNU LESSER GENERAL PUBLIC LICENSE | Version 2.1, February 1999
GNU LIBRARY GENERAL PUBLIC LICENSE | Version 2, June 1991
GNU AFFERO GENERAL PUBLIC LICENSE | Version 3, 19 November 2007
GNU Free Documentation License | Version 1.3, 3 November 2008
GNU Free Documentation License | Version 1.2, November 2002
GNU Free Documentation License | Version 1.1, March 2000
SIL OPEN FONT LICENSE | Version 1.1 - 26 February 2007
"""

# The deeds' titles, Creative Commons, legal codes 1.0 to 4.0; 4.0 and 3.0 have a jurisdiction in the title.
_KINDS = ("", "-ShareAlike", "-NonCommercial", "-NonCommercial-ShareAlike")
_NO_DERIVATIVES = {"4.0 International": "-NoDerivatives"}
_VERSIONS = ("4.0 International", "3.0 Unported", "2.5", "2.0")

PREAMBLES = frozenset(("creative commons legal code", "creative commons"))
"""Lines that stand before the title."""


def plain(line: str) -> str:
    """A line without the marks of a heading, in one spelling of white space, case and dashes."""
    return " ".join(line.replace("\u2013", "-").strip(" \t#*=_").split()).casefold()


@cache
def one_line() -> frozenset[str]:
    kinds = [
        f"{maker}Attribution{kind} {version}"
        for version in _VERSIONS
        for kind in (*_KINDS, *(end + _NO_DERIVATIVES.get(version, "-NoDerivs") for end in ("", "-NonCommercial")))
        for maker in ("", "Creative Commons ")
        if maker or kind or " " in version  # "Attribution 2.0" alone names nothing
    ]
    names = (row.name for row in licenses().values())
    return frozenset(map(plain, (*_ONE_LINE.strip().splitlines(), *kinds, *names)))


@cache
def two_lines() -> frozenset[tuple[str, str]]:
    pairs = (line.split(" | ") for line in _TWO_LINES.strip().splitlines())
    return frozenset((plain(first), plain(second)) for first, second in pairs)
