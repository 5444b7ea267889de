"""From an empty directory to a checked record, by the `origin` command: what a person types, and what it answers.

A script of two dozen lines records what a loop receives: a photograph and two source files, copied from installed
packages, under the licences that stand in them or beside them. One of the files has taken material from Wikipedia. Then
the commands are run one after another, each in a process of its own and with its exit code.

What they say of licences flags for human review; it is no legal advice. It takes about five seconds. Runs offline:
python examples/cli_workflow.py
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

FILES = {
    "china.jpg": ("scikit-learn", "sklearn/datasets/images/china.jpg"),
    "deb822.py": ("python-debian", "debian/deb822.py"),
    "matching.py": ("networkx", "networkx/algorithms/bipartite/matching.py"),
}
RECORD = """\
from pathlib import Path
from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook, Sample

LICENSES = {"china.jpg": "CC-BY-2.0", "deb822.py": "GPL-2.0-or-later", "matching.py": "CC-BY-SA-3.0"}

with ProvenanceDatabase("provenance.db") as db:
    samples = []
    for name, license_id in LICENSES.items():
        db.register_source(name, license_id=license_id, category="images" if name.endswith(".jpg") else "code")
        content = Path(name).read_bytes()
        parts = [content] if name.endswith(".jpg") else content.split(b"\\n\\n")[:40]
        samples += [Sample(part, source=name, index=index) for index, part in enumerate(parts)]
    with db.begin_session(config_hash="cli_workflow") as session:
        hook = BaseHook(db=db, session_id=session.session_id, source_id="files")
        batches = hook.wrap([samples[at : at + 16] for at in range(0, len(samples), 16)])
        for epoch in range(2):
            for batch in batches:
                pass  # a training step stands here
"""
COMMANDS = (
    ("What is recorded in this file, and which sessions are there?", "origin status", 0),
    (None, "origin sessions", 0),
    (
        "One session. Keep the root that it prints outside the file: `verify` will ask for it",
        "origin inspect latest",
        0,
    ),
    ("Was anything under this licence used? Under that one?", "origin query CC-BY-SA-3.0", 0),
    (None, "origin query CC-BY-NC-4.0", 1),
    ("Which licences exclude each other? With --fail it is a gate", "origin conflicts latest --fail", 1),
    ("May it be trained on, commercially? Another gate", "origin check latest --policy commercial", 0),
    ("What does such a licence say, clause by clause?", "origin license CC-BY-SA-3.0", 0),
    ("For people: a card, and the credits that are due", "origin card latest -o card.html", 0),
    (None, "origin card latest", 0),
    (None, "origin notice latest", 0),
    ("For programs", "origin export latest --format cyclonedx -o bom.json", 0),
    (None, "origin export latest --format jsonl -o session.jsonl", 0),
    (None, "origin export latest --check bom.json session.jsonl", 0),
    (
        "For regulators: the questions, and a draft that marks what nobody has answered",
        "origin report --init-answers -o answers.toml",
        0,
    ),
    (None, "origin report ab2013 latest --answers answers.toml -o ab2013.md", 0),
    ("Was this photograph in the training data?", "origin trace --file china.jpg", 0),
    ("And this text?", "origin trace --text 'to be or not to be'", 1),
    ("Is the record as it was? Without a root to compare with, nobody can be sure", "origin verify", 3),
    ("With the one that was kept", "origin verify latest --root ROOT", 0),
)
SHOWN = 19
"""Lines of an answer that are printed."""


def main() -> int:
    command = Path(sys.executable).with_name("origin")
    program = [str(command)] if command.exists() else [sys.executable, "-m", "origin"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ORIGIN_")}
    as_expected = True
    with tempfile.TemporaryDirectory() as directory:

        def run(arguments: list[str]) -> tuple[int, str]:
            done = subprocess.run(  # noqa: S603 - our own command
                arguments,
                cwd=directory,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                check=False,
            )
            return done.returncode, done.stdout

        for name, (package, path) in FILES.items():
            shutil.copyfile(str(distribution(package).locate_file(path)), Path(directory, name))
        Path(directory, "record.py").write_text(RECORD, encoding="utf-8")
        print("== A database, and a script that records into it (the files lie beside it)\n")
        show("origin init", *run([*program, "init"]))
        print(f"\n$ cat record.py\n{RECORD}")
        show("python record.py", *run([sys.executable, "record.py"]))
        root = json.loads(run([*program, "inspect", "latest", "--json"])[1])["root"]
        for title, line, expected in COMMANDS:
            print(f"\n== {title}\n" if title else "")
            code, answer = run([*program, *(root if word == "ROOT" else word for word in shlex.split(line)[1:])])
            show(line.replace("ROOT", root), code, answer)
            as_expected = as_expected and code == expected
    print(
        "\nLook at the exit codes: 0 is done or yes, 1 a negative finding, 2 could not be done, and 3, from `verify`"
        "\nalone, consistent but not anchored. So each command is a step of a script, and `--json` makes its answer an"
        "\nobject. All of this flags for human review. None of it is legal advice."
    )
    return 0 if as_expected else 1


def show(line: str, code: int, answer: str) -> None:
    lines = answer.splitlines()
    more = [f"... and {len(lines) - SHOWN} more lines"] if len(lines) > SHOWN else []
    print("\n".join([f"$ {line}", *lines[:SHOWN], *more, f"(exit code {code})"]))


if __name__ == "__main__":
    sys.exit(main())
