"""Pairs of licences with the verdict that the named authority gives, directed: inbound into outbound."""

from __future__ import annotations

CHART = "CC FAQ, adapter's license chart"
REMIX = "CC FAQ, compatibility (remix) chart"
COLLECTION = "CC FAQ, which licence for a collection"
LISTED = "CC, Compatible Licenses"
OSADL = "OSADL matrix of 2024-11-04"
FAQ = "FSF GPL FAQ, AllCompatibility"
FSF = "FSF, licence list"
EUPL = "EUPL-1.2, article 5 and appendix"
MPL = "MPL-2.0, sections 1.12 and 3.3"
SPDX = "SPDX 2.3 annex D, OR and AND operators"
UNKNOWN = "SPDX 2.3 section 7.13 (NONE, NOASSERTION); unknown is never compatible"
BERNE = "Berne Convention, articles 8, 9, 12: no licence, no right"
SA = "CC BY-SA legal code, ShareAlike section"
SECTION_13 = "GPL-3.0 and AGPL-3.0, section 13; FSF licence list, AGPLv3.0"


def rows(relation: str, authority: str, verdict: str, pairs: str) -> list[tuple[str, str, str, str, str]]:
    """One pair a line: outbound <- inbound."""
    sides = (line.split(" <- ") for line in pairs.strip().splitlines())
    return [(outbound.strip(), inbound.strip(), relation, verdict, authority) for outbound, inbound in sides]


