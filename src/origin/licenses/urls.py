"""Licences by the page that holds or names them. The host and the whole path decide; a page not known is unknown."""

from __future__ import annotations

import re
from functools import cache

from origin.licenses.creative_commons import Found, from_path, published
from origin.licenses.custom import CUSTOM
from origin.licenses.families import GNU, families
from origin.licenses.hub import hub_tags
from origin.licenses.identifiers import licenses
from origin.licenses.names import from_name

_URL = re.compile(r"(?:(?:https?:)?//)?(?:www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?::\d+)?(/\S*)?", re.IGNORECASE)
_CC_PATH = re.compile(r"by(?:-[a-z]{2}){0,2}/\d\.\d(?:/[a-z]+)?/?")  # the end of such a URL, as CC's own tools write it
_SUFFIX = re.compile(r"\.(?:html?|txt|md|php|json|pdf|rdf|xml)$")
_GNU_PATH = re.compile(
    r"/(?:licenses|copyleft)/(?:old-licenses/)?(gpl|lgpl|agpl|fdl)(?:-(\d(?:\.\d)?))?(?:-standalone)?"
    r"(?:\.[a-z]{2}(?:-[a-z]{2})?)?(?:\.(?:html|txt|md|tex|rst|odt|dbk|texi))?"
)
_SLUG = re.compile(r"/licen[sc]es?/([a-z0-9+._-]+)")
_APACHE = re.compile(r"/licenses/license-(1\.0|1\.1|2\.0)")
_MOZILLA = re.compile(r"(?:/[a-z]{2}-[a-z]{2})?/(?:foundation/licensing/)?mpl/(1\.0|1\.1|2\.0)(?:/index)?")
_ECLIPSE = re.compile(r"(?:/org/documents|/legal)/epl[/-](?:v)?([12])[.0-]?0?(?:/epl-[12]\.0)?")
_CDLA = re.compile(r"/(permissive|sharing)-([12])-0")
_ODC = re.compile(r"/licenses/(odbl|by|pddl|dbcl)(?:/(?:1[-.]0|summary))*")
_OGL = re.compile(r"/doc/open-government-licence(?:/version/([123]))?")
# One directory for each release.
_LLAMA = re.compile(
    r"/meta-llama/llama-models/(?:(?:blob|raw)/)?(?:refs/heads/)?main/models/llama(3_1|3_2|3_3|4)/license"
)
_HUB_QUERY = re.compile(r"/(?:datasets|models)\?license=license(?::|%3a)([a-z0-9.+-]+)")
_ODC_IDS = {"odbl": "ODbL-1.0", "by": "ODC-By-1.0", "pddl": "PDDL-1.0", "dbcl": "LicenseRef-ODC-DbCL-1.0"}

# The licences of EU Vocabularies, as DCAT-AP has them: Creative Commons by rule, the others by name.
_EU_TABLE = "/resource/authority/licence/"
_EU_CC = re.compile(r"cc_by(nc)?(sa|nd)?(?:_(\d)_(\d)(?:_([a-z]+))?)?")
_EU_CODES: dict[str, Found] = {
    "cc0": "CC0-1.0",
    "cc_pdm_1_0": "CC-PDM-1.0",
    "odc_by": "ODC-By-1.0",
    "odc_bl": "ODbL-1.0",
    "odc_pddl": "PDDL-1.0",
    "ogl_3_0": "OGL-UK-3.0",
    "nlod_2_0": "NLOD-2.0",
    "gnu_fdl_1_3": ("GFDL-1.3-only", "GFDL-1.3-or-later"),
}

