"""What a licence claim says: the words that a data card, a package or a file header has in place of a licence.

A claim is read as a whole. Nothing is searched inside it, no version and no family is supplied, and what may mean
several licences is ambiguous, with its candidates. This flags for human review; it is no legal advice.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from html import unescape
from typing import TYPE_CHECKING, Literal

from origin.errors import LicenseExpressionError
from origin.licenses.aliases import EXACT
from origin.licenses.classifiers import from_classifier
from origin.licenses.custom import custom_licenses
from origin.licenses.expression import canonical, current_of_listed
from origin.licenses.families import families
from origin.licenses.hub import hub_tags
from origin.licenses.identifiers import licenses, replacements
from origin.licenses.names import from_exception_name, from_name
from origin.licenses.phrases import MAKERS, NO_STATEMENT, NO_STATEMENT_PATTERN, NOT_AN_ID, grants_nothing, unwrapped
from origin.licenses.urls import from_url

if TYPE_CHECKING:
    from origin.licenses.creative_commons import Found

Status = Literal["resolved", "ambiguous", "custom", "unknown", "no-license"]

MAX_CLAIM = 1_000
"""A longer text is no name of a licence; it may be a licence's text, which is for a person to compare."""
HEADER = 20_000
"""How far into a text SPDX-License-Identifier is looked for."""
MAX_CANDIDATES = 64

