"""TDMRep: the TDM Reservation Protocol, W3C Community Group Final Report of 10 May 2024.

https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/. 1 reserves text and data mining, 0 does not, all
else is a protocol error and counts as unset.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

from origin.errors import shown
from origin.licenses.signals.finding import MAX_RULES, SignalReason, SignalVerdict, UnreadableSignalError
from origin.licenses.signals.paths import matches, path_of
from origin.licenses.use import Use  # noqa: TC001 - a signature

_PROPERTY = "TDMRep, section on tdm-reservation"
_FILE = "TDMRep, section on the TDM file on the origin server"
_HEADER = re.compile(r"^[ \t]*tdm-reservation[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_MINES = {"train", "tdm", "internal-use"}


def reservation(kind: str, value: object, policy: object, use: Use) -> SignalReason:
    """What the header field or the HTML metadata says. value: the bare value, or the header or page it stands in."""
    return _reason(kind, _found_in(value) if isinstance(value, str) else value, policy, use, _PROPERTY)


def file(kind: str, rules: object, address: str | None, use: Use) -> SignalReason:
    """What /.well-known/tdmrep.json says of a path: the first rule whose location matches counts.

    Without a path the most restrictive rule counts. UnreadableSignalError where it is no such file.
    """
    listed = _listed(rules)
    if address is None:
        found = [_reason(kind, rule.get("tdm-reservation"), rule.get("tdm-policy"), use, _FILE) for rule in listed]
        unset = SignalReason("unset", kind, "tdmrep-no-match", _FILE, "the file has no rules")
        order = {"denied": 0, "allowed": 1, "unset": 2}
        return min(found, key=lambda one: order[one.verdict], default=unset)
    path = path_of(address)
    for rule in listed:
        location = rule.get("location")
        if isinstance(location, str) and matches(_pattern(location), path):
            where = f"{_FILE}, {shown(location)}"
            return _reason(kind, rule.get("tdm-reservation"), rule.get("tdm-policy"), use, where)
    return SignalReason("unset", kind, "tdmrep-no-match", _FILE, f"no location matches {path[:200]}")


def _listed(rules: object) -> list[dict[str, Any]]:
    if isinstance(rules, str | bytes):
        try:
            rules = json.loads(rules)
        except (ValueError, RecursionError):
            raise UnreadableSignalError("no JSON") from None
    if not isinstance(rules, list | tuple):
        raise UnreadableSignalError("no JSON array of rules")
    if len(rules) > MAX_RULES:
        raise UnreadableSignalError(f"more than {MAX_RULES} rules")
    return [rule for rule in rules if isinstance(rule, dict)]


def _pattern(location: str) -> str:
    return path_of(location) if not location.startswith("*") else location


def _reason(kind: str, value: object, policy: object, use: Use, authority: str) -> SignalReason:
    verdict = _verdict(value)
    if verdict is None:
        text = f"tdm-reservation is 1 or 0; {shown(value)} is a protocol error and counts as unset"
        return SignalReason("unset", kind, "unreadable", authority, text)
    if use.action not in _MINES:
        text = f"speaks of text and data mining, not of {use.action}"
        return SignalReason("unset", kind, "tdmrep-other-use", authority, text)
    if verdict == "allowed":
        return SignalReason(verdict, kind, "tdmrep-open", authority, "tdm-reservation: 0, mining is not reserved")
    text = "tdm-reservation: 1, the rights of text and data mining are reserved"
    if isinstance(policy, str) and policy:
        text += f"; how a licence is had: {policy[:200]}"
    return SignalReason(verdict, kind, "tdmrep-reserved", authority, text)


def _verdict(value: object) -> SignalVerdict | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    verdicts: dict[str, SignalVerdict] = {"1": "denied", "0": "allowed"}
    return verdicts.get(str(value).strip()) if isinstance(value, str) or -9 < value < 9 else None


def _found_in(text: str) -> str:
    """The value in a header or page; the strictest of several. The text itself where it names no such property."""
    if "tdm-reservation" not in text.lower():
        return text
    page = _Metadata()
    if "<" in text:
        page.feed(text)
    # Metadata supersede the header (section on processing priority).
    found = page.found or _HEADER.findall(text)
    return "1" if "1" in found else found[0] if found else text


class _Metadata(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        stated = dict(attrs)
        if tag == "meta" and (stated.get("name") or "").lower() == "tdm-reservation":
            self.found.append((stated.get("content") or "").strip())
