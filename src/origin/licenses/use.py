"""The use of the data that somebody intends, as the evaluation of licences and signals reads it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_type_hints

from origin.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

Action = Literal[
    "train", "tdm", "internal-use", "publish-dataset", "publish-produced-work", "publish-outputs", "display"
]
Share = Literal["none", "weights"]
Source = Literal["model-outputs"]

INTERNAL = frozenset({"train", "tdm", "internal-use"})
"""Actions that pass nothing on, unless the weights are shared."""


@dataclass(frozen=True, slots=True)
class Use:
    """What is to be done with the data. None: not said, which is neither yes nor no.

    action: what is done. commercial: whether for commercial advantage. share: whether the trained weights are passed
    on. adapted: whether what is published differs from what was taken. collection, collection_license: published
    unchanged beside other works, and the licence of the collection. outbound: the licence of what is published.
    attribution_given, notice_given, license_text_included, use_restrictions_passed_on: duties that are met.
    uses: "model-outputs" where the data are outputs of a model and the licence is that model's; target_model_family and
    distillation say what is trained on them. model_name: the name of the trained model. monthly_active_users: of the
    whole company. computational: whether only machines read the data. generative: whether the model makes content.
    jurisdiction: an ISO 3166-1 code or EU, where the user sits.
    """

    action: Action
    commercial: bool | None = None
    share: Share | None = None
    adapted: bool | None = None
    collection: bool | None = None
    collection_license: str | None = None
    outbound: str | None = None
    attribution_given: bool | None = None
    notice_given: bool | None = None
    license_text_included: bool | None = None
    use_restrictions_passed_on: bool | None = None
    uses: Source | None = None
    target_model_family: str | None = None
    model_name: str | None = None
    distillation: bool | None = None
    monthly_active_users: int | None = None
    computational: bool | None = None
    generative: bool | None = None
    jurisdiction: str | None = None

    @property
    def passes_on(self) -> bool:
        """Whether anything leaves the house."""
        return self.share == "weights" or self.action not in INTERNAL

    @property
    def trains(self) -> bool:
        return self.action in {"train", "tdm", "internal-use"}


MAX_USERS = 10**12
KEYS = tuple(field.name for field in fields(Use))


def parse_use(use: Mapping[str, Any] | Use) -> Use:
    """Check the mapping of an intended use. A key whose value is None counts as absent.

    Raises UsageError, which names the key, for one that is not known and for a value that it cannot have.
    """
    if isinstance(use, Use):
        return use
    try:
        given = dict(use)
    except (TypeError, ValueError):
        raise UsageError(f"A use is a mapping such as {{'action': 'train'}}; this is {shown(use)}.") from None
    for key in given:
        if key not in KEYS:
            raise UsageError(f"A use has no key {shown(key)}. Its keys are {', '.join(KEYS)}.")
    stated: dict[str, Any] = {key: _checked(key, value) for key, value in given.items() if value is not None}
    if "action" not in stated:
        raise UsageError(f"A use needs the key 'action', one of {', '.join(get_args(Action))}.")
    return Use(**stated)


def _checked(key: str, value: object) -> object:
    options = _options()[key]
    if options[0] is int:
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else -1
        if not 0 <= number <= MAX_USERS or number != int(number):
            raise UsageError(f"use key '{key}' is a whole number from 0 to {MAX_USERS}; this is {shown(value)}.")
        return int(number)
    if options[0] in {bool, str}:
        if not isinstance(value, options[0]):
            raise UsageError(f"use key '{key}' is {_NAMES[options[0]]}; this is {shown(value)}.")
        return value
    words = get_args(options[0]) or tuple(options)
    if not isinstance(value, str) or value not in words:
        raise UsageError(f"use key '{key}' is one of {', '.join(words)}; this is {shown(value)}.")
    return value


@cache
def _options() -> dict[str, list[Any]]:
    """Of each key the types and words that it may have, read from the fields."""
    hints = get_type_hints(Use)
    return {key: [part for part in (get_args(hints[key]) or (hints[key],)) if part is not type(None)] for key in KEYS}


_NAMES = {bool: "true or false", str: "a string"}
