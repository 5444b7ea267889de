"""Names that stand for several licences. What a claim with such a name may mean is listed, never chosen."""

from __future__ import annotations

from functools import cache

from origin.licenses.custom import MODELS, RAIL
from origin.licenses.identifiers import licenses

_RAIL_IDS = tuple(row.id for row in RAIL)
_GPL = ("GPL-1.0-only", "GPL-1.0-or-later", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later")
_LGPL = (
    "LGPL-2.0-only",
    "LGPL-2.0-or-later",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
)
_AGPL = ("AGPL-3.0-only", "AGPL-3.0-or-later")
_GFDL = (
    "GFDL-1.1-only",
    "GFDL-1.1-or-later",
    "GFDL-1.2-only",
    "GFDL-1.2-or-later",
    "GFDL-1.3-only",
    "GFDL-1.3-or-later",
)
_BSD = (
    "0BSD",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-2-Clause-Patent",
    "BSD-3-Clause",
    "BSD-3-Clause-Clear",
    "BSD-4-Clause",
)
_APACHE = ("Apache-1.0", "Apache-1.1", "Apache-2.0")
_OGL_UK = ("OGL-UK-1.0", "OGL-UK-2.0", "OGL-UK-3.0")
_OGL_CANADA = ("LicenseRef-OGL-Canada-1.0", "OGL-Canada-2.0")
_CDLA = ("CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0")
_ODC = ("ODC-By-1.0", "ODbL-1.0", "PDDL-1.0")
_BUSL = ("LicenseRef-BUSL-1.0", "BUSL-1.1")
_PYTHON = ("CNRI-Python", "PSF-2.0", "Python-2.0", "Python-2.0.1")
_PUBLIC_DOMAIN = ("LicenseRef-Public-Domain", "CC-PDM-1.0", "CC0-1.0", "PDDL-1.0", "Unlicense")
_LLAMA = tuple(f"LicenseRef-Llama-{version}" for version in ("2", "3", "3.1", "3.2", "3.3", "4"))
_CC = tuple(
    f"CC-{elements}-{version}"
    for elements in ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND")
    for version in ("1.0", "2.0", "2.5", "3.0", "4.0")
)

# Name, other names, and what the name may mean.
_FAMILIES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "gpl",
        ("gnu gpl", "GNU General Public License", "General Public License", "GNU General Public License (GPL)"),
        _GPL,
    ),
    (
        "lgpl",
        ("gnu lgpl", "GNU Lesser General Public License", "GNU Library or Lesser General Public License (LGPL)"),
        _LGPL,
    ),
    ("agpl", ("gnu agpl", "GNU Affero General Public License", "Affero General Public License"), _AGPL),
    ("gfdl", ("fdl", "gnu fdl", "GNU Free Documentation License", "GNU Free Documentation License (FDL)"), _GFDL),
    ("gnu", ("GNU license",), (*_GPL, *_LGPL, *_AGPL, *_GFDL)),
    ("bsd", ("BSD License", "BSD-like", "BSD style", "BSD licensed", "Berkeley Software Distribution"), _BSD),
    (
        "artistic",
        ("Artistic License",),
        ("Artistic-1.0", "Artistic-1.0-Perl", "Artistic-1.0-cl8", "Artistic-2.0"),
    ),
    ("apache", ("Apache License", "Apache Software License", "ASL", "Apache Software Foundation License"), _APACHE),
    ("cc", ("creative commons", "Creative Commons License", "CreativeCommons", "cc license"), ("CC0-1.0", *_CC)),
    (
        "openrail",
        ("open rail", "OpenRAIL-M", "open rail m", "rail", "Responsible AI License", "RAIL license"),
        _RAIL_IDS,
    ),
    ("llama", ("Llama Community License", "Llama license", "Meta Llama license"), _LLAMA),
    (
        "falcon",
        ("Falcon license", "TII license"),
        tuple(row.id for row in MODELS if row.id.startswith("LicenseRef-Falcon")),
    ),
    (
        "stability",
        ("Stability AI license", "stabilityai"),
        tuple(row.id for row in MODELS if row.id.startswith("LicenseRef-Stability")),
    ),
    (
        "mistral",
        ("Mistral AI license", "Mistral license"),
        tuple(row.id for row in MODELS if row.id.startswith("LicenseRef-Mistral")),
    ),
    ("ogl", ("Open Government Licence", "Open Government License"), (*_OGL_UK, *_OGL_CANADA)),
    ("ogl uk", ("UK Open Government Licence", "Open Government Licence UK"), _OGL_UK),
    ("ogl canada", ("Open Government Licence - Canada", "Open Government Licence Canada"), _OGL_CANADA),
    (
        "youtube creative commons",
        ("Creative Commons Attribution license (reuse allowed)",),  # YouTube's name for it, since 2011
        ("CC-BY-3.0", "CC-BY-4.0"),
    ),
    ("cdla", ("Community Data License Agreement",), _CDLA),
    ("cdla permissive", ("Community Data License Agreement Permissive",), _CDLA[:2]),
    ("dl de by", ("Datenlizenz Deutschland Namensnennung",), ("LicenseRef-DL-DE-BY-1.0", "DL-DE-BY-2.0")),
    ("odc", ("Open Data Commons",), _ODC),
    (
        "etalab",
        ("Licence Ouverte", "Etalab Open Licence", "Licence Ouverte Etalab"),
        ("LicenseRef-Etalab-1.0", "etalab-2.0"),
    ),
    ("python", ("Python License",), _PYTHON),
    (
        "psf",
        ("PSF License", "PSFL", "Python Software Foundation License", "Python Software Foundation"),
        ("PSF-2.0", "Python-2.0", "Python-2.0.1"),
    ),
    ("bsl", ("BSL license",), ("BSL-1.0", *_BUSL)),
    ("business source", ("Business Source License", "BUSL"), _BUSL),
    ("mit x11", ("MIT/X11", "MIT X Consortium", "X11/MIT"), ("MIT", "X11")),
    ("mit style", ("MIT-like", "MIT-style"), ("MIT", "MIT-0", "MIT-CMU", "MIT-Modern-Variant", "X11")),
    ("hpnd style", (), ("HPND", "HPND-sell-variant")),
    ("zope", ("ZPL", "Zope Public License"), ("ZPL-1.1", "ZPL-2.0", "ZPL-2.1")),
    ("mulan", ("Mulan PSL", "Mulan Permissive Software License"), ("MulanPSL-1.0", "MulanPSL-2.0")),
    ("elastic", ("Elastic License",), ("Elastic-2.0",)),
    (
        "openmdw",
        ("OpenMDW License", "Open Model, Data & Weights License Agreement"),
        ("OpenMDW-1.0", "LicenseRef-OpenMDW-1.1"),
    ),
    ("qwen license family", ("Alibaba Qwen license",), ("LicenseRef-Qwen", "LicenseRef-Qwen-Research")),
    (
        "public domain",
        (
            "publicdomain",
            "in the public domain",
            "public domain dedication",
            "pd",
            "this is in the public domain",
            "released into the public domain",
        ),
        _PUBLIC_DOMAIN,
    ),
    ("us government work", ("U.S. Government Works", "US Government Works", "usgov"), _PUBLIC_DOMAIN[:2]),
)

