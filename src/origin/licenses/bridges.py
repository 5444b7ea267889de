"""Which code may go into which: bridges that licence texts state, then the OSADL matrix, then the FSF's list."""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from origin.licenses.charts import NOTICE_ONLY, PERMISSIVE, STRONG, WEAK, copyleft, terms_kept
from origin.licenses.identifiers import licenses
from origin.licenses.verdict import FSF_FAQ, FSF_LIST, OSADL, Finding, Reason, Verdict, finding, ids

DATA = Path(__file__).parent / "data" / "osadl.json"

_LETTERS: dict[str, tuple[Verdict, str]] = {
    "S": ("compatible", "same licence"),
    "Y": ("compatible", "yes"),
    "N": ("incompatible", "no"),
    "U": ("review", "unknown"),
    "D": ("review", "check dependency"),
}
_GNU = re.compile(r"(?P<family>A?GPL|LGPL|GFDL)-(?P<version>\d\.\d)(?P<middle>.*)-(?P<scope>only|or-later)")
_NUMBERED = re.compile(r"(?P<base>.+)-(?P<version>\d+(\.\d+)*)")

# Licences whose text lets a recipient take a named later version, without `+`: (outbound, inbound) -> clause.
_LATER = {
    ("EPL-2.0", "EPL-1.0"): "EPL-1.0, section 7",
    ("MPL-2.0", "MPL-1.1"): "MPL-1.1, section 6.2",
    ("MPL-2.0-no-copyleft-exception", "MPL-1.1"): "MPL-1.1, section 6.2",
    ("MPL-1.1", "MPL-1.0"): "MPL-1.0, section 6.2",
    ("CDDL-1.1", "CDDL-1.0"): "CDDL-1.0, section 4.2",
    ("EUPL-1.2", "EUPL-1.1"): "EUPL-1.1, article 13",
    ("EUPL-1.2", "EUPL-1.0"): "EUPL-1.0, article 13",
    ("OSL-3.0", "EUPL-1.1"): "EUPL-1.1, article 5 and appendix",
}
_EUPL_1_2 = ids(
    """GPL-2.0-only GPL-3.0-only AGPL-3.0-only OSL-2.1 OSL-3.0 EPL-1.0 CECILL-2.0 CECILL-2.1 MPL-2.0 LGPL-2.1-only
    LGPL-3.0-only EUPL-1.1 LiLiQ-R-1.1 LiLiQ-Rplus-1.1"""
)
_EUPL_1_1 = ids("GPL-2.0-only OSL-2.1 OSL-3.0 CPL-1.0 EPL-1.0 CECILL-2.0")
_CECILL = {  # article 5.3.4 of each
    "CECILL-2.0": ids("GPL-2.0-only GPL-3.0-only"),
    "CECILL-2.1": ids("GPL-2.0-only GPL-3.0-only AGPL-3.0-only EUPL-1.1 EUPL-1.2"),
}
_MPL_SECONDARY = ids("GPL-2.0-only GPL-3.0-only LGPL-2.1-only LGPL-3.0-only AGPL-3.0-only")

# The FSF's answer for GPL (all versions unless one is named), for licences asked about often. The last of the second
# table it calls nonfree, which bars them as well.
_FSF_YES = ids(
    """Apache-2.0:3 Artistic-2.0 BSD-2-Clause BSD-3-Clause BSD-3-Clause-Clear BSL-1.0 CECILL-2.0 ClArtistic ECL-2.0:3
    EFL-2.0 EUDatagrid FTL:3 HPND ICU IJG ISC Intel MIT MPL-2.0 NCSA OLDAP-2.7 PostgreSQL Python-2.0 PSF-2.0 Ruby
    SGI-B-2.0 SMLNJ Sleepycat UPL-1.0 Unlicense Vim W3C WTFPL X11 XFree86-1.1:3 ZPL-2.0 ZPL-2.1 Zlib"""
)
_FSF_NO = ids(
    """AFL-1.1 AFL-1.2 AFL-2.0 AFL-2.1 AFL-3.0 AGPL-1.0 APSL-2.0 Apache-1.0 Apache-1.1 Apache-2.0:2 Artistic-1.0
    BSD-4-Clause BSD-4-Clause-UC CDDL-1.0 CDDL-1.1 CPAL-1.0 CPL-1.0 Condor-1.1 ECL-2.0:2 EPL-1.0 EPL-2.0 FTL:2
    IPL-1.0 LPL-1.02 LPPL-1.2 LPPL-1.3a MPL-1.0 MPL-1.1 MS-PL MS-RL NOSL NPL-1.0 NPL-1.1 Nokia OLDAP-2.3 OSL-1.0
    OSL-1.1 OSL-2.0 OSL-2.1 OSL-3.0 OpenSSL PHP-3.01 QPL-1.0 RPSL-1.0 SISSL SPL-1.0 XFree86-1.1:2 Zend-2.0
    Zimbra-1.3 gnuplot xinetd
    APSL-1.0 Aladdin CPOL-1.02 JSON NASA-1.3 RPL-1.1 RPL-1.5 Watcom-1.0"""
)


