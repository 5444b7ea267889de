from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PublicFormat,
)
from export.readers import accepted_statement, written_key
from export.statement_sessions import COMMITS, HUB, escaped, facts_of, record_mixed
from query.hostile import STRINGS
from query.recordings import record

from origin import ProvenanceDatabase
from origin.errors import UsageError
from origin.export import dsse, intoto, jsonl
from origin.export.facts import session_facts
from origin.hooks.base import BaseHook, Sample
from origin.query.display import iso
from origin.query.engine import find_session
from origin.storage.reads import Reader
from origin.version import VERSION

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MODEL = {"model.safetensors": "0" * 63 + "1", "config.json": "f" * 64}
PAGE = Path(__file__).parents[2] / "docs" / "exports" / "intoto.md"


def exported(path: Path, subjects: dict[str, str] | None = None, session: str = "latest") -> str:
    with Reader(path) as reader:
        return "".join(intoto.export(reader, find_session(reader, session), NOW, subjects))


def test_the_statement_is_about_the_model_files_and_holds_what_the_record_says(path: Path) -> None:
    session_id = record_mixed(path)
    facts = facts_of(path)
    statement = accepted_statement(exported(path, MODEL))
    assert (statement["_type"], statement["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://slsa.dev/provenance/v1",
    )
    assert statement["subject"] == [
        {"name": name, "digest": {"sha256": digest}} for name, digest in sorted(MODEL.items())
    ]
    definition, details = statement["predicate"]["buildDefinition"], statement["predicate"]["runDetails"]
    assert definition["externalParameters"] == {
        "config_hash": "experiment",
        "metadata": '{"seed":1}',
        "run_id": "run",
        "rank": 0,
        "world_size": 2,
    }
    assert details["builder"] == {"id": "urn:origin-provenance:recorder", "version": {"origin": VERSION}}
    assert facts.session.end is not None
    assert details["metadata"] == {
        "invocationId": session_id,
        "startedOn": iso(facts.session.begin.started_at),
        "finishedOn": iso(facts.session.end.ended_at),
    }
    log, lines = details["byproducts"]
    assert (log["name"], log["digest"]) == (f"origin-session-{session_id}", {"originLogRoot": facts.root})
    said = log["annotations"]
    assert {name: said[name] for name in session_facts(facts)} == {**session_facts(facts), "metadata": '{"seed":1}'}
    assert (said["batches"], said["observations"], said["samples"], said["unfingerprintable"]) == (5, 9, 4, 1)
    assert said["gaps"] == [{"reason": "observer", "gaps": 1, "batches": 1, "observations": None}]
    assert [conflict["licenses"] for conflict in said["conflicts"]] == [["CC-BY-SA-4.0", "GPL-2.0-only"]]
    assert said["exported_by"] == f"Origin {VERSION}"
    assert "no legal advice" in said["notice"]
    assert lines["name"] == f"origin-session-{session_id}.jsonl"


def test_every_declaration_that_delivered_samples_is_a_resolved_dependency(path: Path) -> None:
    record_mixed(path)
    found = accepted_statement(exported(path))["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert [(one["name"], one.get("uri"), one.get("digest")) for one in found] == [
        ("corpus", HUB, {"gitCommit": COMMITS[0]}),
        ("corpus", HUB, {"gitCommit": COMMITS[1]}),
        ("files", None, {"sha256": "a" * 64}),
        ("scraped", None, None),
    ]
    uses = [use for use in facts_of(path).sources if use.observations]
    assert [use.source.source_id for use in uses] == ["corpus", "corpus", "files", "scraped"]
    for one, use in zip(found, uses, strict=True):
        said = one["annotations"]
        assert (said["entry"], said["observations"], said["samples"]) == (use.sequence, use.observations, use.samples)
        assert said["digest"] == use.source.digest().hex()
        assert (said["uri"], said["revision"], said["metadata"]) == (
            use.source.uri,
            use.source.revision,
            use.source.metadata,
        )
    corpus, _, files, scraped = (one["annotations"] for one in found)
    assert (corpus["license"], corpus["license_concluded"], corpus["license_status"]) == (
        "CC-BY-SA-4.0",
        "CC-BY-SA-4.0",
        "resolved",
    )
    assert corpus["claims"][1] == {
        "text": "cc-by-sa-4.0",
        "where": "dataset card",
        "read_at": "2026-01-02T03:04:05Z",
    }
    assert (corpus["owner"], corpus["category"], corpus["acquired_at"]) == (
        "Example Org",
        "publicly-available",
        "2026-01-02",
    )
    assert files["uri"] == "file:///data/a|b"
    assert (scraped["license"], scraped["license_concluded"], scraped["license_status"]) == (
        "NOASSERTION",
        "NOASSERTION",
        "unknown",
    )


def test_without_model_files_the_statement_is_about_the_log_and_its_json_lines(path: Path) -> None:
    session_id = record_mixed(path)
    statement = accepted_statement(exported(path))
    with Reader(path) as reader:
        lines = "".join(jsonl.export(reader, find_session(reader, "latest"), NOW)).encode()
    assert statement["subject"] == [
        {"name": f"origin-session-{session_id}", "digest": {"originLogRoot": facts_of(path).root}},
        {"name": f"origin-session-{session_id}.jsonl", "digest": {"sha256": hashlib.sha256(lines).hexdigest()}},
    ]
    byproducts = statement["predicate"]["runDetails"]["byproducts"]
    assert [{"name": one["name"], "digest": one["digest"]} for one in byproducts] == statement["subject"]


def test_the_digests_of_files_are_what_sha256sum_says(path: Path, tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"weights")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "model.bin").write_bytes(b"others")
    assert intoto.digests([tmp_path / "model.bin"]) == {"model.bin": hashlib.sha256(b"weights").hexdigest()}
    with pytest.raises(UsageError, match=r"two files are named 'model.bin'"):
        intoto.digests([tmp_path / "model.bin", tmp_path / "other" / "model.bin"])
    with pytest.raises(FileNotFoundError):
        intoto.digests([tmp_path / "missing"])