# Pages that none of the patterns has.
_PAGES: dict[str, Found] = {
    "unlicense.org": "Unlicense",
    "wtfpl.net": "WTFPL",
    "sam.zoy.org/wtfpl": "WTFPL",
    "opensource.org/licenses/mit-license": "MIT",
    # The page had the text of three clauses first and that of two later; a claim does not say when it was written.
    "opensource.org/licenses/bsd-license": ("BSD-2-Clause", "BSD-3-Clause"),
    "opensource.org/license/mit-0": "MIT-0",
    "opensource.org/licenses/apache2.0": "Apache-2.0",
    "mit-license.org": "MIT",
    "boost.org/license_1_0": "BSL-1.0",
    "scripts.sil.org/ofl": "OFL-1.1",
    "openfontlicense.org/open-font-license-official-text": "OFL-1.1",
    "joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12": "EUPL-1.2",
    "github.com/etalab/licence-ouverte/blob/master/lo": "etalab-2.0",
    "etalab.gouv.fr/wp-content/uploads/2017/04/etalab-licence-ouverte-v2.0": "etalab-2.0",
    "etalab.gouv.fr/wp-content/uploads/2018/11/open-licence": "etalab-2.0",  # the same in English
    "etalab.gouv.fr/wp-content/uploads/2014/05/licence_ouverte": "LicenseRef-Etalab-1.0",
    # The page was that of version 1.0 before 2017; a claim does not say when it was written.
    "etalab.gouv.fr/licence-ouverte-open-licence": ("LicenseRef-Etalab-1.0", "etalab-2.0"),
    "open.canada.ca/en/open-government-licence-canada": "OGL-Canada-2.0",
    "github.com/microsoft/computational-use-of-data-agreement": "C-UDA-1.0",
    "github.com/microsoft/open-use-of-data-agreement": "O-UDA-1.0",
    "govdata.de/dl-de/by-2-0": "DL-DE-BY-2.0",
    "govdata.de/dl-de/zero-2-0": "DL-DE-ZERO-2.0",
    "data.norge.no/nlod/no/2.0": "NLOD-2.0",
    "data.norge.no/nlod/en/2.0": "NLOD-2.0",
    "openmdw.ai/license/1-0": "OpenMDW-1.0",
    "huggingface.co/meta-llama/llama-2-7b-chat-hf/blob/main/license": "LicenseRef-Llama-2",
    "huggingface.co/meta-llama/meta-llama-3-8b/blob/main/license": "LicenseRef-Llama-3",
    "huggingface.co/meta-llama/meta-llama-3.1-70b-instruct/blob/main/license": "LicenseRef-Llama-3.1",
    "huggingface.co/meta-llama/llama-3.2-1b/blob/main/license": "LicenseRef-Llama-3.2",
    "huggingface.co/meta-llama/llama-3.3-70b-instruct/blob/main/license": "LicenseRef-Llama-3.3",
    "huggingface.co/meta-llama/llama-4-scout-17b-16e-instruct/blob/main/license": "LicenseRef-Llama-4",
    "llama.meta.com/llama2/license": "LicenseRef-Llama-2",
    "llama.com/license": "LicenseRef-Llama-2",
    "llama.meta.com/llama3/license": "LicenseRef-Llama-3",
    "llama.meta.com/llama3_1/license": "LicenseRef-Llama-3.1",
    "huggingface.co/spaces/compvis/stable-diffusion-license": "LicenseRef-CreativeML-OpenRAIL-M",
    "huggingface.co/spaces/bigcode/bigcode-model-license-agreement": "LicenseRef-BigCode-OpenRAIL-M-1.0",
    "bigscience.huggingface.co/blog/the-bigscience-rail-license": "LicenseRef-BigScience-BLOOM-RAIL-1.0",
}


def from_url(text: str) -> Found:
    """The licence of a text that is one URL, the ids it may mean, or None."""
    if _CC_PATH.fullmatch(text):
        return from_path(text.rstrip("/"))
    match = _URL.fullmatch(text)
    if match is None:
        return None
    host, path = match[1].lower(), (match[2] or "").lower().split("#")[0].rstrip("/")
    if host == "creativecommons.org":
        return from_path(path.split("?")[0].rstrip("/"))
    if host == "huggingface.co" and "?" in path:
        query = _HUB_QUERY.fullmatch(path)
        return hub_tags().get(query[1]) or None if query else None
    page = host + _SUFFIX.sub("", path)
    if page in _PAGES:
        return _PAGES[page]
    return _of_steward(host, path) or _listed_pages().get(page)


