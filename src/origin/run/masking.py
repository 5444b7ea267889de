"""Secrets on a command line are not recorded; that something was masked is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "[masked]"

_NAMES = r"(?:token|secret|passw(?:or)?d|passphrase|api[-_]?key|access[-_]?key|private[-_]?key|credential|auth|cookie)"
_NAMED = re.compile(rf"([^\s=:]*{_NAMES}[^\s=:]*\s*[=:]\s*)(.+)", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(rf"-{{1,2}}[\w.-]*{_NAMES}[\w.-]*", re.IGNORECASE)
_VALUES = re.compile(
    r"hf_\w{8,}|sk[-_][\w-]{8,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{12,}|xox[a-z]-[\w-]{8,}"
    r"|A(?:KIA|SIA)[A-Z0-9]{12,}|AIza[\w-]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|npm_\w{16,}|pypi-[\w-]{16,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
    # Long hexadecimal or mixed texts: keys of services that mark theirs in no way. Paths have slashes and dots.
    r"|(?<![\w/.-])(?:[0-9a-fA-F]{32,}|(?=[^\s/.]*\d)(?=[^\s/.]*[a-z])(?=[^\s/.]*[A-Z])[A-Za-z0-9+_=-]{32,})(?![\w/.-])",
    re.DOTALL,
)
_ADDRESS = re.compile(r"(\w[\w+.-]*://)[^\s/@]+@")


def masked(text: str) -> str:
    """A text without what looks like a secret in it."""
    text = _ADDRESS.sub(rf"\1{MASK}@", text)
    text = _VALUES.sub(MASK, text)
    return _NAMED.sub(rf"\1{MASK}", text)


def masked_arguments(arguments: Iterable[str]) -> tuple[list[str], int]:
    """A command line without what looks like a secret, and how many of its arguments were masked.

    When in doubt, it is masked: `--max-tokens 5` loses its number, a token that looks like nothing else stays.
    """
    shown: list[str] = []
    count = 0
    follows = False
    for argument in arguments:
        text = MASK if follows and not argument.startswith("-") else masked(argument)
        follows = _OPTION.fullmatch(argument) is not None
        count += text != argument
        shown.append(text)
    return shown, count