CASES = [
    *rows(
        "copy-into",
        OSADL,
        "compatible",
        """GPL-3.0-only <- MIT
        GPL-2.0-only <- MIT
        GPL-2.0-only <- BSD-3-Clause
        GPL-3.0-only <- Apache-2.0
        AGPL-3.0-only <- Apache-2.0
        LGPL-3.0-only <- Apache-2.0
        MIT <- Apache-2.0
        Apache-2.0 <- MIT
        MIT <- BSD-4-Clause
        BSD-3-Clause <- ISC
        GPL-2.0-only <- GPL-2.0-or-later
        GPL-3.0-only <- GPL-2.0-or-later
        GPL-3.0-only <- LGPL-3.0-only
        GPL-3.0-only <- LGPL-2.1-only
        GPL-3.0-only <- Artistic-2.0
        MPL-2.0 <- MIT
        EPL-2.0 <- MIT
        GPL-2.0-only <- GPL-2.0-only WITH Classpath-exception-2.0""",
    ),
    *rows(
        "copy-into",
        OSADL,
        "incompatible",
        """MIT <- GPL-3.0-only
        MIT <- GPL-2.0-only
        MIT <- LGPL-2.1-only
        MIT <- MPL-2.0
        MIT <- EPL-2.0
        MIT <- AGPL-3.0-only
        Apache-2.0 <- GPL-3.0-only
        Apache-2.0 <- MPL-2.0
        BSD-3-Clause <- GPL-2.0-only
        GPL-2.0-only <- Apache-2.0
        GPL-2.0-only <- BSD-4-Clause
        GPL-3.0-only <- BSD-4-Clause
        GPL-2.0-only <- CDDL-1.0
        GPL-3.0-only <- CDDL-1.0
        GPL-3.0-only <- EPL-2.0
        GPL-3.0-only <- OpenSSL
        GPL-2.0-only <- LGPL-3.0-only
        LGPL-2.1-only <- GPL-2.0-only
        LGPL-2.1-only <- Apache-2.0
        MPL-2.0 <- GPL-2.0-only
        EUPL-1.2 <- GPL-3.0-only
        EUPL-1.2 <- LGPL-2.1-only
        AGPL-3.0-only <- GPL-2.0-only""",
    ),
    *rows(
        "copy-into",
        FAQ,
        "compatible",
        """GPL-2.0-or-later <- GPL-3.0-only
        GPL-2.0-or-later <- GPL-2.0-only
        GPL-3.0-or-later <- GPL-2.0-or-later
        GPL-2.0-only <- LGPL-2.1-only
        GPL-2.0-or-later <- LGPL-2.1-or-later
        GPL-2.0-or-later <- LGPL-3.0-only
        GPL-3.0-or-later <- LGPL-3.0-or-later""",
    ),
    *rows(
        "copy-into",
        FAQ,
        "incompatible",
        """GPL-2.0-only <- GPL-3.0-only
        GPL-3.0-only <- GPL-2.0-only
        GPL-3.0-or-later <- GPL-2.0-only
        GPL-2.0-only <- GPL-3.0-or-later
        GPL-2.0-only <- LGPL-3.0-or-later
        LGPL-3.0-only <- GPL-3.0-only""",
    ),
    *rows("combine", FAQ, "incompatible", "GPL-2.0-only <- LGPL-3.0-only\n MIT <- GPL-3.0-only"),
    *rows(
        "copy-into",
        "GPL-2.0, section 9 (or any later version)",
        "compatible",
        """GPL-2.0-or-later <- Apache-2.0
        GPL-2.0+ <- Apache-2.0
        GPL-3.0 <- GPL-2.0+
        LGPL-2.1-or-later <- Apache-2.0
        GPL-3.0-or-later <- GPL-3.0-only""",
    ),
    *rows("combine", SECTION_13, "compatible", "GPL-3.0-only <- AGPL-3.0-only\n AGPL-3.0-only <- GPL-3.0-only"),
    *rows(
        "copy-into", SECTION_13, "compatible", "AGPL-3.0-only <- GPL-3.0-only\n AGPL-3.0-or-later <- GPL-2.0-or-later"
    ),
    *rows("copy-into", SECTION_13, "incompatible", "GPL-3.0-only <- AGPL-3.0-only\n GPL-3.0-or-later <- AGPL-3.0-only"),
    *rows("remix", SECTION_13, "compatible", "GPL-3.0-only <- AGPL-3.0-only\n AGPL-3.0-only <- GPL-3.0-only"),
    *rows(
        "combine",
        "LGPL-2.1 section 6, LGPL-3.0 section 4, MPL-2.0 section 3.3, EPL-2.0 section 1, CDDL-1.0 section 3.6",
        "compatible",
        """MIT <- LGPL-2.1-only
        Apache-2.0 <- LGPL-3.0-or-later
        MIT <- MPL-2.0
        MIT <- EPL-2.0
        Apache-2.0 <- CDDL-1.0""",
    ),
    *rows(
        "combine",
        "Classpath-exception-2.0, text",
        "compatible",
        "MIT <- GPL-2.0-only WITH Classpath-exception-2.0\n GPL-3.0-only <- GPL-2.0-only WITH Classpath-exception-2.0",
    ),
    *rows(
        "copy-into",
        "GPL-3.0, section 7: permissions are added by holders only; GPL-2.0, section 2 b: the whole under this License",
        "incompatible",
        """GPL-3.0-only WITH GCC-exception-3.1 <- GPL-3.0-only
        GPL-2.0-only WITH Classpath-exception-2.0 <- GPL-2.0-only
        GPL-2.0-only WITH Classpath-exception-2.0 <- GPL-2.0-or-later
        GPL-2.0-only WITH Classpath-exception-2.0 <- GPL-2.0-only WITH Autoconf-exception-2.0""",
    ),
    *rows(
        "copy-into",
        MPL,
        "compatible",
        """GPL-2.0-only <- MPL-2.0
        GPL-3.0-or-later <- MPL-2.0
        LGPL-2.1-only <- MPL-2.0
        AGPL-3.0-only <- MPL-2.0""",
    ),
    *rows(
        "copy-into",
        MPL,
        "incompatible",
        "GPL-2.0-only <- MPL-2.0-no-copyleft-exception\n GPL-3.0-only <- MPL-2.0-no-copyleft-exception",
    ),
    *rows(
        "copy-into",
        EUPL,
        "compatible",
        """GPL-2.0-only <- EUPL-1.2
        GPL-3.0-or-later <- EUPL-1.2
        AGPL-3.0-only <- EUPL-1.2
        MPL-2.0 <- EUPL-1.2
        OSL-3.0 <- EUPL-1.2
        CECILL-2.1 <- EUPL-1.2
        LiLiQ-R-1.1 <- EUPL-1.2""",
    ),
    *rows("adaptation", EUPL, "compatible", "CC-BY-SA-3.0 <- EUPL-1.2"),
    *rows("adaptation", EUPL, "incompatible", "CC-BY-SA-4.0 <- EUPL-1.2\n EUPL-1.2 <- CC-BY-SA-3.0"),
    *rows(
        "copy-into",
        "the later-version clause of EPL-1.0, MPL-1.1, CDDL-1.0, EUPL-1.1",
        "compatible",
        """EPL-2.0 <- EPL-1.0
        MPL-2.0 <- MPL-1.1
        CDDL-1.1 <- CDDL-1.0
        EUPL-1.2 <- EUPL-1.1""",
    ),
    *rows("copy-into", "CeCILL-2.1, article 5.3.4", "compatible", "GPL-3.0-only <- CECILL-2.1"),
    *rows("copy-into", FSF, "compatible", "GPL-3.0-only <- Vim\n GPL-2.0-only <- Ruby\n GPL-2.0-only <- CC-BY-4.0"),
    *rows(
        "copy-into",
        FSF,
        "incompatible",
        """GPL-3.0-only <- AFL-3.0
        GPL-2.0-only <- QPL-1.0
        GPL-3.0-only <- CPAL-1.0
        GPL-3.0-only <- GFDL-1.3-only
        GFDL-1.3-only <- GPL-3.0-only""",
    ),
    *rows("copy-into", "OSADL says no, the FSF yes", "review", "GPL-3.0-only <- Python-2.0\n GPL-3.0-only <- FTL"),
    *rows("copy-into", f"{OSADL}: Unknown", "review", "MIT <- MS-PL\n MIT <- OpenSSL"),
    *rows(
        "adaptation",
        f"{CHART}: green",
        "compatible",
        """CC-BY-4.0 <- CC0-1.0
        CC-BY-ND-4.0 <- CC0-1.0
        CC-BY-4.0 <- CC-PDM-1.0
        CC0-1.0 <- CC0-1.0
        CC-BY-4.0 <- CC-BY-3.0
        CC-BY-NC-4.0 <- CC-BY-4.0
        CC-BY-NC-ND-4.0 <- CC-BY-4.0
        CC-BY-NC-SA-4.0 <- CC-BY-4.0
        CC-BY-ND-4.0 <- CC-BY-4.0
        CC-BY-SA-4.0 <- CC-BY-4.0
        CC-BY-NC-4.0 <- CC-BY-NC-3.0
        CC-BY-NC-SA-4.0 <- CC-BY-NC-4.0
        CC-BY-NC-ND-4.0 <- CC-BY-NC-4.0
        CC-BY-NC-SA-4.0 <- CC-BY-NC-SA-4.0
        CC-BY-SA-4.0 <- CC-BY-SA-4.0""",
    ),
    *rows(
        "adaptation",
        f"{CHART}: yellow",
        "review",
        """CC-BY-4.0 <- CC-BY-NC-4.0
        CC-BY-SA-4.0 <- CC-BY-NC-4.0
        CC-BY-ND-4.0 <- CC-BY-NC-4.0
        CC0-1.0 <- CC-BY-4.0
        CC0-1.0 <- CC-BY-NC-4.0""",
    ),
    *rows(
        "adaptation",
        f"{CHART}: grey",
        "incompatible",
        """CC-BY-4.0 <- CC-BY-SA-4.0
        CC0-1.0 <- CC-BY-SA-4.0
        CC-BY-NC-SA-4.0 <- CC-BY-SA-4.0
        CC-BY-SA-4.0 <- CC-BY-NC-SA-4.0
        CC-BY-NC-4.0 <- CC-BY-NC-SA-4.0
        CC-BY-4.0 <- CC-BY-ND-4.0
        CC-BY-ND-4.0 <- CC-BY-ND-4.0
        CC-BY-NC-ND-4.0 <- CC-BY-NC-ND-4.0
        CC0-1.0 <- CC-BY-NC-ND-4.0""",
    ),
    *rows(
        "adaptation",
        SA,
        "compatible",
        """CC-BY-SA-4.0 <- CC-BY-SA-3.0
        CC-BY-SA-4.0 <- CC-BY-SA-2.0
        CC-BY-SA-3.0 <- CC-BY-SA-2.5
        CC-BY-SA-3.0 <- CC-BY-SA-3.0-DE
        CC-BY-NC-SA-4.0 <- CC-BY-NC-SA-2.0
        CC-BY-SA-1.0 <- CC-BY-SA-1.0""",
    ),
    *rows(
        "adaptation",
        SA,
        "incompatible",
        """CC-BY-SA-4.0 <- CC-BY-SA-1.0
        CC-BY-SA-3.0 <- CC-BY-SA-4.0
        CC-BY-SA-2.0 <- CC-BY-SA-3.0
        CC-BY-NC-SA-3.0 <- CC-BY-NC-SA-4.0""",
    ),
    *rows(
        "adaptation",
        LISTED,
        "compatible",
        """GPL-3.0-only <- CC-BY-SA-4.0
        LAL-1.3 <- CC-BY-SA-4.0
        CC-BY-SA-4.0 <- LAL-1.3""",
    ),
    *rows(
        "adaptation",
        LISTED,
        "incompatible",
        """CC-BY-SA-4.0 <- GPL-3.0-only
        GPL-3.0-only <- CC-BY-SA-3.0
        GPL-2.0-only <- CC-BY-SA-4.0
        MIT <- CC-BY-SA-4.0
        GPL-3.0-only <- CC-BY-NC-SA-4.0
        ODbL-1.0 <- CC-BY-SA-4.0""",
    ),
    *rows(
        "remix",
        REMIX,
        "compatible",
        """CC-BY-4.0 <- CC-BY-NC-4.0
        CC-BY-4.0 <- CC-BY-SA-4.0
        CC-BY-SA-4.0 <- CC-BY-4.0
        CC-BY-NC-4.0 <- CC-BY-NC-SA-4.0
        CC0-1.0 <- CC-BY-SA-4.0
        CC-BY-SA-3.0 <- CC-BY-SA-4.0
        CC-BY-NC-4.0 <- CC0-1.0""",
    ),
    *rows(
        "remix",
        REMIX,
        "incompatible",
        """CC-BY-SA-4.0 <- CC-BY-NC-4.0
        CC-BY-NC-4.0 <- CC-BY-SA-4.0
        CC-BY-SA-4.0 <- CC-BY-NC-SA-4.0
        CC-BY-NC-SA-4.0 <- CC-BY-SA-4.0
        CC-BY-4.0 <- CC-BY-ND-4.0
        CC-BY-ND-4.0 <- CC0-1.0
        CC-BY-ND-4.0 <- CC-BY-4.0
        CC-BY-ND-4.0 <- CC-BY-ND-4.0
        CC0-1.0 <- CC-BY-NC-ND-4.0""",
    ),
    *rows(
        "collection",
        COLLECTION,
        "compatible",
        """CC-BY-4.0 <- CC-BY-ND-4.0
        CC-BY-ND-4.0 <- CC-BY-ND-4.0
        CC-BY-4.0 <- CC-BY-SA-4.0
        CC-BY-NC-4.0 <- CC-BY-SA-4.0
        MIT <- CC-BY-SA-3.0""",
    ),
    *rows("collection", COLLECTION, "incompatible", "CC-BY-4.0 <- CC-BY-NC-4.0\n CC-BY-SA-4.0 <- CC-BY-NC-ND-4.0"),
    *rows("collection", "ODbL-1.0, section 4.5 a", "compatible", "CC-BY-4.0 <- ODbL-1.0"),
    *rows(
        "collection",
        "GPL-2.0, section 2; GPL-3.0, section 5",
        "compatible",
        "MIT <- GPL-2.0-only\n MIT <- GPL-3.0-only",
    ),
    *rows("adaptation", "ODbL-1.0, section 4.4", "incompatible", "CC-BY-4.0 <- ODbL-1.0\n CC-BY-SA-4.0 <- ODbL-1.0"),
    *rows("adaptation", "ODbL-1.0, section 4.4", "compatible", "ODbL-1.0 <- ODbL-1.0"),
    *rows("adaptation", "no authority says", "review", "ODbL-1.0 <- CC-BY-4.0\n MIT <- CC-BY-4.0"),
    *rows("adaptation", "O-UDA-1.0, section 3.1: terms of one's choice", "compatible", "MIT <- O-UDA-1.0"),
    *rows(
        "adaptation",
        "PDDL-1.0 and CC0-1.0, text",
        "compatible",
        "ODbL-1.0 <- CC0-1.0\n CC-BY-4.0 <- PDDL-1.0\n MIT <- CC0-1.0\n GPL-2.0-only <- CC0-1.0",
    ),
    *rows("copy-into", "CC0-1.0 carries no conditions", "incompatible", "CC0-1.0 <- CC-BY-4.0\n CC0-1.0 <- MIT"),
    *rows(
        "adaptation",
        "OGL-UK-3.0, compatible licences",
        "compatible",
        "CC-BY-4.0 <- OGL-UK-3.0\n ODC-By-1.0 <- OGL-UK-3.0\n CC-BY-SA-4.0 <- OGL-UK-3.0",
    ),
    *rows("adaptation", "OGL-UK-3.0, one way", "review", "OGL-UK-3.0 <- CC-BY-4.0\n CC-BY-3.0 <- OGL-UK-3.0"),
    *rows(
        "adaptation", "Etalab 2.0, compatibility", "compatible", "CC-BY-4.0 <- etalab-2.0\n OGL-UK-3.0 <- etalab-2.0"
    ),
    *rows(
        "adaptation",
        "CDLA-Permissive-2.0, section 2",
        "compatible",
        "MIT <- CDLA-Permissive-2.0\n CC-BY-4.0 <- CDLA-Permissive-2.0",
    ),
    *rows("adaptation", "CDLA-Sharing-1.0, section 3.1", "incompatible", "CDLA-Permissive-2.0 <- CDLA-Sharing-1.0"),
    *rows("adaptation", "C-UDA-1.0, section 3", "incompatible", "CC-BY-4.0 <- C-UDA-1.0"),
    *rows(
        "adaptation",
        "FSF, licence list, CC BY-SA 4.0: not under 'version 3 or any later version'",
        "incompatible",
        "GPL-3.0-or-later <- CC-BY-SA-4.0\n GPL-2.0-or-later <- CC-BY-SA-4.0",
    ),
    *rows(
        "copy-into",
        "FSF, licence list, CC BY-SA 4.0: into a work that is then under version 3 alone",
        "compatible",
        "GPL-3.0-or-later <- CC-BY-SA-4.0",
    ),
    *rows(
        "adaptation",
        "ODC-By-1.0, section 4.2(a) against its preamble and the steward's summary",
        "review",
        "ODbL-1.0 <- ODC-By-1.0\n CC-BY-4.0 <- ODC-By-1.0\n MIT <- ODC-By-1.0",
    ),
    *rows("adaptation", "ODC-By-1.0, section 4.2(b-d): notices", "incompatible", "PDDL-1.0 <- ODC-By-1.0"),
    *rows("collection", "ODC-By-1.0, section 4.2(a)", "compatible", "CC-BY-4.0 <- ODC-By-1.0"),
    *rows(
        "adaptation",
        "GFDL-1.3, sections 4 and 11",
        "incompatible",
        "CC-BY-SA-4.0 <- GFDL-1.3-only\n GFDL-1.3-only <- CC-BY-SA-4.0",
    ),
    *rows("adaptation", "GFDL-1.3, section 11", "review", "CC-BY-SA-3.0 <- GFDL-1.3-or-later"),
    *rows("copy-into", "GFDL-1.2, section 10", "compatible", "GFDL-1.3-only <- GFDL-1.2-or-later"),
    *rows("adaptation", "MIT and Apache-2.0, text", "compatible", "CC-BY-SA-4.0 <- MIT\n CC-BY-4.0 <- Apache-2.0"),
    *rows(
        "copy-into",
        UNKNOWN,
        "review",
        """MIT <- LicenseRef-foo
        LicenseRef-foo <- MIT
        LicenseRef-foo <- LicenseRef-foo
        MIT <- NOASSERTION
        NOASSERTION <- MIT
        NONE <- MIT
        MIT <- Foo-1.0
        Foo-1.0 <- Foo-1.0
        MIT <- unknown
        MIT <- other
        MIT <- gpl
        MIT <- bsd
        MIT <- LicenseRef-Public-Domain
        MIT <- MIT AND LicenseRef-foo""",
    ),
    *rows("collection", UNKNOWN, "review", "MIT <- LicenseRef-foo\n CC-BY-4.0 <- NOASSERTION"),
    *rows("copy-into", BERNE, "incompatible", "MIT <- NONE\n MIT <- all rights reserved\n GPL-3.0-only <- UNLICENSED"),
    *rows("collection", BERNE, "incompatible", "CC-BY-4.0 <- NONE"),
    *rows(
        "copy-into",
        SPDX,
        "compatible",
        """MIT <- MIT OR GPL-3.0-only
        MIT <- GPL-3.0-only OR MIT
        GPL-2.0-only <- Apache-2.0 OR GPL-2.0-only
        GPL-3.0-only <- MIT AND Apache-2.0
        MIT <- LicenseRef-foo OR MIT
        MIT OR Apache-2.0 <- MIT
        MIT OR Apache-2.0 <- MIT OR Apache-2.0
        MIT AND GPL-3.0-only <- GPL-3.0-only
        GPL-2.0-only AND Apache-2.0 <- GPL-2.0-only AND Apache-2.0""",
    ),
    *rows(
        "copy-into",
        SPDX,
        "incompatible",
        """MIT <- MIT AND GPL-3.0-only
        MIT OR GPL-3.0-only <- GPL-3.0-only
        GPL-2.0-only <- MIT AND Apache-2.0
        MIT <- GPL-2.0-only OR GPL-3.0-only
        MIT <- GPL-3.0-only AND LicenseRef-foo""",
    ),
    *rows("combine", "LLVM-exception", "compatible", "GPL-2.0-only <- Apache-2.0 WITH LLVM-exception"),
    *rows("copy-into", "LLVM-exception", "review", "GPL-2.0-only <- Apache-2.0 WITH LLVM-exception"),
    *rows("copy-into", "LLVM-exception only adds", "compatible", "MIT <- Apache-2.0 WITH LLVM-exception"),
    *rows("copy-into", "Unicode-3.0, MIT-0, text", "compatible", "MIT <- Unicode-3.0\n MIT <- MIT-0"),
    *rows("copy-into", SPDX, "review", "GPL-2.0-only AND Apache-2.0 <- MIT"),
    *rows(
        "copy-into",
        "Llama 2, section 1.b (the agreement is passed on)",
        "incompatible",
        "Apache-2.0 <- LicenseRef-Llama-2",
    ),
    # Licences outside SPDX: what their own clauses grant and withhold.
    *rows(
        "copy-into",
        "GPL-3.0, section 5 c and 10 (no further restrictions); GPL-2.0, section 2 b and 6; CC, ODC, CDLA: share-alike",
        "incompatible",
        """LicenseRef-Proprietary <- GPL-3.0-only
        LicenseRef-Proprietary <- GPL-2.0-or-later
        LicenseRef-Proprietary <- AGPL-3.0-only
        LicenseRef-Proprietary <- CC-BY-SA-4.0
        LicenseRef-Proprietary <- CC-BY-ND-4.0
        LicenseRef-Proprietary <- ODbL-1.0
        LicenseRef-Proprietary <- LGPL-2.1-only
        LicenseRef-Research-Only <- GPL-3.0-only
        LicenseRef-Non-Commercial <- CC-BY-SA-3.0
        LicenseRef-Llama-3.1 <- GPL-3.0-only
        LicenseRef-Gemma <- CC-BY-SA-4.0
        LicenseRef-CreativeML-OpenRAIL-M <- AGPL-3.0-or-later""",
    ),
    *rows(
        "combine",
        "FSF GPL FAQ, linking with nonfree programs",
        "incompatible",
        "LicenseRef-Proprietary <- GPL-3.0-only\n LicenseRef-Llama-3.1 <- GPL-2.0-only",
    ),
    *rows(
        "combine",
        "LGPL-2.1 section 6, LGPL-3.0 section 4, MPL-2.0 section 3.3; Classpath-exception-2.0",
        "compatible",
        """LicenseRef-Proprietary <- LGPL-2.1-or-later
        LicenseRef-Proprietary <- MPL-2.0
        LicenseRef-Proprietary <- GPL-2.0-only WITH Classpath-exception-2.0""",
    ),
    *rows(
        "copy-into",
        "MIT, BSD, Apache-2.0 section 4, CC0-1.0, CDLA-Permissive-2.0 section 2: own terms, the notice kept",
        "compatible",
        """LicenseRef-Proprietary <- MIT
        LicenseRef-Proprietary <- Apache-2.0
        LicenseRef-Proprietary <- CC0-1.0
        LicenseRef-Proprietary <- CDLA-Permissive-2.0
        LicenseRef-Proprietary <- CC-BY-4.0
        LicenseRef-Research-Only <- BSD-3-Clause
        LicenseRef-Non-Commercial <- MIT
        LicenseRef-Llama-3.1 <- MIT""",
    ),
    *rows(
        "adaptation",
        "CC-BY-4.0, section 3(a)(4): the adapter's licence",
        "compatible",
        "LicenseRef-Proprietary <- CC-BY-4.0\n LicenseRef-Llama-3.1 <- CC-BY-4.0",
    ),
    *rows(
        "adaptation",
        "the inbound licence withholds what the outbound one grants",
        "incompatible",
        """MIT <- LicenseRef-Proprietary
        CC-BY-4.0 <- LicenseRef-Proprietary
        GPL-3.0-only <- LicenseRef-Proprietary
        CC-BY-4.0 <- LicenseRef-Research-Only
        CC-BY-NC-4.0 <- LicenseRef-Research-Only
        MIT <- LicenseRef-Non-Commercial
        CC-BY-4.0 <- LicenseRef-Non-Commercial-Research
        MIT <- LicenseRef-Gemma
        GPL-3.0-only <- LicenseRef-Llama-4
        CC-BY-4.0 <- LicenseRef-BigCode-OpenRAIL-M-1.0
        CC-BY-NC-4.0 <- LicenseRef-Llama-3.1
        Apache-2.0 <- LicenseRef-Grok-2-Community
        MIT <- LicenseRef-Tongyi-Qianwen-Research
        MIT <- LicenseRef-Falcon-2-11B-TII-1.0
        MIT <- LicenseRef-LDC-User-Agreement
        CC-BY-4.0 <- LicenseRef-ImageNet-Terms
        MIT <- NCGL-UK-2.0
        CC-BY-4.0 <- LicenseRef-Non-Commercial-Government-Licence-2.0
        LicenseRef-Llama-3.1 <- LicenseRef-Qwen-Research
        LicenseRef-Llama-3.1 <- LicenseRef-Research-Only
        LicenseRef-OpenMDW-1.1 <- LicenseRef-Gemma""",
    ),
    *rows(
        "adaptation",
        "no clause settles it",
        "review",
        """LicenseRef-Proprietary <- LicenseRef-Proprietary
        LicenseRef-Proprietary <- LicenseRef-Research-Only
        LicenseRef-Proprietary <- CC-BY-NC-4.0
        LicenseRef-Gemma <- LicenseRef-Llama-3.1
        LicenseRef-Llama-2 <- LicenseRef-Llama-3
        LicenseRef-foo <- LicenseRef-bar
        LicenseRef-foo <- GPL-3.0-only
        LicenseRef-In-File <- MIT
        CC-BY-NC-4.0 <- LicenseRef-Non-Commercial
        MIT <- LicenseRef-In-File
        MIT <- LicenseRef-AI2-ImpACT-LR""",
    ),
    *rows(
        "adaptation",
        "the compatibility clause of Etalab 1.0 and NLOD-2.0, section 9",
        "compatible",
        "OGL-UK-1.0 <- LicenseRef-Etalab-1.0\n CC-BY-4.0 <- NLOD-2.0",
    ),
    *rows(
        "collection",
        "each part stays under its own licence",
        "compatible",
        """LicenseRef-Proprietary <- MIT
        LicenseRef-Proprietary <- CC-BY-SA-4.0
        LicenseRef-Llama-3.1 <- CC-BY-4.0
        MIT <- LicenseRef-Llama-3.1
        LicenseRef-Non-Commercial <- CC-BY-NC-4.0
        CC-BY-4.0 <- NLOD-2.0""",
    ),
    *rows(
        "collection",
        "CC FAQ, collections, and the clause on commercial use or redistribution",
        "incompatible",
        """LicenseRef-Llama-3.1 <- CC-BY-NC-4.0
        MIT <- LicenseRef-Non-Commercial
        CC-BY-4.0 <- LicenseRef-Qwen-Research
        CC-BY-NC-4.0 <- LicenseRef-LDC-User-Agreement""",
    ),
    *rows(
        "collection",
        "the claim does not say whether it may be passed on",
        "review",
        """MIT <- LicenseRef-Proprietary
        MIT <- LicenseRef-Research-Only
        LicenseRef-Proprietary <- CC-BY-NC-4.0
        LicenseRef-foo <- MIT""",
    ),
    *rows(
        "remix",
        "one of the two may be the licence of what is made of both, and each lets itself be adapted",
        "compatible",
        "LicenseRef-Llama-3.1 <- MIT\n MIT <- LicenseRef-Llama-3.1",
    ),
    *rows(
        "remix",
        "neither may be the licence of what is made of both",
        "incompatible",
        """LicenseRef-Llama-3.1 <- GPL-3.0-only
        GPL-3.0-only <- LicenseRef-Proprietary
        CC-BY-SA-4.0 <- LicenseRef-Gemma""",
    ),
    *rows("remix", "whether it may be adapted is not known", "review", "LicenseRef-Proprietary <- MIT"),
    # Ports that SPDX does not list are of their family.
    *rows(
        "adaptation",
        SA + ", on jurisdiction licences",
        "compatible",
        """CC-BY-SA-4.0 <- CC-BY-SA-3.0-US
        CC-BY-SA-3.0 <- LicenseRef-CC-BY-SA-3.0-US
        CC-BY-SA-3.0-US <- CC-BY-SA-2.5
        CC-BY-SA-3.0-US <- CC-BY-SA-3.0-US
        CC-BY-SA-4.0 <- CC-BY-SA-2.1-JP
        CC-BY-4.0 <- CC-BY-2.1-JP""",
    ),
    *rows(
        "adaptation",
        SA,
        "incompatible",
        """MIT <- CC-BY-SA-3.0-US
        CC-BY-SA-3.0-US <- CC-BY-SA-4.0
        CC-BY-ND-3.0-US <- CC-BY-ND-3.0-US
        CC-BY-SA-4.0 <- CC-BY-NC-SA-3.0-US""",
    ),
    *rows("collection", COLLECTION, "incompatible", "CC-BY-4.0 <- CC-BY-NC-3.0-US"),
    *rows("adaptation", "no port of that name exists", "review", "CC-BY-SA-4.0 <- LicenseRef-CC-BY-SA-3.0-XX"),
    # Found by a reviewer from the authorities alone, before the rules were read.
    *rows(
        "adaptation",
        f"{CHART}: green",
        "compatible",
        """CC-BY-NC-4.0 <- CC0-1.0
        CC-BY-NC-ND-4.0 <- CC0-1.0
        CC-BY-NC-SA-4.0 <- CC0-1.0
        CC-BY-SA-4.0 <- CC0-1.0
        CC-BY-4.0 <- CC-BY-4.0
        CC-BY-NC-4.0 <- CC-BY-NC-4.0
        CC-BY-4.0 <- CC-BY-2.0
        CC-BY-SA-3.0 <- CC-BY-4.0
        CC-BY-3.0 <- CC-BY-4.0""",
    ),
    *rows(
        "adaptation",
        f"{CHART}: grey",
        "incompatible",
        """CC-BY-4.0 <- CC-BY-NC-ND-4.0
        CC-BY-NC-4.0 <- CC-BY-NC-ND-4.0
        CC-BY-NC-SA-4.0 <- CC-BY-NC-ND-4.0
        CC-BY-ND-4.0 <- CC-BY-NC-ND-4.0
        CC-BY-SA-4.0 <- CC-BY-NC-ND-4.0
        CC-BY-4.0 <- CC-BY-NC-SA-4.0
        CC-BY-NC-ND-4.0 <- CC-BY-NC-SA-4.0
        CC-BY-ND-4.0 <- CC-BY-NC-SA-4.0
        CC0-1.0 <- CC-BY-NC-SA-4.0
        CC-BY-NC-4.0 <- CC-BY-ND-4.0
        CC-BY-NC-ND-4.0 <- CC-BY-ND-4.0
        CC-BY-NC-SA-4.0 <- CC-BY-ND-4.0
        CC-BY-SA-4.0 <- CC-BY-ND-4.0
        CC0-1.0 <- CC-BY-ND-4.0
        CC-BY-NC-4.0 <- CC-BY-SA-4.0
        CC-BY-NC-ND-4.0 <- CC-BY-SA-4.0
        CC-BY-ND-4.0 <- CC-BY-SA-4.0""",
    ),
    *rows(
        "remix",
        REMIX,
        "compatible",
        """CC0-1.0 <- CC-BY-4.0
        CC0-1.0 <- CC-BY-NC-SA-4.0
        CC-BY-4.0 <- CC0-1.0
        CC-BY-NC-4.0 <- CC-BY-4.0
        CC-BY-NC-SA-4.0 <- CC-BY-NC-4.0
        CC-BY-NC-SA-4.0 <- CC-BY-NC-SA-4.0
        CC-BY-SA-4.0 <- CC-BY-SA-4.0""",
    ),
    *rows(
        "remix",
        REMIX,
        "incompatible",
        """CC0-1.0 <- CC-BY-ND-4.0
        CC-BY-NC-ND-4.0 <- CC-BY-NC-4.0""",
    ),
    *rows(
        "collection",
        COLLECTION,
        "incompatible",
        """CC-BY-SA-4.0 <- CC-BY-NC-SA-4.0
        CC-BY-ND-4.0 <- CC-BY-NC-ND-4.0
        CC-BY-3.0 <- CC-BY-NC-2.0
        CC0-1.0 <- CC-BY-NC-SA-4.0""",
    ),
    *rows(
        "collection",
        COLLECTION,
        "compatible",
        """CC-BY-NC-4.0 <- CC-BY-NC-ND-4.0
        CC-BY-SA-4.0 <- CC-BY-ND-4.0
        CC-BY-NC-SA-4.0 <- CC-BY-NC-4.0
        CC-BY-ND-4.0 <- CC-BY-SA-4.0
        CC-BY-4.0 <- CC0-1.0
        CC-BY-NC-ND-4.0 <- CC-BY-NC-SA-4.0
        CC-BY-SA-4.0 <- CC-BY-SA-1.0
        CC-BY-NC-4.0 <- CC-BY-NC-4.0""",
    ),
    *rows(
        "adaptation",
        SA,
        "incompatible",
        """CC-BY-SA-2.0 <- CC-BY-SA-1.0
        CC-BY-SA-2.5 <- CC-BY-SA-3.0
        CC-BY-NC-SA-4.0 <- CC-BY-NC-SA-1.0
        CC-BY-SA-4.0 <- CC-BY-NC-SA-3.0""",
    ),
    *rows(
        "adaptation",
        SA,
        "compatible",
        """CC-BY-SA-4.0 <- CC-BY-SA-3.0-DE
        CC-BY-SA-3.0-DE <- CC-BY-SA-3.0
        CC-BY-NC-SA-4.0 <- CC-BY-NC-SA-3.0""",
    ),
    *rows("adaptation", "LAL-1.2, section 6", "compatible", "LAL-1.3 <- LAL-1.2"),
    *rows("adaptation", "LAL-1.2, section 3", "incompatible", "CC-BY-4.0 <- LAL-1.2"),
    *rows("copy-into", LISTED, "compatible", "GPL-3.0-only <- CC-BY-SA-4.0"),
    *rows(
        "copy-into",
        LISTED,
        "incompatible",
        """CC-BY-SA-4.0 <- GPL-3.0-or-later
        MIT <- CC-BY-SA-4.0
        Apache-2.0 <- CC-BY-SA-3.0
        MIT <- CC-BY-NC-SA-4.0""",
    ),
    *rows(
        "adaptation",
        LISTED,
        "incompatible",
        """LAL-1.3 <- CC-BY-NC-SA-4.0
        CDLA-Sharing-1.0 <- CC-BY-SA-4.0
        creativeml-openrail-m <- CC-BY-SA-4.0""",
    ),
    *rows(
        "copy-into",
        FSF,
        "compatible",
        """GPL-3.0-only <- CC-BY-4.0
        GPL-2.0-only <- CC0-1.0""",
    ),
    *rows(
        "copy-into",
        FSF,
        "incompatible",
        """GPL-3.0-only <- CC-BY-NC-4.0
        GPL-3.0-only <- CC-BY-ND-4.0
        GPL-3.0-only <- ODbL-1.0
        GFDL-1.3-only <- ODbL-1.0
        GPL-3.0-only <- LAL-1.3
        GPL-3.0-only <- JSON
        GPL-3.0-only <- NASA-1.3""",
    ),
    *rows(
        "copy-into",
        "GPL-3.0 section 5(c)",
        "incompatible",
        """ODbL-1.0 <- GPL-3.0-only
        CECILL-2.1 <- GPL-3.0-only
        SSPL-1.0 <- GPL-3.0-only""",
    ),
    *rows("adaptation", "GFDL section 10", "compatible", "GFDL-1.3-only <- GFDL-1.2-or-later"),
    *rows("adaptation", "GFDL section 4, section 10", "incompatible", "GFDL-1.3-only <- GFDL-1.2-only"),
    *rows("adaptation", "GFDL section 4", "incompatible", "GFDL-1.2-only <- GFDL-1.3-only"),
    *rows("copy-into", "GFDL section 4", "incompatible", "MIT <- GFDL-1.3-only"),
    *rows(
        "copy-into",
        OSADL,
        "compatible",
        """MIT <- BSD-3-Clause
        GPL-3.0-only <- GPL-3.0-or-later
        LGPL-3.0-only <- LGPL-2.1-or-later
        GPL-3.0-only <- MPL-2.0
        MPL-2.0 <- Apache-2.0
        GPL-2.0-only <- 0BSD
        GPL-2.0-only <- Unlicense
        GPL-2.0-only <- WTFPL
        GPL-2.0-only <- Zlib
        GPL-2.0-only <- BSL-1.0
        GPL-2.0-only <- UPL-1.0
        GPL-3.0-only <- ECL-2.0
        GPL-2.0-only <- OLDAP-2.8
        gpl-3.0 <- apache-2.0
        CC-BY-3.0 <- MIT""",
    ),
    *rows(
        "copy-into",
        OSADL,
        "incompatible",
        """Apache-2.0 <- LGPL-3.0-only
        LGPL-2.1-only <- LGPL-3.0-only
        LGPL-3.0-only <- LGPL-2.1-only
        GPL-2.0-only <- AGPL-3.0-only
        MPL-2.0 <- GPL-3.0-only
        GPL-2.0-only <- MPL-1.1
        GPL-2.0-only <- EPL-1.0
        EPL-1.0 <- EPL-2.0
        GPL-2.0-only <- OpenSSL
        GPL-2.0-only <- ECL-2.0
        GPL-2.0-only <- PHP-3.01
        GPL-2.0-only <- Apache-1.1
        GPL-3.0-only <- CPL-1.0
        GPL-3.0-only <- OSL-3.0
        GPL-3.0-only <- MS-RL
        MIT <- GPL-2.0-only WITH Classpath-exception-2.0
        GPL-3.0-only <- GPL-2.0-only WITH Classpath-exception-2.0
        CC-BY-4.0 <- GPL-3.0-only""",
    ),
    *rows(
        "adaptation",
        EUPL,
        "compatible",
        """GPL-2.0-only <- EUPL-1.2
        GPL-3.0-only <- EUPL-1.2
        AGPL-3.0-only <- EUPL-1.2
        OSL-2.1 <- EUPL-1.2
        OSL-3.0 <- EUPL-1.2
        EPL-1.0 <- EUPL-1.2
        CECILL-2.0 <- EUPL-1.2
        CECILL-2.1 <- EUPL-1.2
        MPL-2.0 <- EUPL-1.2
        LGPL-2.1-only <- EUPL-1.2
        LGPL-3.0-only <- EUPL-1.2
        LiLiQ-R-1.1 <- EUPL-1.2
        LiLiQ-Rplus-1.1 <- EUPL-1.2""",
    ),
    *rows(
        "copy-into",
        EUPL,
        "incompatible",
        """MIT <- EUPL-1.2
        Apache-2.0 <- EUPL-1.2
        CC-BY-4.0 <- EUPL-1.2
        EPL-2.0 <- EUPL-1.2""",
    ),
    *rows("copy-into", "EUPL-1.1 appendix (GPLv2 only); OSADL", "incompatible", "GPL-3.0-only <- EUPL-1.1"),
    *rows("copy-into", "EUPL-1.1 appendix; OSADL", "compatible", "GPL-2.0-only <- EUPL-1.1"),
    *rows("copy-into", "CeCILL-2.0 5.3.4; FSF", "compatible", "GPL-2.0-only <- CECILL-2.0"),
    *rows(
        "combine",
        FAQ,
        "incompatible",
        """AGPL-3.0-only <- GPL-2.0-only
        GPL-2.0-only <- GPL-3.0-only""",
    ),
    *rows("combine", "LGPL-3.0 section 4", "compatible", "Apache-2.0 <- LGPL-3.0-only"),
    *rows(
        "combine",
        "FSF: Apache 2.0 and GPLv2",
        "incompatible",
        """Apache-2.0 <- GPL-2.0-only
        GPL-2.0-only <- Apache-2.0""",
    ),
    *rows("combine", FSF, "incompatible", "GPL-2.0-only <- CDDL-1.0"),
    *rows("combine", FAQ, "compatible", "GPL-3.0-only <- LGPL-2.1-only"),
    *rows("combine", FSF, "compatible", "GPL-3.0-only <- MIT"),
    *rows(
        "combine",
        "Classpath exception text",
        "compatible",
        "Apache-2.0 <- GPL-2.0-only WITH Classpath-exception-2.0",
    ),
    *rows("combine", "GCC runtime library exception 3.1", "compatible", "MIT <- GPL-3.0-only WITH GCC-exception-3.1"),
    *rows(
        "copy-into",
        "GPL-3.0 section 7: additional permissions may be removed",
        "compatible",
        "GPL-3.0-only <- GPL-3.0-only WITH GCC-exception-3.1",
    ),
    *rows(
        "copy-into",
        "exception is an additional permission",
        "compatible",
        "GPL-2.0-only <- GPL-2.0-only WITH Linux-syscall-note",
    ),
    *rows(
        "copy-into",
        "Apache-2.0 plus a permission; OSADL for Apache",
        "compatible",
        "GPL-3.0-only <- Apache-2.0 WITH LLVM-exception",
    ),
    *rows(
        "copy-into",
        "or-later; GPL-3.0 section 7",
        "compatible",
        "GPL-3.0-only <- GPL-2.0-or-later WITH Classpath-exception-2.0",
    ),
    *rows(
        "copy-into",
        SPDX,
        "compatible",
        """GPL-2.0-only <- MIT OR Apache-2.0
        Apache-2.0 <- GPL-2.0-only OR MIT
        MIT OR Apache-2.0 <- BSD-3-Clause
        GPL-2.0-only OR GPL-3.0-only <- MIT
        MIT AND GPL-3.0-only <- MIT""",
    ),
    *rows(
        "copy-into",
        SPDX,
        "incompatible",
        """MIT OR Apache-2.0 <- GPL-3.0-only
        GPL-2.0-only <- GPL-3.0-only OR CDDL-1.0""",
    ),
    *rows(
        "adaptation",
        SPDX,
        "compatible",
        """CC-BY-SA-4.0 <- CC-BY-SA-3.0 OR GFDL-1.3-or-later
        CC-BY-4.0 <- CC-BY-NC-4.0 OR CC-BY-4.0""",
    ),
    *rows("adaptation", SPDX, "incompatible", "CC-BY-4.0 <- CC-BY-4.0 AND CC-BY-ND-4.0"),
    *rows(
        "copy-into",
        UNKNOWN,
        "review",
        """MIT <- cc
        other <- MIT""",
    ),
    *rows("collection", UNKNOWN, "review", "CC-BY-4.0 <- unknown"),
    *rows("adaptation", UNKNOWN, "review", "CC-BY-4.0 <- other"),
    *rows("adaptation", "OSM wiki ODbL compatibility: OGL v3 OK", "compatible", "ODbL-1.0 <- OGL-UK-3.0"),
    *rows("adaptation", "Etalab 2.0", "compatible", "ODC-By-1.0 <- etalab-2.0"),
    *rows("adaptation", "PDDL section 2", "compatible", "ODbL-1.0 <- PDDL-1.0"),
    *rows("adaptation", "OSM wiki: NC clearly incompatible with ODbL", "incompatible", "ODbL-1.0 <- CC-BY-NC-4.0"),
    *rows("adaptation", "OSM wiki: ND clearly incompatible with ODbL", "incompatible", "ODbL-1.0 <- CC-BY-ND-4.0"),
    *rows("collection", "ODbL section 4.5(a); CC collection", "compatible", "CC-BY-SA-4.0 <- ODbL-1.0"),
    *rows("collection", "CC FAQ: collections; ODbL 4.5(a)", "compatible", "ODbL-1.0 <- CC-BY-SA-4.0"),
    *rows(
        "adaptation",
        "CDLA-Sharing-1.0 section 3.1(a)",
        "incompatible",
        """CC-BY-4.0 <- CDLA-Sharing-1.0
        ODbL-1.0 <- CDLA-Sharing-1.0""",
    ),
    *rows("adaptation", "CDLA-Sharing-1.0 section 3.1(a)", "compatible", "CDLA-Sharing-1.0 <- CDLA-Sharing-1.0"),
    *rows("adaptation", "ODbL section 4.4", "incompatible", "CDLA-Sharing-1.0 <- ODbL-1.0"),
    *rows("adaptation", "CC0 section 2", "compatible", "CDLA-Sharing-1.0 <- CC0-1.0"),
    *rows("copy-into", "C-UDA-1.0", "incompatible", "MIT <- C-UDA-1.0"),
    *rows(
        "copy-into",
        "CC0 section 2",
        "compatible",
        """MIT <- CC0-1.0
        llama3 <- CC0-1.0""",
    ),
    *rows("copy-into", "PDDL section 2", "compatible", "MIT <- PDDL-1.0"),
    *rows(
        "copy-into",
        "ODbL section 4.4",
        "incompatible",
        """MIT <- ODbL-1.0
        llama3 <- ODbL-1.0""",
    ),
    *rows("copy-into", "CC chart: nothing may be adapted", "incompatible", "MIT <- CC-BY-ND-4.0"),
    *rows("copy-into", "CDLA-Sharing section 3.1", "incompatible", "MIT <- CDLA-Sharing-1.0"),
    *rows("copy-into", "GPL-3.0 section 10: no further restrictions", "incompatible", "CC-BY-NC-4.0 <- GPL-3.0-only"),
    *rows("copy-into", "OFL-1.1 section 5", "incompatible", "MIT <- OFL-1.1"),
    *rows("collection", "OFL-1.1 section 2", "compatible", "MIT <- OFL-1.1"),
    *rows("collection", "GPL-2.0 section 2 mere aggregation", "compatible", "Apache-2.0 <- GPL-2.0-only"),
    *rows(
        "copy-into",
        "use-based restrictions must be passed on",
        "incompatible",
        """MIT <- openrail++
        MIT <- creativeml-openrail-m
        MIT <- bigscience-bloom-rail-1.0
        MIT <- bigcode-openrail-m""",
    ),
    *rows(
        "copy-into",
        "the agreement must be passed on with its use policy",
        "incompatible",
        """Apache-2.0 <- llama2
        Apache-2.0 <- llama3
        Apache-2.0 <- llama3.1
        Apache-2.0 <- gemma""",
    ),
    *rows(
        "copy-into",
        "GPL-3.0 section 10; FSF: RAIL nonfree",
        "incompatible",
        "GPL-3.0-only <- creativeml-openrail-m",
    ),
    *rows("copy-into", "GPL-3.0 section 10", "incompatible", "creativeml-openrail-m <- GPL-3.0-only"),
    *rows("copy-into", "MIT may be sublicensed", "compatible", "creativeml-openrail-m <- MIT"),
    *rows(
        "adaptation",
        "use-based restrictions must be passed on",
        "incompatible",
        "CC-BY-4.0 <- creativeml-openrail-m",
    ),
    *rows("copy-into", "SSPL section 13; GPL section 10", "incompatible", "AGPL-3.0-only <- SSPL-1.0"),
    *rows("copy-into", "BUSL-1.1: production use withheld", "incompatible", "MIT <- BUSL-1.1"),
    *rows("copy-into", "Elastic-2.0 limitations", "incompatible", "MIT <- Elastic-2.0"),
    *rows("copy-into", "PolyForm NC", "incompatible", "MIT <- PolyForm-Noncommercial-1.0.0"),
    *rows("copy-into", "LGPL-2.1 section 3; AGPL-3.0 section 13", "compatible", "AGPL-3.0-only <- LGPL-2.1-only"),
    *rows("copy-into", "LGPL-3.0, preamble; AGPL-3.0 section 13", "compatible", "AGPL-3.0-only <- LGPL-3.0-only"),
    *rows(
        "copy-into",
        "CeCILL-2.1 article 5.3.4",
        "compatible",
        """AGPL-3.0-only <- CECILL-2.1
        EUPL-1.2 <- CECILL-2.1""",
    ),
    *rows(
        "copy-into",
        "MIT, text: sublicense, notice stays",
        "compatible",
        """CECILL-2.1 <- MIT
        SSPL-1.0 <- MIT""",
    ),
    *rows(
        "copy-into",
        "CeCILL-2.1 article 5.3.4: under CeCILL or the GNU licences",
        "incompatible",
        "MIT <- CECILL-2.1",
    ),
    *rows("copy-into", "SSPL-1.0 section 5 c, section 13", "incompatible", "MIT <- SSPL-1.0"),
    *rows(
        "copy-into",
        "OFL-1.1, condition 5",
        "incompatible",
        """GPL-3.0-only <- OFL-1.1
        CC-BY-4.0 <- OFL-1.1""",
    ),
    *rows(
        "copy-into",
        "BUSL-1.1: non-production use, licence shown on each copy",
        "incompatible",
        "CC-BY-4.0 <- BUSL-1.1",
    ),
    *rows("collection", "CC FAQ, collection table; MIT allows commercial use", "incompatible", "MIT <- CC-BY-NC-4.0"),
    *rows(
        "collection",
        "CC FAQ, collection table speaks of CC licences",
        "review",
        "PolyForm-Noncommercial-1.0.0 <- CC-BY-NC-4.0",
    ),
    *rows(
        "adaptation",
        "Etalab 2.0, compatibility",
        "compatible",
        """ODbL-1.0 <- etalab-2.0
        CC-BY-SA-3.0 <- etalab-2.0""",
    ),
    *rows("adaptation", "Etalab 2.0: free licences", "review", "CC-BY-NC-ND-3.0 <- etalab-2.0"),
    *rows(
        "copy-into",
        "Apache-2.0 section 4: other terms for the work as a whole",
        "compatible",
        "gemma <- Apache-2.0",
    ),
    *rows("copy-into", "no authority says", "review", "llama3 <- CC-BY-NC-4.0"),
    ("MIT", "", "copy-into", "review", UNKNOWN),
]