_TAG = re.compile(
    r"^[^\w\n]{0,20}(?:(?:rem|dnl)[ \t]+)?SPDX-License-Identifier:[ \t]*([^\n]*)$", re.IGNORECASE | re.MULTILINE
)
_COMMENT_ENDS = ("/", "|", ")", ">", "}", '"', "*", "#")
_COMMENT_END = re.compile(r"\s*(?:\*+[/|)]|-->|#\}|-\}|(?:--)?\}\}|\"\"\"|(?:--)?%>|:\)|\s[*#]+)\s*$")
_OR_LATER = r"(?!(?:\(?at your option\)? )?(?:any )?(?:later|newer|greater|higher|above)\b)"
# What joins names. Each pattern begins with what is seldom met, so that the search skips to it.
_OR = re.compile(rf"[|o](?:(?<=\|)\|?|(?<=\so)r\s+{_OR_LATER})", re.IGNORECASE)
_AND = re.compile(r"[&a](?:(?<=\s&)\s+|(?<=\sa)nd\s+(?!(?:any )?later\b))", re.IGNORECASE)
_LIST = r"[,;]\s*(?:(?:and/or|and|or)\s+)?"
_UNCLEAR = re.compile(
    rf"{_LIST}|/\s*|[+a](?:(?<=\s\+)\s+|(?<=\sa)nd/or\s+)|\n\s*(?:{_LIST}|/\s*|(?:\+|and/or)\s+)?", re.IGNORECASE
)
_JOINT = re.compile(r"[,;/&|+\n]|\s(?:and|or)[\s/]", re.IGNORECASE)  # one of the separators above
# Cargo's manifests had `MIT/Apache-2.0` for a choice; between ids of the list no other registry gives it a meaning.
_SLASH = re.compile(r"\s*/\s*")
_BRACKET = re.compile(r"[()\[\]]")
_CLOSES = {"(": ")", "[": "]"}
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
_IN_A_FILE = re.compile(r"see licen[cs]e in \S.*|file licen[cs]e", re.IGNORECASE)  # npm; Writing R Extensions, 1.1.2
_AND_A_FILE = re.compile(r"(.*\S)\s*\+\s*file\s+licen[cs]e", re.IGNORECASE)
# Claims in words that each take something away: side by side they are no choice.
_LIMITS = frozenset(("LicenseRef-Research-Only", "LicenseRef-Non-Commercial", "LicenseRef-Non-Commercial-Research"))
# Licences that R ships as templates: their file holds the year and the holder. With any other it restricts the licence.
_TEMPLATES = frozenset(("MIT", "BSD-2-Clause", "BSD-3-Clause"))
_MARKUP = re.compile(  # tags that only set the text, and an image in a link beside it
    r"<a\s[^<>]*>\s*<img\b[^<>]*>\s*</a>|<br\s*/?>|</?(?:p|b|i|em|strong|span|code|div|li|td)(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
# Whatever else is an expression is one id, which is looked up before.
_MAYBE_EXPRESSION = re.compile(r"[()+]|Ref-| (?:AND|OR|WITH|and|or|with) ")
_DUAL = re.compile(
    r"(?:(?:dual|double|multi|triple)[ -]?(?:licen[cs]ed?)?(?: under)?(?: the)?:?"
    r"|either(?: of)?(?: the)?|(?:at )?your choice of) ",
    re.IGNORECASE,
)
_YOUR_OPTION = re.compile(r"(.*[^\s,;(])[\s,;(]+at your (?:option|choice)\)?", re.IGNORECASE)
_OPTIONS = ("option", "choice", "option)", "choice)")
_SEE = re.compile(r"[,;.](?= (?:please )?(?:see|check|refer to|read|view) )", re.IGNORECASE)
_VERSION = re.compile(r"(?:-|v(?:er(?:sion)?)?\.? ?)?(\d[\d.]*\+?(?: only| or later)?)", re.IGNORECASE)
_ITS_VERSION = re.compile(r"(?:\s*v(?:er(?:sion)?)?\.?)?[\s,-]*\d[\d.]*\+?(?: only| or later)?$", re.IGNORECASE)
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
_NOTHING_STATED = Claim("unknown", rule="nothing stated")
_NONE_GRANTED = Claim("no-license", rule="says that no licence is granted")
_UNKNOWN_PAGE = Claim("unknown", rule="a page that is not known")
_NO_TEXT = Claim("unknown", rule="holds control characters: not a text")
_NOT_UNDERSTOOD = Claim("unknown", rule="not understood")


def parse_claim(text: str | None) -> Claim:
    """Read a claim of any length and kind: an id, expression, name, URL, Hub tag, classifier or file header."""
    if not isinstance(text, str):
        return _NOTHING_STATED
    return _read_short(text) if len(text) <= MAX_CLAIM else _read_long(text)


@lru_cache(maxsize=16_384)
def _read_short(text: str) -> Claim:
    lowered = text.lower()
    if lowered in licenses() and text not in NOT_AN_ID:
        return _exact()[lowered]
    return _read_header(text) or _read(text)


def _read_long(text: str) -> Claim:
    return _read_header(text[:HEADER]) or _read_trimmed(text)


def _read_trimmed(text: str) -> Claim:
    trimmed = text.strip() if text[:1].isspace() or text[-1:].isspace() else text
    if len(trimmed) <= MAX_CLAIM:
        return _read_short(trimmed)
    return Claim("unknown", rule="a text, not a name: for a person to compare")


def _clean(text: str) -> str:
    """One spelling of the same characters: compatible forms, no markup, no invisible ones, single spaces.

    What is no character of a text (NUL, half a surrogate pair) stays, and then nothing is read.
    """
    if "&" in text and ";" in text:
        text = unescape(text)
    if "<" in text:
        text = _MARKUP.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        if not text.isprintable():
            text = "".join([one for one in text if one.isprintable() or unicodedata.category(one) != "Cf"])
    if text.isprintable():
        return " ".join(text.split())
    return "\n".join([" ".join(line.split()) for line in text.split("\n")]).strip()


def _read_header(text: str) -> Claim | None:
    if "identifier:" not in text.lower():
        return None
    tags = dict.fromkeys(_without_comment_end(match[1]) for match in _TAG.finditer(text))
    claims = [_read(tag) for tag in tags]
    if len(claims) == 1:
        return claims[0]
    return _unclear(claims) or Claim("unknown", rule="SPDX-License-Identifier not understood") if claims else None


def _without_comment_end(tag: str) -> str:
    tag = tag.strip()
    return _COMMENT_END.sub("", tag).strip() if tag.endswith(_COMMENT_ENDS) else tag


def _read(text: str) -> Claim:
    text = _clean(text)
    if not text.replace("\n", "").isprintable():
        return _NO_TEXT
    text = unwrapped(text)
    phrase = _phrase(text)
    if phrase is not None:
        return phrase
    if not _closed(text):
        return _NOT_UNDERSTOOD
    option = _YOUR_OPTION.fullmatch(text) if text.endswith(_OPTIONS) else None
    if option is not None:
        return _several(option[1], dual=True) or _single(option[1]) or _NOT_UNDERSTOOD
    one = _single(text)
    if one is None and _LINK.fullmatch(text):
        return _UNKNOWN_PAGE
    return one or _twice(text) or _several(text) or _beside_pointer(text) or _NOT_UNDERSTOOD


def _phrase(text: str) -> Claim | None:
    """A claim that names no licence and says so."""
    if _IN_A_FILE.fullmatch(text):
        return _IN_FILE
    lowered = text.lower()
    if lowered in NO_STATEMENT or NO_STATEMENT_PATTERN.fullmatch(lowered):
        return _NOTHING_STATED
    return _NONE_GRANTED if grants_nothing(lowered) else None


def _closed(text: str) -> bool:
    """Whether each bracket that opens is closed by one of its kind, and none closes before."""
    opened: list[str] = []
    for bracket in _BRACKET.findall(text):
        if bracket in _CLOSES:
            opened.append(_CLOSES[bracket])
        elif not opened or opened.pop() != bracket:
            return False
    return not opened


def _single(text: str) -> Claim | None:
    """A claim of one licence or family, or an expression."""
    if text[-7:].lower() in {"license", "licence"} and (match := _AND_A_FILE.fullmatch(text)):
        return _with_file(_single(match[1]))
    return _expression(text) or _one(text) or _with_exception(text)


def _with_file(one: Claim | None) -> Claim | None:
    """`LICENSE + file LICENSE`: the file holds terms that restrict the licence (Writing R Extensions, 1.1.2)."""
    if one is None or one.expression in _TEMPLATES:
        return one
    return _joined([one, _IN_FILE], "AND")


@lru_cache(maxsize=4_096)
def _part(text: str) -> Claim | None:
    """What `_single` says of a part of a claim, which is often the same."""
    return _IN_FILE if _IN_A_FILE.fullmatch(text) else _single(text)


def _one(text: str) -> Claim | None:
    """A claim that names one licence or family."""
    lowered = text.lower()
    if text in NOT_AN_ID or lowered in MAKERS:
        return None
    exact = _exact().get(lowered)
    if exact is not None:
        return exact
    if lowered.startswith("license ::"):
        parts = [part.strip() for part in text.split("::")]
        return _found(from_classifier(" :: ".join(parts[1:])), "classifier of PyPI, PEP 639")
    if "/" in text and "." in text:
        found = _found(from_url(text), "page that holds the licence")
        if found is not None or lowered.startswith(("http:", "https:", "//")):
            return found
    return _found(from_name(text), "name of a licence")


@cache
def _exact() -> dict[str, Claim]:
    """What is read as it stands, in lower case: ids of the list, tags of the Hub, and our own references."""
    found = {lowered: _of_id(row.id) for lowered, row in licenses().items()}
    own = {lowered: _meaning(row.id, "table of licences outside SPDX") for lowered, row in custom_licenses().items()}
    tags = {
        tag: _meaning(families()[meant.strip("<>")] if meant.startswith("<") else meant, "tag of the Hugging Face Hub")
        for tag, meant in hub_tags().items()
        if meant
    }
    short = {name: _meaning(meant, "short name of a licence") for name, meant in EXACT.items()}
    return own | tags | short | found


def _of_id(license_id: str) -> Claim:
    current = replacements().get(license_id)
    if current is not None:
        return Claim("resolved", current, rule=f"SPDX License List, successor of {license_id}")
    return Claim("resolved", license_id, rule="SPDX License List")


def _found(found: Found, rule: str) -> Claim | None:
    return None if found is None else _meaning(found, rule)


def _meaning(found: str | tuple[str, ...], rule: str) -> Claim:
    if isinstance(found, str):
        return Claim(_status(found), replacements().get(found, found), rule=rule)
    return Claim("ambiguous", candidates=found, rule=f"{rule}: several licences have it")


def _expression(text: str) -> Claim | None:
    first = text.lstrip("( ").partition(" ")[0].rstrip("+)").lower()
    if (first not in licenses() and "ref-" not in first) or not _MAYBE_EXPRESSION.search(text):
        return None
    try:
        expression = current_of_listed(text)
    except LicenseExpressionError:
        return None
    return Claim(_status(expression), expression, rule="SPDX licence expression") if expression else None


def _status(expression: str) -> Status:
    return "custom" if "LicenseRef-" in expression else "resolved"


def _with_exception(text: str) -> Claim | None:
    """`LICENSE with NAME OF AN EXCEPTION`, where the list has both."""
    match = _WITH.fullmatch(text) if " with " in text.lower() else None
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
    match = _WITH_SECOND.fullmatch(text) if text.endswith((")", "]", ">")) or "://" in text else None
    if match is None:
        return None
    first, second = [part.strip() for part in match.groups() if part is not None]
    first = unwrapped(first)
    one = _part(first)
    if NO_STATEMENT_PATTERN.fullmatch(second.lower()):
        return one
    other = _part(second)
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


def _beside_pointer(text: str) -> Claim | None:
    """`NAME, see LICENSE`: where the text lies takes nothing from the name."""
    pointer = _SEE.search(text)
    named = text[: pointer.start()] if pointer else ""
    if pointer is None or ". " in named or not NO_STATEMENT_PATTERN.fullmatch(text[pointer.end() :].strip().lower()):
        return None
    return _single(named) or _several(named)


def _several(text: str, *, dual: bool = False) -> Claim | None:
    """Licences joined by words or signs. `or`, `|` leave a choice and `and`, `&` do not; what else stands between two
    names has no meaning that all agree on, so both readings are candidates.
    """
    if not _JOINT.search(text):
        return None
    lead = _DUAL.match(text)
    text, dual = (text[lead.end() :], True) if lead else (text, dual)
    for separator, operator in ((_OR, "OR"), (_AND, "AND")):
        claims = _parts(separator, text)
        if claims is not None:
            # "Dual licensed under A and B" gives a choice, whatever the word.
            return _unclear(claims) if dual and operator == "AND" else _joined(claims, operator)
    slashed = _SLASH.split(text) if "/" in text else [text]
    if all(part.lower() in licenses() and part not in NOT_AN_ID for part in slashed):
        return _joined([_exact()[part.lower()] for part in slashed], "OR")
    unclear = _parts(_UNCLEAR, text)
    return _unclear(unclear) if unclear is not None else None


def _parts(separator: re.Pattern[str], text: str) -> list[Claim] | None:
    parts = separator.split(text)
    if not 1 < len(parts) <= 20 or ("(" in text and any(part.count("(") != part.count(")") for part in parts)):
        return None
    claims = {}
    for part in sorted(parts, key=len):  # what is no name is found out soonest by the shortest
        claim = _part(part.strip()) or _version_alone(part, parts)
        if claim is None:
            return None
        claims[part] = claim
    return [claims[part] for part in parts]


def _version_alone(part: str, parts: list[str]) -> Claim | None:
    """`GPL v2 or v3`: a part that is no more than a version is one of the licence named before it."""
    version = _VERSION.fullmatch(part.strip())
    if version is None:
        return None
    before = (one.strip() for one in reversed(parts[: parts.index(part)]))
    named = next((one for one in before if not _VERSION.fullmatch(one)), "")
    own = _ITS_VERSION.search(named)
    return _part(f"{named[: own.start()]} {version[1]}") if own else None


def _joined(claims: list[Claim], operator: str) -> Claim:
    readings = _combined(claims, operator)
    rule = f"names joined by {operator.lower()}"
    if len(readings) == 1:
        return Claim(_status(readings[0]), readings[0], rule=rule)
    return Claim("ambiguous", candidates=readings, rule=f"{rule}, not all of one licence")


def _unclear(claims: list[Claim]) -> Claim | None:
    if any(not _meanings(claim) and claim.status != "ambiguous" for claim in claims):
        return None
    if all(claim.expression in _LIMITS for claim in claims):
        return _joined(claims, "AND")
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
    return tuple(dict.fromkeys(canonical(text) for text in texts if text))


def _grouped(name: str, operator: str) -> str:
    return f"({name})" if operator == "AND" and " OR " in name else name


def _meanings(claim: Claim) -> tuple[str, ...]:
    return claim.candidates if claim.expression is None else (claim.expression,)
