"""Creative Commons licences by name and by URL. The element order, version and port are kept; none is ever supplied.

Names: https://creativecommons.org/share-your-work/cclicenses/. URL paths: https://creativecommons.org/licenses/list.en.
Versions 1.0 to 3.0 were ported to jurisdictions. A port that SPDX does not list is another licence than the unported
one, so it stands under a LicenseRef of its own.
"""

from __future__ import annotations

import re

from origin.licenses.identifiers import licenses

VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")
_PORTED = ("1.0", "2.0", "2.1", "2.5", "3.0")
_PORTS = frozenset(
    re.findall(
        r"[a-z]+",
        "am ar at au az be bg br ca ch cl cn co cr cz de dk ec ee eg es fi fr ge gr gt hk hr hu ie igo il in it jp kr"
        " lu mk mt mx my ng nl no nz pe ph pl pr pt ro rs scotland se sg si th tw ug uk us ve vn za",
    )
)
_PORT_NAMES = {
    "germany": "de", "deutschland": "de", "united states": "us", "usa": "us", "england and wales": "uk",
    "england wales": "uk", "united kingdom": "uk", "australia": "au", "austria": "at", "netherlands": "nl",
    "france": "fr", "japan": "jp", "spain": "es", "italy": "it", "canada": "ca", "brazil": "br", "switzerland": "ch",
    "poland": "pl", "new zealand": "nz", "intergovernmental organization": "igo", "igo": "igo",
}  # fmt: skip
# The words that CC itself puts after the number, and the versions they belong to.
_SCOPE = {
    "international": {"4.0"}, "intl": {"4.0"}, "int": {"4.0"}, "internacional": {"4.0"}, "internazionale": {"4.0"},
    "unported": {"3.0"}, "generic": {"1.0", "2.0", "2.5"},
}  # fmt: skip
# As CC's deeds name them in English, Spanish, French, German, Portuguese and Italian.
_FUSED = re.compile(r"by(nc)?(nd|sa)?(?= |$)")
_ELEMENT = re.compile(
    r"(?:(?P<BY>attribution|by|atribución|reconocimiento|paternité|namensnennung|atribuição|attribuzione)"
    r"|(?P<NC>non ?commercial|nc|no ?comercial|pas d utilisation commerciale|nicht ?kommerziell"
    r"|keine kommerzielle nutzung|não ?comercial|non commerciale)"
    r"|(?P<SA>share ?alike|sa|compartir ?igual|partage dans les mêmes conditions"
    r"|weitergabe unter gleichen bedingungen|compartilha ?igual|condividi allo stesso modo)"
    r"|(?P<ND>no ?deriv(?:ative|ation)?s?(?: works?)?|nd|sin ?derivadas|sin ?obra ?derivada|pas de modification"
    r"|keine bearbeitung(?:en)?|sem ?derivações|non opere derivate))(?= |$)"
)
_PAGE = r"(?:/(?:legalcode|deed|rdf)(?:\.[a-z]{2,3}(?:[-_][a-z]{2,5})?)?)?"  # with the language it is shown in
_PATH = re.compile(r"(?:/licenses/)?([a-z+-]+)/(\d\.\d)(?:/(?!legalcode|deed|rdf)([a-z]+))?" + _PAGE)
_DEDICATION = re.compile(r"/publicdomain/(zero|mark|certification)/1\.0(?:/[a-z]{2})?" + _PAGE)
_NO_VERSION = re.compile(r"/licenses/([a-z-]+)")
_DEDICATIONS = {"zero": "CC0-1.0", "mark": "CC-PDM-1.0", "certification": "CC-PDDC"}
_LEGACY = {"sa", "nc", "nd", "nc-sa", "nd-nc", "sampling", "sampling+", "nc-sampling+", "devnations"}
_ORDER = ("BY", "NC", "SA", "ND")
_PORTED_ID = re.compile(
    r"(?:LicenseRef-)?(?P<elements>CC-BY(?:-NC)?(?:-SA)?(?:-ND)?(?:-SA)?)-(?P<version>[123]\.\d)-(?P<port>[A-Z]+)",
    re.IGNORECASE,
)

Found = str | tuple[str, ...] | None
"""One id, the ids that a name without version may mean, or nothing."""


