"""The smallest record: three batches of text, then who was seen where. Runs offline: python examples/basic_usage.py"""

from __future__ import annotations

import tempfile
from pathlib import Path

from origin import ProvenanceDatabase, fingerprint
from origin.cli.main import main as origin
from origin.hooks.base import BaseHook

BATCHES = [["to be", "or not"], ["to be", "that is"], ["the question"]]


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "provenance.db"
        with ProvenanceDatabase(path) as db:
            db.register_source("hamlet", license_id="CC0-1.0", uri="https://www.gutenberg.org/ebooks/1524")
            with db.begin_session(config_hash="basic_usage") as session:
                hook = BaseHook(db=db, session_id=session.session_id, source_id="hamlet")
                batches = hook.wrap(BATCHES)
                for _epoch in range(2):
                    for batch in batches:
                        print("the loop received", batch)

        print("\nfingerprint of 'to be':", fingerprint("to be"))
        for command in (["status"], ["inspect", "latest"], ["trace", "--text", "to be"], ["query", "CC0-1.0"]):
            print("\n$ origin", *command)
            origin(["--db", str(path), *command])


if __name__ == "__main__":
    main()
