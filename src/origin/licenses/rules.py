"""Known conflicts between licences, each with the document that says so. A flag for human review, never legal advice.

A rule names two sets of SPDX ids; a licence of one and a licence of the other together are a conflict. Ids are
compared whole and without regard to case, as SPDX asks. What is no such id (an expression, free text, nothing at all)
is unknown: neither a conflict nor compatible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RULE_SET = "2026.1"
"""Which table gave a verdict. A changed rule changes it."""

_GPL_2_ONLY = ("GPL-2.0-only", "GPL-2.0")  # GPL-2.0 is the deprecated SPDX id of the same licence
_GPL_3 = ("GPL-3.0-only", "GPL-3.0-or-later", "GPL-3.0", "GPL-3.0+")
_LGPL_3 = ("LGPL-3.0-only", "LGPL-3.0-or-later", "LGPL-3.0", "LGPL-3.0+")
_AGPL_3 = ("AGPL-3.0-only", "AGPL-3.0-or-later", "AGPL-3.0")
_GPL = (*_GPL_2_ONLY, "GPL-2.0-or-later", "GPL-2.0+", *_GPL_3)
_BY_SA = ("CC-BY-SA-3.0", "CC-BY-SA-4.0")
_BY_NC = ("CC-BY-NC-3.0", "CC-BY-NC-4.0")
_BY_NC_SA = ("CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0")
_BY_ND = ("CC-BY-ND-3.0", "CC-BY-ND-4.0")
_BY_NC_ND = ("CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0")
_REMIXABLE = ("CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", *_BY_SA, *_BY_NC, *_BY_NC_SA)

_FSF_LIST = "FSF, Various Licenses and Comments about Them (https://www.gnu.org/licenses/license-list.html#{})"
_FSF_FAQ = "FSF, Frequently Asked Questions about the GNU Licenses (https://www.gnu.org/licenses/gpl-faq.html#{})"
_CC_CHART = (
    "Creative Commons FAQ, compatibility chart "
    "(https://creativecommons.org/faq/#can-i-combine-material-under-different-creative-commons-licenses-in-my-work)"
)
_ND_REASON = (
    "NoDerivatives does not allow to share adaptations, so material under it cannot be remixed with other material"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """`left` and `right` are SPDX ids that conflict with each other. severity: high or medium."""

    rule: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    severity: str
    authority: str
    reason: str


RULES = (
    Rule(
        "gpl2-only-apache2",
        _GPL_2_ONLY,
        ("Apache-2.0",),
        "high",
        _FSF_LIST.format("apache2")
        + "; ASF, GPL compatibility (https://www.apache.org/licenses/GPL-compatibility.html)",
        "Apache-2.0 has patent termination and indemnification terms that version 2 of the GPL does not allow to add",
    ),
    Rule(
        "gpl2-only-gpl3",
        _GPL_2_ONLY,
        _GPL_3,
        "high",
        _FSF_FAQ.format("v2v3Compatibility"),
        "each requires the combined work to be under itself, and version 2 without 'or later' excludes version 3",
    ),
    Rule(
        "gpl2-only-lgpl3",
        _GPL_2_ONLY,
        _LGPL_3,
        "high",
        _FSF_FAQ.format("AllCompatibility"),
        "version 3 of the LGPL adds permissions to version 3 of the GPL, which version 2 without 'or later' excludes",
    ),
    Rule(
        "gpl2-only-agpl3",
        _GPL_2_ONLY,
        _AGPL_3,
        "high",
        _FSF_LIST.format("AGPLv3.0"),
        "version 3 of the AGPL is not compatible with version 2 of the GPL",
    ),
    Rule(
        "gpl-bsd4",
        _GPL,
        ("BSD-4-Clause",),
        "high",
        _FSF_LIST.format("OriginalBSD"),
        "the advertising clause of the original BSD licence is a restriction that the GPL does not allow to add",
    ),
    Rule(
        "gpl-cddl1",
        _GPL,
        ("CDDL-1.0",),
        "high",
        _FSF_LIST.format("CDDL"),
        "both require the combined work to be under themselves",
    ),
    Rule(
        "cc-by-sa-by-nc",
        _BY_SA,
        _BY_NC,
        "medium",
        _CC_CHART,
        "an adaptation must be under ShareAlike terms that allow commercial use, which NonCommercial forbids",
    ),
    Rule(
        "cc-by-sa-by-nc-sa",
        _BY_SA,
        _BY_NC_SA,
        "medium",
        _CC_CHART,
        "both ShareAlike terms ask for an adaptation under themselves: one allows commercial use, the other forbids it",
    ),
    Rule(
        "cc-nd-remix",
        (*_BY_ND, *_BY_NC_ND),
        _REMIXABLE,
        "medium",
        _CC_CHART,
        _ND_REASON,
    ),
    Rule(
        "cc-nd-nd",
        _BY_ND,
        _BY_NC_ND,
        "medium",
        _CC_CHART,
        _ND_REASON,
    ),
)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two licences that conflict by a rule, as they were claimed, and the sources that claim them."""

    licenses: tuple[str, ...]
    severity: str
    rule: str
    authority: str
    reason: str
    sources: tuple[str, ...]


def conflicts(claimed: Sequence[tuple[str, str | None]]) -> list[Conflict]:
    """The conflicts among the licences claimed for sources (source id, licence or None), in the order of the rules."""
    sources: dict[str, set[str]] = {}
    for source_id, license_id in claimed:
        if license_id is not None:
            sources.setdefault(license_id, set()).add(source_id)
    found = []
    for rule in RULES:
        for left in _claimed(sources, rule.left):
            for right in _claimed(sources, rule.right):
                pair = tuple(sorted((left, right)))
                both = tuple(sorted(sources[left] | sources[right]))
                found.append(Conflict(pair, rule.severity, rule.rule, rule.authority, rule.reason, both))
    return found


def _claimed(sources: Iterable[str], ids: tuple[str, ...]) -> list[str]:
    wanted = {spdx_id.casefold() for spdx_id in ids}
    return sorted(license_id for license_id in sources if license_id.casefold() in wanted)
