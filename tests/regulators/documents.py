"""Records, and the answers that people could give. Import as `from regulators.documents import ...`."""

from __future__ import annotations

import contextlib
import io
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cli.command import Ran

from origin import ProvenanceDatabase
from origin.cli.arguments import Parser, add_globals, settle
from origin.cli.report import add
from origin.hooks.base import BaseHook, Sample
from origin.regulators.answers import Answers, load_answers
from origin.regulators.domains import hosts
from origin.regulators.evidence import Context
from origin.regulators.fill import Filled, fill
from origin.regulators.questionnaire import questionnaire
from origin.regulators.record import gather
from origin.regulators.templates import TEMPLATES
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from origin.regulators.fields import Field

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BY_NAME = {template.name: template for template in TEMPLATES}


def crawl(numbers: range, site: int = 5) -> list[Sample]:
    return [
        Sample(b"%d" % number, "crawl", number, f"https://h{number % site}.example.org/{number}") for number in numbers
    ]


def record_sources(path: Path, *, run: str | None = None) -> str:
    """One session: 60 crawled samples of five hosts, 38 of a large public dataset, one of a small one, one of another
    that says nothing of itself; two epochs. Returns its id.
    """
    with ProvenanceDatabase(path) as db:
        db.register_source(
            "wiki",
            license_id="CC-BY-SA-4.0",
            uri="https://example.org/wiki",
            category="publicly-available",
            revision="2025-11",
            owner="The Wiki | Foundation",
            acquired_at="2025-11-02",
            metadata={
                "modality": "text",
                "tokens": 2_000_000_000,
                "language": ["en", "de"],
                "collected_from": "2020-01",
                "collected_to": "2025-10",
                "processing": ["deduplicated", "boilerplate removed"],
                "labels": "topics",
            },
        )
        db.register_source("small", category="publicly-available", metadata={"modality": "text", "tokens": 7})
        metadata = {"modality": ["text", "image"], "tokens": 500, "images": 12, "personal_data": True}
        db.register_source("crawl", category="web-crawl", metadata=metadata)
        session = db.begin_session("experiment", run_id=run)
        batch = [
            *crawl(range(60)),
            *(Sample(b"wiki %d" % number) for number in range(38)),
            Sample(b"small", "small"),
            Sample(b"misc", "misc", None, "no address"),
        ]
        wrapped = BaseHook(db, session.session_id, "wiki", "CC-BY-SA-4.0").wrap([batch])
        for _ in range(2):
            list(wrapped)
        session.end()
    return session.session_id


def filled(path: Path, name: str, answers: Answers | None = None) -> Filled:
    """A document of the latest session, as JSON renders it; its list of hosts is gone with the context."""
    with Reader(path) as reader:
        session = reader.latest_session()
        assert session is not None
        with hosts(reader, [session]) as found:
            return fill(BY_NAME[name], Context(gather(reader, [session]), NOW, found), answers or Answers())


def origin_report(path: Path | None, *arguments: str) -> Ran:
    """`origin report ...`, as the command will be; errors are raised."""
    top = Parser(prog="origin", add_help=False, allow_abbrev=False)
    add_globals(top)
    add_globals(add(top.add_subparsers(parser_class=Parser)))
    parsed = top.parse_args([*(["--db", str(path)] if path else []), "report", *arguments])
    settle(parsed)
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    with contextlib.redirect_stdout(out):
        code = parsed.run(parsed)
    out.flush()
    return Ran(code, out.buffer.getvalue().decode(), "")  # type: ignore[attr-defined]


def document(path: Path, name: str, *arguments: str) -> Any:
    ran = origin_report(path, name, "latest", "--format", "json", "--now", NOW.isoformat(), *arguments)
    return json.loads(ran.out)


def entries(found: Any) -> dict[str, Any]:
    """The fields of a document by their keys, without the table."""
    return {field["key"].partition(".")[2]: field for section in found["sections"] for field in section["fields"]}


def sample_answer(field: Field, *, truth: bool = True) -> str:
    """Some answer to a field, as TOML."""
    return {
        "text": '"words of a person"',
        "list": json.dumps(list(field.choices) or ["one", "two"]),
        "boolean": "true" if truth else "false",
        "date": "2026-01-31",
        "month": '"01/2026"',
        "choice": json.dumps(field.choices[0] if field.choices else ""),
    }[field.kind]


def full_answers(directory: Path, *, truth: bool = True) -> Path:
    """The questionnaire with every key answered."""
    fields = {(template.table, field.key): field for template in TEMPLATES for field in template.fields()}
    table = ""
    lines = []
    for line in "".join(questionnaire()).splitlines():
        heading = re.fullmatch(r"\[(\w+)\]", line)
        table = heading[1] if heading else table
        key = re.match(r"#(\w+) =", line)
        if key and table != "about":
            lines.append(f"{key[1]} = {sample_answer(fields[table, key[1]], truth=truth)}")
        else:
            lines.append(line)
    path = directory / "answers.toml"
    path.write_text("\n".join(lines))
    return path


def answers_of(directory: Path, text: str) -> Answers:
    path = directory / "answers.toml"
    path.write_text(text)
    return load_answers(path)
