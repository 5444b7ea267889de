"""`origin bind`, the models in `origin inspect`, `origin prove --model`, and what docs/models.md says of them."""

from __future__ import annotations

import doctest
import hashlib
import re
import shlex
from pathlib import Path

import pytest
from cli.command import assert_one_line, origin
from query.recordings import record

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook
from origin.storage.reads import Reader

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def recorded(path: Path) -> Path:
    record(path, [[b"cat", b"dog"], [b"cat"]])
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "m.bin"
    file.write_bytes(b"weights")
    return file


def test_a_model_is_bound_and_shown_but_its_binding_is_no_session(recorded: Path, model: Path) -> None:
    before = origin(recorded, "sessions", "--json").json
    ran = origin(recorded, "bind", "latest", str(model))
    (session,) = before["sessions"]
    assert ran.code == 0
    assert ran.out == (
        f"bound: m.bin to session {session['session_id']}\n  {sha256(b'weights')}  {model} (1 file, 7 bytes)\n"
    )
    assert origin(recorded, "sessions", "--json").json == before
    for command in (["status"], ["inspect", "latest"], ["card", "latest"], ["runs"], ["verify"]):
        assert origin(recorded, *command).code in {0, 3}, command
    assert origin(recorded, "status", "--json").json["sessions"] == 1
    shown = origin(recorded, "inspect", "latest").out.splitlines()
    assert [line.split() for line in shown if "m.bin" in line] == [
        ["m.bin", "after", "the", "end", "unknown", "bind", "7", sha256(b"weights")]
    ]


def test_the_binding_has_a_checkpoint_and_no_card(recorded: Path, model: Path) -> None:
    found = origin(recorded, "bind", "latest", str(model), "--json").json
    name = found["models"][0]["recorded_in"]
    assert origin(recorded, "checkpoint", name, "--no-remember").out.startswith(f"origin/session/{name}\n")
    for command in (["card", name], ["export", name], ["inspect", name]):
        assert_one_line(origin(recorded, *command), 1)
    assert_one_line(origin(recorded, "bind", name, str(model)), 1)


def test_several_models_and_a_folder_are_each_one(recorded: Path, model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "b").write_bytes(b"b")
    (folder / "a").write_bytes(b"a")
    found = origin(recorded, "bind", "latest", str(model), str(folder), "--json").json["models"]
    lines = f"{sha256(b'a')}  a\n{sha256(b'b')}  b\n".encode()
    assert [(one["name"], one["sha256"], one["bytes"], one["position"], one["how"]) for one in found] == [
        ("m.bin", sha256(b"weights"), 7, None, "bind"),
        ("out", sha256(lines), 2, None, "bind"),
    ]
    assert found[1]["files"] == [
        {"path": "a", "sha256": sha256(b"a"), "bytes": 1},
        {"path": "b", "sha256": sha256(b"b"), "bytes": 1},
    ]
    assert origin(recorded, "inspect", "latest", "--json").json["models"] == found
    named = origin(recorded, "bind", "latest", str(model), "--name", "final", "--json").json["models"]
    assert [one["name"] for one in named] == ["final"]
    assert [one["name"] for one in origin(recorded, "inspect", "latest", "--json").json["models"]][-1] == "final"


def test_what_cannot_be_bound_is_one_line_and_changes_nothing(recorded: Path, model: Path, tmp_path: Path) -> None:
    before = recorded.read_bytes()
    (tmp_path / "empty").mkdir()
    for given, code in (
        (["latest"], 2),
        (["latest", str(tmp_path / "none")], 2),
        (["latest", str(tmp_path / "empty")], 2),
        (["latest", str(tmp_path)], 2),
        (["latest", str(model), str(model), "--name", "two"], 2),
        (["latest", str(model), "--name", ""], 2),
        (["ffff", str(model)], 1),
    ):
        assert_one_line(origin(recorded, "bind", *given), code)
    assert recorded.read_bytes() == before
    assert_one_line(origin(tmp_path / "none.db", "bind", "latest", str(model)), 2)
    assert not (tmp_path / "none.db").exists()


