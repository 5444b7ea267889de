"""What licences say, for training data: claims, expressions, compatibility.

This flags for human review; it is no legal advice.

Names are loaded on first use, so that the import of the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from origin.errors import LicenseExpressionError
    from origin.licenses.claims import Claim, parse_claim
    from origin.licenses.compatibility import compatible
    from origin.licenses.expression import Expression, parse_expression

__all__ = ["Claim", "Expression", "LicenseExpressionError", "compatible", "parse_claim", "parse_expression"]

_HOMES = {
    "Claim": "origin.licenses.claims",
    "Expression": "origin.licenses.expression",
    "LicenseExpressionError": "origin.errors",
    "compatible": "origin.licenses.compatibility",
    "parse_claim": "origin.licenses.claims",
    "parse_expression": "origin.licenses.expression",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
