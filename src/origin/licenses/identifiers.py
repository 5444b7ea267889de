"""The SPDX License List, read from data/spdx.json on first use. Ids are compared without regard to case (SPDX 3.0.1,
annex "SPDX license expressions", section on case sensitivity).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "spdx.json"


@dataclass(frozen=True, slots=True)
class ListedLicense:
    """`fsf_libre` is None where the list does not say: that is unknown, not a no. `urls` are pages with the text."""

    id: str
    name: str
    deprecated: bool
    osi_approved: bool
    fsf_libre: bool | None
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedException:
    id: str
    name: str
    deprecated: bool


@cache
def licenses() -> dict[str, ListedLicense]:
    """Every listed licence by its id in lower case."""
    return {
        key.lower(): ListedLicense(key, row["name"], row["deprecated"], row["osi"], row["fsf"], tuple(row["urls"]))
        for key, row in _data()["licenses"].items()
    }


@cache
def exceptions() -> dict[str, ListedException]:
    """Every listed exception by its id in lower case."""
    return {
        key.lower(): ListedException(key, row["name"], row["deprecated"]) for key, row in _data()["exceptions"].items()
    }


def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


# What the list says to write in place of a deprecated id, where that is the very same licence
# (https://spdx.org/licenses/, notes on deprecated ids; since list 3.0 the GNU ids say only or or-later in words).
# Deprecated ids without an exact successor (Net-SNMP, BSD-2-Clause-FreeBSD, ...) stand for themselves.
_EXACT = {
    "GPL-2.0-with-autoconf-exception": "GPL-2.0-only WITH Autoconf-exception-2.0",
    "GPL-2.0-with-bison-exception": "GPL-2.0-only WITH Bison-exception-2.2",
    "GPL-2.0-with-classpath-exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "GPL-2.0-with-font-exception": "GPL-2.0-only WITH Font-exception-2.0",
    "GPL-2.0-with-GCC-exception": "GPL-2.0-only WITH GCC-exception-2.0",
    "GPL-3.0-with-autoconf-exception": "GPL-3.0-only WITH Autoconf-exception-3.0",
    "GPL-3.0-with-GCC-exception": "GPL-3.0-only WITH GCC-exception-3.1",
    "StandardML-NJ": "SMLNJ",
    "eCos-2.0": "GPL-2.0-or-later WITH eCos-exception-2.0",
    "wxWindows": "LGPL-2.0-or-later WITH WxWindows-exception-3.1",
}


@cache
def replacements() -> dict[str, str]:
    """Deprecated id to the expression that the list replaces it by, where that is exact."""
    listed = licenses()
    exact = dict(_EXACT)
    for row in listed.values():
        if row.deprecated and row.id not in exact:
            successor = row.id.removesuffix("+") + ("-or-later" if row.id.endswith("+") else "-only")
            if successor.lower() in listed:
                exact[row.id] = successor
    return exact
