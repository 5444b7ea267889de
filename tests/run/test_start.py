"""Under `origin run`, a script finds itself where Python alone would have put it; and who is not reached is told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from run.running import origin_run, run, script, told

from origin.run.children import FOLDER, unrecorded
from origin.run.settings import VARIABLE

SELF = """
import sys
print(sys.argv, sys.orig_argv[1:], __name__, __file__, __spec__ and __spec__.name, sys.flags)
print(sys.modules["__main__"].__dict__ is globals(), sorted(globals()), "sitecustomize" in sys.modules)
print([path for path in sys.path if "bootstrap" not in path], sys.stdin.read(), file=sys.stderr)
import json
print(json.__spec__.origin, type(json.__loader__), json.__loader__.__dict__)
"""


@pytest.mark.parametrize("flags", [[], ["-O", "-X", "dev"], ["-P"], ["-W", "ignore"]])
@pytest.mark.parametrize("command", [["script.py", "--db", "x", "-m", "--", "--quiet"], ["-m", "script", "a b", "-h"]])
def test_a_script_finds_itself_as_under_python_alone(tmp_path: Path, command: list[str], flags: list[str]) -> None:
    script(tmp_path, SELF)
    env = {"PYTHONPATH": str(tmp_path)} if "-P" in flags else {}
    python = [sys.executable, *flags]
    bare = run(tmp_path, *command, python=python, env=env)
    recorded = origin_run(tmp_path, *command, python=python, env=env)
    assert bare.code == 0, bare.err
    assert recorded == bare
    assert sorted(path.name for path in tmp_path.glob("*.db")) == []


@pytest.mark.parametrize("text", ["print('mine')", "raise ValueError('mine')", "import nothing.at_all"])
def test_the_users_own_sitecustomize_runs_as_it_did(tmp_path: Path, text: str) -> None:
    (tmp_path / "site").mkdir()
    # The command `origin` is a Python of its own, which runs it too.
    (tmp_path / "site" / "sitecustomize.py").write_text(f"import sys\nif 'origin' not in sys.orig_argv: {text}\n")
    name = script(tmp_path, "import sys\nprint(getattr(sys.modules.get('sitecustomize'), '__file__', None))\n")
    env = {"PYTHONPATH": str(tmp_path / "site")}
    assert origin_run(tmp_path, name, env=env) == run(tmp_path, name, env=env)


def test_without_one_there_is_none(tmp_path: Path) -> None:
    name = script(tmp_path, "import sitecustomize\n")
    bare, recorded = run(tmp_path, name), origin_run(tmp_path, name)
    assert (bare.code, bare.err.splitlines()[-1]) == (1, b"ModuleNotFoundError: No module named 'sitecustomize'")
    assert (recorded.code, recorded.err.splitlines()[-1][:11]) == (1, b"ImportError")


@pytest.mark.parametrize("flags", [["-I"], ["-E"], ["-S"]])
def test_a_python_that_keeps_origin_out_runs_the_script_and_says_so(tmp_path: Path, flags: list[str]) -> None:
    root = str(Path(FOLDER).parents[2])
    start = f"import sys; sys.path.insert(0, {root!r}); from origin.cli.main import main; sys.exit(main(sys.argv[1:]))"
    name = script(tmp_path, "print('ran')\nraise SystemExit(3)\n")
    ran = run(tmp_path, "-c", start, "run", "--quiet", name, python=[sys.executable, *flags])
    assert (ran.code, ran.out) == (3, b"ran\n")
    assert b"origin: the script was not recorded: `python" in ran.err
    record = told(tmp_path / "provenance.db")
    assert record.status == "failed"
    assert [(gap.reason, gap.batches, gap.observations) for gap in record.gaps] == [("observer", 0, None)]


def test_a_child_that_keeps_origin_out_is_told_and_leaves_a_gap(tmp_path: Path) -> None:
    text = (
        "import subprocess, sys\nfor flags in (['-I'], ['-W', 'error', '-S'], ['-I']):\n"
        "    subprocess.run([sys.executable, *flags, '-c', 'print(1, flush=True)'])\n"
        "subprocess.run([sys.executable, '-c', 'print(2, flush=True)'], env={})\n"
        "subprocess.run([sys.executable, '-u', '-c', 'print(3, flush=True)', '-I'])\n"
        "subprocess.run(['echo', '-I'])\n"
    )
    ran = origin_run(tmp_path, script(tmp_path, text))
    assert (ran.code, ran.out) == (0, b"1\n1\n1\n2\n3\n-I\n")
    lines = ran.err.decode().splitlines()
    assert [line.partition("not recorded: ")[2] for line in lines] == [
        "`python -I` keeps Origin out",
        "`python -S` keeps Origin out",
        f"its environment lacks PYTHONPATH or {VARIABLE} as `origin run` set them",
        *([""] * (len(lines) - 3)),
    ]
    if sys.version_info[:2] == (3, 12):
        assert "that processes were not recorded is in no record: can't create new thread" in ran.err.decode()
        return  # a process that ends starts no thread there, and nothing else was recorded that had begun one
    record = told(tmp_path / "provenance.db")
    assert record.status == "completed"
    assert [gap.detail for gap in record.gaps] == [line.removeprefix("origin: ") for line in lines]


HERE = {"PYTHONPATH": f"{FOLDER}{os.pathsep}/x", VARIABLE: "/y"}


@pytest.mark.parametrize(
    ("argv", "is_told"),
    [
        (["python", "a.py"], False),
        (["python", "a.py", "-I"], False),
        (["python3.11", "-BI", "a.py"], True),
        (["/usr/bin/python3", "-X", "dev", "-E", "a.py"], True),
        (["python", "-Xdev", "-c", "-I"], False),
        (["python", "-mS"], False),
        (["python", "-uc", "I"], False),
        (["python", "-WIES", "a.py"], False),
        (["python", "--check-hash-based-pycs", "always", "-S"], True),
        (["python", "--check-hash-based-pycs", "-S", "a.py"], False),
        (["ruby", "-S", "a.rb"], False),
        (["pythonic", "-S"], False),
        ([], False),
    ],
)
def test_which_command_lines_keep_origin_out(argv: list[str], is_told: bool) -> None:
    assert (unrecorded(argv, HERE) is not None) == is_told


def test_an_environment_without_us_is_told_whatever_its_type() -> None:
    assert unrecorded(["python"], {}) is not None
    assert unrecorded(["python"], {os.fsencode(name): os.fsencode(value) for name, value in HERE.items()}) is None


def test_a_module_is_called_back_for_once_however_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import import_module, reload, util

    from origin.run.imports import AfterImport

    (tmp_path / "watched_one.py").write_text("value = 1\n")
    (tmp_path / "watched_bad.py").write_text("import sys\nif not hasattr(sys, 'origin_retry'): raise ValueError\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    called = []
    names = ("watched_one", "watched_bad", "json")
    AfterImport.install(
        {name: lambda module: called.append((module.__name__, dir(module).count("value"))) for name in names}
    )
    assert called == [("json", 0)]
    assert util.find_spec("watched_one") is not None
    module = import_module("watched_one")
    assert reload(module) is module
    with pytest.raises(ValueError):  # noqa: PT011 - the module's own
        import_module("watched_bad")
    monkeypatch.setattr(sys, "origin_retry", True, raising=False)
    import_module("watched_bad")
    assert called == [("json", 0), ("watched_one", 1), ("watched_bad", 0)]
    assert "exec_module" not in vars(module.__loader__)
