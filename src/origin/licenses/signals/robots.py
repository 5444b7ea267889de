"""robots.txt (RFC 9309). Its Allow and Disallow rules are about crawling and no licence: they are silent on the use.

What may be said of the use: Content-Usage rules (draft-ietf-aipref-attach-05, section 3), Cloudflare's Content-Signal
lines (https://contentsignals.org/), and the address of an RSL licence (RSL 1.0, section 4.4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from origin.licenses.signals.aipref import combined, of_preferences, preferences
from origin.licenses.signals.finding import MAX_RULES, MAX_TEXT, SignalReason, SignalVerdict, UnreadableSignalError
from origin.licenses.signals.paths import matches, path_of, specificity
from origin.licenses.use import Use  # noqa: TC001 - a signature

_ATTACHED = "draft-ietf-aipref-attach-05, section 3"
_SIGNALS = "Content Signals Policy, ai-train"
_CRAWL = "RFC 9309, section 2.2.2"
_LINE = re.compile(r"[ \t]*([A-Za-z-]+)[ \t]*:[ \t]*(.*?)[ \t]*")
_TOKEN = re.compile(r"[A-Za-z_-]+|\*")
_RULES = {"allow", "disallow", "content-usage", "content-signal", "license"}


@dataclass(slots=True)
class Group:
    """The rules of the agents named: (rule, value)."""

    agents: set[str] = field(default_factory=set)
    rules: list[tuple[str, str]] = field(default_factory=list)

    def values(self, rule: str) -> list[str]:
        return [value for name, value in self.rules if name == rule]


def robots(kind: str, text: str, agent: str | None, address: str | None, use: Use) -> list[SignalReason]:
    """What the file says of the use of one path by one agent; the root and any agent where they are not given."""
    if text.lstrip()[:1] == "<":
        raise UnreadableSignalError("a page of HTML, no robots.txt")
    path = path_of(address or "/")
    rules = selected(groups(text[:MAX_TEXT]), agent)
    if not crawlable(rules, path):
        what = "robots.txt keeps this agent from crawling the path; that is no statement about the use"
        return [SignalReason("unset", kind, "crawl-rule", _CRAWL, what)]
    found = [*_content_usage(kind, rules, path, use), *_content_signal(kind, rules, use), *_license(kind, rules)]
    if not found:
        what = "robots.txt has crawl rules only, and they are no licence"
        found.append(SignalReason("unset", kind, "crawl-rule", _CRAWL, what))
    return found


def groups(text: str) -> list[Group]:
    """The groups of the file; lines before the first agent make a group of no agent."""
    found = [Group()]
    naming = False
    for line in re.split(r"\r\n?|\n", text.removeprefix("\ufeff"))[: 10 * MAX_RULES]:
        match = _LINE.fullmatch(line.partition("#")[0])
        if match is None:
            continue
        name, value = match[1].lower(), match[2]
        if name == "user-agent":
            if not naming:
                found.append(Group())
            token = _TOKEN.match(value)
            found[-1].agents.add(token[0].lower() if token else "")
            naming = True
        elif name in _RULES:
            found[-1].rules.append((name, value))
            naming = False
    return found


def selected(all_groups: list[Group], agent: str | None) -> Group:
    """The rules of all groups of the agent, else of those for every agent (RFC 9309, section 2.2.1)."""
    token = _TOKEN.match(agent or "")
    names = [token[0].lower()] if token else []
    for name in (*names, "*"):
        chosen = [group for group in all_groups if name in group.agents]
        if chosen:
            return Group({name}, [rule for group in chosen for rule in group.rules])
    return Group()


def crawlable(group: Group, path: str) -> bool:
    """The longest match decides; Allow wins a tie; no match allows (RFC 9309, section 2.2.2)."""
    if path == "/robots.txt":
        return True
    best = (-1, True)
    for name, pattern in group.rules:
        if name in {"allow", "disallow"} and pattern and matches(pattern, path):
            best = max(best, (specificity(pattern), name == "allow"))
    return best[1]


def _content_usage(kind: str, group: Group, path: str, use: Use) -> list[SignalReason]:
    """Of the rules whose path matches, those with the longest; a rule without a path matches everything."""
    candidates: dict[int, list[dict[str, SignalVerdict]]] = {}
    unreadable = []
    for value in group.values("content-usage"):
        pattern, _, preference = value.replace("\t", " ").partition(" ") if value[:1] == "/" else ("", "", value)
        if not matches(pattern, path):
            continue
        try:
            candidates.setdefault(specificity(pattern), []).append(preferences(preference.strip()))
        except UnreadableSignalError as error:
            text = f"a Content-Usage rule is unreadable: {error}"
            unreadable.append(SignalReason("unset", kind, "unreadable", _ATTACHED, text))
    if not candidates:
        return unreadable
    stated = combined(candidates[max(candidates)])
    return [of_preferences(kind, stated, use, _ATTACHED), *unreadable]


def _content_signal(kind: str, group: Group, use: Use) -> list[SignalReason]:
    if use.action != "train":
        return []
    stated = {
        name.strip().lower(): answer.strip().lower()
        for value in group.values("content-signal")
        for name, _, answer in (part.partition("=") for part in value.split(","))
    }
    verdicts: dict[str, SignalVerdict] = {"yes": "allowed", "no": "denied"}
    verdict = verdicts.get(stated.get("ai-train", ""))
    if verdict is None:
        return []
    text = f"Content-Signal ai-train={stated['ai-train']}: train is {verdict}"
    return [SignalReason(verdict, kind, "content-signal", _SIGNALS, text)]


def _license(kind: str, group: Group) -> list[SignalReason]:
    pages = group.values("license")
    if not pages:
        return []
    text = f"names an RSL licence, which is to be read: {pages[0][:200]}"
    return [SignalReason("unset", kind, "rsl-license", "RSL 1.0, section 4.4", text)]
