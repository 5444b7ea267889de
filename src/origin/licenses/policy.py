"""A team's policy: the use it intends, the licences it accepts, and what it does where nothing is sure.

Policies are TOML files; `research` and `commercial` are built in (data/policies). The lists of a policy come on top of
the licences' own terms: they can forbid what a licence permits, and settle what a licence leaves open, but never permit
what it forbids. A policy flags for human review; it is no legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from origin.errors import UsageError, shown
from origin.licenses.evaluation import evaluate
from origin.licenses.grammar import Element
from origin.licenses.listing import Kinship, kinship, matches
from origin.licenses.outcome import RANK, Evaluation, Reason, Severity, Verdict, concluded, severity_of, union
from origin.licenses.policy_file import Entry, parse_policy
from origin.licenses.signals import evaluate_signals
from origin.licenses.use import Use, parse_use

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from origin.licenses.reading import Reading

BUILT_IN = Path(__file__).parent / "data" / "policies"

Otherwise = Literal["rules", "review", "deny"]
OnDenied = Literal["deny", "review", "ignore"]
_SETTLED: dict[str, tuple[Verdict, Severity]] = {"review": ("needs-review", "review"), "deny": ("denied", "blocker")}


@dataclass(frozen=True, slots=True)
class Policy:
    """use: what is checked unless a check says otherwise. entries: the lists. others: what happens to licences on no
    list. claims: what happens to a claim that is missing, unknown, ambiguous or no-license. signals: what a signal that
    denies leads to. lines: where in the file each key stands.
    """

    name: str
    source: str
    use: Use
    entries: tuple[Entry, ...] = ()
    others: Otherwise = "rules"
    claims: Mapping[str, Otherwise] | None = None
    signals: OnDenied = "deny"
    lines: Mapping[str, int] | None = None

    def check(
        self,
        claims: str | Iterable[str | Mapping[str, Any] | None] | None,
        signals: Iterable[Mapping[str, Any]] | Mapping[str, Any] = (),
        **overrides: Any,
    ) -> Evaluation:
        """Check the licence claims and opt-out signals of a source against the policy.

        claims: as for `evaluate`, or mappings with `text`. overrides: keys of the use that differ this time. The
        verdict, duties and reasons are those of `evaluate`, with reasons that name the line of the policy where it
        decided. Raises UsageError for keys of a use that are not known.
        """
        intended = self.intended(**overrides)
        found = evaluate(_texts(claims), intended, rules=self)
        return union([found, self._of_signals(signals, intended)])

    def intended(self, **overrides: Any) -> Use:
        """The use of the policy with keys that differ. Raises UsageError for keys that are not known."""
        return parse_use({**{key: getattr(self.use, key) for key in self.use.__slots__}, **overrides})

    def of_element(self, element: Element, found: Evaluation) -> Evaluation:
        """What the lists make of one licence."""
        entry = self._entry(element)
        met = self._of_others(str(element), found) if entry is None else self._of_entry(entry, element, found)
        if entry is None or not entry.exact:
            for relative, kind in self._relatives(element):
                met = self._of_relative(relative, kind, element, met)
        return met

    def _of_entry(self, entry: Entry, element: Element, found: Evaluation) -> Evaluation:
        text = f"{entry.pattern} is on the list '{entry.of}'" + (f": {entry.reason}" if entry.reason else "")
        where = self._where(f"licenses.{entry.of}", entry.line)
        if entry.of == "deny":
            return _with(found, "denied", Reason("policy-deny", where, text, str(element), "blocker"))
        if entry.of == "review":
            verdict = max(found.verdict, "needs-review", key=RANK.__getitem__)
            return _with(found, verdict, Reason("policy-review", where, text, str(element), "review"))
        return self._allow(element, found, Reason("policy-allow", where, text, str(element), "info"))

    def _relatives(self, element: Element) -> Iterator[tuple[Entry, Kinship]]:
        """Entries of the lists that restrict, whose licence is this one written otherwise or a close relative."""
        for entry in self.entries:
            if entry.of == "allow" or not entry.exact:
                continue
            kind = kinship(entry.pattern, element, partial(self._lists, entry.of))
            if kind is not None:
                yield entry, kind

    def _lists(self, of: str, name: str) -> bool:
        return any(entry.of == of and matches(entry.pattern, Element(name)) for entry in self.entries)

    def _of_relative(self, entry: Entry, kind: Kinship, element: Element, found: Evaluation) -> Evaluation:
        how = "all that it may be taken as is listed" if kind == "same" else f"to which {element} is close"
        text = f"{entry.pattern} is on the list '{entry.of}', {how}" + (f": {entry.reason}" if entry.reason else "")
        verdict: Verdict = "denied" if entry.of == "deny" and kind == "same" else "needs-review"
        where, severity = self._where(f"licenses.{entry.of}", entry.line), severity_of(verdict)
        worse = max(found.verdict, verdict, key=RANK.__getitem__)
        return _with(found, worse, Reason(f"policy-{entry.of}", where, text, str(element), severity))

    def of_claim(self, reading: Reading, found: Evaluation) -> Evaluation:
        """What is done with a claim that names no licence."""
        kind = "missing" if reading.missing else reading.status
        choice = (self.claims or {}).get(kind, "rules")
        if choice == "rules":
            return found
        verdict, severity = _SETTLED[choice]
        text = f"the licence is {kind}, for which the policy says {choice}"
        reason = Reason(f"policy-{kind}", self._where(f"claims.{kind}"), text, reading.text, severity)
        kept = [replace(one, severity=severity) if one.severity == "blocker" else one for one in found.reasons]
        return concluded([*kept, reason], found.duties, found.choice, verdict=verdict)

    def _entry(self, element: Element) -> Entry | None:
        """The most specific entry that matches; of equals the strictest list."""
        found = [entry for entry in self.entries if matches(entry.pattern, element)]
        return max(found, key=lambda entry: entry.specificity, default=None)

    def _of_others(self, name: str, found: Evaluation) -> Evaluation:
        if self.others == "rules":
            return found
        verdict, severity = _SETTLED[self.others]
        worse = max(found.verdict, verdict, key=RANK.__getitem__)
        text = f"{name} is on no list, for which the policy says {self.others}"
        return _with(found, worse, Reason("policy-others", self._where("licenses.others"), text, name, severity))

    def _allow(self, element: Element, found: Evaluation, reason: Reason) -> Evaluation:
        """The list settles what the licence leaves open; what it forbids, and a duty not met, stay."""
        if found.verdict == "denied":
            text = f"{reason.text}, which does not lift what the licence forbids"
            return _with(found, "denied", Reason(reason.rule, reason.authority, text, str(element), "info"))
        settled = [
            Reason(one.rule, one.authority, f"{one.text}; settled by the policy", one.license, "info")
            if one.severity == "review"
            else one
            for one in found.reasons
        ]
        return concluded([*settled, reason], found.duties, found.choice)

    def _of_signals(self, signals: Iterable[Mapping[str, Any]] | Mapping[str, Any], use: Use) -> Evaluation:
        if self.signals == "ignore":
            return concluded(())
        severity: Severity = "blocker" if self.signals == "deny" else "review"
        where = self._where("signals.denied")
        return concluded(
            Reason(
                f"signal-{one.rule}",
                f"{one.authority}; {where}" if one.verdict == "denied" else one.authority,
                f"{one.kind}: {one.text}",
                "",
                severity if one.verdict == "denied" else "info",
            )
            for one in evaluate_signals(signals, use).reasons
        )

    def _where(self, key: str, line: int | None = None) -> str:
        at = line or (self.lines or {}).get(key)
        return f"policy {self.name}, {key} ({self.source}{f', line {at}' if at else ''})"


def load_policy(name_or_path: str | Path) -> Policy:
    """Read a policy: a built-in one by name (`research`, `commercial`), or a team's own TOML file by its path.

    Raises UsageError in one line that names the file and the key: a file that is not there or no TOML, a key that is
    not known, a value that it cannot have, an entry that names no licence or stands on two lists.
    """
    path = Path(name_or_path)
    built_in = BUILT_IN / f"{name_or_path}.toml"
    if isinstance(name_or_path, str) and "/" not in name_or_path and not path.suffix and built_in.is_file():
        path = built_in
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        known = ", ".join(sorted(file.stem for file in BUILT_IN.glob("*.toml")))
        raise UsageError(
            f"There is no readable policy {shown(str(name_or_path))}. Built in are {known}; else give the path of a"
            " TOML file."
        ) from None
    return Policy(**parse_policy(text, path))


def _with(found: Evaluation, verdict: Verdict, reason: Reason) -> Evaluation:
    return concluded([*found.reasons, reason], found.duties, found.choice, verdict=verdict)


def _texts(claims: str | Iterable[str | Mapping[str, Any] | None] | None) -> list[str | None]:
    if claims is None or isinstance(claims, str):
        return [claims]
    try:
        return [claim if claim is None or isinstance(claim, str) else claim["text"] for claim in claims]
    except (TypeError, KeyError):
        raise UsageError(
            f"Claims are strings, or mappings with 'text', or a list of them; this is {shown(claims)}."
        ) from None
