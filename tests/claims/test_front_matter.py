from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from origin.claims.front_matter import NotUnderstoodError, entries, front_matter, texts

yaml: Any = pytest.importorskip("yaml")

KEYS = frozenset(("license", "licenses", "license_name", "license_link"))


def read(text: str) -> dict[str, list[str]]:
    lines = front_matter(text)
    assert lines is not None
    return {key: texts(entry) for key, entry in entries(lines, KEYS).items()}


def card(*lines: str) -> str:
    return "\n".join(("---", *lines, "---", "# Title"))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["license: mit"], {"license": ["mit"]}),
        (["license:    cc-by-4.0   # the data"], {"license": ["cc-by-4.0"]}),
        (["license: 'cc-by-4.0'"], {"license": ["cc-by-4.0"]}),
        (["license: 'l''autre'"], {"license": ["l'autre"]}),
        (['"license": "a \\"b\\" \\\\"  # c'], {"license": ['a "b" \\']}),
        (["license: [mit, apache-2.0]"], {"license": ["mit", "apache-2.0"]}),
        (["license: [mit, apache-2.0,] # two"], {"license": ["mit", "apache-2.0"]}),
        (["license:", "- mit", "- 'cc0-1.0'"], {"license": ["mit", "cc0-1.0"]}),
        (["license:", "  - mit", "  # and", "", "  - bsd", "pretty_name: x"], {"license": ["mit", "bsd"]}),
        (["license:"], {"license": []}),
        (["license: null", "license_name: ~"], {"license": [], "license_name": []}),
        (["license : mit"], {"license": ["mit"]}),
        (["license: see http://example.org/a:b#c"], {"license": ["see http://example.org/a:b#c"]}),
        (
            ["license: other", "license_name: llama3", "license_link: LICENSE"],
            {"license": ["other"], "license_name": ["llama3"], "license_link": ["LICENSE"]},
        ),
        (["prompt: |", "  license: gpl", "  'open", "license: mit"], {"license": ["mit"]}),
        (["prompt: >-", "", '  "open [', "license: mit"], {"license": ["mit"]}),
        (['text: "a', '  license: gpl"', "license: mit"], {"license": ["mit"]}),
        (["widget:", "- text: |", "    it's \"", "  example: 'x'", "license: mit"], {"license": ["mit"]}),
        (["info:", "  license: gpl", "  features: {a: 'x', b: [1,", "    2]}", "license: mit"], {"license": ["mit"]}),
        (["configs: &a [x]", "other: *a", "license: mit"], {"license": ["mit"]}),
        (["language: don't", "license: mit"], {"license": ["mit"]}),
        (["nested:", "  license: gpl"], {}),
        (["license_details: x"], {}),
    ],
)  # fmt: skip
def test_a_licence_is_read_as_yaml_reads_it(lines: list[str], expected: dict[str, list[str]]) -> None:
    assert read(card(*lines)) == expected


@pytest.mark.parametrize(
    "lines",
    [
        ["license: |", "  mit"],
        ["license: mit", "  or apache"],
        ["license: {name: mit}"],
        ["license:", "  name: mit"],
        ["license:", "  - name: mit"],
        ["license:", "  - - mit"],
        ["license: *other"],
        ["license: &a mit"],
        ["license: !!str mit"],
        ["license: [mit, [apache-2.0]]"],
        ["license: [mit,, apache-2.0]"],
        ["license: [?mit]"],
        ["license:", "- " * 40 + "mit"],
        ["license: ['mit']"],
        ['license: "\\x41"'],
        ["license: 'mit"],
        ["license: mit: x"],
        ["license: mit", "license: gpl"],
        ["<<: *base"],
        ["&a license: mit"],
        ["? license", ": mit"],
        ["  license: mit"],
        ["\tlicense: mit"],
        ["license: mit", "free text"],
        ['text: "open', "license: gpl", '  "'],
        ["text: [open", "license: gpl", "]"],
        ["a:", '  b: "open', "license: gpl", '  "'],
        ["a:", "- 'open", "license: gpl", "'"],
        ["a: {b: 'open", "license: gpl", "'}"],
        ["a: x\u2028license: gpl"],
        ["a: x\x85license: gpl"],
        ["a: \x00"],
        ['a: "b" c'],
    ],
)
def test_what_is_outside_the_subset_is_refused(lines: list[str]) -> None:
    with pytest.raises(NotUnderstoodError):
        read(card(*lines))


@pytest.mark.parametrize(
    "text", ["", "# Title", "license: mit", "a\n---\nlicense: mit\n---\n", "----\nlicense: mit\n----"]
)
def test_a_text_without_an_opening_fence_has_no_front_matter(text: str) -> None:
    assert front_matter(text) is None


def test_a_front_matter_that_does_not_end_is_refused() -> None:
    with pytest.raises(NotUnderstoodError, match="no closing"):
        front_matter("---\nlicense: mit\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_end_of_line_is_known(end: str) -> None:
    assert read(end.join(("", "---", "license: mit", "---", ""))) == {"license": ["mit"]}


# Laws

PIECES = r"""
license: mit
license:
license: [a, b]
license: 'q'
license: "
license: '
- x
  - y
- 'open
a: 'x
b: "
  end'
"
'
c: |
d: >-
  text
    more: 'it
e: [1,
  2]
]
f: {g: h}
  i: "j
  k: l # '
# comment '
  # [
m: don't
n: &x [1]
o: *x
  - p: |
      'q
? r
: s
t: !!str 'u
v: "\""
w: 'x''
  'y': z
  "a": "b
license_name: 'n' # c
- - 'deep
  - {a: 'b', c: "d"}
  - [don't]
x: [ 'a' , b ]
y: {a: [b, 'c]']}
  '
z: a 'b
  "tail"
q: "x &" y"
r: &a "x
s: !t [
""".splitlines()
FREE = st.text("ab:- '\"[]{}#|>&*!,\\\n\t?~", max_size=30)
DOCUMENTS = st.lists(st.one_of(st.sampled_from(PIECES), FREE), max_size=8).map("\n".join)


NULLS = ("", "~", "null", "Null", "NULL")


def plain(value: Any) -> list[Any]:
    return [one for one in (value if isinstance(value, list) else [value]) if one not in NULLS]


@settings(max_examples=2_000, deadline=None)
@given(DOCUMENTS)
def test_what_is_read_is_what_yaml_reads(document: str) -> None:
    if "\n---" in f"\n{document}" or "\n..." in f"\n{document}":
        return
    try:
        expected = yaml.load(document, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError):
        expected = None
    try:
        found = read(card(document))
    except NotUnderstoodError:
        return
    if not isinstance(expected, dict):
        return  # PyYAML refuses more than is followed here: what nobody can read has no meaning to miss
    assert found.keys() == KEYS & expected.keys()
    assert {key: plain(values) for key, values in found.items()} == {key: plain(expected[key]) for key in found}


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(NotUnderstoodError):
        read(f"---\n{text}\n---\n")
