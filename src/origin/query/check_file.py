"""What a file must be, beside its sessions: our tables and no others, whole pages, sources that are what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.core.record import Source
from origin.errors import UnreadableDatabaseError
from origin.query.findings import Findings, columns, mistyped, plain
from origin.storage import schema
from origin.storage.connection import definitions
from origin.storage.raw import SESSION_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.query.findings import Finding
    from origin.storage.raw import RawReader

_FILE = columns(id="integer", created_at="integer", origin_version="text", key_id="text null")
_SOURCE = columns(
    id="integer",
    digest="blob",
    source_id="text",
    license_id="text null",
    uri="text null",
    category="text null",
    revision="text null",
    owner="text null",
    acquired_at="text null",
    metadata="text",
    claims="text",
)


def check_file(reader: RawReader) -> list[Finding]:
    """Raises UnreadableDatabaseError for a file of a newer minor version with tables that are not known here."""
    findings = Findings()
    _check_definitions(reader, findings)
    for part in (_check_pages, _check_description, _check_orphans):
        try:
            part(reader, findings)
        except UnreadableDatabaseError as error:
            findings.add("file", str(error))
    return findings.found


def check_sources(reader: RawReader) -> tuple[dict[int, Source], list[Finding]]:
    """The declarations by row, and what is wrong with others. A wrong one whose text can be read is among them."""
    findings = Findings()
    sources: dict[int, Source] = {}
    rows = set()
    try:
        for row, digest, *fields in reader.source_rows():
            rows.add(row)
            where = f"source row {row}"
            for wrong in mistyped(_SOURCE, (row, digest, *fields)):
                findings.add(where, wrong)
            try:
                source = sources[row] = Source.from_fields(plain(fields))
            except (ValueError, TypeError, RecursionError) as error:
                findings.add(where, f"the claims are malformed ({error})")
                continue
            if source.fields() != plain(fields):
                findings.add(where, "the claims are not written as Origin writes them")
            if source.digest() != digest:
                findings.add(where, f"the declaration of {source.source_id!r} is not the one that its digest names")
    except UnreadableDatabaseError as error:
        findings.add("sources", str(error))
    _check_numbering(rows, "source", findings)
    return sources, findings.found


def check_session_rows(rows: list[object], keys: set[object], reader: RawReader) -> list[Finding]:
    """Sessions are numbered without a break, as none is ever deleted, and all have the file's key."""
    findings = Findings()
    _check_numbering(rows, "session", findings)
    try:
        stored = {row[3] for row in reader.file_rows()}
    except UnreadableDatabaseError:
        return findings.found  # check_file has told
    if len(stored) == 1 and keys - stored:
        findings.add("file", "its key is not the one that its sessions were recorded with")
    return findings.found


def _check_numbering(rows: Iterable[object], table: str, findings: Findings) -> None:
    # Rows are numbered from 1 and never deleted: a missing number was deleted. Numbers may be huge: no range here.
    before = 0
    for row in sorted({row for row in rows if type(row) is int}):
        if row > before + 1:
            findings.add(f"{table} rows", f"{_span(before + 1, row - 1)} missing before {table} row {row}")
        before = row


def _span(first: int, last: int) -> str:
    return f"row {first} is" if first == last else f"rows {first} to {last} are"


def _check_definitions(reader: RawReader, findings: Findings) -> None:
    expected = definitions(min(reader.format(), schema.VERSION) % 1000)
    found = reader.definitions()
    if found != expected and reader.format() > schema.VERSION:
        raise UnreadableDatabaseError(
            f"{reader.path} was written by a newer Origin, with tables unknown here: upgrade Origin to verify it"
        )
    for kind, name in expected.keys() - found.keys():
        findings.add(f"{kind} {name}", "is missing")
    for kind, name in found.keys() - expected.keys():
        findings.add(f"{kind} {name}", "is none of Origin's: it was added")
    for kind, name in expected.keys() & found.keys():
        if expected[kind, name] != found[kind, name]:
            findings.add(f"{kind} {name}", "has another definition than Origin gave it")
    findings.found.sort(key=lambda finding: (finding.where, finding.what))


def _check_pages(reader: RawReader, findings: Findings) -> None:
    for complaint in reader.complaints():
        findings.add("SQLite", complaint)


def _check_description(reader: RawReader, findings: Findings) -> None:
    rows = list(reader.file_rows())
    if [row[0] for row in rows] != [1]:
        findings.add("file", f"it has {len(rows)} descriptions of itself where one belongs")
    for row in rows:
        for wrong in mistyped(_FILE, row):
            findings.add("file", wrong)


def _check_orphans(reader: RawReader, findings: Findings) -> None:
    for table in SESSION_TABLES:
        try:
            for session, count in reader.orphans(table):
                rows = "1 row belongs" if count == 1 else f"{count} rows belong"
                findings.add(f"{table} rows", f"{rows} to session row {session!r:.40}, which does not exist")
        except UnreadableDatabaseError as error:
            findings.add(f"{table} rows", str(error))
