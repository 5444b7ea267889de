from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cli.command import NOW, Ran, assert_one_line, origin
from export.statement_sessions import record_mixed
from query.recordings import listing, record

from origin.cli.export import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[2] / "docs" / "exports" / "check.md"


@pytest.fixture
def mixed(path: Path) -> Path:
    record_mixed(path)
    return path


def exported(path: Path, form: str, name: str | None = None) -> Path:
    file = path.parent / (name or f"made.{form}")
    assert origin(path, "export", "latest", "--format", form, "-o", str(file), "--now", NOW).code == 0
    return file


def checked(path: Path, *files: Path) -> Ran:
    return origin(path, "export", "latest", "--check", *map(str, files), "--json")


def test_each_format_agrees_with_the_record_and_nothing_is_left_behind(mixed: Path) -> None:
    before = listing(mixed.parent)
    ran = origin(mixed, "export", "latest", "--check", "--json")
    assert ran.code == 0
    assert [one["format"] for one in ran.json["checked"]] == list(FORMATS)
    assert all(
        one
        == {"format": one["format"], "path": None, "agrees": True, "discrepancies": [], "not_stated": []}
        | {"unreadable": None}
        for one in ran.json["checked"]
    )
    assert listing(mixed.parent) == before


def test_files_are_known_by_their_content(mixed: Path) -> None:
    files = [exported(mixed, form, f"file-{number}") for number, form in enumerate(FORMATS)]
    ran = checked(mixed, *files)
    assert ran.code == 0
    assert [(one["format"], one["path"]) for one in ran.json["checked"]] == list(
        zip(FORMATS, map(str, files), strict=True)
    )


def test_a_forged_number_is_named_with_its_place_and_both_values(mixed: Path) -> None:
    file = exported(mixed, "jsonl")
    lines = file.read_text().splitlines()
    lines[0] = lines[0].replace('"observations":9', '"observations":900')
    file.write_text("\n".join(lines) + "\n")
    ran = checked(mixed, file)
    assert ran.code == 1
    (one,) = ran.json["checked"]
    assert one["agrees"] is False
    assert one["discrepancies"] == [
        {"field": "observations", "place": "the session's line", "expected": 9, "found": 900}
    ]
    text = origin(mixed, "export", "latest", "--check", str(file))
    assert text.out.splitlines() == [
        f"{file} (jsonl): 1 discrepancy",
        "  observations, in the session's line: expected 9, found 900",
    ]


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "croissant"])
def test_a_licence_that_was_changed_is_found(mixed: Path, form: str) -> None:
    file = exported(mixed, form)
    text = file.read_text()
    assert "GPL-2.0-only" in text
    file.write_text(text.replace("GPL-2.0-only", "Apache-2.0"))
    ran = checked(mixed, file)
    assert ran.code == 1
    assert any("license" in found["field"] for found in ran.json["checked"][0]["discrepancies"])


@pytest.mark.parametrize("form", FORMATS)
def test_the_export_of_another_session_is_found(path: Path, form: str) -> None:
    record(path, [[b"a"]])
    file = exported(path, form)
    record(path, [[b"a"]])
    ran = checked(path, file)
    assert ran.code == 1
    fields = {found["field"] for found in ran.json["checked"][0]["discrepancies"]}
    assert {"session_id", "root"} <= fields


