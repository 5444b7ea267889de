"""What a licence id is called, and where its text lies."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from origin.licenses.custom import custom_licenses
from origin.licenses.identifiers import licenses
from origin.licenses.terms import terms


class NamedLicense(NamedTuple):
    """url: the page with the text; empty where there is none, such as of a claim without a text behind it."""

    id: str
    name: str
    url: str


def named(license_id: str) -> NamedLicense:
    """The full name and page of an SPDX id or a LicenseRef; an id that is on no list names itself."""
    record = terms(license_id)
    page = record.text if record else ""
    listed = licenses().get(license_id.lower())
    if listed is not None:
        return NamedLicense(listed.id, listed.name, page or next(iter(listed.urls), ""))
    custom = _custom().get(license_id.lower())
    if custom is not None:
        return custom._replace(url=page or custom.url)
    return NamedLicense(license_id, license_id, page)


@cache
def _custom() -> dict[str, NamedLicense]:
    return {row.id.lower(): NamedLicense(row.id, row.name, row.url) for row in custom_licenses().values()}