# (a, b): b may go into a, and a may not go into b.
ONE_WAY = [
    ("GPL-3.0-only", "MIT", "copy-into"),
    ("GPL-3.0-only", "Apache-2.0", "copy-into"),
    ("GPL-3.0-only", "LGPL-3.0-only", "copy-into"),
    ("GPL-2.0-only", "LGPL-2.1-only", "copy-into"),
    ("GPL-2.0-only", "MPL-2.0", "copy-into"),
    ("GPL-3.0-only", "EUPL-1.2", "copy-into"),
    ("EPL-2.0", "EPL-1.0", "copy-into"),
    ("AGPL-3.0-only", "GPL-3.0-only", "copy-into"),
    ("GPL-3.0-only", "CC-BY-SA-4.0", "adaptation"),
    ("CC-BY-SA-4.0", "CC-BY-SA-3.0", "adaptation"),
    ("CC-BY-SA-4.0", "CC-BY-4.0", "adaptation"),
    ("CC-BY-NC-4.0", "CC-BY-4.0", "adaptation"),
    ("CC-BY-4.0", "CC0-1.0", "adaptation"),
    ("CC-BY-4.0", "OGL-UK-3.0", "adaptation"),
    ("LicenseRef-Proprietary", "MIT", "adaptation"),
    ("LicenseRef-Llama-3.1", "MIT", "adaptation"),
    ("CC-BY-SA-3.0", "EUPL-1.2", "adaptation"),
]
