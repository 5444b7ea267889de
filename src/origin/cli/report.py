from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from origin.cli.arguments import add_command
from origin.cli.orderly import orderly
from origin.cli.output import answer, document
from origin.cli.record import opened
from origin.cli.writing import add_output
from origin.errors import UsageError
from origin.export.clock import now
from origin.export.files import write_whole
from origin.query.engine import find_session
from origin.query.run import find_run, sessions_of
from origin.regulators import json, markdown
from origin.regulators.answers import Answers, load_answers
from origin.regulators.domains import hosts
from origin.regulators.evidence import Context
from origin.regulators.fill import TO_BE_CONFIRMED, TO_BE_PROVIDED, fill
from origin.regulators.questionnaire import questionnaire
from origin.regulators.record import CRAWL, gather
from origin.regulators.templates import TEMPLATES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from origin.cli.arguments import Parser, Subparsers
    from origin.regulators.domains import Hosts
    from origin.regulators.fill import Filled
    from origin.storage.reads import Reader, StoredSession

_DOCUMENTS = {template.name: template for template in TEMPLATES}
_FORMATS = {"md": markdown.rendered, "json": json.rendered}
_ANNEX = ".hosts.csv"


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "report",
        run,
        summary="draft a document for regulators from sessions and a file of answers",
        usage="DOCUMENT (SESSION ... | --run RUN) [--answers FILE] [--format md|json] [-o FILE [--force]] | "
        "--init-answers [-o FILE [--force]]",
        about="Documents are eu-ai-act (public summary of training content, Regulation (EU) 2024/1689, Article "
        "53(1)(d)), ab2013 (Cal. Civ. Code 3111) and annex-iv (Annex IV, point 2(d)). Each field is filled from the "
        "record, pre-filled to be confirmed, answered in the answers file, or marked as to be provided. --init-answers "
        "writes the questionnaire. With -o, eu-ai-act writes the list of hosts beside FILE, as FILE" + _ANNEX + ", if "
        "samples have URLs. A draft for a person to complete, never legal advice.",
        examples="origin report --init-answers -o answers.toml\n"
        "origin report eu-ai-act latest --answers answers.toml -o summary.md\n"
        "origin report ab2013 3f2a 77c0 --answers answers.toml --format json\n"
        "origin report eu-ai-act --run job-7",
    )
    parser.add_argument("document", metavar="DOCUMENT", nargs="?", help=", ".join(_DOCUMENTS))
    parser.add_argument(
        "sessions", metavar="SESSION", nargs="*", help="the start of a session id, or `latest`; several of one run"
    )
    parser.add_argument(
        "--run", dest="of_run", metavar="RUN", help="all sessions of a run: the start of its id, or `latest`"
    )
    parser.add_argument("--init-answers", action="store_true", help="write the questionnaire, as TOML")
    parser.add_argument("--answers", metavar="FILE", help="what people answered, as TOML; it is never changed")
    parser.add_argument("--format", choices=sorted(_FORMATS), metavar="FORMAT", help="md (default) or json")
    parser.add_argument(
        "--now", metavar="TIME", help="the document's clock (else SOURCE_DATE_EPOCH, else the system's)"
    )
    add_output(parser)
    return parser


@orderly
def run(arguments: argparse.Namespace) -> int:
    if arguments.force and arguments.output is None:
        raise UsageError("--force replaces a file: name it by -o FILE")
    if arguments.init_answers:
        return _questionnaire(arguments)
    if arguments.document not in _DOCUMENTS:
        found = "is missing" if arguments.document is None else f"is {arguments.document!r:.80}"
        raise UsageError(f"DOCUMENT {found}: it is one of {', '.join(_DOCUMENTS)}; see `origin report --help`")
    if bool(arguments.sessions) == (arguments.of_run is not None):
        raise UsageError(
            "SESSION and --run RUN are given: name sessions, or a run"
            if arguments.sessions
            else "SESSION is missing: give the start of a session id, or `latest`, or a run by --run RUN"
        )
    clock = now(arguments.now)
    answers = Answers() if arguments.answers is None else load_answers(Path(arguments.answers))
    template = _DOCUMENTS[arguments.document]
    with opened(arguments) as reader, ExitStack() as stack:
        sessions = _sessions(reader, arguments)
        record = gather(reader, sessions)
        listed = None
        if template.name == "eu-ai-act" and (record.of(CRAWL) or _answered(answers, "crawlers_used") is not False):
            small = _answered(answers, "small_enterprise") is True
            listed = stack.enter_context(hosts(reader, sessions, small=small))
        context = Context(record, clock, listed, _annex_name(arguments, listed))
        _deliver(arguments, reader, fill(template, context, answers))
    return 0


