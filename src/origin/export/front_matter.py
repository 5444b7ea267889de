"""The metadata of a model card, edited where it stands: comments, order and style of everything else stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from origin.errors import UsageError
from origin.export.huggingface import ADDED, KEY, datasets_lines, hub_ids, key_lines, stated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.query.report import Report

Edit = tuple[int, int, str]
"""From where, to where, and the text that goes there."""


def edited(block: str, facts: Report, eol: str) -> str:
    """The YAML of a card with the session's data sets and our key in it. Raises UsageError where that is not possible.

    Entries of `datasets` that somebody else wrote stay; those that we wrote for another session go.
    """
    old = _loaded(block)
    current = _listed(old.get("datasets"))
    ids = hub_ids(facts)
    earlier = _earlier(old.get(KEY))
    kept = [one for one in current if one not in earlier]
    added = [one for one in ids if one not in kept]
    wanted = [one for one in current if one in kept or one in added]
    wanted += [one for one in added if one not in wanted]
    new = _apply(block, [*_datasets_edits(block, current, wanted, eol), *_key_edits(block, facts, added, eol)])
    expected = {**old, "datasets": old.get("datasets") if wanted == current else wanted, KEY: stated(facts, added)}
    if not wanted and (current or "datasets" not in old):
        del expected["datasets"]
    _check(new, expected)
    return new if block else new.removeprefix(eol)


def _loaded(block: str) -> dict[Any, Any]:
    try:
        found = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"its metadata is no YAML ({' '.join(str(error).split())[:120]}): mend it first") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UsageError("its metadata is no list of keys: mend it first")
    return found


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise UsageError("`datasets` in its metadata is no list: write the ids as a list")
    return value


def _earlier(value: Any) -> list[Any]:
    """What we added to `datasets` when we wrote the card before."""
    found = value.get(ADDED) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _datasets_edits(block: str, current: list[Any], wanted: list[Any], eol: str) -> list[Edit]:
    if wanted == current:
        return []
    found = _entry(block, "datasets")
    if found is None:
        return [_appended(block, datasets_lines(wanted), eol)]
    key, value = found
    if not wanted:
        return [(key.start_mark.index, _next_line(block, _end(value)), "")]
    new = [one for one in wanted if one not in current]
    if isinstance(value, yaml.SequenceNode) and not value.flow_style:
        return _block_edits(block, value, [one for one in current if one not in wanted], new, eol)
    # One line: its items as they were written, but for those that go.
    items = value.value if isinstance(value, yaml.SequenceNode) else [value] if current else []
    old = [_source(block, item) for item, one in zip(items, current, strict=True) if one in wanted]
    written = ", ".join([*old, *(_quoted(one) for one in new)])
    space = " " if block[value.start_mark.index - 1 : value.start_mark.index] == ":" else ""
    return [(value.start_mark.index, value.end_mark.index, f"{space}[{written}]")]


def _block_edits(block: str, value: yaml.SequenceNode, gone: list[Any], new: list[Any], eol: str) -> list[Edit]:
    edits = []
    for item in value.value:
        if isinstance(item, yaml.ScalarNode) and item.value in gone:
            start = block.rfind("\n", 0, item.start_mark.index) + 1
            edits.append((start, _next_line(block, item.end_mark.index), ""))
    last = value.value[-1]
    dash = block.rfind("-", 0, last.start_mark.index)
    indent = " " * (dash - block.rfind("\n", 0, dash) - 1)
    after = _next_line(block, _end(last))
    ended = block[:after].endswith("\n")
    lines = [f"{indent}- {_quoted(one)}" for one in new]
    text = "".join(f"{line}{eol}" if ended else f"{eol}{line}" for line in lines)
    return [*edits, (after, after, text)] if lines else edits


def _key_edits(block: str, facts: Report, added: list[str], eol: str) -> list[Edit]:
    lines = key_lines(stated(facts, added))
    found = _entry(block, KEY)
    if found is None:
        return [_appended(block, lines, eol)]
    key, value = found
    return [(key.start_mark.index, _end(value), eol.join(lines))]


def _entry(block: str, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    """The key and the value of this name; of several the last, which is the one that counts."""
    root = yaml.compose(block, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next((pair for pair in reversed(pairs) if pair[0].value == name), None)


def _end(node: yaml.Node) -> int:
    """Where a value ends. A collection in block style ends, for the parser, where the next thing starts."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _next_line(block: str, index: int) -> int:
    found = block.find("\n", index)
    return len(block) if found < 0 else found + 1


def _appended(block: str, lines: Iterable[str], eol: str) -> Edit:
    return len(block), len(block), "".join(f"{eol}{line}" for line in lines)


def _source(block: str, item: yaml.Node) -> str:
    text = block[item.start_mark.index : item.end_mark.index]
    plain = isinstance(item, yaml.ScalarNode) and item.style is None
    return _quoted(item.value) if plain and set(text) & set(",[]{}") else text


def _quoted(text: str) -> str:
    return datasets_lines([text])[1].removeprefix("- ")


def _apply(block: str, edits: list[Edit]) -> str:
    pieces = []
    copied = 0
    for start, end, text in sorted(edits, key=lambda edit: edit[:2]):
        pieces += [block[copied:start], text]
        copied = end
    return "".join([*pieces, block[copied:]])


def _check(new: str, expected: dict[Any, Any]) -> None:
    """Nothing but our changes may be seen by who loads it. Compared as written, since NaN is not equal to itself."""
    try:
        same = repr(yaml.safe_load(new)) == repr(expected)
    except (yaml.YAMLError, ValueError):
        same = False
    if not same:
        raise UsageError("its metadata is written in a way that cannot be edited in place: write `datasets` as a list")