def from_words(found: tuple[str, ...]) -> Found:
    """The licence of the words of a name such as `cc by nc sa 4.0` or `attribution 4.0 international`."""
    named, name = _after_prefix(" ".join(found))
    elements, rest = _elements(name)
    if elements is None:
        return _of_version(name) if named else None
    if rest.startswith("cc "):  # `Attribution (CC BY) 4.0`
        again, rest = _elements(rest.removeprefix("cc "))
        if again != elements:
            return None
    # Two element codes side by side are CC's own, with or without its name; `attribution 4.0` alone may be anything.
    named = named or "-" in elements
    version, _, rest = rest.partition(" ")
    if not version:
        return _versions(elements) if named else None
    rest = re.sub(r" ?(?:public)?(?: ?deed| ?legal ?code)?$", "", rest).strip()
    scope, _, more = rest.partition(" ")
    scoped = version in _SCOPE.get(scope, ()) and not more
    if not named and not scoped:
        return None
    return published(elements, version, None if scoped or not rest else _PORT_NAMES.get(rest, rest))


def _after_prefix(text: str) -> tuple[bool, str]:
    for prefix in ("creative commons cc ", "creative commons ", "creativecommons ", "cc "):
        if text.startswith(prefix):
            return True, text.removeprefix(prefix)
    return (True, text[2:]) if text.startswith("ccby") else (False, text)


def _elements(text: str) -> tuple[str | None, str]:
    """The elements that the text begins with, in CC's order, and what follows them."""
    fused = _FUSED.match(text)
    if fused and (fused[1] or fused[2]):
        text = " ".join(filter(None, ("by", fused[1], fused[2]))) + text[fused.end() :]
    seen: list[str] = []
    match = _ELEMENT.match(text)
    while match:
        seen.append(str(match.lastgroup))
        text = text[match.end() :].lstrip()
        match = _ELEMENT.match(text)
    if "BY" not in seen or len(set(seen)) < len(seen) or {"SA", "ND"} <= set(seen):
        return None, text
    return "-".join(element for element in _ORDER if element in seen), text


def _of_version(rest: str) -> tuple[str, ...] | None:
    """What `Creative Commons 4.0` may mean."""
    version, _, scope = rest.partition(" ")
    if version not in VERSIONS or (scope and version not in _SCOPE.get(scope, ())):
        return None
    return tuple(f"CC-{elements}-{version}" for elements in ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND"))


def _versions(elements: str) -> tuple[str, ...]:
    return tuple(f"CC-{elements}-{version}" for version in VERSIONS)


def published(elements: str, version: str, port: str | None) -> str | None:
    """The SPDX id, a LicenseRef for a port that SPDX does not list, None for what CC never published."""
    name = f"CC-{elements}-{version}" + (f"-{port.upper()}" if port else "")
    listed = licenses().get(name.lower())
    if listed is not None:
        return listed.id
    return f"LicenseRef-{name}" if port in _PORTS and version in _PORTED else None


def unported(license_id: str) -> str | None:
    """The licence that a port to a jurisdiction was made from, None for what is no port.

    Version 2.1 was published as ports alone; they are of the kind of 2.0.
    """
    match = _PORTED_ID.fullmatch(license_id)
    if match is None or match["version"] not in _PORTED or match["port"].lower() not in _PORTS:
        return None
    return f"{match['elements'].upper()}-{'2.0' if match['version'] == '2.1' else match['version']}"


def from_path(path: str) -> Found:
    """The licence of the path of a creativecommons.org URL, in lower case, without a slash at its end."""
    dedication = _DEDICATION.fullmatch(path)
    if dedication:
        return _DEDICATIONS[dedication[1]]
    if path in {"/licenses/publicdomain", "/licenses/publicdomain/1.0"}:
        return "CC-PDDC"
    match = _PATH.fullmatch(path)
    if match is None:
        bare = _NO_VERSION.fullmatch(path)
        elements = _elements(bare[1].replace("-", " "))[0] if bare else None
        return _versions(elements) if elements else None
    slug, version, port = match.groups()
    if slug in _LEGACY:
        return _legacy(slug, version, port)
    elements, rest = _elements(slug.replace("-", " "))
    if elements is None or rest:
        return None
    return published(elements, version, port)


def _legacy(slug: str, version: str, port: str | None) -> str | None:
    """The retired licences without attribution, and the sampling ones: SPDX lists CC-SA-1.0 only."""
    if port is not None and port not in _PORTS:
        return None
    name = f"CC-{slug.upper().replace('+', '-Plus')}-{version}" + (f"-{port.upper()}" if port else "")
    listed = licenses().get(name.lower())
    return listed.id if listed else f"LicenseRef-{name}"
