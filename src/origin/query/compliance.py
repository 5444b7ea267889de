"""A session against a policy: what each of its sources allows, what they allow together, and what is owed.

The claims, signals and counts come from the record, the verdicts from the rules and the policy. A flag for human
review, never legal advice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.core.record import SIGNALS
from origin.licenses.combination import Combination, combine
from origin.licenses.outcome import verdict_of, worst
from origin.licenses.reconciliation import reconcile
from origin.query import count
from origin.query.licensing import claimed_license, claims_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from origin.core.record import Source
    from origin.licenses.combination import Mode
    from origin.licenses.outcome import Evaluation, Verdict
    from origin.licenses.policy import Policy
    from origin.licenses.reconciliation import Reconciliation
    from origin.licenses.use import Use
    from origin.storage.reads import Reader, StoredSession


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What the policy says of one declaration of a source.

    claim: the licence that it goes by. claims: how its licence claims agree; claims that contradict each other need a
    review whatever each of them permits, which `verdict` counts.
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

    mix: None where the use passes nothing on.
    """

    verdict: Verdict
    sources: tuple[SourceCheck, ...]
    mix: Combination | None
    use: Use


def check(reader: Reader, session: StoredSession, policy: Policy, overrides: Mapping[str, Any]) -> SessionCheck:
    """Check every source that the session got samples from. Raises UsageError for a use that is not known."""
    tally = count.tally(reader, session.row)
    used = [(source, *tally[number]) for number, source in reader.sources(session.row) if number in tally]
    checks = [_source(source, seen, samples, policy, overrides) for source, seen, samples in used if seen]
    use = policy.intended(**overrides)
    mix = _mix([one.source for one in checks], use)
    verdicts = [one.verdict for one in checks]
    return SessionCheck(worst([*verdicts, *_of_mix(mix)]), tuple(checks), mix, use)


def _of_mix(mix: Combination | None) -> list[Verdict]:
    """What each licence says for itself, and one that is not known, the policy has judged source by source."""
    findings = [] if mix is None else [one for one in mix.findings if one.rule.startswith("no-outbound")]
    return [verdict_of(finding.severity) for finding in findings]


def signals_of(source: Source) -> list[dict[str, Any]]:
    """The opt-out signals that were recorded for a source."""
    try:
        found = json.loads(source.metadata).get(SIGNALS, [])
    except (ValueError, AttributeError, RecursionError):
        return []
    return [signal for signal in found if isinstance(signal, dict)] if isinstance(found, list) else []


def _source(
    source: Source, observations: int, samples: int, policy: Policy, overrides: Mapping[str, Any]
) -> SourceCheck:
    claims = claims_of(source)
    texts = list(dict.fromkeys(claim["text"] for claim in claims))
    evaluation = policy.check(texts, signals_of(source), **overrides)
    return SourceCheck(source, observations, samples, claimed_license(source), evaluation, reconcile(claims))


def _mix(sources: list[Source], use: Use) -> Combination | None:
    mode = _mode(use)
    return None if mode is None else combine([claimed_license(source) for source in sources], mode)


def _mode(use: Use) -> Mode | None:
    if use.share == "weights":
        return "share-weights"
    if use.action == "publish-dataset":
        return "collection" if use.collection else "adaptation"
    return "produced-work" if use.action == "publish-produced-work" else None