def test_a_file_that_was_cut_off_differs_or_cannot_be_read(mixed: Path) -> None:
    for form in ("json", "jsonl", "cyclonedx", "intoto"):
        file = exported(mixed, form)
        content = file.read_bytes()
        file.write_bytes(content[: len(content) * 2 // 3])
        assert checked(mixed, file).code in {1, 2}


def test_all_files_are_told_of_and_what_cannot_be_read_comes_first_in_the_exit_code(mixed: Path) -> None:
    good, forged = exported(mixed, "spdx"), exported(mixed, "prov")
    forged.write_text(forged.read_text().replace('"origin:samples":{"$":"2"', '"origin:samples":{"$":"3"'))
    for name, content in {
        "none": b"",
        "text": b"hello",
        "list": b"[1]",
        "binary": b"\xff\xfe",
        "object": b"{}",
    }.items():
        (mixed.parent / name).write_bytes(content)
    broken = [mixed.parent / name for name in ("none", "text", "list", "binary", "object", "missing")]
    ran = checked(mixed, good, forged, *broken, mixed)
    assert ran.code == 2
    found = ran.json["checked"]
    assert [one["agrees"] for one in found] == [True, *[False] * 8]
    assert [one["unreadable"] is None for one in found] == [True, True, *[False] * 7]
    assert checked(mixed, good, forged).code == 1


def at(document: Any, *steps: Any) -> Any:
    for step in steps:
        document = document[step]
    return document


FLAWS: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "a ref to nothing": (
        "cyclonedx",
        lambda bom: at(bom, "compositions", 0)["dependencies"].append("nowhere"),
        "dangling reference",
    ),
    "a ref twice": (
        "cyclonedx17",
        lambda bom: bom["components"].append({**bom["components"][1], "type": "library"}),
        "duplicate bom-ref",
    ),
    "an id twice": ("spdx", lambda found: found["@graph"].append(found["@graph"][1]), "duplicate spdxId"),
    "an id to nothing": (
        "spdx",
        lambda found: next(one for one in found["@graph"] if one["type"] == "software_Sbom")["element"].append("x"),
        "dangling reference",
    ),
    "an entity to nothing": (
        "prov",
        lambda found: found["wasGeneratedBy"].update(
            {"_:g2": {"prov:entity": "origin:x", "prov:activity": "origin:y"}}
        ),
        "dangling reference",
    ),
    "a digest that is none": (
        "intoto",
        lambda found: found["subject"].append({"name": "model", "digest": {"sha256": "xyz"}}),
        "digest syntax",
    ),
    "a digest in capitals": (
        "intoto",
        lambda found: found["subject"].append({"name": "model", "digest": {"sha256": "A" * 64}}),
        "digest syntax",
    ),
    "a subject twice": ("intoto", lambda found: found["subject"].append(found["subject"][0]), "duplicate name"),
}


@pytest.mark.parametrize("name", FLAWS)
def test_what_validators_do_not_see_is_found(mixed: Path, name: str) -> None:
    form, spoil, field = FLAWS[name]
    file = exported(mixed, form)
    document = json.loads(file.read_text())
    spoil(document)
    file.write_text(json.dumps(document))
    ran = checked(mixed, file)
    assert ran.code == 1
    assert field in {found["field"] for found in ran.json["checked"][0]["discrepancies"]}


def test_ids_of_croissant_that_stand_twice_or_lead_nowhere_are_found(mixed: Path) -> None:
    directory = exported(mixed, "croissant")
    metadata = json.loads((directory / "metadata.json").read_text())
    metadata["recordSet"][0]["field"].append(metadata["recordSet"][0]["field"][0])
    metadata["recordSet"][0]["key"].append({"@id": "nowhere"})
    (directory / "metadata.json").write_text(json.dumps(metadata))
    found = {one["field"] for one in checked(mixed, directory).json["checked"][0]["discrepancies"]}
    assert found == {"duplicate @id", "dangling reference"}


@pytest.mark.parametrize("form", ["json", "jsonl", "intoto"])
def test_a_key_that_stands_twice_is_found_whichever_comes_first(mixed: Path, form: str) -> None:
    file = exported(mixed, form)
    text = file.read_text()
    name = "predicateType" if form == "intoto" else "observations"
    file.write_text(re.sub(rf'"{name}":', f'"{name}":1,"{name}":', text, count=1))
    ran = checked(mixed, file)
    assert ran.code == 1
    assert "duplicate key" in {found["field"] for found in ran.json["checked"][0]["discrepancies"]}


def test_a_signed_statement_is_compared_and_a_forged_payload_found(mixed: Path, tmp_path: Path) -> None:
    import base64

    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key, file = tmp_path / "key.pem", tmp_path / "model.dsse.json"
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    arguments = ("export", "latest", "--format", "intoto", "--model", str(key), "--sign", str(key), "-o", str(file))
    assert origin(mixed, *arguments).code == 0
    ran = checked(mixed, file)
    assert (ran.code, ran.json["checked"][0]["format"]) == (0, "dsse")
    envelope = json.loads(file.read_text())
    payload = base64.b64decode(envelope["payload"]).replace(b"GPL-2.0-only", b"MIT")
    file.write_text(json.dumps({**envelope, "payload": base64.b64encode(payload).decode()}))
    assert checked(mixed, file).code == 1


def test_a_merged_card_is_compared_by_our_parts_alone(mixed: Path) -> None:
    pytest.importorskip("yaml")
    card = mixed.parent / "README.md"
    card.write_text("---\nlicense: mit\ndatasets: [someone/else]\n---\n# Model\n\n| a | b |\n|---|---|\n| c | d |\n")
    exported(mixed, "huggingface", "README.md")
    assert checked(mixed, card).code == 0
    card.write_text(card.read_text() + "\n## Mine\n\nroot of all\n")
    assert checked(mixed, card).code == 0


def test_a_card_that_its_library_rewrote_is_read_with_yaml(mixed: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    card = exported(mixed, "huggingface", "README.md")
    hub.ModelCard.load(card).save(card)
    ran = checked(mixed, card)
    assert (ran.code, ran.json["checked"][0]["discrepancies"]) == (0, [])


@pytest.mark.parametrize("option", [("--format", "json"), ("-o", "x"), ("--force",), ("--to-mlflow", "new")])
def test_options_that_would_do_nothing_are_refused(mixed: Path, option: tuple[str, ...]) -> None:
    ran = origin(mixed, "export", "latest", *option, "--check")
    assert_one_line(ran)
    assert "--check" in ran.err


def test_the_commands_of_the_page_do_what_it_says(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mixed.parent)
    for name, form in {
        "session.jsonl": "jsonl",
        "bom.json": "cyclonedx",
        "README.md": "huggingface",
        "training-data": "croissant",
    }.items():
        exported(mixed, form, name)
    commands = re.findall(r"(?m)^    origin (.*)$", PAGE.read_text())
    assert len(commands) == 2
    for command in commands:
        ran = origin(mixed, *shlex.split(command.replace("SESSION", "latest")))
        assert (ran.code, ran.err) == (0, "")
        assert all(line.endswith(": agrees with the record") for line in ran.out.splitlines())


@pytest.mark.parametrize("layout", ["  - {}", "- {}  # ours", "-   {}", "- '{}'"])
def test_a_card_that_lists_data_sets_in_another_layout_is_read_as_it_is(mixed: Path, layout: str) -> None:
    pytest.importorskip("yaml")
    file = exported(mixed, "huggingface", "README.md")
    text = file.read_text()
    ((line, name),) = re.findall(r'(?m)^(- "(.*)")$', text.partition("origin_provenance")[0])
    file.write_text(text.replace(line, layout.format(name), 1))
    assert checked(mixed, file).code == 0
    file.write_text(text.replace(line, layout.format("somebody/else"), 1))
    assert checked(mixed, file).code == 1


def test_a_pipe_is_not_waited_for(mixed: Path) -> None:
    pipe = mixed.parent / "pipe"
    os.mkfifo(pipe)
    ran = checked(mixed, pipe)
    assert (ran.code, ran.json["checked"][0]["unreadable"]) == (2, "is no file and no directory")


@pytest.mark.parametrize("name", ["json", "jsonl"])
@pytest.mark.parametrize("key", ["key_id", "uri", "key"])
def test_a_key_that_is_missing_is_no_null(mixed: Path, name: str, key: str) -> None:
    file = exported(mixed, name)
    text = file.read_text()
    shorter = re.sub(rf',"{key}":null|"{key}":null,', "", text, count=1)
    assert shorter != text
    file.write_text(shorter)
    assert checked(mixed, file).code == 1
