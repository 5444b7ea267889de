"""Reading 100,000 claims of which no two are the same, so that no memory of what was read before helps."""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING

from common import Result, seconds

from origin.licenses import parse_claim

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 100_000
ROUNDS = 3
REACH = 2.0

_IDS = ("MIT", "Apache-2.0", "BSD-3-Clause", "GPL-2.0-or-later", "ISC", "CC-BY-4.0", "MPL-2.0")
_NAMES = ("CC BY-SA", "Apache License", "GNU General Public License", "Mozilla Public License v", "BSD 3-Clause", "MIT")
_WORDS = "data license terms of use see the paper for our project owner research agreement university corpus internal"
_PAGES = ("https://example.org/{}/license", "https://creativecommons.org/licenses/by/4.0/?ref={}", "github.com/a/{}")
_PATHS = ("/data/{}/LICENSE.txt", "data/raw/{}.json", "./licenses/{}/by/4.0")
_HEADERS = (
    "# SPDX-License-Identifier: {}",
    "/* SPDX-License-Identifier: {} */",
    "#!/bin/sh\n# SPDX-License-Identifier: {}\n",
)


def _expression(chance: random.Random, number: int) -> str:
    return " OR ".join(chance.sample(_IDS, 3)) + f" AND LicenseRef-{number}"


KINDS: dict[str, Callable[[random.Random, int], str]] = {
    "prose": lambda chance, n: " ".join(chance.choices(_WORDS.split(), k=14)) + f" {n}.",
    "sentences": lambda _, n: f"Copyright {n} Foo, Bar. It is for research; see the license for more, or ask.",
    "a licence in a sentence": lambda _, n: f"This data set is released under the CC BY 4.0 license of release {n}",
    "several lines": lambda _, n: f"MIT License\n\nCopyright (c) {n} Foo\n\nPermission is hereby granted\tto all ...",
    "names with a number": lambda chance, n: f"{chance.choice(_NAMES)} {n}",
    "lists of words": lambda _, n: f"foo {n}, bar and baz",
    "a name and another": lambda _, n: f"Some License (v{n})",
    "URLs": lambda chance, n: chance.choice(_PAGES).format(n),
    "paths": lambda chance, n: chance.choice(_PATHS).format(n),
    "expressions": _expression,
    "headers": lambda chance, n: chance.choice(_HEADERS).format(_expression(chance, n)),
}


def run() -> list[Result]:
    parse_claim("License :: x, CC BY 4.0 (https://example.org/a)")  # the tables are read once
    return [_measured(kind, make) for kind, make in KINDS.items()]


def _measured(kind: str, make: Callable[[random.Random, int], str]) -> Result:
    # Each round has texts of its own, since the same ones would be remembered.
    chance = random.Random(1)
    rounds = [[make(chance, number) for number in range(at, at + COUNT)] for at in range(0, ROUNDS * COUNT, COUNT)]
    best = min(seconds(lambda: deque(map(parse_claim, rounds.pop()), maxlen=0)) for _ in range(ROUNDS))
    return Result(f"{COUNT:,} distinct claims: {kind}", f"{best:.2f} s", f"< {REACH:g} s", best < REACH)
