"""The answer of `origin impact` for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cli.output import counted, table
from origin.query.impact import AFFECTED, CLEAN, UNKNOWN
from origin.query.uses import uses_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.query.doubts import Doubt
    from origin.query.impact import Impact, SessionImpact

_HEADERS = ("session", "status", "verdict", "samples", "observations", "loader", "epoch", "step", "batch", "entry")
_MODEL_HEADERS = ("session", "model", "entry", "steps", "verdict", "sha256")
_RANKS = {
    "affected": "another session of its run was delivered it, and how that stands to the models here is not recorded",
    "unknown": "of another session of its run it is not known whether it was delivered it",
    "missing": "sessions of other ranks are not in this record, and what they were delivered shaped the models here",
}
_WHY = {
    "gap": "not recorded: {some}, from entry {entry} on",
    "loader": "what is recorded of a loader may not be all that is true of it, from entry {entry} on",
    "erased": "whose fingerprints were erased: {some}, from entry {entry} on",
    "no-fingerprint": "without a fingerprint: {some}, from entry {entry} on",
    "by-index": "known by index alone, with no record of what the rows held: {some}, from entry {entry} on",
    "value": "values that a loader made, which the SHA-256 of a file does not find: {some}, from entry {entry} on",
    "other-view": "of the same rows, perhaps in another form: {some}, from entry {entry} on",
    "no-end": "it has no end: what came after entry {last} is lost",
    "running": "it is still being recorded: so far up to entry {last}",
    "no-key": "it is recorded with a key: a plain fingerprint is compared only in full and with --key-file",
}


def lines(found: Impact) -> Iterator[str]:
    """The answer, line by line."""
    yield _headline(found)
    told = [one for one in found.sessions if one.verdict != CLEAN or (one.ranks is not None and one.models)]
    if told:
        yield ""
        yield from table(_HEADERS, map(_row, told))
        yield ""
        for one in told:
            yield from _notes(one)
    models = [(one, judged) for one in told for judged in one.models]
    if models:
        yield ""
        rows = [
            (
                one.session.begin.session_id[:12],
                judged.model.name,
                "after the end" if judged.model.sequence is None else judged.model.sequence,
                judged.model.steps,
                judged.verdict,
                judged.model.sha256[:16],
            )
            for one, judged in models
        ]
        yield from table(_MODEL_HEADERS, rows)
    if told:
        yield ""
        for one in told:
            yield f"{one.session.begin.session_id[:12]}: {_latest_clean(one)}"
    yield from _limits(found)


def _headline(found: Impact) -> str:
    total = len(found.sessions)
    if not total:
        return f"{_asked(found)}: there is no session to look at"
    counts = [f"{sum(one.verdict == each for one in found.sessions)} {each}" for each in (AFFECTED, UNKNOWN, CLEAN)]
    return f"{_asked(found)}: of {counted(total, 'session')}, {', '.join(counts)}"


def _asked(found: Impact) -> str:
    asked = found.asked
    if asked.source_id is not None:
        return f"source {asked.source_id}{'' if asked.declared else ', which this record does not know'}"
    if asked.prefix is not None:
        return f"no recorded fingerprint starts with {asked.prefix}"
    if len(asked.digests) == 1:
        return next(iter(asked.digests)).hex()
    return f"{len(found.found)} of {len(asked.digests)} fingerprints"


def _row(one: SessionImpact) -> tuple[object, ...]:
    first = one.share.first
    at: tuple[object, ...] = (None,) * 5
    if first is not None:
        at = (first.place.loader, first.place.epoch, first.place.step, first.batch, first.place.entry)
    name, status = one.session.begin.session_id[:12], one.session.status
    return name, status, one.verdict, one.share.samples, one.share.observations, *at


def _notes(one: SessionImpact) -> Iterator[str]:
    name = one.session.begin.session_id[:12]
    if one.evaluated_only:
        yield f"{name}: all of it was delivered for evaluation alone: it shaped no weights"
    elif one.share.observations:
        yield f"{name}: {uses_text(one.share.uses, one.share.observations)}"
    for doubt in one.doubts:
        details = f" ({'; '.join(doubt.details)})" if doubt.details else ""
        yield f"{name}: unknown: {_why(doubt)}{details:.400}"
    if one.ranks is not None and one.models:
        yield f"{name}: unknown: {_RANKS[one.ranks]}"


def _why(doubt: Doubt) -> str:
    some = "an unknown number of observations" if doubt.count is None else counted(doubt.count, "observation")
    return _WHY[doubt.why].format(some=some, entry=doubt.entry, last=doubt.entry - 1)


def _latest_clean(one: SessionImpact) -> str:
    if not one.models:
        return "no model is recorded"
    latest = one.latest_clean
    return "no model is known to be clean" if latest is None else f"latest clean model {latest.name} {latest.sha256}"


def _limits(found: Impact) -> Iterator[str]:
    values = sum(one.values for one in found.sessions)
    if values and found.asked.digests and not found.asked.of_files:
        yield ""
        yield (
            f"compared by their own fingerprints: {counted(values, 'observation')} of values (arrays, dicts); "
            "the SHA-256 of a file does not find what a loader made of it"
        )
