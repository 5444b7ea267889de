"""RSL 1.0, Really Simple Licensing (https://rslstandard.org/rsl): licences for automated use, in XML.

Read are the scope (section 3.3), permits (3.5), prohibits (3.6) and whether a payment is asked for (3.7: none stated is
free). `permits` is a closed list where there is one; `prohibits` wins over it (3.1.1); the most specific content counts
and of terms that conflict the most restrictive (4.9).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError, fromstring

from origin.licenses.restrictions import within
from origin.licenses.signals.finding import MAX_TEXT, SignalReason, SignalVerdict, UnreadableSignalError
from origin.licenses.signals.paths import matches, path_of, specificity

if TYPE_CHECKING:
    from origin.licenses.use import Use

_NAMESPACE = "{https://rslstandard.org/rsl}"
_SCOPE = "RSL 1.0, section 3.3"
_USAGE = "RSL 1.0, sections 3.4 to 3.6"
_PAYMENT = "RSL 1.0, section 3.7"
_FREE = {"free", "attribution"}
# Words of usage that cover an action; train-ai and tdm are of drafts before 1.0 and of AIPREF.
_COVERS = {
    "train": {"ai-train", "train-ai", "ai-all", "all"},
    "tdm": {"all"},
    "internal-use": {"all"},
}


def rsl(kind: str, text: str, address: str | None, use: Use) -> list[SignalReason]:
    """What a document says of the use of a path; of everything in it where no path is given.

    Raises UnreadableSignalError where it is no RSL. A document type is refused unread: entities may be made to grow
    without end, and RSL has none.
    """
    if use.action not in _COVERS:
        return [SignalReason("unset", kind, "rsl-other-use", _USAGE, f"has no word for {use.action}")]
    contents = [content for content in _contents(text) if address is None or _matches(content, path_of(address))]
    if address is not None and contents:
        best = max(_specificity(content) for content in contents)
        contents = [content for content in contents if _specificity(content) == best]
    if not contents:
        return [SignalReason("unset", kind, "rsl-no-match", _SCOPE, "no content of the document has this path")]
    return list(dict.fromkeys(_of_content(kind, content, use) for content in contents))


def _contents(text: str) -> list[Element]:
    if len(text) > MAX_TEXT:
        raise UnreadableSignalError(f"longer than {MAX_TEXT} characters")
    if "<!" in text and re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise UnreadableSignalError("has a document type, which RSL has not")
    try:
        root = fromstring(text.strip())  # noqa: S314 - of bounded size, without document type, so without entities
    except (ParseError, ValueError, RecursionError):
        raise UnreadableSignalError("no XML") from None
    contents = [node for node in root.iter() if _name(node) == "content"]
    if not contents:
        raise UnreadableSignalError("no RSL: it has no content element")
    return contents


def _name(node: Element) -> str:
    """The name of an element of RSL, nothing for one of another namespace."""
    return node.tag.removeprefix(_NAMESPACE) if isinstance(node.tag, str) else ""


def _matches(content: Element, path: str) -> bool:
    url = content.get("url", "").strip()
    return not url or matches(url if url.startswith("*") else path_of(url), path)


def _specificity(content: Element) -> int:
    return specificity(path_of(content.get("url", "").strip()))


def _of_content(kind: str, content: Element, use: Use) -> SignalReason:
    """The licences are alternatives; a prohibition in any of them holds."""
    where = f"url={content.get('url', '')[:100]!r}"
    found = [_of_license(node, use) for node in content if _name(node) == "license"]
    if not found:
        return SignalReason("unset", kind, "rsl-no-license", _SCOPE, f"{where} has no licence element")
    order = {"rsl-prohibits": 0, "rsl-permits": 1, "rsl-unsettled": 2, "rsl-payment": 3}
    verdict, rule, authority, text = min(found, key=lambda one: order.get(one[1], 4))
    return SignalReason(verdict, kind, rule, authority, f"{where}: {text}")


_Found = tuple[SignalVerdict, str, str, str]


def _of_license(node: Element, use: Use) -> _Found:
    covering = _COVERS[use.action]
    permitted, prohibited = _words(node, "permits", "usage"), _words(node, "prohibits", "usage")
    if prohibited and prohibited & covering:
        return "denied", "rsl-prohibits", _USAGE, f"prohibits {' '.join(sorted(prohibited & covering))}"
    if permitted is not None and not permitted & covering:
        return "denied", "rsl-not-permitted", _USAGE, f"permits {' '.join(sorted(permitted))[:200]} and nothing else"
    return _user(node, use) or _place(node, use) or _payment(node)


def _user(node: Element, use: Use) -> _Found | None:
    permitted, prohibited = _words(node, "permits", "user"), _words(node, "prohibits", "user") or set()
    if permitted is None and not prohibited & {"commercial", "non-commercial"}:
        return None
    allowed = permitted if permitted is not None else {"commercial", "non-commercial"}
    open_to = (allowed & {"commercial", "non-commercial"}) - prohibited
    if open_to == {"commercial", "non-commercial"}:
        return None
    if use.commercial is None or (not use.commercial and allowed - {"commercial"} and "non-commercial" not in open_to):
        return "unset", "rsl-unsettled", _USAGE, f"depends on who the user is: {' '.join(sorted(allowed))[:200]}"
    wanted = "commercial" if use.commercial else "non-commercial"
    if wanted in open_to:
        return None
    return "denied", "rsl-user", _USAGE, f"{wanted} users are not among those permitted"


def _place(node: Element, use: Use) -> _Found | None:
    permitted, prohibited = _words(node, "permits", "geo"), _words(node, "prohibits", "geo")
    if use.jurisdiction is None or (permitted is None and prohibited is None):
        return None
    barred = prohibited is not None and within(use.jurisdiction, " ".join(prohibited))
    if barred or (permitted is not None and not within(use.jurisdiction, " ".join(permitted))):
        return "denied", "rsl-place", _USAGE, f"not licensed in {use.jurisdiction}"
    return None


def _payment(node: Element) -> _Found:
    kinds = {child.get("type", "free").strip().lower() for child in node if _name(child) == "payment"}
    if kinds - _FREE:
        return "denied", "rsl-payment", _PAYMENT, f"permitted against payment only: {', '.join(sorted(kinds))[:200]}"
    return "allowed", "rsl-permits", _USAGE, "permitted" + (" with attribution" if "attribution" in kinds else "")


def _words(node: Element, element: str, kind: str) -> set[str] | None:
    """The words of permits or prohibits of a type, None where there is no such element."""
    found = [child for child in node if _name(child) == element and child.get("type", "usage").strip() == kind]
    return {word for one in found for word in re.split(r"[\s,]+", (one.text or "").lower()) if word} if found else None