@cache
def _matrix() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    data["column"] = {name: at for at, name in enumerate(data["rows"])}
    return data


def osadl(outbound: str, inbound: str) -> Finding | None:
    """The matrix: its row is the leading licence, ours the outbound; its column the subordinate one, the inbound."""
    matrix = _matrix()
    if outbound not in matrix["rows"] or inbound not in matrix["column"]:
        return None
    verdict, answer = _LETTERS[matrix["rows"][outbound][matrix["column"][inbound]]]
    text = f"{inbound} into {outbound}: the matrix of {matrix['about']['date'][:10]} says {answer}"
    return finding(verdict, "osadl", OSADL, text)


def fsf(outbound: str, inbound: str) -> Finding | None:
    match = re.fullmatch(r"GPL-([23])\.0-only", outbound)
    if match is None:
        return None
    keys = {inbound, f"{inbound}:{match[1]}"}
    if keys & _FSF_YES:
        return finding("compatible", "fsf-list", FSF_LIST, f"{inbound} is compatible with {outbound}")
    if keys & _FSF_NO:
        return finding("incompatible", "fsf-list", FSF_LIST, f"{inbound} is not compatible with {outbound}")
    return None


@lru_cache(maxsize=4096)
def versions(license_id: str, *, or_later: bool = False) -> tuple[str, ...]:
    """The single versions that an id with `-or-later` or `+` stands for, the one named first; else only itself."""
    gnu = _GNU.fullmatch(license_id)
    if gnu is not None:
        if gnu["scope"] == "only":
            return (license_id,)
        stem, ending, version = gnu["family"], f"{gnu['middle']}-only", gnu["version"]
    else:
        numbered = _NUMBERED.fullmatch(license_id)
        if not or_later or numbered is None:
            return (license_id,)
        stem, ending, version = numbered["base"], "", numbered["version"]
    pattern = re.compile(rf"{re.escape(stem)}-(\d+(?:\.\d+)*){re.escape(ending)}")
    found = sorted(
        (_number(match[1]), row.id)
        for row in licenses().values()
        if (match := pattern.fullmatch(row.id)) and not row.deprecated
    )
    return tuple(name for number, name in found if number >= _number(version)) or (license_id,)


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def code(outbound: str, inbound: str, relation: str) -> Finding | None:
    """Both are single code licences of one version. The licence text first, then OSADL and the FSF."""
    stated = _text(outbound, inbound, relation)
    listed, free = osadl(outbound, inbound), fsf(outbound, inbound)
    others = [other for other in (listed, free) if other is not None]
    if stated is not None:
        return stated.noting(*(dissent(other) for other in others if other.verdict != stated.verdict))
    if not others:
        return _unlisted(outbound, inbound, relation)
    if listed is None or listed.verdict == "review":
        return free.noting(*listed.reasons) if free is not None and listed is not None else free or listed
    if free is not None and free.verdict != listed.verdict:
        return Finding("review", (*map(dissent, others),))
    return listed.noting(*(free.reasons if free is not None else ()))


def _unlisted(outbound: str, inbound: str, relation: str) -> Finding | None:
    """What follows from the inbound licence's own text, where neither list speaks of the pair."""
    if inbound in NOTICE_ONLY or {outbound, inbound} <= PERMISSIVE:
        text = f"{inbound} may be passed on under {outbound} as a whole; its notice stays"
        return finding("compatible", "permissive", f"{inbound}, text", text)
    if re.match(r"A?GPL-[23]", inbound) and not re.match(r"[AL]?GPL-", outbound):
        clause = "GPL-2.0, section 2 b" if inbound.startswith("GPL-2") else f"{inbound}, section 5 c"
        text = f"a work that holds {inbound} code is under that as a whole, not under {outbound}"
        return finding("incompatible", "gpl-whole-work", clause, text)
    kept = terms_kept(outbound, inbound, relation)
    return kept if kept is not None or relation == "combine" else copyleft(outbound, inbound)


