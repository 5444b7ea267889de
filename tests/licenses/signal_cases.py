"""Opt-out signal cases written blind, from the standards, not from the code.

Each case is (signals, use, verdict, authority, certain); the verdict is "allowed", "denied" or "unset". Where two
answers can be defended, `certain` is False and the authority names the other ("alt ..."). Read (stored copies): W3C
TDM Reservation Protocol (the group's repository, spec/index.html), IETF draft-ietf-aipref-vocab (working copy of
2026: categories train-ai, ai-use, search; section numbers counted from it) and draft-ietf-aipref-attach, CAWG
Training and Data Mining Assertion s.3. RSL 1.0: only its abstract, its earlier draft's element list and an
implementation's tests that quote s.3.1.1, 3.3 and 3.4.1.1. Cited, not read again: RFC 9309, 9110, 9651, C2PA 1.4. A
signal's raw content: "value" (header), "text" (robots.txt, RSL document), "rules" (the array of tdmrep.json),
"entries" (CAWG map), "path", "agent".
"""

from __future__ import annotations

from typing import Any

Case = tuple[list[dict[str, Any]], dict[str, Any], str, str, bool]

TRAIN: dict[str, Any] = {"action": "train"}
GENERATIVE: dict[str, Any] = {"action": "train", "generative": True}
CLASSIFIER: dict[str, Any] = {"action": "train", "generative": False}
TDM: dict[str, Any] = {"action": "tdm"}
DISPLAY: dict[str, Any] = {"action": "display"}

ROBOTS = """User-Agent: *
Allow: /
Disallow: /never/
Content-Usage: / train-ai=n
Content-Usage: /ai-ok/ train-ai=y

User-Agent: ExampleBot
Allow: /
Content-Usage: / train-ai=y
"""

RULES: list[dict[str, Any]] = [
    {"location": "/directory-a/", "tdm-reservation": 1},
    {
        "location": "/directory-b/html/",
        "tdm-reservation": 1,
        "tdm-policy": "https://provider.com/policies/policy.json",
    },
    {"location": "/directory-b/images/*.jpg", "tdm-reservation": 0},
]

OPEN_FIRST: list[dict[str, Any]] = [
    {"location": "/open/", "tdm-reservation": 0},
    {"location": "/", "tdm-reservation": 1},
]


def rsl(inner: str, url: str = "/") -> str:
    """An RSL document with one content element."""
    return f'<rsl xmlns="https://rslstandard.org/rsl"><content url="{url}"><license>{inner}</license></content></rsl>'


def rsl_two(first: str, url: str, second: str) -> str:
    """An RSL document: `first` for the whole site, `second` for `url`."""
    return (
        '<rsl xmlns="https://rslstandard.org/rsl">'
        f'<content url="/"><license>{first}</license></content>'
        f'<content url="{url}"><license>{second}</license></content></rsl>'
    )


def robots(text: str, path: str = "/a", agent: str = "OriginBot") -> dict[str, Any]:
    """A robots.txt signal."""
    return {"kind": "robots.txt", "text": text, "path": path, "agent": agent}


def usage(value: str) -> dict[str, Any]:
    """A Content-Usage header."""
    return {"kind": "content-usage", "value": value}


def cawg(**entries: str) -> dict[str, Any]:
    """A CAWG assertion; the keyword ai_training stands for cawg.ai_training."""
    return {
        "kind": "cawg.training-mining",
        "entries": {f"cawg.{key}": {"use": value} for key, value in entries.items()},
    }


def tdmrep_json(rules: list[dict[str, Any]], path: str) -> dict[str, Any]:
    """A tdmrep.json file and the path it is asked for."""
    return {"kind": "tdmrep.json", "rules": rules, "path": path}


def header(value: Any) -> dict[str, Any]:
    """A tdm-reservation header."""
    return {"kind": "tdmrep", "value": value}


PERMIT = '<permits type="usage">{}</permits>'
PROHIBIT = '<prohibits type="usage">{}</prohibits>'

