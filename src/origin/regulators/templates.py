"""The documents that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.regulators.ab2013 import AB2013
from origin.regulators.annex_iv import ANNEX_IV
from origin.regulators.eu_summary import EU_SUMMARY

if TYPE_CHECKING:
    from origin.regulators.fields import Template

TEMPLATES: tuple[Template, ...] = (EU_SUMMARY, AB2013, ANNEX_IV)
