"""The values of a compatibility verdict and the authorities that verdicts name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["compatible", "incompatible", "review"]
Relation = Literal["copy-into", "combine", "adaptation", "collection", "remix"]

RANK: dict[Verdict, int] = {"compatible": 0, "review": 1, "incompatible": 2}

CC_CHART = "Creative Commons FAQ, compatibility and adapter's license charts (https://creativecommons.org/faq/)"
CC_COLLECTION = "Creative Commons FAQ, licences in a collection (https://creativecommons.org/faq/)"
CC_COMPATIBLE = "Creative Commons, Compatible Licenses (https://creativecommons.org/compatiblelicenses/)"
OSADL = "OSADL license compatibility matrix (https://www.osadl.org/Access-to-raw-data.oss-compliance-raw-data-access.0.html)"
FSF_LIST = "FSF, Various Licenses and Comments about Them (https://www.gnu.org/licenses/license-list.html)"
FSF_FAQ = "FSF, Frequently Asked Questions about the GNU Licenses (https://www.gnu.org/licenses/gpl-faq.html)"
OSM = "OpenStreetMap, ODbL compatibility (https://wiki.openstreetmap.org/wiki/Import/ODbL_Compatibility)"
NO_AUTHORITY = "none"


@dataclass(frozen=True, slots=True)
class Reason:
    """rule: a stable name. authority: the clause, chart or list it rests on. text: what that means for the pair."""

    rule: str
    authority: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What the rules say of one pair of licences."""

    verdict: Verdict
    reasons: tuple[Reason, ...]

    def noting(self, *reasons: Reason) -> Finding:
        return Finding(self.verdict, (*self.reasons, *reasons))


def finding(verdict: Verdict, rule: str, authority: str, text: str) -> Finding:
    return Finding(verdict, (Reason(rule, authority, text),))


def ids(text: str) -> frozenset[str]:
    """Licence ids written with spaces between them."""
    return frozenset(text.split())
