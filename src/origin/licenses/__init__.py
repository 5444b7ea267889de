"""What licences say, for training data: claims, expressions, compatibility, combination, policies, opt-out signals.

This flags for human review; it is no legal advice.

Names are loaded on first use, so that the import of the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from origin.errors import LicenseExpressionError
    from origin.licenses.claims import Claim, parse_claim
    from origin.licenses.combination import Combination, combine
    from origin.licenses.compatibility import Compatibility, compatible
    from origin.licenses.evaluation import evaluate
    from origin.licenses.expression import Expression, parse_expression
    from origin.licenses.outcome import Evaluation
    from origin.licenses.policy import Policy, load_policy
    from origin.licenses.reconciliation import reconcile
    from origin.licenses.signals import evaluate_signals

__all__ = [
    "Claim",
    "Combination",
    "Compatibility",
    "Evaluation",
    "Expression",
    "LicenseExpressionError",
    "Policy",
    "combine",
    "compatible",
    "evaluate",
    "evaluate_signals",
    "load_policy",
    "parse_claim",
    "parse_expression",
    "reconcile",
]

_HOMES = {
    "Claim": "origin.licenses.claims",
    "Combination": "origin.licenses.combination",
    "Compatibility": "origin.licenses.compatibility",
    "Evaluation": "origin.licenses.outcome",
    "Expression": "origin.licenses.expression",
    "LicenseExpressionError": "origin.errors",
    "Policy": "origin.licenses.policy",
    "combine": "origin.licenses.combination",
    "compatible": "origin.licenses.compatibility",
    "evaluate": "origin.licenses.evaluation",
    "evaluate_signals": "origin.licenses.signals",
    "load_policy": "origin.licenses.policy",
    "parse_claim": "origin.licenses.claims",
    "parse_expression": "origin.licenses.expression",
    "reconcile": "origin.licenses.reconciliation",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
