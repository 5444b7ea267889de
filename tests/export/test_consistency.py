"""Every fact that an export states is compared with the record: each leaf of each document is changed once."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
import tracemalloc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from export.documents import NOW, record_licenses
from export.statement_sessions import record_mixed
from export.tracked_sessions import record_hostile, record_sources
from query.recordings import record, record_rich

from origin.cli.export import FORMATS
from origin.export import croissant
from origin.export.consistency import Checked, check_file, check_format
from origin.export.files import write_directory, write_whole
from origin.export.recorded import Record
from origin.licenses.rule_set import RULE_SET
from origin.query.engine import find_session
from origin.storage.reads import Reader
from origin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SESSIONS: dict[str, Callable[[Path], Any]] = {
    "mixed": record_mixed,
    "running": lambda path: record_mixed(path, None),
    "failed": lambda path: record_mixed(path, "failed"),
    "sources": record_sources,
    "hostile": record_hostile,
    "licences": record_licenses,
    "rich": record_rich,
    "empty": lambda path: record(path, []),
    "keyed": lambda path: record(path, [[b"a"]], key=b"k" * 32),
    "without a licence": lambda path: record(path, [[b"a"]], license_id=None),
}
ONE_DOCUMENT = ("cyclonedx", "cyclonedx17", "spdx", "intoto", "prov")


@contextmanager
def recorded(path: Path) -> Iterator[tuple[Record, Reader]]:
    with Reader(path) as reader:
        yield Record(reader, find_session(reader, "latest"), NOW), reader


@pytest.mark.parametrize("name", SESSIONS)
def test_all_formats_of_a_session_state_its_facts(path: Path, tmp_path: Path, name: str) -> None:
    SESSIONS[name](path)
    (tmp_path / "made").mkdir()
    with recorded(path) as (facts, reader):
        session = facts.report.session
        checked = [check_format(facts, reader, session, NOW, form, tmp_path / "made") for form in FORMATS]
    assert [one.discrepancies for one in checked] == [()] * len(FORMATS)
    assert [one.format for one in checked] == list(FORMATS)
    assert [one.not_stated for one in checked] == [()] * len(FORMATS)


Where = tuple[str | int, ...]
INSIDE = "<json>"
"""A step of a path into JSON that stands in a string."""


def leaves(value: Any, where: Where = ()) -> Iterator[tuple[Where, Any]]:
    inner = parsed(value)
    if inner is not None:
        yield from leaves(inner, (*where, INSIDE))
    elif isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*where, key))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from leaves(item, (*where, number))
    else:
        yield where, value


def parsed(value: Any) -> Any:
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(value) or None
    except ValueError:
        return None


def other(value: Any) -> Any:
    """A value of the same kind, as somebody would forge it."""
    if value is None or isinstance(value, str):
        return f"{value or ''}x"
    return not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else ["x"]


def changed(document: Any, where: Where, new: Callable[[Any], Any] | None) -> Any:
    """A copy with the leaf changed by `new`, or left out."""
    if not where:
        assert new is not None
        return new(document)
    step, *rest = where
    if step == INSIDE:
        return json.dumps(changed(json.loads(document), tuple(rest), new), sort_keys=True)
    made = document.copy()
    if rest or new is not None:
        made[step] = changed(document[step], tuple(rest), new)
    else:
        del made[step]
    return made


def shown(document: Any, where: Where) -> str:
    """The place in words: an item of a list by its type where it has one, digests and ids as `*`."""
    names = []
    for step in where:
        document = json.loads(document) if step == INSIDE else document[step]
        kind = document.get("type", document.get("name")) if isinstance(document, dict) else None
        names.append(f"[{kind if isinstance(kind, str) else ''}]" if isinstance(step, int) else f".{step}")
    return re.sub("[0-9a-f]{32,}|(?<=_:[a-z])[0-9]+", "*", "".join(names).removeprefix("."))


def survivors(facts: Record, document: Any, write: Callable[[Any], Path]) -> set[str]:
    """Leaves that can be changed or left out and nobody sees it. A value that is not known may be left out."""
    found = set()
    assert check_file(facts, write(document)).agrees
    for where, value in leaves(document):
        for new in (other, None):
            if new is None and (value is None or value == [] or not isinstance(where[-1], str) or where[-1] == INSIDE):
                continue
            if check_file(facts, write(changed(document, where, new))).agrees:
                found.add(f"{'-' if new is None else ''}{shown(document, where)}")
    return found


def exported(form: str, facts: Record, reader: Reader) -> str:
    module = importlib.import_module(f"origin.export.{form}")
    return "".join(module.export(reader, facts.report.session, NOW))


# What is no fact of the session: the same words in every export, prose for people, and who wrote the export when.
# A sentence may go on after its numbers: those are changed one by one in a test of their own.
PROSE = r".*[.:](notice|exported_by)"
NOT_COMPARED = {
    "json": "nothing",
    "jsonl": "nothing",
    "cyclonedx": PROSE.replace(".*[.:]", r"metadata\.properties\[origin:").replace(")", ")\\].(name|value)")
    + r"|metadata\.(timestamp|tools\..*|component\.(type|description))|annotations\[\]\.(annotator\..*|timestamp)|"
    r"components\[machine-learning-model\]\.description|.*\.bom-ref|"
    r"components\[data\]\.externalReferences\[distribution\]\.type|.*\.outputs\[artifact\]\.type|.*\.taskTypes\[\]",
    "spdx": PROSE + r"|@context|@graph\[CreationInfo\]\.(created(By\[\]|Using\[\])?|type)|"
    r"@graph\[(SoftwareAgent|Tool|software_Sbom)\]\.name|@graph\[SpdxDocument\]\.(spdxId|comment)|"
    r"@graph\[ai_AIPackage\]\.description",
    "intoto": PROSE,
    "openlineage": PROSE + r"|.*\.(_producer|_schemaURL)|\[\]\.(producer|job\..*)|.*\.jobType\..*|.*\.dataSource\.name|"
    r".*\.tags\[\]\.source|\[\]\.run\.facets",
    "prov": PROSE,
}
NOT_COMPARED["cyclonedx17"] = NOT_COMPARED["cyclonedx"]
LINES = ("jsonl", "openlineage")


@pytest.mark.parametrize("form", NOT_COMPARED)
def test_no_fact_in_a_document_can_be_changed_or_left_out_unseen(path: Path, tmp_path: Path, form: str) -> None:
    record_mixed(path)

    def write(document: Any) -> Path:
        lines = document if form in LINES else [document]
        file = tmp_path / "document"
        file.write_text("\n".join(map(json.dumps, lines)))
        return file

    with recorded(path) as (facts, reader):
        text = exported(form, facts, reader)
        document = list(map(json.loads, text.splitlines())) if form in LINES else json.loads(text)
        found = survivors(facts, document, write)
    assert [one for one in sorted(found) if not re.fullmatch(f"-?({NOT_COMPARED[form]})", one)] == []


def made(facts: Record, reader: Reader, directory: Path) -> Path:
    write_directory(directory, croissant.files(reader, facts.report.session, NOW))
    return directory


CROISSANT_PROSE = (
    PROSE + r"|@context.*|@type|conformsTo\[\]|creator\..*|datePublished|citeAs|description|rai:.*|"
    r"distribution\[.*\]\.(@id|name|description|encodingFormat|@type)|recordSet\[.*\]\..*|prov:wasGeneratedBy\."
    r"(@type|prov:wasAssociatedWith\..*|@id)|prov:wasDerivedFrom\[\]\.(@type|prov:wasAttributedTo\.@type)"
)


def test_no_fact_in_the_metadata_of_croissant_can_be_changed_unseen(path: Path, tmp_path: Path) -> None:
    record_mixed(path)
    with recorded(path) as (facts, reader):
        directory = made(facts, reader, tmp_path / "made")
        file = directory / "metadata.json"

        def write(document: Any) -> Path:
            file.write_text(json.dumps(document))
            return directory

        found = survivors(facts, json.loads(file.read_text()), write)
    assert [one for one in sorted(found) if not re.fullmatch(f"-?({CROISSANT_PROSE})", one)] == []


@pytest.mark.parametrize("name", ["observations", "sources", "gaps"])
def test_no_fact_in_the_files_of_croissant_can_be_changed_even_with_their_digests(
    path: Path, tmp_path: Path, name: str
) -> None:
    record_mixed(path)
    with recorded(path) as (facts, reader):
        directory = made(facts, reader, tmp_path / "made")
        file = directory / f"{name}.jsonl"

        def write(document: Any) -> Path:
            content = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in document).encode()
            file.write_bytes(content)
            metadata = json.loads((directory / "metadata.json").read_text())
            (described,) = [one for one in metadata["distribution"] if one["name"] == file.name]
            described |= {"sha256": hashlib.sha256(content).hexdigest(), "contentSize": f"{len(content)} B"}
            (directory / "metadata.json").write_text(json.dumps(metadata))
            return directory

        document = [json.loads(line) for line in file.read_text().splitlines()]
        found = survivors(facts, document, write)
        shorter = check_file(facts, write(document[:-1]))
    assert found == set()
    assert not shorter.agrees


def test_bytes_that_are_not_those_of_the_digest_are_found(path: Path, tmp_path: Path) -> None:
    record_mixed(path)
    with recorded(path) as (facts, reader):
        directory = made(facts, reader, tmp_path / "made")
        with (directory / "sources.jsonl").open("a") as file:
            file.write("{}\n")
        found = check_file(facts, directory)
        (directory / "observations.jsonl").unlink()
        missing = check_file(facts, directory / "metadata.json")
    assert {"sha256", "contentSize", "lines"} <= {one.field for one in found.discrepancies}
    assert ("file", "observations.jsonl") in {(one.field, one.place) for one in missing.discrepancies}


def test_no_fact_in_a_model_card_can_be_changed_unseen(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    file = tmp_path / "README.md"
    with recorded(path) as (facts, reader):
        text = exported("huggingface", facts, reader)
        # Values of our key, cells of tables, the root, the command.
        spots = list(re.finditer(r"(?<=: )\S.*|(?<=\| )[^|\n]+(?= \|)|(?<=^    )\S.*|(?<=- )\S.*", text, re.MULTILINE))
        unseen = set()
        for spot in spots:
            forged = re.sub(r"(\w)(?=\W*$)", lambda last: "7" if last[1] != "7" else "8", spot[0], count=1)
            assert forged != spot[0] or not re.search(r"\w", spot[0])
            file.write_text(text[: spot.start()] + forged + text[spot.end() :])
            if forged != spot[0] and check_file(facts, file).agrees:
                unseen.add(text[: spot.end()].splitlines()[-1][:40] if ":" in spot[0] else spot[0])
    assert len(spots) > 90
    assert unseen == {
        "Written by",
        f"Origin {VERSION}, licence rules {RULE_SET}",
        f'"Origin {VERSION}"',
        '"Licence verdicts are flags for human review, never legal advice."',
    }


@pytest.mark.parametrize("form", ["spdx", "croissant"])
def test_a_number_in_a_sentence_is_compared(path: Path, tmp_path: Path, form: str) -> None:
    record_mixed(path)
    with recorded(path) as (facts, reader):
        if form == "croissant":
            file = made(facts, reader, tmp_path / "made") / "metadata.json"
            holders = [json.loads(file.read_text())]
            names = ("description", "citeAs", "rai:dataCollectionMissingData")
        else:
            file = tmp_path / "document"
            file.write_text(exported(form, facts, reader))
            holders = json.loads(file.read_text())["@graph"]
            names = ("ai_informationAboutTraining",)
        text = file.read_text()
        count = 0
        for holder in holders:
            for sentence in (holder[name] for name in names if name in holder):
                for found in re.finditer(r"[0-9a-f]{64}|(?<![\d.])\d+(?= (obs|dist|batch|have|entr))", sentence):
                    last = (int(found[0][-1], 16) + 1) % 10
                    forged = f"{sentence[: found.end() - 1]}{last}{sentence[found.end() :]}"
                    file.write_text(text.replace(json.dumps(sentence), json.dumps(forged)))
                    assert file.read_text() != text
                    assert not check_file(facts, file).agrees, forged
                    count += 1
    assert count >= 6


def test_a_model_that_is_said_to_be_trained_on_what_was_delivered_is_found(path: Path, tmp_path: Path) -> None:
    record_mixed(path)
    with recorded(path) as (facts, reader):
        file = tmp_path / "document"
        file.write_text(exported("spdx", facts, reader).replace('"dependsOn"', '"trainedOn"'))
        found = {(one.field, one.place) for one in check_file(facts, file).discrepancies}
    assert ("trained_on", "trainedOn") in found
    assert {"trainedOn", "dependsOn"} < {place for _, place in found}


def parts(value: Any, where: Where = ()) -> Iterator[Where]:
    yield where
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from parts(item, (*where, step))


@pytest.mark.parametrize("form", [*NOT_COMPARED, "croissant"])
def test_whatever_stands_in_a_document_is_told_as_a_discrepancy_and_raises_nothing(
    path: Path, tmp_path: Path, form: str
) -> None:
    record(path, [[b"a"], [b"b", object()]])
    with recorded(path) as (facts, reader):
        file = tmp_path / "document"
        if form == "croissant":
            file = made(facts, reader, tmp_path / "made") / "metadata.json"
            text = file.read_text()
        else:
            text = exported(form, facts, reader)
        document = list(map(json.loads, text.splitlines())) if form in LINES else json.loads(text)
        for where in parts(document):
            if "@context" in where:
                continue
            for odd in (None, 7, "x", [], {}, [[]], {"@id": []}, 1e400):
                spoiled = changed(document, where, lambda _old, odd=odd: odd)
                file.write_text("\n".join(map(json.dumps, spoiled if form in LINES and where else [spoiled])))
                assert isinstance(check_file(facts, file), Checked)


@pytest.mark.parametrize("form", ["json", "jsonl", "croissant"])
def test_memory_does_not_grow_with_the_number_of_batches(tmp_path: Path, form: str) -> None:
    peaks = []
    for batches in (20, 400):
        path = tmp_path / f"{batches}.db"
        record(path, [[b"%d" % (number * 50 + item) for item in range(50)] for number in range(batches)])
        with recorded(path) as (facts, reader):
            file = tmp_path / f"{batches}.export"
            if form == "croissant":
                made(facts, reader, file)
            else:
                write_whole(file, [exported(form, facts, reader)])
            tracemalloc.start()
            assert check_file(facts, file).agrees
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0] + 100_000