def _answered(answers: Answers, key: str) -> object:
    return answers.values.get(("eu_ai_act", key))


def _questionnaire(arguments: argparse.Namespace) -> int:
    if any(getattr(arguments, name) is not None for name in ("document", "answers", "format", "now", "of_run")):
        raise UsageError("--init-answers writes the questionnaire for all documents: give it alone, or with -o FILE")
    if arguments.output is None and arguments.json:
        answer(arguments, {"questionnaire": "".join(questionnaire())}, [])
    elif arguments.output is None:
        document(arguments, questionnaire())
    else:
        write_whole(Path(arguments.output), questionnaire(), force=arguments.force)
        answer(arguments, {"path": arguments.output}, [f"{arguments.output} was written"])
    return 0


def _sessions(reader: Reader, arguments: argparse.Namespace) -> list[StoredSession]:
    if arguments.of_run is not None:
        return sessions_of(reader, find_run(reader, arguments.of_run))
    found = {session.row: session for session in (find_session(reader, name) for name in arguments.sessions)}
    runs = {session.begin.run_id for session in found.values()}
    if len(found) > 1 and (len(runs) > 1 or None in runs):
        raise UsageError("the sessions are not of one run: give those of one, or one session at a time")
    return [found[row] for row in sorted(found)]


def _annex_name(arguments: argparse.Namespace, listed: Hosts | None) -> str | None:
    if listed is None or not listed.number or arguments.output is None:
        return None
    return Path(arguments.output).name + _ANNEX


def _deliver(arguments: argparse.Namespace, reader: Reader, filled: Filled) -> None:
    form = arguments.format or ("json" if arguments.json and arguments.output is None else "md")
    pieces = _FORMATS[form](filled)
    if arguments.output is None:
        document(arguments, pieces)
        return
    path = Path(arguments.output)
    written = _write(arguments, reader, path, pieces, filled)
    ids = [one.session.begin.session_id for one in filled.context.record.sessions]
    states = filled.counts()
    facts = {
        "sessions": ids,
        "document": filled.template.name,
        "path": str(path),
        "annexes": [str(one) for one in written],
        "states": states,
    }
    lines = [f"{one} was written" for one in (path, *written)]
    answer(
        arguments,
        facts,
        [*lines, f"to be provided: {states[TO_BE_PROVIDED]}, to be confirmed: {states[TO_BE_CONFIRMED]}"],
    )


def _write(
    arguments: argparse.Namespace, reader: Reader, path: Path, pieces: Iterable[str], filled: Filled
) -> list[Path]:
    """Write the document, with its annex first: one that names a file which is not there would be worse."""
    context = filled.context
    annexes = [path.with_name(context.annex)] if context.annex is not None else []
    _check_free(arguments, reader, [path, *annexes])
    existed = [os.path.lexists(one) for one in annexes]
    try:
        if context.hosts is not None:
            for annex in annexes:
                write_whole(annex, context.hosts.csv(), force=arguments.force)
        write_whole(path, pieces, force=arguments.force)
    except BaseException:
        for annex, before in zip(annexes, existed, strict=True):
            if not before:
                annex.unlink(missing_ok=True)
        raise
    return annexes


def _check_free(arguments: argparse.Namespace, reader: Reader, paths: Iterable[Path]) -> None:
    protected = [reader.path, *([Path(arguments.answers)] if arguments.answers is not None else [])]
    for path in paths:
        for one in protected:
            if path.exists() and one.exists() and one.samefile(path):
                raise UsageError(f"{path} is the {'database' if one == reader.path else 'answers file'}: name another")
        if os.path.lexists(path) and not arguments.force:
            raise UsageError(f"{path} exists already: name another file, or give --force to replace it")
