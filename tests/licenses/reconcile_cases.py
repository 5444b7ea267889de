"""Cases for reconcile(claims), written blind: several claims about one source, equal or not.

Each case is (claims, agree, expression, strictest, why, certain). `agree` means that there is no finding of
disagreement; `expression` is the reconciled expression, None where the claims disagree; `strictest` is the most
restrictive of the claimed licences (None = do not check). Order used for the strictest: no adaptation and
non-commercial before share-alike, wider share-alike before narrower, copyleft before permissive, duties before none.
Where two answers can be defended, `certain` is False and the reason names the other ("alt ..."). Authorities: SPDX
Annex D (expressions), SPDX list 3 (deprecated ids), CC deed and legal-code URLs, the Hub's tag list, PEP 639 / trove
classifiers, the research note.
"""

from __future__ import annotations

Claims = list[dict[str, str]]
Case = tuple[Claims, bool, str | None, str | None, str, bool]


def claims(*texts: str) -> Claims:
    """Claims with the places where such texts are usually read."""
    places = ("README.md front matter", "LICENSE header", "Croissant JSON", "DatasetInfo.license", "paper", "web page")
    return [{"text": text, "where": places[index % len(places)]} for index, text in enumerate(texts)]


CASES: list[Case] = [
    # they agree, in other words
    (claims("mit"), True, "MIT", "MIT", "one claim", True),
    (claims("mit", "MIT"), True, "MIT", "MIT", "SPDX Annex D: ids are case-insensitive", True),
    (claims("MIT", "The MIT License (MIT)"), True, "MIT", "MIT", "the title of the licence's own text", True),
    (claims("  MIT ", "mit", "MIT License"), True, "MIT", "MIT", "spaces, case, full name", True),
    (
        claims("cc-by-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        True,
        "CC-BY-4.0",
        "CC-BY-4.0",
        "the deed's URL names the licence",
        True,
    ),
    (
        claims("cc-by-sa-3.0", "http://creativecommons.org/licenses/by-sa/3.0/legalcode", "CC BY-SA 3.0"),
        True,
        "CC-BY-SA-3.0",
        "CC-BY-SA-3.0",
        "URL of the legal code (http), short name",
        True,
    ),
    (
        claims("apache-2.0", "Apache License, Version 2.0"),
        True,
        "Apache-2.0",
        "Apache-2.0",
        "full name in the licence's text",
        True,
    ),
    (claims("GPL-3.0", "GPL-3.0-only"), True, "GPL-3.0-only", "GPL-3.0-only", "SPDX: deprecated id", True),
    (claims("GPL-3.0+", "GPL-3.0-or-later"), True, "GPL-3.0-or-later", "GPL-3.0-or-later", "SPDX: deprecated", True),
    (claims("odbl", "ODbL-1.0"), True, "ODbL-1.0", "ODbL-1.0", "Hub tag; there is one version", True),
    (claims("cc0-1.0", "CC0 1.0 Universal"), True, "CC0-1.0", "CC0-1.0", "title of the deed", True),
    (
        claims("MIT OR Apache-2.0", "Apache-2.0 OR MIT"),
        True,
        "Apache-2.0 OR MIT",
        "Apache-2.0 OR MIT",
        "OR is commutative; alt the other order as canonical form",
        False,
    ),
    (claims("MIT AND MIT", "MIT"), True, "MIT", "MIT", "idempotent; alt the expression kept as read", False),
    (claims("mit", "mit", "mit", "MIT"), True, "MIT", "MIT", "repetition is no disagreement", True),
    # they disagree
    (claims("cc-by-4.0", "cc-by-nc-4.0"), False, None, "CC-BY-NC-4.0", "NC is an added prohibition", True),
    (claims("cc-by-nc-4.0", "cc-by-4.0"), False, None, "CC-BY-NC-4.0", "order of the claims decides nothing", True),
    (claims("cc0-1.0", "cc-by-4.0"), False, None, "CC-BY-4.0", "attribution is an added duty", True),
    (claims("mit", "GPL-3.0-only"), False, None, "GPL-3.0-only", "copyleft", True),
    (claims("cc-by-4.0", "cc-by-sa-4.0"), False, None, "CC-BY-SA-4.0", "ShareAlike is an added duty", True),
    (claims("cc-by-4.0", "cc-by-nd-4.0"), False, None, "CC-BY-ND-4.0", "ND is an added prohibition", True),
    (claims("cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0"), False, None, "CC-BY-NC-ND-4.0", "ND: no adaptation at all", True),
    (claims("cc-by-sa-4.0", "cc-by-nc-sa-4.0"), False, None, "CC-BY-NC-SA-4.0", "NC is added", True),
    (claims("mit", "apache-2.0", "cc-by-nc-nd-4.0"), False, None, "CC-BY-NC-ND-4.0", "the strictest of three", True),
    (claims("mit", "mit", "cc-by-nc-4.0"), False, None, "CC-BY-NC-4.0", "no majority vote", True),
    (claims("odbl", "cc-by-4.0"), False, None, "ODbL-1.0", "share-alike of the database", True),
    (claims("GPL-3.0-only", "AGPL-3.0-only"), False, None, "AGPL-3.0-only", "AGPL s.13 comes on top", True),
    (claims("GPL-2.0-only", "GPL-2.0-or-later"), False, None, "GPL-2.0-only", "or-later leaves a choice more", True),
    (claims("cdla-permissive-2.0", "cdla-sharing-1.0"), False, None, "CDLA-Sharing-1.0", "CDLA-Sharing s.3.1", True),
    (claims("LGPL-2.1-only", "GPL-2.0-only"), False, None, "GPL-2.0-only", "scope work against library", True),
    (claims("cc-by-nc-4.0", "mit"), False, None, "CC-BY-NC-4.0", "NC against permissive", True),
    (claims("cc-by-3.0", "cc-by-4.0"), False, None, None, "another version is another licence", True),
    (claims("cc-by-sa-3.0", "cc-by-sa-4.0"), False, None, None, "another version is another licence", True),
    (claims("bsd-2-clause", "bsd-3-clause"), False, None, "BSD-3-Clause", "clause 3 (endorsement) is added", True),
    (claims("mit", "apache-2.0"), False, None, "Apache-2.0", "s.4(b) state changes; alt no order", False),
    (
        claims("cc-by-nc-4.0", "GPL-3.0-only"),
        False,
        None,
        None,
        "decided, blind NC: each forbids what the other allows",
        False,
    ),
    (claims("MIT OR Apache-2.0", "MIT"), False, None, None, "only one offers a choice; alt agree on MIT", False),
    (claims("MIT AND CC-BY-4.0", "MIT"), False, None, "MIT AND CC-BY-4.0", "AND: more duties; alt CC-BY-4.0", False),
    (claims("mit", "All rights reserved"), False, None, None, "a reservation against a grant", True),
    (claims("apache-2.0", "llama3"), False, None, None, "weights' terms against a code licence", True),
    (claims("cc-by-4.0", "research only"), False, None, None, "custom words narrow the grant", True),
    # unknown, families, nothing
    (claims("mit", "unknown"), True, "MIT", "MIT", "unknown claims nothing; alt disagree with a review finding", False),
    (claims("mit", "other"), True, "MIT", "MIT", "decided, blind disagree: 'other' is unknown (note)", False),
    (claims("cc", "cc-by-4.0"), True, "CC-BY-4.0", "CC-BY-4.0", "the family holds the member; alt disagree", False),
    (claims("bsd", "mit"), False, None, None, "MIT is no member of the family", True),
    (claims("Public Domain", "cc0-1.0"), True, "CC0-1.0", "CC0-1.0", "decided, blind disagree: CC0 is stated", False),
    (claims("unknown", "unknown"), True, None, None, "both say nothing: no expression; alt a finding", False),
    ([], True, None, None, "no claim, no expression; alt a finding that the licence is missing", False),
]
