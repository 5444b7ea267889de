"""Licence claims, read where they really are: cards, licence files, package metadata, Croissant, data sets.

What is read is what stands there: no licence is concluded, no text is recognised by its wording, and what is not
understood is told as a problem instead of guessed. Nothing is fetched. `claims_of(path)` gathers all of it for a file
or a directory; hand `.claims` to `ProvenanceDatabase.register_source(claims=...)`.

Names are loaded on first use: a hook needs one of these readers, not all of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from origin.claims.croissant import of_croissant
    from origin.claims.dataset_info import DatasetFacts, of_dataset_info, of_dataset_info_file
    from origin.claims.files import UnreadableClaimsError
    from origin.claims.found import Found
    from origin.claims.gather import claims_of
    from origin.claims.license_file import of_license_file, of_source_file
    from origin.claims.metadata import of_distribution, of_metadata
    from origin.claims.pyproject import of_pyproject
    from origin.claims.readme import of_readme
    from origin.claims.reuse import of_reuse
    from origin.claims.wheel import of_wheel

__all__ = [
    "DatasetFacts",
    "Found",
    "UnreadableClaimsError",
    "claims_of",
    "of_croissant",
    "of_dataset_info",
    "of_dataset_info_file",
    "of_distribution",
    "of_license_file",
    "of_metadata",
    "of_pyproject",
    "of_readme",
    "of_reuse",
    "of_source_file",
    "of_wheel",
]

_HOMES = {
    "DatasetFacts": "dataset_info",
    "Found": "found",
    "UnreadableClaimsError": "files",
    "claims_of": "gather",
    "of_croissant": "croissant",
    "of_dataset_info": "dataset_info",
    "of_dataset_info_file": "dataset_info",
    "of_distribution": "metadata",
    "of_license_file": "license_file",
    "of_metadata": "metadata",
    "of_pyproject": "pyproject",
    "of_readme": "readme",
    "of_reuse": "reuse",
    "of_source_file": "license_file",
    "of_wheel": "wheel",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
