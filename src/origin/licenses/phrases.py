"""What stands in a licence field without naming a licence, and the words that people put around a name."""

from __future__ import annotations

import re

# Nothing is stated. NOASSERTION: SPDX 2.3, clause 7.15. `other`, `unknown`: the tags of the Hugging Face Hub.
NO_STATEMENT = frozenset(
    (
        "", "?", "-", "--", "---", "n/a", "na", "n.a", "nan", "null", "nil", "undefined", "unknown", "unknown license",
        "unknown licence", "other", "other license", "others", "noassertion", "no assertion", "not specified",
        "none specified", "not stated", "unspecified", "not provided", "not available", "not applicable", "not known",
        "license", "licence", "license not specified", "no license specified", "no licence specified",
        "license unknown",
        "no license provided", "no license found", "no license information", "no license listed", "missing", "tbd",
        "tba", "todo", "to be determined", "to be added", "more information needed", "custom", "custom license",
        "various", "various licenses", "mixed", "multiple", "multiple licenses", "other (specified in description)",
        "license-other", "varies", "dual license", "dual", "same as original", "see source", "unclear", "other-license",
        "commercial",  # that use is allowed, or that it is sold
        "[more information needed]", "not sure", "empty", "no", "yes", "true", "false",
    )
)  # fmt: skip
NO_STATEMENT_PATTERN = re.compile(
    r"(?:please )?(?:see|check|refer to|read|view)(?: the)? ?(?:(?:attached|included|accompanying|bundled) )?"
    r"(?:licen[cs]e|copying|readme|repository|repo|website|site|file|description|source|paper|card|model card"
    r"|dataset card|project page|homepage|below|above|here|notice)s?(?:[. ](?:md|txt|rst|file|files|section|page))?"
    r"(?: (?:in|at|for|on) .{1,200})?"
    r"|(?:file:? )?licen[cs]e(?:\.(?:md|txt|rst)| file| text)"
)

# In this spelling the principles for data (https://doi.org/10.1038/sdata.2016.18) may be meant, not the licence Fair.
NOT_AN_ID = frozenset(("FAIR",))
# Who makes models under several licences.
MAKERS = frozenset(("deepseek",))

# Says that no permission is given. NONE: SPDX 2.3, clause 7.15. UNLICENSED: npm, package.json, field license.
NO_LICENSE = frozenset(
    (
        "none", "no license", "no-license", "no licence", "unlicensed", "not licensed", "all rights reserved",
        "no rights granted",
        "no license granted", "no permission", "copyright, all rights reserved", "(c) all rights reserved",
        "© all rights reserved", "copyright all rights reserved", "copyrighted, all rights reserved",
        "all rights reserved by the authors", "all rights reserved to the authors",
        "data files © original authors",
    )
)  # fmt: skip

# The notice of the owner as the whole claim. Inside a longer text it says less: the BSD licences have it too.
_COPYRIGHT_NOTICE = re.compile(r"(?:copyright|\(c\)|©)[^.\n]{0,200}[.,]? ?all rights reserved")

_FIELD = re.compile(
    r"(?:(?:spdx-)?licen[cs]es?(?:[ _-](?:id|name|type|tag|identifier|expression))?|classifier|lizenz|licencia|licenza"
    r"|licença)\s*[:=]\s*(?!:)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"(?:(?:(?:this|the|our|all|these) )?(?:work|data ?sets?|data|database|corpus|project|software|package|program"
    r"|library|code|model|weights|repository|content|material|files?|images?|annotations?|text) (?:is|are) )?"
    r"(?:(?:it|they|this) (?:is|are) )?(?:licen[cs]ed|released|distributed|published|made available|available|provided"
    r"|shared|offered)(?: for (?:re)?use)? under(?: the terms(?: and conditions)? of)?(?: (?:the|an?))? ",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"(\*{1,3}|__?)([^*_]+)\1")
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "[": "]", "<": ">", "(": ")"}


def grants_nothing(lowered: str) -> bool:
    """Whether a claim in lower case says, as a whole, that no permission is given."""
    return lowered in NO_LICENSE or (
        lowered.endswith("all rights reserved") and _COPYRIGHT_NOTICE.fullmatch(lowered) is not None
    )


def unwrapped(text: str) -> str:
    """The text without a field's name, quotes, brackets, `Licensed under the` before it and a full stop after it."""
    maybe_field, maybe_sentence = ":" in text or "=" in text, "under " in text.lower()
    for _ in range(4):
        before = text
        text = text.strip(" \t\r\n,;")
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
            text = text[1:-1]
        emphasis = _EMPHASIS.fullmatch(text) if text.startswith(("*", "_")) else None
        text = emphasis[2] if emphasis else text
        field = _FIELD.match(text) if maybe_field else None
        text = text[field.end() :] if field else text
        sentence = _SENTENCE.match(text) if maybe_sentence else None
        text = text[sentence.end() :] if sentence else text
        text = text.removesuffix(".")
        if text == before:
            break
    return text
