"""Origin records which data an AI training job really consumed.

Names are loaded on first use, so that the import of one room costs nothing of the others.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from origin.version import VERSION

if TYPE_CHECKING:
    from origin.core.fingerprint import fingerprint
    from origin.errors import OriginError, OriginWarning
    from origin.hooks.tags import tag
    from origin.run.autolog import autolog
    from origin.storage.database import ProvenanceDatabase

__version__ = VERSION

__all__ = ["OriginError", "OriginWarning", "ProvenanceDatabase", "__version__", "autolog", "fingerprint", "tag"]

_HOMES = {
    "OriginError": "origin.errors",
    "OriginWarning": "origin.errors",
    "ProvenanceDatabase": "origin.storage.database",
    "autolog": "origin.run.autolog",
    "fingerprint": "origin.core.fingerprint",
    "tag": "origin.hooks.tags",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
