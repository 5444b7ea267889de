"""AI usage preferences: the Content-Usage header field and robots.txt rules of the IETF's AIPREF working group.

Vocabulary: draft-ietf-aipref-vocab-08 (train-ai, ai-use, search). Attachment: draft-ietf-aipref-attach-05. Earlier
revisions of the vocabulary had a hierarchy, in which a category that is not stated has the value of the one above it;
their labels are still read, because sites wrote them and a reservation once made is evidence (our policy: revision 08
itself says to ignore labels that are not its own).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.licenses.signals.finding import SignalReason, SignalVerdict, UnreadableSignalError
from origin.licenses.signals.structured_fields import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from origin.licenses.use import Use

VOCABULARY = "draft-ietf-aipref-vocab-08, sections 4 to 6"

# Labels of one category over the revisions, the most specific category first.
_GENERATIVE = ("train-genai", "genai")  # -03; -01
_TRAINING = ("train-ai", "ai")  # -02 to -08; -01
_EVERYTHING = ("bots", "all", "tdm")  # -03 and -04; -02; -01
_LABELS = {"y": "allowed", "n": "denied"}


def content_usage(kind: str, value: str, use: Use) -> SignalReason:
    """What a Content-Usage field says of the use; UnreadableSignalError where it is none."""
    try:
        stated = preferences(value)
    except UnreadableSignalError as error:
        raise UnreadableSignalError(f"no dictionary of RFC 9651: {error}") from None
    return of_preferences(kind, stated, use)


def preferences(value: str) -> dict[str, SignalVerdict]:
    return {label: _LABELS[token] for label, token in tokens(value).items() if token in _LABELS}  # type: ignore[misc]


def of_preferences(kind: str, stated: Mapping[str, SignalVerdict], use: Use, authority: str = "") -> SignalReason:
    readings = [_first(stated, chain) for chain in _chains(use)]
    label, verdict = _most_restrictive(readings)
    if label:
        text = f"{label}={'n' if verdict == 'denied' else 'y'}: {use.action} is {verdict}"
    else:
        text = f"no preference is stated for {use.action}"
    return SignalReason(verdict, kind, "aipref", authority or VOCABULARY, text)


def combined(several: Iterable[Mapping[str, SignalVerdict]]) -> dict[str, SignalVerdict]:
    """Statements about one asset, put together: n wins over y (vocabulary, section 5)."""
    result: dict[str, SignalVerdict] = {}
    for stated in several:
        for label, verdict in stated.items():
            if result.get(label) != "denied":
                result[label] = verdict
    return result


def _chains(use: Use) -> list[tuple[tuple[str, ...], ...]]:
    """What is looked up, from the special to the general. Whether the model is generative may be open: then both."""
    if use.action == "train":
        plain = (_TRAINING, _EVERYTHING)
        generative = (_GENERATIVE, *plain)
        return [generative, plain] if use.generative is None else [generative] if use.generative else [plain]
    return [(_EVERYTHING,)] if use.action in {"tdm", "internal-use"} else []


def _first(stated: Mapping[str, SignalVerdict], chain: Iterable[tuple[str, ...]]) -> tuple[str, SignalVerdict]:
    for labels in chain:
        found = [(label, stated[label]) for label in labels if label in stated]
        if found:
            return _most_restrictive(found)
    return "", "unset"


def _most_restrictive(readings: Iterable[tuple[str, SignalVerdict]]) -> tuple[str, SignalVerdict]:
    order = {"denied": 0, "allowed": 1, "unset": 2}
    return min(readings, key=lambda reading: order[reading[1]], default=("", "unset"))