def dissent(other: Finding) -> Reason:
    first = other.reasons[0]
    return Reason("authorities-differ", first.authority, f"{first.text} ({other.verdict})")


def _text(outbound: str, inbound: str, relation: str) -> Finding | None:
    if (outbound, inbound) in _LATER:
        text = f"{inbound} lets a recipient choose {outbound}"
        return finding("compatible", "later-version", _LATER[outbound, inbound], text)
    if relation == "combine" and WEAK.match(inbound) and not STRONG.match(outbound):
        text = f"a work that links to {inbound} code may have its own terms; the code itself stays under {inbound}"
        return finding("compatible", "weak-copyleft", f"{inbound}, section on larger or combined works", text)
    return _gnu(outbound, inbound, relation) or _named(outbound, inbound)


def _gnu(outbound: str, inbound: str, relation: str) -> Finding | None:  # noqa: PLR0911 - one return a rule
    if inbound in {"LGPL-2.0-only", "LGPL-2.1-only"} and outbound in {"GPL-2.0-only", "GPL-3.0-only"}:
        text = f"a copy may be put under {outbound} by changing its notices"
        return finding("compatible", "lgpl-to-gpl", f"{inbound}, section 3", text)
    if (outbound, inbound) == ("GPL-3.0-only", "LGPL-3.0-only"):
        text = "it is GPL-3.0 with permissions added, which may be left out"
        return finding("compatible", "lgpl-to-gpl", "LGPL-3.0, preamble; GPL-3.0, section 7", text)
    if outbound == "AGPL-3.0-only" and inbound in {"LGPL-2.0-only", "LGPL-2.1-only", "LGPL-3.0-only"}:
        clause = "LGPL-3.0, preamble" if inbound == "LGPL-3.0-only" else f"{inbound}, section 3"
        text = "it may be taken as GPL-3.0, which an AGPL-3.0 work may hold"
        return finding("compatible", "gpl-agpl-13", f"{clause}; AGPL-3.0, section 13", text)
    if {outbound, inbound} == {"GPL-3.0-only", "AGPL-3.0-only"}:
        clause = "GPL-3.0 and AGPL-3.0, section 13; " + FSF_LIST + "#AGPLv3.0"
        if relation in {"combine", "remix"} or outbound == "AGPL-3.0-only":
            text = f"modules or files of both may form one work; {inbound} ones stay so, the whole has the AGPL's duty"
            return finding("compatible", "gpl-agpl-13", clause, text)
        text = "both may form one work, but what is AGPL stays so: it cannot be conveyed under the GPL"
        return finding("incompatible", "gpl-agpl-13", clause, text)
    pair = (_GNU.fullmatch(outbound), _GNU.fullmatch(inbound))
    if pair[0] and pair[1] and {"GPL-2.0-only", "GPL-3.0-only"} == {outbound, inbound}:
        text = f"{inbound} without or-later excludes {outbound}"
        return finding("incompatible", "gpl-versions", FSF_FAQ + "#v2v3Compatibility", text)
    return None


def _named(outbound: str, inbound: str) -> Finding | None:  # noqa: PLR0911 - one return a rule
    if inbound == "MPL-2.0" and outbound in _MPL_SECONDARY:
        text = f"{outbound} is a secondary licence, under which the combined work may go as well"
        return finding("compatible", "mpl-secondary", "MPL-2.0, sections 1.12 and 3.3", text)
    if inbound == "MPL-2.0-no-copyleft-exception" and outbound in _MPL_SECONDARY:
        text = "its notice (exhibit B) shuts the secondary licences out"
        return finding("incompatible", "mpl-secondary", "MPL-2.0, section 1.5 and exhibit B", text)
    if inbound == "EUPL-1.2" and outbound in _EUPL_1_2:
        text = f"a work derived from both may be under {outbound}, which the appendix names"
        return finding("compatible", "eupl-appendix", "EUPL-1.2, article 5 and appendix", text)
    if inbound == "EUPL-1.1" and outbound in _EUPL_1_1:
        text = f"a work derived from both may be under {outbound}, which the appendix names"
        return finding("compatible", "eupl-appendix", "EUPL-1.1, article 5 and appendix", text)
    if outbound in _CECILL.get(inbound, ()):
        return finding("compatible", "cecill-gpl", f"{inbound}, article 5.3.4", f"it may go under {outbound}")
    if inbound == "MIT-0" and not outbound.startswith("LicenseRef-"):
        return finding("compatible", "unconditional", "MIT-0, text", "MIT-0 sets no conditions")
    return None