def _of_steward(host: str, path: str) -> Found:  # noqa: PLR0911 - one steward after the other
    bare = _SUFFIX.sub("", path)
    if host == "gnu.org":
        match = _GNU_PATH.fullmatch(path)
        return _gnu(match[1], match[2]) if match else None
    if host in {"opensource.org", "choosealicense.com", "spdx.org", "api.github.com"}:
        return _slug(bare, exact=host == "spdx.org")
    if host == "opendefinition.org":  # where the catalogues of CKAN point
        match = _SLUG.fullmatch(bare)
        return from_name(match[1]) if match else None
    if host == "apache.org":
        match = _APACHE.fullmatch(bare)
        return f"Apache-{match[1]}" if match else families()["apache"] if path == "/licenses" else None
    if host == "opendatacommons.org":
        match = _ODC.fullmatch(path)
        return _ODC_IDS[match[1]] if match else None
    if host in {"cdla.dev", "cdla.io"}:
        match = _CDLA.fullmatch(path)
        return _listed(f"CDLA-{match[1]}-{match[2]}.0") if match else None
    if host == "nationalarchives.gov.uk":
        match = _OGL.fullmatch(path)
        return None if match is None else f"OGL-UK-{match[1]}.0" if match[1] else families()["ogl uk"]
    return _of_foundation(host, bare)


def _of_foundation(host: str, path: str) -> Found:
    if host == "mozilla.org":
        match = _MOZILLA.fullmatch(path)
        return f"MPL-{match[1]}" if match else None
    if host == "eclipse.org":
        match = _ECLIPSE.fullmatch(path)
        return f"EPL-{match[1]}.0" if match else None
    if host in {"github.com", "raw.githubusercontent.com"}:
        match = _LLAMA.fullmatch(path)
        return f"LicenseRef-Llama-{match[1].replace('_', '.')}" if match else None
    if host == "publications.europa.eu" and path.startswith(_EU_TABLE):
        return _of_eu_vocabulary(path.removeprefix(_EU_TABLE))
    return None


def _of_eu_vocabulary(code: str) -> Found:
    match = _EU_CC.fullmatch(code)
    if match is None:
        return _EU_CODES.get(code)
    nc, alike, major, minor, port = match.groups()
    elements = "-".join(part.upper() for part in ("by", nc, alike) if part)
    if major is None:
        return from_path(f"/licenses/{elements.lower()}")
    return published(elements, f"{major}.{minor}", port)


def _gnu(family: str, version: str | None) -> tuple[str, ...] | None:
    """The text of a GNU licence is the same for `only` and `or later`; which one holds, a notice says."""
    name = {"fdl": "GFDL"}.get(family, family.upper())
    if version is None:
        return families()[name.lower()]
    full = version if "." in version else f"{version}.0"
    return (f"{name}-{full}-only", f"{name}-{full}-or-later") if full in GNU[name][1] else None


def _slug(path: str, *, exact: bool) -> Found:
    match = _SLUG.fullmatch(path)
    if match is None:
        return None
    slug = re.sub(r"(?<=\d)-(?=\d)", ".", match[1])
    listed = licenses().get(match[1]) or licenses().get(slug)
    if listed is None:
        return None
    family, _, version = listed.id.partition("-")
    if family in GNU and listed.deprecated and not exact:
        return _gnu(family.lower(), version)
    return listed.id


def _listed(license_id: str) -> str | None:
    listed = licenses().get(license_id.lower())
    return listed.id if listed else None


@cache
def _listed_pages() -> dict[str, Found]:
    """The pages that the SPDX list and our own table name, where not on a host read above."""
    pages: dict[str, set[str]] = {}
    for row in licenses().values():
        for url in () if row.deprecated else row.urls:
            pages.setdefault(_page(url), set()).add(row.id)
    for custom in CUSTOM:
        if custom.url:
            pages.setdefault(_page(custom.url), set()).add(custom.same_as or custom.id)
    return {page: ids.copy().pop() if len(ids) == 1 else tuple(sorted(ids)) for page, ids in pages.items()}


def _page(url: str) -> str:
    match = _URL.fullmatch(url)
    return match[1].lower() + _SUFFIX.sub("", (match[2] or "").lower().split("#")[0].rstrip("/")) if match else url
