"""How format-1.0.sqlite was made, once. Not run again: the file must be read and verified by every later version."""

from __future__ import annotations

from pathlib import Path

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook, Sample


def main() -> None:
    path = Path(__file__).with_name("format-1.0.sqlite")
    with ProvenanceDatabase(path) as db:
        db.register_source("web", license_id="CC-BY-4.0", uri="https://example.org/data", metadata={"pages": 3})
        with db.begin_session(
            config_hash="golden", metadata={"seed": 1}, run_id="run", rank=0, world_size=2
        ) as session:
            hook = BaseHook(db, session.session_id, "lines", "MIT")
            batches = [[b"a", "a", 5, Sample("b", source="web", index=300, key="k")], [object()], [[1, 2], {"x": 1.5}]]
            loader = hook.wrap(batches, name="train")
            for _epoch in range(2):
                list(loader)
        db.begin_session(config_hash="never ended")


if __name__ == "__main__":
    main()
