"""What a session's first entry says of its process, and what it must never say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run.running import run, script, told

from origin.run.masking import MASK, masked, masked_arguments
from origin.run.metadata import git

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = [
    "hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345",
    "sk-proj-abcdefghijklmnop1234567890",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV",
    "0123456789abcdef0123456789abcdef01234567",
    "wJalrXUtnFEMI0K7MDENGbPxRfiCYEXAMPLEKEY1",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("form", ["{}", "--upload={}", "x={}", "https://user:{}@example.org/a"])
def test_secrets_with_a_known_look_are_masked(secret: str, form: str) -> None:
    assert secret not in masked(form.format(secret))
    assert MASK in masked(form.format(secret))


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        (["--token=abc"], [f"--token={MASK}"]),
        (["--hf-token", "abc", "--epochs", "3"], ["--hf-token", MASK, "--epochs", "3"]),
        (["--api_key=a b"], [f"--api_key={MASK}"]),
        (["-password", "p"], ["-password", MASK]),
        (["AWS_SECRET_ACCESS_KEY=x"], [f"AWS_SECRET_ACCESS_KEY={MASK}"]),
        (["--token", "--verbose"], ["--token", "--verbose"]),
        (["postgres://me:pass@host/db"], [f"postgres://{MASK}@host/db"]),
        (
            ["train.py", "--lr", "0.1", "runs/2026-01-02/model.pt"],
            ["train.py", "--lr", "0.1", "runs/2026-01-02/model.pt"],
        ),
        (["--model", "meta-llama/Llama-3.1-8B-Instruct"], ["--model", "meta-llama/Llama-3.1-8B-Instruct"]),
    ],
)
def test_arguments_are_masked_by_name(given_: list[str], shown: list[str]) -> None:
    assert masked_arguments(given_) == (shown, sum(one != other for one, other in zip(given_, shown, strict=True)))


@given(st.lists(st.text(max_size=40), max_size=6))
def test_masking_takes_any_text_and_changes_nothing_more_the_second_time(arguments: list[str]) -> None:
    shown, _ = masked_arguments(arguments)
    assert len(shown) == len(arguments)
    assert [masked(text) for text in shown] == shown


def test_no_planted_secret_reaches_the_file(tmp_path: Path) -> None:
    text = "import origin\nopen('data.csv', 'w').close()\nopen('data.csv').close()\norigin.autolog()\n"
    planted = {f"SECRET_{number}": secret for number, secret in enumerate(SECRETS)}
    arguments = [f"--key-{number}={secret}" for number, secret in enumerate(SECRETS)]
    ran = run(
        tmp_path,
        script(tmp_path, text),
        *arguments,
        *("--token", "tiny-token", "--password=tiny-word"),
        env={**planted, "WANDB_API_KEY": "tiny-key", "OMP_NUM_THREADS": SECRETS[0], "RANK_TOKEN": "tiny-rank"},
    )
    assert (ran.code, ran.err) == (0, b"")
    content = (tmp_path / "provenance.db").read_bytes()
    assert [one for one in (*SECRETS, "tiny-") if one.encode() in content] == []
    metadata = told(tmp_path / "provenance.db").metadata
    assert metadata["argv_masked"] == len(SECRETS) + 2
    assert {"SECRET_0", "WANDB_API_KEY"} <= set(metadata["environment"]["names"])
    assert metadata["environment"]["values"]["OMP_NUM_THREADS"] == MASK


def test_the_facts_of_a_process_have_stable_names(tmp_path: Path) -> None:
    ran = run(
        tmp_path, script(tmp_path, "import origin\norigin.autolog()\n"), "--epochs", "3", env={"PYTHONHASHSEED": "5"}
    )
    assert (ran.code, ran.err) == (0, b"")
    record = told(tmp_path / "provenance.db")
    metadata = record.metadata
    assert sorted(metadata) == [
        *("argv", "argv_masked", "cpus", "cwd", "environment", "git", "gpus", "host", "launcher", "packages", "pid"),
        *("platform", "python", "seeds"),
    ]
    assert metadata["argv"][-3:] == ["script.py", "--epochs", "3"]
    assert metadata["cwd"] == str(tmp_path)
    assert metadata["launcher"] == "origin.autolog"
    assert metadata["python"]["version"] == ".".join(map(str, sys.version_info[:3]))
    assert metadata["seeds"] == {"torch": None, "PYTHONHASHSEED": "5", "numpy": None, "random": None}
    assert metadata["gpus"] is None
    assert re.fullmatch(r"argv-sha256:[0-9a-f]{64}", record.config_hash)
    assert [sorted(note) for note in record.notes["packages"]] == [["versions"]]


def test_git_tells_the_commit_and_whether_files_have_changed(tmp_path: Path) -> None:
    def do(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        return subprocess.run(
            ["git", *who, *arguments], cwd=tmp_path, capture_output=True, check=True, text=True
        ).stdout

    assert git(str(tmp_path))["commit"] is None
    assert "not a git repository" in git(str(tmp_path))["why"]
    do("init", "-q")
    (tmp_path / "a").write_text("1")
    do("add", "a")
    do("commit", "-qm", "first")
    commit = do("rev-parse", "HEAD").strip()
    assert git(str(tmp_path)) == {"commit": commit, "dirty": False}
    (tmp_path / "untracked").write_text("2")
    assert git(str(tmp_path)) == {"commit": commit, "dirty": False}
    (tmp_path / "a").write_text("2")
    assert git(str(tmp_path)) == {"commit": commit, "dirty": True}


def test_without_git_nothing_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git(os.curdir) == {"commit": None, "dirty": None, "why": "git cannot be asked (FileNotFoundError)"}


def test_seeds_are_read_and_never_drawn(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    text = (
        "import random, numpy, torch, origin\ntorch.manual_seed(11)\n"
        "states = [torch.get_rng_state(), random.getstate()]\n"
        "numbers = numpy.random.get_state()[1].tolist()\norigin.autolog()\n"
        "assert torch.equal(states[0], torch.get_rng_state()) and states[1] == random.getstate()\n"
        "assert numbers == numpy.random.get_state()[1].tolist()\n"
    )
    ran = run(tmp_path, script(tmp_path, text), python=[sys.executable])
    assert (ran.code, ran.err) == (0, b"")
    metadata = told(tmp_path / "provenance.db").metadata
    assert metadata["seeds"]["torch"] == 11
    assert set(metadata["packages"]) >= {"numpy", "torch"}