CASES: list[Case] = [
    # nothing said
    ([], TRAIN, "unset", "no statement of preference: unknown (aipref-vocab s.3); TDMRep: unset", True),
    # TDMRep header
    ([header("1")], TRAIN, "denied", "TDMRep s. tdm-reservation: 1 = TDM rights are reserved (CDSM Art. 4(3))", True),
    ([header("1")], TDM, "denied", "TDMRep s. tdm-reservation: 1", True),
    ([header("0")], TRAIN, "allowed", "TDMRep s. tdm-reservation: 0 = TDM rights are not reserved", True),
    ([header(0)], TDM, "allowed", "TDMRep: the value as an integer, as in tdmrep.json", True),
    ([header("2")], TDM, "unset", "TDMRep: other values are protocol errors, MUST be considered unset", True),
    ([header("")], TRAIN, "unset", "TDMRep: other values are protocol errors, MUST be considered unset", True),
    ([header("yes")], TDM, "unset", "TDMRep: other values are protocol errors, MUST be considered unset", True),
    ([header(" 1 ")], TDM, "denied", "RFC 9110 s.5.5: whitespace around a field value is no part of it", True),
    ([header("1")], DISPLAY, "unset", "TDMRep reserves mining, not display; alt denied", False),
    (
        [{"kind": "tdmrep", "value": "1", "policy": "https://provider.com/policy.json"}],
        TRAIN,
        "denied",
        "TDMRep s. tdm-policy: a policy says how to get a licence, the reservation stands",
        True,
    ),
    # TDMRep file
    ([tdmrep_json(RULES, "/directory-a/x.pdf")], TDM, "denied", "TDMRep s. TDM File, example: first group", True),
    ([tdmrep_json(RULES, "/directory-b/html/p.html")], TRAIN, "denied", "TDMRep s. TDM File, second group", True),
    ([tdmrep_json(RULES, "/directory-b/images/a.jpg")], TRAIN, "allowed", "TDMRep s. TDM File, third group: *", True),
    ([tdmrep_json(RULES, "/directory-b/images/a.png")], TDM, "unset", "TDMRep: if no match is found, unset", True),
    ([tdmrep_json(RULES, "/elsewhere")], TRAIN, "unset", "TDMRep: if no match is found, unset", True),
    ([tdmrep_json([{"location": "/", "tdm-reservation": 1}], "/any/thing")], TDM, "denied", "TDMRep: / = all", True),
    ([tdmrep_json([], "/x")], TDM, "unset", "TDMRep: no rule matches", True),
    (
        [tdmrep_json(OPEN_FIRST, "/open/a")],
        TDM,
        "allowed",
        "TDMRep: the most specific match MUST be used; it is also the first in sequence here",
        True,
    ),
    (
        [tdmrep_json(OPEN_FIRST, "/x")],
        TDM,
        "denied",
        "TDMRep: only the second rule matches",
        True,
    ),
    (
        [tdmrep_json(OPEN_FIRST[::-1], "/open/a")],
        TDM,
        "denied",
        "TDMRep: 'The most specific match is the first in sequence'; alt allowed (longest match)",
        False,
    ),
    (
        [tdmrep_json([{"location": "/exact$", "tdm-reservation": 1}], "/exact/more")],
        TDM,
        "unset",
        "TDMRep s. regular expressions: $ = end of the match pattern",
        True,
    ),
    (
        [tdmrep_json([{"location": "/Images/", "tdm-reservation": 1}], "/images/a.jpg")],
        TDM,
        "unset",
        "TDMRep: the matching SHOULD be case sensitive",
        True,
    ),
    (
        [tdmrep_json([{"location": "/", "tdm-reservation": 7}], "/x")],
        TDM,
        "unset",
        "TDMRep: other values are protocol errors, unset",
        True,
    ),
    (
        [tdmrep_json([{"location": "/", "tdm-reservation": 1}], "/x"), header("0")],
        TDM,
        "allowed",
        "TDMRep s. Processing priority: the header supersedes the file; alt denied (most restrictive)",
        False,
    ),
    (
        [tdmrep_json([{"location": "/", "tdm-reservation": 0}], "/x"), header("1")],
        TDM,
        "denied",
        "TDMRep s. Processing priority: the header supersedes the file; also the most restrictive",
        True,
    ),
    (
        [
            {
                "kind": "tdmrep.json",
                "entries": [{"location": "/", "tdm-reservation": 1}],
                "path": "/x",
            }
        ],
        TDM,
        "denied",
        "the array under 'entries' instead of 'rules'; alt unset",
        False,
    ),
    (
        [{"kind": "tdmrep.json", "text": '[{"location": "/", "tdm-reservation": 1}]', "path": "/x"}],
        TRAIN,
        "denied",
        "the file's raw JSON under 'text'; alt unset",
        False,
    ),
    # AIPREF header
    ([usage("train-ai=n")], TRAIN, "denied", "aipref-attach s.2, aipref-vocab s.4.1, s.6.2", True),
    ([usage("train-ai=y")], TRAIN, "allowed", "aipref-vocab s.6.2: token y", True),
    ([usage("train-ai=y, search=n")], TRAIN, "allowed", "aipref-vocab s.6 example: categories are separate", True),
    ([usage("train-ai=n, search=y")], GENERATIVE, "denied", "aipref-vocab s.4.1", True),
    ([usage("search=n")], TRAIN, "unset", "aipref-vocab s.5: no explicit preference for the category", True),
    ([usage("bots=n")], TRAIN, "denied", "vocab-03 s.4; decided, blind unset: a reservation once made counts", False),
    ([usage("train-ai=n")], CLASSIFIER, "denied", "vocab-03 s.4; decided, blind unset: all machine learning", False),
    ([usage("train-ai=n")], DISPLAY, "unset", "aipref-vocab s.4.1: only training is disallowed", True),
    ([usage("train-ai=n")], {"action": "internal-use"}, "unset", "aipref-vocab s.4.1: no training is named", True),
    ([usage("train-ai=n;why=policy")], TRAIN, "denied", "aipref-vocab s.6.4: unknown parameters MUST be ignored", True),
    ([usage("train-ai;allow=n, train-ai=y")], TRAIN, "allowed", "aipref-vocab s.6.5.2, the example", True),
    ([usage("train-ai=n, train-ai=y")], TRAIN, "allowed", "aipref-vocab s.6.5.1: only the last value applies", True),
    ([usage("train-ai=y, train-ai")], TRAIN, "unset", "aipref-vocab s.6.5.1: the last value is a boolean", True),
    ([usage("train-ai")], TRAIN, "unset", "aipref-vocab s.6.5: values that are not Tokens are unknown", True),
    ([usage('train-ai="n"')], TRAIN, "unset", "aipref-vocab s.6.5: a string is no Token", True),
    ([usage("train-ai=N")], TRAIN, "unset", "aipref-vocab s.6.5: Tokens other than y or n are unknown", True),
    ([usage("Train-AI=n")], TRAIN, "unset", "aipref-vocab s.6.5.1: uppercase in a key fails the parsing", True),
    ([usage("train-ai=n,")], TRAIN, "unset", "RFC 9651 s.4.2.2: a trailing comma fails; alt denied", False),
    ([usage("  train-ai=n ,  search=y  ")], TRAIN, "denied", "RFC 9651 s.4.2: surrounding spaces are skipped", True),
    ([usage("")], TRAIN, "unset", "RFC 9651: an empty dictionary; no preference", True),
    ([usage("train-ai=y"), usage("train-ai=n")], TRAIN, "denied", "aipref-vocab s.5.1: any disallow wins", True),
    ([usage("search=y"), usage("train-ai=y")], TRAIN, "allowed", "aipref-vocab s.5.1: then any allow", True),
    # robots.txt: a crawl rule; Content-Usage lines in it are preferences
    ([robots("User-agent: *\nDisallow: /\n")], TRAIN, "unset", "vocab s.3.4: Disallow is independent of usage", True),
    ([robots("User-agent: GPTBot\nDisallow: /\n", agent="GPTBot")], TRAIN, "unset", "note: a crawl rule", True),
    ([robots("User-agent: *\nAllow: /\n")], TRAIN, "unset", "RFC 9309: Allow lets crawl, it licenses nothing", True),
    ([robots(ROBOTS, "/test")], TRAIN, "denied", "aipref-attach s.3, table: /test", True),
    ([robots(ROBOTS, "/ai-ok/test")], TRAIN, "allowed", "aipref-attach s.3, table: longest match", True),
    ([robots(ROBOTS, "/never/test")], TRAIN, "unset", "aipref-attach s.3, table: not crawlable, N/A", True),
    ([robots(ROBOTS, "/test", "ExampleBot")], TRAIN, "allowed", "aipref-attach s.3: the second group", True),
    ([robots(ROBOTS, "/never/x", "ExampleBot")], TRAIN, "allowed", "aipref-attach s.3: only its own group", True),
    ([robots(ROBOTS, "/test", "examplebot")], TRAIN, "allowed", "RFC 9309 s.2.2.1: case-insensitive tokens", True),
    (
        [robots("User-agent: *\nContent-Usage: / train-ai=n\n\nUser-agent: OriginBot\nAllow: /\n")],
        TRAIN,
        "unset",
        "RFC 9309 s.2.2.1: the group that names the agent replaces '*'; it states no preference",
        True,
    ),
    (
        [robots("User-agent: *\nContent-Usage: / train-ai=y\nContent-Usage: / train-ai=n\n")],
        TRAIN,
        "denied",
        "aipref-attach s.3.1: identical paths in conflict apply separately; vocab s.5.1: disallow wins",
        True,
    ),
    (
        [robots("User-agent: *\nContent-Usage: /docs/*.html train-ai=n\n", "/docs/a/b.html")],
        TRAIN,
        "denied",
        "aipref-attach s.3.1: same matching as Allow/Disallow; RFC 9309 s.2.2.3: *",
        True,
    ),
    (
        [robots("user-agent: *\ncontent-usage : / train-ai=n # no training\n")],
        TRAIN,
        "denied",
        "aipref-attach s.3.2: white space around the colon, '#' ends the value; labels are case-insensitive",
        True,
    ),
    (
        [robots("User-agent: *\nContent-Usage: train-ai=n\n")],
        TRAIN,
        "denied",
        "the path is left out, as the RSL guide and early drafts have it; alt unset (attach s.3: path required)",
        False,
    ),
    (
        [robots("User-agent: A\nUser-agent: OriginBot\nContent-Usage: / train-ai=n\n")],
        TRAIN,
        "denied",
        "RFC 9309 s.2.2.1: several user-agent lines open one group",
        True,
    ),
    (
        [robots("User-agent: *\nDisallow: /\n"), header("0")],
        TDM,
        "allowed",
        "note: robots.txt is a crawl rule; the TDMRep value stands",
        True,
    ),
    # CAWG
    ([cawg(ai_generative_training="notAllowed")], GENERATIVE, "denied", "CAWG TDM assertion s.3.1", True),
    ([cawg(ai_generative_training="notAllowed")], TRAIN, "denied", "CAWG s.3.1; kind of model not stated", True),
    ([cawg(ai_generative_training="allowed")], GENERATIVE, "allowed", "CAWG s.3.1", True),
    ([cawg(ai_generative_training="constrained")], GENERATIVE, "denied", "CAWG s.3.1: as notAllowed", True),
    ([cawg(ai_training="notAllowed")], CLASSIFIER, "denied", "CAWG s.3.1: non-generative models", True),
    ([cawg(ai_generative_training="notAllowed")], CLASSIFIER, "unset", "CAWG s.3.1: separate values", True),
    ([cawg(ai_training="notAllowed")], GENERATIVE, "unset", "CAWG s.3.1: non-generative only; alt denied", False),
    ([cawg(ai_training="allowed", ai_generative_training="notAllowed")], CLASSIFIER, "allowed", "CAWG s.3.1", True),
    ([cawg(ai_training="allowed", ai_generative_training="notAllowed")], TRAIN, "denied", "strictest of both", True),
    ([cawg(data_mining="notAllowed")], TDM, "denied", "CAWG s.3.1 cawg.data_mining", True),
    ([cawg(data_mining="allowed", ai_generative_training="notAllowed")], TDM, "allowed", "CAWG s.3.1", True),
    ([cawg(data_mining="notAllowed")], GENERATIVE, "unset", "CAWG s.3.1: another entry; alt denied", False),
    ([cawg(ai_inference="notAllowed")], TRAIN, "unset", "CAWG s.3.1: inference is no training", True),
    (
        [
            {
                "kind": "cawg.training-mining",
                "entries": {"c2pa.ai_generative_training": {"use": "notAllowed"}},
            }
        ],
        GENERATIVE,
        "denied",
        "C2PA 1.4 s. Training and Data Mining: the older prefix c2pa., same structure",
        True,
    ),
    (
        [
            {
                "kind": "cawg.training-mining",
                "entries": {
                    "cawg.ai_generative_training": {
                        "use": "constrained",
                        "constraint_info": "https://example.com/licence",
                    }
                },
            }
        ],
        GENERATIVE,
        "denied",
        "CAWG s.3.1: constrained, the information is a link nobody has read; alt unset",
        False,
    ),
    # RSL
    ([{"kind": "rsl", "text": rsl(PROHIBIT.format("ai-train"))}], TRAIN, "denied", "RSL 1.0 s.3.6", True),
    ([{"kind": "rsl", "text": rsl(PERMIT.format("ai-train"))}], TRAIN, "allowed", "RSL 1.0 s.3.5", True),
    ([{"kind": "rsl", "text": rsl(PROHIBIT.format("ai-all"))}], TRAIN, "denied", "RSL 1.0 s.3.4.1.1: ai-all", True),
    ([{"kind": "rsl", "text": rsl(PROHIBIT.format("all"))}], TRAIN, "denied", "RSL 1.0 s.3.4.1.1: all", True),
    ([{"kind": "rsl", "text": rsl(PERMIT.format("ai-all"))}], TRAIN, "allowed", "RSL 1.0 s.3.4.1.1", True),
    ([{"kind": "rsl", "text": rsl(PERMIT.format("search ai-train"))}], TRAIN, "allowed", "s.3.5: a list", True),
    ([{"kind": "rsl", "text": rsl(PROHIBIT.format("ai-input ai-train"))}], TRAIN, "denied", "s.3.6: a list", True),
    # decided, blind unset: permits closes a list only where there is one (s.3.5)
    ([{"kind": "rsl", "text": rsl(PROHIBIT.format("ai-input"))}], TRAIN, "allowed", "s.3.5, 3.6", False),
    ([{"kind": "rsl", "text": rsl(PROHIBIT.format("search"))}], TRAIN, "allowed", "s.3.5, 3.6", False),
    (
        [{"kind": "rsl", "text": rsl(PERMIT.format("search"))}],
        TRAIN,
        "denied",
        "RSL 1.0 s.3.5: permits is a list of what is licensed; training is not on it; alt unset",
        False,
    ),
    (
        [{"kind": "rsl", "text": rsl(PERMIT.format("all") + PROHIBIT.format("ai-train"))}],
        TRAIN,
        "denied",
        "RSL 1.0 s.3.1.1: the prohibition MUST take precedence",
        True,
    ),
    (
        [{"kind": "rsl", "text": rsl(PERMIT.format("ai-train") + PROHIBIT.format("ai-all"))}],
        TRAIN,
        "denied",
        "RSL 1.0 s.3.1.1 with s.3.4.1.1",
        True,
    ),
    (
        [{"kind": "rsl", "text": rsl(PROHIBIT.format("ai-train"), "/news/*"), "path": "/blog/a"}],
        TRAIN,
        "unset",
        "RSL 1.0 s.3.3: the content element does not cover the path (RFC 9309 matching)",
        True,
    ),
    (
        [{"kind": "rsl", "text": rsl(PROHIBIT.format("ai-train"), "/news/*"), "path": "/news/a"}],
        TRAIN,
        "denied",
        "RSL 1.0 s.3.3",
        True,
    ),
    (
        [
            {
                "kind": "rsl",
                "text": rsl_two(PROHIBIT.format("ai-train"), "/free/", PERMIT.format("ai-train")),
                "path": "/free/a",
            }
        ],
        TRAIN,
        "allowed",
        "RSL 1.0 s.4.9; decided, blind denied: the more specific content counts",
        False,
    ),
    (
        [
            {
                "kind": "rsl",
                "text": rsl(PERMIT.format("ai-train") + '<payment type="purchase"><amount>9</amount></payment>'),
            }
        ],
        TRAIN,
        "denied",
        "RSL 1.0 s.3.7: permitted only against a payment that nobody claims was made; alt allowed",
        False,
    ),
    (
        [{"kind": "rsl", "text": rsl(PERMIT.format("ai-train") + '<payment type="free"/>')}],
        TRAIN,
        "allowed",
        "RSL 1.0 s.3.7: free",
        True,
    ),
    ([{"kind": "rsl", "text": "<rsl><content"}], TRAIN, "unset", "not well-formed: no statement can be read", True),
    (
        [{"kind": "rsl", "text": rsl(PROHIBIT.format("train-ai"))}],
        TRAIN,
        "denied",
        "the label of the RSL 1.0 draft of 2025-07 (from AIPREF); alt unset (not a token of 1.0)",
        False,
    ),
    # several standards at once
    ([header("0"), usage("train-ai=n")], TRAIN, "denied", "vocab s.5.1: the most restrictive applies", True),
    ([header("1"), usage("train-ai=y")], TRAIN, "denied", "the reservation stands; most restrictive", True),
    ([usage("train-ai=y"), cawg(ai_generative_training="notAllowed")], GENERATIVE, "denied", "most restrictive", True),
    ([usage("search=y"), {"kind": "rsl", "text": rsl(PERMIT.format("ai-train"))}], TRAIN, "allowed", "RSL s.3.5", True),
    ([{"kind": "x-own", "value": "no"}, header("0")], TDM, "allowed", "a kind nobody defined says nothing", False),
]
