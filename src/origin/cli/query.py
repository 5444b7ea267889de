from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from origin.cli.arguments import add_command
from origin.cli.output import ADVICE, answer, counted, license_text, table
from origin.cli.record import opened
from origin.licenses.rule_set import RULE_SET
from origin.query.presence import find_license

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from origin.cli.arguments import Parser, Subparsers
    from origin.query.presence import Branch, LicensePresence

_LACKING = {
    "unknown": "nothing is claimed, or nothing that can be read",
    "no-license": "it is claimed that no licence is granted",
}
_SHOWN = 6
"""Candidates that a line names."""
_HEADERS = ("session", "status", "observations", "samples", "sources")


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "query",
        run,
        summary="tell whether a licence is present, and where",
        usage="LICENSE",
        about="Claims are compared by what they mean: GPL-3.0-or-later is found in `MIT OR GPL-3.0-or-later`, through "
        "that branch, and under its deprecated names; MIT is no part of MIT-0. A claim that may mean several licences "
        "is told apart: it makes none of them present. Of a question that may mean several, such as GPLv3, each is "
        "looked for; `GPL-*` finds the licences whose ids begin so. `unknown` or NOASSERTION finds the sources of "
        "which nothing is claimed, or nothing that can be read; `no-license` or NONE those that are claimed to grant "
        "none, which is another thing. Exit code 1 when no session used it. It flags for human review and is no legal "
        "advice.",
        examples="origin query MIT\norigin query cc-by-4.0 --quiet && echo present\n"
        "origin query 'GPL-3.0-only OR GPL-3.0-or-later'\norigin query 'CC-BY-NC-*'\norigin query unknown",
    )
    parser.add_argument(
        "license",
        metavar="LICENSE",
        help="an SPDX id, its beginning and *, an expression, a claim as it was stated, unknown or no-license",
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments) as reader:
        found = find_license(reader, arguments.license)
    sessions = [
        {
            "session_id": use.session.begin.session_id,
            "observations": use.observations,
            "samples": use.samples,
            "sources": list(use.sources),
            "branches": [asdict(branch) for branch in use.branches],
        }
        for use in found.uses
    ]
    document = {
        "license": found.license_id,
        "status": found.status,
        "candidates": list(found.candidates),
        "matched": list(found.matched),
        "present": bool(found.uses),
        "declared": found.declared,
        "sessions": sessions,
        "possible": list(found.possible),
        "lacking": found.lacking,
        "rule_set": RULE_SET,
    }
    answer(arguments, document, [*_lines(found), "", ADVICE])
    return 0 if found.uses else 1


def _lines(found: LicensePresence) -> Iterator[str]:
    if found.uses:
        yield _present(found)
        yield ""
        yield from table(
            _HEADERS,
            [
                (
                    use.session.begin.session_id[:12],
                    use.session.status,
                    use.observations,
                    use.samples,
                    ", ".join(use.sources),
                )
                for use in found.uses
            ],
        )
        branches = {branch for use in found.uses for branch in use.branches if branch.through != branch.claim}
        for branch in sorted(branches, key=lambda one: (one.source_id, one.claim)):
            yield f"{branch.source_id}: {_through(branch)}"
    else:
        yield _absent(found)
    for claim in found.possible:
        yield f"perhaps: {license_text(claim)!r} may mean it, among other licences"


def _present(found: LicensePresence) -> str:
    sessions = counted(len(found.uses), "session")
    name = found.license_id if found.lacking is None else f"{found.license_id} ({_LACKING[found.lacking]})"
    if found.status == "ambiguous":
        words = {branch.claim.casefold() for use in found.uses for branch in use.branches}
        itself = ("a claim in these very words",) if found.license_id.casefold() in words else ()
        return f"{_may_mean(found)}; present: {_some((*found.matched, *itself), 'and')}, in {sessions}:"
    if found.status == "pattern" and found.matched:
        return f"{name} is present in {sessions}, as {_some(found.matched, 'and')}:"
    return f"{name} is present in {sessions}:"


def _absent(found: LicensePresence) -> str:
    if found.declared:
        return f"{found.license_id} is not present: a source declares it, but no session used that source"
    if found.status == "ambiguous":
        return f"{_may_mean(found)}; {'none of them is present' if found.candidates else 'name one of them'}"
    if found.status == "unknown" and found.lacking is None:
        return f"{found.license_id!r} names no licence that is known, and no source states it"
    return f"{found.license_id} is not present"


def _may_mean(found: LicensePresence) -> str:
    return f"{found.license_id} may mean {_some(found.candidates, 'or') or 'many licences'}"


def _some(names: Sequence[str], word: str) -> str:
    if len(names) > _SHOWN:
        return f"{', '.join(names[:_SHOWN])} {word} {len(names) - _SHOWN} more"
    return f" {word} ".join(names)


def _through(branch: Branch) -> str:
    if not branch.claim:
        return "nothing is claimed"
    claim = repr(license_text(branch.claim))
    return f"{claim} is claimed" if branch.through in _LACKING else f"through {license_text(branch.through)} of {claim}"