# Claims that name a property. Any listed licence with that property may be meant, and licences on no list too.
_OPEN_SOURCE = ("open source", "opensource", "OSI Approved", "OSI", "open source license", "oss", "FOSS", "FLOSS")
_FREE = ("free", "libre", "free software", "DFSG approved")
_VAGUE = (
    "freely available",
    "freely distributable",
    "copyleft",
    "permissive",
    "open",
    "open data",
    "open access",
    "freeware",
)


@cache
def families() -> dict[str, tuple[str, ...]]:
    """Every name of a family, as written here, and the ids it may mean."""
    named: dict[str, tuple[str, ...]] = {}
    for name, others, members in _FAMILIES:
        named.update(dict.fromkeys((name, *others), members))
    current = [row for row in licenses().values() if not row.deprecated]
    named.update(dict.fromkeys(_OPEN_SOURCE, tuple(row.id for row in current if row.osi_approved)))
    named.update(dict.fromkeys(_FREE, tuple(row.id for row in current if row.fsf_libre)))
    named.update(dict.fromkeys(_VAGUE, ()))
    return named


# The GNU families: their names in words, and their versions.
GNU: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "GPL": (
        ("gpl", "gnu gpl", "gnu general public", "general public", "gnu general public gpl"),
        ("1.0", "2.0", "3.0"),
    ),
    "LGPL": (
        (
            "lgpl",
            "gnu lgpl",
            "gnu lesser general public",
            "lesser general public",
            "gnu lesser gpl",
            "lesser gpl",
            "gnu lesser general public lgpl",
            "gnu library or lesser general public lgpl",
            "gnu library general public",
            "library general public",
            "gnu library gpl",
        ),
        ("2.0", "2.1", "3.0"),
    ),
    "AGPL": (
        (
            "agpl",
            "gnu agpl",
            "gnu affero general public",
            "affero general public",
            "gnu affero gpl",
            "affero gpl",
            "gnu affero general public agpl",
        ),
        ("1.0", "3.0"),
    ),
    "GFDL": (
        (
            "gfdl",
            "fdl",
            "gnu fdl",
            "gnu gfdl",
            "gnu free documentation",
            "free documentation",
            "gnu free documentation gfdl",
            "gnu free documentation fdl",
        ),
        ("1.1", "1.2", "1.3"),
    ),
}
