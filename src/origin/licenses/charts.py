"""Which content and data may go into which: Creative Commons by its charts, data licences by their own text.

Nothing here is taken from the OSADL matrix, which is about code. What no rule knows is left to a reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from origin.licenses.verdict import (
    CC_CHART,
    CC_COLLECTION,
    CC_COMPATIBLE,
    FSF_LIST,
    OSM,
    Finding,
    Reason,
    Verdict,
    finding,
    ids,
)

PUBLIC_DOMAIN = frozenset({"CC0-1.0", "CC-PDM-1.0", "CC-PDDC", "PDDL-1.0", "DL-DE-ZERO-2.0"})
PERMISSIVE = ids(
    """0BSD AFL-3.0 Apache-2.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent BSD-3-Clause BSL-1.0 ISC MIT MIT-0
    NCSA PostgreSQL PSF-2.0 Python-2.0 UPL-1.0 Unicode-3.0 Unlicense WTFPL X11 Zlib blessing"""
)
UNCONDITIONAL = frozenset({"0BSD", "MIT-0", "Unlicense", "WTFPL"})
NOTICE_ONLY = PERMISSIVE - ids("AFL-3.0 Apache-2.0 BSD-2-Clause-Patent PSF-2.0 Python-2.0 UPL-1.0 Unicode-3.0")
"""Nothing is asked but that the notice stays: these fit under any licence."""
WEAK = re.compile(r"(LGPL|MPL|EPL|CDDL)-|CPL-1.0")
STRONG = re.compile(r"A?GPL-")
_AGGREGATE = re.compile(r"A?GPL-3\.0")
_COPYLEFT = re.compile(
    r"(AGPL|CDDL|CECILL-[12]|CPAL|CPL|EPL|EUPL|GPL|IPL|LGPL|LiLiQ-R|LPPL|MPL|MS-RL|OFL|OSL|QPL|Sleepycat|SSPL)"
)
_CONTENT = re.compile(
    r"(CC-BY|CC-PD|CC0|CDLA|C-UDA|O-UDA|DL-DE|GFDL|LAL|NLOD|ODC-By|ODbL|OGDL|OGL-|PDDL|etalab)", re.IGNORECASE
)
_CC = re.compile(r"CC-BY(?P<nc>-NC)?(?P<sa>-SA)?(?P<nd>-ND)?(?P<sa2>-SA)?-(?P<version>[1-4]\.\d)(-[A-Z]+)?")
_ATTRIBUTION_DATA = {
    # licence -> (those its own text names as compatible, where)
    "OGL-UK-1.0": (("CC-BY-", "ODC-By-1.0"), "OGL-UK-1.0, paragraph on interoperable licences"),
    "OGL-UK-2.0": (("CC-BY-", "ODC-By-1.0"), "OGL-UK-2.0, paragraph on interoperable licences"),
    "OGL-UK-3.0": (("CC-BY-4.0", "ODC-By-1.0"), "OGL-UK-3.0, paragraph on compatible licences"),
    "OGDL-Taiwan-1.0": (("CC-BY-4.0",), "OGDL-Taiwan-1.0, section on compatibility with CC-BY-4.0"),
    # "toute licence libre qui exige au moins la mention de paternité", with examples
    "etalab-2.0": (
        ("CC-BY-", "CC-BY-SA-", "ODC-By-1.0", "ODbL-1.0", "OGL-UK-", "LAL-1.3"),
        "Etalab 2.0, section on compatibility",
    ),
}
# Terms that every copy keeps, and that no free or open licence states: licence -> clause.
_TERMS_KEPT = {
    "BUSL-1.1": "paragraphs on non-production use and on displaying the licence on each copy",
    "Elastic-2.0": "sections Limitations and Notices",
    "OFL-1.0": "condition 5",
    "OFL-1.1": "condition 5",
    "PolyForm-Noncommercial-1.0.0": "sections Notices and Noncommercial Purposes",
    "PolyForm-Small-Business-1.0.0": "sections Notices and Small Business",
    "SSPL-1.0": "sections 5 c and 13",
}


@dataclass(frozen=True, slots=True)
class CreativeCommons:
    """The elements of one of the six licences."""

    nc: bool
    sa: bool
    nd: bool
    version: float


def creative_commons(license_id: str) -> CreativeCommons | None:
    match = _CC.fullmatch(license_id)
    if match is None:
        return None
    share_alike = bool(match["sa"] or match["sa2"])
    return CreativeCommons(bool(match["nc"]), share_alike, bool(match["nd"]), float(match["version"]))


def is_content(license_id: str) -> bool:
    return _CONTENT.match(license_id) is not None


def forbids_adaptations(license_id: str) -> bool:
    elements = creative_commons(license_id)
    return elements is not None and elements.nd


def in_collection(outbound: str, inbound: str) -> Finding | None:  # noqa: PLR0911 - one return a rule
    """Material taken in unchanged, beside other works: its own licence stays on it."""
    elements = creative_commons(inbound)
    if elements is not None and elements.nc:
        return _non_commercial_in_collection(outbound, inbound)
    if elements is not None:
        text = f"{inbound} material may stand in a collection unchanged; it stays under {inbound} and is attributed"
        return finding("compatible", "cc-collection", CC_COLLECTION, text)
    if inbound in PUBLIC_DOMAIN:
        return finding("compatible", "public-domain", f"{inbound}, text", f"{inbound} sets no conditions")
    if inbound == "ODbL-1.0":
        text = "a collective database may hold it; the ODbL stays on that part"
        return finding("compatible", "odbl-collective", "ODbL-1.0, section 4.5 a", text)
    if inbound.startswith("GFDL-"):
        text = "an aggregation with independent documents does not put those under the GFDL"
        return finding("compatible", "gfdl-aggregation", "GFDL, section 7", text)
    if inbound in PERMISSIVE or inbound in _ATTRIBUTION_DATA or inbound.startswith(("CDLA-", "ODC-By")):
        text = f"{inbound} lets the material be passed on; it stays under {inbound} and its notices go with it"
        return finding("compatible", "passed-on-unchanged", f"{inbound}, text", text)
    if _COPYLEFT.match(inbound):
        text = (
            "works that merely stand beside it on a medium do not come under its terms; its source and notices go along"
        )
        found = finding("compatible", "mere-aggregation", "GPL-2.0 section 2, GPL-3.0 section 5", text)
        return found if is_open(outbound) or not _AGGREGATE.match(inbound) else found.noting(_aggregate(outbound))
    return None


def _aggregate(outbound: str) -> Reason:
    text = f"it is an aggregate only if {outbound} does not limit what may be done with that part by itself"
    return Reason("aggregate-limits", "GPL-3.0, section 5, last paragraph", text)


def _non_commercial_in_collection(outbound: str, inbound: str) -> Finding:
    """The table has two columns: commercial collections (BY, BY-SA, BY-ND) and those under an NC licence."""
    target = creative_commons(outbound)
    if target is not None and target.nc:
        text = f"a noncommercial collection may hold {inbound} material; it stays under {inbound} and is attributed"
        return finding("compatible", "cc-collection", CC_COLLECTION, text)
    if target is None and not is_open(outbound):
        text = f"{inbound} asks for a noncommercial collection; whether {outbound} makes it one is for a reader"
        return finding("review", "cc-collection-nc", CC_COLLECTION, text)
    text = f"a collection under {outbound} may be used commercially, which {inbound} forbids for its material"
    return finding("incompatible", "cc-collection-nc", CC_COLLECTION, text)


def is_open(license_id: str) -> bool:
    """One that allows commercial use to everyone, as far as the tables here know it."""
    if license_id in _TERMS_KEPT:
        return license_id.startswith(("OFL-", "SSPL-"))
    named = license_id in PERMISSIVE or license_id in PUBLIC_DOMAIN or _COPYLEFT.match(license_id) is not None
    elements = creative_commons(license_id)
    return named or (is_content(license_id) and (elements is None or not elements.nc))


def terms_kept(outbound: str, inbound: str, relation: str) -> Finding | None:
    """Licences whose own terms stay on every copy, so that an open licence cannot replace them."""
    clause = _TERMS_KEPT.get(inbound)
    if clause is None or not is_open(outbound) or outbound.partition("-")[0] == inbound.partition("-")[0]:
        return None
    if relation == "combine" and inbound.startswith("OFL-"):  # a document that uses a font is not the font
        return None
    text = f"every copy stays under the terms of {inbound}, which {outbound} does not carry"
    return finding("incompatible", "terms-kept", f"{inbound}, {clause}", text)


def copyleft(outbound: str, inbound: str) -> Finding | None:
    """Copyleft into a licence that keeps none of it, where no list speaks of the two."""
    if outbound not in PERMISSIVE or _COPYLEFT.match(inbound) is None:
        return None
    text = f"{inbound} is copyleft and names no way into {outbound}"
    return finding("incompatible", "copyleft", f"{inbound}, copyleft clause", text)


def copyleft_kind(license_id: str) -> Literal["strong", "weak", "other"] | None:
    """How far copyleft on code reaches: to what is linked with it, to its own files or library, or it is not agreed."""
    if _COPYLEFT.match(license_id) is None:
        return None
    return "weak" if WEAK.match(license_id) else "strong" if STRONG.match(license_id) else "other"


def content(outbound: str, inbound: str, relation: str) -> Finding | None:
    """Neither side has an exception or an or-later; at least one is a content or data licence."""
    if relation == "remix" and forbids_adaptations(outbound):
        text = f"{outbound} material can be part of no adaptation that is shared"
        return finding("incompatible", "cc-remix-nd", CC_CHART, text)
    if inbound in PUBLIC_DOMAIN:
        return finding("compatible", "public-domain", f"{inbound}, text", f"{inbound} sets no conditions")
    source, target = creative_commons(inbound), creative_commons(outbound)
    if relation == "remix" and source is not None and (target is not None or outbound in PUBLIC_DOMAIN):
        return _remix(outbound, inbound, target, source)
    if source is not None:
        return _from_creative_commons(outbound, inbound, source, relation)
    return _from_data(outbound, inbound) or _from_code(outbound, inbound)


def _remix(outbound: str, inbound: str, target: CreativeCommons | None, source: CreativeCommons) -> Finding:
    """The chart of which two may be combined in one adaptation; it has the same answer both ways."""
    both = f"{outbound} and {inbound} material"
    if source.nd or (target is not None and target.nd):
        return finding(
            "incompatible", "cc-remix-nd", CC_CHART, f"{both}: NoDerivatives allows no adaptation to be shared"
        )
    if target is not None and target.sa and source.sa:
        if target.nc != source.nc:
            return finding(
                "incompatible", "cc-remix-sa", CC_CHART, f"{both}: two ShareAlike terms that exclude each other"
            )
        if target.version != source.version and min(target.version, source.version) < 2:
            text = f"{both}: version 1.0 of ShareAlike knows no later versions"
            return finding("incompatible", "cc-remix-sa-version", f"{inbound}, section 4 b", text)
    elif target is not None and (
        (target.sa and not target.nc and source.nc) or (source.sa and not source.nc and target.nc)
    ):
        text = f"{both}: ShareAlike must allow the commercial use that NonCommercial forbids"
        return finding("incompatible", "cc-remix-sa-nc", CC_CHART, text)
    text = f"{both} may be combined in one adaptation; all are attributed"
    if source.sa or (target is not None and target.sa):
        text += ", and it is under the ShareAlike licence"
    return finding("compatible", "cc-remix", CC_CHART, text)


def _from_creative_commons(outbound: str, inbound: str, source: CreativeCommons, relation: str) -> Finding | None:  # noqa: PLR0911 - one return a rule
    if source.nd:
        text = f"{inbound} allows no adaptation to be shared, under any licence"
        return finding("incompatible", "cc-nd", CC_CHART, text)
    if source.sa:
        return _from_share_alike(outbound, inbound, source)
    target = creative_commons(outbound)
    if outbound in PUBLIC_DOMAIN:
        return _to_public_domain(outbound, inbound, relation)
    if source.nc:
        return _from_non_commercial(outbound, inbound, target)
    if target is not None:
        return finding("compatible", "cc-adapter", CC_CHART, f"an adaptation of {inbound} may be under {outbound}")
    if inbound == "CC-BY-4.0" and re.match(r"A?L?GPL-", outbound):
        text = "CC-BY-4.0 is compatible with every version of the GPL; it is no licence for software"
        return finding("compatible", "fsf-cc-by", f"{FSF_LIST}#ccby", text)
    return None


def _to_public_domain(outbound: str, inbound: str, relation: str) -> Finding:
    if relation == "adaptation" and outbound == "CC0-1.0":
        text = f"own contributions to an adaptation of {inbound} may be CC0; CC advises against it: a yellow cell"
        return finding("review", "cc-adapter-yellow", CC_CHART, text)
    text = f"{outbound} sets no conditions and cannot carry those of {inbound}"
    return finding("incompatible", "no-conditions-outbound", f"{inbound}, section on attribution", text)


def _from_non_commercial(outbound: str, inbound: str, target: CreativeCommons | None) -> Finding:
    if target is None:
        text = f"{outbound} allows the commercial use that {inbound} forbids"
        return finding("incompatible", "cc-nc", f"{inbound}, section on NonCommercial", text)
    if target.nc:
        return finding("compatible", "cc-adapter", CC_CHART, f"an adaptation of {inbound} may be under {outbound}")
    text = f"{outbound} would not show that commercial use of the {inbound} part is forbidden: a yellow cell"
    return finding("review", "cc-adapter-yellow", CC_CHART, text)


def _from_share_alike(outbound: str, inbound: str, source: CreativeCommons) -> Finding:  # noqa: PLR0911 - one return a rule
    target = creative_commons(outbound)
    if target is not None and (target.sa, target.nc) == (source.sa, source.nc):
        if target.version == source.version and (source.version > 1 or outbound == inbound):
            text = f"{outbound} is the same licence of the same version"
            return finding("compatible", "cc-same-version", f"{inbound}, section on ShareAlike", text)
        if source.version >= 2 and target.version > source.version:
            text = f"{outbound} is a later version with the same elements"
            return finding("compatible", "cc-later-version", f"{inbound}, section on ShareAlike", text)
        which = "later" if target.version > source.version else "earlier"
        text = f"{inbound} reaches no {which} version such as {outbound}"
        return finding("incompatible", "cc-version", f"{inbound}, section on ShareAlike", text)
    if inbound == "CC-BY-SA-4.0" and outbound == "GPL-3.0-only":
        text = "one way: an adaptation of CC-BY-SA-4.0 may be under version 3 of the GPL, not the reverse"
        later = Reason("cc-by-sa-gpl3", f"{FSF_LIST}#ccbysa", "under version 3 alone, not 'or any later version'")
        return finding("compatible", "cc-by-sa-gpl3", CC_COMPATIBLE, text).noting(later)
    if inbound == "CC-BY-SA-4.0" and outbound == "LAL-1.3":
        return finding(
            "compatible", "cc-by-sa-fal", CC_COMPATIBLE, "both ways with version 1.3 of the Free Art License"
        )
    if inbound == "CC-BY-SA-4.0" and outbound == "AGPL-3.0-only":
        text = "CC lists version 3 of the GPL alone; whether the AGPL is reached through it is for a reader"
        return finding("review", "cc-by-sa-agpl3", CC_COMPATIBLE, text)
    text = f"adaptations of {inbound} stay under it or a licence that CC lists as compatible; {outbound} is none"
    return finding("incompatible", "cc-share-alike", CC_COMPATIBLE if not source.nc else CC_CHART, text)


def _from_data(outbound: str, inbound: str) -> Finding | None:  # noqa: PLR0911 - one return a rule
    if inbound in _ATTRIBUTION_DATA:
        return _from_attribution_data(outbound, inbound)
    if inbound.startswith("CDLA-Permissive-"):
        text = "one's own terms may stand beside it; the agreement goes with the data"
        return finding("compatible", "cdla-permissive", f"{inbound}, section {'2' if '2.0' in inbound else '3'}", text)
    if inbound == "O-UDA-1.0" and outbound not in PUBLIC_DOMAIN:
        text = "the data may be passed on under terms of one's choice that keep the attribution and the disclaimer"
        return finding("compatible", "o-uda", "O-UDA-1.0, section 3.1", text)
    if inbound == "ODC-By-1.0":
        return _from_odc_by(outbound)
    if inbound == "LAL-1.2" and outbound == "LAL-1.3":
        return finding("compatible", "later-version", "LAL-1.2, section 6", "a recipient may choose a later version")
    if inbound == "LAL-1.2" and outbound == "CC-BY-SA-4.0":
        text = "CC lists version 1.3 alone; whether it is reached through that is for a reader"
        return finding("review", "fal-cc-by-sa", CC_COMPATIBLE, text)
    if inbound == "LAL-1.3" and outbound == "CC-BY-SA-4.0":
        return finding("compatible", "fal-cc-by-sa", CC_COMPATIBLE, "both ways with version 4.0 of BY-SA")
    share_alike = {
        "ODbL-1.0": "section 4.4 (a produced work may be under any terms, with the notice of section 4.3)",
        "CDLA-Sharing-1.0": "section 3.1 (results of a computation are free)",
        "C-UDA-1.0": "section 3 (computational use only, passed on to everyone)",
        "LAL-1.2": "section 3 (incorporation)",
        "LAL-1.3": "section 3 (copyleft)",
    }
    if inbound in share_alike:
        text = f"what is made of {inbound} data or works and passed on stays under {inbound}"
        return finding("incompatible", "data-share-alike", f"{inbound}, {share_alike[inbound]}", text)
    if inbound.startswith("GFDL-"):
        return _from_gfdl(outbound, inbound)
    return None


def _from_odc_by(outbound: str) -> Finding:
    """Its condition 4.2(a) reads like share-alike, its preamble and its steward's summary say attribution alone."""
    if outbound in PUBLIC_DOMAIN:
        text = f"{outbound} cannot carry the notices that ODC-By-1.0 asks for"
        return finding("incompatible", "no-conditions-outbound", "ODC-By-1.0, section 4.2(b-d)", text)
    text = f"a database derived from it is conveyed only under its own terms, which bars {outbound} (incompatible)"
    other = f"attribution is all that is asked for, and {outbound} may stand beside it (compatible)"
    steward = "ODC-By-1.0, preamble; Open Data Commons, summary (https://opendatacommons.org/licenses/by/summary/)"
    return finding("review", "odc-by", "ODC-By-1.0, sections 4.2(a) and 4.4", text).noting(
        Reason("authorities-differ", steward, other)
    )


