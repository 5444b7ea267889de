from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from origin.cli.arguments import add_command
from origin.cli.output import ADVICE, answer, facts, table
from origin.licenses.named import named
from origin.licenses.reading import read
from origin.licenses.rule_set import RULE_SET
from origin.licenses.terms import ACTIONS, DUTIES, FACTS, PROHIBITIONS, Terms, terms

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from origin.cli.arguments import Parser, Subparsers
    from origin.licenses.grammar import Element
    from origin.licenses.reading import Reading

_NO_RECORD = "no record of its terms: read the text"


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "license",
        run,
        summary="explain a licence claim: what it names, permits, asks for and forbids",
        usage="TEXT",
        about="TEXT is read as claims are: an SPDX id or expression, a name, an address, a Hub tag, a classifier. Each "
        "term comes with the clause it rests on. Needs no database. Exit code 1 when the text names no licence for "
        "sure. This is a reading for human review, never legal advice.",
        examples="origin license CC-BY-SA-4.0\norigin license 'MIT OR GPL-3.0-or-later' --json\norigin license gemma",
    )
    parser.add_argument("text", metavar="TEXT", help="a licence as somebody wrote it")
    return parser


def run(arguments: argparse.Namespace) -> int:
    reading = read(arguments.text)
    elements = list(reading.expression.elements) if reading.expression is not None else []
    unique = list(dict.fromkeys(elements))
    document = {
        "text": reading.text,
        "status": reading.status,
        "expression": None if reading.expression is None else str(reading.expression),
        "candidates": list(reading.candidates),
        "rule": reading.rule,
        "choices": [[str(element) for element in alternative] for alternative in reading.alternatives],
        "licenses": [_document(element) for element in unique],
        "rule_set": RULE_SET,
    }
    answer(arguments, document, _lines(reading, unique))
    return 0 if elements else 1


def _document(element: Element) -> dict[str, Any]:
    found = named(element.license)
    record = terms(element)
    return {
        "id": str(element),
        "name": found.name,
        "url": found.url or None,
        "terms": None if record is None else _terms(record),
    }


def _terms(record: Terms) -> dict[str, Any]:
    duties = {word: {**asdict(duty), "on": sorted(duty.on)} for word, duty in record.duties.items()}
    return {
        "actions": _cells(record.actions, ACTIONS),
        "duties": {word: duties[word] for word in DUTIES if word in duties},
        "prohibitions": _cells(record.prohibitions, PROHIBITIONS),
        "facts": _cells(record.facts, FACTS),
    }


def _cells(cells: Mapping[str, Any], words: tuple[str, ...]) -> dict[str, Any]:
    return {word: asdict(cells[word]) for word in words if word in cells}


def _lines(reading: Reading, elements: list[Element]) -> Iterator[str]:
    pairs: list[tuple[str, object]] = [("claim", reading.text), ("status", reading.status)]
    if reading.expression is not None:
        pairs.append(("expression", str(reading.expression)))
    pairs.append(("rule", reading.rule))
    if reading.candidates:
        pairs.append(("may mean", ", ".join(reading.candidates)))
    if len(reading.alternatives) > 1:
        alternatives = (" AND ".join(map(str, alternative)) for alternative in reading.alternatives)
        pairs.append(("choices", "; or ".join(alternatives)))
    yield from facts(pairs)
    for element in elements:
        yield ""
        yield from _element(element)
    yield ""
    yield ADVICE


def _element(element: Element) -> Iterator[str]:
    found = named(element.license)
    yield f"{element}: {found.name}"
    if found.url:
        yield found.url
    record = terms(element)
    if record is None:
        yield _NO_RECORD
        return
    rows = [(word, cell.value, cell.clause) for word in ACTIONS if (cell := record.actions.get(word))]
    rows += [
        (word, f"due on {', '.join(sorted(duty.on))}" + (f": {duty.value}" if duty.value else ""), duty.clause)
        for word in DUTIES
        if (duty := record.duties.get(word))
    ]
    rows += [
        (word, "forbidden" if cell.value == "yes" else f"limit: {cell.value}", cell.clause)
        for word in PROHIBITIONS
        if (cell := record.prohibitions.get(word))
    ]
    rows += [(word, cell.value, cell.clause) for word in FACTS if (cell := record.facts.get(word))]
    yield from table(("term", "reading", "clause"), rows)
