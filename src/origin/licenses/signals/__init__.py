"""Opt-out signals beside licences: what sites and files say of text and data mining and of training.

A signal is evidence about a source; it is no licence. This flags for human review; it is no legal advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from origin.errors import UsageError, shown
from origin.licenses.signals.aipref import content_usage
from origin.licenses.signals.cawg import training_mining
from origin.licenses.signals.finding import (
    MAX_TEXT,
    SignalEvaluation,
    SignalReason,
    SignalVerdict,
    UnreadableSignalError,
)
from origin.licenses.signals.robots import robots
from origin.licenses.signals.tdmrep import file, reservation
from origin.licenses.use import Use, parse_use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["SignalEvaluation", "SignalReason", "SignalVerdict", "evaluate_signals"]

_PRIORITY = "TDMRep, section on processing priority"


def evaluate_signals(
    signals: Iterable[Mapping[str, Any]] | Mapping[str, Any], use: Mapping[str, Any] | Use
) -> SignalEvaluation:
    """What opt-out signals say of a use: allowed, denied, or unset where none says anything.

    A signal is a mapping with `kind` and what was read:
    tdmrep: `value` (the reservation, or the header or page it stands in), `policy`;
    tdmrep.json: `rules` (the array) or `text`, `path` (of the resource, or its address);
    content-usage: `value` (the field);
    robots.txt: `text`, `agent`, `path`;
    cawg.training-mining (or c2pa.training-mining): `entries`;
    rsl: `text`, `path`.

    The most restrictive signal wins, except that a TDMRep header or metadata supersede tdmrep.json. What is no signal
    of its kind never raises: it counts as unset, with a reason that says unreadable. UsageError is raised for a use
    that cannot be read and for signals that are no sequence.

    Standards: TDMRep (W3C Community Group Final Report, 2024), draft-ietf-aipref-vocab-08 and -attach-05, RFC 9309, RFC
    9651, CAWG training and data mining assertion 1.1, RSL 1.0.
    """
    intended = parse_use(use)
    listed = [signals] if isinstance(signals, Mapping) else signals
    if isinstance(listed, str | bytes):
        raise UsageError(f"Signals are a list of mappings with 'kind'; this is {shown(signals)}.")
    try:
        read = [_reasons(signal, intended) for signal in listed]
    except TypeError:
        raise UsageError(f"Signals are a list of mappings with 'kind'; this is {shown(signals)}.") from None
    reasons = _superseded([reason for one in read for reason in one])
    verdicts = {reason.verdict for reason in reasons}
    verdict: SignalVerdict = "denied" if "denied" in verdicts else "allowed" if "allowed" in verdicts else "unset"
    return SignalEvaluation(verdict, tuple(reasons))


def _reasons(signal: object, use: Use) -> list[SignalReason]:
    if not isinstance(signal, Mapping):
        return [SignalReason("unset", "", "unreadable", "none", f"no mapping with 'kind': {shown(signal)}")]
    kind = signal.get("kind")
    reader = _READERS.get(kind.strip().lower()) if isinstance(kind, str) else None
    if reader is None:
        text = f"a kind of signal that is not known: {shown(kind)}"
        return [SignalReason("unset", str(kind)[:60], "unknown-kind", "none", text)]
    name = str(kind).strip().lower()
    try:
        return reader(name, signal, use)
    except UnreadableSignalError as error:
        return [SignalReason("unset", name, "unreadable", "none", f"unreadable: {error}")]
    except RecursionError:
        return [SignalReason("unset", name, "unreadable", "none", "unreadable: nested too deep")]


def _superseded(reasons: list[SignalReason]) -> list[SignalReason]:
    """A header or metadata that can be read make the site-wide file unset."""
    if not any(reason.kind == "tdmrep" and reason.verdict != "unset" for reason in reasons):
        return reasons
    return [
        SignalReason("unset", one.kind, "tdmrep-superseded", _PRIORITY, f"superseded by the resource's own: {one.text}")
        if one.kind == "tdmrep.json" and one.verdict != "unset"
        else one
        for one in reasons
    ]


def _text(signal: Mapping[str, Any], *keys: str) -> str:
    for key in keys:
        value = signal.get(key)
        if isinstance(value, bytes):
            value = value[: 4 * MAX_TEXT].decode("utf-8", "replace")
        if isinstance(value, str):
            if len(value) > MAX_TEXT and signal.get("kind") != "robots.txt":
                raise UnreadableSignalError(f"longer than {MAX_TEXT} characters")
            return value
    raise UnreadableSignalError(f"no text under {' or '.join(keys)}")


def _address(signal: Mapping[str, Any]) -> str | None:
    path = signal.get("path")
    return path[:10_000] if isinstance(path, str) else None


def _agent(signal: Mapping[str, Any]) -> str | None:
    agent = signal.get("agent")
    return agent if isinstance(agent, str) else None


def _tdmrep(kind: str, signal: Mapping[str, Any], use: Use) -> list[SignalReason]:
    value = signal.get("value", signal.get("text"))
    if isinstance(value, str | bytes):
        value = _text(signal, "value", "text")
    return [reservation(kind, value, signal.get("policy"), use)]


def _tdmrep_file(kind: str, signal: Mapping[str, Any], use: Use) -> list[SignalReason]:
    keys = ("rules", "text", "value", "entries")
    rules = next((signal[key] for key in keys if signal.get(key) is not None), None)
    if isinstance(rules, str | bytes):
        rules = _text({"kind": kind, "rules": rules}, "rules")
    return [file(kind, rules, _address(signal), use)]


def _content_usage(kind: str, signal: Mapping[str, Any], use: Use) -> list[SignalReason]:
    value = signal.get("value")
    if isinstance(value, list | tuple) and all(isinstance(line, str) for line in value):
        # Lines of one field are one list (RFC 9651, section 4.2).
        return [content_usage(kind, _text({"value": ", ".join(value)}, "value"), use)]
    return [content_usage(kind, _text(signal, "value", "text"), use)]


def _robots(kind: str, signal: Mapping[str, Any], use: Use) -> list[SignalReason]:
    return robots(kind, _text({**signal, "kind": kind}, "text", "value"), _agent(signal), _address(signal), use)


def _cawg(kind: str, signal: Mapping[str, Any], use: Use) -> list[SignalReason]:
    entries = next((signal[key] for key in ("entries", "value", "text") if signal.get(key) is not None), None)
    if isinstance(entries, str | bytes):
        entries = _json(_text({"entries": entries}, "entries"))
    return training_mining(kind, entries, use)


def _rsl(kind: str, signal: Mapping[str, Any], use: Use) -> list[SignalReason]:
    from origin.licenses.signals.rsl import rsl  # noqa: PLC0415 - loads an XML parser

    return rsl(kind, _text(signal, "text", "value"), _address(signal), use)


def _json(text: str) -> object:
    import json  # noqa: PLC0415 - as above

    try:
        return json.loads(text)
    except ValueError:
        raise UnreadableSignalError("no JSON") from None


_READERS: dict[str, Callable[[str, Mapping[str, Any], Use], list[SignalReason]]] = {
    "tdmrep": _tdmrep,
    "tdmrep.json": _tdmrep_file,
    "content-usage": _content_usage,
    "robots.txt": _robots,
    "cawg.training-mining": _cawg,
    "c2pa.training-mining": _cawg,
    "rsl": _rsl,
}