@pytest.mark.parametrize(
    "digest", ["xyz", "", "F" * 64, "f" * 63, "f" * 65, "f" * 63 + "\n", "sha256:" + "f" * 64, None, 7]
)
def test_a_digest_that_is_none_is_refused_in_one_line(path: Path, digest: Any) -> None:
    record(path, [[b"a"]])
    with pytest.raises(UsageError, match=r"^the digest of 'model' is .*64 lower-case") as caught:
        exported(path, {"model": digest})
    assert str(caught.value).isprintable()


def test_subjects_without_a_name_or_of_one_name_are_refused(path: Path) -> None:
    record(path, [[b"a"]])
    with pytest.raises(UsageError, match="name at least one"):
        exported(path, {})
    with pytest.raises(UsageError, match="names no file"):
        exported(path, {"": "0" * 64})
    with pytest.raises(UsageError, match="two files are named"):
        exported(path, {"\ud800": "0" * 64, r"\ud800": "1" * 64})


@pytest.mark.parametrize("text", STRINGS.values(), ids=STRINGS)
def test_hostile_strings_are_data(path: Path, text: str) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source(text, text, text, text, text, text, text, {text: text})
        session = db.begin_session(text, metadata={text: text}, run_id=text)
        list(BaseHook(db, session.session_id, text).wrap([[Sample(b"a", None, 1, text)]]))
    predicate = accepted_statement(exported(path, {text: "0" * 64}))["predicate"]
    (source,) = predicate["buildDefinition"]["resolvedDependencies"]
    assert source["name"] == source["annotations"]["source_id"] == escaped(text)
    assert source["annotations"]["uri"] == source["annotations"]["license"] == escaped(text)
    assert "uri" not in source
    assert "digest" not in source
    assert json.loads(source["annotations"]["metadata"]) == {text: text}
    parameters = predicate["buildDefinition"]["externalParameters"]
    assert (parameters["config_hash"], parameters["run_id"]) == (escaped(text), escaped(text))
    assert json.loads(parameters["metadata"]) == {text: text}
    assert exported(path).isascii()


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("https://example.org/a%20b?c=d#e", True),
        ("s3://bucket/key", True),
        ("file:///data/x", True),
        ("hf://datasets/a/b", True),
        ("https://example.org/a b", False),
        ("https://example.org/%zz", False),
        ("https://example.org/a\n", False),
        ("https://example.org/\u00e9", False),
        ("javascript://%0aalert(1)", False),
        ("JavaScript://%0aalert(1)", False),
        ("data:text/html,x", False),
        ("https://[", False),
        ("https://user:secret@example.org/", False),
        ("/data/x", False),
        ("C:\\data", False),
    ],
)
def test_only_a_uri_stands_as_uri(path: Path, uri: str, named: bool) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source("train", uri=uri)
    record(path, [[b"a"]], license_id=None)
    (source,) = accepted_statement(exported(path))["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert source.get("uri") == (uri if named else None)
    assert source["annotations"]["uri"] == uri


@pytest.mark.parametrize(
    ("uri", "revision", "digest"),
    [
        ("git+https://example.org/x", "a" * 40, {"gitCommit": "a" * 40}),
        ("hf://datasets/x/y", "a" * 40, {"gitCommit": "a" * 40}),
        ("https://example.org/x", "a" * 40, None),
        (None, "sha256:" + "b" * 64, {"sha256": "b" * 64}),
        (None, "b" * 64, None),
        (None, "sha256:xyz", None),
        ("hf://datasets/x/y", "main", None),
    ],
)
def test_a_revision_is_a_digest_only_where_it_is_one_beyond_doubt(
    path: Path, uri: str | None, revision: str, digest: dict[str, str] | None
) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source("train", uri=uri, revision=revision)
    record(path, [[b"a"]], license_id=None)
    (source,) = accepted_statement(exported(path))["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert source.get("digest") == digest


def test_an_empty_session_has_no_dependencies(path: Path) -> None:
    record(path, [])
    predicate = accepted_statement(exported(path))["predicate"]
    assert predicate["buildDefinition"]["resolvedDependencies"] == []
    assert predicate["runDetails"]["byproducts"][0]["annotations"]["observations"] == 0


def test_a_session_that_runs_or_died_has_no_end(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("experiment")
        list(BaseHook(db, session.session_id, "train").wrap([[b"a"]]))
        db.flush()
        running = accepted_statement(exported(path))["predicate"]["runDetails"]
    died = accepted_statement(exported(path))["predicate"]["runDetails"]
    for details, status in ((running, "running"), (died, "interrupted")):
        assert sorted(details["metadata"]) == ["invocationId", "startedOn"]
        assert details["byproducts"][0]["annotations"]["status"] == status
        assert details["byproducts"][0]["annotations"]["ended_at"] is None


def test_the_same_record_gives_the_same_bytes_at_any_time(path: Path) -> None:
    record_mixed(path)
    with Reader(path) as reader:
        session = find_session(reader, "latest")
        later = "".join(intoto.export(reader, session, datetime(2030, 1, 1, tzinfo=UTC), MODEL))
    assert exported(path, MODEL) == later
    assert exported(path, dict(reversed(MODEL.items()))) == later


def test_a_statement_takes_no_more_memory_for_more_batches(path: Path) -> None:
    batch = [b"%d" % number for number in range(100)]
    peaks = []
    for epochs in (20, 400):
        record(path, [batch], epochs=epochs)
        with Reader(path) as reader:
            session = find_session(reader, "latest")
            tracemalloc.start()
            list(intoto.export(reader, session, NOW))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 300_000


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return written_key(tmp_path / "key.pem", ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)))


def test_the_envelope_holds_the_statement_as_it_is_in_whatever_pieces_it_comes(path: Path, key: Path) -> None:
    record_mixed(path)
    statement = exported(path, MODEL)
    text = "".join(dsse.signed([statement], key))
    assert text == "".join(dsse.signed(iter(statement), key))
    document = json.loads(text)
    assert document["payloadType"] == "application/vnd.in-toto+json"
    assert base64.b64decode(document["payload"]).decode() == statement


def test_a_key_that_cannot_sign_is_refused_in_one_line(tmp_path: Path, key: Path) -> None:
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    encrypted = written_key(tmp_path / "encrypted.pem", private, BestAvailableEncryption(b"secret"))
    other = written_key(tmp_path / "ec.pem", ec.generate_private_key(ec.SECP256R1()))
    public = tmp_path / "public.pem"
    public.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "noise.pem").write_bytes(b"\0\xff")
    for file, why in (
        (encrypted, "is encrypted"),
        (other, "is no Ed25519 key"),
        (public, "holds no private key"),
        (tmp_path / "noise.pem", "holds no private key"),
    ):
        with pytest.raises(UsageError, match=why) as caught:
            list(dsse.signed(["{}"], file))
        assert "\n" not in str(caught.value)
    with pytest.raises(FileNotFoundError):
        list(dsse.signed(["{}"], tmp_path / "missing.pem"))


def test_the_page_shows_how_to_verify(path: Path, key: Path, tmp_path: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    session_id = record_mixed(path)
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    digests = intoto.digests([tmp_path / "model.safetensors"])
    (tmp_path / "session.intoto.json").write_text("".join(dsse.signed([exported(path, digests)], key)))
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    (tmp_path / "public.pem").write_bytes(
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    command = [sys.executable, "-W", "error", "-c", snippet]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.stderr, ran.returncode) == ("", 0)
    assert ran.stdout.splitlines() == [f"model.safetensors was made by session {session_id}"]
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1
