"""The licence classifiers of the Python Package Index, read as PEP 639 says.

Its appendix "Mapping License Classifiers to SPDX Identifiers" names those from which no licence may be inferred; they
stay ambiguous here. All others name one licence.
"""

from __future__ import annotations

from functools import cache

from origin.licenses.families import families

_OSI = "OSI Approved :: "

# Those that the appendix lists as ambiguous, with what each may mean.
AMBIGUOUS: dict[str, tuple[str, ...]] = {
    _OSI + "Academic Free License (AFL)": ("AFL-1.1", "AFL-1.2", "AFL-2.0", "AFL-2.1", "AFL-3.0"),
    _OSI + "Apache Software License": ("Apache-1.0", "Apache-1.1", "Apache-2.0"),
    _OSI + "Apple Public Source License": ("APSL-1.0", "APSL-1.1", "APSL-1.2", "APSL-2.0"),
    _OSI + "GNU Affero General Public License v3": ("AGPL-3.0-only", "AGPL-3.0-or-later"),
    _OSI + "GNU General Public License v2 (GPLv2)": ("GPL-2.0-only", "GPL-2.0-or-later"),
    _OSI + "GNU General Public License v3 (GPLv3)": ("GPL-3.0-only", "GPL-3.0-or-later"),
    _OSI + "GNU Lesser General Public License v2 (LGPLv2)": (
        "LGPL-2.0-only",
        "LGPL-2.0-or-later",
        "LGPL-2.1-only",
        "LGPL-2.1-or-later",
    ),
    _OSI + "GNU Lesser General Public License v2 or later (LGPLv2+)": ("LGPL-2.0-or-later", "LGPL-2.1-or-later"),
    _OSI + "GNU Lesser General Public License v3 (LGPLv3)": ("LGPL-3.0-only", "LGPL-3.0-or-later"),
    # Not in the appendix, but their names have several versions, or no licence at all.
    _OSI + "Zope Public License": ("ZPL-1.1", "ZPL-2.0", "ZPL-2.1"),
    _OSI + "W3C License": ("W3C", "W3C-19980720", "W3C-20150513"),
    "Eiffel Forum License (EFL)": ("EFL-1.0", "EFL-2.0"),
    _OSI + "Eiffel Forum License": ("EFL-1.0", "EFL-2.0"),
    "Netscape Public License (NPL)": ("NPL-1.0", "NPL-1.1"),
    "Aladdin Free Public License (AFPL)": ("Aladdin",),
    "Freely Distributable": (),
    "Freeware": (),
    "Free To Use But Restricted": (),
    "Free For Educational Use": (),
    "Free For Home Use": (),
    "GUST Font License 1.0": (),
    "GUST Font License 2006-09-30": (),
}

# Those that share a family with plain names.
FAMILIES = {
    _OSI + "Artistic License": "artistic",
    _OSI + "BSD License": "bsd",
    _OSI + "GNU Free Documentation License (FDL)": "gfdl",
    _OSI + "GNU General Public License (GPL)": "gpl",
    _OSI + "GNU Library or Lesser General Public License (LGPL)": "lgpl",
    "OSI Approved": "open source",
    "DFSG approved": "free software",
    "Public Domain": "public domain",
}

RESOLVED = {
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "CeCILL-B Free Software License Agreement (CECILL-B)": "CECILL-B",
    "CeCILL-C Free Software License Agreement (CECILL-C)": "CECILL-C",
    "Free for non-commercial use": "LicenseRef-Non-Commercial",
    "Nokia Open Source License (NOKOS)": "Nokia",
    "Other/Proprietary License": "LicenseRef-Proprietary",
    "Repoze Public License": "LicenseRef-Repoze-Public-License",
    _OSI + "Attribution Assurance License": "AAL",
    _OSI + "Blue Oak Model License (BlueOak-1.0.0)": "BlueOak-1.0.0",
    _OSI + "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    _OSI + "CEA CNRS Inria Logiciel Libre License, version 2.1 (CeCILL-2.1)": "CECILL-2.1",
    _OSI + "CMU License (MIT-CMU)": "MIT-CMU",
    _OSI + "Common Development and Distribution License 1.0 (CDDL-1.0)": "CDDL-1.0",
    _OSI + "Common Public License": "CPL-1.0",
    _OSI + "Eclipse Public License 1.0 (EPL-1.0)": "EPL-1.0",
    _OSI + "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    _OSI + "Educational Community License, Version 2.0 (ECL-2.0)": "ECL-2.0",
    _OSI + "European Union Public Licence 1.0 (EUPL 1.0)": "EUPL-1.0",
    _OSI + "European Union Public Licence 1.1 (EUPL 1.1)": "EUPL-1.1",
    _OSI + "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    _OSI + "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    _OSI + "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    _OSI + "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    _OSI + "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    _OSI + "Historical Permission Notice and Disclaimer (HPND)": "HPND",
    _OSI + "IBM Public License": "IPL-1.0",
    _OSI + "ISC License (ISCL)": "ISC",
    _OSI + "MIT License": "MIT",
    _OSI + "MIT No Attribution License (MIT-0)": "MIT-0",
    _OSI + "MirOS License (MirOS)": "MirOS",
    _OSI + "Motosoto License": "Motosoto",
    _OSI + "Mozilla Public License 1.0 (MPL)": "MPL-1.0",
    _OSI + "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    _OSI + "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    _OSI + "Mulan Permissive Software License v2 (MulanPSL-2.0)": "MulanPSL-2.0",
    _OSI + "NASA Open Source Agreement v1.3 (NASA-1.3)": "NASA-1.3",
    _OSI + "Nethack General Public License": "NGPL",
    _OSI + "Nokia Open Source License": "Nokia",
    _OSI + "Open Group Test Suite License": "OGTSL",
    _OSI + "Open Software License 3.0 (OSL-3.0)": "OSL-3.0",
    _OSI + "PostgreSQL License": "PostgreSQL",
    _OSI + "Python License (CNRI Python License)": "CNRI-Python",
    _OSI + "Python Software Foundation License": "PSF-2.0",
    _OSI + "Qt Public License (QPL)": "QPL-1.0",
    _OSI + "Ricoh Source Code Public License": "RSCPL",
    _OSI + "SIL Open Font License 1.1 (OFL-1.1)": "OFL-1.1",
    _OSI + "Sleepycat License": "Sleepycat",
    _OSI + "Sun Public License": "SPL-1.0",
    _OSI + "The Unlicense (Unlicense)": "Unlicense",
    _OSI + "Universal Permissive License (UPL)": "UPL-1.0",
    _OSI + "University of Illinois/NCSA Open Source License": "NCSA",
    _OSI + "Vovida Software License 1.0": "VSL-1.0",
    _OSI + "Zero-Clause BSD (0BSD)": "0BSD",
    _OSI + "zlib/libpng License": "Zlib",
}


def from_classifier(name: str) -> str | tuple[str, ...] | None:
    """What follows `License ::` to one id, to the ids it may mean, or None for no classifier of PyPI."""
    return _classifiers().get(name.lower())


@cache
def _classifiers() -> dict[str, str | tuple[str, ...]]:
    of_families = {name: families()[family] for name, family in FAMILIES.items()}
    return {name.lower(): meaning for name, meaning in (AMBIGUOUS | of_families | RESOLVED).items()}