def test_a_session_that_is_being_recorded_is_bound_in_its_own_process(path: Path, model: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("c")
        db.flush()
        assert_one_line(origin(path, "bind", "latest", str(model)))
        session.end()
    assert origin(path, "bind", "latest", str(model)).code == 0


def test_one_that_was_cut_off_is_bound_as_it_stands(path: Path, model: Path) -> None:
    with ProvenanceDatabase(path) as db:
        db.begin_session("c")
    assert origin(path, "bind", "latest", str(model)).code == 0
    assert origin(path, "inspect", "latest", "--json").json["status"] == "interrupted"


def test_a_keyed_record_needs_its_key(path: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"0123456789abcdef")
    with ProvenanceDatabase(path, key=b"0123456789abcdef") as db, db.begin_session("c"):
        pass
    assert_one_line(origin(path, "bind", "latest", str(model)))
    assert origin(path, "bind", "latest", str(model), "--key-file", str(tmp_path / "key")).code == 0


def test_hostile_names_disturb_no_terminal(recorded: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out\x1b[31m"
    folder.mkdir()
    (folder / "a\n\x1b]0;b").write_bytes(b"a")
    (folder / "b").write_bytes(b"b")
    for ran in (
        origin(recorded, "bind", "latest", str(folder), "--name", "x\x1b[2J\u202e"),
        origin(recorded, "inspect", "latest"),
    ):
        assert ran.code == 0
        assert all(line.isprintable() for line in ran.out.splitlines())


def test_a_proof_about_a_model_is_made_and_checked(path: Path, tmp_path: Path) -> None:
    file, late = tmp_path / "m.bin", tmp_path / "late.bin"
    late.write_bytes(b"late")
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        hook = BaseHook(db, session.session_id, "s")
        for number, _ in enumerate(hook.wrap([[b"a"], [b"b"], [b"a"]])):
            if number == 0:
                file.write_bytes(b"w")
                hook.checkpoint(file)
    out = str(tmp_path / "p.proof")

    def prove(*given: str) -> dict[str, object]:
        ran = origin(path, "prove", *given, "--session", "latest", "-o", out, "--force", "--json")
        assert ran.code == 0, ran
        found: dict[str, object] = ran.json["proven"]["model"]
        return found

    assert prove("--text", "a", "--model", str(file)) == {
        "name": "m.bin",
        "sha256": sha256(b"w"),
        "position": 3,
        "entry": 3,
        "delivered": [{"fingerprint": sha256(b"a"), "count": 2, "shown": 2, "before": 1}],
    }
    told = origin(None, "verify-proof", out, "--text", "a", "--model", sha256(b"w"))
    assert (told.code, "it had been delivered" in told.out, "1 of its 2 observations" in told.out) == (3, True, True)
    for given in ([], ["--model", str(late)]):
        assert origin(None, "verify-proof", out, "--text", "a", *given).code == 1
    prove("--text", "b", "--model", sha256(b"w"))
    told = origin(None, "verify-proof", out, "--text", "b", "--model", str(file))
    assert "it had not been delivered" in told.out
    prove("--text", "a", "--model", str(file), "--sightings", "0")
    assert "nothing is proven of" in origin(None, "verify-proof", out, "--text", "a", "--model", str(file)).out
    refused = ["prove", "--text", "a", "--session", "latest", "-o", str(tmp_path / "no"), "--model"]
    assert_one_line(origin(path, *refused, str(late)), 1)
    assert origin(path, "bind", "latest", str(late)).code == 0
    ran = origin(path, *refused, str(late))
    assert_one_line(ran, 1)
    assert "bound after session" in ran.err
    assert_one_line(origin(path, *refused, str(tmp_path / "none")), 2)
    licence = ["prove", "--no-license", "X", "--session", "latest", "-o", str(tmp_path / "no"), "--model", str(file)]
    assert_one_line(origin(path, *licence), 2)
    assert not (tmp_path / "no").exists()


@pytest.mark.filterwarnings("error")
def test_the_page_holds_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ORIGIN_DB", raising=False)
    text = PAGE.read_text()
    session = "".join(re.findall(r"```pycon\n(.*?)```", text, re.DOTALL))
    failures: list[str] = []
    parsed = doctest.DocTestParser().get_doctest(session, {}, PAGE.name, str(PAGE), 0)
    assert doctest.DocTestRunner().run(parsed, out=failures.append).failed == 0, "".join(failures)
    commands = re.findall(r"^    origin (.*)$", text, re.MULTILINE)
    assert len(commands) == 6
    shown = ""
    (tmp_path / "checkpoint-500").mkdir()
    (tmp_path / "checkpoint-500" / "model.safetensors").write_bytes(b"w")
    for command in commands:
        ran = origin(None, *shlex.split(command))
        assert ran.code in {0, 3}, (command, ran)
        shown += ran.out
    (expected,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    for line in expected.splitlines():
        # Tests outside tests/hooks have no note that optimizer steps are seen.
        pattern = re.escape(line).replace(re.escape("..."), "[0-9a-f]{64}").replace("first\\ 4", "first [34]")
        assert re.search(pattern, shown), line
    with Reader(Path("provenance.db")) as reader:
        assert len(reader.bindings()) == 2
    bound = origin(None, "inspect", "latest", "--json").json["models"]
    assert [one["name"] for one in bound] == ["model-0.pt", "model-1.pt", "final", "checkpoint-500"]
