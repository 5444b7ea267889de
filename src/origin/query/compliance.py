"""A session against a policy: what each of its sources allows, what they allow together, and what is owed.

The claims, signals and counts come from the record, the verdicts from the rules and the policy. A flag for human
review, never legal advice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from origin.core.record import SIGNALS
from origin.licenses.combination import Combination, combine
from origin.licenses.outcome import Evaluation, Reason, concluded, verdict_of, worst
from origin.licenses.reconciliation import reconcile
from origin.query import count
from origin.query.licensing import Conflict, claimed_license, claims_of, conflicts, obstacles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from origin.core.record import Source
    from origin.licenses.combination import Mode
    from origin.licenses.outcome import Verdict
    from origin.licenses.policy import Policy
    from origin.licenses.reconciliation import Reconciliation
    from origin.licenses.use import Use
    from origin.storage.reads import Reader, StoredSession


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What the policy says of one declaration of a source.

    claim: the licence that it goes by. evaluation: of its claims and opt-out signals, where a signal that cannot be
    read needs a review. claims: how its licence claims agree; claims that contradict each other need a review whatever
    each of them permits, which `verdict` counts.
    """

    source: Source
    observations: int
    samples: int
    claim: str | None
    evaluation: Evaluation
    claims: Reconciliation

    @property
    def verdict(self) -> Verdict:
        disputed = any(finding.kind == "disagreement" for finding in self.claims.findings)
        return worst([self.evaluation.verdict, "needs-review" if disputed else "allowed"])


@dataclass(frozen=True, slots=True)
class SessionCheck:
    """verdict: the worst of all sources and of what their mix adds: licences that exclude each other.

    mix: None where the use passes nothing on. supposed: what would stand against the mix if another claim than that
    which a source goes by is right.
    """

    verdict: Verdict
    sources: tuple[SourceCheck, ...]
    mix: Combination | None
    use: Use
    supposed: tuple[Conflict, ...] = ()


def check(reader: Reader, session: StoredSession, policy: Policy, overrides: Mapping[str, Any]) -> SessionCheck:
    """Check every source that the session got samples from. Raises UsageError for a use that is not known."""
    tally = count.tally(reader, session.row)
    used = [(source, *tally[number]) for number, source in reader.sources(session.row) if number in tally]
    checks = [_source(source, seen, samples, policy, overrides) for source, seen, samples in used if seen]
    use = policy.intended(**overrides)
    sources, mode = [one.source for one in checks], _mode(use)
    mix = None if mode is None else combine([claimed_license(source) for source in sources], mode)
    supposed = () if mode is None else _supposed(sources, mode)
    verdicts = [*(one.verdict for one in checks), *_of_mix(mix), *(verdict_of("review") for _ in supposed)]
    return SessionCheck(worst(verdicts), tuple(checks), mix, use, supposed)


def _supposed(sources: list[Source], mode: Mode) -> tuple[Conflict, ...]:
    return tuple(one for one in (*conflicts(sources, mode), *obstacles(sources, mode)) if one.supposes)


def _of_mix(mix: Combination | None) -> list[Verdict]:
    """What each licence says for itself, and one that is not known, the policy has judged source by source."""
    findings = [] if mix is None else [one for one in mix.findings if one.rule.startswith("no-outbound")]
    return [verdict_of(finding.severity) for finding in findings]


def signals_of(source: Source) -> list[dict[str, Any]]:
    """The opt-out signals that were recorded for a source, as far as they have the form of one."""
    return [signal for signal in recorded_signals(source) if isinstance(signal, dict)]


def recorded_signals(source: Source) -> list[Any]:
    """All that was recorded as an opt-out signal of a source, whatever its form."""
    try:
        found = json.loads(source.metadata).get(SIGNALS)
    except (ValueError, AttributeError, RecursionError):
        return []
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _source(
    source: Source, observations: int, samples: int, policy: Policy, overrides: Mapping[str, Any]
) -> SourceCheck:
    claims = claims_of(source)
    texts = list(dict.fromkeys(claim["text"] for claim in claims))
    evaluation = _with_unread(policy.check(texts, recorded_signals(source), **overrides))
    return SourceCheck(source, observations, samples, claimed_license(source), evaluation, reconcile(claims))


def _with_unread(found: Evaluation) -> Evaluation:
    """A signal that cannot be read says nothing of the use; that nobody could read it is for a person to look at."""
    unread = [reason for reason in found.reasons if reason.rule in _UNREAD]
    if not unread:
        return found
    kept = [reason for reason in found.reasons if reason.rule not in _UNREAD]
    verdict = worst([found.verdict, "needs-review"])
    return concluded([*kept, *map(_review, unread)], found.duties, found.choice, verdict=verdict)


_UNREAD = frozenset({"signal-unreadable", "signal-unknown-kind"})


def _review(reason: Reason) -> Reason:
    text = f"an opt-out signal cannot be read: {reason.text.removeprefix(': ')}"
    return replace(reason, severity="review", text=text)


def _mode(use: Use) -> Mode | None:
    if use.share == "weights":
        return "share-weights"
    if use.action == "publish-dataset":
        return "collection" if use.collection else "adaptation"
    return "produced-work" if use.action == "publish-produced-work" else None
