"""Which duties of a licence a use makes due, and whether they are met. A flag for human review, no legal advice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from origin.licenses.outbound import fitting
from origin.licenses.outcome import DueDuty, Fulfilled, Reason
from origin.licenses.reading import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.licenses.terms import Duty, Terms
    from origin.licenses.use import Use

# Licences that let a link stand for their text: CC 4.0 section 3(a)(1)(C), CC 3.0 section 4(a) ("or the Uniform
# Resource Identifier for"), ODbL and ODC-By section 4.2(b), OGL-UK ("a link to this licence").
_LINK_IS_ENOUGH = re.compile(r"CC-|ODbL-|ODC-By-|OGL-|etalab-|LicenseRef-Etalab", re.IGNORECASE)
_EVENT_NAMES = {
    "use": "use",
    "distribute": "passing the material on",
    "share-derivative": "sharing an adaptation",
    "share-model": "sharing the model",
    "share-outputs": "sharing outputs",
    "share-produced-work": "sharing a produced work",
    "network-use": "use over a network",
    "train-on-outputs": "training on outputs",
}


def due(use: Use, record: Terms, license_id: str, events: frozenset[str]) -> Iterator[tuple[DueDuty, Reason]]:
    """The duties that fall due, each with its reason: a blocker where the use says that the duty is not met."""
    for word, duty in record.duties.items():
        met_by = duty.on & events
        if not met_by or _not_of_outputs(use, word, met_by):
            continue
        fulfilled = _fulfilled(use, word, duty, license_id)
        authority = f"{record.id}, {duty.clause}"
        occasion = ", ".join(_EVENT_NAMES[event] for event in sorted(met_by))
        what = f"{word} ({duty.value})" if duty.value else word
        state = _STATES[fulfilled]
        if word == "share-alike" and use.outbound is not None:
            state = f"{use.outbound} meets it" if fulfilled == "given" else f"{use.outbound} does not surely meet it"
        text = f"{what} is due on {occasion}: {state}"
        severity = "blocker" if fulfilled == "not given" else "duty"
        yield (
            DueDuty(word, license_id, authority, fulfilled, duty.value),
            Reason(f"duty-{word}", authority, text, license_id, severity),  # type: ignore[arg-type]
        )


_STATES: dict[Fulfilled, str] = {"given": "it is met", "not given": "it is not met", "unknown": "not said whether met"}


def _not_of_outputs(use: Use, word: str, met_by: frozenset[str]) -> bool:
    """Duties that training on outputs does not bring about after all.

    All of them speak of what is passed on or made available (Gemma Terms of Use, section 3.1; OpenRAIL-M, section 4;
    Llama 3.1 to 4, section 1.b.i), so a model that stays in the house owes none. The name prefix binds whatever is made
    available, the other duties only a model made to perform like the licensed one, which is distilled (Gemma Terms of
    Use, section 1.1(e); OpenRAIL licences, definition of Derivatives of the Model).
    """
    if met_by != {"train-on-outputs"}:
        return False
    if use.share == "none":
        return True
    if word in {"model-name-prefix", "badge"}:
        return use.share is None and use.model_name is None
    return use.distillation is False


def _fulfilled(use: Use, word: str, duty: Duty, license_id: str) -> Fulfilled:
    by_word = {
        "attribution": _stated(use.attribution_given),
        "notice": _notice(use, license_id),
        "produced-work-notice": _stated(use.notice_given),
        # Terms are passed on with their text.
        "pass-through-terms": "not given"
        if use.license_text_included is False
        else _stated(use.use_restrictions_passed_on),
        "model-name-prefix": _prefix(use, duty),
        "share-alike": _alike(use, license_id),
    }
    return by_word.get(word, "unknown")


def _notice(use: Use, license_id: str) -> Fulfilled:
    if use.notice_given and _LINK_IS_ENOUGH.match(license_id):
        return "given"
    if False in {use.notice_given, use.license_text_included}:
        return "not given"
    return "given" if use.notice_given or use.license_text_included else "unknown"


def _alike(use: Use, license_id: str) -> Fulfilled:
    """Whether the outbound licence is one that the licence accepts. That it is none, another reason says."""
    offered = read(use.outbound).alternatives
    inbound = read(license_id).alternatives
    fits = (fitting(one, choice, "adaptation").verdict == "compatible" for one in offered for choice in inbound)
    return "given" if offered and all(fits) else "unknown"


def _prefix(use: Use, duty: Duty) -> Fulfilled:
    if use.model_name is None or not duty.value:
        return "unknown"
    return "given" if _letters(use.model_name).startswith(_letters(duty.value)) else "not given"


def _stated(given: bool | None) -> Fulfilled:  # noqa: FBT001 - it is the value of a key
    return "unknown" if given is None else "given" if given else "not given"


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