def _from_attribution_data(outbound: str, inbound: str) -> Finding | None:
    named, where = _ATTRIBUTION_DATA[inbound]
    target = creative_commons(outbound)
    if target is not None:
        share_alike = "CC-BY-SA-" in named
        if not (target.nc or target.nd or (target.sa and not share_alike)) and outbound.startswith(named):
            return finding("compatible", "named-compatible", where, f"{inbound} names {outbound} as compatible")
        if target.version == 4:
            text = f"{inbound} reaches CC-BY-4.0, and adaptations of that may be under {outbound}"
            return finding("compatible", "named-compatible", where, text)
    elif outbound.startswith(named):
        return finding("compatible", "named-compatible", where, f"{inbound} names {outbound} as compatible")
    elif outbound == "ODbL-1.0" and "ODC-By-1.0" in named:
        text = f"{inbound} asks for attribution alone, which the notices of {outbound} carry"
        return finding("compatible", "attribution-kept", f"{where}; ODbL-1.0, section 4.2(c); {OSM}", text)
    if outbound in PUBLIC_DOMAIN:
        text = f"{outbound} cannot carry the attribution that {inbound} asks for"
        return finding("incompatible", "no-conditions-outbound", where, text)
    return None


def _from_gfdl(outbound: str, inbound: str) -> Finding:
    if outbound == "CC-BY-SA-3.0" and inbound == "GFDL-1.3-only":
        text = "only for what collaboration sites relicensed by August 2009"
        return finding("review", "gfdl-relicensing", "GFDL-1.3, section 11", text)
    text = f"a modified version stays under {inbound}; {outbound} is another licence"
    return finding("incompatible", "gfdl-copyleft", "GFDL, section 4; " + FSF_LIST + "#FDL", text)


def _from_code(outbound: str, inbound: str) -> Finding | None:
    """Code into content: what a code licence asks for must survive under the outbound one."""
    kept = terms_kept(outbound, inbound, "copy-into")
    if kept is not None:
        return kept
    if inbound in PERMISSIVE:
        if outbound not in PUBLIC_DOMAIN:
            text = f"{inbound} may be passed on under {outbound} as a whole; its notice stays"
            return finding("compatible", "permissive", f"{inbound}, text", text)
        verdict: Verdict = "review" if inbound in UNCONDITIONAL else "incompatible"
        text = f"{outbound} sets no conditions and cannot carry a notice that {inbound} asks for"
        return finding(verdict, "no-conditions-outbound", f"{inbound}, text", text)
    if inbound == "EUPL-1.2" and outbound == "CC-BY-SA-3.0":
        text = "for works other than software, the appendix names it"
        return finding("compatible", "eupl-appendix", "EUPL-1.2, article 5 and appendix", text)
    if _COPYLEFT.match(inbound):
        text = f"{inbound} is copyleft and names no way into {outbound}"
        return finding("incompatible", "copyleft", f"{inbound}, copyleft clause", text)
    return None
