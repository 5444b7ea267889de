"""What a licence claim says: the words that a data card, a package or a file header has in place of a licence.

A claim is read as a whole. Nothing is searched inside it, no version and no family is supplied, and what may mean
several licences is ambiguous, with its candidates. This flags for human review; it is no legal advice.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import Literal

from origin.errors import LicenseExpressionError
from origin.licenses.classifiers import from_classifier
from origin.licenses.custom import custom_licenses
from origin.licenses.expression import parse_expression
from origin.licenses.families import families
from origin.licenses.hub import hub_tags
from origin.licenses.identifiers import licenses, replacements
from origin.licenses.names import from_exception_name, from_name
from origin.licenses.phrases import COPYRIGHT_NOTICE, NO_LICENSE, NO_STATEMENT, NO_STATEMENT_PATTERN, unwrapped
from origin.licenses.urls import from_url

Status = Literal["resolved", "ambiguous", "custom", "unknown", "no-license"]

MAX_CLAIM = 1_000
"""A longer text is no name of a licence; it may be a licence's text, which is for a person to compare."""
HEADER = 20_000
"""How far into a text SPDX-License-Identifier is looked for."""
MAX_CANDIDATES = 64

_TAG = re.compile(
    r"^[^\w\n]{0,20}(?:(?:rem|dnl)[ \t]+)?SPDX-License-Identifier:[ \t]*([^\n]*)$", re.IGNORECASE | re.MULTILINE
)
_COMMENT_END = re.compile(r"\s*(?:\*+[/|)]|-->|#\}|-\}|(?:--)?\}\}|\"\"\"|(?:--)?%>|:\)|\s[*#]+)\s*$")
_OR_LATER = r"(?!(?:\(?at your option\)? )?(?:any )?(?:later|newer|greater|higher|above)\b)"
_OR = re.compile(rf"\s+or\s+{_OR_LATER}|\s*\|\|?\s*", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+(?!(?:any )?later\b)|\s+&\s+", re.IGNORECASE)
_UNCLEAR = re.compile(r"\s*[,;]\s*(?:(?:and/or|and|or)\s+)?|\s*/\s*|\s+and/or\s+|\s+\+\s+|\s*\n\s*", re.IGNORECASE)
_JOINT = re.compile(r"[,;/&|+\n]|\s(?:and|or)[\s/]", re.IGNORECASE)  # one of the separators above
# Cargo's manifests had `MIT/Apache-2.0` for a choice; between ids of the list no other registry gives it a meaning.
_SLASH = re.compile(r"\s*/\s*")
_LINK = re.compile(r"https?://\S+")
_IN_A_FILE = re.compile(r"see licen[cs]e in \S.*|file licen[cs]e", re.IGNORECASE)  # npm; Writing R Extensions, 1.1.2
_MARKUP = re.compile(  # tags that only set the text, and an image in a link beside it
    r"<a\s[^<>]*>\s*<img\b[^<>]*>\s*</a>|<br\s*/?>|</?(?:p|b|i|em|strong|span|code|div|li|td)(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
# Whatever else is an expression is one id, which is looked up before.
_MAYBE_EXPRESSION = re.compile(r"[()+]|Ref-| (?:AND|OR|WITH|and|or|with) ")
_DUAL = re.compile(
    r"(?:(?:dual|double|multi|triple)[ -]?(?:licen[cs]ed?)?(?: under)?(?: the)?:?|either|(?:at )?your choice of) ",
    re.IGNORECASE,
)
_WITH = re.compile(r"(.+?),? with (.+)", re.IGNORECASE)
_WITH_SECOND = re.compile(
    r"<a\s[^<>]*href=[\"']([^\"'<>\s]+)[\"'][^<>]*>([^<>]+)</a>"
    r"|\[!\[([^\[\]]+)\]\([^()\s]*\)\]\((\S+)\)"  # a badge
    r"|(.*\S)\s*[(\[<]([^()\[\]<>]+)[)\]>]"
    r"|\[([^\[\]]+)\]\((\S+)\)"
    r"|(.*\S)[\s:,-]+(https?://\S+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """How a claim reads.

    status: `resolved` (a listed licence or an expression of such), `custom` (a LicenseRef is in the expression),
        `ambiguous` (several licences may be meant), `no-license` (it says that none is granted), `unknown`.
    expression: the SPDX expression of a resolved or custom claim, else None.
    candidates: expressions that an ambiguous claim may mean. Empty where they cannot be counted.
    rule: what the reading rests on.
    """

    status: Status
    expression: str | None = None
    candidates: tuple[str, ...] = ()
    rule: str = ""


_IN_FILE = Claim("custom", "LicenseRef-In-File", rule="terms of its own, in a file")


def parse_claim(text: str | None) -> Claim:
    """Read a claim of any length and kind: an id, expression, name, URL, Hub tag, classifier or file header."""
    if not isinstance(text, str):
        return Claim("unknown", rule="nothing stated")
    return _read_short(text) if len(text) <= MAX_CLAIM else _read_long(text)


@lru_cache(maxsize=16_384)
def _read_short(text: str) -> Claim:
    listed = licenses().get(text.lower())
    if listed is not None:
        return _of_id(listed.id)
    return _read_header(text) or _read(_clean(text))


def _read_long(text: str) -> Claim:
    return _read_header(text[:HEADER]) or _read_trimmed(text)


def _read_trimmed(text: str) -> Claim:
    trimmed = text.strip() if text[:1].isspace() or text[-1:].isspace() else text
    if len(trimmed) <= MAX_CLAIM:
        return _read_short(trimmed)
    return Claim("unknown", rule="a text, not a name: for a person to compare")


def _clean(text: str) -> str:
    """One spelling of the same characters: compatible forms, no markup, control or invisible ones, single spaces."""
    if "&" in text and ";" in text:
        text = unescape(text)
    if "<" in text:
        text = _MARKUP.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if not text.isprintable():
        text = "".join(
            one if one.isprintable() or one == "\n" else " " if unicodedata.category(one) != "Cf" else ""
            for one in text
        )
    return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()


def _read_header(text: str) -> Claim | None:
    if "identifier:" not in text.lower():
        return None
    tags = dict.fromkeys(_COMMENT_END.sub("", match[1]).strip() for match in _TAG.finditer(text))
    claims = [_read(_clean(tag)) for tag in tags]
    if len(claims) == 1:
        return claims[0]
    return _unclear(claims) or Claim("unknown", rule="SPDX-License-Identifier not understood") if claims else None


def _read(text: str) -> Claim:
    text = unwrapped(text)
    if _IN_A_FILE.fullmatch(text):
        return _IN_FILE
    lowered = text.lower()
    if lowered in NO_STATEMENT or NO_STATEMENT_PATTERN.fullmatch(lowered):
        return Claim("unknown", rule="nothing stated")
    if lowered in NO_LICENSE or COPYRIGHT_NOTICE.fullmatch(lowered):
        return Claim("no-license", rule="says that no licence is granted")
    one = _single(text)
    if one is None and _LINK.fullmatch(lowered):
        return Claim("unknown", rule="a page that is not known")
    return one or _twice(text) or _several(text) or Claim("unknown", rule="not understood")


@lru_cache(maxsize=4_096)
def _single(text: str) -> Claim | None:
    """A part of a claim: one licence or family, or an expression."""
    if _IN_A_FILE.fullmatch(text):
        return _IN_FILE
    return _expression(text) or _one(text) or _with_exception(text)


def _one(text: str) -> Claim | None:
    """A claim that names one licence or family."""
    lowered = text.lower()
    listed = licenses().get(lowered)
    if listed is not None:
        return _of_id(listed.id)
    tag = hub_tags().get(lowered)
    if tag:
        several = families().get(tag.strip("<>")) if tag.startswith("<") else None
        return _found(several or tag, "tag of the Hugging Face Hub")
    custom = custom_licenses().get(lowered)
    if custom is not None:
        return _found(custom.id, "table of licences outside SPDX")
    if lowered.startswith("license ::"):
        parts = [part.strip() for part in text.split("::")]
        return _found(from_classifier(" :: ".join(parts[1:])), "classifier of PyPI, PEP 639")
    if "/" in text and "." in text:
        found = _found(from_url(text), "page that holds the licence")
        if found is not None or lowered.startswith(("http:", "https:", "//")):
            return found
    return _found(from_name(text), "name of a licence")


def _of_id(license_id: str) -> Claim:
    current = replacements().get(license_id)
    if current is not None:
        return Claim("resolved", current, rule=f"SPDX License List, successor of {license_id}")
    return Claim("resolved", license_id, rule="SPDX License List")


def _found(found: str | tuple[str, ...] | None, rule: str) -> Claim | None:
    if found is None:
        return None
    if isinstance(found, str):
        return Claim(_status(found), replacements().get(found, found), rule=rule)
    return Claim("ambiguous", candidates=found, rule=f"{rule}: several licences have it")


def _expression(text: str) -> Claim | None:
    if not _MAYBE_EXPRESSION.search(text):
        return None
    first = text.lstrip("( ").partition(" ")[0].rstrip("+)").lower()
    if first not in licenses() and "ref-" not in first:
        return None
    try:
        expression = parse_expression(text)
    except LicenseExpressionError:
        return None
    if expression.unknown_ids:
        return None
    return Claim(_status(expression.current), expression.current, rule="SPDX licence expression")


def _status(expression: str) -> Status:
    return "custom" if "LicenseRef-" in expression else "resolved"


def _with_exception(text: str) -> Claim | None:
    """`LICENSE with NAME OF AN EXCEPTION`, where the list has both."""
    match = _WITH.fullmatch(text)
    added = from_exception_name(match[2]) if match else ()
    one = _one(match[1]) if match and added else None
    if one is None:
        return None
    readings = tuple(f"{name} WITH {exception}" for name in _meanings(one) for exception in added if " " not in name)
    if not 0 < len(readings) <= MAX_CANDIDATES:
        return None
    if len(readings) == 1:
        return Claim(_status(readings[0]), readings[0], rule="names of a licence and an exception")
    return Claim("ambiguous", candidates=readings, rule="names of a licence and an exception: several have them")


def _twice(text: str) -> Claim | None:
    """A name with a second one beside it: `NAME (SHORT)`, `NAME <URL>`, `[NAME](URL)`, `NAME: URL`, an HTML link."""
    match = _WITH_SECOND.fullmatch(text)
    if match is None:
        return None
    first, second = [part.strip() for part in match.groups() if part is not None]
    first = unwrapped(first)
    one = _single(first)
    if NO_STATEMENT_PATTERN.fullmatch(second.lower()):
        return one
    other = _single(second)
    if first.lower() in {"license", "licence"}:
        return other
    if one is None or other is None:
        return None
    return _common(one, other)


def _common(one: Claim, other: Claim) -> Claim:
    """What two names of one licence agree on; a vague name beside an exact one takes nothing away."""
    if one.expression == other.expression is not None:
        return one
    meant, others = _meanings(one), _meanings(other)
    both = tuple(name for name in meant if name in others)
    if not both:
        return Claim("ambiguous", candidates=(*meant, *others), rule="two names that contradict each other")
    if len(both) == 1:
        return Claim(_status(both[0]), both[0], rule="two names that have one licence in common")
    return Claim("ambiguous", candidates=both, rule="two names that have several licences in common")


def _several(text: str) -> Claim | None:
    """Licences joined by words or signs. `or`, `|` leave a choice and `and`, `&` do not; what else stands between two
    names has no meaning that all agree on, so both readings are candidates.
    """
    if not _JOINT.search(text):
        return None
    dual = _DUAL.match(text)
    text = text[dual.end() :] if dual else text
    for separator, operator in ((_OR, "OR"), (_AND, "AND")):
        claims = _parts(separator, text)
        if claims is not None:
            # "Dual licensed under A and B" gives a choice, whatever the word.
            return _unclear(claims) if dual and operator == "AND" else _joined(claims, operator)
    if all(part.lower() in licenses() for part in _SLASH.split(text)):
        return _joined([_of_id(licenses()[part.lower()].id) for part in _SLASH.split(text)], "OR")
    unclear = _parts(_UNCLEAR, text)
    return _unclear(unclear) if unclear is not None else None


def _parts(separator: re.Pattern[str], text: str) -> list[Claim] | None:
    parts = separator.split(text)
    if not 1 < len(parts) <= 20 or any(part.count("(") != part.count(")") for part in parts):
        return None
    claims = {}
    for part in sorted(parts, key=len):  # what is no name is found out soonest by the shortest
        claim = _single(part.strip())
        if claim is None:
            return None
        claims[part] = claim
    return [claims[part] for part in parts]


def _joined(claims: list[Claim], operator: str) -> Claim:
    readings = _combined(claims, operator)
    rule = f"names joined by {operator.lower()}"
    if len(readings) == 1:
        return Claim(_status(readings[0]), readings[0], rule=rule)
    return Claim("ambiguous", candidates=readings, rule=f"{rule}, not all of one licence")


def _unclear(claims: list[Claim]) -> Claim | None:
    if any(not _meanings(claim) and claim.status != "ambiguous" for claim in claims):
        return None
    readings = dict.fromkeys((*_combined(claims, "OR"), *_combined(claims, "AND")))
    if len(readings) == 1:
        only = next(iter(readings))
        return Claim(_status(only), only, rule="one licence, named more than once")
    return Claim("ambiguous", candidates=tuple(readings), rule="names side by side: a choice or all of them")


def _combined(claims: list[Claim], operator: str) -> tuple[str, ...]:
    """Every reading of a list whose members may each mean several licences, as one expression; none if too many."""
    readings: list[tuple[str, ...]] = [()]
    for claim in claims:
        readings = [(*before, name) for before in readings for name in _meanings(claim)]
        if len(readings) > MAX_CANDIDATES:
            return ()
    texts = (f" {operator} ".join(_grouped(name, operator) for name in dict.fromkeys(reading)) for reading in readings)
    return tuple(dict.fromkeys(str(parse_expression(text)) for text in texts if text))


def _grouped(name: str, operator: str) -> str:
    return f"({name})" if operator == "AND" and " OR " in name else name


def _meanings(claim: Claim) -> tuple[str, ...]:
    return claim.candidates if claim.expression is None else (claim.expression,)
