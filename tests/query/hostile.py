"""Strings that somebody may record to disturb what shows them. Import as `from query.hostile import STRINGS`."""

from __future__ import annotations

STRINGS = {
    "sql": "x'); DROP TABLE batch; --",
    "table": "a | b | c",
    "backticks": "```\n# Heading\n`code`",
    "link": "[click](javascript:alert(1)) ![i](http://x/y.png) www.example.com https://example.com",
    "html": "<script>alert('x')</script><!-- & &lt; -->",
    "yaml": "---\nlicense: !!python/object no",
    "ansi": "\x1b[2J\x1b]0;owned\x07\x1b[31m",
    "return": "honest\rforged",
    "bidi": "gpj.\u202eexe\u2066\u200b",
    "nul": "before\0after",
    "surrogate": "\udcff\ud800",
    "long": "x" * 300,
    "nfc": "\u00e9",
    "nfd": "e\u0301",
    "csv": "=cmd|' /C calc'!A0",
    "path": "../../etc/passwd",
    "mention": "@everyone #1 :tada: $x$ *b* _i_ ~s~ ^s^ ==h==",
}
